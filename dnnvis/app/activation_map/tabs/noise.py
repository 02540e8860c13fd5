"""What noise on the present frame does: its constellation on this map and on the sister's.

Source: Pardo et al. 2019, section 3.4, Figure 5.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtWidgets import QBoxLayout, QCheckBox, QHBoxLayout, QSlider, QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs.base import (
    NOTHING,
    Floats,
    Heard,
    MapTab,
    Pixels,
    colours_of,
    number,
)
from dnnvis.app.activation_map.tabs.mini_map import Scene, SmallMap
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.collapse_to_fit import Spare
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.panel import label, push_button
from dnnvis.core.activation_map import Backdrop, Constellation
from dnnvis.session import map_state
from dnnvis.session.session import Session

STEPS = 100  # of the slider, from 0 to 1
NO_SISTER = "No sister of this network was trained on noise."
HINT = (
    "Cross: the clean frame. Dots: noisy copies in the colour of the class that the network sees "
    "in them. Arrow: how far their mean has moved."
)
SISTER_WAITS = "The sister network comes next ..."
WAITING = "Putting noise on the frame ..."


class Half(QWidget):
    """One network's map, with its name above and its figures below."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = Line(self, theme.small(self))
        self.map = SmallMap("Noisy copies on the map", self)
        self.figures = Line(self, theme.small(self), lines=3)
        self.said = Line(self, theme.small(self), muted=True, lines=2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self.title)
        column.addWidget(self.map, 1)
        column.addWidget(self.figures)
        column.addWidget(self.said)

    def show_words(self, title: str, words: str) -> None:
        self.title.setText(title)
        self.map.show_words(words)
        self.figures.setText("")
        self.said.setText("")


class NoiseTab(MapTab):
    """``again`` draws new noise; ``follow`` begins again with each new frame, once the frame
    before is done. What stands beside the network's own map stays until the next is there."""

    hears = (map_state.NOISE, map_state.CLOUD, map_state.MAP)

    def __init__(self, session: Session, heard: Heard, parent: QWidget | None = None) -> None:
        super().__init__(session, heard, parent)
        self._asked: Constellation | None = None  # after which a new one was asked for
        self._beside: tuple[Any, Constellation | str] | None = None  # of which map, and what
        self._ground: tuple[Backdrop, Floats, Pixels] | None = None  # the sister's
        self.sigma = QSlider(Qt.Orientation.Horizontal, self)
        self.sigma.setRange(0, STEPS)
        self.sigma.setMinimumWidth(40)
        self.sigma.setAccessibleName("Strength of the noise")
        self.sigma.setToolTip("sigma of the white noise on each pixel, pixels being 0 to 1")
        self.sigma.valueChanged.connect(lambda k: self.choose(sigma=k / STEPS))
        self.number = label(self, theme.numbers(self))
        self.number.setMinimumWidth(self.number.fontMetrics().horizontalAdvance("sigma 1.00"))
        self.again = push_button(self, "Again", "Begin again with the present frame")
        self.again.clicked.connect(lambda _=False: self.choose(noise_run=self.choice.noise_run + 1))
        self.follow = QCheckBox("follow", self)
        self.follow.setToolTip("Begin again with each new frame")
        self.follow.setChecked(True)
        self.own, self.sister = Half(self), Half(self)
        self.hint = Line(self, theme.small(self), muted=True, lines=3)
        row = QHBoxLayout()
        row.addWidget(self.number)
        row.addWidget(self.sigma, 1)
        row.addWidget(self.again)
        row.addWidget(self.follow)
        maps = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        maps.setSpacing(theme.GAP)
        maps.addWidget(self.own, 1)
        maps.addWidget(self.sister, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(row)
        column.addLayout(maps, 1)
        column.addWidget(self.hint)
        Spare(self, column, self.hint)

    def draw(self, key: str) -> None:
        self._follow()
        if key == map_state.MAP:
            return
        with QSignalBlocker(self.sigma):
            self.sigma.setValue(round(self.choice.sigma * STEPS))
        self.number.setText(f"sigma {number(self.choice.sigma)}")
        found = self.heard.noise
        words = self.heard.why_not(map_state.NOISE)
        if words or found is None or not len(found.z):
            said = words or (found.words if found is not None else "") or WAITING
            self.own.show_words(self.heard.info.name if self.heard.info else "", said)
            self.sister.show_words("", "")
            self._beside = None
            return
        self._show(self.own, found, self.heard.backdrop())
        self.hint.setText(HINT if found.sister is None else f"{found.words} {HINT}".strip())
        self.hint.tip = self.hint.text()
        beside = self._sister(found)
        if isinstance(beside, str):
            self.sister.show_words("", beside)
        else:
            self._show(self.sister, beside, self._sisters(beside.cloud))

    def _sister(self, found: Constellation) -> Constellation | str:
        """The sister's copies, or words where there are none; while they are not there yet,
        those of the frame before."""
        which = found.network, self.choice.fitted
        if found.sister is not None:
            self._beside = which, found.sister
        elif found.progress >= 1:
            self._beside = which, found.words or NO_SISTER
        if self._beside is not None and self._beside[0] == which:
            return self._beside[1]
        return SISTER_WAITS

    def _follow(self) -> None:
        found, here = self.heard.noise, self.heard.here
        if not self.follow.isChecked() or found is None or here is None:
            return
        done = found.progress >= 1 and found is not self._asked
        if done and here.frame != found.frame:
            self._asked = found
            self.choose(noise_run=self.choice.noise_run + 1)

    def _sisters(self, cloud: Backdrop | None) -> tuple[Floats, Pixels]:
        """The sister's examples with their colours, made once."""
        if cloud is None:
            return NOTHING
        if self._ground is None or self._ground[0] is not cloud:
            self._ground = cloud, cloud.z, colours_of(cloud.labels, len(cloud.classes))
        return self._ground[1:]

    def _show(self, half: Half, found: Constellation, ground: tuple[Floats, Pixels]) -> None:
        frame = f" · frame {found.frame}" if found.frame >= 0 else ""
        half.title.setText(found.network + frame)
        centre = _place(found.centre)
        colours = colours_of(
            found.predicted, len(self.heard.cloud.classes) if self.heard.cloud else 0
        )
        half.map.show_scene(
            Scene(
                *ground,
                dots=found.z,
                colours=colours,
                cross=centre,
                arrow=(centre, _place(found.z.mean(0))),
            )  # fmt: skip
        )
        half.figures.setText(figures(found))
        half.said.setText(self.called(found.predicted))

    def called(self, predicted: NDArray[np.int64]) -> str:
        """Which classes the network sees in the copies, the most frequent first."""
        seen = predicted[predicted >= 0]
        counts = np.bincount(seen) if len(seen) else np.zeros(0, np.int64)
        order = [int(k) for k in np.argsort(-counts, kind="stable") if counts[k]]
        named = [f"“{self.heard.class_name(k)}” {_times(counts[k])}" for k in order[:4]]
        return "seen as " + ", ".join(named) + (" ..." if len(order) > 4 else "") if named else ""


def figures(found: Constellation) -> str:
    """The three numbers of a constellation in words."""
    share = f"{100 * found.errors:.1f} %" if np.isfinite(found.errors) else "not known"
    return (
        f"error rate {share}\nspread {number(found.spread)}\n"
        f"displacement {number(found.displacement)}"
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _place(z: Floats) -> tuple[float, float]:
    return float(z[0]), float(z[1])
