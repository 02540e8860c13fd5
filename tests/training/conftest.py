"""Tiny data sets, as tensors and as files."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

Labelled = tuple[Tensor, Tensor]


def pictures(count: int, channels: int, side: int, seed: int = 0) -> Labelled:
    random = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 256, (count, channels, side, side), generator=random)
    return images.to(torch.uint8), torch.randint(0, 10, (count,), generator=random)


@pytest.fixture
def digits() -> Labelled:
    return pictures(64, 1, 28)


@pytest.fixture
def colours() -> Labelled:
    return pictures(32, 3, 32)


def idx(values: np.ndarray) -> bytes:
    """The idx format by hand: 0, 0, 8 (uint8), axes, big-endian sizes, values."""
    sizes = b"".join(int(n).to_bytes(4, "big") for n in values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()


@pytest.fixture
def mnist_folder(tmp_path: Path, digits: Labelled) -> Path:
    images, labels = (part.numpy() for part in digits)
    for stem in ("train", "t10k"):
        (tmp_path / f"{stem}-images-idx3-ubyte").write_bytes(idx(images[:, 0]))
        (tmp_path / f"{stem}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(labels)))
    return tmp_path
