"""Define the state of an automaton's cells."""

import numpy as np
from numpy.typing import NDArray

State = NDArray[np.float32]  # (C, H, W): red, green, blue, alpha, hidden channels
COLORS, ALPHA = 3, 3  # how many channels are colors; which one is alpha


def fit_channels(state: State, channels: int) -> State:
    """Return a state with so many channels; further ones are its alpha, as a seed has them.

    Args:
        state: A state of at least four channels.
        channels: How many it is to have.

    Returns:
        The state itself where it has them already.
    """
    if len(state) == channels:
        return state
    more = np.repeat(state[ALPHA : ALPHA + 1], max(channels - len(state), 0), 0)
    return np.ascontiguousarray(np.concatenate([state[:channels], more]))
