"""The Map panel: where the network's whole hidden state is, and how much to trust it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from dnnvis.app.activation_map import export, raster
from dnnvis.app.activation_map import text as map_text
from dnnvis.app.activation_map.callbacks import MapCallbacks
from dnnvis.app.activation_map.empty_state import EmptyMapState
from dnnvis.app.activation_map.export import EXPORT_SCALE
from dnnvis.app.activation_map.legend import MapLegend
from dnnvis.app.activation_map.legend_box import LegendBox
from dnnvis.app.activation_map.plot import MapPlot
from dnnvis.app.activation_map.raster import MAX_PICKED, RenderedMap
from dnnvis.app.activation_map.table import select_rows, write_table
from dnnvis.app.activation_map.tabs.base import same_network
from dnnvis.app.activation_map.tabs.examples import ExamplesTab
from dnnvis.app.activation_map.tabs.tabs import MapTabs
from dnnvis.app.activation_map.toolbar import MapToolbar
from dnnvis.app.widgets import image_files, theme
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.activation_map import (
    Attacks,
    Constellation,
    FramePosition,
    MapData,
    SelectedExamples,
)
from dnnvis.core.errors import DnnvisError
from dnnvis.core.messages import Failure, Live, NetworkInfo, describe_failure
from dnnvis.session.map_selection import choose_coloring, pick_evenly, running_data
from dnnvis.session.map_state import ATTACK, MAP, MAP_DATA, NOISE, PICKED, SEEN, MapChoice
from dnnvis.session.recent import find_folder
from dnnvis.session.session import Session
from dnnvis.session.state import State

MAP_WIDTH_FRACTION = 0.58  # of the panel's width is the map's, the tabs have the rest
MIN_TABS_WIDTH_PIXELS = 300  # pixels of the tabs
MIN_FRAME_INTERVAL_MS = (
    12  # milliseconds between two positions on show, at least: a screen shows no more
)
FRAME_POINT_INTERVAL_MS = 500  # milliseconds between two looks at where the frame is
NEW_NETWORK_CHOICE: dict[str, Any] = {  # what another network begins with
    "picked": (),
    "place": (),
    "seen": (),
    "off": (),
    "data": "",
    "attack_run": 0,
}
NEW_FIT_CHOICE: dict[str, Any] = {"picked": (), "place": (), "seen": (), "data": ""}


class MapPanel(Panel):
    """The activation map with its toolbar, legend and tabs.

    ``hovered`` is the line under the mouse, "" when it leaves; ``fit_requested``: a map is to be
    fitted; ``atlas_requested``: an atlas is to be made; ``example_requested``: a network that has a
    map is to be opened; ``written`` carries the path of a picture or table that was exported.
    """

    hovered = pyqtSignal(str)
    fit_requested = pyqtSignal()
    atlas_requested = pyqtSignal()
    example_requested = pyqtSignal()
    written = pyqtSignal(str)

    def __init__(
        self, session: Session, callbacks: MapCallbacks | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, parent)
        self.received: MapData | Failure | None = None
        self.position: FramePosition | Failure | None = None
        self.live: Live | None = None
        self._callbacks = callbacks or MapCallbacks()
        self._pending_position: FramePosition | Failure | None = None  # not shown yet
        self._frame_timer = QTimer(self)
        self._frame_timer.setSingleShot(True)
        self._frame_timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._frame_timer.setInterval(MIN_FRAME_INTERVAL_MS)
        self._frame_timer.timeout.connect(self._show_pending_position)
        self._pending_rows: tuple[int, ...] = ()  # picked rows, their boards not yet known
        self._export_path: Path | None = None
        self._lasso_count = 0  # how many the lasso held
        self._playing_note = ""  # the notice about the picked pictures
        self._user_resized = False
        self.tools = MapToolbar(session, self)
        self.canvas = MapPlot(self)
        self.legend = MapLegend(self)
        self.legend_box = LegendBox(self.canvas)  # over the map, in a card
        self._point_timer = QTimer(self)
        self._point_timer.setSingleShot(True)
        self._point_timer.setInterval(FRAME_POINT_INTERVAL_MS)
        self._point_timer.timeout.connect(self._ask_for_neighbors)
        self.side = MapTabs(session, self)
        self.empty_state = EmptyMapState(self)
        self.message, self.fit = self.empty_state.message, self.empty_state.fit
        self.line = ElidedLabel(self)
        self.crosses = ElidedLabel(self)  # which cross is whose, while two networks are compared
        self.crosses.hide()
        self.about = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.picture = QWidget(self)
        self._arrange()
        self._connect()
        self.setFocusProxy(self.canvas)
        self.setAccessibleName("Activation map")
        self.canvas.show_choice(self.choice)
        self._show_map()

    def _arrange(self) -> None:
        row = self._row = QHBoxLayout(self.picture)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP // 2)
        row.addWidget(self.canvas, 1)
        row.addWidget(self.legend)
        left = QWidget(self)
        self._stack = QStackedLayout(left)
        self._stack.addWidget(self.empty_state)
        self._stack.addWidget(self.picture)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.side)
        self.splitter.setCollapsible(0, False)
        self.side.setMinimumWidth(
            MIN_TABS_WIDTH_PIXELS
        )  # otherwise its widest tab, visible or not, squeezes the map
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.tools)
        column.addWidget(self.splitter, 1)
        column.addWidget(self.line)
        column.addWidget(self.crosses)
        column.addWidget(self.about)

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.canvas,)

    def fold_parts(self) -> tuple[QWidget, ...]:
        return (self.tools,)

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.about,)

    def arrange_compact(self, on: bool) -> None:
        """Leave the tabs to a card of their own, or take them back."""
        if on:
            self.side.setMinimumWidth(0)
            self.side.setParent(None)
            self._row.removeWidget(self.legend)
            self.legend_box.hold(self.legend)
            self.side.near.near.labels_inside = True
        else:
            self.splitter.addWidget(self.side)
            self.side.setMinimumWidth(MIN_TABS_WIDTH_PIXELS)
            self.side.show()
            self.legend_box.release()
            self._row.addWidget(self.legend)
            self.legend.show()
            self.side.examples.take_near()
            self.side.near.near.labels_inside = False

    def _connect(self) -> None:
        self.tools.fit_requested.connect(self.fit_requested)
        self.side.atlas_requested.connect(self.atlas_requested)
        self.fit.clicked.connect(lambda checked=False: self.fit_requested.emit())
        example = self.empty_state.example
        example.clicked.connect(lambda checked=False: self.example_requested.emit())
        self.tools.lasso.connect(self._set_lasso)
        self.tools.picture_requested.connect(self.export_picture)
        self.tools.table_requested.connect(self.export_table)
        self.tools.pictures_requested.connect(self.browse_pictures)
        self.tools.menu_opens.connect(self._show_backups)
        self.tools.restore_requested.connect(self.restore_map)
        selected = self.side.tabs["selected"]
        if isinstance(selected, ExamplesTab):
            selected.chosen.connect(self.pick)
            selected.pictures_requested.connect(self.browse_pictures)
        self.legend.changed.connect(lambda off: self._update(off=off))
        self.splitter.splitterMoved.connect(self._keep_split)
        self.canvas.rendered.connect(self._show_bounds)
        self.canvas.picked.connect(self.pick)
        self.canvas.hovered.connect(self._hover)
        self.canvas.point_hovered.connect(self._on_point)
        self.canvas.pictures_requested.connect(self._show_seen)
        self.canvas.result_ready.connect(self._receive_result)

    @property
    def choice(self) -> MapChoice:
        return self.state.map

    @property
    def shown_choice(self) -> MapChoice:
        """Return the choice as it is shown: of a map without classes, by predicted class."""
        return choose_coloring(self.state.map, self.map_data)

    def _on_point(self, point: tuple[float, ...]) -> None:
        """Request what lives under the mouse; where it left, soon where the frame is."""
        self._update(place=point)
        if not point:
            self._point_timer.start()

    def _show_seen(self, rows: tuple[int, ...]) -> None:
        """Request the pictures for the part of the map on show."""
        if self.choice.pictures and rows != self.choice.seen:
            self._update(seen=rows)

    def _ask_for_neighbors(self) -> None:
        """Request what lives where the frame is, while the mouse is elsewhere."""
        position, near = self.position, self.side.near
        if not isinstance(position, FramePosition) or not len(position.z) or not near.isVisible():
            return
        point = tuple(float(value) for value in position.z[-1])
        if not self.canvas.mouse_is_over and point != self.choice.place:
            self._update(place=point)

    @property
    def map_data(self) -> MapData | None:
        """Return the map, where there is one with examples in it."""
        return (
            self.received if isinstance(self.received, MapData) and len(self.received.z) else None
        )

    @property
    def _labels(self) -> tuple[str, ...]:
        return self.info.labels if self.info is not None else ()

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        if previous.source != state.source:
            self.canvas.clear_trail()
        if previous.map.fitted != state.map.fitted:
            self.position = self._pending_position = None
            self.canvas.clear_marks()
        is_other = replace(previous.map, place=()) != replace(state.map, place=())  # moves often
        if is_other or previous.second != state.second:
            shown = self.shown_choice
            self.tools.show_map(self.map_data, replace(state, map=shown))
            self.canvas.show_choice(shown)
            self.legend.show_map(self.map_data, shown, self._labels)
            self._show_position()
        self.side.show_state(state)
        if previous.map.picked != state.map.picked:
            self._hover(self.canvas.hovered_row)

    def show_info(self, info: NetworkInfo | None) -> None:
        another = self.info is not None  # the saved choice belongs to the first
        same = same_network(self.info, info)
        super().show_info(info)
        if same:
            self.side.show_info(info)
            return
        self.received = self.position = self.live = self._pending_position = None
        self.side.show_info(info)
        if another:
            umap = self.choice.projection == "umap"  # few maps have it
            self._update(**NEW_NETWORK_CHOICE, **({"projection": "map"} if umap else {}))
        self._show_map()

    def on_message(self, key: str, value: Any) -> None:
        if isinstance(value, Live):
            first, self.live = self.live is None, value
            if first and self.received is None:
                self._show_map()  # now it is read
            self._show_second(value)
        elif key == MAP_DATA and isinstance(value, MapData | Failure):
            self.received = value
            self._show_map()
            self._find_pictures()
        elif key == MAP and isinstance(value, FramePosition | Failure):
            self._pending_position = value
            if not self._frame_timer.isActive():
                self._show_pending_position()
            return
        else:
            self._receive_slow(key, value)
        self.side.on_message(key, value)

    def _receive_slow(self, key: str, value: Any) -> None:
        """Receive what takes longer than a frame: attacks, noise, pictures."""
        if key in (NOISE, ATTACK) and isinstance(value, Constellation | Attacks):
            self.canvas.show_overlay(value)
        elif key == PICKED and isinstance(value, SelectedExamples):
            self._open_board(value)
        elif key == SEEN and isinstance(value, SelectedExamples):
            self.canvas.show_pictures(value)

    def _find_pictures(self) -> None:
        """Look for a map's missing pictures among those that run just now."""
        map_data = self.map_data
        if map_data is not None and not self.choice.data and not Path(map_data.data).exists():
            path = running_data(map_data, self.session.state.source)
            if path:
                self._update(data=path)

    def _show_pending_position(self) -> None:
        """Show the newest frame's position; only the latest of an interval counts."""
        value, self._pending_position = self._pending_position, None
        if value is not None:
            self._frame_timer.start()
            self._set_position(value)
            self.side.on_message(MAP, value)

    def _open_board(self, picked: SelectedExamples) -> None:
        """Run the first board of picked examples of a game, once after each pick."""
        if (
            picked.boards
            and self._pending_rows
            and set(picked.rows.tolist()) <= set(self._pending_rows)
        ):
            self._pending_rows = ()
            self._callbacks.open_board(picked)

    def _set_position(self, position: FramePosition | Failure) -> None:
        self.position = position
        map_data = self.map_data
        here = position if isinstance(position, FramePosition) and map_data is not None else None
        if here is not None and map_data is not None:
            matches = (here.projection, here.version) == (map_data.projection, map_data.version)
            here = here if matches else None
        self.canvas.show_frame_position(here)
        self._show_position()
        if here is not None and not self._point_timer.isActive():
            self._point_timer.start()

    def _show_second(self, live: Live) -> None:
        """Show the second network's cross, and which is whose."""
        second = live.second if self.choice.second else None
        position = None if second is None else second.position
        shown, map_data = None, self.map_data
        if position is not None and map_data is not None:
            matches = (position.projection, position.version) == (
                map_data.projection,
                map_data.version,
            )
            shown = position if matches and len(position.z) else None
        self.canvas.show_second_position(shown)
        text = ""
        if map_data is not None and second is not None:
            text = map_text.describe_crosses(live.network, second)
        self.crosses.setText(text)
        self.crosses.setVisible(bool(text))

    def _show_map(self) -> None:
        map_data = self.map_data
        self._stack.setCurrentWidget(self.picture if map_data is not None else self.empty_state)
        has_frame = self.live is not None
        reason = map_text.no_map_reason(self.received, has_frame)
        self.message.setText(self.no_network if self.info is None else reason)
        is_reading = self.received is None and has_frame
        self.fit.setVisible(map_data is None and self.info is not None and not is_reading)
        self.empty_state.example.setVisible(map_data is None and not is_reading)
        shown = self.shown_choice
        self.canvas.show_choice(shown)
        self.canvas.show_map_data(map_data)
        self.tools.show_map(map_data, replace(self.state, map=shown))
        self.legend.show_map(map_data, shown, self._labels)
        self.legend_box.fit()
        self.about.tip = "" if map_data is None else map_text.tip(map_data)
        self._hover(-1)
        if self.position is not None:
            self._set_position(self.position)  # a still's position may arrive before the map
        else:
            self._show_position()

    def _show_position(self) -> None:
        text = map_text.describe_frame_position(
            self.map_data, self.position, self.choice, self._labels
        )
        self.line.tip = text
        if self.compact:
            self.line.set_parts(text.split(" · "))
        else:
            self.line.setText(text)

    def _show_bounds(self, rendered: RenderedMap) -> None:
        """Show the colors of the picture that is now on show."""
        dots = rendered.request.colour in ("error", "expected")
        field = raster.has_field(rendered.request)
        self.legend.show_bounds(rendered.bounds, field, dots, rendered.request.map_colors)

    def export_values(self) -> Any:
        """Return the positions of the visible (or picked) examples (n, 2)."""
        return (
            None
            if self.map_data is None
            else self.map_data.z[select_rows(self.map_data, self.shown_choice)]
        )

    def export_recipe(self) -> dict[str, Any]:
        """Return how the map on show is computed again."""
        choice = self.shown_choice
        names = ("colour", "kind", "projection", "part", "off", "field")
        own = {name: getattr(choice, name) for name in names}
        return own if self.map_data is None else {**self.map_data.recipe, **own}

    def _update(self, **changes: Any) -> None:
        self.session.update(map=replace(self.session.state.map, **changes))

    def _set_lasso(self, on: bool) -> None:
        self.canvas.lassoing = on
        self.canvas.update_cursor()

    def pick(self, rows: tuple[int, ...]) -> None:
        """Pick these rows and run the network on them, where their pictures are known.

        Without any, the source from before runs again.
        """
        self._lasso_count, self._playing_note = len(rows), ""
        rows = pick_evenly(rows, MAX_PICKED)
        tab = {"tab": "selected"} if rows else {}
        self._update(picked=rows, **tab)
        if rows:
            self._open_pictures(rows)
        else:
            self._callbacks.restore_source()

    def _open_pictures(self, rows: tuple[int, ...]) -> None:
        """Run the pictures of these rows, and report where not all of them do."""
        if self.map_data is not None:
            self._pending_rows = rows
            self._playing_note = self._callbacks.open_examples(self.map_data, rows)
            self._hover(self.canvas.hovered_row)

    def drop_picks(self) -> bool:
        """Pick nothing any more; return whether something was picked on a map in sight."""
        has_picks = self.isVisible() and bool(self.choice.picked or self.canvas.lasso_path)
        if has_picks:
            self.canvas.drop_lasso()
        return has_picks

    def browse_pictures(self, folder: bool) -> None:
        """Ask where the pictures of the map are, and look for them there."""
        start = find_folder(self.choice.data) or self.state.data_folder
        path = export.browse_pictures(self, folder, start)
        if path:
            self.session.update(data_folder=find_folder(path))
            self.choose_pictures(path)

    def choose_pictures(self, path: str) -> None:
        """Look for the pictures of the map in ``path``; those that are picked run."""
        self._update(data=path)
        if self.choice.picked:
            self._open_pictures(self.choice.picked)

    def _show_backups(self) -> None:
        received = self.received
        self.tools.show_backups(
            self._callbacks.available_backups(received) if isinstance(received, MapData) else ()
        )

    def restore_map(self, backup: str) -> None:
        """Go back to the map before (previous) or to the bundled one, on the map's thread."""
        received, restore = self.received, self._callbacks.restore
        if isinstance(received, MapData):
            self.canvas.worker.submit("back", lambda: restore(received, backup))

    def leave(self) -> None:
        """Restore what ran before the picks for the next time: the window closes."""
        self._callbacks.leave()

    def _hover(self, row: int) -> None:
        """Show the second line: the dot under the mouse, else what is known of the whole map."""
        map_data = self.map_data
        if map_data is None:
            self.about.setText("")
            return
        if 0 <= row < len(map_data.z):
            text = map_text.dot(map_data, row, self.choice.kind, self._labels)
            self.hovered.emit(text)
        else:
            self.hovered.emit("")
            picked = self.choice.picked
            parts = (
                map_text.describe_selection(picked, self._lasso_count),
                self._playing_note if picked else "",
            )
            text = " · ".join(part for part in (*parts, map_text.about(map_data)) if part)
        self.about.setText(text)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if not self._user_resized:
            width = round(self.width() * MAP_WIDTH_FRACTION)
            self.splitter.setSizes([width, self.width() - width])

    def _keep_split(self, position: int, handle: int) -> None:
        """Store how the user divides the panel."""
        self._user_resized = True

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        if self.choice.place:
            self._update(place=())

    def export_picture(self) -> None:
        """Ask for a file and write the map into it as it looks, twice as sharp."""
        path = export.browse_file(self, "picture")
        if path is not None:
            self.write_picture(path)

    def export_table(self) -> None:
        """Ask for a file and write the visible (or picked) examples into it."""
        path = export.browse_file(self, "table")
        if path is not None:
            self.write_table(path)

    def write_table(self, path: Path) -> None:
        """Write the visible (or picked) examples into a CSV, on the map's thread."""
        map_data, choice = self.map_data, self.shown_choice
        if map_data is not None:
            self.canvas.worker.submit(
                "table", lambda: write_table(map_data, select_rows(map_data, choice), path)
            )

    def write_picture(self, path: Path) -> None:
        """Write map and legend into a PNG with its recipe; rendered on the map's thread first."""
        if self.canvas.request(EXPORT_SCALE) is not None:
            self._export_path = path
            self.canvas.render_export(EXPORT_SCALE)

    def _receive_result(self, key: str, value: Any) -> None:
        """Receive a result of the map's thread."""
        if isinstance(value, Failure):
            self._callbacks.report_problem(value)
        elif key == "table":
            self.written.emit(str(value))
        elif key == "back":
            self._update(fitted=self.choice.fitted + 1, **NEW_FIT_CHOICE)
        elif key == "sharp" and self._export_path is not None:
            path, self._export_path = self._export_path, None
            own = {"panel": "activation map", "network": self.state.network.net}
            recipe = {**own, **self.export_recipe()}
            try:
                image = export.render_picture(self.canvas, self.picture, value, recipe)
                image_files.save_png(image, path)
                self.written.emit(str(path))
            except DnnvisError as error:
                self._callbacks.report_problem(describe_failure(error, str(path)))
