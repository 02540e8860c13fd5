"""Measure the first minute: when each card shows a picture, and what memory the window takes."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

from dnnvis.bench.window.launch import draw_into_memory
from dnnvis.core.errors import BadInput

SCREEN = (1600, 1000)
CARD_COUNT = 6  # of the selected unit
DEADLINE_SECONDS = 10.0  # after the command, until which all of them are to show a picture
PANELS_TIMEOUT_SECONDS = 120.0
MEMORY_TIMEOUT_SECONDS = 900.0
IMPORTS, BARE_WINDOW, FIRST_FRAME = "imports", "bare window", "frame 1"
#: Prints what the process reached, as a JSON object a line.
REPORT = """
import json, os, time

read_ring = lambda: 0

def report(event):
    resident = 0.0
    if os.path.exists("/proc/self/statm"):
        with open("/proc/self/statm") as file:
            resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    figures = dict(name=event, processor_s=time.process_time(), resident_mb=resident)
    figures["ring_mb"] = read_ring() / 1e6
    print(json.dumps(figures), flush=True)
"""
#: Opens an empty window of Qt beside torch: what no program with both can do without.
BARE_PROGRAM = f"""
import torch
from PyQt6.QtWidgets import QApplication, QWidget
{REPORT}
class Window(QWidget):
    def paintEvent(self, event):
        report({BARE_WINDOW!r})

report({IMPORTS!r})
application = QApplication([])
window = Window()
window.resize(1600, 1000)
window.show()
application.exec()
"""
#: What the console script does at the first start: its own imports, and then the window.
WINDOW_PROGRAM = f"""
from dnnvis.cli.main import import_window
main = import_window()
{REPORT}
def watch(window):
    from dnnvis.app.card_watch import CardWatch, report_frames

    global read_ring
    read_ring = lambda: window.backend.recorder.ring.status.size
    report_frames(window, FRAMES, report)
    window.card_watch = CardWatch(window, report) if CARDS else None

raise SystemExit(main.run(main.LaunchOptions(source="demo"), watch))
"""


@dataclass(frozen=True)
class Milestone:
    """What a process reached, and what it had taken until then."""

    #: Name of a card that shows a picture, or what else was reached.
    name: str
    #: Processor time of the process, in seconds.
    processor_s: float
    #: Resident memory of the process, in MB; 0 where the system does not tell it.
    resident_mb: float
    #: Memory of the last frames that it keeps, as chosen, in MB; it is part of ``resident_mb``.
    ring_mb: float
    #: Time from the command, in seconds.
    seconds: float


Milestones = dict[str, Milestone]


def measure_panels(times: int, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure when each card of the unit shows its first picture, at a first start.

    The program, without a click and with empty settings, and an empty window of Qt beside torch
    are started in turns.

    Args:
        times: How often each is started.
        log: Is given a line about each milestone.

    Returns:
        The figures, medians over the starts; JSON can hold them.

    Raises:
        BadInput: A process ended by itself.
    """
    bare, window = [], []
    for _ in range(times):
        bare.append(follow(BARE_PROGRAM, {IMPORTS, BARE_WINDOW}, PANELS_TIMEOUT_SECONDS))
        milestones = _follow_cards()
        window.append(milestones)
        for milestone in (*bare[-1].values(), *milestones.values()):
            log(
                f"{milestone.name:>12}  {milestone.seconds:6.2f} s, "
                f"{milestone.processor_s:6.2f} s of processor time"
            )
    return compare_panels(bare, window)


def compare_panels(bare: Sequence[Milestones], window: Sequence[Milestones]) -> dict[str, Any]:
    """Compare the starts of the program with the bare ones of the same turns.

    Args:
        bare: What each bare start reached: the imports, and an empty window.
        window: What each start of the program reached: the first frame, and cards. A card that is
            missing in one showed no picture.

    Returns:
        How many cards had a picture in time in the worst start, and medians: of the seconds until
        the first frame and each card, and of ratios to the bare start of the same turn.
    """
    in_time = min(
        sum(each.seconds <= DEADLINE_SECONDS for each in _cards(start)) for start in window
    )
    names = [name for name in window[0] if all(name in start for start in window)]
    are_all = all(len(_cards(start)) == CARD_COUNT for start in window)
    return {
        "panels_in_time": {"measured": f"{in_time} of {CARD_COUNT}", "asked": "6 of 6"},
        "deadline_s": DEADLINE_SECONDS,
        "seconds": {
            name: round(median(start[name].seconds for start in window), 2) for name in names
        },
        "processor_s": {
            name: round(median(start[name].processor_s for start in window), 2) for name in names
        },
        "bare_s": round(median(start[BARE_WINDOW].seconds for start in bare), 2),
        "bare_processor_s": round(median(start[BARE_WINDOW].processor_s for start in bare), 2),
        "all_ratio": _last_ratio(bare, window, "seconds") if are_all else None,
        "all_processor_ratio": _last_ratio(bare, window, "processor_s") if are_all else None,
        "times": len(window),
        "runs": [[asdict(each) for each in start.values()] for start in window],
    }


def measure_memory(frames: int, times: int, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure the resident memory of the window, against that of the imports alone.

    It is that of a first start, on the default network and the demo. The window keeps the last
    frames, as many as the user has chosen (``ring_mb``); ``ratio_without_ring`` is without them.

    Args:
        frames: How many frames are painted until the memory is read.
        times: How often each is started, in turns.
        log: Is given a line about each turn.

    Returns:
        The figures, medians; JSON can hold them.

    Raises:
        BadInput: A process ended by itself, or painted too few frames in time.
    """
    last = f"frame {frames}"
    program = f"FRAMES, CARDS = {(1, frames)}, False\n{WINDOW_PROGRAM}"
    pairs = []
    for _ in range(times):
        bare = follow(BARE_PROGRAM, {IMPORTS}, PANELS_TIMEOUT_SECONDS)
        window = follow(program, {last}, MEMORY_TIMEOUT_SECONDS)
        if last not in window:
            raise BadInput(
                f"The window did not paint {frames} frames in {MEMORY_TIMEOUT_SECONDS:.0f} s; "
                "pause other work, or measure fewer."
            )
        ring_mb = window[last].ring_mb
        pairs.append((bare[IMPORTS].resident_mb, window[last].resident_mb, ring_mb))
        log(
            f"imports {pairs[-1][0]:.1f} MB, window {pairs[-1][1]:.1f} MB at {last}, "
            f"{ring_mb:.1f} MB of them the frames that it keeps"
        )
    return {
        "window_mb": round(median(window for _, window, _ in pairs), 1),
        "imports_mb": round(median(bare for bare, _, _ in pairs), 1),
        "ring_mb": round(median(ring for *_, ring in pairs), 1),
        "memory_ratio": {
            "measured": round(median(window / bare for bare, window, _ in pairs), 3),
            "asked": "<= 1.25",
        },
        "ratio_without_ring": round(
            median((window - ring) / bare for bare, window, ring in pairs), 3
        ),
        "frames": frames,
        "times": times,
    }


def follow(program: str, until: set[str], seconds: float, count: int = 0) -> Milestones:
    """Start a program with empty settings on a screen in memory; end it when it reached enough.

    Args:
        program: What Python runs; it prints milestones with ``report``.
        until: Names of the milestones that are waited for.
        seconds: After so many it is ended, whatever it reached.
        count: Number of milestones that are waited for besides.

    Returns:
        What it reached, by name, in that order.

    Raises:
        BadInput: It ended by itself.
    """
    milestones: Milestones = {}
    with TemporaryDirectory() as folder, TemporaryFile("w+") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env=draw_into_memory(Path(folder), SCREEN) | {"DNNVIS_DATA": folder},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        assert process.stdout is not None  # a pipe
        with process.stdout:
            for line in process.stdout:
                fields = json.loads(line)
                milestone = Milestone(**fields, seconds=time.perf_counter() - start)
                milestones[milestone.name] = milestone
                if until <= set(milestones) and len(milestones) >= count:
                    break
        timed_out = time.perf_counter() - start >= seconds
        is_enough = until <= set(milestones) and len(milestones) >= count
        timer.cancel()
        process.kill()
        process.wait()
        if not is_enough and not timed_out:
            errors.seek(0)
            last = (errors.read().strip().splitlines() or ["no word"])[-1]
            raise BadInput(f"The program that is measured ended with: {last}")
    return milestones


def _follow_cards() -> Milestones:
    program = f"FRAMES, CARDS = (1,), True\n{WINDOW_PROGRAM}"
    return follow(program, {FIRST_FRAME}, PANELS_TIMEOUT_SECONDS, CARD_COUNT + 1)


def _cards(milestones: Milestones) -> list[Milestone]:
    return [each for each in milestones.values() if each.name != FIRST_FRAME]


def _last_ratio(bare: Sequence[Milestones], window: Sequence[Milestones], field: str) -> float:
    """Return the median ratio of what the last card took to what the bare window took."""
    ratios = [
        max(getattr(each, field) for each in _cards(start)) / getattr(base[BARE_WINDOW], field)
        for base, start in zip(bare, window, strict=True)
    ]
    return round(float(median(ratios)), 3)
