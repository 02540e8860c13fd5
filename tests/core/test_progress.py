"""How long a work still takes, by a clock that the test moves itself."""

import threading

import pytest

from dnnvis.core.progress import Eta, Progress, ReportInterval


class Hand:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_nothing_is_known_of_a_work_that_has_not_begun() -> None:
    assert Progress() == Progress("", 0, 0, None)


def test_the_rest_takes_as_long_as_what_is_done_did(hand: Hand) -> None:
    eta = Eta(hand)
    assert eta.estimate(0, 10) is None
    hand.now += 4
    assert eta.estimate(2, 10) == 16  # 2 s each, 8 of them
    hand.now += 6
    assert eta.estimate(10, 10) == 0


def test_what_was_done_before_the_first_count_does_not_speed_it_up(hand: Hand) -> None:
    eta = Eta(hand)
    assert eta.estimate(90, 100) is None
    hand.now += 5
    assert eta.estimate(91, 100) == 45  # not 5 / 91 * 9


def test_without_a_total_or_a_step_nothing_is_known(hand: Hand) -> None:
    eta = Eta(hand)
    eta.estimate(3, 9)
    hand.now += 1
    assert eta.estimate(3, 9) is None
    assert eta.estimate(4, 0) is None
    hand.now += 1
    assert eta.estimate(5, 0) is None


def test_more_than_all_is_no_time_left_and_not_less(hand: Hand) -> None:
    eta = Eta(hand)
    eta.estimate(0, 4)
    hand.now += 1
    assert eta.estimate(5, 4) == 0


def test_the_time_left_is_that_of_the_stage(hand: Hand) -> None:
    eta = Eta(hand)
    assert eta.estimate(10, 110, "a") is None
    assert eta.is_stage_start
    hand.now += 5
    assert eta.estimate(60, 110, "a") == 5
    assert not eta.is_stage_start
    hand.now += 4
    assert eta.estimate(20, 40, "b") is None
    assert eta.is_stage_start
    hand.now += 1
    assert eta.estimate(30, 40, "b") == 1
    assert not eta.is_stage_start
    assert eta.estimate(10, 40, "b") is None, "begun again"
    assert eta.is_stage_start, "begun again"


def test_another_total_is_another_stage(hand: Hand) -> None:
    eta = Eta(hand)
    eta.estimate(0, 10)
    hand.now += 50
    assert eta.estimate(5, 200) is None
    assert eta.is_stage_start
    hand.now += 1
    assert eta.estimate(6, 200) == 194


def test_a_restart_forgets_what_was_measured(hand: Hand) -> None:
    eta = Eta(hand)
    eta.estimate(0, 10)
    hand.now += 1000
    eta.restart(0, 10)
    hand.now += 1
    assert eta.estimate(1, 10) == 9


def test_a_pause_does_not_count(hand: Hand) -> None:
    eta = Eta(hand)
    eta.estimate(0, 10)
    hand.now += 2
    eta.pause()
    hand.now += 500
    eta.pause()  # held already: the pause began with the first
    hand.now += 500
    assert eta.estimate(1, 10) == 18, "the clock stands still"
    eta.resume()
    eta.resume()
    hand.now += 2
    assert eta.estimate(2, 10) == 16


def test_two_pauses_add_up_and_a_stage_may_begin_in_one(hand: Hand) -> None:
    eta = Eta(hand)
    for _ in range(2):
        eta.pause()
        hand.now += 100
        eta.resume()
    eta.pause()
    hand.now += 30
    assert eta.estimate(0, 4) is None
    hand.now += 30
    eta.resume()
    hand.now += 3
    assert eta.estimate(1, 4) == 9


def test_another_thread_may_pause_it(hand: Hand) -> None:
    eta = Eta(hand)
    eta.estimate(0, 4)
    other = threading.Thread(target=eta.pause, name="pauser")
    other.start()
    other.join()
    hand.now += 10
    eta.resume()
    hand.now += 1
    assert eta.estimate(1, 4) == 3


def test_a_report_is_due_once_in_an_interval_or_by_force(hand: Hand) -> None:
    interval = ReportInterval(2.0, hand)
    assert interval.is_due()
    assert not interval.is_due()
    hand.now += 1.9
    assert not interval.is_due()
    hand.now += 0.1
    assert interval.is_due()
    hand.now += 1
    assert interval.is_due(force=True)
    hand.now += 1.5
    assert not interval.is_due(), "what was forced counts"
