"""The Kernels panel: weights as tiles or a matrix, sums, and what feeds a unit."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.kernels import text
from dnnvis.app.kernels.feeds_view import FeedsView
from dnnvis.app.kernels.matrix_view import WeightHistogram, WeightMatrixView
from dnnvis.app.kernels.sum_view import SumView
from dnnvis.app.kernels.tile_grid import Tile, TileGrid
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_combo, create_label
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Kernels, PatchSum
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.core.weights.feeds import Feeds
from dnnvis.core.weights.summary import WeightMatrix
from dnnvis.imaging.kernel_tiles import draw_inputs, draw_units, sort_inputs, undo_scales
from dnnvis.session.plan_for import ARITHMETIC, FEEDS, KERNELS, WEIGHTS, selected_position
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.steps import at_call

LARGE_PIXELS = 420  # of height, from which on all parts have room
MAX_INPUTS = 48  # of a unit that have tiles: the strongest ones


class KernelsPanel(Panel):
    """What ``State.kernels.view`` says of weights.

    One tile a unit, the inputs of the selected one, and the sum at the place selected; or the
    layer's matrix; or the units that feed the selected one, and those that it feeds. A click on a
    unit selects it.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.kernels: Kernels | None = None
        self._drawn_unit: Unit | None = None
        self.units = TileGrid(tr("Kernels of the units"), self)
        self.inputs_label = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.inputs = TileGrid(tr("Kernel of the selected unit, input by input"), self)
        self.sum = SumView(tr("The sum behind one value"), self)
        self.matrix = WeightMatrixView(tr("Weights of the layer as a matrix"), self)
        self.histogram = WeightHistogram(tr("How many weights there are of each size"), self)
        self.feeds = FeedsView(tr("What feeds the unit, and what it feeds"), self)
        self.view = create_combo(self, "What of the weights", text.VIEWS, min_letters=9)
        self.caption = create_label(self, theme.caption_font(self), muted=True)
        self.caption.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.view)
        column.addWidget(self.matrix, 6)
        column.addWidget(self.histogram)
        column.addWidget(self.feeds, 6)
        column.addWidget(self.units, 3)
        column.addWidget(self.inputs_label)
        column.addWidget(self.inputs, 1)
        column.addWidget(self.sum, 4)
        column.addWidget(self.caption)
        self.units.clicked.connect(self._select)
        self.matrix.clicked.connect(self._select_row)
        self.feeds.clicked.connect(self._follow)
        self.view.activated.connect(self._choose_view)
        self._show_choice()
        self._show_nothing(tr(text.NO_LAYER))

    def arrange_compact(self, on: bool) -> None:
        """Leave the choice of the view to the card's title, or take it back."""
        column = self.layout()
        if not on and isinstance(column, QVBoxLayout):
            column.insertWidget(0, self.view)
            self.view.show()

    def header_part(self) -> QWidget:
        return self.view

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.units, self.inputs, self.sum, self.matrix, self.feeds)

    def show_info(self, info: NetworkInfo | None) -> None:
        is_known = self.runs_already(info)
        super().show_info(info)
        if is_known:
            return
        self._show_nothing(tr(text.WAITING if info is not None else text.NO_LAYER))

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if state.kernels.view != previous.kernels.view:
            self._show_choice()
            self._show_nothing(tr(text.WAITING))
        if state.layer != previous.layer and (self.kernels or self.matrix.matrix) is not None:
            self._show_nothing(tr(text.WAITING))
        if state.unit != previous.unit and self._shows_feeds():
            self._show_waiting()
        if state.unit != previous.unit or state.layer != previous.layer:
            self._show_unit()
            if selected_position(state) is None:
                self.sum.show_message("")
            self._show_parts()

    def on_message(self, key: str, value: Any) -> None:
        if key == KERNELS and isinstance(value, Kernels):
            self._show_kernels(value)
        elif key == KERNELS and isinstance(value, Failure):
            self._show_nothing(value.sentence)
        elif key == WEIGHTS and isinstance(value, WeightMatrix):
            self._show_matrix(value)
        elif key == FEEDS and isinstance(value, Feeds):
            self._show_feeds(value)
        elif key in (WEIGHTS, FEEDS) and isinstance(value, Failure):
            self._show_nothing(value.sentence)
        elif key == ARITHMETIC and isinstance(value, PatchSum):
            self._show_sum(value)
        elif key == ARITHMETIC and isinstance(value, Failure):
            self.sum.show_message(value.sentence)
            self._show_parts()

    def export_values(self) -> NDArray[Any] | None:
        if self._shows_feeds() and self.feeds.feeds is not None:
            return np.array([[each.value, each.weight] for each in self.feeds.feeds.feeders])
        if self.matrix.matrix is not None:
            return self.matrix.matrix.values
        return None if self.kernels is None else self.kernels.weights

    def export_recipe(self) -> dict[str, Any]:
        results = (self.kernels, self.matrix.matrix, self.feeds.feeds)
        shown = next((each for each in results if each is not None), None)
        return {} if shown is None else dict(shown.recipe)

    def _shows_feeds(self) -> bool:
        return self.state.kernels.view in ("feeds", "weights")

    def _show_choice(self) -> None:
        with QSignalBlocker(self.view):
            self.view.setCurrentIndex(max(self.view.findData(self.state.kernels.view), 0))

    def _choose_view(self) -> None:
        choice = replace(self.session.state.kernels, view=self.view.currentData())
        self.session.update(kernels=choice)

    def _show_nothing(self, reason: str) -> None:
        self.kernels, self._drawn_unit = None, None
        self.units.show_message(reason)
        self.matrix.show_message(reason)
        self.histogram.show_matrix(None)
        self.feeds.show_message(reason)
        self.caption.setText("")
        self.sum.show_message("")
        if self._shows_feeds() and reason in (tr(text.WAITING), tr(text.NO_LAYER)):
            self._show_waiting()
        self._show_parts()

    def _show_waiting(self) -> None:
        """Say that the units that feed another unit are on their way, or that none is selected."""
        shown = self.feeds.feeds
        if self.state.unit is None:
            self.feeds.show_message(tr(text.NO_UNIT))
        elif shown is None or shown.unit != str(self.state.unit):
            self.feeds.show_message(tr(text.WAITING_FEEDS))
        self.caption.setText("")

    def _show_matrix(self, matrix: WeightMatrix) -> None:
        if matrix.layer != self.state.layer or self.state.kernels.view not in ("matrix", "sorted"):
            return  # of what was on show before
        if matrix.message:
            self._show_nothing(self.label(matrix.message))
            return
        self.matrix.show_matrix(matrix, self.info)
        self.histogram.show_matrix(matrix)
        self.caption.setText(text.describe_matrix(matrix, self.label))
        self._mark_row()
        self._show_parts()

    def _mark_row(self) -> None:
        unit, matrix = self.state.unit, self.matrix.matrix
        is_own = unit is not None and matrix is not None and unit.layer == matrix.layer
        self.matrix.choose(unit.channel if is_own and unit is not None else None)

    def _show_feeds(self, feeds: Feeds) -> None:
        if not self._shows_feeds() or feeds.unit != str(self.state.unit):
            return
        is_other = self.feeds.feeds is None
        labeled = replace(
            feeds, message=self.label(feeds.message), fed_message=self.label(feeds.fed_message)
        )
        self.feeds.show_feeds(labeled)
        self.caption.setText(self.label(feeds.caption))
        if is_other:
            self._show_parts()

    def _show_kernels(self, kernels: Kernels) -> None:
        if kernels.layer != self.state.layer:
            return  # of the layer on show before
        if kernels.message:
            self._show_nothing(self.label(kernels.message))
            return
        self.kernels, self._drawn_unit = kernels, None
        if self.state.kernels.view != "kernels":
            return
        drawn = draw_units(undo_scales(kernels.weights, kernels.scales), kernels.colors)
        self.units.show_tiles(
            tuple(Tile(tile, str(k), tr("unit {number}", number=k)) for k, tile in enumerate(drawn))
        )
        self.caption.setText(text.describe_kernels(kernels, self.label))
        self._show_unit()
        self._show_parts()
        self.sum.update()

    def _own_unit(self) -> Unit | None:
        """Return the selected unit, if it is one of the layer's."""
        unit = self.state.unit
        is_own = self.kernels is not None and unit is not None and unit.layer == self.kernels.layer
        return unit if is_own else None

    def _show_unit(self) -> None:
        """Mark the selected unit's tile or row, and show the tiles of its inputs."""
        self._mark_row()
        kernels, unit = self.kernels, self._own_unit()
        if kernels is None:
            return
        chosen = None if unit is None else unit.channel
        self.units.choose(chosen)
        if unit is None or unit.channel >= len(kernels.weights):
            self._drawn_unit = None
        elif self._drawn_unit != unit.whole():
            self._drawn_unit = unit.whole()
            self._show_inputs(kernels, unit.channel)

    def _show_inputs(self, kernels: Kernels, unit: int) -> None:
        kernel = kernels.weights[unit]
        order = sort_inputs(kernel)[:MAX_INPUTS]
        drawn, first = draw_inputs(kernel[order]), kernels.first_input(unit)
        tiles = (
            Tile(
                tile,
                self._name_input(kernels, first + int(k)),
                self._describe_input(kernel, int(k)),
            )
            for tile, k in zip(drawn, order, strict=True)
        )
        self.inputs.show_tiles(tuple(tiles))
        self.inputs_label.setText(text.describe_unit(unit, len(kernel)))

    def _name_input(self, kernels: Kernels, channel: int) -> str:
        if channel in kernels.colors:
            return (tr("red"), tr("green"), tr("blue"))[kernels.colors.index(channel)]
        return str(channel)

    def _describe_input(self, kernel: NDArray[np.float32], k: int) -> str:
        low, high = float(kernel[k].min()), float(kernel[k].max())
        text = "input {number}: weights {low} to {high}"
        return tr(text, number=k, low=format_number(low), high=format_number(high))

    def _show_sum(self, patch_sum: PatchSum) -> None:
        if patch_sum.unit != str(selected_position(self.state)):
            return
        first = patch_sum.first_input
        if patch_sum.message:
            self.sum.show_message(self.label(patch_sum.message))
        else:
            self.sum.show_sum(patch_sum, lambda k: self._head_input(first + k))
        self._show_parts()

    def _head_input(self, channel: int) -> str:
        """Name an input of the sum; its weights may come after it."""
        name = str(channel) if self.kernels is None else self._name_input(self.kernels, channel)
        return tr("input {name}", name=name) if name.isdigit() else name

    def _show_parts(self) -> None:
        """Show what there is: no empty frames."""
        view = self.state.kernels.view
        self.units.setVisible(view == "kernels")
        self.matrix.setVisible(view in ("matrix", "sorted"))
        has_matrix = self.matrix.matrix is not None and not self.is_narrow()
        self.histogram.setVisible(view in ("matrix", "sorted") and has_matrix)
        self.feeds.setVisible(self._shows_feeds())
        if view != "kernels":
            for part in (self.inputs, self.inputs_label, self.sum):
                part.setVisible(False)
            self.caption.setVisible(bool(self.caption.text()) and not self.is_narrow())
            return
        has_inputs = self._drawn_unit is not None and self.kernels is not None
        has_inputs = has_inputs and len(self.inputs.tiles) > 1
        self._show_hint()
        has_sum = self.sum.patch_sum is not None or bool(self.sum.message)
        if self.is_narrow() and has_sum:  # there is room for one of them
            has_inputs = False
        self.caption.setVisible(not (self.is_narrow() and has_sum))
        self.inputs.setVisible(has_inputs)
        self.inputs_label.setVisible(has_inputs)
        self.sum.setVisible(has_sum)

    def _show_hint(self) -> None:
        """Say where to click, as long as there is room and no place is selected."""
        unit = self._own_unit()
        if self.sum.patch_sum is None and self.sum.message in ("", tr(text.CLICK_HINT)):
            is_due = unit is not None and unit.position is None and not self.is_narrow()
            self.sum.show_message(tr(text.CLICK_HINT) if is_due else "")

    def is_narrow(self) -> bool:
        """Return whether the panel lies in a small card."""
        return self.compact and self.height() < LARGE_PIXELS

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._show_parts()

    def _select(self, channel: int) -> None:
        if self.kernels is not None:
            unit = Unit(self.kernels.layer, channel)
            call = self.state.call
            self.session.select(at_call(unit, self.info, call), call=call)

    def _select_row(self, channel: int) -> None:
        if self.matrix.matrix is not None:
            unit = Unit(self.matrix.matrix.layer, channel)
            call = self.state.call
            self.session.select(at_call(unit, self.info, call), call=call)

    def _follow(self, unit: str) -> None:
        """Go to a unit that feeds the selected one, or that it feeds; Back comes back."""
        self.session.select(Unit.parse(unit))
