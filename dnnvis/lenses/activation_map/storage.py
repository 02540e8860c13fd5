"""Where maps are kept, and which one a network has."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from dnnvis.core.errors import BadInput
from dnnvis.core.paths import shipped, user_data
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import SUFFIX, read_map, write_map
from dnnvis.network.network import Network

WAYS_BACK = ("previous", "bundled")


class Known(Protocol):
    """What a map is kept under: a Network, or its name and fingerprint alone."""

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


@dataclass(frozen=True)
class Named:
    """Stands for a network whose name and ``fingerprint`` are known."""

    name: str
    fingerprint: str


def map_path(fingerprint: str) -> Path:
    """The user's map of the network with that fingerprint; DNNVIS_DATA overrides the folder."""
    return user_data() / "library" / f"{fingerprint[:16]}{SUFFIX}"


def work_path(fingerprint: str, mark: str) -> Path:
    """Where a fit that is under way keeps what is half done."""
    return user_data() / "maps" / f"{fingerprint[:16]}-{mark[:12]}"


def check_place(network: Network) -> None:
    """Raises BadInput where no map could be kept: better said before a fit than after it."""
    place = map_path(network.fingerprint)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as why:
        raise BadInput(f"No map can be kept in {place.parent}: {why.strerror}.") from None
    if not os.access(place.parent, os.W_OK):
        raise BadInput(f"No map can be kept in {place.parent}: it cannot be written to.")


def keep(made: Map) -> Path:
    """Keep a map for its network; an earlier one stays beside as ``.previous``."""
    place = map_path(made.fingerprint)
    write_map(made, place)
    return place


def open_map(network: Network, path: str | Path | None = None) -> Map:
    """The map in ``path``, else the one that was fitted for the network here, else the bundled
    one. Raises BadInput where there is none, Mismatch where it is another checkpoint's."""
    if not isinstance(network, Network):
        raise BadInput(f"open_map takes an opened network, not {network!r}: dnnvis.open(...).")
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


def found_map(network: Known) -> Path | None:
    """The file of the network's map: the user's own, else the bundled one of its name."""
    own = map_path(network.fingerprint)
    if own.is_file():
        return own
    bundled = _bundled(network)
    return bundled if bundled.is_file() else None


def ways_back(network: Known) -> tuple[str, ...]:
    """Which of WAYS_BACK there are: a map from before the user's own, a bundled one under it.
    Looks for files only, none is read."""
    own = map_path(network.fingerprint)
    there = (_previous(own).is_file(), own.is_file() and _bundled(network).is_file())
    return tuple(way for way, found in zip(WAYS_BACK, there, strict=True) if found)


def back_to(network: Known, which: str) -> Path:
    """Make the map before (previous) or the bundled one the network's map again; its file.

    Both are read first, and at every moment a whole map is in place. The map that was on show
    becomes the previous one, so that the same step twice changes nothing; as after a fit, one
    previous map is kept and an older one goes. Raises BadInput where there is no such map, its
    file cannot be read, is another network's, or cannot be put into place.
    """
    if which not in WAYS_BACK:
        raise BadInput(f"which is one of {', '.join(WAYS_BACK)}, not {which!r}.")
    if which not in ways_back(network):
        kind = "earlier" if which == "previous" else "bundled"
        raise BadInput(f"There is no {kind} map of {network.name} to go back to.")
    own = map_path(network.fingerprint)
    wanted = _previous(own) if which == "previous" else _bundled(network)
    if read_map(wanted).fingerprint != network.fingerprint:
        raise BadInput(f"{wanted} is a map of other weights than those of {network.name}.")
    try:
        _put(own, wanted, which)
    except OSError as why:
        raise BadInput(f"The map cannot be put into {own.parent}: {why.strerror}.") from None
    return own if which == "previous" else wanted


def _put(own: Path, wanted: Path, which: str) -> None:
    """The file ``own`` gives way to ``wanted`` and becomes the previous one."""
    if which == "bundled":
        os.replace(own, _previous(own))  # the bundled one is found where there is no own
        return
    aside = own.with_name(f"{own.name}.aside")
    there = own.is_file()
    try:
        if there:
            shutil.copy2(own, aside)
        os.replace(wanted, own)
        if there:
            os.replace(aside, _previous(own))
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def _bundled(network: Known) -> Path:
    return shipped("models") / f"{network.name}{SUFFIX}"


def _previous(own: Path) -> Path:
    return own.with_name(f"{own.name}.previous")
