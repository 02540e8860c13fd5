"""What is kept of a step: one JSON file for each seed, from which every table is made."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.reproduce import common
from dnnvis.reproduce.common import describe_environment, round_floats


@dataclass(frozen=True)
class StepRecord:
    """All that is kept of a step for one seed."""

    #: One of STEP_KINDS.
    kind: str
    #: One of NETS.
    net: str
    #: Seed of the map, and of the classifier where there is one for each seed.
    seed: int
    #: The settings that the numbers depend on (``IntrospectionConfig.record_settings``).
    asked: dict[str, Any]
    #: The network and where it came from (``Classifier.description``).
    network: dict[str, str]
    #: The numbers by name.
    found: dict[str, Any]
    #: Processor seconds.
    cpu: float
    #: Versions, machine and when.
    made: dict[str, str] = field(default_factory=describe_environment)

    @property
    def weights(self) -> str:
        """SHA-256 of the weights whose numbers these are.

        A learning record says it among what was found: early ones name the bundled Net2 as their
        ``network``.
        """
        source = self.found if self.kind == "learning" else self.network
        return str(source.get("sha256", ""))


def record_path(folder: Path, kind: str, net: str, seed: int) -> Path:
    """Return where a record lies.

    Args:
        folder: The folder of results.
        kind: One of STEP_KINDS.
        net: One of NETS.
        seed: The record's seed.
    """
    return folder / "runs" / f"{net}-{kind}-seed{seed}.json"


def write(folder: Path, record: StepRecord) -> None:
    """Put a record in its place, whole or not at all; raise BadInput where that fails."""
    path = record_path(folder, record.kind, record.net, record.seed)
    common.write_record(path, asdict(record))


def read(path: Path) -> StepRecord:
    """Read the record in a file; raise BadInput where it is none."""
    return common.read_record(path, _parse_record, "step")


def _parse_record(data: Any) -> StepRecord:
    record = StepRecord(**data)
    float(record.cpu), dict(record.found), dict(record.asked), dict(record.network)
    return record


def read_usable(
    folder: Path, kind: str, net: str, seed: int, settings: dict[str, Any], weights: str = ""
) -> tuple[StepRecord | None, str]:
    """Read a step's record, as far as there is one that can be used.

    Args:
        folder: The folder of results.
        kind: One of STEP_KINDS.
        net: One of NETS.
        seed: The record's seed.
        settings: What the record must have been made with.
        weights: SHA-256 of the network's weights as they are now; "" where it is not known yet.

    Returns:
        The record or None, and a sentence where what lies in its place is broken, of other
        settings or of another network: that is put aside (``.old``), and the step done again.

    Raises:
        BadInput: Where it cannot be put aside.
    """

    def read_checked(path: Path) -> StepRecord:
        record = read(path)
        if (record.kind, record.net, record.seed) != (kind, net, seed):
            raise BadInput(f"{path} is the record of another step.")
        if record.asked != round_floats(settings):
            raise BadInput(f"{path} was made with other settings.")
        if weights and record.weights != weights:
            raise BadInput(
                f"{path} was made with another network "
                f"(SHA-256 {record.weights[:12] or 'not said'}, now {weights[:12]})."
            )
        return record

    path = record_path(folder, kind, net, seed)
    return common.read_or_back_up(path, read_checked, "the step is done again")
