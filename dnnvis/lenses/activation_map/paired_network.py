"""The network beside a network: the clean one and the one that was trained on noise."""

from dataclasses import dataclass

from dnnvis.core.errors import DnnvisError
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.map_cache import map_of
from dnnvis.lenses.lens import Scene
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network

BUNDLED = {"net1-mnist": "net1-mnist-noise", "net1-mnist-noise": "net1-mnist"}


@dataclass(frozen=True, eq=False)
class Sister:
    """``network`` and its own ``map``, both or neither; ``words`` say why there is none."""

    network: Network | None = None
    map: Map | None = None
    words: str = ""


def sister_name(network: Network) -> str:
    """The network that its card names as ``sister``, else the bundled one; "" = none."""
    own = str(network.card.about.get("sister", ""))
    return own or BUNDLED.get(network.name, "")


def sister_of(scene: Scene, version: int) -> Sister:
    """The sister of the scene's network, opened once for each network, with its map, opened
    again where ``version`` is another one. Never raises."""
    network = scene.network
    name = sister_name(network)
    if not name:
        return Sister(words=f"There is no network to set beside {network.name}.")
    try:
        found = _opened(scene, name)
        if found is None:
            return Sister(words=f"{name} can be set beside {network.name} in the window.")
        if found.layer(OUTPUT).shape != network.layer(OUTPUT).shape:
            return Sister(words=f"{name} tells other classes than {network.name}.")
        return Sister(found, map_of(found, version))
    except DnnvisError as why:
        return Sister(words=f"{name} cannot be set beside {network.name}: {why}")


def _opened(scene: Scene, name: str) -> Network | None:
    known: dict[str, Network] = scene.network.twins.setdefault("sister", {})
    if name not in known and scene.open_ is not None:
        known[name] = scene.open_(name)
    return known.get(name)
