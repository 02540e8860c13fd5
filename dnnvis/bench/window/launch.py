"""Open the window for the first time on screens of many sizes and scales."""

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

SCREENS = ((1280, 800), (1366, 768), (1600, 1000), (1920, 1080))
SCALES = (1.0, 1.5, 2.0)
TIMEOUT_SECONDS = 120.0
#: Prints the window's box with its frame, and the free part of the screen, in logical pixels.
PROGRAM = """
from dnnvis.app.main import LaunchOptions, run
from dnnvis.app.testing import print_first_box
raise SystemExit(run(LaunchOptions(source="demo", threads=1), print_first_box))
"""


def measure_launches() -> list[dict[str, Any]]:
    """Return whether the first window lies inside of each screen at each scale."""
    return [_launch(size, scale) for size in SCREENS for scale in SCALES]


def _launch(size: tuple[int, int], scale: float) -> dict[str, Any]:
    """Launch the window on a screen of that many logical pixels, in memory.

    Args:
        size: Width and height of the screen, in logical pixels.
        scale: Device pixels per logical pixel.
    """
    with TemporaryDirectory() as folder:
        environment = draw_into_memory(Path(folder), size, scale) | {"DNNVIS_DATA": folder}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
        )
    boxes = json.loads(done.stdout.splitlines()[-1])
    return {
        "screen": list(size),
        "scale": scale,
        "window": boxes["window"],
        "inside": lies_inside(boxes["window"], boxes["screen"]),
    }


def draw_into_memory(folder: Path, size: tuple[int, int], scale: float = 1.0) -> dict[str, str]:
    """Return the environment of a process whose Qt draws on a screen in memory.

    Args:
        folder: Where the description of the screen is written.
        size: Width and height of the screen, in logical pixels.
        scale: Device pixels per logical pixel.
    """
    config = folder / "screen.json"
    width, height = (round(side * scale) for side in size)
    screen = {"name": "S", "x": 0, "y": 0, "width": width, "height": height, "dpr": 1}
    config.write_text(json.dumps({"screens": [screen]}))
    return os.environ | {
        "QT_QPA_PLATFORM": f"offscreen:configfile={config}",
        "QT_SCALE_FACTOR": f"{scale:g}",
    }


def lies_inside(window: list[int], screen: list[int]) -> bool:
    """Return whether a box [x, y, width, height] lies inside of another."""
    return (
        window[0] >= screen[0]
        and window[1] >= screen[1]
        and window[0] + window[2] <= screen[0] + screen[2]
        and window[1] + window[3] <= screen[1] + screen[3]
    )
