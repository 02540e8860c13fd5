"""Show the step of a lesson below the cards, with buttons to go on and back."""

from PyQt6.QtCore import QEvent, QObject, QRect, Qt
from PyQt6.QtGui import QFontMetrics, QKeyEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QToolBar, QVBoxLayout, QWidget

from dnnvis.app.shell.teaching.lesson_player import LessonPlayer
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.translation.catalog import tr

_WRAP = Qt.TextFlag.TextWordWrap


class LessonBar(QToolBar):
    """A bar at the foot of the window: it covers nothing, and is as high as the longest text."""

    def __init__(self, player: LessonPlayer, parent: QWidget) -> None:
        super().__init__(tr("Lesson"), parent)
        self._player = player
        self.setObjectName("Lesson")
        self.setMovable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        require(self.toggleViewAction()).setVisible(False)
        body = QWidget(self)
        body.setAutoFillBackground(True)  # the labels' own
        body.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.title = ElidedLabel(body, theme.strong_font(body))
        self.text = create_label(body)
        self.text.setWordWrap(True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.text.installEventFilter(self)
        self.status = ElidedLabel(body, theme.caption_font(body), muted=True)
        self.back_button = create_push_button(
            body, "Back", "The step before, as you left it; what you changed since is taken back"
        )
        self.next_button = create_push_button(body, "Next", "Go on to the next step")
        self.restart_button = create_push_button(body, "Restart", "Begin again with the first step")
        self.leave_button = create_push_button(
            body, "Leave", "End the lesson; the window shows again what it showed before"
        )
        self._arrange(body)
        self.addWidget(body)
        self.back_button.clicked.connect(lambda checked=False: player.back())
        self.next_button.clicked.connect(lambda checked=False: player.next())
        self.restart_button.clicked.connect(lambda checked=False: player.restart())
        self.leave_button.clicked.connect(lambda checked=False: player.leave())
        for button in (self.back_button, self.next_button, self.restart_button, self.leave_button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys stay the window's
        player.changed.connect(self.show_step)
        self.hide()

    def _arrange(self, body: QWidget) -> None:
        buttons = QGridLayout()
        buttons.setSpacing(theme.GAP)
        buttons.addWidget(self.back_button, 0, 0)
        buttons.addWidget(self.next_button, 0, 1)
        buttons.addWidget(self.restart_button, 1, 0)
        buttons.addWidget(self.leave_button, 1, 1)
        texts = QVBoxLayout()
        texts.setSpacing(theme.GAP // 2)
        texts.addWidget(self.title)
        texts.addWidget(self.text)
        texts.addWidget(self.status)
        row = QHBoxLayout(body)
        row.setContentsMargins(2 * theme.GAP, theme.GAP, 2 * theme.GAP, theme.GAP)
        row.setSpacing(4 * theme.GAP)
        row.addLayout(texts, 1)
        row.addLayout(buttons)

    def show_step(self) -> None:
        """Show the present step of the lesson; without a lesson the bar is closed."""
        player = self._player
        lesson, step = player.lesson, player.step
        self.setVisible(lesson is not None)
        if lesson is None or step is None:
            return
        number = tr("{number} of {count}", number=player.index + 1, count=len(lesson.steps))
        heading = f"{number}: {step.title}" if step.title else number
        self.title.set_parts((heading, lesson.title))
        self.text.setText(step.text)
        self.status.setText(player.error or tr(player.waiting))
        self.back_button.setEnabled(player.index > 0)
        is_held = bool(player.waiting) and not player.is_last
        last = tr("Finish") if player.is_last else tr("Next")
        self.next_button.setText(tr("Skip") if is_held else last)
        tip = tr("End the lesson; the window stays as it is now, for you to go on")
        self.next_button.setToolTip(tip if player.is_last else tr("Go on to the next step"))
        self._fit()

    def _fit(self) -> None:
        """Give the text the room that the longest one of the lesson needs."""
        lesson = self._player.lesson
        width = self.text.width()
        if lesson is None or width <= 0:
            return
        metrics, room = QFontMetrics(self.text.font()), QRect(0, 0, width, 1 << 16)
        heights = [
            metrics.boundingRect(room, int(_WRAP), step.text).height() for step in lesson.steps
        ]
        height = max(heights) + 2
        if self.text.minimumHeight() != height:
            self.text.setFixedHeight(height)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Fit the text again where its width or its letters are others."""
        kinds = QEvent.Type
        if event is not None and event.type() in (kinds.Resize, kinds.FontChange):
            self._fit()
        return False

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Leave keys to the window."""
        if event is not None:
            event.ignore()
