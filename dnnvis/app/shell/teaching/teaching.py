"""Hold together what explains the window and what is shown over it."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFileDialog, QMenu

from dnnvis import guide
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.help_overlay import HelpOverlay
from dnnvis.app.shell.modes.cards import CARD_TITLES
from dnnvis.app.shell.teaching.about import build_about
from dnnvis.app.shell.teaching.card_frame import CardFrame
from dnnvis.app.shell.teaching.card_help import CardHelp
from dnnvis.app.shell.teaching.coach_marks import CoachMarks
from dnnvis.app.shell.teaching.lesson_bar import LessonBar
from dnnvis.app.shell.teaching.lesson_commands import LessonStage
from dnnvis.app.shell.teaching.lesson_player import LessonPlayer
from dnnvis.app.shell.teaching.pen_overlay import PenOverlay
from dnnvis.app.shell.teaching.pointer_ring import PointerRing
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.errors import BadInput
from dnnvis.core.messages import Failure
from dnnvis.core.translation.catalog import tr
from dnnvis.session.lesson import Lesson, read_lesson
from dnnvis.session.recent import find_folder, first_folder
from dnnvis.session.state import Mode

if TYPE_CHECKING:
    from dnnvis.app.shell.window import Window

LESSON_FILTER = "Lessons (*.toml);;All files (*)"


class Teaching:
    """Lessons, coach marks, what cards mean, a pointer and a pen: all over one window."""

    def __init__(self, window: "Window", context: ActionContext) -> None:
        self._window, self._context = window, context
        self.keys = HelpOverlay(window)
        self.cards = CardHelp(window, self._list_titles)
        self.cards.requested.connect(self._open_more)
        self.hints = CoachMarks(context.session, window.page)
        self.player = LessonPlayer(LessonStage(context, window.page), window)
        self.bar = LessonBar(self.player, window)
        window.addToolBar(Qt.ToolBarArea.BottomToolBarArea, self.bar)
        self.frame = CardFrame(window.page)
        self.player.changed.connect(self._point)
        self.pen = PenOverlay(window)
        self.pointer = PointerRing(window)

    def close_open(self) -> bool:
        """Close what lies over the cards; return whether there was anything."""
        for overlay in (self.keys, self.cards):
            if overlay.isVisible():
                overlay.hide()
                return True
        if self.pen.isVisible():
            self.pen.end()
        elif self.pointer.is_on:
            self.pointer.toggle()
        elif any(mark.isVisible() for mark in self.hints.marks.values()):
            self.hints.dismiss()
        else:
            return False
        return True

    def fill_menu(self, menu: QMenu) -> None:
        """Add lessons, the tips and what the program is to the menu Help."""
        lessons = require(menu.addMenu(tr("Lessons")))
        for name in guide.list_lessons():
            path = guide.find_lesson(name)
            action = require(lessons.addAction(self.read(path).title))
            action.triggered.connect(partial(self.play, path))
        lessons.addSeparator()
        choose = require(lessons.addAction(tr("Open a lesson ...")))
        choose.setStatusTip(
            tr("a file in which a teacher wrote what the window shows, step by step")
        )
        choose.triggered.connect(lambda checked=False: self.choose_lesson())
        entries = ((tr("All words"), "glossary"), (tr("Show the tips again"), "hints"))
        for text, request in entries:
            action = require(menu.addAction(text))
            action.triggered.connect(lambda checked=False, r=request: self._open_more(r))
        menu.addSeparator()
        about = require(menu.addAction(tr("About dnnvis")))
        about.triggered.connect(lambda checked=False: build_about(self._window).open())

    def choose_lesson(self) -> None:
        """Ask for the file of a lesson, and play it."""
        session, title = self._context.session, tr("Open a lesson")
        folder = first_folder(session.state.lesson_folder)
        path = QFileDialog.getOpenFileName(self._window, title, folder, tr(LESSON_FILTER))[0]
        if path:
            session.update(lesson_folder=find_folder(path))
            self.play(Path(path))

    def read(self, path: Path) -> Lesson:
        """Read the lesson in a file; raises BadInput where it is none."""
        presets = [preset.name for preset in self._context.backend.services.settings.presets]
        known = {"point": list(CARD_TITLES), "enlarge": list(CARD_TITLES), "preset": presets}
        return read_lesson(path, known)

    def play(self, path: Path, checked: bool = False) -> None:
        """Play a lesson; what is wrong with it becomes a line in Problems, shown at once."""
        try:
            self.player.start(self.read(path))
        except BadInput as error:
            window = self._window
            window.problems.on_message("problem lesson", Failure(str(error), kind="BadInput"))
            window.status.show_busy(str(error))
            if not window.problem_popup.isVisible():
                window.toggle_problems()

    def _point(self) -> None:
        step = self.player.step
        self.frame.point_at("" if step is None else step.point)

    def _list_titles(self) -> tuple[Mode, list[str]]:
        """Return the mode, and the titles of its cards as they are now."""
        state, page = self._context.state, self._window.page
        titles = []
        for name in page.plan.boxes:
            card = CARD_TITLES[name]
            shown = page.cards[name].word
            titles.append(card.title if name == "mosaic" or not card.header else shown)
        return state.mode, [title for title in titles if title != "Unit"]

    def _open_more(self, request: str) -> None:
        if request == "keys":
            self.keys.toggle()
        elif request == "hints":
            self._window.enter_mode("explore")
            self.hints.start(again=True)
        else:
            self._window.open_guide("" if request == "guide" else request)
