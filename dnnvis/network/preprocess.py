"""Bring pixels of any shape to the shape that a network takes."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.network.binarize import ALIVE_THRESHOLD, MAX_BOARD_SIDE, is_board, is_pure, scale_binary
from dnnvis.network.card import Card


def to_pixels(x: Tensor, channels: int) -> NDArray[np.uint8]:
    """Return the first picture of (B, C, H, W) in [0, 1] as uint8 (H, W, C).

    Args:
        x: Pictures, or states whose first channels are a picture.
        channels: Channels of a picture at most.

    Returns:
        The picture.
    """
    pixels = x.detach()[0, :channels].mul(255).round().clamp(0, 255).to("cpu", torch.uint8)
    return np.ascontiguousarray(pixels.permute(1, 2, 0).numpy())


def refuse_path(path: Path) -> NDArray[np.uint8]:
    """Raise BadInput: the network was not given a way to read files."""
    raise BadInput(f"This network was not given a way to read {path}; pass the pixels.")


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

    A picture that has the card's size goes in as it is. Of any other colors are converted; then
    its middle is cut out (``fit`` crop, or free), or it is stretched, or put into bars
    (letterbox), by the card's interpolation. With a ``crop_ratio`` below 1 it is first resized to
    size / ratio (rounded down, as timm and torchvision do) and the middle of that cut out.

    For a ``binary`` network pixels of 0 and 1 are cells, and any other picture is cut at half;
    boards keep their size where ``fit`` is free. There pictures of pure colors keep theirs, too,
    such as mazes.
    """
    pixels = _convert_channels(batch, card.channels)
    if card.binary:
        return _to_cells(scale_binary(pixels), card)
    size = pixels.shape[1:3]
    if card.fit == "free" and max(size) <= MAX_BOARD_SIDE and is_pure(pixels):
        card = replace(card, size=size)
    return _resize(pixels, card)


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
    if x.shape[2:] == card.size:
        return x
    if card.fit == "letterbox":
        return _letterbox(x, card)
    height, width = card.size
    if card.crop_ratio < 1:
        return _resize_and_crop(x, card)
    if card.fit != "stretch":
        x = _center_crop(x, height / width)
    return _interpolate(x, card.size, card)


def _interpolate(x: Tensor, size: tuple[int, int], card: Card) -> Tensor:
    """Resize uint8 pixels (B, C, H, W) by the card's interpolation.

    Torch has no Lanczos and no Hamming filter; bicubic and bilinear are the nearest that it has.
    """
    if x.shape[2:] == size:
        return x
    match card.interpolation:
        case "nearest":
            return F.interpolate(x, size, mode="nearest-exact")
        case "box":
            rows, columns = (_box_weights(n, m) for n, m in zip(x.shape[2:], size, strict=True))
            return (rows @ x.float() @ columns.T).round().to(torch.uint8)
        case "bicubic" | "lanczos":
            return F.interpolate(x, size, mode="bicubic", antialias=card.antialias)
    return F.interpolate(x, size, mode="bilinear", antialias=card.antialias)


def _box_weights(given: int, wanted: int) -> Tensor:
    """Return the share (wanted, given) that every pixel of a line has in every new one."""
    edges = torch.linspace(0, given, wanted + 1, dtype=torch.float64)
    pixels = torch.arange(given, dtype=torch.float64)
    last = torch.minimum(edges[1:, None], pixels + 1)
    overlap = (last - torch.maximum(edges[:-1, None], pixels)).clamp_min(0)
    return (overlap / overlap.sum(1, keepdim=True)).float()


def _resize_and_crop(x: Tensor, card: Card) -> Tensor:
    """Resize to more than the input size, then cut its center out, as training libraries do."""
    (h, w), (height, width) = x.shape[2:], card.size
    resized = [int(side / card.crop_ratio + 1e-6) for side in card.size]
    if card.fit != "stretch":  # the side that needs the larger scale decides
        scale = max(resized[0] / h, resized[1] / w)
        resized = [max(resized[0], int(h * scale + 1e-6)), max(resized[1], int(w * scale + 1e-6))]
    x = _interpolate(x, (resized[0], resized[1]), card)
    top, left = round((resized[0] - height) / 2), round((resized[1] - width) / 2)
    return x[:, :, top : top + height, left : left + width]


def _letterbox(x: Tensor, card: Card) -> Tensor:
    """Resize all of a picture into the input size, with bars of one color beside it."""
    (h, w), (height, width) = x.shape[2:], card.size
    scale = min(height / h, width / w)
    size = max(1, round(h * scale)), max(1, round(w * scale))
    bars = np.rint(np.broadcast_to(bar_color(card), card.channels) * 255).astype(np.uint8)
    result = torch.from_numpy(bars).view(1, -1, 1, 1).repeat(len(x), 1, height, width)
    top, left = (height - size[0]) // 2, (width - size[1]) // 2
    result[:, :, top : top + size[0], left : left + size[1]] = _interpolate(x, size, card)
    return result


def bar_color(card: Card) -> NDArray[np.float64]:
    """Return the color of a letterbox's bars in [0, 1]: the card's mean, else 114 of 255.

    The latter is that of YOLO's training pictures.
    """
    return np.array(card.mean if any(card.mean) else [114 / 255])


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
