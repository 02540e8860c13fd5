"""The tabs beside the activation map."""

from dataclasses import replace
from typing import Any

from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QTabWidget, QWidget

from dnnvis.app.activation_map.tabs.atlas import AtlasTab
from dnnvis.app.activation_map.tabs.attack import AttackTab
from dnnvis.app.activation_map.tabs.base import MapTab, MapTabData, same_network
from dnnvis.app.activation_map.tabs.errors import ErrorsTab
from dnnvis.app.activation_map.tabs.examples import ExamplesTab
from dnnvis.app.activation_map.tabs.learning import LearningTab
from dnnvis.app.activation_map.tabs.noise import NoiseTab
from dnnvis.app.activation_map.tabs.units import PatternTab
from dnnvis.app.widgets import theme
from dnnvis.core.activation_map import Attacks
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session import map_state
from dnnvis.session.learning.playground import learns_in_view
from dnnvis.session.session import Session
from dnnvis.session.state import State

TAB_BAR_STYLE = (  # all titles fit side by side
    "QTabBar::tab { padding: 4px 1px; border: 0; border-bottom: 2px solid transparent; }"
    "QTabBar::tab:selected { border-bottom-color: palette(highlight); }"
)
TAB_KINDS: dict[str, tuple[type[MapTab], str, str]] = {
    "selected": (ExamplesTab, "Examples", "What was picked, and what lives where the mouse is"),
    "pattern": (PatternTab, "Units", "All units, sorted by the class that they work for"),
    "noise": (NoiseTab, "Noise", "Noisy copies of the present frame"),
    "attack": (AttackTab, "Attack", "The present frame attacked towards each class"),
    "errors": (ErrorsTab, "Errors", "How far the estimated error tells right from wrong"),
    "learning": (LearningTab, "Learning", "Hidden states over the training"),
    "atlas": (AtlasTab, "Atlas", "What the regions of a layer's activations look like, drawn"),
}


class MapTabs(QTabWidget):
    """One tab for each name of ``mapping.TABS``; the one on show is ``state.map.tab``.

    ``attacks`` is what is known of the attack on the present frame, for the plot that draws its
    paths; ``attacks_changed`` is emitted when it changes; ``atlas_requested``: one is to be made.
    """

    attacks_changed = pyqtSignal()
    atlas_requested = pyqtSignal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.tab_data = session, MapTabData()
        self._choice, self._learns = session.state.map, False
        self.tabs: dict[str, MapTab] = {}
        self.setDocumentMode(True)
        bar = self.tabBar()
        if bar is not None:
            bar.setFont(theme.caption_font(self))
            bar.setStyleSheet(TAB_BAR_STYLE)
        self.setUsesScrollButtons(True)
        self.setAccessibleName("Beside the map")
        for name in map_state.TABS:
            kind, title, tip = TAB_KINDS[name]
            tab = self.tabs[name] = kind(session, self.tab_data, self)
            self.setTabToolTip(self.addTab(tab, tr(title)), tr(tip))
        examples = self.tabs["selected"]
        assert isinstance(examples, ExamplesTab)
        atlas = self.tabs["atlas"]
        assert isinstance(atlas, AtlasTab)
        atlas.make_requested.connect(self.atlas_requested)
        self.examples, self.near = examples, examples.near_tab
        self.show_state(session.state)
        self.currentChanged.connect(self._choose)

    @property
    def attacks(self) -> Attacks | None:
        return self.tab_data.attacks

    def show_state(self, state: State) -> None:
        tab = self.tabs.get(state.map.tab)
        if tab is not None and tab is not self.currentWidget():
            with QSignalBlocker(self):
                self.setCurrentWidget(tab)
        previous, self._choice = self._choice, state.map
        learned, self._learns = self._learns, learns_in_view(state, self.tab_data.info)
        if learned != self._learns or replace(previous, place=state.map.place) != state.map:
            self._redraw("")
        elif previous != state.map:
            self._redraw(map_state.MAP_POINT)

    def show_info(self, info: NetworkInfo | None) -> None:
        if same_network(self.tab_data.info, info):
            self.tab_data.info = info
            self._redraw("")
            return
        previous = self.attacks
        self.tab_data.clear(info)
        self._redraw("")
        if previous is not None:
            self.attacks_changed.emit()

    def on_message(self, key: str, value: Any) -> None:
        """Store a value that any tab listens to, and show it where the tab on show does."""
        if not any(key in tab.mail_keys for tab in self.tabs.values()):
            return
        self.tab_data.store(key, value)
        self._redraw(key)
        if key == map_state.ATTACK:
            self.attacks_changed.emit()

    def _redraw(self, key: str) -> None:
        for tab in (self.currentWidget(), self.near):
            if isinstance(tab, MapTab) and (not key or key in tab.mail_keys):
                tab.redraw(key)

    def _choose(self, _: int) -> None:
        name = next((n for n, tab in self.tabs.items() if tab is self.currentWidget()), None)
        if name is not None and name != self.session.state.map.tab:
            self.tabs[name].choose(tab=name)
