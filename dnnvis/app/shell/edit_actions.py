"""What the keys and entries do that change the network, compare it, or let one learn."""

from collections.abc import Callable
from dataclasses import replace

from PyQt6.QtCore import Qt

from dnnvis.app.shell.action_context import ActionContext
from dnnvis.core.learning.plane_network import Mlp2dSpec
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.edits import with_unit_switched
from dnnvis.session.learning.playground import is_plane_network, open_playground
from dnnvis.session.state import SourceChoice

HELD_KEY = Qt.Key.Key_X


def hold_unit_off(context: ActionContext) -> None:
    """Switch the selected unit off as long as the key is held."""
    context.view.held_key.hold(HELD_KEY, context.backend.info)


def switch_unit(context: ActionContext) -> None:
    """Switch the selected unit off for good, or on again."""
    unit = context.state.unit
    if unit is not None:
        context.session.update(**with_unit_switched(context.state, unit, context.backend.info))


def toggle_perturb(context: ActionContext) -> None:
    """Open the window that changes the pictures, or close it."""
    context.view.perturb.setVisible(context.view.perturb.isHidden())


def toggle_tuning(context: ActionContext) -> None:
    """Open the window of the selected unit's tuning curve, or close it."""
    tuning = context.state.tuning
    context.session.update(tuning=replace(tuning, shown=not tuning.shown, run=0))


def toggle_blocks(context: ActionContext) -> None:
    """Open the window of the layer's building blocks, or close it."""
    blocks = context.state.blocks
    context.session.update(blocks=replace(blocks, shown=not blocks.shown))


def toggle_concepts(context: ActionContext) -> None:
    """Open the window of the layer's concepts, or close it."""
    blocks = context.state.blocks
    context.session.update(blocks=replace(blocks, concepts=not blocks.concepts, concepts_run=0))


def type_edit(context: ActionContext) -> None:
    """Let the user type an edit, beginning with the selected unit."""
    unit = context.state.unit
    context.view.edit_bar.type_edit("" if unit is None else f"{unit.whole()} = 0")


def toggle_compare(context: ActionContext) -> None:
    """Show the network beside a second one, or go back."""
    compare = context.state.compare
    context.session.update(compare=replace(compare, shown=not compare.shown))


def toggle_playground(context: ActionContext) -> None:
    """Show the playground, with a network over the plane where none runs, or go back."""
    state = context.state
    if state.playground.shown:
        context.session.update(playground=replace(state.playground, shown=False))
        return
    changes = open_playground(state)
    if not is_plane_network(context.backend.info):
        changes["network"] = NetworkChoice(net=Mlp2dSpec().as_name())
    if state.source.kind != "plane":
        changes["source"] = SourceChoice(kind="plane", path="circle")
    context.session.update(**changes)


def watch_training(context: ActionContext) -> None:
    """Open the window in which Net1 or Net2 learns, or close it."""
    choice = context.state.playground
    context.session.update(playground=replace(choice, pictures=not choice.pictures))


def play_or_learn(context: ActionContext, play: Callable[[ActionContext], None]) -> None:
    """Let the network of the playground learn, or hold it; else play or pause the pictures."""
    if context.state.playground.shown:
        context.view.playground.toggle_play()
    else:
        play(context)


def sweep_layer(context: ActionContext) -> None:
    """Open the form that switches each unit of the layer on show off in turn."""
    context.view.forms.sweep.open_dialog()


def make_atlas(context: ActionContext) -> None:
    """Open the form that makes an atlas of the layer on show."""
    context.view.forms.atlas.open_dialog()


def dissect_network(context: ActionContext) -> None:
    """Open the form that names the units by the concepts that they detect."""
    context.view.forms.dissection.open_dialog()
