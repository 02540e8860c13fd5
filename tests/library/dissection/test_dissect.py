"""A dissection from pictures to scores: against NumPy, stopped and continued, on odd data."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from sklearn.metrics import roc_auc_score
from torch import nn

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.probing.dissection import DissectedLayer
from dnnvis.core.progress import Progress
from dnnvis.core.receptive_field import per_axis
from dnnvis.library.dissection import dissect as module
from dnnvis.library.dissection.dissect import DissectionOptions, dissect_units
from dnnvis.library.dissection.thresholds import STEP
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from dnnvis.sources.concepts.class_folder import ClassConcepts
from dnnvis.sources.concepts.mask_folder import MaskFolder
from dnnvis.sources.concepts.opening import list_labels, open_concepts
from dnnvis.sources.concepts.synthetic import SyntheticConcepts
from dnnvis.sources.datasets import open_data
from helpers.concept_folders import write_classes, write_masks


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))


def maps_and_masks(net: Network, data: Any, layer: str) -> tuple[np.ndarray, np.ndarray]:
    """Maps (N, C, H, W) and masks bool (N, K, h, w), picture by picture."""
    maps, masks = [], []
    for number in range(len(data)):
        picture = data.read(number)
        maps.append(net.record(picture.pixels, [layer]).tensor(layer)[0].numpy())
        every = np.zeros((len(data.names), *net.card.size), bool)
        for concept, mask in zip(picture.concepts, picture.masks, strict=True):
            every[concept] = mask
        masks.append(every)
    return np.array(maps), np.array(masks)


def naive_iou(maps: np.ndarray, masks: np.ndarray, field: Any, upsamples: bool) -> np.ndarray:
    """IoU (C, K) at each unit's exact .995 quantile over all positions (Bau et al., equation 1)."""
    _, channels, height, width = maps.shape
    size = masks.shape[2:]
    scores = np.zeros((channels, masks.shape[1]))
    for c in range(channels):
        threshold = np.quantile(maps[:, c], 0.995)
        if upsamples:
            at = np.meshgrid(
                *(
                    (np.arange(s) - o) / d
                    for s, o, d in zip(size, field.offset, field.stride, strict=True)
                ),
                indexing="ij",
            )
            big = np.array([map_coordinates(m, at, order=1, mode="nearest") for m in maps[:, c]])
            where = masks
        else:
            big = maps[:, c]
            rows, columns = (
                np.clip(np.floor(o + np.arange(n) * d + 0.5).astype(int), 0, s - 1)
                for n, o, d, s in zip(
                    (height, width), field.offset, field.stride, size, strict=True
                )
            )
            where = masks[:, :, rows][:, :, :, columns]
        active = big > threshold
        for k in range(masks.shape[1]):
            both = (active & where[:, k]).sum()
            scores[c, k] = both / (active | where[:, k]).sum()
    return scores


@pytest.mark.parametrize("upsamples", [False, True])
@pytest.mark.parametrize("layer", ["conv1", "norm", "act", "conv2"])
def test_scores_are_those_of_numpy(
    network: Network, tmp_path: Path, layer: str, upsamples: bool
) -> None:
    data = MaskFolder(write_masks(tmp_path / "m", 60))
    options = DissectionOptions((layer,), side=100, upsamples=upsamples, batch=16)
    (found,) = dissect_units(network, data, options).layers
    maps, masks = maps_and_masks(network, data, layer)
    field = network.layer(layer).receptive_field
    assert field is not None
    expected = naive_iou(maps, masks, per_axis(field), upsamples)
    np.testing.assert_allclose(found.scores, expected, atol=0.004)
    assert expected.max() > 0.008
    assert found.measure == "iou"
    fires = np.quantile(maps, 0.995, axis=(0, 2, 3)) > maps.min((0, 2, 3))
    np.testing.assert_allclose(found.active[fires], 0.005, atol=1e-6)
    above = (maps > found.thresholds[:, None, None]).mean((0, 2, 3))[fires]
    assert ((above > 0.005 / STEP) & (above < 0.005 * STEP)).all()  # between two candidates


def test_a_batch_norm_and_what_comes_before_it_agree_when_both_are_dissected(
    network: Network, tmp_path: Path
) -> None:
    """Its counts follow from those of the convolution but for the units that it turns around."""
    data = MaskFolder(write_masks(tmp_path / "m", 60))
    alone = dissect_units(network, data, DissectionOptions(("norm",), side=100)).layers[0]
    both = dissect_units(network, data, DissectionOptions(("conv1", "norm"), side=100)).layers
    np.testing.assert_allclose(both[1].scores, alone.scores, atol=1e-4)
    np.testing.assert_array_equal(both[0].scores[1::2], both[1].scores[1::2])
    assert (both[0].scores[::2] != both[1].scores[::2]).any()
    np.testing.assert_allclose(both[1].thresholds, alone.thresholds, atol=1e-3)


def test_fewer_points_estimate_the_same(network: Network) -> None:
    data = SyntheticConcepts((12, 12), pictures=400)
    options = [DissectionOptions(("conv1",), side=side) for side in (12, 5)]
    whole, sampled = (dissect_units(network, data, each).layers[0] for each in options)
    assert np.abs(whole.scores - sampled.scores).max() < 0.05
    assert (whole.points, sampled.points) == (12, 5)


def test_layers_without_positions_are_scored_by_auroc_as_scikit_learn_does(
    network: Network,
) -> None:
    data = SyntheticConcepts((12, 12), pictures=90)
    outcome = dissect_units(network, data, DissectionOptions(("conv2", "pool", "head"), batch=7))
    assert [layer.measure for layer in outcome.layers] == ["iou", "auroc", "auroc"]
    found = outcome.layers[2]
    values = np.array(
        [network.record(data.read(k).pixels, ["head"]).tensor("head").flatten() for k in range(90)]
    )
    has = np.array(
        [[k in data.read(n).concepts for k in range(len(data.names))] for n in range(90)]
    )
    for concept in range(len(data.names)):
        if has[:, concept].sum() < 5:
            assert np.isnan(found.scores[:, concept]).all()
            continue
        for unit in range(4):
            expected = roc_auc_score(has[:, concept], values[:, unit])
            assert found.scores[unit, concept] == pytest.approx(expected, abs=1e-6)
    assert found.notes[0].startswith("The layer has no positions: units are scored by AUROC")
    assert not list(Path(module.user_data_folder()).rglob("*.maxima"))


def test_classes_score_every_layer_by_the_maximum_of_its_maps(
    network: Network, tmp_path: Path
) -> None:
    path = write_classes(tmp_path / "c", {"dark": 12, "bright": 9})
    opened = open_data(path)
    data = ClassConcepts(opened, list_labels(opened))
    (found,) = dissect_units(network, data, DissectionOptions(("conv1",))).layers
    assert (found.measure, found.concepts) == ("auroc", ("bright", "dark"))
    pictures = [data.read(k) for k in range(21)]
    largest = np.array(
        [network.record(p.pixels, ["conv1"]).tensor("conv1").amax((0, 2, 3)) for p in pictures]
    )
    bright = [p.concepts == (0,) for p in pictures]
    expected = [roc_auc_score(bright, largest[:, unit]) for unit in range(6)]
    np.testing.assert_allclose(found.scores[:, 0], expected, atol=1e-6)
    np.testing.assert_allclose(found.scores.sum(1), 1, atol=1e-6)
    assert found.notes[0].startswith("The concepts have no masks")


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WRITE_INTERVAL_SECONDS", 0)
    monkeypatch.setattr(module, "MAX_WRITE_FRACTION", 1e9)


def compare(a: tuple[DissectedLayer, ...], b: tuple[DissectedLayer, ...]) -> None:
    for one, other in zip(a, b, strict=True):
        for name in ("scores", "thresholds", "active"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        assert (one.layer, one.pictures, one.notes) == (other.layer, other.pictures, other.notes)


@pytest.mark.parametrize("stop_at", [0, 8, 40])
def test_a_stopped_run_goes_on_and_has_the_same_numbers(
    network: Network, stop_at: int, often: None
) -> None:
    data = SyntheticConcepts((12, 12), pictures=64)
    options = DissectionOptions(("conv1", "norm", "conv2", "pool"), batch=8)
    whole = dissect_units(network, data, options, salt="whole")
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if progress.message == module.COUNT_MESSAGE and progress.done >= stop_at:
            stop.set()

    part = dissect_units(network, data, options, report=report, stop=stop)
    assert (part.layers, part.left) == ((), 64 - stop_at)
    rest = dissect_units(network, data, options)
    assert (rest.seen, rest.left) == (64 - stop_at, 0)
    if stop_at:
        # a run that goes on counts the batch norm itself: rounding at an edge may differ
        np.testing.assert_allclose(rest.layers[1].scores, whole.layers[1].scores, atol=2e-3)
        compare((rest.layers[0], *rest.layers[2:]), (whole.layers[0], *whole.layers[2:]))
    else:
        compare(rest.layers, whole.layers)
    assert not list(Path(module.user_data_folder()).rglob("*.safetensors"))
    assert not list(Path(module.user_data_folder()).rglob("*.maxima"))


def test_an_error_in_the_middle_loses_nothing(
    network: Network, often: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = SyntheticConcepts((12, 12), pictures=64)
    options = DissectionOptions(("conv2", "pool"), batch=8)
    whole = dissect_units(network, data, options, salt="whole")
    count = module.ConceptPass.count
    calls = 0

    def break_once(self: Any, *given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise BadInput("The disk is on fire.")
        return count(self, *given)

    monkeypatch.setattr(module.ConceptPass, "count", break_once)
    with pytest.raises(BadInput, match="on fire"):
        dissect_units(network, data, options)
    rest = dissect_units(network, data, options)
    assert rest.seen == 40
    compare(rest.layers, whole.layers)


@pytest.mark.parametrize("damage", ["cut", "maxima"])
def test_a_damaged_progress_begins_again(network: Network, often: None, damage: str) -> None:
    data = SyntheticConcepts((12, 12), pictures=32)
    options = DissectionOptions(("conv2", "pool"), batch=8)
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if progress.message == module.COUNT_MESSAGE and progress.done >= 16:
            stop.set()

    dissect_units(network, data, options, report=report, stop=stop)
    folder = Path(module.user_data_folder())
    if damage == "cut":
        (file,) = folder.rglob("*.safetensors")
        file.write_bytes(file.read_bytes()[:-9])
    else:
        (file,) = folder.rglob("*.maxima")
        file.write_bytes(b"")
    assert dissect_units(network, data, options).seen == 32


def test_other_pictures_options_and_edits_are_other_dissections(network: Network) -> None:
    data = SyntheticConcepts((12, 12), pictures=30)
    keys = {
        module.compute_key(network, data, DissectionOptions(), ""),
        module.compute_key(network, data, DissectionOptions(limit=20), ""),
        module.compute_key(network, data, DissectionOptions(side=3), ""),
        module.compute_key(network, data, DissectionOptions(upsamples=True), ""),
        module.compute_key(network, data, DissectionOptions(), "control"),
        module.compute_key(network, SyntheticConcepts((12, 12), seed=1), DissectionOptions(), ""),
    }
    with network.edited("conv1[0]=0"):
        keys.add(module.compute_key(network, data, DissectionOptions(), ""))
    assert len(keys) == 7
    assert module.compute_key(network, data, DissectionOptions(("conv1",), batch=3), "") in keys


def test_unreadable_pictures_are_skipped_and_listed(network: Network, tmp_path: Path) -> None:
    write_masks(tmp_path / "m", 20)
    data = MaskFolder(tmp_path / "m")
    (tmp_path / "m/images/03.png").write_bytes(b"")
    outcome = dissect_units(network, data, DissectionOptions(("conv1",)))
    ((name, reason),) = outcome.skipped.items()
    assert (Path(name).name, outcome.layers[0].pictures) == ("03.png", 19)
    assert "empty" in reason
    for file in (tmp_path / "m/images").iterdir():
        file.write_bytes(b"")
    with pytest.raises(BadInput, match=r"None of the 20 pictures of .* can be read"):
        dissect_units(network, data, DissectionOptions(("conv1",)))
    with pytest.raises(BadInput, match=r"None of the 20 pictures of .* can be read"):
        dissect_units(network, data, DissectionOptions(("head",)))


class Silent(nn.Module):
    """Unit 0 is always 0, unit 1 stuck at 1, unit 2 fires at one spot of red pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.part = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        spot = torch.zeros_like(x[:, :1])
        spot[:, :, 8, 8] = x[:, :1, 8, 8] - x[:, 1:2, 8, 8]
        return self.part(torch.cat([0 * x[:, :1], 0 * x[:, :1] + 1, spot.clamp_min(0)], 1))


def test_units_that_never_fire_have_no_scores_and_rare_ones_no_threshold(tmp_path: Path) -> None:
    data = SyntheticConcepts((16, 16), pictures=100)
    net = wrap(Silent(), size=16)
    (found,) = dissect_units(net, data, DissectionOptions(("part",))).layers
    assert found.fires.tolist() == [False, False, True]
    assert np.isnan(found.scores[:2]).all()
    assert np.isnan(found.thresholds[:2]).all()
    assert [found.name(k) for k in range(2)] == ["", ""]
    assert 0 < found.active[2] < 0.005  # it is active wherever it is not 0
    assert found.thresholds[2] == pytest.approx(0, abs=1e-6)


def test_concepts_in_no_picture_are_said(network: Network) -> None:
    data = SyntheticConcepts((12, 12), pictures=2)
    (found,) = dissect_units(network, data, DissectionOptions(("conv1",))).layers
    assert found.notes[0].startswith("In no picture there are: ")


def test_the_progress_names_both_parts_and_only_rises(network: Network) -> None:
    reports: list[Progress] = []
    data = SyntheticConcepts((12, 12), pictures=70)
    dissect_units(network, data, DissectionOptions(("conv1",), batch=16), report=reports.append)
    messages = [each.message for each in reports]
    assert list(dict.fromkeys(messages)) == [module.PILOT_MESSAGE, module.COUNT_MESSAGE]
    for message in set(messages):
        done = [each.done for each in reports if each.message == message]
        assert done == sorted(done)
    assert (reports[-1].done, reports[-1].total) == (70, 70)


@pytest.mark.parametrize("numbers", [{"limit": 0}, {"side": -1}, {"batch": 0}, {"workers": 0}])
def test_numbers_below_one_are_refused(network: Network, numbers: dict[str, int]) -> None:
    with pytest.raises(BadInput, match="must be 1 or more"):
        dissect_units(network, SyntheticConcepts((12, 12)), DissectionOptions(**numbers))


def test_unknown_layers_are_named(network: Network) -> None:
    with pytest.raises(UnknownUnit):
        dissect_units(network, SyntheticConcepts((12, 12)), DissectionOptions(("conv9",)))


def test_boards_are_dissected(network: Network) -> None:
    module_ = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())
    net = wrap(module_, size=16, channels=1)
    data = open_concepts("made", (16, 16), channels=1, boards=True, pictures=40)
    (found,) = dissect_units(net, data, DissectionOptions(("0",))).layers
    assert "glider" in found.concepts
    assert found.fires.all()
