"""Measure for ``dnnvis bench live --model nca-...`` an automaton through the whole window.

The canvas steps it, the network is given each state, and every state is decoded and drawn; the
reference is the canvas's step and the bare network, one after the other.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch

from dnnvis.bench.window_session import WindowSession
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.network import Network
from dnnvis.network.state.running_state import encode_live, follow_states
from dnnvis.session.state import ExamplesChoice, LensPanel, SourceChoice, State, Synthesis
from dnnvis.sources.canvas.source import AutomatonSlot, Canvas
from dnnvis.zoo.beyond.nca_numpy import read_cell
from dnnvis.zoo.catalog import open_network

STEPS_PER_SECOND = 60.0
SIDE = 64
GROWTH_STEPS = 96  # until the figure is there
MIN_LIVE_RATIO = 0.9


@dataclass(frozen=True)
class LiveNcaBenchConfig:
    """Say which automaton is shown, and how long it is measured."""

    model: str = "nca-salamander"
    #: Turns for window and reference.
    pairs: int = 5
    #: Seconds of each turn.
    seconds: float = 5.0
    #: Torch's threads, 0 = all cores but one.
    threads: int = 0


def measure(config: LiveNcaBenchConfig, load: float, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure the steps a second of which both the mosaic and the strip were painted.

    ``live_ratio`` is that over min(bare, STEPS_PER_SECOND).

    Args:
        config: The network, and how long it is measured.
        load: Cores that others keep busy, as measured before.
        log: Is given a line about each result.

    Returns:
        The figures by name, JSON can hold them.

    Raises:
        BadInput: The network is no automaton.
    """
    network = open_network(config.model)
    if not network.card.state_channels:
        raise BadInput(f"{config.model} is no automaton.")
    state = State(  # what grows or is looked up beside is not measured here
        network=NetworkChoice(net=config.model),
        source=SourceChoice(kind="canvas", canvas_side=SIDE, cap=STEPS_PER_SECOND),
        panels={f"lens{k}": LensPanel(shown=False) for k in (1, 2, 3)},
        synthesis=Synthesis(shown=False, on_click=False),
        examples=ExamplesChoice(shown=False),
        unlocked=True,  # each panel is there or not, as the run says
    )
    window_session = WindowSession(
        state,
        [],
        STEPS_PER_SECOND,
        config.threads,
        lambda parts, rate: Canvas(SIDE, rate=rate, cap=rate, slot=parts.automaton),
    )
    try:
        figures = _measure_figures(window_session, network, config, log)
    finally:
        leftovers = window_session.close()
    return {
        "model": config.model,
        "canvas": f"{SIDE} x {SIDE}",
        **figures,
        **leftovers,
        "load": load,
    }


def _measure_figures(
    window_session: WindowSession,
    network: Network,
    config: LiveNcaBenchConfig,
    log: Callable[[str], None],
) -> dict[str, Any]:
    window = window_session.window
    window_session.wait_until(lambda: _is_short(window_session), 60)
    assert window_session.info is not None
    layer, call = window_session.info.states[-1]
    window.session.update(layer=layer, unit=Unit(layer, 0, None, call))
    strip, frame_stats = window.steps.strip, window.frame_stats
    window_session.wait_until(lambda: bool(strip.paint_count), 60)
    window_session.spin(GROWTH_STEPS / STEPS_PER_SECOND)
    shown, reference = [], []
    for _ in range(config.pairs):
        window_session.spin(0.5)
        mosaics, strips, start = frame_stats.count, strip.paint_count, time.perf_counter()
        window_session.spin(config.seconds)
        seconds = time.perf_counter() - start
        shown.append(min(frame_stats.count - mosaics, strip.paint_count - strips) / seconds)
        with window_session.pause_source():
            reference.append(measure_bare_rate(network, config.seconds))
        log(f"  shown {shown[-1]:.2f}/s, bare {reference[-1]:.2f}/s")
    ratios = [a / min(b, STEPS_PER_SECOND) for a, b in zip(shown, reference, strict=True)]
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


def _is_short(window_session: WindowSession) -> bool:
    """Return whether the window's network follows the canvas, with few steps a pass."""
    info = window_session.info
    return info is not None and info.size == (SIDE, SIDE) and len(info.states) < GROWTH_STEPS


def measure_bare_rate(network: Network, seconds: float) -> float:
    """Measure the steps a second of canvas and network alone, each state encoded and run."""
    slot = AutomatonSlot(read_cell(network.module))
    count = 0
    with torch.inference_mode(), Canvas(SIDE, rate=60.0, cap=60.0, slot=slot) as canvas:
        for _ in range(GROWTH_STEPS):
            canvas.read()
        follow_states(network, True)
        start = time.perf_counter()
        while time.perf_counter() - start < seconds:
            x, _ = encode_live(network, canvas.read())
            network.forward(x)
            count += 1
        return count / (time.perf_counter() - start)
