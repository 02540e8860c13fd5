"""Inversion where nothing moves, something breaks, or the network must stay as it is."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.lenses.look import look, looks
from dnnvis.network.bn_folding import fold_batch_norms
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from helpers.inversion_networks import (  # noqa: F401 (fixtures)
    FREE,
    SIZE,
    error_of,
    image_fixture,
    network_fixture,
    seeded,
    small,
)


def sentence(why: pytest.ExceptionInfo[Exception]) -> str:
    words = str(why.value)
    assert words.endswith(".")
    assert "\n" not in words
    return words


class Bright(nn.Module):
    """Three rectifiers, each shut for pixels below ``above``."""

    def __init__(self, above: float) -> None:
        super().__init__()
        self.above, self.act = above, nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        values: Tensor = self.act(x - self.above)
        return values


def test_a_shut_rectifier_next_to_the_layer_is_passed_by_fourier(image: np.ndarray) -> None:
    network = wrap(Bright(0.7), size=SIZE)
    shown = look(network, "inversion", "act", image=image, **FREE)
    assert shown.recipe["error"] < 0.01
    assert not shown.error
    assert shown.curve[0, 0] == 1.0  # the start is below everywhere


def test_where_nothing_moves_it_is_said(image: np.ndarray) -> None:
    """The rectifiers are not next to the layer: nothing comes through them."""
    module = nn.Sequential(Bright(0.9), nn.Conv2d(3, 4, 1, bias=False))
    network = wrap(seeded(module), size=SIZE)
    white = np.full_like(image, 255)
    shown = look(network, "inversion", "1", image=white, steps=3)
    assert shown.error.startswith("Nothing moves: the gradient at 1 is exactly zero.")
    assert shown.recipe["error"] == pytest.approx(1.0)


def test_a_picture_that_is_at_its_end_is_not_in_trouble(network: Network) -> None:
    gray = np.full((SIZE, SIZE, 3), 128, np.uint8)
    for one in looks(network, "inversion", "1", image=gray, steps=30):
        assert not one.error


class Poles(nn.Module):
    """Finite for bright pictures only."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.log(x.mean((2, 3)) - 0.8)


def test_values_that_are_not_finite_are_told_of(image: np.ndarray) -> None:
    network = wrap(nn.Sequential(Poles()), size=SIZE)
    shown = look(network, "inversion", "0", image=np.full_like(image, 250), steps=3)
    assert shown.error == "Nothing moves: the network's values or gradients at 0 are not finite."
    assert np.isfinite(shown.values).all()
    with pytest.raises(BadInput, match="at 0 is not finite") as why:
        look(network, "inversion", "0", image=image)
    sentence(why)


def test_a_descent_that_runs_away_goes_back_and_takes_smaller_steps(
    network: Network, image: np.ndarray
) -> None:
    every: list[SynthesisResult] = list(
        looks(network, "inversion", "3", image=image, preset="mahendran", alpha=1e-3)
    )
    last = every[-1]
    assert "times smaller since the loss ran away" in last.caption
    assert np.isfinite(last.curve).all()
    assert np.isfinite(last.values).all()
    assert last.recipe["error"] < every[0].recipe["error"]
    tame = look(network, "inversion", "3", image=image, preset="mahendran")
    assert "ran away" not in tame.caption


def test_a_code_of_zeros_is_refused(network: Network, image: np.ndarray) -> None:
    dead = wrap(nn.Sequential(nn.Conv2d(3, 2, 1), nn.ReLU()), size=SIZE)
    with torch.no_grad():
        dead.module[0].weight.zero_()
        dead.module[0].bias.fill_(-1)
    with pytest.raises(BadInput, match="zero everywhere") as why:
        look(dead, "inversion", "1", image=image)
    sentence(why)


def test_without_a_picture_it_asks_for_one(network: Network) -> None:
    with pytest.raises(BadInput, match="needs a picture") as why:
        look(network, "inversion", "1")
    sentence(why)


@pytest.mark.parametrize("goal", ["1 + 3", "1[0] - 1[2]", "0.5*1", "-1[0]"])
def test_sums_and_weights_are_refused(network: Network, image: np.ndarray, goal: str) -> None:
    with pytest.raises(BadInput, match="inverted") as why:
        look(network, "inversion", goal, image=image)
    sentence(why)


class Severed(nn.Module):
    def __init__(self, how: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.how, self.inner = how, nn.Conv2d(3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        values: Tensor = self.inner(self.how(x))
        return values


def test_a_layer_without_a_gradient_is_refused(image: np.ndarray) -> None:
    network = wrap(Severed(lambda x: x.detach()), size=SIZE)
    with pytest.raises(LensMissing, match="inner does not depend on the picture") as why:
        look(network, "inversion", "inner", image=image)
    sentence(why)


@pytest.mark.parametrize(
    "setting", [{"steps": 0}, {"preset": "lucid"}, {"seeds": 10}, {"rate": -1.0}, {"beta": 0.5}]
)
def test_settings_that_make_no_sense_are_refused(
    network: Network, image: np.ndarray, setting: dict[str, Any]
) -> None:
    with pytest.raises(BadInput, match=next(iter(setting))) as why:
        look(network, "inversion", "1", image=image, **setting)
    sentence(why)


def test_a_wrong_value_of_one_seed_leaves_the_others_alone(image: np.ndarray) -> None:
    """A row whose values are no numbers any more goes back, its neighbour goes on."""
    from dnnvis.core.objective import Objective
    from dnnvis.lenses.inversion.loss import code_of
    from dnnvis.lenses.inversion.optimize import Descent
    from dnnvis.lenses.inversion.params import InversionParams

    network = small()
    code = code_of(network, network.encode(image), Objective.of("3"))
    descent = Descent(network, code, InversionParams(steps=20, seeds=2))
    alone = Descent(network, code, InversionParams(steps=20, seed=1))
    for _ in range(10):
        descent.step()
        alone.step()
    kept = descent._best[1][0].clone()
    descent._parameters = torch.cat((descent._parameters[:1] * torch.nan, descent._parameters[1:]))
    descent.step()
    alone.step()
    assert descent._slowdown.tolist() == [10.0, 1.0]
    assert descent.error == ""
    torch.testing.assert_close(descent._parameters[0], kept, rtol=0, atol=0)
    torch.testing.assert_close(descent._parameters[1], alone._parameters[0], rtol=1e-3, atol=1e-4)


def test_a_network_with_batch_norms_is_inverted_on_its_folded_twin(
    as_trained: Callable[..., Any], image: np.ndarray
) -> None:
    module = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU6(),
    )
    network = wrap(as_trained(module), size=SIZE)
    before = {name: value.clone() for name, value in network.module.state_dict().items()}
    for layer in ("0", "1", "2", "3", "4", "5"):
        assert fold_batch_norms(network, (layer,)) is not network
        shown = look(network, "inversion", layer, image=image, steps=60)
        found = error_of(network, layer, image, shown.values)
        assert shown.recipe["error"] == pytest.approx(found, rel=1e-3)
        assert found < 0.05
        assert shown.curve[-1, 0] == pytest.approx(found, rel=0.2)  # the twin's own
    for name, value in network.module.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def test_nothing_is_left_on_the_network_also_when_it_is_stopped(
    network: Network, image: np.ndarray
) -> None:
    twin = fold_batch_norms(network, ("3",))
    pictures = looks(network, "inversion", "3", image=image)
    for _ in range(4):
        next(pictures)
        assert count_hooks(network.module) == count_hooks(twin.module) == 0
        assert torch.is_grad_enabled()
        assert not torch.is_inference_mode_enabled()
    pictures.close()
    assert count_hooks(network.module) == count_hooks(twin.module) == 0
    assert all(weight.grad is None for weight in network.module.parameters())


def test_it_works_whatever_mode_the_caller_is_in(network: Network, image: np.ndarray) -> None:
    plain = look(network, "inversion", "3", image=image, steps=5)
    with torch.no_grad():
        without = look(network, "inversion", "3", image=image, steps=5)
    with torch.inference_mode():
        inference = look(network, "inversion", "3", image=image, steps=5)
    np.testing.assert_array_equal(plain.values, without.values)
    np.testing.assert_array_equal(plain.values, inference.values)
