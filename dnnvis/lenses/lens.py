"""What every lens is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import LensResult
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.library.recent_frames import FrameMemory
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording


@dataclass(frozen=True)
class Scene:
    """What a lens looks at: one unit of one network, on one frame where the lens needs one.

    ``recording`` holds the unit's layer (and the layers of ``layers_of``), with gradients
    where the lens is ``backward``. ``objective`` is what a lens of ``takes_objectives`` aims at;
    its unit is
    then that of the goal's first term. ``memory`` remembers the running source, where it is
    switched on. ``frames_waiting``: frames wait, so pictures on their way are measured now and
    then.
    ``open_network`` opens another network by name, where that is possible; raises DnnvisError.
    """

    network: Network
    unit: Unit
    params: Any
    frame: Frame | None = None
    recording: Recording | None = None
    objective: Objective | None = None
    memory: FrameMemory | None = None
    frames_waiting: bool = False
    open_network: Callable[[str], Network] | None = None


class Lens(Protocol):
    """A method: ``look`` yields pictures, one where it is quick, one per step where it works
    long. Closing the generator cancels it. It never yields inside a ``with`` that changes
    torch or the network.

    ``source`` names the paper; ``Params`` is a frozen dataclass whose fields carry their
    ``choices`` or ``range`` as metadata; ``backward`` lenses need a recording with
    gradients; lenses of ``takes_objectives`` also take whole layers and sums of units;
    ``layers_of`` names
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
    def takes_objectives(self) -> bool: ...
    @property
    def reads_recording(self) -> bool: ...
    @property
    def Params(self) -> type[Any]: ...

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None: ...

    def layers_of(self, params: Any) -> tuple[str, ...]: ...

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]: ...

    def layers_in(self, network: Network) -> tuple[str, ...]: ...

    def look(self, scene: Scene) -> Iterator[LensResult]: ...


class LensDefaults:
    """What most lenses are: they aim at one unit, and need no recording but their gradients'."""

    takes_objectives: bool = False
    reads_recording: bool = False

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]:
        """Return the layers of the network's states that a recording must hold."""
        return ()

    def layers_in(self, network: Network) -> tuple[str, ...]:
        """Return the layers of this network that a recording must hold."""
        return ()


def resolve_target(
    lens: Lens, network: Network, target: "str | Unit | Objective"
) -> tuple[Unit, Objective | None]:
    """The unit that a lens looks at, and the goal where it takes goals, both checked to be
    there; raises UnknownUnit."""
    if not lens.takes_objectives:
        unit = Unit.parse(target) if isinstance(target, str) else target
        if isinstance(unit, Objective):
            raise UnknownUnit(f"{lens.name} looks at one unit, not at {unit}.")
        network.check(unit)
        return unit, None
    objective = Objective.of(target)
    for term in objective.terms:
        network.check(term.unit)
    return objective.terms[0].unit, objective


def needs_recording(lens: Lens) -> bool:
    """Whether the lens shows what a picture does in the network, and so needs one."""
    return lens.backward or lens.reads_recording


def required_layers(lens: Lens, network: Network, unit: Unit, params: Any) -> tuple[str, ...]:
    """The layers that the lens must find in its recording, the unit's own first."""
    extra = (*lens.states_of(network.info, unit), *lens.layers_in(network))
    return tuple(dict.fromkeys((unit.layer, *lens.layers_of(params), *extra)))


def choice(default: str, *others: str) -> Any:
    """A field of Params with the choices it has."""
    return field(default=default, metadata={"choices": (default, *others)})


def params_for(lens: Lens, given: dict[str, Any]) -> Any:
    """``lens.Params`` from names and values; raises BadInput for unknown names or values."""
    settings = {item.name: item for item in fields(lens.Params)}
    for name, value in given.items():
        if name not in settings:
            raise BadInput(f"{lens.name} has no setting '{name}'; it has {', '.join(settings)}.")
        if value is None and settings[name].default is None:
            continue  # as the preset has it
        choices = settings[name].metadata.get("choices")
        if choices and value not in choices:
            raise BadInput(f"{name} of {lens.name} is one of {', '.join(choices)}, not '{value}'.")
        if settings[name].metadata.get("switch") and not isinstance(value, bool):
            raise BadInput(f"{name} of {lens.name} is true or false, not {value!r}.")
        low, high = settings[name].metadata.get("range", (None, None))
        if low is not None and not (_is_number(value) and low <= value <= high):
            raise BadInput(f"{name} of {lens.name} lies in {low} to {high}, not {value}.")
        if isinstance(low, int) and value != int(value):
            raise BadInput(f"{name} of {lens.name} is a whole number, not {value}.")
    return lens.Params(**given)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
