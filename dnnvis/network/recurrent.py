"""Unroll torch's recurrent modules into time steps, and the gates of each.

``nn.RNN``, ``nn.GRU`` and ``nn.LSTM`` make all their time steps in one call and keep what
happens inside to themselves. Here the one call is read as many, and gates and states are
computed again from the module's weights and the input it was given, by the equations of
torch's documentation. The terms are the field's:

- LSTM (Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000):
  ``input_gate`` i, ``forget_gate`` f, ``cell_candidate`` g (before the input gate),
  ``output_gate`` o, ``cell_state`` c = f c + i g, ``hidden`` h = o tanh(c), after the
  projection where there is one (Sak, Senior & Beaufays 2014).
- GRU (Cho et al. 2014, equations 5-8): ``reset_gate`` r, ``update_gate`` z (1 keeps the old
  state), ``candidate`` n, ``hidden`` h = (1 - z) n + z h. As in torch, r multiplies the
  candidate's recurrent part after its weights, not before.
- RNN (Elman 1990): ``hidden``.

A part of layer l is ``l0.forget_gate``, of the backward direction ``l0r.forget_gate``. Its
step t is the position t of the input, for both directions: the backward one has by then read
the sequence from its end down to t.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

CELL_FORWARDS = frozenset((nn.RNNCell.forward, nn.GRUCell.forward, nn.LSTMCell.forward))
RECURRENT_FORWARDS = CELL_FORWARDS | {nn.RNN.forward, nn.GRU.forward, nn.LSTM.forward}
HIDDEN, CELL = "hidden", "cell_state"
PART_KINDS = {
    "LSTM": {
        "input_gate": "LSTM gate",
        "forget_gate": "LSTM gate",
        "cell_candidate": "LSTM candidate",
        "output_gate": "LSTM gate",
        CELL: "LSTM cell state",
        HIDDEN: "LSTM hidden state",
    },
    "GRU": {
        "reset_gate": "GRU gate",
        "update_gate": "GRU gate",
        "candidate": "GRU candidate",
        HIDDEN: "GRU hidden state",
    },
    "RNN": {HIDDEN: "RNN hidden state"},
}


def is_recurrent(module: nn.Module) -> bool:
    """Return whether it is torch's RNN, GRU, LSTM, or a cell of these, and computes as torch does.

    A subclass with a ``forward`` of its own may compute anything.
    """
    return type(module).forward in RECURRENT_FORWARDS


def is_cell(module: nn.Module) -> bool:
    """Return whether it makes one time step a call."""
    return type(module).forward in CELL_FORWARDS


@dataclass(frozen=True)
class RecurrentPart:
    """What there is to see inside a module."""

    #: Kind as in the layer table.
    kind: str
    #: Number of channels.
    channels: int


def recurrent_parts(module: Any) -> dict[str, RecurrentPart]:
    """Return name -> part, as they are computed in one time step.

    A cell's hidden state is what it returns, and no part.
    """
    kinds = PART_KINDS[_mode(module).split("_")[0]]
    if is_cell(module):
        return {
            name: RecurrentPart(kind, module.hidden_size)
            for name, kind in kinds.items()
            if name != HIDDEN
        }
    return {
        f"{prefix}.{name}": RecurrentPart(
            kind, module.proj_size or module.hidden_size if name == HIDDEN else module.hidden_size
        )
        for prefix, _, _ in _iter_directions(module)
        for name, kind in kinds.items()
    }


@dataclass(frozen=True, eq=False)
class TimeSteps:
    """What one call of a recurrent module returned."""

    #: The value as it was returned.
    output: Tensor
    #: The axis of time in ``output``; None in a cell's.
    time_axis: int | None
    #: The rest of a packed sequence.
    packed: PackedSequence | None = None

    def split(self, value: Tensor) -> tuple[Tensor, ...]:
        """Return ``value``, shaped like ``output``, as one (N, H) a time step (a cell's as it is).

        Of packed sequences, zeros after the end of each.
        """
        if self.packed is not None:
            return _pad_packed(self.packed._replace(data=value))[0].unbind(0)
        if self.time_axis is None:
            return (value,)
        steps = value.unbind(self.time_axis)
        return steps if value.dim() > 2 else tuple(step.unsqueeze(0) for step in steps)

    @property
    def count(self) -> int:
        """Return the number of time steps."""
        if self.packed is not None:
            return len(self.packed.batch_sizes)
        return 1 if self.time_axis is None else self.output.shape[self.time_axis]


def time_steps_of(module: Any, output: Any) -> TimeSteps:
    """Return how to read what ``module`` returned."""
    result = output if isinstance(output, Tensor | PackedSequence) else output[0]
    if isinstance(result, PackedSequence):
        return TimeSteps(result.data, 0, result)
    if is_cell(module):
        return TimeSteps(result, None)
    return TimeSteps(result, 1 if module.batch_first and result.dim() > 2 else 0)


def recurrent_inputs(inputs: Sequence[Any], keywords: dict[str, Any]) -> tuple[Any, Any]:
    """Return (input, initial state or None) of a call, however they were passed."""
    first, state = (*inputs, None, None)[:2]
    return keywords.get("input", first), keywords.get("hx", state)


def unroll(module: Any, inputs: Sequence[Any], output: Any) -> dict[str, tuple[Tensor, ...]]:
    """Compute every part of ``recurrent_parts`` at every time step.

    Agrees with what the module returned to rounding. After the end of a packed sequence all
    is zero.

    Args:
        module: The recurrent module.
        inputs: (input, initial state or None) of its call.
        output: What it returned.

    Returns:
        Part -> its values (N, C), one a time step, in the graph of the input where gradients are
        on.
    """
    given, state = inputs
    if is_cell(module):
        return _unroll_cell(module, given, state, output)
    x, mask = _time_first(module, given)  # (T, N, C)
    initial = _initial_states(module, x, state)
    parts: dict[str, tuple[Tensor, ...]] = {}
    directions_output: list[Tensor] = []  # what the layer before gave, a tensor a direction
    for number, (prefix, weights, backward) in enumerate(_iter_directions(module)):
        directions = 1 + module.bidirectional
        if number % directions == 0 and number:
            x, directions_output = torch.cat(directions_output, -1), []
        start = {name: state_values[number] for name, state_values in initial.items()}
        values_by_part = _unroll_direction(_mode(module), weights, x, start, mask, backward)
        parts |= {f"{prefix}.{name}": values for name, values in values_by_part.items()}
        directions_output.append(torch.stack(values_by_part[HIDDEN]))
    return parts


def last_step_values(
    name: str, module: Any, inputs: Sequence[Any], output: Any, parts: Mapping[str, str]
) -> dict[str, Tensor]:
    """Return the values of a recurrent module and its parts at the last time step.

    Args:
        name: Row of the module.
        module: The recurrent module.
        inputs: (input, initial state or None) of its call.
        output: What it returned.
        parts: Part -> row.

    Returns:
        Row -> its value (N, C), of the module itself and of ``parts``.
    """
    steps = time_steps_of(module, output)
    last = {name: steps.split(steps.output.detach())[-1]}
    values_by_part = unroll(module, inputs, output) if parts else {}
    return last | {row: values_by_part[part][-1].detach() for part, row in parts.items()}


CellState = dict[str, Tensor]  # hidden, and cell_state of an LSTM


class _Weights(NamedTuple):
    """Weights as torch has them: the gates stacked along the first axis."""

    input: Tensor
    hidden: Tensor
    input_bias: Tensor | None
    hidden_bias: Tensor | None
    projection: Tensor | None = None


def _unroll_direction(
    mode: str, weights: _Weights, x: Tensor, state: CellState, mask: Tensor | None, backward: bool
) -> dict[str, tuple[Tensor, ...]]:
    """Compute the parts at every time step.

    ``mask`` bool (T, N, 1): where the sequences have not ended, None = nowhere.
    """
    step = STEP_FUNCTIONS[mode]
    input_gates = F.linear(x, weights.input, weights.input_bias)  # (T, N, gates), all steps at once
    step_values: list[CellState] = []
    times = range(len(input_gates))
    for t in reversed(times) if backward else times:
        values = step(input_gates[t], state, weights)
        if mask is not None:  # a backward state begins only where its sequence ends
            state = {n: torch.where(mask[t], values[n], old) for n, old in state.items()}
            values = {n: v.masked_fill(~mask[t], 0) for n, v in values.items()}
        else:
            state = values
        step_values.append(values)
    if backward:
        step_values.reverse()
    return {
        name: tuple(values[name] for values in step_values)
        for name in PART_KINDS[mode.split("_")[0]]
    }


def _lstm(input_gates: Tensor, state: CellState, weights: _Weights) -> CellState:
    gates = input_gates + F.linear(state[HIDDEN], weights.hidden, weights.hidden_bias)
    i, f, g, o = gates.chunk(4, -1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    cell = f * state[CELL] + i * g
    hidden = o * cell.tanh()
    if weights.projection is not None:
        hidden = F.linear(hidden, weights.projection)
    gated = {"input_gate": i, "forget_gate": f, "cell_candidate": g, "output_gate": o}
    return {**gated, CELL: cell, HIDDEN: hidden}


def _gru(input_gates: Tensor, state: CellState, weights: _Weights) -> CellState:
    recurrent = F.linear(state[HIDDEN], weights.hidden, weights.hidden_bias).chunk(3, -1)
    reset, update, candidate = input_gates.chunk(3, -1)
    r, z = (reset + recurrent[0]).sigmoid(), (update + recurrent[1]).sigmoid()
    n = (candidate + r * recurrent[2]).tanh()
    hidden = (1 - z) * n + z * state[HIDDEN]
    return {"reset_gate": r, "update_gate": z, "candidate": n, HIDDEN: hidden}


def _rnn(act: Callable[[Tensor], Tensor]) -> Callable[[Tensor, CellState, _Weights], CellState]:
    def step(input_gates: Tensor, state: CellState, weights: _Weights) -> CellState:
        return {
            HIDDEN: act(input_gates + F.linear(state[HIDDEN], weights.hidden, weights.hidden_bias))
        }

    return step


STEP_FUNCTIONS = {
    "LSTM": _lstm,
    "GRU": _gru,
    "RNN_TANH": _rnn(torch.tanh),
    "RNN_RELU": _rnn(torch.relu),
}


def _mode(module: Any) -> str:
    if not is_cell(module):
        return str(module.mode)
    if isinstance(module, nn.RNNCell):
        return f"RNN_{module.nonlinearity.upper()}"
    return "LSTM" if isinstance(module, nn.LSTMCell) else "GRU"


def _iter_directions(module: Any) -> Iterator[tuple[str, _Weights, bool]]:
    """Yield (``l0`` or ``l0r``, weights, backward) layer by layer, the forward direction first."""
    for layer in range(module.num_layers):
        for backward in (False, True)[: 1 + module.bidirectional]:
            suffix = f"l{layer}" + ("_reverse" if backward else "")
            yield f"l{layer}" + "r" * backward, _read_weights(module, f"_{suffix}"), backward


def _read_weights(module: Any, suffix: str = "") -> _Weights:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    tensors: list[Any] = [getattr(module, name + suffix, None) for name in names]
    return _Weights(*tensors)


def _time_first(module: Any, x: Any) -> tuple[Tensor, Tensor | None]:
    """Return the input as (T, N, C), and where packed sequences have not ended, bool (T, N, 1)."""
    if isinstance(x, PackedSequence):
        return _pad_packed(x)
    if x.dim() == 2:
        return x.unsqueeze(1), None
    return x.transpose(0, 1) if module.batch_first else x, None


def _pad_packed(packed: PackedSequence) -> tuple[Tensor, Tensor]:
    """Return (T, N, C) in the order before packing, and bool (T, N, 1)."""
    padded, lengths = pad_packed_sequence(packed)
    mask = torch.arange(len(padded))[:, None] < lengths  # (T, N)
    return padded, mask.to(padded.device).unsqueeze(2)


def _initial_states(module: Any, x: Tensor, state: Any) -> dict[str, Tensor]:
    """Return initial states (layers x directions, N, H)."""
    names = (HIDDEN, CELL) if module.mode == "LSTM" else (HIDDEN,)
    if state is not None:
        given_states = state if module.mode == "LSTM" else (state,)
        return {
            name: given_state if given_state.dim() == 3 else given_state.unsqueeze(1)
            for name, given_state in zip(names, given_states, strict=True)
        }
    count = module.num_layers * (1 + module.bidirectional)
    sizes = (module.proj_size or module.hidden_size, module.hidden_size)
    return {
        name: x.new_zeros(count, x.shape[1], size) for name, size in zip(names, sizes, strict=False)
    }


def _unroll_cell(module: Any, x: Tensor, state: Any, output: Any) -> dict[str, tuple[Tensor, ...]]:
    mode = _mode(module)
    if mode != "LSTM":
        state = (state,)
    elif state is None:
        state = (None, None)
    zeros = x.new_zeros(*x.shape[:-1], module.hidden_size)
    start = {
        name: zeros if given_state is None else given_state
        for name, given_state in zip((HIDDEN, CELL), state, strict=False)
    }
    weights = _read_weights(module)
    input_gates = F.linear(x, weights.input, weights.input_bias)
    values = STEP_FUNCTIONS[mode](input_gates, start, weights)
    if mode == "LSTM" and not isinstance(output, Tensor):
        values[CELL] = output[1].clone()  # it was returned: no need to compute it
    return {name: (values[name],) for name in recurrent_parts(module)}
