"""Which modules of a network can show its states, and what they show.

Source: nostalgebraist 2020, "interpreting GPT: the logit lens": what makes the network's answer
of its last state is given every earlier state too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput
from dnnvis.lenses.imagination.states import (
    Step,
    as_returned,
    class_token,
    kind_of,
    layers_of,
    state,
)
from dnnvis.network.hooks import first_tensor, mode_for
from dnnvis.network.layer_table import OUTPUT, run_user_code
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording

Form = Literal["own", "class token", "mean", "map"]  # what of a state a module is given
Shape = tuple[int, ...]
OTHER, NOTHING = 3, 4  # ranks of a fit


@dataclass(frozen=True)
class Fit:
    """A module that shows states: it is given ``form`` of each (own: as its layer returned it;
    mean: (B, C), over all places; map: that as (B, C, 1, 1)); ``columns`` are the numbers of
    the states that it takes; ``scores``: it gives numbers for classes, not a picture. ``rank``
    0: like the network's own output; 1: a picture like the input; 2: another picture; 3: other
    numbers; 4: nothing to look at. ``why`` says, where ``columns`` is empty, that nothing fits."""

    name: str
    form: Form = "own"
    columns: tuple[int, ...] = ()
    scores: bool = False
    rank: int = OTHER
    why: str = ""


@dataclass(frozen=True, eq=False)
class States:
    """The states of one recording of one picture: ``values`` (1, C, H, W) by step, None for one
    that was not made on this picture."""

    network: Network
    recording: Recording
    steps: tuple[Step, ...]
    values: tuple[Tensor | None, ...]

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """(C, H, W) of each, () for one that was not made."""
        return tuple(() if v is None else tuple(v.shape[1:]) for v in self.values)

    def given(self, column: int, form: Form) -> Tensor | None:
        """What a module is given of a state; None where that has no such form."""
        value, step = self.values[column], self.steps[column]
        if value is None:
            return None
        kind = kind_of(self.network, step)
        match form:
            case "own":
                return as_returned(self.recording, step, value, kind)
            case "map":
                return value.mean((2, 3), keepdim=True)
            case "mean":
                return value.mean((2, 3)) if kind != "vector" else None
        return class_token(self.recording, step) if kind == "tokens" else None


def states_in(network: Network, recording: Recording, steps: tuple[Step, ...]) -> States:
    """The states of one recording."""
    values = tuple(state(network, recording, step) for step in steps)
    return States(network, recording, steps, values)


def decoders(states: States) -> tuple[Fit, ...]:
    """The modules that make a picture, or the network's own kind of answer, of some state,
    the one nearest to the network's end first.

    Each is tried once for states of these shapes; what was found stays with the network.
    """
    known = states.network.twins
    key = ("decoders", states.steps, states.shapes)
    if key not in known:
        known[key] = tuple(_found(states))
    found: tuple[Fit, ...] = known[key]
    return found


def fit_of(states: States, name: str) -> Fit:
    """How that module shows these states; ``why`` where it does not, or where there is none."""
    known = states.network.twins
    key = ("decoder", name, states.steps, states.shapes)
    if key not in known:
        known[key] = _tried(states, name)
    found: Fit = known[key]
    return found


def shown(states: States, fit: Fit) -> list[Tensor]:
    """What the module makes of each of ``fit.columns``: (H, W, C) pictures, or scores (places,
    classes, 1). Raises BadInput where it fails."""
    module = states.network.module.get_submodule(fit.name)
    like = tuple(states.recording.x.shape[1:])
    made: dict[int, Tensor] = {}
    for columns in _alike(states, fit.columns):
        parts = [given for k in columns if (given := states.given(k, fit.form)) is not None]
        result = _read(_through(module, parts), len(columns), like)
        if result is None:
            raise BadInput(f"{fit.name} gives no picture of these states.")
        made |= dict(zip(columns, result[0], strict=True))
    return [made[k] for k in fit.columns]


def _alike(states: States, columns: Sequence[int]) -> list[list[int]]:
    groups: dict[tuple[Shape, str], list[int]] = {}
    for k in columns:
        kind = kind_of(states.network, states.steps[k])
        groups.setdefault((states.shapes[k], kind), []).append(k)
    return list(groups.values())


def _through(module: nn.Module, parts: Sequence[Tensor]) -> Tensor | None:
    """What the module returns for states of one shape, one after the other in a batch.

    Maps go through it one by one: in a batch a convolution rounds differently, which would make
    the last column another picture than the network's own answer, and is no faster. A copy of
    each, since a module that works in place must not change the recording.
    """
    with mode_for(False):
        if parts[0].dim() < 4:
            return first_tensor(run_user_code(module, torch.cat(list(parts))))
        outputs = (first_tensor(run_user_code(module, part.clone())) for part in parts)
        made = [output for output in outputs if output is not None and output.dim()]
        one = len(made) == len(parts) and len({output.shape for output in made}) == 1
        return torch.cat(made) if one else None


def _read(output: Tensor | None, count: int, like: Shape) -> tuple[Tensor, bool] | None:
    """A module's result on ``count`` states as (count, H, W, C), and whether it is scores; None
    where it is neither. ``like`` (C, H, W) is the input: a vector of as many values is a picture
    of that shape."""
    if output is None or not output.dim() or output.shape[0] != count or not output.numel():
        return None
    if output.is_complex():
        return None
    output = output.float()
    if output.dim() == 4:
        if output.shape[2:] == (1, 1):
            return output.reshape(count, 1, -1, 1), True
        if output.shape[1] in (1, 3, like[0]):
            return output.permute(0, 2, 3, 1), False
        return None
    if output.dim() == 2:
        if output.shape[1] == like[0] * like[1] * like[2] > 1:
            return output.reshape(count, *like).permute(0, 2, 3, 1), False
        return output.reshape(count, 1, -1, 1), True
    return (output[..., None], True) if output.dim() == 3 else None


# ---- which fit -----------------------------------------------------------------------------


def _found(states: States) -> Iterator[Fit]:
    network = states.network
    sizes = {size for shape in states.shapes if shape for size in (shape[0], _count(shape))}
    modules = dict(network.module.named_modules())
    homes = layers_of(states.steps)
    fits: list[Fit] = []
    for name, module in modules.items():
        if name and not _related(name, homes) and _may_take(module, sizes):
            fit = fit_of(states, name)
            if fit.columns and fit.rank < OTHER and not _same_part(modules, fits, name):
                fits.append(fit)
    order = {name: place for place, name in enumerate(modules)}
    yield from sorted(
        fits, key=lambda f: (f.rank, -len(f.columns), f.name.count("."), -order[f.name])
    )


def _count(shape: Shape) -> int:
    return shape[0] * shape[1] * shape[2]


def _related(name: str, homes: Sequence[str]) -> bool:
    """Whether the module makes a state, is a part of one that does, or holds one."""
    return any(f"{name}.".startswith(f"{h}.") or f"{h}.".startswith(f"{name}.") for h in homes)


def _may_take(module: nn.Module, sizes: set[int]) -> bool:
    """Whether trying is worth it: something in it takes as many channels as a state has, or it
    has weights of its own kind. A recurrent layer would take states for a sequence."""
    if isinstance(module, nn.RNNBase):
        return False
    taken = [getattr(m, "in_channels", getattr(m, "in_features", None)) for m in module.modules()]
    if any(isinstance(size, int) for size in taken):
        return not sizes.isdisjoint(size for size in taken if isinstance(size, int))
    return any(True for _ in module.parameters())


def _same_part(modules: dict[str, nn.Module], fits: Sequence[Fit], name: str) -> bool:
    """Whether a module that fits already is this one with a wrapping around it."""
    own = {id(p) for p in modules[name].parameters()}
    holders = (modules[fit.name] for fit in fits if name.startswith(f"{fit.name}."))
    return any({id(p) for p in holder.parameters()} == own for holder in holders)


def _tried(states: States, name: str) -> Fit:
    modules = dict(states.network.module.named_modules())
    if not name or name not in modules:
        return Fit(name, why=f"{states.network.name} has no module '{name}'.")
    fits = [_tried_as(states, name, modules[name], form) for form in _forms(modules[name], states)]
    taken = any(fit.rank == NOTHING for fit in fits)  # then only the network's answer is better
    found = [fit for fit in fits if fit.columns and (fit.rank == 0 or not taken)]
    if found:
        return min(found, key=lambda fit: (fit.rank, -len(fit.columns)))
    return next((fit for fit in fits if fit.why), Fit(name, why=f"{name} takes no state."))


def _forms(module: nn.Module, states: States) -> tuple[Form, ...]:
    """What the module may be given, best first: a dense layer works along the last axis, which
    in a map is no channel."""
    leaves = (m for m in module.modules() if hasattr(m, "in_features") or hasattr(m, "in_channels"))
    first = next(leaves, None)
    channels = {shape[0] for shape in states.shapes if shape}
    dense = isinstance(first, nn.Linear) and first.in_features in channels
    maps = any(kind_of(states.network, step) == "maps" for step in states.steps)
    if dense and maps:
        return ("mean", "map", "own")
    return ("own", "class token", "mean", "map")


def _tried_as(states: States, name: str, module: nn.Module, form: Form) -> Fit:
    """The fit of one form: each state is tried, those of one shape together."""
    like = tuple(states.recording.x.shape[1:])
    columns: list[int] = []
    ranks, scores, why = [OTHER], False, ""
    for group in _alike(states, range(len(states.steps))):
        parts = [given for k in group if (given := states.given(k, form)) is not None]
        if len(parts) != len(group):
            continue
        try:
            output = _through(module, parts)
        except BadInput as failure:
            why = why or _refusal(name, states.shapes[group[0]], failure)
            continue
        result = _read(output, len(group), like)
        if result is None or (columns and result[1] != scores):
            ranks, why = [NOTHING] if not columns else ranks, why or _neither(name, output)
            continue
        scores = result[1]
        ranks.append(_rank(states, tuple(result[0].shape[1:]), scores, states.shapes[group[0]]))
        columns += group
    return Fit(name, form, tuple(sorted(columns)), scores, min(ranks), "" if columns else why)


def _rank(states: States, made: Shape, scores: bool, state_shape: Shape) -> int:
    """See Fit; ``made`` (H, W, C) of a picture or (places, classes, 1) of scores."""
    if OUTPUT in states.recording.taps:
        classes, high, wide = states.recording.tensor(OUTPUT).shape[1:]
    else:
        classes, high, wide = states.network.layer(OUTPUT).shape
    if scores:
        places, count, _ = made
        return 0 if count == classes and places in (1, high) and wide == 1 else OTHER
    channels, rows, columns = states.recording.x.shape[1:]
    if made == (high, wide, classes):
        return 0
    if made == (rows, columns, channels):
        return 1
    return 2 if made[0] >= state_shape[1] and made[1] >= state_shape[2] else OTHER


def _refusal(name: str, shape: Shape, failure: BadInput) -> str:
    """The module's own words on why it takes no such state, in one line."""
    cause = failure.__cause__ or failure
    words = " ".join(str(cause).split())
    words = words if len(words) < 160 else words[:159] + "…"
    return f"{name} does not take a state of {written(shape)}: {words.rstrip('.')}."


def _neither(name: str, output: Tensor | None) -> str:
    if output is None:
        return f"{name} gives no tensor, so it cannot show a state."
    made = written(tuple(output.shape[1:]))
    return f"{name} makes {made} of a state: neither a picture of 1 or 3 channels nor scores."


def written(shape: Shape) -> str:
    """``20 x 8 x 8``; of a vector its length alone."""
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return " x ".join(map(str, shape))
