"""Derive what is computed from what the user chose: a pure function."""

import json
from dataclasses import replace

from dnnvis.core.errors import UnknownUnit
from dnnvis.core.messages import ATTENTION_HEADS, NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.probing.perturbation import Perturbation
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import Plan, Request
from dnnvis.session.blocks import block_requests
from dnnvis.session.comparison import second_network
from dnnvis.session.edits import active_edits
from dnnvis.session.learning.playground import is_plane_network, learns_in_view, shown_layers
from dnnvis.session.map_state import map_requests, moving_request
from dnnvis.session.modes import hides_synthesis, shows_check, shows_kernels, shows_saved
from dnnvis.session.state import AUDITED_LENSES, LENSES, LONG, LensPanel, State
from dnnvis.session.steps import is_open, steps_of

BACKWARD_GRID = "grid"  # the key of the mosaic's backward view
SYNTHESIS, EXAMPLES, PATTERNS = "synthesis", "examples", "patterns"
OWN = "own pictures"  # those saved of the selected unit
PARENTS = ("parent 1", "parent 2")  # those saved of the two units that a goal adds
STATISTICS, IMAGINE = "statistics", "imagine"
ATTRIBUTION, CHECK = "attribution", "check"
TUNING = "tuning"
GRAPH, KERNELS, ARITHMETIC = "graph", "kernels", "arithmetic"
WEIGHTS, FEEDS = "weights", "feeds"
#: Lenses that show what is known of the network as it is, whatever edits are on.
UNEDITED = frozenset({EXAMPLES, STATISTICS, PATTERNS, CHECK, GRAPH, KERNELS, WEIGHTS})


def plan_for(state: State, info: NetworkInfo | None) -> Plan:
    """Return the plan of ``state`` for the network that runs (None: not known yet).

    Units and layers that this network does not have request nothing.
    """
    if info is None:
        return Plan(state.network, marks=state.marks)
    layers = [state.layer] if info.layer(state.layer) else []
    if state.unit is not None and info.layer(state.unit.layer):
        layers.append(state.unit.layer)
    layers += shown_layers(state, info)
    requests = {
        **_lenses(state, info),
        **_imagination_request(state, info),
        **_slow_requests(state, info),
    }
    requests |= map_requests(state.map, info) | _attribution(state, info)
    requests |= _wiring(state, info) | _check(state, info) | _tuning(state, info)
    requests |= block_requests(state, info) | _moving(state, info)
    edits = active_edits(state, info)
    requests = {
        key: replace(request, edits=edits) if request.lens not in UNEDITED else request
        for key, request in requests.items()
    }
    growing = SYNTHESIS in requests
    return Plan(
        state.network,
        tuple(dict.fromkeys(layers)),
        state.call,
        requests,
        paused=frozenset({SYNTHESIS} if growing and _is_paused(state) else ()),
        keep={SYNTHESIS: state.synthesis.keep} if growing else {},
        which={SYNTHESIS: state.synthesis.which} if growing else {},
        memory=state.examples.minutes,
        marks=state.marks,
        moment=state.steps.moment,
        query=_query(state, info),
        meaning="" if state.meaning == "auto" else state.meaning,
        activity=True,
        fused=state.fused,
        edits=edits,
        perturbation=Perturbation() if info.binary else state.perturbation,
        second=second_network(state),
    )


def _is_paused(state: State) -> bool:
    """Return whether the growing picture takes no steps: paused, or hidden by the mode."""
    return state.synthesis.paused or hides_synthesis(state)


def _query(state: State, info: NetworkInfo) -> str | tuple[int, int]:
    """Return the query that maps of attention heads show, as ``Plan.query``."""
    if state.query != "position":
        return "" if state.query == "default" else state.query
    unit = state.unit
    layer = info.layer(unit.layer) if unit is not None else None
    if unit is None or layer is None or layer.kind != ATTENTION_HEADS:
        return ""
    return unit.position or ""


def _lenses(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return the requests of the lens panels and the backward mosaic."""
    requests: dict[str, Request] = {}
    origin = state.origin
    if origin is None or not fits(origin, info):
        return requests
    for key, panel in state.panels.items():
        if panel.shown:
            requests[key] = request = _request(panel, origin)
            if panel.audited == str(origin) and panel.lens in AUDITED_LENSES:
                requests[audit_key(key)] = _audit_request(request, panel.run)
    first = next((p for p in state.panels.values() if p.lens in LENSES), LensPanel())
    if state.grid == "backward" and info.layer(state.layer) and state.layer != origin.layer:
        to = (("to", state.layer), ("seed", first.seed))
        requests[BACKWARD_GRID] = Request(first.lens, origin, to)
    return requests


def explained_class(state: State) -> int:
    """Return the class whose units are ranked: the requested one, else the selected; -1: none."""
    unit = state.unit
    if state.explained_class < 0 and unit is not None and unit.layer == "output":
        return unit.channel
    return state.explained_class


def _attribution(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return the request for the units that speak for a class, with every frame."""
    k = explained_class(state)
    unit = Unit(info.logits or "output", k)
    is_known = k >= 0 and bool(info.penultimate) and fits(unit, info)
    return {ATTRIBUTION: Request(ATTRIBUTION, unit)} if is_known else {}


def _wiring(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return the requests for the graph, the kernels on show, and the sum at the place selected."""
    requests: dict[str, Request] = {}
    if state.graph.shown and info.layers:
        height, width = info.size  # another size has other shapes
        unit = Unit(info.layers[-1].name, 0)
        requests[GRAPH] = Request(GRAPH, unit, (), False, (height << 16) + width)
    if not shows_kernels(state):
        return requests
    return requests | _weights(state, info)


def _weights(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return the requests of the panel of weights, for what it shows."""
    requests: dict[str, Request] = {}
    layer, selected, view = info.layer(state.layer), selected_position(state), state.kernels.view
    run = state.steps.moment + 1  # another moment of the training has other weights
    learns = bool(shown_layers(state, info)) or state.playground.pictures  # others in every frame
    if view in ("feeds", "weights"):
        if state.unit is not None and fits(state.unit, info):
            on_frame = view == "feeds" or learns
            ranking = (("by", "frame" if view == "feeds" else "weight"),)
            requests[FEEDS] = Request(FEEDS, state.unit, ranking, on_frame, 0 if on_frame else run)
        return requests
    if layer is not None and layer.shape[0]:
        lens = KERNELS if view == "kernels" else WEIGHTS
        params: tuple[tuple[str, bool], ...] = ()
        if view != "kernels":
            params = (("is_sorted", view == "sorted"),)
        requests[lens] = Request(lens, Unit(layer.name, 0), params, learns, run)
    if view == "kernels" and selected is not None and fits(selected, info):
        requests[ARITHMETIC] = Request(ARITHMETIC, selected)
    return requests


def selected_position(state: State) -> Unit | None:
    """Return the selected unit with its position, if it has one in the layer on show."""
    unit = state.unit
    is_own = unit is not None and unit.position is not None and unit.layer == state.layer
    return unit if is_own else None


def _check(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return the request for the check of the network.

    Where its preprocessing may be wrong a dozen pictures are looked at though nobody looks.
    """
    if info.binary or not (shows_check(state) or info.doubtful):
        return {}
    params = (("background", not shows_check(state)),)
    return {CHECK: Request(CHECK, Unit("output", 0), params, False, restarts=True)}


def _imagination_request(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return the request of the steps panel: every step of the current frame, decoded."""
    steps = steps_of(state, info)
    if not steps or not is_open(state, info):
        return {}
    decoder = state.steps.decoder
    params = (("decoder", decoder),) if info.layer(decoder) else ()
    return {IMAGINE: Request(IMAGINE, Unit(steps[-1][0], 0), params)}


def _slow_requests(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return what takes longer than a frame: synthesis, examples, statistics, saved patterns."""
    requests: dict[str, Request] = {}
    synthesis, examples = state.synthesis, state.examples
    objective = parse_objective(synthesis.goal, info)
    if synthesis.shown and objective is not None and not invalid_reason(objective, info):
        pairs = {"preset": synthesis.preset, "seed": synthesis.seed, "seeds": synthesis.seeds}
        params = tuple({**pairs, **dict(synthesis.params)}.items())
        requests[SYNTHESIS] = Request(
            "ascent",
            objective.unit or objective,
            params,
            False,
            synthesis.run,
            resumes=True,
            restarts=learns_in_view(state, info),  # on the weights of that moment
        )
    if examples.shown and state.unit is not None and fits(state.unit, info):
        params = (
            ("k", examples.k),
            ("by", examples.by),
            ("bottom", examples.bottom),
            ("source", examples.where),
            ("backs", examples.backs),
            ("distinct", examples.distinct),
        )
        unit = state.unit.whole()
        requests[EXAMPLES] = Request("examples", unit, params, False, examples.run)
    if state.statistics.on_top and state.unit is not None and fits(state.unit, info):
        unit = state.unit.whole()
        requests[STATISTICS] = Request(STATISTICS, unit, (), False, state.statistics.run)
    if (state.grid == "patterns" or shows_saved(state)) and info.layer(state.layer):
        requests[PATTERNS] = Request("patterns", Unit(state.layer, 0), (), False, synthesis.kept)
    if shows_saved(state) and state.unit is not None and fits(state.unit, info):
        requests[OWN] = _own_request(_find_saved(state.unit, info), synthesis.kept)
    if synthesis.shown and not hides_synthesis(state):
        for key, unit in zip(PARENTS, find_parents(synthesis.goal, info), strict=False):
            requests[key] = _own_request(unit, synthesis.kept)
    return requests


def _moving(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return the request for the map of the layer on show while the network learns."""
    if not info.layer(state.layer) or not learns_in_view(state, info):
        return {}
    data = "" if is_plane_network(info) else state.playground.data
    return moving_request(state.map, state.layer, data)


def _tuning(state: State, info: NetworkInfo) -> dict[str, Request]:
    """Return the request for the selected unit's tuning curve, where its window is open."""
    tuning, unit = state.tuning, state.unit
    if not tuning.shown or unit is None or not fits(unit, info):
        return {}
    params = (("kind", tuning.kind), ("renew", tuning.run > 0))
    return {TUNING: Request(TUNING, unit, params, False, tuning.run)}


def _own_request(unit: Unit, run: int) -> Request:
    """Return the request for all saved pictures of a unit."""
    return Request("patterns", unit.whole(), (("own", True),), False, run)


def _find_saved(unit: Unit, info: NetworkInfo) -> Unit:
    """Return the unit that the saved pictures of ``unit`` are of: a class is grown by its logit."""
    is_class = unit.layer == "output" and info.logits
    return replace(unit, layer=info.logits) if is_class else unit


def find_parents(goal: str, info: NetworkInfo | None) -> tuple[Unit, ...]:
    """Return the two units that a goal adds, or goes between; () for any other goal.

    Args:
        goal: The goal as text, such as ``0.5*conv5[1] + conv5[2]``.
        info: The network that runs; None without one.

    Returns:
        The units without a place, as their pictures are saved.
    """
    objective = None if info is None else parse_objective(goal, info)
    if info is None or objective is None or invalid_reason(objective, info):
        return ()
    terms = objective.terms
    if len(terms) != len(PARENTS) or any(term.channel is None for term in terms):
        return ()
    return tuple(_find_saved(term.unit, info).whole() for term in terms)


def parse_objective(text: str, info: NetworkInfo | None = None) -> Objective | None:
    """Return the objective in a text; None where it holds none.

    The names of the layers of ``info`` need no quotes in it.
    """
    try:
        return Objective.parse(text, layer_names(info)) if text.strip() else None
    except UnknownUnit:
        return None


def layer_names(info: NetworkInfo | None) -> dict[str, str]:
    """Return names and titles of a network's layers and the name each stands for."""
    return {} if info is None else info.names


def invalid_reason(objective: Objective, info: NetworkInfo) -> str:
    """Return why this network has no such objective; "" where it has."""
    for term in objective.terms:
        layer = info.layer(term.layer)
        if layer is None:
            return tr("{name} has no layer '{layer}'.", name=info.name, layer=term.layer)
        if not fits(term.unit, info):
            shape = " x ".join(map(str, layer.shape))
            return tr(
                "{target} lies outside: {layer} is {shape}, called {calls}x.",
                target=term.target,
                layer=term.layer,
                shape=shape,
                calls=layer.calls,
            )
    return ""


def fits(unit: Unit, info: NetworkInfo) -> bool:
    """Return whether this network has such a unit."""
    layer = info.layer(unit.layer)
    if layer is None or unit.channel >= layer.shape[0]:
        return False
    if not -layer.calls <= unit.call < layer.calls:
        return False
    _, height, width = layer.shape
    return unit.position is None or (unit.position[0] < height and unit.position[1] < width)


def _request(panel: LensPanel, origin: Unit) -> Request:
    """Return the request of a lens panel; the panel itself changes the view."""
    if panel.lens == "layercam":
        return Request(panel.lens, origin, (("to", panel.to),))
    if panel.lens in LONG:
        settings = {
            "occlusion": (("patch", panel.patch), ("size", panel.side)),
            "integrated": (("baseline", panel.baseline),),
        }
        return Request(panel.lens, origin, settings.get(panel.lens, ()), False, panel.run)
    return Request(panel.lens, origin, (("to", panel.to), ("seed", panel.seed)))


def audit_key(panel: str) -> str:
    """Return the key of the test of a lens panel's picture."""
    return f"{panel} audit"


def _audit_request(request: Request, run: int) -> Request:
    """Return the request that puts a lens's picture to the test, on the frame it begins with."""
    settings = json.dumps(dict(request.params))
    params = (("method", request.lens), ("settings", settings))
    return Request("audit", request.unit, params, False, run)
