"""Hold everything the user has chosen, as one frozen value that can be written as JSON."""

import math
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from dnnvis.core.address import remove_password
from dnnvis.core.errors import UnknownUnit
from dnnvis.core.lens_results import ViewMode
from dnnvis.core.life.board import Border
from dnnvis.core.mazes.choice import MazeChoice
from dnnvis.core.messages import OutputKind
from dnnvis.core.notes import Mark, Marks
from dnnvis.core.probing.perturbation import Perturbation
from dnnvis.core.probing.tuning import StimulusKind
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import NetworkChoice
from dnnvis.session.act_choices import (
    BlocksChoice,
    CompareChoice,
    KernelsChoice,
    PlaygroundChoice,
    RecordingChoice,
    SourceKind,
    TuningChoice,
)
from dnnvis.session.map_state import MapChoice

BackwardLens = Literal["deconvnet", "guided", "gradient"]
MapLens = Literal["layercam"]  # one pass a frame, at a layer with maps
LongLens = Literal["inversion", "occlusion", "integrated"]  # many steps, on the frame at the start
PanelLens = BackwardLens | MapLens | LongLens
PatchFill = Literal["gray", "mean", "blurred"]
PatchSide = Literal[0, 2, 4, 8, 16, 32, 64]  # of an occlusion, in pixels; 0: the lens's own
PathBaseline = Literal["black", "gray", "blurred"]
Seeding = Literal["activation", "one"]  # what a backward pass starts with
RankedBy = Literal["max", "mean"]
ExamplesOf = Literal["library", "memory"]
ExampleView = Literal["crop", "whole", "deconvnet", "guided"]
Visibility = Literal["auto", "open", "closed"]
StateView = Literal["raw", "cells"]
CellKind = Literal["lean", "faithful"]  # of a network that imagines the Game of Life
GridMode = Literal["forward", "backward", "patterns", "difference"]
AttentionQuery = Literal["default", "class", "mean", "position", "rollout"]
Meaning = Literal["auto", OutputKind]
Contrast = Literal["clip", "frame", "running", "fixed"]
Colormap = Literal["auto", "viridis", "gray", "cividis", "magma", "turbo", "signed"]
UnitOrder = Literal["strongest", "index", "variance", "selectivity", "name", "effect"]
Overlay = Literal["off", "active", "inactive"]
Theme = Literal["system", "light", "dark"]
Language = Literal["", "en", "de"]  # of the window; "" as the system has it
Mode = Literal["explore", "synthesis", "time", "map"]  # what the window is used for
# Literal takes no floats: their legal values stand beside the type
Gamma = Annotated[float, (1.0, 0.7, 0.6, 0.5, 0.3)]
Speed = Annotated[float, (0.5, 1.0, 2.0, 4.0, 8.0)]  # steps per second

LENSES: tuple[BackwardLens, ...] = get_args(BackwardLens)
LONG: tuple[LongLens, ...] = get_args(LongLens)
PANEL_LENSES: tuple[PanelLens, ...] = (*LENSES, *get_args(MapLens), *LONG)
AUDITED_LENSES = frozenset(PANEL_LENSES) - {"inversion"}  # whose pictures rank pixels
PATCH_FILLS: tuple[PatchFill, ...] = get_args(PatchFill)
PATCH_SIDES: tuple[int, ...] = get_args(PatchSide)
PATH_BASELINES: tuple[PathBaseline, ...] = get_args(PathBaseline)
LANGUAGES: tuple[Language, ...] = get_args(Language)
MODES: tuple[Mode, ...] = get_args(Mode)
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
QUERIES: tuple[AttentionQuery, ...] = get_args(AttentionQuery)
COLORMAPS: tuple[Colormap, ...] = get_args(Colormap)
UNIT_ORDERS: tuple[UnitOrder, ...] = get_args(UnitOrder)
CONTRASTS: tuple[Contrast, ...] = get_args(Contrast)
OVERLAYS: tuple[Overlay, ...] = get_args(Overlay)
CELLS: tuple[CellKind, ...] = get_args(CellKind)
TUNING_KINDS: tuple[StimulusKind, ...] = get_args(StimulusKind)
VIEWS_OF_EXAMPLES: tuple[ExampleView, ...] = get_args(ExampleView)
GAMMAS: tuple[float, ...] = get_args(Gamma)[1]
SPEEDS: tuple[float, ...] = get_args(Speed)[1]


@dataclass(frozen=True)
class SourceChoice:
    """The source of the frames; a board begins as ``board``, or from ``path``, or by ``start``."""

    #: What it is; see act_choices.SourceKind.
    kind: SourceKind = "demo"
    #: Path of files; address; x,y,width,height on the screen; position in FEN; data on the plane.
    path: str = ""
    #: Number of the camera.
    camera: int = 0
    #: Whether left and right are swapped.
    mirror: bool = False
    #: Maximum frames per second.
    cap: float = 30.0
    #: Width requested of a camera, in pixels.
    width: int = 640
    #: Height requested of a camera, in pixels.
    height: int = 480
    #: Whether a video, or a folder that goes on by itself, starts over at its end.
    loop: bool = True
    #: Rows of a board.
    rows: int = 40
    #: Columns of a board.
    columns: int = 40
    #: Border of a board.
    border: Border = "dead"
    #: Rule of a board, B36/S23; "" = the one that ``board`` or the file names, else Conway's.
    rule: str = ""
    #: Steps per second of a board.
    rate: float = 10.0
    #: One of core.life.board.STARTS, or a pattern's name.
    start: str = "half"
    #: Probability that a cell is alive, for a random start.
    density: float = 0.3
    #: The board as it was left, as RLE text.
    board: str = ""
    #: The mazes.
    maze: MazeChoice = field(default_factory=MazeChoice)
    #: Numbers of the data set's pictures that are shown.
    numbers: tuple[int, ...] = ()
    #: Seconds for which each picture of a folder is shown; 0: until another is requested.
    every: float = 0.0
    #: Rows and columns of a canvas.
    canvas_side: int = 64
    #: Steps per second of a canvas.
    canvas_rate: float = 30.0
    #: The canvas as it was left, as text.
    canvas: str = ""


@dataclass(frozen=True)
class LensPanel:
    """A lens panel on screen."""

    #: The lens.
    lens: PanelLens = "deconvnet"
    #: How its picture is drawn.
    view: ViewMode = "clear"
    #: How its backward pass starts: activation | one.
    seed: Seeding = "activation"
    #: ``input``, or the layer whose gradient is shown.
    to: str = "input"
    #: Whether the panel is on screen.
    shown: bool = True
    #: Counter: a change starts a lens of LONG again.
    run: int = 0
    #: What hides the picture in an occlusion.
    patch: PatchFill = "gray"
    #: Side of its patch in pixels; 0: an eighth of the picture.
    side: PatchSide = 0
    #: Where the way of integrated gradients begins.
    baseline: PathBaseline = "black"
    #: Text of the unit whose picture is put to the test; "": none is.
    audited: str = ""


@dataclass(frozen=True)
class Synthesis:
    """What is synthesized, and how."""

    #: Whether the panel is on screen.
    shown: bool = True
    #: Whether a selected unit becomes the objective.
    on_click: bool = True
    #: Text of the objective, "" for none.
    goal: str = ""
    #: Name of the preset.
    preset: str = "live"
    #: (name, value) pairs that differ from the preset.
    params: tuple[tuple[str, Any], ...] = ()
    #: Pictures at once, from ``seed`` on.
    seeds: Literal[1, 9] = 1
    #: Random seed of the first picture.
    seed: int = 0
    #: Whether a selected unit becomes the objective with its position.
    at_place: bool = False
    #: Whether it takes no steps.
    paused: bool = False
    #: Counter: a change starts it again.
    run: int = 0
    #: Counter: a change saves the picture.
    keep: int = 0
    #: Number of the picture to save, of several; -1: the best.
    which: int = -1
    #: Counter: rises when there are more saved ones.
    kept: int = 0
    #: The preset that the next unit grows with, where ``preset`` is for this one alone; else "".
    back: str = ""
    #: Which of the unit's saved pictures is on show, the newest is 0; -1: the one that grows.
    saved: int = -1

    @property
    def awake(self) -> "Synthesis":
        """Return the synthesis after the dream: with the preset from before it."""
        return replace(self, preset=self.back, params=(), back="") if self.back else self

    def with_param(self, name: str, value: Any) -> "Synthesis":
        """Return the synthesis with one setting overridden; None: as the preset has it."""
        others = tuple(pair for pair in self.params if pair[0] != name)
        new_params = () if value is None else ((name, value),)
        return replace(self, params=tuple(sorted(others + new_params)))


@dataclass(frozen=True)
class ExamplesChoice:
    """Which natural pictures of the selected unit are shown."""

    #: Whether the panel is on screen.
    shown: bool = True
    #: Value that ranks them: max | mean.
    by: RankedBy = "max"
    #: Whether the lowest values come first.
    bottom: bool = False
    #: Number of pictures.
    k: int = 9
    #: Those of the library, or of the last ``minutes`` of the running source (memory).
    where: ExamplesOf = "library"
    #: crop | whole | deconvnet | guided.
    shown_as: ExampleView = "crop"
    #: Minutes of the running source that are remembered; 0: none.
    minutes: float = 0.0
    #: Counter of refreshes.
    run: int = 0
    #: Whether each picture is shown once, with its best place.
    distinct: bool = True

    @property
    def backs(self) -> str:
        """Return the backward lens that is needed besides."""
        return self.shown_as if self.shown_as in ("deconvnet", "guided") else "none"


@dataclass(frozen=True)
class StatisticsChoice:
    """Whether the statistics of the selected unit are on screen."""

    #: Whether the panel is open.
    shown: bool = True
    #: Whether it can be seen: it shares its space with another panel.
    on_top: bool = False
    #: Counter of refreshes.
    run: int = 0


@dataclass(frozen=True)
class CheckChoice:
    """Whether the check of the network is on screen."""

    #: Whether the panel is open.
    shown: bool = False


@dataclass(frozen=True)
class StepsChoice:
    """The panel of the steps of a network; which of them is on show is State.call."""

    #: auto (open where the network has hidden states) | open | closed.
    wish: Visibility = "auto"
    #: raw | cells, alive from 0.5 on.
    drawn: StateView = "raw"
    #: The module that decodes a state, "" = the one that the network's card names.
    decoder: str = ""
    #: Whether playing starts over at the end.
    loop: bool = True
    #: Speed of playing, in steps per second.
    speed: Speed = 2.0
    #: Which of the snapshots of the network's training, -1 = the finished network.
    moment: int = -1


@dataclass(frozen=True)
class TrainChoice:
    """Which network of the Game of Life is to be trained."""

    #: Whether the panel is on screen.
    shown: bool = False
    #: Steps of the network.
    steps: int = 3
    #: Steps of the game; 0: as many as those of the network.
    game_steps: int = 0
    #: Whether the loss of the autoencoder is part of the training.
    autoencoder: bool = True
    #: Whether all steps share one cell.
    shared: bool = True
    #: lean | faithful.
    cell: CellKind = "lean"
    #: Whether an adversarial stage follows.
    adversarial: bool = False
    #: Border of the boards.
    border: Border = "dead"
    #: Random seed.
    seed: int = 0
    #: Name of the network; "": built from the other settings.
    name: str = ""

    @property
    def game(self) -> int:
        """Return how many steps of the game are to be predicted."""
        return self.game_steps or self.steps


@dataclass(frozen=True)
class GraphChoice:
    """Whether the network is on screen as a graph."""

    #: Whether the panel is on screen.
    shown: bool = False


def _panels() -> dict[str, LensPanel]:
    return {f"lens{k}": LensPanel(lens) for k, lens in enumerate(LENSES, 1)}


@dataclass(frozen=True)
class State:
    """All choices of the user; one selection is shared by every panel."""

    #: The network that runs.
    network: NetworkChoice = field(default_factory=NetworkChoice)
    #: The source of the frames.
    source: SourceChoice = SourceChoice()
    #: Whether the picture is held still.
    frozen: bool = False
    #: The layer on show.
    layer: str = ""
    #: The unit under the cursor; its layer need not be ``layer`` while an origin is pinned.
    unit: Unit | None = None
    #: The unit that backward lenses stay at; None: they follow ``unit``.
    pinned: Unit | None = None
    #: The call on show.
    call: int = -1
    #: Whose attention the maps of attention heads show: default | class | mean | position (the
    #: selected one) | rollout.
    query: AttentionQuery = "default"
    #: What the network's output is taken for: auto (as decided at opening) | a kind of output.
    meaning: Meaning = "auto"
    #: Whether the parts of the network that nobody looks at may run fused in the live view.
    fused: bool = True
    #: What layers return is changed so, in order: see ``core.edit``.
    edits: tuple[str, ...] = ()
    #: Those of them that are switched off.
    edits_off: tuple[str, ...] = ()
    #: The edit that is on while a key is held; "": none.
    held_edit: str = ""
    #: How the pictures are changed on their way to the network.
    perturbation: Perturbation = field(default_factory=Perturbation)
    #: The class that the units of the last hidden layer are ranked for; -1: none.
    explained_class: int = -1
    #: Lens panels by key.
    panels: dict[str, LensPanel] = field(default_factory=_panels)
    #: Feature visualization.
    synthesis: Synthesis = Synthesis()
    #: Top examples.
    examples: ExamplesChoice = ExamplesChoice()
    #: Statistics of the selected unit.
    statistics: StatisticsChoice = StatisticsChoice()
    #: The tuning curve of the selected unit.
    tuning: TuningChoice = field(default_factory=TuningChoice)
    #: The building blocks, and the concepts, of the layer on show.
    blocks: BlocksChoice = field(default_factory=BlocksChoice)
    #: The check of the network's input, answers and units.
    check: CheckChoice = CheckChoice()
    #: The steps of a recurrent network.
    steps: StepsChoice = StepsChoice()
    #: Training of a life network.
    train: TrainChoice = TrainChoice()
    #: The activation map.
    map: MapChoice = field(default_factory=MapChoice)
    #: The weights of the layer on show.
    kernels: KernelsChoice = field(default_factory=KernelsChoice)
    #: The network as a graph.
    graph: GraphChoice = GraphChoice()
    #: The training that is watched.
    playground: PlaygroundChoice = field(default_factory=PlaygroundChoice)
    #: What is kept of the last seconds, and recorded.
    recording: RecordingChoice = field(default_factory=RecordingChoice)
    #: How it is compared with a second network.
    compare: CompareChoice = field(default_factory=CompareChoice)
    #: The second network; without a name none is chosen.
    second: NetworkChoice = field(default_factory=lambda: NetworkChoice(net=""))
    #: Notes and bookmarks on their way into the library.
    marks: Marks = ()
    #: What the mosaic shows: forward | backward | patterns | difference.
    grid: GridMode = "forward"
    #: Where the range of the colors comes from.
    contrast: Contrast = "clip"
    #: Limits of the fixed range.
    fixed: tuple[float, float] = (0.0, 1.0)
    #: Exponent of the colors.
    gamma: Gamma = 0.6
    #: Whether each unit has its own range.
    per_unit: bool = False
    #: Color map of the mosaic.
    colours: Colormap = "auto"
    #: What the tiles of the mosaic are ordered by.
    order: UnitOrder = "strongest"
    #: Where the picture shows through the selected unit's map.
    overlay: Overlay = "off"
    #: Theme of the window.
    theme: Theme = "dark"
    #: Language of the window from its next start on: "" (the system's) | en | de.
    language: Language = ""
    #: What the window is used for: explore | synthesis | time | map.
    mode: Mode = "explore"
    #: Whether the panels lie in docks that the user arranges, instead of a mode's layout.
    unlocked: bool = False
    #: Whether saved pictures have their unit, network and scale beside them.
    captions: bool = True
    #: Size of the letters in points; 0: as the desktop has them.
    letters: float = 0.0
    #: Networks that were opened, the latest first.
    recent_networks: tuple[str, ...] = ()
    #: Sources that were opened, the latest first.
    recent_sources: tuple[str, ...] = ()
    #: The same networks with all that they were opened with.
    recent_choices: tuple[NetworkChoice, ...] = ()
    #: The same sources with all that they were opened with.
    recent_files: tuple[SourceChoice, ...] = ()
    #: What was typed last in the dialog of a network; without a name nothing was.
    network_form: NetworkChoice = field(default_factory=lambda: NetworkChoice(net=""))
    #: Whether that was typed after the network that runs was opened.
    form_is_newer: bool = False
    #: Where dialogs for pictures and films begin; "" here and below: in the user's home.
    source_folder: str = ""
    #: Where dialogs for networks and weights begin.
    network_folder: str = ""
    #: Where dialogs for the pictures of a scan or a map begin.
    data_folder: str = ""
    #: Where dialogs for pictures and numbers to be saved begin.
    save_folder: str = ""
    #: Where dialogs for files of a state begin.
    state_folder: str = ""
    #: Where the dialog for a lesson begins.
    lesson_folder: str = ""
    #: The tips of the first start that were done or put away.
    hints_done: tuple[str, ...] = ()
    #: Size of the window as Qt writes it, base64; "": the initial one.
    window_geometry: str = ""
    #: Layout of the docks as Qt writes it, base64; "": the initial one.
    window_docks: str = ""

    @property
    def origin(self) -> Unit | None:
        """Return the unit that backward lenses start from."""
        return self.pinned or self.unit


def to_json(state: State) -> dict[str, Any]:
    """Return ``state`` in lists, dicts, strings and numbers.

    Never saved are trust in code, and passwords in the addresses of cameras.
    """
    data = asdict(state)
    data["source"]["path"] = remove_password(state.source.path)
    data["recent_sources"] = list(dict.fromkeys(map(remove_password, state.recent_sources)))
    for source in data["recent_files"]:
        source["path"] = remove_password(source["path"])
    marked = (mark["choice"] for mark in data["marks"])
    for choice in (
        data["network"],
        data["network_form"],
        data["second"],
        *data["recent_choices"],
        *marked,
    ):
        choice["trust_code"] = False
    for key in ("unit", "pinned"):
        unit = getattr(state, key)
        data[key] = None if unit is None else str(unit)
    return data


def from_json(data: dict[str, Any]) -> State:
    """Return the state in ``data``; what is unknown or malformed there keeps its default."""
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
    """Return ``value`` as the field ``name`` of State takes it; raise where it does not fit."""
    if name in ("unit", "pinned"):
        return None if value is None else Unit.parse(value)
    if name == "panels":
        panels = {str(key): _read_dataclass(LensPanel(), panel) for key, panel in value.items()}
        return panels or default
    if name == "marks":
        return tuple(_mark(mark) for mark in value)
    if name in ("recent_choices", "recent_files"):
        one = NetworkChoice(net="") if name == "recent_choices" else SourceChoice()
        return tuple(_read_dataclass(one, each) for each in value)
    if is_dataclass(default):
        return _read_dataclass(default, value)
    return _as_typed(_fitting(value, default, legal_values(hints[name])), hints[name])


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
    """Return a note on its way; raise TypeError for anything else."""
    if not isinstance(data, dict):
        raise TypeError(data)
    text, on = data.get("text"), data.get("bookmarked")
    if not isinstance(text, str | None) or not isinstance(on, bool | None):
        raise TypeError(data)
    unit = str(Unit.parse(data.get("unit", "")))
    return Mark(_read_dataclass(NetworkChoice(), data.get("choice")), unit, text, on)


def _read_dataclass(default: Any, data: Any) -> Any:
    """Return a frozen dataclass like ``default`` with the known and fitting values of ``data``."""
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
            elif is_dataclass(current):
                values[item.name] = _read_dataclass(current, data[item.name])
            else:
                hint = hints[item.name]
                value = _fitting(data[item.name], current, legal_values(hint))
                values[item.name] = _as_typed(value, hint)
    return replace(default, **values)


def _fitting(value: Any, default: Any, choices: tuple[Any, ...] = ()) -> Any:
    """Return ``value`` with lists as tuples and the type of ``default``.

    Where ``default`` is None: text or a tuple of plain values. Raises TypeError or ValueError
    where it does not fit.
    """
    value = tuple(value) if isinstance(value, list) else value
    if isinstance(default, float) and type(value) is int:
        value = float(value) if abs(value) <= sys.float_info.max else math.inf
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
    """Return a tuple of any length with items of its type; raise TypeError for others."""
    inside = get_args(kind)
    if inside in ((int, ...), (float, ...), (str, ...)):
        return tuple(_fitting(item, inside[0]()) for item in value)
    return value


def _pairs(value: Any) -> tuple[tuple[str, Any], ...]:
    """Return (name, plain value) pairs; malformed ones are left out."""
    pairs = {}
    for pair in value if isinstance(value, list | tuple) else ():
        if isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str):
            plain = isinstance(pair[1], str | int | float | bool)
            if plain and not (isinstance(pair[1], float) and not math.isfinite(pair[1])):
                pairs[pair[0]] = pair[1]
    return tuple(sorted(pairs.items()))


def _row(values: tuple[Any, ...], default: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return numbers where ``default`` has as many numbers, else texts or numbers of any count."""
    if default:
        return tuple(_fitting(v, d) for v, d in zip(values, default, strict=True))
    if not all(isinstance(v, str | int | float) for v in values):
        raise TypeError(values)
    return values
