"""Where maps are kept, and which one a network has."""

from dataclasses import replace
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.core.folders import shipped, user_data
from dnnvis.introspect.map import Map
from dnnvis.introspect.mapfile import SUFFIX, read_map, write_map
from dnnvis.network.network import Network


def map_path(fingerprint: str) -> Path:
    """The user's map of the network with that fingerprint; DNNVIS_DATA overrides the folder."""
    return user_data() / "library" / f"{fingerprint[:16]}{SUFFIX}"


def work_path(fingerprint: str, mark: str) -> Path:
    """Where a fit that is under way keeps what is half done."""
    return user_data() / "maps" / f"{fingerprint[:16]}-{mark[:12]}"


def keep(made: Map) -> Path:
    """Keep a map for its network; an earlier one stays beside as ``.previous``."""
    place = map_path(made.fingerprint)
    write_map(made, place)
    return place


def open_map(network: Network, path: str | Path | None = None) -> Map:
    """The map in ``path``, else the one that was fitted for the network here, else the bundled
    one. Raises BadInput where there is none, Mismatch where it is another checkpoint's."""
    place = found_map(network) if path is None else Path(path)
    if place is None:
        raise BadInput(
            f"There is no map of {network.name} yet: fit one with `dnnvis fit-map`, or with "
            '"Fit a map" in the window.'
        )
    if not place.is_file():
        raise BadInput(f"There is no map {place}.")
    found = read_map(place)
    found.check(network)
    return replace(found, network=network)


def found_map(network: Network) -> Path | None:
    """The file of the network's map: the user's own, else the bundled one of its name."""
    own = map_path(network.fingerprint)
    if own.is_file():
        return own
    bundled = shipped("models") / f"{network.name}{SUFFIX}"
    return bundled if bundled.is_file() else None
