"""What the keys and entries do that change the network: its edits."""

from PyQt6.QtCore import Qt

from dnnvis.app.shell.action_context import ActionContext
from dnnvis.session.edits import with_unit_switched

HELD_KEY = Qt.Key.Key_X


def hold_unit_off(context: ActionContext) -> None:
    """Switch the selected unit off as long as the key is held."""
    context.view.held_key.hold(HELD_KEY)


def switch_unit(context: ActionContext) -> None:
    """Switch the selected unit off for good, or on again."""
    unit = context.state.unit
    if unit is not None:
        context.session.update(**with_unit_switched(context.state, unit))


def type_edit(context: ActionContext) -> None:
    """Let the user type an edit, beginning with the selected unit."""
    unit = context.state.unit
    context.view.edit_bar.type_edit("" if unit is None else f"{unit.whole()} = 0")
