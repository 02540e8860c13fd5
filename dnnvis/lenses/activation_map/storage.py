"""Store maps in files and find the one that a network has."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from dnnvis.core.errors import BadInput
from dnnvis.core.paths import shipped_folder, user_data_folder
from dnnvis.core.translation.catalog import tr
from dnnvis.introspect.map import Map
from dnnvis.introspect.map_file import SUFFIX, read_map, write_map
from dnnvis.network.network import Network

BACKUPS = ("previous", "bundled")


class MapOwner(Protocol):
    """What a map is stored under: a Network, or its name and fingerprint alone."""

    @property
    def name(self) -> str:
        """Return the name of the network."""

    @property
    def fingerprint(self) -> str:
        """Return the fingerprint of the weights."""


@dataclass(frozen=True)
class NamedNetwork:
    """Stand-in for a network of which only name and fingerprint are known."""

    #: Name of the network.
    name: str
    #: Fingerprint of its weights.
    fingerprint: str


def map_path(fingerprint: str) -> Path:
    """Return the path of the user's map of a network; DNNVIS_DATA overrides the folder."""
    return user_data_folder() / "library" / f"{fingerprint[:16]}{SUFFIX}"


def work_path(fingerprint: str, key: str) -> Path:
    """Return the folder in which a running fit stores unfinished results."""
    return user_data_folder() / "maps" / f"{fingerprint[:16]}-{key[:12]}"


def check_writable(network: Network) -> None:
    """Raise BadInput where no map could be saved: better before a fit than after it."""
    path = map_path(network.fingerprint)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            tr("No map can be kept in {folder}: {error}.", folder=path.parent, error=error.strerror)
        ) from None
    if not os.access(path.parent, os.W_OK):
        raise BadInput(
            tr("No map can be kept in {folder}: it cannot be written to.", folder=path.parent)
        )


def save_map(activation_map: Map) -> Path:
    """Save a map for its network; an earlier one is kept beside it as ``.previous``."""
    path = map_path(activation_map.fingerprint)
    write_map(activation_map, path)
    return path


def open_map(network: Network, path: str | Path | None = None) -> Map:
    """Open the map in ``path``, else the user's map of the network, else the bundled one.

    Raises BadInput where there is none, Mismatch where it is another checkpoint's.
    """
    if not isinstance(network, Network):
        raise BadInput(f"open_map takes an opened network, not {network!r}: dnnvis.open(...).")
    map_file = find_map(network) if path is None else Path(path)
    if map_file is None:
        raise BadInput(
            tr(
                "There is no map of {network} yet: fit one with `dnnvis fit-map`, or in the window "
                'with "Fit a map".',
                network=network.name,
            )
        )
    if not map_file.is_file():
        raise BadInput(tr("There is no map {map_file}.", map_file=map_file))
    activation_map = read_map(map_file)
    activation_map.check(network)
    return replace(activation_map, network=network)


def find_map(network: MapOwner) -> Path | None:
    """Return the file of the network's map: the user's own, else the bundled one of its name."""
    own = map_path(network.fingerprint)
    if own.is_file():
        return own
    bundled = _bundled_path(network)
    return bundled if bundled.is_file() else None


def available_backups(network: MapOwner) -> tuple[str, ...]:
    """Return which of ``BACKUPS`` exist: an earlier map of the user, a bundled map under it.

    Only looks for files; none is read.
    """
    own = map_path(network.fingerprint)
    existing = (_previous_path(own).is_file(), own.is_file() and _bundled_path(network).is_file())
    return tuple(backup for backup, exists in zip(BACKUPS, existing, strict=True) if exists)


def restore(network: MapOwner, backup: str) -> Path:
    """Make the previous or the bundled map the network's map again, and return its file.

    Both are read first, and at every moment a whole map is in place. The map in use becomes the
    previous one, so that restoring twice changes nothing; as after a fit, one previous map is kept
    and an older one is deleted. Raises BadInput where there is no such map, or its file cannot be
    read, is another network's, or cannot be put into place.
    """
    if backup not in BACKUPS:
        raise BadInput(f"which is one of {', '.join(BACKUPS)}, not {backup!r}.")
    if backup not in available_backups(network):
        kind = "earlier" if backup == "previous" else "bundled"
        raise BadInput(f"There is no {kind} map of {network.name} to go back to.")
    own = map_path(network.fingerprint)
    source = _previous_path(own) if backup == "previous" else _bundled_path(network)
    if read_map(source).fingerprint != network.fingerprint:
        raise BadInput(
            tr(
                "{source} is a map of other weights than those of {network}.",
                source=source,
                network=network.name,
            )
        )
    try:
        _replace_map(own, source, backup)
    except OSError as error:
        raise BadInput(
            tr(
                "The map cannot be put into {folder}: {error}.",
                folder=own.parent,
                error=error.strerror,
            )
        ) from None
    return own if backup == "previous" else source


def _replace_map(own: Path, source: Path, backup: str) -> None:
    """Replace the file ``own`` by ``source`` and make it the previous one."""
    if backup == "bundled":
        os.replace(own, _previous_path(own))  # without an own map the bundled one is used
        return
    temporary = own.with_name(f"{own.name}.aside")
    exists = own.is_file()
    try:
        if exists:
            shutil.copy2(own, temporary)
        os.replace(source, own)
        if exists:
            os.replace(temporary, _previous_path(own))
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _bundled_path(network: MapOwner) -> Path:
    name = Path(network.name).name  # a card's name may hold parts of a path
    return shipped_folder("models") / f"{name}{SUFFIX}"


def _previous_path(own: Path) -> Path:
    return own.with_name(f"{own.name}.previous")
