"""Run the real window on frames from memory, for benches that measure it."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dnnvis.app.main import (
    AppRuntime,
    choose_thread_count,
    create_application,
    create_runtime,
    create_window,
    delete_window,
)
from dnnvis.bench.memory_source import MemorySource
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.messages import NetworkInfo
from dnnvis.network.hooks import count_hooks
from dnnvis.session.state import State
from dnnvis.sources.source import Source


class WindowSession:
    """Show ``frames`` round and round in a window, ``rate`` a second.

    Its network is open and a few frames are painted. ``threads`` are torch's. ``create_source``
    makes another source at that rate.

    Raises BadInput where the network cannot be opened.
    """

    def __init__(
        self,
        state: State,
        frames: list[Frame],
        rate: float,
        threads: int,
        create_source: Callable[[AppRuntime, float], Source] | None = None,
    ) -> None:
        self.frames, self.name = frames, state.network.net
        self._create_source = create_source or (lambda parts, rate: MemorySource(frames, rate))
        self.threads = choose_thread_count(threads)
        self._initial_threads = set(threading.enumerate())
        self.application = create_application("dark")
        self.parts: AppRuntime = create_runtime(state, threads)
        self.window = create_window(
            self.parts, lambda choice: self._create_source(self.parts, rate)
        )
        self.window.show()
        self.window.backend.start()
        self.restart_source(rate)
        try:
            self.wait_until(
                lambda: self.info is not None and self.window.frame_stats.count >= 5, 120
            )
        except BadInput:
            self.close()
            raise

    @property
    def info(self) -> NetworkInfo | None:
        """Give what is known of the network, None until it is open."""
        return self.window.backend.info

    def restart_source(self, rate: float) -> None:
        """Begin the frames again, at that rate."""
        self.parts.feeder.open(lambda: self._create_source(self.parts, rate), rate)

    def engine_seconds(self) -> float:
        """Measure the processor time of the engine's thread so far; 0 where nobody knows it."""
        engines = [thread for thread in threading.enumerate() if thread.name == "dnnvis-engine"]
        clock_of = getattr(time, "pthread_getcpuclockid", None)
        if clock_of is None or not engines:
            return 0.0
        return time.clock_gettime(clock_of(engines[-1].ident))

    @contextmanager
    def pause_source(self) -> Iterator[None]:
        """Let no frame come within."""
        self.parts.feeder.pause(True)
        self.spin(0.3)
        try:
            yield
        finally:
            self.parts.feeder.pause(False)

    def spin(self, seconds: float) -> None:
        """Let the window live for so long."""
        from dnnvis.app.runtime.frame_stats import run_event_loop  # Qt, which must come after torch

        run_event_loop(seconds)

    def spin_timed(self, seconds: float) -> float:
        """Let the window live as ``spin`` does, and say how long it really was."""
        start = time.perf_counter()
        self.spin(seconds)
        return time.perf_counter() - start

    def click(self, y: float, x: float) -> None:
        """Click a point of the mosaic with the mouse, in its cells."""
        from dnnvis.app.testing import click

        click(self.window.mosaic.canvas, y, x)

    def wait_until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Let the window live until ``condition``; raise BadInput after so many seconds."""
        deadline = time.perf_counter() + seconds
        while not condition():
            if time.perf_counter() > deadline:
                raise BadInput(self._timeout_message(seconds))
            self.spin(0.05)

    def _timeout_message(self, seconds: float) -> str:
        entries = self.window.problems.entries
        hint = (
            entries[-1].failure.sentence if entries else "Pause other work, or leave it more time."
        )
        return f"The window with {self.name} did not come so far in {seconds:.0f} s: {hint}"

    def close(self) -> dict[str, int]:
        """Close the window for good; say how many hooks and threads it left behind."""
        network = self.parts.engine.network
        self.window.close()
        self.spin(0.2)
        hooks = count_hooks(network.module) if network is not None else 0
        delete_window(self.application, self.window)
        return {
            "hooks_left": hooks,
            "threads_left": len(find_leftover_threads(self._initial_threads)),
        }


def find_leftover_threads(previous: set[threading.Thread]) -> list[threading.Thread]:
    """Find the threads that were not there ``previous``, given three seconds to end."""
    deadline = time.perf_counter() + 3
    for thread in set(threading.enumerate()) - previous:
        thread.join(max(0.0, deadline - time.perf_counter()))
    return [thread for thread in threading.enumerate() if thread not in previous]


@contextmanager
def use_data_folder(folder: Path) -> Iterator[None]:
    """Keep within what is kept in ``folder``, not in the user's library."""
    previous = os.environ.get("DNNVIS_DATA")
    os.environ["DNNVIS_DATA"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("DNNVIS_DATA")
        if previous is not None:
            os.environ["DNNVIS_DATA"] = previous
