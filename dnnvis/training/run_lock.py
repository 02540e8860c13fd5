"""One training run at a time in a folder of progress."""

from contextlib import AbstractContextManager
from pathlib import Path

from dnnvis.core.run_lock import delete_run, run_lock


def alone(folder: Path) -> AbstractContextManager[None]:
    """Within, no other process trains into ``folder``. Raises as ``run_lock``."""
    return run_lock(folder)


def forget(folder: Path) -> None:
    """Remove all that runs left in ``folder``. Raises BadInput where one is at work there."""
    if folder.is_dir():
        with alone(folder):
            delete_run(folder)
