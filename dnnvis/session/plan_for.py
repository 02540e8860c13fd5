"""From what the user chose to what is computed: a pure function."""

from dnnvis.core.mail import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.engine.plan import Plan, Request
from dnnvis.session.state import LensPanel, State

BACKWARD_GRID = "grid"  # the key of the mosaic's backward view


def plan_for(state: State, info: NetworkInfo | None) -> Plan:
    """The plan of ``state`` for the network that runs (None: not known yet).

    Units and layers that this network does not have ask for nothing.
    """
    if info is None:
        return Plan(state.network)
    layers = [state.layer] if info.layer(state.layer) else []
    if state.unit is not None and info.layer(state.unit.layer):
        layers.append(state.unit.layer)
    requests = {}
    origin = state.origin
    if origin is not None and fits(origin, info):
        for key, panel in state.panels.items():
            if panel.shown:
                requests[key] = Request(panel.lens, origin, _params(panel))
        first = next(iter(state.panels.values()), LensPanel())
        if state.grid == "backward" and info.layer(state.layer) and state.layer != origin.layer:
            to = (("to", state.layer), ("seed", first.seed))
            requests[BACKWARD_GRID] = Request(first.lens, origin, to)
    return Plan(state.network, tuple(dict.fromkeys(layers)), state.call, requests)


def fits(unit: Unit, info: NetworkInfo) -> bool:
    """Whether this network has such a unit."""
    layer = info.layer(unit.layer)
    if layer is None or unit.channel >= layer.shape[0]:
        return False
    if not -layer.calls <= unit.call < layer.calls:
        return False
    _, height, width = layer.shape
    return unit.place is None or (unit.place[0] < height and unit.place[1] < width)


def _params(panel: LensPanel) -> tuple[tuple[str, str], ...]:
    return (("to", panel.to), ("seed", panel.seed))  # the panel itself changes the view
