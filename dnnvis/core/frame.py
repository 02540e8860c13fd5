"""Define one picture on its way from a source to a network."""

import time
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a source."""

    #: Pixels uint8 (H, W, C), C = 1 or 3 (RGB); a life board has C = 1, values 0 and 255.
    pixels: NDArray[np.uint8]
    #: The feeder's count of frames, or ``index`` where the source has one.
    number: int = 0
    source: str = ""
    label: str | None = None
    #: The time.perf_counter() at which the picture was read.
    born: float = field(default_factory=time.perf_counter)
    #: The rule of a life board in B/S notation; "" for any other picture.
    rule: str = ""
    #: Its number in its film, in presentation order, or among the pictures of its data; from 0;
    #: None where it has none.
    index: int | None = None

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.dtype != np.uint8 or 0 in self.pixels.shape:
            raise BadInput(
                f"A frame is uint8 (H, W, C), not {self.pixels.dtype} {self.pixels.shape}."
            )
