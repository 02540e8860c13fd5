"""A growing picture on a real X server, looked at from outside."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dnnvis.sources.opencv import opencv

SCRIPT = """
import sys
from dataclasses import replace
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
from dnnvis.app.main import LaunchOptions, run
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice

def story(window):
    screen, panel, mosaic = QApplication.primaryScreen(), window.synthesis, window.mosaic
    told = []

    def shoot(name, widget):
        corner = widget.mapTo(window, widget.rect().topLeft())
        told.append(name)
        screen.grabWindow(window.winId()).save(f"{sys.argv[1]}/{name}.png")
        print(name, corner.x(), corner.y(), widget.width(), widget.height(), sep="|")

    def look():
        grown, view = panel.result, panel.view
        if window.frame_stats.count > 2 and window.session.state.unit is None:
            wish = replace(window.session.state.synthesis, params=(("steps", 300),))
            window.session.update(synthesis=wish)
            window.session.select(Unit(window.session.state.layer, 1))
        elif grown is not None and "young" not in told and 2 <= grown.step < 40:
            shoot("young", view)
        elif panel.status == "finished" and "grown" not in told and grown.saved:
            shoot("grown", view)
            window.run_action("patterns")
        elif "grown" in told and mosaic.patterns is not None and mosaic.patterns.thumbs:
            timer.stop()
            QTimer.singleShot(300, end)

    def end():
        shoot("patterns", mosaic.canvas)
        print("kept", panel.notes.text(), sep="|")
        window.close()

    timer = QTimer(window)
    timer.timeout.connect(look)
    timer.start(10)
    QTimer.singleShot(90000, window.close)

sys.exit(run(LaunchOptions(NetworkChoice(net="net1-mnist"), "demo", 1), story))
"""


@pytest.fixture
def display() -> Iterator[str]:
    """The name of an X server of our own."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed; see the README's line of Debian packages")
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


def part(folder: Path, name: str, box: str) -> np.ndarray:
    picture = opencv().imread(str(folder / f"{name}.png"))
    assert picture is not None, f"no screenshot {name} was taken"
    x, y, width, height = map(int, box.split("|"))
    return picture[y : y + height, x : x + width]


def test_a_picture_grows_on_the_screen_and_stands_in_its_tile(display: str, tmp_path: Path) -> None:
    environment = os.environ | {
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "DNNVIS_DATA": str(tmp_path / "data"),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    lines = dict(line.split("|", 1) for line in done.stdout.splitlines())
    assert lines["kept"].endswith("kept in the library (1 picture)")
    young, grown = part(tmp_path, "young", lines["young"]), part(tmp_path, "grown", lines["grown"])
    for picture, colours in ((young, 3), (grown, 20)):  # it begins as a gray that hardly varies
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > colours, "the picture is empty"
    assert young.shape == grown.shape
    assert (young != grown).any(2).mean() > 0.1
    tiles = part(tmp_path, "patterns", lines["patterns"])
    assert len(np.unique(tiles.reshape(-1, 3), axis=0)) > 20
