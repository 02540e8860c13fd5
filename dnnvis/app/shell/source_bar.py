"""The one bar: modes, play and step, the position in a film, and where to go."""

from functools import partial

from PyQt6.QtCore import QSignalBlocker, QSize, Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from dnnvis.app.recording.controls import RecordingControls
from dnnvis.app.runtime.slide_show import SlideShow
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.actions import has_action, run_action
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import JumpSlider, create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.icons import PaletteIcons
from dnnvis.core.address import mask_address
from dnnvis.core.edit import Edit
from dnnvis.core.messages import Live
from dnnvis.core.translation.catalog import tr
from dnnvis.session.modes import MODE_HELP
from dnnvis.session.state import MODES, Mode, State

SCRUB_STEPS = 1000  # positions of the scrub slider
HEIGHT_PIXELS = 36  # more where the letters are large
SCRUB_WIDTH_PIXELS = 150


class SourceBar(QToolBar):
    """The one bar: mode, transport, which picture runs, and ways to go elsewhere.

    Its width does not change with what it shows; every button is also a key of ``keymap.KEYS``.
    """

    def __init__(self, context: ActionContext, parent: QWidget) -> None:
        super().__init__(tr("Mode and source"), parent)
        self._context = context
        self._icons = PaletteIcons(self)
        self.setObjectName("Source and network")  # as saved layouts know it
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(QSize(16, 16))
        self.setMinimumHeight(HEIGHT_PIXELS)
        self._feeder = context.backend.feeder
        self.modes: dict[Mode, QToolButton] = {}
        for number, mode in enumerate(MODES, 1):
            self.modes[mode] = self._add_mode(mode, number)
        self.addSeparator()
        self._button(
            "previous", tr("Previous file"), "previous_file", tr("The picture or film before (w)")
        )
        self.play = self._button(
            "pause",
            tr("Play / pause"),
            "play",
            tr("Holds the present picture, or goes on (Space, f)"),
        )
        self._button("next", tr("Next file"), "next_file", tr("The next picture or film (e)"))
        self.scrub = JumpSlider(self)
        self.scrub.setRange(0, SCRUB_STEPS)
        self.scrub.setFixedWidth(SCRUB_WIDTH_PIXELS)
        self.scrub.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scrub.setAccessibleName(tr("Place in the film or folder"))
        self.scrub.setToolTip(tr("Place in the film, folder or demo"))
        self.scrub.sliderMoved.connect(self._seek)
        self.addWidget(self.scrub)
        self._player = context.view.recording.player
        self.past = RecordingControls(context.view.recording, self)
        self.addWidget(self.past)
        self.state_label = ElidedLabel(self, theme.caption_font(self))
        self.state_label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.state_label.setContentsMargins(theme.GAP, 0, 0, 0)
        self.addWidget(self.state_label)
        self.go_to = create_tool_button(
            self, "Go to layer, unit, class …", "Go to any layer, unit or class (Ctrl+K)"
        )
        self.go_to.setVisible(has_action("go_to"))
        self.go_to.clicked.connect(partial(self._run, "go_to"))
        if has_action("go_to"):
            self.addWidget(self.go_to)
        help_button = create_tool_button(
            self, "?", "What each card means, the keys, and all words (?)", name="Help"
        )
        help_button.clicked.connect(partial(self._run, "explain"))
        self.addWidget(help_button)
        for button in self.findChildren(QToolButton):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._state = context.session.state
        self._live: Live | None = None
        self.slides = SlideShow(self._feeder, self)
        #: The picture's class, and how often the network was right so far.
        self.truth = ""

    def _add_mode(self, mode: Mode, number: int) -> QToolButton:
        tip = f"{tr(MODE_HELP[mode])} (Ctrl+{number})"
        button = create_tool_button(self, mode.capitalize(), tip)
        button.setCheckable(True)
        button.setProperty("segment", True)
        button.clicked.connect(partial(self._run, f"mode_{mode}"))
        self.addWidget(button)
        return button

    def _button(self, icon: str, text: str, action_id: str, tip: str) -> QAction:
        action = QAction(text, self)
        action.setToolTip(tip)
        action.triggered.connect(partial(self._run, action_id))
        self.addAction(action)
        self._icons.set_icon(action, icon)
        return action

    def _seek(self, at: int) -> None:
        self._player.leave()
        self._context.session.record_position(tr("go to another picture"))
        self._feeder.seek(at / SCRUB_STEPS)

    def _run(self, action_id: str, checked: bool = False) -> None:
        run_action(self._context, action_id)
        self.show_state(self._context.session.state)

    def show_state(self, state: State) -> None:
        self._state = state
        self.slides.follow(state)
        for mode, button in self.modes.items():
            button.setChecked(mode == state.mode and not state.unlocked)
        self._show_source()

    def show_live(self, live: Live) -> None:
        """Note the frame on show; its label is shown with the next position."""
        self._live = live
        self._player.show_live(live)
        self.slides.show_frame(live.frame)

    def show_position(self) -> None:
        """Show where in the source the last frame lies; called twice a second."""
        position = self._feeder.position
        self.scrub.setEnabled(position is not None)
        if position is not None and not self.scrub.isSliderDown():
            with QSignalBlocker(self.scrub):
                self.scrub.setValue(round(position * SCRUB_STEPS))
        self.past.show_position()
        self._show_source()

    def _show_source(self) -> None:
        state, live, slides = self._state, self._live, self.slides
        rests = state.source.kind == "pictures" and not slides.is_running
        self._icons.set_icon(self.play, "play" if state.frozen or rests else "pause")
        frame = None if live is None else live.frame
        name, index = describe_source(state), None if frame is None else frame.index
        if frame is not None and slides.is_folder:
            name = f"{frame.source} · {name}"
        text = describe_position(name, index, self._feeder.position)
        seconds = slides.seconds_left
        following = "" if seconds is None else tr("next in {seconds} s", seconds=seconds)
        truth = f"({self.truth})" if self.truth else ""
        frozen = tr("frozen") if state.frozen else ""
        if (ago := self._player.seconds_ago) is not None:
            frozen = tr("{seconds:.1f} s ago", seconds=ago)
        held = self._describe_held(state)
        self.state_label.setText("  ".join(p for p in (held, text, truth, following, frozen) if p))

    def _describe_held(self, state: State) -> str:
        """Return what is off while its key is held; "" for nothing."""
        if not state.held_edit:
            return ""
        title = Edit.parse(state.held_edit).title
        info = self._context.backend.info
        return tr("held: {title}", title=title if info is None else info.label_text(title))


def describe_position(name: str, index: int | None, position: float | None) -> str:
    """Return ``name 36 of 100``, the number of all where it follows from where the last one lies.

    Args:
        name: Name of the source.
        index: The picture's number in it, from 0; None where it has none.
        position: Where it lies, from 0 to 1; None where one cannot seek.
    """
    if index is None:
        return name
    if not position:
        return f"{name} {index + 1}"
    count = round(index / position) + 1
    return tr("{name} {number} of {count}", name=name, number=index + 1, count=count)


def describe_source(state: State) -> str:
    """Describe the source in a few words."""
    source = state.source
    if source.kind == "camera":
        return tr("camera {number}", number=source.camera)
    if source.kind == "screen":
        return f"{tr('screen')} {source.path}".strip()
    if source.kind == "stream":
        return mask_address(source.path)
    if source.kind == "chess":
        return tr("chess")  # the position stands beside it, as the frame's label
    kinds = {"life": tr("Game of Life"), "maze": tr("mazes"), "canvas": tr("canvas")}
    kind = kinds.get(source.kind, source.kind)
    name = source.path.rstrip("/").rsplit("/", 1)[-1] or kind
    count = len(source.numbers)
    if not count:
        return name
    if count == 1:
        return tr("1 picked picture of {name}", name=name)
    return tr("{count:,} picked pictures of {name}", count=count, name=name)
