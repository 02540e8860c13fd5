"""A map for a network on a data set: harvest, fit, keep. What was stopped goes on."""

import hashlib
import json
import shutil
import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.core.run_lock import delete_run, run_lock
from dnnvis.introspect.features import Columns, choose
from dnnvis.introspect.fit import FEWEST, Job, Report, Standing, Wishes, fit, fit_record
from dnnvis.introspect.harvest import Batch, as_images, batches, harvested, vectors
from dnnvis.introspect.map import Map, Record, likeness
from dnnvis.introspect.map_file import write_map
from dnnvis.jobs import distributed
from dnnvis.lenses.activation_map.collect import BOARDS, Boards, Pictures, boards_for, gather
from dnnvis.lenses.activation_map.labels import Classes, by_lot, classes_of, telling, tested
from dnnvis.lenses.activation_map.storage import keep, work_path
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Data, open_data

Ints = NDArray[np.int64]
RECORD = "Learning record ..."
WEAK = 0.6  # AUROC below which an estimate hardly tells right from wrong; by chance .5
BEHIND = 0.2  # share by which the map's 15 neighbours know fewer classes than the network
RECORDED = 1000  # examples whose hidden states over the training are mapped


@dataclass(frozen=True)
class Asked:
    """What a fit is asked for. ``data`` path, "" = boards made by the rule; ``limit`` examples
    at most, evenly taken, 0 = all; ``record``: the learning record too, where the network knows
    moments of its training; ``again``: what is half done is thrown away."""

    data: str = ""
    layers: tuple[str, ...] | None = None
    how: str = "auto"
    limit: int = 0
    record: bool = True
    again: bool = False
    wishes: Wishes = Wishes()


def fit_data(
    network: Network,
    asked: Asked,
    report: Report = lambda standing: None,
    stop: threading.Event | None = None,
    kept: bool = True,
    work: Path | None = None,
    harvest: Path | None = None,
    output: Path | None = None,
) -> Map | None:
    """The map of ``network`` on a data set, kept under its fingerprint or in ``output``; under
    torchrun the harvest is shared, and only rank 0 gets the map (None for the others).

    ``work``: a folder for what is half done that the caller clears; ``harvest``: a file for the
    hidden vectors that outlasts the fit, from which maps of other seeds of the same network,
    layers and data are fitted (nothing in it tells of another's).
    Raises BadInput for data or layers that cannot be used, and where another fit of the same
    map is at work; Cancelled where ``stop`` was set:
    the same call goes on where it was.
    """
    checked_seed(asked.wishes.seed)
    columns = choose(network, asked.layers, asked.how)
    with distributed.together(), ExitStack() as held:
        source = _Source(network, asked)
        try:
            mark = source.mark(columns)
            folder = work or work_path(network.fingerprint, mark)
            distributed.told(lambda: _begin(folder, asked.again, held))

            def told(done: int, total: int) -> None:
                report(Standing("Harvesting activations ...", done, total))

            place = harvest or folder / "harvest.rec"
            store = gather(network, columns, source.portions, source.rows, place, told, stop)
            unknown = source.counted()
            if distributed.rank() != 0:
                return None
            records = store.view()
            made = _fitted(network, columns, source, records, unknown, folder, asked, report, stop)
        finally:
            source.close()
        if kept and output is not None:
            write_map(made, output)
        elif kept:
            keep(made)
        if kept and work is None:
            shutil.rmtree(folder, ignore_errors=True)
    return made


def _begin(folder: Path, again: bool, held: ExitStack) -> None:
    """Keep other fits out of ``folder`` until ``held`` ends; forget what is half done there."""
    held.enter_context(run_lock(folder, "fit of this map", "wait until it ends, or stop it"))
    if again:
        delete_run(folder)


class _Source:
    """A data set, or boards: which rows, in which portions, with which classes."""

    def __init__(self, network: Network, asked: Asked) -> None:
        self.network, self.asked = network, asked
        self.data: Data | None = None
        self.classes = Classes(())
        if not asked.data:
            if not network.card.binary:
                raise BadInput(f"Say on which pictures {network.name} is to be mapped (--data).")
            many = asked.limit or BOARDS
            self.boards = boards_for(network, many, asked.wishes.seed)
            self.rows = np.arange(many)
            self.portions: Pictures | Boards = Boards(network, self.boards)
            self.address = f"{many} boards made by the rule, seed {asked.wishes.seed}"
            self._state = self.address
            return
        self.data = open_data(asked.data)
        self.classes = classes_of(network, self.data)
        self.rows = _spread(len(self.data), asked.limit)
        self.portions = Pictures(network, self.data, self.classes)
        self.address = self.data.address
        self._state = f"{self.data.address} {self.data.mark}"

    def mark(self, columns: Columns) -> str:
        """Of everything that the harvest and the fit depend on."""
        told = [self._state, self.rows.tolist(), columns.as_json(), asdict(self.asked.wishes)]
        card = self.network.card.preprocessing()
        return hashlib.sha256(json.dumps([*told, card]).encode()).hexdigest()

    def counted(self) -> dict[str, str]:
        """What could not be read, by all processes."""
        return {
            name: why
            for part in distributed.gathered(self.portions.unreadable)
            for name, why in part.items()
        }

    def test(self, rows: Ints) -> NDArray[np.bool_]:
        if self.data is None:
            return by_lot(len(rows), self.asked.wishes.seed)
        return tested(self.data, rows, self.asked.wishes.seed)

    def close(self) -> None:
        if self.data is not None:
            self.data.close()


def _spread(many: int, limit: int) -> Ints:
    if not limit or limit >= many:
        return np.arange(many)
    return np.unique(np.linspace(0, many - 1, limit).astype(np.int64))


def _fitted(
    network: Network,
    columns: Columns,
    source: _Source,
    records: NDArray[Any],
    unknown: dict[str, str],
    folder: Path,
    asked: Asked,
    report: Report,
    stop: threading.Event | None,
) -> Map:
    if len(records) < FEWEST:
        why = f" {len(unknown)} could not be read." if unknown else ""
        raise BadInput(f"{len(records)} examples are too few for a map (at least {FEWEST}).{why}")
    records, broken = numbered(records)
    names, notes = _names(network, columns, records, source.classes)
    notes += broken
    if unknown:
        first = ", ".join(list(unknown)[:3])
        many = "1 picture" if len(unknown) == 1 else f"{len(unknown):,} pictures"
        more = " ..." if len(unknown) > 3 else ""
        notes.append(f"{many} could not be read and left out: {first}{more}")
    job = Job(
        records, columns, names, source.test(np.array(records["row"])), network.fingerprint,
        _recipe(network, columns, source.address, asked), asked.wishes, folder, report, stop,
        tuple(notes),
    )  # fmt: skip
    made = fit(job)
    made = replace(
        made, notes=(*made.notes, *doubts(telling(made.figures, made.labels[~made.examples.test])))
    )
    if asked.record and network.moments is not None and source.data is not None:
        made = replace(made, record=_record(network, columns, source, made, job))
    return replace(made, network=network)


def numbered(records: NDArray[Any]) -> tuple[NDArray[Any], list[str]]:
    """Without the few examples most of whose activations are not finite, and what is to be said
    of them; where they are more than a tenth it is the network that is to blame, and all stay."""
    broken = np.zeros(len(records), bool)
    for start in range(0, len(records), 1024):
        h = records["h"][start : start + 1024]
        broken[start : start + 1024] = np.isfinite(h).mean((1, 2)) < 0.5
    many = int(broken.sum())
    if not 0 < many <= len(records) / 10:
        return records, []
    return records[~broken], [f"{many:,} examples have no finite activations and are left out."]


def _names(
    network: Network, columns: Columns, records: NDArray[Any], classes: Classes
) -> tuple[tuple[str, ...], list[str]]:
    """The classes' names, and what is to be said of them."""
    if len(columns.steps) > 1 and (records["label"] < 0).all():
        steps = tuple(f"state {k} ({at[0][0]})" for k, at in enumerate(columns.steps))
        return steps, ["The colours are the steps of the network: its data has no classes."]
    known = int((records["label"] >= 0).sum())
    if not known:
        others = ", ".join(list(classes.unknown)[:3])
        why = f"the data's classes ({others} ...) are not" if others else "the data names no class"
        tail = f" {network.name}'s" if others else ""
        return (), [f"This map has no classes and no expected error: {why}{tail}."]
    notes = [classes.note] if classes.note else []
    if known < len(records):
        notes.append(f"{len(records) - known:,} of {len(records):,} examples have no known class.")
    return classes.names, notes


def doubts(figures: dict[str, Any]) -> tuple[str, ...]:
    """What is to be said of a map whose figures are poor (shares in [0, 1]; NaN or None where
    one is not known): an expected error with an AUROC below .6 (Pardo et al. 2019, section 3.6,
    reach more than .9), and classes that lie mixed on the map though the network knows them."""
    said = []
    rank = [figures[f"auroc {kind}"] for kind in ("2d", "rich") if f"auroc {kind}" in figures]
    known = [value for value in rank if value is not None and value == value]
    if known and known[0] < WEAK:
        value = f"{known[0]:.2f}".removeprefix("0")
        said.append(
            "The expected error of this map hardly tells right from wrong "
            f"(AUROC {value}; .50 is chance)."
        )
    near, right = (figures.get(name) for name in ("kNN15", "accuracy"))
    if near is not None and right is not None and near < right - BEHIND:
        said.append(
            f"The network is right on {right:.0%} of the examples, their neighbours on the map "
            f"on {near:.0%}: classes that it tells apart lie mixed here."
        )
    return tuple(said)


def _recipe(network: Network, columns: Columns, address: str, asked: Asked) -> dict[str, Any]:
    return {
        "network": network.name,
        "data": address,
        "layers": [part.layer for part in columns.parts],
        "how": columns.words,
        "limit": asked.limit,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "like": likeness(network),
    }


def _record(network: Network, columns: Columns, source: _Source, made: Map, job: Job) -> Record:
    """Hidden states of some examples at every moment of the training."""
    moments = network.moments
    assert moments is not None and source.data is not None
    rows = np.flatnonzero(~made.examples.test & (made.examples.step == 0))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, RECORDED).astype(int))]
    index = made.index[rows]
    images = [source.data.read(int(row))[0] for row in index]
    h = []

    def told(standing: Standing) -> None:
        job.report(replace(standing, words=RECORD, preview=None, labels=None))

    for number in range(len(moments.steps)):
        if job.stop is not None and job.stop.is_set():
            raise Cancelled("The fit was stopped; the same command goes on.")
        told(Standing(RECORD, number, len(moments.steps)))
        then = moments.at(network, number)
        h.append(vectors(then, columns, images).reshape(len(images), made.rows_each, -1)[:, -1])
    steps = np.array(moments.steps)
    folder = None if job.folder is None else job.folder / "record"  # an autoencoder of its own
    own = replace(job, folder=folder, report=told)
    return fit_record(own, np.stack(h), steps, made.labels[rows], index)


def fit_arrays(
    network: Network,
    images: NDArray[np.uint8] | Sequence[Any],
    labels: Sequence[int] | NDArray[np.int64] | None = None,
    *,
    layers: Sequence[str] | str | None = None,
    seed: int = 0,
    test: NDArray[np.bool_] | None = None,
    wishes: Wishes | None = None,
    how: str = "auto",
) -> Map:
    """A map on images uint8 (N, H, W, C) with labels int (N,); nothing is kept on disk.

    ``test``: bool (N,), which of them are kept out of the fit; None: every tenth by lot (of
    fewer than 100 none). Raises BadInput for images, labels or layers that cannot be used.
    """
    columns = choose(network, layers, how)
    images = as_images(images)
    numbers, notes = checked_labels(network, labels, len(images))
    known = None if numbers is None else torch.from_numpy(numbers)
    portions: Iterable[Batch] = batches(network, images, numbers)
    if network.card.binary and network.info.game_steps:
        boards = np.asarray(images).reshape(len(images), *np.asarray(images).shape[1:3])
        cells = (boards > 0).astype(np.uint8)
        portions = Boards(network, cells)(_shares(len(cells)))
    made = list(harvested(network, columns, portions))
    records = np.concatenate(made) if made else np.zeros(0, [("label", "<i4")])
    if len(records) < FEWEST:
        raise BadInput(f"{len(records)} examples are too few for a map; give at least {FEWEST}.")
    held = by_lot(len(records), checked_seed(seed)) if test is None else np.asarray(test, bool)
    if held.shape != (len(records),):
        raise BadInput(f"test says which of {len(records)} examples are for it, not {held.shape}.")
    records, broken = numbered(records)
    held = held[records["row"]]
    outputs = tuple(network.card.labels) or tuple(map(str, range(int(network_outputs(network)))))
    names, said = _names(network, columns, records, Classes(outputs if known is not None else ()))
    wishes = replace(wishes or Wishes(), seed=checked_seed(seed))
    recipe = _recipe(network, columns, "arrays", Asked(wishes=wishes))
    job = Job(
        records, columns, names, held, network.fingerprint, recipe, wishes,
        notes=(*notes, *said, *broken),
    )  # fmt: skip
    return replace(fit(job), network=network)


def _shares(many: int, size: int = 128) -> list[Ints]:
    return [np.arange(k, min(k + size, many)) for k in range(0, many, size)]


def checked_seed(seed: Any) -> int:
    """A seed as an int in [0, 2^31); raises BadInput for another."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**31:
        raise BadInput(f"A seed is a whole number from 0 to {2**31 - 1}, not {seed!r}.")
    return int(seed)


def network_outputs(network: Network) -> int:
    """How many classes it tells apart."""
    return network.layer("output").shape[0]


def checked_labels(network: Network, labels: Any, many: int) -> tuple[Ints | None, tuple[str, ...]]:
    """Labels as int64 (N,), -1 where there is none; None, with a sentence, where they are not
    the network's. Raises BadInput for another number of them."""
    if labels is None:
        return None, ()
    try:
        numbers = np.asarray(labels)
    except (TypeError, ValueError) as why:
        raise BadInput(f"labels are {many} whole numbers: {why}") from None
    if numbers.shape != (many,) or not np.issubdtype(numbers.dtype, np.integer):
        raise BadInput(f"labels are {many} whole numbers, not {numbers.dtype} {numbers.shape}.")
    outputs = network_outputs(network)
    if numbers.max(initial=0) >= outputs:
        said = (
            f"The labels go up to {numbers.max()}, but {network.name} knows {outputs} classes: "
            "this map has no classes and no expected error."
        )
        return None, (said,)
    return np.maximum(numbers.astype(np.int64), -1), ()
