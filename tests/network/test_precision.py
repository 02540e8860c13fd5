"""Half-precision networks are looked into in float32, against the same network made so by hand."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.network.network import Network
from dnnvis.network.precision import half_types, in_float32, send_back
from helpers.backward_oracles import difference


def deep(kind: torch.dtype, layers: int = 10) -> nn.Sequential:
    """Signals shrink by a factor of about 6 a layer: far below what float16 holds."""
    torch.manual_seed(0)
    parts: list[nn.Module] = []
    for k in range(layers):
        parts += [nn.Conv2d(3 if k == 0 else 6, 6, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 4)).to(kind)


class Hard(nn.Module):
    """Casts to float16 itself, so that it cannot run in float32."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = deep(torch.float16)

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x.half())


def truth(module: nn.Module, lens: str, unit: str, image: np.ndarray) -> Any:
    wide = dnnvis.wrap(copy.deepcopy(module).float(), size=16)
    return dnnvis.look(wide, lens, unit, image=image)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("lens", ["gradient", "guided", "deconvnet"])
def test_a_lens_gives_what_the_network_in_float32_gives(
    lens: str, kind: torch.dtype, noise: Callable[..., np.ndarray]
) -> None:
    module, image = deep(kind), noise(16, 16, 3)
    net = dnnvis.wrap(module, size=16)
    for unit in ("18[1]", "output[2]"):
        ours = dnnvis.look(net, lens, unit, image=image)
        assert difference(ours.values, truth(module, lens, unit, image).values) < 1e-5
        name = str(kind).removeprefix("torch.")
        assert f"computed on a float32 copy, since {name} would lose" in ours.caption
    to = dnnvis.look(net, lens, "18[1]", image=image, to="4")
    wide = dnnvis.wrap(copy.deepcopy(module).float(), size=16)
    assert (
        difference(to.values, dnnvis.look(wide, lens, "18[1]", image=image, to="4").values) < 1e-5
    )


def test_float16_itself_would_have_given_nothing(noise: Callable[..., np.ndarray]) -> None:
    net = dnnvis.wrap(deep(torch.float16), size=16)
    recording = net.run(net.encode(noise(16, 16, 3)), ["output"], gradients=True)
    value = recording.tensor("output")[0, 2].sum()
    (plain,) = torch.autograd.grad(value * value.detach(), recording.x)
    assert float((plain == 0).float().mean()) > 0.9


def test_where_it_cannot_run_in_float32_its_signals_are_scaled(
    noise: Callable[..., np.ndarray],
) -> None:
    image = noise(16, 16, 3)
    net = dnnvis.wrap(Hard(), size=16)
    assert in_float32(net) is None
    right = truth(deep(torch.float16), "gradient", "output[2]", image).values
    ours = dnnvis.look(net, "gradient", "output[2]", image=image)
    assert difference(ours.values, right) < 0.2
    assert "signals scaled up on the way back, since float16" in ours.caption


def test_scaling_stops_before_anything_is_infinite() -> None:
    x = torch.tensor([1.0], dtype=torch.float16, requires_grad=True)
    (slope,) = send_back((x * 3000).sum().float(), [x], scaled=True)
    assert slope is not None
    assert slope.dtype == torch.float32
    assert float(slope) == 3000.0
    small = torch.tensor([1.0], dtype=torch.float16, requires_grad=True)
    total = ((small * 1e-3) * 1e-3).float().sum() * 1e-3
    (lost,) = send_back(total, [small])
    (kept,) = send_back(((small * 1e-3) * 1e-3).float().sum() * 1e-3, [small], scaled=True)
    assert lost is not None
    assert kept is not None
    assert float(lost) == 0.0
    assert float(kept) == pytest.approx(1e-9, rel=0.02)


def test_growing_moves_in_float16_as_in_float32() -> None:
    module = deep(torch.float16)
    net = dnnvis.wrap(module, size=16)
    settings: dict[str, Any] = {"preset": "live", "steps": 6}
    ours = dnnvis.look(net, "ascent", "output[2]", **settings)
    wide = dnnvis.look(
        dnnvis.wrap(deep(torch.float16).float(), size=16), "ascent", "output[2]", **settings
    )
    assert difference(ours.values, wide.values) < 1e-4
    assert "computed on a float32 copy" in ours.caption
    assert "float32" not in wide.caption
    reached = net.record((ours.values * 255).round().astype(np.uint8)).output[2]
    assert ours.measures[0].value == pytest.approx(float(reached), rel=0.01)  # the network's own


def test_an_inversion_of_a_float16_network_says_so(noise: Callable[..., np.ndarray]) -> None:
    net = dnnvis.wrap(deep(torch.float16, 2), size=16)
    found = dnnvis.look(net, "inversion", "0[0]", image=noise(16, 16, 3), steps=4)
    assert "computed on a float32 copy" in found.caption


def test_the_copy_is_made_once_and_follows_the_size(noise: Callable[..., np.ndarray]) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3)).half()
    net = dnnvis.wrap(module, size=16)
    twin = in_float32(net)
    assert isinstance(twin, Network)
    assert twin is in_float32(net)
    assert twin is not net
    assert half_types(net) == ("float16",)
    assert net.module[0].weight.dtype == torch.float16
    assert twin.fingerprint == net.fingerprint
    net.set_input_size(20, 24)
    again = in_float32(net)
    assert again is not None
    assert again.card.size == (20, 24)
    assert again.layer("2").shape == (4, 16, 20)


def test_float32_networks_are_looked_into_as_they_are(noise: Callable[..., np.ndarray]) -> None:
    net = dnnvis.wrap(deep(torch.float32, 3), size=16)
    assert in_float32(net) is net
    assert "float32" not in dnnvis.look(net, "gradient", "4[1]", image=noise(16, 16, 3)).caption


def test_three_lenses_share_one_float32_pass(
    noise: Callable[..., np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dnnvis.lenses.catalog import LENSES
    from dnnvis.lenses.lens import Scene, params_for

    net = dnnvis.wrap(deep(torch.float16, 3), size=16)
    recording = net.run(net.encode(noise(16, 16, 3)), ["4"], gradients=True)
    twin = in_float32(net)
    assert twin is not None
    passes, run = [], twin.run
    monkeypatch.setattr(twin, "run", lambda *args, **more: passes.append(1) or run(*args, **more))
    for lens in ("gradient", "guided", "deconvnet"):
        scene = Scene(net, dnnvis.Unit("4", 1), params_for(LENSES[lens], {}), None, recording)
        (picture,) = LENSES[lens].look(scene)
        assert picture.values.any()
    assert passes == [1]
