"""Open the files of states: what another window showed."""

from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from dnnvis.app.runtime.backend import STATE_FILE, Backend
from dnnvis.core.errors import DnnvisError
from dnnvis.core.messages import describe_failure
from dnnvis.core.translation.catalog import tr
from dnnvis.session.recent import find_folder, first_folder
from dnnvis.session.session import Session
from dnnvis.session.state_file import STATE_SUFFIX, read_state_file

FILTER = "State of the window (*{suffix})"


def choose_state_file(parent: QWidget, session: Session) -> str:
    """Ask for the file of a state, where the last one was; "" for none."""
    folder = first_folder(session.state.state_folder)
    kinds = tr("{filter};;All files (*)", filter=tr(FILTER, suffix=STATE_SUFFIX))
    path = QFileDialog.getOpenFileName(parent, tr("Open a state"), folder, kinds)[0]
    if path:
        session.update(state_folder=find_folder(path))
    return path


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
