"""Measure for ``dnnvis bench scan --concepts`` a dissection against bare decode and forward.

The pictures lie in a folder, and so do their masks; the reference decodes and runs the pictures.
"""

import gc
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from dnnvis.bench.scan import PICTURE_SIDE_PIXELS, make_pictures, measure_baseline_rate
from dnnvis.bench.system_load import resident_mb
from dnnvis.core.progress import Progress
from dnnvis.library.dissection.dissect import (
    COUNT_MESSAGE,
    DissectionOptions,
    DissectionOutcome,
    Report,
    dissect_units,
)
from dnnvis.library.scan.channel_summary import assign_unit_ranges
from dnnvis.library.scan.worker import ScanSettings, choose_settings
from dnnvis.network.network import Network
from dnnvis.sources.concepts.concept_set import ConceptPicture, LabeledConcepts
from dnnvis.sources.concepts.mask_folder import IMAGES, MASKS, MaskFolder

CONCEPTS, MASKS_PER_PICTURE = 12, 2
MIN_RATIO = 0.7  # asked
ROUNDING = 3


@dataclass(frozen=True)
class DissectionBenchConfig:
    """Say how much is dissected, and how often."""

    #: Pictures that are made.
    pictures: int = 1200
    #: Turns of the dissection and of the reference over the pictures.
    pairs: int = 3
    #: Pictures over which the memory is followed, 0 = not followed.
    repeated: int = 10_000
    #: Decoding threads, None = as a scan chooses.
    workers: int | None = None


def measure(
    net: Network, config: DissectionBenchConfig, log: Callable[[str], None]
) -> dict[str, Any]:
    """Measure one network's figures, all layers, in turns with the reference.

    ``dissection_ratio``: pictures a second of a whole dissection (thresholds included) over those
    of bare decode and forward; ``upsampled_ratio``: the same with maps brought to pixels, once;
    ``rss_growth_mb``: resident memory at the end less that after a tenth of ``repeated`` pictures.

    Args:
        net: The network.
        config: How much is dissected.
        log: Is given a line about each turn.

    Returns:
        The figures by name, JSON can hold them.
    """
    with TemporaryDirectory() as folder:
        previous = os.environ.get("DNNVIS_DATA")
        os.environ["DNNVIS_DATA"] = folder  # where progress is kept
        try:
            return _measure(net, config, Path(folder), log)
        finally:
            if previous is None:
                del os.environ["DNNVIS_DATA"]
            else:
                os.environ["DNNVIS_DATA"] = previous


def _measure(
    net: Network, config: DissectionBenchConfig, folder: Path, log: Callable[[str], None]
) -> dict[str, Any]:
    data = make_concepts(folder / "concepts", config.pictures)
    files = [Path(data.name(number)) for number in range(len(data))]
    ranges = assign_unit_ranges(net, [row.name for row in net.layers])
    settings = choose_settings(net, ranges, None, config.workers)
    log(
        f"{net.name}: {len(files)} pictures, {settings.batch} at once, {settings.workers} decoding "
        f"threads, {torch.get_num_threads()} of torch, {max(r.stop for r in ranges.values())} units"
    )
    rates: dict[str, list[float]] = {"bare": [], "dissection": []}
    for _ in range(config.pairs + 1):  # the first is a warm-up
        rates["bare"].append(measure_baseline_rate(net, files, settings))
        rates["dissection"].append(_measure_rate(net, data, settings))
        log(f"  dissection {rates['dissection'][-1]:.1f}/s, bare {rates['bare'][-1]:.1f}/s")
    upsampled = _measure_rate(net, data, settings, upsamples=True)
    bare, dissection = (median(rates[name][1:]) for name in ("bare", "dissection"))
    figures = {
        "model": net.name,
        "pictures": len(files),
        "units": max(unit_range.stop for unit_range in ranges.values()),
        "concepts": len(data.names),
        "batch": settings.batch,
        "workers": settings.workers,
        "threads": torch.get_num_threads(),
        "dissection_per_s": round(dissection, 1),
        "bare_per_s": round(bare, 1),
        "dissection_ratio": round(dissection / bare, ROUNDING),
        "dissection_asked": f">= {MIN_RATIO}",
        "upsampled_ratio": round(upsampled / bare, ROUNDING),
    }
    if config.repeated:
        figures |= _measure_memory(net, data, config, settings, log)
    return figures


def _run(
    net: Network,
    data: LabeledConcepts,
    settings: ScanSettings,
    report: Report | None = None,
    *,
    upsamples: bool = False,
) -> DissectionOutcome:
    options = DissectionOptions(upsamples=upsamples, batch=settings.batch, workers=settings.workers)
    return dissect_units(net, data, options, again=True, report=report)


def _measure_rate(
    net: Network, data: LabeledConcepts, settings: ScanSettings, *, upsamples: bool = False
) -> float:
    start = time.perf_counter()
    result = _run(net, data, settings, upsamples=upsamples)
    return result.seen / (time.perf_counter() - start)


def make_concepts(folder: Path, count: int) -> MaskFolder:
    """Fill ``folder`` with ``count`` pictures of 256 x 256, and two masks of rectangles for each.

    Returns:
        The set of concepts, which has 12.
    """
    from PIL import Image

    folder.mkdir(parents=True)
    make_pictures(folder / IMAGES, count)
    rng = np.random.default_rng(0)
    names = [f"concept {number}" for number in range(CONCEPTS)]
    for name in names:
        (folder / MASKS / name).mkdir(parents=True)
    for number in range(count):
        for concept in rng.choice(CONCEPTS, MASKS_PER_PICTURE, replace=False):
            mask = np.zeros((PICTURE_SIDE_PIXELS, PICTURE_SIDE_PIXELS), np.uint8)
            top, left = rng.integers(0, PICTURE_SIDE_PIXELS // 2, 2)
            height, width = rng.integers(30, PICTURE_SIDE_PIXELS // 2, 2)
            mask[top : top + height, left : left + width] = 255
            Image.fromarray(mask).save(folder / MASKS / names[concept] / f"{number:05d}.png")
    return MaskFolder(folder)


class RepeatedConcepts:
    """Give the same pictures again and again, ``total`` in all."""

    in_order = False
    has_masks = True
    notes: tuple[str, ...] = ()

    def __init__(self, data: LabeledConcepts, total: int) -> None:
        self.address, self.mark, self.names = f"{data.address} again", data.mark, data.names
        self._data, self._total = data, total

    def __len__(self) -> int:
        return self._total

    def name(self, number: int) -> str:
        """Name a picture as the set does."""
        return self._data.name(number % len(self._data))

    def read(self, number: int) -> ConceptPicture:
        """Read a picture of the set."""
        return self._data.read(number % len(self._data))

    def close(self) -> None:
        """Leave the set open: it is not ours."""


def _measure_memory(
    net: Network,
    data: LabeledConcepts,
    config: DissectionBenchConfig,
    settings: ScanSettings,
    log: Callable[[str], None],
) -> dict[str, float]:
    """Measure the resident memory after a tenth of the pictures and before the scores."""
    sizes: list[float] = []

    def report(progress: Progress) -> None:
        due = (len(sizes) + 1) * config.repeated // 10
        if progress.message == COUNT_MESSAGE and len(sizes) < 10 and progress.done >= due:
            gc.collect()
            sizes.append(resident_mb())

    _run(net, RepeatedConcepts(data, config.repeated), settings, report)
    log(
        f"  resident {sizes[0]:.1f} MB after a tenth of {config.repeated}, {sizes[-1]:.1f} MB at "
        "the end"
    )
    growth = round(sizes[-1] - sizes[0], 1)
    return {"rss_mb": round(sizes[-1], 1), "rss_growth_mb": growth}
