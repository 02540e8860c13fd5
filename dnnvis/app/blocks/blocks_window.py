"""The window of building blocks: the groups of the layer on show, over the frame."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QSignalBlocker, Qt
from PyQt6.QtGui import QCloseEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.blocks import text
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import (
    create_check_box,
    create_label,
    create_push_button,
    create_slider,
)
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.image_view import ImageView
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.concepts.blocks import MAX_GROUPS, BlockPictures, BlockVotes, BuildingBlocks
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.imaging.colorize import to_three_channels
from dnnvis.imaging.groups import (
    cut_strongest,
    draw_positions,
    draw_swatch,
    find_group,
    group_colors,
    overlay_groups,
)
from dnnvis.imaging.shrink_pixels import resize_pixels
from dnnvis.session.blocks import BLOCK_PICTURES, BLOCKS, POSITIONS, VOTES, blocks_layer, hold_group
from dnnvis.session.session import Session
from dnnvis.session.state import State

DRAWINGS_PER_SECOND, LEGENDS_PER_SECOND = 12, 3
OVERLAY_PIXELS = 192  # longest side of the frame under the groups
SWATCH_PIXELS, BORDER_PIXELS = 64, 4
MIN_COSINE = 0.95  # of the direction that a picture was grown for, and the group's present one
MAX_CELL_PIXELS, MAX_SHEET_PIXELS = 48, 560  # of pictures of positions
SIZE_PIXELS = (760, 460)


class BlocksWindow(Panel):
    """A window of its own over the main one; it follows the layer on show while it is open."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.setWindowFlags(Qt.WindowType.Tool)
        self.setWindowTitle(tr("Building blocks"))
        self.setAccessibleName(tr("Building blocks"))
        self.blocks: BuildingBlocks | None = None
        self.votes: BlockVotes | None = None
        self.pictures: BlockPictures | None = None
        self.positions: BlockPictures | None = None
        self._frames: dict[int, NDArray[np.uint8]] = {}  # the latest, until their groups arrive
        self._failure = ""
        self._throttle = Throttle(self, self._draw, DRAWINGS_PER_SECOND)
        self._legend_throttle = Throttle(self, self._draw_legend, LEGENDS_PER_SECOND)
        self._drawn_choice: int | None = None  # the group chosen in the legend that is drawn
        self.heading = ElidedLabel(self, theme.title_font(self))
        self.count = create_slider(self, "Groups", 1, MAX_GROUPS, ticks=True)
        self.count.setToolTip(tr("How many groups the layer's channels form on this frame"))
        self.number = create_label(self, theme.value_font(self))
        self.hold = create_check_box(
            self, "Hold", "The groups stay as they are, in the library too; else they follow"
        )
        self.class_votes = create_check_box(
            self,
            "Votes",
            "What each group adds to the class, by gradient x activation; point at the frame for a "
            "position's part",
        )
        self.positions_box = create_check_box(
            self, "Positions", "Each position as the picture that its activations ask for"
        )
        self.again = create_push_button(self, "Draw again", "The positions of the present frame")
        self.picture = ImageView(tr("Groups over the frame"), self)
        self.legend = ThumbnailGrid(tr("Groups, and what each wants to see"), self)
        self.hover = ElidedLabel(self, theme.caption_font(self))
        self.caption = ElidedLabel(self, theme.caption_font(self), muted=True, lines=3)
        self._arrange()
        self.count.valueChanged.connect(lambda k: self._update(k=k))
        self.hold.toggled.connect(lambda on: self._update(held=on))
        self.class_votes.toggled.connect(lambda on: self._update(votes=on))
        self.positions_box.toggled.connect(lambda on: self._update(positions=on))
        self.again.clicked.connect(lambda: self._update(run=self.session.state.blocks.run + 1))
        self.picture.clicked.connect(self._on_point_click)
        self.picture.pointed.connect(self._on_point)
        self.picture.left.connect(lambda: self.hover.setText(""))
        self.legend.clicked.connect(self.choose_group)
        self.resize(*SIZE_PIXELS)
        self.show_state(self.state)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.count)
        head.addWidget(self.number)
        for control in (self.hold, self.class_votes, self.positions_box, self.again):
            head.addWidget(control)
        middle = QHBoxLayout()
        middle.setSpacing(theme.GAP)
        middle.addWidget(self.picture, 3)
        middle.addWidget(self.legend, 3)
        column = QVBoxLayout(self)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(head)
        column.addLayout(middle, 1)
        column.addWidget(self.hover)
        column.addWidget(self.caption)
        self.number.setMinimumWidth(self.number.fontMetrics().horizontalAdvance("16 groups"))

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.picture, self.legend)

    def is_double_click_free(self) -> bool:
        return False  # a window of its own

    def _update(self, **changes: Any) -> None:
        self.session.update(blocks=replace(self.session.state.blocks, **changes))

    def show_state(self, state: State) -> None:
        previous = self.state
        super().show_state(state)
        choice = state.blocks
        if choice.shown == self.isHidden():
            self.setVisible(choice.shown)
        if state.layer != previous.layer or state.network != previous.network:
            self._drop_other_layers()
        for box, on in (
            (self.hold, choice.held),
            (self.class_votes, choice.votes),
            (self.positions_box, choice.positions),
        ):
            with QSignalBlocker(box):
                box.setChecked(on)
        with QSignalBlocker(self.count):
            self.count.setValue(choice.k)
        self.number.setText(tr("{count} groups", count=choice.k))
        self.again.setVisible(choice.positions)
        if not choice.votes:
            self.votes = None
        if not choice.positions:
            self.positions = None
        self._throttle.request()

    def show_info(self, info: NetworkInfo | None) -> None:
        is_known = self.runs_already(info)
        super().show_info(info)
        if not is_known:
            self._forget()
        self._throttle.request()

    def on_message(self, key: str, value: Any) -> None:
        if not self.state.blocks.shown:
            return
        if isinstance(value, Live):
            self.live = value
            self._frames[value.frame.number] = value.pixels
            for number in sorted(self._frames)[:-4]:
                del self._frames[number]
            return
        if key not in (BLOCKS, VOTES, BLOCK_PICTURES, POSITIONS):
            return
        if isinstance(value, Failure):
            self._failure = value.sentence
        elif value.layer == self._layer():
            self._failure = ""
            self._take(key, value)
        self._throttle.request()

    def _take(self, key: str, value: Any) -> None:
        if isinstance(value, BuildingBlocks):
            self.blocks = value
        elif isinstance(value, BlockVotes):
            self.votes = value
        elif isinstance(value, BlockPictures) and key == POSITIONS:
            self.positions = value
        elif isinstance(value, BlockPictures) and not value.message:
            self.pictures = value

    def _layer(self) -> str:
        return "" if self.info is None else blocks_layer(self.state, self.info)

    def _forget(self) -> None:
        self.blocks = self.votes = self.pictures = self.positions = self.live = None
        self._frames.clear()

    def _drop_other_layers(self) -> None:
        layer = self._layer()
        for name in ("blocks", "votes", "pictures", "positions"):
            value = getattr(self, name)
            if value is not None and value.layer != layer:
                setattr(self, name, None)

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._throttle.request()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        super().closeEvent(event)
        self._update(shown=False)

    def choose_group(self, number: int) -> None:
        """Hold the groups, and select the unit of one."""
        blocks = self.blocks
        if blocks is None or not 0 <= number < blocks.count:
            return
        changes, unit = hold_group(self.session.state, blocks.name, number)
        self.session.update(**changes)
        self.session.select(unit)

    def _on_point_click(self, y: float, x: float) -> None:
        hit = self._find(y, x)
        if hit is not None:
            self.choose_group(hit)

    def _on_point(self, y: float, x: float) -> None:
        hit, blocks = self._find(y, x), self.blocks
        if hit is None or blocks is None or self.picture.pixels is None:
            self.hover.setText("")
            return
        height, width = self.picture.pixels.shape[:2]
        rows, columns = blocks.groups.shape[1:]
        row, column = int(y / height * rows), int(x / width * columns)
        line = text.describe_position(blocks, self.votes, row, column, hit)
        self.hover.setText(self.label(line))

    def _find(self, y: float, x: float) -> int | None:
        """Return the strongest group under a point of the picture."""
        pixels = self.picture.pixels
        if self.blocks is None or pixels is None:
            return None
        return find_group(self.blocks.groups, y / pixels.shape[0], x / pixels.shape[1])

    def _draw(self) -> None:
        if not self.isVisible():
            return
        layer = self._layer()
        self.heading.setText(self.label_layer(layer) if layer else "")
        blocks = self.blocks
        reason = self._reason(layer)
        if reason or blocks is None:
            self.picture.show_message(reason)
            self.legend.show_message("")
            self.caption.setText("")
            return
        self._draw_picture(blocks)
        is_same = self._find_chosen(blocks) == self._drawn_choice
        if is_same and len(self.legend.tiles) == blocks.count:
            self._legend_throttle.request()
        else:
            self._draw_legend()
        parts = [blocks.caption]
        if self.votes is not None:
            parts.append(self.votes.message or self.votes.caption)
        latest = self.positions if self.state.blocks.positions else self.pictures
        if latest is not None and (latest.message or self.state.blocks.positions):
            parts.append(latest.message or latest.caption)
        if latest is not None and latest.progress < 1:
            parts.append(tr(text.GROWING, percent=round(100 * latest.progress)))
        self.caption.setText(self.label("; ".join(part for part in parts if part)))

    def _reason(self, layer: str) -> str:
        """Return why there is nothing to draw; "" where there is."""
        if self.info is None:
            return self.no_network
        if not layer:
            return tr(text.NO_LAYER)
        if self._failure:
            return self._failure
        if self.blocks is None:
            return tr(text.WAITING, layer=self.label_layer(layer))
        return self.label(self.blocks.message)

    def _draw_picture(self, blocks: BuildingBlocks) -> None:
        positions = self.positions
        if positions is not None and len(positions.norms) and len(positions.pictures):
            cell = min(MAX_CELL_PIXELS, max(MAX_SHEET_PIXELS // max(positions.grid), 8))
            self.picture.show_pixels(draw_positions(positions.pictures, positions.norms, cell))
            return
        pixels = self._frame_of(blocks)
        height, width = pixels.shape[:2]
        factor = OVERLAY_PIXELS / max(height, width)
        size = max(round(height * factor), 1), max(round(width * factor), 1)
        shown = resize_pixels(to_three_channels(pixels), *size)
        drawn = overlay_groups(shown, blocks.groups, self._find_chosen(blocks))
        self.picture.show_pixels(drawn, smooth=True)

    def _find_chosen(self, blocks: BuildingBlocks) -> int | None:
        """Return the group that is selected; None where none is."""
        unit = self.state.unit
        is_own = unit is not None and unit.layer == blocks.name and unit.channel < blocks.count
        return unit.channel if unit is not None and is_own else None

    def _draw_legend(self) -> None:
        blocks = self.blocks
        if blocks is None or not blocks.count:
            return
        self._drawn_choice = self._find_chosen(blocks)
        colors = group_colors(blocks.count)
        tiles = tuple(
            Thumbnail(
                draw_swatch(self._swatch(blocks, number), colors[number], BORDER_PIXELS),
                text.describe_group(blocks, self.votes, number),
                name=str(number),
            )
            for number in range(blocks.count)
        )
        self.legend.show_tiles(tiles, self._drawn_choice)

    def _swatch(self, blocks: BuildingBlocks, number: int) -> NDArray[np.uint8]:
        """Return the picture that a group wants to see; else where it is strongest in the frame."""
        pictures = self.pictures
        if pictures is not None and number < len(pictures.pictures):
            cosine = float(pictures.directions[number] @ blocks.directions[number])
            if cosine >= MIN_COSINE:
                values = (np.clip(pictures.pictures[number], 0, 1) * 255 + 0.5).astype(np.uint8)
                return resize_pixels(to_three_channels(values), SWATCH_PIXELS, SWATCH_PIXELS)
        piece = cut_strongest(self._frame_of(blocks), blocks.groups[number])
        return resize_pixels(to_three_channels(piece), SWATCH_PIXELS, SWATCH_PIXELS)

    def _frame_of(self, blocks: BuildingBlocks) -> NDArray[np.uint8]:
        """Return the frame that the groups are of, or the latest."""
        pixels = self._frames.get(blocks.frame)
        if pixels is not None:
            return pixels
        return np.zeros((1, 1, 3), np.uint8) if self.live is None else self.live.pixels

    def export_values(self) -> NDArray[Any] | None:
        """Return the coefficients (k, H, W)."""
        return None if self.blocks is None or not self.blocks.count else self.blocks.groups

    def export_recipe(self) -> dict[str, Any]:
        """Return what the groups are of."""
        if self.blocks is None:
            return {}
        return {
            "layer": self.blocks.layer,
            "k": self.blocks.count,
            "directions": self.blocks.digest,
        }
