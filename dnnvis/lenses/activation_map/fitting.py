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
from dnnvis.introspect.features import Columns, choose_columns
from dnnvis.introspect.fit import (
    MIN_EXAMPLES,
    FitConfig,
    FitJob,
    FitProgress,
    Report,
    fit,
    fit_record,
)
from dnnvis.introspect.harvest import (
    Batch,
    as_images,
    harvest_records,
    hidden_vectors,
    iter_batches,
)
from dnnvis.introspect.map import LearningRecord, Map, architecture_digest
from dnnvis.introspect.map_file import write_map
from dnnvis.jobs import distributed
from dnnvis.lenses.activation_map.collect import (
    DEFAULT_BOARD_COUNT,
    BoardBatches,
    PictureBatches,
    boards_for,
    collect_records,
)
from dnnvis.lenses.activation_map.labels import (
    ClassIndex,
    choose_classes,
    draw_test,
    meaningful_figures,
    select_test,
)
from dnnvis.lenses.activation_map.storage import save_map, work_path
from dnnvis.network.network import Network
from dnnvis.network.snapshots import restore_snapshot
from dnnvis.sources.datasets import Dataset, open_data

Ints = NDArray[np.int64]
RECORD_MESSAGE = "Learning record ..."
MIN_AUROC = 0.6  # AUROC below which an estimate hardly tells right from wrong; by chance .5
MAX_NEIGHBOR_GAP = 0.2  # share by which the map's 15 neighbours know fewer classes than the network
MAX_RECORD_EXAMPLES = 1000  # examples whose hidden states over the training are mapped


@dataclass(frozen=True)
class MapFitOptions:
    """What a fit is asked for. ``data`` path, "" = boards made by the rule; ``limit`` examples
    at most, evenly taken, 0 = all; ``record``: the learning record too, where the network knows
    moments of its training; ``again``: what is half done is thrown away."""

    data: str = ""
    layers: tuple[str, ...] | None = None
    how: str = "auto"
    limit: int = 0
    record: bool = True
    again: bool = False
    fit_config: FitConfig = FitConfig()


def fit_data(
    network: Network,
    options: MapFitOptions,
    report: Report = lambda progress: None,
    stop: threading.Event | None = None,
    save: bool = True,
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
    check_seed(options.fit_config.seed)
    columns = choose_columns(network, options.layers, options.how)
    with distributed.process_group(), ExitStack() as test_mask:
        source = _FitSource(network, options)
        try:
            mark = source.mark(columns)
            folder = work or work_path(network.fingerprint, mark)
            distributed.broadcast_from_rank_zero(lambda: _begin(folder, options.again, test_mask))

            def on_progress(done: int, total: int) -> None:
                report(FitProgress("Harvesting activations ...", done, total))

            path = harvest or folder / "harvest.rec"
            store = collect_records(
                network, columns, source.portions, source.rows, path, on_progress, stop
            )
            unreadable = source.collect_unreadable()
            if distributed.get_rank() != 0:
                return None
            records = store.view()
            activation_map = _fit(
                network, columns, source, records, unreadable, folder, options, report, stop
            )
        finally:
            source.close()
        if save and output is not None:
            write_map(activation_map, output)
        elif save:
            save_map(activation_map)
        if save and work is None:
            shutil.rmtree(folder, ignore_errors=True)
    return activation_map


def _begin(folder: Path, again: bool, test_mask: ExitStack) -> None:
    """Keep other fits out of ``folder`` until ``test_mask`` ends; forget what is half done
    there."""
    test_mask.enter_context(run_lock(folder, "fit of this map", "wait until it ends, or stop it"))
    if again:
        delete_run(folder)


class _FitSource:
    """A data set, or boards: which rows, in which portions, with which classes."""

    def __init__(self, network: Network, options: MapFitOptions) -> None:
        self.network, self.options = network, options
        self.data: Dataset | None = None
        self.classes = ClassIndex(())
        if not options.data:
            if not network.card.binary:
                raise BadInput(f"Say on which pictures {network.name} is to be mapped (--data).")
            count = options.limit or DEFAULT_BOARD_COUNT
            self.boards = boards_for(network, count, options.fit_config.seed)
            self.rows = np.arange(count)
            self.portions: PictureBatches | BoardBatches = BoardBatches(network, self.boards)
            self.address = f"{count} boards made by the rule, seed {options.fit_config.seed}"
            self._state = self.address
            return
        self.data = open_data(options.data)
        self.classes = choose_classes(network, self.data)
        self.rows = _pick_evenly(len(self.data), options.limit)
        self.portions = PictureBatches(network, self.data, self.classes)
        self.address = self.data.address
        self._state = f"{self.data.address} {self.data.mark}"

    def mark(self, columns: Columns) -> str:
        """Of everything that the harvest and the fit depend on."""
        state = [
            self._state,
            self.rows.tolist(),
            columns.as_json(),
            asdict(self.options.fit_config),
        ]
        card = self.network.card.preprocessing()
        return hashlib.sha256(json.dumps([*state, card]).encode()).hexdigest()

    def collect_unreadable(self) -> dict[str, str]:
        """What could not be read, by all processes."""
        return {
            name: reason
            for part in distributed.all_gather(self.portions.unreadable)
            for name, reason in part.items()
        }

    def test(self, rows: Ints) -> NDArray[np.bool_]:
        if self.data is None:
            return draw_test(len(rows), self.options.fit_config.seed)
        return select_test(self.data, rows, self.options.fit_config.seed)

    def close(self) -> None:
        if self.data is not None:
            self.data.close()


def _pick_evenly(count: int, limit: int) -> Ints:
    if not limit or limit >= count:
        return np.arange(count)
    return np.unique(np.linspace(0, count - 1, limit).astype(np.int64))


def _fit(
    network: Network,
    columns: Columns,
    source: _FitSource,
    records: NDArray[Any],
    unreadable: dict[str, str],
    folder: Path,
    options: MapFitOptions,
    report: Report,
    stop: threading.Event | None,
) -> Map:
    if len(records) < MIN_EXAMPLES:
        note = f" {len(unreadable)} could not be read." if unreadable else ""
        raise BadInput(
            f"{len(records)} examples are too few for a map (at least {MIN_EXAMPLES}).{note}"
        )
    records, broken = drop_nonfinite(records)
    names, notes = _class_names(network, columns, records, source.classes)
    notes += broken
    if unreadable:
        first = ", ".join(list(unreadable)[:3])
        count = "1 picture" if len(unreadable) == 1 else f"{len(unreadable):,} pictures"
        more = " ..." if len(unreadable) > 3 else ""
        notes.append(f"{count} could not be read and left out: {first}{more}")
    job = FitJob(
        records,
        columns,
        names,
        source.test(np.array(records["row"])),
        network.fingerprint,
        _recipe(network, columns, source.address, options),
        options.fit_config,
        folder,
        report,
        stop,
        tuple(notes),
    )
    activation_map = fit(job)
    activation_map = replace(
        activation_map,
        notes=(
            *activation_map.notes,
            *quality_warnings(
                meaningful_figures(
                    activation_map.figures, activation_map.labels[~activation_map.examples.test]
                )
            ),
        ),
    )
    if options.record and network.snapshots is not None and source.data is not None:
        activation_map = replace(
            activation_map,
            record=_fit_learning_record(network, columns, source, activation_map, job),
        )
    return replace(activation_map, network=network)


def drop_nonfinite(records: NDArray[Any]) -> tuple[NDArray[Any], list[str]]:
    """Without the few examples most of whose activations are not finite, and what is to be said
    of them; where they are more than a tenth it is the network that is to blame, and all stay."""
    broken = np.zeros(len(records), bool)
    for start in range(0, len(records), 1024):
        h = records["h"][start : start + 1024]
        broken[start : start + 1024] = np.isfinite(h).mean((1, 2)) < 0.5
    count = int(broken.sum())
    if not 0 < count <= len(records) / 10:
        return records, []
    return records[~broken], [f"{count:,} examples have no finite activations and are left out."]


def _class_names(
    network: Network, columns: Columns, records: NDArray[Any], classes: ClassIndex
) -> tuple[tuple[str, ...], list[str]]:
    """The classes' names, and what is to be said of them."""
    if len(columns.steps) > 1 and (records["label"] < 0).all():
        steps = tuple(f"state {k} ({at[0][0]})" for k, at in enumerate(columns.steps))
        return steps, ["The colours are the steps of the network: its data has no classes."]
    known_count = int((records["label"] >= 0).sum())
    if not known_count:
        others = ", ".join(list(classes.unknown)[:3])
        reason = (
            f"the data's classes ({others} ...) are not" if others else "the data names no class"
        )
        tail = f" {network.name}'s" if others else ""
        return (), [f"This map has no classes and no expected error: {reason}{tail}."]
    notes = [classes.note] if classes.note else []
    if known_count < len(records):
        notes.append(
            f"{len(records) - known_count:,} of {len(records):,} examples have no known class."
        )
    return classes.names, notes


def quality_warnings(figures: dict[str, Any]) -> tuple[str, ...]:
    """What is to be said of a map whose figures are poor (shares in [0, 1]; NaN or None where
    one is not known): an expected error with an AUROC below .6 (Pardo et al. 2019, section 3.6,
    reach more than .9), and classes that lie mixed on the map though the network knows them."""
    warnings = []
    aurocs = [figures[f"auroc {kind}"] for kind in ("2d", "rich") if f"auroc {kind}" in figures]
    finite = [value for value in aurocs if value is not None and value == value]
    if finite and finite[0] < MIN_AUROC:
        value = f"{finite[0]:.2f}".removeprefix("0")
        warnings.append(
            "The expected error of this map hardly tells right from wrong "
            f"(AUROC {value}; .50 is chance)."
        )
    near, right = (figures.get(name) for name in ("kNN15", "accuracy"))
    if near is not None and right is not None and near < right - MAX_NEIGHBOR_GAP:
        warnings.append(
            f"The network is right on {right:.0%} of the examples, their neighbours on the map "
            f"on {near:.0%}: classes that it tells apart lie mixed here."
        )
    return tuple(warnings)


def _recipe(
    network: Network, columns: Columns, address: str, options: MapFitOptions
) -> dict[str, Any]:
    return {
        "network": network.name,
        "data": address,
        "layers": [part.layer for part in columns.parts],
        "how": columns.description,
        "limit": options.limit,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "like": architecture_digest(network),
    }


def _fit_learning_record(
    network: Network, columns: Columns, source: _FitSource, activation_map: Map, job: FitJob
) -> LearningRecord:
    """Hidden states of some examples at every moment of the training."""
    snapshots = network.snapshots
    assert snapshots is not None and source.data is not None
    rows = np.flatnonzero(~activation_map.examples.test & (activation_map.examples.step == 0))
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, MAX_RECORD_EXAMPLES).astype(int))]
    index = activation_map.index[rows]
    images = [source.data.read(int(row))[0] for row in index]
    h = []

    def on_progress(progress: FitProgress) -> None:
        job.report(replace(progress, message=RECORD_MESSAGE, preview=None, labels=None))

    for number in range(len(snapshots.steps)):
        if job.stop is not None and job.stop.is_set():
            raise Cancelled("The fit was stopped; the same command goes on.")
        on_progress(FitProgress(RECORD_MESSAGE, number, len(snapshots.steps)))
        snapshot = restore_snapshot(network, number)
        h.append(
            hidden_vectors(snapshot, columns, images).reshape(
                len(images), activation_map.rows_each, -1
            )[:, -1]
        )
    steps = np.array(snapshots.steps)
    folder = None if job.folder is None else job.folder / "record"  # an autoencoder of its own
    record_job = replace(job, folder=folder, report=on_progress)
    return fit_record(record_job, np.stack(h), steps, activation_map.labels[rows], index)


def fit_arrays(
    network: Network,
    images: NDArray[np.uint8] | Sequence[Any],
    labels: Sequence[int] | NDArray[np.int64] | None = None,
    *,
    layers: Sequence[str] | str | None = None,
    seed: int = 0,
    test: NDArray[np.bool_] | None = None,
    fit_config: FitConfig | None = None,
    how: str = "auto",
) -> Map:
    """A map on images uint8 (N, H, W, C) with labels int (N,); nothing is kept on disk.

    ``test``: bool (N,), which of them are kept out of the fit; None: every tenth by lot (of
    fewer than 100 none). Raises BadInput for images, labels or layers that cannot be used.
    """
    columns = choose_columns(network, layers, how)
    images = as_images(images)
    numbers, notes = check_labels(network, labels, len(images))
    label_tensor = None if numbers is None else torch.from_numpy(numbers)
    portions: Iterable[Batch] = iter_batches(network, images, numbers)
    if network.card.binary and network.info.game_steps:
        boards = np.asarray(images).reshape(len(images), *np.asarray(images).shape[1:3])
        cells = (boards > 0).astype(np.uint8)
        portions = BoardBatches(network, cells)(_row_batches(len(cells)))
    parts = list(harvest_records(network, columns, portions))
    records = np.concatenate(parts) if parts else np.zeros(0, [("label", "<i4")])
    if len(records) < MIN_EXAMPLES:
        raise BadInput(
            f"{len(records)} examples are too few for a map; give at least {MIN_EXAMPLES}."
        )
    test_mask = (
        draw_test(len(records), check_seed(seed)) if test is None else np.asarray(test, bool)
    )
    if test_mask.shape != (len(records),):
        raise BadInput(
            f"test says which of {len(records)} examples are for it, not {test_mask.shape}."
        )
    records, broken = drop_nonfinite(records)
    test_mask = test_mask[records["row"]]
    outputs = tuple(network.card.labels) or tuple(map(str, range(int(count_outputs(network)))))
    names, class_notes = _class_names(
        network, columns, records, ClassIndex(outputs if label_tensor is not None else ())
    )
    fit_config = replace(fit_config or FitConfig(), seed=check_seed(seed))
    recipe = _recipe(network, columns, "arrays", MapFitOptions(fit_config=fit_config))
    job = FitJob(
        records,
        columns,
        names,
        test_mask,
        network.fingerprint,
        recipe,
        fit_config,
        notes=(*notes, *class_notes, *broken),
    )
    return replace(fit(job), network=network)


def _row_batches(count: int, size: int = 128) -> list[Ints]:
    return [np.arange(k, min(k + size, count)) for k in range(0, count, size)]


def check_seed(seed: Any) -> int:
    """A seed as an int in [0, 2^31); raises BadInput for another."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**31:
        raise BadInput(f"A seed is a whole number from 0 to {2**31 - 1}, not {seed!r}.")
    return int(seed)


def count_outputs(network: Network) -> int:
    """How many classes it tells apart."""
    return network.layer("output").shape[0]


def check_labels(network: Network, labels: Any, count: int) -> tuple[Ints | None, tuple[str, ...]]:
    """Labels as int64 (N,), -1 where there is none; None, with a sentence, where they are not
    the network's. Raises BadInput for another number of them."""
    if labels is None:
        return None, ()
    try:
        numbers = np.asarray(labels)
    except (TypeError, ValueError) as error:
        raise BadInput(f"labels are {count} whole numbers: {error}") from None
    if numbers.shape != (count,) or not np.issubdtype(numbers.dtype, np.integer):
        raise BadInput(f"labels are {count} whole numbers, not {numbers.dtype} {numbers.shape}.")
    outputs = count_outputs(network)
    if numbers.max(initial=0) >= outputs:
        note = (
            f"The labels go up to {numbers.max()}, but {network.name} knows {outputs} classes: "
            "this map has no classes and no expected error."
        )
        return None, (note,)
    return np.maximum(numbers.astype(np.int64), -1), ()
