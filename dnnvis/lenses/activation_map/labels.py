"""Match a data set's labels with the network's classes, and select the test examples."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset

TEST_EVERY = 10  # every tenth example is held out where the data does not say which
MIN_EXAMPLES_FOR_TEST = 100  # of fewer examples none is held out
FOLDER_NAMES_NOTE = (
    "{} names no classes: the folders' names count as its classes, in alphabetical order."
)
MIN_CLASS_EXAMPLES = 15  # with fewer examples a class most neighbors are of other classes
TEST_FOLDERS = ("test", "val", "valid", "validation")


@dataclass
class ClassIndex:
    """Index of the labels that count as classes 0, 1, ... of a network."""

    #: Names of the classes, by index.
    names: tuple[str, ...]
    #: What to report where it is uncertain that these are the network's classes.
    note: str = ""
    #: Other labels -> how often each occurred.
    unknown: dict[str, int] = field(default_factory=dict)
    #: Number of labels that were matched.
    known: int = 0

    def of(self, label: str) -> int:
        """Return the class of a label; -1 where there is no label, or another one."""
        if not label:
            return -1
        if label in self._numbers:
            self.known += 1
            return self._numbers[label]
        self.unknown[label] = self.unknown.get(label, 0) + 1
        return -1

    def __post_init__(self) -> None:
        self._numbers = {name: number for number, name in enumerate(self.names)}


def choose_classes(network: Network, data: Dataset) -> ClassIndex:
    """Return the classes of the data, by the network's own labels where it has some.

    Else by numbers, or by the folders' names in order where there are as many as outputs.
    """
    outputs = network.layer(OUTPUT).shape[0]
    if network.card.labels:
        return ClassIndex(tuple(network.card.labels))
    folders = sorted({folder_of(data.name(n)) for n in range(len(data))} - {""})
    if len(folders) == outputs:
        return ClassIndex(tuple(folders), FOLDER_NAMES_NOTE.format(network.name))
    return ClassIndex(tuple(str(number) for number in range(outputs)))


def folder_of(name: str) -> str:
    """Return the name of the folder that a picture lies in."""
    return PurePosixPath(name).parent.name


def select_test(
    data: Dataset, rows: Sequence[int] | NDArray[np.int64], seed: int
) -> NDArray[np.bool_]:
    """Return which examples are for the test.

    These are MNIST's test images, or the pictures below a folder ``test`` beside ``train``; else
    every tenth, drawn at random (of fewer than 100 examples none).

    Args:
        data: The data set.
        rows: (n,), row numbers of the examples.
        seed: Seed of the random selection.

    Returns:
        bool (n,).
    """
    rows = np.asarray(rows, np.int64)
    if len(data.parts) == 2:
        mask: NDArray[np.bool_] = rows >= data.parts[0]
        return mask
    folders = [PurePosixPath(data.name(int(row))).parts[:-1] for row in rows]
    test = np.array([any(part in TEST_FOLDERS for part in parts) for parts in folders], bool)
    if test.any() and not test.all():
        return test
    return draw_test(len(rows), seed)


def meaningful_figures(figures: dict[str, Any], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return the figures that are meaningful for the examples that were fitted on.

    Leaves out the classes by 15 neighbors where ``labels`` (n,), -1 = none, hold fewer than 15 of a
    class on average: then most neighbors are of other classes, however good the map is.
    """
    counts = np.bincount(labels[labels >= 0])
    counts = counts[counts > 0]
    if not len(counts) or counts.mean() >= MIN_CLASS_EXAMPLES:
        return figures
    return {name: value for name, value in figures.items() if not name.startswith("kNN15")}


def draw_test(count: int, seed: int) -> NDArray[np.bool_]:
    """Return every tenth of ``count`` examples, drawn with ``seed``; none of fewer than 100."""
    test = np.zeros(count, bool)
    if count >= MIN_EXAMPLES_FOR_TEST:
        test[np.random.default_rng(seed).permutation(count)[: count // TEST_EVERY]] = True
    return test
