"""What the user has chosen on the activation map, and what it asks for."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import Request

MAP, MAP_DATA, MAP_POINT, PICKED = "map", "cloud", "place", "picked"  # the keys of the requests
NOISE, ATTACK = "noise", "attack"

Coloring = Literal["class", "predicted", "error", "expected"]
Estimate = Literal["2d", "rich"]
Projection = Literal["map", "pca", "umap"]
Tab = Literal["selected", "pattern", "noise", "attack", "errors", "learning"]
Split = Literal["all", "train", "test"]
PatternKind = Literal["frame", "place", "brainbow", "owner", "expected"]
UnitOrder = Literal["class", "original"]
TABS: tuple[Tab, ...] = get_args(Tab)


@dataclass(frozen=True)
class MapChoice:
    """The activation map, where it is ``shown``.

    ``colour`` of the dots: class | predicted | error (the true one) | expected; ``kind`` of the
    estimate that is shown: 2d | rich; ``off``: the numbers of classes that are hidden;
    ``part`` of the examples: all | train | test; ``field``: the expected error as background;
    ``trail`` behind the cross; ``projection``: map | pca | umap.

    ``place`` (x, y) that is asked about, () = none; ``picked``: rows of the examples that were
    clicked or lassoed; ``data``: where their pictures are, "" = where they were when the map was
    fitted. ``tab`` of the side panel; ``sigma`` of the noise, ``eps`` and ``steps`` of the
    attack; ``moment`` of the learning record, -1 = the last. ``pattern``, what is shown of the
    units: the present frame, what the decoder says of the place, brainbow (equation 11), the
    class each works for (owner), or what is expected of ``pattern_of`` (a class); ``unit_order``
    within a layer: by class | original; ``every_step`` of a recurrent network, or its last.
    Counters: ``noise_run`` and ``attack_run`` begin again (0: no attack was asked for),
    ``fitted`` rises when another map was kept.
    """

    shown: bool = False
    colour: Coloring = "class"
    kind: Estimate = "2d"
    off: tuple[int, ...] = ()
    part: Split = "all"
    field: bool = True
    trail: bool = True
    projection: Projection = "map"
    place: tuple[float, ...] = ()
    picked: tuple[int, ...] = ()
    data: str = ""
    tab: Tab = "pattern"
    sigma: float = 0.3
    eps: float = 0.01
    steps: int = 100
    moment: int = -1
    pattern: PatternKind = "frame"
    pattern_of: int = 0
    unit_order: UnitOrder = "class"
    every_step: bool = False
    noise_run: int = 0
    attack_run: int = 0
    fitted: int = 0


def map_requests(choice: MapChoice, info: NetworkInfo) -> dict[str, Request]:
    """What the map asks for: where each frame is, and what takes longer."""
    if not choice.shown or info.layer("output") is None:
        return {}
    unit = Unit("output", 0)
    version = ("version", choice.fitted)
    which = ("projection", choice.projection)
    requests = {
        MAP: Request(MAP, unit, (version, which)),
        MAP_DATA: Request(MAP_DATA, unit, (version, which), False),
    }

    def add_request(key: str, lens: str, *params: tuple[str, Any], run: int = 0) -> None:
        requests[key] = Request(lens, unit, (version, *params), False, run)

    data = ("data", choice.data)
    if len(choice.place) == 2:
        add_request(
            MAP_POINT, "map_place", which, ("x", choice.place[0]), ("y", choice.place[1]), data
        )
    if choice.picked:
        add_request(PICKED, "map_picked", ("rows", choice.picked), data)
    if choice.tab == "noise":
        add_request(NOISE, "constellation", ("sigma", choice.sigma), run=choice.noise_run)
    if choice.tab == "attack" and choice.attack_run:
        steps = ("eps", choice.eps), ("steps", choice.steps)
        add_request(ATTACK, ATTACK, *steps, run=choice.attack_run)
    return requests
