"""Measure accuracy by the share of units that are off: in random order, and in a sweep's order.

Cumulative ablation as in Morcos et al. 2018, section 3.1 (there in random order alone). The sweep's
order comes from training pictures, the accuracy from test pictures.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.lenses.ablation.sweep import MAX_BATCH, Batch, sweep_units
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.reproduce.common import (
    Outcome,
    ProgressReporter,
    Report,
    ReproductionConfig,
    ReproductionProgress,
    StepReport,
    read_or_back_up,
    read_record,
    write_record,
)
from dnnvis.training.datasets import cifar, mnist
from dnnvis.zoo.catalog import open_network

#: Network -> (its name, the layer whose units are switched off).
SUBJECTS = {"net1": ("net1-mnist", "elu6"), "net2": ("net2-cifar10", "elu5")}
FRACTIONS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
HARMFUL_FIRST, HARMFUL_LAST = "most harmful first", "least harmful first"
MNIST_PATHS = ("MNIST", "mnist", ".")
CIFAR_PATHS = ("cifar10-jpg.tar", "cifar10-jpg")


@dataclass(frozen=True)
class AblationConfig(ReproductionConfig):
    """What is asked for: ``seeds`` of the random orders; ``work`` is not used."""

    #: Folder with MNIST and CIFAR-10.
    data: Path
    #: net1 | net2.
    nets: tuple[str, ...] = ("net1", "net2")
    #: Training pictures of the sweep, and test pictures of the accuracy.
    pictures: int = 1000


@dataclass(frozen=True)
class CurveRecord:
    """Accuracy by the share of units that are off, in one order."""

    net: str
    layer: str
    #: ``most harmful first``, ``least harmful first`` or ``random order, seed N``.
    order: str
    pictures: int
    fractions: tuple[float, ...]
    accuracies: tuple[float, ...]


def parse_record(data: Any) -> CurveRecord:
    """Return the record that JSON holds; raise an ordinary error where it holds none."""
    return CurveRecord(
        str(data["net"]),
        str(data["layer"]),
        str(data["order"]),
        int(data["pictures"]),
        tuple(map(float, data["fractions"])),
        tuple(map(float, data["accuracies"])),
    )


def list_orders(seeds: Sequence[int]) -> list[str]:
    """Return the orders of one network's curves."""
    return [HARMFUL_FIRST, HARMFUL_LAST, *(f"random order, seed {seed}" for seed in seeds)]


def reproduce(
    config: AblationConfig,
    report: Report,
    should_stop: Callable[[], bool],
    warn: Callable[[str], None],
) -> Outcome[CurveRecord]:
    """Measure what no record in ``config.out`` holds yet.

    Args:
        config: What is asked for.
        report: Receives the progress.
        should_stop: Asked between two passes; what was measured stays.
        warn: Receives a sentence on each record that could not be used.

    Returns:
        The records there are then, and what is left.
    """
    for net in config.nets:
        if net not in SUBJECTS:
            raise BadInput(f"There is no network {net}; choose of {', '.join(SUBJECTS)}.")
    outcome: Outcome[CurveRecord] = Outcome()
    total = len(config.nets) * len(list_orders(config.seeds))
    for net in config.nets:
        relay = partial(_relay, report, outcome, total)
        _reproduce_network(config, net, outcome, relay, should_stop, warn)
    outcome.left = total - len(outcome.records)
    return outcome


def _relay(
    report: Report,
    outcome: Outcome[CurveRecord],
    total: int,
    message: str,
    done: int,
    steps: int,
) -> None:
    """Report how far all curves are while one of them is measured."""
    behind = len(outcome.records) + done / max(steps, 1)
    report(ReproductionProgress((message,), behind, total))


def _reproduce_network(
    config: AblationConfig,
    net: str,
    outcome: Outcome[CurveRecord],
    relay: StepReport,
    should_stop: Callable[[], bool],
    warn: Callable[[str], None],
) -> None:
    """Add the records of one network's curves, those that lie there or are measured now."""
    measurer: _Measurer | None = None
    reporter = ProgressReporter(relay, should_stop)
    for order in list_orders(config.seeds):
        path = record_path(config, net, order)
        record, note = read_or_back_up(path, _reader(config, net), "it is made anew")
        if note:
            warn(note)
        if record is not None:
            outcome.records.append(record)
        elif not outcome.stopped:
            measurer = measurer or _Measurer(config, net)
            outcome.attempt(
                f"{net}, {order}", _Step(measurer, order, reporter, path, outcome.records)
            )


def record_path(config: AblationConfig, net: str, order: str) -> Path:
    """Return where the record of a curve lies."""
    return config.out / "runs" / f"{net}-{order.replace(', ', '-').replace(' ', '-')}.json"


def load_records(config: AblationConfig) -> list[CurveRecord]:
    """Return the records there are, in order; raise BadInput for a broken one."""
    paths = [
        record_path(config, net, order)
        for net in config.nets
        for order in list_orders(config.seeds)
    ]
    return [read_record(path, parse_record, "curve") for path in paths if path.is_file()]


def _reader(config: AblationConfig, net: str) -> Callable[[Path], CurveRecord]:
    def read(path: Path) -> CurveRecord:
        record = read_record(path, parse_record, "curve")
        if (record.pictures, record.layer) != (config.pictures, SUBJECTS[net][1]):
            raise BadInput(f"{path} is of other pictures or another layer.")
        return record

    return read


@dataclass(frozen=True)
class _Step:
    """One curve that is measured, and its record."""

    measurer: "_Measurer"
    order: str
    reporter: ProgressReporter
    path: Path
    made: list[CurveRecord]

    def __call__(self) -> None:
        record = self.measurer.measure(self.order, self.reporter)
        write_record(self.path, vars(record))
        self.made.append(record)


class _Measurer:
    """Measures the curves of one network."""

    def __init__(self, config: AblationConfig, net: str) -> None:
        name, self._layer = SUBJECTS[net]
        self._net, self._pictures = net, config.pictures
        self._network = open_network(name)
        self._training = _read_pictures(config, net, "train")
        self._test = _read_pictures(config, net, "test")
        self._harm: NDArray[np.int64] | None = None

    def measure(self, order: str, report: ProgressReporter) -> CurveRecord:
        """Measure the curve in one order; raise Cancelled where it should stop."""
        channels = self._arrange(order, report)
        accuracies = []
        for number, fraction in enumerate(FRACTIONS):
            report(f"{self._net}, {order}", number, len(FRACTIONS))
            off = channels[: round(fraction * len(channels))].tolist()
            batches = iterate_batches(*self._test)
            accuracies.append(measure_accuracy(self._network, self._layer, off, batches))
        return CurveRecord(
            self._net, self._layer, order, self._pictures, FRACTIONS, tuple(accuracies)
        )

    def _arrange(self, order: str, report: ProgressReporter) -> NDArray[np.int64]:
        """Return the channels in the order in which they are switched off."""
        count = self._network.layer(self._layer).shape[0]
        if order.startswith("random"):
            seed = int(order.rpartition(" ")[2])
            return np.random.default_rng(seed).permutation(count)
        if self._harm is None:
            sweep = sweep_units(
                self._network,
                self._layer,
                iterate_batches(*self._training),
                on_unit=lambda done, total: report(f"{self._net}, sweep", 0, 1),
            )
            self._harm = sweep.order()
        return self._harm if order == HARMFUL_FIRST else self._harm[::-1]


def iterate_batches(images: Tensor, labels: Tensor) -> Iterator[Batch]:
    """Yield pixels (B, C, H, W) in [0, 1] and classes, of images uint8 (N, C, H, W)."""
    for start in range(0, len(images), MAX_BATCH):
        part = slice(start, start + MAX_BATCH)
        yield images[part].float() / 255, labels[part].numpy()


def measure_accuracy(
    network: Network, layer: str, off: Sequence[int], batches: Iterator[Batch]
) -> float:
    """Return the share of right answers with units of a layer off."""
    edits = (Edit(layer, tuple(off)),) if off else ()
    right = count = 0
    with network.edits.apply(edits):
        for x, labels in batches:
            answers = network.run(x, (OUTPUT,)).tensor(OUTPUT).flatten(1).argmax(1)
            assert labels is not None  # iterate_batches gives some
            right += int((answers.cpu().numpy() == labels).sum())
            count += len(labels)
    return right / count


def _read_pictures(config: AblationConfig, net: str, part: str) -> tuple[Tensor, Tensor]:
    """Return the first pictures, evenly spread, and their classes."""
    names = MNIST_PATHS if net == "net1" else CIFAR_PATHS
    path = next((config.data / name for name in names if (config.data / name).exists()), None)
    if path is None:
        raise BadInput(f"{config.data} holds no {names[0]}: give the folder with --data.")
    images, labels = mnist(path, part) if net == "net1" else cifar(path, part)[:2]
    rows = torch.arange(min(config.pictures, len(images))) * len(images)
    rows = rows // min(config.pictures, len(images))
    return images[rows], labels[rows]
