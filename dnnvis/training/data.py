"""Labelled pictures for training, read whole into memory."""

import gzip
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.errors import BadInput

Labelled = tuple[Tensor, Tensor]  # images uint8 (N, C, H, W), labels int64 (N,)


def mnist(path: Path, part: str) -> Labelled:
    """MNIST's idx files in ``path``, ``path/raw`` or ``path/MNIST/raw``; part train | test."""
    stem = "train" if part == "train" else "t10k"
    images = _idx(_find(path, f"{stem}-images-idx3-ubyte"))
    labels = _idx(_find(path, f"{stem}-labels-idx1-ubyte"))
    return torch.from_numpy(images[:, None].copy()), torch.from_numpy(labels.astype(np.int64))


def cifar(path: Path, part: str) -> tuple[Tensor, Tensor, list[str]]:
    """CIFAR-10 as pictures in ``train/<class>/`` and ``test/<class>/``, a folder or a tar of it.

    Returns images (N, 3, H, W), labels and the class names in sorted order.
    """
    pictures = sorted(_pictures(path, part), key=lambda item: item[0])
    if not pictures:
        raise BadInput(f"{path} holds no pictures under {part}/<class>/.")
    classes = sorted({name.split("/")[-2] for name, _ in pictures})
    place = {name: k for k, name in enumerate(classes)}
    images = np.stack([_decode(name, data) for name, data in pictures])  # (N, H, W, 3)
    labels = torch.tensor([place[name.split("/")[-2]] for name, _ in pictures])
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), labels, classes


def _find(path: Path, name: str) -> Path:
    for folder in (path, path / "raw", path / "MNIST" / "raw"):
        for file in (folder / name, folder / f"{name}.gz"):
            if file.is_file():
                return file
    raise BadInput(f"{name} is not in {path}, its raw/ or its MNIST/raw/.")


def _idx(path: Path) -> Any:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    axes = data[3] if len(data) > 4 else 0
    shape = tuple(np.frombuffer(data, ">u4", axes, 4).tolist()) if axes else ()
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * axes)
    if not axes or values.size != int(np.prod(shape)):
        raise BadInput(f"{path} is not a whole idx file.")
    return values.reshape(shape)


def _pictures(path: Path, part: str) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for file in (path / part).glob("*/*"):
            if file.suffix.lower() in {".jpg", ".jpeg", ".png"}:
                yield file.as_posix(), file.read_bytes()
        return
    if not path.is_file() or not tarfile.is_tarfile(path):
        raise BadInput(f"{path} is neither a folder nor a tar file.")
    with tarfile.open(path) as tar:
        for member in tar:
            inside = member.name.split("/")
            if member.isfile() and len(inside) >= 3 and inside[-3] == part:
                content = tar.extractfile(member)
                if content is not None:
                    yield member.name, content.read()


def _decode(name: str, data: bytes) -> Any:
    import cv2  # lazy: costs start-up time and sets Qt variables

    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise BadInput(f"{name} is not a picture.")
    return image[:, :, ::-1]
