"""The window: panels in docks, and the way of each value to the panels."""

from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import QEvent, Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QDockWidget, QMainWindow, QWidget

from dnnvis.app.activation_map.dock import make_map_panel, open_map_dock
from dnnvis.app.activation_map.fit_dialog import MapForm
from dnnvis.app.examples.panel import ExamplesPanel
from dnnvis.app.input.panel import InputPanel
from dnnvis.app.layers.panel import MosaicPanel
from dnnvis.app.lens.panel import LensPanelView
from dnnvis.app.predictions.panel import PredictionsPanel
from dnnvis.app.problems.panel import ProblemsPanel
from dnnvis.app.runtime.backend import NAMES, SOURCE, Toolbox
from dnnvis.app.runtime.bridge import Bridge
from dnnvis.app.runtime.frame_stats import Pulse
from dnnvis.app.runtime.open_files import look_at, open_path
from dnnvis.app.shell.actions import Deeds
from dnnvis.app.shell.enlarged_page import EnlargedPage
from dnnvis.app.shell.help_overlay import HelpOverlay
from dnnvis.app.shell.menus import build_menus
from dnnvis.app.shell.panel_export import offer
from dnnvis.app.shell.source_bar import SourceBar
from dnnvis.app.shell.status_bar import StatusLine
from dnnvis.app.shell.window_layout import (
    SIZE,
    Box,
    compute_first_box,
    decode_layout,
    encode_layout,
)
from dnnvis.app.statistics.panel import StatisticsPanel
from dnnvis.app.steps.panel import StepsPanel
from dnnvis.app.synthesis.panel import SynthesisPanel
from dnnvis.app.training.dock import float_dock, make_train_panel
from dnnvis.app.unit.panel import UnitPanel
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.session.state import State
from dnnvis.session.steps import is_open, wish_for

LAYOUT_VERSION = 5
BESIDE = ("synthesis", "examples", "statistics", "train", "map")
LEFT, RIGHT, BOTTOM = (
    Qt.DockWidgetArea.LeftDockWidgetArea,
    Qt.DockWidgetArea.RightDockWidgetArea,
    Qt.DockWidgetArea.BottomDockWidgetArea,
)


class Window(QMainWindow):
    """Made on the main thread; ``toolbox`` must not be started before."""

    def __init__(self, toolbox: Toolbox) -> None:
        super().__init__()
        self.toolbox, self.session = toolbox, toolbox.session
        self.setWindowTitle("dnnvis")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setAnimated(False)
        self.pulse = Pulse()
        self.names: tuple[str, ...] = ()  # torchvision's, once somebody wants to know
        self.docks: dict[str, QDockWidget] = {}
        self.panels: list[Panel] = []
        self.mosaic = MosaicPanel(self.session, self)
        self.setCentralWidget(self.mosaic)
        self.panels.append(self.mosaic)
        self._add_docks()
        self.status = StatusLine(self)
        self.setStatusBar(self.status)
        self.deeds = Deeds(self)
        self.bar = SourceBar(self)
        self.addToolBar(self.bar)
        self.enlarged = EnlargedPage(self, self.bar)
        for dock in self.docks.values():
            dock.visibilityChanged.connect(self.enlarged.follow_docks)
        build_menus(self)
        for panel in self.panels:
            offer(self, panel)
        self.help = HelpOverlay(self)
        for panel in (self.mosaic, self.steps, self.map):
            panel.hovered.connect(self.status.show_hover)
        self.mosaic.previewed.connect(self.unit.preview)
        self.mosaic.painted.connect(self.pulse.note)
        self.problems.counted.connect(self._problems_counted)
        self._beat = QTimer(self)
        self._beat.setInterval(500)
        self._beat.timeout.connect(self._show_pulse)
        self._beat.start()
        self._asked: set[Any] = set()
        self.session.listen(self._show_state)
        require(
            self.layout()
        ).activate()  # until then the window may not be smaller than all docks open
        self.resize(*SIZE)
        self._plain = self.saveState(LAYOUT_VERSION)
        self._restored = self._restore()
        self._show_state(self.session.state)
        self.bridge = Bridge(toolbox.mailbox, self.deliver, self)

    # ---- docks -----------------------------------------------------------------------

    def _add_docks(self) -> None:
        session = self.session
        self.input = self._dock("Input", InputPanel(session, self, self.toolbox), LEFT)
        self.predictions = self._dock("Predictions", PredictionsPanel(session, self), LEFT)
        self.unit = self._dock("Unit", UnitPanel(session, self), RIGHT)
        self.lenses = {
            key: self._dock(f"Lens {n}", LensPanelView(session, key, self), RIGHT)
            for n, key in enumerate(session.state.panels, 1)
        }
        self._lens_docks = {
            key: self.docks[f"Lens {n}"] for n, key in enumerate(session.state.panels, 1)
        }
        for key, dock in self._lens_docks.items():
            dock.visibilityChanged.connect(partial(self._lens_visible, key, dock))
        toolbox = self.toolbox
        wants = SynthesisPanel(session, toolbox.catalog.settings, toolbox.jobs, self)
        self.synthesis = self._dock("Synthesis", wants, RIGHT)
        fires = ExamplesPanel(session, toolbox.jobs, partial(look_at, toolbox), self)
        self.examples = self._dock("Examples", fires, RIGHT)
        self.docks["Synthesis"].setWindowTitle("what it wants")
        self.docks["Examples"].setWindowTitle("what it fires on")
        self.statistics = self._dock("Statistics", StatisticsPanel(session, self), RIGHT)
        self.docks["Statistics"].setWindowTitle("statistics")
        self.train = self._dock("Train", make_train_panel(toolbox, self), RIGHT)
        self.steps = self._dock("Steps", StepsPanel(session, self), BOTTOM)
        self.docks["Steps"].visibilityChanged.connect(self._steps_visible)
        self.map = self._dock("Map", make_map_panel(toolbox, self), BOTTOM)
        self.map_form = MapForm(session, toolbox.jobs, self)  # a window of its own
        self.panels.append(self.map_form)
        self.map.fit_asked.connect(self.map_form.ask)
        for name in BESIDE:
            dock = self.docks[name.capitalize()]
            dock.visibilityChanged.connect(partial(self._beside_visible, name, dock))
        self.problems = self._dock("Problems", ProblemsPanel(session, self), BOTTOM)
        self._arrange()

    def _dock(self, title: str, panel: Any, area: Qt.DockWidgetArea) -> Any:
        dock = QDockWidget(title, self)
        dock.setObjectName(title)
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        self.docks[title] = dock
        self.panels.append(panel)
        return panel

    def _lens_visible(self, key: str, dock: QDockWidget, visible: bool) -> None:
        """A closed lens panel asks for nothing."""
        panels, shown = self.session.state.panels, not dock.isHidden()
        if key in panels and panels[key].shown != shown and self.isVisible():
            self.session.update(panels={**panels, key: replace(panels[key], shown=shown)})

    def _beside_visible(self, name: str, dock: QDockWidget, visible: bool) -> None:
        """A closed panel asks for nothing, the statistics neither where others lie on top."""
        part, shown = getattr(self.session.state, name), not dock.isHidden()
        fresh = replace(part, shown=shown)
        if name == "statistics":
            fresh = replace(fresh, on_top=visible)
        if fresh != part and self.isVisible():
            self.session.update(**{name: fresh})

    def _steps_visible(self, visible: bool) -> None:
        """Who opens or closes the steps has them so, whatever a network brings along."""
        state, info = self.session.state, self.steps.info
        shown = not self.docks["Steps"].isHidden()
        if shown != is_open(state, info) and self.isVisible():
            self.session.update(steps=replace(state.steps, wish=wish_for(shown, info)))

    def _show_steps(self, state: State) -> None:
        """Open or close the steps as the network and the user want it."""
        dock, shown = self.docks["Steps"], is_open(state, self.steps.info)
        if dock.isHidden() == shown:
            dock.setVisible(shown)
            if shown:
                dock.raise_()
                self.resizeDocks([dock], [self.height() * 43 // 100], Qt.Orientation.Vertical)

    def _arrange(self) -> None:
        """The layout Explore: what comes in on the left, one unit on the right, and under its
        map the pixels that did it, what it wants, and what it fires on."""
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        unit, *lenses = (self.docks[t] for t in ("Unit", "Lens 1", "Lens 2", "Lens 3"))
        wants, fires = self.docks["Synthesis"], self.docks["Examples"]
        self.setCorner(Qt.Corner.BottomLeftCorner, LEFT)
        self.setCorner(Qt.Corner.BottomRightCorner, RIGHT)
        self.splitDockWidget(unit, lenses[0], down)
        self.splitDockWidget(lenses[0], wants, down)
        self.splitDockWidget(lenses[0], lenses[1], across)
        self.splitDockWidget(lenses[1], lenses[2], across)
        self.splitDockWidget(wants, fires, across)
        self.tabifyDockWidget(fires, self.docks["Statistics"])
        fires.raise_()
        self.splitDockWidget(self.docks["Input"], self.docks["Predictions"], down)
        for title in ("Map", "Problems"):
            self.tabifyDockWidget(self.docks["Steps"], self.docks[title])
        for title in ("Steps", "Map", "Problems"):
            self.docks[title].hide()
        float_dock(self.docks["Train"])

    def _share_out(self) -> None:
        """The sizes to begin with; Qt takes them only once the window has its own."""
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        docks = self.docks
        self.resizeDocks([docks["Input"], docks["Unit"]], [270, 640], across)
        self.resizeDocks([docks["Input"], docks["Predictions"]], [440, 360], down)
        self.resizeDocks([docks["Lens 1"], docks["Lens 2"], docks["Lens 3"]], [200] * 3, across)
        self.resizeDocks([docks["Synthesis"], docks["Examples"]], [320, 320], across)
        right = [docks["Unit"], docks["Lens 1"], docks["Synthesis"]]
        self.resizeDocks(right, [262, 224, 346], down)

    def reset_layout(self) -> None:
        """Put every dock back to where it was at first."""
        self.enlarged.put_back()
        self.restoreState(self._plain, LAYOUT_VERSION)
        self.session.update(steps=replace(self.session.state.steps, wish="auto"))
        self._show_steps(self.session.state)
        self._share_out()

    def _restore(self) -> bool:
        """Take the kept layout; whether the window's size was kept, too."""
        state = self.session.state
        restored = self.restoreGeometry(decode_layout(state.window_geometry))
        if not self.restoreState(decode_layout(state.window_docks), LAYOUT_VERSION):
            QTimer.singleShot(0, self._share_out)
        return restored

    def show_on_screen(self) -> None:
        """Show the window for the first time: as it was left, else inside of its screen."""
        screen = self.screen()
        if not self._restored and screen is not None:
            free = screen.availableGeometry()
            box, maximized = compute_first_box(Box(*free.getRect()))
            self.setGeometry(box.x, box.y, box.width, box.height)
            if maximized:
                self.setWindowState(Qt.WindowState.WindowMaximized)
        self.show()

    # ---- values ----------------------------------------------------------------------

    def deliver(self, key: str, value: Any) -> None:
        """A value from another thread, on its way to whoever shows it."""
        if isinstance(value, NetworkInfo):
            self._show_info(value)
        elif key == "info" and isinstance(value, Failure):
            self._refused(value)
        elif key == NAMES:
            self.names = value
        elif key == "busy":
            self.status.show_busy(value)
        elif key.split()[0] in (SOURCE, "problem"):
            self.problems.show_mail(key, value)
            self.input.show_mail(key, value)
        else:
            for panel in self.panels:
                panel.show_mail(key, value)
            if isinstance(value, Live):
                self.status.show_live(value)

    def _show_info(self, info: NetworkInfo) -> None:
        before = self.toolbox.info
        told = before is not None and before.choice is not None and before.choice == info.choice
        for panel in self.panels:
            if told and before and before.layers == info.layers and panel is not self.steps:
                panel.info = info  # another moment of its training: what is on show stays
            else:
                panel.show_info(info)
        self.setWindowTitle(f"{info.name} - dnnvis")
        self.status.show_network(info)
        self.bar.show_info(info)
        self._show_steps(self.session.state)
        for note in () if told else info.notes:
            self.problems.show_mail("note", Failure(note, kind="Note"))
        self.toolbox.opened(info)

    def _refused(self, failure: Failure) -> None:
        if failure.kind == "NeedsTrust" and failure.about not in self._asked and failure.about:
            QTimer.singleShot(0, lambda: self._ask_trust(failure))
        else:
            self.problems.show_mail("info", failure)
            self.docks["Problems"].show()
            self.docks["Problems"].raise_()
            self.status.show_busy(failure.sentence)
        if self.toolbox.info is None:
            for panel in self.panels:
                panel.show_mail("info", failure)
        self.toolbox.refused(failure)

    def _ask_trust(self, failure: Failure) -> None:
        self._asked.add(failure.about)
        self.deeds.ask_trust(failure)
        self._asked.discard(failure.about)

    def _show_state(self, state: State) -> None:
        for panel in self.panels:
            panel.show_state(state)
        for key, dock in self._lens_docks.items():
            dock.setWindowTitle(state.panels[key].lens)
            if dock.isHidden() == state.panels[key].shown:
                dock.setVisible(state.panels[key].shown)
        for name in BESIDE:
            dock, shown = self.docks[name.capitalize()], getattr(state, name).shown
            if dock.isHidden() == shown:
                dock.setVisible(shown)
                if shown and name == "map":
                    open_map_dock(self, dock)
        self._show_steps(state)
        self.status.show_state(state)
        self.bar.show_state(state)

    def _show_pulse(self) -> None:
        self.status.show_pulse(self.pulse, self.toolbox)
        self.bar.show_place()

    def _problems_counted(self, count: int) -> None:
        self.docks["Problems"].setWindowTitle(f"Problems ({count})" if count else "Problems")
        self.status.show_problems(count)

    # ---- one panel -------------------------------------------------------------------

    def enlarge(self, panel: QWidget) -> None:
        """Show the panel over all others; a second call, of whichever, brings it back."""
        if self.enlarged.panel is not None:
            self.enlarged.put_back()
        elif panel is self.mosaic:
            self.enlarged.borrow(panel, None)
        else:
            dock = next((d for d in self.docks.values() if d.widget() is panel), None)
            if dock is not None:
                self.enlarged.borrow(panel, dock)

    def highlight(self, panel: Panel) -> None:
        """Say in the status line which panel has the focus."""
        title = next((t for t, dock in self.docks.items() if dock.widget() is panel), "Layers")
        self.status.showMessage(f"Panel: {title}", 1500)

    # ---- Qt --------------------------------------------------------------------------

    def changeEvent(self, event: QEvent | None) -> None:
        if event is not None and event.type() == QEvent.Type.WindowStateChange:
            self.toolbox.hide(self.isMinimized())
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        data = event.mimeData() if event else None
        if event is not None and data is not None and data.hasUrls():
            event.acceptProposedAction()
            require(self.statusBar()).showMessage(
                "Drop to open: picture, film, board, folder or checkpoint"
            )

    def dropEvent(self, event: QDropEvent | None) -> None:
        data = event.mimeData() if event else None
        if event is not None and data is not None and data.hasUrls():
            event.acceptProposedAction()
            open_path(self, self.toolbox, data.urls()[0].toLocalFile())

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.session.settle(
            window_geometry=encode_layout(self.saveGeometry().data()),
            window_docks=encode_layout(self.saveState(LAYOUT_VERSION).data()),
        )
        self._beat.stop()
        self.unit.notes.save()
        self.bridge.close()
        self.toolbox.stop()
        self.map.leave()
        super().closeEvent(event)

    def theme_chosen(self, name: str) -> None:
        """Change between light, dark and the system's choice."""
        from PyQt6.QtWidgets import QApplication

        application = QApplication.instance()
        if isinstance(application, QApplication):
            theme.apply(application, name)
        self.session.update(theme=name)
