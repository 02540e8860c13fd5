"""Read pictures with their concepts ahead of the network, in threads."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.library.dissection.points import BatchPoints, Grid
from dnnvis.network.card import Card
from dnnvis.network.preprocess import as_batch, fit_to_card
from dnnvis.sources.concepts.concept_set import ConceptPicture, LabeledConcepts
from dnnvis.sources.images.notes import PictureNote


@dataclass(frozen=True, eq=False)
class ConceptBatch:
    """Decoded pictures of a set of concepts."""

    #: Number of the batch.
    batch: int
    #: Numbers of the n pictures that could be read.
    numbers: tuple[int, ...]
    #: uint8 (n, C, H, W), as the network takes them.
    pixels: Tensor
    #: Where layers are compared with masks.
    points: BatchPoints
    #: Of each grid of ``points``, int64 (D, n, points): the concepts at each point, in any order,
    #: then K for none.
    planes: tuple[Tensor, ...]
    #: bool (n, K): whether a concept is in a picture.
    present: NDArray[np.bool_]
    #: Number -> why it could not be read.
    skipped: dict[int, str]
    #: (name, notes) of the pictures about which something was assumed.
    notes: tuple[tuple[str, tuple[PictureNote, ...]], ...]


def decode_concepts(
    data: LabeledConcepts,
    card: Card,
    numbers: Sequence[int],
    batch: int,
    points: BatchPoints,
    stop: threading.Event,
) -> ConceptBatch:
    """Read pictures and their masks, and fit both to the card's size.

    Args:
        data: The concepts.
        card: Card of the network.
        numbers: Numbers of the pictures.
        batch: Number of the batch.
        points: Where masks are read.
        stop: Cancels the work once it is set.

    Raises:
        Cancelled: ``stop`` was set.
    """
    read, pixels, present, notes = [], [], [], []
    planes: list[list[NDArray[np.int64]]] = [[] for _ in points.grids]
    skipped = {}
    count = len(data.names)
    for number in numbers:
        if stop.is_set():
            raise Cancelled("The dissection was stopped.")
        try:
            picture = data.read(number)
            fitted = fit_to_card(as_batch(picture.pixels)[0], card)
            masks, is_seen = fit_masks(picture, card, points.grids)
        except BadInput as error:
            skipped[number] = str(error)
            continue
        read.append(number)
        pixels.append(fitted)
        for own, at_points in zip(planes, masks, strict=True):
            own.append(_list_concepts(picture.concepts, at_points, count))
        is_present = np.zeros(count, np.bool_)
        is_seen = is_seen if data.has_masks else np.ones(len(picture.concepts), np.bool_)
        is_present[np.array(picture.concepts, np.int64)[is_seen]] = True
        present.append(is_present)
        if picture.notes:
            notes.append((data.name(number), picture.notes))
    empty = torch.empty((0, card.channels, *card.size), dtype=torch.uint8)
    return ConceptBatch(
        batch,
        tuple(read),
        torch.cat(pixels) if pixels else empty,
        points,
        tuple(
            _stack_planes(own, len(rows) * len(columns), count)
            for own, (rows, columns) in zip(planes, points.grids, strict=True)
        ),
        np.stack(present) if present else np.zeros((0, count), np.bool_),
        skipped,
        tuple(notes),
    )


@dataclass(frozen=True, eq=False)
class PixelSources:
    """From which pixel of a picture each pixel of the network's input comes."""

    #: int64 (H, W) of the input.
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    #: bool (H, W): whether it comes from any (the bars of a letterbox do not).
    inside: NDArray[np.bool_]


@lru_cache(16)
def find_sources(size: tuple[int, int], card: Card) -> PixelSources:
    """Return from which pixel of a picture of ``size`` (H, W) each input pixel comes.

    The nearest one: a picture of its own row and column numbers is fitted as any other.
    """
    height, width = size
    rows, columns = (
        np.broadcast_to(axis, size)
        for axis in (np.arange(height)[:, None], np.arange(width)[None, :])
    )
    planes = [rows >> 8, rows & 255, columns >> 8, columns & 255, np.full(size, 1)]
    numbers = np.stack(planes, 2).astype(np.uint8)
    by_number = replace(
        card,
        channels=len(planes),  # not one, three or four, which mean colors
        mean=(0.0,),
        std=(1.0,),
        interpolation="nearest",
        binary=False,
    )
    fitted = fit_to_card(numbers[None], by_number)[0].numpy().astype(np.int64)
    inside = fitted[4] == 1
    rows, columns = (256 * fitted[k] + fitted[k + 1] for k in (0, 2))
    return PixelSources(np.where(inside, rows, 0), np.where(inside, columns, 0), inside)


def fit_masks(
    picture: ConceptPicture, card: Card, grids: Sequence[Grid]
) -> tuple[list[NDArray[np.bool_]], NDArray[np.bool_]]:
    """Read masks as the network sees the picture: cut as it is, and by the nearest pixel.

    Args:
        picture: The picture and its masks.
        card: Card of the network.
        grids: Rows and columns of the input's pixels at which masks are read.

    Returns:
        For each grid bool (n, points); and whether any of a mask is in the network's input, (n,).

    Raises:
        BadInput: Masks and picture are of different sizes.
    """
    size = picture.pixels.shape[0], picture.pixels.shape[1]
    if picture.masks.shape[1:] != size:
        raise BadInput(
            f"The masks are of {picture.masks.shape[1:]} pixels, the picture of {size}; make them "
            "of one size."
        )
    sources = find_sources(size, card)
    at_points = []
    for rows, columns in grids:
        grid = np.ix_(rows, columns)
        inside = sources.inside[grid]
        values = picture.masks[:, sources.rows[grid], sources.columns[grid]] & inside
        at_points.append(values.reshape(len(values), len(rows) * len(columns)))
    top, bottom = (int(f(sources.rows[sources.inside])) for f in (np.min, np.max))
    left, right = (int(f(sources.columns[sources.inside])) for f in (np.min, np.max))
    seen = picture.masks[:, top : bottom + 1, left : right + 1]
    return at_points, np.asarray(seen.any((1, 2)))


def _list_concepts(
    concepts: Sequence[int], at_points: NDArray[np.bool_], count: int
) -> NDArray[np.int64]:
    """Return the concepts at each point of a grid, int64 (D, points), ``count`` for none.

    Args:
        concepts: Numbers of the n concepts.
        at_points: Where they are, bool (n, points).
        count: K.
    """
    depth = at_points.cumsum(0) - 1  # in which plane a concept lies
    planes = np.full((max(1, int(at_points.sum(0).max(initial=0))), at_points.shape[1]), count)
    concept, point = at_points.nonzero()
    planes[depth[concept, point], point] = np.array(concepts, np.int64)[concept]
    return planes


def _stack_planes(planes: Sequence[NDArray[np.int64]], points: int, count: int) -> Tensor:
    depth = max((len(each) for each in planes), default=1)
    stacked = np.full((depth, len(planes), points), count, np.int64)
    for number, each in enumerate(planes):
        stacked[: len(each), number] = each
    return torch.from_numpy(stacked)
