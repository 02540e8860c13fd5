"""The tabs beside the activation map."""

from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QTabWidget, QWidget

from dnnvis.app.activation_map.tabs.attack import AttackTab
from dnnvis.app.activation_map.tabs.base import Heard, MapTab, same_network
from dnnvis.app.activation_map.tabs.errors import ErrorsTab
from dnnvis.app.activation_map.tabs.examples import SelectedTab
from dnnvis.app.activation_map.tabs.learning import LearningTab
from dnnvis.app.activation_map.tabs.noise import NoiseTab
from dnnvis.app.activation_map.tabs.units import PatternTab
from dnnvis.app.widgets import theme
from dnnvis.core.activation_map import Attacks
from dnnvis.core.messages import NetworkInfo
from dnnvis.session import map_state
from dnnvis.session.session import Session
from dnnvis.session.state import State

TIGHT = "QTabBar::tab { padding: 4px 3px; }"  # all titles fit side by side
KINDS: dict[str, tuple[type[MapTab], str, str]] = {
    "selected": (SelectedTab, "Examples", "What was picked, and what lives where the mouse is"),
    "pattern": (PatternTab, "Units", "All units, sorted by the class that they work for"),
    "noise": (NoiseTab, "Noise", "Noisy copies of the present frame"),
    "attack": (AttackTab, "Attack", "The present frame attacked towards each class"),
    "errors": (ErrorsTab, "Errors", "How far the estimated error tells right from wrong"),
    "learning": (LearningTab, "Learning", "Hidden states over the training"),
}


class MapSide(QTabWidget):
    """One tab for each name of ``mapping.TABS``; the one on show is ``state.map.tab``.

    ``attacks`` is what is known of the attack on the present frame, for whoever draws its
    paths; ``attacked`` comes when it changes.
    """

    attacked = pyqtSignal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.heard = session, Heard()
        self._choice = session.state.map
        self.tabs: dict[str, MapTab] = {}
        self.setDocumentMode(True)
        bar = self.tabBar()
        if bar is not None:
            bar.setFont(theme.small(self))
            bar.setStyleSheet(TIGHT)
        self.setUsesScrollButtons(True)
        self.setAccessibleName("Beside the map")
        for name in map_state.TABS:
            kind, title, tip = KINDS[name]
            tab = self.tabs[name] = kind(session, self.heard, self)
            self.setTabToolTip(self.addTab(tab, title), tip)
        self.show_state(session.state)
        self.currentChanged.connect(self._choose)

    @property
    def attacks(self) -> Attacks | None:
        return self.heard.attacks

    def show_state(self, state: State) -> None:
        tab = self.tabs.get(state.map.tab)
        if tab is not None and tab is not self.currentWidget():
            with QSignalBlocker(self):
                self.setCurrentWidget(tab)
        before, self._choice = self._choice, state.map
        if replace(before, place=state.map.place) != state.map:
            self._redraw("")
        elif before != state.map:
            self._redraw(map_state.PLACE)

    def show_info(self, info: NetworkInfo | None) -> None:
        if same_network(self.heard.info, info):
            self.heard.info = info
            self._redraw("")
            return
        before = self.attacks
        self.heard.forget(info)
        self._redraw("")
        if before is not None:
            self.attacked.emit()

    def show_mail(self, key: str, value: Any) -> None:
        """Take note of a value that any tab hears, and show it where the tab on show does."""
        if not any(key in tab.hears for tab in self.tabs.values()):
            return
        self.heard.take(key, value)
        self._redraw(key)
        if key == map_state.ATTACK:
            self.attacked.emit()

    def _redraw(self, key: str) -> None:
        tab = self.currentWidget()
        if isinstance(tab, MapTab) and (not key or key in tab.hears):
            tab.redraw(key)

    def _choose(self, _: int) -> None:
        name = next((n for n, tab in self.tabs.items() if tab is self.currentWidget()), None)
        if name is not None and name != self.session.state.map.tab:
            self.tabs[name].choose(tab=name)
