"""Tuning curves of units whose tuning is known, for they were made so."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import LensMissing
from dnnvis.core.probing.tuning import TuningCurve
from dnnvis.core.unit import Unit
from dnnvis.lenses.tuning.measure import measure_tuning
from dnnvis.lenses.tuning.stimuli import ANGLES, draw_stimuli


class Gabors(nn.Module):
    """Four quadrature pairs at known angles, periods of 8 pixels; detectors of three hues."""

    angles = (0.0, 45.0, 90.0, 146.25)

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 25, padding=12)
        rows, columns = np.mgrid[-12:13, -12:13].astype(float)
        envelope = np.exp(-(rows**2 + columns**2) / (2 * 5.0**2))
        with torch.no_grad():
            self.conv.bias.zero_()
            for k, angle in enumerate(self.angles):
                turn = np.deg2rad(angle)
                across = columns * np.sin(turn) + rows * np.cos(turn)
                for j, wave in enumerate((np.cos, np.sin)):
                    kernel = envelope * wave(2 * np.pi * across / 8)
                    kernel -= envelope * (kernel.sum() / envelope.sum())
                    self.conv.weight[2 * k + j] = torch.from_numpy(kernel / 3).float()
        self.hue = nn.Conv2d(3, 3, 1)
        with torch.no_grad():
            self.hue.weight.copy_(torch.eye(3)[:, :, None, None] * 2 - 1)
            self.hue.bias.zero_()
        self.energy = nn.Identity()

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        pairs = self.conv(x).unflatten(1, (4, 2)).square().sum(2)
        return self.energy(pairs).amax((2, 3)), self.hue(x)


@pytest.fixture(scope="module")
def net() -> dnnvis.Network:
    return dnnvis.wrap(Gabors(), size=64)


def whole(net: dnnvis.Network, unit: Unit, kind: str) -> TuningCurve:
    curves = list(measure_tuning(net, unit, kind))
    assert [c.progress for c in curves] == sorted(c.progress for c in curves)
    assert curves[-1].progress == 1
    assert not np.isnan(curves[-1].responses).any()
    return curves[-1]


@pytest.mark.parametrize("k", range(4))
@pytest.mark.parametrize("kind", ["gratings", "bars"])
def test_the_angle_and_period_of_a_planted_gabor_are_returned(
    net: dnnvis.Network, k: int, kind: str
) -> None:
    curve = whole(net, Unit("energy", k), kind)
    selectivity = curve.selectivity()
    assert selectivity is not None
    strength, direction = selectivity
    assert strength > (0.5 if kind == "gratings" else 0.2)
    assert abs((direction - Gabors.angles[k] + 90) % 180 - 90) < 180 / 16
    assert abs((curve.best[0] - Gabors.angles[k] + 90) % 180 - 90) <= 180 / 16
    if kind == "gratings":
        assert curve.best[1] == pytest.approx(1 / 8)
    assert abs(curve.baseline) < 1e-4


def test_the_hue_of_a_planted_detector_is_returned(net: dnnvis.Network) -> None:
    for channel, hue in ((0, 0.0), (1, 120.0), (2, 240.0)):
        curve = whole(net, Unit("hue", channel), "hues")
        assert curve.best == (hue,)
        selectivity = curve.selectivity()
        assert selectivity is not None
        assert abs((selectivity[1] - hue + 180) % 360 - 180) < 1


def test_each_response_is_that_of_the_pictures_one_by_one(net: dnnvis.Network) -> None:
    curve = whole(net, Unit("energy", 1), "gratings")
    for i, j in ((0, 0), (4, 2), (15, 4)):
        values = (curve.axes[0].values[i], curve.axes[1].values[j])
        pictures = draw_stimuli("gratings", values, (64, 64))
        maps = [
            net.run(torch.from_numpy(p).permute(2, 0, 1)[None].contiguous(), ["energy"])
            for p in pictures
        ]
        greatest = [float(each.tensor("energy")[0, 1, 16:48, 16:48].max()) for each in maps]
        assert curve.responses[i, j] == pytest.approx(np.mean(greatest), rel=1e-4)
    at = whole(net, Unit("energy", 1, (20, 30)), "gratings")
    assert (at.responses <= curve.responses + 1e-4).all()
    assert curve.preferred is not None
    assert curve.preferred.shape == (64, 64, 3)


def test_what_has_no_such_curve_says_so(net: dnnvis.Network) -> None:
    gray = dnnvis.open("net1-mnist")
    with pytest.raises(LensMissing, match="no hues"):
        next(measure_tuning(gray, Unit(gray.layers[0].name, 0), "hues"))
    assert whole(gray, Unit(gray.layers[0].name, 0), "bars").best
    with pytest.raises(LensMissing, match="boards"):
        next(measure_tuning(dnnvis.open("life-3"), Unit("encoder", 0), "bars"))
    with pytest.raises(dnnvis.UnknownUnit):
        next(measure_tuning(net, Unit("energy", 4), "bars"))
    assert len(ANGLES) == 16
