"""The Learning tab: how the hidden states moved apart while the network learned.

Source: Pardo et al. 2019, section 3.1, Figure 2a.
"""

import numpy as np
from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs.base import (
    EMPTY_BACKDROP,
    MAP_PENDING,
    MapTab,
    MapTabData,
    colors_of,
)
from dnnvis.app.activation_map.tabs.mini_map import MiniMap, MiniMapScene, Polyline
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label, create_slider
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.activation_map import LearningHistory, MovingMap
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.imaging.class_colors import UNLABELED_COLOR
from dnnvis.session import map_state
from dnnvis.session.learning.playground import learns_in_view
from dnnvis.session.session import Session

MAX_EXAMPLES = 300  # examples that are drawn, as in the paper's figure
NO_SNAPSHOTS = "This map holds no learning record: the network kept no moments of its training."
BOARDS_NOT_RECORDED = (
    "This map holds no learning record: of a network of boards none is made. Steps shows its "
    "training."
)
NOT_RECORDED = (
    "This map holds no learning record, though the network kept moments of its training: fit a map "
    "on pictures, with “record of its learning” ticked."
)


class LearningTab(MapTab):
    """One line an example, gray where the training began.

    Dots are where the examples are at the slider's training step. While a network learns in view,
    they are where the vectors of the layer on show lie now.
    """

    mail_keys = (map_state.MAP_DATA, map_state.MOVING)

    def __init__(
        self, session: Session, tab_data: MapTabData, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, tab_data, parent)
        self._cached_scene: tuple[LearningHistory, MiniMapScene] | None = None
        self.map = MiniMap("Hidden states over the training", self)
        self.moment = create_slider(self, "Moment of the training", ticks=True)
        self.moment.setToolTip(tr("A moment that was kept of the training"))
        self.moment.valueChanged.connect(self._choose_moment)
        self.number = create_label(self, theme.value_font(self))
        self.hint = ElidedLabel(self, theme.caption_font(self), muted=True, lines=3)
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
        if learns_in_view(self.session.state, self.tab_data.info):
            self._draw_moving()
            return
        if key == map_state.MOVING:
            return
        map_data = self.tab_data.map_data
        record = map_data.record if map_data is not None else None
        for widget in (self.moment, self.number, self.hint):
            widget.setVisible(record is not None)
        if record is None or map_data is None:
            self.map.show_message(self.tab_data.no_map_reason() or self._no_record_reason())
            return
        last = len(record.steps) - 1
        k = min(self.choice.moment, last) if self.choice.moment >= 0 else last
        with QSignalBlocker(self.moment):
            self.moment.setRange(0, last)
            self.moment.setValue(k)
        widest = tr("step {step:,}", step=int(record.steps.max()))
        self.number.setMinimumWidth(self.number.fontMetrics().horizontalAdvance(widest + " "))
        self.number.setText(tr("step {step:,}", step=int(record.steps[k])))
        self._show(record, k, len(map_data.classes))

    def _show(self, record: LearningHistory, k: int, classes: int) -> None:
        rows = sample_rows(record)
        colors = colors_of(record.labels[rows], classes)
        if self._cached_scene is None or self._cached_scene[0] is not record:
            polylines = tuple(
                Polyline(record.z[:, row], tuple(color), UNLABELED_COLOR)
                for row, color in zip(rows.tolist(), colors.tolist(), strict=True)
            )
            self._cached_scene = record, MiniMapScene(*EMPTY_BACKDROP, polylines=polylines)
            self.hint.setText(
                tr(
                    "{count} examples at {moments} moments of the training, in one map of their "
                    "own: gray is its beginning, the class' colour its end.",
                    count=len(rows),
                    moments=len(record.steps),
                )
            )
        base_scene = self._cached_scene[1]
        dots = record.z[k, rows]
        self.map.show_scene(
            MiniMapScene(
                base_scene.backdrop,
                base_scene.shades,
                base_scene.polylines,
                dots=dots,
                colors=colors,
            )
        )

    def _draw_moving(self) -> None:
        """Draw where the vectors of the layer on show lie at this moment of the training."""
        self.moment.hide()
        self.number.hide()
        self._cached_scene = None
        value = self.tab_data.values.get(map_state.MOVING)
        reason = self.tab_data.failure_reason(map_state.MOVING)
        if isinstance(value, MovingMap) and not reason:
            reason = value.message
        if reason or not isinstance(value, MovingMap):
            self.hint.hide()
            self.map.show_message(reason or tr(MAP_PENDING))
            return
        colors = colors_of(value.labels, len(value.classes))
        polylines: tuple[Polyline, ...] = ()
        if value.kind == "picture":
            paths = np.stack([value.previous, value.z], 1)
            polylines = tuple(
                Polyline(path, tuple(color), UNLABELED_COLOR)
                for path, color in zip(paths, colors.tolist(), strict=True)
            )
        scene = MiniMapScene(*EMPTY_BACKDROP, polylines=polylines, dots=value.z, colors=colors)
        self.map.show_scene(scene)
        self.hint.setText(describe_moving(value))
        self.hint.show()

    def _no_record_reason(self) -> str:
        info = self.tab_data.info
        if info is None or not info.snapshots:
            return tr(NO_SNAPSHOTS)
        return tr(BOARDS_NOT_RECORDED if info.binary else NOT_RECORDED)

    def _choose_moment(self, k: int) -> None:
        self.choose(moment=-1 if k == self.moment.maximum() else k)


def describe_moving(value: MovingMap) -> str:
    """Return what the dots of a network that learns are, in one sentence or two."""
    layer = Unit.parse(value.unit).layer
    facts = {"count": len(value.z), "layer": layer, "explained": value.explained}
    if value.kind == "picture":
        return tr(
            "{count} pictures in {layer} as the network is now; a line leads from the moment "
            "before. Two main directions, {explained:.0%} of the variance; colors are classes.",
            **facts,
        )
    return tr(
        "{count} places of the frame in {layer} as the network is now. Two main directions, "
        "{explained:.0%} of the variance; colors are the answer's sign.",
        **facts,
    )


def sample_rows(record: LearningHistory) -> np.ndarray:
    """Return the examples that are drawn: all, or evenly so many of them."""
    count = len(record.labels)
    return np.unique(np.linspace(0, count - 1, min(count, MAX_EXAMPLES)).astype(np.int64))
