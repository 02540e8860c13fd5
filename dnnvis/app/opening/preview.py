"""Show a picture as the network of the dialog would get it."""

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from dnnvis.app.opening import text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_label
from dnnvis.app.widgets.image_view import ImageView
from dnnvis.core.messages import Failure, InputPreview
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.colorize import to_three_channels

SIDE_PIXELS = 170
WIDTH_PIXELS = 260
RANGE_LINES, SENTENCE_LINES = 4, 5


class InputPreviewView(QWidget):
    """The frame with a frame around what goes in, what comes out, and the range of its values."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.source = ImageView(tr("The picture of the source"), self)
        self.view = ImageView(tr("The picture as the network gets it"), self)
        self.source_title = create_label(self, theme.caption_font(self), text="The picture")
        self.view_title = create_label(
            self, theme.caption_font(self), text="As the network gets it"
        )
        self.ranges = create_label(self, theme.caption_font(self))
        self.sentence = create_label(self, theme.caption_font(self), muted=True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        for view in (self.source, self.view):
            view.setFixedHeight(SIDE_PIXELS)
            view.show_message(tr(text.NO_PICTURE))
        for label, lines in ((self.ranges, RANGE_LINES), (self.sentence, SENTENCE_LINES)):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
            label.setMinimumHeight(lines * label.fontMetrics().lineSpacing())
        parts = (self.source_title, self.source, self.view_title, self.view)
        for part in (*parts, self.ranges, self.sentence):
            column.addWidget(part)
        column.addStretch(1)
        self.setFixedWidth(WIDTH_PIXELS)

    def show_preview(self, pixels: NDArray[np.uint8], preview: InputPreview) -> None:
        """Show a picture, and what a network gets of it."""
        self.source.show_pixels(to_three_channels(pixels), smooth=True)
        top, left, height, width = preview.crop
        self.source.show_boxes((((left, top, width, height), "cursor", False),))
        self.view.show_pixels(to_three_channels(preview.pixels))
        self.ranges.setText(text.describe_ranges(preview))
        self.sentence.setText(preview.sentence or preview.preprocessing)

    def show_failure(self, failure: Failure) -> None:
        """Show why nothing can be shown: an option that makes no sense."""
        self.view.show_message(failure.sentence)
        self.ranges.setText("")
        self.sentence.setText("")
