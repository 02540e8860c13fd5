"""What is kept of a step: one JSON file for each seed, from which every table is made."""

import json
import math
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.reproduce.output import describe_environment, rename_to_old

FLOAT_DIGITS = 6


@dataclass(frozen=True)
class StepRecord:
    """``found``: the numbers by name; ``asked``: what they depend on, ``network`` and where it
    came from among it; ``cpu``: processor seconds; ``made``: versions, machine, when."""

    kind: str
    net: str
    seed: int
    asked: dict[str, Any]
    network: dict[str, str]
    found: dict[str, Any]
    cpu: float
    made: dict[str, str] = field(default_factory=describe_environment)

    @property
    def weights(self) -> str:
        """SHA-256 of the weights whose numbers these are. A learning record says it among what
        was found: early ones name the bundled Net2 as their ``network``."""
        source = self.found if self.kind == "learning" else self.network
        return str(source.get("sha256", ""))


def record_path(folder: Path, kind: str, net: str, seed: int) -> Path:
    """Where a record lies in the folder of results."""
    return folder / "runs" / f"{net}-{kind}-seed{seed}.json"


def write(folder: Path, record: StepRecord) -> None:
    """Put a record in its place, whole or not at all. Raises BadInput where that fails."""
    path = record_path(folder, record.kind, record.net, record.seed)
    temporary = path.with_suffix(".new")
    text = json.dumps(_round_floats(asdict(record)), separators=(",", ":"), allow_nan=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text + "\n", encoding="utf-8")
        os.replace(temporary, path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error}.") from None


def read(path: Path) -> StepRecord:
    """The record in a file. Raises BadInput where it is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        record = StepRecord(**data)
        float(record.cpu), dict(record.found), dict(record.asked), dict(record.network)
    except (OSError, ValueError, TypeError) as error:
        raise BadInput(
            f"{path} is no record of a step ({type(error).__name__}: {error})."
        ) from None
    return record


def read_usable(
    folder: Path, kind: str, net: str, seed: int, settings: dict[str, Any], weights: str = ""
) -> tuple[StepRecord | None, str]:
    """The record as far as there is one, and a sentence where what lies in its place is broken,
    of other settings or of another network: that is put aside (``.old``), and the step done
    again. ``weights``: SHA-256 of the network's weights as they are now, "" = not known yet."""
    path = record_path(folder, kind, net, seed)
    if not path.exists():
        return None, ""
    try:
        record = read(path)
        if (record.kind, record.net, record.seed) != (kind, net, seed):
            raise BadInput(f"{path} is the record of another step.")
        if record.asked != _round_floats(settings):
            raise BadInput(f"{path} was made with other settings.")
        if weights and record.weights != weights:
            raise BadInput(
                f"{path} was made with another network "
                f"(SHA-256 {record.weights[:12] or 'not said'}, now {weights[:12]})."
            )
    except BadInput as error:
        return None, f"{error} {rename_to_old(path, str(error))}, and the step is done again."
    return record, ""


def _round_floats(value: Any) -> Any:
    """Floats to DIGITS digits; NaN, which JSON does not have, as null."""
    if isinstance(value, float):
        return round(value, FLOAT_DIGITS) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _round_floats(item) for key, item in value.items()}
    return [_round_floats(item) for item in value] if isinstance(value, list | tuple) else value
