"""The figures of ``bench atlas`` on a network of two colors."""

from pathlib import Path

import pytest

from dnnvis.bench.atlas import AtlasBenchConfig, measure
from helpers.atlas_networks import LAYER, color_network, short_map_fits, write_color_folder


def test_every_figure_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_color_folder(tmp_path / "pictures", 60)
    config = AtlasBenchConfig(data, LAYER, grid=3, steps=4, per_picture=20)
    lines: list[str] = []
    with short_map_fits(monkeypatch):
        figures = measure(color_network(), config, lines.append)
    assert figures["vectors"] == 1200
    assert 0 <= figures["own_picture_nearest"] <= 1
    assert figures["cost_ratio"] >= figures["drawing_ratio"] > 0
    assert figures["one_by_one_ratio"] > 0
    assert set(figures["r2_pca"]) == {"cells", "nearest", "decoder"}
    assert figures["r2_pca"]["decoder"] <= 1
    assert "r2_map" in figures
    assert "r2_umap" in figures
    assert any("drawn in" in line for line in lines)
