"""Carry out the commands of a lesson, through the same ways as clicks and keys."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from dnnvis.app.runtime import open_files
from dnnvis.app.shell.action_context import ActionContext
from dnnvis.app.shell.actions import run_action
from dnnvis.app.shell.modes.page import ModePage
from dnnvis.app.shell.targets import grow_class
from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.choices import split_choices, with_choices
from dnnvis.session.lesson import GRID_MODES, LessonCommand
from dnnvis.session.plan_for import fits
from dnnvis.session.state import State
from dnnvis.session.steps import at_call

#: Choices that a lesson does not bring back: what was opened and typed, and where.
NOT_RESTORED = {
    *("recent_choices", "recent_files", "network_form", "form_is_newer"),
    *("theme", "letters"),
}
#: Commands that need the network that the state names.
OF_NETWORK = {"layer", "unit", "class", "at_step", "grow"}
MIN_SEEK = 0.005  # of a source: less than that is no move


@dataclass(frozen=True)
class Snapshot:
    """What the window shows at one moment, as far as a lesson changes it."""

    #: The session's state, with the board as it is now.
    state: State
    #: Name of the card that is enlarged; "" for none.
    enlarged: str
    #: Where in the source the last frame lies; None where one cannot seek.
    position: float | None

    def differs(self, other: "Snapshot") -> bool:
        """Return whether the choices of another moment are not the same."""
        return self.enlarged != other.enlarged or self.state != other.state


@dataclass(frozen=True)
class LessonStage:
    """The window that a lesson is played in."""

    #: What actions are run with.
    context: ActionContext
    #: The cards.
    page: ModePage
    #: The folder that files of the lesson lie in.
    folder: Path = Path()

    @property
    def info(self) -> NetworkInfo | None:
        """Return the network that the state names; None while it opens."""
        info = self.context.backend.info
        return info if info is not None and info.choice == self.context.state.network else None

    def capture(self) -> Snapshot:
        """Return what the window shows now."""
        backend = self.context.backend
        state = replace(self.context.state, source=backend.current_source())
        return Snapshot(state, self.page.enlarged, backend.feeder.position)

    def restore(self, snapshot: Snapshot) -> None:
        """Show what the window showed at that moment."""
        choices = {
            name: value
            for name, value in split_choices(snapshot.state).items()
            if name not in NOT_RESTORED
        }
        state = with_choices(self.context.state, choices)
        self.page.put_back()
        changes = {item.name: getattr(state, item.name) for item in fields(State)}
        self.context.session.update(**changes)
        if snapshot.enlarged:
            self.page.toggle_enlarged(snapshot.enlarged)
        if snapshot.position is not None:
            self.context.backend.feeder.seek(snapshot.position)

    def is_ready(self, command: LessonCommand) -> bool:
        """Return whether a command can be carried out now."""
        if command.name in OF_NETWORK:
            return self.info is not None
        if command.name == "position":
            return self.context.backend.feeder.position is not None
        return True

    def carry_out(self, command: LessonCommand) -> bool:
        """Carry out a command that is ready.

        Returns:
            Whether it changed anything.

        Raises:
            BadInput: The network has no such layer, unit or class, or the mode no such card.
        """
        previous = self.capture()
        has_effect = _RUNS[command.name](self, command.value)
        return self.capture().differs(previous) if has_effect is None else has_effect

    def require_info(self) -> NetworkInfo:
        """Return the network that runs, once it is ready."""
        if self.info is None:
            raise BadInput(tr("No network is open."))
        return self.info


def _enter_mode(stage: LessonStage, value: Any) -> None:
    stage.context.view.enter_mode(value)


def _open_network(stage: LessonStage, value: Any) -> None:
    path = stage.folder / value
    is_file = value not in stage.context.backend.services.bundled() and path.exists()
    stage.context.backend.run(NetworkChoice(net=str(path) if is_file else value))


def _open_source(stage: LessonStage, value: Any) -> bool | None:
    if value.partition(":")[0] in ("demo", "life", "maze", "chess", "plane"):
        open_files.open_source(stage.context.backend, value)
        return None
    path = stage.folder / value
    if not path.exists():
        raise BadInput(tr("There is no {value} beside the lesson.", value=value))
    open_files.open_source(stage.context.backend, str(path))  # it is looked into beside the window
    return stage.context.state.source.path != str(path)


def _seek(stage: LessonStage, value: Any) -> bool:
    feeder = stage.context.backend.feeder
    position = feeder.position or 0.0
    feeder.seek(float(value))
    return abs(position - float(value)) > MIN_SEEK


def _select_layer(stage: LessonStage, value: Any) -> None:
    stage.context.session.update(layer=_find_layer(stage, value))


def _find_layer(stage: LessonStage, name: str) -> str:
    info = stage.require_info()
    layer = info.names.get(name)
    if layer is None:
        raise BadInput(tr("{name} has no layer '{layer}'.", name=info.name, layer=name))
    return layer


def _select_unit(stage: LessonStage, value: Any) -> None:
    info, state = stage.require_info(), stage.context.state
    if isinstance(value, int):
        unit = Unit(state.layer, value)
    else:
        name, bracket, rest = value.rpartition("[")
        try:
            unit = Unit.parse(f"{_find_layer(stage, name)}{bracket}{rest}")
        except UnknownUnit as error:
            raise BadInput(str(error)) from None
    unit = at_call(unit, info, state.call if isinstance(value, int) else unit.call)
    if not fits(unit, info):
        raise BadInput(tr("{name} has no unit {unit}.", name=info.name, unit=info.label_unit(unit)))
    stage.context.session.select(unit)


def _select_class(stage: LessonStage, value: Any) -> None:
    info = stage.require_info()
    labels = [label.casefold() for label in info.labels]
    if value.casefold() not in labels:
        raise BadInput(tr("{name} has no class '{value}'.", name=info.name, value=value))
    grow_class(stage.context.session, labels.index(value.casefold()))


def _go_to_step(stage: LessonStage, value: Any) -> None:
    stage.context.view.steps.go_to_step(value)


def _choose_lens(stage: LessonStage, value: Any) -> None:
    panels = dict(stage.context.state.panels)
    first = next(iter(panels))
    panels[first] = replace(panels[first], lens=value)
    stage.context.session.update(panels=panels)


def _choose_view(stage: LessonStage, value: Any) -> None:
    panels = stage.context.state.panels
    views = {key: replace(panel, view=value) for key, panel in panels.items()}
    stage.context.session.update(panels=views)


def _change_synthesis(stage: LessonStage, **changes: Any) -> None:
    synthesis = stage.context.state.synthesis
    stage.context.session.update(synthesis=replace(synthesis, **changes))


def _grow(stage: LessonStage, value: Any) -> None:
    run_action(stage.context, "grow")


def _enlarge(stage: LessonStage, value: Any) -> None:
    page = stage.page
    page.put_back()
    if value and value not in page.plan.boxes:
        raise BadInput(tr("This mode has no card '{value}'.", value=value))
    if value:
        page.toggle_enlarged(value)


def _update(name: str) -> Callable[[LessonStage, Any], None]:
    return lambda stage, value: stage.context.session.update(**{name: value})


#: What each command does; returns whether it changed anything, None where the state says so.
_RUNS: dict[str, Callable[[LessonStage, Any], bool | None]] = {
    "mode": _enter_mode,
    "network": _open_network,
    "source": _open_source,
    "position": _seek,
    "frozen": _update("frozen"),
    "layer": _select_layer,
    "unit": _select_unit,
    "class": _select_class,
    "at_step": _go_to_step,
    "lens": _choose_lens,
    "view": _choose_view,
    "tiles": lambda stage, value: stage.context.session.update(grid=GRID_MODES[value]),
    "order": _update("order"),
    "contrast": _update("contrast"),
    "overlay": _update("overlay"),
    "kernels": lambda stage, value: stage.context.session.update(
        kernels=replace(stage.context.state.kernels, shown=value)
    ),
    "preset": lambda stage, value: _change_synthesis(stage, preset=value, params=(), back=""),
    "seeds": lambda stage, value: _change_synthesis(stage, seeds=value),
    "seed": lambda stage, value: _change_synthesis(stage, seed=value),
    "grow": _grow,
    "drawn": lambda stage, value: stage.context.session.update(
        steps=replace(stage.context.state.steps, drawn=value)
    ),
    "enlarge": _enlarge,
}
