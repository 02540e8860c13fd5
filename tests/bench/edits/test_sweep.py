"""The sweep beside bare torch: the same answers; figures of a tiny run."""

import numpy as np
import torch

from dnnvis.bench.edits.sweep import (
    LAYER,
    SweepBenchConfig,
    measure,
    run_sweep,
    sweep_by_hand,
)
from dnnvis.zoo.catalog import open_network


def test_the_reference_finds_the_same_effects() -> None:
    torch.manual_seed(0)
    network = open_network("resnet18", weights="random", size=32)
    x = torch.rand(40, 3, 32, 32)
    with torch.no_grad():  # an answer that hangs on one unit
        network.module.layer4[1].bn2.weight.zero_()
        network.module.fc.weight.zero_()
        network.module.fc.weight[1, 7] = 1
        network.module.fc.bias.zero_()
        network.module.fc.bias[0] = (
            network.run(x, [LAYER]).tensor(LAYER)[:, 7].mean((1, 2)).median()
        )
    effects = sweep_by_hand(network, x, [3, 7, 300])
    assert effects[1] < -0.3
    assert effects[0] == effects[2] == 0
    for skips_silent in (False, True):
        sweep = run_sweep(network, x, [3, 7, 300], skips_silent=skips_silent)
        np.testing.assert_allclose(sweep.effects[[3, 7, 300]], effects)
    assert "forward" not in network.module.layer4[0].__dict__


def test_a_tiny_run_has_its_figures() -> None:
    said: list[str] = []
    figures = measure(SweepBenchConfig(units=2, pictures=2, rounds=1), said.append)
    assert figures["same"]
    assert (figures["units"], figures["pictures"]) == (2, 2)
    assert figures["sweep_ratio"] > 0.5  # nothing is faster than the bare passes it makes
    assert len(said) == 1
