"""The window of concepts: what the layer on show uses over a data set, as it was kept."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QCloseEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.blocks import text
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_push_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.concepts.concepts import Concept, ConceptSet
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.colorize import to_three_channels
from dnnvis.session.blocks import CONCEPTS, blocks_layer
from dnnvis.session.session import Session
from dnnvis.session.state import State

SIZE_PIXELS = (820, 460)
EMPTY_PIXELS = 48


class ConceptsWindow(Panel):
    """A window of its own over the main one; it follows the layer on show while it is open.

    ``find_requested``: the layer's concepts are to be found over a data set.
    """

    find_requested = pyqtSignal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setWindowFlags(Qt.WindowType.Tool)
        self.setWindowTitle(tr("Concepts"))
        self.setAccessibleName(tr("Concepts"))
        self.concepts: ConceptSet | None = None
        self.chosen = 0  # row of the concept whose crops are shown
        self._failure = ""
        self.heading = ElidedLabel(self, theme.title_font(self))
        self.find_button = create_push_button(
            self, "Find ...", "Find this layer's concepts over pictures"
        )
        self.again = create_push_button(self, "Read again", "What the library holds by now")
        self.tiles = ThumbnailGrid(tr("Concepts, the most important first"), self)
        self.crops = ThumbnailGrid(tr("Where the concept is strongest"), self)
        self.caption = ElidedLabel(self, theme.caption_font(self), muted=True, lines=3)
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.find_button)
        head.addWidget(self.again)
        middle = QHBoxLayout()
        middle.setSpacing(theme.GAP)
        middle.addWidget(self.tiles, 3)
        middle.addWidget(self.crops, 2)
        column = QVBoxLayout(self)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(head)
        column.addLayout(middle, 1)
        column.addWidget(self.caption)
        self.find_button.clicked.connect(lambda checked=False: self.find_requested.emit())
        self.again.clicked.connect(
            lambda: self._update(concepts_run=self.session.state.blocks.concepts_run + 1)
        )
        self.tiles.clicked.connect(self.choose)
        self.resize(*SIZE_PIXELS)
        self.show_state(self.state)

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.tiles, self.crops)

    def is_double_click_free(self) -> bool:
        return False  # a window of its own

    def _update(self, **changes: Any) -> None:
        self.session.update(blocks=replace(self.session.state.blocks, **changes))

    def show_state(self, state: State) -> None:
        super().show_state(state)
        if state.blocks.concepts == self.isHidden():
            self.setVisible(state.blocks.concepts)
        if self.concepts is not None and self.concepts.layer != self._layer():
            self.concepts, self.chosen = None, 0
        self._draw()

    def show_info(self, info: NetworkInfo | None) -> None:
        is_known = self.runs_already(info)
        super().show_info(info)
        if not is_known:
            self.concepts, self.chosen = None, 0
        self._draw()

    def on_message(self, key: str, value: Any) -> None:
        if key != CONCEPTS:
            return
        if isinstance(value, Failure):
            self.concepts, self._failure = None, value.sentence
        elif isinstance(value, ConceptSet) and value.layer == self._layer():
            self.concepts, self._failure, self.chosen = value, "", 0
        self._draw()

    def choose(self, row: int) -> None:
        """Show the crops of a concept, and select its unit."""
        if self.concepts is None or not 0 <= row < len(self.concepts.concepts):
            return
        self.chosen = row
        self.session.select(self.concepts.concepts[row].unit)
        self._draw()

    def _layer(self) -> str:
        return "" if self.info is None else blocks_layer(self.state, self.info)

    def _draw(self) -> None:
        if self.isHidden():
            return
        layer, concepts = self._layer(), self.concepts
        self.heading.setText(self.label_layer(layer) if layer else "")
        if concepts is None or not concepts.concepts:
            self.tiles.show_message(self._reason(layer))
            self.crops.show_message("")
            self.caption.setText("")
            return
        rows = concepts.concepts
        self.tiles.show_tiles(tuple(self._tile(each) for each in rows), self.chosen)
        crops = rows[self.chosen].examples
        if crops:
            self.crops.show_tiles(
                tuple(
                    Thumbnail(to_three_channels(each.pixels), f"{each.value:.3g}") for each in crops
                )
            )
        else:
            self.crops.show_message(tr("The pictures can no longer be read."))
        self.caption.setText(self.label(concepts.caption))

    def _tile(self, concept: Concept) -> Thumbnail:
        picture = concept.picture
        if picture is None:
            picture = np.full((EMPTY_PIXELS, EMPTY_PIXELS, 3), 60, np.uint8)
        pixels = np.ascontiguousarray(to_three_channels(picture))
        return Thumbnail(pixels, text.describe_concept(concept), name=str(concept.unit.channel))

    def _reason(self, layer: str) -> str:
        if self.info is None:
            return self.no_network
        if not layer:
            return tr(text.NO_LAYER)
        if self._failure:
            return self._failure
        if self.concepts is not None:
            return self.label(self.concepts.message)
        return tr("The library is read ...")

    def export_values(self) -> NDArray[Any] | None:
        """Return the importance of each concept by the measure on show."""
        concepts = self.concepts
        if concepts is None or not concepts.concepts:
            return None
        measure = concepts.measure
        return np.array([each.importance.get(measure, np.nan) for each in concepts.concepts])

    def closeEvent(self, event: QCloseEvent | None) -> None:
        super().closeEvent(event)
        self._update(concepts=False)
