"""Define a set of concepts: pictures, and where in them each concept is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dnnvis.sources.images.notes import PictureNote

Masks = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ConceptPicture:
    """A picture and the concepts in it."""

    #: uint8 (H, W, C).
    pixels: NDArray[np.uint8]
    #: Numbers of the concepts in it, each once, in the order of ``masks``.
    concepts: tuple[int, ...]
    #: Where each of them is, bool (n, H, W), of the picture's own size; (0, H, W) in a set without
    #: masks.
    masks: Masks
    #: What was assumed when it was read.
    notes: tuple[PictureNote, ...] = ()


class LabeledConcepts(Protocol):
    """Pictures by number, with named concepts."""

    #: Names the set for good.
    address: str
    #: Changes when its pictures, masks or names do.
    mark: str
    #: Names of the concepts, each once.
    names: tuple[str, ...]
    #: Whether it says where in a picture a concept is; else only whether it is in it.
    has_masks: bool
    #: Whether reading is only fast from the first to the last.
    in_order: bool
    #: What was assumed or left out, in sentences.
    notes: tuple[str, ...]

    def __len__(self) -> int: ...

    def name(self, number: int) -> str:
        """Return the name of that picture."""
        ...

    def read(self, number: int) -> ConceptPicture:
        """Read a picture, from any thread; raise BadInput where it or a mask is broken."""
        ...

    def close(self) -> None:
        """Close its files."""
        ...


def stack_masks(shape: Sequence[int], masks: Iterable[NDArray[np.bool_]]) -> Masks:
    """Return masks as bool (n, H, W).

    Args:
        shape: (H, W, ...) of the picture.
        masks: Masks (H, W), maybe none.
    """
    stacked = list(masks)
    return np.stack(stacked) if stacked else np.zeros((0, *shape[:2]), np.bool_)


def list_some(names: Iterable[str], limit: int = 3) -> str:
    """Return the first of some names, with the number of the rest: ``a, b, c and 5 more``."""
    every = list(names)
    more = f" and {len(every) - limit} more" if len(every) > limit else ""
    return ", ".join(every[:limit]) + more
