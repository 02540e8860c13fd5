"""The strip of saved pictures under the picture that grows: the unit's own, then its layer's."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QMimeData, QPoint, Qt, QTemporaryDir, QUrl, pyqtSignal
from PyQt6.QtGui import QDrag, QMouseEvent, QPixmap, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QApplication, QVBoxLayout, QWidget

from dnnvis.app.synthesis import transitions
from dnnvis.app.synthesis.preset_titles import PLAIN_TITLES
from dnnvis.app.synthesis.tiles import tile_stored
from dnnvis.app.widgets import image_files
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.lens_results import Patterns, StoredPicture
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.plan_for import OWN, PATTERNS
from dnnvis.session.session import Session
from dnnvis.session.state import State

NO_PICTURES = (
    "Pictures that you keep of this layer's units stand here (G keeps the one above); "
    "a click shows one, and a drag saves it."
)


class DragGrid(ThumbnailGrid):
    """Pictures that are clicked, or dragged out of the window; ``dragged`` carries the number."""

    dragged = pyqtSignal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._pressed: tuple[int, QPoint] | None = None

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        index = self.index_at(event.position().x(), event.position().y())
        is_left = event.button() == Qt.MouseButton.LeftButton
        self._pressed = (
            (index, event.position().toPoint()) if is_left and index is not None else None
        )

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        assert event is not None
        if self._pressed is None:
            super().mouseMoveEvent(event)
            return
        index, start = self._pressed
        distance = (event.position().toPoint() - start).manhattanLength()
        if distance >= QApplication.startDragDistance():
            self._pressed = None
            self.dragged.emit(index)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        pressed, self._pressed = self._pressed, None
        if pressed is not None:
            self.clicked.emit(pressed[0])


class SavedStrip(Panel):
    """The saved pictures of the selected unit, then the newest of each other unit of the layer.

    A click on one of the unit's own shows it large; one on another selects its unit and shows that.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.patterns: Patterns | None = None
        self.own: Patterns | None = None
        self._folder: QTemporaryDir | None = None  # of what is dragged out of the window
        self._channels: tuple[int, ...] = ()
        self.view = DragGrid(tr("Saved pictures of this unit and its layer"), self)
        self.view.labels_inside = True
        self.view.clicked.connect(self._select)
        self.view.dragged.connect(self._drag)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.view, 1)
        self._redraw()

    def picture_parts(self) -> tuple[QWidget, ...]:
        return ()

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        subjects = [(s.layer, s.unit, s.synthesis.saved) for s in (previous, state)]
        if subjects[0] != subjects[1]:
            self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.patterns = self.own = None
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if isinstance(value, Patterns) and key in (PATTERNS, OWN):
            if key == OWN:
                self.own = value
            else:
                self.patterns = value
            self._redraw()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._redraw()

    @property
    def own_pictures(self) -> tuple[StoredPicture, ...]:
        """Return the saved pictures of the selected unit."""
        return own_pictures(self.own, self.state, self.info)

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        unit, patterns = self.state.unit, self.patterns
        belongs = patterns is not None and patterns.layer == self.state.layer
        thumbs = patterns.thumbs if patterns is not None and belongs else {}
        selected = unit.channel if unit is not None and unit.layer == self.state.layer else -1
        tiles = [tile_stored(picture, self._name_own(picture)) for picture in self.own_pictures]
        limit = max(self.width() // max(self.height(), 1), 1)
        others = [channel for channel in sorted(thumbs) if channel != selected]
        if not tiles and selected in thumbs:  # until its own are read
            others.insert(0, selected)
        self._channels = tuple(others[: max(limit - len(tiles), 0)])
        tiles += [Thumbnail(thumbs[k], str(k)) for k in self._channels]
        if not tiles:
            self.view.show_message(tr(NO_PICTURES))
            return
        saved = self.state.synthesis.saved
        self.view.show_tiles(tuple(tiles), saved if saved < len(self.own_pictures) else None)

    def _name_own(self, picture: StoredPicture) -> str:
        unit = self.state.unit
        title = tr(PLAIN_TITLES.get(picture.preset, (picture.preset, ""))[0])
        return f"{unit.channel} {title}" if unit is not None else title

    def _select(self, k: int) -> None:
        count = len(self.own_pictures)
        if k >= count + len(self._channels):
            return
        number = k if k < count else 0
        if k >= count:
            self.session.select(Unit(self.state.layer, self._channels[k - count]))
        shown = transitions.show_saved(self.session.state.synthesis, number)
        self.session.update(synthesis=shown)

    def _drag(self, k: int) -> None:
        """Drag a picture as a PNG with its recipe; of another unit, as small as it stands here."""
        data = self.drag_data(k)
        if data is None:
            return
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.setPixmap(QPixmap.fromImage(data.imageData()).scaledToHeight(self.view.height()))
        drag.exec(Qt.DropAction.CopyAction)

    def drag_data(self, k: int) -> QMimeData | None:
        """Return a picture as a file and as an image; None where there is none."""
        own = self.own_pictures
        if k >= len(self.view.tiles):
            return None
        if self._folder is None:
            self._folder = QTemporaryDir()
        pixels = self.view.tiles[k].pixels
        recipe = own[k].recipe if k < len(own) else None
        unit = (
            self.state.unit
            if k < len(own)
            else Unit(self.state.layer, self._channels[k - len(own)])
        )
        image = image_files.to_qimage(pixels, recipe)
        subject = self.label(str(unit))
        name = image_files.clean_name(f"synthesis {subject} {k if k < len(own) else 0}")
        path = Path(self._folder.path()) / f"{name}.png"
        image_files.save_png(image, path)
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        data.setImageData(image)
        return data


def own_pictures(
    own: Patterns | None, state: State, info: NetworkInfo | None
) -> tuple[StoredPicture, ...]:
    """Return the saved pictures of the selected unit; () where others have arrived.

    Args:
        own: What arrived last.
        state: The session's state.
        info: The network that runs.
    """
    unit = state.unit
    if own is None or unit is None or info is None:
        return ()
    is_class = unit.layer == "output" and info.logits
    objective = replace(unit.whole(), layer=info.logits) if is_class else unit.whole()
    return own.own if own.unit == str(objective) else ()
