"""Measure for ``dnnvis bench sweep`` an ablation sweep against bare torch.

The network is resnet18, the layer layer4.0. The reference runs by hand what lies after it
(layer4.1, avgpool, fc) on the layer's output with one channel at zero, batch by batch, and the part
before once a batch.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.lenses.ablation.sweep import MAX_BATCH, Sweep, sweep_units
from dnnvis.network.network import Network
from dnnvis.zoo.catalog import open_network

MODEL, LAYER = "resnet18", "layer4.0"
MAX_SWEEP_RATIO = 1.2  # asked


@dataclass(frozen=True)
class SweepBenchConfig:
    """Say how much is swept."""

    #: Units that are switched off, evenly spread over the layer's 512.
    units: int = 128
    #: Pictures of noise.
    pictures: int = 16
    #: Turns of the sweep, the sweep without skipping, and the reference.
    rounds: int = 2


def measure(config: SweepBenchConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure a sweep in turns with the reference.

    ``sweep_ratio``: processor time of a sweep that runs every unit / of the reference;
    ``skipping_ratio``: of one that does not run units that are 0 on a whole batch;
    ``wall_ratio``: the first in wall time. All are medians over the turns. ``skipped_share``: the
    share of passes that were not needed. ``same``: whether the reference's answers change on as
    many pictures as the sweep says.

    Args:
        config: How much is swept.
        log: Is given a line about each turn.

    Returns:
        The figures by name, JSON can hold them.
    """
    network = open_network(MODEL, weights="random")
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(config.pictures, 3, *network.card.size, generator=generator)
    count = network.layer(LAYER).shape[0]
    channels = (np.arange(config.units) * count // config.units).tolist()
    ratios: dict[str, list[float]] = {"sweep": [], "skipping": [], "wall": []}
    sweeps: dict[str, Sweep] = {}
    effects = np.zeros(len(channels))
    for turn in range(config.rounds):
        timings = {}
        kinds = ("bare", "sweep", "skipping")
        for kind in kinds if turn % 2 else kinds[::-1]:
            start, wall_start = time.process_time(), time.perf_counter()
            if kind == "bare":
                effects = sweep_by_hand(network, x, channels)
            else:
                sweeps[kind] = run_sweep(network, x, channels, skips_silent=kind == "skipping")
            timings[kind] = time.process_time() - start, time.perf_counter() - wall_start
        bare, bare_wall = timings["bare"]
        ratios["sweep"].append(timings["sweep"][0] / bare)
        ratios["skipping"].append(timings["skipping"][0] / bare)
        ratios["wall"].append(timings["sweep"][1] / bare_wall)
        log(
            f"  bare {bare:.1f} s, sweep {ratios['sweep'][-1]:.3f} of it, "
            f"skipping silent units {ratios['skipping'][-1]:.3f}"
        )
    sweep, skipping = sweeps["sweep"], sweeps["skipping"]
    return {
        "model": MODEL,
        "layer": LAYER,
        "units": config.units,
        "pictures": config.pictures,
        "threads": torch.get_num_threads(),
        "bare_s": round(bare, 2),
        "sweep_ratio": round(median(ratios["sweep"]), 3),
        "sweep_asked": f"<= {MAX_SWEEP_RATIO}",
        "skipping_ratio": round(median(ratios["skipping"]), 3),
        "wall_ratio": round(median(ratios["wall"]), 3),
        "skipped_share": round(skipping.skipped / (skipping.passes + skipping.skipped), 3),
        "same": bool(np.allclose(sweep.effects[channels], effects)),
    }


def run_sweep(network: Network, x: Tensor, channels: list[int], *, skips_silent: bool) -> Sweep:
    """Sweep channels of the layer on pixels (B, C, H, W): the agreement with its own answers."""
    batches = [(x[start : start + MAX_BATCH], None) for start in range(0, len(x), MAX_BATCH)]
    return sweep_units(network, LAYER, batches, channels=channels, skips_silent=skips_silent)


def sweep_by_hand(network: Network, x: Tensor, channels: list[int]) -> NDArray[np.float64]:
    """Return the same by bare torch: the change of the agreement for each channel (n,)."""
    module: Any = network.module
    stored: list[Tensor] = []
    changes = np.zeros(len(channels))
    previous_forward = module.layer4[0].forward

    def forward(value: Tensor) -> Tensor:
        stored.append(previous_forward(value))
        return stored[-1]

    module.layer4[0].forward = forward
    try:
        with torch.inference_mode():
            for start in range(0, len(x), MAX_BATCH):
                stored.clear()
                answers = network.forward(x[start : start + MAX_BATCH]).argmax(1)
                for number, channel in enumerate(channels):
                    value = stored[0].clone()
                    value[:, channel] = 0
                    value = module.avgpool(module.layer4[1](value)).flatten(1)
                    changed = module.fc(value).argmax(1)
                    changes[number] -= int((changed != answers).sum())
    finally:
        del module.layer4[0].forward
    return changes / len(x)
