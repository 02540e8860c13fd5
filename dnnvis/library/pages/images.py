"""Embed pictures in a page as data, so that the page needs no other file."""

import base64

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.receptive_field import Box
from dnnvis.library.pages.html import Html, tag
from dnnvis.sources.opencv import opencv

Pixels = NDArray[np.uint8]
MAX_EXACT_PIXELS = 64  # up to this side a picture is drawn with hard edges, and stored without loss
JPEG_QUALITY = 90  # of JPEG


def to_three_channels(pixels: Pixels) -> Pixels:
    """Return uint8 (H, W, C) as (H, W, 3).

    One channel becomes gray, a missing third is black, others are left out.
    """
    channels = pixels.shape[2]
    if channels == 1:
        pixels = np.repeat(pixels, 3, 2)
    elif channels == 2:
        pixels = np.concatenate([pixels, np.zeros_like(pixels[:, :, :1])], 2)
    return np.ascontiguousarray(pixels[:, :, :3])


def encode_data_uri(pixels: Pixels, *, side: int = 0, exact: bool = False) -> str:
    """Return a picture as a data URI: PNG where it is small or ``exact``, else JPEG.

    Args:
        pixels: uint8 (H, W, C).
        side: Largest height and width in pixels; 0 changes nothing.
        exact: Whether to store it without loss.
    """
    cv2 = opencv()
    bgr = to_three_channels(pixels)[:, :, ::-1]
    longest = max(bgr.shape[:2])
    if side and longest > side:
        size = [max(1, round(n * side / longest)) for n in (bgr.shape[1], bgr.shape[0])]
        bgr = cv2.resize(np.ascontiguousarray(bgr), size, interpolation=cv2.INTER_AREA)
    if exact or max(bgr.shape[:2]) <= MAX_EXACT_PIXELS:
        kind, options = "png", [cv2.IMWRITE_PNG_COMPRESSION, 9]
    else:
        kind, options = "jpeg", [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, data = cv2.imencode(f".{kind}", np.ascontiguousarray(bgr), options)
    return f"data:image/{kind};base64,{base64.b64encode(data.tobytes()).decode('ascii')}"


def image_tag(
    pixels: Pixels, alt: str, *, side: int = 0, exact: bool = False, caption: str = ""
) -> Html:
    """Return an <img> element.

    Args:
        pixels: uint8 (H, W, C).
        alt: Text for screen readers.
        side: Largest height and width in pixels; 0 changes nothing.
        exact: Whether to store it without loss.
        caption: Text below the enlarged picture; "" takes ``alt``.
    """
    height, width = pixels.shape[:2]
    return tag(
        "img",
        src=encode_data_uri(pixels, side=side, exact=exact),
        alt=alt,
        width=width,
        height=height,
        class_="hard" if max(height, width) <= MAX_EXACT_PIXELS else None,
        data_caption=caption or alt,
        decoding="async",
    )


def image_with_box(pixels: Pixels, box: Box, alt: str, *, side: int = 0) -> Html:
    """Return a picture with a box drawn on it.

    Args:
        pixels: uint8 (H, W, C).
        box: (y, x, height, width) in pixels; may exceed the picture.
        alt: Text for screen readers.
        side: Largest height and width in pixels; 0 changes nothing.
    """
    height, width = pixels.shape[:2]
    y0, x0 = max(box[0], 0), max(box[1], 0)
    y1, x1 = min(box[0] + box[2], height), min(box[1] + box[3], width)
    style = (
        f"top:{100 * y0 / height:.2f}%;left:{100 * x0 / width:.2f}%;"
        f"height:{100 * max(y1 - y0, 0) / height:.2f}%;width:{100 * max(x1 - x0, 0) / width:.2f}%"
    )
    frame = tag("span", class_="field", style=style)
    ratio = f"aspect-ratio:{width}/{height}"
    return tag("span", image_tag(pixels, alt, side=side), frame, class_="boxed", style=ratio)
