"""Units switched off in turn: against loops over whole edited passes, and planted truths."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.unit import Unit
from dnnvis.lenses.ablation.sweep import Sweep, sweep_units


class Planted(nn.Module):
    """Four classes, decided by one channel of twelve; the others add a little noise."""

    def __init__(self, decisive: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.conv = nn.Conv2d(3, 12, 1)
        self.relu = nn.ReLU()
        self.head = nn.Linear(12, 2)
        with torch.no_grad():
            self.conv.weight.uniform_(0, 0.1, generator=generator)
            self.conv.bias.zero_()
            self.head.weight.uniform_(-0.01, 0.01, generator=generator)
            self.head.bias.copy_(torch.tensor([0.0, 1.0]))
            self.conv.weight[decisive] = torch.tensor([1.0, 0, 0])[:, None, None]
            self.head.weight[0, decisive] = 2.0
            self.conv.weight[5], self.conv.bias[5] = 0, -1  # never fires

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.conv(x)).mean((2, 3)))


def data(count: int = 40) -> tuple[Tensor, np.ndarray]:
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(count, 3, 6, 6, generator=generator) * 0.2
    labels = np.arange(count) % 2
    x[:, 0] += torch.from_numpy(1 - labels)[:, None, None] * 0.8
    return x, labels


@pytest.mark.parametrize("decisive", [0, 7])
def test_the_one_decisive_unit_ranks_first(decisive: int) -> None:
    net = dnnvis.wrap(Planted(decisive), size=6)
    x, labels = data()
    sweep = sweep_units(net, "relu", [(x[:25], labels[:25]), (x[25:], labels[25:])])
    assert sweep.baseline == 1
    assert sweep.order()[0] == decisive
    assert sweep.effects[decisive] == pytest.approx(-0.5)
    others = np.delete(sweep.effects, decisive)
    assert np.abs(others).max() < 0.1
    assert sweep.fired[5] == 0
    assert sweep.skipped == 2  # the silent unit, on two batches
    assert sweep.passes == 22
    assert (sweep.pictures, sweep.measure, sweep.is_whole) == (40, "accuracy", False)


def test_equal_to_a_loop_over_edited_networks() -> None:
    torch.manual_seed(0)
    net = dnnvis.wrap(
        nn.Sequential(
            nn.Conv2d(3, 5, 3), nn.ReLU(), nn.Conv2d(5, 4, 3), nn.Flatten(), nn.Linear(64, 3)
        ),
        size=8,
    )
    x = torch.rand(20, 3, 8, 8)
    labels = np.random.default_rng(0).integers(0, 3, 20)
    answers = net.run(x, ["output"]).tensor("output")[:, :, 0, 0]
    unit = Unit("2", 1, (0, 2))
    plain = net.run(x, ["2"]).tensor("2")[:, 1, 0, 2]
    by_accuracy = sweep_units(net, "1", [(x, labels)])
    by_agreement = sweep_units(net, "1", [(x, None)])
    by_unit = sweep_units(net, "1", [(x[:9], None), (x[9:], None)], unit=unit)
    for k in range(5):
        with net.edited(f"1[{k}] = 0"):
            edited = net.run(x, ["output", "2"])
        off = edited.tensor("output")[:, :, 0, 0].argmax(1).numpy()
        own = answers.argmax(1).numpy()
        accuracy = (off == labels).mean() - (own == labels).mean()
        assert by_accuracy.effects[k] == pytest.approx(accuracy)
        assert by_agreement.effects[k] == pytest.approx((off == own).mean() - 1)
        change = (edited.tensor("2")[:, 1, 0, 2] - plain).mean()
        assert by_unit.effects[k] == pytest.approx(float(change), abs=1e-6)
    assert by_agreement.measure == "agreement"
    assert by_unit.measure == "2[1]@0,2"
    assert by_unit.baseline == pytest.approx(float(plain.mean()), abs=1e-6)


def test_some_units_to_their_mean_and_a_report_after_each_batch() -> None:
    net = dnnvis.wrap(Planted(0), size=6)
    x, labels = data(20)
    reports: list[Sweep] = []
    batches = [(x[:10], labels[:10]), (x[10:], labels[10:])]
    sweep = sweep_units(
        net, "relu", batches, channels=[3, 0], clamped_to="mean", on_batch=reports.append
    )
    assert [report.pictures for report in reports] == [10, 20]
    assert np.isnan(sweep.effects[[1, 2, 4]]).all()
    assert sweep.effects[0] < -0.3
    assert list(sweep.order()[:2]) == [0, 3]
    assert not net.edits


def test_bad_requests_are_sentences() -> None:
    net = dnnvis.wrap(Planted(0), size=6)
    x, labels = data(4)
    with pytest.raises(dnnvis.BadInput, match="no pictures"):
        sweep_units(net, "relu", [])
    with pytest.raises(dnnvis.BadInput, match="no classes"):
        sweep_units(net, "relu", [(x, labels + 5)])
    with pytest.raises(dnnvis.UnknownUnit):
        sweep_units(net, "nothing", [(x, labels)])
    with pytest.raises(dnnvis.UnknownUnit):
        sweep_units(net, "relu", [(x, labels)], unit=Unit("head", 9))
