"""Pictures that the window and the command line draw, from seeded numbers."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dnnvis.app.activation_map.raster import MapRenderer, RenderRequest
from dnnvis.app.activation_map.viewport import MapViewport
from dnnvis.app.widgets.strip_rendering import render_strip
from dnnvis.cli.contact_sheet import examples_sheet, patterns_sheet
from dnnvis.cli.strip_sheet import strip_sheet
from dnnvis.core.activation_map import MapData
from dnnvis.core.lens_results import Example, Examples, Patterns, Strip
from dnnvis.imaging.colorize import (
    build_lookup_table,
    compute_ranges,
    crop_to_rgb,
    map_to_rgb,
    mark_nonfinite,
    quantize,
    values_to_rgb,
)
from dnnvis.imaging.colormaps import COLORMAPS
from dnnvis.imaging.contact_sheet import arrange_images
from dnnvis.imaging.mosaic import build_grid
from dnnvis.imaging.pattern_mosaic import PatternMosaic
from dnnvis.imaging.running_range import RunningRanges, choose_range
from dnnvis.imaging.sheet_labels import labeled_sheet

Bytes = NDArray[np.uint8]
CLASSES = ("ant", "bee", "cat")


def pictures() -> dict[str, Bytes]:
    """name -> uint8, drawn from seeded numbers by the functions that the window and the command
    line draw with. Text depends on the version of a font: what is drawn has none, or is cut."""
    parts: tuple[Callable[[], dict[str, Bytes]], ...] = (
        colour_tables,
        mosaics,
        pattern_mosaic,
        sheets,
        strips,
        rasters,
    )
    return {name: pixels for part in parts for name, pixels in part().items()}


def random_maps(seed: int, *shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def random_pixels(seed: int, *shape: int) -> Bytes:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def rgb(packed: NDArray[np.uint32]) -> Bytes:
    """0xFFRRGGBB (H, W) as (H, W, 3)."""
    assert (packed >> 24 == 255).all()
    return np.stack([packed >> 16 & 255, packed >> 8 & 255, packed & 255], 2).astype(np.uint8)


def colour_tables() -> dict[str, Bytes]:
    values = random_maps(1, 9, 11)
    values[2, 3] = np.nan
    found = {f"table {name}": build_lookup_table(name, (1, 2, 3)) for name in COLORMAPS}
    found |= {f"map {name}": map_to_rgb(values, -1.5, 2, name, 0.7) for name in ("signed", "turbo")}
    for scale in ("rgb", "centred", "signed", "positive"):
        found[f"picture {scale}"] = values_to_rgb(random_maps(2, 8, 10, 3) * 0.4 + 0.5, scale)[0]
    return found | {"crop": crop_to_rgb(random_maps(3, 8, 10, 3))}


def mosaics() -> dict[str, Bytes]:
    """Two frames of a layer, in a running range, with a value that is not a number."""
    found = {}
    for name, gamma, per_unit in (("viridis", 1.0, False), ("signed", 0.5, True)):
        levels, frames = RunningRanges(), random_maps(4, 2, 7, 6, 5)
        frames[1, 3, 2, 2] = np.inf
        for frame in frames:
            low, high, _ = compute_ranges(frame)
            levels.update(("net", "layer"), low, high)
        low, high = levels.get(("net", "layer"))
        signed = name == "signed"
        reach = choose_range(low, high, fixed=None, per_unit=per_unit, signed=signed)
        painted = quantize(frames[1], reach.low, reach.high, gamma=gamma, signed=signed)
        painted, bad = mark_nonfinite(painted, frames[1])
        assert bad == 1
        found[f"mosaic {name}"] = build_lookup_table(name, (40, 44, 52))[
            build_grid(7, 6, 5, 1.5).render(painted)
        ]
    return found


def pattern_mosaic() -> dict[str, Bytes]:
    thumbs = {k: random_pixels(k, 28, 28, 3) for k in (0, 1, 3)}
    tiles = PatternMosaic(Patterns("layer", "net", thumbs), 5, (30, 34, 40))
    edges = build_lookup_table("viridis")[np.array([0, 60, 120, 180, 250])]
    return {"pattern": rgb(tiles.render(tiles.grid(1.4), edges, (40, 44, 52)))}


def sheets() -> dict[str, Bytes]:
    """The window's sheet of pictures, and those that the command line writes."""
    items = tuple(
        Example(
            random_pixels(k, 9, 7, 3),
            random_pixels(9 + k, 12, 12, 3),
            3.0 - k,
            (1, 2),
            (0, 0, 9, 7),
            backs={"guided": random_maps(k, 9, 7, 3)},
        )
        for k in range(2)
    )
    thumbs = {k: random_pixels(k, 8, 8, 3) for k in (0, 2, 4)}
    labelled = [(random_pixels(k, 8, 8, 3), "") for k in range(3)]  # no words: no font
    return {
        "sheet": (arrange_images(random_maps(5, 5, 6, 8, 3), 2, 0.5) * 40 + 128)
        .clip(0, 255)
        .astype(np.uint8),
        "sheet examples": examples_sheet(Examples(items, synthesis=random_pixels(3, 12, 12, 3))),
        "sheet patterns": patterns_sheet(Patterns("layer", "net", thumbs)),
        "sheet labelled": labeled_sheet(labelled),
    }


def life_strip() -> Strip:
    """Three boards, imagined nearly right."""
    truth = (np.random.default_rng(6).random((3, 8, 8, 1)) < 0.4).astype(np.float32)
    imagined = (0.9 * truth + 0.05).astype(np.float32)
    imagined[0, 0, 0], imagined[1, 7, 3] = 0.83, -0.25
    rows = {"truth": truth, "imagination": imagined, "difference": imagined - truth}
    steps = (("encoder", 0), ("cell", 0), ("cell", 1))
    return Strip(
        rows, marks=("a", "b", "c"), steps=steps, recipe={"lens": "imagine", "threshold": 0.5}
    )


def strips() -> dict[str, Bytes]:
    strip = life_strip()
    scores = replace(strip, rows={"imagination": random_maps(7, 3, 1, 20, 1)})
    colour = replace(strip, rows={"imagination": random_maps(8, 3, 6, 5, 3)})
    wanted = {
        "raw": (strip, "raw"),
        "cells": (strip, "cells"),
        "scores": (scores, "raw"),
        "colour": (colour, "raw"),
    }
    found = {
        f"strip {name} {row.name}": row.pixels
        for name, (one, mode) in wanted.items()
        for row in render_strip(one, mode, "viridis")
    }
    found["strip sheet"] = without_text(strip_sheet(strip))
    found["strip sheet scores"] = strip_sheet(scores)[:, : scores_wide(20)]
    return found


def without_text(sheet: Bytes, side: int = 176, text: int = 28, gap: int = 4) -> Bytes:
    """A sheet of pictures ``side`` high without the two lines of words below each row."""
    rows = range(gap, len(sheet) - gap, side + text + gap)
    return np.concatenate([sheet[top : top + side] for top in rows])


def scores_wide(classes: int) -> int:
    """How much of a sheet of scores is picture; words stand beside it."""
    return classes * -(-256 // classes)


def rasters() -> dict[str, Bytes]:
    random = np.random.default_rng(11)
    many, side = 150, 9
    known = random.integers(0, 4, many)
    cloud = MapData(
        z=random.normal(size=(many, 2)).astype(np.float32),
        labels=known - 1,
        predicted=np.where(random.random(many) < 0.8, known - 1, 1).astype(np.int64),
        log_e=random.normal(size=many).astype(np.float32),
        expected={k: random.normal(size=many).astype(np.float32) for k in ("2d", "rich")},
        doubt=random.random(many).astype(np.float32),
        test=random.random(many) < 0.3,
        shown=np.arange(many),
        step=np.zeros(many, np.int64),
        classes=CLASSES,
        error_field=random.normal(size=(side, side)).astype(np.float32),
        empty=random.random((side, side)) < 0.4,
        extent=(-3.0, 3.0, -3.0, 3.0),
    )
    wish = RenderRequest(cloud, MapViewport(0.1, -0.2, 12.0, 88, 72))
    wanted = {
        "class": wish,
        "error": replace(wish, colour="error", part="test", picked=(3, 5, 8)),
        "expected": replace(wish, colour="expected", kind="rich", field=False, ratio=2.0),
        "predicted": replace(wish, colour="predicted", off=(1,), zoom=3.0),
    }
    return {f"raster {name}": rgb(MapRenderer().paint(one).pixels) for name, one in wanted.items()}
