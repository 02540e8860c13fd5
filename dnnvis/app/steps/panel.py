"""The Steps panel: walk over the steps of a network, and see what it imagines at each."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import QEvent, QSignalBlocker, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.steps import text
from dnnvis.app.steps.scores import ScoresView
from dnnvis.app.steps.transport_bar import TransportBar
from dnnvis.app.widgets import messages, strip_rendering, theme
from dnnvis.app.widgets.controls import JumpSlider, create_combo, create_label, create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.strip_rendering import StripRow
from dnnvis.app.widgets.strip_view import StripHit, StripView
from dnnvis.core.lens_results import Strip
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.colormaps import resolve_colormap
from dnnvis.session.plan_for import IMAGINE
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.steps import Step, at_step, first_number, snapshot_index, step_of, steps_of

MIN_WIDTH_BESIDE_PIXELS = 600  # pixels of width from which the scores are beside the strip


class StepsPanel(Panel):
    """The strip of boards at each step, with scores and transport controls.

    ``hovered`` is the line under the mouse, "" when it leaves; ``example_requested``: a network
    that has steps is to be opened.
    """

    header_expands = True
    hovered = pyqtSignal(str)
    example_requested = pyqtSignal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.received: Strip | Failure | None = None
        self.live: Live | None = None  # the frame, where the strip belongs to the latest
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._hovered_spot: StripHit | None = None
        self._rendered: tuple[Strip, tuple[str, str], tuple[StripRow, ...]] | None = None
        self._names: set[str] = set()  # of the network that runs
        self.bar = TransportBar(session, self)
        self.strip = StripView(self)
        self.scores = ScoresView(self)
        self.drawn = create_combo(self, "Imagination shown as", text.DISPLAY_MODES)
        self.drawn.setToolTip(tr("The decoder's own values, or cells that live from .5 on"))
        self.decoder = create_combo(self, "Decoder", {}, min_letters=11)
        self.decoder.setToolTip(tr("The module that shows a state"))
        self.caption = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.score = ElidedLabel(self, theme.caption_font(self))  # in a card, in words
        self.score.hide()
        self.snapshot_slider = JumpSlider(self)
        self.snapshot_slider.setAccessibleName("Moment of the training")
        tip = "Goes back to the weights that the network had earlier in its training"
        self.snapshot_slider.setToolTip(tr(tip))
        self.snapshot_label = create_label(self, theme.caption_font(self))
        self.snapshot_row = QWidget(self)
        self.example = create_push_button(
            self, "Open a network with steps", "life-3, which imagines the Game of Life, on a board"
        )
        self.example.clicked.connect(lambda checked=False: self.example_requested.emit())
        self.example.hide()
        self._arrange()
        self.bar.step_requested.connect(self.go_to_step)
        self.bar.play_requested.connect(self.play)
        self.strip.clicked.connect(self._on_click)
        self.strip.pointed.connect(self._on_hover)
        self.drawn.activated.connect(lambda _: self._choose(drawn=self.drawn.currentData()))
        self.decoder.activated.connect(lambda _: self._choose(decoder=self.decoder.currentData()))
        self.snapshot_slider.valueChanged.connect(self._choose_snapshot)
        self.setFocusProxy(self.strip)
        self.show_state(self.state)

    def _arrange(self) -> None:
        self._middle = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._middle.setSpacing(theme.GAP // 2)
        self._middle.addWidget(self.strip, 1)
        self._middle.addWidget(self.scores)
        self._below = QWidget(self)
        below = QHBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(theme.GAP)
        below.addWidget(self.drawn)
        below.addWidget(self.decoder)
        below.addWidget(self.caption, 1)
        row = QHBoxLayout(self.snapshot_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.snapshot_label)
        row.addWidget(self.snapshot_slider, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        column.setSpacing(theme.GAP // 2)
        self._head = QWidget(self)  # beside the title of a card
        head = QHBoxLayout(self._head)
        head.setContentsMargins(theme.GAP, 0, 0, 0)
        head.setSpacing(theme.GAP)
        head.addWidget(self.bar, 1)
        head.addWidget(self.score, 1)
        column.addWidget(self._head)
        column.addWidget(self.snapshot_row)
        column.addLayout(self._middle, 1)
        column.addWidget(self.example)
        column.addWidget(self._below)

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.strip,)

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (self._below,)

    def header_part(self) -> QWidget:
        return self._head

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.snapshot_row,)  # a training has a card of its own

    def arrange_compact(self, on: bool) -> None:
        """Spend the height on the pictures: the sliders in the title, the scores in the fold."""
        self.scores.set_beside(not on)
        self.score.setVisible(on)
        if on and self.fold is not None:
            self._middle.removeWidget(self.scores)
            self.fold.add_row(self.scores)
        elif not on:
            self._middle.addWidget(self.scores)
            column = self.layout()
            assert isinstance(column, QVBoxLayout)
            column.insertWidget(0, self._head)
            self._head.show()
        self._redraw()

    @property
    def steps(self) -> tuple[Step, ...]:
        return steps_of(self.state, self.info)

    @property
    def current_strip(self) -> Strip | None:
        """Return the strip, where it is one of these steps of this network."""
        strip = self.received
        if not isinstance(strip, Strip) or self.info is None:
            return None
        known_layers = {layer for layer, _ in self.steps}
        same_steps = all(layer in known_layers for layer, _ in strip.steps)
        return strip if same_steps and (not strip.network or strip.network in self._names) else None

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if previous.layer != state.layer or previous.steps.decoder != state.steps.decoder:
            self.received = self.current_strip  # what failed may succeed now
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        previous = self.info
        super().show_info(info)
        if previous is None or info is None or previous.choice != info.choice:
            self._names.clear()
            self.received = self.live = None
            self.pause()
        if info is not None:
            self._names.add(info.name)  # at each training step it has another
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if isinstance(value, Live):
            first, self.live = self.live is None, value
            if first and self.isVisible():
                self._show_strip()  # something else is awaited now
        elif key == IMAGINE and isinstance(value, Strip | Failure):
            self.received = value
            if self.isVisible():
                self._show_strip()

    def export_values(self) -> Any:
        """Return all rows (rows, steps, H, W, C) of the lens, NaN where a row is shorter."""
        strip = self.current_strip
        return strip_rendering.stack_values(strip) if strip is not None and strip.rows else None

    def export_recipe(self) -> dict[str, Any]:
        """Return how the pictures on show are computed again."""
        strip = self.current_strip
        options = {"step": step_of(self.state, self.info), "drawn": self.state.steps.drawn}
        return options if strip is None else {**text.build_recipe(strip), **options}

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        self.pause()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        beside = self.width() >= MIN_WIDTH_BESIDE_PIXELS and not self.compact
        direction = QBoxLayout.Direction
        self.scores.set_beside(beside)
        self._middle.setDirection(direction.LeftToRight if beside else direction.TopToBottom)

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        self.bar.show_steps(self.state, self.info, self._timer.isActive())
        self._show_snapshots()
        self._show_strip()
        self.example.setVisible(not self.steps)

    def _show_strip(self) -> None:
        strip = self.current_strip
        self._show_choices(strip)
        self._show_scores(strip)
        if strip is None or not strip.rows:
            self.strip.show_message(self._empty_reason(strip))
            self.caption.setText("")
            return
        headings = [
            text.format_heading(self._step_number(column), step)
            for column, step in enumerate(strip.steps)
        ]
        self.strip.show_rows(
            self._rows(strip), headings, [text.format_mark(mark) for mark in strip.marks]
        )
        self.strip.show_present(self._current_column(strip))
        captions = (strip.message.replace("\n", " "), text.describe_origin(strip))
        self.caption.setText(" · ".join(part for part in captions if part))
        self._report_hover()

    def _rows(self, strip: Strip) -> tuple[StripRow, ...]:
        """Return the rows in colors, rendered once for all steps that are walked to."""
        style = self.state.steps.drawn, resolve_colormap(self.state.colours)
        if self._rendered is None or self._rendered[0] is not strip or self._rendered[1] != style:
            labels = self.info.labels if self.info else ()
            self._rendered = strip, style, strip_rendering.render_strip(strip, *style, labels)
        return self._rendered[2]

    def _empty_reason(self, strip: Strip | None) -> str:
        if self.info is None:
            return self.no_network
        if not self.steps:
            return text.explain_empty(self.info, self.state.layer)
        if isinstance(self.received, Failure):
            return self.received.sentence
        if strip is not None and strip.message:
            return strip.message
        return tr(messages.NO_FRAME) if self.live is None else tr(text.STEPS_PENDING)

    def _current_column(self, strip: Strip) -> int | None:
        """Return the column of the step on show."""
        step = self.steps[step_of(self.state, self.info)]
        return strip.steps.index(step) if step in strip.steps else None

    def _step_number(self, column: int) -> int:
        """Return the number of the step in a column."""
        steps, strip = self.steps, self.current_strip
        if strip is not None and column < len(strip.steps) and strip.steps[column] in steps:
            column = steps.index(strip.steps[column])
        return column + first_number(self.info)

    def _show_choices(self, strip: Strip | None) -> None:
        cells = strip is not None and strip_rendering.has_cells(strip)
        self.drawn.setVisible(cells)
        self.drawn.setCurrentIndex(max(self.drawn.findData(self.state.steps.drawn), 0))
        items = text.decoder_choices(strip, self.state.steps.decoder, self.info)
        self.decoder.setVisible(bool(items))
        if [self.decoder.itemData(k) for k in range(self.decoder.count())] != list(items):
            with QSignalBlocker(self.decoder):
                self.decoder.clear()
                for name, label_text in items.items():
                    self.decoder.addItem(label_text, name)
        self.decoder.setCurrentIndex(max(self.decoder.findData(self.state.steps.decoder), 0))

    def _show_scores(self, strip: Strip | None) -> None:
        scores = strip.scores if strip is not None else {}
        plays_life = self.info is not None and (self.info.game_steps > 0 or self.info.mazes)
        self.scores.setVisible(
            bool(scores) or (plays_life and strip is not None and bool(strip.rows))
        )
        message = strip.message if strip is not None else ""
        controls = strip.controls if strip is not None else {}
        self.scores.show_scores(scores, message, controls)
        truths = len(strip.rows.get("truth", ())) if strip is not None else 0
        self.score.setText(text.describe_main_score(scores, truths, message, controls))
        self.score.tip = text.explain_scores(scores, message, controls) if scores else message

    def _show_snapshots(self) -> None:
        snapshots = tuple(getattr(self.info, "snapshots", ()))
        self.snapshot_row.setVisible(bool(snapshots) and not self.compact)
        if not snapshots:
            return
        with QSignalBlocker(self.snapshot_slider):
            self.snapshot_slider.setRange(0, len(snapshots) - 1)
            self.snapshot_slider.setValue(snapshot_index(self.state, snapshots))
        self.snapshot_label.setText(text.describe_snapshot(self.snapshot_slider.value(), snapshots))

    def event(self, event: QEvent | None) -> bool:
        """Pass keys of the source to the steps where this panel or a part of it has the focus."""
        override = event is not None and event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._find_action(event) is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        action = self._find_action(event) if event is not None else None
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def _find_action(self, event: QKeyEvent) -> Callable[[], None] | None:
        if event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return None
        verbs: dict[Qt.Key, Callable[[], None]] = {
            Qt.Key.Key_Space: self.play,
            Qt.Key.Key_Period: partial(self.step_by, 1),
            Qt.Key.Key_Comma: partial(self.step_by, -1),
        }
        return verbs.get(Qt.Key(event.key()))

    def go_to_step(self, k: int) -> None:
        """Bring every panel to step ``k``."""
        self.session.step(at_step(self.session.state, self.info, k))

    def step_by(self, steps: int) -> None:
        """Bring every panel that many steps on."""
        self.go_to_step(step_of(self.session.state, self.info) + steps)

    def play(self) -> None:
        """Play the steps, from the start where the end is reached; or stop playing."""
        if self._timer.isActive():
            self.pause()
        elif len(self.steps) > 1 and self.isVisible():
            self._timer.start(round(1000 / self.state.steps.speed))
            if step_of(self.state, self.info) == len(self.steps) - 1:
                self.go_to_step(0)
            self._redraw()

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def pause(self) -> None:
        """Stop playing."""
        if self._timer.isActive():
            self._timer.stop()
            self._redraw()

    def _tick(self) -> None:
        with self.session.adjusting():  # the user chose to play, not each step
            self._show_next_step()

    def _show_next_step(self) -> None:
        self._timer.setInterval(round(1000 / self.state.steps.speed))
        last = len(self.steps) - 1
        k = step_of(self.state, self.info)
        if k < last:
            self.go_to_step(k + 1)
        elif self.state.steps.loop and last > 0:
            self.go_to_step(0)
        else:
            self.pause()

    def _on_click(self, column: int) -> None:
        strip = self.current_strip
        if strip is not None and column < len(strip.steps) and strip.steps[column] in self.steps:
            self.go_to_step(self.steps.index(strip.steps[column]))

    def _choose(self, **changes: Any) -> None:
        self.session.update(steps=replace(self.session.state.steps, **changes))

    def _choose_snapshot(self, k: int) -> None:
        self._choose(moment=-1 if k == self.snapshot_slider.maximum() else k)

    def _on_hover(self, spot: StripHit | None) -> None:
        self._hovered_spot = spot
        if spot is None:
            self.hovered.emit("")
        self._report_hover()

    def _report_hover(self) -> None:
        """Report what lies under the mouse."""
        spot, strip = self._hovered_spot, self.current_strip
        if spot is None or strip is None or spot.column >= self.strip.columns:
            return
        number = self._step_number(spot.column)
        if spot.row is None or spot.row >= len(self.strip.rows):
            mark = strip.marks[spot.column] if spot.column < len(strip.marks) else ""
            self.hovered.emit(
                tr("step {number}: {mark}", number=number, mark=text.describe_mark(mark))
                if mark
                else tr("step {number}", number=number)
            )
            return
        assert spot.position is not None  # it is on a row
        position = self.strip.rows[spot.row].value_position(*spot.position)
        self.hovered.emit(text.describe_hover(strip, spot.column, position, number))
