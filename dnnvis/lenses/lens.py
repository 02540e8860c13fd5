"""The interface of every lens."""

from collections.abc import Callable, Iterator
from dataclasses import Field, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Protocol

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.frame import Frame
from dnnvis.core.lens_results import LensResult, SkippedStep
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.library.recent_frames import FrameMemory
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

if TYPE_CHECKING:
    from dnnvis.lenses.network_check import NetworkCheckup


@dataclass(frozen=True)
class Scene:
    """What a lens looks at: one unit of one network, on one frame where the lens needs one."""

    #: The network, or its snapshot at some moment of training.
    network: Network
    #: The unit; for a lens of ``takes_objectives`` that of the objective's first term.
    unit: Unit
    #: An instance of the lens's ``Params``.
    params: Any
    #: The frame, where there is one.
    frame: Frame | None = None
    #: Holds the unit's layer and those of ``required_layers``, with gradients where the lens is
    #: ``backward``.
    recording: Recording | None = None
    #: What a lens of ``takes_objectives`` maximizes.
    objective: Objective | None = None
    #: Memory of the running source, where it is switched on.
    memory: FrameMemory | None = None
    #: Whether frames wait, so that unfinished pictures are measured only now and then.
    frames_waiting: bool = False
    #: Whether somebody looks at the result of the step that was just made; where not, a lens that
    #: works in steps yields SKIPPED, but for its last one.
    is_watched: Callable[[], bool] = lambda: True
    #: Opens another network by name, where that is possible; raises DnnvisError.
    open_network: Callable[[str], Network] | None = None
    #: What the lens ``check`` knows from the frames before.
    checkup: "NetworkCheckup | None" = None


class Lens(Protocol):
    """A method that shows what a unit or a layer does.

    ``look`` yields results: one where it is quick, one per step where it works long. Closing the
    generator cancels it. It never yields inside a ``with`` that changes torch or the network.
    ``LensDefaults`` implements what few lenses need.
    """

    @property
    def name(self) -> str:
        """Return the name that requests and the command line use."""

    @property
    def title(self) -> str:
        """Return the name that a user reads."""

    @property
    def source(self) -> str:
        """Return the paper and section that the method comes from."""

    @property
    def backward(self) -> bool:
        """Return whether the lens needs a recording with gradients."""

    @property
    def takes_objectives(self) -> bool:
        """Return whether the lens also takes whole layers and sums of units."""

    @property
    def reads_recording(self) -> bool:
        """Return whether the lens needs a recording, if only without gradients."""

    @property
    def Params(self) -> type[Any]:
        """Return the frozen dataclass of settings, with ``choices`` or ``range`` as metadata."""

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why the lens cannot be used on the unit; None where it can."""

    def layers_of(self, params: Any) -> tuple[str, ...]:
        """Return the layers besides the unit's own that a recording must hold."""

    def states_of(self, info: NetworkInfo, unit: Unit) -> tuple[str, ...]:
        """Return the layers of the network's states that a recording must hold."""

    def layers_in(self, network: Network) -> tuple[str, ...]:
        """Return the layers of this network that a recording must hold."""

    def look(self, scene: Scene) -> Iterator[LensResult | SkippedStep]:
        """Yield the results for ``scene``."""


class LensDefaults:
    """Defaults of most lenses: they aim at one unit, and need no recording but for gradients."""

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
    """Return the unit and the objective that a lens looks at, both checked to exist.

    Args:
        lens: The lens.
        network: The network that the target belongs to.
        target: A unit, or an objective where the lens takes objectives; or its text.

    Returns:
        (unit, objective); the unit is that of the objective's first term, the objective None where
        the lens takes none.

    Raises:
        UnknownUnit: The network has no such unit, or the lens takes no objectives.
    """
    names = network.table.names
    if not lens.takes_objectives:
        unit = Unit.parse(target, names) if isinstance(target, str) else target
        if isinstance(unit, Objective):
            raise UnknownUnit(f"{lens.name} looks at one unit, not at {unit}.")
        return replace(unit, layer=network.check(unit).name), None
    objective = Objective.of(target, names)
    rows = [network.check(term.unit) for term in objective.terms]
    terms = zip(objective.terms, rows, strict=True)
    objective = Objective(tuple(replace(term, layer=row.name) for term, row in terms))
    return objective.terms[0].unit, objective


def needs_recording(lens: Lens) -> bool:
    """Return whether the lens shows what a picture does in the network: it needs a recording."""
    return lens.backward or lens.reads_recording


def required_layers(lens: Lens, network: Network, unit: Unit, params: Any) -> tuple[str, ...]:
    """Return the layers that a lens needs in its recording.

    Args:
        lens: The lens.
        network: The network.
        unit: The unit to look at.
        params: An instance of the lens's ``Params``.

    Returns:
        Names of layers, each once, the unit's own first.
    """
    extra = (*lens.states_of(network.info, unit), *lens.layers_in(network))
    return tuple(dict.fromkeys((unit.layer, *lens.layers_of(params), *extra)))


def choice(default: str, *others: str) -> Any:
    """Return a dataclass field with a default and all its choices."""
    return field(default=default, metadata={"choices": (default, *others)})


def params_for(lens: Lens, given: dict[str, Any]) -> Any:
    """Return ``lens.Params`` from names and values; raise BadInput for unknown names or values."""
    settings = {item.name: item for item in fields(lens.Params)}
    for name, value in given.items():
        if name not in settings:
            raise BadInput(f"{lens.name} has no setting '{name}'; it has {', '.join(settings)}.")
        if value is None and settings[name].default is None:
            continue  # None means the preset's value
        _check_setting(lens, settings[name], value)
    return lens.Params(**given)


def _check_setting(lens: Lens, setting: Field[Any], value: Any) -> None:
    """Raise BadInput where a setting does not take the value."""
    name, about = setting.name, setting.metadata
    if isinstance(setting.default, str) and not isinstance(value, str):
        raise BadInput(f"{name} of {lens.name} is a text, not {value!r}.")
    choices = about.get("choices")
    if choices and value not in choices:
        raise BadInput(f"{name} of {lens.name} is one of {', '.join(choices)}, not '{value}'.")
    if about.get("switch") and not isinstance(value, bool):
        raise BadInput(f"{name} of {lens.name} is true or false, not {value!r}.")
    low, high = about.get("range", (None, None))
    if low is not None and not (_is_number(value) and low <= value <= high):
        raise BadInput(f"{name} of {lens.name} lies in {low} to {high}, not {value}.")
    if isinstance(low, int) and value != int(value):
        raise BadInput(f"{name} of {lens.name} is a whole number, not {value}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
