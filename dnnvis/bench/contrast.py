"""Measure for ``dnnvis bench contrast`` how much of the pictures of units can be seen.

Of backward pictures: the share of pixels that are mid-gray, under the view that the window shows
first and as the values came. Of the mosaics of every layer: the share of pixels near the darkest
color, drawn as the window does at first, and plainly, beside the share of values that are zero.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.bench.open_data import open_path
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.imaging import colorize, mosaic
from dnnvis.imaging.maps_summary import summarize_maps
from dnnvis.imaging.running_range import choose_range
from dnnvis.imaging.unit_order import rank_units
from dnnvis.imaging.views import view_of
from dnnvis.lenses.look import look
from dnnvis.network.network import Network
from dnnvis.session.layers import list_layers
from dnnvis.session.state import LENSES, LensPanel, State

DEFAULT_LAYERS = (
    "features.1",
    "features.4.expand3x3_activation",
    "features.9.expand3x3_activation",
    "features.12.expand3x3_activation",
)
GRAY_LEVELS = 8  # from mid-gray, in every channel
DARK_LEVELS = 60  # from the darkest color, in every channel
MAX_GRAY, MAX_DARK = 0.65, 0.60  # asked of the medians
ASPECT = 732 / 760  # of the mosaic in a window of 1600 x 1000


@dataclass(frozen=True)
class MosaicDarkness:
    """How dark the mosaic of a layer is on one photograph."""

    #: Share of its pixels near the darkest color, as the window draws it at first.
    shown: float
    #: The same with the whole range, linear, in viridis, by number.
    plain: float
    #: Share of the values that are zero.
    zero: float
    #: Whether it is drawn about zero.
    signed: bool


@dataclass(frozen=True)
class ContrastBenchConfig:
    """What ``measure`` looks at."""

    #: Folder of photographs.
    data: Path
    #: Layers whose units are sent back.
    layers: tuple[str, ...] = DEFAULT_LAYERS
    #: Units of each layer that are drawn by lot.
    units: int = 20
    #: How many of those each photograph is shown to, in turns.
    pairs: int = 1
    #: Photographs, 0 = all.
    limit: int = 0
    #: Seed of the lot.
    seed: int = 0


def measure(
    network: Network, config: ContrastBenchConfig, log: Callable[[str], None]
) -> dict[str, Any]:
    """Measure both on every photograph.

    Args:
        network: The network.
        config: What to look at.
        log: Receives a line for each lens and layer.

    Returns:
        The figures. Raises BadInput where there is no such folder.
    """
    grays: dict[tuple[str, str], list[tuple[float, float]]] = {}
    darks: dict[str, list[MosaicDarkness]] = {}
    lot = random.Random(config.seed)
    drawn = {}
    for layer in config.layers:
        count = network.layer(layer).shape[0]
        drawn[layer] = lot.sample(range(count), min(config.units, count))
    silent = number = 0
    for number, pixels in enumerate(read_photographs(config.data, config.limit), 1):
        for name, figure in _measure_mosaics(network, pixels):
            darks.setdefault(name, []).append(figure)
        for layer, channels in drawn.items():
            first = number * config.pairs
            units = [channels[(first + k) % len(channels)] for k in range(config.pairs)]
            for lens, fractions in _measure_units(network, pixels, layer, units):
                if fractions is None:
                    silent += 1
                else:
                    grays.setdefault((lens, layer), []).append(fractions)
    if not grays:
        raise BadInput(f"No unit is active on a picture of {config.data}.")
    rows = list(_summarize(grays, darks, log))
    clear, raw = zip(*(pair for pairs in grays.values() for pair in pairs), strict=True)
    everywhere = [each for layer in darks.values() for each in layer]
    return {
        "photographs": number,
        "backward_pictures": len(clear),
        "pictures_of_silent_units": silent,
        "gray_fraction": {
            "median": _median(clear),
            "asked": f"<= {MAX_GRAY:g}",
            "raw": _median(raw),
        },
        "dark_fraction": _dark_figure(everywhere),
        "dark_fraction_without_negative_values": _dark_figure(
            [each for each in everywhere if not each.signed]
        ),
        "rows": rows,
    }


def _measure_mosaics(
    network: Network, pixels: NDArray[np.uint8]
) -> Iterator[tuple[str, MosaicDarkness]]:
    """Yield each layer that keeps maps, with its darkness on a photograph."""
    names = [row.name for row in list_layers(network.info) if row.shape[1] * row.shape[2] > 1]
    recording = network.record(pixels, names)
    for name in names:
        maps = recording.tensor(name)[0].detach()  # (C, H, W)
        yield name, measure_mosaic(maps.float().cpu().numpy())


def _measure_units(
    network: Network, pixels: NDArray[np.uint8], layer: str, channels: Sequence[int]
) -> Iterator[tuple[str, tuple[float, float] | None]]:
    """Yield each lens with the gray fractions of its picture of each unit; None: it is silent."""
    for channel in channels:
        for lens in LENSES:
            values = look(network, lens, Unit(layer, channel), image=pixels).values
            yield lens, measure_gray_fractions(values) if values.any() else None


def read_photographs(folder: Path, limit: int = 0) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels (H, W, C) of a folder's pictures in order; limit 0: of all.

    Raises BadInput where there is no such folder.
    """
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}; say with --data where photographs are.")
    with open_path(folder) as source:
        number = 0
        while not limit or number < limit:
            frame = source.read()
            if frame is None:
                return
            yield frame.pixels
            number += 1


def measure_gray_fractions(values: NDArray[np.float32]) -> tuple[float, float]:
    """Return which fractions of a backward picture (H, W, C) are mid-gray: as shown, and raw."""
    fractions = []
    for view in (LensPanel().view, "raw"):
        pixels, _ = colorize.values_to_rgb(*view_of(values, view))
        distance = np.abs(pixels.astype(np.int16) - 128).max(2)
        fractions.append(float(np.mean(distance <= GRAY_LEVELS)))
    return fractions[0], fractions[1]


def measure_mosaic(maps: NDArray[np.float32]) -> MosaicDarkness:
    """Measure how dark the mosaic of maps (N, H, W) is."""
    summary = summarize_maps(maps)
    low, high = summary.low, summary.high
    state = State()
    name = summary.choose_colormap(state.colours)
    is_signed = name == "signed"
    limits = summary.clip(is_signed)
    order = rank_units(high, high, np.flatnonzero(high <= 0))
    grid = mosaic.build_grid(*_shape(maps), ASPECT, order=order, with_large=True)
    shown = choose_range(*limits, fixed=None, per_unit=False, signed=is_signed)
    plain = choose_range(low, high, fixed=None, per_unit=False, signed=False)
    plain_grid = mosaic.build_grid(*_shape(maps), ASPECT)
    fractions = []
    for each, laid_out, colors, gamma in (
        (shown, grid, name, state.gamma),
        (plain, plain_grid, "viridis", 1.0),
    ):
        indices = colorize.quantize(
            maps, each.low, each.high, gamma=gamma, signed=colors == "signed"
        )
        fractions.append(measure_dark_fraction(laid_out.render(indices), colors))
    return MosaicDarkness(fractions[0], fractions[1], float(np.mean(maps == 0)), is_signed)


def measure_dark_fraction(indices: NDArray[np.uint8], name: str) -> float:
    """Return the share of a mosaic's cells, lines aside, near the darkest color of ``name``."""
    table = colorize.build_lookup_table(name).astype(np.int16)
    colors = table[: colorize.TOP_INDEX + 1]
    darkest = colors[np.argmin(colors.sum(1))]
    is_dark = np.abs(table - darkest).max(1) <= DARK_LEVELS
    cells = indices[indices != colorize.LINE_INDEX]
    return float(np.mean(is_dark[cells]))


def _shape(maps: NDArray[np.float32]) -> tuple[int, int, int]:
    return maps.shape[0], maps.shape[1], maps.shape[2]


def _median(values: Iterable[float]) -> float:
    return round(median(values), 3)


def _dark_figure(mosaics: Sequence[MosaicDarkness]) -> dict[str, float | str]:
    if not mosaics:
        return {}
    return {
        "median": _median(each.shown for each in mosaics),
        "asked": f"<= {MAX_DARK:g}",
        "plain": _median(each.plain for each in mosaics),
        "zero": _median(each.zero for each in mosaics),
    }


def _summarize(
    grays: dict[tuple[str, str], list[tuple[float, float]]],
    darks: dict[str, list[MosaicDarkness]],
    log: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    for (lens, layer), pairs in grays.items():
        clear, raw = (_median(each) for each in zip(*pairs, strict=True))
        log(f"{lens} of {layer}: {clear} gray, raw {raw}, {len(pairs)} pictures")
        yield {"lens": lens, "layer": layer, "gray_fraction": clear, "raw": raw}
    for layer, mosaics in darks.items():
        figure = _dark_figure(mosaics)
        log(f"mosaic of {layer}: {figure['median']} dark, {figure['zero']} of its values are zero")
        yield {"layer": layer, "dark_fraction": figure["median"], "zero": figure["zero"]}
