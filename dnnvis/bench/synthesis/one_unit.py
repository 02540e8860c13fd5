"""Measure for ``dnnvis bench unit`` what one unit's picture costs through ``look``.

Two references run in turns with it: a bare pass to the unit's layer and back to the input, at the
size that the network is shown, and the whole loop of Lucent.
"""

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import torch
from torch import Tensor

from dnnvis.bench.mobilenet import CHECKPOINT_NAME, open_real_network
from dnnvis.bench.synthesis.ascent import LUCENT_STEPS, run_loop
from dnnvis.bench.synthesis.synthesis_samples import SAMPLE_LAYERS, pick_channels
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.batch_ascent import BatchAscent
from dnnvis.lenses.ascent.evaluation import resize
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.look import look
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network

MAX_STEP_RATIO = 1.6  # asked of a step, to a bare pass
MIN_SPEEDUP, MIN_OBJECTIVE = 10.0, 0.94  # asked of the whole, against Lucent's loop
STEP_LAYERS = {
    "real": ("features.8.1", "features.14.1", "features.20.1", OUTPUT),
    "squeezenet-imagenet": ("features.3", "features.6", "features.9", "features.12"),
}
WARM_UP_STEPS = 4
BARE_PASSES = 12  # in a turn


@dataclass(frozen=True)
class UnitBenchConfig:
    """Say how much is measured, and on which networks."""

    #: The folder with the checkpoint of the real network.
    nets: Path
    #: Turns for the cost of a step, 0 = none.
    rounds: int = 5
    #: Units of each of four layers, grown to their end beside Lucent's loop, 0 = none.
    units: int = 8
    #: Steps of that loop.
    steps: int = LUCENT_STEPS


def measure(config: UnitBenchConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure processor time on one thread; the keys are those of the guide's table."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        figures: dict[str, Any] = {}
        has_real = (config.nets / CHECKPOINT_NAME).is_file()
        if not has_real:
            log(f"There is no {config.nets / CHECKPOINT_NAME}: the real network is left out.")
        for name in STEP_LAYERS if config.rounds else ():
            if name != "real" or has_real:
                net = open_real_network(config.nets) if name == "real" else open_network(name)
                figures |= _measure_steps(net, name, config.rounds, log)
        if config.units and has_real:
            figures |= _compare_with_loop(open_real_network(config.nets), config, log)
        return figures
    finally:
        torch.set_num_threads(threads)


def _measure_steps(
    net: Network, name: str, rounds: int, log: Callable[[str], None]
) -> dict[str, str]:
    figures = {}
    for layer in STEP_LAYERS[name]:
        unit = Unit(layer, net.layer(layer).shape[0] // 3)
        window = BatchAscent(net, PRESETS["default"], Objective.of(unit)).sizes.window
        look(net, "ascent", unit, steps=WARM_UP_STEPS)
        own, bare = [], []
        step = make_bare_pass(net, unit, window)
        step()
        for _ in range(rounds):
            bare.append(_seconds(step, BARE_PASSES))
            own.append(_seconds_of_a_step(net, unit))
        ratio = median(own) / median(bare)
        figures[f"{name} {unit}: a step of one unit / a bare pass there and back"] = (
            f"{ratio:.2f} (asked <= {MAX_STEP_RATIO}; {median(own) * 1000:.1f} / "
            f"{median(bare) * 1000:.1f} ms, {window[0]} px shown)"
        )
        log(f"{name} {unit}: {ratio:.2f}")
    return figures


def _seconds_of_a_step(net: Network, unit: Unit) -> float:
    """Return the processor seconds of a step, the start and the last picture's numbers included."""
    start = process_time()
    result = look(net, "ascent", unit)
    return (process_time() - start) / float(result.step)


def _seconds(step: Callable[[], Tensor], count: int) -> float:
    start = process_time()
    for _ in range(count):
        step()
    return (process_time() - start) / count


class _Stop(Exception):
    """Ends a bare pass at its layer."""


def make_bare_pass(net: Network, unit: Unit, size: tuple[int, int]) -> Callable[[], Tensor]:
    """Return a function that runs the module to a unit's layer and sends its mean back.

    Nothing is recorded, judged or moved by it.

    Args:
        net: The network, whose module alone runs.
        unit: Its channel is averaged.
        size: (H, W) of the picture in pixels.

    Returns:
        The function; it gives the gradient (1, C, H, W).
    """
    is_class = unit.layer == OUTPUT
    part = net.module if is_class else net.module.get_submodule(unit.layer)
    x = torch.rand(1, net.card.channels, *size).requires_grad_()
    returned: list[Tensor] = []
    forward = part.forward

    def stopping_forward(*args: Any) -> Any:
        returned.append(forward(*args))
        raise _Stop

    def step() -> Tensor:
        part.forward = stopping_forward
        try:
            with suppress(_Stop):
                net.module(x)
        finally:
            del part.forward
        (gradient,) = torch.autograd.grad(returned.pop()[:, unit.channel].mean(), x)
        return gradient

    return step


def _compare_with_loop(
    net: Network, config: UnitBenchConfig, log: Callable[[str], None]
) -> dict[str, str]:
    """Compare single units with the whole loop: what they reach above gray, and for how much."""
    reference = copy.deepcopy(net.module)
    values, speedups, own_total, loop_total = [], [], 0.0, 0.0
    for layer in SAMPLE_LAYERS:
        for channel in pick_channels(net.layer(layer).shape[0], config.units):
            unit = Unit(layer, channel)
            start = process_time()
            result = look(net, "ascent", unit, seed=channel)
            seconds = process_time() - start
            picture = torch.from_numpy(result.values).permute(2, 0, 1)[None]
            value = _above_gray(net, unit, resize(picture, net.card.size))
            loop_picture, loop_seconds = run_loop(net, reference, layer, channel, config.steps)
            loop_value = _above_gray(net, unit, loop_picture)
            values.append(value / loop_value)
            speedups.append(loop_seconds / seconds)
            own_total, loop_total = own_total + seconds, loop_total + loop_seconds
            log(f"{unit}: {values[-1]:.3f} of the objective, {speedups[-1]:.1f}x less time")
    count = len(values)
    return {
        f"one unit / {config.steps} steps of the loop, objective above gray": (
            f"median {median(values):.3f} of {count} units (asked >= {MIN_OBJECTIVE})"
        ),
        f"one unit / {config.steps} steps of the loop, processor time": (
            f"median {median(speedups):.1f}x less, {loop_total / own_total:.1f}x in all "
            f"(asked >= {MIN_SPEEDUP:.0f}x; {own_total / count:.2f} s against "
            f"{loop_total / count:.1f} s a unit)"
        ),
    }


def _above_gray(net: Network, unit: Unit, picture: Tensor) -> float:
    """Return the channel's mean on a picture, less that on gray."""
    gray = torch.full_like(picture, 0.5)
    means = net.run(torch.cat((picture, gray)), [unit.layer], batched=True)
    first, second = means.tensor(unit.layer, -1)[:, unit.channel].mean((1, 2)).tolist()
    return float(first - second)
