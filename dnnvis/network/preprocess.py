"""Bring pixels of any shape to the shape that a network takes."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.network.binarize import ALIVE_THRESHOLD, MAX_BOARD_SIDE, is_board, scale_binary
from dnnvis.network.card import Card


def as_batch(image: Any) -> tuple[NDArray[np.uint8], bool]:
    """Return pixels as (B, H, W, C), and whether a batch was given; raise BadInput for others."""
    try:
        pixels = np.asarray(image)
    except ValueError as error:
        raise BadInput(f"That is no picture: {error}") from None
    if pixels.dtype != np.uint8:
        raise BadInput(
            f"A picture is uint8, 0 to 255, not {pixels.dtype}; convert it first "
            "(a float image in [0, 1]: (image * 255).round().astype(numpy.uint8))."
        )
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    batched = pixels.ndim == 4
    if pixels.ndim == 3:
        pixels = pixels[None]
    if pixels.ndim != 4 or 0 in pixels.shape:
        raise BadInput(f"A picture is (H, W), (H, W, C) or (B, H, W, C), not {pixels.shape}.")
    return pixels, batched


def fit_to_card(batch: NDArray[np.uint8], card: Card) -> Tensor:
    """Return pixels as uint8 (B, C, H, W) at the card's size and channels.

    Colors are converted, then the middle is cut out (``fit`` crop, or free) or the whole
    stretched, with antialiased bilinear resampling.

    For a ``binary`` network pixels of 0 and 1 are cells, and any other picture is cut at half;
    boards keep their size where ``fit`` is free.
    """
    pixels = _convert_channels(batch, card.channels)
    return _to_cells(scale_binary(pixels), card) if card.binary else _resize(pixels, card)


def _to_cells(pixels: NDArray[np.uint8], card: Card) -> Tensor:
    """Return cells as they are where the network takes any size; else fitted, and cut at half."""
    size = pixels.shape[1:3]
    if is_board(pixels) and card.fit == "free" and max(size) <= MAX_BOARD_SIDE:
        return _resize(pixels, replace(card, size=size))
    x = _resize(pixels, card)
    return torch.where(x >= ALIVE_THRESHOLD, 255, 0).to(torch.uint8)


def _resize(pixels: NDArray[np.uint8], card: Card) -> Tensor:
    pixels = np.ascontiguousarray(pixels)
    if not pixels.flags.writeable:  # torch shares memory and has no read-only tensors
        pixels = pixels.copy()
    x = torch.from_numpy(pixels)
    x = x.permute(0, 3, 1, 2)  # (B, C, H, W), a channels_last view
    height, width = card.size
    if x.shape[2:] == (height, width):
        return x
    if card.fit != "stretch":
        x = _center_crop(x, height / width)
    if x.shape[2:] == (height, width):
        return x
    return F.interpolate(x, (height, width), mode="bilinear", antialias=True)


def _center_crop(x: Tensor, ratio: float) -> Tensor:
    """Return the largest centered window with height / width = ``ratio``."""
    h, w = x.shape[2:]
    height, width = min(h, max(1, round(w * ratio))), min(w, max(1, round(h / ratio)))
    top, left = (h - height) // 2, (w - width) // 2
    return x[:, :, top : top + height, left : left + width]


def _convert_channels(batch: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    given_channels = batch.shape[3]
    if given_channels == channels:
        return batch
    if given_channels == 4 and channels in (1, 3):  # alpha is left out
        return _convert_channels(batch[..., :3], channels)
    if given_channels == 1:
        return np.repeat(batch, channels, axis=3)
    if given_channels == 3 and channels == 1:
        gray = batch @ np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
        return np.rint(gray).astype(np.uint8)[..., None]
    raise BadInput(f"The network takes {channels} channels; the picture has {given_channels}.")
