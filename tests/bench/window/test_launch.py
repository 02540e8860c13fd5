"""Whether a first window lies inside of its screen."""

import pytest

from dnnvis.bench.window.launch import SCALES, SCREENS, lies_inside


@pytest.mark.parametrize(
    ("window", "inside"),
    [
        ([0, 0, 100, 80], True),
        ([10, 5, 90, 75], True),
        ([10, 5, 91, 75], False),
        ([0, -1, 100, 80], False),
    ],
)
def test_a_box_lies_inside_of_another(window: list[int], inside: bool) -> None:
    assert lies_inside(window, [0, 0, 100, 80]) == inside


def test_twelve_first_launches_are_measured() -> None:
    assert len(SCREENS) * len(SCALES) == 12
