"""Small jobs that are killed at random moments, and what must be the same after them."""

import hashlib
import json
import os
import re
import runpy
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import load

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.notes import Mark
from dnnvis.engine.plan import NetworkChoice
from dnnvis.library.store.blobs import unpack_arrays
from dnnvis.session.session import Session

NETWORK_CODE = '''"""A network that a benchmark of dnnvis wrote."""

import torch
from torch import nn


def tiny():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 64, 8), nn.ReLU(),
        nn.Linear(8, 4)
    )
'''
PICTURES, SIDE = 240, 16
NOTES = 24
CURVE_TOLERANCE = 1e-6  # of a picture's curve: a resumed rendering has other batches
LIBRARY_QUERIES = (
    "SELECT address, kind, mark, total FROM data",
    "SELECT layers, k, done, skipped, finished FROM scans",
    "SELECT layer, tops, statistics FROM layers ORDER BY 1",
    "SELECT numbers FROM naturals",
    "SELECT * FROM images ORDER BY 1, 2",
    "SELECT goal, preset, png, recipe, measures FROM pictures ORDER BY 1, 2, 4",
    "SELECT * FROM notes ORDER BY 1",
    "SELECT unit FROM bookmarks ORDER BY 1",
)
#: Keys of JSON files that say when and how fast, not what.
CLOCK_KEYS = {"seconds", "cpu", "cpu_seconds", "when", "made", "environment", "sha256"} | {
    "work_seconds",
    "learning_cpu_seconds",
}
CLOCK_COLUMN = 3  # of a training's curve: step, loss, accuracy, seconds ...


@dataclass(frozen=True)
class KillContext:
    """What all jobs work on; made once, and never changed by them."""

    #: Holds the network's file, the pictures, and libraries to merge and to show.
    folder: Path

    @property
    def network(self) -> list[str]:
        """Return the arguments that open the network."""
        return [
            f"{self.folder / 'net.py'}:tiny",
            *("--size", "8", "--trust-code", "--threads", "1"),
        ]

    @property
    def pictures(self) -> Path:
        """Return the folder of pictures."""
        return self.folder / "pictures"

    @property
    def library(self) -> Path:
        """Return a library with a scan and pictures in it."""
        return self.folder / "library.sqlite"


@dataclass(frozen=True)
class KillJob:
    """A job that works in a folder of its own."""

    #: Name of the job.
    name: str
    #: Does the work in a folder, or goes on with it.
    run: Callable[[KillContext, Path], None]
    #: Return what must be the same in the end, from the folder.
    result: Callable[[Path], dict[str, Any]]
    #: Return what is lost in a folder whose job was killed; "" where nothing is.
    find_loss: Callable[[Path], str] = lambda folder: ""


def prepare(folder: Path) -> KillContext:
    """Write the network's file and the pictures."""
    context = KillContext(folder)
    (folder / "net.py").write_text(NETWORK_CODE, encoding="utf-8")
    for number in range(PICTURES):
        path = context.pictures / "abcd"[number % 4] / f"{number:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(number)
        coarse = rng.integers(0, 255, (4, 4, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BILINEAR).save(path)
    return context


def run_job(name: str, context: KillContext, folder: Path) -> None:
    """Run a job in this process, as its command does, saving as often as it can.

    Ends the process with status 1 where the job fails.
    """
    output = (folder.parent / f"{folder.name}.log").open("a", encoding="utf-8")
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    os.environ["DNNVIS_DATA"] = str(folder)
    _save_often()
    try:
        JOBS[name].run(context, folder)
    except DnnvisError as error:
        sys.exit(str(error))


def _save_often() -> None:
    """Save after every step: the moments between a save and its end are those that matter."""
    import torch

    from dnnvis.introspect import fit_loop
    from dnnvis.library.scan import worker
    from dnnvis.training import loop

    torch.set_num_threads(1)
    loop.MAX_SAVE_INTERVAL_SECONDS = 0.0
    fit_loop.SAVE_INTERVAL_SECONDS = 0.0
    worker.WRITE_INTERVAL_SECONDS = 0.0
    worker.MAX_WRITE_FRACTION = 1.0


def run_command(arguments: Sequence[object]) -> None:
    """Run a command of dnnvis in this process; raise BadInput where it fails."""
    sys.argv = ["dnnvis", *map(str, arguments)]
    try:
        runpy.run_module("dnnvis", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise BadInput(f"{sys.argv} ended with {end.code}.") from None


def _scan(context: KillContext, folder: Path) -> None:
    data = ("--data", context.pictures, "--batch", "8", "--library", folder / "own.sqlite")
    run_command(["scan", *context.network, *data])


def _render(context: KillContext, folder: Path) -> None:
    layers = ("--layer", "0", "--layer", "4", "--set", "steps=40", "--batch", "2")
    run_command(["render", *context.network, *layers, "--library", folder / "own.sqlite"])


def _merge(context: KillContext, folder: Path) -> None:
    run_command(["library", "merge", context.library, folder / "own.sqlite"])


def _export(context: KillContext, folder: Path) -> None:
    targets = ("0", "4", "--units", "--file", context.library, "-o", folder / "pages")
    run_command(["library", "export", *targets])


def _train(context: KillContext, folder: Path) -> None:
    size = ("--steps", "1", "--board", "6", "--channels", "4", "--most", "60")
    folders = ("--work", folder / "work", "--out", folder / "out", "--name", "killed")
    run_command(["train", "life", *size, *folders])


def _fit(context: KillContext, folder: Path) -> None:
    size = ("--steps", "60", "--layers", "1,4")
    output = ("-o", folder / "own.map.safetensors")
    run_command(["fit-map", *context.network, "--data", context.pictures, *size, *output])


def _reproduce(context: KillContext, folder: Path) -> None:
    from dnnvis.reproduce.imagination.report import write_results
    from dnnvis.reproduce.imagination.rows import TableRow
    from dnnvis.reproduce.imagination.runner import reproduce
    from dnnvis.reproduce.imagination.steps import ImaginationConfig
    from dnnvis.training.life_adversarial import AdversarialSetting
    from dnnvis.training.life_task import LifeSetting

    setting = LifeSetting(*(2, 2), channels=4, size=8, batch=4, goal=0.5, cool=5, most=30, warm=1)
    config = ImaginationConfig(
        (TableRow("tiny", "a tiny one", setting, 0.5, 3, "1", paper_without=0.1),),
        boards=40,
        stage=AdversarialSetting(quiet=2, steps=3, batch=4),
        seeds=(0,),
        work=folder / "work",
        out=folder / "out",
    )
    outcome = reproduce(config, 1)
    if outcome.problems or outcome.left:
        raise BadInput(f"The reproduction is not whole: {outcome.problems}.")
    write_results(config)


def _write_notes(context: KillContext, folder: Path) -> None:
    """Write notes one by one, as the window has them: saved in its state until they are written."""
    from dnnvis.library.store.notes import write_marks
    from dnnvis.zoo.catalog import open_network

    choice = NetworkChoice(net=context.network[0], size=(8, 8))
    network = open_network(**vars(replace(choice, trust_code=True)))
    session = Session()
    saved = _read_confirmed(folder)
    for number in range(NOTES):
        mark = Mark(choice, f"0[{number % 6}]", f"note {number}", number % 3 == 0)
        if number < saved:
            continue
        session.update(marks=(mark,))
        session.save(folder / "window.json")
        write_marks(network, choice, (mark,))
        with (folder / "confirmed").open("a", encoding="utf-8") as file:
            file.write(f"{number}\n")
    session.update(marks=())
    session.save(folder / "window.json")


def _read_confirmed(folder: Path) -> int:
    path = folder / "confirmed"
    return len(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else 0


def _find_lost_note(folder: Path) -> str:
    """Compare what was confirmed with what the library and the window's state hold."""
    state = folder / "window.json"
    if state.is_file():
        json.loads(state.read_text(encoding="utf-8"))  # whole
    count = _read_confirmed(folder)
    if not count:
        return ""
    (library,) = (folder / "library").glob("*.sqlite")
    notes = dict(_query(library, "SELECT unit, text FROM notes"))
    for channel in range(min(6, count)):
        last = max(number for number in range(count) if number % 6 == channel)
        written = int(notes.get(f"0[{channel}]", "note -1").removeprefix("note "))
        if written < last:
            return f"note {last} was confirmed, the library holds {written}"
    return ""


def _query(path: Path, statement: str) -> list[Any]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def read_library(path: Path) -> dict[str, Any]:
    """Return what a library holds, without the times."""
    rows = [_query(path, statement) for statement in LIBRARY_QUERIES]
    curves = [
        unpack_arrays(blob)["curve"]
        for (blob,) in _query(path, "SELECT curve FROM pictures ORDER BY goal, preset, recipe")
    ]
    return {
        "whole": _query(path, "PRAGMA integrity_check") == [("ok",)],
        "rows": hashlib.sha256(repr(rows).encode()).hexdigest(),
        "curves": curves,
    }


def _own_library(folder: Path) -> dict[str, Any]:
    return read_library(folder / "own.sqlite")


def _notes(folder: Path) -> dict[str, Any]:
    (library,) = (folder / "library").glob("*.sqlite")
    state = json.loads((folder / "window.json").read_text(encoding="utf-8"))
    return {
        **read_library(library),
        "marks": state["marks"],
    }


def _files(folder: Path) -> dict[str, Any]:
    """Return what the safetensors, JSON and HTML files of a folder hold, without the times."""
    result: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".safetensors":
            result |= {f"{name} {key}": value for key, value in load(path.read_bytes()).items()}
        elif path.suffix == ".json":
            result[name] = without_clocks(json.loads(path.read_text(encoding="utf-8")))
        elif path.suffix == ".html":
            text = path.read_text(encoding="utf-8").replace(str(folder), "")
            result[name] = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "", text)
    return result


def without_clocks(value: Any, key: str = "") -> Any:
    """Return a JSON value without what says when it was made and how long that took."""
    if isinstance(value, dict):
        return {k: without_clocks(v, k) for k, v in value.items() if k not in CLOCK_KEYS}
    if isinstance(value, list):
        if key == "curve" and all(isinstance(row, list) for row in value):
            return [[v for k, v in enumerate(row) if k != CLOCK_COLUMN] for row in value]
        return [without_clocks(item) for item in value]
    return value


JOBS = {
    job.name: job
    for job in (
        KillJob("scan", _scan, _own_library),
        KillJob("render", _render, _own_library),
        KillJob("merge", _merge, _own_library),
        KillJob("export", _export, _files),
        KillJob("train", _train, _files),
        KillJob("fit-map", _fit, _files),
        KillJob("reproduce", _reproduce, _files),
        KillJob("notes", _write_notes, _notes, _find_lost_note),
    )
}
