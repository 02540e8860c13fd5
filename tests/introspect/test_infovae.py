"""The parts that a map is trained of, each against the same thing written another way."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.introspect import infovae, pca
from dnnvis.introspect.error_estimator import build_estimator, estimator_loss
from dnnvis.introspect.mlp import NumpyMLP, build_mlp, elu, fold_input_basis, fold_output_basis

Array = NDArray[Any]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def mixed(rows: int = 500, width: int = 12, seed: int = 0) -> Array:
    """Correlated columns of different sizes and middles."""
    dice = np.random.default_rng(seed)
    values = dice.normal(size=(rows, width)) @ dice.normal(size=(width, width))
    return (values * dice.uniform(0.1, 20, width) + dice.normal(0, 5, width)).astype(np.float32)


def kernel_of(a: Array, b: Array, width: float) -> float:
    return math.exp(-sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) / (2 * width * width))


def mmd_by_pairs(z: Array, p: Array, width: float) -> float:
    total = sum(kernel_of(a, b, width) for a in z for b in z) / len(z) ** 2
    total += sum(kernel_of(a, b, width) for a in p for b in p) / len(p) ** 2
    return total - 2 * sum(kernel_of(a, b, width) for a in z for b in p) / (len(z) * len(p))


@pytest.mark.parametrize("width", [0.3, 1.0, 2.5])
def test_the_mmd_is_the_sum_over_all_pairs(width: float) -> None:
    dice = np.random.default_rng(1)
    z, p = dice.normal(1, 2, (9, 2)), dice.normal(size=(7, 2))
    found = infovae.mmd(torch.from_numpy(z), torch.from_numpy(p), width)
    assert float(found) == pytest.approx(mmd_by_pairs(z, p, width), rel=1e-9)
    table = infovae.kernel(torch.from_numpy(z), torch.from_numpy(p), width)
    assert table.shape == (9, 7)
    assert float(table[3, 5]) == pytest.approx(kernel_of(z[3], p[5], width), rel=1e-12)


def test_the_gradient_is_that_of_the_differences_themselves() -> None:
    """In float32, with equal and with far places, as in training."""
    dice = generator(8)
    start, prior = torch.randn(40, 2, generator=dice) * 3, torch.randn(40, 2, generator=dice)
    start[1] = start[0]

    def plain(z: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
        def mean(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            return torch.exp((a[:, None] - b[None]).square().sum(2) / -2).mean()

        return mean(z, z) + mean(p, p) - 2 * mean(z, p)

    z, exact = start.clone().requires_grad_(), start.double().requires_grad_()
    (found,) = torch.autograd.grad(infovae.mmd(z, prior), z)
    (wanted,) = torch.autograd.grad(plain(exact, prior.double()), exact)
    assert torch.allclose(found.double(), wanted, atol=1e-6)
    assert wanted.abs().max() > 1e-3


def test_equal_places_have_no_mmd_and_far_ones_have_all_of_it() -> None:
    places = torch.randn(6, 2, generator=generator())
    assert float(infovae.mmd(places, places)) == pytest.approx(0, abs=1e-6)
    one = torch.zeros(4, 2)
    assert float(infovae.mmd(one, one + 100)) == pytest.approx(2)


def test_the_reconstruction_is_a_share_of_what_is_reconstructed() -> None:
    dice = np.random.default_rng(2)
    found, wanted = dice.normal(size=(5, 3)), dice.normal(0, 7, (5, 3))
    apart = sum((found[i, j] - wanted[i, j]) ** 2 for i in range(5) for j in range(3))
    whole = sum(wanted[i, j] ** 2 for i in range(5) for j in range(3))
    value = infovae.reconstruction_loss(torch.from_numpy(found), torch.from_numpy(wanted))
    assert float(value) == pytest.approx(0.5 * apart / whole, rel=1e-12)
    nothing = infovae.reconstruction_loss(torch.zeros(5, 3), torch.from_numpy(wanted).float())
    assert float(nothing) == pytest.approx(0.5)


def test_the_loss_is_reconstruction_and_mmd_with_a_weight_of_one() -> None:
    dice = generator(3)
    found, wanted = torch.randn(8, 5, generator=dice), torch.randn(8, 5, generator=dice)
    z, prior = torch.randn(8, 2, generator=dice), torch.randn(8, 2, generator=dice)
    parts = infovae.reconstruction_loss(found, wanted) + infovae.mmd(z, prior, 1.0)
    assert float(infovae.loss(found, wanted, z, prior)) == pytest.approx(float(parts), rel=1e-6)


def test_elu_is_what_torch_has() -> None:
    x = np.linspace(-6, 6, 101, dtype=np.float32).reshape(-1, 1)
    wanted = nn.functional.elu(torch.from_numpy(x)).numpy()
    assert np.allclose(elu(x.copy()), wanted, atol=1e-6)


def test_plain_layers_are_the_torch_network_and_leave_their_input_alone() -> None:
    module = build_mlp(17, 3, generator())
    sizes = [tuple(part.weight.shape) for part in module if isinstance(part, nn.Linear)]
    assert sizes == [(200, 17), (200, 200), (200, 200), (3, 200)]  # Table 2
    plain = NumpyMLP.from_module(module)
    for rows in (0, 1, 40):
        x = torch.randn(rows, 17, generator=generator(rows)).numpy()
        before = x.copy()
        with torch.no_grad():
            wanted = module(torch.from_numpy(x)).numpy()
        assert np.allclose(plain(x), wanted, atol=1e-5)
        assert np.array_equal(x, before)
    with torch.no_grad():
        module[0].weight.zero_()  # type: ignore[union-attr, operator]
    assert np.abs(plain.weights[0]).max() > 0  # it holds its own numbers


def test_weights_are_drawn_with_the_variance_of_one_over_fan_in() -> None:
    module = build_mlp(400, 2, generator(5))
    for part in module:
        if isinstance(part, nn.Linear) and part.out_features > 100:
            assert float(part.weight.detach().std()) == pytest.approx(
                part.in_features**-0.5, rel=0.03
            )
            assert not part.bias.detach().any()
    same = build_mlp(400, 2, generator(5))
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), same.parameters(), strict=1))


def test_an_estimator_begins_at_the_targets_mean_and_loses_half_the_square() -> None:
    part = build_estimator(2, -6.5, generator())
    with torch.no_grad():
        assert float(part[-1].bias) == -6.5  # type: ignore[arg-type]
    wanted = torch.tensor([0.0, 5.0], requires_grad=True)
    value = estimator_loss(torch.tensor([[1.0], [2.0]], requires_grad=True), wanted)
    assert float(value.detach()) == pytest.approx((0.5 * 1 + 0.5 * 9) / 2)
    value.backward()
    assert wanted.grad is None  # the target is cut off


def test_moments_in_portions_are_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pca, "CHUNK_ROWS", 7)
    monkeypatch.setattr(pca, "COVARIANCE_CHUNK_ROWS", 7)
    h = mixed(100)
    mean, spread, bad = pca.mean_and_std(h)
    assert np.allclose(mean, h.mean(0, dtype=np.float64), rtol=1e-5)
    assert np.allclose(spread, h.std(0, dtype=np.float64), rtol=1e-5)
    assert not bad.any()
    among = np.random.default_rng(0).random(100) < 0.3
    mean, spread, _ = pca.mean_and_std(h, among)
    assert np.allclose(mean, h[among].mean(0, dtype=np.float64), rtol=1e-5)
    assert np.allclose(spread, h[among].std(0, dtype=np.float64), rtol=1e-5)
    steps = h.reshape(25, 4, 12)
    assert np.allclose(pca.mean_and_std(steps)[1], h.std(0, dtype=np.float64), rtol=1e-5)


@pytest.mark.parametrize("portion", [64, 4096])
def test_the_components_are_sklearns(portion: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pca, "CHUNK_ROWS", portion)
    monkeypatch.setattr(pca, "COVARIANCE_CHUNK_ROWS", portion)
    h = mixed()
    found = pca.fit_basis(h, 5)
    standard = (h - h.mean(0)) / (h.std(0) + 1e-3)
    wanted = PCA(12).fit(standard)
    assert found.axes.shape == (12, 5)
    assert np.allclose(found.axes.T @ found.axes, np.eye(5), atol=1e-4)
    same = np.abs(np.sum(found.axes * wanted.components_[:5].T, 0))  # signs are free
    assert np.allclose(same, 1, atol=1e-3)
    assert np.allclose(found.share, wanted.explained_variance_ratio_[:5], atol=1e-4)
    scores = found.scores(h)
    assert np.sqrt(np.square(scores).mean()) == pytest.approx(1, rel=1e-3)
    turned = np.sign(np.sum(found.axes * wanted.components_[:5].T, 0))
    theirs = wanted.transform(standard)[:, :5] * turned
    assert np.allclose(scores * found.unit, theirs, atol=2e-2)


def test_only_the_rows_that_are_meant_count() -> None:
    h = mixed(300)
    among = np.arange(300) % 3 > 0
    h[~among] += 1000
    some, alone = pca.fit_basis(h, 4, subset=among), pca.fit_basis(h[among], 4)
    assert np.allclose(some.mean, alone.mean)
    assert np.allclose(np.abs(np.sum(some.axes * alone.axes, 0)), 1, atol=1e-4)


def test_units_that_are_still_or_no_number_are_left_out() -> None:
    h = mixed(60)
    h[:, 2] = 3.25
    h[7, 5] = np.nan
    h[9, 8] = np.inf
    found = pca.fit_basis(h, 12)
    assert np.flatnonzero(found.left_out).tolist() == [2, 5, 8]
    assert np.isinf(found.spread[found.left_out]).all()
    assert found.axes.shape == (12, 9)  # not more axes than units that vary
    assert not found.standard(h)[:, [2, 5, 8]].any()
    assert np.isfinite(found.scores(h)).all()
    late = mixed(60)
    late[59, 1] = np.nan
    assert pca.fit_basis(late, 3, subset=np.arange(60) < 50).left_out[1]  # bad in another row


@pytest.mark.parametrize(("value", "words"), [(2.0, "the same for every"), (np.nan, "not a num")])
def test_where_nothing_varies_there_is_no_map(value: float, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        pca.fit_basis(np.full((40, 6), value, np.float32), 4)


def close(a: Array, b: Array) -> None:
    assert np.abs(a - b).max() <= 1e-4 * np.abs(b).max()


def test_folded_layers_are_the_same_functions_of_the_activations_themselves() -> None:
    h = mixed(200, 30, seed=4)
    h[:, 11] = -2.5
    axes = pca.fit_basis(h, 8)
    encoder, decoder = build_mlp(8, 2, generator(1)), build_mlp(2, 8, generator(2))
    into, out = fold_input_basis(encoder, axes), fold_output_basis(decoder, axes)
    assert into.weights[0].shape == (200, 30)
    assert out.weights[-2].shape == (30, 200)
    with torch.no_grad():
        z = encoder(torch.from_numpy(axes.scores(h)))
        c = decoder(z).numpy()
    close(into(h), z.numpy())
    spread = np.where(axes.left_out, 0, axes.spread)
    wanted = (c * axes.unit) @ axes.axes.T * spread + axes.mean
    close(out(z.numpy()), wanted)
    assert np.allclose(out(z.numpy())[:, 11], -2.5)  # left out: its mean


def test_what_the_basis_keeps_whole_comes_back_through_it() -> None:
    """Decoding scores exactly (identity stacks) gives the activations again."""
    h = mixed(200, 6, seed=5)
    axes = pca.fit_basis(h, 6)
    same = nn.Sequential(nn.Linear(6, 6))
    with torch.no_grad():
        same[0].weight.copy_(torch.eye(6))  # type: ignore[union-attr, operator]
        same[0].bias.zero_()  # type: ignore[union-attr, operator]
    scores = fold_input_basis(same, axes)(h)
    close(scores, axes.scores(h))
    close(fold_output_basis(same, axes)(scores), h)
