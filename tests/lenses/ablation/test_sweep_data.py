"""A sweep over a data set: labels, stopping and going on, files that are broken."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dnnvis
from dnnvis.core.unit import Unit
from dnnvis.lenses.ablation import sweep_data as module
from dnnvis.lenses.ablation.sweep_data import SweepProgress, spread_evenly, sweep_data
from dnnvis.sources.datasets import open_data


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DNNVIS_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(module, "MAX_BATCH", 8)


def write_data(tmp_path: Path, labels: Any = None, count: int = 30) -> Path:
    rng = np.random.default_rng(0)
    path = tmp_path / "pictures.npz"
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    arrays = {"images": images} | ({} if labels is None else {"labels": labels})
    np.savez(path, **arrays)
    return path


LAYER = "dense1"


def test_accuracy_where_labels_are_classes_equals_the_sweep_of_arrays(tmp_path: Path) -> None:
    net = dnnvis.open("net1-mnist")
    labels = np.random.default_rng(1).integers(0, 10, 30)
    path = write_data(tmp_path, labels)
    progress: list[SweepProgress] = []
    swept = sweep_data(net, LAYER, open_data(path), report=progress.append)
    images = np.load(path)["images"]
    assert swept.sweep is not None
    assert swept.sweep.measure == "accuracy"
    assert (swept.total, swept.left, swept.unlabeled) == (30, 0, 0)
    np.testing.assert_allclose(swept.sweep.effects, dnnvis.sweep(net, LAYER, images, labels))
    assert progress[0].done == 0
    assert progress[-1].done == progress[-1].passes_total == 30 * len(swept.sweep.effects)
    assert [each.done for each in progress] == sorted(each.done for each in progress)


@pytest.mark.parametrize("clamped_to", ["zero", "mean"])
def test_a_stopped_sweep_goes_on_and_has_the_same_numbers(tmp_path: Path, clamped_to: Any) -> None:
    net = dnnvis.open("net1-mnist")
    data = open_data(write_data(tmp_path, np.arange(30) % 10))
    asked = 0

    def stop_in_the_third_batch() -> bool:
        nonlocal asked
        asked += 1
        return asked > 2 * net.layer(LAYER).shape[0] + 20

    unit = Unit("output", 3)
    options: dict[str, Any] = {"unit": unit, "clamped_to": clamped_to}
    first = sweep_data(net, LAYER, data, should_stop=stop_in_the_third_batch, **options)
    assert first.sweep is not None
    assert (first.sweep.pictures, first.left) == (16, 14)
    second = sweep_data(net, LAYER, data, **options)
    known = sweep_data(net, LAYER, data, **options)
    anew = sweep_data(net, LAYER, data, again=True, **options)
    assert second.sweep is not None
    for each in (known.sweep, anew.sweep):
        assert each is not None
        np.testing.assert_array_equal(second.sweep.effects, each.effects)
        np.testing.assert_array_equal(second.sweep.fired, each.fired)
        assert second.sweep.baseline == each.baseline
        assert (each.passes, each.skipped) == (second.sweep.passes, second.sweep.skipped)
    assert not net.edits.means


def test_other_data_layers_and_measures_have_files_of_their_own(tmp_path: Path) -> None:
    net = dnnvis.open("net1-mnist")
    data = open_data(write_data(tmp_path))
    swept = [
        sweep_data(net, "output", data, limit=8),
        sweep_data(net, "output", data, limit=9),
        sweep_data(net, "output", data, limit=8, unit=Unit("output", 1)),
        sweep_data(net, "output", data, limit=8, clamped_to="mean"),
        sweep_data(net, net.layers[-2].name, data, limit=8),
    ]
    assert len({each.path for each in swept}) == 5
    assert swept[0].sweep is not None
    assert swept[0].sweep.measure == "agreement"
    with net.edited("dense1[3] = 0"):
        edited = sweep_data(net, "output", data, limit=8)
    assert edited.path != swept[0].path


def test_pictures_without_a_class_are_left_out_and_counted(tmp_path: Path) -> None:
    net = dnnvis.open("net1-mnist")
    labels = np.arange(30) % 10
    labels[[0, 9, 10]] = 77
    labels[16:24] = 55  # a whole group
    swept = sweep_data(net, "output", open_data(write_data(tmp_path, labels)))
    assert swept.sweep is not None
    assert (swept.sweep.pictures, swept.unlabeled, swept.left) == (19, 11, 0)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"x" * 300, bytes(40)])
def test_a_broken_file_is_made_anew(tmp_path: Path, content: bytes) -> None:
    net = dnnvis.open("net1-mnist")
    data = open_data(write_data(tmp_path))
    first = sweep_data(net, "output", data, limit=8)
    first.path.write_bytes(content)
    again = sweep_data(net, "output", data, limit=8)
    assert first.sweep is not None
    assert again.sweep is not None
    np.testing.assert_array_equal(first.sweep.effects, again.sweep.effects)
    assert again.path.stat().st_size > 400


def test_rows_are_spread_evenly() -> None:
    assert spread_evenly(10, None).tolist() == list(range(10))
    assert spread_evenly(10, 4).tolist() == [0, 2, 5, 7]
    assert spread_evenly(3, 9).tolist() == [0, 1, 2]
