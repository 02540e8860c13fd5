"""Dissect a network beside the same network with shuffled weights, and keep both."""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from dnnvis.core.errors import LensMissing
from dnnvis.core.probing.dissection import DissectedLayer
from dnnvis.core.progress import Progress
from dnnvis.jobs import distributed
from dnnvis.lenses.saliency.randomization import list_weighted_modules, randomize_weights
from dnnvis.library.dissection.dissect import (
    DissectionOptions,
    DissectionOutcome,
    Report,
    compute_key,
    dissect_units,
)
from dnnvis.library.scan.scan import sort_layers
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.dissections import read_dissection, save_dissection
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.sources.concepts.concept_set import LabeledConcepts

CONTROL_SEED = 0
CONTROL_MESSAGE = "control: {message}"
EDITED_NOTE = "Edits are on, so the names are not kept in the library."
NO_CONTROL_NOTE = "There is no control: {reason}"


@dataclass(frozen=True)
class Dissection:
    """The units of a network by concepts, beside those of shuffled weights."""

    #: Layers in the order of the table; () where it was stopped before.
    layers: tuple[DissectedLayer, ...]
    #: The same of a copy whose weights are shuffled; () without a control.
    control: tuple[DissectedLayer, ...] = ()
    #: Pictures asked for, and those that are left, of the network and its control together.
    total: int = 0
    left: int = 0
    #: Picture -> why it could not be read.
    skipped: dict[str, str] | None = None
    #: What was assumed, in sentences.
    notes: tuple[str, ...] = ()
    #: Pictures looked at in this run, and its duration.
    seen: int = 0
    seconds: float = 0.0
    #: The library that it is kept in; "" where it is not.
    library: str = ""

    def layer(self, name: str) -> DissectedLayer | None:
        """Return a layer; None where it is not there."""
        return next((layer for layer in self.layers if layer.layer == name), None)

    def control_of(self, name: str) -> DissectedLayer | None:
        """Return the control of a layer; None where there is none."""
        return next((layer for layer in self.control if layer.layer == name), None)


def dissect_network(
    net: Network,
    data: LabeledConcepts,
    library: LibraryFile | str | Path | None,
    options: DissectionOptions | None = None,
    *,
    control: bool = True,
    again: bool = False,
    report: Report | None = None,
    stop: threading.Event | None = None,
) -> Dissection:
    """Name the units of a network by concepts, and keep the names in its library.

    What the library has of the same concepts, pictures and options is not done again. The control
    is the same network with the numbers of each weight tensor in another order (seed 0); buffers,
    such as the statistics of batch norms, stay.

    Args:
        net: The network.
        data: The concepts.
        library: Where the names are kept, opened or its path; None: nowhere.
        options: How it is done.
        control: Whether the control is dissected, too.
        again: Whether what is known is discarded.
        report: Receives the progress, first of the network, then of the control.
        stop: Stops it once it is set; the same call goes on another time.

    Returns:
        The layers of both.

    Raises:
        BadInput: Concepts, numbers or the library cannot be used.
        UnknownUnit: The network has no such layer.
    """
    options = options or DissectionOptions()
    stop = stop or threading.Event()
    notes: list[str] = []
    with ExitStack() as stack:
        stack.enter_context(distributed.process_group())
        if library is not None and set(net.edits.active) - set(net.edits.lasting):
            library = None
            notes.append(EDITED_NOTE)
        file = _open_library(net, library, stack)
        keeper = _Keeper(net, data, options, file, again)
        own = keeper.dissect(lambda: net, report, stop, is_control=False)
        other = DissectionOutcome((), 0, 0)
        if control:
            try:
                other = keeper.dissect(
                    lambda: shuffle_weights(net), _rename(report), stop, is_control=True
                )
            except LensMissing as error:
                notes.append(NO_CONTROL_NOTE.format(reason=error))
        path = "" if library is None else str(getattr(library, "path", library))
    return Dissection(
        own.layers,
        other.layers,
        own.total + other.total,
        own.left + other.left,
        own.skipped | other.skipped,
        tuple(dict.fromkeys((*notes, *own.notes, *other.notes))),
        own.seen + other.seen,
        own.seconds + other.seconds,
        path,
    )


def shuffle_weights(net: Network) -> Network:
    """Return a copy with the numbers of each weight tensor in another order.

    Raises LensMissing where there are no weights, or the network cannot be copied.
    """
    return randomize_weights(net, list_weighted_modules(net, OUTPUT), CONTROL_SEED)


def _open_library(
    net: Network, library: LibraryFile | str | Path | None, stack: ExitStack
) -> LibraryFile | None:
    """Return the library, opened on rank 0 alone; one that is opened here is closed with it."""
    if library is None or distributed.get_rank() > 0:
        return None
    if isinstance(library, LibraryFile):
        return library
    return stack.enter_context(LibraryFile(library, net.fingerprint, net.name, card=net.card))


def _rename(report: Report | None) -> Report | None:
    """Return what reports progress as that of the control."""
    if report is None:
        return None

    def report_control(progress: Progress) -> None:
        report(replace(progress, message=CONTROL_MESSAGE.format(message=progress.message.lower())))

    return report_control


@dataclass(frozen=True)
class _Keeper:
    """Dissects what the library does not have, and keeps it there."""

    net: Network
    data: LabeledConcepts
    options: DissectionOptions
    library: LibraryFile | None
    again: bool

    def dissect(
        self,
        open_network: Callable[[], Network],
        report: Report | None,
        stop: threading.Event,
        *,
        is_control: bool,
    ) -> DissectionOutcome:
        """Return the layers of the network or its control, which is opened where it is needed."""
        salt = f"control {CONTROL_SEED}" if is_control else ""
        recipe = compute_key(self.net, self.data, self.options, salt)
        names = sort_layers(self.net, self.options.layers)
        known: dict[str, DissectedLayer] = distributed.broadcast_from_rank_zero(
            lambda: self._read_known(names, recipe, is_control)
        )
        missing = tuple(name for name in names if name not in known)
        if not missing:
            return DissectionOutcome(tuple(known[name] for name in names), 0, 0)
        outcome = dissect_units(
            open_network(),
            self.data,
            replace(self.options, layers=missing),
            salt=recipe,
            again=self.again,
            report=report,
            stop=stop,
        )
        if not outcome.layers:
            return outcome
        signed = [self._sign(layer, is_control) for layer in outcome.layers]
        distributed.broadcast_from_rank_zero(lambda: self._save(signed, recipe))
        by_name = known | {layer.layer: layer for layer in signed}
        return replace(outcome, layers=tuple(by_name[name] for name in names))

    def _read_known(
        self, names: Sequence[str], recipe: str, is_control: bool
    ) -> dict[str, DissectedLayer]:
        if self.library is None or self.again:
            return {}
        layers = {
            name: read_dissection(self.library, name, self.data.address, recipe, control=is_control)
            for name in names
        }
        return {name: layer for name, layer in layers.items() if layer is not None}

    def _sign(self, layer: DissectedLayer, is_control: bool) -> DissectedLayer:
        return replace(layer, network=self.net.name, control=is_control)

    def _save(self, layers: Sequence[DissectedLayer], recipe: str) -> None:
        if self.library is None:
            return
        with self.library.transaction():
            for layer in layers:
                save_dissection(self.library, layer, recipe)
