"""How numbers are written, against tables written by hand."""

import math

import numpy as np
import pytest

from dnnvis.core.formatting import (
    format_cell,
    format_decimals,
    format_duration,
    format_long_duration,
    format_map_value,
    format_number,
    format_page_number,
    format_percent,
    format_signed,
    format_tick,
)

NAN, INFINITY = math.nan, math.inf


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.4149, "2.41"),
        (0, "0"),
        (-13.37, "-13.4"),
        (0.00312, "0.00312"),
        (1.2e-7, "1.2e-07"),
        (250000, "2.5e+05"),
        (1234.5, "1234"),
        (NAN, "not a number"),
        (INFINITY, "inf"),
        (-INFINITY, "-inf"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.414, "2.41"),
        (0.00312, "0.00312"),
        (1234.5, "1,234"),
        (1.2e6, "1.20e+06"),
        (-1.2e-6, "−1.20e−06"),
        (0, "0"),
        (-3.0, "−3.00"),
        (None, "–"),
        (NAN, "not a number"),
        (INFINITY, "∞"),
        (-INFINITY, "−∞"),
    ],
)
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    assert format_page_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1234, "0.123"), (0, "0.000"), (-2.5, "-2.500"), (None, "–"), (NAN, "–")],
)
def test_a_score_has_three_digits_or_is_a_dash(value: float | None, text: str) -> None:
    assert format_decimals(value) == text


def test_other_digits_can_be_asked_for() -> None:
    assert format_decimals(0.126, 2) == "0.13"
    assert format_decimals(None, 2) == "–"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.123"), (-1.5, "-1.5"), (1234.0, "1.23e+03"), (None, ""), (NAN, "nan")],
)
def test_a_cell_without_a_number_is_empty(value: float | None, text: str) -> None:
    assert format_cell(value) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1.25, 1, "1.2"), (-1.26, 1, "−1.3"), (-0.04, 1, "0.0"), (-0.04, 2, "−0.04"), (2, 0, "2")],
)
def test_a_minus_sign_is_true_and_never_before_a_nought(
    value: float, digits: int, text: str
) -> None:
    assert format_signed(value, digits) == text


def test_short_numbers() -> None:
    values = (0.3, -0.25, 1.256, 10.5, 0.0, -0.001, np.nan, -INFINITY)
    assert [format_map_value(value) for value in values] == [
        ".30",
        "−.25",
        "1.26",
        "10.50",
        ".00",
        ".00",
        "unknown",
        "unknown",
    ]


def test_numbers_of_the_axes_have_true_minus_signs() -> None:
    values = (-2.0, 0.0, -0.0, -0.5, 1e-7, 1234567.0)
    assert [format_tick(value) for value in values] == [
        "−2",
        "0",
        "0",
        "−0.5",
        "1e−07",
        "1.23457e+06",
    ]


def test_shares_are_per_cent() -> None:
    shares = (0, 0.00412, 0.034, 0.03, 0.0997, 0.5, 1)
    assert [format_percent(share) for share in shares] == [
        "0 %",
        "0.41 %",
        "3.4 %",
        "3 %",
        "10 %",
        "50 %",
        "100 %",
    ]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0 %"),
        (1, "100 %"),
        (0.123, "12 %"),
        (0.0123, "1.2 %"),
        (0.03, "3.0 %"),
        (0.00412, "0.4 %"),
        (0.00042, "0.042 %"),
    ],
)
def test_a_small_share_does_not_look_like_none(share: float, text: str) -> None:
    assert format_percent(share, tenths=True) == text


def test_times_are_told_in_the_unit_that_people_use() -> None:
    assert [format_duration(s) for s in (0, 89.4, 91, 3600, 5399, 5401, 4 * 3600)] == [
        "0 s",
        "89 s",
        "2 min",
        "60 min",
        "90 min",
        "1.5 h",
        "4.0 h",
    ]


def test_long_times_are_told_in_hours_and_minutes() -> None:
    assert [format_long_duration(s) for s in (-5, 29, 31, 3569, 3571, 3900, 36_000)] == [
        "0 min",
        "0 min",
        "1 min",
        "59 min",
        "1 h 00 min",
        "1 h 05 min",
        "10 h 00 min",
    ]
