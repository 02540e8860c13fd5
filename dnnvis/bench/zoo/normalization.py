"""Measure for ``dnnvis bench normalization`` how often a wrong normalization is found out.

A trained network is opened with its right normalization and with four wrong ones. Each time a
dozen labeled pictures are looked at. Only settings that cost accuracy are wrong: those under which
the network answers as well as before are listed, and not counted.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.bench.mobilenet import open_real_network
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import find_class
from dnnvis.core.lens_results import Normalization, NormalizationCheck
from dnnvis.lenses.normalization_check import (
    NORMALIZATIONS,
    check_normalization,
    is_same,
    list_candidates,
)
from dnnvis.network.network import Network
from dnnvis.sources.datasets import open_data
from dnnvis.zoo.catalog import open_network

PHOTOGRAPHS, DIGITS, CIFAR = "imagenet-100", "MNIST", "cifar10-jpg.tar/test"
#: The trained networks there are real pictures for, and which.
NETWORKS = {
    "squeezenet-imagenet": PHOTOGRAPHS,
    "mobilenet-v1": PHOTOGRAPHS,
    "net2-cifar10": CIFAR,
    "net1-mnist": DIGITS,
    "net1-mnist-noise": DIGITS,
}
WRONG_SETTINGS = 4
MIN_LOSS = 0.05  # of the accuracy, from which on a setting is wrong
_SYNSET = re.compile(r"^n\d{8}[_-]")  # before the class in the names of ImageNet's files

Pictures = list[NDArray[np.uint8]]


@dataclass(frozen=True)
class NormalizationBenchConfig:
    """What ``measure`` looks at."""

    #: Folder of the pictures.
    data: Path
    #: Folder of the networks that do not ship.
    nets: Path
    #: Which of NETWORKS.
    networks: tuple[str, ...] = tuple(NETWORKS)
    #: Pictures that a check sees.
    pictures: int = 12
    #: Pictures by which the accuracy under each setting is measured.
    tested: int = 100
    #: Checks of each setting, each with other pictures.
    draws: int = 1
    #: Seed of the choice of pictures.
    seed: int = 0


def measure(config: NormalizationBenchConfig, log: Callable[[str], None]) -> dict[str, Any]:
    """Try every network under wrong settings and under its own.

    Args:
        config: What to look at.
        log: Receives a line for each setting.

    Returns:
        The figures. Raises BadInput where a network or its pictures are missing.
    """
    table: list[dict[str, Any]] = []
    first = named = checks = alarms = controls = 0
    for name in config.networks:
        network = _open(name, config)
        pictures, classes = _read_pictures(network, config.data / NETWORKS[name], config)
        rows = list(_measure_network(network, pictures, classes, config, log))
        counted = [row for row in rows if row["counts"]]
        own = [row for row in rows if row["right"]]
        table += [{"network": name, **row} for row in rows]
        checks += sum(row["checks"] for row in counted)
        first += sum(row["right_first"] for row in counted)
        named += sum(row["named"] for row in counted)
        controls += sum(row["checks"] for row in own)
        alarms += sum(row["named"] for row in own)
    return {
        "rows": table,
        "right_one_offered_first": f"{first} of {checks}",
        "named_in_a_sentence": f"{named} of {checks}",
        "false_alarms": f"{alarms} of {controls}",
        "pictures": config.pictures,
        "draws": config.draws,
    }


def _open(name: str, config: NormalizationBenchConfig) -> Network:
    if name not in NETWORKS:
        raise BadInput(f"There is no network '{name}' here; there are {', '.join(NETWORKS)}.")
    if name == "mobilenet-v1":
        labels = (config.data / PHOTOGRAPHS / "classes.txt").read_text(encoding="utf-8")
        return open_real_network(config.nets, labels.splitlines())
    return open_network(name)


def _read_pictures(
    network: Network, path: Path, config: NormalizationBenchConfig
) -> tuple[Pictures, list[int]]:
    """Return labeled pictures by lot, those of the checks first."""
    if not any(each.exists() for each in (path, path.parent)):
        raise BadInput(f"There is no {path}; say with --data where the pictures are.")
    count = network.layer("output").shape[0]
    pictures, classes = [], []
    with closing(open_data(path)) as data:
        wanted = max(config.tested, config.pictures * config.draws)
        for number in np.random.default_rng(config.seed).permutation(len(data)):
            pixels, origin = data.read(int(number))
            label = origin.label or _SYNSET.sub("", Path(origin.path).stem)
            known = find_class(label, network.card.labels, count)
            if known is not None:
                pictures.append(pixels)
                classes.append(known)
            if len(pictures) == wanted:
                break
    return pictures, classes


def _measure_network(
    network: Network,
    pictures: Pictures,
    classes: Sequence[int],
    config: NormalizationBenchConfig,
    log: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    card = network.card
    own = Normalization("its own", card.mean, card.std, card.channel_order)
    tested = slice(config.tested)
    right = _measure_accuracy(network, pictures[tested], classes[tested])
    counted = 0
    for setting in (own, *_list_wrong(network, own)):
        values = {
            "mean": setting.mean,
            "std": setting.std,
            "channel_order": setting.channel_order,
        }
        changed = Network(network.module, card.with_values(values, "user"))
        accuracy = _measure_accuracy(changed, pictures[tested], classes[tested])
        counts = setting is not own and right - accuracy >= MIN_LOSS and counted < WRONG_SETTINGS
        counted += counts
        checks = [
            _check(changed, pictures, classes, draw, config)
            for draw in range(config.draws)
            if counts or setting is own
        ]
        row = {
            "setting": setting.name,
            "right": setting is own,
            "accuracy": round(accuracy, 3),
            "counts": counts,
            "checks": len(checks),
            "right_first": sum(is_same(each.best.normalization, own) for each in checks),
            "named": sum(bool(each.sentence) for each in checks),
            "tied_with_right": sorted({name for each in checks for name in each.tied}),
        }
        log(_describe_row(card.name, row))
        yield row


def _list_wrong(network: Network, own: Normalization) -> list[Normalization]:
    """Return settings that a user may have by mistake: the usual ones, and slips of one's own."""
    others = [each for each in list_candidates(network.card) if not is_same(each, own)]
    if network.card.channels == len(NORMALIZATIONS[2].mean):
        others.append(Normalization("its own, blue first", own.mean, own.std, "BGR"))
        others.append(Normalization("pixels from 0 to 255", (0.0,), (1 / 255,)))
    return others


def _check(
    network: Network,
    pictures: Pictures,
    classes: Sequence[int],
    draw: int,
    config: NormalizationBenchConfig,
) -> NormalizationCheck:
    part = slice(draw * config.pictures, (draw + 1) * config.pictures)
    return check_normalization(network, pictures[part], list(classes[part]))


def _measure_accuracy(network: Network, pictures: Pictures, classes: Sequence[int]) -> float:
    right = 0
    for pixels, number in zip(pictures, classes, strict=True):
        with torch.inference_mode():
            output = network.run(network.encode(pixels)).output
        right += int(output.argmax()) == number
    return right / len(pictures)


def _describe_row(network: str, row: dict[str, Any]) -> str:
    line = f"{network}: {row['setting']}: {row['accuracy']:.0%} right"
    if row["right"]:
        return f"{line}; {row['named']} of {row['checks']} called wrong"
    if not row["counts"]:
        return f"{line}; not counted"
    return (
        f"{line}; its own offered first {row['right_first']} of {row['checks']} times, "
        f"called wrong {row['named']} times"
    )
