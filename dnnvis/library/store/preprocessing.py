"""Tell libraries apart by how the scanned pictures went to the network.

The values of units, and so examples and statistics, belong to weights *and* preprocessing. A
network's own library holds the scans of one preprocessing; those of each other lie in a library
beside it. What is shown of another preprocessing carries a sentence that says so.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.paths import shipped_folder
from dnnvis.library.store.database import LibraryFile, list_differences, stated_preprocessing
from dnnvis.library.store.library import own_library_path
from dnnvis.network.card import Card, read_card
from dnnvis.network.network import Network

UNRECORDED = "scanned with a preprocessing that was not recorded"


def find_scan_library(net: Network) -> Path:
    """Return where the scans that a network's panels show lie.

    It is the library of its present preprocessing where there is one, else its own, whose scans
    then carry a mark.
    """
    own = own_library_path(net)
    beside = _library_beside(own, net.card)
    return beside if beside.is_file() and not _takes_scans(own, net) else own


def choose_scan_library(net: Network) -> Path:
    """Return where a new scan goes: never among those of another preprocessing."""
    own = own_library_path(net)
    return own if _takes_scans(own, net) else _library_beside(own, net.card)


def describe_other_preprocessing(library: LibraryFile, net: Network) -> str:
    """Return how scanned pictures went to the network, where they would go otherwise now.

    Args:
        library: The library that they were scanned into.
        net: The network as it runs.

    Returns:
        ``scanned with mean 0.5, std 0.5; the network runs with mean 0.48, std 0.25``; "" where
        both are the same. Of a library that does not say it, the card that ships counts.
    """
    card = library.card or _read_shipped_card(net)
    if card is None:
        return f"{UNRECORDED}; the network runs with {net.card.preprocessing()}"
    differing = list_differences(card, net.card)
    if not differing:
        return ""
    then, now = (
        ", ".join(_describe_field(each, name) for name in differing) for each in (card, net.card)
    )
    if library.card is None:
        return f"{UNRECORDED}; the network runs with {now}"
    return f"scanned with {then}; the network runs with {now}"


def _takes_scans(path: Path, net: Network) -> bool:
    """Return whether scans under the present preprocessing can go into a library."""
    if not path.is_file():
        return True
    try:
        with LibraryFile(path, net.fingerprint, net.name, card=net.card, create=False) as library:
            return library.has_same_preprocessing(net.card)
    except BadInput:
        return True  # whoever opens it says what is wrong with it


def _library_beside(own: Path, card: Card) -> Path:
    """Return the library of another preprocessing; equal numbers of fewer digits are the same."""
    stated = stated_preprocessing(card)
    if card.fit == "free":
        del stated["size"]
    mean, std = (np.broadcast_to(values, card.channels) for values in (card.mean, card.std))
    stated |= {"mean": [f"{v:.4f}" for v in mean], "std": [f"{v:.4g}" for v in std]}
    digest = hashlib.sha256(json.dumps(stated, sort_keys=True).encode()).hexdigest()[:8]
    return own.with_name(f"{own.stem}-{digest}{own.suffix}")


def _describe_field(card: Card, name: str) -> str:
    value = getattr(card, name)
    if name in ("mean", "std"):
        numbers = [f"{v:.3g}" for v in value]
        return f"{name} {', '.join(numbers[:1] if len(set(numbers)) == 1 else numbers)}"
    if name == "size":
        return f"{value[1]} x {value[0]} pixels"
    if name == "antialias":
        return "antialiasing" if value else "no antialiasing"
    if name == "crop_ratio":
        return f"the middle {value:.1%}"
    return f"{value} channels" if name == "channels" else str(value)


def _read_shipped_card(net: Network) -> Card | None:
    """Return the card that ships with a bundled network; None for any other."""
    path = shipped_folder("models") / f"{Path(net.name).name}.json"
    try:
        return read_card(path) if path.is_file() else None
    except BadInput:
        return None
