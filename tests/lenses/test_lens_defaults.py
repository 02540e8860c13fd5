"""What a lens is that says nothing more, and which lenses say more."""

from collections.abc import Iterator
from dataclasses import dataclass, make_dataclass
from typing import Any

import pytest
from torch import nn

import dnnvis
from dnnvis.core.errors import UnknownUnit
from dnnvis.core.lens_results import LensResult
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.lenses.catalog import LENSES
from dnnvis.lenses.lens import LensDefaults, Scene, needs_recording, required_layers, resolve_target
from dnnvis.network.network import Network

SUM = Objective.parse("a[0] + a[1]")


@dataclass(frozen=True)
class Plain(LensDefaults):
    name: str = "plain"
    title: str = "plain"
    source: str = "nobody"
    backward: bool = False
    Params: type[Any] = make_dataclass("Nothing", [])

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        return None

    def layers_of(self, params: Any) -> tuple[str, ...]:
        return ("b",)

    def look(self, scene: Scene) -> Iterator[LensResult]:
        yield from ()


@dataclass(frozen=True)
class Curious(Plain):
    takes_objectives: bool = True
    reads_recording: bool = True

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]:
        return ("c", unit.layer)

    def layers_in(self, network: Network) -> tuple[str, ...]:
        return (network.layers[-1].name, "c")


@pytest.fixture(scope="module")
def net() -> Network:
    parts = {"a": nn.Conv2d(3, 2, 1), "b": nn.ReLU(), "c": nn.Conv2d(2, 2, 1), "d": nn.ReLU()}
    module = nn.Sequential()
    for name, part in parts.items():
        module.add_module(name, part)
    return dnnvis.wrap(module, size=8)


def test_a_plain_lens_looks_at_one_unit_and_records_what_its_settings_name(net: Network) -> None:
    lens = Plain()
    assert resolve_target(lens, net, "a[1]") == (Unit("a", 1), None)
    with pytest.raises(UnknownUnit, match="one unit"):
        resolve_target(lens, net, SUM)
    assert required_layers(lens, net, Unit("a", 1), None) == ("a", "b")
    assert not needs_recording(lens)


def test_a_lens_may_take_sums_and_read_more_layers(net: Network) -> None:
    lens = Curious()
    assert resolve_target(lens, net, SUM) == (Unit("a", 0), SUM)
    last = net.layers[-1].name
    assert required_layers(lens, net, Unit("a", 1), None) == ("a", "b", "c", last)
    assert needs_recording(lens)


def test_few_lenses_are_more_than_plain() -> None:
    assert {name for name, lens in LENSES.items() if lens.takes_objectives} == {
        "ascent",
        "inversion",
    }
    readers = {name for name, lens in LENSES.items() if needs_recording(lens)}
    assert readers == {
        "gradient",
        "guided",
        "deconvnet",
        "imagine",
        "map",
        "attribution",
        "layercam",
        "arithmetic",
        "blocks",
        "block_votes",
        "block_pictures",
        "atlas_point",
        "moving_map",
    }
    own = LensDefaults.states_of, LensDefaults.layers_in
    more = {
        name for name, lens in LENSES.items() if (type(lens).states_of, type(lens).layers_in) != own
    }
    assert more == {"imagine", "map", "attribution", "layercam", "block_votes", "atlas_point"}
