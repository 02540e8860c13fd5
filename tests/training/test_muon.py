import pytest
import torch
from torch import Tensor, nn

from dnnvis.training.muon import Muon, orthogonalize


def matrix(rows: int, columns: int, seed: int = 0) -> Tensor:
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(96, 864), (192, 192), (512, 192), (10, 512), (96, 27)])
def test_the_update_is_about_the_orthogonal_factor(shape: tuple[int, int]) -> None:
    """Against U V^T of the singular value decomposition."""
    gradient = matrix(*shape)
    update = orthogonalize(gradient, steps=5)
    u, _, v = torch.linalg.svd(gradient, full_matrices=False)
    exact = u @ v
    cosine = (update * exact).sum() / (update.norm() * exact.norm())
    assert cosine > 0.97
    assert update.shape == gradient.shape


@pytest.mark.parametrize("steps", [3, 5])
def test_the_singular_values_come_near_1(steps: int) -> None:
    values = torch.linalg.svdvals(orthogonalize(matrix(64, 576), steps))
    assert values.max() < 1.3
    assert values.min() > 0.5


def test_the_directions_are_kept() -> None:
    """The update has the gradient's own singular vectors: U^T X V is diagonal."""
    gradient = matrix(20, 30)
    u, _, v = torch.linalg.svd(gradient, full_matrices=False)
    inner = u.T @ orthogonalize(gradient) @ v.T
    assert (inner - torch.diag(inner.diagonal())).abs().max() < 1e-4
    assert (inner.diagonal() > 0).all()


def test_scale_does_not_matter_and_zero_stays_zero() -> None:
    gradient = matrix(8, 12)
    assert torch.allclose(orthogonalize(gradient), orthogonalize(1e3 * gradient), atol=1e-4)
    assert not orthogonalize(torch.zeros(4, 6)).any()


@pytest.mark.parametrize("shape", [(16, 8, 3, 3), (32, 24)])
def test_a_step_moves_the_weight_by_lr_relative_to_its_size(shape: tuple[int, ...]) -> None:
    weight = nn.Parameter(matrix(shape[0], 24 if len(shape) == 2 else 72).reshape(shape))
    weight.grad = matrix(shape[0], weight[0].numel(), seed=1).reshape(shape)
    before = weight.detach() * (shape[0] ** 0.5 / weight.detach().norm())
    Muon([weight], lr=0.05).step()
    moved = (weight.detach() - before).norm()
    rank = min(shape[0], weight[0].numel())
    assert moved / rank**0.5 == pytest.approx(0.05, rel=0.2)
    assert before.norm() == pytest.approx(shape[0] ** 0.5, rel=1e-5)


def test_a_step_goes_downhill() -> None:
    weight = nn.Parameter(matrix(6, 6))
    weight.grad = matrix(6, 6, seed=1)
    before = weight.detach() * (6**0.5 / weight.detach().norm())
    Muon([weight], lr=0.1).step()
    assert ((weight.detach() - before) * weight.grad).sum() < 0


def test_momentum_is_nesterovs() -> None:
    """Two steps by hand: g2 + m (m g1 + g2) is what is orthogonalised."""
    weight = nn.Parameter(matrix(5, 7))
    optimizer = Muon([weight], lr=0.1, momentum=0.6)
    first, second = matrix(5, 7, 1), matrix(5, 7, 2)
    weight.grad = first.clone()
    optimizer.step()
    middle = weight.detach().clone()
    weight.grad = second.clone()
    optimizer.step()
    expected = middle * (5**0.5 / middle.norm())
    expected -= 0.1 * orthogonalize(second + 0.6 * (0.6 * first + second))
    assert torch.allclose(weight.detach(), expected, atol=1e-5)


def test_a_weight_without_gradient_is_left_alone() -> None:
    weight = nn.Parameter(matrix(4, 4))
    before = weight.detach().clone()
    Muon([weight], lr=0.1).step()
    assert torch.equal(weight.detach(), before)
