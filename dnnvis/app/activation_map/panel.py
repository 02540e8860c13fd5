"""The activation map: where the network's whole hidden state is, and how much to trust it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QHideEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QSplitter, QStackedLayout, QVBoxLayout, QWidget

from dnnvis.app.activation_map import export, raster, text
from dnnvis.app.activation_map.callbacks import Ways
from dnnvis.app.activation_map.empty_state import NoMap
from dnnvis.app.activation_map.export import SHARP
from dnnvis.app.activation_map.interactive_plot import MapCanvas
from dnnvis.app.activation_map.legend import MapLegend
from dnnvis.app.activation_map.raster import PICKS, Painted
from dnnvis.app.activation_map.table import rows_of, write_table
from dnnvis.app.activation_map.tabs.base import same_network
from dnnvis.app.activation_map.tabs.examples import SelectedTab
from dnnvis.app.activation_map.tabs.tabs import MapSide
from dnnvis.app.activation_map.toolbar import MapTools
from dnnvis.app.widgets import image_files, theme
from dnnvis.app.widgets.elided_label import Line
from dnnvis.app.widgets.panel import Panel
from dnnvis.core.activation_map import Attacks, Cloud, Constellation, Here, Picked
from dnnvis.core.errors import DnnvisError
from dnnvis.core.messages import Failure, Live, NetworkInfo, failure_of
from dnnvis.session.map_selection import evenly, running_data
from dnnvis.session.map_state import ATTACK, CLOUD, MAP, NOISE, PICKED, MapChoice
from dnnvis.session.session import Session
from dnnvis.session.state import State

SHARE = 0.58  # of the panel's width is the map's, the tabs have the rest
NARROWEST = 300  # pixels of the tabs
PACE = 12  # milliseconds between two places on show, at least: a screen shows no more
OF_A_NETWORK: dict[str, Any] = {  # another one begins with
    "picked": (), "place": (), "off": (), "data": "", "attack_run": 0,
}  # fmt: skip
OF_A_FIT: dict[str, Any] = {"picked": (), "place": (), "data": ""}


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
        self._lassoed = 0  # how many the lasso held
        self._plays = ""  # what is to be said of the pictures that were picked
        self._by_hand = False
        self.tools = MapTools(session, self)
        self.canvas = MapCanvas(self)
        self.legend = MapLegend(self)
        self.side = MapSide(session, self)
        self.nothing = NoMap(self)
        self.words, self.fit = self.nothing.words, self.nothing.fit
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
        self.tools.pictures_asked.connect(self.ask_pictures)
        self.tools.menu_opens.connect(self._show_ways_back)
        self.tools.back_asked.connect(self.go_back)
        selected = self.side.tabs["selected"]
        if isinstance(selected, SelectedTab):
            selected.chosen.connect(self.pick)
            selected.pictures_asked.connect(self.ask_pictures)
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

    @property
    def _labels(self) -> tuple[str, ...]:
        return self.info.labels if self.info is not None else ()

    def show_state(self, state: State) -> None:
        before, self.state = self.state, state
        if before.source != state.source:
            self.canvas.forget_trail()
        if before.map.fitted != state.map.fitted:
            self.said = self._newest = None
            self.canvas.forget_marks()
        if replace(before.map, place=()) != replace(state.map, place=()):  # the mouse moves often
            self.tools.show_map(self.cloud, state)
            self.canvas.show_choice(state.map)
            self.legend.show_map(self.cloud, state.map, self._labels)
            self._show_here()
        self.side.show_state(state)
        if before.map.picked != state.map.picked:
            self._hover(self.canvas.over)

    def show_info(self, info: NetworkInfo | None) -> None:
        another = self.info is not None  # what was saved is of the first
        same = same_network(self.info, info)
        super().show_info(info)
        if same:
            self.side.show_info(info)
            return
        self.got = self.said = self.live = self._newest = None
        self.side.show_info(info)
        if another:
            umap = self.choice.projection == "umap"  # few maps have it
            self._update(**OF_A_NETWORK, **({"projection": "map"} if umap else {}))
        self._show_map()

    def show_mail(self, key: str, value: Any) -> None:
        if isinstance(value, Live):
            first, self.live = self.live is None, value
            if first and self.got is None:
                self._show_map()  # now it is read
        elif key == CLOUD and isinstance(value, Cloud | Failure):
            self.got = value
            self._show_map()
            self._find_pictures()
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

    def _find_pictures(self) -> None:
        """Pictures of a map that are not where they were may be those that run just now."""
        cloud = self.cloud
        if cloud is not None and not self.choice.data and not Path(cloud.data).exists():
            found = running_data(cloud, self.session.state.source)
            if found:
                self._update(data=found)

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
        here = said if isinstance(said, Here) and cloud is not None else None
        if here is not None and cloud is not None:
            mine = (here.projection, here.version) == (cloud.projection, cloud.version)
            here = here if mine else None
        self.canvas.show_here(here)
        self._show_here()

    def _show_map(self) -> None:
        cloud = self.cloud
        self._stack.setCurrentWidget(self.picture if cloud is not None else self.nothing)
        looks = self.live is not None
        self.words.setText(text.why_no_map(self.got, self.info, looks))
        reads = self.got is None and looks
        self.fit.setVisible(cloud is None and self.info is not None and not reads)
        self.canvas.show_cloud(cloud)
        self.tools.show_map(cloud, self.state)
        self.legend.show_map(cloud, self.choice, self._labels)
        self.about.tip = "" if cloud is None else text.tip(cloud)
        self._hover(-1)
        if self.said is not None:
            self._heard(self.said)  # of a still the place may come before the map
        else:
            self._show_here()

    def _show_here(self) -> None:
        self.line.setText(text.here(self.cloud, self.said, self.choice, self._labels))

    def _painted(self, painted: Painted) -> None:
        """Another picture is on show: its colours stand beside it."""
        dots = painted.wish.colour in ("error", "expected")
        field = raster.has_field(painted.wish)
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
        self.canvas.show_cursor()

    def pick(self, rows: tuple[int, ...]) -> None:
        """Make these rows the picked ones, and what the network runs on, where that is known;
        without any the source from before runs again."""
        self._lassoed, self._plays = len(rows), ""
        rows = evenly(rows, PICKS)
        tab = {"tab": "selected"} if rows else {}
        self._update(picked=rows, **tab)
        if rows:
            self._play(rows)
        else:
            self._ways.back()

    def _play(self, rows: tuple[int, ...]) -> None:
        """Run the pictures of these rows, and say where not all of them do."""
        if self.cloud is not None:
            self._waits = rows
            self._plays = self._ways.open_rows(self.cloud, rows)
            self._hover(self.canvas.over)

    def ask_pictures(self, folder: bool) -> None:
        """Ask where the pictures of the map are, and look for them there."""
        path = export.ask_pictures(self, folder, self.choice.data)
        if path:
            self.choose_pictures(path)

    def choose_pictures(self, path: str) -> None:
        """The pictures of the map are there; those that are picked run."""
        self._update(data=path)
        if self.choice.picked:
            self._play(self.choice.picked)

    def _show_ways_back(self) -> None:
        got = self.got
        self.tools.show_ways_back(self._ways.ways_back(got) if isinstance(got, Cloud) else ())

    def go_back(self, which: str) -> None:
        """Go back to the map before (previous) or to the bundled one, on the map's thread."""
        got, back_to = self.got, self._ways.back_to
        if isinstance(got, Cloud):
            self.canvas.aside.ask("back", lambda: back_to(got, which))

    def leave(self) -> None:
        """The window closes: what ran before the picks runs the next time."""
        self._ways.leave()

    def _hover(self, row: int) -> None:
        """The second line: the dot under the mouse, else what is known of the whole map."""
        cloud = self.cloud
        if cloud is None:
            self.about.setText("")
            return
        if 0 <= row < len(cloud.z):
            words = text.dot(cloud, row, self.choice.kind, self._labels)
            self.hovered.emit(words)
        else:
            self.hovered.emit("")
            chosen = self.choice.picked
            told = (text.picked(chosen, self._lassoed), self._plays if chosen else "")
            words = " · ".join(part for part in (*told, text.about(cloud)) if part)
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
        path = export.ask_file(self, "picture")
        if path is not None:
            self.write_picture(path)

    def ask_table(self) -> None:
        """Ask for a file and write the visible (or picked) examples into it."""
        path = export.ask_file(self, "table")
        if path is not None:
            self.write_table(path)

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
        elif key == "back":
            self._update(fitted=self.choice.fitted + 1, **OF_A_FIT)
        elif key == "sharp" and self._to_write is not None:
            place, self._to_write = self._to_write, None
            own = {"panel": "activation map", "network": self.state.network.net}
            about = {**own, **self.recipe()}
            try:
                image = export.sharp_picture(self.canvas, self.picture, value, about)
                image_files.save_png(image, place)
                self.written.emit(str(place))
            except DnnvisError as why:
                self._ways.problem(failure_of(why, str(place)))
