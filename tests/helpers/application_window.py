"""A whole window on a small network of the user's own, for stories told with pytest-qt."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.app.main import create_application, create_runtime, create_window
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.session import load_state
from dnnvis.session.state import SourceChoice, State
from dnnvis.sources.opencv import opencv

TOY = """
import threading, time
import torch
from torch import nn

def net():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 64, 4),
    )

class Count:  # which nothing puts back after a pass
    calls = 0

class Raises(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.count = Count()
    def forward(self, x):
        self.count.calls += 1
        if self.count.calls > 1:
            raise ValueError("the cat sat on the tensor")
        return self.conv(x).mean((2, 3))

class Slow(nn.Module):
    "Quick in its first pass; then a pass of many slow modules."
    def __init__(self, modules, seconds):
        super().__init__()
        self.parts = nn.ModuleList(nn.Conv2d(3, 3, 1) for _ in range(modules))
        self.seconds = seconds
        self.count = Count()
    def forward(self, x):
        self.count.calls += 1
        for part in self.parts:
            if self.count.calls > 1:
                threading.Event().wait(self.seconds)
            x = part(x)
        return x.mean((2, 3))

def raises(): return Raises()
def slow(): return Slow(600, 0.05)
def stuck(): return Slow(1, 3.5)

class Dict(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
    def forward(self, x):
        return {"scores": self.conv(x).mean((2, 3)), "extra": None}

def dictionary(): return Dict()
"""


def toy(folder: Path, factory: str = "net", trusted: bool = True) -> NetworkChoice:
    """The choice of one of TOY's networks, its file in ``folder``."""
    file = folder / "toy.py"
    if not file.exists():
        file.write_text(TOY)
    return NetworkChoice(
        net=f"{file}:{factory}",
        size=(16, 16),
        trust_code=trusted,
        labels=("cat", "dog", "ship", "truck"),
    )


def pictures(folder: Path, count: int = 3) -> Path:
    """A folder of small pictures, each of another colour."""
    place = folder / "pictures"
    place.mkdir(exist_ok=True)
    for k in range(count):
        pixels = np.random.default_rng(k).integers(0, 255, (24, 24, 3), dtype=np.uint8)
        opencv().imwrite(str(place / f"{k}.png"), pixels)
    return place


class Stage:
    """``window`` started on ``network`` and ``source``, with what else the last one that was
    closed in ``folder`` kept; ``close`` ends all its threads and keeps the state. Its panels lie
    in docks where it is ``unlocked``."""

    def __init__(
        self,
        qtbot: Any,
        folder: Path,
        network: NetworkChoice,
        source: SourceChoice | None = None,
        shown: bool = True,
        selects_first: bool = False,
        unlocked: bool = True,
    ) -> None:
        self.bot = qtbot
        create_application("light")
        self.place = folder / "window.json"
        kept = load_state(self.place)
        state = replace(kept, network=network, source=source or SourceChoice(), unlocked=unlocked)
        self.parts = create_runtime(state, 1)
        self.parts.selects_first = selects_first
        self.window = create_window(self.parts)
        qtbot.addWidget(self.window, before_close_func=lambda w: w.backend.stop())
        self.window.setVisible(shown)
        self.window.backend.start()

    def close(self) -> None:
        self.window.close()
        self.session.save(self.place)

    @property
    def session(self) -> Any:
        return self.window.session

    @property
    def state(self) -> State:
        return self.window.session.state

    def until(self, done: Any, seconds: float = 20) -> None:
        self.bot.waitUntil(lambda: bool(done()), timeout=int(seconds * 1000))

    def runs(self) -> None:
        """Wait until a frame was painted."""
        self.until(lambda: self.window.frame_stats.count > 0)

    def problems(self) -> list[str]:
        return [fault.failure.sentence for fault in self.window.problems.entries]


__all__ = ["Stage", "pictures", "toy"]
