"""Dissect bundled networks, beside the same with shuffled weights (Bau et al. 2017, section 4).

Bau et al. compare layers and networks by the share of units that detect a concept; their control
(section 4.1) turns the representation, ours shuffles each weight tensor. Maps are brought to the
pixels as theirs are. Their concepts, Broden, are not at hand: ours are made.
"""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.probing.dissection import summarize_layer
from dnnvis.core.progress import Progress
from dnnvis.introspect.features import ACTIVATIONS
from dnnvis.lenses.dissection.dissection import Dissection, dissect_network
from dnnvis.library.dissection.dissect import DissectionOptions
from dnnvis.network.network import Network
from dnnvis.reproduce.common import (
    STOPPED_MESSAGE,
    Outcome,
    Report,
    ReproductionConfig,
    ReproductionProgress,
    Stop,
    Warn,
    read_or_back_up,
    read_record,
    write_record,
)
from dnnvis.sources.concepts.opening import open_concepts
from dnnvis.zoo.catalog import open_network

NETS = ("squeezenet-imagenet", "net2-cifar10", "life-3")
_COUNTS = ("units", "named", "fire", "control_named", "control_fire")  # of a LayerFractions


@dataclass(frozen=True)
class DissectionConfig(ReproductionConfig):
    """What is asked for: ``seeds`` are those of the pictures that are made."""

    nets: tuple[str, ...] = NETS
    #: Pictures of each set of concepts.
    pictures: int = 1000


@dataclass(frozen=True)
class LayerFractions:
    """How many units of a layer detect a concept."""

    layer: str
    units: int
    #: Units with the name of a concept, and those that ever fire.
    named: int
    fire: int
    #: The same with shuffled weights.
    control_named: int
    control_fire: int
    #: Concept -> number of units.
    concepts: dict[str, int]


@dataclass(frozen=True)
class FractionsRecord:
    """One network on one set of concepts."""

    net: str
    seed: int
    pictures: int
    #: Points a side at which maps and masks were compared.
    points: int
    layers: tuple[LayerFractions, ...]


def parse_record(data: Any) -> FractionsRecord:
    """Return the record that JSON holds; raise an ordinary error where it holds none."""
    layers = tuple(
        LayerFractions(
            layer=str(layer["layer"]),
            concepts={str(name): int(count) for name, count in layer["concepts"].items()},
            **{name: int(layer[name]) for name in _COUNTS},
        )
        for layer in data["layers"]
    )
    return FractionsRecord(
        str(data["net"]), int(data["seed"]), int(data["pictures"]), int(data["points"]), layers
    )


def record_path(config: DissectionConfig, net: str, seed: int) -> Path:
    """Return where the record of a network lies."""
    return config.out / "runs" / f"{net}-seed-{seed}.json"


def load_records(config: DissectionConfig) -> list[FractionsRecord]:
    """Return the records there are, in order; raise BadInput for a broken one."""
    paths = [record_path(config, net, seed) for net in config.nets for seed in config.seeds]
    return [read_record(path, parse_record, "network") for path in paths if path.is_file()]


def reproduce(
    config: DissectionConfig, report: Report, should_stop: Stop, warn: Warn
) -> Outcome[FractionsRecord]:
    """Dissect what no record in ``config.out`` holds yet.

    Args:
        config: What is asked for.
        report: Receives the progress.
        should_stop: Asked all the time; what was counted stays, and the next run goes on with it.
        warn: Receives a sentence on each record that could not be used.

    Returns:
        The records there are then, and what is left.
    """
    outcome: Outcome[FractionsRecord] = Outcome()
    total = len(config.nets) * len(config.seeds)
    for net in config.nets:
        for seed in config.seeds:
            path = record_path(config, net, seed)
            record, note = read_or_back_up(path, _reader(config), "it is made anew")
            if note:
                warn(note)
            if record is not None:
                outcome.records.append(record)
            elif not outcome.stopped:
                relay = partial(_relay, report, f"{net}, seed {seed}", len(outcome.records), total)
                step = partial(_dissect, config, net, seed, relay, should_stop, outcome.records)
                outcome.attempt(f"{net}, seed {seed}", step)
    outcome.left = total - len(outcome.records)
    return outcome


def _relay(report: Report, subject: str, behind: int, total: int, progress: Progress) -> None:
    """Report how far all networks are while one of them is dissected."""
    is_control = progress.message.startswith("control")
    part = progress.done / max(progress.total, 1) / 2 + is_control / 2
    message = f"{subject}: {progress.message.lower()}"
    report(ReproductionProgress((message,), behind + part, total, float("nan")))


def _reader(config: DissectionConfig) -> Callable[[Path], FractionsRecord]:
    def read(path: Path) -> FractionsRecord:
        record = read_record(path, parse_record, "network")
        if record.pictures != config.pictures:
            raise BadInput(f"{path} is of {record.pictures} pictures.")
        return record

    return read


def _dissect(
    config: DissectionConfig,
    net: str,
    seed: int,
    relay: Callable[[Progress], None],
    should_stop: Stop,
    records: list[FractionsRecord],
) -> None:
    """Dissect one network and write its record; raise Cancelled where it was stopped."""
    network = open_network(net)
    card, stop = network.card, threading.Event()

    def report(progress: Progress) -> None:
        if should_stop():
            stop.set()
        relay(progress)

    options = DissectionOptions(tuple(list_layers(network)), upsamples=True)
    with closing(
        open_concepts(
            f"made:{seed}",
            card.size,
            channels=card.channels,
            boards=card.binary,
            pictures=config.pictures,
        )
    ) as data:
        result = dissect_network(network, data, None, options, report=report, stop=stop)
    if result.left:
        raise Cancelled(STOPPED_MESSAGE)
    record = FractionsRecord(
        net, seed, config.pictures, result.layers[0].points, tuple(count_names(result))
    )
    values = vars(record) | {"layers": [vars(layer) for layer in record.layers]}
    write_record(record_path(config, net, seed), values)
    records.append(record)


def list_layers(network: Network) -> list[str]:
    """Return the layers with positions that are activations, in the order in which they run.

    Raises BadInput for a network without any.
    """
    names = [
        row.name for row in network.layers if row.kind in ACTIVATIONS and max(row.shape[1:]) > 1
    ]
    if not names:
        raise BadInput(f"{network.name} has no activations with positions to compare with masks.")
    return names


def count_names(result: Dissection) -> list[LayerFractions]:
    """Return how many units of each layer detect a concept, beside the control."""
    fractions = []
    for layer in result.layers:
        control = result.control_of(layer.layer)
        assert control is not None  # these networks can be copied
        names = summarize_layer(layer, control).count_by_concept()
        fractions.append(
            LayerFractions(
                layer.layer,
                len(layer.scores),
                int(layer.has_name.sum()),
                int(layer.fires.sum()),
                int(control.has_name.sum()),
                int(control.fires.sum()),
                {name: len(channels) for name, channels in names.items()},
            )
        )
    return fractions
