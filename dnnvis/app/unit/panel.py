"""The Unit panel: the selected unit's map enlarged, its numbers, and its recent values."""

from functools import partial
from typing import Any

import numpy as np
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.unit.heading import UnitHeading
from dnnvis.app.unit.heat import paint_heat
from dnnvis.app.unit.notes import NotesStrip
from dnnvis.app.unit.sparkline import Sparkline
from dnnvis.app.widgets import messages, theme
from dnnvis.app.widgets.captioned_image import ColorScale
from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.app.widgets.color_bar import ColorBar
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.image_view import FramedBoxes, ImageView
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.formatting import format_number
from dnnvis.core.job_state import JobState
from dnnvis.core.lens_results import Examples
from dnnvis.core.messages import Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.imaging import colorize
from dnnvis.imaging.colormaps import AUTO, resolve_colormap
from dnnvis.imaging.maps_summary import summarize_maps
from dnnvis.imaging.running_range import RunningRanges, choose_range
from dnnvis.session import readout as reading
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.unit_concepts import UnitConcepts
from dnnvis.session.unit_effects import SWEEP_JOB, UnitEffects, describe_effect, read_effects

HISTORY_FRAMES = 300
_NUMBER_NAMES = ("value", "max", "mean", "at", "active")


class UnitPanel(Panel):
    """The map, the numbers and the trace of the selected unit.

    A click on the map selects that position. ``preview`` shows another unit for as long as the
    mouse lies on it in the mosaic.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.live: Live | None = None
        self._throttle = Throttle(self, self._redraw)
        self.previewed: Unit | None = None
        self._history = reading.ValueHistory(HISTORY_FRAMES)
        self._running_ranges = RunningRanges()
        self._readout: tuple[Live, Unit, reading.Readout] | None = None
        self.title = create_label(self, theme.title_font(self))
        self.kind = create_label(self, theme.caption_font(self), muted=True)
        self.view = ImageView(tr("Map of the selected unit"), self)
        self.bar = ColorBar(self)
        self.numbers: dict[str, ElidedLabel] = {}
        self.notes = NotesStrip(session, self)
        self.card_heading = UnitHeading(self)  # over all cards of the unit, elsewhere
        self.card_heading.hide()
        self.card_heading.bookmark_requested.connect(self.notes.bookmark)
        self._best: float | None = None  # of the examples
        self.trace = Sparkline(HISTORY_FRAMES, self)
        self.trace_label = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.effects: UnitEffects | None = None  # of the latest sweep
        self.effect = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.effect.hide()
        self.concepts = UnitConcepts()  # of the library, and of a dissection that has just ended
        self.concept = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.concept.hide()
        self._arrange()
        self.view.clicked.connect(lambda y, x: self.react_to_click(partial(self._on_click, y, x)))
        self._redraw()

    def _arrange(self) -> None:
        self._heading, self._table = QWidget(self), QWidget(self)
        heading = QHBoxLayout(self._heading)
        heading.setContentsMargins(0, 0, 0, 0)
        heading.addWidget(self.title)
        heading.addStretch(1)
        heading.addWidget(self.kind)
        picture = QHBoxLayout()
        picture.setSpacing(theme.GAP)
        picture.addWidget(self.view, 3)
        picture.addWidget(self.bar)
        picture.addWidget(self.notes, 2)
        table = QGridLayout(self._table)
        table.setContentsMargins(0, 0, 0, 0)
        table.setSpacing(theme.GAP // 2)
        for column, name in enumerate(_NUMBER_NAMES):
            caption = create_label(self, theme.caption_font(self), muted=True, text=name)
            self.numbers[name] = ElidedLabel(self, theme.value_font(self))
            table.addWidget(caption, 0, column)
            table.addWidget(self.numbers[name], 1, column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self._heading)
        layout.addLayout(picture, 1)
        layout.addWidget(self._table)
        layout.addWidget(self.concept)
        layout.addWidget(self.effect)
        layout.addWidget(self.trace)
        layout.addWidget(self.trace_label)
        self._picture_row = picture
        self._collapse = CollapseToFit(self, layout, self.trace, self.trace_label)

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (self._table, self.trace, self.trace_label)

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self._heading, self.bar, self.notes)

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.view,)

    def set_compact(self, on: bool) -> None:
        if on:
            self._collapse.set_active(False)
        super().set_compact(on)
        if not on:
            self._collapse.set_active(True)
        elif self.fold is not None:
            self.fold.add_row(self.notes)
            self.notes.show()
            for part in (self.trace, self.trace_label):
                part.show()
        if not on:
            self._picture_row.addWidget(self.notes, 2)
        self._redraw()

    def show_state(self, state: State) -> None:
        previous = self.state.unit
        super().show_state(state)
        if previous is None or state.unit is None or previous.whole() != state.unit.whole():
            self._best = None
        self.notes.show_state(state)
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.notes.show_info(info)
        self.concepts.follow("" if info is None else info.name)
        self.live = self.previewed = None
        self._running_ranges.reset()
        self._history.follow(None)
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        self.notes.on_message(key, value)
        if self.concepts.receive(key, value):
            self._show_concept(self.previewed or self.state.unit)
        if isinstance(value, Examples):
            self._best = value.items[0].value if value.items else None
            self._show_card_heading(self.previewed or self.state.unit)
        if key == f"job {SWEEP_JOB}" and isinstance(value, JobState):
            self.effects = read_effects(value) or self.effects
            self._show_effect(self.previewed or self.state.unit)
        if self.note_frame(key, value):
            self._redraw()
        elif isinstance(value, Live):
            self.live = value
            self._record_frame()
            self._throttle.request()

    def export_title(self) -> str:
        return (
            tr("Where {label} fires", label=self.label(str(self.state.unit)))
            if self.state.unit
            else tr("No unit")
        )

    def export_scale(self) -> ColorScale | None:
        """Return the range of the colors on show."""
        return self.bar.color_scale

    def export_values(self) -> np.ndarray | None:
        """Return the unit's map (H, W), unscaled."""
        return reading.get_unit_map(self.live, self.state.unit, self.info)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def preview(self, unit: Unit | None) -> None:
        """Show ``unit`` in place of the selected one; None: the selected one again."""
        if unit != self.previewed:
            self.previewed = unit
            self._throttle.request()  # the mouse passes many units on its way

    def _record_frame(self) -> None:
        """Add the new frame to the trace, also while the panel is hidden."""
        unit, live = self.state.unit, self.live
        map_ = reading.get_unit_map(live, unit, self.info)
        self._history.follow((live.network, unit.whole()) if live and unit else None)
        if map_ is not None and live is not None and unit is not None:
            self._history.add(live, self._read(unit, map_).maximum)

    def _read(self, unit: Unit, map_: np.ndarray) -> reading.Readout:
        """Return the numbers of a unit's map in the frame on show, computed once."""
        live, known = self.live, self._readout
        assert live is not None  # the map is of it
        if known is None or known[0] is not live or known[1] != unit:
            known = self._readout = live, unit, reading.read_map(map_, unit.position)
        return known[2]

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        unit = self.previewed or self.state.unit
        self._show_title(unit)
        if self.frame_failure is not None:
            self._show_nothing(self.frame_failure.sentence)
            return
        map_ = reading.get_unit_map(self.live, unit, self.info)
        if map_ is None and self._awaits_frame(unit):
            return
        if map_ is None or unit is None:
            self._show_nothing(messages.explain_empty_map(self.info, unit, self.live))
            return
        name = self._choose_colormap(unit)
        low, high = self._compute_range(unit, map_, name == "signed")
        if self.compact and self.live is not None:
            image = self.live.pixels
            self.view.show_pixels(paint_heat(image, map_, (low, high), name, self.state.gamma))
            scale = image.shape[0] / map_.shape[0], image.shape[1] / map_.shape[1]
        else:
            self.view.show_pixels(colorize.map_to_rgb(map_, low, high, name, self.state.gamma))
            scale = 1.0, 1.0
        self.view.show_boxes(_position_boxes(unit, map_.shape, scale))
        self.bar.show_range((low, high), name, self.state.gamma)
        self._show_numbers(self._read(unit, map_))
        self._show_trace(unit)

    def _awaits_frame(self, unit: Unit | None) -> bool:
        """Return whether only the step was changed.

        Until the frame arrives that shows it, what is on screen stays, lest a walk over the steps
        flickers.
        """
        if self.live is None or unit is None or self.view.pixels is None:
            return False
        recorded = unit.layer in self.live.maps
        return recorded and reading.is_of_another_call(self.live, unit, self.info)

    def _choose_colormap(self, unit: Unit) -> str:
        """Return the color map of the unit's layer, the same as in the mosaic."""
        assert self.live is not None  # a map of its frame is drawn
        if self.state.colours != AUTO:
            return self.state.colours
        maps = self.live.maps.get(unit.layer)
        if maps is None:
            maps = self.live.output.reshape(-1, 1, 1)
        return summarize_maps(maps).choose_colormap(AUTO)

    def _compute_range(self, unit: Unit, map_: np.ndarray, signed: bool) -> tuple[float, float]:
        assert self.live is not None  # the map is of its frame
        key = (self.live.network, str(unit.whole()))
        low, high, _ = colorize.compute_ranges(map_[None])
        self._running_ranges.update(key, low, high)
        if self.state.contrast == "running":
            low, high = self._running_ranges.get(key)
        fixed = self.state.fixed if self.state.contrast == "fixed" else None
        display_range = choose_range(low, high, fixed=fixed, per_unit=False, signed=signed)
        assert display_range.bar_range is not None  # one range for the whole map
        return display_range.bar_range

    def _show_card_heading(self, unit: Unit | None) -> None:
        """Show the line over the cards of the unit."""
        map_ = reading.get_unit_map(self.live, unit, self.info)
        value = self._read(unit, map_).value if map_ is not None and unit else None
        self.card_heading.show_unit(unit, self.info, self.state.layer)
        is_previewed = self.previewed is not None
        best = None if is_previewed else self._best
        self.card_heading.show_values(value, best, is_previewed=is_previewed)
        target = self.notes.target
        marked = target is not None and target[1] in self.notes.all_notes.bookmarks
        self.card_heading.bookmark.setChecked(marked)

    def _show_effect(self, unit: Unit | None) -> None:
        """Show what a sweep has found of the unit; nothing where none has swept its layer."""
        name = self.info.name if self.info is not None else ""
        text = self.label(describe_effect(self.effects, unit, name))
        if text != self.effect.text():
            self.effect.setText(text)
            self.effect.tip = text
        self.effect.setVisible(bool(text))

    def _show_concept(self, unit: Unit | None) -> None:
        """Show what the unit detects; nothing where its layer was not dissected."""
        text = self.concepts.describe_long(unit)
        if text != self.concept.text():
            self.concept.setText(text)
            self.concept.tip = text
        self.concept.setVisible(bool(text))

    def _show_title(self, unit: Unit | None) -> None:
        self._show_concept(unit)
        self._show_effect(unit)
        self._show_card_heading(unit)
        self.title.setText(self.label(str(unit)) if unit else tr("No unit"))
        info = self.info.layer(unit.layer) if self.info and unit else None
        subtitle = tr("under the mouse") if self.previewed else ""
        step = messages.step_label(self.info, unit.layer, unit.call) if unit else ""
        parts = (info.kind, messages.format_shape(info), step) if info else ()
        subtitle = subtitle or " · ".join(part for part in parts if part)
        if unit and unit.layer == "output" and self.info and not self.previewed:
            subtitle = messages.get_class_name(self.info, unit.channel)
        self.kind.setText(subtitle)

    def _show_nothing(self, message: str) -> None:
        self.view.show_message(message)
        self.bar.show_range(None, resolve_colormap(self.state.colours), self.state.gamma)
        for number in self.numbers.values():
            number.setText(tr("–"))
        self.trace.show_values(())
        self.trace_label.setText(messages.describe_trace(0))

    def _show_numbers(self, readout: reading.Readout) -> None:
        for name, text in {
            "value": format_number(readout.value),
            "max": format_number(readout.maximum),
            "mean": format_number(readout.mean),
            "at": f"{readout.position[0]},{readout.position[1]}",
            "active": f"{100 * readout.active:.0f} %",
        }.items():
            self.numbers[name].setText(text)

    def _show_trace(self, unit: Unit) -> None:
        if self.previewed is None:
            self._record_frame()
        count = len(self._history.values)
        self.trace.show_values(tuple(self._history.values))
        self.trace_label.setText(messages.describe_trace(count))
        for part in (self.trace, self.trace_label) if self.compact else ():
            part.setVisible(count > 1)  # a still picture has one value alone

    def _on_click(self, y: float, x: float) -> None:
        unit = self.state.unit
        map_ = reading.get_unit_map(self.live, unit, self.info)
        if unit is not None and map_ is not None and map_.size > 1:
            if self.compact and self.live is not None:  # the picture's pixels, not the map's
                height, width = self.live.pixels.shape[:2]
                y, x = y * map_.shape[0] / height, x * map_.shape[1] / width
            position = int(y), int(x)
            new_position = None if unit.position == position else position
            new_unit = Unit(unit.layer, unit.channel, new_position, unit.call)
            self.session.select(new_unit, call=self.state.call)


def _position_boxes(
    unit: Unit, shape: tuple[int, ...], scale: tuple[float, float] = (1.0, 1.0)
) -> FramedBoxes:
    """Return the frame of the selected position, in pixels of the picture on show.

    Args:
        unit: The selected unit.
        shape: Shape of its map.
        scale: Height and width of a value of the map, in pixels.
    """
    position = unit.position
    if position is None or position[0] >= shape[0] or position[1] >= shape[1]:
        return ()
    height, width = scale
    box = position[1] * width, position[0] * height, width, height
    return ((box, "cursor", False),)
