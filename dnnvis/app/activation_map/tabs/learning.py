"""How the hidden states moved apart while the network learned.

Source: Pardo et al. 2019, section 3.1, Figure 2a.
"""

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QHBoxLayout, QSlider, QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs.base import NOTHING, Heard, MapTab, colours_of
from dnnvis.app.activation_map.tabs.mini_map import Scene, SmallMap, Trail
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.panel import label
from dnnvis.core.activation_map import History
from dnnvis.imaging.class_colors import GRAY
from dnnvis.session import map_state
from dnnvis.session.session import Session

LINES = 300  # examples that are drawn, as in the paper's figure
NO_RECORD = "This map holds no learning record"
NO_MOMENTS = f"{NO_RECORD}: the network kept no moments of its training."
OF_BOARDS = f"{NO_RECORD}: of a network of boards none is made. Steps shows its training."
UNASKED = (
    f"{NO_RECORD}, though the network kept moments of its training: fit a map on pictures, with "
    "“record of its learning” ticked."
)


class LearningTab(MapTab):
    """One line an example, gray where the training began; dots where they are at the moment of
    the slider."""

    hears = (map_state.CLOUD,)

    def __init__(self, session: Session, heard: Heard, parent: QWidget | None = None) -> None:
        super().__init__(session, heard, parent)
        self._made: tuple[History, Scene] | None = None
        self.map = SmallMap("Hidden states over the training", self)
        self.moment = QSlider(Qt.Orientation.Horizontal, self)
        self.moment.setPageStep(1)
        self.moment.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.moment.setAccessibleName("Moment of the training")
        self.moment.setToolTip("A moment that was kept of the training")
        self.moment.valueChanged.connect(self._choose_moment)
        self.number = label(self, theme.numbers(self))
        self.hint = Line(self, theme.small(self), muted=True, lines=3)
        row = QHBoxLayout()
        row.addWidget(self.moment, 1)
        row.addWidget(self.number)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.map, 1)
        column.addLayout(row)
        column.addWidget(self.hint)

    def draw(self, key: str) -> None:
        cloud = self.heard.cloud
        record = cloud.record if cloud is not None else None
        for widget in (self.moment, self.number, self.hint):
            widget.setVisible(record is not None)
        if record is None or cloud is None:
            self.map.show_words(self.heard.why_no_cloud() or self._why_none())
            return
        last = len(record.steps) - 1
        k = min(self.choice.moment, last) if self.choice.moment >= 0 else last
        with QSignalBlocker(self.moment):
            self.moment.setRange(0, last)
            self.moment.setValue(k)
        widest = f"step {int(record.steps.max()):,}"
        self.number.setMinimumWidth(self.number.fontMetrics().horizontalAdvance(widest + " "))
        self.number.setText(f"step {int(record.steps[k]):,}")
        self._show(record, k, len(cloud.classes))

    def _show(self, record: History, k: int, classes: int) -> None:
        rows = some(record)
        colours = colours_of(record.labels[rows], classes)
        if self._made is None or self._made[0] is not record:
            trails = tuple(
                Trail(record.z[:, row], tuple(colour), GRAY)
                for row, colour in zip(rows.tolist(), colours.tolist(), strict=True)
            )
            self._made = record, Scene(*NOTHING, trails=trails)
            self.hint.setText(
                f"{len(rows)} examples at {len(record.steps)} moments of the training, in one map "
                "of their own: gray is its beginning, the class' colour its end."
            )
        ground = self._made[1]
        dots = record.z[k, rows]
        self.map.show_scene(
            Scene(ground.backdrop, ground.shades, ground.trails, dots=dots, colours=colours)
        )

    def _why_none(self) -> str:
        info = self.heard.info
        if info is None or not info.moments:
            return NO_MOMENTS
        return OF_BOARDS if info.binary else UNASKED

    def _choose_moment(self, k: int) -> None:
        self.choose(moment=-1 if k == self.moment.maximum() else k)


def some(record: History) -> np.ndarray:
    """Which examples are drawn: all, or evenly so many of them."""
    many = len(record.labels)
    return np.unique(np.linspace(0, many - 1, min(many, LINES)).astype(np.int64))
