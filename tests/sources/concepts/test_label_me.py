"""Concepts drawn with labelme."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.label_me import LabeledShape, LabelMeFolder, draw_shape
from helpers.concept_folders import shape, write_shapes


def test_shapes_of_one_label_are_one_mask(tmp_path: Path) -> None:
    write_shapes(
        tmp_path,
        "a",
        [
            shape("cat", "rectangle", (2, 3), (8, 9)),
            shape("cat", "polygon", (20, 2), (28, 2), (28, 10)),
            shape("dog", "circle", (15, 10), (19, 10)),
        ],
    )
    data = LabelMeFolder(tmp_path)
    picture = data.read(0)
    assert (data.names, picture.concepts) == (("cat", "dog"), (0, 1))
    cat, dog = picture.masks
    assert cat[3:10, 2:9].all()  # corners belong to it
    assert cat[4, 26]
    assert not cat[8, 21]
    assert int(cat.sum()) == 7 * 7 + int(cat[:, 15:].sum())
    y, x = np.mgrid[:20, :30]
    np.testing.assert_array_equal(dog, np.hypot(y - 10, x - 15) <= 4)


def test_a_polygon_is_that_of_pillow_but_for_its_border() -> None:
    corners = ((3.0, 2.0), (25.0, 5.0), (20.0, 17.0), (6.0, 14.0))
    image = Image.new("1", (30, 20))
    ImageDraw.Draw(image).polygon(corners, fill=1)
    expected = np.asarray(image)
    drawn = draw_shape(LabeledShape("x", "polygon", corners), 20, 30)
    y, x = np.nonzero(drawn != expected)
    edges = zip(corners, (*corners[1:], corners[0]), strict=True)
    distances = np.stack([_distance(x, y, a, b) for a, b in edges]).min(0)
    assert (distances < 1).all()
    assert expected.sum() > 150


def _distance(x: np.ndarray, y: np.ndarray, a: tuple[float, float], b: tuple[float, float]):
    (ax, ay), (bx, by) = a, b
    length = np.hypot(bx - ax, by - ay)
    return np.abs((bx - ax) * (y - ay) - (by - ay) * (x - ax)) / length


def test_shapes_may_reach_over_the_edges() -> None:
    mask = draw_shape(LabeledShape("x", "rectangle", ((-5, -5), (3, 100))), 20, 30)
    expected = np.zeros((20, 30), bool)
    expected[:, :4] = True
    np.testing.assert_array_equal(mask, expected)


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    write_shapes(tmp_path, "a", [shape("cat", "rectangle", (2, 3), (8, 9))])
    write_shapes(tmp_path, "b", [shape("cat", "line", (2, 3), (8, 9))])
    write_shapes(tmp_path, "c", [])
    (tmp_path / "c.png").unlink()
    Image.new("RGB", (4, 4)).save(tmp_path / "plain.png")
    data = LabelMeFolder(tmp_path)
    assert len(data) == 2
    assert data.notes == (
        "JSON files without their picture beside them are left out: c.json.",
        "Pictures without a JSON file are left out: plain.png.",
        "Shapes other than polygons, rectangles and circles are left out: line in b.json.",
    )


def test_the_picture_is_the_one_named_or_of_the_same_name(tmp_path: Path) -> None:
    path = write_shapes(
        tmp_path, "a", [shape("cat", "rectangle", (2, 3), (8, 9))], imagePath="..\\data\\other.png"
    )
    (tmp_path / "a.png").rename(tmp_path / "other.png")
    assert LabelMeFolder(tmp_path).name(0).endswith("other.png")
    (tmp_path / "other.png").rename(tmp_path / "a.jpg")
    assert LabelMeFolder(tmp_path).name(0).endswith("a.jpg")
    assert path.exists()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"shapes": [{"shape_type": "polygon", "points": [[0, 0], [1, 1], [2, 0]]}]}',
        '{"shapes": [{"label": "x", "points": [[0, 0], [1, 1]]}]}',
        '{"shapes": [{"label": "x", "points": [[0, 0], [1, 1e9], [2, 0]]}]}',
        '{"shapes": [{"label": "x", "shape_type": "circle", "points": [[0, 0]]}]}',
        '{"shapes": [{"label": "x", "points": [[0, 0], [1, "a"], [2, 0]]}]}',
        '{"shapes": [{"label": "x", "points": [[0, 0], [1, NaN], [2, 0]]}]}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_none_of_labelme_is_named(tmp_path: Path, text: str) -> None:
    write_shapes(tmp_path, "a", [])
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(BadInput, match=r"a\.json is no JSON file of labelme"):
        LabelMeFolder(tmp_path)


def test_nothing_drawn_and_no_picture_are_refused(tmp_path: Path) -> None:
    write_shapes(tmp_path, "a", [])
    with pytest.raises(BadInput, match="have no polygon, rectangle or circle"):
        LabelMeFolder(tmp_path)
    (tmp_path / "a.png").unlink()
    with pytest.raises(BadInput, match="No JSON file in"):
        LabelMeFolder(tmp_path)


def test_the_mark_changes_with_a_shape(tmp_path: Path) -> None:
    path = write_shapes(tmp_path, "a", [shape("cat", "rectangle", (2, 3), (8, 9))])
    before = LabelMeFolder(tmp_path).mark
    content = json.loads(path.read_text())
    content["shapes"][0]["points"][0][0] = 1
    path.write_text(json.dumps(content))
    assert LabelMeFolder(tmp_path).mark != before
