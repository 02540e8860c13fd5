"""Everything the user has chosen, as one frozen value that can be written as JSON."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from dnnvis.core.errors import UnknownUnit
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice

CONTRASTS = ("frame", "running", "fixed")
OVERLAYS = ("off", "active", "inactive")
GAMMAS = (1.0, 0.7, 0.5, 0.3)


@dataclass(frozen=True)
class SourceChoice:
    """``kind``: demo | camera | video | pictures; ``path`` of a film, picture or folder;
    ``camera`` its number; ``cap`` the most frames per second; ``width`` and ``height`` asked
    of a camera; ``mirror`` flips left and right."""

    kind: str = "demo"
    path: str = ""
    camera: int = 0
    mirror: bool = False
    cap: float = 30.0
    width: int = 640
    height: int = 480
    loop: bool = True


@dataclass(frozen=True)
class LensPanel:
    """A lens panel on screen: which lens, which view, and how its backward pass starts.

    ``seed``: activation | one; ``to``: ``input`` or the layer whose gradient is shown.
    """

    lens: str = "deconvnet"
    view: str = "raw"
    seed: str = "activation"
    to: str = "input"
    shown: bool = True


def _panels() -> dict[str, LensPanel]:
    return {f"lens{k}": LensPanel(lens) for k, lens in enumerate(LENSES, 1)}


LENSES = ("deconvnet", "guided", "gradient")


@dataclass(frozen=True)
class State:
    """One selection is shared by every panel.

    ``unit`` is the unit under the cursor (its layer need not be the ``layer`` on show while
    an origin is ``pinned``); ``grid``: forward | backward, what the mosaic shows.
    """

    network: NetworkChoice = NetworkChoice()
    source: SourceChoice = SourceChoice()
    frozen: bool = False
    layer: str = ""
    unit: Unit | None = None
    pinned: Unit | None = None
    call: int = -1
    panels: dict[str, LensPanel] = field(default_factory=_panels)
    grid: str = "forward"
    contrast: str = "running"
    fixed: tuple[float, float] = (0.0, 1.0)
    gamma: float = 1.0
    per_unit: bool = False
    colours: str = "viridis"
    overlay: str = "off"
    theme: str = "system"
    recent_networks: tuple[str, ...] = ()
    recent_sources: tuple[str, ...] = ()

    @property
    def origin(self) -> Unit | None:
        """The unit that backward lenses start from."""
        return self.pinned or self.unit


def to_json(state: State) -> dict[str, Any]:
    """``state`` in lists, dicts, strings and numbers. Leave to run code is never kept."""
    data = asdict(state)
    data["network"]["trust_code"] = False
    for key in ("unit", "pinned"):
        unit = getattr(state, key)
        data[key] = None if unit is None else str(unit)
    return data


def from_json(data: dict[str, Any]) -> State:
    """The state in ``data``; what is unknown or malformed there keeps its default."""
    known = {item.name: data[item.name] for item in fields(State) if item.name in data}
    state = State()
    for name, value in known.items():
        try:
            state = _with(state, name, value)
        except (TypeError, ValueError, AttributeError, UnknownUnit):
            continue
    return state


def _with(state: State, name: str, value: Any) -> State:
    if name == "network":
        value = NetworkChoice(**{k: _frozen(v) for k, v in value.items()})
    elif name == "source":
        value = SourceChoice(**value)
    elif name == "panels":
        value = {key: LensPanel(**panel) for key, panel in value.items()}
    elif name in ("unit", "pinned"):
        value = None if value is None else Unit.parse(value)
    else:
        value = _frozen(value)
        if not isinstance(value, type(getattr(state, name))):
            raise TypeError(name)
    return replace(state, **{name: value})


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
