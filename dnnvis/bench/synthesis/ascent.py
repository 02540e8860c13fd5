"""Measure for ``dnnvis bench ascent`` what a step of the ascent costs, against Lucent's loop."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import torch
from torch import nn

from dnnvis.bench.mobilenet import CHECKPOINT_NAME, open_real_network
from dnnvis.bench.synthesis.lucent import Lucent
from dnnvis.bench.synthesis.synthesis_samples import SAMPLE_LAYERS, pick_channels, synthesize
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.batch_ascent import REDIRECTED_STEPS, BatchAscent
from dnnvis.lenses.ascent.evaluation import resize
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network

GOOGLENET_TARGETS = {"inception3b": 2.0, "inception4c": 2.0, "inception5b": 1.7}  # layer -> asked
DEEP_LAYERS = ("inception4c", "inception5b")
LUCENT_STEPS = 512  # of Lucent's own default


@dataclass(frozen=True)
class AscentBenchConfig:
    """Say how much of the ascent is measured, and on which networks."""

    #: The folder with the checkpoint of the real network.
    nets: Path
    #: Turns of timing on GoogLeNet, 0 = none.
    rounds: int = 5
    #: Pictures at once.
    batch: int = 8
    #: Units of each of its deep layers, grown to their end beside what the loop reaches, 0 = none.
    sample: int = 2
    #: Units of each layer of the real network, grown to their end, 0 = none.
    units: int = 8
    #: The layers of the real network.
    layers: tuple[str, ...] = SAMPLE_LAYERS
    #: Steps of the reference.
    steps: int = LUCENT_STEPS


def measure(config: AscentBenchConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure processor time on one thread; the keys are those of the README's table."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        figures: dict[str, Any] = {}
        if config.rounds:
            figures |= _measure_googlenet(config, log)
        if config.units and (config.nets / CHECKPOINT_NAME).is_file():
            figures |= _compare_full_runs(config, log)
        elif config.units:
            log(
                f"There is no {config.nets / CHECKPOINT_NAME}: "
                "the real network is left out (--nets)."
            )
        return figures
    finally:
        torch.set_num_threads(threads)


def _measure_googlenet(config: AscentBenchConfig, log: Callable[[str], None]) -> dict[str, str]:
    net = open_network("googlenet", weights="random")
    reference = copy.deepcopy(net.module)  # its weights collect gradients, ours do not
    net.set_memory_format(torch.channels_last)
    figures = {}
    for layer, target_ratio in GOOGLENET_TARGETS.items():
        ascents = {
            name: _start_ascent(net, name, layer, config.batch) for name in ("lucid", "default")
        }
        loop = _build_lucent(net, reference, layer, 0)
        times: dict[str, list[float]] = {"loop": [], "lucid": [], "default": []}
        for _ in range(config.rounds):
            times["loop"].append(_measure_milliseconds(loop.step, 3))
            for name, ascent in ascents.items():
                times[name].append(_measure_milliseconds(ascent.step, 2) / config.batch)
        loop.close()
        loop_ms, lucid_ms, default_ms = (median(values) for values in times.values())
        window_pixels = ascents["default"].sizes.window[0]
        figures[f"{layer}: like for like with the loop"] = (
            f"{loop_ms / lucid_ms:.2f}x (asked >= {target_ratio}x; "
            f"{loop_ms:.0f} / {lucid_ms:.0f} ms a unit and step)"
        )
        figures[f"{layer}: all units, default"] = (
            f"{loop_ms / default_ms:.2f}x a step (asked >= 5x; "
            f"{default_ms:.0f} ms a unit and step, {window_pixels} px shown)"
        )
        steps = PRESETS["default"].steps
        figures[f"{layer}: whole pictures, default"] = (
            f"{loop_ms * config.steps / (default_ms * steps):.1f}x (asked >= 4x at >= .94 of the "
            f"loop's objective; {steps} against {config.steps} steps)"
        )
        for name, figure in figures.items():
            if name.startswith(layer):
                log(f"{name}: {figure}")
    for layer in DEEP_LAYERS if config.sample else ():
        figures |= _compare_sample(net, reference, layer, config, log)
    return figures


def _compare_sample(
    net: Network,
    reference: nn.Module,
    layer: str,
    config: AscentBenchConfig,
    log: Callable[[str], None],
) -> dict[str, str]:
    """Compare what whole pictures reach above gray: all units' ``default``, and the loop's."""
    channels = pick_channels(net.layer(layer).shape[0], config.sample)
    pictures, _ = synthesize(net, PRESETS["default"], layer, channels)
    gray = torch.full((1, net.card.channels, *net.card.size), 0.5)
    gray_means = net.run(gray, [layer]).tensor(layer, -1).mean((2, 3))[0]
    values = _mean_activations(net, layer, channels, pictures)
    ratios = []
    for channel, value in zip(channels, values, strict=True):
        loop = _build_lucent(net, reference, layer, channel, shortened=True)
        for _ in range(config.steps):
            loop.step()
        picture = resize(loop.picture(), net.card.size)
        loop.close()
        (loop_value,) = _mean_activations(net, layer, [channel], picture)
        start = float(gray_means[channel])
        ratios.append((value - start) / (loop_value - start))
        log(f"{layer}[{channel}]: {ratios[-1]:.3f} of the loop's objective")
    return {
        f"{layer}: objective above gray, default / {config.steps} steps of the loop": (
            f"median {median(ratios):.3f} of {len(ratios)} units (asked >= .94)"
        )
    }


def _start_ascent(net: Network, preset: str, layer: str, batch: int) -> BatchAscent:
    """Start a climb and bring it past its first steps, which may go back twice."""
    recipe = PRESETS[preset].with_changes({"steps": 10_000})
    channels = pick_channels(net.layer(layer).shape[0], batch)
    objectives = [Objective.of(Unit(layer, channel)) for channel in channels]
    ascent = BatchAscent(net, recipe, objectives[0])
    ascent.add(objectives, channels)
    for _ in range(REDIRECTED_STEPS + 1):
        ascent.step()
    return ascent


def _build_lucent(
    net: Network, module: nn.Module, layer: str, channel: int, *, shortened: bool = False
) -> Lucent:
    card, size = net.card, net.card.size[0]
    target = module.get_submodule(layer) if layer != OUTPUT else _find_classifier(module)
    return Lucent(module, target, channel, channel, card.mean, card.std, size, shortened=shortened)


def _find_classifier(module: nn.Module) -> nn.Module:
    """Find the classifier: a class is a channel of what it returns."""
    return [part for part in module.modules() if isinstance(part, nn.Linear)][-1]


def _measure_milliseconds(step: Callable[[], Any], times: int) -> float:
    start = process_time()
    for _ in range(times):
        step()
    return (process_time() - start) / times * 1000


def _compare_full_runs(config: AscentBenchConfig, log: Callable[[str], None]) -> dict[str, str]:
    """Compare ``default`` with the whole loop: what it reaches, and for how much."""
    net = open_real_network(config.nets)
    reference = copy.deepcopy(net.module)
    net.set_memory_format(torch.channels_last)
    value_ratios, time_ratios, our_total, loop_total = [], [], 0.0, 0.0
    for layer in config.layers:
        channels = pick_channels(net.layer(layer).shape[0], config.units)
        pictures, seconds = synthesize(net, PRESETS["default"], layer, channels)
        values = _mean_activations(net, layer, channels, pictures)
        for channel, value in zip(channels, values, strict=True):
            picture, loop_seconds = run_loop(net, reference, layer, channel, config.steps)
            loop_value = _mean_activations(net, layer, [channel], picture)[0]
            value_ratios.append(value / loop_value)
            time_ratios.append(loop_seconds / seconds)
            our_total, loop_total = our_total + seconds, loop_total + loop_seconds
            log(
                f"{layer}[{channel}]: {value:.2f} against {loop_value:.2f}, {seconds:.2f} s "
                f"against {loop_seconds:.1f} s"
            )
    return {
        f"default / {config.steps} steps of the loop, objective": (
            f"median {median(value_ratios):.3f} of {len(value_ratios)} units (asked >= .94)"
        ),
        f"default / {config.steps} steps of the loop, processor time": (
            f"median {median(time_ratios):.1f}x less, {loop_total / our_total:.1f}x in all "
            f"(asked >= 10x; {our_total / len(time_ratios):.2f} s against "
            f"{loop_total / len(time_ratios):.1f} s a unit)"
        ),
    }


def run_loop(
    net: Network, module: nn.Module, layer: str, channel: int, steps: int
) -> tuple[torch.Tensor, float]:
    """Grow the loop's picture of a channel.

    Args:
        net: The network.
        module: A copy of its module, whose weights collect gradients.
        layer: The layer of the channel.
        channel: The channel.
        steps: Steps of the loop.

    Returns:
        The picture (1, C, H, W) at the network's own size, and the loop's processor seconds.
    """
    start = process_time()
    loop = _build_lucent(net, module, layer, channel)
    for _ in range(steps):
        loop.step()
    picture = loop.picture()
    loop.close()
    loop_seconds = process_time() - start
    return resize(picture, net.card.size), loop_seconds


def _mean_activations(
    net: Network, layer: str, channels: list[int], pictures: torch.Tensor
) -> list[float]:
    """Average each channel over its map, on its own picture."""
    means = net.run(pictures, [layer]).tensor(layer, -1).mean((2, 3))
    return [float(means[k, channel]) for k, channel in enumerate(channels)]
