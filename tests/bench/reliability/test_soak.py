"""The soak's figures, and a short one of the real window."""

import math
import os

import numpy as np
import pytest

from dnnvis.bench.reliability import soak
from dnnvis.bench.reliability.soak import SoakConfig, count_descriptors, fit_slope, measure


def test_the_slope_is_that_of_the_straight_line() -> None:
    rng = np.random.default_rng(0)
    minutes = np.linspace(3, 9, 200)
    noisy = 500 + 0.75 * minutes + rng.normal(0, 0.01, 200)
    assert fit_slope(list(zip(minutes, noisy, strict=True))) == pytest.approx(0.75, abs=0.01)
    assert math.isnan(fit_slope([(1.0, 2.0)]))


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="Linux says so")
def test_an_open_file_is_counted() -> None:
    count = count_descriptors()
    with open(os.devnull):
        assert count_descriptors() == count + 1


@pytest.mark.slow
def test_a_short_soak_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "SWITCH_SECONDS", 1.5)
    monkeypatch.setattr(soak, "SOURCE_SECONDS", 2.0)
    monkeypatch.setattr(soak, "RESET_SECONDS", 3.0)
    figures = measure(SoakConfig(minutes=0.3, warm_up=0.15), print)
    assert figures["networks_opened"] > 3
    assert figures["frames"] > 10
    assert figures["hooks"] == figures["hooks_more"] == 0
    assert figures["threads_more"] <= 0
    assert figures["descriptors_more"] <= 0
    assert figures["networks_more"] == 0
    assert figures["threads_left"] == []
