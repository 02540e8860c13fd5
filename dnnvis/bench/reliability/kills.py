"""Kill jobs at random moments, let them go on, and compare with jobs that ran through."""

import multiprocessing
import os
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.bench.reliability.jobs import CURVE_TOLERANCE, JOBS, KillContext, prepare, run_job
from dnnvis.core.errors import BadInput

Log = Callable[[str], None]
#: What every job needs, imported once by the process that all of them are copies of.
PRELOADED_MODULES = (
    "torch",
    "dnnvis.bench.reliability.jobs",
    "dnnvis.cli.main",
    "dnnvis.introspect.fit",
    "dnnvis.lenses.ascent.render",
    "dnnvis.library.pages.unit",
    "dnnvis.library.scan.scan",
    "dnnvis.reproduce.imagination.report",
    "dnnvis.reproduce.imagination.runner",
    "dnnvis.training.life_export",
    "dnnvis.zoo.catalog",
)
LIBRARY_JOBS = {"merge", "export"}  # which need a library to begin with
EARLIEST, LATEST = 0.02, 0.99  # share of the time that the job takes without a kill
MAX_ATTEMPTS = 8  # at a kill that came after the job's end
TIMEOUT_SECONDS = 300.0


@dataclass(frozen=True)
class KillsConfig:
    """Say what is killed how often."""

    #: Kills in all, spread evenly over the jobs.
    kills: int = 200
    #: Seed of the moments.
    seed: int = 0
    #: Names of jobs, of JOBS.
    jobs: tuple[str, ...] = tuple(JOBS)


def measure(config: KillsConfig, log: Log) -> dict[str, Any]:
    """Kill the jobs; return how many kills each survived, and what was lost by the others."""
    unknown = [name for name in config.jobs if name not in JOBS]
    if unknown or not config.jobs:
        raise BadInput(f"There is no job '{unknown[0]}'; there are {', '.join(JOBS)}.")
    rng = random.Random(config.seed)
    figures: dict[str, Any] = {}
    losses: list[str] = []
    total = 0
    with tempfile.TemporaryDirectory(prefix="dnnvis-kills-") as name, _processes() as start:
        root = Path(name)
        context = prepare(root)
        if LIBRARY_JOBS & set(config.jobs):
            _make_library(context, root, start)
        for number, job in enumerate(config.jobs):
            count = config.kills // len(config.jobs) + (number < config.kills % len(config.jobs))
            lost = kill_job(job, count, context, rng, start)
            figures[job] = f"{count - len(lost)} of {count}"
            log(f"{job}: {figures[job]} as if never killed{''.join(f'; {each}' for each in lost)}")
            losses += [f"{job}: {each}" for each in lost]
            total += count
    return {"survived": f"{total - len(losses)} of {total}", **figures, "lost": losses}


Start = Callable[[str, KillContext, Path], Any]


@contextmanager
def _processes() -> Iterator[Start]:
    """Yield a function that starts a job in a process of its own.

    Where the system can, processes are copies of one that has imported all they need.
    """
    factory: Any = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    factory.set_forkserver_preload(list(PRELOADED_MODULES))
    first = factory.Process(target=os.getpid)  # which waits until all is imported
    first.start()
    first.join()

    def start(job: str, context: KillContext, folder: Path) -> Any:
        folder.mkdir(parents=True, exist_ok=True)
        process = factory.Process(target=run_job, args=(job, context, folder))
        process.start()
        return process

    yield start


def _make_library(context: KillContext, root: Path, start: Start) -> None:
    """Make the library that is merged and shown: by a scan and a rendering."""
    for job in ("scan", "render"):
        _run_through(job, context, root / "first", start)
    shutil.move(root / "first" / "own.sqlite", context.library)


def _run_through(job: str, context: KillContext, folder: Path, start: Start) -> float:
    """Run a job to its end; return its seconds, and raise BadInput where it fails."""
    start_time = time.perf_counter()
    process = start(job, context, folder)
    process.join(TIMEOUT_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()
    if process.exitcode:
        log_file = folder.parent / f"{folder.name}.log"
        lines = log_file.read_text(encoding="utf-8").strip().splitlines()
        raise BadInput(f"'{job}' ended with {process.exitcode}: {' '.join(lines[-2:])}")
    return time.perf_counter() - start_time


def kill_job(
    job: str, count: int, context: KillContext, rng: random.Random, start: Start
) -> list[str]:
    """Kill a job ``count`` times, each time a new one that then goes on.

    Args:
        job: A name of JOBS.
        count: How often.
        context: What it works on.
        rng: Draws the moments.
        start: Starts a job in a process of its own.

    Returns:
        What was lost, a sentence for each kill that left a trace.
    """
    root = context.folder / job
    expected_folder = root / "through"
    seconds = _run_through(job, context, expected_folder, start)
    expected, names = JOBS[job].result(expected_folder), list_files(expected_folder)
    losses = []
    for number in range(count):
        folder = root / f"killed{number}"
        moment = _kill_once(job, context, folder, seconds, rng, start)
        loss = JOBS[job].find_loss(folder)
        try:
            _run_through(job, context, folder, start)
            loss = loss or compare(expected, JOBS[job].result(folder))
            extra = sorted(set(list_files(folder)) ^ set(names))
            loss = loss or (f"other files: {', '.join(extra)}" if extra else "")
        except BadInput as error:
            loss = loss or str(error)
        if loss:
            losses.append(f"kill {number} after {moment:.2f} s of {seconds:.2f}: {loss}")
        shutil.rmtree(folder)
    return losses


def _kill_once(
    job: str,
    context: KillContext,
    folder: Path,
    seconds: float,
    rng: random.Random,
    start: Start,
) -> float:
    """Start a job and kill it before its end; return after how many seconds."""
    latest = LATEST
    for _ in range(MAX_ATTEMPTS):
        moment = seconds * rng.uniform(EARLIEST, latest)
        start_time = time.perf_counter()
        process = start(job, context, folder)
        process.join(moment)
        if process.is_alive():
            process.kill()  # SIGKILL where there are signals
            process.join()
            return moment
        seconds = min(seconds, time.perf_counter() - start_time)  # earlier than the first one
        latest *= 0.9
        shutil.rmtree(folder)
    raise BadInput(f"'{job}' always ends before it is killed; the machine is too uneven.")


def list_files(folder: Path) -> list[str]:
    """Return the names of all files in a folder but SQLite's logs, which it removes itself."""
    names = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.endswith(("-wal", "-shm")))


def compare(expected: dict[str, Any], result: dict[str, Any]) -> str:
    """Return what differs, "" where nothing does."""
    differing = [
        name
        for name in sorted(expected.keys() | result.keys())
        if not _is_equal(expected.get(name), result.get(name))
    ]
    return f"differs: {', '.join(differing)}" if differing else ""


def _is_equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return (
            one.dtype == other.dtype
            and one.shape == other.shape
            and bool(
                (one.view(np.uint8) == other.view(np.uint8)).all() if one.ndim else one == other
            )
        )
    if isinstance(one, list) and isinstance(other, list) and _are_curves(one, other):
        return len(one) == len(other) and all(
            a.shape == b.shape and np.allclose(a, b, atol=CURVE_TOLERANCE, rtol=0)
            for a, b in zip(one, other, strict=True)
        )
    return bool(one == other)


def _are_curves(*lists: Sequence[Any]) -> bool:
    return all(isinstance(item, np.ndarray) for each in lists for item in each)
