"""Keep a network's directions in its library, and get them back."""

from dataclasses import replace

from dnnvis.library.store.directions import read_directions, save_directions
from dnnvis.library.store.library import open_library, own_library_path
from dnnvis.network.directions.directions import Directions
from dnnvis.network.network import Network


def load_directions(network: Network) -> list[Directions]:
    """Return the sets that the network's own library holds, those that fit its layers.

    Raises BadInput where the library cannot be read.
    """
    if not own_library_path(network).is_file():
        return []
    with open_library(network, create=False) as library:
        sets = read_directions(library)
    table = network.table
    rows = ((each, table.find(each.layer)) for each in sets)
    return [each for each, row in rows if row and row.shape[0] == each.vectors.shape[1]]


def keep_directions(
    network: Network, directions: Directions, busy_seconds: float | None = None
) -> Directions:
    """Write a set into the network's own library, and have the network use it as kept.

    Args:
        network: The network.
        directions: The set.
        busy_seconds: How long another writer is waited for; None: half a minute.

    Returns:
        The set, marked as kept.

    Raises:
        Busy: Another process writes into the library; the same works later.
        BadInput: The library cannot be written.
    """
    with open_library(network, busy_seconds=busy_seconds) as library:
        save_directions(library, directions)
    kept = replace(directions, is_saved=True)
    network.directions.put(kept)
    return kept
