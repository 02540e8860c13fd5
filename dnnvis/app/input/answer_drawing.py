"""Show the network's answer over its input: maps of classes with a legend, and boxes."""

from html import escape

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QLabel, QWidget

from dnnvis.app.widgets import messages, theme
from dnnvis.core.formatting import format_value
from dnnvis.core.messages import Detections, Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.answers import (
    blend_classes,
    color_classes,
    count_classes,
    draw_detections,
    select_detections,
)

MAX_LEGEND = 8  # classes that the legend names


def draw_answer(
    pixels: NDArray[np.uint8], live: Live, info: NetworkInfo | None
) -> NDArray[np.uint8]:
    """Return a picture (H, W, 3) with the classes or boxes of a frame's answer over it."""
    if live.classes is not None:
        return blend_classes(pixels, live.classes, int(live.classes.max(initial=0)) + 1)
    if live.detections is not None:
        found = select_detections(live.detections)
        return draw_detections(pixels, found, _names(found, info))
    return pixels


def _names(found: Detections, info: NetworkInfo | None) -> list[str]:
    labels = [int(label) for label in found.labels]
    names = [
        tr("class {number}", number=k) if info is None else messages.get_class_name(info, k)
        for k in labels
    ]
    return [
        f"{name} {format_value(score, '.2f')}"
        for name, score in zip(names, found.scores, strict=True)
    ]


class ClassLegend(QLabel):
    """The colors of the classes in the picture, the most frequent first."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFont(theme.caption_font(self))
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAccessibleName(tr("Classes in the picture"))
        self.hide()

    def show_classes(self, live: Live | None, info: NetworkInfo | None) -> None:
        """Show the legend of a frame's map of classes; hide it without one."""
        classes = live.classes if live is not None else None
        text = "" if classes is None or info is None else _legend(classes, info)
        if text != self.text():
            self.setText(text)
        self.setVisible(bool(text))


def _legend(classes: NDArray[np.int64], info: NetworkInfo) -> str:
    count = int(classes.max(initial=0)) + 1
    shares, colors = count_classes(classes, count), color_classes(count)
    order = np.argsort(-shares, kind="stable")
    present = [int(k) for k in order if shares[k] > 0]
    parts = [
        f'<span style="color:#{bytes(colors[k]).hex()}">■</span>&nbsp;'
        f"{escape(messages.get_class_name(info, k))}"
        for k in present[:MAX_LEGEND]
    ]
    more = len(present) - MAX_LEGEND
    return " ".join(parts) + (tr(" and {more} more", more=more) if more > 0 else "")
