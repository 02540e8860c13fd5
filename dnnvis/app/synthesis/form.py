"""The Synthesis panel's fields, buttons and picture: where they stand and what they draw."""

from collections.abc import Iterator

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.synthesis import text as synthesis_text
from dnnvis.app.synthesis.measures import MetricsColumn
from dnnvis.app.synthesis.settings_list import ChangeCallback, SettingsList
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button, create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.app.widgets.line_plot import LinePlot
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.lens_settings import LensSettings
from dnnvis.imaging import colorize
from dnnvis.session.state import Synthesis

RENDER = "render"
MIN_HEIGHT_PIXELS, MIN_HEIGHT_WITH_CURVE_PIXELS = (
    240,
    310,
)  # pixels of height: the least, and with a curve
_BUTTON_LABELS = {"idle": "Grow", "growing": "Pause", "paused": "Continue", "finished": "Again"}


class SynthesisForm(QWidget):
    """Shows what it is told, ``shown_result`` last. ``on_change(name, value)`` is called when a
    setting
    is set."""

    def __init__(
        self, settings: LensSettings, jobs: Jobs, on_change: ChangeCallback, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.shown_result: SynthesisResult | None = None
        self._shown_values: tuple[object, ...] = ()
        self.preset = QComboBox(self)
        self.preset.setAccessibleName("Preset")
        self.preset.setMinimumContentsLength(7)
        for preset in settings.presets:
            self.preset.addItem(preset.name, preset.name)
            tip = f"{preset.title}: {preset.source}"
            self.preset.setItemData(self.preset.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.nine = create_push_button(
            self, "nine", "Nine seeds at once (Yosinski et al. 2015), or one"
        )
        self.nine.setCheckable(True)
        self.settings_button = create_push_button(
            self, "settings", "Every number of the preset, with a way back"
        )
        self.settings_button.setCheckable(True)
        self.objective = QLineEdit(self)
        self.objective.setAccessibleName("Goal")
        self.objective.setPlaceholderText("goal: conv5[1], conv5, 0.5*conv5[1] + conv5[2]")
        self.objective.setToolTip("What is to grow: a unit, a layer, or a sum of such with weights")
        self.error = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.error.hide()
        self.settings_list = SettingsList(settings, on_change, self)
        self.settings_list.setMinimumHeight(2 * self.objective.sizeHint().height())  # it scrolls
        self.settings_list.hide()
        self.view = ThumbnailGrid("Synthesis", self)
        self.measures = MetricsColumn(self)
        self.curve = LinePlot(self)
        self.steps = ElidedLabel(self, theme.value_font(self))
        self.caption = ElidedLabel(self, theme.caption_font(self))
        self.notes = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.main = create_push_button(self, "Grow", "Begin (g), pause, or go on (p)")
        self.keep = create_push_button(
            self, "Keep", "Keep the picture as it is now in the library (G)"
        )
        self.seed = create_push_button(self, "New seed", "Begin again from another start")
        self.dream = create_push_button(self, "Dream", "DeepDream on the present frame")
        self.menu_button = create_tool_button(
            self, "⋯", "What grows, rendering a whole layer, saving the picture", name="More"
        )
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.job = JobBar(RENDER, jobs, self)
        self._arrange()

    def _arrange(self) -> None:
        top, middle, bottom = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for layout in (top, bottom):
            layout.setSpacing(theme.GAP // 2)
        middle.setSpacing(theme.GAP)
        middle.addWidget(self.view, 1)
        middle.addWidget(self.measures)
        top.addWidget(self.preset, 1)
        top.addWidget(self.nine)
        top.addWidget(self.settings_button)
        for button in (self.main, self.keep, self.seed, self.dream):
            bottom.addWidget(button, 1)
        bottom.addWidget(self.menu_button)
        labels = QHBoxLayout()
        labels.addWidget(self.steps, 1)
        labels.addWidget(self.caption, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(top)
        column.addWidget(self.objective)
        column.addWidget(self.error)
        column.addWidget(self.settings_list, 3)
        column.addLayout(middle, 4)
        column.addWidget(self.curve)
        column.addLayout(labels)
        column.addWidget(self.notes)
        column.addLayout(bottom)
        column.addWidget(self.job)
        self.setMinimumHeight(MIN_HEIGHT_PIXELS)

    def show_settings(self, visible: bool) -> None:
        """The list of settings, in the room of the curve and the notes; the form may need more
        height for it."""
        self.settings_list.setVisible(visible)
        self.notes.setVisible(not visible)
        self._show_curve_if_room()
        open_needs = self.minimumSizeHint().height() if visible else 0
        self.setMinimumHeight(max(MIN_HEIGHT_PIXELS, open_needs))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._show_curve_if_room()

    def _show_curve_if_room(self) -> None:
        """Leave the curve out where there is no room for it."""
        self.curve.setVisible(
            self.height() >= MIN_HEIGHT_WITH_CURVE_PIXELS and not self.settings_button.isChecked()
        )

    # -- what it shows

    def show_choice(self, synthesis: Synthesis, settings: LensSettings) -> None:
        """The choices as the state has them."""
        with QSignalBlocker(self.preset):
            self.preset.setCurrentIndex(self.preset.findData(synthesis.preset))
        self.preset.setToolTip(settings.source(synthesis.preset))
        with QSignalBlocker(self.nine):
            self.nine.setChecked(synthesis.seeds > 1)
        values = synthesis.preset, synthesis.params, synthesis.seed
        if values != self._shown_values:
            self._shown_values = values
            self.settings_list.show_values(synthesis.preset, dict(synthesis.params), synthesis.seed)

    def show_status(self, status: str) -> None:
        """What the main button would do: idle | growing | paused | finished."""
        self.main.setText(_BUTTON_LABELS[status])

    def show_error(self, text: str) -> None:
        self.error.setText(text)
        self.error.setVisible(bool(text))

    def show_result(self, result: SynthesisResult, k: int, paused: bool) -> None:
        """The pictures, and the numbers of number ``k`` of them."""
        thumbnails = (
            self.view.tiles if result is self.shown_result else tuple(_iter_thumbnails(result))
        )
        self.shown_result = result
        self.view.show_tiles(thumbnails, k)
        self.measures.show_metrics(result, k)
        self.curve.show_curve(result.curve, result.steps, k)
        self.steps.setText(synthesis_text.format_progress(result, paused))

    def show_origin(self, origin: str, stale_reason: str) -> None:
        self.view.show_stale(bool(stale_reason))
        self.caption.setText(origin + (" · stale" if stale_reason else ""))
        self.caption.tip = f"This picture is {stale_reason}." if stale_reason else ""

    def show_nothing(self, message: str) -> None:
        self.shown_result = None
        self.view.show_message(message)
        self.view.show_stale(False)
        self.curve.show_curve(np.zeros((0, 0)), 1, 0)
        for line in (self.steps, self.caption, self.notes):
            line.setText("")
        self.measures.show_nothing()


def _iter_thumbnails(result: SynthesisResult) -> Iterator[Thumbnail]:
    for k, values in enumerate(result.sheet):
        has_label = len(result.sheet) > 1 and k < len(result.measures)
        text = synthesis_text.format_short(result.measures[k]) if has_label else ""
        yield Thumbnail(np.ascontiguousarray(colorize.values_to_rgb(values, result.scale)[0]), text)
