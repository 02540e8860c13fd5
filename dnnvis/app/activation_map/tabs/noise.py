"""The Noise tab: noisy copies of the present frame, on this map and on the paired network's.

Source: Pardo et al. 2019, section 3.4, Figure 5.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker
from PyQt6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs.base import (
    EMPTY_BACKDROP,
    Floats,
    MapTab,
    MapTabData,
    Pixels,
    colors_of,
)
from dnnvis.app.activation_map.tabs.mini_map import MiniMap, MiniMapScene
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import CollapseToFit
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_label,
    create_push_button,
    create_slider,
)
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.core.activation_map import Backdrop, Constellation
from dnnvis.core.formatting import format_map_value, format_value
from dnnvis.core.translation.catalog import tr
from dnnvis.session import map_state
from dnnvis.session.session import Session

SLIDER_STEPS = 100  # of the slider, from 0 to 1
NO_PAIRED_NETWORK = "No sister of this network was trained on noise."
LEGEND_HINT = (
    "Cross: the clean frame. Dots: noisy copies in the colour of the class that the network sees "
    "in them. Arrow: how far their mean has moved."
)
PAIRED_NETWORK_PENDING = "The sister network comes next ..."
ADDING_NOISE = "Putting noise on the frame ..."


class NoiseMapView(QWidget):
    """One network's map, with its name above and its figures below."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = ElidedLabel(self, theme.caption_font(self))
        self.map = MiniMap(tr("Noisy copies on the map"), self)
        self.figures = ElidedLabel(self, theme.caption_font(self), lines=3)
        self.description = ElidedLabel(self, theme.caption_font(self), muted=True, lines=2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.title)
        column.addWidget(self.map, 1)
        column.addWidget(self.figures)
        column.addWidget(self.description)

    def show_message(self, title: str, message: str) -> None:
        self.title.setText(title)
        self.map.show_message(message)
        self.figures.setText("")
        self.description.setText("")


class NoiseTab(MapTab):
    """Both maps with the noisy copies, and the controls of the noise.

    ``restart`` draws new noise; ``follow`` starts again with each new frame, once the frame before
    is done. What is shown beside the network's own map stays until the next arrives.
    """

    mail_keys = (map_state.NOISE, map_state.MAP_DATA, map_state.MAP)

    def __init__(
        self, session: Session, tab_data: MapTabData, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, tab_data, parent)
        self._last_followed: Constellation | None = None  # after which a new one was requested
        self._paired_result: tuple[Any, Constellation | str] | None = None  # of which map, and what
        self._paired_backdrop: tuple[Backdrop, Floats, Pixels] | None = None  # the paired map's
        self.sigma = create_slider(self, "Strength of the noise", 0, SLIDER_STEPS)
        self.sigma.setMinimumWidth(40)
        self.sigma.setToolTip(tr("sigma of the white noise on each pixel, pixels being 0 to 1"))
        self.sigma.valueChanged.connect(lambda k: self.choose(sigma=k / SLIDER_STEPS))
        self.number = create_label(self, theme.value_font(self))
        self.number.setMinimumWidth(self.number.fontMetrics().horizontalAdvance("sigma 1.00"))
        self.restart = create_push_button(self, "Again", "Begin again with the present frame")
        self.restart.clicked.connect(
            lambda _=False: self.choose(noise_run=self.choice.noise_run + 1)
        )
        self.follow = create_check_box(self, "follow", "Begin again with each new frame")
        self.follow.setChecked(True)
        self.own, self.paired = NoiseMapView(self), NoiseMapView(self)
        self.hint = ElidedLabel(self, theme.caption_font(self), muted=True, lines=3)
        row = QHBoxLayout()
        row.addWidget(self.number)
        row.addWidget(self.sigma, 1)
        row.addWidget(self.restart)
        row.addWidget(self.follow)
        maps = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        maps.setSpacing(theme.GAP)
        maps.addWidget(self.own, 1)
        maps.addWidget(self.paired, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(row)
        column.addLayout(maps, 1)
        column.addWidget(self.hint)
        CollapseToFit(self, column, self.hint)

    def draw(self, key: str) -> None:
        self._follow()
        if key == map_state.MAP:
            return
        with QSignalBlocker(self.sigma):
            self.sigma.setValue(round(self.choice.sigma * SLIDER_STEPS))
        self.number.setText(tr("sigma {sigma}", sigma=format_map_value(self.choice.sigma)))
        constellation = self.tab_data.noise
        reason = self.tab_data.failure_reason(map_state.NOISE)
        if reason or constellation is None or not len(constellation.z):
            message = (
                reason
                or (constellation.message if constellation is not None else "")
                or tr(ADDING_NOISE)
            )
            self.own.show_message(self.tab_data.info.name if self.tab_data.info else "", message)
            self.paired.show_message("", "")
            self._paired_result = None
            return
        self._show(self.own, constellation, self.tab_data.backdrop())
        self.hint.setText(
            tr(LEGEND_HINT)
            if constellation.paired is None
            else f"{constellation.message} {tr(LEGEND_HINT)}".strip()
        )
        self.hint.tip = self.hint.text()
        paired = self._paired_constellation(constellation)
        if isinstance(paired, str):
            self.paired.show_message("", paired)
        else:
            self._show(self.paired, paired, self._backdrop_of(paired.map_data))

    def _paired_constellation(self, constellation: Constellation) -> Constellation | str:
        """Return the paired network's copies, or a message where there are none.

        While they are not there yet, those of the frame before.
        """
        key = constellation.network, self.choice.fitted
        if constellation.paired is not None:
            self._paired_result = key, constellation.paired
        elif constellation.progress >= 1:
            self._paired_result = key, constellation.message or tr(NO_PAIRED_NETWORK)
        if self._paired_result is not None and self._paired_result[0] == key:
            return self._paired_result[1]
        return tr(PAIRED_NETWORK_PENDING)

    def _follow(self) -> None:
        constellation, position = self.tab_data.noise, self.tab_data.frame_position
        if not self.follow.isChecked() or constellation is None or position is None:
            return
        done = constellation.progress >= 1 and constellation is not self._last_followed
        if done and position.frame != constellation.frame:
            self._last_followed = constellation
            self.choose(noise_run=self.choice.noise_run + 1)

    def _backdrop_of(self, map_data: Backdrop | None) -> tuple[Floats, Pixels]:
        """Return the paired network's examples with their colors, computed once."""
        if map_data is None:
            return EMPTY_BACKDROP
        if self._paired_backdrop is None or self._paired_backdrop[0] is not map_data:
            self._paired_backdrop = (
                map_data,
                map_data.z,
                colors_of(map_data.labels, len(map_data.classes)),
            )
        return self._paired_backdrop[1:]

    def _show(
        self, view: NoiseMapView, constellation: Constellation, background: tuple[Floats, Pixels]
    ) -> None:
        frame = (
            tr(" · frame {number}", number=constellation.frame) if constellation.frame >= 0 else ""
        )
        view.title.setText(constellation.network + frame)
        center = _to_point(constellation.centre)
        colors = colors_of(
            constellation.predicted,
            len(self.tab_data.map_data.classes) if self.tab_data.map_data else 0,
        )
        view.map.show_scene(
            MiniMapScene(
                *background,
                dots=constellation.z,
                colors=colors,
                cross=center,
                arrow=(center, _to_point(constellation.z.mean(0))),
            )
        )
        view.figures.setText(figures(constellation))
        view.description.setText(self.describe_predictions(constellation.predicted))

    def describe_predictions(self, predicted: NDArray[np.int64]) -> str:
        """Describe the classes that the network predicts for the copies, most frequent first."""
        known = predicted[predicted >= 0]
        counts = np.bincount(known) if len(known) else np.zeros(0, np.int64)
        order = [int(k) for k in np.argsort(-counts, kind="stable") if counts[k]]
        named = [f"“{self.tab_data.class_name(k)}” {_format_times(counts[k])}" for k in order[:4]]
        return (
            tr("seen as ") + ", ".join(named) + (" ..." if len(order) > 4 else "") if named else ""
        )


def figures(constellation: Constellation) -> str:
    """Describe the three numbers of a constellation."""
    error_rate = (
        f"{format_value(100 * constellation.errors, '.1f')} %"
        if np.isfinite(constellation.errors)
        else tr("not known")
    )
    return tr(
        "error rate {error_rate}\nspread {spread}\ndisplacement {displacement}",
        error_rate=error_rate,
        spread=format_map_value(constellation.spread),
        displacement=format_map_value(constellation.displacement),
    )


def _format_times(count: int) -> str:
    return tr("once") if count == 1 else tr("{count:,} times", count=count)


def _to_point(z: Floats) -> tuple[float, float]:
    return float(z[0]), float(z[1])
