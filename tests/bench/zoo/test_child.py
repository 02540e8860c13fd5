"""One network of each form through all stages."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from dnnvis.bench.zoo.child import NetworkCheck
from dnnvis.bench.zoo.networks import NO_BACKBONE, ZooEntry, build_torchvision, find_entry

LENSES = ("gradient", "guided", "deconvnet")


def check(entry: ZooEntry, frames: int = 4) -> dict[str, Any]:
    reports: list[str] = []
    network_check = NetworkCheck(entry, frames)
    network_check.run(lambda row: reports.append(row["stage"]))
    assert reports[-1] == "done"
    return network_check.row


def torchvision_entry(name: str, pixels: int, **arguments: Any) -> ZooEntry:
    make = partial(build_torchvision, name, **arguments)
    return ZooEntry(f"torchvision/{name}", "torchvision", (pixels, pixels), make)


@pytest.mark.parametrize(
    "entry",
    [
        torchvision_entry("squeezenet1_1", 48),
        torchvision_entry("lraspp_mobilenet_v3_large", 48, **NO_BACKBONE),
        find_entry("own/conv_gru_cell"),
    ],
    ids=lambda entry: entry.name,
)
def test_a_network_passes_every_stage(entry: ZooEntry) -> None:
    row = check(entry)
    assert row["failures"] == {}
    assert row["live"] == 4
    assert row["layouts"]["recorded"] == row["layouts"]["rows"] == row["layers"]
    assert row["layouts"]["localized"] > 2
    assert row["lenses"]["gradient"] == "equal"
    assert row["ascent"][1] > row["ascent"][0]
    assert set(row["lenses"]) == set(LENSES)


@pytest.mark.slow
def test_a_detector_passes_every_stage() -> None:
    row = check(find_entry("torchvision/fasterrcnn_mobilenet_v3_large_320_fpn"))
    assert row["failures"] == {}


class Clumsy(nn.Module):
    """Fails from the third picture on that is not as the first ones."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[0] == 1 and x.mean() > 0.8:
            raise KeyError("bright")
        return self.conv(x)


def test_a_stage_that_fails_is_a_reason_and_the_next_one_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = ZooEntry("own/clumsy", "own", (24, 24), Clumsy)
    monkeypatch.setattr(
        "dnnvis.bench.zoo.child.check_layouts", lambda net: (_ for _ in ()).throw(KeyError("no"))
    )
    row = check(entry)
    assert "KeyError" in row["failures"]["layouts"]
    assert row["live"] == 4


def test_a_lens_that_answers_otherwise_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from dnnvis.lenses import backward

    right = backward.initial_gradient
    monkeypatch.setattr(
        backward, "initial_gradient", lambda *args: right(*args).roll(1, 1) + right(*args)
    )
    row = check(torchvision_entry("squeezenet1_1", 48))
    assert set(row["failures"]) == set(LENSES)
    assert "differs" in row["failures"]["gradient"]


def test_a_network_that_draws_is_not_compared() -> None:
    class Drawing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x + torch.randn_like(x))

    row = check(ZooEntry("own/drawing", "own", (24, 24), Drawing))
    assert "gradient" not in row["failures"]
    assert row["lenses"]["gradient"].startswith("not applicable: the network draws")
