"""The Kernels panel: a convolution's weights as tiles, and the sum behind one value."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.kernels import text
from dnnvis.app.kernels.sum_view import SumView
from dnnvis.app.kernels.tile_grid import Tile, TileGrid
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Kernels, PatchSum
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.imaging.kernel_tiles import draw_inputs, draw_units, sort_inputs
from dnnvis.session.plan_for import ARITHMETIC, KERNELS, selected_position
from dnnvis.session.session import Session
from dnnvis.session.state import State
from dnnvis.session.steps import at_call

LARGE_PIXELS = 420  # of height, from which on all parts have room
MAX_INPUTS = 48  # of a unit that have tiles: the strongest ones


class KernelsPanel(Panel):
    """One tile a unit, the inputs of the selected one, and the sum at the place selected.

    A click on a unit's tile selects that unit.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.kernels: Kernels | None = None
        self._drawn_unit: Unit | None = None
        self.units = TileGrid(tr("Kernels of the units"), self)
        self.inputs_label = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.inputs = TileGrid(tr("Kernel of the selected unit, input by input"), self)
        self.sum = SumView(tr("The sum behind one value"), self)
        self.caption = create_label(self, theme.caption_font(self), muted=True)
        self.caption.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.units, 3)
        column.addWidget(self.inputs_label)
        column.addWidget(self.inputs, 1)
        column.addWidget(self.sum, 4)
        column.addWidget(self.caption)
        self.units.clicked.connect(self._select)
        self._show_nothing(tr(text.NO_LAYER))

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.units, self.inputs, self.sum)

    def show_info(self, info: NetworkInfo | None) -> None:
        is_known = self.runs_already(info)
        super().show_info(info)
        if is_known:
            return
        self._show_nothing(tr(text.WAITING if info is not None else text.NO_LAYER))

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if state.layer != previous.layer and self.kernels is not None:
            self._show_nothing(tr(text.WAITING))
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
        elif key == ARITHMETIC and isinstance(value, PatchSum):
            self._show_sum(value)
        elif key == ARITHMETIC and isinstance(value, Failure):
            self.sum.show_message(value.sentence)
            self._show_parts()

    def export_values(self) -> NDArray[Any] | None:
        return None if self.kernels is None else self.kernels.weights

    def export_recipe(self) -> dict[str, Any]:
        return {} if self.kernels is None else dict(self.kernels.recipe)

    def _show_nothing(self, reason: str) -> None:
        self.kernels, self._drawn_unit = None, None
        self.units.show_message(reason)
        self.caption.setText("")
        self.sum.show_message("")
        self._show_parts()

    def _show_kernels(self, kernels: Kernels) -> None:
        if kernels.layer != self.state.layer:
            return  # of the layer on show before
        if kernels.message:
            self._show_nothing(self.label(kernels.message))
            return
        self.kernels, self._drawn_unit = kernels, None
        drawn = draw_units(kernels.weights, kernels.colors)
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
        """Mark the selected unit's tile, and show the tiles of its inputs."""
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
