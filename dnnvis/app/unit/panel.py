"""The selected unit: its map enlarged, its numbers, and how it went lately."""

from typing import Any

import numpy as np
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.runtime.throttle import Pace
from dnnvis.app.steps import text as say_steps
from dnnvis.app.unit.notes import NotesStrip
from dnnvis.app.unit.sparkline import Trace
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.collapse_to_fit import Spare
from dnnvis.app.widgets.color_bar import ColourBar
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.image_view import Frames, PictureView
from dnnvis.app.widgets.panel import Panel, label
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.imaging import colorize
from dnnvis.imaging.running_range import Levels, range_of
from dnnvis.session import readout
from dnnvis.session.session import Session
from dnnvis.session.state import State

LENGTH = 300
_NUMBERS = ("value", "max", "mean", "at", "active")


class UnitPanel(Panel):
    """A click on the map selects that place. ``preview`` shows another unit for as long as
    the mouse lies on it in the mosaic."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.live: Live | None = None
        self._pace = Pace(self, self._redraw)
        self.previewed: Unit | None = None
        self._track = readout.Track(LENGTH)
        self._levels = Levels()
        self.title = label(self, theme.strong(self))
        self.kind = label(self, theme.small(self), muted=True)
        self.view = PictureView("Map of the selected unit", self)
        self.bar = ColourBar(self)
        self.numbers: dict[str, Line] = {}
        self.notes = NotesStrip(session, self)
        self.trace = Trace(LENGTH, self)
        self.trace_words = Line(self, theme.small(self), muted=True)
        self._arrange()
        self.view.clicked.connect(self._click)
        self._redraw()

    def _arrange(self) -> None:
        heading = QHBoxLayout()
        heading.addWidget(self.title)
        heading.addStretch(1)
        heading.addWidget(self.kind)
        picture = QHBoxLayout()
        picture.setSpacing(theme.GAP)
        picture.addWidget(self.view, 3)
        picture.addWidget(self.bar)
        picture.addWidget(self.notes, 2)
        table = QGridLayout()
        table.setSpacing(theme.GAP // 2)
        for column, name in enumerate(_NUMBERS):
            caption = label(self, theme.small(self), muted=True)
            caption.setText(name)
            self.numbers[name] = Line(self, theme.numbers(self))
            table.addWidget(caption, 0, column)
            table.addWidget(self.numbers[name], 1, column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        layout.setSpacing(theme.GAP)
        layout.addLayout(heading)
        layout.addLayout(picture, 1)
        layout.addLayout(table)
        layout.addWidget(self.trace)
        layout.addWidget(self.trace_words)
        Spare(self, layout, self.trace, self.trace_words)

    def show_state(self, state: State) -> None:
        super().show_state(state)
        self.notes.show_state(state)
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.notes.show_info(info)
        self.live = self.previewed = None
        self._levels.forget()
        self._track.follow(None)
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        self.notes.show_mail(key, value)
        if isinstance(value, Live):
            self.live = value
            self._count()
            self._pace.ask()

    def raw_values(self) -> np.ndarray | None:
        """The unit's map (H, W), unscaled."""
        return readout.map_of(self.live, self.state.unit, self.info)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def preview(self, unit: Unit | None) -> None:
        """Show ``unit`` in place of the selected one; None: the selected one again."""
        if unit != self.previewed:
            self.previewed = unit
            self._redraw()

    def _count(self) -> None:
        """Take the new frame into the trace, also while nobody looks."""
        unit, live = self.state.unit, self.live
        map_ = readout.map_of(live, unit, self.info)
        self._track.follow((live.network, unit.whole()) if live and unit else None)
        if map_ is not None:
            self._track.add(live, readout.reading_of(map_).most)

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        unit = self.previewed or self.state.unit
        self._show_title(unit)
        map_ = readout.map_of(self.live, unit, self.info)
        if map_ is None and self._waits(unit):
            return
        if map_ is None or unit is None:
            self._show_nothing(unit)
            return
        name = self.state.colours
        low, high = self._range(unit, map_)
        self.view.show_pixels(colorize.map_rgb(map_, low, high, name, self.state.gamma))
        self.view.show_frames(_frames(unit, map_.shape))
        self.bar.show_range((low, high), name, self.state.gamma)
        self._show_numbers(readout.reading_of(map_, unit.place))
        self._count_unit(unit)

    def _waits(self, unit: Unit | None) -> bool:
        """Whether only the step was changed: until the frame comes that shows it, what is on
        screen stays, lest a walk over the steps flickers."""
        if self.live is None or unit is None or self.view.pixels is None:
            return False
        recorded = unit.layer in self.live.maps
        return recorded and readout.is_of_another_call(self.live, unit, self.info)

    def _range(self, unit: Unit, map_: np.ndarray) -> tuple[float, float]:
        assert self.live is not None  # the map is of its frame
        key = (self.live.network, str(unit.whole()))
        low, high, _ = colorize.extents(map_[None])
        self._levels.see(key, low, high)
        if self.state.contrast == "running":
            low, high = self._levels.running(key)
        fixed = self.state.fixed if self.state.contrast == "fixed" else None
        signed = self.state.colours == "signed"
        shown = range_of(low, high, fixed=fixed, per_unit=False, signed=signed)
        assert shown.shown is not None  # one range for the whole map
        return shown.shown

    def _show_title(self, unit: Unit | None) -> None:
        self.title.setText(str(unit) if unit else "No unit")
        info = self.info.layer(unit.layer) if self.info and unit else None
        words = "under the mouse" if self.previewed else ""
        step = say_steps.at(self.info, unit.layer, unit.call) if unit else ""
        about = (info.kind, messages.shape(info), step) if info else ()
        words = words or " · ".join(part for part in about if part)
        if unit and unit.layer == "output" and self.info and not self.previewed:
            words = messages.class_name(self.info, unit.channel)
        self.kind.setText(words)

    def _show_nothing(self, unit: Unit | None) -> None:
        self.view.show_words(messages.why_no_map(self.info, unit, self.live))
        self.bar.show_range(None, self.state.colours, self.state.gamma)
        for number in self.numbers.values():
            number.setText("–")
        self.trace.show_values(())
        self.trace_words.setText(messages.trace(0))

    def _show_numbers(self, read: readout.Reading) -> None:
        for name, text in {
            "value": messages.number(read.value),
            "max": messages.number(read.most),
            "mean": messages.number(read.mean),
            "at": f"{read.place[0]},{read.place[1]}",
            "active": f"{100 * read.active:.0f} %",
        }.items():
            self.numbers[name].setText(text)

    def _count_unit(self, unit: Unit) -> None:
        if self.previewed is None:
            self._count()
        self.trace.show_values(tuple(self._track.values))
        self.trace_words.setText(messages.trace(len(self._track.values)))

    def _click(self, y: float, x: float) -> None:
        unit = self.state.unit
        map_ = readout.map_of(self.live, unit, self.info)
        if unit is not None and map_ is not None and map_.size > 1:
            place = int(y), int(x)
            taken = None if unit.place == place else place
            taken_unit = Unit(unit.layer, unit.channel, taken, unit.call)
            self.session.select(taken_unit, call=self.state.call)


def _frames(unit: Unit, shape: tuple[int, ...]) -> Frames:
    place = unit.place
    if place is None or place[0] >= shape[0] or place[1] >= shape[1]:
        return ()
    return (((float(place[1]), float(place[0]), 1.0, 1.0), "cursor", False),)
