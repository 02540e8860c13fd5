"""Define what the user has chosen on the activation map, and the requests that follow."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import Request

MAP, MAP_DATA, MAP_POINT, PICKED = "map", "cloud", "place", "picked"  # the keys of the requests
SEEN = "map pictures"
NOISE, ATTACK = "noise", "attack"
ATLAS, ATLAS_POINT, ATLAS_CELL = "atlas", "atlas point", "atlas cell"
ATLAS_REGION = "atlas region"
MOVING = "moving map"
REGION_GRID = 6  # places along a side of a part of the atlas that is decoded
NEAR_SIDE, SEEN_SIDE = 136, 64  # pixels of a nearest example, and of one on the map
PICKED_SIDE = 96

Coloring = Literal["class", "predicted", "error", "expected"]
Estimate = Literal["2d", "rich"]
Projection = Literal["map", "pca", "umap"]
Tab = Literal["selected", "pattern", "noise", "attack", "errors", "learning", "atlas"]
Split = Literal["all", "train", "test"]
PatternKind = Literal["frame", "place", "brainbow", "owner", "expected"]
UnitOrder = Literal["class", "original"]
TABS: tuple[Tab, ...] = get_args(Tab)


@dataclass(frozen=True)
class MapChoice:
    """What the user has chosen on the activation map."""

    #: Whether the map is on screen.
    shown: bool = False
    #: Color of the dots: class | predicted | error (the true one) | expected.
    colour: Coloring = "class"
    #: Estimate of the error that is shown: 2d | rich.
    kind: Estimate = "2d"
    #: Indices of classes that are hidden.
    off: tuple[int, ...] = ()
    #: Examples on show: all | train | test.
    part: Split = "all"
    #: Whether the expected error is shown as background.
    field: bool = True
    #: Whether a trail follows the cross.
    trail: bool = True
    #: Whether a network that is compared with runs on while the map is open, for its own cross.
    second: bool = True
    #: map | pca | umap.
    projection: Projection = "map"
    #: Point (x, y) whose description is requested, () = none.
    place: tuple[float, ...] = ()
    #: Whether pictures lie on the map where dots are rare.
    pictures: bool = True
    #: Rows of the examples whose pictures lie on the part of the map on show.
    seen: tuple[int, ...] = ()
    #: Rows of the examples that were clicked or lassoed.
    picked: tuple[int, ...] = ()
    #: Where their pictures are, "" = where they were when the map was fitted.
    data: str = ""
    #: Tab of the side panel.
    tab: Tab = "pattern"
    #: Standard deviation of the noise.
    sigma: float = 0.3
    #: Size of a step of the attack, for pixels in [0, 1].
    eps: float = 0.01
    #: Number of steps of the attack.
    steps: int = 100
    #: Stage of the learning record, -1 = the last.
    moment: int = -1
    #: What is shown of the units: the current frame, what the decoder gives for the point (place),
    #: brainbow (equation 11), the class each works for (owner), or what is expected of a class.
    pattern: PatternKind = "frame"
    #: That class, for ``expected``.
    pattern_of: int = 0
    #: Order of the units within a layer: by class | original.
    unit_order: UnitOrder = "class"
    #: Whether every step of a recurrent network is shown, or its last.
    every_step: bool = False
    #: Counter: a change draws the noise again.
    noise_run: int = 0
    #: Counter: a change starts the attack again; 0: none was requested.
    attack_run: int = 0
    #: Counter: rises when another map was saved.
    fitted: int = 0
    #: Cell of the atlas whose examples are requested: (cells along a side, row, column), () = none.
    atlas_cell: tuple[int, ...] = ()
    #: Part of the atlas that is decoded: (left, top, side) in the unit square, () = none.
    atlas_region: tuple[float, ...] = ()
    #: Counter: rises when another atlas was saved.
    atlas_version: int = 0


def map_requests(choice: MapChoice, info: NetworkInfo) -> dict[str, Request]:
    """Return the requests of the map: where each frame is, and what takes longer."""
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
            MAP_POINT,
            "map_place",
            which,
            ("x", choice.place[0]),
            ("y", choice.place[1]),
            data,
            ("side", NEAR_SIDE),
        )
    if choice.picked:
        side = ("side", PICKED_SIDE)
        add_request(PICKED, "map_picked", ("rows", choice.picked), data, side)
    if choice.seen and choice.pictures:
        size = ("side", SEEN_SIDE), ("limit", len(choice.seen))
        add_request(SEEN, "map_picked", ("rows", choice.seen), data, *size)
    if choice.tab == "noise":
        add_request(NOISE, "constellation", ("sigma", choice.sigma), run=choice.noise_run)
    if choice.tab == "attack" and choice.attack_run:
        steps = ("eps", choice.eps), ("steps", choice.steps)
        add_request(ATTACK, ATTACK, *steps, run=choice.attack_run)
    return requests | (atlas_requests(choice, unit) if choice.tab == "atlas" else {})


def moving_request(choice: MapChoice, layer: str, data: str) -> dict[str, Request]:
    """Return the request for where a layer's vectors lie now, while its tab is open.

    Args:
        choice: The choice on the map.
        layer: The layer.
        data: Where the pictures are that the network learns; "": the places of the frame.
    """
    if not (choice.shown and choice.tab == "learning"):
        return {}
    # pictures run step by step also where no frame comes, and again with the next weights
    params = (("data", data),)
    return {MOVING: Request("moving_map", Unit(layer, 0), params, not data, restarts=bool(data))}


def atlas_requests(choice: MapChoice, unit: Unit) -> dict[str, Request]:
    """Return the requests of the atlas: all of it, where each frame is, a cell, a part decoded."""
    version = ("version", choice.atlas_version)
    requests = {
        ATLAS: Request("atlas", unit, (version,), False),
        ATLAS_POINT: Request("atlas_point", unit, (version,)),
    }
    if len(choice.atlas_cell) == 3:
        cell = zip(("grid", "row", "column"), choice.atlas_cell, strict=True)
        requests[ATLAS_CELL] = Request("atlas_cell", unit, (version, *cell), False)
    if len(choice.atlas_region) == 3:
        region = zip(("x", "y", "side"), choice.atlas_region, strict=True)
        settings = (version, *region, ("grid", REGION_GRID))
        requests[ATLAS_REGION] = Request("atlas_region", unit, settings, False)
    return requests
