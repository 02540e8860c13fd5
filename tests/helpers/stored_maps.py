"""The toy network's map on a data folder of its own, kept: for tests of what looks at it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.example_images import close_pictures
from dnnvis.lenses.activation_map.fitting import fit_data
from helpers import map_networks as nets


@pytest.fixture(name="home")
def home_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A data folder of its own: maps of one test are not found by another."""
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "home"))
    yield tmp_path
    close_pictures()


@pytest.fixture(name="folder")
def folder_fixture(home: Path) -> Path:
    return nets.pictures(home / "data")


@pytest.fixture(name="made")
def made_fixture(folder: Path) -> Map:
    """A map of the toy network, kept."""
    found = fit_data(nets.network(), nets.asked(folder))
    assert found is not None
    return found
