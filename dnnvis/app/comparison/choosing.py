"""Choose the second network: the menu Compare with."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.comparison import with_second, without_second
from dnnvis.session.session import Session

MAX_MOMENTS = 12  # of a training that the menu lists, evenly spread


def fill_compare_menu(
    menu: QMenu,
    parent: QWidget,
    session: Session,
    info: NetworkInfo | None,
    bundled: Callable[[], Sequence[str]],
) -> None:
    """List what the running network can be compared with.

    Args:
        menu: The menu, which is emptied.
        parent: Parent of dialogs.
        session: What is chosen.
        info: The network that runs.
        bundled: Returns the names of the networks that ship.
    """
    menu.clear()
    own = session.state.network

    def add(target: QMenu, title: str, run: Callable[[], object]) -> None:
        require(target.addAction(title.replace("&", "&&"))).triggered.connect(
            lambda checked=False: run()
        )

    add(menu, tr("This network, without edits"), partial(compare_with, session, own))
    add(menu, tr("This network, with other edits ..."), partial(ask_edits, parent, session))
    moments = () if info is None else info.snapshots
    if moments:
        trained = require(menu.addMenu(tr("This network at a moment of its training")))
        picked = np.linspace(0, len(moments) - 1, min(MAX_MOMENTS, len(moments)))
        for number in dict.fromkeys(picked.round().astype(int).tolist()):
            title = tr("step {step}", step=moments[number])
            add(trained, title, partial(compare_with, session, own, number))
    add(menu, tr("A file of weights ..."), partial(ask_file, parent, session))
    menu.addSeparator()
    recent = [name for name in session.state.recent_networks if Path(name).suffix]
    for name in (*bundled(), *recent):
        add(menu, name, partial(compare_with, session, NetworkChoice(net=name)))
    menu.addSeparator()
    add(menu, tr("Nothing"), lambda: session.update(**without_second(session.state)))


def compare_with(
    session: Session, choice: NetworkChoice, moment: int = -1, edits: tuple[str, ...] = ()
) -> None:
    """Compare with a network, and show the panel; arguments as ``with_second``."""
    changes: dict[str, Any] = with_second(session.state, choice, moment, edits)
    session.update(**changes)


def ask_edits(parent: QWidget, session: Session) -> None:
    """Ask for edits of the second network, which is else the same."""
    prompt = tr("Edits of the second network, with semicolons between them:")
    unit = session.state.unit
    proposed = "" if unit is None else str(Edit.switch_off(unit))
    text, is_ok = QInputDialog.getText(
        parent, tr("Compare with other edits"), prompt, text=proposed
    )
    while is_ok and text.strip():
        try:
            edits = tuple(str(Edit.parse(part)) for part in text.split(";") if part.strip())
        except BadInput as error:
            text, is_ok = QInputDialog.getText(
                parent, tr("Compare with other edits"), f"{error}\n{prompt}", text=text
            )
            continue
        state = session.state
        compare_with(session, state.network, state.steps.moment, edits)
        return


def ask_file(parent: QWidget, session: Session) -> None:
    """Ask for a file of weights to compare with."""
    folder = session.state.network_folder
    path, _ = QFileDialog.getOpenFileName(parent, tr("Compare with"), folder)
    if path:
        compare_with(session, NetworkChoice(net=path))
