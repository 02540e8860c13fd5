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

from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.synthesis import text as synthesis_text
from dnnvis.app.synthesis import transitions
from dnnvis.app.synthesis.form import RENDER, SynthesisForm
from dnnvis.app.widgets import image_files, messages
from dnnvis.app.widgets.file_dialogs import save_with_dialog
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.lens_settings import LensSettings
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.paths import user_data_folder
from dnnvis.imaging import colorize, contact_sheet
from dnnvis.session.plan_for import PATTERNS, SYNTHESIS
from dnnvis.session.session import Session
from dnnvis.session.state import State, Synthesis

SAVED = "kept"


class SynthesisPanel(Panel):
    """``settings`` are the presets of the lens ``ascent`` and what can be set of them; a
    picture that is of something else than what is to grow counts as stale after ``stale_after_ms``
    milliseconds."""

    def __init__(
        self,
        session: Session,
        settings: LensSettings,
        jobs: Jobs,
        parent: QWidget | None = None,
        *,
        stale_after_ms: int = 300,
    ) -> None:
        super().__init__(session, parent)
        self.received: SynthesisResult | Failure | None = None
        self.selected_index: int | None = None  # of several pictures; None: the best
        self._saving_message = ""  # what became of the picture that was to be kept
        self._throttle = Throttle(self, self._redraw, 30)
        self._reload_throttle = Throttle(self, self._reload_saved, 0.5)
        self.settings, self._jobs = settings, jobs
        self._stale_timer = QTimer(self)
        self._stale_timer.setSingleShot(True)
        self._stale_timer.setInterval(stale_after_ms)
        self._stale_timer.timeout.connect(self._show_stale)
        self._switch_actions: dict[str, QAction] = {}
        self.form = SynthesisForm(settings, jobs, self._change_setting, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.form)
        self._connect()
        self.show_state(self.state)

    def _connect(self) -> None:
        form = self.form
        form.preset.activated.connect(lambda _: self._choose_preset(form.preset.currentData()))
        form.nine.toggled.connect(lambda on: self._update(seeds=9 if on else 1))
        form.settings_button.toggled.connect(form.show_settings)
        form.objective.returnPressed.connect(self._on_objective_entered)
        form.objective.textEdited.connect(lambda text: form.show_error(""))
        form.view.clicked.connect(self._select_picture)
        for button, callback in (
            (form.main, self.press_main_button),
            (form.keep, self.keep_picture),
            (form.seed, self.new_seed),
        ):
            button.clicked.connect(partial(_call, callback))
        form.menu_button.setMenu(self._create_menu())
        form.dream.setMenu(self._create_dream_menu())
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(
            lambda position: require(form.menu_button.menu()).popup(self.mapToGlobal(position))
        )

    def _create_menu(self) -> QMenu:
        menu = QMenu(self)
        for action_text, name in (
            ("Grow each unit that is selected", "on_click"),
            ("Only at the selected place", "at_place"),
        ):
            action = self._switch_actions[name] = require(menu.addAction(action_text))
            action.setCheckable(True)
            action.toggled.connect(partial(self._switch, name))
        menu.addSeparator()
        menu.addAction("Render this layer into the library", self.render_layer)
        menu.addSeparator()
        self._picture_actions = [
            require(menu.addAction("Save picture (PNG with recipe) ...", self.export_image)),
            require(menu.addAction("Save numbers (.npy) ...", self._save_npy_as)),
            require(menu.addAction("Copy picture", self.export_copy)),
        ]
        menu.aboutToShow.connect(self._enable_picture_actions)
        return menu

    def _create_dream_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction("Dream this frame: the selected unit", partial(self.dream, False))
        menu.addAction("Dream this frame: the layer on show", partial(self.dream, True))
        return menu

    def _enable_picture_actions(self) -> None:
        for action in self._picture_actions:
            action.setEnabled(self.result is not None)

    # -- what arrives

    @property
    def synthesis(self) -> Synthesis:
        return self.state.synthesis

    @property
    def result(self) -> SynthesisResult | None:
        return self.received if isinstance(self.received, SynthesisResult) else None

    @property
    def can_grow(self) -> bool:
        """Whether something is to grow that this network has."""
        objective = self.synthesis.goal
        is_known = self.info is not None and bool(objective.strip())
        return is_known and not synthesis_text.objective_error(objective, self.info)

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        synthesis = state.synthesis
        if replace(previous.synthesis, kept=synthesis.kept) != synthesis:
            self.received = self.result  # what failed may do now
            self._saving_message = ""
        if previous.synthesis.goal != synthesis.goal:
            self.selected_index = None
        self.form.show_choice(synthesis, self.settings)
        for name, action in self._switch_actions.items():
            with QSignalBlocker(action):
                action.setChecked(getattr(synthesis, name))
        if previous.synthesis.goal != synthesis.goal or not self.form.objective.hasFocus():
            self.form.objective.setText(synthesis.goal)
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.received, self.selected_index = None, None
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key == SYNTHESIS:
            self.received = value
            self._throttle.request()
            if isinstance(value, SynthesisResult) and value.saved:
                self._reload_saved()  # what is finished is kept
        elif key == SAVED:
            self._reload_saved()
            self._saving_message = value.sentence if isinstance(value, Failure) else str(value)
            self._redraw()
        elif key == f"job {RENDER}":
            self.form.job.show_job(value)
            if self.state.grid == PATTERNS or value.finished:
                self._reload_throttle.request()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _reload_saved(self) -> None:
        self.session.update(synthesis=replace(self.synthesis, kept=self.synthesis.kept + 1))

    # -- drawing

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        result = self.result
        self._show_buttons()
        if not self.form.objective.hasFocus():
            self.form.show_error(synthesis_text.objective_error(self.synthesis.goal, self.info))
        if result is None or not len(result.sheet):
            self._stale_timer.stop()
            self.form.show_nothing(self._empty_reason())
            return
        self.form.show_result(result, self._choose_index(result), self.synthesis.paused)
        self.form.notes.setText(
            result.error or self._saving_message or result.saved or result.caption
        )
        self._update_stale()

    def _empty_reason(self) -> str:
        if isinstance(self.received, Failure):
            return self.received.sentence
        return synthesis_text.explain_empty(self.info, self.synthesis.goal, self.synthesis.paused)

    def _choose_index(self, result: SynthesisResult) -> int:
        """The picture whose numbers are shown: the clicked one, else the best."""
        if self.selected_index is not None and self.selected_index < len(result.sheet):
            return self.selected_index
        return max(range(len(result.measures)), key=lambda k: result.measures[k].value, default=0)

    @property
    def status(self) -> str:
        """idle | growing | paused | finished."""
        if isinstance(self.received, Failure):
            return "idle"
        return transitions.status(
            self.synthesis, None if self.stale_reason() else self.result, self.can_grow
        )

    def _show_buttons(self) -> None:
        form = self.form
        form.show_status(self.status)
        form.main.setEnabled(self.can_grow or self.state.unit is not None)
        form.keep.setEnabled(self.result is not None and not self.stale_reason())
        form.seed.setEnabled(self.can_grow)
        form.dream.setEnabled(self.info is not None)

    def stale_reason(self) -> str:
        if self.result is None:
            return ""
        network = self.info.name if self.info else None
        return synthesis_text.explain_stale(self.result, self.synthesis.goal, network)

    def _update_stale(self) -> None:
        """Mark the picture as stale once it has been so for a while; unmark it at once."""
        if not self.stale_reason() or self.form.view.stale or self._stale_timer.interval() == 0:
            self._stale_timer.stop()
            self._show_stale()
        elif not self._stale_timer.isActive():
            self._stale_timer.start()

    def _show_stale(self) -> None:
        if self.result is not None:
            self.form.show_origin(messages.describe_origin(self.result), self.stale_reason())

    # -- what is chosen

    def _update(self, **changes: Any) -> None:
        self.session.update(synthesis=replace(self.synthesis, **changes))

    def _choose_preset(self, name: str) -> None:
        self.session.update(synthesis=transitions.with_preset(self.synthesis, name))

    def _change_setting(self, name: str, value: Any) -> None:
        transitions.set_setting(self.session, name, value, self.settings)

    def _switch(self, name: str, on: bool) -> None:
        self._update(**{name: on})

    def _on_objective_entered(self) -> None:
        """Grow what was typed; an error stays beside the text until it is mended."""
        text = self.form.objective.text().strip()
        error = synthesis_text.objective_error(text, self.info)
        self.form.show_error(error)
        if not error:
            self.form.objective.clearFocus()
            self._update(goal=text, paused=False)

    def _select_picture(self, k: int) -> None:
        self.selected_index = k
        self._redraw()

    def press_main_button(self) -> None:
        """The main button: begin, pause, go on, begin again."""
        if self.status in ("idle", "finished"):
            if self.can_grow:
                self.session.update(synthesis=transitions.restart(self.synthesis))
            elif self.state.unit is not None:
                self.session.grow(self.state.unit)
        else:
            self._update(paused=not self.synthesis.paused)

    def keep_picture(self) -> None:
        """Have the picture as it is now kept in the library."""
        if self.result is not None and not self.stale_reason():
            self._update(keep=self.synthesis.keep + 1, which=self._choose_index(self.result))

    def new_seed(self) -> None:
        """Begin again from another start."""
        self.session.update(synthesis=transitions.with_new_seed(self.synthesis))

    def dream(self, layer: bool) -> None:
        self.session.update(synthesis=transitions.dream_frame(self.state, self.settings, layer))

    def render_layer(self) -> None:
        """Render every unit of the layer on show, beside the window."""
        state = self.state
        args = job_commands.build_render_args(
            state.network, state.layer, self.synthesis, user_data_folder()
        )
        self._jobs.begin(RENDER, args)

    # -- saving

    def image(self) -> QImage:
        """What is shown, one picture or all nine, with its recipe."""
        result = require(self.result)
        images = result.sheet if len(result.sheet) > 1 else result.values[None]
        pixels = np.stack([colorize.values_to_rgb(values, result.scale)[0] for values in images])
        return image_files.to_qimage(
            contact_sheet.arrange_images(pixels), messages.build_recipe(result)
        )

    def export_values(self) -> np.ndarray | None:
        """All pictures (N, H, W, C) in [0, 1]."""
        return None if self.result is None else self.result.sheet

    def export_copy(self) -> bool:
        """Put the picture on the clipboard."""
        if self.result is not None:
            require(QGuiApplication.clipboard()).setImage(self.image())
        return True

    def export_image(self) -> bool:
        """Ask for a file and write the picture into it, with its recipe."""
        self._save_as(".png", lambda path: image_files.save_png(self.image(), path))
        return True

    def _save_npy_as(self) -> None:
        self._save_as(".npy", lambda path: image_files.save_npy(require(self.result).sheet, path))

    def _save_as(self, suffix: str, write: Any) -> None:
        if self.result is not None:
            name = image_files.file_name(self.result, self.synthesis.preset) + suffix
            save_with_dialog(self, Path(name), write)


def _call(callback: Callable[[], None], checked: bool = False) -> None:
    callback()
