"""The window with the activation map, against the window without it."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dnnvis.core.errors import BadInput
from dnnvis.introspect.fit import FitConfig
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import write_map
from dnnvis.lenses.activation_map.fitting import fit_arrays

pytest.importorskip("PyQt6.QtWidgets")

EXAMPLES = 60


@pytest.fixture(scope="module")
def made() -> Map:
    """A map of the shipped digits network, on noise."""
    import dnnvis

    images = np.random.default_rng(3).integers(0, 256, (EXAMPLES, 28, 28), dtype=np.uint8)
    quick = FitConfig(components=10, rich=5, vae_steps=20, error_steps=3)
    net = dnnvis.open("net1-mnist")
    return fit_arrays(net, images, np.arange(EXAMPLES) % 10, layers=["elu1"], fit_config=quick)


def test_copies_lie_beside_their_examples(made: Map) -> None:
    from dnnvis.bench.live_map import COPY_SIGMA, resample_map

    many = resample_map(made, 500)
    old, new = made.examples, many.examples
    assert len(many.z) == len(new.labels) == len(many.others["pca"]) == 500
    assert all(len(values) == 500 for values in new.expected.values())
    # every one comes from an example with the same number, class and error
    rows = {int(index): row for row, index in enumerate(old.index)}
    origin = np.array([rows[int(index)] for index in new.index])
    assert set(origin) == set(range(EXAMPLES))
    assert np.array_equal(new.labels, old.labels[origin])
    assert np.array_equal(new.log_e, old.log_e[origin])
    away = np.abs(new.z - old.z[origin])
    assert 0 < away.max() < 6 * COPY_SIGMA
    assert len(np.unique(new.z, axis=0)) == 500
    assert len(resample_map(made, 20).z) == 20
    assert resample_map(made, 0) is made


def test_pictures_are_taken_evenly(tmp_path: Path) -> None:
    from dnnvis.bench.live_map import load_pictures

    for k in range(10):
        Image.fromarray(np.full((4, 4, 3), 20 * k, np.uint8)).save(tmp_path / f"{k}.png")
    assert [frame.pixels.max() for frame in load_pictures(str(tmp_path), 4)] == [0, 60, 120, 180]
    with pytest.raises(BadInput):
        load_pictures(str(tmp_path / "nowhere"))


@pytest.mark.skipif(sys.platform == "win32", reason="needs Qt's offscreen plug-in")
def test_a_hand_turns_drags_and_comes_back(qtbot: Any) -> None:
    from PyQt6.QtWidgets import QWidget

    from dnnvis.app.testing import ZoomPanSimulator

    class Felt(QWidget):
        def __init__(self) -> None:
            super().__init__()
            self.turned: list[int] = []
            self.moves: list[tuple[float, float]] = []

        def wheelEvent(self, event: Any) -> None:
            self.turned.append(event.angleDelta().y())

        def mousePressEvent(self, event: Any) -> None:
            self.moves.append((0.0, 0.0))
            self.start = event.position()

        def mouseMoveEvent(self, event: Any) -> None:
            way = event.position() - self.start
            self.moves.append((way.x(), way.y()))

    felt = Felt()
    qtbot.addWidget(felt)
    hand = ZoomPanSimulator(felt, felt)
    for _ in range(6):
        hand._act()
    assert felt.turned == [240, 240, -240, -240]  # closer and as far away again
    there, back = felt.moves[:5], felt.moves[5:]
    assert there[0] == back[0] == (0, 0)
    assert there[-1] == (40, 25)
    assert back[-1] == (-40, -25)
    hand.start()
    qtbot.waitUntil(lambda: len(felt.turned) == 5, timeout=5000)
    hand.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="needs Qt's offscreen plug-in")
def test_every_figure_is_there(
    bench: Callable[..., Any], made: Map, tmp_path: Path, own_data_folder: Path
) -> None:
    before = set(own_data_folder.rglob("*"))
    write_map(made, tmp_path / "own.map")
    (tmp_path / "pictures").mkdir()
    dice = np.random.default_rng(0)
    for k in range(6):
        pixels = dice.integers(0, 256, (28, 28, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "pictures" / f"{k}.png")
    result = bench(
        "live",
        "--map",
        "--map-file",
        tmp_path / "own.map",
        "--data",
        tmp_path / "pictures",
        "--dots",
        3000,
        "--pairs",
        1,
        "--seconds",
        0.3,
        "--threads",
        1,
        "--json",
    )
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert figures["model"] == "net1-mnist"
    assert figures["dots"] == 3000
    assert figures["hooks_left"] == 0
    assert figures["threads_left"] == 0
    for name in ("shown", "fastest"):
        with_ = figures[f"{name}_fps"]
        without = figures["without_fps" if name == "shown" else "fastest_without_fps"]
        assert with_ > 0
        assert figures[f"{name}_ratio"] == pytest.approx(with_ / without, abs=2e-3)
    assert figures["crosses_ratio"] > 0.5
    for name in ("without", "still", "zooming"):
        gaps = figures[f"gaps_{name}"]
        assert 0 <= gaps["share"] <= 1
        assert gaps["longest_ms"] > 0
    assert figures["pictures_while_zooming"] > 0
    assert set(own_data_folder.rglob("*")) == before, "the user's library was written to"


def test_what_is_missing_is_told_before_a_window_opens(
    bench: Callable[..., Any], made: Map, tmp_path: Path
) -> None:
    write_map(replace(made, fingerprint="0" * 64), tmp_path / "other.map")
    for words, said in (
        (("--model", "nonet"), "nonet"),
        (("--data", "nowhere"), "nowhere"),
        (("--data", "", "--map-file", tmp_path / "no.map"), "no.map"),
        (("--data", "", "--map-file", tmp_path / "other.map"), "another checkpoint"),
    ):
        result = bench("live", "--map", *words)
        assert result.exit_code == 2
        assert said in result.stderr
        assert result.stderr.count("\n") == 1
