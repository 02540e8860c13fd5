"""``dnnvis bench ascent``: what a step of the ascent costs, against a loop as Lucent has it."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import torch
from torch import nn

from dnnvis.bench.lucent import Lucent
from dnnvis.bench.mobilenet import CHECKPOINT, real_network
from dnnvis.bench.synthesis_samples import LAYERS, grow, spread
from dnnvis.core.objective import Goal
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.batch_ascent import REDIRECTED, Climb
from dnnvis.lenses.ascent.evaluation import resized
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network

GOOGLENET = {"inception3b": 2.0, "inception4c": 2.0, "inception5b": 1.7}  # layer -> asked
STEPS = 512  # of Lucent's own default


@dataclass(frozen=True)
class Plan:
    """``rounds`` turns of timing on GoogLeNet (0: none), ``batch`` pictures at once;
    ``units`` of each of ``layers`` of the real network in ``nets``, grown to their end
    (0: none) against ``steps`` of the reference."""

    nets: Path
    rounds: int = 5
    batch: int = 8
    units: int = 8
    layers: tuple[str, ...] = LAYERS
    steps: int = STEPS


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """Processor time on one thread; the keys are those of the README's table."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        figures: dict[str, Any] = {}
        if plan.rounds:
            figures |= _googlenet(plan, say)
        if plan.units and (plan.nets / CHECKPOINT).is_file():
            figures |= _to_the_end(plan, say)
        elif plan.units:
            say(f"There is no {plan.nets / CHECKPOINT}: the real network is left out (--nets).")
        return figures
    finally:
        torch.set_num_threads(threads)


def _googlenet(plan: Plan, say: Callable[[str], None]) -> dict[str, str]:
    net = open_network("googlenet", weights="random")
    reference = copy.deepcopy(net.module)  # its weights collect gradients, ours do not
    net.set_format(torch.channels_last)
    figures = {}
    for layer, asked in GOOGLENET.items():
        climbs = {name: _begun(net, name, layer, plan.batch) for name in ("lucid", "default")}
        loop = _lucent(net, reference, layer, 0)
        times: dict[str, list[float]] = {"loop": [], "lucid": [], "default": []}
        for _ in range(plan.rounds):
            times["loop"].append(_milliseconds(loop.step, 3))
            for name, climb in climbs.items():
                times[name].append(_milliseconds(climb.step, 2) / plan.batch)
        loop.close()
        bare, like, own = (median(values) for values in times.values())
        window = climbs["default"].sizes.window[0]
        figures[f"{layer}: like for like with the loop"] = (
            f"{bare / like:.2f}x (asked >= {asked}x; {bare:.0f} / {like:.0f} ms a unit and step)"
        )
        figures[f"{layer}: all units, default"] = (
            f"{bare / own:.2f}x (asked >= 5x; {own:.0f} ms a unit and step, {window} px shown)"
        )
        say(f"{layer}: {figures[f'{layer}: like for like with the loop']}")
    return figures


def _begun(net: Network, preset: str, layer: str, batch: int) -> Climb:
    """A climb past its first steps, which may go back twice."""
    recipe = PRESETS[preset].with_changes({"steps": 10_000})
    channels = spread(net.layer(layer).shape[0], batch)
    goals = [Goal.of(Unit(layer, channel)) for channel in channels]
    climb = Climb(net, recipe, goals[0])
    climb.admit(goals, channels)
    for _ in range(REDIRECTED + 1):
        climb.step()
    return climb


def _lucent(net: Network, module: nn.Module, layer: str, channel: int) -> Lucent:
    card = net.card
    target = module.get_submodule(layer) if layer != OUTPUT else _last(module)
    return Lucent(module, target, channel, channel, card.mean, card.std, card.size[0])


def _last(module: nn.Module) -> nn.Module:
    """The classifier: a class is a channel of what it returns."""
    return [part for part in module.modules() if isinstance(part, nn.Linear)][-1]


def _milliseconds(step: Callable[[], Any], times: int) -> float:
    began = process_time()
    for _ in range(times):
        step()
    return (process_time() - began) / times * 1000


def _to_the_end(plan: Plan, say: Callable[[str], None]) -> dict[str, str]:
    """``default`` against the whole loop: what it reaches, and for how much."""
    net = real_network(plan.nets)
    reference = copy.deepcopy(net.module)
    net.set_format(torch.channels_last)
    reached, cheaper, ours, theirs = [], [], 0.0, 0.0
    for layer in plan.layers:
        channels = spread(net.layer(layer).shape[0], plan.units)
        pictures, seconds = grow(net, PRESETS["default"], layer, channels)
        values = _values(net, layer, channels, pictures)
        for channel, value in zip(channels, values, strict=True):
            bare, spent = _whole_loop(net, reference, layer, channel, plan.steps)
            reached.append(value / bare)
            cheaper.append(spent / seconds)
            ours, theirs = ours + seconds, theirs + spent
            say(
                f"{layer}[{channel}]: {value:.2f} against {bare:.2f}, {seconds:.2f} s against "
                f"{spent:.1f} s"
            )
    return {
        f"default / {plan.steps} steps of the loop, objective": (
            f"median {median(reached):.3f} of {len(reached)} units (asked >= .94)"
        ),
        f"default / {plan.steps} steps of the loop, processor time": (
            f"median {median(cheaper):.1f}x less, {theirs / ours:.1f}x in all (asked >= 10x; "
            f"{ours / len(cheaper):.2f} s against {theirs / len(cheaper):.1f} s a unit)"
        ),
    }


def _whole_loop(
    net: Network, module: nn.Module, layer: str, channel: int, steps: int
) -> tuple[float, float]:
    """What the loop's picture is worth at the network's own size, and processor seconds."""
    began = process_time()
    loop = _lucent(net, module, layer, channel)
    for _ in range(steps):
        loop.step()
    picture = loop.picture()
    loop.close()
    spent = process_time() - began
    return _values(net, layer, [channel], resized(picture, net.card.size))[0], spent


def _values(net: Network, layer: str, channels: list[int], pictures: torch.Tensor) -> list[float]:
    """Each channel's mean over its map, on its own picture."""
    means = net.run(pictures, [layer]).tensor(layer, -1).mean((2, 3))
    return [float(means[k, channel]) for k, channel in enumerate(channels)]
