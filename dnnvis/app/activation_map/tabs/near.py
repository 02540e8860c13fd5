"""The examples that live nearest to a point of the map: under the mouse, or where the frame is."""

import numpy as np
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.activation_map import text
from dnnvis.app.activation_map.tabs.base import MapTab, MapTabData
from dnnvis.app.activation_map.tabs.captions import tile_classes, tile_rows
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.thumbnail_grid import ThumbnailGrid
from dnnvis.core.activation_map import PointInfo
from dnnvis.core.formatting import format_map_value
from dnnvis.core.translation.catalog import tr
from dnnvis.session import map_state
from dnnvis.session.session import Session

NO_POINT = "Rest the mouse on the map to see which examples live there."


class NearTab(MapTab):
    """Pictures of the nearest examples, with their classes; ``chosen`` carries a clicked row.

    It is the lower half of the Examples tab, or in the mode Map a card of its own.
    """

    chosen = pyqtSignal(object)
    mail_keys = (map_state.MAP_POINT, map_state.MAP_DATA)

    def __init__(
        self, session: Session, tab_data: MapTabData, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, tab_data, parent)
        self.description = ElidedLabel(self, theme.caption_font(self))
        self.near = ThumbnailGrid(tr("Examples that live nearest to the place"), self)
        self.near.setMinimumHeight(60)
        self.near.clicked.connect(self._pick)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.description)
        column.addWidget(self.near, 1)

    def draw(self, key: str) -> None:
        point_info = self.tab_data.point_info if self.choice.place else None
        reason = self.tab_data.failure_reason(map_state.MAP_POINT)
        parts: tuple[str, ...] = () if point_info is None else (describe_point(point_info),)
        self.description.tip = ""
        self.description.set_parts(parts)
        if reason or point_info is None:
            self.near.show_message(
                reason or ("" if self.tab_data.no_map_reason() else tr(NO_POINT))
            )
        elif len(point_info.thumbs):
            rows, thumbs = point_info.rows, point_info.thumbs
            self.near.show_tiles(tile_rows(self.tab_data, rows, thumbs))
        elif tiles := tile_classes(self.tab_data, point_info.rows):
            self.near.show_tiles(tiles)
            parts = (describe_point(point_info), point_info.message)
            self.description.set_parts(parts)
            self.description.tip = "\n".join(part for part in parts if part)  # the whole of it
        else:
            self.near.show_message(point_info.message)

    def _pick(self, k: int) -> None:
        point_info = self.tab_data.point_info
        if point_info is not None and k < len(point_info.rows):
            self.chosen.emit((int(point_info.rows[k]),))


def describe_point(point_info: PointInfo) -> str:
    """Describe a point of the map."""
    x, y = point_info.z
    parts = [tr("At ({x}, {y})", x=format_map_value(x), y=format_map_value(y))]
    if np.isfinite(point_info.expected):
        parts.append(
            tr(
                "expected log₁₀ error {expected}",
                expected=text.format_log_error(point_info.expected),
            )
        )
    if point_info.empty:
        parts.append(tr("no example lives here, so do not trust it"))
    return ": ".join((parts[0], ", ".join(parts[1:]))) if len(parts) > 1 else parts[0]
