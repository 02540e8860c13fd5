"""Attack a classifier with patches that an atlas names.

Source: Carter et al. 2019, section "Focusing on a single class": where the regions of two classes
meet, the atlas shows what they have in common, and a patch of it on a picture of the one may make
the network see the other. Ours: the patches are not chosen by hand, and stand beside patches from
random cells and of noise, of the same size, at the same spots of the same pictures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.atlas_view import rank_near_class
from dnnvis.core.errors import BadInput
from dnnvis.core.receptive_field import crop_box, receptive_box
from dnnvis.introspect.atlas.atlas import AtlasLevel
from dnnvis.lenses.atlas.examples import PADDING_GRAY, fit_picture
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset

Ints = NDArray[np.int64]
Pixels = NDArray[np.uint8]
PASS_PICTURES = 64  # of one forward pass


@dataclass(frozen=True)
class AttackCount:
    """What patches of one kind did to pictures of one class."""

    #: Pictures, all of which the network got right without a patch.
    pictures: int
    #: How many of them it saw as another class.
    flipped: int
    #: How many of them it saw as the class that was aimed at.
    reached: int


def cells_near_class(level: AtlasLevel, source: int, target: int, count: int) -> Ints:
    """Return the cells of one class that lie nearest to those of another, nearest first.

    See ``rank_near_class``.

    Args:
        level: Cells with attributions.
        source: Column of the attribution of the class to be attacked.
        target: Column of the class aimed at.
        count: At most so many.

    Returns:
        Cell numbers, int64 (n,).

    Raises:
        BadInput: One of the classes has no cell.
    """
    cells = rank_near_class(level.cells, level.attribution, source, target)[:count]
    if not len(cells):
        raise BadInput(
            "No cell of the atlas speaks for one of the two classes more than for all others: "
            "give more pictures, or choose other classes."
        )
    return cells


def cut_patches(
    network: Network, layer: str, data: Dataset, level: AtlasLevel, cells: Sequence[int] | Ints
) -> list[Pixels]:
    """Return what the examples of cells saw, uint8 (h, w, C) of one size: patches.

    They are receptive fields that lie whole inside their pictures; others are left out, unless the
    field is larger than the picture: then it is the part inside.

    Raises BadInput where none is left.
    """
    patches = []
    for cell in cells:
        for number, y, x in level.examples[cell].tolist():
            if number < 0:
                continue
            try:
                picture = fit_picture(network, data.read(number)[0])
            except BadInput:
                continue
            size = picture.shape[:2]
            top, left, height, width = receptive_box(
                network.layer(layer).field, (y, x), (size[0], size[1])
            )
            if top < 0 or left < 0 or top + height > size[0] or left + width > size[1]:
                continue
            patches.append(crop_box(picture, (top, left, height, width), PADDING_GRAY))
    if not patches:
        raise BadInput(
            "No example of these cells lies whole inside its picture: choose a layer with a "
            "smaller receptive field."
        )
    return patches


def noise_patches(like: Sequence[Pixels], rng: np.random.Generator) -> list[Pixels]:
    """Return patches of uniform noise of the sizes of others."""
    return [rng.integers(0, 256, patch.shape, dtype=np.uint8) for patch in like]


def paste(picture: Pixels, patch: Pixels, at: tuple[float, float]) -> Pixels:
    """Return a picture with a patch on it.

    Args:
        picture: uint8 (H, W, C).
        patch: uint8 (h, w, C), at most as large.
        at: (y, x) of its corner as shares in [0, 1) of where it can lie.
    """
    height, width = patch.shape[:2]
    top = int(at[0] * (picture.shape[0] - height + 1))
    left = int(at[1] * (picture.shape[1] - width + 1))
    result = picture.copy()
    result[top : top + height, left : left + width] = patch
    return result


def predict(network: Network, pictures: Sequence[Pixels]) -> Ints:
    """Return the class that the network sees in each of pictures uint8 (H, W, C), int64 (N,)."""
    answers = []
    for start in range(0, len(pictures), PASS_PICTURES):
        stack = np.stack(pictures[start : start + PASS_PICTURES])
        pixels = torch.from_numpy(np.ascontiguousarray(stack.transpose(0, 3, 1, 2)))
        x = pixels.to(network.device).float() / 255
        output = network.run(x, (OUTPUT,), batched=True).tensor(OUTPUT).flatten(1)
        answers.append(output.argmax(1).cpu().numpy())
    return np.concatenate(answers).astype(np.int64) if answers else np.zeros(0, np.int64)


def attack(
    network: Network,
    pictures: Sequence[Pixels],
    patches: Sequence[Pixels],
    source: int,
    target: int,
    seed: int,
) -> AttackCount:
    """Put a patch on each picture of a class, and count what the network then sees.

    Which patch, and where, depends on the seed and the picture's position alone, so that patches of
    all kinds lie at the same spots.

    Args:
        network: The network.
        pictures: uint8 (H, W, C) at its size, of class ``source``, seen as that.
        patches: One of them goes onto each picture, all as often as one another.
        source: The class.
        target: The class aimed at.
        seed: Seed of the spots.

    Returns:
        The counts.
    """
    rng = np.random.default_rng(seed)
    spots = rng.random((len(pictures), 2))
    order = np.argsort(rng.random(len(pictures)))
    changed = [
        paste(picture, patches[int(order[k]) % len(patches)], (spots[k, 0], spots[k, 1]))
        for k, picture in enumerate(pictures)
    ]
    answers = predict(network, changed)
    return AttackCount(
        len(pictures), int((answers != source).sum()), int((answers == target).sum())
    )
