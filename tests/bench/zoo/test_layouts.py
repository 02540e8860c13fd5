"""The zoo's probes notice what they are there to notice."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.bench.zoo.layouts import (
    PATCHES,
    brighten_patch,
    check_layouts,
    compare_calls,
    compare_regions,
    count_features,
    make_picture,
)
from dnnvis.network.layout import ChannelLayout
from dnnvis.network.opening.wrap import wrap


def conv_net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 5, 3, padding=1), nn.Flatten()
    )


def local_energies() -> np.ndarray:
    energies = np.full((4, 4, 4), 0.01)
    for number, (row, column) in enumerate(PATCHES):
        energies[number, row, column] = 1
    return energies


def test_a_patch_is_bright_in_its_region_only() -> None:
    picture = make_picture(32, 40, 3)
    changed = (brighten_patch(picture, 1, 3) != picture).any(2)
    ys, xs = np.nonzero(changed)
    assert 8 <= ys.min() <= ys.max() < 16
    assert 30 <= xs.min() <= xs.max() < 40


def test_regions_that_move_with_their_patches_are_right() -> None:
    assert compare_regions(local_energies()) == ""


def test_transposed_and_mirrored_maps_are_wrong() -> None:
    for energies in (
        local_energies().transpose(0, 2, 1),
        local_energies()[:, ::-1],
        local_energies()[:, :, ::-1],
    ):
        assert "moved region" in (compare_regions(energies) or "")


def test_maps_that_change_everywhere_or_nowhere_tell_nothing() -> None:
    everywhere = np.random.default_rng(0).uniform(0.9, 1.1, (4, 4, 4))
    assert compare_regions(everywhere) is None
    assert compare_regions(np.zeros((4, 4, 4))) is None


def test_calls_of_other_shape_or_value_differ_and_rounding_does_not() -> None:
    a = np.linspace(-1, 1, 60, dtype=np.float32).reshape(3, 4, 5)
    assert compare_calls([a], [a + np.float32(1e-6)]) == ""
    assert "%" in compare_calls([a[::-1]], [a])
    assert "(4, 3, 5)" in compare_calls([a.swapaxes(0, 1)], [a])


def test_a_networks_rows_pass_and_most_are_told_by_patches() -> None:
    figures = check_layouts(wrap(conv_net(), size=32))
    assert (figures.wrong, figures.missing, figures.errors) == ({}, {}, [])
    assert figures.recorded == figures.rows == 5
    assert figures.localized == 3


@pytest.mark.parametrize("probe", ["places", "batch", "channels"])
def test_a_row_that_is_read_wrong_is_found(monkeypatch: pytest.MonkeyPatch, probe: str) -> None:
    arrange = ChannelLayout.arrange

    def arrange_wrong(layout: ChannelLayout, value: Tensor, batch: int = 1) -> Tensor:
        right = arrange(layout, value, batch)
        if right.shape[1] != 6:
            return right
        if probe == "places":
            return right.transpose(2, 3)
        if probe == "batch":
            return right.roll(1, 0)
        return right.flatten(1, 2).unsqueeze(2)

    monkeypatch.setattr(ChannelLayout, "arrange", arrange_wrong)
    wrong = check_layouts(wrap(conv_net(), size=32)).wrong
    assert wrong["0"].startswith(probe)
    assert "2" not in wrong


def test_changes_that_may_be_rounding_tell_nothing() -> None:
    class Faint(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return 1 + 1e-7 * self.conv(x)

    figures = check_layouts(wrap(Faint(), size=32))
    assert figures.wrong == {}
    assert figures.localized == 1  # the convolution, and not the output


def test_modules_say_how_many_channels_they_return() -> None:
    assert count_features(nn.Conv2d(3, 7, 1)) == 7
    assert count_features(nn.Linear(3, 8)) == 8
    assert count_features(nn.LayerNorm(9)) == 9
    assert count_features(nn.LayerNorm((9, 4))) is None
    assert count_features(nn.BatchNorm2d(5)) == 5
    assert count_features(nn.ReLU()) is None
