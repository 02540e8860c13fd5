"""Run the zoo, a process for each network, and sum its rows up."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnnvis.bench.zoo.networks import ENTRIES, ZooEntry, missing_library
from dnnvis.core.errors import BadInput

Row = dict[str, Any]
Log = Callable[[str], None]
MAX_EXCEPTIONS = 0.03  # of all networks


@dataclass(frozen=True)
class ZooBenchConfig:
    """Say which networks are checked, and how long each may take."""

    #: A part of the names of those that are checked.
    only: str = ""
    #: How many, 0 = all.
    limit: int = 0
    #: Live frames.
    frames: int = 60
    #: File of the rows that are finished, a JSON object each; None: nothing is written.
    record: Path | None = None
    #: Seconds after which a network is given up.
    seconds: float = 900.0
    #: Torch's threads.
    threads: int = 1


def measure(config: ZooBenchConfig, log: Log) -> dict[str, Any]:
    """Check every network that is chosen; those in the record are taken from there."""
    entries = [entry for entry in ENTRIES if config.only in entry.name]
    entries = entries[: config.limit or None]
    if not entries:
        raise BadInput(f"No network's name has '{config.only}' in it; try --only timm/res.")
    finished = read_record(config.record)
    rows = []
    for number, entry in enumerate(entries, 1):
        row = finished.get(entry.name)
        if row is None:
            row = check_network(entry, config)
            if config.record is not None and "missing" not in row:
                with config.record.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
        log(f"{number}/{len(entries)} {describe_row(row)}")
        rows.append(row)
    return summarize(rows)


def read_record(path: Path | None) -> dict[str, Row]:
    """Return the rows in a record by network; a line that was cut off is left out."""
    rows: dict[str, Row] = {}
    if path is None or not path.is_file():
        return rows
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        rows[row["network"]] = row
    return rows


def check_network(entry: ZooEntry, config: ZooBenchConfig) -> Row:
    """Check one network in a process of its own; a hang or a crash becomes a failure of its row."""
    library = missing_library(entry)
    if library:
        return {"network": entry.name, "library": entry.library, "missing": library, "failures": {}}
    command = [sys.executable, "-m", "dnnvis.bench.zoo.child", entry.name]
    command += [str(config.frames), str(config.threads)]
    environment = os.environ | {"OMP_NUM_THREADS": str(config.threads), "HF_HUB_OFFLINE": "1"}
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=config.seconds, env=environment
        )
        return _finish_row(entry, run.stdout, f"ended with status {run.returncode}", run.stderr)
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
        text = output.decode() if isinstance(output, bytes) else output
        return _finish_row(entry, text, f"took more than {config.seconds:.0f} s", "")


def _finish_row(entry: ZooEntry, output: str, ending: str, errors: str) -> Row:
    """Return the last row that the process told of; one without an end gets a failure."""
    row: Row = {"network": entry.name, "library": entry.library, "failures": {}}
    for line in output.splitlines():
        if line.startswith('{"network"') and line.endswith("}"):
            row = json.loads(line)
    stage = row.pop("stage", "start")
    if stage != "done":
        last = errors.strip().splitlines()[-1:]
        row["failures"][stage] = ": ".join([ending, *last])
    return row


def describe_row(row: Row) -> str:
    """Return one line about a network."""
    if "missing" in row:
        return f"{row['network']}: not installed: pip install {row['missing']}"
    layouts = row.get("layouts", {})
    seconds = sum(row.get("seconds", {}).values())
    text = (
        f"{row['network']}: {row.get('layers', 0)} layers, {layouts.get('recorded', 0)} recorded, "
        f"{layouts.get('lists', 0)} lists, {row.get('live', 0)} frames, {seconds:.0f} s"
    )
    failures = [f"\n    {stage}: {reason}" for stage, reason in row["failures"].items()]
    return text + "".join(failures)


def summarize(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the totals of the README's table, the exceptions with their reasons, and the rows."""
    tried = [row for row in rows if "missing" not in row]
    failing = [row for row in tried if row["failures"]]
    checked = sum(row["layouts"]["rows"] for row in tried if "layouts" in row)
    wrong = sum(row["layouts"]["wrong_rows"] for row in tried if "layouts" in row)
    lists = sum(row["layouts"]["lists"] for row in tried if "layouts" in row)
    localized = sum(row["layouts"]["localized"] for row in tried if "layouts" in row)
    missing = sorted({row["missing"] for row in rows if "missing" in row})
    return {
        "networks": len(tried),
        "not_installed": f"{len(rows) - len(tried)}" + "".join(f", {name}" for name in missing),
        "opened": _count(bool(row.get("opened")) for row in tried),
        "live": _count("live" in row and "live" not in row["failures"] for row in tried),
        "recordable": _count("layouts" in row and "record" not in row["failures"] for row in tried),
        **{lens: _count_lens(tried, lens) for lens in ("gradient", "guided", "deconvnet")},
        "ascent": _count("ascent" in row and "ascent" not in row["failures"] for row in tried),
        "layout_rows": {
            "right_or_list": f"{checked - wrong} of {checked}",
            "fraction": round((checked - wrong) / max(checked, 1), 4),
            "lists": lists,
            "told_by_patches": localized,
            "asked": "100 %",
        },
        "exceptions": {
            "networks": f"{len(failing)} of {len(tried)}",
            "fraction": round(len(failing) / max(len(tried), 1), 4),
            "asked": f"<= {MAX_EXCEPTIONS}",
        },
        "reasons": [
            f"{row['network']}: {stage}: {reason}"
            for row in failing
            for stage, reason in row["failures"].items()
        ],
        "rows": list(rows),
    }


def _count(flags: Iterable[bool]) -> str:
    values = list(flags)
    return f"{sum(values)} of {len(values)}"


def _count_lens(rows: Sequence[Row], lens: str) -> str:
    results = [row.get("lenses", {}).get(lens, "not compared") for row in rows]
    compared = [text for text in results if not text.startswith("not ")]
    equal = sum(text.startswith("equal") for text in compared)
    rest = len(results) - len(compared)
    return f"{equal} of {len(compared)}" + (f", {rest} not applicable" if rest else "")
