"""The Atlas tab: pictures of the regions of a layer's activations, under the live cross."""

import numpy as np
from PyQt6.QtCore import QSignalBlocker, pyqtSignal
from PyQt6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from dnnvis.app.activation_map.tabs.atlas_view import AtlasCanvas
from dnnvis.app.activation_map.tabs.base import MapTab, MapTabData
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.controls import create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.thumbnail_grid import Thumbnail, ThumbnailGrid
from dnnvis.core.atlas_view import (
    AtlasCellExamples,
    AtlasPoint,
    AtlasRegion,
    AtlasView,
    Cell,
)
from dnnvis.core.formatting import format_number
from dnnvis.core.translation.catalog import tr
from dnnvis.session import map_state
from dnnvis.session.session import Session

NO_EXAMPLES = "What was seen in a region is shown here, once there is an atlas."
NO_CHOICE = "Click a picture above: what was seen in its region is shown here."
NO_CELL = "Point at a picture: which classes it speaks for."
PENDING = "The atlas is not here yet: it is read with the first picture."
READING = "Reading the pictures ..."
NO_WAY_BACK = "UMAP has no way back from a point to activations: make an atlas with layout map."
ALL_CLASSES = "all classes"
MAX_NAMED_CLASSES = 3
NO_NEIGHBOR = "nearest to ..."
CATEGORY_TIP = (
    "Show how far each region speaks for one class: the mean over its activations of gradient x "
    "activation of the class's logit, a linear approximation"
)
NEIGHBOR_TIP = (
    "Outline the cells of the class at the left that lie nearest to cells of another class: what "
    "the layer sees alike in both"
)
NEIGHBOR_NEEDS_CLASS = "Choose a class at the left first; then its cells nearest to another class"
NEAR_LINES = 3
SHORT = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
ATTACKED_NETWORK = "net2-cifar10"  # whose classes `dnnvis reproduce atlas-attack` takes


class AtlasTab(MapTab):
    """The newest atlas of the network, what the cell under the mouse speaks for, its examples.

    ``make_requested``: an atlas is to be made.
    """

    make_requested = pyqtSignal()

    mail_keys = (
        map_state.ATLAS,
        map_state.ATLAS_POINT,
        map_state.ATLAS_CELL,
        map_state.ATLAS_REGION,
    )

    def __init__(
        self, session: Session, tab_data: MapTabData, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, tab_data, parent)
        self._pointed: Cell | tuple[()] = ()
        self._classes: tuple[str, ...] = ()
        self.canvas = AtlasCanvas(tr("Activation atlas"), self)
        self.category = QComboBox(self)
        self.category.setAccessibleName(tr("Class the atlas is shown for"))
        self.category.setToolTip(tr(CATEGORY_TIP))
        self.neighbor = QComboBox(self)
        self.neighbor.setAccessibleName(tr("Class that the outlined cells lie nearest to"))
        self.neighbor.setToolTip(tr(NEIGHBOR_NEEDS_CLASS))
        self.neighbor.setSizeAdjustPolicy(SHORT)
        self.neighbor.setMinimumContentsLength(len(NO_NEIGHBOR))
        self.reload = create_tool_button(
            self, "Read again", "Read the newest atlas of this network from disk"
        )
        self.make = create_tool_button(
            self, "New ...", "Make an atlas of a layer over pictures of yours"
        )
        self.decode = create_tool_button(
            self,
            "Decode here",
            "Draw what the layout's decoder says at each place of the part on show, between the "
            "regions, too",
        )
        self.whole = create_tool_button(self, "Regions again", "Take the decoded part away")
        self.description = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.near = ElidedLabel(self, theme.caption_font(self), lines=NEAR_LINES)
        self.examples = ThumbnailGrid(tr("What was seen in the region"), self)
        self.examples.setMinimumHeight(60)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        head = QHBoxLayout()
        head.addWidget(self.category, 1)
        head.addWidget(self.neighbor, 1)
        column.addLayout(head)
        tools = QHBoxLayout()
        for button in (self.make, self.reload, self.decode, self.whole):
            tools.addWidget(button)
        tools.addStretch(1)
        column.addLayout(tools)
        for widget, stretch in (
            (self.canvas, 4),
            (self.near, 0),
            (self.description, 0),
            (self.examples, 1),
        ):
            column.addWidget(widget, stretch)
        for box in (self.category, self.neighbor):
            box.currentIndexChanged.connect(lambda number: self._filter())
        self.canvas.level_changed.connect(self._describe_near)
        self.reload.clicked.connect(
            lambda checked=False: self.choose(atlas_version=self.choice.atlas_version + 1)
        )
        self.make.clicked.connect(lambda checked=False: self.make_requested.emit())
        self.decode.clicked.connect(
            lambda checked=False: self.choose(atlas_region=self.canvas.visible_region)
        )
        self.whole.clicked.connect(lambda checked=False: self.choose(atlas_region=()))
        self.canvas.pointed.connect(self._point_at)
        self.canvas.pointed_tile.connect(self._point_at_tile)
        self.canvas.clicked.connect(lambda cell: self.choose(atlas_cell=cell))

    @property
    def view(self) -> AtlasView | None:
        """The atlas, where there is one."""
        value = self.tab_data.values.get(map_state.ATLAS)
        return value if isinstance(value, AtlasView) and value.levels else None

    def draw(self, key: str) -> None:
        if key in ("", map_state.ATLAS):
            self._draw_view()
        if key in ("", map_state.ATLAS_POINT):
            self._draw_point()
        if key in ("", map_state.ATLAS, map_state.ATLAS_CELL):
            self._draw_cell()
        if key in ("", map_state.ATLAS, map_state.ATLAS_REGION):
            self._draw_region()

    def _draw_view(self) -> None:
        value = self.tab_data.values.get(map_state.ATLAS)
        reason = self.tab_data.failure_reason(map_state.ATLAS)
        if not reason and isinstance(value, AtlasView):
            reason = "" if value.levels else value.message
        elif not reason:
            reason = tr(PENDING)
        self.canvas.show_view(self.view, reason)
        classes = () if self.view is None else self.view.classes
        if classes != self._classes or not self.category.count():
            self._classes = classes
            with QSignalBlocker(self.category), QSignalBlocker(self.neighbor):
                self.category.clear()
                self.category.addItems([tr(ALL_CLASSES), *classes])
                self.neighbor.clear()
                near = [tr("nearest to {name}", name=name) for name in classes]
                self.neighbor.addItems([tr(NO_NEIGHBOR), *near])
        self.category.setVisible(bool(classes))
        self.neighbor.setVisible(bool(classes))
        self._filter()

    def _filter(self) -> None:
        """Show the chosen class, and which of its cells lie nearest to the other."""
        category = self.category.currentIndex() - 1
        self.canvas.show_category(category)
        self.canvas.show_neighbor(self.neighbor.currentIndex() - 1)
        self.neighbor.setEnabled(category >= 0)
        self.neighbor.setToolTip(tr(NEIGHBOR_TIP if category >= 0 else NEIGHBOR_NEEDS_CLASS))
        self._describe_near()

    def _describe_near(self) -> None:
        text = self.describe_near()
        self.near.setText(text)
        self.near.setVisible(bool(text))

    def describe_near(self) -> str:
        """Return which cells are outlined, or why none; "" where two classes are not chosen."""
        target, source = self.canvas.category, self.canvas.neighbor
        if self.view is None or min(target, source) < 0:
            return ""
        if target == source:
            return tr("Choose two different classes.")
        names = {"target": self.view.classes[target], "source": self.view.classes[source]}
        count = len(self.canvas.outlined)
        if not count:
            return tr(
                "At this zoom no cell speaks for {target}, or none for {source}, more than for all "
                "other classes.",
                **names,
            )
        text = tr(
            "Outlined: {target}'s cells nearest to {source}'s, {count}.", count=count, **names
        )
        info = self.tab_data.info
        if info is None or info.name != ATTACKED_NETWORK:
            return text
        attack = tr(
            "How often patches of such cells flip the answer on {source}: dnnvis reproduce "
            "atlas-attack --pair {source}:{target} ...",
            **names,
        )
        return f"{text} {attack}"

    def _draw_point(self) -> None:
        value = self.tab_data.values.get(map_state.ATLAS_POINT)
        known = isinstance(value, AtlasPoint) and len(value.points) > 0
        self.canvas.show_point(value.points[-1] if known else None)  # type: ignore[union-attr]

    def _draw_cell(self) -> None:
        chosen = self.choice.atlas_cell
        self.canvas.chosen = (chosen[0], chosen[1], chosen[2]) if len(chosen) == 3 else ()
        self.canvas.update()
        self.description.setText(self.describe(self._pointed or self.canvas.chosen))
        value = self.tab_data.values.get(map_state.ATLAS_CELL)
        reason = self.tab_data.failure_reason(map_state.ATLAS_CELL)
        if self.view is None or not chosen:
            self.examples.show_message(tr(NO_EXAMPLES if self.view is None else NO_CHOICE))
        elif reason or not isinstance(value, AtlasCellExamples) or value.cell != chosen:
            self.examples.show_message(reason or tr(READING))
        elif not len(value.thumbs):
            self.examples.show_message(value.message)
        else:
            self.examples.show_tiles(tuple(Thumbnail(thumb) for thumb in value.thumbs))

    def _draw_region(self) -> None:
        chosen, view = self.choice.atlas_region, self.view
        reason = tr(NO_WAY_BACK) if view is not None and view.layout == "umap" else ""
        self.decode.setEnabled(view is not None and not reason)
        if reason:
            self.decode.setToolTip(reason)
        self.whole.setVisible(bool(chosen))
        value = self.tab_data.values.get(map_state.ATLAS_REGION)
        is_current = isinstance(value, AtlasRegion) and value.region == chosen
        region = value if is_current and isinstance(value, AtlasRegion) else None
        self.canvas.show_region(region if chosen and view is not None else None)
        if chosen and not self._pointed:
            self.description.setText(self._describe_region(region))

    def _describe_region(self, region: AtlasRegion | None) -> str:
        """Return how far the decoded part is drawn, or why it is not."""
        failure = self.tab_data.failure_reason(map_state.ATLAS_REGION)
        if failure or (region is not None and region.message):
            return failure or (region.message if region is not None else "")
        if region is None:
            return tr("The places are decoded and drawn, those in the middle first ...")
        if not region.done.all():
            done, count = int(region.done.sum()), len(region.done)
            return tr("{done} of {count} places are drawn.", done=done, count=count)
        return tr("Decoded; pale where no activation lies. Point at a place to read how many do.")

    def _point_at_tile(self, number: int) -> None:
        region = self.canvas.region
        if region is None or number < 0:
            self._draw_region()
            return
        count = int(region.counts[number])
        if count:
            text = tr("Decoded; {count:,} activations lie at this place.", count=count)
        else:
            text = tr("Decoded; no activation lies at this place: the decoder alone says so.")
        self.description.setText(text)

    def _point_at(self, cell: Cell | tuple[()]) -> None:
        self._pointed = cell
        self.description.setText(self.describe(cell or self.canvas.chosen))

    def describe(self, cell: Cell | tuple[()]) -> str:
        """Return what a cell speaks for, in a line; how to use the atlas where there is none."""
        view = self.view
        if view is None:
            return ""
        level = next((one for one in view.levels if cell and one.grid == cell[0]), None)
        if level is None or len(cell) != 3:
            return tr(NO_CELL)
        matches = np.flatnonzero((level.cells == cell[1:]).all(1))
        if not len(matches):
            return tr(NO_CELL)
        number = int(matches[0])
        values = level.attribution[number]
        best = np.argsort(-values, kind="stable")[:MAX_NAMED_CLASSES]
        named = [f"{view.classes[k]} {format_number(float(values[k]))}" for k in best.tolist()]
        count = tr("{count:,} activations", count=int(level.counts[number]))
        if not named:
            return count
        return f"{count}: {', '.join(named)} ({tr('logit, gradient x activation')})"
