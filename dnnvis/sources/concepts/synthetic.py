"""Concepts whose pictures are made: patches of patterns on a soft background, with exact masks."""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.concept_set import ConceptPicture, stack_masks
from dnnvis.sources.concepts.patterns import Draw, list_patterns
from dnnvis.sources.data.dataset import digest
from dnnvis.sources.opencv import opencv

VERSION = 1  # goes up when the same numbers make other pictures
PATCHES = 3  # of a picture
MIN_EXTENT, MAX_EXTENT = 0.3, 0.75  # of a patch, as a fraction of the picture's side
DEFAULT_PICTURES = 1000
MIN_SIDE_PIXELS = 8


class SyntheticConcepts:
    """Pictures of the network's own size that depend on the seed and their number alone.

    Each has ``PATCHES`` patches, rectangles or ellipses, each of another concept; a later patch
    hides what lies under it, and a mask is what is seen of its patch. All concepts take turns.
    """

    has_masks = True
    in_order = False

    def __init__(
        self,
        size: tuple[int, int],
        *,
        channels: int = 3,
        pictures: int = DEFAULT_PICTURES,
        seed: int = 0,
    ) -> None:
        """Say which pictures are made.

        Args:
            size: (H, W) in pixels, 8 or more.
            channels: Channels of the network: with one there are no hues.
            pictures: How many there are.
            seed: Seed of all of them.

        Raises:
            BadInput: Such pictures cannot be made.
        """
        if min(size) < MIN_SIDE_PIXELS:
            raise BadInput(
                f"Concepts are made for pictures of {MIN_SIDE_PIXELS} pixels or more a side, not "
                f"{size[0]} x {size[1]}; give a folder of concepts."
            )
        self._draws, missing = list_patterns(colored=channels != 1)
        self.names = tuple(self._draws)
        self._size, self._pictures, self._seed = size, pictures, seed
        about = (VERSION, *size, channels == 1, pictures, seed, *self.names)
        self.mark = digest(about)
        self.address = f"made (seed {seed})"
        self.notes = tuple(
            note
            for note, applies in (
                ("The network sees no colors: concepts of hues are left out.", channels == 1),
                (f"Textures without their photograph are left out: {', '.join(missing)}.", missing),
            )
            if applies
        )

    def __len__(self) -> int:
        return self._pictures

    def name(self, number: int) -> str:
        """Return the name of a picture."""
        return f"made picture {number}"

    def read(self, number: int) -> ConceptPicture:
        """Make a picture uint8 (H, W, 3) and its masks."""
        rng = np.random.default_rng((self._seed, number))
        height, width = self._size
        side = min(self._size)
        canvas = _draw_background(height, width, rng)
        owner = np.full((height, width), -1)
        chosen = self._choose_concepts(number)
        for concept in chosen:
            mask, (top, left, bottom, right) = _choose_patch(height, width, rng)
            draw: Draw = self._draws[self.names[concept]]
            patch = draw(bottom - top, right - left, side, rng)
            inside = mask[top:bottom, left:right]
            canvas[top:bottom, left:right][inside] = patch[inside]
            owner[mask] = concept
        pixels = np.rint(canvas * 255).astype(np.uint8)
        concepts = tuple(k for k in sorted(chosen) if (owner == k).any())
        masks = stack_masks(owner.shape, [owner == k for k in concepts])
        return ConceptPicture(pixels, concepts, masks)

    def _choose_concepts(self, number: int) -> list[int]:
        """Return the concepts of a picture: each once in a round, in another order each round."""
        count = len(self.names)
        chosen = []
        for slot in range(number * PATCHES, (number + 1) * PATCHES):
            turn, position = divmod(slot, count)
            order = np.random.default_rng((self._seed, turn, 1 << 20)).permutation(count)
            chosen.append(int(order[position]))
        return list(dict.fromkeys(chosen))

    def close(self) -> None:
        """Do nothing: there is nothing open."""


def _draw_background(height: int, width: int, rng: Generator) -> NDArray[np.float32]:
    """Return soft gray noise of low contrast, float32 (height, width, 3)."""
    coarse = rng.uniform(0.35, 0.65, (4, 4)).astype(np.float32)
    cv2 = opencv()
    gray = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    gray = np.clip(gray + rng.normal(0, 0.02, (height, width)), 0, 1)
    return np.repeat(gray[..., None], 3, axis=2).astype(np.float32)


def _choose_patch(
    height: int, width: int, rng: Generator
) -> tuple[NDArray[np.bool_], tuple[int, int, int, int]]:
    """Return where a patch is, bool (height, width), and its box (top, left, bottom, right)."""
    sides = [
        max(4, round(length * rng.uniform(MIN_EXTENT, MAX_EXTENT))) for length in (height, width)
    ]
    top, left = (
        int(rng.integers(0, length - extent + 1))
        for length, extent in zip((height, width), sides, strict=True)
    )
    mask = np.zeros((height, width), np.bool_)
    box = mask[top : top + sides[0], left : left + sides[1]]
    if rng.random() < 0.5:
        box[:] = True
    else:
        y, x = np.ogrid[: sides[0], : sides[1]]
        radii = [extent / 2 for extent in sides]
        box[:] = ((y + 0.5) / radii[0] - 1) ** 2 + ((x + 0.5) / radii[1] - 1) ** 2 <= 1
    return mask, (top, left, top + sides[0], left + sides[1])
