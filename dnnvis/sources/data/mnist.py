"""Open MNIST's images, and what is stored like them."""

import re
from collections.abc import Sequence
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.sources.data.arrays import ArrayImages
from dnnvis.sources.idx import find_idx, read_idx

IMAGE_NAMES = ("train-images-idx3-ubyte", "t10k-images-idx3-ubyte")  # training ones first


def is_idx_file(path: Path) -> bool:
    """Return whether a file of that name holds images as MNIST's do."""
    return re.search(r"-images[-.]idx3-ubyte(\.gz)?$", path.name) is not None


def find_idx_files(folder: Path) -> list[Path]:
    """Return MNIST's image files in a folder, training ones first; [] where there is none."""
    files = []
    for name in IMAGE_NAMES:
        try:
            files.append(find_idx(folder, name))
        except BadInput:
            continue
    return files


class IdxImages(ArrayImages):
    """MNIST's images, training ones first, with their labels where these lie beside them."""

    def __init__(self, path: Path, files: Sequence[Path]) -> None:
        arrays = [read_idx(file) for file in files]
        if any(part.ndim != 3 for part in arrays):
            raise BadInput(f"{path} holds no images: {[part.shape for part in arrays]}.")
        labels = [
            label
            for file, part in zip(files, arrays, strict=True)
            for label in _read_labels_beside(file, len(part))
        ]
        super().__init__(path, "idx", [part[..., None] for part in arrays], labels, files)


def _read_labels_beside(images: Path, count: int) -> list[str]:
    stem = images.name.removesuffix(".gz").replace("images-idx3", "labels-idx1")
    stem = stem.replace("images.idx3", "labels.idx1")
    file = next(
        (f for name in (stem, f"{stem}.gz") if (f := images.with_name(name)).is_file()), None
    )
    if file is None:
        return [""] * count
    labels = read_idx(file)
    if labels.shape != (count,):
        raise BadInput(f"{file} has {labels.shape} labels for {count} images.")
    return [str(label) for label in labels]
