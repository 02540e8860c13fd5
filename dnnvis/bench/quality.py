"""``dnnvis bench quality``: what synthesised pictures are worth, against photographs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from dnnvis.bench.mobilenet import real_network
from dnnvis.bench.synthesis_samples import (
    LAYERS,
    Photographs,
    Worth,
    grow,
    photographed,
    shuffled,
    spread,
    worths,
)
from dnnvis.core.errors import BadInput
from dnnvis.lenses.ascent.color_statistics import Nature
from dnnvis.lenses.ascent.natural_reference import nature_in
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import open_library
from dnnvis.network.network import Network

ROUGH, KEPT, MACO_ROUGH = 0.16, 0.7, 0.03


@dataclass(frozen=True)
class Plan:
    """``units`` of each of ``layers`` of the real network in ``nets``, against the photographs
    in ``data``; ``steps`` None: the presets' own."""

    nets: Path
    data: Path
    units: int = 8
    layers: tuple[str, ...] = LAYERS
    steps: int | None = None


def measure(plan: Plan, say: Callable[[str], None]) -> dict[str, Any]:
    """The figures of the README's table: default, maco, and default on shuffled weights."""
    if not plan.data.is_dir():
        raise BadInput(f"There is no folder {plan.data}; say with --data where photographs are.")
    net = real_network(plan.nets)
    net.set_format(torch.channels_last)
    natural = photographed(net, plan.data, plan.layers)
    plain = _worths(net, plan, "default", natural, None, say)
    with TemporaryDirectory() as folder:
        place = Path(folder) / "library.sqlite"
        scan(net, plan.data, place, layers=[plan.layers[-1]])
        with open_library(net, place) as library:
            nature = nature_in(library, net, PRESETS["maco"])
    maco = _worths(net, plan, "maco", natural, nature, say)
    broken = shuffled(real_network(plan.nets))
    other = photographed(broken, plan.data, plan.layers)
    random = _worths(broken, plan, "default", other, None, say)
    return {
        "photographs": f"{len(natural.variation)} ({nature.source} for maco's spectrum)",
        **default_figures(plain),
        **maco_figures(maco, natural),
        **{f"shuffled weights: {name}": text for name, text in default_figures(random).items()},
    }


def _worths(
    net: Network, plan: Plan, preset: str, natural: Photographs, nature: Nature | None,
    say: Callable[[str], None],
) -> list[Worth]:  # fmt: skip
    recipe = PRESETS[preset]
    if plan.steps is not None:
        recipe = recipe.with_changes({"steps": plan.steps})
    found = []
    for layer in plan.layers:
        channels = spread(net.layer(layer).shape[0], plan.units)
        pictures, seconds = grow(net, recipe, layer, channels, nature)
        rows = worths(net, layer, channels, pictures, natural)
        say(f"{preset} {layer}: {seconds:.2f} s of one core a unit; " + " ".join(map(_brief, rows)))
        found += rows
    return found


def _brief(worth: Worth) -> str:
    ratio = f"{worth.value / worth.best:.1f}x" if worth.best > 0 else f"{worth.value:.2f}"
    return f"[{worth.unit.channel}] {ratio} hf {worth.high_frequency:.2f} kept {worth.kept:.2f}"


def joint(worth: Worth) -> bool:
    """Whether a picture reaches the best photograph, is no rougher than it may be, and stands
    transforms."""
    return worth.reaches and worth.high_frequency <= ROUGH and worth.kept >= KEPT


def default_figures(rows: list[Worth]) -> dict[str, str]:
    """What is asked of the preset ``default``."""
    good, first = _share(map(joint, rows)), _share(row.rank == 0 for row in rows)
    raw = _share(row.raw_rank == 0 for row in rows)
    alone = (
        f"alone: {_share(row.reaches for row in rows):.0%} reach, "
        f"{_share(row.high_frequency <= ROUGH for row in rows):.0%} smooth, "
        f"{_share(row.kept >= KEPT for row in rows):.0%} stand"
    )
    return {
        "reaches the best photograph, hf <= .16, >= .7 kept": (
            f"{good:.0%} of {len(rows)} units (asked >= 90 %); {alone}"
        ),
        "activation / best photograph": f"median {_median_ratio(rows):.2f}",
        "first in its layer on its own picture": (
            f"{first:.0%} by standard deviations over the photographs' mean (asked >= 70 %); "
            f"{raw:.0%} by plain values"
        ),
    }


def maco_figures(rows: list[Worth], natural: Photographs) -> dict[str, str]:
    """What is asked of the preset ``maco``."""
    high = float(np.percentile(natural.variation, 95))
    smooth = _share(row.high_frequency <= MACO_ROUGH for row in rows)
    calm = _share(row.variation <= high for row in rows)
    reach = _share(row.reaches for row in rows)
    together = _share(
        row.reaches and row.high_frequency <= MACO_ROUGH and row.variation <= high for row in rows
    )
    return {
        "maco: high-frequency share": (
            f"median {np.median([row.high_frequency for row in rows]):.3f} (asked <= .03; "
            f"{smooth:.0%} of units)"
        ),
        "maco: total variation": (
            f"median {np.median([row.variation for row in rows]):.3f} (photographs' 95 %: "
            f"{high:.3f}; {calm:.0%} of units within)"
        ),
        "maco: reaches the best photograph": (
            f"{reach:.0%} of units (asked >= 50 %); {together:.0%} are also as smooth and calm"
        ),
    }


def _share(flags: Any) -> float:
    return float(np.mean(list(flags)))


def _median_ratio(rows: list[Worth]) -> float:
    """Of the units whose best photograph excites them at all."""
    ratios = [row.value / row.best for row in rows if row.best > 0]
    return float(np.median(ratios)) if ratios else float("nan")
