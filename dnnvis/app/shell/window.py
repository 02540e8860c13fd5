"""The window: panels in docks, and the way of each value to the panels."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from PyQt6.QtCore import QEvent, Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QCursor, QDragEnterEvent, QDropEvent
from PyQt6.QtWidgets import QApplication, QDockWidget, QMainWindow, QTabBar, QWidget

from dnnvis.app.activation_map.dock import build_map_panel
from dnnvis.app.activation_map.fit_dialog import MapFitDialog
from dnnvis.app.blocks.windows import create_windows
from dnnvis.app.check.panel import CheckPanel
from dnnvis.app.comparison.panel import ComparePanel
from dnnvis.app.edits.held_key import HeldKey
from dnnvis.app.edits.strip import EditBar
from dnnvis.app.examples.panel import ExamplesPanel
from dnnvis.app.forms import Forms
from dnnvis.app.graph.panel import GraphPanel
from dnnvis.app.input.panel import InputPanel
from dnnvis.app.kernels.panel import KernelsPanel
from dnnvis.app.layers.layer_tree import LayerTreePanel
from dnnvis.app.layers.panel import MosaicPanel
from dnnvis.app.lens.panel import LensPanelView
from dnnvis.app.opening.trust import ask_trust
from dnnvis.app.playground.panel import PlaygroundPanel
from dnnvis.app.predictions.panel import PredictionsPanel
from dnnvis.app.probe.perturb_window import PerturbWindow
from dnnvis.app.probe.tuning_window import TuningWindow
from dnnvis.app.problems.panel import ProblemsPanel
from dnnvis.app.recording.desk import RecordingDesk
from dnnvis.app.runtime.backend import CAMERAS, SOURCE, STATE_FILE, TORCHVISION_NAMES, Backend
from dnnvis.app.runtime.bridge import FRAME_SECONDS, Bridge
from dnnvis.app.runtime.frame_stats import FrameStats
from dnnvis.app.runtime.network_openings import INQUIRIES
from dnnvis.app.runtime.open_files import open_example, open_map_example, open_mime, open_source
from dnnvis.app.runtime.source_finder import PARSED_SOURCE
from dnnvis.app.saving.toast import Toast
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.actions import run_action
from dnnvis.app.shell.dock_arrangement import (
    BOTTOM,
    LAYOUT_VERSION,
    LEFT,
    OPTIONAL_PANELS,
    RIGHT,
    arrange_docks,
    follow_dock,
    follow_lens_dock,
    follow_steps_dock,
    resize_docks,
    show_docks,
)
from dnnvis.app.shell.enlarged_page import EnlargedPage
from dnnvis.app.shell.go_to import GoToPalette
from dnnvis.app.shell.help_window import HelpWindow
from dnnvis.app.shell.menus import build_menus, fill_view_menu
from dnnvis.app.shell.modes.cards import move_into_cards, move_into_docks, show_mode, show_titles
from dnnvis.app.shell.modes.page import ModePage
from dnnvis.app.shell.panel_dock import PanelDock
from dnnvis.app.shell.panel_export import add_context_menu
from dnnvis.app.shell.problem_popup import ProblemPopup
from dnnvis.app.shell.source_bar import SourceBar
from dnnvis.app.shell.status_bar import StatusBar
from dnnvis.app.shell.targets import go_to_target, index_window
from dnnvis.app.shell.teaching.teaching import Teaching
from dnnvis.app.shell.typing_guard import is_dragging
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
from dnnvis.app.synthesis.saved_strip import SavedStrip
from dnnvis.app.training.dock import build_train_panel
from dnnvis.app.unit.panel import UnitPanel
from dnnvis.app.widgets import theme
from dnnvis.app.widgets.file_dialogs import remember_saving_folder, set_saving_folder
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.messages import Failure, Live, NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.session.layers import compare_infos
from dnnvis.session.modes import enter_mode, enter_mode_again, unlock_panels
from dnnvis.session.state import Mode, State
from dnnvis.session.steps import has_states, is_open

DROP_HINT = "Drop to open: picture, film, board, folder, checkpoint or state"


class Window(QMainWindow):
    """The main window; created on the main thread, before ``backend`` is started."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self.backend, self.session = backend, backend.session
        if not self.session.state.unlocked:
            self.session.settle(**enter_mode_again(self.session.state))
        self.setWindowTitle("dnnvis")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.setAnimated(False)
        self.frame_stats = FrameStats()
        self.torchvision_names: tuple[str, ...] = ()  # torchvision's, once they are requested
        self.cameras: tuple[tuple[int, str], ...] | None = None  # once they are listed
        self.docks: dict[str, QDockWidget] = {}
        self.panels: list[Panel] = []
        self._panel_names: dict[Panel, str] = {}
        self.has_docks = True  # until the panels are moved into cards
        self._focus_index = 0  # of the visible panels
        self.mosaic = MosaicPanel(self.session, self)
        self.setCentralWidget(self.mosaic)
        self.panels.append(self.mosaic)
        self._add_docks()
        self.page, self.status = ModePage(self), StatusBar(self)
        self.page.hide()
        self.setStatusBar(self.status)
        self.recording = RecordingDesk(backend, self)
        self.context = ActionContext(self.session, backend, self)
        self.source_bar = SourceBar(self.context, self)
        self.addToolBar(self.source_bar)
        self.edit_bar, self.held_key = EditBar(self.session, self), HeldKey(self.session, self)
        self.addToolBarBreak()
        self.addToolBar(self.edit_bar)
        self.panels += [self.edit_bar.strip, *self.forms.panels]
        self.enlarged = EnlargedPage(self, self.source_bar)
        for dock in self.docks.values():
            dock.visibilityChanged.connect(self.enlarged.follow_docks)
        self.toast = Toast(self)
        self.recording.report_to(self.toast.show_text)
        set_saving_folder(self.session.state.save_folder)
        self.toast.saved.connect(partial(remember_saving_folder, self.session))
        self.menus = build_menus(self, self.context)
        fill_view_menu(self.menus.view, self.docks.values(), self.reset_layout, self.context)
        for panel in self.panels:
            add_context_menu(panel, backend.mailbox)
        self.teaching = Teaching(self, self.context)
        self.teaching.fill_menu(self.menus.help)
        index, go = partial(index_window, self.context), partial(go_to_target, self.context)
        self.go_to = GoToPalette(self, index, go)
        self.problem_popup = ProblemPopup(self)
        self.session.history.is_dragging = is_dragging
        self.status.problems_clicked.connect(self.toggle_problems)
        self.guide: HelpWindow | None = None  # once it is opened
        for panel in (self.mosaic, self.steps, self.map):
            panel.hovered.connect(self.status.show_hover)
        self.mosaic.previewed.connect(self.unit.preview)
        self.mosaic.render_offer.offer(self.synthesis.render_layer, self.synthesis.pace.seconds)
        self.mosaic.painted.connect(self.frame_stats.record_paint)
        self.problems.count_changed.connect(self._on_problem_count)
        self._receivers: dict[str, Callable[[Any], None]] = {
            TORCHVISION_NAMES: partial(setattr, self, "torchvision_names"),
            CAMERAS: partial(setattr, self, "cameras"),
            PARSED_SOURCE: backend.open_parsed,
            "busy": self.status.show_busy,
            **dict.fromkeys(INQUIRIES, backend.openings.deliver),
            **self.recording.deliveries,
        }
        self._status_timer = QTimer(self)
        self._status_timer.timeout.connect(self._show_frame_stats)
        self._status_timer.start(500)
        self._pending_trust: set[Any] = set()
        self._looks: tuple[str, float] = (self.session.state.theme, 0.0)  # theme and letters
        self.session.listen(self._show_state)
        self._default_layout = self.saveState(LAYOUT_VERSION)
        if not self.session.state.unlocked:
            self._lock_panels()
        require(self.layout()).activate()  # until then no smaller than all docks open
        self.resize(*SIZE)
        self._restored = self._restore()
        self._show_state(self.session.state)
        self.bridge = Bridge(backend.mailbox, self.deliver, self, FRAME_SECONDS)

    def _add_docks(self) -> None:
        session = self.session
        self.input = self._add_dock("Input", InputPanel(session, self, self.backend), LEFT)
        self.predictions = self._add_dock("Predictions", PredictionsPanel(session, self), LEFT)
        self.layer_tree = self._add_dock("Layer tree", LayerTreePanel(session, self), LEFT)
        self.unit = self._add_dock("Unit", UnitPanel(session, self), RIGHT)
        self.lenses = {
            key: self._add_dock(f"Lens {n}", LensPanelView(session, key, self), RIGHT)
            for n, key in enumerate(session.state.panels, 1)
        }
        self.lens_docks = {
            key: self.docks[f"Lens {n}"] for n, key in enumerate(session.state.panels, 1)
        }
        for key, dock in self.lens_docks.items():
            dock.visibilityChanged.connect(partial(follow_lens_dock, self, key, dock))
        backend = self.backend
        synthesis = SynthesisPanel(session, backend.services.settings, backend.jobs, self)
        self.synthesis = self._add_dock("Synthesis", synthesis, RIGHT)
        examples = ExamplesPanel(session, backend.jobs, partial(open_source, backend), self)
        self.examples = self._add_dock("Examples", examples, RIGHT)
        self.statistics = self._add_dock("Statistics", StatisticsPanel(session, self), RIGHT)
        self.check = self._add_dock("Check", CheckPanel(session, self), BOTTOM)
        self.train = self._add_dock("Train", build_train_panel(backend, self), RIGHT)
        self.steps = self._add_dock("Steps", StepsPanel(session, self), BOTTOM)
        self.steps.example_requested.connect(partial(open_example, backend))
        self.docks["Steps"].visibilityChanged.connect(partial(follow_steps_dock, self))
        self.map = self._add_dock("Map", build_map_panel(backend, self), BOTTOM)
        self.kernels = self._add_dock("Kernels", KernelsPanel(session, self), LEFT)
        self.graph = self._add_dock("Graph", GraphPanel(session, self), BOTTOM)
        compare = ComparePanel(session, backend.services.bundled, self)
        self.compare = self._add_dock("Compare", compare, BOTTOM)
        compare.frame_requested.connect(backend.hold_frame)
        self.playground = self._add_dock("Playground", PlaygroundPanel(backend, self), BOTTOM)
        self.forms = Forms(session, backend.jobs, self)  # windows of their own, as the next one
        self.map_form = MapFitDialog(session, backend.jobs, self)
        self.map.fit_requested.connect(self.map_form.open_dialog)
        self.map.atlas_requested.connect(self.forms.atlas.open_dialog)
        self.map.example_requested.connect(partial(open_map_example, backend))
        for name in OPTIONAL_PANELS:
            dock = self.docks[name.capitalize()]
            dock.visibilityChanged.connect(partial(follow_dock, self, name, dock))
        self.saved_strip = SavedStrip(session, self)
        self.saved_strip.hide()
        self.panels += [self.map_form, self.saved_strip, self.synthesis.parents]
        self.tuning, self.perturb = TuningWindow(session, self), PerturbWindow(session, self)
        self.blocks, self.concepts = create_windows(session, self.forms.concepts.open_dialog, self)
        self.panels += [self.tuning, self.perturb, self.blocks, self.concepts]
        self.problems = self._add_dock("Problems", ProblemsPanel(session, self), BOTTOM)
        arrange_docks(self, self.docks)

    def _add_dock(self, title: str, panel: Any, area: Qt.DockWidgetArea) -> Any:
        dock = PanelDock(title, self)
        dock.setObjectName(title)
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        self.docks[title] = dock
        self._panel_names[panel] = title
        self.panels.append(panel)
        return panel

    def _lock_panels(self) -> None:
        """Show every panel in a card of the mode's layout."""
        self.enlarged.put_back()
        self.has_docks = False
        move_into_cards(self)

    def _unlock_panels(self) -> None:
        """Show every panel in its dock, as the docks were left."""
        self.has_docks = True
        move_into_docks(self)
        saved = decode_layout(self.session.state.window_docks)
        if not self.restoreState(saved, LAYOUT_VERSION):
            self.restoreState(self._default_layout, LAYOUT_VERSION)
            QTimer.singleShot(0, partial(resize_docks, self, self.docks))

    def _show_steps(self, state: State) -> None:
        """Open or close the steps as the network and the user require."""
        if not self.has_docks:
            return
        dock, shown = self.docks["Steps"], is_open(state, self.steps.info)
        if dock.isHidden() == shown:
            dock.setVisible(shown)
            if shown:
                dock.raise_()
                self.resizeDocks([dock], [self.height() * 43 // 100], Qt.Orientation.Vertical)

    def reset_layout(self) -> None:
        """Restore the first layout: every dock where it was at first."""
        self.put_back()
        if not self.has_docks:
            return
        self.restoreState(self._default_layout, LAYOUT_VERSION)
        for bar in self.findChildren(QTabBar):  # Qt's own of the layout before, deleted later
            QApplication.sendPostedEvents(bar, QEvent.Type.DeferredDelete)
        self.session.update(steps=replace(self.session.state.steps, wish="auto"))
        self._show_steps(self.session.state)
        resize_docks(self, self.docks)

    def _restore(self) -> bool:
        """Restore the saved layout; returns whether the window's size was saved, too."""
        state = self.session.state
        restored = self.restoreGeometry(decode_layout(state.window_geometry))
        if not state.unlocked:
            return restored
        if not self.restoreState(decode_layout(state.window_docks), LAYOUT_VERSION):
            QTimer.singleShot(0, partial(resize_docks, self, self.docks))
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

    def deliver(self, key: str, value: Any) -> None:
        """Deliver a value from another thread to the panels that show it."""
        if isinstance(value, NetworkInfo):
            self._show_info(value)
        elif key == "info" and isinstance(value, Failure):
            self._on_open_failed(value)
        elif key in self._receivers:
            self._receivers[key](value)
        elif key.split()[0] in (SOURCE, "problem"):
            self.problems.on_message(key, value)
            self.input.on_message(key, value)
            if isinstance(value, Failure) and value.about == STATE_FILE:
                self.toast.show_text(value.sentence)
        else:
            for panel in self.panels:
                panel.on_message(key, value)
            if isinstance(value, Live):
                self.status.show_live(value)
                self.backend.on_frame(value)
                self.source_bar.show_live(value)
                self.source_bar.truth = self.predictions.truth

    def _show_info(self, info: NetworkInfo) -> None:
        previous = self.backend.info
        already_shown, same_layers, same_rows = compare_infos(previous, info)
        informed = (self.steps,) if same_rows else (self.steps, self.layer_tree)
        for panel in self.panels:
            if same_layers and panel not in informed:
                panel.info = info  # another step of its training, or directions: the rest stays
            else:
                panel.show_info(info)
        self.setWindowTitle(f"{info.name} - dnnvis")
        self.status.show_network(info)
        self._show_steps(self.session.state)
        if not self.has_docks:
            self._follow_network(previous, info)
        for note in () if already_shown else info.notes:
            self.problems.on_message("note", Failure(note, kind="Note"))
        self.backend.on_network_opened(info)

    def _follow_network(self, previous: NetworkInfo | None, info: NetworkInfo) -> None:
        """Go to Time for another network with steps; titles follow any network."""
        state = self.session.state
        if (
            previous is not None
            and previous.choice != info.choice == state.network  # not one that comes too late
            and has_states(info)
            and not has_states(previous)
            and state.mode == "explore"
        ):
            with self.session.adjusting(of_network=True):
                self.session.update(**enter_mode(state, "time"))
        self._show_cards(self.session.state)

    def _on_open_failed(self, failure: Failure) -> None:
        if (
            failure.kind == "NeedsTrust"
            and failure.about not in self._pending_trust
            and failure.about
        ):
            QTimer.singleShot(0, lambda: self._confirm_trust(failure))
        else:
            self.problems.on_message("info", failure)
            if self.has_docks:
                self.docks["Problems"].show()
                self.docks["Problems"].raise_()
            self.status.show_busy(failure.sentence)
        if self.backend.info is None:
            for panel in self.panels:
                panel.show_open_failure(failure)
        self.backend.on_open_failed(failure)

    def _confirm_trust(self, failure: Failure) -> None:
        """Ask whether a user's own file may run; the sentence names it."""
        self._pending_trust.add(failure.about)
        if ask_trust(self, failure.sentence):
            self.session.update(network=replace(failure.about, trust_code=True))
        self._pending_trust.discard(failure.about)

    def _show_state(self, state: State) -> None:
        self._show_looks(state)
        for panel in self.panels:
            panel.show_state(state)
        self.source_bar.show_state(state)
        self.status.show_state(state)
        if state.unlocked and not self.has_docks:
            self._unlock_panels()
        elif self.has_docks and not state.unlocked:
            self.session.settle(window_docks=self._encode_docks())
            self._lock_panels()
        if state.unlocked:
            show_docks(self, self.lens_docks, state)
            self._show_steps(state)
        else:
            self._show_cards(state)

    def _show_cards(self, state: State) -> None:
        """Show the cards of the state's mode, with their titles."""
        show_mode(self.page, state)
        show_titles(self.page, state, self.mosaic.title.text())

    def _encode_docks(self) -> str:
        return encode_layout(self.saveState(LAYOUT_VERSION).data())

    def layout_state(self) -> dict[str, str]:
        """Return the fields of the state that hold the window's size and docks as they are."""
        docks = self._encode_docks() if self.has_docks else self.session.state.window_docks
        geometry = encode_layout(self.saveGeometry().data())
        return {"window_geometry": geometry, "window_docks": docks}

    def _show_frame_stats(self) -> None:
        self.status.show_frame_stats(self.frame_stats, self.backend)
        self.source_bar.show_position()

    def _on_problem_count(self, count: int, notes: int) -> None:
        self.docks["Problems"].setWindowTitle(tr("Problems") + (f" ({count})" if count else ""))
        self.problem_popup.fit()
        self.status.show_problems(count, notes)

    def run_action(self, action_id: str) -> None:
        """Run the action of that id."""
        run_action(self.context, action_id)

    def dialog_parent(self) -> QWidget:
        """Return the window itself: dialogs lie over it."""
        return self

    def raise_dock(self, name: str, *, activate: bool = False) -> None:
        """Raise a dock before those that share its dock area, and its window, if requested."""
        dock = self.docks[name]
        dock.raise_()
        if activate:
            dock.activateWindow()

    def is_covered(self, name: str) -> bool:
        """Return whether other docks hide all of a dock; no card hides another."""
        return self.has_docks and self.docks[name].visibleRegion().isEmpty()

    def panel_with_focus(self) -> Panel:
        """Return the panel that has the focus, the mosaic where none has."""
        widget = QApplication.focusWidget()
        while widget is not None:
            content = widget.widget() if isinstance(widget, QDockWidget) else widget
            if isinstance(content, Panel) and content in self.panels:
                return content
            widget = widget.parentWidget()
        return self.mosaic

    def name_panel(self, panel: Panel) -> str:
        """Return the name of a panel's dock, "Layers" for what lies between the docks."""
        return self._panel_names.get(panel, "Layers")

    def open_guide(self, topic: str) -> None:
        """Open the guide at the section of a panel or page; "" opens its contents."""
        if self.guide is None:
            self.guide = HelpWindow(self)
        self.guide.open_topic(topic)

    def step_focus(self, step: int) -> None:
        """Give the focus to the visible panel that many positions on, and report which it is."""
        visible = [panel for panel in self.panels if panel.isVisible()]
        if visible and self.enlarged.panel is None and not self.page.enlarged:
            self._focus_index = (self._focus_index + step) % len(visible)
            visible[self._focus_index].setFocus()
            self.highlight(visible[self._focus_index])

    def panel_under_mouse(self) -> Panel | None:
        """Return the panel that the mouse points at; None where it points at none."""
        widget = self.childAt(self.mapFromGlobal(QCursor.pos()))
        while widget is not None and not (isinstance(widget, Panel) and widget in self.panels):
            widget = widget.parentWidget()
        return widget

    def put_back(self) -> None:
        """Put back the panel that is enlarged, if one is."""
        self.enlarged.put_back()
        self.page.put_back()

    def close_open(self) -> None:
        """Close what lies over the window, and nothing else: the latest alone."""
        if any(each.close_open() for each in (self.teaching, self.perturb, self.tuning)):
            return
        if self.problem_popup.isVisible():
            self.problem_popup.hide()
        elif self.enlarged.panel is not None:
            self.enlarged.put_back()
        elif not (self.page.close_open() or self.map.drop_picks()) and self.isFullScreen():
            self.show_bars(True)

    def toggle_problems(self) -> None:
        """Open the list of problems over the window, or close it."""
        if self.has_docks:
            dock = self.docks["Problems"]
            dock.setVisible(dock.isHidden())
            dock.raise_()
        else:
            self.problem_popup.toggle()

    def show_bars(self, visible: bool) -> None:
        """Show the menus and bars around the pictures, or the pictures alone on all of the screen.

        Keys work either way.
        """
        for part in (self.menuBar(), self.source_bar, self.statusBar()):
            require(part).setVisible(visible)
        if visible:
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowFullScreen)
        else:
            self.setWindowState(self.windowState() | Qt.WindowState.WindowFullScreen)

    def toggle_bars(self) -> None:
        """Show the pictures alone on all of the screen, or the bars around them again."""
        self.show_bars(require(self.menuBar()).isHidden())

    def enlarge_card(self, name: str) -> None:
        """Enlarge a card of the present mode."""
        self.page.toggle_enlarged(name)

    def scale_letters(self, step: int) -> None:
        """Make the letters a point larger or smaller; 0: as the desktop has them."""
        self.session.update(letters=theme.scale_points(step))

    def _show_looks(self, state: State) -> None:
        """Show another theme or size of the letters, chosen or undone."""
        previous, self._looks = self._looks, (state.theme, state.letters)
        application = QApplication.instance()
        if previous == self._looks or not isinstance(application, QApplication):
            return
        if previous[0] != state.theme:
            theme.apply_theme(application, state.theme)
        if previous[1] != state.letters:
            theme.set_letters(application, state.letters)
            self.page.show_mode(state.mode)

    def enlarge(self, panel: QWidget) -> None:
        """Show the panel over all others; a second call, of whichever, restores it."""
        if not self.has_docks:
            card = self.page.card_at(panel)
            if card is not None:
                self.page.toggle_enlarged(card.name)
            return
        if self.enlarged.panel is not None:
            self.enlarged.put_back()
        elif panel is self.mosaic:
            self.enlarged.borrow(panel, None)
        else:
            dock = next((d for d in self.docks.values() if d.widget() is panel), None)
            if dock is not None:
                self.enlarged.borrow(panel, dock)

    def highlight(self, panel: Panel) -> None:
        """Show in the status line which panel has the focus."""
        name = self.name_panel(panel)
        title = self.docks[name].windowTitle() if name in self.docks else tr("Layers")
        self.status.showMessage(tr("Panel: {title}", title=title), 1500)

    def changeEvent(self, event: QEvent | None) -> None:
        if event is not None and event.type() == QEvent.Type.WindowStateChange:
            self.backend.hide(self.isMinimized())
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        data = event.mimeData() if event else None
        if event is not None and event.source() is not None:
            return  # a picture of the window's own, on its way out
        if event is not None and data is not None and (data.hasUrls() or data.hasImage()):
            event.acceptProposedAction()
            require(self.statusBar()).showMessage(tr(DROP_HINT))

    def dropEvent(self, event: QDropEvent | None) -> None:
        data = event.mimeData() if event else None
        if event is not None and data is not None and (data.hasUrls() or data.hasImage()):
            event.acceptProposedAction()
            open_mime(self, self.backend, data)

    def closeEvent(self, event: QCloseEvent | None) -> None:
        self.session.settle(**self.layout_state())
        self._status_timer.stop()
        self.unit.notes.save()
        self.bridge.close()
        self.recording.close()
        self.backend.stop()
        self.map.leave()
        self.graph.leave()
        super().closeEvent(event)

    def enter_mode(self, mode: Mode) -> None:
        """Show the layout of a mode; the panels leave their docks."""
        self.session.update(**enter_mode(self.session.state, mode))

    def toggle_locked(self) -> None:
        """Put every panel into a dock that the user arranges, or back into the mode's layout."""
        state = self.session.state
        if state.unlocked:
            self.enter_mode(state.mode)
        else:
            self.session.update(**unlock_panels(state))

    def set_theme(self, name: str) -> None:
        """Change between light, dark and the system's choice."""
        self.session.update(theme=name)
