"""Concepts in a folder: pictures in ``images``, masks in ``masks``, a folder for each concept."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.sources.concepts.concept_set import ConceptPicture, list_some, stack_masks
from dnnvis.sources.data.dataset import check_name, compute_mark, printable_path, read_stat
from dnnvis.sources.data.folders import is_picture_name, list_pictures, natural_key
from dnnvis.sources.image_files import read_picture, read_with_notes
from dnnvis.sources.images.limits import check_size, read_file
from dnnvis.sources.images.notes import PictureNote
from dnnvis.sources.opencv import opencv

IMAGES, MASKS = "images", "masks"
PNG_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
MASK_THRESHOLD = 128  # of 0 to 255: pixels from here on belong to the concept


class MaskFolder:
    """``images/NAME.jpg`` with ``masks/CONCEPT/NAME.png``.

    A picture without a mask of a concept is taken for one without that concept. Pixels of a mask
    from half on (128 of 255) belong to the concept; a mask of another size is resized to the
    picture's by the nearest pixel, and that is noted.
    """

    has_masks = True
    in_order = False

    def __init__(self, path: Path) -> None:
        self.address = str(path.resolve())
        self._files = list(list_pictures(path / IMAGES))
        by_stem: dict[str, Path] = {}
        for file in self._files:
            if file.stem in by_stem:
                raise BadInput(
                    f"{by_stem[file.stem]} and {file} share the name {file.stem}, so their masks "
                    "cannot be told apart; rename one."
                )
            by_stem[file.stem] = file
        folders = sorted(
            (f for f in (path / MASKS).iterdir() if f.is_dir() and not f.name.startswith(".")),
            key=lambda folder: natural_key(folder.name),
        )
        self._masks: dict[str, list[tuple[int, Path]]] = {}
        orphans: list[str] = []
        names: list[str] = []
        for folder in folders:
            masks = [file for file in sorted(folder.iterdir()) if is_picture_name(file.name)]
            if not masks:
                continue
            for mask in masks:
                if mask.stem not in by_stem:
                    orphans.append(f"{MASKS}/{folder.name}/{mask.name}")
                self._masks.setdefault(mask.stem, []).append((len(names), mask))
            names.append(folder.name)
        self.names = tuple(names)
        self._check(path, orphans)
        every = [*self._files, *(mask for masks in self._masks.values() for _, mask in masks)]
        for file in every:
            check_name(file.resolve())
        self.mark = compute_mark([*map(str, every), *map(read_stat, every)])
        self.notes = tuple(self._describe(orphans))

    def _check(self, path: Path, orphans: list[str]) -> None:
        if not self._files:
            raise BadInput(f"There is no picture in {path / IMAGES}; put the pictures there.")
        if not self.names:
            raise BadInput(
                f"There are no masks in {path / MASKS}; put them there, as "
                f"{MASKS}/CONCEPT/NAME.png for {IMAGES}/NAME.jpg."
            )
        if len(orphans) == sum(map(len, self._masks.values())):
            raise BadInput(
                f"No mask in {path / MASKS} has a picture of its name in {path / IMAGES} "
                f"({list_some(orphans)}); {MASKS}/CONCEPT/NAME.png belongs to {IMAGES}/NAME.jpg."
            )

    def _describe(self, orphans: list[str]) -> list[str]:
        notes = []
        if orphans:
            verbs = (
                "masks have no picture and are"
                if len(orphans) > 1
                else "mask has no picture and is"
            )
            notes.append(f"{len(orphans)} {verbs} left out: {list_some(orphans)}.")
        bare = [file.name for file in self._files if file.stem not in self._masks]
        if bare:
            verbs = (
                "pictures have no mask and count"
                if len(bare) > 1
                else "picture has no mask and counts"
            )
            notes.append(f"{len(bare)} {verbs} as without any concept: {list_some(bare)}.")
        return notes

    def __len__(self) -> int:
        return len(self._files)

    def name(self, number: int) -> str:
        """Return the path of a picture."""
        return printable_path(self._files[number])

    def read(self, number: int) -> ConceptPicture:
        """Read a picture and its masks; raise BadInput where one is broken."""
        decoded = read_with_notes(self._files[number])
        shape = decoded.pixels.shape
        given = self._masks.get(self._files[number].stem, [])
        size = (shape[0], shape[1])
        own = [(mask, read_mask(mask)) for _, mask in given]
        notes = [describe_resizing(path, mask.shape, size) for path, mask in own]
        masks = stack_masks(shape, (resize_mask(mask, size) for _, mask in own))
        concepts = tuple(concept for concept, _ in given)
        every = (*decoded.notes, *(note for note in notes if note is not None))
        return ConceptPicture(decoded.pixels, concepts, masks, every)

    def close(self) -> None:
        """Do nothing: no file stays open."""


def read_mask(path: Path) -> NDArray[np.bool_]:
    """Read a mask, bool (H, W) of its own size: what is from half on in any of its channels.

    Raises BadInput where it is broken.
    """
    values = _read_png(path) if path.suffix.lower() == ".png" else None
    if values is None:
        values = read_picture(path).max(2) >= MASK_THRESHOLD
    return np.asarray(values)


def resize_mask(mask: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a mask at ``size`` (height, width), by the nearest pixel."""
    if mask.shape == size:
        return mask
    rows, columns = (
        ((np.arange(wanted) + 0.5) * given / wanted).astype(np.int64)
        for given, wanted in zip(mask.shape, size, strict=True)
    )
    return np.asarray(mask[rows][:, columns])


def describe_resizing(
    path: Path, own: tuple[int, ...], size: tuple[int, int]
) -> PictureNote | None:
    """Return what is noted of a mask of ``own`` (height, width) on a picture of ``size``.

    None where they are the same. Of another aspect ratio is what rounding to whole pixels does not
    explain.
    """
    if own == size:
        return None
    about = f"its mask {MASKS}/{path.parent.name}/{path.name}, {own[1]} x {own[0]}, was"
    if abs(own[0] * size[1] - own[1] * size[0]) < max(sum(own), sum(size)):
        return PictureNote("mask size", f"{about} resized to {size[1]} x {size[0]}")
    stretched = f"stretched to another aspect ratio, {size[1]} x {size[0]}"
    return PictureNote("mask shape", f"{about} {stretched}: where it lies may be wrong")


def _read_png(path: Path) -> NDArray[np.bool_] | None:
    """Read a plain PNG of 8 bits, which takes a fifth of the time; None for any other file."""
    cv2 = opencv()
    data = read_file(path)
    if not data.startswith(PNG_START):
        return None
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    check_size(str(path), width, height)
    values = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint8 or values.shape[2:] not in ((), (3,)):
        return None
    largest = values if values.ndim == 2 else values.max(2)
    return np.asarray(largest >= MASK_THRESHOLD)
