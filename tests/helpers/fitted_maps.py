"""Maps of a toy network, fitted in little time."""

from pathlib import Path

import numpy as np
import pytest

from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.fitting import MapFitOptions, fit_data
from dnnvis.network.network import Network
from helpers.map_networks import asked, network, pictures

HARVEST, AUTOENCODER, ERROR = "Harvesting activations ...", "The map ...", "Expected error"


@pytest.fixture(autouse=True, name="home")
def home_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("DNNVIS_DATA", str(place))
    return place


@pytest.fixture(scope="module", name="data")
def data_fixture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """150 pictures of three classes: two portions of a harvest. The tenth cannot be read."""
    folder = pictures(tmp_path_factory.mktemp("pictures") / "all", 50)
    (folder / "ape" / "009.png").write_bytes(b"bad")
    return folder


def fitted(net: Network, wish: MapFitOptions, **how: object) -> Map:
    made = fit_data(net, wish, **how)  # type: ignore[arg-type]
    assert made is not None
    return made


def assert_same(one: Map, two: Map) -> None:
    """To the last bit."""
    for name in ("z", "labels", "errors", "index", "error_field", "class_h", "decoded_h"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    for kind, values in one.examples.expected.items():
        np.testing.assert_array_equal(values, two.examples.expected[kind], err_msg=kind)


@pytest.fixture(scope="module", name="whole")
def whole_fixture(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Map:
    """Of one go."""
    return fitted(network(), asked(data), output=tmp_path_factory.mktemp("whole") / "m")
