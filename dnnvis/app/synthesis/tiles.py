"""The pictures of a synthesis as tiles, and as images to be saved."""

from collections.abc import Callable, Iterator

import numpy as np
from PyQt6.QtGui import QImage

from dnnvis.app.synthesis import text
from dnnvis.app.widgets import image_files, messages
from dnnvis.app.widgets.thumbnail_grid import Thumbnail
from dnnvis.core.lens_results import Array, StoredPicture, SynthesisResult
from dnnvis.imaging import colorize, contact_sheet


def iter_tiles(result: SynthesisResult) -> Iterator[Thumbnail]:
    """Yield the tile of each picture; of several each has its value."""
    for k, values in enumerate(result.sheet):
        has_label = len(result.sheet) > 1 and k < len(result.measures)
        label = text.format_short(result.measures[k]) if has_label else ""
        pixels = colorize.values_to_rgb(values, result.scale)[0]
        yield Thumbnail(np.ascontiguousarray(pixels), label)


def tile_stored(picture: StoredPicture, label: str = "") -> Thumbnail:
    """Return the tile of a saved picture."""
    return Thumbnail(colorize.to_three_channels(picture.pixels), label)


def to_result(picture: StoredPicture, unit: str) -> SynthesisResult:
    """Return a saved picture of a unit as the result that it was."""
    values: Array = picture.pixels.astype(np.float32) / np.float32(255)
    curve = np.zeros((0, 1), np.float32) if picture.curve is None else picture.curve
    return SynthesisResult(
        values,
        recipe=picture.recipe,
        unit=unit,
        sheet=values[None],
        curve=curve,
        step=len(curve),
        steps=max(len(curve), 1),
        measures=() if picture.metrics is None else (picture.metrics,),
    )


def to_image(picture: SynthesisResult | StoredPicture) -> QImage:
    """Return what is shown, one picture or all nine, with its recipe."""
    if isinstance(picture, StoredPicture):
        pixels = colorize.to_three_channels(picture.pixels)
        return image_files.to_qimage(pixels, picture.recipe)
    images = picture.sheet if len(picture.sheet) > 1 else picture.values[None]
    sheet = np.stack([colorize.values_to_rgb(values, picture.scale)[0] for values in images])
    recipe = messages.build_recipe(picture)
    return image_files.to_qimage(contact_sheet.arrange_images(sheet), recipe)


def to_values(picture: SynthesisResult | StoredPicture) -> np.ndarray:
    """Return all pictures (N, H, W, C) in [0, 1]."""
    if isinstance(picture, StoredPicture):
        return picture.pixels[None].astype(np.float32) / np.float32(255)
    return picture.sheet


def name_file(
    picture: SynthesisResult | StoredPicture, unit: str, preset: str, label: Callable[[str], str]
) -> str:
    """Return a name for a picture's files, without a suffix.

    Args:
        picture: The picture.
        unit: The unit that a saved picture is of.
        preset: The preset that a picture grows with.
        label: Replaces names of layers by their titles.

    Returns:
        The name.
    """
    if isinstance(picture, StoredPicture):
        return image_files.clean_name(f"{picture.preset} {label(unit)}")
    return image_files.file_name(picture, preset, label)


def name_unit(picture: SynthesisResult | StoredPicture, goal: str) -> str:
    """Return whose picture it is; a saved one is of the goal."""
    return goal if isinstance(picture, StoredPicture) else picture.unit


def describe_progress(picture: SynthesisResult | StoredPicture, is_paused: bool) -> tuple[str, ...]:
    """Return network and progress of a picture that grows; nothing of one that is saved."""
    if isinstance(picture, StoredPicture):
        return ()
    return picture.network, text.format_progress(picture, is_paused)
