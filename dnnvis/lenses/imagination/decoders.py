"""Find the modules of a network that can decode its states, and decode them.

Source: nostalgebraist 2020, "interpreting GPT: the logit lens": what computes the network's answer
from its last state is given every earlier state, too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.lenses.imagination.states import (
    Step,
    class_token,
    layers_of,
    layout_kind,
    read_state,
    to_module_layout,
)
from dnnvis.network.cache import NetworkCache
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import OUTPUT, run_user_code
from dnnvis.network.network import Network
from dnnvis.network.outputs import first_tensor
from dnnvis.network.recording import Recording

InputForm = Literal["own", "class token", "mean", "map"]  # how a state is passed to a module
Shape = tuple[int, ...]
RANK_OTHER, RANK_NOTHING = 3, 4  # see DecoderFit.rank


@dataclass(frozen=True)
class DecoderFit:
    """How well a module decodes states."""

    #: Name of the module.
    name: str
    #: How each state is passed: own, as its layer returned it; class token; mean, (B, C) over all
    #: positions; map, the mean as (B, C, 1, 1).
    form: InputForm = "own"
    #: Numbers of the states that it takes.
    columns: tuple[int, ...] = ()
    #: Whether it returns scores of classes, not a picture.
    scores: bool = False
    #: 0, like the network's own output; 1, a picture like the input; 2, another picture; 3, other
    #: numbers; 4, nothing to look at.
    rank: int = RANK_OTHER
    #: Why nothing fits, where ``columns`` is empty.
    reason: str = ""


#: By the states' steps and shapes; a single module's fit also by its name.
_DECODERS = NetworkCache[tuple[tuple[Step, ...], tuple[Shape, ...]], tuple[DecoderFit, ...]]()
_FITS = NetworkCache[tuple[str, tuple[Step, ...], tuple[Shape, ...]], DecoderFit]()


@dataclass(frozen=True, eq=False)
class RecordedStates:
    """The states in a recording of one picture."""

    #: The network.
    network: Network
    #: The recording.
    recording: Recording
    #: Layer and call of each state.
    steps: tuple[Step, ...]
    #: (1, C, H, W) of each state; None where this picture made no such call.
    values: tuple[Tensor | None, ...]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Return (C, H, W) of each state, () where there is none."""
        return tuple(() if v is None else tuple(v.shape[1:]) for v in self.values)

    def input_for(self, column: int, form: InputForm) -> Tensor | None:
        """Return what a module is given of a state; None where the state has no such form."""
        value, step = self.values[column], self.steps[column]
        if value is None:
            return None
        kind = layout_kind(self.network, step)
        match form:
            case "own":
                return to_module_layout(self.recording, step, value, kind)
            case "map":
                return value.mean((2, 3), keepdim=True)
            case "mean":
                return value.mean((2, 3)) if kind != "vector" else None
        return class_token(self.recording, step) if kind == "tokens" else None


def read_states(network: Network, recording: Recording, steps: tuple[Step, ...]) -> RecordedStates:
    """Return the states of one recording.

    Args:
        network: The network.
        recording: A recording of one picture.
        steps: Layer and call of each state.
    """
    values = tuple(read_state(network, recording, step) for step in steps)
    return RecordedStates(network, recording, steps, values)


def find_decoders(states: RecordedStates) -> tuple[DecoderFit, ...]:
    """Return the modules that decode some state, the one nearest to the network's end first.

    They return a picture, or the network's own kind of answer. Each is tried once for states of
    these shapes; the result is cached with the network.
    """
    key = (states.steps, states.shapes)
    return _DECODERS.get_or_compute(states.network, key, lambda: tuple(_try_modules(states)))


def fit_decoder(states: RecordedStates, name: str) -> DecoderFit:
    """Return how that module decodes these states; ``reason`` says why where it does not."""
    key = (name, states.steps, states.shapes)
    return _FITS.get_or_compute(states.network, key, lambda: _try_decoder(states, name))


def decode_states(states: RecordedStates, fit: DecoderFit) -> list[Tensor]:
    """Decode each of ``fit.columns``: pictures (H, W, C), or scores (positions, classes, 1).

    Raises BadInput where the module fails.
    """
    module = states.network.module.get_submodule(fit.name)
    input_shape = tuple(states.recording.x.shape[1:])
    results: dict[int, Tensor] = {}
    for columns in _group_by_shape(states, fit.columns):
        parts = [
            module_input
            for k in columns
            if (module_input := states.input_for(k, fit.form)) is not None
        ]
        result = _parse_output(_run_module(module, parts), len(columns), input_shape)
        if result is None:
            raise BadInput(f"{fit.name} gives no picture of these states.")
        results |= dict(zip(columns, result[0], strict=True))
    return [results[k] for k in fit.columns]


def _group_by_shape(states: RecordedStates, columns: Sequence[int]) -> list[list[int]]:
    groups: dict[tuple[Shape, str], list[int]] = {}
    for k in columns:
        kind = layout_kind(states.network, states.steps[k])
        groups.setdefault((states.shapes[k], kind), []).append(k)
    return list(groups.values())


def _run_module(module: nn.Module, parts: Sequence[Tensor]) -> Tensor | None:
    """Return what the module gives for states of one shape, in one batch.

    Maps go through it one by one: in a batch a convolution rounds differently, which would make the
    last column another picture than the network's own answer, and is no faster. It gets a copy of
    each, since a module that works in place must not change the recording.
    """
    with autograd_mode(False):
        if parts[0].dim() < 4:
            return first_tensor(run_user_code(module, torch.cat(list(parts))))
        outputs = (first_tensor(run_user_code(module, part.clone())) for part in parts)
        tensors = [output for output in outputs if output is not None and output.dim()]
        is_uniform = len(tensors) == len(parts) and len({output.shape for output in tensors}) == 1
        return torch.cat(tensors) if is_uniform else None


def _parse_output(
    output: Tensor | None, count: int, input_shape: Shape
) -> tuple[Tensor, bool] | None:
    """Return a module's result on ``count`` states as (count, H, W, C), and whether it is scores.

    None where it is neither. ``input_shape`` (C, H, W) is the input's: a vector of as many values
    is a picture of that shape.
    """
    if output is None or not output.dim() or output.shape[0] != count or not output.numel():
        return None
    if output.is_complex():
        return None
    output = output.float()
    if output.dim() == 4:
        if output.shape[2:] == (1, 1):
            return output.reshape(count, 1, -1, 1), True
        if output.shape[1] in (1, 3, input_shape[0]):
            return output.permute(0, 2, 3, 1), False
        return None
    if output.dim() == 2:
        if output.shape[1] == input_shape[0] * input_shape[1] * input_shape[2] > 1:
            return output.reshape(count, *input_shape).permute(0, 2, 3, 1), False
        return output.reshape(count, 1, -1, 1), True
    return (output[..., None], True) if output.dim() == 3 else None


def _try_modules(states: RecordedStates) -> Iterator[DecoderFit]:
    network = states.network
    sizes = {size for shape in states.shapes if shape for size in (shape[0], _numel(shape))}
    modules = dict(network.module.named_modules())
    state_layers = layers_of(states.steps)
    fits: list[DecoderFit] = []
    for name, module in modules.items():
        if name and not _overlaps(name, state_layers) and _may_accept(module, sizes):
            fit = fit_decoder(states, name)
            if fit.columns and fit.rank < RANK_OTHER and not _is_wrapped(modules, fits, name):
                fits.append(fit)
    order = {name: index for index, name in enumerate(modules)}
    yield from sorted(
        fits, key=lambda f: (f.rank, -len(f.columns), f.name.count("."), -order[f.name])
    )


def _numel(shape: Shape) -> int:
    return shape[0] * shape[1] * shape[2]


def _overlaps(name: str, state_layers: Sequence[str]) -> bool:
    """Return whether the module computes a state, is a part of one that does, or contains one."""
    return any(
        f"{name}.".startswith(f"{h}.") or f"{h}.".startswith(f"{name}.") for h in state_layers
    )


def _may_accept(module: nn.Module, sizes: set[int]) -> bool:
    """Return whether trying the module is worthwhile.

    It is where something in it takes as many channels as a state has, or where it has weights of
    its own kind. A recurrent layer would take states for a sequence.
    """
    if isinstance(module, nn.RNNBase):
        return False
    input_sizes = [
        getattr(m, "in_channels", getattr(m, "in_features", None)) for m in module.modules()
    ]
    if any(isinstance(size, int) for size in input_sizes):
        return not sizes.isdisjoint(size for size in input_sizes if isinstance(size, int))
    return any(True for _ in module.parameters())


def _is_wrapped(modules: dict[str, nn.Module], fits: Sequence[DecoderFit], name: str) -> bool:
    """Return whether a module that already fits is this one with a wrapper around it."""
    own = {id(p) for p in modules[name].parameters()}
    holders = (modules[fit.name] for fit in fits if name.startswith(f"{fit.name}."))
    return any({id(p) for p in holder.parameters()} == own for holder in holders)


def _try_decoder(states: RecordedStates, name: str) -> DecoderFit:
    modules = dict(states.network.module.named_modules())
    if not name or name not in modules:
        return DecoderFit(name, reason=f"{states.network.name} has no module '{name}'.")
    fits = [
        _try_form(states, name, modules[name], form) for form in _input_forms(modules[name], states)
    ]
    unusable = any(
        fit.rank == RANK_NOTHING for fit in fits
    )  # only the network's own answer is better then
    usable = [fit for fit in fits if fit.columns and (fit.rank == 0 or not unusable)]
    if usable:
        return min(usable, key=lambda fit: (fit.rank, -len(fit.columns)))
    return next(
        (fit for fit in fits if fit.reason), DecoderFit(name, reason=f"{name} takes no state.")
    )


def _input_forms(module: nn.Module, states: RecordedStates) -> tuple[InputForm, ...]:
    """Return the forms in which the module may be given states, best first.

    A dense layer works along the last axis, which in a map is no channel.
    """
    leaves = (m for m in module.modules() if hasattr(m, "in_features") or hasattr(m, "in_channels"))
    first = next(leaves, None)
    channels = {shape[0] for shape in states.shapes if shape}
    dense = isinstance(first, nn.Linear) and first.in_features in channels
    maps = any(layout_kind(states.network, step) == "maps" for step in states.steps)
    if dense and maps:
        return ("mean", "map", "own")
    return ("own", "class token", "mean", "map")


def _try_form(states: RecordedStates, name: str, module: nn.Module, form: InputForm) -> DecoderFit:
    """Return the fit of one form: each state is tried, those of one shape together."""
    input_shape = tuple(states.recording.x.shape[1:])
    columns: list[int] = []
    ranks, scores, reason = [RANK_OTHER], False, ""
    for group in _group_by_shape(states, range(len(states.steps))):
        parts = [
            module_input for k in group if (module_input := states.input_for(k, form)) is not None
        ]
        if len(parts) != len(group):
            continue
        try:
            output = _run_module(module, parts)
        except BadInput as failure:
            reason = reason or _refusal_reason(name, states.shapes[group[0]], failure)
            continue
        result = _parse_output(output, len(group), input_shape)
        if result is None or (columns and result[1] != scores):
            ranks, reason = (
                [RANK_NOTHING] if not columns else ranks,
                reason or _unusable_reason(name, output),
            )
            continue
        scores = result[1]
        ranks.append(_rank(states, tuple(result[0].shape[1:]), scores, states.shapes[group[0]]))
        columns += group
    return DecoderFit(
        name, form, tuple(sorted(columns)), scores, min(ranks), "" if columns else reason
    )


def _rank(states: RecordedStates, shape: Shape, scores: bool, state_shape: Shape) -> int:
    """Return ``DecoderFit.rank`` of a result (H, W, C) or (positions, classes, 1)."""
    if OUTPUT in states.recording.hooks:
        classes, height, width = states.recording.tensor(OUTPUT).shape[1:]
    else:
        classes, height, width = states.network.layer(OUTPUT).shape
    if scores:
        positions, count, _ = shape
        return 0 if count == classes and positions in (1, height) and width == 1 else RANK_OTHER
    channels, rows, columns = states.recording.x.shape[1:]
    if shape == (height, width, classes):
        return 0
    if shape == (rows, columns, channels):
        return 1
    return 2 if shape[0] >= state_shape[1] and shape[1] >= state_shape[2] else RANK_OTHER


def _refusal_reason(name: str, shape: Shape, failure: BadInput) -> str:
    """Return the module's own message on why it takes no such state, in one line."""
    cause = failure.__cause__ or failure
    text = " ".join(str(cause).split())
    text = text if len(text) < 160 else text[:159] + "…"
    return f"{name} does not take a state of {format_shape(shape)}: {text.rstrip('.')}."


def _unusable_reason(name: str, output: Tensor | None) -> str:
    if output is None:
        return f"{name} gives no tensor, so it cannot show a state."
    shape = format_shape(tuple(output.shape[1:]))
    return f"{name} makes {shape} of a state: neither a picture of 1 or 3 channels nor scores."


def format_shape(shape: Shape) -> str:
    """Return a shape as ``20 x 8 x 8``; a vector's as its length alone."""
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return " x ".join(map(str, shape))
