"""Turn any picture into a board of dead and living cells."""

import numpy as np
from numpy.typing import NDArray

ALIVE_THRESHOLD = 128  # pixels from here on are alive: half of the way
MAX_BOARD_SIDE = 512  # rows and columns up to which a picture of such pixels is a board


def is_board(batch: NDArray[np.uint8]) -> bool:
    """Return whether pixels (B, H, W, C) are cells already: one channel, all of them 0 or 255."""
    return batch.shape[3] == 1 and bool(((batch == 0) | (batch == 255)).all())


def is_pure(batch: NDArray[np.uint8]) -> bool:
    """Return whether each value of pixels (B, H, W, C) is 0 or 255, as in a drawn maze."""
    return bool(((batch == 0) | (batch == 255)).all())


def scale_binary(batch: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pixels (B, H, W, 1) of 0 and 1 as 0 and 255; any others as they are.

    So boards are stored.
    """
    return batch * np.uint8(255) if batch.shape[3] == 1 and batch.max() == 1 else batch
