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
from dnnvis.app.synthesis import text as say_synthesis
from dnnvis.app.synthesis.measures import MeasureColumn
from dnnvis.app.synthesis.settings_list import Changed, SettingsList
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.app.widgets.line_plot import Curve
from dnnvis.app.widgets.panel import push_button
from dnnvis.app.widgets.thumbnail_grid import Tile, Tiles
from dnnvis.core.lens_results import Grown
from dnnvis.core.lens_settings import Settings
from dnnvis.imaging import colorize
from dnnvis.session.state import Synthesis

RENDER = "render"
LEAST, ROOMY = 240, 310  # pixels of height: the least, and with a curve
_BUTTON = {"idle": "Grow", "growing": "Pause", "paused": "Continue", "finished": "Again"}


class SynthesisForm(QWidget):
    """Shows what it is told, ``drawn`` last. ``changed(name, value)`` is called when a setting
    is set."""

    def __init__(self, settings: Settings, jobs: Jobs, changed: Changed, parent: QWidget) -> None:
        super().__init__(parent)
        self.drawn: Grown | None = None
        self._numbers: tuple[object, ...] = ()
        self.preset = QComboBox(self)
        self.preset.setAccessibleName("Preset")
        self.preset.setMinimumContentsLength(7)
        for preset in settings.presets:
            self.preset.addItem(preset.name, preset.name)
            words = f"{preset.title}: {preset.source}"
            self.preset.setItemData(self.preset.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
        self.nine = push_button(self, "nine", "Nine seeds at once (Yosinski et al. 2015), or one")
        self.nine.setCheckable(True)
        self.more = push_button(self, "settings", "Every number of the preset, with a way back")
        self.more.setCheckable(True)
        self.goal = QLineEdit(self)
        self.goal.setAccessibleName("Goal")
        self.goal.setPlaceholderText("goal: conv5[1], conv5, 0.5*conv5[1] + conv5[2]")
        self.goal.setToolTip("What is to grow: a unit, a layer, or a sum of such with weights")
        self.error = Line(self, theme.small(self), lines=2)
        self.error.hide()
        self.list = SettingsList(settings, changed, self)
        self.list.setMinimumHeight(2 * self.goal.sizeHint().height())  # it scrolls
        self.list.hide()
        self.view = Tiles("Synthesis", self)
        self.measures = MeasureColumn(self)
        self.curve = Curve(self)
        self.steps = Line(self, theme.numbers(self))
        self.caption = Line(self, theme.small(self))
        self.notes = Line(self, theme.small(self), muted=True)
        self.main = push_button(self, "Grow", "Begin (g), pause, or go on (p)")
        self.keep = push_button(self, "Keep", "Keep the picture as it is now in the library (G)")
        self.seed = push_button(self, "New seed", "Begin again from another start")
        self.dream = push_button(self, "Dream", "DeepDream on the present frame")
        self.rest = QToolButton(self)
        self.rest.setText("⋯")
        self.rest.setAccessibleName("More")
        self.rest.setToolTip("What grows, rendering a whole layer, saving the picture")
        self.rest.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.job = JobBar(RENDER, jobs, self)
        self._arrange()

    def _arrange(self) -> None:
        top, middle, foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for layout in (top, foot):
            layout.setSpacing(theme.GAP // 2)
        middle.setSpacing(theme.GAP)
        middle.addWidget(self.view, 1)
        middle.addWidget(self.measures)
        top.addWidget(self.preset, 1)
        top.addWidget(self.nine)
        top.addWidget(self.more)
        for button in (self.main, self.keep, self.seed, self.dream):
            foot.addWidget(button, 1)
        foot.addWidget(self.rest)
        words = QHBoxLayout()
        words.addWidget(self.steps, 1)
        words.addWidget(self.caption, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(top)
        column.addWidget(self.goal)
        column.addWidget(self.error)
        column.addWidget(self.list, 3)
        column.addLayout(middle, 4)
        column.addWidget(self.curve)
        column.addLayout(words)
        column.addWidget(self.notes)
        column.addLayout(foot)
        column.addWidget(self.job)
        self.setMinimumHeight(LEAST)

    def show_settings(self, shown: bool) -> None:
        """The list of settings, in the room of the curve and the notes; the form may need more
        height for it."""
        self.list.setVisible(shown)
        self.notes.setVisible(not shown)
        self._fit()
        open_needs = self.minimumSizeHint().height() if shown else 0
        self.setMinimumHeight(max(LEAST, open_needs))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave the curve out where there is no room for it."""
        self.curve.setVisible(self.height() >= ROOMY and not self.more.isChecked())

    # -- what it shows

    def show_wish(self, wish: Synthesis, settings: Settings) -> None:
        """The choices as the state has them."""
        with QSignalBlocker(self.preset):
            self.preset.setCurrentIndex(self.preset.findData(wish.preset))
        self.preset.setToolTip(settings.source(wish.preset))
        with QSignalBlocker(self.nine):
            self.nine.setChecked(wish.seeds > 1)
        numbers = wish.preset, wish.params, wish.seed
        if numbers != self._numbers:
            self._numbers = numbers
            self.list.show_values(wish.preset, dict(wish.params), wish.seed)

    def show_status(self, status: str) -> None:
        """What the main button would do: idle | growing | paused | finished."""
        self.main.setText(_BUTTON[status])

    def show_error(self, words: str) -> None:
        self.error.setText(words)
        self.error.setVisible(bool(words))

    def show_grown(self, grown: Grown, k: int, paused: bool) -> None:
        """The pictures, and the numbers of number ``k`` of them."""
        tiles = self.view.tiles if grown is self.drawn else tuple(_tiles(grown))
        self.drawn = grown
        self.view.show_tiles(tiles, k)
        self.measures.show_measures(grown, k)
        self.curve.show_curve(grown.curve, grown.steps, k)
        self.steps.setText(say_synthesis.progress(grown, paused))

    def show_stamp(self, words: str, why_stale: str) -> None:
        self.view.show_stale(bool(why_stale))
        self.caption.setText(words + (" · stale" if why_stale else ""))
        self.caption.tip = f"This picture is {why_stale}." if why_stale else ""

    def show_nothing(self, words: str) -> None:
        self.drawn = None
        self.view.show_words(words)
        self.view.show_stale(False)
        self.curve.show_curve(np.zeros((0, 0)), 1, 0)
        for line in (self.steps, self.caption, self.notes):
            line.setText("")
        self.measures.show_nothing()


def _tiles(grown: Grown) -> Iterator[Tile]:
    for k, values in enumerate(grown.sheet):
        several = len(grown.sheet) > 1 and k < len(grown.measures)
        text = say_synthesis.short(grown.measures[k]) if several else ""
        yield Tile(np.ascontiguousarray(colorize.picture_rgb(values, grown.scale)[0]), text)
