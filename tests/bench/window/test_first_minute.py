"""How the first minute is followed, and what is made of it."""

import pytest

from dnnvis.bench.window.first_minute import (
    BARE_WINDOW,
    FIRST_FRAME,
    REPORT,
    Milestone,
    Milestones,
    compare_panels,
    follow,
)
from dnnvis.core.errors import BadInput

CARDS = ("unit", "lens1", "lens2", "lens3", "synthesis", "examples")


def reached(**seconds: float) -> Milestones:
    return {
        name.replace("_", " "): Milestone(name.replace("_", " "), value / 2, 100.0, 0.0, value)
        for name, value in seconds.items()
    }


def test_cards_in_time_are_those_of_the_worst_start() -> None:
    bare = [reached(bare_window=2.0), reached(bare_window=4.0)]
    quick = reached(frame_1=3.0, **dict.fromkeys(CARDS, 5.0))
    slow = reached(frame_1=5.0, **dict.fromkeys(CARDS[:4], 7.0), synthesis=10.0, examples=11.0)
    figures = compare_panels(bare, [quick, slow])
    assert figures["panels_in_time"]["measured"] == "5 of 6"
    assert figures["seconds"] == {FIRST_FRAME: 4.0} | dict.fromkeys(CARDS[:4], 6.0) | {
        "synthesis": 7.5,
        "examples": 8.0,
    }
    assert figures["bare_s"] == 3.0
    assert figures["all_ratio"] == pytest.approx((5 / 2 + 11 / 4) / 2, abs=1e-3)
    assert figures["all_processor_ratio"] == figures["all_ratio"]


def test_a_card_without_a_picture_has_no_time() -> None:
    start = reached(frame_1=3.0, unit=3.0, lens1=4.0)
    figures = compare_panels([reached(bare_window=2.0)], [start])
    assert figures["panels_in_time"]["measured"] == "2 of 6"
    assert set(figures["seconds"]) == {FIRST_FRAME, "unit", "lens1"}
    assert figures["all_ratio"] is None  # not all of them were reached


def test_a_program_is_followed_until_it_reached_enough() -> None:
    program = f"{REPORT}\nfor name in 'abc': report(name)\ntime.sleep(60)"
    milestones = follow(program, {"b"}, 30.0)
    assert list(milestones) == ["a", "b"]
    assert milestones["b"].seconds >= milestones["a"].seconds > 0
    assert list(follow(program, {"a"}, 30.0, count=3)) == ["a", "b", "c"]


def test_each_program_begins_with_empty_settings_on_a_screen_in_memory() -> None:
    program = f"""{REPORT}
report(str(os.listdir(os.environ["DNNVIS_DATA"])))
report(os.environ["QT_QPA_PLATFORM"].partition(":")[0])
time.sleep(60)"""
    settings, platform = follow(program, set(), 30.0, count=2)
    assert settings == str(["screen.json"])
    assert platform == "offscreen"


def test_a_program_that_does_not_come_so_far_is_ended() -> None:
    program = f"{REPORT}\nreport('a')\ntime.sleep(60)"
    assert list(follow(program, {"a", "b"}, 1.0)) == ["a"]


def test_a_program_that_ends_by_itself_is_reported_with_its_last_words() -> None:
    with pytest.raises(BadInput, match="no such thing"):
        follow("raise SystemExit('no such thing')", {BARE_WINDOW}, 30.0)
