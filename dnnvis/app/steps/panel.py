"""The steps that a network passes through: walk over them, and see what it imagines at each."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QBoxLayout, QComboBox, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from dnnvis.app.steps import text
from dnnvis.app.steps.scores import ScoresView
from dnnvis.app.steps.transport_bar import StepsBar
from dnnvis.app.widgets import messages, strip_rendering, theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.panel import Panel, label
from dnnvis.app.widgets.strip_rendering import DrawnRow
from dnnvis.app.widgets.strip_view import Spot, StripView
from dnnvis.core.lens_results import Strip
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.session.plan_for import IMAGINE
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.steps import Step, at_step, first_number, moment_of, step_of, steps_of

BESIDE = 600  # pixels of width from which the scores stand beside the strip


class StepsPanel(Panel):
    """``hovered`` is the line under the mouse, '' when it leaves."""

    hovered = pyqtSignal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.got: Strip | Failure | None = None
        self.live: Live | None = None  # the frame, where the strip belongs to the latest
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._spot: Spot | None = None
        self._drawn: tuple[Strip, tuple[str, str], tuple[DrawnRow, ...]] | None = None
        self._names: set[str] = set()  # of the network that runs
        self.bar = StepsBar(session, self)
        self.strip = StripView(self)
        self.scores = ScoresView(self)
        self.drawn = QComboBox(self)
        for mode, words in text.PERSPECTIVES.items():
            self.drawn.addItem(words, mode)
        self.drawn.setToolTip("The decoder's own values, or cells that live from .5 on")
        self.drawn.setAccessibleName("Imagination shown as")
        self.decoder = QComboBox(self)
        self.decoder.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.decoder.setMinimumContentsLength(11)
        self.decoder.setToolTip("The module that shows a state")
        self.decoder.setAccessibleName("Decoder")
        self.said = Line(self, theme.small(self), muted=True)
        self.moment = QSlider(Qt.Orientation.Horizontal, self)
        self.moment.setAccessibleName("Moment of the training")
        self.moment_words = label(self, theme.small(self))
        self.training = QWidget(self)
        self._arrange()
        self.bar.walked.connect(self.walk_to)
        self.bar.played.connect(self.play)
        self.strip.clicked.connect(self._click)
        self.strip.pointed.connect(self._point)
        self.drawn.activated.connect(lambda _: self._choose(drawn=self.drawn.currentData()))
        self.decoder.activated.connect(lambda _: self._choose(decoder=self.decoder.currentData()))
        self.moment.valueChanged.connect(self._choose_moment)
        self.setFocusProxy(self.strip)
        self.show_state(self.state)

    def _arrange(self) -> None:
        self._middle = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._middle.setSpacing(theme.GAP // 2)
        self._middle.addWidget(self.strip, 1)
        self._middle.addWidget(self.scores)
        below = QHBoxLayout()
        below.setSpacing(theme.GAP)
        below.addWidget(self.drawn)
        below.addWidget(self.decoder)
        below.addWidget(self.said, 1)
        row = QHBoxLayout(self.training)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.moment_words)
        row.addWidget(self.moment, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.bar)
        column.addWidget(self.training)
        column.addLayout(self._middle, 1)
        column.addLayout(below)

    # -- what arrives

    @property
    def steps(self) -> tuple[Step, ...]:
        return steps_of(self.state, self.info)

    @property
    def shown(self) -> Strip | None:
        """The strip, where it is one of these steps of this network."""
        strip = self.got
        if not isinstance(strip, Strip) or self.info is None:
            return None
        known = {layer for layer, _ in self.steps}
        mine = all(layer in known for layer, _ in strip.steps)
        return strip if mine and (not strip.network or strip.network in self._names) else None

    def show_state(self, state: State) -> None:
        before, self.state = self.state, state
        if before.layer != state.layer or before.steps.decoder != state.steps.decoder:
            self.got = self.shown  # what failed may do now
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        before = self.info
        super().show_info(info)
        if before is None or info is None or before.choice != info.choice:
            self._names.clear()
            self.got = self.live = None
            self.pause()
        if info is not None:
            self._names.add(info.name)  # at each moment of its training it has another
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        if isinstance(value, Live):
            first, self.live = self.live is None, value
            if first and self.isVisible():
                self._show_strip()  # what is waited for is another thing now
        elif key == IMAGINE and isinstance(value, Strip | Failure):
            self.got = value
            if self.isVisible():
                self._show_strip()

    def raw_values(self) -> Any:
        """All rows (rows, steps, H, W, C) as the lens gave them, NaN where a row is shorter."""
        strip = self.shown
        return strip_rendering.numbers_of(strip) if strip is not None and strip.rows else None

    def recipe(self) -> dict[str, Any]:
        """How the pictures on show are made again."""
        strip = self.shown
        own = {"step": step_of(self.state, self.info), "drawn": self.state.steps.drawn}
        return own if strip is None else {**text.recipe_of(strip), **own}

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.pause()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        beside = self.width() >= BESIDE
        direction = QBoxLayout.Direction
        self.scores.lie_beside(beside)
        self._middle.setDirection(direction.LeftToRight if beside else direction.TopToBottom)

    # -- drawing

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        self.bar.show_steps(self.state, self.info, self._timer.isActive())
        self._show_moments()
        self._show_strip()

    def _show_strip(self) -> None:
        strip = self.shown
        self._show_choices(strip)
        self._show_scores(strip)
        if strip is None or not strip.rows:
            self.strip.show_words(self._why_empty(strip))
            self.said.setText("")
            return
        headings = [
            text.heading(self._number(column), step)
            for column, step in enumerate(strip.steps)
        ]  # fmt: skip
        self.strip.show_rows(self._rows(strip), headings, [text.mark(mark) for mark in strip.marks])
        self.strip.show_present(self._present(strip))
        words = (strip.words.replace("\n", " "), text.stamp(strip))
        self.said.setText(" · ".join(part for part in words if part))
        self._tell()

    def _rows(self, strip: Strip) -> tuple[DrawnRow, ...]:
        """The rows in colours, painted once for all steps that are walked to."""
        how = self.state.steps.drawn, self.state.colours
        if self._drawn is None or self._drawn[0] is not strip or self._drawn[1] != how:
            labels = self.info.labels if self.info else ()
            self._drawn = strip, how, strip_rendering.drawn(strip, *how, labels)
        return self._drawn[2]

    def _why_empty(self, strip: Strip | None) -> str:
        if self.info is None or not self.steps:
            return text.why_empty(self.info, self.state.layer)
        if isinstance(self.got, Failure):
            return self.got.sentence
        if strip is not None and strip.words:
            return strip.words
        return messages.NO_FRAME if self.live is None else text.WAITING

    def _present(self, strip: Strip) -> int | None:
        """The column of the step on show."""
        step = self.steps[step_of(self.state, self.info)]
        return strip.steps.index(step) if step in strip.steps else None

    def _number(self, column: int) -> int:
        """The number of the step in a column."""
        steps, shown = self.steps, self.shown
        if shown is not None and column < len(shown.steps) and shown.steps[column] in steps:
            column = steps.index(shown.steps[column])
        return column + first_number(self.info)

    def _show_choices(self, strip: Strip | None) -> None:
        cells = strip is not None and strip_rendering.has_cells(strip)
        self.drawn.setVisible(cells)
        self.drawn.setCurrentIndex(max(self.drawn.findData(self.state.steps.drawn), 0))
        items = text.decoders(strip, self.state.steps.decoder, self.info)
        self.decoder.setVisible(bool(items))
        if [self.decoder.itemData(k) for k in range(self.decoder.count())] != list(items):
            with QSignalBlocker(self.decoder):
                self.decoder.clear()
                for name, words in items.items():
                    self.decoder.addItem(words, name)
        self.decoder.setCurrentIndex(max(self.decoder.findData(self.state.steps.decoder), 0))

    def _show_scores(self, strip: Strip | None) -> None:
        scores = strip.scores if strip is not None else {}
        plays = self.info is not None and self.info.game_steps > 0
        self.scores.setVisible(bool(scores) or (plays and strip is not None and bool(strip.rows)))
        self.scores.show_scores(scores, strip.words if strip is not None else "")

    def _show_moments(self) -> None:
        moments = tuple(getattr(self.info, "moments", ()))
        self.training.setVisible(bool(moments))
        if not moments:
            return
        with QSignalBlocker(self.moment):
            self.moment.setRange(0, len(moments) - 1)
            self.moment.setValue(moment_of(self.state, moments))
        self.moment_words.setText(text.moment(self.moment.value(), moments))

    # -- keys

    def event(self, event: QEvent | None) -> bool:
        """Where this panel or a part of it has the focus, keys of the source are the steps'."""
        override = event is not None and event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._verb(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        verb = self._verb(event) if event is not None else None
        if verb is None:
            super().keyPressEvent(event)
        else:
            verb()

    def _verb(self, event: QKeyEvent) -> Callable[[], None] | None:
        if event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return None
        verbs: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Space: self.play,
            Qt.Key.Key_Period: partial(self.walk, 1),
            Qt.Key.Key_Comma: partial(self.walk, -1),
        }
        return verbs.get(Qt.Key(event.key()))

    # -- walking

    def walk_to(self, k: int) -> None:
        """Bring every panel to step ``k``."""
        self.session.step(at_step(self.session.state, self.info, k))

    def walk(self, steps: int) -> None:
        """Bring every panel that many steps on."""
        self.walk_to(step_of(self.session.state, self.info) + steps)

    def play(self) -> None:
        """Walk on by itself, from the start where the end is reached; or stand still again."""
        if self._timer.isActive():
            self.pause()
        elif len(self.steps) > 1 and self.isVisible():
            self._timer.start(round(1000 / self.state.steps.speed))
            if step_of(self.state, self.info) == len(self.steps) - 1:
                self.walk_to(0)
            self._redraw()

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def pause(self) -> None:
        """Stand still."""
        if self._timer.isActive():
            self._timer.stop()
            self._redraw()

    def _tick(self) -> None:
        self._timer.setInterval(round(1000 / self.state.steps.speed))
        last = len(self.steps) - 1
        k = step_of(self.state, self.info)
        if k < last:
            self.walk_to(k + 1)
        elif self.state.steps.loop and last > 0:
            self.walk_to(0)
        else:
            self.pause()

    def _click(self, column: int) -> None:
        strip = self.shown
        if strip is not None and column < len(strip.steps) and strip.steps[column] in self.steps:
            self.walk_to(self.steps.index(strip.steps[column]))

    # -- what is chosen

    def _choose(self, **changes: Any) -> None:
        self.session.update(steps=replace(self.session.state.steps, **changes))

    def _choose_moment(self, k: int) -> None:
        self._choose(moment=-1 if k == self.moment.maximum() else k)

    # -- the mouse

    def _point(self, spot: Spot | None) -> None:
        self._spot = spot
        if spot is None:
            self.hovered.emit("")
        self._tell()

    def _tell(self) -> None:
        """Say what lies under the mouse."""
        spot, strip = self._spot, self.shown
        if spot is None or strip is None or spot.column >= self.strip.columns:
            return
        number = self._number(spot.column)
        if spot.row is None or spot.row >= len(self.strip.rows):
            mark = strip.marks[spot.column] if spot.column < len(strip.marks) else ""
            self.hovered.emit(f"step {number}: {mark}" if mark else f"step {number}")
            return
        assert spot.place is not None  # it is on a row
        place = self.strip.rows[spot.row].place(*spot.place)
        self.hovered.emit(text.hover(strip, spot.column, place, number))
