"""What every lens is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import Shown
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Goal
from dnnvis.core.unit import Unit
from dnnvis.library.recent_frames import Memory
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording


@dataclass(frozen=True)
class Scene:
    """What a lens looks at: one unit of one network, on one frame where the lens needs one.

    ``recording`` holds the unit's layer (and the layers of ``layers_of``), with gradients
    where the lens is ``backward``. ``goal`` is what a lens of ``goals`` aims at; its unit is
    then that of the goal's first term. ``memory`` remembers the running source, where it is
    switched on. ``hurried``: frames wait, so pictures on their way are measured now and then.
    ``open_`` opens another network by name, where that is possible; raises DnnvisError.
    """

    network: Network
    unit: Unit
    params: Any
    frame: Frame | None = None
    recording: Recording | None = None
    goal: Goal | None = None
    memory: Memory | None = None
    hurried: bool = False
    open_: Callable[[str], Network] | None = None


class Lens(Protocol):
    """A method: ``look`` yields pictures, one where it is quick, one per step where it works
    long. Closing the generator cancels it. It never yields inside a ``with`` that changes
    torch or the network.

    ``source`` names the paper; ``Params`` is a frozen dataclass whose fields carry their
    ``choices`` or ``range`` as metadata; ``backward`` lenses need a recording with
    gradients; lenses of ``goals`` also take whole layers and sums of units; ``layers_of`` names
    the layers besides the unit's own that must be recorded. What ``reads_recording`` looks at a
    recording too, without gradients, which must also hold the layers that ``states_of`` and
    ``layers_in`` name. ``LensDefaults`` has all that but few lenses need.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def backward(self) -> bool: ...
    @property
    def goals(self) -> bool: ...
    @property
    def reads_recording(self) -> bool: ...
    @property
    def Params(self) -> type[Any]: ...

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None: ...

    def layers_of(self, params: Any) -> tuple[str, ...]: ...

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]: ...

    def layers_in(self, network: Network) -> tuple[str, ...]: ...

    def look(self, scene: Scene) -> Iterator[Shown]: ...


class LensDefaults:
    """What most lenses are: they aim at one unit, and need no recording but their gradients'."""

    goals: bool = False
    reads_recording: bool = False

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]:
        """Return the layers of the network's states that a recording must hold."""
        return ()

    def layers_in(self, network: Network) -> tuple[str, ...]:
        """Return the layers of this network that a recording must hold."""
        return ()


def aimed(lens: Lens, network: Network, wish: "str | Unit | Goal") -> tuple[Unit, Goal | None]:
    """The unit that a lens looks at, and the goal where it takes goals, both checked to be
    there; raises UnknownUnit."""
    if not lens.goals:
        unit = Unit.parse(wish) if isinstance(wish, str) else wish
        if isinstance(unit, Goal):
            raise UnknownUnit(f"{lens.name} looks at one unit, not at {unit}.")
        network.check(unit)
        return unit, None
    goal = Goal.of(wish)
    for term in goal.terms:
        network.check(term.unit)
    return goal.terms[0].unit, goal


def looks_at_recording(lens: Lens) -> bool:
    """Whether the lens shows what a picture does in the network, and so needs one."""
    return lens.backward or lens.reads_recording


def recorded(lens: Lens, network: Network, unit: Unit, params: Any) -> tuple[str, ...]:
    """The layers that the lens must find in its recording, the unit's own first."""
    more = (*lens.states_of(network.info, unit), *lens.layers_in(network))
    return tuple(dict.fromkeys((unit.layer, *lens.layers_of(params), *more)))


def choice(default: str, *others: str) -> Any:
    """A field of Params with the choices it has."""
    return field(default=default, metadata={"choices": (default, *others)})


def params_for(lens: Lens, given: dict[str, Any]) -> Any:
    """``lens.Params`` from names and values; raises BadInput for unknown names or values."""
    known = {item.name: item for item in fields(lens.Params)}
    for name, value in given.items():
        if name not in known:
            raise BadInput(f"{lens.name} has no setting '{name}'; it has {', '.join(known)}.")
        if value is None and known[name].default is None:
            continue  # as the preset has it
        choices = known[name].metadata.get("choices")
        if choices and value not in choices:
            raise BadInput(f"{name} of {lens.name} is one of {', '.join(choices)}, not '{value}'.")
        if known[name].metadata.get("switch") and not isinstance(value, bool):
            raise BadInput(f"{name} of {lens.name} is true or false, not {value!r}.")
        low, high = known[name].metadata.get("range", (None, None))
        if low is not None and not (_is_number(value) and low <= value <= high):
            raise BadInput(f"{name} of {lens.name} lies in {low} to {high}, not {value}.")
        if isinstance(low, int) and value != int(value):
            raise BadInput(f"{name} of {lens.name} is a whole number, not {value}.")
    return lens.Params(**given)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
