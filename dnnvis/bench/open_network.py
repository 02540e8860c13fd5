"""Measure for ``dnnvis bench open`` what opening costs, against building and one pass.

And what the inert reader of weights costs, against ``torch.load(weights_only=True)``.
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.engine.plan import NetworkChoice, Plan
from dnnvis.lenses.live import LiveWork
from dnnvis.network.checkpoint import read_checkpoint
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.torchvision_nets import names

Pixels = NDArray[np.uint8]
DEFAULT_MODELS = ("resnet50", "vit_b_16", "swin_t")
MAX_OPEN_RATIO, MAX_FIRST_FRAME_RATIO = 8.0, 3.0
MAX_READER_TIME_RATIO, MAX_READER_MEMORY_RATIO = 1.2, 1.1
READER_TENSORS, READER_TENSOR_SIDE = 100, 512  # float32, 105 MB in all
#: What a process of its own runs to measure the memory that a reader needs beyond its imports; in
#: /proc, as what getrusage says begins with the parent's.
PEAK_CODE = """
import sys, torch
from pathlib import Path
from dnnvis.network.checkpoint import read_checkpoint
peak = lambda: int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
reader, path = sys.argv[1], Path(sys.argv[2])
torch.save({"w": torch.ones(2)}, path.with_suffix(".small"))
read = read_checkpoint if reader == "dnnvis" else lambda p: torch.load(p, weights_only=True)
read(path.with_suffix(".small"))
before = peak()
state = read(path)
print((peak() - before) * 1024)
"""


def measure(model: str, rounds: int, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure in turns the three times of one network; the keys are those of the README's table.

    Args:
        model: Name of a network of torchvision; its weights are random.
        rounds: How often each is timed.
        log: Receives a line a round.

    Returns:
        The figures: medians in seconds, and the ratios of the medians.

    Raises:
        BadInput: Torchvision has no such network.
    """
    if model not in names():
        raise BadInput(f"'{model}' is no network of torchvision, which builds the bare one.")
    pixels = _make_pixels(_open(model))  # warms up, too: libraries are loaded
    turns = (measure_bare, measure_open, measure_first_frame)
    seconds: dict[str, list[float]] = {turn.__name__: [] for turn in turns}
    for number in range(rounds):
        for turn in turns[:: 1 if number % 2 == 0 else -1]:
            seconds[turn.__name__].append(turn(model, pixels))
        latest = ", ".join(f"{name} {values[-1]:.2f} s" for name, values in seconds.items())
        log(f"{model} {number + 1}/{rounds}: {latest}")
    bare, opened, first_frame = (median(values) for values in seconds.values())
    return {
        "model": model,
        "threads": torch.get_num_threads(),
        "bare_seconds": round(bare, 3),
        "open_seconds": round(opened, 3),
        "first_frame_seconds": round(first_frame, 3),
        "open_ratio": {"median": round(opened / bare, 2), "asked": f"<= {MAX_OPEN_RATIO:g}"},
        "first_frame_ratio": {
            "median": round(first_frame / bare, 2),
            "asked": f"<= {MAX_FIRST_FRAME_RATIO:g}",
        },
    }


def measure_reader(rounds: int, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure in turns the reading of a file of 105 MB by us and by torch.

    Args:
        rounds: How often each is timed.
        log: Receives a line a round.

    Returns:
        Median seconds of both, the median ratio of a round, and our peak memory, in a process of
        its own, as a multiple of the tensors'.
    """
    readers: dict[str, Callable[[Path], Any]] = {
        "dnnvis": read_checkpoint,
        "torch": lambda path: torch.load(path, weights_only=True),
    }
    seconds: dict[str, list[float]] = {name: [] for name in readers}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.pt"
        side = READER_TENSOR_SIDE
        torch.save(
            {f"layer{n}.weight": torch.rand(side, side) for n in range(READER_TENSORS)}, path
        )
        for number in range(rounds + 1):
            for name in list(readers)[:: 1 if number % 2 == 0 else -1]:
                start = time.perf_counter()
                readers[name](path)
                seconds[name].append(time.perf_counter() - start)
            if number == 0:  # a file that was read is in the system's memory
                seconds = {name: [] for name in readers}
                continue
            latest = ", ".join(f"{name} {values[-1]:.3f} s" for name, values in seconds.items())
            log(f"reader {number}/{rounds}: {latest}")
        peak = _measure_peak("dnnvis", path)
        ratios = [a / b for a, b in zip(seconds["dnnvis"], seconds["torch"], strict=True)]
    return {
        "reader": f"{READER_TENSORS} tensors of {side} x {side}",
        "dnnvis_seconds": round(median(seconds["dnnvis"]), 4),
        "torch_seconds": round(median(seconds["torch"]), 4),
        "time_ratio": {
            "median": round(median(ratios), 2),
            "asked": f"<= {MAX_READER_TIME_RATIO:g}",
        },
        "memory_ratio": {
            "median": round(peak / (READER_TENSORS * side * side * 4), 2),
            "asked": f"<= {MAX_READER_MEMORY_RATIO:g}",
        },
    }


def _measure_peak(reader: str, path: Path) -> int:
    """Return the bytes by which the peak memory of a process grows while it reads a file."""
    command = [sys.executable, "-c", PEAK_CODE, reader, str(path)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure_bare(model: str, pixels: Pixels) -> float:
    """Measure the seconds in which torchvision builds a network and it passes one picture."""
    from torchvision.models import get_model  # lazy: the help text must not cost seconds

    start = time.perf_counter()
    module = get_model(model, weights=None).eval()
    x = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255  # (1, C, H, W)
    with torch.inference_mode():
        module(x)
    return time.perf_counter() - start


def measure_open(model: str, pixels: Pixels) -> float:
    """Measure the seconds until a network's layer table is known, all probes finished."""
    start = time.perf_counter()
    _ = _open(model).table
    return time.perf_counter() - start


def measure_first_frame(model: str, pixels: Pixels) -> float:
    """Measure the seconds until the live view has its first frame."""
    start = time.perf_counter()
    choice = NetworkChoice(net=model, weights="random")
    work = LiveWork(lambda choice: _open(choice.net), threading.Event())
    info = work.open(choice)
    plan = Plan(choice, layers=(info.layers[0].name, "output"))
    work.live(plan, Frame(pixels, 1, "bench"))
    return time.perf_counter() - start


def _open(model: str) -> Network:
    return open_network(model, weights="random")


def _make_pixels(network: Network) -> Pixels:
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (*network.card.size, network.card.channels), np.uint8)
