"""Choose the second network: the menu Compare with."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.paths import is_factory
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.comparison import with_second, without_second
from dnnvis.session.recent import describe_options, list_networks, name_weights
from dnnvis.session.session import Session

PROGRAM_SUFFIXES = (".pt2", ".onnx")  # of files that are a network by themselves
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
    for name in bundled():
        add(menu, name, partial(compare_with, session, NetworkChoice(net=name)))
    for choice in list_networks(session.state):
        if Path(name_weights(choice)).suffix:
            options = describe_options(choice)
            title = f"{name_weights(choice)} ({options})" if options else choice.net
            trusted = own.trust_code and choice.net == own.net  # its code runs already
            choice = replace(choice, trust_code=choice.trust_code or trusted)
            add(menu, title, partial(compare_with, session, choice))
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
        compare_with(session, choose_second(session.state.network, path))


def choose_second(own: NetworkChoice, path: str) -> NetworkChoice:
    """Return the network of a file of weights: of the user's own class it is another checkpoint.

    No file says which code it belongs to; one that holds a program needs none.
    """
    if is_factory(own.net) and Path(path).suffix.lower() not in PROGRAM_SUFFIXES:
        return replace(own, checkpoint=path)
    return NetworkChoice(net=path)
