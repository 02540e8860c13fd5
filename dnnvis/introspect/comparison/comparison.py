"""Compare two networks on the same pictures, in memory that does not grow with their number."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.introspect.comparison.answers import AnswerRule, choose_rule, list_differences
from dnnvis.introspect.comparison.cka import MIN_PORTION, CkaSums, center_gram
from dnnvis.introspect.comparison.compared_layers import (
    ComparedLayer,
    check_names,
    choose_layers,
    find_partners,
    inputs_differ,
)
from dnnvis.introspect.comparison.unit_matching import (
    MIN_CORRELATION,
    CorrelationSums,
    UnitPairs,
    common_grid,
    match_units,
    pool_to_grid,
)
from dnnvis.introspect.harvest import as_images, encode_pictures
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

MAX_MAP_BYTES = 512 << 20  # of the maps of both networks for one portion of pictures
MAX_SUMS_BYTES = 512 << 20  # of the sums of units of a pass; more layers take more passes
MIN_BATCH, MAX_BATCH = 2 * MIN_PORTION, 32  # pictures of a portion

Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What two networks have in common, and where they differ."""

    #: Names of the networks.
    names: tuple[str, str]
    #: The layers of each that were compared.
    layers: tuple[tuple[ComparedLayer, ...], tuple[ComparedLayer, ...]]
    #: Linear CKA of each layer of a with each of b, float64 (La, Lb); 1: the same up to rotation
    #: and scale; NaN where a layer does not vary.
    cka: NDArray[np.float64]
    #: The same where b saw the pictures in another order: the chance level, about 0.
    chance: NDArray[np.float64]
    #: Numbers of the pictures on which their answers differ, int64, ascending.
    disagree: NDArray[np.int64]
    #: The answers of each in short, a text a picture.
    answers: tuple[tuple[str, ...], tuple[str, ...]]
    #: How the answers were compared.
    rule: AnswerRule
    #: Number of the layer of b that belongs to each layer of a, -1: none.
    partners: tuple[int, ...]
    #: Number of pictures.
    pictures: int
    #: Sentences on what was assumed or left out.
    notes: tuple[str, ...] = ()
    #: Pairs of units, by the number of the layer of a.
    matches: dict[int, UnitPairs] = field(default_factory=dict)
    #: Correlations of the pairs that chance makes, by the number of the layer of a.
    chance_matches: dict[int, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def layer_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the rows and of the columns of ``cka``."""
        a, b = (tuple(each.name for each in rows) for rows in self.layers)
        return a, b

    def partner(self, layer: str) -> str:
        """Return the layer of b that belongs to a layer of a; "" where none does."""
        number = self.partners[self._row(layer)]
        return self.layers[1][number].name if number >= 0 else ""

    def pairs(self, layer: str) -> UnitPairs:
        """Return the units of a layer of a, and those of its partner that match them one to one.

        Args:
            layer: Name of a layer of a; without a call (``cell#1``) its last one.

        Returns:
            Channels of a, channels of b, and the correlation of each pair over pictures and
            positions.

        Raises:
            UnknownUnit: No such layer was compared, or its units were not matched.
        """
        row = self._row(layer)
        if row not in self.matches:
            raise UnknownUnit(f"The units of {layer} were not matched: it has no partner.")
        return self.matches[row]

    def chance_correlation(self, layer: str) -> float:
        """Return the mean correlation of the pairs of a layer's units that chance makes."""
        row = self._row(layer)
        values = self.chance_matches.get(row, np.zeros(0))
        return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")

    def without_partner(
        self, layer: str, threshold: float = MIN_CORRELATION
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the units without a partner: of a layer of a, and of its partner in b.

        Args:
            layer: Name of a layer of a.
            threshold: A pair with a smaller correlation is none.

        Returns:
            Channels of a, channels of b.

        Raises:
            UnknownUnit: As ``pairs``.
        """
        pairs, row = self.pairs(layer), self._row(layer)
        good = np.nan_to_num(pairs.correlation, nan=-1.0) >= threshold
        counts = self.layers[0][row].shape[0], self.layers[1][self.partners[row]].shape[0]
        a, b = (
            np.setdiff1d(np.arange(count, dtype=np.int64), channels[good])
            for count, channels in zip(counts, (pairs.a, pairs.b), strict=True)
        )
        return a, b

    def _row(self, layer: str) -> int:
        names = self.layer_names[0]
        if layer in names:
            return names.index(layer)
        rows = [number for number, each in enumerate(self.layers[0]) if each.layer == layer]
        if not rows:
            raise UnknownUnit(f"{layer} was not compared; there are {', '.join(names[:6])} ...")
        return rows[-1]


def compare_networks(
    a: Network,
    b: Network,
    images: Any,
    *,
    layers: Sequence[str] | None = None,
    seed: int = 0,
    progress: Progress = lambda done, total: None,
) -> Comparison:
    """Compare two networks on the same pictures; each gets them its own way.

    Two passes over the pictures: one for the layers and the answers, one for the units of the
    layers that belong together (more where there are very many units).

    Args:
        a: The one network.
        b: The other; it may be the same.
        images: Pictures uint8 (N, H, W, C), or a sequence of N pictures or paths.
        layers: Names of layers, of either network; None: see ``compared_layers.choose_layers``.
        seed: Seed of the random orders for the chance level.
        progress: Receives the pictures that were run, and how many are to be.

    Returns:
        The comparison.

    Raises:
        BadInput: Fewer than 4 pictures, pictures that one of them cannot take.
        UnknownUnit: A layer that none of them has.
    """
    images = as_images(images)
    if len(images) < MIN_PORTION:
        raise BadInput(f"Comparing takes at least {MIN_PORTION} pictures, not {len(images)}.")
    if layers is not None:
        check_names((a, b), [layers] if isinstance(layers, str) else layers)
    run = _Run(a, b, images, [layers] if isinstance(layers, str) else layers, seed, progress)
    return run.compare()


class _Run:
    """One comparison in progress."""

    def __init__(
        self,
        a: Network,
        b: Network,
        images: Any,
        layers: Sequence[str] | None,
        seed: int,
        progress: Progress,
    ) -> None:
        self.networks, self.images = (a, b), images
        choices = [choose_layers(network, layers) for network in self.networks]
        self.layers = choices[0][0], choices[1][0]
        self.rule = choose_rule(a.info, b.info)
        self.notes = [note for _, note in choices if note]
        self.notes += [self.rule.note] if self.rule.note else []
        if a.fingerprint == b.fingerprint:
            self.notes.append(f"{a.name} and {b.name} are the same network, with the same weights.")
        if inputs_differ(a, b):
            self.notes.append("Their inputs differ: each network gets every picture its own way.")
        self.rng = np.random.default_rng(seed)
        self.seed, self.report = seed, progress
        self.total, self.done = 2 * len(images), 0

    def compare(self) -> Comparison:
        cka, chance, outputs = self.compare_layers()
        disagree = list_differences(self.rule, *outputs)
        answers = tuple(
            tuple(self.rule.name(which, answer) for answer in outputs[which]) for which in (0, 1)
        )
        partners = find_partners(*self.layers, cka)
        matches, chance_matches = self.match(partners)
        a, b = self.networks
        return Comparison(
            (a.name, b.name),
            self.layers,
            cka,
            chance,
            disagree,
            (answers[0], answers[1]),
            self.rule,
            partners,
            len(self.images),
            tuple(self.notes),
            matches,
            chance_matches,
        )

    def compare_layers(self) -> tuple[Any, Any, tuple[list[Any], list[Any]]]:
        """Return CKA, its chance level, and the answers of both networks."""
        sums = CkaSums(len(self.layers[0]), len(self.layers[1]), self.seed)
        outputs: tuple[list[Any], list[Any]] = ([], [])
        for portion in self.portions():
            grams = []
            for which, network in enumerate(self.networks):
                rows = self.layers[which]
                names = tuple(dict.fromkeys([*(row.layer for row in rows), OUTPUT]))
                recording = network.run(encode_pictures(network, portion), names, batched=True)
                grams.append([center_gram(read_call(recording, row)) for row in rows])
                outputs[which].extend(recording.output)
            sums.add(*grams)
            self.advance(len(portion))
        return sums.similarity(), sums.chance(), outputs

    def match(
        self, partners: Sequence[int]
    ) -> tuple[dict[int, UnitPairs], dict[int, NDArray[np.float64]]]:
        """Return the pairs of units of each layer of a and its partner, and those of chance."""
        matches: dict[int, UnitPairs] = {}
        chance: dict[int, NDArray[np.float64]] = {}
        groups = list(self.group(partners))
        self.total = (1 + len(groups)) * len(self.images)
        for group in groups:
            sums = self.sum_correlations(group)
            for (row, _), each in zip(group, sums, strict=True):
                matches[row] = match_units(each.correlation())
                chance[row] = match_units(each.chance()).correlation
        return matches, chance

    def group(self, partners: Sequence[int]) -> Iterator[list[tuple[int, int]]]:
        """Yield the pairs of layers whose units fit into memory together."""
        group: list[tuple[int, int]] = []
        size = 0
        for row, column in enumerate(partners):
            if column < 0:
                continue
            needed = 16 * self.layers[0][row].shape[0] * self.layers[1][column].shape[0]
            if group and size + needed > MAX_SUMS_BYTES:
                yield group
                group, size = [], 0
            group.append((row, column))
            size += needed
        if group:
            yield group

    def sum_correlations(self, group: Sequence[tuple[int, int]]) -> list[CorrelationSums]:
        """Return the sums of the units of pairs of layers over all pictures."""
        a, b = self.networks
        pairs = [(self.layers[0][row], self.layers[1][column]) for row, column in group]
        sums = [CorrelationSums(one.shape[0], other.shape[0]) for one, other in pairs]
        for portion in self.portions():
            recordings = [
                network.run(
                    encode_pictures(network, portion),
                    tuple(dict.fromkeys(pair[which].layer for pair in pairs)),
                    batched=True,
                )
                for which, network in enumerate((a, b))
            ]
            order = self.rng.permutation(len(portion))
            for pair, each in zip(pairs, sums, strict=True):
                one, other = (read_call(recordings[k], pair[k]) for k in (0, 1))
                grid = common_grid(one.shape[2:], other.shape[2:])
                each.add(pool_to_grid(one, grid), pool_to_grid(other, grid), order)
            self.advance(len(portion))
        return sums

    def portions(self) -> Iterator[Any]:
        """Yield the pictures in portions of nearly equal size, each of at least MIN_PORTION."""
        values = sum(prod(row.shape) for rows in self.layers for row in rows)
        fitting = MAX_MAP_BYTES // (4 * max(values, 1))
        batch = min(max(fitting, MIN_BATCH), MAX_BATCH)
        count = len(self.images)
        edges = np.linspace(0, count, -(-count // batch) + 1).round().astype(int)
        for start, stop in pairwise(edges):
            yield self.images[start:stop]

    def advance(self, pictures: int) -> None:
        """Report that so many pictures more were run."""
        self.done += pictures
        self.report(self.done, self.total)


def read_call(recording: Recording, row: ComparedLayer) -> Any:
    """Return the values (B, C, H, W) of a layer at a call, without a graph."""
    return recording.tensor(row.layer, row.call).detach()
