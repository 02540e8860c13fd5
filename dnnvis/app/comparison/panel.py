"""The Compare panel: the running network beside a second one, on the same frames."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QSplitter, QVBoxLayout, QWidget

from dnnvis.app.comparison import text
from dnnvis.app.comparison.bars import PairedBars
from dnnvis.app.comparison.choosing import fill_compare_menu
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_check_box, create_label
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.image_view import FramedBoxes, ImageView
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.messages import Live, NetworkInfo, SecondLive
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.imaging.colorize import map_to_rgb, to_three_channels
from dnnvis.imaging.matched_mosaic import MatchedMosaic, draw_matched, subtract_maps
from dnnvis.session.session import Session
from dnnvis.session.state import State

DRAWINGS_PER_SECOND = 8
SPLIT = [360, 240]  # pixels of the mosaics, and of all else, at first
MAX_DISAGREEMENTS = 12  # frames that are collected, the latest ones
DISAGREEMENT_SECONDS = 2.0  # between two of them with the same answers


@dataclass(frozen=True, eq=False)
class Disagreement:
    """A frame that both networks answer differently, and when it was seen."""

    live: Live
    answers: tuple[str, str]
    time: float


class ComparePanel(Panel):
    """Two mosaics of matched units, both answers, the frames on which they differ, CKA.

    ``frame_requested`` carries a frame that is to be held. Everything was computed on the engine's
    thread; here it is only drawn.
    """

    frame_requested = pyqtSignal(object)

    def __init__(
        self, session: Session, bundled: Callable[[], Sequence[str]], parent: QWidget | None = None
    ) -> None:
        super().__init__(session, parent)
        self._bundled = bundled
        self.second: SecondLive | None = None
        self.disagreements: deque[Disagreement] = deque(maxlen=MAX_DISAGREEMENTS)
        self.drawn: dict[int, MatchedMosaic] = {}  # by side
        self._drawn_cka: NDArray[np.float64] | None = None
        self._throttle = Throttle(self, self._draw, DRAWINGS_PER_SECOND)
        self.choose = QPushButton(tr("Compare with"), self)
        self.choose.setToolTip(tr("A second network that sees the same frames"))
        self.menu = QMenu(self.choose)
        self.menu.aboutToShow.connect(lambda: self.fill_menu(self.menu))
        self.choose.setMenu(self.menu)
        self.names = ElidedLabel(self, theme.strong_font(self))
        self.answer = ElidedLabel(self, theme.strong_font(self))
        self.difference = create_check_box(
            self, "Difference", "the second network's maps less those of the first, pair by pair"
        )
        self.sides = (
            ImageView(tr("Units of the first network"), self),
            ImageView(tr("Units of the second network"), self),
        )
        self.bars = PairedBars(tr("Answers of both networks"), self)
        self.matrix = ImageView(tr("CKA of each layer with each"), self)
        self.collected = ThumbnailGrid(tr("Frames on which they disagree"), self)
        self.units_line = ElidedLabel(self, theme.caption_font(self), muted=True, lines=3)
        self.hover = ElidedLabel(self, theme.caption_font(self))
        self.notes = create_label(self, theme.caption_font(self), muted=True)
        self.notes.setWordWrap(True)
        self._arrange()
        self.difference.toggled.connect(self._on_difference)
        for side, view in enumerate(self.sides):
            view.clicked.connect(lambda y, x, side=side: self._on_click(side, y, x))
            view.pointed.connect(lambda y, x, side=side: self._on_point(side, y, x))
            view.left.connect(lambda: self._show_hover(""))
        self.matrix.pointed.connect(self._on_cell)
        self.matrix.clicked.connect(self._on_cell_click)
        self.matrix.left.connect(lambda: self._show_hover(""))
        self.collected.clicked.connect(self._on_collected)
        self._show_reason(tr(text.NO_SECOND))

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(theme.GAP)
        head.addWidget(self.choose)
        head.addWidget(self.names, 1)
        head.addWidget(self.difference)
        pictures = QHBoxLayout()
        pictures.setSpacing(theme.GAP // 2)
        for view in self.sides:
            pictures.addWidget(view, 1)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(pictures, 1)
        column.addWidget(self.units_line)
        right = QWidget(self)
        side = QVBoxLayout(right)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(theme.GAP // 2)
        side.addWidget(self.bars, 3)
        side.addWidget(self.matrix, 4)
        side.addWidget(self.collected, 3)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(left)
        split.addWidget(right)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes(SPLIT)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        outer.setSpacing(theme.GAP // 2)
        outer.addLayout(head)
        outer.addWidget(self.answer)
        outer.addWidget(split, 1)
        outer.addWidget(self.hover)
        outer.addWidget(self.notes)
        self.split, self._right = split, right

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (*self.sides, self.matrix)

    def is_double_click_free(self) -> bool:
        return False  # a card of it is enlarged already

    def fill_menu(self, menu: QMenu) -> None:
        """Fill a menu with what the network can be compared with."""
        fill_compare_menu(menu, self, self.session, self.info, self._bundled)

    def export_values(self) -> NDArray[Any] | None:
        """Return CKA (La, Lb) over the recent frames."""
        return None if self.second is None else self.second.cka

    def export_recipe(self) -> dict[str, Any]:
        """Return what the matrix is of."""
        if self.second is None:
            return {}
        return {
            "second": self.second.name,
            "layers_a": list(self.second.rows[0]),
            "layers_b": list(self.second.rows[1]),
            "frames": self.second.frames,
        }

    def show_info(self, info: NetworkInfo | None) -> None:
        is_known = self.runs_already(info)
        super().show_info(info)
        if not is_known:
            self._forget()

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if (state.second, state.compare.moment, state.compare.edits) != (
            previous.second,
            previous.compare.moment,
            previous.compare.edits,
        ):
            self._forget()
        if self.difference.isChecked() != state.compare.difference:
            self.difference.setChecked(state.compare.difference)
        if state.unit != previous.unit or state.compare != previous.compare:
            self._throttle.request()

    def on_message(self, key: str, value: Any) -> None:
        if not isinstance(value, Live) or value.second is None:
            return
        if not self.state.compare.shown or not self.state.second.net:
            return
        self.live, self.second = value, value.second
        if value.second.differs:
            self._collect(value, value.second)
        self._throttle.request()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._drawn_cka = None
        self._throttle.request()

    def _forget(self) -> None:
        """Drop what was seen of another pair of networks."""
        self.second = self.live = self._drawn_cka = None
        self.disagreements.clear()
        self.drawn = {}
        has_second = bool(self.state.second.net)
        self._show_reason(tr(text.WAITING if has_second else text.NO_SECOND))

    def _show_reason(self, reason: str) -> None:
        """Show in the place of all pictures why there are none."""
        self._show_parts(False)
        self.sides[0].show_message(reason)
        self.matrix.show_message("")
        self.bars.show_rows(())
        self.collected.show_message("")
        for label in (self.names, self.answer, self.units_line, self.hover):
            label.setText("")
        self.notes.setText("")

    def _show_parts(self, on: bool) -> None:
        """Show all parts, or the place of the first mosaic alone, which says why."""
        for part in (self.sides[1], self._right, self.difference):
            part.setVisible(on)

    def _collect(self, live: Live, second: SecondLive) -> None:
        """Collect a frame on which the networks disagree, unless one much like it is there."""
        now = time.perf_counter()
        for each in self.disagreements:
            pixels, is_recent = each.live.frame.pixels, now < each.time + DISAGREEMENT_SECONDS
            if pixels is live.frame.pixels:  # it is held, and looked at again
                return
            is_same = each.answers == second.answers
            if is_same and (is_recent or np.array_equal(pixels, live.frame.pixels)):
                return
        self.disagreements.appendleft(Disagreement(live, second.answers, now))

    def _draw(self) -> None:
        live, second = self.live, self.second
        if not self.isVisible() or live is None or second is None or self.info is None:
            return
        if second.problem:
            self._show_reason(second.problem)
            return
        self._show_parts(True)
        edits = self.state.compare.edits
        files = self.state.network.checkpoint, self.state.second.checkpoint
        self.names.setText(self.label(text.describe_networks(self.info, second, edits, files)))
        self.answer.setText(text.describe_answers(second))
        rows = text.pair_scores(live, self.info, second)
        self.bars.show_rows(rows, "" if rows else text.explain_no_bars(second))
        self._draw_maps(live, second)
        self._draw_matrix(second)
        self._draw_collected()
        self.notes.setText(" ".join(second.notes))
        self.notes.setVisible(bool(second.notes))

    def _draw_maps(self, live: Live, second: SecondLive) -> None:
        first, other = live.maps.get(second.layers[0]), second.maps
        if first is None or other is None:
            self._show_no_maps(tr(text.NO_MAPS))
            return
        self.units_line.setText(self.label(text.describe_units(second, len(first))))
        count = min(len(first), len(other))
        a, b = (np.arange(count), np.arange(count)) if second.pairs is None else second.pairs[:2]
        line = theme.palette(self).rgb("base")
        for side, (maps, channels) in enumerate(((first, a), (other, b))):
            view = self.sides[side]
            if side == 1 and self.state.compare.difference:
                difference = subtract_maps(first, other, (a, b))
                if difference is None:
                    self.drawn.pop(side, None)
                    view.show_message(tr(text.OTHER_SIZES))
                    continue
                maps, channels = difference[0], a
            aspect = view.width() / max(view.height(), 1)
            self.drawn[side] = drawn = draw_matched(maps, channels, aspect, line)
            view.show_pixels(drawn.pixels)
        self._mark_unit(second)

    def _show_no_maps(self, reason: str) -> None:
        self.drawn = {}
        for view in self.sides:
            view.show_message(reason)
        self.units_line.setText("")

    def _mark_unit(self, second: SecondLive) -> None:
        """Frame the selected unit, and its partner."""
        unit = self.state.unit
        for side, drawn in self.drawn.items():
            boxes: FramedBoxes = ()
            if unit is not None and unit.layer == second.layers[0] and 0 in self.drawn:
                tiles = np.flatnonzero(self.drawn[0].channels == unit.channel)
                if len(tiles) and int(tiles[0]) < len(drawn.channels):
                    boxes = ((drawn.grid.box(int(tiles[0])), "cursor", False),)
            self.sides[side].show_boxes(boxes)

    def _draw_matrix(self, second: SecondLive) -> None:
        if second.cka is None:
            self.matrix.show_message(tr(text.FEW_FRAMES))
            return
        if second.cka is not self._drawn_cka:
            self._drawn_cka = second.cka
            values = np.clip(second.cka, 0, 1).astype(np.float32)
            self.matrix.show_pixels(map_to_rgb(values, 0.0, 1.0, "viridis"))
        rows = [k for k, name in enumerate(second.rows[0]) if self._is_on_show(name)]
        width = second.cka.shape[1]
        self.matrix.show_boxes(tuple(((0, row, width, 1), "cursor", False) for row in rows))
        if not self.hover.text():
            self._show_hover("")

    def _is_on_show(self, name: str) -> bool:
        return name.rpartition("#")[0] == self.state.layer or name == self.state.layer

    def _draw_collected(self) -> None:
        if not self.disagreements:
            is_compared = self.second is not None and self.second.differs is not None
            self.collected.show_message(
                tr(text.NO_DISAGREEMENT if is_compared else text.NOT_COLLECTED)
            )
            return
        tiles = tuple(
            Thumbnail(to_three_channels(each.live.pixels), " / ".join(each.answers))
            for each in self.disagreements
        )
        self.collected.show_tiles(tiles)

    def _on_difference(self, is_on: bool) -> None:
        compare = self.session.state.compare
        if compare.difference != is_on:
            self.session.update(compare=replace(compare, difference=is_on))

    def _on_click(self, side: int, y: float, x: float) -> None:
        """Select a unit of the first network: the one clicked, or the partner of it."""
        first = self.drawn.get(0)
        drawn, second = self.drawn.get(side), self.second
        hit = None if drawn is None else drawn.grid.unit_at(y, x)
        if first is None or second is None or hit is None or hit[0] >= len(first.channels):
            return
        unit = Unit(second.layers[0], int(first.channels[hit[0]]), None, self.state.call)
        self.session.select(unit)

    def _on_point(self, side: int, y: float, x: float) -> None:
        drawn, second = self.drawn.get(side), self.second
        channel = None if drawn is None else drawn.channel_at(y, x)
        if second is None or channel is None:
            self._show_hover("")
            return
        is_first = side == 0 or self.state.compare.difference
        self._show_hover(text.describe_pair(second, channel, is_first))

    def _on_cell(self, y: float, x: float) -> None:
        self._show_hover("" if self.second is None else text.describe_cell(self.second, y, x))

    def _on_cell_click(self, y: float, x: float) -> None:
        """Show the layer of a row of the matrix."""
        second = self.second
        if second is None or not 0 <= int(y) < len(second.rows[0]):
            return
        name = second.rows[0][int(y)]
        info = self.info
        layer = name if info is not None and info.layer(name) else name.rpartition("#")[0]
        if info is not None and info.layer(layer):
            self.session.update(layer=layer)

    def _show_hover(self, message: str) -> None:
        has_matrix = self.second is not None and self.second.cka is not None
        self.hover.setText(self.label(message) or (tr(text.MATRIX_HINT) if has_matrix else ""))

    def _on_collected(self, number: int) -> None:
        if number < len(self.disagreements):
            self.frame_requested.emit(self.disagreements[number].live.frame)
