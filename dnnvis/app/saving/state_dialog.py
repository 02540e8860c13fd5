"""Save what the window shows as a file that somebody else can open."""

from dataclasses import replace
from pathlib import Path

from PyQt6.QtWidgets import QFileDialog, QWidget

from dnnvis.app.runtime.backend import Backend
from dnnvis.app.runtime.state_files import FILTER
from dnnvis.app.widgets.file_dialogs import propose_path, report_saved, with_suffix
from dnnvis.app.widgets.image_files import join_name
from dnnvis.core.errors import DnnvisError
from dnnvis.core.messages import describe_failure
from dnnvis.core.translation.catalog import tr
from dnnvis.session.recent import find_folder
from dnnvis.session.state_file import STATE_SUFFIX, write_state_file

FILTER_WITH_DOCKS = "State, and how the panels are arranged (*{suffix})"


def save_state_as(parent: QWidget, backend: Backend) -> None:
    """Ask for a file and write the state into it; a failure becomes a line in Problems."""
    state = backend.session.state
    layer = state.layer if backend.info is None else backend.info.label_layer(state.layer)
    name = join_name(_name_network(backend), layer)
    plain, full = (tr(one, suffix=STATE_SUFFIX) for one in (FILTER, FILTER_WITH_DOCKS))
    path, chosen = QFileDialog.getSaveFileName(
        parent,
        tr("Save state"),
        str(propose_path(f"{name}{STATE_SUFFIX}", state.state_folder)),
        f"{plain};;{full}",
    )
    if path:
        target = with_suffix(parent, path, STATE_SUFFIX)
        if target is not None:
            backend.session.update(state_folder=find_folder(str(target.absolute().parent)))
            write_state(parent, backend, target, with_docks=chosen == full)


def write_state(parent: QWidget, backend: Backend, path: Path, *, with_docks: bool = False) -> None:
    """Write the state into a file, and say where it is.

    Args:
        parent: A part of the window.
        backend: Has the session, and knows where the source is.
        path: The file.
        with_docks: Whether the layout of the docks is written, too.
    """
    state = replace(backend.session.state, source=backend.current_source())
    try:
        write_state_file(path, state, position=backend.feeder.position, with_docks=with_docks)
    except DnnvisError as error:
        backend.mailbox.post_each("problem", describe_failure(error, str(path)))
        return
    report_saved(parent, path)


def _name_network(backend: Backend) -> str:
    return backend.info.name if backend.info is not None else "window"
