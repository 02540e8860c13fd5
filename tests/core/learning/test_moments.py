import numpy as np

from dnnvis.core.learning.live_weights import LiveWeights
from dnnvis.core.learning.moments import Moment, Moments


def moment(step: int) -> Moment:
    return Moment(LiveWeights(step), 1.0, 2.0)


def steps_kept(limit: int, steps: range) -> list[int]:
    moments = Moments(limit)
    for step in steps:
        moments.add(moment(step))
    return [each.step for each in moments.kept]


def test_all_are_kept_while_there_is_room() -> None:
    assert steps_kept(20, range(0, 100, 5)) == list(range(0, 100, 5))


def test_the_first_and_the_last_stay_and_the_early_ones_lie_denser() -> None:
    kept = steps_kept(40, range(0, 20_000, 7))
    assert len(kept) == 40
    assert kept[0] == 0
    assert kept[-1] == 19_999 // 7 * 7
    assert kept == sorted(kept)
    gaps = np.diff(kept)
    assert gaps[:10].mean() < gaps[-10:].mean() / 5
    ratios = np.diff(np.log(np.array(kept) + 10.0))
    assert ratios.max() < 4 * np.median(ratios)  # no hole anywhere


def test_an_earlier_step_begins_anew_from_there() -> None:
    moments = Moments()
    for step in (0, 5, 9, 5):
        moments.add(moment(step))
    assert [each.step for each in moments.kept] == [0, 5]


def test_the_nearest_moment_is_found() -> None:
    moments = Moments()
    assert moments.at(3) == -1
    for step in (0, 10, 30):
        moments.add(moment(step))
    assert [moments.at(step) for step in (-5, 4, 6, 19, 21, 1000)] == [0, 0, 1, 1, 2, 2]
