"""``dnnvis bench live --model life-3``: boards through the whole window, with every hidden state
decoded and drawn, against the bare network."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.bench import baseline
from dnnvis.bench.window_session import Stage
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.network.network import Network
from dnnvis.session.state import ExamplesChoice, LensPanel, State, Synthesis
from dnnvis.sources.life.rule import history
from dnnvis.sources.life.starts import random_boards
from dnnvis.zoo.catalog import open_network

RATE = 30.0  # boards a second
SIZE = (64, 64)
BOARDS = 60
ASKED = 0.85


@dataclass(frozen=True)
class Plan:
    """``pairs`` turns of ``seconds`` each for window and reference."""

    model: str = "life-3"
    pairs: int = 5
    seconds: float = 5.0
    threads: int = 0


def measure(plan: Plan, load: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Boards a second of which both the mosaic and the strip were painted, over min(bare,
    RATE); bare is encode, forward and one decode a state. Raises BadInput for a network without
    states and decoder."""
    network = open_network(plan.model)
    if not (network.states and network.card.decoder and network.card.binary):
        raise BadInput(f"{plan.model} imagines no boards.")
    boards = history(random_boards(1, SIZE, np.random.default_rng(3)), BOARDS - 1)[0]
    frames = [Frame(board[:, :, None] * np.uint8(255)) for board in boards]
    state = State(  # what grows or is looked up beside is not measured here
        network=NetworkChoice(net=plan.model),
        panels={f"lens{k}": LensPanel(shown=False) for k in (1, 2, 3)},
        synthesis=Synthesis(shown=False, on_click=False),
        examples=ExamplesChoice(shown=False),
    )
    stage = Stage(state, frames, RATE, plan.threads)
    try:
        found = _figures(stage, network, plan, say)
    finally:
        left = stage.close()
    return {"model": plan.model, "board": f"{SIZE[0]} x {SIZE[1]}", **found, **left, "load": load}


def _figures(
    stage: Stage, network: Network, plan: Plan, say: Callable[[str], None]
) -> dict[str, Any]:
    baseline.faster_format(network, stage.frames)
    layer, call = network.states[-1]
    stage.window.session.update(layer=layer, unit=Unit(layer, 0, None, call))
    strip, pulse = stage.window.steps.strip, stage.window.pulse
    stage.until(lambda: bool(strip.painted), 60)
    shown, reference = [], []
    for _ in range(plan.pairs):
        stage.spin(0.5)
        mosaics, strips, began = pulse.count, strip.painted, time.perf_counter()
        stage.spin(plan.seconds)
        seconds = time.perf_counter() - began
        shown.append(min(pulse.count - mosaics, strip.painted - strips) / seconds)
        with stage.resting():
            reference.append(_alone(network, stage.frames, plan.seconds))
        say(f"  shown {shown[-1]:.2f}/s, bare {reference[-1]:.2f}/s")
    ratios = [a / min(b, RATE) for a, b in zip(shown, reference, strict=True)]
    return {
        "threads": stage.threads,
        "shown_per_s": round(median(shown), 2),
        "bare_per_s": round(median(reference), 2),
        "live_ratio": {
            "median": round(median(ratios), 3),
            "worst": round(min(ratios), 3),
            "asked": f">= {ASKED}",
        },
    }


def _alone(network: Network, frames: list[Frame], seconds: float) -> float:
    """Boards a second of encode, forward and a decode of every state, nothing else."""
    count, began = 0, time.perf_counter()
    with torch.inference_mode():
        while time.perf_counter() - began < seconds:
            x: Tensor = network.encode(frames[count % len(frames)].pixels)
            network.module.imagine(x.contiguous(memory_format=network.memory_format))  # type: ignore[operator]
            count += 1
    return count / (time.perf_counter() - began)
