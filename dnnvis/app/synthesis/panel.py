"""What the selected unit wants to see: a picture that grows."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt, QTimer
from PyQt6.QtGui import QAction, QGuiApplication, QImage, QShowEvent
from PyQt6.QtWidgets import QMenu, QVBoxLayout, QWidget

from dnnvis.app.lens import rendering
from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.runtime.throttle import Pace
from dnnvis.app.synthesis import text as say_synthesis
from dnnvis.app.synthesis import transitions as deeds
from dnnvis.app.synthesis.form import RENDER, SynthesisForm
from dnnvis.app.widgets import image_files, messages
from dnnvis.app.widgets.file_dialogs import ask_and_write
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.lens_results import Grown
from dnnvis.core.lens_settings import Settings
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.paths import user_data
from dnnvis.imaging import colorize, contact_sheet
from dnnvis.session.plan_for import PATTERNS, SYNTHESIS
from dnnvis.session.session import Session
from dnnvis.session.state import State, Synthesis

KEPT = "kept"


class SynthesisPanel(Panel):
    """``settings`` are the presets of the lens ``ascent`` and what can be set of them; a
    picture that is of something else than what is to grow counts as stale after ``patience``
    milliseconds."""

    def __init__(
        self,
        session: Session,
        settings: Settings,
        jobs: Jobs,
        parent: QWidget | None = None,
        *,
        patience: int = 300,
    ) -> None:
        super().__init__(session, parent)
        self.got: Grown | Failure | None = None
        self.chosen: int | None = None  # of several pictures; None: the best
        self._said = ""  # what became of the picture that was to be kept
        self._pace = Pace(self, self._redraw, 30)
        self._rereading = Pace(self, self._more_kept, 0.5)
        self.settings, self._jobs = settings, jobs
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(patience)
        self._wait.timeout.connect(self._show_stale)
        self._switches: dict[str, QAction] = {}
        self.form = SynthesisForm(settings, jobs, self._change_setting, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)
        self._connect()
        self.show_state(self.state)

    def _connect(self) -> None:
        form = self.form
        form.preset.activated.connect(lambda _: self._preset(form.preset.currentData()))
        form.nine.toggled.connect(lambda on: self._update(seeds=9 if on else 1))
        form.more.toggled.connect(form.show_settings)
        form.goal.returnPressed.connect(self._goal_typed)
        form.goal.textEdited.connect(lambda text: form.show_error(""))
        form.view.clicked.connect(self._choose)
        for button, verb in (
            (form.main, self.press),
            (form.keep, self.keep_picture),
            (form.seed, self.new_seed),
        ):
            button.clicked.connect(partial(_run, verb))
        form.rest.setMenu(self._menu())
        form.dream.setMenu(self._dreams())
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(
            lambda where: require(form.rest.menu()).popup(self.mapToGlobal(where))
        )

    def _menu(self) -> QMenu:
        menu = QMenu(self)
        for words, name in (
            ("Grow each unit that is selected", "on_click"),
            ("Only at the selected place", "at_place"),
        ):
            action = self._switches[name] = require(menu.addAction(words))
            action.setCheckable(True)
            action.toggled.connect(partial(self._switch, name))
        menu.addSeparator()
        menu.addAction("Render this layer into the library", self.render_layer)
        menu.addSeparator()
        self._of_picture = [
            require(menu.addAction("Save picture (PNG with recipe) ...", self.save)),
            require(menu.addAction("Save numbers (.npy) ...", self._ask_npy)),
            require(menu.addAction("Copy picture", self.copy)),
        ]
        menu.aboutToShow.connect(self._show_choices)
        return menu

    def _dreams(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Dream this frame: the selected unit", partial(self.dream, False))
        menu.addAction("Dream this frame: the layer on show", partial(self.dream, True))
        return menu

    def _show_choices(self) -> None:
        for action in self._of_picture:
            action.setEnabled(self.grown is not None)

    # -- what arrives

    @property
    def wish(self) -> Synthesis:
        return self.state.synthesis

    @property
    def grown(self) -> Grown | None:
        return self.got if isinstance(self.got, Grown) else None

    @property
    def asked(self) -> bool:
        """Whether something is to grow that this network has."""
        goal = self.wish.goal
        known = self.info is not None and bool(goal.strip())
        return known and not say_synthesis.error_of(goal, self.info)

    def show_state(self, state: State) -> None:
        before, self.state = self.state, state
        wish = state.synthesis
        if replace(before.synthesis, kept=wish.kept) != wish:
            self.got = self.grown  # what failed may do now
            self._said = ""
        if before.synthesis.goal != wish.goal:
            self.chosen = None
        self.form.show_wish(wish, self.settings)
        for name, action in self._switches.items():
            with QSignalBlocker(action):
                action.setChecked(getattr(wish, name))
        if before.synthesis.goal != wish.goal or not self.form.goal.hasFocus():
            self.form.goal.setText(wish.goal)
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.got, self.chosen = None, None
        self._redraw()

    def show_mail(self, key: str, value: Any) -> None:
        if key == SYNTHESIS:
            self.got = value
            self._pace.ask()
            if isinstance(value, Grown) and value.kept:
                self._more_kept()  # what is finished is kept
        elif key == KEPT:
            self._more_kept()
            self._said = value.sentence if isinstance(value, Failure) else str(value)
            self._redraw()
        elif key == f"job {RENDER}":
            self.form.job.show_job(value)
            if self.state.grid == PATTERNS or value.finished:
                self._rereading.ask()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _more_kept(self) -> None:
        self.session.update(synthesis=replace(self.wish, kept=self.wish.kept + 1))

    # -- drawing

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        grown = self.grown
        self._show_buttons()
        if not self.form.goal.hasFocus():
            self.form.show_error(say_synthesis.error_of(self.wish.goal, self.info))
        if grown is None or not len(grown.sheet):
            self._wait.stop()
            self.form.show_nothing(self._why_empty())
            return
        self.form.show_grown(grown, self._index(grown), self.wish.paused)
        self.form.notes.setText(grown.trouble or self._said or grown.kept or grown.caption)
        self._check()

    def _why_empty(self) -> str:
        if isinstance(self.got, Failure):
            return self.got.sentence
        return say_synthesis.why_empty(self.info, self.wish.goal, self.wish.paused)

    def _index(self, grown: Grown) -> int:
        """The picture whose numbers are shown: the clicked one, else the best."""
        if self.chosen is not None and self.chosen < len(grown.sheet):
            return self.chosen
        return max(range(len(grown.measures)), key=lambda k: grown.measures[k].value, default=0)

    @property
    def status(self) -> str:
        """idle | growing | paused | finished."""
        if isinstance(self.got, Failure):
            return "idle"
        return deeds.status(self.wish, None if self.why_stale() else self.grown, self.asked)

    def _show_buttons(self) -> None:
        form = self.form
        form.show_status(self.status)
        form.main.setEnabled(self.asked or self.state.unit is not None)
        form.keep.setEnabled(self.grown is not None and not self.why_stale())
        form.seed.setEnabled(self.asked)
        form.dream.setEnabled(self.info is not None)

    def why_stale(self) -> str:
        if self.grown is None:
            return ""
        network = self.info.name if self.info else None
        return say_synthesis.why_stale(self.grown, self.wish.goal, network)

    def _check(self) -> None:
        """Mark the picture as stale once it has been so for a while; unmark it at once."""
        if not self.why_stale() or self.form.view.stale or self._wait.interval() == 0:
            self._wait.stop()
            self._show_stale()
        elif not self._wait.isActive():
            self._wait.start()

    def _show_stale(self) -> None:
        if self.grown is not None:
            self.form.show_stamp(messages.stamp(self.grown), self.why_stale())

    # -- what is chosen

    def _update(self, **changes: Any) -> None:
        self.session.update(synthesis=replace(self.wish, **changes))

    def _preset(self, name: str) -> None:
        self.session.update(synthesis=deeds.with_preset(self.wish, name))

    def _change_setting(self, name: str, value: Any) -> None:
        deeds.changed(self.session, name, value, self.settings)

    def _switch(self, name: str, on: bool) -> None:
        self._update(**{name: on})

    def _goal_typed(self) -> None:
        """Grow what was typed; an error stays beside the text until it is mended."""
        text = self.form.goal.text().strip()
        error = say_synthesis.error_of(text, self.info)
        self.form.show_error(error)
        if not error:
            self.form.goal.clearFocus()
            self._update(goal=text, paused=False)

    def _choose(self, k: int) -> None:
        self.chosen = k
        self._redraw()

    def press(self) -> None:
        """The main button: begin, pause, go on, begin again."""
        if self.status in ("idle", "finished"):
            if self.asked:
                self.session.update(synthesis=deeds.again(self.wish))
            elif self.state.unit is not None:
                self.session.grow(self.state.unit)
        else:
            self._update(paused=not self.wish.paused)

    def keep_picture(self) -> None:
        """Have the picture as it is now kept in the library."""
        if self.grown is not None and not self.why_stale():
            self._update(keep=self.wish.keep + 1, which=self._index(self.grown))

    def new_seed(self) -> None:
        """Begin again from another start."""
        self.session.update(synthesis=deeds.with_new_seed(self.wish))

    def dream(self, layer: bool) -> None:
        self.session.update(synthesis=deeds.dreaming(self.state, self.settings, layer))

    def render_layer(self) -> None:
        """Render every unit of the layer on show, beside the window."""
        state = self.state
        args = job_commands.render_args(state.network, state.layer, self.wish, user_data())
        self._jobs.begin(RENDER, args)

    # -- saving

    def image(self) -> QImage:
        """What is shown, one picture or all nine, with its recipe."""
        grown = require(self.grown)
        several = grown.sheet if len(grown.sheet) > 1 else grown.values[None]
        drawn = np.stack([colorize.picture_rgb(values, grown.scale)[0] for values in several])
        return image_files.image_of(contact_sheet.laid_out(drawn), messages.recipe_of(grown))

    def raw_values(self) -> np.ndarray | None:
        """All pictures (N, H, W, C) in [0, 1]."""
        return None if self.grown is None else self.grown.sheet

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        if self.grown is not None:
            require(QGuiApplication.clipboard()).setImage(self.image())

    def save(self) -> None:
        """Ask for a file and write the picture into it, with its recipe."""
        self._ask(".png", lambda path: image_files.save_png(self.image(), path))

    def _ask_npy(self) -> None:
        self._ask(".npy", lambda path: image_files.save_npy(require(self.grown).sheet, path))

    def _ask(self, suffix: str, write: Any) -> None:
        if self.grown is not None:
            name = rendering.file_name(self.grown, self.wish.preset) + suffix
            ask_and_write(self, Path(name), write)


def _run(verb: Callable[[], None], checked: bool = False) -> None:
    verb()
