"""Measure how often patches named by an atlas flip a classifier's answer, against two controls.

Source: Carter et al. 2019, section "Focusing on a single class". The atlas is of training pictures
of CIFAR-10, the attacked pictures are test pictures.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.atlas_view import MAX_NEAR_CELLS
from dnnvis.core.errors import BadInput
from dnnvis.introspect.atlas.layout import LayoutName
from dnnvis.lenses.atlas.attack import (
    AttackCount,
    attack,
    cells_near_class,
    cut_patches,
    noise_patches,
    predict,
)
from dnnvis.lenses.atlas.building import AtlasBuilder, AtlasLayout, AtlasProgress, plan_atlas
from dnnvis.lenses.atlas.examples import fit_picture
from dnnvis.lenses.atlas.options import AtlasOptions
from dnnvis.network.network import Network
from dnnvis.reproduce.common import (
    Outcome,
    ProgressReporter,
    Report,
    ReproductionConfig,
    ReproductionProgress,
    read_or_back_up,
    read_record,
    write_record,
)
from dnnvis.sources.datasets import Dataset, open_data
from dnnvis.zoo.catalog import open_network

SUBJECT = "net2-cifar10"
KINDS = ("atlas", "random cells", "noise")
PAIRS = (
    ("cat", "dog"),
    ("deer", "horse"),
    ("automobile", "truck"),
    ("ship", "airplane"),
    ("bird", "frog"),
)
CIFAR_PATHS = ("cifar10-jpg.tar", "cifar10-jpg")
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class AtlasAttackConfig(ReproductionConfig):
    """What is asked for: one atlas, and ``seeds[0]`` of positions, spots and noise."""

    #: Folder with CIFAR-10.
    data: Path
    #: The layer of the atlas.
    layer: str = "elu5"
    #: Training pictures of the atlas.
    atlas_pictures: int = 5000
    #: Cells along a side.
    grid: int = 20
    layout: LayoutName = "pca"
    #: Test pictures of each attacked class, at most; those that the network gets right count.
    pictures: int = 600
    #: (attacked class, class aimed at).
    pairs: tuple[tuple[str, str], ...] = PAIRS


@dataclass(frozen=True)
class AttackRecord:
    """What patches of one kind did to pictures of one class."""

    source: str
    target: str
    kind: str
    pictures: int
    flipped: int
    reached: int
    #: Different patches.
    patches: int
    #: Height and width of a patch, in pixels.
    size: tuple[int, int]
    #: Digest of the settings.
    settings: str


def describe_settings(config: AtlasAttackConfig) -> str:
    """Return what a record's counts depend on, as text."""
    return (
        f"{SUBJECT} {config.layer}, {config.atlas_pictures} pictures, {config.grid} x "
        f"{config.grid} {config.layout}, {config.pictures} attacked, seed {config.seeds[0]}"
    )


def parse_record(data: Any) -> AttackRecord:
    """Return the record that JSON holds; raise an ordinary error where it holds none."""
    height, width = map(int, data["size"])
    return AttackRecord(
        str(data["source"]),
        str(data["target"]),
        str(data["kind"]),
        int(data["pictures"]),
        int(data["flipped"]),
        int(data["reached"]),
        int(data["patches"]),
        (height, width),
        str(data["settings"]),
    )


def parse_pair(text: str) -> tuple[str, str]:
    """Return (attacked class, class aimed at) of text such as ``cat:dog``.

    Raises BadInput where it names no two classes.
    """
    source, _, target = (part.strip() for part in text.partition(":"))
    if not source or not target or source == target or set(text) & set("/\\"):
        raise BadInput(f"{text} names no two classes; give such as --pair cat:dog.")
    return source, target


def check_pairs(config: AtlasAttackConfig) -> None:
    """Raise BadInput where the folder holds counts of pairs that are not asked for.

    Its report is of the pairs that were asked for: it would leave the others out.
    """
    known = {record_path(config, pair, kind) for pair in config.pairs for kind in KINDS}
    others = sorted(set((config.out / "runs").glob("*.json")) - known)
    if others:
        raise BadInput(
            f"{config.out} holds counts of other pairs of classes, {others[0].name} for one: give "
            "another folder with -o, or all of its pairs."
        )


def record_path(config: AtlasAttackConfig, pair: tuple[str, str], kind: str) -> Path:
    """Return where the record of one kind of patch and one pair of classes lies."""
    return config.out / "runs" / f"{pair[0]}-{pair[1]}-{kind.replace(' ', '-')}.json"


def load_records(config: AtlasAttackConfig) -> list[AttackRecord]:
    """Return the records there are, in order; raise BadInput for a broken one."""
    paths = [record_path(config, pair, kind) for pair in config.pairs for kind in KINDS]
    return [read_record(path, parse_record, "measured attack") for path in paths if path.is_file()]


def reproduce(
    config: AtlasAttackConfig,
    report: Report,
    should_stop: Callable[[], bool],
    warn: Callable[[str], None],
) -> Outcome[AttackRecord]:
    """Measure what no record in ``config.out`` holds yet.

    Args:
        config: What is asked for.
        report: Receives the progress.
        should_stop: Asked between two passes; what was measured stays.
        warn: Receives a sentence on each record that could not be used.

    Returns:
        The records there are then, and what is left.

    Raises:
        BadInput: ``config.out`` holds counts of other pairs, or a class is unknown.
    """
    check_pairs(config)
    outcome: Outcome[AttackRecord] = Outcome()
    total = len(config.pairs) * len(KINDS)
    reporter = ProgressReporter(partial(_relay, report, outcome, total), should_stop)
    measurer: _Measurer | None = None
    for pair in config.pairs:
        for kind in KINDS:
            path = record_path(config, pair, kind)
            record, note = read_or_back_up(path, partial(_read, config), "it is made anew")
            if note:
                warn(note)
            if record is not None:
                outcome.records.append(record)
            elif not outcome.stopped:
                measurer = measurer or _Measurer(config)
                step = _Step(measurer, pair, kind, reporter, path, outcome.records)
                outcome.attempt(f"{pair[0]} to {pair[1]}, {kind}", step)
    outcome.left = total - len(outcome.records)
    return outcome


def _relay(
    report: Report,
    outcome: Outcome[AttackRecord],
    total: int,
    message: str,
    done: int,
    steps: int,
) -> None:
    behind = len(outcome.records) + 0.99 * done / max(steps, 1)
    report(ReproductionProgress((message,), behind, total))


def _read(config: AtlasAttackConfig, path: Path) -> AttackRecord:
    record = read_record(path, parse_record, "measured attack")
    if record.settings != describe_settings(config):
        raise BadInput(f"{path} is of other settings.")
    return record


@dataclass(frozen=True)
class _Step:
    """One kind of patch on pictures of one class, and its record."""

    measurer: "_Measurer"
    pair: tuple[str, str]
    kind: str
    reporter: ProgressReporter
    path: Path
    records: list[AttackRecord]

    def __call__(self) -> None:
        record = self.measurer.measure(self.pair, self.kind, self.reporter)
        write_record(self.path, vars(record))
        self.records.append(record)


class _Measurer:
    """Makes the layout once, and measures pair by pair."""

    def __init__(self, config: AtlasAttackConfig) -> None:
        self._config = config
        self._network = open_network(SUBJECT)
        self._layout: AtlasLayout | None = None
        self._classes: dict[str, int] = {
            str(name): k for k, name in enumerate(self._network.card.labels)
        }
        for name in (name for pair in config.pairs for name in pair):
            if name not in self._classes:
                choice = ", ".join(self._classes)
                raise BadInput(f"{SUBJECT} has no class {name}; choose of {choice}.")

    def measure(self, pair: tuple[str, str], kind: str, report: ProgressReporter) -> AttackRecord:
        """Measure one kind of patch; raise Cancelled where it should stop."""
        config, seed = self._config, self._config.seeds[0]
        source, target = (self._classes[name] for name in pair)
        with closing(self._open("train")) as training:
            layout = self._lay_out(training, report)
            patches = self._choose_patches(layout, training, source, target, kind)
        report(f"{pair[0]} to {pair[1]}, {kind}", 0, 1)
        with closing(self._open("test")) as test:
            pictures = read_class(self._network, test, pair[0], source, config.pictures)
        count: AttackCount = attack(self._network, pictures, patches, source, target, seed)
        return AttackRecord(
            pair[0],
            pair[1],
            kind,
            count.pictures,
            count.flipped,
            count.reached,
            len(patches),
            (patches[0].shape[0], patches[0].shape[1]),
            describe_settings(config),
        )

    def _open(self, part: str) -> Dataset:
        folder = self._config.data
        path = next((folder / name for name in CIFAR_PATHS if (folder / name).exists()), None)
        if path is None:
            raise BadInput(f"{folder} holds no {CIFAR_PATHS[0]}: give the folder with --data.")
        return open_data(path / part)

    def _lay_out(self, data: Dataset, report: ProgressReporter) -> AtlasLayout:
        """Return the layout of the training pictures' vectors; they are kept in ``work``."""
        if self._layout is None:
            config = self._config
            options = AtlasOptions(
                config.layer,
                layout=config.layout,
                grids=(config.grid,),
                limit=config.atlas_pictures,
                per_picture=1,
                seed=config.seeds[0],
            )

            def on_progress(progress: AtlasProgress) -> None:
                report.report(progress.message, progress.done, progress.total)

            plan = plan_atlas(self._network, options, data)
            folder = config.work / f"vectors-{plan.harvest_key}"
            builder = AtlasBuilder(self._network, plan, data, folder, on_progress, report.stop)
            self._layout = builder.lay_out(builder.harvest().view())
        return self._layout

    def _choose_patches(
        self, layout: AtlasLayout, data: Dataset, source: int, target: int, kind: str
    ) -> list[Pixels]:
        level, layer = layout.levels[0], self._config.layer
        columns = [int(np.flatnonzero(layout.class_ids == k)[0]) for k in (source, target)]
        near = cells_near_class(level, columns[0], columns[1], MAX_NEAR_CELLS)
        rng = np.random.default_rng([self._config.seeds[0], source, target])
        if kind == "random cells":
            cells = rng.permutation(len(level.cells))[: len(near)]
            return cut_patches(self._network, layer, data, level, cells)
        patches = cut_patches(self._network, layer, data, level, near)
        return noise_patches(patches, rng) if kind == "noise" else patches


def read_class(network: Network, data: Dataset, name: str, number: int, count: int) -> list[Pixels]:
    """Return pictures of a class that the network gets right, uint8 (H, W, C) at its size.

    Args:
        network: The network.
        data: The data set.
        name: The label of the class.
        number: Its index.
        count: At most so many, the first ones.

    Raises:
        BadInput: There is none.
    """
    pictures = []
    for row in range(len(data)):
        if data.name(row).rpartition("/")[0].rpartition("/")[2] not in (name, ""):
            continue
        pixels, origin = data.read(row)
        if origin.label == name:
            pictures.append(fit_picture(network, pixels))
        if len(pictures) >= count:
            break
    answers = predict(network, pictures)
    right = [p for p, answer in zip(pictures, answers, strict=True) if answer == number]
    if not right:
        raise BadInput(f"{network.name} gets no picture of {name} right in {data.address}.")
    return right
