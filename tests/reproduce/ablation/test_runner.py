"""Accuracy by the share of units off: against edited passes by hand, resumed, stopped."""

import struct
from pathlib import Path

import numpy as np
import pytest

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.reproduce.ablation import runner
from dnnvis.reproduce.ablation.report import build_table, write_results
from dnnvis.reproduce.ablation.runner import FRACTIONS, AblationConfig, reproduce


def write_idx(path: Path, array: np.ndarray) -> None:
    head = struct.pack(">BBBB", 0, 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(head + array.tobytes())


@pytest.fixture
def config(tmp_path: Path) -> AblationConfig:
    rng = np.random.default_rng(0)
    folder = tmp_path / "data" / "MNIST"
    folder.mkdir(parents=True)
    for stem in ("train", "t10k"):
        write_idx(
            folder / f"{stem}-images-idx3-ubyte", rng.integers(0, 256, (24, 28, 28), np.uint8)
        )
        write_idx(folder / f"{stem}-labels-idx1-ubyte", (np.arange(24) % 10).astype(np.uint8))
    out = tmp_path / "out"
    return AblationConfig(tmp_path / "data", ("net1",), 20, seeds=(0,), work=out, out=out)


def test_curves_equal_passes_by_hand_and_records_are_used_again(
    config: AblationConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    warnings: list[str] = []
    result = reproduce(config, lambda progress: None, lambda: False, warnings.append)
    assert (len(result.records), result.left, result.problems) == (3, 0, [])
    (random,) = (record for record in result.records if record.order.startswith("random"))
    net = dnnvis.open("net1-mnist")
    images, labels = runner._read_pictures(config, "net1", "test")
    pixels = images.permute(0, 2, 3, 1).numpy()
    order = np.random.default_rng(0).permutation(200)
    for fraction in (0.0, 0.3, 1.0):
        off = order[: round(fraction * 200)]
        texts = [f"elu6[{channel}] = 0" for channel in off]
        with net.edited(*texts):
            answers = net.record(pixels, ["output"])["output"].reshape(20, -1).argmax(1)
        expected = (answers == labels.numpy()).mean()
        assert random.accuracies[FRACTIONS.index(fraction)] == pytest.approx(expected)
    starts = {record.accuracies[0] for record in result.records}
    ends = {record.accuracies[-1] for record in result.records}
    assert len(starts) == len(ends) == 1  # none off, or all: whatever the order
    write_results(config)
    assert (config.out / "ablation.png").is_file()
    assert "least harmful first" in config.report_path.read_text(encoding="utf-8")
    assert build_table(result.records)[3][1] == "random order"
    monkeypatch.setattr(runner, "_Measurer", None)  # nothing is measured again
    again = reproduce(config, lambda progress: None, lambda: False, warnings.append)
    assert [r.accuracies for r in again.records] == [
        tuple(round(value, 6) for value in r.accuracies) for r in result.records
    ]
    assert not warnings


def test_a_stopped_run_keeps_its_curves_and_nonsense_is_a_sentence(config: AblationConfig) -> None:
    asked = 0

    def stop_in_the_second_curve() -> bool:
        nonlocal asked
        asked += 1
        return asked > 220

    result = reproduce(config, lambda progress: None, stop_in_the_second_curve, print)
    assert result.stopped
    assert (len(result.records), result.left) == (1, 2)
    with pytest.raises(BadInput, match="no network net3"):
        reproduce(
            AblationConfig(config.data, ("net3",), 5, seeds=(0,), work=config.work, out=config.out),
            lambda progress: None,
            lambda: False,
            print,
        )
