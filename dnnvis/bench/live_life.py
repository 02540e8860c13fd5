"""Measure for ``dnnvis bench live --model life-3`` boards through the whole window.

Every hidden state is decoded and drawn; the reference is the bare network.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.bench import baseline
from dnnvis.bench.window_session import WindowSession
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.network import Network
from dnnvis.session.state import ExamplesChoice, LensPanel, State, Synthesis
from dnnvis.sources.life.rule import history
from dnnvis.sources.life.starts import random_boards
from dnnvis.zoo.catalog import open_network

BOARDS_PER_SECOND = 30.0  # boards a second
BOARD_SIZE = (64, 64)
BOARD_COUNT = 60
MIN_LIVE_RATIO = 0.85


@dataclass(frozen=True)
class LiveLifeBenchConfig:
    """Say which network is shown, and how long it is measured."""

    model: str = "life-3"
    #: Turns for window and reference.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 5.0
    #: Torch's threads, 0 = all cores but one.
    threads: int = 0


def measure(config: LiveLifeBenchConfig, load: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure the boards a second of which both the mosaic and the strip were painted.

    ``live_ratio`` is that over min(bare, BOARDS_PER_SECOND); bare is encode, forward and one decode
    a state.

    Args:
        config: The network, and how long it is measured.
        load: Cores that others keep busy, as measured before.
        log: Is given a line about each result.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: The network is without states and decoder.
    """
    network = open_network(config.model)
    if not (network.states and network.card.decoder and network.card.binary):
        raise BadInput(f"{config.model} imagines no boards.")
    boards = history(random_boards(1, BOARD_SIZE, np.random.default_rng(3)), BOARD_COUNT - 1)[0]
    frames = [Frame(board[:, :, None] * np.uint8(255)) for board in boards]
    state = State(  # what grows or is looked up beside is not measured here
        network=NetworkChoice(net=config.model),
        panels={f"lens{k}": LensPanel(shown=False) for k in (1, 2, 3)},
        synthesis=Synthesis(shown=False, on_click=False),
        examples=ExamplesChoice(shown=False),
        unlocked=True,  # each panel is there or not, as the run says
    )
    window_session = WindowSession(state, frames, BOARDS_PER_SECOND, config.threads)
    try:
        figures = _measure_figures(window_session, network, config, log)
    finally:
        leftovers = window_session.close()
    return {
        "model": config.model,
        "board": f"{BOARD_SIZE[0]} x {BOARD_SIZE[1]}",
        **figures,
        **leftovers,
        "load": load,
    }


def _measure_figures(
    window_session: WindowSession,
    network: Network,
    config: LiveLifeBenchConfig,
    log: Callable[[str], None],
) -> dict[str, Any]:
    baseline.select_faster_format(network, window_session.frames)
    layer, call = network.states[-1]
    window_session.window.session.update(layer=layer, unit=Unit(layer, 0, None, call))
    strip, frame_stats = window_session.window.steps.strip, window_session.window.frame_stats
    window_session.wait_until(lambda: bool(strip.paint_count), 60)
    shown, reference = [], []
    for _ in range(config.pairs):
        window_session.spin(0.5)
        mosaics, strips, start = frame_stats.count, strip.paint_count, time.perf_counter()
        window_session.spin(config.seconds)
        seconds = time.perf_counter() - start
        shown.append(min(frame_stats.count - mosaics, strip.paint_count - strips) / seconds)
        with window_session.pause_source():
            reference.append(_measure_baseline_rate(network, window_session.frames, config.seconds))
        log(f"  shown {shown[-1]:.2f}/s, bare {reference[-1]:.2f}/s")
    ratios = [a / min(b, BOARDS_PER_SECOND) for a, b in zip(shown, reference, strict=True)]
    return {
        "threads": window_session.threads,
        "shown_per_s": round(median(shown), 2),
        "bare_per_s": round(median(reference), 2),
        "live_ratio": {
            "median": round(median(ratios), 3),
            "worst": round(min(ratios), 3),
            "asked": f">= {MIN_LIVE_RATIO}",
        },
    }


def _measure_baseline_rate(network: Network, frames: list[Frame], seconds: float) -> float:
    """Measure the boards a second of encode, forward and a decode of every state, nothing else."""
    count, start = 0, time.perf_counter()
    with torch.inference_mode():
        while time.perf_counter() - start < seconds:
            x: Tensor = network.encode(frames[count % len(frames)].pixels)
            network.module.imagine(x.contiguous(memory_format=network.memory_format))  # type: ignore[operator]
            count += 1
    return count / (time.perf_counter() - start)
