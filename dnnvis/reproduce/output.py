"""Where results go, and on which machine they were made."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path

import torch

from dnnvis.core.errors import BadInput


def check_folder(folder: Path) -> None:
    """Make the folder of results; raises BadInput where nothing can be written there."""
    trial = folder / f".trial{os.getpid()}"
    try:
        (folder / "runs").mkdir(parents=True, exist_ok=True)
        trial.write_text("", encoding="utf-8")
        trial.unlink()
    except OSError as error:
        raise BadInput(f"Nothing can be written to {folder} ({error.strerror}).") from None


def rename_to_old(path: Path, reason: str) -> str:
    """Keep a record that cannot be used as ``.old``, and say so; ``why`` is what is wrong with
    it. Raises BadInput where it cannot be moved."""
    backup = path.with_suffix(".old")
    try:
        os.replace(path, backup)
    except OSError as error:
        raise BadInput(f"{reason} It cannot be put aside: {error}.") from None
    return f"It is kept as {backup.name}"


def describe_environment() -> dict[str, str]:
    """Versions, processor and time, as a record keeps them."""
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
