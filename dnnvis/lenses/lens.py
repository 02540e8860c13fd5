"""What every lens is."""

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.mail import NetworkInfo
from dnnvis.core.picture import Picture
from dnnvis.core.unit import Unit
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording


@dataclass(frozen=True)
class Scene:
    """What a lens looks at: one unit of one network, on one frame where the lens needs one.

    ``recording`` holds the unit's layer (and the layers of ``layers_of``), with gradients
    where the lens is ``backward``.
    """

    network: Network
    unit: Unit
    params: Any
    frame: Frame | None = None
    recording: Recording | None = None


class Lens(Protocol):
    """A method: ``look`` yields pictures, one where it is quick, one per step where it works
    long. Closing the generator cancels it. It never yields inside a ``with`` that changes
    torch or the network.

    ``source`` names the paper; ``Params`` is a frozen dataclass whose fields carry their
    ``choices`` or ``range`` as metadata; ``backward`` lenses need a recording with
    gradients; ``layers_of`` names the layers besides the unit's own that must be recorded.
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
    def Params(self) -> type[Any]: ...

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None: ...

    def layers_of(self, params: Any) -> tuple[str, ...]: ...

    def look(self, scene: Scene) -> Iterator[Picture]: ...


def choice(default: str, *others: str) -> Any:
    """A field of Params with the choices it has."""
    return field(default=default, metadata={"choices": (default, *others)})


def params_for(lens: Lens, given: dict[str, Any]) -> Any:
    """``lens.Params`` from names and values; raises BadInput for unknown names or values."""
    known = {item.name: item for item in fields(lens.Params)}
    for name, value in given.items():
        if name not in known:
            raise BadInput(f"{lens.name} has no setting '{name}'; it has {', '.join(known)}.")
        choices = known[name].metadata.get("choices")
        if choices and value not in choices:
            raise BadInput(f"{name} of {lens.name} is one of {', '.join(choices)}, not '{value}'.")
        low, high = known[name].metadata.get("range", (None, None))
        if low is not None and not low <= value <= high:
            raise BadInput(f"{name} of {lens.name} lies in {low} to {high}, not {value}.")
    return lens.Params(**given)
