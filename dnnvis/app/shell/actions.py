"""Define what each key and menu entry does: one ``Action`` for each key binding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QGuiApplication

from dnnvis.app.runtime import open_files
from dnnvis.app.shell import edit_actions, keymap, panel_export, recording_actions
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.recording_actions import step_past
from dnnvis.app.widgets.qt_optional import require
from dnnvis.core.lens_results import VIEWS
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.modes import shows_check, shows_kernels
from dnnvis.session.state import (
    COLORMAPS,
    CONTRASTS,
    GAMMAS,
    LENSES,
    LONG,
    MODES,
    OVERLAYS,
    VIEWS_OF_EXAMPLES,
    Mode,
    State,
)
from dnnvis.session.steps import at_call

Run = Callable[[ActionContext], None]
SECONDS_PER_PICTURE = 2.0  # of a folder that is played


@dataclass(frozen=True)
class Action:
    """One thing that a key, a menu or a button does."""

    #: Name for buttons, menus and tests; ``KeyBinding.function`` of its keys.
    id: str
    #: Label in the menu.
    label: str
    #: Keys as QKeySequence reads them.
    shortcuts: tuple[str, ...]
    #: The menu that lists it, one of ``keymap.GROUPS``.
    menu: str
    #: What it does in a few words, shown as tooltip and in the status line.
    help: str
    #: Changes the session, the source or the window.
    run: Run


def next_option(options: Sequence[Any], current: Any, step: int = 1) -> Any:
    """Return the option after ``current``, wrapping around.

    Args:
        options: All options, at least one.
        current: The present one.
        step: How many options to go on.

    Returns:
        The new option; the first where ``current`` is none of them.
    """
    if current not in options:
        return options[0]
    return options[(options.index(current) + step) % len(options)]


def cycle(field: str, options: Sequence[Any], step: int = 1) -> Run:
    """Return an action body that moves a field of the state to its next option.

    After the last option it starts over.

    Args:
        field: Name of the field.
        options: Its options.
        step: How many options to go on.

    Returns:
        The action body.
    """

    def run(context: ActionContext) -> None:
        value = next_option(options, getattr(context.state, field), step)
        context.session.update(**{field: value})

    return run


def _cycle_panels(field: str, options: Sequence[Any], step: int = 1) -> Run:
    """Return an action body that moves the view of all lens panels, or the lens of the first."""

    def run(context: ActionContext) -> None:
        panels = dict(context.state.panels)
        first = next(iter(panels))
        value = next_option(options, getattr(panels[first], field), step)
        for key in panels if field == "view" else [first]:
            panels[key] = replace(panels[key], **{field: value})
        context.session.update(panels=panels)

    return run


def open_file(context: ActionContext) -> None:
    """Ask for a picture or a film and run it."""
    folder = context.state.source_folder
    _open(context, open_files.choose_file(context.view.dialog_parent(), folder))


def open_folder(context: ActionContext) -> None:
    """Ask for a folder and run over its pictures."""
    folder = context.state.source_folder
    _open(context, open_files.choose_folder(context.view.dialog_parent(), folder))


def open_checkpoint(context: ActionContext) -> None:
    """Ask for a network until one runs."""
    from dnnvis.app.opening.dialog import NetworkDialog  # lazy: seldom opened

    names = [*context.backend.services.bundled(), *context.view.torchvision_names]
    dialog = NetworkDialog(context.backend, names, context.view.dialog_parent())
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _open(context: ActionContext, path: str) -> None:
    if path:
        open_files.open_path(context.view.dialog_parent(), context.backend, path)


def train(context: ActionContext) -> None:
    """Open the panel in which a network of the Game of Life is trained."""
    context.view.put_back()
    if not context.state.unlocked:
        context.view.enter_mode("time")
        context.view.enlarge_card("train")
        return
    context.session.update(train=replace(context.state.train, shown=True))
    context.view.raise_dock("Train", activate=True)


def close_window(context: ActionContext) -> None:
    """Close the window, and with it the program."""
    context.view.close()


def toggle_frozen(context: ActionContext) -> None:
    """Freeze the present frame, or let the source go on."""
    context.session.update(frozen=not context.state.frozen)


def toggle_play(context: ActionContext) -> None:
    """Play or pause; the pictures of a folder begin to follow each other."""
    source, live = context.state.source, context.backend.live
    is_folder = source.kind == "pictures" and live is not None and live.frame.index is not None
    if is_folder and not source.every:
        context.backend.edit(None, every=SECONDS_PER_PICTURE)
        context.session.update(frozen=False)
    else:
        toggle_frozen(context)


def step_frame(context: ActionContext, step: int) -> None:
    """Freeze that many frames on; back in the last seconds where the source cannot step."""
    if step_past(context, step):
        return
    context.session.record_position(tr("go to another picture"), frozen=True)
    context.backend.feeder.step(step)


def open_next_file(context: ActionContext) -> None:
    """Go on to the next file of the source."""
    context.session.record_position(tr("go to another picture"))
    context.backend.feeder.next()


def open_previous_file(context: ActionContext) -> None:
    """Go back to the source's file before."""
    context.session.record_position(tr("go to another picture"))
    context.backend.feeder.previous()


def toggle_camera(context: ActionContext) -> None:
    """Switch to the camera, and back to the latest file (the demo where there was none)."""
    backend, source = context.backend, context.state.source
    if source.kind != "camera":
        backend.open_source(replace(backend.current_source(), kind="camera", path=""))
        return
    recent = context.state.recent_sources
    open_files.open_source(backend, recent[0] if recent else "demo")


def paste(context: ActionContext) -> None:
    """Open the picture, the file or the address on the clipboard."""
    data = require(QGuiApplication.clipboard()).mimeData()
    if data is not None:
        open_files.open_mime(context.view.dialog_parent(), context.backend, data)


def step_network(context: ActionContext, step: int) -> None:
    """Go that many steps of the network on."""
    context.view.steps.step_by(step)


def go_to_first_step(context: ActionContext) -> None:
    """Go to the network's first step."""
    context.view.steps.go_to_step(0)


def go_to_last_step(context: ActionContext) -> None:
    """Go to the network's last step."""
    context.view.steps.go_to_step(len(context.view.steps.steps) - 1)


def step_layer(context: ActionContext, step: int) -> None:
    """Select the layer that many rows on; a selected unit moves along, as in the toolbox."""
    info, state = context.backend.info, context.state
    if info is None:
        return
    names = [layer.name for layer in info.layers]
    index = names.index(state.layer) if state.layer in names else 0
    name = names[min(max(index + step, 0), len(names) - 1)]
    unit = state.unit
    if unit is None:
        context.session.update(layer=name)
        return
    channels = next(layer.shape[0] for layer in info.layers if layer.name == name)
    _select(context, Unit(name, min(unit.channel, channels - 1)))


def enter_grid(context: ActionContext) -> None:
    """Select the mosaic's first unit where none is selected."""
    state = context.state
    if state.unit is None and state.layer:
        _select(context, _first_unit(context), remember=True)


def _first_unit(context: ActionContext) -> Unit:
    """Return the unit in the first tile of the mosaic."""
    layer, mosaic, info = context.state.layer, context.view.mosaic, context.backend.info
    row = info.layer(layer) if info is not None else None
    if mosaic.grid is None or row is None or mosaic.grid.tiling.count != row.shape[0]:
        return Unit(layer, 0)
    return Unit(layer, mosaic.grid.channel_of(0))


def _select(context: ActionContext, unit: Unit, remember: bool = False) -> None:
    """Select the unit at the step on show."""
    call = context.state.call
    context.session.select(at_call(unit, context.backend.info, call), remember, call=call)


def move_unit(context: ActionContext, move: str) -> None:
    """Select the unit that a move like ``left`` or ``far_up`` leads to."""
    state, grid = context.state, context.view.mosaic.grid
    unit = state.unit
    if unit is None or unit.layer != state.layer:
        _select(context, _first_unit(context), remember=True)
    elif grid is not None:
        channel = keymap.move_channel(grid, unit.channel, move)
        _select(context, Unit(unit.layer, channel))


def close_open(context: ActionContext) -> None:
    """Close what is open over the window: a list, a form, an enlarged picture."""
    context.view.close_open()


def reset(context: ActionContext) -> None:
    """Select and pin nothing, in the plain view."""
    with context.session.one_step(tr("reset")):
        context.session.select(None)
        context.session.update(
            pinned=None, grid="forward", gamma=State.gamma, per_unit=False, overlay="off"
        )


def enter_mode(context: ActionContext, mode: Mode) -> None:
    """Show the layout of a mode."""
    context.view.enter_mode(mode)


def toggle_locked(context: ActionContext) -> None:
    """Put every panel into a dock, or back into the mode's layout."""
    context.view.toggle_locked()


def toggle_check(context: ActionContext) -> None:
    """Open the check of the network, which lies in Explore, or close it."""
    state, is_on = context.state, shows_check(context.state)
    if not (is_on or state.unlocked):
        context.view.enter_mode("explore")
    context.session.update(check=replace(state.check, shown=not is_on))


def toggle_bars(context: ActionContext) -> None:
    """Show the pictures alone on all of the screen, or the bars around them again."""
    context.view.toggle_bars()


def scale_letters(context: ActionContext, step: int) -> None:
    """Make the letters larger or smaller; 0: as the desktop has them."""
    context.view.scale_letters(step)


def go_back(context: ActionContext) -> None:
    """Select the unit that was selected before."""
    context.session.back()


def undo(context: ActionContext) -> None:
    """Take back the last choice."""
    context.backend.undo()


def redo(context: ActionContext) -> None:
    """Choose again what was undone last."""
    context.backend.redo()


def bookmark(context: ActionContext) -> None:
    """Bookmark the selected unit."""
    context.view.unit.notes.bookmark()


def toggle_pin(context: ActionContext) -> None:
    """Pin backward passes to the selected unit, or let them follow the selection again."""
    pinned = None if context.state.pinned is not None else context.state.unit
    context.session.update(pinned=pinned)


def toggle_backward(context: ActionContext) -> None:
    """Show contributions in the mosaic, or the activations again."""
    state = context.state
    grid = "forward" if state.grid == "backward" else "backward"
    pinned = state.pinned or (state.unit if grid == "backward" else None)
    context.session.update(grid=grid, pinned=pinned)


def restart_inversion(context: ActionContext) -> None:
    """Restart the panels with a long lens at the present frame."""
    panels = {
        key: replace(panel, run=panel.run + 1) if panel.lens in LONG else panel
        for key, panel in context.state.panels.items()
    }
    context.session.update(panels=panels)


def toggle_patterns(context: ActionContext) -> None:
    """Show the saved pictures in the mosaic, or the activations again."""
    grid = "forward" if context.state.grid == "patterns" else "patterns"
    context.session.update(grid=grid)


def grow_synthesis(context: ActionContext) -> None:
    """Grow a picture for the selected unit."""
    if context.state.unit is not None:
        context.session.grow(context.state.unit)


def pause_synthesis(context: ActionContext) -> None:
    """Pause the growing picture, or continue it."""
    synthesis = context.state.synthesis
    if synthesis.goal:
        context.session.update(synthesis=replace(synthesis, paused=not synthesis.paused))


def save_synthesis(context: ActionContext) -> None:
    """Save the grown picture in the library."""
    context.view.synthesis.keep_picture()


def show_next_example_view(context: ActionContext) -> None:
    """Draw the examples in the next way."""
    choice = context.state.examples
    view = next_option(VIEWS_OF_EXAMPLES, choice.shown_as)
    context.session.update(examples=replace(choice, shown_as=view))


def switch_example_source(context: ActionContext) -> None:
    """Take examples from the library, or from the last minutes."""
    context.view.examples.switch_source()


def toggle_per_unit(context: ActionContext) -> None:
    """Give each unit its own contrast, or all of them one."""
    context.session.update(per_unit=not context.state.per_unit)


def enlarge_panel(context: ActionContext) -> None:
    """Enlarge the panel under the mouse, else the one with the focus; or put it back."""
    view = context.view
    view.enlarge(view.panel_under_mouse() or view.panel_with_focus())


def step_focus(context: ActionContext, step: int) -> None:
    """Give the focus to the panel that many positions on."""
    context.view.step_focus(step)


def toggle_map(context: ActionContext) -> None:
    """Open the activation map, or close it; where another panel lies over it, raise it."""
    context.view.put_back()
    state, choice = context.state, context.state.map
    if not state.unlocked:
        context.view.enter_mode("explore" if state.mode == "map" else "map")
    elif choice.shown and context.view.is_covered("Map"):
        context.view.raise_dock("Map")
    else:
        context.session.update(map=replace(choice, shown=not choice.shown))


def toggle_graph(context: ActionContext) -> None:
    """Show the network as a graph, or go back."""
    graph = context.state.graph
    context.session.update(graph=replace(graph, shown=not graph.shown))


def toggle_kernels(context: ActionContext) -> None:
    """Show the kernels of the layer below the layers, or hide them; they lie in Explore."""
    state = context.state
    shown = not shows_kernels(state)
    if shown and not state.unlocked and state.mode != "explore":
        context.view.enter_mode("explore")
    context.session.update(kernels=replace(state.kernels, shown=shown))


def unfold_block(context: ActionContext) -> None:
    """Unfold the block on show in the graph."""
    context.view.graph.unfold_current()


def fold_block(context: ActionContext) -> None:
    """Fold the block around the layer on show in the graph."""
    context.view.graph.fold_current()


def open_go_to(context: ActionContext) -> None:
    """Open the palette that goes to anything, or close it."""
    context.view.go_to.toggle()


def fit_mosaic(context: ActionContext) -> None:
    """Show all of the mosaic, or of the graph where that is open."""
    if context.state.graph.shown:
        context.view.graph.fit()
    else:
        context.view.mosaic.canvas.fit()


def save_panel(context: ActionContext) -> None:
    """Save what is under the mouse, else what has the focus."""
    panel = panel_export.choose_panel(context.view)
    if panel is not None:
        panel_export.export_panel(panel, context.backend.mailbox)


def copy_panel(context: ActionContext) -> None:
    """Copy what is under the mouse, else what has the focus, to the clipboard."""
    panel = panel_export.choose_panel(context.view)
    if panel is not None:
        panel_export.copy_panel(panel)


def open_guide(context: ActionContext) -> None:
    """Open the guide at the section of the panel with the focus."""
    context.view.open_guide(context.view.name_panel(context.view.panel_with_focus()))


def toggle_key_list(context: ActionContext) -> None:
    """Show the list of keys over the window, or hide it."""
    context.view.teaching.keys.toggle()


def toggle_card_help(context: ActionContext) -> None:
    """Say what each card of the mode means, or hide that."""
    context.view.teaching.cards.toggle()


def toggle_pointer(context: ActionContext) -> None:
    """Show a ring around the mouse, or hide it."""
    context.view.teaching.pointer.toggle()


def toggle_pen(context: ActionContext) -> None:
    """Take the pen, or put it away with all that was drawn."""
    context.view.teaching.pen.toggle()


#: What is run, by the function that a key binding names.
_RUNS: dict[str, Run] = {
    "open_file": open_file,
    "open_folder": open_folder,
    "open_checkpoint": open_checkpoint,
    "train": train,
    "quit": close_window,
    "play": partial(edit_actions.play_or_learn, play=toggle_play),
    "step": partial(step_frame, step=1),
    "step_back": partial(step_frame, step=-1),
    "freeze": toggle_frozen,
    **recording_actions.RUNS,
    "camera": toggle_camera,
    "paste": paste,
    "next_file": open_next_file,
    "previous_file": open_previous_file,
    "previous_layer": partial(step_layer, step=-1),
    "next_layer": partial(step_layer, step=1),
    **{
        name: partial(move_unit, move=name)
        for direction in keymap.MOVES
        for name in (direction, f"far_{direction}")
    },
    "unfold": unfold_block,
    "fold": fold_block,
    "graph": toggle_graph,
    "compare": edit_actions.toggle_compare,
    "playground": edit_actions.toggle_playground,
    "kernels": toggle_kernels,
    "enter": enter_grid,
    "close": close_open,
    "reset": reset,
    "back": go_back,
    "undo": undo,
    "redo": redo,
    "bookmark": bookmark,
    "hold_unit_off": edit_actions.hold_unit_off,
    "switch_unit": edit_actions.switch_unit,
    "type_edit": edit_actions.type_edit,
    "perturb": edit_actions.toggle_perturb,
    "tuning": edit_actions.toggle_tuning,
    "blocks": edit_actions.toggle_blocks,
    "concepts": edit_actions.toggle_concepts,
    "sweep_layer": edit_actions.sweep_layer,
    "atlas": edit_actions.make_atlas,
    "dissect": edit_actions.dissect_network,
    "pin": toggle_pin,
    "next_lens": _cycle_panels("lens", LENSES),
    "previous_lens": _cycle_panels("lens", LENSES, -1),
    "next_view": _cycle_panels("view", VIEWS),
    "previous_view": _cycle_panels("view", VIEWS, -1),
    "grid": toggle_backward,
    "restart_inversion": restart_inversion,
    "first_step": go_to_first_step,
    "previous_step": partial(step_network, step=-1),
    "next_step": partial(step_network, step=1),
    "last_step": go_to_last_step,
    "patterns": toggle_patterns,
    "grow": grow_synthesis,
    "pause": pause_synthesis,
    "save_synthesis": save_synthesis,
    "examples": show_next_example_view,
    "switch_example_source": switch_example_source,
    "next_colormap": cycle("colours", COLORMAPS),
    "previous_colormap": cycle("colours", COLORMAPS, -1),
    "gamma": cycle("gamma", GAMMAS),
    "per_unit": toggle_per_unit,
    "contrast": cycle("contrast", CONTRASTS),
    "overlay": cycle("overlay", OVERLAYS),
    "go_to": open_go_to,
    "map": toggle_map,
    "check": toggle_check,
    "enlarge": enlarge_panel,
    **{f"mode_{mode}": partial(enter_mode, mode=mode) for mode in MODES},
    "toggle_locked": toggle_locked,
    "bars": toggle_bars,
    "larger_letters": partial(scale_letters, step=1),
    "smaller_letters": partial(scale_letters, step=-1),
    "usual_letters": partial(scale_letters, step=0),
    "next_panel": partial(step_focus, step=1),
    "previous_panel": partial(step_focus, step=-1),
    "fit": fit_mosaic,
    "save_panel": save_panel,
    "copy_panel": copy_panel,
    "guide": open_guide,
    "help": toggle_key_list,
    "explain": toggle_card_help,
    "pointer": toggle_pointer,
    "pen": toggle_pen,
}

#: Every action of the window, in the order of the keys.
ACTIONS = tuple(
    Action(key.function, key.name, key.keys, key.group, key.help, _RUNS[key.function])
    for key in keymap.KEYS
)
_BY_ID = {action.id: action for action in ACTIONS}


def run_action(context: ActionContext, action_id: str) -> None:
    """Run the action of that id; raises KeyError for an id that none has."""
    _BY_ID[action_id].run(context)


def has_action(action_id: str) -> bool:
    """Return whether there is an action of that id."""
    return action_id in _BY_ID
