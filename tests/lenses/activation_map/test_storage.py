"""The files in which a network's maps are kept, and the ways back to those before."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dnnvis.core.errors import BadInput
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import read_map, write_map
from dnnvis.lenses.activation_map import storage
from dnnvis.lenses.activation_map.fitting import fit_arrays
from dnnvis.network.network import Network
from helpers.map_networks import QUICK, network


@pytest.fixture
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where bundled maps lie; the user's are in a folder beside."""
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "own"))
    monkeypatch.setattr(storage, "shipped_folder", lambda kind: tmp_path / "shipped" / kind)
    return tmp_path / "shipped" / "models"


@pytest.fixture(scope="module")
def made() -> Map:
    dice = np.random.default_rng(0)
    images = dice.integers(0, 256, (60, 6, 6, 3)).astype(np.uint8)
    return fit_arrays(network(), images, dice.integers(0, 3, 60), fit_config=QUICK)


def noted(made: Map, note: str) -> Map:
    return replace(made, notes=(note,))


def shown(net: Network) -> str:
    """The note of the map that is the network's now."""
    return storage.open_map(net).notes[0]


def test_the_way_back_is_to_the_map_before_and_to_the_bundled_one(bundled: Path, made: Map) -> None:
    net = network()
    assert storage.available_backups(net) == ()
    write_map(noted(made, "bundled"), bundled / f"{net.name}.map.safetensors")
    assert shown(net) == "bundled"
    assert storage.available_backups(net) == ()
    storage.save_map(noted(made, "good"))
    assert storage.available_backups(net) == ("bundled",)
    storage.save_map(noted(made, "quick"))
    assert shown(net) == "quick"
    assert storage.available_backups(net) == ("previous", "bundled")
    storage.restore(net, "previous")
    assert shown(net) == "good"
    storage.restore(net, "previous")  # and forth
    assert shown(net) == "quick"
    assert storage.restore(net, "bundled").parent == bundled
    assert shown(net) == "bundled"
    assert storage.available_backups(net) == ("previous",)
    storage.restore(net, "previous")
    assert shown(net) == "quick"
    assert storage.available_backups(net) == ("bundled",)
    left = sorted(path.name for path in storage.map_path(net.fingerprint).parent.iterdir())
    assert left == [storage.map_path(net.fingerprint).name]


def test_there_is_no_way_back_to_what_is_not_there_or_is_not_the_networks(
    bundled: Path, made: Map
) -> None:
    net = network()
    with pytest.raises(BadInput, match="no bundled map"):
        storage.restore(net, "bundled")
    with pytest.raises(BadInput, match="previous, bundled"):
        storage.restore(net, "first")
    own = storage.save_map(noted(made, "own"))
    before = own.with_name(f"{own.name}.previous")
    before.write_text("no map")
    with pytest.raises(BadInput, match="no activation map"):
        storage.restore(net, "previous")
    write_map(replace(made, fingerprint="f" * 64), bundled / f"{net.name}.map.safetensors")
    shutil.copy2(bundled / f"{net.name}.map.safetensors", before)
    for which in storage.BACKUPS:
        with pytest.raises(BadInput, match="other weights"):
            storage.restore(net, which)
    assert shown(net) == "own"
    assert read_map(before).fingerprint == "f" * 64
