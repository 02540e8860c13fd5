"""Grow the pictures that stand beside the names of the presets in the Synthesis mode."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.imaging import colorize
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.look import look
from dnnvis.sources.opencv import opencv
from dnnvis.zoo.catalog import open_network

SIDE_PIXELS, JPEG_QUALITY = 96, 88
UNIT = "output[340]"  # the zebra: people know what it should look like


@dataclass(frozen=True)
class PresetPicturesConfig:
    """What is grown, and where the pictures are written."""

    #: Folder of the pictures, one NAME.jpg a preset.
    folder: Path
    network: str = "squeezenet-imagenet"
    unit: str = UNIT
    presets: tuple[str, ...] = tuple(PRESETS)


def grow_pictures(
    config: PresetPicturesConfig, log: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """Write the picture of every preset that the network can be grown with.

    Yields:
        For each its name, its file's bytes, and the seconds that it took; 0 bytes and why where
        there is none.
    """
    from skimage import data

    config.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    net = open_network(config.network)
    photograph = np.ascontiguousarray(data.chelsea())  # a dream begins with it
    for name in config.presets:
        start = perf_counter()
        try:
            result = look(net, "ascent", config.unit, image=photograph, preset=name, seed=0)
        except (BadInput, LensMissing) as error:
            log(f"{name}: none. {error}")
            yield {"preset": name, "bytes": 0, "reason": str(error)}
            continue
        pixels = colorize.values_to_rgb(result.values, result.scale)[0]
        size = _write_jpeg(pixels, config.folder / f"{name}.jpg")
        seconds = round(perf_counter() - start, 1)
        log(f"{name}: {size} bytes, {seconds} s")
        yield {"preset": name, "bytes": size, "seconds": seconds}


def _write_jpeg(pixels: NDArray[np.uint8], path: Path) -> int:
    """Write colors (H, W, 3) as a small square, and return its size in bytes."""
    cv2 = opencv()
    small = cv2.resize(pixels, (SIDE_PIXELS, SIDE_PIXELS), interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    encoded = cv2.imencode(".jpg", small[..., ::-1], quality)[1].tobytes()
    path.write_bytes(encoded)
    return len(encoded)
