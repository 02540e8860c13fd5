"""The program on a real X server, with the real xcb plug-in, looked at from outside."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dnnvis.app.shell.modes.layout import CARDS_OF_UNIT
from dnnvis.sources.opencv import opencv

SCRIPT = """
import sys
from pathlib import Path
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
from dnnvis.app.main import LaunchOptions, run
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice

def story(window):
    ready = QTimer(window)

    def look():
        lenses = window.lenses.values()
        if window.session.state.unit is None and window.frame_stats.count > 2:
            window.session.select(Unit(window.session.state.layer, 1))
        elif all(view.received is not None for view in lenses) and window.frame_stats.count > 12:
            ready.stop()
            QTimer.singleShot(400, shoot)

    def shoot():
        cards = window.page.cards.items()
        boxes = {name: card for name, card in cards if card.isVisible() and name != "heading"}
        for title, widget in boxes.items():
            corner = widget.mapTo(window, widget.rect().topLeft())
            print(title, corner.x(), corner.y(), widget.width(), widget.height(), sep="|")
        screen = QApplication.primaryScreen()
        print("platform", QApplication.platformName(), sep="|")
        screen.grabWindow(window.winId()).save(sys.argv[1])
        window.close()

    ready.timeout.connect(look)
    ready.start(50)
    QTimer.singleShot(60000, window.close)

choice = NetworkChoice(net=sys.argv[2])
sys.exit(run(LaunchOptions(choice, "demo", 1), story))
"""
SIZES = """
import sys
from PyQt6.QtCore import QTimer
from dnnvis.app.main import LaunchOptions, run
from dnnvis.engine.plan import NetworkChoice

def story(window):
    def change():
        if sys.argv[1:]:
            window.enter_mode("synthesis")
            window.setGeometry(*map(int, sys.argv[1:]))
        QTimer.singleShot(500, report)

    def report():
        boxes = {name: card for name, card in window.page.cards.items() if card.isVisible()}
        for title, widget in {"window": window, **boxes}.items():
            print(title, *widget.geometry().getRect(), sep="|")
        window.close()

    QTimer.singleShot(1500, change)

sys.exit(run(LaunchOptions(NetworkChoice(net="net1-mnist"), "demo", 1), story))
"""


@pytest.fixture
def display() -> str:
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


@pytest.mark.parametrize("network", ["net2-cifar10", "net1-mnist"])
def test_every_panel_of_the_real_window_shows_something(
    display: str, tmp_path: Path, network: str
) -> None:
    shot = tmp_path / "window.png"
    environment = os.environ | {
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "DNNVIS_DATA": str(tmp_path / "data"),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(shot), network],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    lines = dict(line.split("|", 1) for line in done.stdout.splitlines())
    assert lines.pop("platform") == "xcb"
    picture = opencv().imread(str(shot))
    assert picture is not None, "no screenshot was taken"
    assert set(lines) >= {"input", "predictions", "layers", "mosaic", *CARDS_OF_UNIT}
    for title, box in lines.items():
        x, y, width, height = map(int, box.split("|"))
        panel = picture[y : y + height, x : x + width]
        colours = len(np.unique(panel.reshape(-1, 3), axis=0))
        assert colours > 40, f"{title} shows {colours} colours: it is empty"
    assert "Traceback" not in done.stderr


def test_the_window_begins_on_the_screen_and_comes_back_as_it_was_left(
    display: str, tmp_path: Path
) -> None:
    environment = os.environ | {
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "DNNVIS_DATA": str(tmp_path / "data"),
    }

    def run(*box: int) -> dict[str, str]:
        done = subprocess.run(
            [sys.executable, "-c", SIZES, *map(str, box)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return dict(line.split("|", 1) for line in done.stdout.splitlines())

    x, y, width, height = map(int, run()["window"].split("|"))
    assert x >= 0
    assert y >= 0
    assert x + width <= 1600
    assert y + height <= 1000
    left = run(100, 60, 1250, 800)
    assert left["window"] == "100|60|1250|800"
    assert "input" not in left
    assert run() == left
