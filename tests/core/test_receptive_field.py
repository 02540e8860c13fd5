"""A receptive field along both axes, in numbers and in words."""

import json

import pytest

from dnnvis.core.messages import LayerInfo
from dnnvis.core.receptive_field import (
    Field,
    FieldAxes,
    format_field,
    per_axis,
    receptive_box,
    shorten_field,
)

TALL: Field = ((11, 5), (4, 2), (5.0, 2.5))


@pytest.mark.parametrize(
    ("axes", "field"),
    [
        (FieldAxes((3, 3), (1, 1), (0.5, 0.5)), (3, 1, 0.5)),
        (FieldAxes((11, 5), (4, 2), (5.0, 2.5)), TALL),
        (FieldAxes((3, 3), (2, 1), (0.0, 0.0)), ((3, 3), (2, 1), (0.0, 0.0))),
        (FieldAxes((3, 3), (2, 2), (0.0, 1.0)), ((3, 3), (2, 2), (0.0, 1.0))),
    ],
)
def test_three_numbers_stand_for_axes_that_agree_and_pairs_for_others(
    axes: FieldAxes, field: Field
) -> None:
    assert shorten_field(axes) == field
    assert per_axis(field) == axes


def test_a_reader_of_json_finds_the_three_numbers_it_knows_and_pairs_where_they_differ() -> None:
    rows = [LayerInfo("a", "Conv2d", (1, 8, 8), field=field) for field in ((3, 1, 0.5), TALL)]
    written = [json.loads(json.dumps(vars(row)))["field"] for row in rows]
    assert written == [[3, 1, 0.5], [[11, 5], [4, 2], [5.0, 2.5]]]
    assert rows[0].receptive_field == (3, 1, 0.5)


@pytest.mark.parametrize(
    ("field", "text"),
    [((11, 4, 5.0), "11, 4, 5"), ((3, 1, 0.5), "3, 1, 0.5"), (TALL, "11 x 5, 4 x 2, 5 x 2.5")],
)
def test_a_field_is_one_number_in_words_only_where_both_axes_agree(field: Field, text: str) -> None:
    assert format_field(field) == text


@pytest.mark.parametrize(
    ("field", "position", "box"),
    [
        (TALL, (0, 0), (0, 1, 11, 5)),  # the center x of 2.5 is rounded: 0.5 + 0.5
        (TALL, (2, 3), (8, 7, 11, 5)),
        ((3, 2, 0.0), (1, 0), (1, -1, 3, 3)),
        (((32, 5), (1, 1), (0.0, 2.0)), (9, 4), (-6, 4, 32, 5)),  # as tall, not as wide
        (((32, 40), (1, 1), (0.0, 2.0)), (9, 4), (0, 0, 32, 40)),
        (None, (3, 3), (0, 0, 32, 40)),
    ],
)
def test_the_box_of_a_place_has_its_own_height_and_width(
    field: Field | None, position: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    assert receptive_box(field, position, (32, 40)) == box
