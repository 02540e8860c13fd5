"""Edit the hidden state of a recurrent module at a time step, so that later steps start from it.

``nn.RNN``, ``GRU`` and ``LSTM`` make all time steps in one call. Here the steps up to the edited
one run first, its hidden state is changed, and the steps after it start from the changed state.
Where that cannot be (both directions, packed sequences), only what the module returns is changed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from dnnvis.network.outputs import first_tensor
from dnnvis.network.recurrent import time_steps_of

#: Returns the hidden state (N, H) of a step, changed.
StepEdit = Callable[[Tensor], Tensor]


def can_restart(module: Any, inputs: Any) -> bool:
    """Return whether later steps can start from a changed state."""
    return not module.bidirectional and isinstance(inputs[0], Tensor)


def edit_steps(module: Any, inputs: Any, output: Any, changes: Mapping[int, StepEdit]) -> Any:
    """Return what a recurrent module returns when hidden states are changed.

    Args:
        module: ``nn.RNN``, ``GRU`` or ``LSTM``.
        inputs: (input, initial state or None) of its call.
        output: What it returned.
        changes: Time step -> its change, of the last layer's hidden state; none outside.

    Returns:
        (output, last state) in the form of ``output``.
    """
    if not can_restart(module, inputs):
        return _edit_returned(module, output, changes)
    x, state = inputs
    axis = 1 if module.batch_first and x.dim() == 3 else 0
    parts: list[Tensor] = []
    start = 0
    for step in [*sorted(changes), x.shape[axis] - 1]:
        if step < start:  # the last step was edited itself
            continue
        part, state = module.forward(x.narrow(axis, start, step + 1 - start), state)
        if step in changes:
            part, state = _change_last(part, state, axis, changes[step])
        parts.append(part)
        start = step + 1
    return torch.cat(parts, axis), state


def _change_last(part: Tensor, state: Any, axis: int, change: StepEdit) -> tuple[Tensor, Any]:
    """Change the last step of ``part``, and the last layer's hidden state with it."""
    last = part.select(axis, part.shape[axis] - 1)  # (N, H), or (H,) without a batch
    changed = change(last if last.dim() > 1 else last.unsqueeze(0)).reshape(last.shape)
    earlier = part.narrow(axis, 0, part.shape[axis] - 1)
    part = torch.cat([earlier, changed.unsqueeze(axis)], axis)
    hidden, *others = state if isinstance(state, tuple) else (state,)
    hidden = torch.cat([hidden[:-1], changed.unsqueeze(0)])  # (layers, N, H)
    return part, (hidden, *others) if others else hidden


def _edit_returned(module: Any, output: Any, changes: Mapping[int, StepEdit]) -> Any:
    """Change what the module returns of each step; the steps after it do not notice."""
    steps = time_steps_of(module, output)
    if steps.packed is not None:
        return _edit_packed(output, changes)
    value = first_tensor(output)
    assert value is not None
    assert steps.time_axis is not None
    values = list(value.unbind(steps.time_axis))
    for step, change in changes.items():
        last = values[step]
        values[step] = change(last if last.dim() > 1 else last.unsqueeze(0)).reshape(last.shape)
    changed = torch.stack(values, steps.time_axis)
    return changed if isinstance(output, Tensor) else (changed, *output[1:])


def _edit_packed(output: Any, changes: Mapping[int, StepEdit]) -> Any:
    """Change the steps of a packed sequence, of which each holds the pictures that have it."""
    packed = output if hasattr(output, "batch_sizes") else output[0]
    rows = list(packed.data.split(packed.batch_sizes.tolist()))
    for step, change in changes.items():
        if step < len(rows):
            rows[step] = change(rows[step])
    changed = packed._replace(data=torch.cat(rows))
    return changed if packed is output else (changed, *output[1:])
