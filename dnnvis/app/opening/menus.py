"""Fill the menus of networks and of what was opened lately."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PyQt6.QtWidgets import QMenu, QMessageBox, QWidget

from dnnvis.app.opening.text import describe_choice, describe_recent_source
from dnnvis.app.runtime import open_files
from dnnvis.app.runtime.backend import Backend
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.address import is_address
from dnnvis.core.formatting import as_plain_text
from dnnvis.core.paths import is_factory
from dnnvis.core.translation.catalog import tr
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.recent import list_networks, list_sources, name_weights
from dnnvis.session.state import SourceChoice

READING_NAMES = "Reading torchvision's list; open this menu again"


@dataclass(frozen=True)
class OpeningMenus:
    """What the menus of networks and recent things work with."""

    backend: Backend
    #: Parent of dialogs.
    parent: QWidget
    #: Opens the dialog of a network.
    open_dialog: Callable[[], None]
    #: Names of torchvision's networks; none until they are read.
    torchvision_names: Callable[[], Sequence[str]]

    def fill_recent(self, menu: QMenu) -> None:
        """List the sources and networks that were opened lately."""
        menu.clear()
        state = self.backend.session.state
        for source in list_sources(state):
            path = source if isinstance(source, str) else source.path
            self._add_recent(
                menu,
                describe_recent_source(source),
                path,
                partial(reopen_source, self.parent, self.backend, source),
            )
        networks = list_networks(state)
        if networks and not menu.isEmpty():
            menu.addSeparator()
        for choice in networks:
            run = partial(self.backend.run, choice)
            self._add_recent(menu, describe_choice(choice), name_weights(choice), run)
        if menu.isEmpty():
            require(menu.addAction(tr("Nothing was opened yet"))).setEnabled(False)

    def _add_recent(self, menu: QMenu, title: str, path: str, run: Callable[[], object]) -> None:
        exists = is_address(path) or is_factory(path) or not Path(path).suffix
        exists = exists or Path(path.partition("#")[0]).exists()
        title = title if exists else tr("{title} (missing)", title=title)
        action = require(menu.addAction(title.replace("&", "&&")))
        action.setEnabled(exists)
        action.triggered.connect(lambda checked=False: run())

    def fill_networks(self, menu: QMenu) -> None:
        """List the networks that ship, each with what it is, and torchvision's."""
        menu.clear()
        current = self.backend.session.state.network
        require(menu.addAction(tr("Open network or checkpoint ..."))).triggered.connect(
            lambda checked=False: self.open_dialog()
        )
        require(menu.addAction(tr("Cancel the pass under way"))).triggered.connect(
            lambda checked=False: self.backend.engine.cancel()
        )
        menu.addSeparator()
        titles = self.backend.services.bundled_titles()
        for name in self.backend.services.bundled():
            title = f"{name}\t{titles[name]}" if name in titles else name
            action = require(menu.addAction(title))
            action.setData(name)
            action.setCheckable(True)
            action.setChecked(current.net == name)
            action.triggered.connect(partial(self._run, NetworkChoice(net=name)))
        menu.addSeparator()
        for weights, title in (
            ("pretrained", tr("torchvision, pretrained (downloads)")),
            ("random", tr("torchvision, random weights")),
        ):
            more = require(menu.addMenu(title))
            more.aboutToShow.connect(partial(self.fill_torchvision, more, weights))
            more.addAction("...")

    def fill_torchvision(self, menu: QMenu, weights: str) -> None:
        """List torchvision's networks by their families."""
        menu.clear()
        families: dict[str, QMenu] = {}
        names = self.torchvision_names()
        if not names:
            require(menu.addAction(tr(READING_NAMES))).setEnabled(False)
        for name in names:
            family = "".join(c for c in name.split("_")[0] if not c.isdigit()) or name
            if family not in families:
                families[family] = require(menu.addMenu(family))
            action = require(families[family].addAction(name))
            if weights == "pretrained":
                action.triggered.connect(partial(self.open_pretrained, name))
            else:
                action.triggered.connect(partial(self._run, NetworkChoice(net=name)))

    def open_pretrained(self, name: str, checked: bool = False) -> None:
        """Open a network with its published weights, once the user agrees to what is fetched."""
        sentence = self.backend.services.describe_download(name)
        request = tr("Open {name} with its published weights?", name=name)
        question = as_plain_text(f"{sentence}\n\n{request}")
        answer = QMessageBox.question(self.parent, tr("Pretrained weights"), question)
        if answer == QMessageBox.StandardButton.Yes:
            self.backend.run(NetworkChoice(net=name, weights="pretrained"))

    def _run(self, choice: NetworkChoice, checked: bool = False) -> None:
        self.backend.run(choice)


def reopen_source(parent: QWidget, backend: Backend, source: SourceChoice | str) -> None:
    """Open a source again, as it was set then.

    Args:
        parent: Parent of dialogs.
        backend: Runs the source.
        source: The source; a text is opened by what it names.
    """
    if isinstance(source, str):
        open_files.open_path(parent, backend, source)
    elif source.kind == "stream":  # its password is requested again
        open_files.open_path(parent, backend, source.path)
    else:
        backend.open_source(source)
