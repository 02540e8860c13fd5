"""The reference of ``bench scan`` does the same work, and the figures are what was measured."""

from pathlib import Path

import numpy as np
import pytest
import torch

from dnnvis.bench import scan as bench
from dnnvis.core.errors import BadInput
from dnnvis.library.scan.worker import ScanSettings
from dnnvis.sources.datasets import open_data
from dnnvis.sources.pictures import read_picture
from dnnvis.zoo.catalog import open_network


def test_the_reference_decodes_to_the_pixels_that_the_network_gets(tmp_path: Path) -> None:
    """Within one step: the resampling of one picture and of a view of it round differently."""
    folder = bench.make_pictures(tmp_path / "made", 7)
    files = sorted(folder.iterdir())
    assert [read_picture(file).shape for file in files] == [(256, 256, 3)] * 7
    for name in ("net2-cifar10", "net1-mnist"):
        net = open_network(name)
        bare = bench._decode(files, net.card.size, net.card.channels)
        ours = torch.cat([net.encode(read_picture(file)) for file in files])
        apart = (bare.float() - ours * 255).abs()
        assert bare.shape == ours.shape, name
        assert apart.max() <= 1.5, name


def test_the_figures_are_those_of_both_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    forward = bench._forward

    def counting(net: object, pixels: torch.Tensor) -> None:
        seen.append(len(pixels))
        forward(net, pixels)  # type: ignore[arg-type]

    monkeypatch.setattr(bench, "_forward", counting)
    plan = bench.ScanBenchConfig(pictures=20, pairs=2, repeated=60, batch=8, workers=1)
    said: list[str] = []
    found = bench.measure(open_network("net1-mnist"), plan, said.append)
    assert seen == [8, 8, 4] * 3, "every picture once a turn, a warm-up first"
    assert found["pictures"] == 20
    assert found["batch"] == 8
    assert found["workers"] == 1
    ratio = found["scan_per_s"] / found["bare_per_s"]
    assert found["scan_ratio"] == pytest.approx(ratio, rel=0.02)
    assert found["rss_mb"] > 50
    assert "rss_growth_mb" in found
    assert sum("bare" in line for line in said) == 3


def test_the_same_pictures_again_are_those_pictures(tmp_path: Path) -> None:
    data = open_data(bench.make_pictures(tmp_path / "made", 4))
    again = bench.RepeatedData(data, 10)
    assert len(again) == 10
    assert again.address != data.address
    assert all(np.array_equal(again.read(n)[0], data.read(n % 4)[0]) for n in range(10))
    assert again.name(9) == data.name(1)


def test_only_folders_of_files_are_measured(tmp_path: Path) -> None:
    place = tmp_path / "train-images-idx3-ubyte"
    place.write_bytes(bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7]))
    with pytest.raises(BadInput, match="no folder of pictures"):
        bench.measure(open_network("net1-mnist"), bench.ScanBenchConfig(data=place), print)


def test_the_network_gets_its_memory_format_back(tmp_path: Path) -> None:
    net = open_network("net2-cifar10")
    before = net.memory_format
    files = sorted(bench.make_pictures(tmp_path / "made", 2).iterdir())
    assert bench.measure_baseline_rate(net, files, ScanSettings(2, 1)) > 0
    assert net.memory_format == before
