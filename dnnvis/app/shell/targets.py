"""List what the window can go to, and go there."""

from pathlib import Path

from dnnvis.app.opening.menus import reopen_source
from dnnvis.app.opening.text import describe_recent_source
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.actions import ACTIONS, Action, run_action
from dnnvis.app.shell.keymap import format_key
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.go_to import Target, TargetIndex, build_index
from dnnvis.session.recent import describe_options, list_networks, list_sources, name_weights
from dnnvis.session.session import Session
from dnnvis.session.steps import at_call


def index_window(context: ActionContext) -> TargetIndex:
    """List the network's layers and classes, notes, actions, and what can be opened."""
    state, info = context.state, context.backend.info
    targets = [_create_target(action) for action in ACTIONS if action.id != "go_to"]
    for source in list_sources(state):
        title = describe_recent_source(source)
        targets.append(Target("source", Path(title).name or title, title, source, (title,)))
    bundled = (NetworkChoice(net=name) for name in context.backend.services.bundled())
    titles = context.backend.services.bundled_titles()
    for choice in dict.fromkeys((*list_networks(state), *bundled)):
        name = name_weights(choice)
        detail = describe_options(choice) or titles.get(name) or tr("opens the network")
        others = (name, choice.net, detail)
        targets.append(Target("network", Path(name).name or name, detail, choice, others))
    unit = context.view.unit
    return build_index(info, state.layer, unit.notes.all_notes, targets, unit.concepts)


def _create_target(action: Action) -> Target:
    """Return an action as something to go to; its English name matches, too."""
    parts = [tr(action.help), *(format_key(key) for key in action.shortcuts[:1])]
    return Target("action", tr(action.label), " · ".join(parts), action.id, (action.label,))


def go_to_target(context: ActionContext, target: Target) -> None:
    """Show a layer, select a unit, select and grow a class, run an action, or open a file."""
    value = target.value
    if target.kind == "layer":
        context.session.update(layer=value)
    elif target.kind in ("unit", "note", "concept"):
        context.session.select(at_call(value, context.backend.info, value.call))
    elif target.kind == "class":
        grow_class(context.session, value)
    elif target.kind == "action":
        run_action(context, value)
    elif target.kind == "network":
        context.backend.run(value)
    else:
        reopen_source(context.view.dialog_parent(), context.backend, value)


def grow_class(session: Session, k: int) -> None:
    """Select the unit of a class and grow a picture of it, by its logit."""
    unit = Unit("output", k)
    session.select(unit)
    synthesis = session.state.synthesis
    if not (synthesis.on_click and synthesis.shown):  # else the selection grows it
        session.grow(unit)
