"""Step an automaton in NumPy: the same cell, on threads that may not touch the network."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dnnvis.core.life.automaton import ALPHA, State
from dnnvis.zoo.beyond.firing import draw_firing_mask
from dnnvis.zoo.beyond.nca import FILTERS, STATE_LIMIT, NcaNet, NcaSpec

SOBEL_SCALE = np.float32(0.125)


@dataclass(frozen=True, eq=False)
class NumpyCell:
    """The cell of an automaton, with weights of its own; safe for several threads.

    Only cells that fire and can live are computed, see ``training.nca_steps``.
    """

    #: Structure of the network.
    spec: NcaSpec
    #: (hidden, 3 C): the values of all channels, then their changes along x, then along y.
    hidden_weight: NDArray[np.float32]
    #: (hidden, 1).
    hidden_bias: NDArray[np.float32]
    #: (C, hidden).
    output_weight: NDArray[np.float32]

    @property
    def channels(self) -> int:
        """Return the channels of a state."""
        return self.spec.channels

    def step(self, state: State, number: int) -> State:
        """Return the next state (C, H, W), float32.

        Args:
            state: The state, which is not changed.
            number: Number of the step, which says with the spec's seed which cells fire.

        Returns:
            The state after the step.
        """
        size = (state.shape[1], state.shape[2])
        alive = find_alive(state[ALPHA], self.spec.alive_threshold)
        fires = draw_firing_mask(self.spec.seed, number, size, self.spec.fire_rate)
        cells = np.flatnonzero(alive & fires)
        hidden = self.hidden_weight @ _perceive(state, cells) + self.hidden_bias
        change = self.output_weight @ np.maximum(hidden, 0, out=hidden)
        moved = state.reshape(self.channels, -1).copy()
        moved[:, cells] = np.clip(moved[:, cells] + change, -STATE_LIMIT, STATE_LIMIT)
        result: State = moved.reshape(state.shape)
        result *= alive & find_alive(result[ALPHA], self.spec.alive_threshold)
        return result


def find_alive(alpha: NDArray[np.float32], threshold: float) -> NDArray[np.bool_]:
    """Return where a cell or one of its eight neighbors has an alpha above the threshold."""
    height, width = alpha.shape
    padded = np.zeros((height + 2, width + 2), np.bool_)
    padded[1:-1, 1:-1] = alpha > threshold
    rows = padded[:-2] | padded[1:-1] | padded[2:]  # (H, W + 2)
    result: NDArray[np.bool_] = rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]
    return result


def _perceive(state: State, cells: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return the values of cells and their changes along x and y, (3 C, cells)."""
    channels, height, width = state.shape
    padded = np.zeros((channels, height + 2, width + 2), np.float32)
    padded[:, 1:-1, 1:-1] = state
    right_left = padded[:, :, 2:] - padded[:, :, :-2]
    below_above = padded[:, 2:] - padded[:, :-2]
    along_x = right_left[:, :-2] + 2 * right_left[:, 1:-1] + right_left[:, 2:]
    along_y = below_above[:, :, :-2] + 2 * below_above[:, :, 1:-1] + below_above[:, :, 2:]
    result = np.empty((FILTERS, channels, len(cells)), np.float32)
    for row, values in zip(result, (state, along_x, along_y), strict=True):
        np.take(values.reshape(channels, -1), cells, axis=1, out=row)
    result[1:] *= SOBEL_SCALE
    return result.reshape(FILTERS * channels, -1)


def read_cell(module: nn.Module) -> NumpyCell | None:
    """Return the cell of a network with copies of its weights; None where it is no automaton."""
    if not isinstance(module, NcaNet):
        return None
    cell = module.cell
    weight = _to_numpy(cell.hidden.weight).reshape(module.spec.hidden, -1, FILTERS)
    return NumpyCell(
        module.spec,
        np.ascontiguousarray(weight.transpose(0, 2, 1)).reshape(module.spec.hidden, -1),
        _to_numpy(cell.hidden.bias)[:, None],
        _to_numpy(cell.output.weight).reshape(module.spec.channels, -1),
    )


def _to_numpy(values: object) -> NDArray[np.float32]:
    assert isinstance(values, nn.Parameter)
    return np.array(values.detach().cpu().float().numpy())
