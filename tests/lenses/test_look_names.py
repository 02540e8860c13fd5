"""Layers of any name that torch allows can be looked at, grown, rendered and found again."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit

NAMES = ("a+b", "3x3[1]", "c d", "x@2", "y#1", "2*z", 'say "hi"', "-")


class Odd(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.p = nn.ModuleDict({name: nn.Conv2d(3, 3, 3, padding=1) for name in NAMES})

    def forward(self, x: Tensor) -> Tensor:
        for part in self.p.values():
            x = part(x).relu()
        return x.mean((2, 3))


@pytest.fixture(scope="module")
def net() -> dnnvis.Network:
    return dnnvis.wrap(Odd(), size=8)


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_of_any_layer_is_looked_at_and_grown_by_its_bare_name(
    name: str, net: dnnvis.Network
) -> None:
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    text = f"p.{name}[2]"
    shown = dnnvis.look(net, "gradient", text, image=image)
    by_unit = dnnvis.look(net, "gradient", Unit(f"p.{name}", 2), image=image)
    assert np.array_equal(shown.values, by_unit.values)
    assert np.array_equal(
        dnnvis.look(net, "gradient", shown.unit, image=image).values, shown.values
    )
    assert Unit.parse(shown.unit) == Unit(f"p.{name}", 2)
    grown = dnnvis.look(net, "ascent", text, preset="live", steps=2)
    assert Objective.parse(grown.unit).unit == Unit(f"p.{name}", 2)
    again = dnnvis.look(net, "ascent", grown.unit, preset="live", steps=2)
    assert np.array_equal(again.values, grown.values)
    both = dnnvis.look(net, "ascent", f"p.{name}[1] - 0.5*p.{name}[0]@1,1", steps=1, preset="live")
    assert len(Objective.parse(both.unit).terms) == 2


def test_pictures_of_odd_layers_are_rendered_exported_and_found_again(
    net: dnnvis.Network, tmp_path: Path
) -> None:
    from dnnvis.cli.export import _find_unit, _list_layers, _resolve_targets
    from dnnvis.lenses.ascent.lens import ASCENT
    from dnnvis.lenses.ascent.render import render
    from dnnvis.lenses.ascent.render_resume import RenderConfig
    from dnnvis.lenses.lens import params_for
    from dnnvis.library.store.library import Library

    goals = tuple(Objective.of(Unit(f"p.{name}", 0)) for name in NAMES[:5])
    settings = params_for(ASCENT, {"preset": "live", "steps": 2})
    config = RenderConfig(goals, settings, batch=1)
    path = tmp_path / "odd.library"
    assert render(net, config, path).rendered == len(goals)
    assert len(render(net, config, path).known) == len(goals)
    with Library(path, net.fingerprint, net.name, card=net.card) as library:
        targets = _resolve_targets(library, None, ["p.3x3[1]", "p.3x3[1][0]", "p.a+b"], False)
        assert targets == ["p.3x3[1]", '"p.3x3[1]"[0]', "p.a+b"]
        layers = _list_layers(library, net)
        assert _find_unit("p.3x3[1]", layers) is None
        assert _find_unit('"p.3x3[1]"[0]', layers) == Unit("p.3x3[1]", 0)
