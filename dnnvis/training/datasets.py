"""Read labeled pictures for training, whole into memory."""

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.sources.idx import find_idx, read_idx
from dnnvis.sources.images.decode import decode_picture
from dnnvis.sources.images.limits import check_bytes

IMAGE_SUFFIXES = {".jpg", ".jpeg", ".png"}
LabeledImages = tuple[Tensor, Tensor]  # images uint8 (N, C, H, W), labels int64 (N,)


def mnist(path: Path, part: str) -> LabeledImages:
    """Read MNIST's idx files in ``path``, ``path/raw`` or ``path/MNIST/raw``.

    ``part`` is train | test. Returns images uint8 (N, 1, 28, 28) and labels int64 (N,). Raises
    BadInput where they are missing or no MNIST.
    """
    stem = "train" if part == "train" else "t10k"
    images = read_idx(find_idx(path, f"{stem}-images-idx3-ubyte"))
    labels = read_idx(find_idx(path, f"{stem}-labels-idx1-ubyte"))
    if images.shape != (len(labels), 28, 28) or labels.ndim != 1:
        raise BadInput(
            f"{path} holds no MNIST: images {images.shape}, labels {labels.shape} of {part}."
        )
    return torch.from_numpy(images[:, None].copy()), torch.from_numpy(labels.astype(np.int64))


def cifar(path: Path, part: str) -> tuple[Tensor, Tensor, list[str]]:
    """Read CIFAR-10 as pictures in ``train/<class>/`` and ``test/<class>/``.

    ``path`` is a folder or a tar of it. Returns images uint8 (N, 3, 32, 32), labels int64 (N,) and
    the class names in sorted order. Raises BadInput where there are none, or of another size.
    """
    image_files = sorted(_read_images(path, part), key=lambda item: item[0].split("/")[-2:])
    if not image_files:
        raise BadInput(f"{path} holds no pictures under {part}/<class>/.")
    classes = sorted({name.split("/")[-2] for name, _ in image_files})
    class_index = {name: k for k, name in enumerate(classes)}
    decoded = [_decode(name, data) for name, data in image_files]
    wrong_size = next((k for k, image in enumerate(decoded) if image.shape != (32, 32, 3)), None)
    if wrong_size is not None:
        raise BadInput(
            f"{image_files[wrong_size][0]} is not 32 x 32 pixels, as CIFAR's pictures are."
        )
    images = np.stack(decoded)  # (N, H, W, 3)
    labels = torch.tensor([class_index[name.split("/")[-2]] for name, _ in image_files])
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), labels, classes


def _read_images(path: Path, part: str) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in (path / part).glob("*/*"):
            if _is_image(file):
                yield file.as_posix(), file.read_bytes()
        return
    if not path.is_file() or not tarfile.is_tarfile(path):
        raise BadInput(f"{path} is neither a folder nor a tar file.")
    try:
        with tarfile.open(path) as tar:
            yield from _members(tar, part)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{path} is broken or cut short: {error}") from None


def _members(tar: tarfile.TarFile, part: str) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        path_parts = member.name.split("/")
        if member.isfile() and path_parts[-3:-2] == [part] and _is_image(Path(member.name)):
            content = tar.extractfile(member)
            if content is not None:
                check_bytes(member.name, member.size)
                yield member.name, content.read()


def _is_image(file: Path) -> bool:
    return file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".")


def _decode(name: str, data: bytes) -> Any:
    return decode_picture(data, name).pixels
