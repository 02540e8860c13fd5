"""Give a network the running state of an automaton instead of a picture of it."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.frame import Frame
from dnnvis.core.life.automaton import ALPHA, fit_channels
from dnnvis.network.cache import NetworkCache
from dnnvis.network.network import Network

#: By "": the input size that pictures are brought to, before a state set another.
_OWN_SIZES = NetworkCache[str, tuple[int, int]]()


def takes_state(network: Network, frame: Frame) -> bool:
    """Return whether the frame brings a state, and the network's card says that it takes one."""
    state = frame.state
    return state is not None and len(state) > ALPHA and network.card.state_channels > 0


def encode_live(network: Network, frame: Frame) -> tuple[Tensor, NDArray[np.uint8]]:
    """Return what the network is given of a frame, and the pixels to show of it.

    Args:
        network: The network; its input size becomes that of a state.
        frame: The frame.

    Returns:
        (1, C, H, W) float32: the frame's state with as many channels as the network's has, or its
        pixels as ``Network.encode`` makes them; and uint8 (H, W, C).
    """
    if frame.state is None or not takes_state(network, frame):
        return network.encode_frame(frame.pixels)
    height, width = frame.state.shape[1:]
    network.set_input_size(height, width)
    state = np.array(fit_channels(frame.state, network.card.state_channels))
    x = torch.from_numpy(state).unsqueeze(0).to(network.device)
    return x.contiguous(memory_format=network.memory_format), frame.pixels


def follow_states(network: Network, on: bool) -> bool:
    """Have passes be as short as a canvas wants them that goes on by itself, or whole again.

    Only a module that has ``follows_states`` makes a difference; its layer table is built anew.
    When it is over pictures are brought to the size that they were brought to before.

    Returns:
        Whether that has changed.
    """
    module = network.module
    if getattr(module, "follows_states", on) == on:
        return False
    module.follows_states = on  # type: ignore[assignment]
    sizes = _OWN_SIZES.of(network)
    height, width = sizes.setdefault("", network.card.size)
    if on:
        height, width = network.card.size
    network.set_input_size(height, width, renew=True)
    return True
