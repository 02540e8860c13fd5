"""What a sweep reports, as the window reads it."""

import math

import numpy as np
import pytest

from dnnvis.core.job_state import JobState
from dnnvis.core.unit import Unit
from dnnvis.session.unit_effects import (
    UnitEffects,
    describe_effect,
    describe_measure,
    format_effect,
    read_effects,
)

RECORD = {
    "network": "toy",
    "layer": "conv1",
    "measure": "accuracy",
    "baseline": 0.75,
    "pictures": 40,
    "effects": [0.0, -0.25, None, 0.05],
    "fired": [1.0, 0.5, 0.0, 1.0],
}


def report(**changes: object) -> JobState:
    return JobState("sweep", latest={"words": "", "sweep": {**RECORD, **changes}})


def test_a_report_is_read_and_ordered_by_harm() -> None:
    effects = read_effects(report())
    assert effects is not None
    assert effects.order().tolist() == [1, 0, 3, 2]  # what is not known stands last
    assert np.isnan(effects.effects[2])
    assert effects.belongs_to("toy", "conv1", 4)
    assert not effects.belongs_to("toy", "conv1", 5)
    assert not effects.belongs_to("toy", "conv2", 4)
    missing = read_effects(report(baseline=None))
    assert missing is not None
    assert math.isnan(missing.baseline)


@pytest.mark.parametrize(
    "state",
    [
        JobState("sweep"),
        JobState("sweep", latest={"sweep": None}),
        JobState("sweep", latest={"sweep": {"layer": "conv1"}}),
        report(effects=["x"]),
        report(pictures="many"),
    ],
)
def test_a_report_without_effects_is_none(state: JobState) -> None:
    assert read_effects(state) is None


def test_effects_in_words() -> None:
    effects = read_effects(report())
    assert effects is not None
    assert describe_measure(effects) == "accuracy 75.0 % with all units on, over 40 pictures"
    words = describe_effect(effects, Unit("conv1", 1, (2, 3)), "toy")
    assert words == "Off: -25.00 points of accuracy, over 40 pictures; number 1 of 4 by harm"
    assert describe_effect(effects, Unit("conv2", 1), "toy") == ""
    assert describe_effect(effects, Unit("conv1", 4), "toy") == ""
    assert describe_effect(effects, Unit("conv1", 1), "other") == ""
    assert describe_effect(effects, None, "toy") == ""
    assert describe_effect(None, Unit("conv1", 1), "toy") == ""
    assert format_effect(0.5, "output[3]") == "+0.5"
    assert format_effect(math.nan, "accuracy") == "not known"
    mean = UnitEffects("n", "l", "output[3]", 2.5, np.zeros(1), np.zeros(1), 3)
    assert describe_measure(mean) == "mean of output[3] 2.5 with all units on, over 3 pictures"


def test_one_picture_is_one() -> None:
    effects = read_effects(report(pictures=1))
    assert effects is not None
    assert describe_measure(effects).endswith("over 1 picture")
    assert "over 1 picture; number 1" in describe_effect(effects, Unit("conv1", 1), "toy")


@pytest.mark.parametrize(
    ("set_to", "words"),
    [("zero", "; off is 0"), ("mean", "; off is its mean over the first pictures"), ("", "")],
)
def test_what_off_was_is_said_where_an_effect_is_shown(set_to: str, words: str) -> None:
    effects = read_effects(report(**({"set_to": set_to} if set_to else {})))
    assert effects is not None
    assert describe_measure(effects) == (
        f"accuracy 75.0 % with all units on, over 40 pictures{words}"
    )
    assert describe_effect(effects, Unit("conv1", 1), "toy").endswith(f"4 by harm{words}")
