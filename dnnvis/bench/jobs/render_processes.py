"""Measure for ``dnnvis bench processes`` a rendering in two processes against one.

A sample stands for the whole network: so many units of each of its convolutions, evenly spread, so
that it ends within minutes. Of 52 units of squeezenet-imagenet's 26 convolutions each process gets
every other one: the cost of a picture grows with the depth of its layer, and both have as many of
each layer.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from dnnvis.bench.system_load import start_load_meter
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import LayerInfo
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network

PROCESSES = 2
MIN_SPEEDUP = 1.8  # asked, where two real cores are to be had
CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class RenderProcessesConfig:
    """Say which sample is rendered, and how often."""

    model: str = "squeezenet-imagenet"
    #: Units of each convolution.
    units: int = PROCESSES
    preset: str = "default"
    #: Steps of a picture, None = as the preset has them.
    steps: int | None = 20
    #: Alternating turns.
    pairs: int = 1


def measure(config: RenderProcessesConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure the seconds of a rendering in one process, and in two under torchrun.

    Each process has its half of the cores for torch, the single one, too. ``speedup``: wall time of
    one process over that of two, whole commands; ``render_speedup``: of what the rendering itself
    reports, without starting Python and opening the network, which a whole network's rendering does
    not notice. ``..._processor_s``: of all processes; where the machine is shared, wall times say
    what others left to us, ``load`` how much they took. ``reduced``: what a whole rendering has
    more of.

    Args:
        config: The sample.
        log: Is given a line about each result.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: The network has no convolution, or a rendering failed.
    """
    network = open_network(config.model)
    objectives, channels = choose_objectives(network, config.units), count_channels(network)
    machine = read_machine()
    threads = choose_thread_count(machine["physical_cores"])
    reduced = f"{len(objectives)} of the {channels} channels of all convolutions"
    if config.steps:
        reduced += f", {config.steps} steps each"
    log(
        f"{config.model}: {reduced}; {machine['logical_cores']} logical cores on "
        f"{machine['physical_cores']} physical ones, {threads} thread(s) of torch a process"
    )
    read_load, runs = start_load_meter(), {count: list[_TimedRun]() for count in (1, PROCESSES)}
    with TemporaryDirectory() as folder:
        for turn in range(config.pairs):
            for count in (1, PROCESSES) if turn % 2 == 0 else (PROCESSES, 1):
                run = _time_run(config, objectives, count, threads, Path(folder) / "sample.sqlite")
                runs[count].append(run)
                log(
                    f"  {count} process(es): {run.wall:.1f} s, {run.rendering:.1f} s of them "
                    f"rendering, {run.processor:.1f} s of processors"
                )
    one, two = (_take_medians(runs[count]) for count in (1, PROCESSES))
    return {
        "model": config.model,
        "units": len(objectives),
        "reduced": reduced,
        "preset": config.preset,
        "steps": config.steps,
        "one_s": round(one.wall, 2),
        "two_s": round(two.wall, 2),
        "speedup": round(one.wall / two.wall, 3),
        "render_speedup": round(one.rendering / two.rendering, 3),
        "asked": f">= {MIN_SPEEDUP}",
        "one_processor_s": round(one.processor, 2),
        "two_processor_s": round(two.processor, 2),
        **machine,
        "threads": threads,
        "load_meanwhile": round(read_load(), 3),
    }


def choose_objectives(network: Network, units: int) -> list[str]:
    """Return so many units of each convolution, evenly spread, in their text form.

    Raises BadInput where there is no convolution.
    """
    layers = _find_convolutions(network)
    if not layers:
        raise BadInput(f"{network.name} has no convolution; name another network.")
    return [f"{row.name}[{channel}]" for row in layers for channel in _spread(row, units)]


def count_channels(network: Network) -> int:
    """Return the number of channels of all convolutions, which a whole rendering would have."""
    return sum(row.shape[0] for row in _find_convolutions(network))


def choose_thread_count(physical_cores: int) -> int:
    """Return the torch threads of each process: its part of the cores, at least one."""
    return max(1, physical_cores // PROCESSES)


def _find_convolutions(network: Network) -> list[LayerInfo]:
    return [row for row in network.layers if "Conv" in row.kind]


def _spread(row: LayerInfo, units: int) -> list[int]:
    count = min(units, row.shape[0])
    return [k * row.shape[0] // count for k in range(count)]


def read_machine(info: Path = CPU_INFO) -> dict[str, int]:
    """Return how many logical and physical cores this machine has.

    Where the system does not say, each logical core counts as a physical one.
    """
    logical = os.cpu_count() or 1
    cores: set[tuple[str, str]] = set()
    if info.is_file():
        for block in info.read_text(encoding="utf-8", errors="replace").split("\n\n"):
            rows = (line.partition(":") for line in block.splitlines())
            values = {name.strip(): value.strip() for name, _, value in rows}
            if "core id" in values:
                cores.add((values.get("physical id", "0"), values["core id"]))
    return {"logical_cores": logical, "physical_cores": len(cores) or logical}


@dataclass(frozen=True)
class _TimedRun:
    """Seconds of a rendering: of wall time, of that the rendering's own, of all processors."""

    wall: float
    rendering: float
    processor: float


def _take_medians(runs: list[_TimedRun]) -> _TimedRun:
    return _TimedRun(
        median(run.wall for run in runs),
        median(run.rendering for run in runs),
        median(run.processor for run in runs),
    )


def _time_run(
    config: RenderProcessesConfig, objectives: list[str], count: int, threads: int, library: Path
) -> _TimedRun:
    """Render into a new library, and time it.

    Raises BadInput where a picture is missing.
    """
    args = ["render", config.model, "--preset", config.preset, "--threads", str(threads)]
    args += ["--json", "--library", str(library)]
    args += ["--set", f"steps={config.steps}"] if config.steps else []
    args += [word for objective in objectives for word in ("--goal", objective)]
    program = ["-m", "dnnvis", *args]
    if count > 1:
        program = ["-m", "torch.distributed.run", "--nproc-per-node", str(count), *program]
    start, previous = time.perf_counter(), os.times()
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}  # before torch is imported
    done = subprocess.run(
        [sys.executable, *program], capture_output=True, text=True, env=environment
    )
    seconds, latest = time.perf_counter() - start, os.times()
    for suffix in ("", "-wal", "-shm"):
        library.with_name(library.name + suffix).unlink(missing_ok=True)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["it ended without a sentence"]
        raise BadInput(f"The rendering in {count} process(es) failed: {lines[-1]}")
    summary = read_summary(done.stdout, len(objectives))
    user, system = (
        getattr(latest, name) - getattr(previous, name)
        for name in ("children_user", "children_system")
    )
    return _TimedRun(seconds, float(summary["seconds"]), user + system)


def read_summary(output: str, count: int) -> dict[str, Any]:
    """Return the last JSON line of ``dnnvis render``.

    Raises BadInput unless it reports ``count`` pictures as rendered.
    """
    lines = [line for line in output.splitlines() if line.startswith("{")]
    summary: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    if summary.get("made") != count:
        raise BadInput(f"Of {count} units {summary.get('made', 0)} were rendered; try it alone.")
    return summary
