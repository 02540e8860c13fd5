"""The time steps inside torch's recurrent modules, and the gates of each.

``nn.RNN``, ``nn.GRU`` and ``nn.LSTM`` make all their time steps in one call and keep what
happens inside to themselves. Here the one call is read as many, and gates and states are
worked out again from the module's weights and the input it was given, by the equations of
torch's documentation. The words are the field's:

- LSTM (Hochreiter & Schmidhuber 1997; forget gate: Gers, Schmidhuber & Cummins 2000):
  ``input_gate`` i, ``forget_gate`` f, ``cell_candidate`` g (before the input gate),
  ``output_gate`` o, ``cell_state`` c = f c + i g, ``hidden`` h = o tanh(c), after the
  projection where there is one (Sak, Senior & Beaufays 2014).
- GRU (Cho et al. 2014, equations 5-8): ``reset_gate`` r, ``update_gate`` z (1 keeps the old
  state), ``candidate`` n, ``hidden`` h = (1 - z) n + z h. As in torch, r multiplies the
  candidate's recurrent part after its weights, not before.
- RNN (Elman 1990): ``hidden``.

A part of layer l is ``l0.forget_gate``, of the backward direction ``l0r.forget_gate``. Its
step t is the place t of the input, for both directions: the backward one has by then read
the sequence from its end down to t.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

CELLS = frozenset((nn.RNNCell.forward, nn.GRUCell.forward, nn.LSTMCell.forward))
RECURRENT = CELLS | {nn.RNN.forward, nn.GRU.forward, nn.LSTM.forward}
HIDDEN, CELL = "hidden", "cell_state"
WORDS = {
    "LSTM": {
        "input_gate": "LSTM gate", "forget_gate": "LSTM gate",
        "cell_candidate": "LSTM candidate", "output_gate": "LSTM gate",
        CELL: "LSTM cell state", HIDDEN: "LSTM hidden state",
    },
    "GRU": {
        "reset_gate": "GRU gate", "update_gate": "GRU gate",
        "candidate": "GRU candidate", HIDDEN: "GRU hidden state",
    },
    "RNN": {HIDDEN: "RNN hidden state"},
}  # fmt: skip


def is_recurrent(module: nn.Module) -> bool:
    """Whether it is torch's RNN, GRU, LSTM, or a cell of these, and computes as torch does
    (a subclass with a ``forward`` of its own may compute anything)."""
    return type(module).forward in RECURRENT


def is_cell(module: nn.Module) -> bool:
    """Whether it makes one time step a call."""
    return type(module).forward in CELLS


@dataclass(frozen=True)
class Part:
    """What there is to see inside a module: ``kind`` as in the layer table, ``channels``."""

    kind: str
    channels: int


def parts_of(module: Any) -> dict[str, Part]:
    """Name -> part, as they come about in one time step. A cell's hidden state is what it
    returns, and no part."""
    words = WORDS[_mode(module).split("_")[0]]
    if is_cell(module):
        return {
            name: Part(kind, module.hidden_size) for name, kind in words.items() if name != HIDDEN
        }
    return {
        f"{where}.{name}": Part(
            kind, module.proj_size or module.hidden_size if name == HIDDEN else module.hidden_size
        )
        for where, _, _ in _runs(module)
        for name, kind in words.items()
    }


@dataclass(frozen=True, eq=False)
class Steps:
    """What one call of a recurrent module returned: ``whole`` as it was returned, in which
    ``time`` is the axis of time (None in a cell's); ``packed``: the rest of a packed sequence."""

    whole: Tensor
    time: int | None
    packed: PackedSequence | None = None

    def split(self, value: Tensor) -> tuple[Tensor, ...]:
        """``value``, shaped like ``whole``, as one (N, H) a time step (a cell's as it is). Of
        packed sequences, zeros after the end of each."""
        if self.packed is not None:
            return _padded(self.packed._replace(data=value))[0].unbind(0)
        if self.time is None:
            return (value,)
        steps = value.unbind(self.time)
        return steps if value.dim() > 2 else tuple(step.unsqueeze(0) for step in steps)

    @property
    def count(self) -> int:
        """How many time steps it made."""
        if self.packed is not None:
            return len(self.packed.batch_sizes)
        return 1 if self.time is None else self.whole.shape[self.time]


def steps_in(module: Any, output: Any) -> Steps:
    """How to read what ``module`` returned."""
    whole = output if isinstance(output, Tensor | PackedSequence) else output[0]
    if isinstance(whole, PackedSequence):
        return Steps(whole.data, 0, whole)
    if is_cell(module):
        return Steps(whole, None)
    return Steps(whole, 1 if module.batch_first and whole.dim() > 2 else 0)


def given_to(inputs: Sequence[Any], named: dict[str, Any]) -> tuple[Any, Any]:
    """(input, initial state or None) of a call, however they were passed."""
    first, state = (*inputs, None, None)[:2]
    return named.get("input", first), named.get("hx", state)


def inside(module: Any, inputs: Sequence[Any], output: Any) -> dict[str, tuple[Tensor, ...]]:
    """Every part of ``parts_of`` at every time step, (N, C) each, in the graph of the input
    where gradients are on. ``inputs`` are (input, initial state or None).

    Agrees with what the module returned to rounding. After the end of a packed sequence all
    is zero.
    """
    given, state = inputs
    if is_cell(module):
        return _inside_cell(module, given, state, output)
    x, alive = _time_first(module, given)  # (T, N, C)
    first = _states(module, x, state)
    parts: dict[str, tuple[Tensor, ...]] = {}
    together: list[Tensor] = []  # what the layer before gave, a tensor a direction
    for number, (where, weights, backward) in enumerate(_runs(module)):
        directions = 1 + module.bidirectional
        if number % directions == 0 and number:
            x, together = torch.cat(together, -1), []
        start = {name: whole[number] for name, whole in first.items()}
        made = _run(_mode(module), weights, x, start, alive, backward)
        parts |= {f"{where}.{name}": values for name, values in made.items()}
        together.append(torch.stack(made[HIDDEN]))
    return parts


def at_end(
    name: str, module: Any, inputs: Sequence[Any], output: Any, parts: Mapping[str, str]
) -> dict[str, Tensor]:
    """Row -> its value (N, C) at the last time step: of the module ``name`` itself, and of
    ``parts`` (part -> row)."""
    steps = steps_in(module, output)
    last = {name: steps.split(steps.whole.detach())[-1]}
    worked_out = inside(module, inputs, output) if parts else {}
    return last | {row: worked_out[part][-1].detach() for part, row in parts.items()}


# ---- one layer in one direction -----------------------------------------------------------

State = dict[str, Tensor]  # hidden, and cell_state of an LSTM


class _Weights(NamedTuple):
    """As torch has them: the gates stacked along the first axis."""

    input: Tensor
    hidden: Tensor
    input_bias: Tensor | None
    hidden_bias: Tensor | None
    projection: Tensor | None = None


def _run(
    mode: str, weights: _Weights, x: Tensor, state: State, alive: Tensor | None, backward: bool
) -> dict[str, tuple[Tensor, ...]]:
    """The parts at every time step; ``alive`` bool (T, N, 1): where the sequences have not
    ended, None = nowhere."""
    step = STEPS[mode]
    driven = F.linear(x, weights.input, weights.input_bias)  # (T, N, gates), all steps at once
    made: list[State] = []
    times = range(len(driven))
    for t in reversed(times) if backward else times:
        values = step(driven[t], state, weights)
        if alive is not None:  # a backward state begins only where its sequence ends
            state = {n: torch.where(alive[t], values[n], old) for n, old in state.items()}
            values = {n: v.masked_fill(~alive[t], 0) for n, v in values.items()}
        else:
            state = values
        made.append(values)
    if backward:
        made.reverse()
    return {name: tuple(values[name] for values in made) for name in WORDS[mode.split("_")[0]]}


def _lstm(driven: Tensor, state: State, weights: _Weights) -> State:
    gates = driven + F.linear(state[HIDDEN], weights.hidden, weights.hidden_bias)
    i, f, g, o = gates.chunk(4, -1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    cell = f * state[CELL] + i * g
    hidden = o * cell.tanh()
    if weights.projection is not None:
        hidden = F.linear(hidden, weights.projection)
    gated = {"input_gate": i, "forget_gate": f, "cell_candidate": g, "output_gate": o}
    return {**gated, CELL: cell, HIDDEN: hidden}


def _gru(driven: Tensor, state: State, weights: _Weights) -> State:
    recurrent = F.linear(state[HIDDEN], weights.hidden, weights.hidden_bias).chunk(3, -1)
    reset, update, candidate = driven.chunk(3, -1)
    r, z = (reset + recurrent[0]).sigmoid(), (update + recurrent[1]).sigmoid()
    n = (candidate + r * recurrent[2]).tanh()
    hidden = (1 - z) * n + z * state[HIDDEN]
    return {"reset_gate": r, "update_gate": z, "candidate": n, HIDDEN: hidden}


def _rnn(act: Callable[[Tensor], Tensor]) -> Callable[[Tensor, State, _Weights], State]:
    def step(driven: Tensor, state: State, weights: _Weights) -> State:
        return {HIDDEN: act(driven + F.linear(state[HIDDEN], weights.hidden, weights.hidden_bias))}

    return step


STEPS = {
    "LSTM": _lstm,
    "GRU": _gru,
    "RNN_TANH": _rnn(torch.tanh),
    "RNN_RELU": _rnn(torch.relu),
}


# ---- what a module is made of and given ---------------------------------------------------


def _mode(module: Any) -> str:
    if not is_cell(module):
        return str(module.mode)
    if isinstance(module, nn.RNNCell):
        return f"RNN_{module.nonlinearity.upper()}"
    return "LSTM" if isinstance(module, nn.LSTMCell) else "GRU"


def _runs(module: Any) -> Iterator[tuple[str, _Weights, bool]]:
    """Layer by layer, the forward direction first: (``l0`` or ``l0r``, weights, backward)."""
    for layer in range(module.num_layers):
        for backward in (False, True)[: 1 + module.bidirectional]:
            end = f"l{layer}" + ("_reverse" if backward else "")
            yield f"l{layer}" + "r" * backward, _weights(module, f"_{end}"), backward


def _weights(module: Any, end: str = "") -> _Weights:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    found: list[Any] = [getattr(module, name + end, None) for name in names]
    return _Weights(*found)


def _time_first(module: Any, given: Any) -> tuple[Tensor, Tensor | None]:
    """The input as (T, N, C), and where packed sequences have not ended, bool (T, N, 1)."""
    if isinstance(given, PackedSequence):
        return _padded(given)
    if given.dim() == 2:
        return given.unsqueeze(1), None
    return given.transpose(0, 1) if module.batch_first else given, None


def _padded(packed: PackedSequence) -> tuple[Tensor, Tensor]:
    """(T, N, C) in the order before packing, and bool (T, N, 1)."""
    padded, lengths = pad_packed_sequence(packed)
    alive = torch.arange(len(padded))[:, None] < lengths  # (T, N)
    return padded, alive.to(padded.device).unsqueeze(2)


def _states(module: Any, x: Tensor, state: Any) -> dict[str, Tensor]:
    """Initial states (layers x directions, N, H)."""
    names = (HIDDEN, CELL) if module.mode == "LSTM" else (HIDDEN,)
    if state is not None:
        wholes = state if module.mode == "LSTM" else (state,)
        return {
            name: whole if whole.dim() == 3 else whole.unsqueeze(1)
            for name, whole in zip(names, wholes, strict=True)
        }
    many = module.num_layers * (1 + module.bidirectional)
    sizes = (module.proj_size or module.hidden_size, module.hidden_size)
    return {
        name: x.new_zeros(many, x.shape[1], size) for name, size in zip(names, sizes, strict=False)
    }


def _inside_cell(module: Any, x: Tensor, state: Any, output: Any) -> dict[str, tuple[Tensor, ...]]:
    mode = _mode(module)
    if mode != "LSTM":
        state = (state,)
    elif state is None:
        state = (None, None)
    zeros = x.new_zeros(*x.shape[:-1], module.hidden_size)
    start = {
        name: zeros if one is None else one
        for name, one in zip((HIDDEN, CELL), state, strict=False)
    }
    weights = _weights(module)
    driven = F.linear(x, weights.input, weights.input_bias)
    made = STEPS[mode](driven, start, weights)
    if mode == "LSTM" and not isinstance(output, Tensor):
        made[CELL] = output[1].clone()  # it was returned: no need to work it out
    return {name: (made[name],) for name in parts_of(module)}
