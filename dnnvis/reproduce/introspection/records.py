"""What is kept of a step: one JSON file for each seed, from which every table is made."""

import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.output import made as made_here
from dnnvis.reproduce.output import put_aside

DIGITS = 6


@dataclass(frozen=True)
class Record:
    """``found``: the numbers by name; ``asked``: what they depend on, ``network`` and where it
    came from among it; ``cpu``: processor seconds; ``made``: versions, machine, when."""

    kind: str
    net: str
    seed: int
    asked: dict[str, Any]
    network: dict[str, str]
    found: dict[str, Any]
    cpu: float
    made: dict[str, str] = field(default_factory=made_here)

    @property
    def weights(self) -> str:
        """SHA-256 of the weights whose numbers these are. A learning record says it among what
        was found: early ones name the bundled Net2 as their ``network``."""
        said = self.found if self.kind == "learning" else self.network
        return str(said.get("sha256", ""))


def place_of(folder: Path, kind: str, net: str, seed: int) -> Path:
    """Where a record lies in the folder of results."""
    return folder / "runs" / f"{net}-{kind}-seed{seed}.json"


def write(folder: Path, record: Record) -> None:
    """Put a record in its place, whole or not at all. Raises BadInput where that fails."""
    place = place_of(folder, record.kind, record.net, record.seed)
    fresh = place.with_suffix(".new")
    text = json.dumps(_rounded(asdict(record)), separators=(",", ":"), allow_nan=False)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text + "\n", encoding="utf-8")
        os.replace(fresh, place)
    except OSError as why:
        raise BadInput(f"{place} cannot be written: {why}.") from None


def read(place: Path) -> Record:
    """The record in a file. Raises BadInput where it is none."""
    try:
        data = json.loads(place.read_text(encoding="utf-8"))
        record = Record(**data)
        float(record.cpu), dict(record.found), dict(record.asked), dict(record.network)
    except (OSError, ValueError, TypeError) as why:
        raise BadInput(f"{place} is no record of a step ({type(why).__name__}: {why}).") from None
    return record


def kept(
    folder: Path, kind: str, net: str, seed: int, asked: dict[str, Any], weights: str = ""
) -> tuple[Record | None, str]:
    """The record as far as there is one, and a sentence where what lies in its place is broken,
    of other settings or of another network: that is put aside (``.old``), and the step done
    again. ``weights``: SHA-256 of the network's weights as they are now, "" = not known yet."""
    place = place_of(folder, kind, net, seed)
    if not place.exists():
        return None, ""
    try:
        record = read(place)
        if (record.kind, record.net, record.seed) != (kind, net, seed):
            raise BadInput(f"{place} is the record of another step.")
        if record.asked != _rounded(asked):
            raise BadInput(f"{place} was made with other settings.")
        if weights and record.weights != weights:
            raise BadInput(
                f"{place} was made with another network "
                f"(SHA-256 {record.weights[:12] or 'not said'}, now {weights[:12]})."
            )
    except BadInput as why:
        return None, f"{why} {put_aside(place, str(why))}, and the step is done again."
    return record, ""


def _rounded(value: Any) -> Any:
    """Floats to DIGITS digits; NaN, which JSON does not have, as null."""
    if isinstance(value, float):
        return round(value, DIGITS) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _rounded(item) for key, item in value.items()}
    return [_rounded(item) for item in value] if isinstance(value, list | tuple) else value
