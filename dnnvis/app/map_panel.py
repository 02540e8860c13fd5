"""The activation map: where the network's whole hidden state is, and how much to trust it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QImage, QPixmap, QResizeEvent
from PyQt6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app import map_raster, save, say_map, theme
from dnnvis.app.line import Line
from dnnvis.app.map_canvas import MapCanvas
from dnnvis.app.map_legend import MapLegend
from dnnvis.app.map_raster import PICKS, Painted
from dnnvis.app.map_side import MapSide
from dnnvis.app.map_table import rows_of, write_table
from dnnvis.app.map_tools import MapTools
from dnnvis.app.panel import Panel, label, push_button
from dnnvis.core.errors import DnnvisError
from dnnvis.core.mail import Failure, Live, NetworkInfo, failure_of
from dnnvis.core.mapped import Attacks, Cloud, Constellation, Here, Picked
from dnnvis.session.mapping import ATTACK, CLOUD, MAP, NOISE, PICKED, MapChoice
from dnnvis.session.session import Session
from dnnvis.session.state import State

SHARE = 0.58  # of the panel's width is the map's, the tabs have the rest
NARROWEST = 300  # pixels of the tabs
SHARP = 2.0  # picture dots a pixel in an exported picture

PACE = 12  # milliseconds between two places on show, at least: a screen shows no more
OF_A_MAP: dict[str, Any] = {"picked": (), "place": (), "off": ()}  # another map has others


@dataclass(frozen=True)
class Ways:
    """What a map asks of the window: ``open_rows`` makes the examples in those rows of a cloud
    the source, where their pictures are still there; ``open_board`` the first of picked boards;
    ``back`` brings the source from before the picks; ``problem`` is told what went wrong."""

    open_rows: Callable[[Cloud, tuple[int, ...]], None] = lambda cloud, rows: None
    open_board: Callable[[Picked], None] = lambda picked: None
    back: Callable[[], None] = lambda: None
    problem: Callable[[Failure], None] = lambda failure: None


class MapPanel(Panel):
    """``hovered`` is the line under the mouse, '' when it leaves; ``fit_asked``: a map is to be
    fitted; ``written`` with the path of a picture or table that was exported."""

    hovered = pyqtSignal(str)
    fit_asked = pyqtSignal()
    written = pyqtSignal(str)

    def __init__(
        self, session: Session, ways: Ways | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(session, parent)
        self.got: Cloud | Failure | None = None
        self.said: Here | Failure | None = None
        self.live: Live | None = None
        self._ways = ways or Ways()
        self._newest: Here | Failure | None = None  # not shown yet
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setTimerType(Qt.TimerType.PreciseTimer)
        self._pace.setInterval(PACE)
        self._pace.timeout.connect(self._show_newest)
        self._waits: tuple[int, ...] = ()  # rows that were picked, their boards not yet known
        self._to_write: Path | None = None
        self._by_hand = False
        self.tools = MapTools(session, self)
        self.canvas = MapCanvas(self)
        self.legend = MapLegend(self)
        self.side = MapSide(session, self)
        self.words = label(self, muted=True)
        self.fit = push_button(self, "Fit a map ...", "Fit a map for this network on a data set")
        self.line = Line(self)
        self.about = Line(self, theme.small(self), muted=True)
        self.picture = QWidget(self)
        self._arrange()
        self._connect()
        self.setFocusProxy(self.canvas)
        self.setAccessibleName("Activation map")
        self.canvas.show_choice(self.choice)
        self._show_map()

    def _arrange(self) -> None:
        row = QHBoxLayout(self.picture)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.GAP // 2)
        row.addWidget(self.canvas, 1)
        row.addWidget(self.legend)
        self.nothing = QWidget(self)
        empty = QVBoxLayout(self.nothing)
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.addStretch(1)
        empty.addWidget(self.words)
        empty.addSpacing(theme.GAP)
        empty.addWidget(self.fit, 0, Qt.AlignmentFlag.AlignHCenter)
        empty.addStretch(1)
        left = QWidget(self)
        self._stack = QStackedLayout(left)
        self._stack.addWidget(self.nothing)
        self._stack.addWidget(self.picture)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.side)
        self.splitter.setCollapsible(0, False)
        self.side.setMinimumWidth(NARROWEST)  # else its widest tab, seen or not, presses the map
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.tools)
        column.addWidget(self.splitter, 1)
        column.addWidget(self.line)
        column.addWidget(self.about)

    def _connect(self) -> None:
        self.tools.fit_asked.connect(self.fit_asked)
        self.fit.clicked.connect(lambda checked=False: self.fit_asked.emit())
        self.tools.lasso.connect(self._lasso)
        self.tools.picture_asked.connect(self.ask_picture)
        self.tools.table_asked.connect(self.ask_table)
        self.legend.changed.connect(lambda off: self._update(off=off))
        self.splitter.splitterMoved.connect(self._shared)
        self.canvas.painted.connect(self._painted)
        self.canvas.picked.connect(self.pick)
        self.canvas.hovered.connect(self._hover)
        self.canvas.pointed.connect(lambda place: self._update(place=place))
        self.canvas.made.connect(self._made)

    # -- what arrives

    @property
    def choice(self) -> MapChoice:
        return self.state.map

    @property
    def cloud(self) -> Cloud | None:
        """The map, where there is one with examples in it."""
        return self.got if isinstance(self.got, Cloud) and len(self.got.z) else None

    def show_state(self, state: State) -> None:
        before, self.state = self.state, state
        if before.source != state.source:
            self.canvas.forget_trail()
        if replace(before.map, place=()) != replace(state.map, place=()):  # the mouse moves often
            self.tools.show_map(self.cloud, state)
            self.canvas.show_choice(state.map)
            self.legend.show_map(self.cloud, state.map)
        self.side.show_state(state)
        if before.map.kind != state.map.kind:
            self._show_here()
        if before.map.picked != state.map.picked:
            self._hover(self.canvas.over)

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        another = self.got is not None
        self.got = self.said = self.live = self._newest = None
        self.side.show_info(info)
        if another and self.choice != replace(self.choice, **OF_A_MAP):
            self._update(**OF_A_MAP)
        self._show_map()

    def show_mail(self, key: str, value: Any) -> None:
        if isinstance(value, Live):
            self.live = value
        elif key == CLOUD and isinstance(value, Cloud | Failure):
            self.got = value
            self._show_map()
        elif key == MAP and isinstance(value, Here | Failure):
            self._newest = value
            if not self._pace.isActive():
                self._show_newest()
            return
        elif key in (NOISE, ATTACK) and isinstance(value, Constellation | Attacks):
            self.canvas.show_extra(value)
        elif key == PICKED and isinstance(value, Picked):
            self._run_board(value)
        self.side.show_mail(key, value)

    def _show_newest(self) -> None:
        """Show where the newest frame is; of more than a screen shows the latest counts."""
        value, self._newest = self._newest, None
        if value is not None:
            self._pace.start()
            self._heard(value)
            self.side.show_mail(MAP, value)

    def _run_board(self, picked: Picked) -> None:
        """Examples of a game come as boards: the first runs, once after each pick."""
        if picked.boards and self._waits and set(picked.rows.tolist()) <= set(self._waits):
            self._waits = ()
            self._ways.open_board(picked)

    def _heard(self, said: Here | Failure) -> None:
        self.said = said
        cloud = self.cloud
        mine = isinstance(said, Here) and cloud and said.projection == cloud.projection
        self.canvas.show_here(said if mine else None)
        self._show_here()

    def _show_map(self) -> None:
        cloud = self.cloud
        self._stack.setCurrentWidget(self.picture if cloud is not None else self.nothing)
        self.words.setText(say_map.why_no_map(self.got, self.info))
        self.fit.setVisible(cloud is None and self.info is not None and self.got is not None)
        self.canvas.show_cloud(cloud)
        self.tools.show_map(cloud, self.state)
        self.legend.show_map(cloud, self.choice)
        self.about.tip = "" if cloud is None else say_map.tip(cloud)
        self._hover(-1)
        if self.said is not None:
            self._heard(self.said)  # of a still the place may come before the map
        else:
            self._show_here()

    def _show_here(self) -> None:
        self.line.setText(say_map.here(self.cloud, self.said, self.choice.kind))

    def _painted(self, painted: Painted) -> None:
        """Another picture is on show: its colours stand beside it."""
        dots = painted.wish.colour in ("error", "expected")
        field = map_raster.has_field(painted.wish)
        self.legend.show_bounds(painted.bounds, field, dots, painted.wish.inks)

    def raw_values(self) -> Any:
        """The places of the visible (or picked) examples (n, 2)."""
        return None if self.cloud is None else self.cloud.z[rows_of(self.cloud, self.choice)]

    def recipe(self) -> dict[str, Any]:
        """How the map on show is made again."""
        choice = self.choice
        wishes = ("colour", "kind", "projection", "part", "off", "field")
        own = {name: getattr(choice, name) for name in wishes}
        return own if self.cloud is None else {**self.cloud.recipe, **own}

    # -- what is chosen

    def _update(self, **changes: Any) -> None:
        self.session.update(map=replace(self.session.state.map, **changes))

    def _lasso(self, on: bool) -> None:
        self.canvas.lassoing = on
        self.canvas.setCursor(Qt.CursorShape.CrossCursor if on else Qt.CursorShape.ArrowCursor)

    def pick(self, rows: tuple[int, ...]) -> None:
        """Make these rows the picked ones, and what the network runs on, where that is known;
        without any the source from before runs again."""
        rows = tuple(rows[:PICKS])
        tab = {"tab": "selected"} if rows else {}
        self._update(picked=rows, **tab)
        if rows and self.cloud is not None:
            self._waits = rows
            self._ways.open_rows(self.cloud, rows)
        elif not rows:
            self._ways.back()

    def _hover(self, row: int) -> None:
        """The second line: the dot under the mouse, else what is known of the whole map."""
        cloud = self.cloud
        if cloud is None:
            self.about.setText("")
            return
        if 0 <= row < len(cloud.z):
            words = say_map.dot(cloud, row, self.choice.kind)
            self.hovered.emit(words)
        else:
            self.hovered.emit("")
            words = " · ".join(
                part for part in (say_map.picked(self.choice.picked), say_map.about(cloud)) if part
            )
        self.about.setText(words)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if not self._by_hand:
            wide = round(self.width() * SHARE)
            self.splitter.setSizes([wide, self.width() - wide])

    def _shared(self, place: int, which: int) -> None:
        """The user divides the panel: so it stays."""
        self._by_hand = True

    def hideEvent(self, event: QHideEvent | None) -> None:
        super().hideEvent(event)
        if self.choice.place:
            self._update(place=())

    # -- export

    def ask_picture(self) -> None:
        """Ask for a file and write the map into it as it looks, twice as sharp."""
        path = QFileDialog.getSaveFileName(self, "Export the map", "map.png", "Picture (*.png)")[0]
        if path:
            self.write_picture(Path(path))

    def ask_table(self) -> None:
        """Ask for a file and write the visible (or picked) examples into it."""
        path = QFileDialog.getSaveFileName(self, "Export the examples", "map.csv", "CSV (*.csv)")[0]
        if path:
            self.write_table(Path(path))

    def write_table(self, place: Path) -> None:
        """Write the visible (or picked) examples into a CSV, on the map's thread."""
        cloud, choice = self.cloud, self.choice
        if cloud is not None:
            self.canvas.aside.ask(
                "table", lambda: write_table(cloud, rows_of(cloud, choice), place)
            )

    def write_picture(self, place: Path) -> None:
        """Write map and legend into a PNG with its recipe; painted on the map's thread first."""
        if self.canvas.wish(SHARP) is not None:
            self._to_write = place
            self.canvas.paint_sharp(SHARP)

    def _made(self, key: str, value: Any) -> None:
        """Something that was asked of the map's thread is there."""
        if isinstance(value, Failure):
            self._ways.problem(value)
        elif key == "table":
            self.written.emit(str(value))
        elif key == "sharp" and self._to_write is not None:
            place, self._to_write = self._to_write, None
            try:
                save.save_png(self._sharp_picture(value), place)
                self.written.emit(str(place))
            except DnnvisError as why:
                self._ways.problem(failure_of(why, str(place)))

    def _sharp_picture(self, painted: Painted) -> QImage:
        """Map and legend as they look, with the dots of ``painted``."""
        pixmap = QPixmap(self.picture.size() * SHARP)
        pixmap.setDevicePixelRatio(SHARP)
        with self.canvas.showing(painted):
            self.picture.render(pixmap)
        image = pixmap.toImage()
        own = {"panel": "activation map", "network": self.state.network.net}
        save.write_recipe(image, {**own, **self.recipe()})
        return image
