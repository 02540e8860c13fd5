"""Measure for ``dnnvis bench open`` what opening costs, against building and one pass."""

import threading
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.engine.plan import NetworkChoice, Plan
from dnnvis.lenses.live import LiveWork
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.torchvision_nets import names

Pixels = NDArray[np.uint8]
DEFAULT_MODELS = ("resnet50", "vit_b_16", "swin_t")
MAX_OPEN_RATIO, MAX_FIRST_FRAME_RATIO = 8.0, 3.0


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
