"""The Synthesis panel: a picture that grows to activate the selected unit."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PyQt6.QtCore import QSignalBlocker, Qt, QTimer
from PyQt6.QtGui import QAction, QGuiApplication, QImage, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dnnvis.app.runtime import job_commands
from dnnvis.app.runtime.jobs import Jobs
from dnnvis.app.runtime.throttle import Throttle
from dnnvis.app.synthesis import text as synthesis_text
from dnnvis.app.synthesis import tiles, transitions
from dnnvis.app.synthesis.card_controls import create_card_controls, create_dream_menu
from dnnvis.app.synthesis.measures import MetricsColumn
from dnnvis.app.synthesis.outcome import OutcomeView
from dnnvis.app.synthesis.pace import SynthesisPace
from dnnvis.app.synthesis.parents import ParentsView
from dnnvis.app.synthesis.saved_strip import own_pictures
from dnnvis.app.synthesis.settings_list import SettingsList
from dnnvis.app.widgets import image_files, messages, theme
from dnnvis.app.widgets.controls import compose_tip, create_push_button, create_tool_button
from dnnvis.app.widgets.elided_label import ElidedLabel
from dnnvis.app.widgets.file_dialogs import report_copied, save_with_dialog
from dnnvis.app.widgets.job_bar import JobBar
from dnnvis.app.widgets.line_plot import LinePlot
from dnnvis.app.widgets.panel import Panel
from dnnvis.app.widgets.qt_optional import require
from dnnvis.app.widgets.thumbnail_grid import ThumbnailGrid
from dnnvis.core.lens_results import Patterns, StoredPicture, SynthesisResult
from dnnvis.core.lens_settings import LensSettings
from dnnvis.core.messages import Failure, NetworkInfo
from dnnvis.core.paths import user_data_folder
from dnnvis.core.translation.catalog import tr
from dnnvis.session.plan_for import OWN, PATTERNS, SYNTHESIS, parse_objective
from dnnvis.session.session import Session
from dnnvis.session.state import State, Synthesis

RENDER = "render"
MIN_HEIGHT_PIXELS, MIN_HEIGHT_WITH_CURVE_PIXELS = 240, 310
_BUTTON_LABELS = {"idle": "Grow", "growing": "Pause", "paused": "Continue", "finished": "Again"}
SAVED = "kept"


class SynthesisPanel(Panel):
    """Objective, settings and progress of the picture that grows.

    ``settings`` are the presets of the lens ``ascent`` and what can be set of them; a picture of
    something else than the present objective counts as stale after ``stale_after_ms`` milliseconds.
    """

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
        self._saving_message = ""  # the outcome of saving a picture
        self._throttle = Throttle(self, self._redraw, 30)
        self._reload_throttle = Throttle(self, self._reload_saved, 0.5)
        self.settings, self._jobs = settings, jobs
        self._stale_timer = QTimer(self)
        self._stale_timer.setSingleShot(True)
        self._stale_timer.setInterval(stale_after_ms)
        self._stale_timer.timeout.connect(self._show_stale)
        self._switch_actions: dict[str, QAction] = {}
        self.shown_result: SynthesisResult | None = None  # the one on show
        self._shown_values: tuple[object, ...] = ()
        self.preset = QComboBox(self)
        self.preset.setAccessibleName(tr("Preset"))
        self.preset.setMinimumContentsLength(7)
        for preset in settings.presets:
            self.preset.addItem(preset.name, preset.name)
            tip = f"{preset.title}: {preset.source}"
            self.preset.setItemData(self.preset.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        controls = create_card_controls(self, settings)
        self.presets, self.every_unit, self.one, self.nine, self.save = controls
        self.outcome = OutcomeView(self)  # in a card of its own
        self.outcome.hide()
        self.own: Patterns | None = None  # the unit's saved pictures
        self.pace = SynthesisPace()
        self.settings_button = create_push_button(
            self, "settings", "Every number of the preset, with a way back"
        )
        self.settings_button.setCheckable(True)
        self.objective = QLineEdit(self)
        self.objective.setAccessibleName(tr("Goal"))
        self.objective.setPlaceholderText(tr("goal: conv5[1], conv5, 0.5*conv5[1] + conv5[2]"))
        tip = "What is to grow: a unit, a layer, or a sum of such with weights"
        self.objective.setToolTip(tr(tip))
        self.error = ElidedLabel(self, theme.caption_font(self), lines=2)
        self.error.hide()
        self.settings_list = SettingsList(settings, self._change_setting, self)
        self.settings_list.setMinimumHeight(2 * self.objective.sizeHint().height())  # it scrolls
        self.settings_list.hide()
        self.view = ThumbnailGrid("Synthesis", self)
        self.parents = ParentsView(session, self)
        self.measures = MetricsColumn(self)
        self.curve = LinePlot(self)
        self.steps = ElidedLabel(self, theme.value_font(self))
        self.caption = ElidedLabel(self, theme.caption_font(self))
        self.notes = ElidedLabel(self, theme.caption_font(self), muted=True)
        self.line = ElidedLabel(self, theme.caption_font(self), muted=True)  # in a card
        self.main = create_push_button(self, "Grow", "Begin (g), pause, or go on (p)")
        self.keep = create_push_button(
            self, "Keep", "Keep the picture as it is now in the library (G)"
        )
        self.seed = create_push_button(self, "New seed", "Begin again from another start")
        self.dream_button = create_push_button(self, "Dream", "DeepDream on the present frame")
        self.menu_button = create_tool_button(
            self, "⋯", "What grows, rendering a whole layer, saving the picture", name="More"
        )
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.job = JobBar(RENDER, jobs, self)
        self._arrange()
        self._connect()
        self.show_state(self.state)

    def _connect(self) -> None:
        self.preset.activated.connect(lambda _: self._choose_preset(self.preset.currentData()))
        self.presets.chosen.connect(self._choose_preset)
        self.nine.toggled.connect(lambda on: self._update(seeds=9 if on else 1))
        self.one.toggled.connect(lambda on: self._update(seeds=1 if on else 9))
        self.every_unit.toggled.connect(self._keep_preset)
        self.settings_button.toggled.connect(self.show_settings)
        self.objective.returnPressed.connect(self._on_objective_entered)
        self.objective.textEdited.connect(lambda text: self.show_error(""))
        self.view.clicked.connect(self._select_picture)
        for button, callback in (
            (self.main, self.press_main_button),
            (self.keep, self.keep_picture),
            (self.seed, self.new_seed),
            (self.save, self.export_image),
        ):
            button.clicked.connect(lambda checked=False, call=callback: call())
        self.menu_button.setMenu(self._create_menu())
        self.dream_button.setMenu(create_dream_menu(self, self.dream))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(
            lambda position: require(self.menu_button.menu()).popup(self.mapToGlobal(position))
        )

    def _create_menu(self) -> QMenu:
        menu = QMenu(self)
        for action_text, name in (
            (tr("Grow each unit that is selected"), "on_click"),
            (tr("Only at the selected place"), "at_place"),
        ):
            action = self._switch_actions[name] = require(menu.addAction(action_text))
            action.setCheckable(True)
            action.toggled.connect(partial(self._switch, name))
        menu.addSeparator()
        menu.addAction(tr("Render this layer into the library"), self.render_layer)
        menu.addSeparator()
        self._picture_actions = [
            require(menu.addAction(tr("Save picture (PNG with recipe) ..."), self.export_image)),
            require(menu.addAction(tr("Save numbers (.npy) ..."), self._save_npy_as)),
            require(menu.addAction(tr("Copy picture"), self.export_copy)),
        ]
        menu.aboutToShow.connect(self._enable_picture_actions)
        return menu

    def _enable_picture_actions(self) -> None:
        for action in self._picture_actions:
            action.setEnabled(self.shown is not None)

    def _arrange(self) -> None:
        self._top, self._buttons = QWidget(self), QWidget(self)
        top, middle = QHBoxLayout(self._top), QHBoxLayout()
        bottom = self._button_rows = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._buttons)
        for layout in (top, bottom):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(theme.GAP // 2)
        middle.setSpacing(theme.GAP)
        middle.addWidget(self.parents, 1)
        middle.addWidget(self.view, 2)
        middle.addWidget(self.measures)
        top.addWidget(self.preset, 1)
        top.addWidget(self.one)
        top.addWidget(self.nine)
        top.addWidget(self.settings_button)
        for buttons in (
            (self.main, self.keep, self.save),
            (self.seed, self.dream_button, self.menu_button),
        ):
            row = QHBoxLayout()
            for button in buttons:
                row.addWidget(button, 0 if button is self.menu_button else 1)
            bottom.addLayout(row, 1)
        self._labels = QWidget(self)
        labels = QHBoxLayout(self._labels)
        labels.setContentsMargins(0, 0, 0, 0)
        labels.addWidget(self.steps, 1)
        labels.addWidget(self.caption, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        column.setSpacing(theme.GAP // 2)
        column.addWidget(self.presets, 3)
        column.addWidget(self.every_unit)
        column.addWidget(self._top)
        column.addWidget(self.objective)
        column.addWidget(self.error)
        column.addWidget(self.settings_list, 3)
        column.addLayout(middle, 4)
        column.addWidget(self.curve)
        column.addWidget(self._labels)
        column.addWidget(self.notes)
        column.addWidget(self.line)
        column.addWidget(self._buttons)
        column.addWidget(self.job)
        self.line.hide()
        self.setMinimumHeight(MIN_HEIGHT_PIXELS)

    def fold_parts(self) -> tuple[QWidget, ...]:
        buttons = (self._buttons, self._top, self._labels)
        form = (self.objective, self.error, self.settings_list)
        return (*buttons, self.presets, self.every_unit, *form, self.job)

    def hidden_parts(self) -> tuple[QWidget, ...]:
        return (self.measures, self.notes, self.caption, self.preset, self.curve)

    def caption_part(self) -> QWidget:
        return self.line

    def picture_parts(self) -> tuple[QWidget, ...]:
        return (self.view, *self.parents.views)

    def arrange_compact(self, on: bool) -> None:
        self.view.labels_inside = on
        direction = QBoxLayout.Direction
        self._button_rows.setDirection(direction.TopToBottom if on else direction.LeftToRight)
        self.nine.setText(tr("Nine" if on else "nine"))
        self.settings_button.setText(tr("Settings" if on else "settings"))
        for part in (self.one, self.save):
            part.setVisible(on)
        self.show_settings(self.settings_button.isChecked())
        if not on:
            self.line.hide()

    def show_settings(self, visible: bool) -> None:
        """Show the list of settings in place of the curve and the notes, in a card of the presets.

        The form may need more height for it.
        """
        self.settings_list.setVisible(visible)
        self.notes.setVisible(not visible and not self.compact)
        for part in (self.presets, self.every_unit):
            part.setVisible(self.compact and not visible)
        self._show_curve_if_room()
        if self.compact:
            self.setMinimumHeight(0)
            return
        open_needs = self.minimumSizeHint().height() if visible else 0
        self.setMinimumHeight(max(MIN_HEIGHT_PIXELS, open_needs))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        self._show_curve_if_room()

    def _show_curve_if_room(self) -> None:
        """Hide the curve where there is no room for it."""
        has_room = not self.compact and self.height() >= MIN_HEIGHT_WITH_CURVE_PIXELS
        self.curve.setVisible(has_room and not self.settings_button.isChecked())

    @property
    def synthesis(self) -> Synthesis:
        return self.state.synthesis

    @property
    def result(self) -> SynthesisResult | None:
        return self.received if isinstance(self.received, SynthesisResult) else None

    @property
    def can_grow(self) -> bool:
        """Return whether there is an objective that this network has."""
        objective = self.synthesis.goal
        is_known = self.info is not None and bool(objective.strip())
        return is_known and not synthesis_text.objective_error(objective, self.info)

    def show_state(self, state: State) -> None:
        previous, self.state = self.state, state
        synthesis = state.synthesis
        if replace(previous.synthesis, kept=synthesis.kept) != synthesis:
            self.received = self.result  # what failed may succeed now
            self._saving_message = ""
        if previous.synthesis.goal != synthesis.goal:
            self.selected_index = None
        self._show_choice(synthesis)
        for name, action in self._switch_actions.items():
            with QSignalBlocker(action):
                action.setChecked(getattr(synthesis, name))
        if previous.synthesis.goal != synthesis.goal or not self.objective.hasFocus():
            self.objective.setText(self.label(synthesis.goal))
        self._redraw()

    def show_info(self, info: NetworkInfo | None) -> None:
        super().show_info(info)
        self.received, self.selected_index, self.own = None, None, None
        self.pace.reset()
        self.presets.show_boards(info is not None and info.binary)
        if not self.objective.hasFocus():
            self.objective.setText(self.label(self.synthesis.goal))
        self._redraw()

    def on_message(self, key: str, value: Any) -> None:
        if key == SYNTHESIS:
            self.received = value
            if isinstance(value, SynthesisResult):
                self.pace.note(value)
            self._throttle.request()
            if isinstance(value, SynthesisResult) and value.saved:
                self._reload_saved()  # a finished picture is saved
        elif key == OWN and isinstance(value, Patterns):
            self.own = value
            self._redraw()
        elif key == SAVED:
            self._reload_saved()
            self._saving_message = value.sentence if isinstance(value, Failure) else str(value)
            self._redraw()
        elif key == f"job {RENDER}":
            self.job.show_job(value)
            if self.state.grid == PATTERNS or value.finished:
                self._reload_throttle.request()

    def showEvent(self, event: QShowEvent | None) -> None:
        super().showEvent(event)
        self._redraw()

    def _reload_saved(self) -> None:
        self.session.update(synthesis=replace(self.synthesis, kept=self.synthesis.kept + 1))

    def _redraw(self) -> None:
        if not self.isVisible():
            return
        result = self.result
        self._show_buttons()
        if not self.objective.hasFocus():
            self.show_error(synthesis_text.objective_error(self.synthesis.goal, self.info))
        if self._show_stored():
            return
        if result is None or synthesis_text.is_empty(result):
            self._stale_timer.stop()
            self.show_nothing(self._empty_reason())
            return
        self.show_result(result, self._choose_index(result), self.synthesis.paused)
        note = result.error or self._saving_message or result.saved or result.caption
        self.notes.setText(self.label(note))
        self._update_stale()

    def _show_stored(self) -> bool:
        """Show a saved picture where one is chosen; return whether that is so."""
        picture = self.stored
        if picture is None:
            return False
        self.view.show_tiles((tiles.tile_stored(picture),))
        self.view.show_stale(False)
        self.shown_result = None
        self.steps.setText(synthesis_text.describe_stored(picture))
        self.line.setText(self.steps.text())
        self.outcome.show_nothing()
        self.outcome.show_result(tiles.to_result(picture, self.synthesis.goal), 0)
        return True

    def _empty_reason(self) -> str:
        if self.info is None:
            return self.no_network if self.state.mode == "synthesis" else ""
        if isinstance(self.received, Failure):
            return self.received.sentence
        if self.result is not None and self.result.error:
            return self.label(self.result.error)
        return self.label(
            synthesis_text.explain_empty(self.info, self.synthesis.goal, self.synthesis.paused)
        )

    def _choose_index(self, result: SynthesisResult) -> int:
        """Return the picture whose metrics are shown: the clicked one, else the best."""
        if self.selected_index is not None and self.selected_index < len(result.sheet):
            return self.selected_index
        return max(range(len(result.measures)), key=lambda k: result.measures[k].value, default=0)

    @property
    def status(self) -> str:
        """Return the status: idle | growing | paused | finished."""
        if isinstance(self.received, Failure):
            return "idle"
        return transitions.status(
            self.synthesis, None if self.stale_reason() else self.result, self.can_grow
        )

    def _show_buttons(self) -> None:
        self.show_status(self.status)
        self.main.setEnabled(self.can_grow or self.state.unit is not None)
        self.keep.setEnabled(self.result is not None and not self.stale_reason())
        self.seed.setEnabled(self.can_grow)
        self.dream_button.setEnabled(self.info is not None)

    def stale_reason(self) -> str:
        if self.result is None:
            return ""
        return synthesis_text.explain_stale(self.result, self.synthesis.goal, self.info)

    def _update_stale(self) -> None:
        """Mark the picture as stale once it has been so for a while; unmark it at once."""
        if not self.stale_reason() or self.view.stale or self._stale_timer.interval() == 0:
            self._stale_timer.stop()
            self._show_stale()
        elif not self._stale_timer.isActive():
            self._stale_timer.start()

    def _show_stale(self) -> None:
        if self.result is not None:
            self.show_origin(messages.describe_origin(self.result), self.stale_reason())

    def _show_choice(self, synthesis: Synthesis) -> None:
        """Show the choices of the state."""
        with QSignalBlocker(self.preset):
            self.preset.setCurrentIndex(self.preset.findData(synthesis.preset))
        self.presets.show_preset(synthesis.preset)
        with QSignalBlocker(self.every_unit):
            self.every_unit.setChecked(not synthesis.back)
        with QSignalBlocker(self.one):
            self.one.setChecked(synthesis.seeds == 1)
        self.preset.setToolTip(compose_tip("preset", self.settings.source(synthesis.preset)))
        with QSignalBlocker(self.nine):
            self.nine.setChecked(synthesis.seeds > 1)
        values = synthesis.preset, synthesis.params, synthesis.seed
        if values != self._shown_values:
            self._shown_values = values
            self.settings_list.show_values(synthesis.preset, dict(synthesis.params), synthesis.seed)

    def show_status(self, status: str) -> None:
        """Show what the main button would do, for idle | growing | paused | finished."""
        self.main.setText(tr(_BUTTON_LABELS["idle" if self.synthesis.saved >= 0 else status]))

    def show_error(self, text: str) -> None:
        self.error.setText(text)
        self.error.setVisible(bool(text))

    def show_result(self, result: SynthesisResult, k: int, paused: bool) -> None:
        """Show the pictures, and the metrics of one of them.

        Args:
            result: The pictures with their curve and metrics.
            k: Index of the picture whose metrics are shown.
            paused: Whether the growth is paused.
        """
        thumbnails = (
            self.view.tiles if result is self.shown_result else tuple(tiles.iter_tiles(result))
        )
        self.shown_result = result
        self.view.show_tiles(thumbnails, k)
        self.measures.show_metrics(result, k)
        self.outcome.show_result(result, k)
        self.curve.show_curve(result.curve, result.steps, k)
        self.steps.setText(synthesis_text.format_progress(result, paused))

    def show_origin(self, origin: str, stale_reason: str) -> None:
        self.view.show_stale(bool(stale_reason))
        self.caption.setText(self.label(origin + (tr(" · stale") if stale_reason else "")))
        tip = tr("This picture is {reason}.", reason=stale_reason) if stale_reason else ""
        self.caption.tip = self.label(tip)
        self.line.setText(tr("stale") if stale_reason else self.steps.text())
        self.line.tip = " · ".join(
            part
            for part in (self.caption.tip, self.steps.text(), origin, self.notes.text())
            if part
        )

    def show_nothing(self, message: str) -> None:
        self.shown_result = None
        self.view.show_message(message)
        self.view.show_stale(False)
        self.curve.show_curve(np.zeros((0, 0)), 1, 0)
        for line in (self.steps, self.caption, self.notes, self.line):
            line.setText("")
        self.measures.show_nothing()
        self.outcome.show_nothing()

    def _update(self, **changes: Any) -> None:
        self.session.update(synthesis=replace(self.synthesis, **changes))

    def _choose_preset(self, name: str) -> None:
        self.session.update(synthesis=transitions.with_preset(self.synthesis, name))

    def _keep_preset(self, on: bool) -> None:
        self.session.update(synthesis=transitions.for_every_unit(self.synthesis, on))

    def _change_setting(self, name: str, value: Any) -> None:
        transitions.set_setting(self.session, name, value, self.settings)

    def _switch(self, name: str, on: bool) -> None:
        self._update(**{name: on})

    def _on_objective_entered(self) -> None:
        """Grow what was typed; an error stays beside the text until it is corrected."""
        text = self.objective.text().strip()
        error = synthesis_text.objective_error(text, self.info)
        self.show_error(error)
        if not error:
            self.objective.clearFocus()
            objective = parse_objective(text, self.info)
            self._update(goal=text if objective is None else str(objective), paused=False)

    def _select_picture(self, k: int) -> None:
        self.selected_index = k
        self._redraw()

    def press_main_button(self) -> None:
        """Press the main button: start, pause, continue, start again."""
        if self.synthesis.saved >= 0:
            self._update(saved=-1, paused=False)
        elif self.status in ("idle", "finished"):
            if self.can_grow:
                self.session.update(synthesis=transitions.restart(self.synthesis))
            elif self.state.unit is not None:
                self.session.grow(self.state.unit)
        else:
            self._update(paused=not self.synthesis.paused)

    def keep_picture(self) -> None:
        """Save the present picture in the library."""
        if self.result is not None and not self.stale_reason():
            self._update(keep=self.synthesis.keep + 1, which=self._choose_index(self.result))

    def new_seed(self) -> None:
        """Start again from another start."""
        self.session.update(synthesis=transitions.with_new_seed(self.synthesis))

    def dream(self, layer: bool) -> None:
        self.session.update(synthesis=transitions.dream_frame(self.state, self.settings, layer))

    def render_layer(self) -> None:
        """Render every unit of the layer on show, beside the window."""
        network, layer, folder = self.state.network, self.state.layer, user_data_folder()
        args = job_commands.build_render_args(network, layer, self.synthesis, folder)
        self._jobs.begin(RENDER, args)

    @property
    def stored(self) -> StoredPicture | None:
        """Return the saved picture that is on show in the place of the one that grows."""
        own, number = own_pictures(self.own, self.state, self.info), self.synthesis.saved
        return own[number] if 0 <= number < len(own) else None

    @property
    def shown(self) -> SynthesisResult | StoredPicture | None:
        return self.stored or self.result

    def image(self) -> QImage:
        """Return what is shown, one picture or all nine, with its recipe."""
        shown = self.shown
        assert shown is not None  # else there is nothing to save
        unit = self.label(tiles.name_unit(shown, self.synthesis.goal))
        title = tr("What {unit} wants (preset {preset})", unit=unit, preset=self.synthesis.preset)
        lines = tiles.describe_progress(shown, self.synthesis.paused)
        return self.caption_image(tiles.to_image(shown), title, lines)

    def export_values(self) -> np.ndarray | None:
        """Return all pictures (N, H, W, C) in [0, 1]."""
        return None if self.shown is None else tiles.to_values(self.shown)

    def export_copy(self) -> bool:
        """Copy the picture to the clipboard."""
        if self.shown is not None:
            require(QGuiApplication.clipboard()).setImage(self.image())
            report_copied(self, "the picture")
        return True

    def export_image(self) -> bool:
        self._save_as(".png", lambda path: image_files.save_png(self.image(), path))
        return True

    def _save_npy_as(self) -> None:
        values = self.export_values()
        self._save_as(".npy", lambda path: image_files.save_npy(require(values), path))

    def _save_as(self, suffix: str, write: Any) -> None:
        if self.shown is not None:
            unit = "" if self.state.unit is None else str(self.state.unit.whole())
            name = tiles.name_file(self.shown, unit, self.synthesis.preset, self.label)
            save_with_dialog(self, Path(name + suffix), write)
