"""The network paired with another: the clean one and the one trained on noise."""

from dataclasses import dataclass

from dnnvis.core.errors import DnnvisError
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.map_cache import require_map
from dnnvis.lenses.lens import Scene
from dnnvis.network.cache import NetworkCache
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network

BUNDLED_PAIRS = {"net1-mnist": "net1-mnist-noise", "net1-mnist-noise": "net1-mnist"}
_PAIRED = NetworkCache[str, Network]()  # by name


@dataclass(frozen=True, eq=False)
class PairedNetwork:
    """A paired network with its own map; both or neither."""

    #: The paired network.
    network: Network | None = None
    #: Its map.
    map: Map | None = None
    #: Why there is none; "" where there is one.
    message: str = ""


def paired_name(network: Network) -> str:
    """Return the network that the card names as ``sister``, else the bundled one; "" for none."""
    own = str(network.card.about.get("sister", ""))
    return own or BUNDLED_PAIRS.get(network.name, "")


def open_paired(scene: Scene, version: int) -> PairedNetwork:
    """Return the paired network of the scene's network with its map. Never raises.

    Opened once for each network; the map is read again when ``version`` changes.
    """
    network = scene.network
    name = paired_name(network)
    if not name:
        return PairedNetwork(message=f"There is no network to set beside {network.name}.")
    try:
        paired = _open_cached(scene, name)
        if paired is None:
            return PairedNetwork(message=f"{name} can be set beside {network.name} in the window.")
        if paired.layer(OUTPUT).shape != network.layer(OUTPUT).shape:
            return PairedNetwork(message=f"{name} tells other classes than {network.name}.")
        return PairedNetwork(paired, require_map(paired, version))
    except DnnvisError as error:
        return PairedNetwork(message=f"{name} cannot be set beside {network.name}: {error}")


def _open_cached(scene: Scene, name: str) -> Network | None:
    cache = _PAIRED.of(scene.network)
    if name not in cache and scene.open_network is not None:
        cache[name] = scene.open_network(name)
    return cache.get(name)
