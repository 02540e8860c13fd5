"""Open the files of states: what another window showed."""

from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from dnnvis.app.runtime.backend import STATE_FILE, Backend
from dnnvis.core.errors import DnnvisError
from dnnvis.core.messages import describe_failure
from dnnvis.session.state_file import STATE_SUFFIX, read_state_file

FILTER = f"State of the window (*{STATE_SUFFIX})"


def choose_state_file(parent: QWidget) -> str:
    """Ask for the file of a state; "" for none."""
    return QFileDialog.getOpenFileName(parent, "Open a state", "", f"{FILTER};;All files (*)")[0]


def open_state(backend: Backend, path: str) -> None:
    """Show what a file of a state holds, as far as it goes; one step for undo.

    What is missing, or that it is no such file, becomes a line in Problems.
    """
    try:
        opened = read_state_file(Path(path))
    except DnnvisError as error:
        backend.mailbox.post_each("problem", describe_failure(error, STATE_FILE))
        return
    backend.open_state(opened, Path(path).name)
