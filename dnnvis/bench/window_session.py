"""The real window on frames from memory, for benches that measure it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dnnvis.app.main import (
    Parts,
    make_application,
    make_parts,
    make_window,
    take_down,
    threads_for,
)
from dnnvis.bench.memory_source import Ring
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.messages import NetworkInfo
from dnnvis.network.hooks import hooks_on
from dnnvis.session.state import State


class Stage:
    """A window that shows ``frames`` round and round, ``rate`` a second, with its network
    open and a few of them painted. ``threads`` are torch's.

    Raises BadInput where the network cannot be opened.
    """

    def __init__(self, state: State, frames: list[Frame], rate: float, threads: int) -> None:
        self.frames, self.name = frames, state.network.net
        self.threads = threads_for(threads)
        self._before = set(threading.enumerate())
        self.application = make_application("dark")
        self.parts: Parts = make_parts(state, threads)
        self.window = make_window(self.parts, lambda choice: Ring(frames, rate))
        self.window.show()
        self.window.toolbox.start()
        self.source(rate)
        try:
            self.until(lambda: self.info is not None and self.window.pulse.count >= 5, 120)
        except BadInput:
            self.close()
            raise

    @property
    def info(self) -> NetworkInfo | None:
        return self.window.toolbox.info

    def source(self, rate: float) -> None:
        """Begin the frames again, at that rate."""
        self.parts.feeder.open(lambda: Ring(self.frames, rate), rate)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Within, no frame comes."""
        self.parts.feeder.pause(True)
        self.spin(0.3)
        try:
            yield
        finally:
            self.parts.feeder.pause(False)

    def spin(self, seconds: float) -> None:
        """Let the window live for so long."""
        from dnnvis.app.runtime.frame_stats import spin  # Qt, which must come after torch

        spin(seconds)

    def timed(self, seconds: float) -> float:
        """``spin``, and how long it really was."""
        began = time.perf_counter()
        self.spin(seconds)
        return time.perf_counter() - began

    def click(self, y: float, x: float) -> None:
        """Click a point of the mosaic with the mouse, in its cells."""
        from dnnvis.app.testing import click

        click(self.window.mosaic.canvas, y, x)

    def until(self, done: Callable[[], bool], seconds: float) -> None:
        """Let the window live until ``done``; raises BadInput after so many seconds."""
        deadline = time.perf_counter() + seconds
        while not done():
            if time.perf_counter() > deadline:
                raise BadInput(self._why_not(seconds))
            self.spin(0.05)

    def _why_not(self, seconds: float) -> str:
        faults = self.window.problems.faults
        said = faults[-1].failure.sentence if faults else "Pause other work, or leave it more time."
        return f"The window with {self.name} did not come so far in {seconds:.0f} s: {said}"

    def close(self) -> dict[str, int]:
        """Close the window for good; how many hooks and threads it left behind."""
        network = self.parts.engine.network
        self.window.close()
        self.spin(0.2)
        hooks = hooks_on(network.module) if network is not None else 0
        take_down(self.application, self.window)
        return {"hooks_left": hooks, "threads_left": len(alive(self._before))}


def alive(before: set[threading.Thread]) -> list[threading.Thread]:
    """The threads that were not there ``before``, given three seconds to end."""
    deadline = time.perf_counter() + 3
    for thread in set(threading.enumerate()) - before:
        thread.join(max(0.0, deadline - time.perf_counter()))
    return [thread for thread in threading.enumerate() if thread not in before]


@contextmanager
def own_data(folder: Path) -> Iterator[None]:
    """Within, what is kept goes into ``folder``, not into the user's library."""
    before = os.environ.get("DNNVIS_DATA")
    os.environ["DNNVIS_DATA"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("DNNVIS_DATA")
        if before is not None:
            os.environ["DNNVIS_DATA"] = before
