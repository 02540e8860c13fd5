"""Read the states that a network passes through, and decode all of them.

Source: Wichers et al. 2022, "Visualizing Neural Network Imagination", section 2.4.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import run_user_code
from dnnvis.network.network import Network
from dnnvis.network.outputs import first_tensor
from dnnvis.network.recording import Recording
from dnnvis.network.values import to_float32

Step = tuple[str, int]  # a layer and which of its calls
MAX_BATCH_CELLS = 2**17  # in one batch of boards: all their states are held in memory


def steps_of(info: NetworkInfo, unit: Unit) -> tuple[Step, ...]:
    """Return the states of a network in order.

    Those of its card; else the calls of the unit's layer, where there are several; else none.
    """
    if info.states:
        return info.states
    layer = info.layer(unit.layer)
    if layer is None or layer.calls < 2:
        return ()
    return tuple((layer.name, call) for call in range(layer.calls))


def layers_of(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Return the layers that the steps are calls of, each once."""
    return tuple(dict.fromkeys(layer for layer, _ in steps))


def layout_kind(network: Network, step: Step) -> str:
    """Return how the step's value lies in memory, see ``network.layout``.

    For a layer that no module returned as it is, ``vector`` or ``maps`` by its shape.
    """
    layer, call = step
    layouts = network.table.layouts.get(layer)
    if layouts:
        return layouts[min(call, len(layouts) - 1)].kind
    return "vector" if network.layer(layer).shape[1:] == (1, 1) else "maps"


def read_state(network: Network, recording: Recording, step: Step) -> Tensor | None:
    """Return one state without its graph.

    Args:
        network: The network.
        recording: The recording.
        step: Layer and call of the state.

    Returns:
        (B, C, H, W); None where this picture made no such call.
    """
    layer, call = step
    if call >= _count_calls(recording, layer):
        return None
    return recording.tensor(layer, call).detach()


def _count_calls(recording: Recording, layer: str) -> int:
    try:
        return recording.count(layer)
    except UnknownUnit:
        return 0


def to_module_layout(recording: Recording, step: Step, value: Tensor, kind: str) -> Tensor:
    """Return a state as the network's own modules take it.

    Args:
        recording: The recording that the state is from.
        step: Layer and call of the state.
        value: The state (B, C, H, W).
        kind: Its layout, see ``layout_kind``.

    Returns:
        Vectors (B, C), tokens (B, N, C) with the class token first where there is one, channels
        last where they were, or maps (B, C, H, W).
    """
    if kind == "vector":
        return value.flatten(1)
    if kind == "last":
        return value.movedim(1, -1)
    if kind == "line":
        return value.squeeze(3)
    if kind == "tokens":
        tokens = value.flatten(2).transpose(1, 2)
        first = class_token(recording, step)
        return tokens if first is None else torch.cat([first[:, None], tokens], 1)
    return value


def class_token(recording: Recording, step: Step) -> Tensor | None:
    """Return the class token (B, C) of a state of tokens; None where it has none."""
    layer, call = step
    token = recording.token_of(layer)
    return None if token is None else recording.tensor(token, call).detach().flatten(1)


def imagine_states(network: Network, x: Tensor) -> NDArray[np.float32]:
    """Decode every state of boards ``x`` (B, 1, H, W) in [0, 1] with the card's decoder.

    Returns raw values (B, states, H, W), state 0 the encoder's. A forward pass ends at the last
    state, so that every state is decoded exactly once. Raises BadInput where the card names no
    states or no decoder, or the decoder does not return one picture of one channel from a state.
    """
    steps, name = network.states, network.card.decoder
    if not steps or not name:
        missing = "states" if not steps else "decoder"
        raise BadInput(
            f'{network.name} has no card that names its {missing}: add "{missing}" to it, or take '
            "the lens `imagine`, which tries the network's modules on its states."
        )
    if name not in dict(network.module.named_modules()):
        raise BadInput(f"{network.name} has no module '{name}' to decode its states with.")
    size = max(1, MAX_BATCH_CELLS // (x.shape[2] * x.shape[3]))
    parts = [
        _imagine_batch(network, steps, name, part)
        for part in torch.split(x.to(network.device), size)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, len(steps), *x.shape[2:]), np.float32)


def _imagine_batch(
    network: Network, steps: tuple[Step, ...], name: str, x: Tensor
) -> NDArray[np.float32]:
    layer, call = steps[-1]
    recording = network.run(x, layers_of(steps), until=(layer, call + 1))
    decoder = network.module.get_submodule(name)
    decoded = []
    for step in steps:
        value = read_state(network, recording, step)
        if value is None:
            raise BadInput(f"{step[0]} was not called {step[1] + 1} times on these boards.")
        with autograd_mode(False):
            module_input = to_module_layout(recording, step, value, layout_kind(network, step))
            output = first_tensor(run_user_code(decoder, module_input))
        if output is None or output.dim() != 4 or output.shape[1] != 1:
            returned = "no tensor" if output is None else f"a result of shape {tuple(output.shape)}"
            raise BadInput(f"{name} makes {returned} of a state, not a board (B, 1, H, W).")
        decoded.append(to_float32(output[:, 0]))
    return np.stack(decoded, 1)
