"""Run batches of a dissection: sample their maps for thresholds, or count them."""

import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.library.dissection.batches import ConceptBatch
from dnnvis.library.dissection.counting import (
    LayerCounts,
    LayerObserver,
    SharedCounts,
    count_concepts,
    count_layer,
    find_shared,
)
from dnnvis.library.dissection.thresholds import PilotSampler
from dnnvis.library.scan.channel_summary import UnitRange
from dnnvis.library.scan.map_reader import MapReader, list_overwritten_layers
from dnnvis.library.scan.reductions import spatial_max
from dnnvis.network.hooks import cancellable
from dnnvis.network.network import Network
from dnnvis.network.streaming import LayerOutput


@dataclass(frozen=True)
class RangesByScore:
    """The layers of a dissection, by what they are scored with."""

    #: Layer -> its range of units: those scored by IoU, those scored by AUROC, and both in the
    #: order of the table.
    iou: dict[str, UnitRange]
    roc: dict[str, UnitRange]
    every: dict[str, UnitRange]
    #: First unit of a range scored by IoU -> its number of units.
    channels: dict[int, int]
    #: First unit of a range scored by AUROC -> its columns among the values that are kept.
    columns: dict[int, slice]

    @property
    def roc_units(self) -> int:
        """Return how many values are kept of each picture."""
        return max((columns.stop for columns in self.columns.values()), default=0)

    @classmethod
    def split(
        cls, ranges: dict[str, UnitRange], with_positions: Collection[str]
    ) -> "RangesByScore":
        """Split layers into those whose positions are compared with masks, and all others."""
        iou = {layer: own for layer, own in ranges.items() if layer in with_positions}
        roc = {layer: own for layer, own in ranges.items() if layer not in with_positions}
        columns: dict[int, slice] = {}
        end = 0
        for own in roc.values():
            if own.start not in columns:
                columns[own.start] = slice(end, end + own.shape[0])
                end += own.shape[0]
        channels = {own.start: own.shape[0] for own in iou.values()}
        return cls(iou, roc, ranges, channels, columns)


class BatchCounts(NamedTuple):
    """What was counted in one batch."""

    #: First unit of a range -> its counts, and the points at which each concept is (K,).
    layers: dict[int, tuple[LayerCounts, Tensor]]
    #: Largest values of the units scored by AUROC, float32 (B, ``roc_units``).
    maxima: NDArray[np.float32]


class ConceptPass:
    """Runs batches, with a second thread that reads maps on a processor. A context manager."""

    def __init__(
        self, net: Network, ranges: RangesByScore, concepts: int, stop: threading.Event
    ) -> None:
        """Say what is run.

        Args:
            net: The network.
            ranges: The layers.
            concepts: K.
            stop: Cancels the pass under way once it is set.
        """
        self._net, self._ranges, self._concepts, self._stop = net, ranges, concepts, stop
        self._stack = ExitStack()
        self._observer = LayerObserver(ranges.every)
        #: First unit of a range -> how its counts follow from another's; known after ``sample``.
        self.shared: dict[int, SharedCounts] = {}

    def __enter__(self) -> Self:
        if self._net.device.type == "cpu":  # elsewhere kernels are queued anyway
            overwritten = list_overwritten_layers(self._net, list(self._ranges.every))
            reader = self._stack.enter_context(MapReader())
            self._observer = LayerObserver(self._ranges.every, reader, overwritten)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def sample(self, chunk: ConceptBatch, samplers: Mapping[int, PilotSampler]) -> None:
        """Give the samplers values of a batch; where it is stopped, raise Cancelled before that."""
        values: dict[int, Tensor] = {}

        def create_reader(output: LayerOutput) -> Callable[[Tensor], None] | None:
            start = self._ranges.every[output.layer].start
            sampler = samplers.get(start)
            if sampler is None:
                return None
            shared = find_shared(output, self._ranges.iou)
            if shared is not None:
                self.shared[start] = shared

            def read(value: Tensor) -> None:
                values[start] = sampler.sample(value, chunk.batch)

            return read

        self._run(chunk, create_reader)
        for start, own in values.items():
            samplers[start].add(own)

    def count(self, chunk: ConceptBatch, edges: Mapping[int, Tensor]) -> BatchCounts:
        """Count a batch; raise Cancelled if stopped.

        Args:
            chunk: The batch.
            edges: First unit of a range -> its candidates.
        """
        layers: dict[int, LayerCounts] = {}
        derived: dict[int, SharedCounts] = {}
        maxima = np.zeros((len(chunk.numbers), self._ranges.roc_units), np.float32)

        def create_reader(output: LayerOutput) -> Callable[[Tensor], None] | None:
            start = self._ranges.every[output.layer].start
            if output.layer not in self._ranges.iou:
                columns = self._ranges.columns[start]
                return lambda value: _read_maxima(value, maxima[:, columns])
            where = chunk.points.layers[output.layer]
            own_edges, planes = edges[start].to(self._net.device), chunk.planes[where.grid]
            shared = self._find_shared(output, start)
            chosen: Tensor | None = None
            if shared is not None:
                derived[start], chosen = shared, shared.flipped.to(self._net.device)
                if not len(chosen):
                    return None
                own_edges = own_edges[chosen]

            def read(value: Tensor) -> None:
                value = value if chosen is None else value[:, chosen]
                layers[start] = count_layer(value, own_edges, where, planes, self._concepts)

            return read

        self._run(chunk, create_reader)
        for start, shared in derived.items():
            source = layers[shared.source]
            own = layers.get(start) or source.select(shared.flipped)
            layers[start] = shared.merge(source, own)
        present = [count_concepts(planes, self._concepts) for planes in chunk.planes]
        grids = {self._ranges.every[name].start: p.grid for name, p in chunk.points.layers.items()}
        counts = {start: (own, present[grids[start]]) for start, own in layers.items()}
        return BatchCounts(counts, maxima)

    def _find_shared(self, output: LayerOutput, start: int) -> SharedCounts | None:
        """Return how a layer's counts follow from another's, where the candidates do, too."""
        shared = self.shared.get(start)
        source = self._ranges.iou.get(output.source)
        return shared if source is not None and shared and source.start == shared.source else None

    def _run(
        self,
        chunk: ConceptBatch,
        create_reader: Callable[[LayerOutput], Callable[[Tensor], None] | None],
    ) -> None:
        if not chunk.numbers:
            return
        net = self._net
        x = chunk.pixels.to(net.device).float().div(255)
        x = x.contiguous(memory_format=net.memory_format)
        with cancellable(self._stop):
            self._observer.run(net, x, create_reader)


def _read_maxima(value: Tensor, maxima: NDArray[np.float32]) -> None:
    """Write the largest value of each map (B, C, H, W) into ``maxima`` (B, C)."""
    values = value.flatten(1) if value[0, 0].numel() == 1 else spatial_max(value)[0]
    maxima[:] = values.cpu().numpy()
