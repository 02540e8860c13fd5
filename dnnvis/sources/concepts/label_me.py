"""Concepts drawn as shapes: labelme's JSON files beside the pictures.

The format is that of labelme (github.com/wkentaro/labelme): ``shapes`` with ``label``,
``shape_type`` and ``points`` (x, y) in pixels, and the picture's name in ``imagePath``. Pictures
inside of the JSON (``imageData``) are not read.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.concept_set import ConceptPicture, list_some, stack_masks
from dnnvis.sources.data.dataset import check_name, compute_mark, printable_path, read_stat
from dnnvis.sources.data.folders import is_picture_name, natural_key
from dnnvis.sources.image_files import read_with_notes
from dnnvis.sources.images.limits import read_file
from dnnvis.sources.opencv import opencv

MIN_POINTS = {"polygon": 3, "rectangle": 2, "circle": 2}
MAX_COORDINATE = 1e6  # pixels: more is no place in a picture


class LabeledShape(NamedTuple):
    """One shape of a file."""

    label: str
    #: polygon | rectangle | circle.
    kind: str
    #: (x, y) in pixels: corners; two opposite corners; the middle and a point on the circle.
    points: tuple[tuple[float, float], ...]


class LabelMeFolder:
    """Pictures with a JSON file of the same name, or named in one, in a folder (not below it).

    Pictures without a file are left out and noted, as are shapes that are no polygon, rectangle or
    circle. Where shapes of one label overlap they are one mask.
    """

    has_masks = True
    in_order = False

    def __init__(self, path: Path) -> None:
        self.address = str(path.resolve())
        self._items: list[tuple[Path, tuple[LabeledShape, ...]]] = []
        lost, others = [], []
        files = sorted(path.glob("*.json"), key=lambda file: natural_key(file.name))
        for file in files:
            shapes, skipped, named = read_shapes(file)
            others += [f"{kind} in {file.name}" for kind in skipped]
            picture = _find_picture(file, named)
            if picture is None:
                lost.append(file.name)
            else:
                check_name(picture.resolve())
                self._items.append((picture, shapes))
        labels = {shape.label for _, shapes in self._items for shape in shapes}
        self.names = tuple(sorted(labels, key=natural_key))
        if not self._items:
            raise BadInput(
                f"No JSON file in {path} has its picture beside it ({list_some(lost)}); put the "
                "pictures into the same folder."
            )
        if not self.names:
            raise BadInput(
                f"The JSON files in {path} have no polygon, rectangle or circle; draw some, or "
                "choose other concepts."
            )
        pictures = {picture.name for picture, _ in self._items}
        bare = [
            file.name
            for file in sorted(path.iterdir())
            if is_picture_name(file.name) and file.name not in pictures
        ]
        self.mark = compute_mark(
            [
                *(str(picture) for picture, _ in self._items),
                *(read_stat(picture) for picture, _ in self._items),
                *(shapes for _, shapes in self._items),
            ]
        )
        self.notes = tuple(
            f"{sentence}: {list_some(names)}."
            for sentence, names in (
                ("JSON files without their picture beside them are left out", lost),
                ("Pictures without a JSON file are left out", bare),
                ("Shapes other than polygons, rectangles and circles are left out", others),
            )
            if names
        )

    def __len__(self) -> int:
        return len(self._items)

    def name(self, number: int) -> str:
        """Return the path of a picture."""
        return printable_path(self._items[number][0])

    def read(self, number: int) -> ConceptPicture:
        """Read a picture and draw its masks; raise BadInput where it is broken."""
        picture, shapes = self._items[number]
        decoded = read_with_notes(picture)
        height, width = decoded.pixels.shape[:2]
        masks: dict[str, NDArray[np.bool_]] = {}
        for shape in shapes:
            mask = draw_shape(shape, height, width)
            masks[shape.label] = masks[shape.label] | mask if shape.label in masks else mask
        concepts = tuple(self.names.index(label) for label in masks)
        stacked = stack_masks((height, width), masks.values())
        return ConceptPicture(decoded.pixels, concepts, stacked, decoded.notes)

    def close(self) -> None:
        """Do nothing: no file stays open."""


def read_shapes(file: Path) -> tuple[tuple[LabeledShape, ...], list[str], str]:
    """Return the shapes in a JSON file, the kinds that were left out, and the picture's name.

    Raises BadInput where it is not as labelme writes it.
    """
    try:
        content = json.loads(read_file(file).decode("utf-8"))
        shapes, skipped = [], []
        for entry in content["shapes"]:
            kind = str(entry.get("shape_type") or "polygon")
            if kind not in MIN_POINTS:
                skipped.append(kind)
                continue
            shapes.append(LabeledShape(str(entry["label"]), kind, _read_points(entry, kind)))
        return tuple(shapes), skipped, str(content.get("imagePath") or "")
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise BadInput(
            f"{file} is no JSON file of labelme (shapes with label, shape_type and points); "
            "repair it, or take it out of the folder."
        ) from None


def _read_points(entry: Any, kind: str) -> tuple[tuple[float, float], ...]:
    points = tuple((float(x), float(y)) for x, y in entry["points"])
    flat = np.array(points, np.float64)
    is_usable = len(points) >= MIN_POINTS[kind] and bool((np.abs(flat) <= MAX_COORDINATE).all())
    if not is_usable or (kind != "polygon" and len(points) != 2):
        raise ValueError(points)
    return points


def _find_picture(file: Path, named: str) -> Path | None:
    """Return the picture that a JSON file belongs to, in its folder; None where there is none."""
    beside = file.parent / named.replace("\\", "/").rpartition("/")[2]
    if named and is_picture_name(beside.name) and beside.is_file():
        return beside
    same = [each for each in sorted(file.parent.glob(f"{_escape(file.stem)}.*"))]
    return next((each for each in same if is_picture_name(each.name) and each.is_file()), None)


def _escape(stem: str) -> str:
    return "".join(f"[{letter}]" if letter in "[]*?" else letter for letter in stem)


def draw_shape(shape: LabeledShape, height: int, width: int) -> NDArray[np.bool_]:
    """Return where a shape is, bool (height, width).

    A pixel belongs to it whose middle lies in it, as far as OpenCV's fillPoly says so (its border
    does, too); of a circle exactly.
    """
    points = np.array(shape.points, np.float64)
    if shape.kind == "circle":
        (x, y), (on_x, on_y) = points
        radius = (on_x - x) ** 2 + (on_y - y) ** 2
        rows, columns = np.ogrid[:height, :width]
        inside: NDArray[np.bool_] = (columns - x) ** 2 + (rows - y) ** 2 <= radius
        return inside
    if shape.kind == "rectangle":
        (x0, y0), (x1, y1) = points.min(0), points.max(0)
        points = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
    bits = 4  # of fractions of a pixel
    scaled = np.rint(points * (1 << bits)).astype(np.int32)
    mask = np.zeros((height, width), np.uint8)
    opencv().fillPoly(mask, [scaled], 1, shift=bits)
    return mask.astype(np.bool_)
