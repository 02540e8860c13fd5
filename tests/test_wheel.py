"""The wheel, installed where nothing of the repository lies: the window, Help and a command."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
WINDOW = """
import dnnvis
from PyQt6.QtCore import QTimer
from dnnvis.app.main import LaunchOptions, run
from dnnvis.core.messages import Live

def watch(window):
    timer = QTimer(window)
    def look():
        if window.backend.info is None or window.unit.live is None:
            return
        timer.stop()
        window.run_action("guide")
        window.guide.open_topic("Statistics")
        print("help", len(window.guide.browser.toPlainText()) > 1000)
        print("frame", isinstance(window.unit.live, Live))
        window.close()
    timer.timeout.connect(look)
    timer.start(200)
    QTimer.singleShot(90_000, window.close)

print("status", run(LaunchOptions(source="demo"), watch))
print("file", dnnvis.__file__)
"""


@pytest.mark.slow
def test_the_wheel_opens_the_window_and_help_and_looks_at_a_unit(tmp_path: Path) -> None:
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed: it makes the wheel and the empty environment")

    def call(*command: object, cwd: Path = tmp_path, **more: str) -> str:
        environment = {
            k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")
        }
        done = subprocess.run(
            list(map(str, command)),
            cwd=cwd,
            env={**environment, **more},
            capture_output=True,
            text=True,
            timeout=1800,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    call(uv, "build", "--wheel", "-o", tmp_path / "dist", cwd=ROOT)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert not [name for name in names if "assets/" in name]
    assert {"dnnvis/py.typed", "dnnvis/guide/index.md"} <= set(names)
    assert "dnnvis/_shipped/models/net2-cifar10.safetensors" in names

    call(uv, "venv", "--python", sys.executable, tmp_path / "env")
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    call(uv, "pip", "install", "--python", python, wheel)
    data = {"DNNVIS_DATA": str(tmp_path / "data"), "QT_QPA_PLATFORM": "offscreen"}
    lines = call(python, "-c", WINDOW, **data).splitlines()
    assert lines[:3] == ["help True", "frame True", "status 0"]
    assert lines[3].startswith(f"file {tmp_path / 'env'}")

    picture = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(picture).save(tmp_path / "picture.png")
    look = ("look", "net2-cifar10", "conv4[5]", "--lens", "deconvnet", "--image", "picture.png")
    call(python, "-m", "dnnvis", *look, "-o", "out.png", **data)
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (32, 32)
