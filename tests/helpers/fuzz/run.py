"""Fuzz all readers in a child with limits: ``PYTHONPATH=.:tests python -m helpers.fuzz.run 2000``.

Prints a line for each kind of file, and one for each failure. Also: ``--kind PNG``, ``--first 40``.
"""

import argparse
import json
import os
import queue
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.fuzz.marker import MARKER_VARIABLE
from helpers.fuzz.readers import READERS

CHILD = ("-m", "helpers.fuzz.child")
TESTS = Path(__file__).parents[2]
MAX_CPU_SECONDS = 5.0  # of one file
MAX_SILENT_SECONDS = 60.0  # of one file, where nothing is computed: a wait that has no end
MAX_RESIDENT_BYTES = 1_500_000_000
POLL_SECONDS = 0.1
MEGABYTE = 1e6
Order = tuple[str, int]


@dataclass(frozen=True)
class Result:
    """What came of one changed file."""

    kind: str
    number: int
    #: opened | refused | failed.
    outcome: str
    text: str = ""
    cpu_seconds: float = 0.0
    seconds: float = 0.0
    peak_bytes: int = 0


def orders(count: int, first: int = 0, kinds: Sequence[str] = ()) -> list[Order]:
    """Return which seeds of which kinds are run: as many of each, kinds one after the other."""
    chosen = kinds or tuple(READERS)
    each, more = divmod(count, len(chosen))
    return [
        (kind, READERS[kind].first + first + n)
        for k, kind in enumerate(chosen)
        for n in range(each + (k < more))
    ]


def fuzz(todo: Sequence[Order]) -> Iterator[Result]:
    """Run changed files in children, a new one after each that had to be ended."""
    left = list(todo)
    while left:
        with tempfile.TemporaryDirectory() as folder:
            for result in _run_child(Path(folder), left):
                if (result.kind, result.number) in left:
                    left = left[left.index((result.kind, result.number)) + 1 :]
                yield result


def _run_child(folder: Path, todo: list[Order]) -> Iterator[Result]:
    """Run files in one child until it ends or is ended; at least one result."""
    child = _start(folder, todo)
    lines: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read_lines, args=(child, lines), daemon=True)
    reader.start()
    current, watch = todo[0], _Watch(child.pid)
    try:
        while True:
            try:
                line = lines.get(timeout=POLL_SECONDS)
            except queue.Empty:
                if problem := watch.problem():
                    yield _failure(current, todo, problem)
                    return
                continue
            if line is None:
                break
            said: dict[str, Any] = json.loads(line)
            if "begin" in said:
                kind, number = said["begin"]
                current, watch = (kind, number), _Watch(child.pid)
                continue
            yield _check(Result(**said["end"]))
            current = ("", 0)
    finally:
        child.kill()
        status = child.wait()
        reader.join()
    if current != ("", 0) and status != 0:
        yield _failure(current, todo, f"the process ended with {status}: {_last_error(folder)}")


def _failure(current: Order, todo: list[Order], problem: str) -> Result:
    kind, number = current
    if number < 0:  # a whole file of that kind: the rest of it would end so too
        number = max(n for name, n in todo if name == kind)
    return Result(kind, number, "failed", problem)


def _check(result: Result) -> Result:
    """Return a failure for a result that took too much."""
    problem = ""
    if result.cpu_seconds > MAX_CPU_SECONDS:
        problem = f"{result.cpu_seconds:.1f} s of processor time"
    if result.peak_bytes > MAX_RESIDENT_BYTES:
        problem = f"{result.peak_bytes / MEGABYTE:.0f} MB"
    if not problem:
        return result
    return Result(**{**vars(result), "outcome": "failed", "text": problem})


def _start(folder: Path, todo: list[Order]) -> subprocess.Popen[str]:
    paths = [str(TESTS.parent), str(TESTS), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "OMP_NUM_THREADS": "1",
        "DNNVIS_DATA": str(folder / "data"),
        MARKER_VARIABLE: str(folder / "marker"),
    }
    (folder / "orders.json").write_text(json.dumps(todo))
    with (folder / "orders.json").open() as given, (folder / "errors").open("w") as errors:
        return subprocess.Popen(
            [sys.executable, "-X", "faulthandler", *CHILD, str(folder)],
            stdin=given,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
        )


def _read_lines(child: "subprocess.Popen[str]", lines: "queue.Queue[str | None]") -> None:
    assert child.stdout is not None
    with child.stdout:
        for line in child.stdout:
            lines.put(line)
    lines.put(None)


def _last_error(folder: Path) -> str:
    text = (folder / "errors").read_text(errors="replace")
    lines = [line for line in text.splitlines() if line.strip()]
    return " | ".join((*lines[:4], *lines[4:][-6:]))[-900:]


class _Watch:
    """What a process has taken since a file was begun."""

    def __init__(self, number: int) -> None:
        self._folder = Path(f"/proc/{number}")
        self._cpu, self._start = self._cpu_seconds(), time.monotonic()

    def _cpu_seconds(self) -> float:
        try:
            fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def problem(self) -> str:
        """Return what it has taken too much of; "" for nothing."""
        if self._cpu_seconds() - self._cpu > 2 * MAX_CPU_SECONDS:
            return f"ended after {2 * MAX_CPU_SECONDS:.0f} s of processor time"
        if time.monotonic() - self._start > MAX_SILENT_SECONDS:
            return f"ended after {MAX_SILENT_SECONDS:.0f} s"
        try:
            pages = int((self._folder / "statm").read_text().split()[1])
        except (OSError, IndexError):
            return ""
        resident = pages * resource.getpagesize()
        return f"ended at {resident / MEGABYTE:.0f} MB" if resident > MAX_RESIDENT_BYTES else ""


def table(results: Sequence[Result]) -> str:
    """Return a line for each kind: how many opened, refused, failed; the slowest; the memory."""
    lines = [f"{'kind':26} opened refused failed  slowest    peak"]
    kinds = list(dict.fromkeys(result.kind for result in results))
    for kind in [*kinds, ""]:
        of_kind = [result for result in results if kind in (result.kind, "")]
        counts = [
            sum(r.outcome == name for r in of_kind) for name in ("opened", "refused", "failed")
        ]
        slowest = max(result.seconds for result in of_kind)
        peak = max(result.peak_bytes for result in of_kind) / MEGABYTE
        opened, refused, failed = counts
        name = kind or "all"
        lines.append(f"{name:26} {opened:6} {refused:7} {failed:6} {slowest:6.2f} s {peak:4.0f} MB")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=2000)
    parser.add_argument("--first", type=int, default=0, help="the first seed of each kind")
    parser.add_argument("--kind", action="append", default=[], choices=tuple(READERS))
    arguments = parser.parse_args()
    results = []
    for result in fuzz(orders(arguments.count, arguments.first, arguments.kind)):
        results.append(result)
        if result.outcome == "failed":
            print(f"{result.kind} {result.number}: {result.text}", flush=True)
    print(table(results))
    sys.exit(any(result.outcome == "failed" for result in results))


if __name__ == "__main__":
    main()
