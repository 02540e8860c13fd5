"""Labelled pictures for training, read whole into memory."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.errors import BadInput

UNSIGNED_BYTES = b"\0\0\x08"  # how an idx file of them begins
PICTURES = {".jpg", ".jpeg", ".png"}
Labelled = tuple[Tensor, Tensor]  # images uint8 (N, C, H, W), labels int64 (N,)


def mnist(path: Path, part: str) -> Labelled:
    """MNIST's idx files in ``path``, ``path/raw`` or ``path/MNIST/raw``; part train | test."""
    stem = "train" if part == "train" else "t10k"
    images = _idx(_find(path, f"{stem}-images-idx3-ubyte"))
    labels = _idx(_find(path, f"{stem}-labels-idx1-ubyte"))
    if images.shape != (len(labels), 28, 28) or labels.ndim != 1:
        raise BadInput(
            f"{path} holds no MNIST: images {images.shape}, labels {labels.shape} of {part}."
        )
    return torch.from_numpy(images[:, None].copy()), torch.from_numpy(labels.astype(np.int64))


def cifar(path: Path, part: str) -> tuple[Tensor, Tensor, list[str]]:
    """CIFAR-10 as pictures in ``train/<class>/`` and ``test/<class>/``, a folder or a tar of it.

    Returns images (N, 3, H, W), labels and the class names in sorted order.
    """
    pictures = sorted(_pictures(path, part), key=lambda item: item[0].split("/")[-2:])
    if not pictures:
        raise BadInput(f"{path} holds no pictures under {part}/<class>/.")
    classes = sorted({name.split("/")[-2] for name, _ in pictures})
    place = {name: k for k, name in enumerate(classes)}
    decoded = [_decode(name, data) for name, data in pictures]
    odd = next((k for k, image in enumerate(decoded) if image.shape != (32, 32, 3)), None)
    if odd is not None:
        raise BadInput(f"{pictures[odd][0]} is not 32 x 32 pixels, as CIFAR's pictures are.")
    images = np.stack(decoded)  # (N, H, W, 3)
    labels = torch.tensor([place[name.split("/")[-2]] for name, _ in pictures])
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), labels, classes


def _find(path: Path, name: str) -> Path:
    for folder in (path, path / "raw", path / "MNIST" / "raw"):
        for file in (folder / name, folder / f"{name}.gz"):
            if file.is_file():
                return file
    raise BadInput(f"{name} is not in {path}, its raw/ or its MNIST/raw/.")


def _idx(path: Path) -> Any:
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as why:
        raise BadInput(f"{path} cannot be read: {why}") from None
    axes = data[3] if data[:3] == UNSIGNED_BYTES and len(data) > 3 else 0
    start = 4 + 4 * axes
    shape = tuple(np.frombuffer(data[4:start].ljust(4 * axes, b"\0"), ">u4").tolist())
    if not axes or len(data) - start != int(np.prod(shape, dtype=object)):
        raise BadInput(f"{path} is not a whole idx file; get it again.")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape)


def _pictures(path: Path, part: str) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in (path / part).glob("*/*"):
            if _is_picture(file):
                yield file.as_posix(), file.read_bytes()
        return
    if not path.is_file() or not tarfile.is_tarfile(path):
        raise BadInput(f"{path} is neither a folder nor a tar file.")
    try:
        with tarfile.open(path) as tar:
            yield from _members(tar, part)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as why:
        raise BadInput(f"{path} is broken or cut short: {why}") from None


def _members(tar: tarfile.TarFile, part: str) -> Iterator[tuple[str, bytes]]:
    for member in tar:
        inside = member.name.split("/")
        if member.isfile() and inside[-3:-2] == [part] and _is_picture(Path(member.name)):
            content = tar.extractfile(member)
            if content is not None:
                yield member.name, content.read()


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in PICTURES and not file.name.startswith(".")


def _decode(name: str, data: bytes) -> Any:
    import cv2  # lazy: costs start-up time and sets Qt variables

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if image is None:
        raise BadInput(f"{name} is not a picture.")
    return image[:, :, ::-1]
