"""Everything the user has chosen, as one frozen value that can be written as JSON."""

import math
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from dnnvis.core.board import Border
from dnnvis.core.errors import UnknownUnit
from dnnvis.core.lens_results import ViewMode
from dnnvis.core.notes import Mark, Marks
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.map_state import MapChoice

SourceKind = Literal["demo", "camera", "video", "pictures", "life", "examples"]
BackwardLens = Literal["deconvnet", "guided", "gradient"]
LongLens = Literal["inversion"]  # takes many steps, on the frame it began with
PanelLens = BackwardLens | LongLens
Seeding = Literal["activation", "one"]  # what a backward pass starts with
RankedBy = Literal["max", "mean"]
ExamplesOf = Literal["library", "memory"]
ExampleView = Literal["crop", "whole", "deconvnet", "guided"]
Visibility = Literal["auto", "open", "closed"]
StateView = Literal["raw", "cells"]
CellKind = Literal["lean", "faithful"]  # of a network that imagines the Game of Life
GridMode = Literal["forward", "backward", "patterns"]
Contrast = Literal["frame", "running", "fixed"]
Colormap = Literal["viridis", "gray", "cividis", "magma", "turbo", "signed"]
Overlay = Literal["off", "active", "inactive"]
Theme = Literal["system", "light", "dark"]
# Literal takes no floats: their legal values stand beside the type
Gamma = Annotated[float, (1.0, 0.7, 0.5, 0.3)]
Speed = Annotated[float, (0.5, 1.0, 2.0, 4.0, 8.0)]  # steps per second

LENSES: tuple[BackwardLens, ...] = get_args(BackwardLens)
LONG: tuple[LongLens, ...] = get_args(LongLens)
CONTRASTS: tuple[Contrast, ...] = get_args(Contrast)
OVERLAYS: tuple[Overlay, ...] = get_args(Overlay)
CELLS: tuple[CellKind, ...] = get_args(CellKind)
VIEWS_OF_EXAMPLES: tuple[ExampleView, ...] = get_args(ExampleView)
GAMMAS: tuple[float, ...] = get_args(Gamma)[1]
SPEEDS: tuple[float, ...] = get_args(Speed)[1]


@dataclass(frozen=True)
class SourceChoice:
    """``kind``: demo | camera | video | pictures | life | examples; ``path`` of a film, picture,
    folder, board, or data set (examples), whose pictures ``numbers`` are shown; ``camera`` its
    number; ``cap`` the most frames per second; ``width`` and ``height`` asked of a camera;
    ``mirror`` flips left and right.

    A board (life) of ``rows`` and ``columns`` runs at ``rate`` steps a second. It begins as
    ``board`` (RLE text, as it was left), else from the file ``path``, else as ``start`` says
    (core.board.STARTS, with ``density`` where it is random, or a pattern's name).
    """

    kind: SourceKind = "demo"
    path: str = ""
    camera: int = 0
    mirror: bool = False
    cap: float = 30.0
    width: int = 640
    height: int = 480
    loop: bool = True
    rows: int = 40
    columns: int = 40
    border: Border = "dead"
    rate: float = 10.0
    start: str = "half"
    density: float = 0.3
    board: str = ""
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class LensPanel:
    """A lens panel on screen: which lens, which view, and how its backward pass starts.

    ``seed``: activation | one; ``to``: ``input`` or the layer whose gradient is shown;
    ``run`` counts how often a lens of LONG was begun again.
    """

    lens: PanelLens = "deconvnet"
    view: ViewMode = "raw"
    seed: Seeding = "activation"
    to: str = "input"
    shown: bool = True
    run: int = 0


@dataclass(frozen=True)
class Synthesis:
    """What grows, and how.

    ``goal`` is the text of what grows now, "" for nothing; with ``on_click`` a selected unit
    becomes it, ``at_place`` with its place. ``params`` are (name, value) pairs that differ
    from the ``preset``; ``seeds`` 1 or 9 pictures at once, from ``seed`` on. Counters: ``run``
    begins again, ``keep`` keeps the picture (of several number ``which``, -1: the best),
    ``kept`` says that there are more kept ones. ``back`` is the preset that a dream has put
    aside, "" outside of dreams.
    """

    shown: bool = True
    on_click: bool = True
    goal: str = ""
    preset: str = "live"
    params: tuple[tuple[str, Any], ...] = ()
    seeds: Literal[1, 9] = 1
    seed: int = 0
    at_place: bool = False
    paused: bool = False
    run: int = 0
    keep: int = 0
    which: int = -1
    kept: int = 0
    back: str = ""

    @property
    def awake(self) -> "Synthesis":
        """The same after the dream: with the preset from before it."""
        return replace(self, preset=self.back, params=(), back="") if self.back else self

    def with_param(self, name: str, value: Any) -> "Synthesis":
        """With one setting overridden; None: as the preset has it."""
        others = tuple(pair for pair in self.params if pair[0] != name)
        new_params = () if value is None else ((name, value),)
        return replace(self, params=tuple(sorted(others + new_params)))


@dataclass(frozen=True)
class ExamplesChoice:
    """Which natural pictures of the selected unit are shown: the ``k`` with the greatest
    (``bottom``: least) value ``by`` max | mean, ``where``: those of the library, or of the
    last ``minutes`` of the running source (0: none are remembered). ``shown_as``: crop |
    whole | deconvnet | guided; ``run`` counts refreshes.
    """

    shown: bool = True
    by: RankedBy = "max"
    bottom: bool = False
    k: int = 9
    where: ExamplesOf = "library"
    shown_as: ExampleView = "crop"
    minutes: float = 0.0
    run: int = 0

    @property
    def backs(self) -> str:
        """The backward lens that is needed besides."""
        return self.shown_as if self.shown_as in ("deconvnet", "guided") else "none"


@dataclass(frozen=True)
class StatisticsChoice:
    """Whether the statistics of the selected unit are open, and whether they can be seen: they
    share their place with another panel. ``run`` counts refreshes."""

    shown: bool = True
    on_top: bool = False
    run: int = 0


@dataclass(frozen=True)
class StepsChoice:
    """The panel of the steps that a network passes through; which of them is on show is
    State.call.

    ``wish``: auto (open where the network has hidden states) | open | closed. ``drawn``: raw |
    cells, alive from 0.5 on. ``decoder``: the module that shows a state, "" = the one that its
    card names. ``loop`` and ``speed``, in steps per second, of its play button. ``moment``: which
    of the network's checkpoints from its training, -1 = the finished network.
    """

    wish: Visibility = "auto"
    drawn: StateView = "raw"
    decoder: str = ""
    loop: bool = True
    speed: Speed = 2.0
    moment: int = -1


@dataclass(frozen=True)
class TrainChoice:
    """Which network of the Game of Life is to be trained.

    ``steps`` of the network, ``game_steps`` of the game (0: as many); with the loss of the
    ``autoencoder``; one cell ``shared`` by all steps; ``cell`` lean | faithful; an
    ``adversarial`` stage afterwards; ``border`` of the boards; ``name`` "": made from the rest.
    """

    shown: bool = False
    steps: int = 3
    game_steps: int = 0
    autoencoder: bool = True
    shared: bool = True
    cell: CellKind = "lean"
    adversarial: bool = False
    border: Border = "dead"
    seed: int = 0
    name: str = ""

    @property
    def game(self) -> int:
        """How many steps of the game are to be told ahead."""
        return self.game_steps or self.steps


def _panels() -> dict[str, LensPanel]:
    return {f"lens{k}": LensPanel(lens) for k, lens in enumerate(LENSES, 1)}


@dataclass(frozen=True)
class State:
    """One selection is shared by every panel.

    ``unit`` is the unit under the cursor (its layer need not be the ``layer`` on show while
    an origin is ``pinned``); ``grid``: forward | backward | patterns, what the mosaic shows.
    ``marks`` are notes and bookmarks on their way into the library. ``window_geometry`` and
    ``window_docks`` are what Qt writes of the window's size and of its docks, as base64 text;
    "": as at first.
    """

    network: NetworkChoice = NetworkChoice()
    source: SourceChoice = SourceChoice()
    frozen: bool = False
    layer: str = ""
    unit: Unit | None = None
    pinned: Unit | None = None
    call: int = -1
    panels: dict[str, LensPanel] = field(default_factory=_panels)
    synthesis: Synthesis = Synthesis()
    examples: ExamplesChoice = ExamplesChoice()
    statistics: StatisticsChoice = StatisticsChoice()
    steps: StepsChoice = StepsChoice()
    train: TrainChoice = TrainChoice()
    map: MapChoice = MapChoice()
    marks: Marks = ()
    grid: GridMode = "forward"
    contrast: Contrast = "running"
    fixed: tuple[float, float] = (0.0, 1.0)
    gamma: Gamma = 1.0
    per_unit: bool = False
    colours: Colormap = "viridis"
    overlay: Overlay = "off"
    theme: Theme = "system"
    recent_networks: tuple[str, ...] = ()
    recent_sources: tuple[str, ...] = ()
    window_geometry: str = ""
    window_docks: str = ""

    @property
    def origin(self) -> Unit | None:
        """The unit that backward lenses start from."""
        return self.pinned or self.unit


def to_json(state: State) -> dict[str, Any]:
    """``state`` in lists, dicts, strings and numbers. Leave to run code is never kept."""
    data = asdict(state)
    for choice in (data["network"], *(mark["choice"] for mark in data["marks"])):
        choice["trust_code"] = False
    for key in ("unit", "pinned"):
        unit = getattr(state, key)
        data[key] = None if unit is None else str(unit)
    return data


def from_json(data: dict[str, Any]) -> State:
    """The state in ``data``; what is unknown or malformed there keeps its default."""
    state, hints = State(), get_type_hints(State, include_extras=True)
    for item in fields(State):
        if item.name in data:
            try:
                value = _read(item.name, data[item.name], getattr(state, item.name), hints)
            except (TypeError, ValueError, AttributeError, UnknownUnit):
                continue
            state = replace(state, **{item.name: value})
    return state


def _read(name: str, value: Any, default: Any, hints: dict[str, Any]) -> Any:
    """``value`` as the field ``name`` of State takes it; raises where it does not fit."""
    if name in ("unit", "pinned"):
        return None if value is None else Unit.parse(value)
    if name == "panels":
        panels = {str(key): _read_dataclass(LensPanel(), panel) for key, panel in value.items()}
        return panels or default
    if name == "marks":
        return tuple(_mark(mark) for mark in value)
    if is_dataclass(default):
        return _read_dataclass(default, value)
    return _fitting(value, default, legal_values(hints[name]))


def legal_values(hint: Any) -> tuple[Any, ...]:
    """Return the only values that a type allows, () where it allows any of its kind.

    These are the values of a Literal or of a union of such, and those beside a type in
    Annotated[float, (1.0, 0.5)].
    """
    if get_origin(hint) is Annotated:
        values: tuple[Any, ...] = hint.__metadata__[0]
        return values
    if get_origin(hint) is Literal:
        return get_args(hint)
    if get_origin(hint) in (Union, UnionType):
        parts = [legal_values(part) for part in get_args(hint)]
        return tuple(value for part in parts for value in part) if all(parts) else ()
    return ()


def _mark(data: Any) -> Mark:
    """A note on its way; raises TypeError for what is none."""
    if not isinstance(data, dict):
        raise TypeError(data)
    text, on = data.get("text"), data.get("bookmarked")
    if not isinstance(text, str | None) or not isinstance(on, bool | None):
        raise TypeError(data)
    unit = str(Unit.parse(data.get("unit", "")))
    return Mark(_read_dataclass(NetworkChoice(), data.get("choice")), unit, text, on)


def _read_dataclass(default: Any, data: Any) -> Any:
    """A frozen dataclass like ``default`` with what of ``data`` it knows and that fits."""
    if not isinstance(data, dict):
        raise TypeError(data)
    values, hints = {}, get_type_hints(type(default), include_extras=True)
    for item in fields(default):
        if item.name not in data or item.name == "trust_code":  # never read from a file
            continue
        with suppress(TypeError, ValueError):
            current = getattr(default, item.name)
            if item.name == "params":
                values[item.name] = _pairs(data[item.name])
            else:
                hint = hints[item.name]
                value = _fitting(data[item.name], current, legal_values(hint))
                values[item.name] = _as_typed(value, hint)
    return replace(default, **values)


def _fitting(value: Any, default: Any, choices: tuple[Any, ...] = ()) -> Any:
    """``value`` with lists as tuples and the type of ``default`` (None: text or a tuple of
    plain values); raises TypeError or ValueError where it does not fit."""
    value = tuple(value) if isinstance(value, list) else value
    if isinstance(default, float) and type(value) is int:
        value = float(value)
    expected = (str, tuple, type(None)) if default is None else type(default)
    if not isinstance(value, expected) or isinstance(value, bool) != isinstance(default, bool):
        raise TypeError(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(value)
    if choices and value not in choices:
        raise ValueError(value)
    if isinstance(value, tuple):
        return _row(value, default or ())
    return value


def _as_typed(value: Any, kind: Any) -> Any:
    """A row of any length with the numbers that its type names; raises TypeError for others."""
    inside = get_args(kind)
    if inside in ((int, ...), (float, ...)):
        return tuple(_fitting(item, inside[0]()) for item in value)
    return value


def _pairs(value: Any) -> tuple[tuple[str, Any], ...]:
    """(name, plain value) pairs; those that are none are left out."""
    pairs = {}
    for pair in value if isinstance(value, list | tuple) else ():
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str):
            plain = isinstance(pair[1], str | int | float | bool)
            if plain and not (isinstance(pair[1], float) and not math.isfinite(pair[1])):
                pairs[pair[0]] = pair[1]
    return tuple(sorted(pairs.items()))


def _row(values: tuple[Any, ...], default: tuple[Any, ...]) -> tuple[Any, ...]:
    """Numbers where ``default`` has as many numbers, else texts or numbers of any count."""
    if default:
        return tuple(_fitting(v, d) for v, d in zip(values, default, strict=True))
    if not all(isinstance(v, str | int | float) for v in values):
        raise TypeError(values)
    return values
