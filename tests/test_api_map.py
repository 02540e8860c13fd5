"""The activation map as a script sees it: fit_map, open_map, Map (API.md)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

import dnnvis
from dnnvis.core.errors import BadInput, DnnvisError, Mismatch, UnknownUnit
from dnnvis.introspect import fit as fitting
from dnnvis.introspect.network_outputs import is_bounded

Array = NDArray[Any]
SIDE = 6
PICTURES = 240


def pictures() -> tuple[Array, Array]:
    """Three classes: which third of the picture is bright."""
    dice = np.random.default_rng(0)
    labels = dice.integers(0, 3, PICTURES)
    images = dice.integers(0, 120, (PICTURES, SIDE, SIDE, 1))
    for image, label in zip(images, labels, strict=True):
        image[2 * label : 2 * label + 2] += 110
    return images.astype(np.uint8), labels


def module(seed: int = 0, trained: bool = True) -> nn.Module:
    torch.manual_seed(seed)
    made = nn.Sequential(
        nn.Flatten(),
        nn.Linear(SIDE * SIDE, 24),
        nn.ReLU(),
        nn.Linear(24, 16),
        nn.ELU(),
        nn.Linear(16, 3),
    )
    if trained:
        images, labels = pictures()
        x = torch.from_numpy(images[..., 0].astype(np.float32)[:, None] / 255)
        optimizer = torch.optim.Adam(made.parameters(), 1e-2)
        for _ in range(30):
            optimizer.zero_grad()
            nn.functional.cross_entropy(made(x), torch.from_numpy(labels)).backward()
            optimizer.step()
    return made.eval()


def wrapped(**more: Any) -> dnnvis.Network:
    return dnnvis.wrap(module(**more), size=SIDE, channels=1)


@pytest.fixture(autouse=True, scope="module")
def short_fits() -> Iterator[None]:
    """Fewer steps than a map of few examples gets: the interface is tested here."""
    with pytest.MonkeyPatch.context() as patch:
        plan = fitting.Schedule
        patch.setattr(
            fitting.FitConfig,
            "schedules",
            lambda self, rows: (plan(120, 1e-3, 0.3, 64), plan(80, 2e-3, 0.2, 64)),
        )
        yield


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path))


@pytest.fixture(scope="module")
def net() -> dnnvis.Network:
    return wrapped()


@pytest.fixture(scope="module")
def made(net: dnnvis.Network, short_fits: None) -> dnnvis.Map:
    images, labels = pictures()
    return dnnvis.fit_map(net, images, labels, keep=False)


def test_harvest_gives_the_hidden_vectors_and_columns_their_units(
    net: dnnvis.Network, made: dnnvis.Map
) -> None:
    images, _ = pictures()
    h = made.harvest(images[:7])
    assert (h.shape, h.dtype) == ((7, 40), np.float32)
    assert len(made.columns) == 40
    recorded = net.record(images[:7])
    for column in (0, 23, 24, 39):
        unit = made.columns[column]
        assert isinstance(unit, dnnvis.Unit)
        assert np.allclose(h[:, column], recorded[unit.layer][:, 0, unit.channel, 0, 0], atol=1e-6)
    assert {unit.layer for unit in made.columns if unit} == {"2", "4"}


def test_encode_decode_and_error_have_their_shapes(made: dnnvis.Map) -> None:
    images, labels = pictures()
    h = made.harvest(images)
    z = made.encode(h)
    assert (z.shape, z.dtype) == ((PICTURES, 2), np.float32)
    assert np.allclose(z, made.z, atol=1e-4)
    back = made.decode(z)
    assert (back.shape, back.dtype) == (h.shape, np.float32)
    trivial = np.square(h - h.mean(0)).sum()
    assert np.square(h - back).sum() < 0.6 * trivial
    for kind in ("2d", "rich"):
        error = made.error(h, kind)
        assert (error.shape, error.dtype) == ((PICTURES,), np.float32)
        assert np.allclose(error, made.examples.expected[kind], atol=1e-3)
    assert np.array_equal(made.error(h), made.error(h, "2d"))
    assert made.labels.tolist() == labels.tolist()
    assert made.index.tolist() == list(range(PICTURES))
    assert made.encode(h[0]).shape == (1, 2)  # one vector is a row
    assert made.decode(z[0]).shape == (1, 40)
    assert made.encode(h[:0]).shape == (0, 2)


def test_the_classes_lie_apart(made: dnnvis.Map) -> None:
    assert made.classes == ("0", "1", "2")
    assert made.figures["kNN15"] > 0.9
    assert made.figures["tested on"] == PICTURES // 10


def test_the_true_errors_are_those_of_the_outputs(net: dnnvis.Network, made: dnnvis.Map) -> None:
    images, labels = pictures()
    logits = net.record(images).output.astype(np.float64)
    y = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    e = 0.5 * np.square(y - np.eye(3)[labels]).sum(1)
    assert np.allclose(made.errors, np.log10(np.maximum(e, 1e-8)), atol=1e-3)


def test_the_classifier_is_left_as_it_was() -> None:
    net = wrapped(seed=3)
    before = [p.clone() for p in net.module.parameters()]
    images, labels = pictures()
    dnnvis.fit_map(net, images[:60], labels[:60])
    for p, then in zip(net.module.parameters(), before, strict=True):
        assert p.grad is None
        assert not p.requires_grad
        assert torch.equal(p, then)


def test_open_map_finds_what_fit_map_kept() -> None:
    net = wrapped(seed=1)
    images, labels = pictures()
    with pytest.raises(BadInput, match=r"no map of .* yet: fit one with `dnnvis fit-map`"):
        dnnvis.open_map(net)
    first = dnnvis.fit_map(net, images[:100], labels[:100])
    found = dnnvis.open_map(net)
    assert np.array_equal(found.z, first.z)
    assert np.array_equal(
        found.encode(found.harvest(images[:5])), first.encode(first.harvest(images[:5]))
    )
    again = dnnvis.fit_map(net, images[:100], labels[:100])
    assert np.array_equal(again.z, first.z)
    second = dnnvis.fit_map(net, images[:100], labels[:100], seed=5)
    assert not np.allclose(second.z, first.z, atol=0.1)
    assert second.recipe["seed"] == 5
    assert np.array_equal(dnnvis.open_map(net).z, second.z)
    dnnvis.fit_map(net, images[:50], labels[:50], keep=False)
    assert np.array_equal(dnnvis.open_map(net).z, second.z)


def test_a_map_of_another_checkpoint_is_refused_in_words(tmp_path: Path) -> None:
    images, labels = pictures()
    one, other = wrapped(seed=1), wrapped(seed=2)
    dnnvis.fit_map(one, images[:40], labels[:40])
    (place,) = (tmp_path / "library").glob("*.map.safetensors")
    assert dnnvis.open_map(one, place).fingerprint == one.fingerprint
    with pytest.raises(Mismatch, match=r"another checkpoint than .* fit it again"):
        dnnvis.open_map(other, place)
    with pytest.raises(BadInput, match="There is no map"):
        dnnvis.open_map(one, tmp_path / "nothing")
    place.write_bytes(b"garbage")
    with pytest.raises(BadInput, match="no activation map that can be read"):
        dnnvis.open_map(one)


@pytest.mark.parametrize("labels", [None, "none", "others"])
def test_without_the_networks_classes_there_is_a_map_without_them(
    net: dnnvis.Network, labels: str | None
) -> None:
    images, own = pictures()
    given = {"none": np.full(60, -1), "others": own[:60] + 5}.get(labels or "")
    found = dnnvis.fit_map(net, images[:60], given, keep=False)
    assert found.classes == ()
    assert any("no classes and no expected error" in note for note in found.notes)
    if labels == "others":
        assert "The labels go up to 7, but Sequential knows 3 classes" in found.notes[0]
    h = found.harvest(images[:3])
    assert found.encode(h).shape == (3, 2)
    for kind in ("2d", "rich"):
        with pytest.raises(BadInput, match="no estimator"):
            found.error(h, kind)


def test_wrong_shapes_are_said(net: dnnvis.Network, made: dnnvis.Map) -> None:
    images, labels = pictures()
    h = made.harvest(images[:3])
    with pytest.raises(BadInput, match=r"Hidden vectors of this map are \(N, 40\), not \(3, 39\)"):
        made.encode(h[:, :39])
    with pytest.raises(BadInput, match=r"\(N, 40\), not \(2, 3, 40\)"):
        made.error(np.zeros((2, 3, 40)))
    with pytest.raises(BadInput, match=r"Places on the map are \(N, 2\), not \(4, 3\)"):
        made.decode(np.zeros((4, 3)))
    with pytest.raises(BadInput, match="2d or rich, not '3d'"):
        made.error(h, "3d")  # API.md: "2d" | "rich"
    with pytest.raises(BadInput, match="not finite"):
        made.encode(np.full((1, 40), np.nan))
    for wrong in (labels[:10], labels.astype(float), labels[:, None]):
        with pytest.raises(BadInput, match="labels are 240 whole numbers"):
            dnnvis.fit_map(net, images, wrong)
    with pytest.raises(BadInput, match="19 examples are too few"):
        dnnvis.fit_map(net, images[:19], labels[:19])
    with pytest.raises(BadInput, match="too few"):
        dnnvis.fit_map(net, images[:0], labels[:0])
    with pytest.raises(UnknownUnit):
        dnnvis.fit_map(net, images, labels, layers=["nothing"])
    with pytest.raises(BadInput, match="test says which of 240 examples"):
        dnnvis.fit_map(net, images, labels, test=np.zeros(7, bool))
    for images_ in (np.zeros((40, 6, 6, 2), np.uint8), np.zeros((40, 6), np.uint8)):
        with pytest.raises(DnnvisError):
            dnnvis.fit_map(net, images_, np.zeros(40, int))


def test_one_layer_alone_and_a_test_set_of_ones_own(net: dnnvis.Network) -> None:
    images, labels = pictures()
    test = np.arange(80) >= 60
    found = dnnvis.fit_map(net, images[:80], labels[:80], layers="4", test=test, keep=False)
    assert [str(unit) for unit in found.columns] == [f"4[{k}]" for k in range(16)]
    assert found.examples.test.tolist() == test.tolist()
    assert found.figures["examples"] == 60


def test_images_that_are_all_the_same_are_said(net: dnnvis.Network) -> None:
    images = np.zeros((40, SIDE, SIDE, 1), np.uint8)
    with pytest.raises(BadInput, match="the same for every example"):
        dnnvis.fit_map(net, images, np.zeros(40, int))


def test_convolutions_are_mapped_by_their_means_or_projections(
    noise: Callable[..., Array],
) -> None:
    torch.manual_seed(0)
    net = dnnvis.wrap(
        nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval(),
        size=12,
    )
    images = noise(40, 12, 12, 3)
    means = dnnvis.fit_map(net, images, keep=False)
    assert [str(unit) for unit in means.columns] == [f"1[{k}]" for k in range(8)]
    lots = dnnvis.fit_map(net, images, how="random", keep=False)
    assert lots.columns == [None] * 256
    assert lots.encode(lots.harvest(images)).shape == (40, 2)


def few() -> tuple[Array, Array]:
    images, labels = pictures()
    return images[:40], labels[:40]


def test_labels_of_any_whole_type_count_and_others_are_refused(net: dnnvis.Network) -> None:
    images, labels = few()
    plain = dnnvis.fit_map(net, images, labels, keep=False)
    for kind in (np.uint8, np.uint64, np.int16):
        same = dnnvis.fit_map(net, images, labels.astype(kind), keep=False)
        assert np.array_equal(same.labels, plain.labels)
    assert np.array_equal(
        dnnvis.fit_map(net, images, list(labels), keep=False).labels, plain.labels
    )
    for wrong in (labels[:5], labels.astype(float), [[0], [1, 2]], "abc"):
        with pytest.raises(BadInput, match="labels"):
            dnnvis.fit_map(net, images, wrong, keep=False)


@pytest.mark.parametrize("seed", [-1, 1.5, 2**31, "0", True])
def test_a_seed_is_a_small_whole_number(net: dnnvis.Network, seed: Any) -> None:
    images, labels = few()
    with pytest.raises(BadInput, match="seed"):
        dnnvis.fit_map(net, images, labels, seed=seed, keep=False)


def test_one_picture_is_one_example(net: dnnvis.Network) -> None:
    images, labels = few()
    made = dnnvis.fit_map(net, images, labels, keep=False)
    assert np.array_equal(made.harvest(images[0]), made.harvest(images[:1]))
    with pytest.raises(BadInput, match="too few"):
        dnnvis.fit_map(net, images[0], keep=False)
    for wrong in (None, 3, "picture.png"):
        with pytest.raises(BadInput):
            dnnvis.fit_map(net, wrong, keep=False)
    for wrong in ("abc", None, [["a"]]):
        with pytest.raises(BadInput):
            made.encode(wrong)


def test_a_map_is_not_that_of_another_network_with_the_same_weights(net: dnnvis.Network) -> None:
    images, labels = few()
    made = dnnvis.fit_map(net, images, labels, keep=False)
    made.check(net)
    other = dnnvis.wrap(
        net.module, size=net.card.size, mean=0.5, std=0.5, channels=net.card.channels
    )
    assert other.fingerprint == net.fingerprint
    with pytest.raises(Mismatch, match="prepared in another way"):
        made.check(other)


def test_logits_that_happen_to_lie_in_0_to_1_are_still_logits() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 3))
    net = dnnvis.wrap(module, size=8)
    assert not is_bounded(net)
    assert is_bounded(dnnvis.wrap(nn.Sequential(module, nn.Sigmoid()), size=8))


def test_where_no_map_can_be_kept_it_is_said_before_the_fit(
    net: dnnvis.Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "file"))
    monkeypatch.setattr(fitting, "fit_basis", None)  # it does not come to that
    with pytest.raises(BadInput, match="No map can be kept"):
        dnnvis.fit_map(net, *few())
