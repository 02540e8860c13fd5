"""What all reproductions share: configuration, progress, outcome, records and files of results."""

import csv
import json
import math
import os
import platform
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Any, Generic, Literal, TypeVar

import torch

from dnnvis.core.errors import BadInput, Cancelled, DnnvisError
from dnnvis.core.stable_file import replace_file, write_whole

STOPPED_MESSAGE = "Stopped; the same command goes on."
FLOAT_DIGITS = 6  # of the numbers in a record
Record = TypeVar("Record")
Stop = Callable[[], bool]
Warn = Callable[[str], None]
StepReport = Callable[[str, int, int], None]
AttemptResult = Literal["done", "stopped", "failed"]


@dataclass(frozen=True, kw_only=True)
class ReproductionConfig:
    """What every reproduction is asked for."""

    #: Seeds of the runs, networks or maps.
    seeds: tuple[int, ...]
    #: Folder of what is under way and may be used again: trainings, hidden vectors, maps.
    work: Path
    #: Folder of the results: records in ``runs``, tables, figures and the report.
    out: Path

    @property
    def report_path(self) -> Path:
        """Where the report lies."""
        return self.out / "report.md"


@dataclass(frozen=True)
class ReproductionProgress:
    """How far a reproduction is."""

    #: What is being done, one text for each step under way.
    now: tuple[str, ...]
    #: Steps that are done, fractions counted.
    done: float
    #: Steps in all.
    total: int
    #: Estimated seconds until the end; NaN where nobody estimates them.
    seconds_left: float = math.nan

    @property
    def message(self) -> str:
        """All that is being done, as one text."""
        return "; ".join(self.now)


Report = Callable[[ReproductionProgress], None]


@dataclass
class Outcome(Generic[Record]):
    """What came of a reproduction."""

    #: The records that there are now.
    records: list[Record] = field(default_factory=list)
    #: A sentence for each step or run that could not go on.
    problems: list[str] = field(default_factory=list)
    #: How many steps are left to do.
    left: int = 0
    #: Whether it was asked to stop.
    stopped: bool = False

    def attempt(self, label: object, step: Callable[[], object]) -> AttemptResult:
        """Do a step; note an interruption for all of them, and an error as a problem of this one.

        What ``step`` raises besides Cancelled, KeyboardInterrupt and DnnvisError goes on.
        """
        try:
            step()
        except (Cancelled, KeyboardInterrupt):
            self.stopped = True
            return "stopped"
        except DnnvisError as error:
            self.problems.append(f"{label}: {error}")
            return "failed"
        return "done"

    def add(self, other: "Outcome[Record]") -> None:
        """Take in what another process did."""
        self.records += other.records
        self.problems += other.problems
        self.left += other.left
        self.stopped |= other.stopped


class ProgressReporter:
    """Pass on how far a step is, and hear that it should end.

    ``reporter(message, done, total)`` raises Cancelled once ``should_stop()``; the event ``stop``
    is set then, too, for those who look at one.
    """

    def __init__(
        self,
        report: StepReport = lambda message, done, total: None,
        should_stop: Stop = lambda: False,
    ) -> None:
        self.stop = Event()
        self._report, self._should_stop = report, should_stop

    def __call__(self, message: str, done: int, total: int) -> None:
        """Report, and end the step by an exception where that is asked for.

        Args:
            message: What is being done.
            done: How much of it is done.
            total: How much there is to do, in the same unit.

        Raises:
            Cancelled: Once ``should_stop()``.
        """
        self.report(message, done, total)
        if self.stop.is_set():
            raise Cancelled(STOPPED_MESSAGE)

    def report(self, message: str, done: int, total: int) -> None:
        """Report without an exception, for work that looks at ``stop`` where it can end.

        Args:
            message: What is being done.
            done: How much of it is done.
            total: How much there is to do, in the same unit.
        """
        if self._should_stop():
            self.stop.set()
        self._report(message, done, total)


def check_folder(folder: Path) -> None:
    """Make the folder of results; raise BadInput where nothing can be written there."""
    trial = folder / f".trial{os.getpid()}"
    try:
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        trial.write_text("", encoding="utf-8")
        trial.unlink()
    except OSError as error:
        raise BadInput(f"Nothing can be written to {folder} ({error.strerror}).") from None


@contextmanager
def refuse_unwritable(folder: Path) -> Iterator[None]:
    """Raise BadInput where something cannot be written to the folder of results."""
    try:
        yield
    except OSError as error:
        raise BadInput(f"{folder} cannot be written to: {error}.") from None


def write_csv(path: Path, table: Iterable[Sequence[Any]]) -> None:
    """Write a table as CSV, whole or not at all; raise BadInput where that fails."""
    with replace_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(table)


def as_markdown(table: Sequence[Sequence[object]]) -> str:
    """Return a table in Markdown, its first line the header."""
    head, *rest = [[str(cell).replace("|", "\\|") for cell in line] for line in table]
    rows = [head, ["---"] * len(head), *rest]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def write_record(path: Path, values: Mapping[str, Any]) -> None:
    """Write a record as JSON, whole or not at all; raise BadInput where that fails."""
    text = json.dumps(round_floats(values), separators=(",", ":"), allow_nan=False)
    write_whole(path, text + "\n")


def read_record(path: Path, parse: Callable[[Any], Record], subject: str) -> Record:
    """Read the record in a file.

    Args:
        path: The JSON file.
        parse: Makes the record of what JSON holds; raises an ordinary error of wrong data
            (ValueError, TypeError, KeyError, AttributeError) where it is none.
        subject: What the record is of, for the error: "run" or "step".

    Returns:
        The record.

    Raises:
        BadInput: Where the file cannot be read or holds no such record.
    """
    try:
        return parse(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(
            f"{path} is no record of a {subject} ({type(error).__name__}: {error})."
        ) from None


def read_or_back_up(
    path: Path, read: Callable[[Path], Record], consequence: str
) -> tuple[Record | None, str]:
    """Read a record that was made before, as far as there is one that can be used.

    Args:
        path: Where the record would lie.
        read: Reads it; raises BadInput where it is broken or of something else.
        consequence: What then happens, for the sentence: "the run is made anew".

    Returns:
        The record or None, and a sentence where what lay there was put aside as ``.old``.

    Raises:
        BadInput: Where it cannot be put aside.
    """
    if not path.exists():
        return None, ""
    try:
        return read(path), ""
    except BadInput as error:
        return None, f"{error} {_rename_to_old(path, str(error))}, and {consequence}."


def _rename_to_old(path: Path, reason: str) -> str:
    backup = path.with_suffix(".old")
    try:
        os.replace(path, backup)
    except OSError as error:
        raise BadInput(f"{reason} It cannot be put aside: {error}.") from None
    return f"It is kept as {backup.name}"


def round_floats(value: Any) -> Any:
    """Round floats to FLOAT_DIGITS digits; make NaN, which JSON does not have, null."""
    if isinstance(value, float):
        return round(value, FLOAT_DIGITS) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): round_floats(item) for key, item in value.items()}
    return [round_floats(item) for item in value] if isinstance(value, list | tuple) else value


def describe_environment() -> dict[str, str]:
    """Return versions, processor and time, as a record keeps them."""
    return {
        "torch": torch.__version__,
        "python": platform.python_version(),
        "cpu": _processor(),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def describe_machines(environments: Iterable[Mapping[str, str]]) -> str:
    """Name the versions and processors of records, each once; "nothing yet" of none."""
    machines = sorted(
        {f"torch {m.get('torch')}, Python {m.get('python')}, {m.get('cpu')}" for m in environments}
    )
    return "; ".join(machines) or "nothing yet"
