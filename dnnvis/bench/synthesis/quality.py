"""Measure for ``dnnvis bench quality`` what synthesised pictures are worth, against photographs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from dnnvis.bench.mobilenet import open_real_network
from dnnvis.bench.synthesis.synthesis_samples import (
    SAMPLE_LAYERS,
    PhotographStatistics,
    PictureQuality,
    measure_photographs,
    measure_quality,
    pick_channels,
    shuffle_weights,
    synthesize,
)
from dnnvis.core.errors import BadInput
from dnnvis.lenses.ascent.color_statistics import ImageStatistics
from dnnvis.lenses.ascent.natural_reference import load_statistics
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import open_library
from dnnvis.network.network import Network

MAX_HIGH_FREQUENCY, MIN_RETAINED_FRACTION, MACO_MAX_HIGH_FREQUENCY = 0.16, 0.7, 0.03


@dataclass(frozen=True)
class QualityBenchConfig:
    """Say which units' pictures are judged, against which photographs."""

    #: The folder with the checkpoint of the real network.
    nets: Path
    #: The folder of the photographs.
    data: Path
    #: Units of each layer.
    units: int = 8
    #: The layers of the real network.
    layers: tuple[str, ...] = SAMPLE_LAYERS
    #: Steps of a picture, None = the presets' own.
    steps: int | None = None


def measure(config: QualityBenchConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Measure the figures of the README's table: default, maco, and default on shuffled weights."""
    if not config.data.is_dir():
        raise BadInput(f"There is no folder {config.data}; say with --data where photographs are.")
    net = open_real_network(config.nets)
    net.set_memory_format(torch.channels_last)
    photographs = measure_photographs(net, config.data, config.layers)
    default_rows = _measure_preset(net, config, "default", photographs, None, log)
    with TemporaryDirectory() as folder:
        library_path = Path(folder) / "library.sqlite"
        scan(net, config.data, library_path, layers=[config.layers[-1]])
        with open_library(net, library_path) as library:
            image_statistics = load_statistics(library, net, PRESETS["maco"])
    maco = _measure_preset(net, config, "maco", photographs, image_statistics, log)
    shuffled_network = shuffle_weights(open_real_network(config.nets))
    shuffled_photographs = measure_photographs(shuffled_network, config.data, config.layers)
    shuffled_rows = _measure_preset(
        shuffled_network, config, "default", shuffled_photographs, None, log
    )
    return {
        "photographs": (
            f"{len(photographs.variation)} ({image_statistics.source} for maco's spectrum)"
        ),
        **default_figures(default_rows),
        **maco_figures(maco, photographs),
        **{
            f"shuffled weights: {name}": text
            for name, text in default_figures(shuffled_rows).items()
        },
    }


def _measure_preset(
    net: Network,
    config: QualityBenchConfig,
    preset: str,
    photographs: PhotographStatistics,
    image_statistics: ImageStatistics | None,
    log: Callable[[str], None],
) -> list[PictureQuality]:
    recipe = PRESETS[preset]
    if config.steps is not None:
        recipe = recipe.with_changes({"steps": config.steps})
    all_rows = []
    for layer in config.layers:
        channels = pick_channels(net.layer(layer).shape[0], config.units)
        pictures, seconds = synthesize(net, recipe, layer, channels, image_statistics)
        rows = measure_quality(net, layer, channels, pictures, photographs)
        log(
            f"{preset} {layer}: {seconds:.2f} s of one core a unit; "
            + " ".join(map(_format_quality, rows))
        )
        all_rows += rows
    return all_rows


def _format_quality(quality: PictureQuality) -> str:
    ratio = f"{quality.value / quality.best:.1f}x" if quality.best > 0 else f"{quality.value:.2f}"
    return (
        f"[{quality.unit.channel}] {ratio} hf {quality.high_frequency:.2f} "
        f"kept {quality.retained_fraction:.2f}"
    )


def passes_all(quality: PictureQuality) -> bool:
    """Tell whether a picture passes every test that is asked of it.

    It reaches the best photograph, is no rougher than it may be, and stands transforms.
    """
    return (
        quality.reaches_best
        and quality.high_frequency <= MAX_HIGH_FREQUENCY
        and quality.retained_fraction >= MIN_RETAINED_FRACTION
    )


def default_figures(rows: list[PictureQuality]) -> dict[str, str]:
    """Sum up what is asked of the preset ``default``."""
    good, first = _fraction(map(passes_all, rows)), _fraction(row.rank == 0 for row in rows)
    raw = _fraction(row.raw_rank == 0 for row in rows)
    separately = (
        f"alone: {_fraction(row.reaches_best for row in rows):.0%} reach, "
        f"{_fraction(row.high_frequency <= MAX_HIGH_FREQUENCY for row in rows):.0%} smooth, "
        f"{_fraction(row.retained_fraction >= MIN_RETAINED_FRACTION for row in rows):.0%} stand"
    )
    return {
        "reaches the best photograph, hf <= .16, >= .7 kept": (
            f"{good:.0%} of {len(rows)} units (asked >= 90 %); {separately}"
        ),
        "activation / best photograph": f"median {_median_ratio(rows):.2f}",
        "first in its layer on its own picture": (
            f"{first:.0%} by standard deviations over the photographs' mean (asked >= 70 %); "
            f"{raw:.0%} by plain values"
        ),
    }


def maco_figures(rows: list[PictureQuality], photographs: PhotographStatistics) -> dict[str, str]:
    """Sum up what is asked of the preset ``maco``."""
    max_variation = float(np.percentile(photographs.variation, 95))
    smooth = _fraction(row.high_frequency <= MACO_MAX_HIGH_FREQUENCY for row in rows)
    calm = _fraction(row.variation <= max_variation for row in rows)
    reaching = _fraction(row.reaches_best for row in rows)
    together = _fraction(
        row.reaches_best
        and row.high_frequency <= MACO_MAX_HIGH_FREQUENCY
        and row.variation <= max_variation
        for row in rows
    )
    return {
        "maco: high-frequency share": (
            f"median {np.median([row.high_frequency for row in rows]):.3f} (asked <= .03; "
            f"{smooth:.0%} of units)"
        ),
        "maco: total variation": (
            f"median {np.median([row.variation for row in rows]):.3f} (photographs' 95 %: "
            f"{max_variation:.3f}; {calm:.0%} of units within)"
        ),
        "maco: reaches the best photograph": (
            f"{reaching:.0%} of units (asked >= 50 %); {together:.0%} are also as smooth and calm"
        ),
    }


def _fraction(conditions: Any) -> float:
    return float(np.mean(list(conditions)))


def _median_ratio(rows: list[PictureQuality]) -> float:
    """Take the median of the units whose best photograph excites them at all."""
    ratios = [row.value / row.best for row in rows if row.best > 0]
    return float(np.median(ratios)) if ratios else float("nan")
