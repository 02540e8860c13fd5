import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.introspect.constellation import (
    add_noise,
    constellation,
    locate_and_classify,
    measure_spreads,
    spread_and_displacement,
)
from dnnvis.network.opening.wrap import wrap
from helpers.linear_maps import dense, hand_map, pictures


def test_noise_is_white_gaussian_and_is_not_cut() -> None:
    image = torch.full((1, 2, 10, 10), 0.5)
    copies = add_noise(image, 0.4, 500, seed=1)
    noise = (copies - image).flatten(1).double()
    assert copies.shape == (500, 2, 10, 10)
    assert abs(float(noise.mean())) < 4 * 0.4 / 100_000**0.5
    assert float(noise.std()) == pytest.approx(0.4, rel=0.01)
    assert float((noise.abs() > 0.8).double().mean()) == pytest.approx(0.0455, abs=0.003)
    assert copies.min() < -0.5
    assert copies.max() > 1.5
    alike = np.corrcoef(noise.numpy().T)
    off = alike[~np.eye(200, dtype=bool)]
    assert np.abs(off).max() < 0.25
    assert off.std() == pytest.approx(500**-0.5, rel=0.1)


def test_noise_is_the_same_for_the_same_seed_only() -> None:
    image = pictures(1)
    assert torch.equal(add_noise(image, 0.3, 20, 5), add_noise(image, 0.3, 20, 5))
    assert not torch.equal(add_noise(image, 0.3, 20, 5), add_noise(image, 0.3, 20, 6))
    assert torch.equal(add_noise(image, 0.0, 3), image.expand(3, -1, -1, -1))
    twice = (add_noise(image, 0.6, 20, 5) - image) / 2 + image
    assert torch.allclose(twice, add_noise(image, 0.3, 20, 5), atol=1e-6)


def naive(centre: np.ndarray, z: np.ndarray) -> tuple[float, float]:
    """Spread and displacement, place by place."""
    n = len(z)
    x, y = sum(p[0] for p in z) / n, sum(p[1] for p in z) / n
    squares = sum((p[0] - x) ** 2 + (p[1] - y) ** 2 for p in z)
    return (squares / n) ** 0.5, ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) ** 0.5


def test_the_last_value_is_what_naive_formulas_say_of_all_copies() -> None:
    network = dense(scale=2.0)
    made = hand_map(network)
    image = pictures(1, seed=9)
    copies = add_noise(image, 0.5, 60, seed=2)
    y = torch.from_numpy(network.run(copies, batched=True).output).numpy()
    h = network.run(copies, ("hidden",), batched=True)["hidden"].reshape(60, 8)
    *_, last = constellation(network, made, image, 1, 0.5, 60, seed=2)
    assert np.allclose(last.z, made.encode(h), atol=1e-5)
    assert last.predicted.tolist() == [int(np.argmax(row)) for row in y]
    wrong = sum(1 for row in y if np.argmax(row) != 1)
    assert 0 < wrong < 60
    assert last.errors == pytest.approx(wrong / 60)
    assert (last.spread, last.displacement) == pytest.approx(naive(last.centre, last.z), rel=1e-4)
    clean = network.run(image, ("hidden",), batched=True)["hidden"].reshape(1, 8)
    assert np.allclose(last.centre, made.encode(clean)[0], atol=1e-5)
    assert last.sigma == 0.5
    assert last.label == 1
    assert last.progress == 1


def test_parts_come_one_after_another_and_make_up_the_whole() -> None:
    network = dense()
    made = hand_map(network)
    image = pictures(1, seed=1)
    parts = list(constellation(network, made, image, 0, 0.4, 40, seed=3, chunk=15))
    (whole,) = constellation(network, made, image, 0, 0.4, 40, seed=3, chunk=40)
    assert [len(part.z) for part in parts] == [15, 30, 40]
    assert [part.progress for part in parts] == [15 / 40, 30 / 40, 1]
    for part in parts:
        assert np.allclose(part.z, whole.z[: len(part.z)], atol=1e-6)
        assert np.array_equal(part.predicted, whole.predicted[: len(part.z)])
        assert part.errors == pytest.approx((whole.predicted[: len(part.z)] != 0).mean())
        assert part.spread == pytest.approx(spread_and_displacement(part.centre, part.z)[0])


def test_without_noise_nothing_moves() -> None:
    network = dense()
    image = pictures(1)
    *_, last = constellation(network, hand_map(network), image, sigma=0.0, copies=10)
    assert last.spread == pytest.approx(0, abs=1e-6)
    assert last.errors == 0
    assert last.displacement == pytest.approx(0, abs=1e-6)
    clean = int(np.argmax(network.run(image, batched=True).output))
    assert last.label == clean  # no label was given


def test_many_pictures_give_the_figures_of_each() -> None:
    network = dense(scale=2.0)
    made = hand_map(network)
    images, labels = pictures(4, seed=6), np.array([0, 1, -1, 2])
    told: list[tuple[int, int]] = []
    found = measure_spreads(
        network,
        made,
        images,
        labels,
        0.4,
        30,
        seed=8,
        chunk=11,
        report=lambda *at: told.append(at),
    )
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    *_, one = constellation(network, made, images[:1], 0, 0.4, 30, seed=8)
    assert (found.errors[0], found.spread[0]) == pytest.approx((one.errors, one.spread), rel=1e-5)
    assert found.displacement[0] == pytest.approx(one.displacement, rel=1e-5)
    clean = network.run(images, batched=True).output.argmax(1)
    assert found.labels.tolist() == [0, 1, int(clean[2]), 2]
    dice = np.random.default_rng(8)  # each picture has noise of its own
    for k in range(4):
        noise = dice.standard_normal((30, 1, 3, 4), dtype=np.float32)
        x = images[k : k + 1] + 0.4 * torch.from_numpy(noise)
        z, predicted = locate_and_classify(network, made, x)
        assert found.errors[k] == pytest.approx(np.mean(predicted != found.labels[k]))
        centre = locate_and_classify(network, made, images[k : k + 1])[0][0]
        away = naive(centre, z)
        assert (found.spread[k], found.displacement[k]) == pytest.approx(away, rel=1e-4)
    bare = measure_spreads(network, None, images, labels, 0.4, 30, seed=8)
    assert np.array_equal(bare.errors, found.errors)
    assert np.isnan(bare.spread).all()
    assert np.isnan(bare.displacement).all()


class Twice(nn.Module):
    """A layer that is called twice, then a map: no classes."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.cell(self.cell(x).relu())


def test_of_several_steps_the_last_counts_and_maps_name_no_class() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = wrap(Twice(), size=(3, 4), channels=1)
    made = hand_map(network, "cell")
    assert made.rows_each == 2
    image = pictures(1)
    *_, last = constellation(network, made, image, 1, 0.3, 10)
    assert last.label == -1
    assert np.isnan(last.errors)
    assert set(last.predicted) == {-1}
    after = network.run(image, ("cell",), batched=True)["cell"][0, 1].mean(keepdims=True)
    assert np.allclose(last.centre, made.encode(after.reshape(1, 1))[0], atol=1e-5)
    assert np.isnan(measure_spreads(network, made, image, np.array([1]), 0.3, 10).errors).all()


def test_what_makes_no_constellation_is_refused_in_words() -> None:
    network = dense()
    made = hand_map(network)
    image = pictures(1)
    with pytest.raises(BadInput, match="one image"):
        add_noise(pictures(2), 0.3)
    with pytest.raises(BadInput, match="sigma"):
        list(constellation(network, made, image, sigma=-0.1))
    with pytest.raises(BadInput, match="sigma"):
        list(constellation(network, made, image, sigma=float("nan")))
    with pytest.raises(BadInput, match="At least one"):
        list(constellation(network, made, image, copies=0))
    with pytest.raises(Mismatch):
        list(constellation(dense(seed=1), made, image))
    with pytest.raises(Mismatch):
        measure_spreads(dense(seed=1), made, image, np.array([0]), 0.1)
