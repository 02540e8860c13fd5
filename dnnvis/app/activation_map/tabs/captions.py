"""Name the examples of a map, for every widget that shows their pictures."""

import numpy as np

from dnnvis.app.activation_map.tabs.base import MapTabData, colors_of
from dnnvis.app.widgets.thumbnail_grid import Thumbnail
from dnnvis.core.activation_map import Ints, Pixels
from dnnvis.core.translation.catalog import tr

CLASS_TILE_SIDE = 8  # pixels of one color
MAX_NAMES = 30  # of examples without pictures


def caption_row(tab_data: MapTabData, row: int) -> str:
    """Return the class of an example, and the predicted class where that is another."""
    map_data = tab_data.map_data
    if map_data is None or not 0 <= row < len(map_data.z):
        return ""
    label, predicted = int(map_data.labels[row]), int(map_data.predicted[row])
    if label < 0:
        return (
            ""
            if predicted < 0
            else tr("said {class_name}", class_name=tab_data.class_name(predicted))
        )
    name = tab_data.class_name(label)
    return (
        name
        if predicted in (label, -1)
        else tr("{name}, said {class_name}", name=name, class_name=tab_data.class_name(predicted))
    )


def tile_rows(tab_data: MapTabData, rows: Ints, thumbs: Pixels) -> tuple[Thumbnail, ...]:
    """Return the tiles of rows, each with its caption."""
    return tuple(
        Thumbnail(np.ascontiguousarray(thumb), caption_row(tab_data, int(row)))
        for row, thumb in zip(rows, thumbs, strict=False)
    )


def tile_classes(tab_data: MapTabData, rows: Ints) -> tuple[Thumbnail, ...]:
    """Return a tile in the color of its class for each of rows without pictures."""
    map_data = tab_data.map_data
    if map_data is None:
        return ()
    known = rows[(rows >= 0) & (rows < len(map_data.z))]
    labels, predicted = map_data.labels[known], map_data.predicted[known]
    shades = colors_of(np.where(labels >= 0, labels, predicted), len(map_data.classes))
    return tuple(
        Thumbnail(
            np.tile(shade, (CLASS_TILE_SIDE, CLASS_TILE_SIDE, 1)), caption_row(tab_data, int(row))
        )
        for row, shade in zip(known, shades, strict=True)
    )


def name_rows(tab_data: MapTabData, rows: Ints) -> str:
    """Return the captions of rows, for where there are no pictures."""
    captions = (caption_row(tab_data, int(row)) for row in rows[:MAX_NAMES])
    return ", ".join(caption for caption in captions if caption)
