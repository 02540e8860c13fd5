"""Visualize running neural networks interactively.

The names of ``dnnvis.api`` are loaded on first use (PEP 562), so that importing the package
costs neither torch nor Qt.
"""

from typing import Any

from dnnvis._version import __version__ as __version__
from dnnvis.core.errors import (
    BadInput,
    DnnvisError,
    LensMissing,
    Mismatch,
    NotTrusted,
    UnknownLens,
    UnknownNetwork,
    UnknownUnit,
)

_LAZY = (
    "Atlas",
    "BuildingBlocks",
    "Comparison",
    "ConceptSet",
    "Dissection",
    "Library",
    "Map",
    "Network",
    "Recording",
    "Unit",
    "atlas",
    "atlas_region",
    "blocks",
    "compare",
    "concepts",
    "curve",
    "dissect",
    "feeders",
    "feeds",
    "fit_atlas",
    "fit_map",
    "imagine",
    "library",
    "life_score",
    "look",
    "looks",
    "open",
    "open_atlas",
    "open_map",
    "sweep",
    "weights",
    "wrap",
)
__all__ = [  # noqa: PLE0604
    "BadInput",
    "DnnvisError",
    "LensMissing",
    "Mismatch",
    "NotTrusted",
    "UnknownLens",
    "UnknownNetwork",
    "UnknownUnit",
    *_LAZY,
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        from dnnvis import api

        return getattr(api, name)
    raise AttributeError(f"module 'dnnvis' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
