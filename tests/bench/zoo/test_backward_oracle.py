"""The oracle of the backward lenses, against hooks and against differences."""

import pytest
import torch
from torch import Tensor, nn

from dnnvis.bench.zoo.backward_oracle import (
    NotApplicable,
    UnitAddress,
    backpropagate,
    locate_unit,
    plain_gradient,
    read_unit,
    run_to,
)


class Residual(nn.Module):
    """Two rectifiers one after the other, and a way around both."""

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv1, self.conv2 = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.relu1, self.relu2 = nn.ReLU(inplace), nn.LeakyReLU(0.2, inplace)
        self.conv3 = nn.Conv2d(4, 5, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.conv1(x))
        return self.conv3(y + self.relu2(self.conv2(y)))


class Functional(Residual):
    def forward(self, x: Tensor) -> Tensor:
        return self.conv3(torch.relu(self.conv1(x)))


def picture() -> Tensor:
    return torch.rand(1, 3, 9, 10, generator=torch.Generator().manual_seed(1))


def address(module: nn.Module, name: str) -> UnitAddress:
    raw = run_to(module, name, picture())
    return locate_unit(raw, raw[0].detach().numpy(), 2)


def by_hooks(module: nn.Module, name: str, rule: str) -> Tensor:
    """The rule on modules, by torch's own hooks."""

    def bend(part: nn.Module, incoming: tuple[Tensor], outgoing: tuple[Tensor]) -> tuple[Tensor]:
        passed = incoming[0] if rule == "guided" else outgoing[0]
        return (passed * (outgoing[0] > 0) if rule == "guided" else passed.clamp(min=0),)

    for part in module.modules():
        if isinstance(part, nn.ReLU | nn.LeakyReLU):
            part.register_full_backward_hook(bend)
    x = picture().requires_grad_()
    value = run_to(module, name, x)[:, 2]
    (signal,) = torch.autograd.grad(value, x, value.detach())
    return signal[0].permute(1, 2, 0)


@pytest.mark.parametrize("rule", ["guided", "deconvnet"])
@pytest.mark.parametrize(("name", "rectifiers"), [("conv3", 2), ("conv2", 1)])
def test_rectifiers_with_the_rule_for_a_derivative_give_what_hooks_give(
    rule: str, name: str, rectifiers: int
) -> None:
    expected = by_hooks(Residual(), name, rule)
    for inplace in (False, True):
        unit = address(Residual(), name)
        actual, met = backpropagate(Residual(inplace), name, unit, picture(), rule)  # type: ignore[arg-type]
        assert met == rectifiers
        assert torch.allclose(torch.from_numpy(actual), expected, atol=1e-6)
    assert expected.abs().max() > 1e-3


def test_the_gradient_is_the_slope_of_half_the_sum_of_squares() -> None:
    module, unit = Residual().double(), address(Residual(), "conv3")
    x = picture().double()
    gradient = plain_gradient(module, "conv3", unit, x)
    direction = torch.rand(x.shape, generator=torch.Generator().manual_seed(2)).double()

    def half_energy(step: float) -> float:
        value = read_unit(run_to(module, "conv3", x + step * direction), unit)
        return float(value.detach().square().sum() / 2)

    slope = (half_energy(1e-5) - half_energy(-1e-5)) / 2e-5
    along = float((torch.from_numpy(gradient).permute(2, 0, 1) * direction[0]).sum())
    assert along == pytest.approx(slope, rel=1e-4)


def test_a_rectifier_that_is_no_module_is_told_of() -> None:
    unit = address(Functional(), "conv3")
    with pytest.raises(NotApplicable, match="Relu"):
        backpropagate(Functional(), "conv3", unit, picture(), "guided")


def test_a_map_of_tokens_is_located_behind_the_class_token() -> None:
    raw = torch.rand(1, 1 + 12, 7)
    shown = raw[0, 1:].T.reshape(7, 3, 4)
    unit = locate_unit(raw, shown.numpy(), 5)
    assert unit.axis == 2
    assert unit.positions.tolist() == list(range(1, 13))
    assert torch.equal(read_unit(raw, unit), shown[5].flatten())


def test_a_map_that_shows_something_else_is_not_located() -> None:
    raw = torch.rand(1, 8, 8, 8)
    with pytest.raises(NotApplicable, match="not in the raw value"):
        locate_unit(raw, torch.rand(8, 8, 8).numpy(), 0)


def test_a_unit_without_a_gradient_is_told_of() -> None:
    class Constant(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Linear(2, 3)

        def forward(self, x: Tensor) -> Tensor:
            return x.mean() + self.table(torch.ones(1, 2))

    unit = UnitAddress(1, 0, torch.tensor([0]))
    with pytest.raises(NotApplicable, match="does not depend"):
        plain_gradient(Constant(), "table", unit, picture())
