"""The tool bar: which source, which network, play and step, and the position in a film."""

from functools import partial

from PyQt6.QtCore import QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu, QSizePolicy, QSlider, QToolBar, QToolButton, QWidget

from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.actions import run_action
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.icons import PaletteIcons
from dnnvis.core.address import mask_address
from dnnvis.core.messages import NetworkInfo
from dnnvis.session.state import State

SCRUB_STEPS = 1000  # positions of the scrub slider


class SourceBar(QToolBar):
    """The tool bar under the menus; every button is also a key of ``keymap.KEYS``."""

    def __init__(self, context: ActionContext, parent: QWidget) -> None:
        super().__init__("Source and network", parent)
        self._context = context
        self._icons = PaletteIcons(self)
        self.setObjectName("Source and network")
        self.setMovable(False)
        self.setIconSize(QSize(16, 16))
        self._feeder = context.backend.feeder
        self.source = self._menu_button("Source")
        self.network = self._menu_button("Network")
        self.addSeparator()
        self._button("back", "Back to the unit before (Alt+Left)", "back")
        self.addSeparator()
        self._button("previous", "Previous file (w)", "previous_file")
        self._button("step_back", "One frame back (,)", "step_back")
        self.play = self._button("pause", "Play / pause (Space, f)", "play")
        self._button("step", "One frame on (.)", "step")
        self._button("next", "Next file (e)", "next_file")
        self.scrub = QSlider(Qt.Orientation.Horizontal, self)
        self.scrub.setRange(0, SCRUB_STEPS)
        self.scrub.setMinimumWidth(120)
        self.scrub.setMaximumWidth(320)
        self.scrub.setAccessibleName("Place in the film or folder")
        self.scrub.setToolTip("Place in the film, folder or demo")
        self.scrub.sliderMoved.connect(lambda at: self._feeder.seek(at / SCRUB_STEPS))
        self.addWidget(self.scrub)
        self.state_label = create_label(self, theme.caption_font(self))
        self.state_label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.state_label.setContentsMargins(theme.GAP, 0, 0, 0)
        self.addWidget(self.state_label)

    def _menu_button(self, title: str) -> QToolButton:
        button = QToolButton(self)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        button.setAccessibleName(title)
        button.setText(title)
        self.addWidget(button)
        return button

    def _button(self, icon: str, text: str, action_id: str) -> QAction:
        action = QAction(text, self)
        action.setToolTip(text)
        action.triggered.connect(partial(self._run, action_id))
        self.addAction(action)
        self._icons.set_icon(action, icon)
        return action

    def _run(self, action_id: str, checked: bool = False) -> None:
        run_action(self._context, action_id)

    def set_menus(self, source: QMenu, network: QMenu) -> None:
        """Open these menus from the two buttons at the left."""
        self.source.setMenu(source)
        self.network.setMenu(network)

    def show_state(self, state: State) -> None:
        self._icons.set_icon(self.play, "play" if state.frozen else "pause")
        self.source.setText(f"Source: {describe_source(state)}")
        self.state_label.setText("frozen" if state.frozen else "")

    def show_info(self, info: NetworkInfo) -> None:
        self.network.setText(f"Network: {info.name}")

    def show_position(self) -> None:
        """Show where in the source the last frame lies; called twice a second."""
        position = self._feeder.position
        self.scrub.setEnabled(position is not None)
        if position is not None and not self.scrub.isSliderDown():
            with QSignalBlocker(self.scrub):
                self.scrub.setValue(round(position * SCRUB_STEPS))


def describe_source(state: State) -> str:
    """Describe the source in a few words."""
    source = state.source
    if source.kind == "camera":
        return f"camera {source.camera}"
    if source.kind == "screen":
        return f"screen {source.path}".strip()
    if source.kind == "stream":
        return mask_address(source.path)
    kind = "Game of Life" if source.kind == "life" else source.kind
    name = source.path.rstrip("/").rsplit("/", 1)[-1] or kind
    return f"{len(source.numbers)} of {name}" if source.numbers else name
