"""The bench of normalizations on a small network whose batch norm knows its pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from dnnvis.bench.zoo import normalization as bench
from dnnvis.core.errors import BadInput
from dnnvis.network.card import Card
from dnnvis.network.network import Network

CONFIG = bench.NormalizationBenchConfig(Path(), Path(), ("toy",), pictures=3, tested=6)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Network:
    """Its memory is of pixels from 0 to 1, its classes are red, green and blue."""
    torch.manual_seed(0)
    conv = nn.Conv2d(3, 3, 1)
    conv.weight.data = torch.eye(3).view(3, 3, 1, 1)
    module = nn.Sequential(conv, nn.BatchNorm2d(3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    pictures = [np.full((8, 8, 3), 40, np.uint8) for _ in range(6)]
    for k, pixels in enumerate(pictures):
        pixels[..., k % 3] = 200 + 5 * k
        pixels[:4] //= 2
    x = torch.stack([torch.from_numpy(p).permute(2, 0, 1) for p in pictures]).float() / 255
    module.train()
    for _ in range(200):
        module(x)
    net = Network(module.eval(), Card("toy", (8, 8), labels=("red", "green", "blue")))
    monkeypatch.setitem(bench.NETWORKS, "toy", "")
    monkeypatch.setattr(bench, "_open", lambda name, config: net)
    found = pictures, [k % 3 for k in range(6)]
    monkeypatch.setattr(bench, "_read_pictures", lambda *given: found)
    return net


def test_only_what_costs_accuracy_is_counted_as_wrong(toy: Network) -> None:
    lines: list[str] = []
    figures = bench.measure(CONFIG, lines.append)
    rows = {row["setting"]: row for row in figures["rows"]}
    own, swapped = rows["its own"], rows["its own, blue first"]
    assert (own["accuracy"], own["counts"], own["named"]) == (1.0, False, 0)
    assert swapped["accuracy"] == pytest.approx(1 / 3, abs=1e-3)  # green alone stays
    assert swapped["counts"]
    harmless = [row for row in rows.values() if row["accuracy"] == 1.0 and not row["right"]]
    assert harmless
    assert not any(row["counts"] or row["checks"] for row in harmless)
    counted = sum(row["counts"] for row in rows.values())
    assert figures["right_one_offered_first"].endswith(f"of {counted}")
    assert figures["false_alarms"] == "0 of 1"
    assert len(lines) == len(rows)


def test_a_network_or_data_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    config = bench.NormalizationBenchConfig(tmp_path / "no", tmp_path, ("net1-mnist",))
    with pytest.raises(BadInput, match="say with --data where the pictures are"):
        bench.measure(config, print)
    with pytest.raises(BadInput, match="There is no network 'dance' here"):
        bench.measure(bench.NormalizationBenchConfig(tmp_path, tmp_path, ("dance",)), print)
