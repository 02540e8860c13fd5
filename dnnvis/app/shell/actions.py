"""What each key and menu entry does: one method per function name in ``keys.KEYS``."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PyQt6.QtWidgets import QApplication, QDockWidget, QMessageBox, QWidget

from dnnvis.app.runtime import open_files
from dnnvis.app.shell import keymap, panel_export
from dnnvis.core.lens_results import VIEWS
from dnnvis.core.messages import Failure
from dnnvis.core.unit import Unit
from dnnvis.imaging.colormaps import COLORMAPS
from dnnvis.session.state import (
    CONTRASTS,
    GAMMAS,
    LENSES,
    LONG,
    OVERLAYS,
    VIEWS_OF_EXAMPLES,
    State,
)
from dnnvis.session.steps import at_call

if TYPE_CHECKING:
    from dnnvis.app.shell.window import Window


def next_option(options: tuple[Any, ...], current: Any, step: int = 1) -> Any:
    """The option after ``current``, round and round; the first where it is none of them."""
    if current not in options:
        return options[0]
    return options[(options.index(current) + step) % len(options)]


class Actions:
    """Verbs of the window. Every one changes the session, the source or the window."""

    def __init__(self, window: "Window") -> None:
        self.window, self.session = window, window.session
        self._focus_index = 0

    @property
    def state(self) -> State:
        return self.session.state

    def resolve(self, function: str) -> Callable[[], None]:
        """The verb of that name in ``keys.KEYS``."""
        if function.removeprefix("far_") in keymap.MOVES:
            return lambda: self._move(function)
        action: Callable[[], None] = getattr(self, function)
        return action

    def open_file(self) -> None:
        self._open(open_files.choose_file(self.window))

    def open_folder(self) -> None:
        self._open(open_files.choose_folder(self.window))

    def open_checkpoint(self) -> None:
        from dnnvis.app.shell.network_dialog import NetworkDialog  # lazy: seldom opened

        dialog = NetworkDialog(
            [*self.window.backend.services.bundled(), *self.window.torchvision_names],
            self.state.network,
            self.window,
        )
        if dialog.exec():
            self.window.backend.run(dialog.choice())

    def _open(self, path: str) -> None:
        if path:
            open_files.open_path(self.window, self.window.backend, path)

    def train(self) -> None:
        """Open the panel in which a network of the Game of Life is trained."""
        self.session.update(train=replace(self.state.train, shown=True))
        self.window.enlarged.put_back()
        dock = self.window.docks["Train"]
        dock.raise_()
        dock.activateWindow()

    def quit(self) -> None:
        self.window.close()

    def confirm_trust(self, failure: Failure) -> None:
        """Whether a user's own file may run; the sentence names it."""
        answer = QMessageBox.question(
            self.window, "Run this code?", f"{failure.sentence}\n\nRun it?"
        )
        if answer == QMessageBox.StandardButton.Yes:
            self.session.update(network=replace(failure.about, trust_code=True))

    def play(self) -> None:
        self.session.update(frozen=not self.state.frozen)

    freeze = play

    def step(self) -> None:
        self.session.update(frozen=True)
        self.window.backend.feeder.step(1)

    def step_back(self) -> None:
        self.session.update(frozen=True)
        self.window.backend.feeder.step(-1)

    def next_file(self) -> None:
        self.window.backend.feeder.next()

    def previous_file(self) -> None:
        self.window.backend.feeder.previous()

    def camera(self) -> None:
        """Camera, and back to the latest file (the demo where there was none)."""
        backend, source = self.window.backend, self.state.source
        if source.kind != "camera":
            backend.open_source(replace(backend.current_source(), kind="camera", path=""))
            return
        recent = self.state.recent_sources
        open_files.open_source(backend, recent[0] if recent else "demo")

    def next_step(self) -> None:
        self.window.steps.step_by(1)

    def previous_step(self) -> None:
        self.window.steps.step_by(-1)

    def first_step(self) -> None:
        self.window.steps.go_to_step(0)

    def last_step(self) -> None:
        self.window.steps.go_to_step(len(self.window.steps.steps) - 1)

    def next_layer(self) -> None:
        self._step_layer(1)

    def previous_layer(self) -> None:
        self._step_layer(-1)

    def _step_layer(self, step: int) -> None:
        """The layer that many rows on; a selected unit goes along, as in the toolbox."""
        info = self.window.backend.info
        if info is None:
            return
        names = [layer.name for layer in info.layers]
        index = names.index(self.state.layer) if self.state.layer in names else 0
        name = names[min(max(index + step, 0), len(names) - 1)]
        unit = self.state.unit
        if unit is None:
            self.session.update(layer=name)
            return
        channels = next(layer.shape[0] for layer in info.layers if layer.name == name)
        self._select(Unit(name, min(unit.channel, channels - 1)))

    def enter(self) -> None:
        if self.state.unit is None and self.state.layer:
            self._select(Unit(self.state.layer, 0), remember=True)

    def _select(self, unit: Unit, remember: bool = False) -> None:
        """The unit at the step on show."""
        call = self.state.call
        self.session.select(at_call(unit, self.window.backend.info, call), remember, call=call)

    def _move(self, function: str) -> None:
        unit, grid = self.state.unit, self.window.mosaic.grid
        if unit is None or unit.layer != self.state.layer:
            self._select(Unit(self.state.layer, 0), remember=True)
        elif grid is not None:
            channel = keymap.move_channel(grid.tiling, unit.channel, function)
            self._select(Unit(unit.layer, channel))

    def reset(self) -> None:
        if self.window.help.isVisible():
            self.window.help.hide()
            return
        self.session.select(None)
        self.session.update(pinned=None, grid="forward", gamma=1.0, per_unit=False, overlay="off")

    def back(self) -> None:
        self.session.back()

    def bookmark(self) -> None:
        self.window.unit.notes.bookmark()

    def pin(self) -> None:
        pinned = None if self.state.pinned is not None else self.state.unit
        self.session.update(pinned=pinned)

    def next_lens(self) -> None:
        self._cycle_panels("lens", LENSES, 1)

    def previous_lens(self) -> None:
        self._cycle_panels("lens", LENSES, -1)

    def next_view(self) -> None:
        self._cycle_panels("view", VIEWS, 1)

    def previous_view(self) -> None:
        self._cycle_panels("view", VIEWS, -1)

    def _cycle_panels(self, name: str, options: tuple[str, ...], step: int) -> None:
        """A view for all lens panels; a lens for the first."""
        panels = dict(self.state.panels)
        first = next(iter(panels))
        value = next_option(options, getattr(panels[first], name), step)
        for key in panels if name == "view" else [first]:
            panels[key] = replace(panels[key], **{name: value})
        self.session.update(panels=panels)

    def grid(self) -> None:
        grid = "forward" if self.state.grid == "backward" else "backward"
        pinned = self.state.pinned or (self.state.unit if grid == "backward" else None)
        self.session.update(grid=grid, pinned=pinned)

    def restart_inversion(self) -> None:
        """Have the panels with a long lens begin with the present frame."""
        panels = {
            key: replace(panel, run=panel.run + 1) if panel.lens in LONG else panel
            for key, panel in self.state.panels.items()
        }
        self.session.update(panels=panels)

    def patterns(self) -> None:
        grid = "forward" if self.state.grid == "patterns" else "patterns"
        self.session.update(grid=grid)

    def grow(self) -> None:
        if self.state.unit is not None:
            self.session.grow(self.state.unit)

    def pause(self) -> None:
        synthesis = self.state.synthesis
        if synthesis.goal:
            self.session.update(synthesis=replace(synthesis, paused=not synthesis.paused))

    def save_synthesis(self) -> None:
        self.window.synthesis.keep_picture()

    def examples(self) -> None:
        choice = self.state.examples
        view = next_option(VIEWS_OF_EXAMPLES, choice.shown_as)
        self.session.update(examples=replace(choice, shown_as=view))

    def switch_example_source(self) -> None:
        self.window.examples.switch_source()

    def next_colormap(self) -> None:
        self.session.update(colours=next_option(COLORMAPS, self.state.colours, 1))

    def previous_colormap(self) -> None:
        self.session.update(colours=next_option(COLORMAPS, self.state.colours, -1))

    def gamma(self) -> None:
        self.session.update(gamma=next_option(GAMMAS, self.state.gamma))

    def per_unit(self) -> None:
        self.session.update(per_unit=not self.state.per_unit)

    def contrast(self) -> None:
        self.session.update(contrast=next_option(CONTRASTS, self.state.contrast))

    def overlay(self) -> None:
        self.session.update(overlay=next_option(OVERLAYS, self.state.overlay))

    def enlarge(self) -> None:
        """One panel alone, the one with the focus, over all others; and back."""
        self.window.enlarge(self._panel_with_focus())

    def next_panel(self) -> None:
        self._step_focus(1)

    def previous_panel(self) -> None:
        self._step_focus(-1)

    def _step_focus(self, step: int) -> None:
        visible = [panel for panel in self.window.panels if panel.isVisible()]
        if visible and self.window.enlarged.panel is None:
            self._focus_index = (self._focus_index + step) % len(visible)
            visible[self._focus_index].setFocus()
            self.window.highlight(visible[self._focus_index])

    def map(self) -> None:
        """Open the activation map, or close it; where another panel lies over it, raise it."""
        self.window.enlarged.put_back()
        choice, dock = self.state.map, self.window.docks["Map"]
        if choice.shown and dock.visibleRegion().isEmpty():
            dock.raise_()
        else:
            self.session.update(map=replace(choice, shown=not choice.shown))

    def fit(self) -> None:
        self.window.mosaic.canvas.fit()

    def save_panel(self) -> None:
        panel_export.export_panel(self.window, self._panel_with_focus())

    def copy_panel(self) -> None:
        panel_export.copy_panel(self.window, self._panel_with_focus())

    def _panel_with_focus(self) -> QWidget:
        widget = QApplication.focusWidget()
        while widget is not None and widget not in self.window.panels:
            if isinstance(widget, QDockWidget):
                widget = widget.widget()
                break
            widget = widget.parentWidget()
        return widget if widget in self.window.panels else self.window.mosaic

    def help(self) -> None:
        self.window.help.toggle()
