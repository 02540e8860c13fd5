"""Read weights out of a file, without running anything that is in it."""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from dnnvis.core.errors import BadInput, Mismatch, NotTrusted
from dnnvis.network.opening.translate_weights import (
    TRANSFORMERS_ADVICE,
    is_counter,
    is_transformers_model,
    translate_state,
)
from dnnvis.network.opening.user_code import describe_error
from dnnvis.network.weights.files import Content, read_content
from dnnvis.network.weights.keras_layers import KerasLayer, assign_layers
from dnnvis.network.weights.parts import Part, find_facts, find_parts
from dnnvis.network.weights.wrapper_names import (
    add_own_prefix,
    iter_inner,
    without_inner_parts,
    without_prefix,
)

SUFFIXES = (
    *(".pt", ".pth", ".ckpt", ".bin", ".safetensors", ".npz", ".pt2"),
    *(".h5", ".hdf5", ".keras", ".onnx"),
)
MAX_LISTED_KEYS = 8
MAX_LISTED_PARTS = 4
#: Names of what trainings store beside the network: losses and metrics.
OTHER_NAMES = re.compile(r"(criteri(on|a|ons)|loss|metrics?|(train|val|valid|test)_\w+)(_\w+)?\.")
MIN_COMMON_NAMES = 0.5  # of a part's weights, for it to be told as another form of the one taken


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint file."""

    path: Path
    #: Names -> weights, common prefixes removed.
    state: dict[str, Tensor] = field(repr=False)
    #: The harmless rest beside the weights: text, numbers, and lists and dictionaries of them.
    meta: dict[str, Any] = field(default_factory=dict)
    #: Where the weights lie in the file, as ``model.teacher``; "" for its top.
    part: str = ""
    #: Other named weights in the file, by where they lie, prefixes removed.
    others: dict[str, dict[str, Tensor]] = field(default_factory=dict, repr=False)
    #: Whether somebody chose the part.
    is_chosen: bool = False
    #: Sentences on what was left out or is odd.
    notes: tuple[str, ...] = ()
    #: The files that were read.
    files: tuple[Path, ...] = ()
    #: Whether they were read out of a program, constants and all.
    is_program: bool = False
    #: What Keras says of each layer, where the file is Keras'.
    keras_layers: tuple[KerasLayer, ...] = field(default=(), repr=False)

    @cached_property
    def sha256(self) -> str:
        """Return the digest of the whole file, in hexadecimal; read at the first use.

        Of several files, that of one after the other.
        """
        digest = hashlib.sha256()
        for path in self.files or (self.path,):
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        return digest.hexdigest()


def split_part(path: str | Path) -> tuple[Path, str]:
    """Return a path and the part named behind its last ``#``; "" without any."""
    text = str(path)
    name, mark, part = text.rpartition("#")
    if not mark or Path(text).exists():
        return Path(text), ""
    return Path(name), part


def read_checkpoint(path: str | Path, part: str | None = None) -> Checkpoint:
    """Read the weights in a file or in a folder of them, to the CPU.

    Files of torch in all its forms, safetensors (in shards, too), Keras' and NumPy's .npz are told
    by their content, not their names. Nothing in them runs: objects of unknown classes are left
    out, and of programs the weights alone are read.

    Args:
        path: The file, ``FILE#part``, or a folder as transformers saves one.
        part: Which of several named weights in the file, as ``model.teacher``; None: the likeliest.

    Returns:
        The weights.

    Raises:
        NotTrusted: It holds objects of code and no weights.
        BadInput: It is missing, empty, broken, holds no weights by name or no such part.
    """
    file, named_part = split_part(path)
    wanted = part if part is not None else named_part
    content = read_content(file)
    parts = find_parts(content.data)
    if not parts:
        raise _no_weights(file, content)
    chosen = _choose(parts, wanted, file)
    taken = [other for other in parts if other is not chosen]
    state = without_prefix(chosen.state)
    others = {other.path: without_prefix(other.state) for other in taken}
    _refuse_empty(file, state)
    notes = (*content.notes, *_notes_on_rest(file, content, chosen, state, others, bool(wanted)))
    return Checkpoint(
        file,
        state,
        {**find_facts(content.data), **content.facts},
        chosen.path,
        others,
        bool(wanted),
        notes,
        content.files,
        content.is_program,
        content.keras_layers,
    )


def _refuse_empty(file: Path, state: Mapping[str, Tensor]) -> None:
    """Raise BadInput where a file has names and no numbers, as those of DeepSpeed's stage 3."""
    if any(value.numel() for key, value in state.items() if value.dim()):
        return
    if any(value.dim() for value in state.values()):
        raise BadInput(
            f"{file} holds the names of weights and none of their numbers. DeepSpeed's stage 3 "
            "spreads them over several files: put them together with zero_to_fp32.py, which lies "
            "in their folder."
        )


def _choose(parts: list[Part], wanted: str, file: Path) -> Part:
    if not wanted:
        return parts[0]
    exact = [part for part in parts if part.path == wanted]
    ending = [part for part in parts if f".{part.path}".endswith(f".{wanted}")]
    inside = _cut_out(parts, wanted)
    found = exact or ending or inside
    if not found:
        names = ", ".join(part.path or "(its top)" for part in parts[:MAX_LISTED_KEYS])
        raise BadInput(f"{file} has no part '{wanted}'; it holds: {names}.")
    return found[0]


def _cut_out(parts: list[Part], wanted: str) -> list[Part]:
    """Return the weights whose names begin with a part's name, as ``teacher.``, without it."""
    prefix = f"{wanted}."
    for part in parts:
        state = without_prefix(part.state)
        inner = {k[len(prefix) :]: v for k, v in state.items() if k.startswith(prefix)}
        if inner:
            return [Part(wanted, inner)]
    return []


def _no_weights(file: Path, content: Content) -> Exception:
    if content.unknown_names:
        listed = ", ".join(content.unknown_names[:MAX_LISTED_KEYS])
        return NotTrusted(
            f"{file} holds no weights by name, but objects of code ({listed}), and dnnvis runs no "
            "code out of checkpoints. Where you trust it, load it in the program that made it and "
            "save its weights alone: torch.save(model.state_dict(), 'weights.pt')."
        )
    return BadInput(f"{file} holds no weights by name: {_describe_content(content.data)}.")


def _notes_on_rest(
    file: Path,
    content: Content,
    chosen: Part,
    state: Mapping[str, Tensor],
    others: Mapping[str, Mapping[str, Tensor]],
    is_chosen: bool,
) -> tuple[str, ...]:
    notes = []
    similar = [
        path
        for path, other in others.items()
        if len(other.keys() & state.keys()) >= MIN_COMMON_NAMES * len(other)
    ]
    if similar and not is_chosen:
        listed = ", ".join(path or "(its top)" for path in similar[:MAX_LISTED_PARTS])
        notes.append(
            f"{file.name} holds several sets of weights; '{chosen.path or 'its top'}' is taken, "
            f"and there are also: {listed}. Open {file.name}#{similar[0]} for those."
        )
    if content.is_module(chosen.path) and not content.is_program:
        notes.append(
            f"{file.name} holds a whole module; its weights were read by name, none of its code."
        )
    unknown = [name for name in content.unknown_names if not name.startswith("torch.")]
    if unknown and not (content.is_module(chosen.path) or content.is_program):
        listed = ", ".join(unknown[:MAX_LISTED_PARTS])
        more = f" and {len(unknown) - MAX_LISTED_PARTS} more" if len(unknown) > 4 else ""
        notes.append(
            f"Left out of {file.name}: objects of {listed}{more}; nothing of them was run."
        )
    return tuple(notes)


def load_checkpoint(module: nn.Module, checkpoint: Checkpoint) -> tuple[str, ...]:
    """Load a checkpoint's weights into ``module``, those of another part where they fit better.

    Returns what is odd about them, in sentences. Raises Mismatch where no part fits.
    """
    state, notes = _fitting_weights(module, checkpoint)
    if checkpoint.keras_layers:
        state, keras_notes = assign_layers(module, state, checkpoint.keras_layers)
        notes += keras_notes
    state, left_out = _without_rest(module, checkpoint, state)
    return (*checkpoint.notes, *notes, *left_out, *load_weights(module, state))


def _fitting_weights(
    module: nn.Module, checkpoint: Checkpoint
) -> tuple[Mapping[str, Tensor], tuple[str, ...]]:
    """Return the weights of a checkpoint that fit best, and what is said of the choice."""
    if _fits(module, checkpoint.state):
        return checkpoint.state, ()
    if not checkpoint.is_chosen:
        for path, state in checkpoint.others.items():
            if _fits(module, state):
                name = checkpoint.path.name
                text = f"Of the weights in {name} those of '{path or 'its top'}' fit and are taken."
                return state, (text,)
    return _inner_weights(module, checkpoint)


def _inner_weights(
    module: nn.Module, checkpoint: Checkpoint
) -> tuple[Mapping[str, Tensor], tuple[str, ...]]:
    """Return the weights below a name that fit, or all where none do."""
    own = _tensors_of(module)
    inner = list(iter_inner(own, checkpoint.state, lambda state: _fits(module, state)))
    path, state = inner[0] if inner else ("", checkpoint.state)
    if not path:
        return state, ()
    name = checkpoint.path.name
    rest = {key.split(".")[0] for key in checkpoint.state.keys() - {f"{path}.{k}" for k in state}}
    text = f"Of the weights in {name} those below '{path}' fit and are taken"
    others = [other for other, _ in inner[1:]]
    if others:
        text += f"; there are also: {', '.join(others)}. Open {name}#{others[0]} for those."
    else:
        text += f"; left out: {', '.join(sorted(rest)[:MAX_LISTED_PARTS]) or 'nothing'}."
    return state, (text,)


def _without_rest(
    module: nn.Module, checkpoint: Checkpoint, state: Mapping[str, Tensor]
) -> tuple[Mapping[str, Tensor], tuple[str, ...]]:
    """Return weights without those of losses and metrics, which are no part of the network.

    Of a program, without constants as well.
    """
    own = _tensors_of(module)
    rest = [
        key for key in state if key not in own and (checkpoint.is_program or OTHER_NAMES.match(key))
    ]
    if not rest or not _fits(module, state):
        return state, ()
    left = {key: value for key, value in state.items() if key not in rest}
    return left, (f"Left out of {checkpoint.path.name}: {_format_keys(rest)}.",)


def _tensors_of(module: nn.Module) -> dict[str, Tensor]:
    state = module.state_dict(keep_vars=True)
    return {key: value for key, value in state.items() if isinstance(value, Tensor)}


def _fits(module: nn.Module, state: Mapping[str, Tensor]) -> bool:
    """Return whether all names and shapes are those of a module."""
    own = _tensors_of(module)
    plain = {without_inner_parts(key): value for key, value in state.items()}
    named, _ = _shift_level(own, add_own_prefix(own, plain))
    return all(
        key in named and (is_lazy(value) or named[key].shape == value.shape)
        for key, value in own.items()
        if not is_counter(key)
    )


def with_part(checkpoint: Checkpoint, path: str) -> Checkpoint:
    """Return a checkpoint with another of its parts for its weights."""
    others = {**checkpoint.others, checkpoint.part: checkpoint.state}
    state = others.pop(path)
    return replace(checkpoint, state=state, part=path, others=others)


def load_weights(module: nn.Module, state: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Load the weights ``state`` into ``module``; return what is odd about them, in sentences.

    Every key must be there in its shape, by the module's names or those that its own loading
    translates, or Mismatch lists what is not and nothing of the module is changed. Counters of
    batch norm and one of two tied weights may be missing. Numbers take the module's types (half
    becomes float32).
    """
    own = module.state_dict(keep_vars=True)
    plain = {without_inner_parts(key): value for key, value in state.items()}
    tensors = {key: value for key, value in own.items() if isinstance(value, Tensor)}
    state, notes = _shift_level(tensors, add_own_prefix(own, plain))
    loaded_ids = {id(tensors[key]) for key in state if key in tensors}
    mismatches = {
        "missing": [
            key
            for key, value in tensors.items()
            if key not in state and id(value) not in loaded_ids and not is_counter(key)
        ],
        "not in the network": [k for k in state if k not in tensors and not is_counter(k)],
        "of another shape": [
            f"{key} {_format_shape(value)} there, {_format_shape(tensors[key])} here"
            for key, value in state.items()
            if key in tensors and not is_lazy(tensors[key]) and value.shape != tensors[key].shape
        ],
    }
    if any(mismatches.values()):
        translated = translate_state(module, state)
        if translated is None:
            message = _mismatch_message(module, mismatches)
            raise Mismatch(message, _list_differences(tensors, state, mismatches))
        state = translated
    _refuse_other_numbers(state, tensors)
    matching = OrderedDict((k, v.to(tensors[k].dtype)) for k, v in state.items() if k in tensors)
    # Names and shapes are today's, so the modules need not convert them from older versions.
    matching._metadata = own._metadata  # type: ignore[attr-defined]
    try:
        module.load_state_dict(matching, strict=False)
    except Exception as error:  # a module's own code may raise anything
        message = f"The checkpoint does not fit the network: {describe_error(error)}."
        raise Mismatch(message) from error
    return (*notes, *_nonfinite_notes(matching))


def _refuse_other_numbers(state: Mapping[str, Tensor], tensors: Mapping[str, Tensor]) -> None:
    """Raise Mismatch where weights would lose what they say by being cast."""
    bad = [
        f"{key} ({str(value.dtype).removeprefix('torch.')})"
        for key, value in state.items()
        if key in tensors
        and tensors[key].is_floating_point()
        and not value.is_floating_point()
        and not is_lazy(tensors[key])
        and value.numel() > 1
    ]
    if bad:
        raise Mismatch(
            f"The checkpoint holds numbers of another kind than the network: {_format_keys(bad)}. "
            "Whole numbers without a scale, or complex ones, say nothing here; save them as floats."
        )


def _list_differences(
    own: Mapping[str, Tensor], state: Mapping[str, Tensor], mismatches: Mapping[str, list[str]]
) -> list[tuple[str, str, str]]:
    """Return name, shape in the file and shape in the network of all that does not fit."""
    missing, left = mismatches["missing"], mismatches["not in the network"]
    rows = [(key, "", "" if is_lazy(own[key]) else _format_shape(own[key])) for key in missing]
    rows += [(key, _format_shape(state[key]), "") for key in left]
    return rows + [
        (key, _format_shape(value), _format_shape(own[key]))
        for key, value in state.items()
        if key in own and not is_lazy(own[key]) and value.shape != own[key].shape
    ]


def _mismatch_message(module: nn.Module, mismatches: Mapping[str, list[str]]) -> str:
    parts = [
        f"{len(keys)} {problem} ({_format_keys(keys)})"
        for problem, keys in mismatches.items()
        if keys
    ]
    message = f"The checkpoint does not fit the network: {'; '.join(parts)}."
    if is_transformers_model(module):
        message += TRANSFORMERS_ADVICE.format(kind=type(module).__name__)
    return message


def _shift_level(
    own: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> tuple[Mapping[str, Tensor], tuple[str, ...]]:
    """Return the weights with one level of names more or less, where only that is different."""
    wanted = {key for key in own if not is_counter(key)}
    there = {key for key in state if not is_counter(key)}
    if wanted <= there:
        return state, ()
    extra, lacking = first_level(there), first_level(wanted)
    if extra and wanted == {key.removeprefix(extra) for key in there}:
        shifted = {key.removeprefix(extra): value for key, value in state.items()}
        return shifted, (f"All names in the file begin with '{extra}', which is left out.",)
    if lacking and wanted == {lacking + key for key in there}:
        shifted = {lacking + key: value for key, value in state.items()}
        return shifted, (f"No name in the file begins with '{lacking}', which is put before them.",)
    return state, ()


def first_level(names: Collection[str]) -> str:
    """Return ``encoder.`` where all names begin with it and go on; "" otherwise."""
    levels = {name.partition(".")[0] for name in names}
    level = levels.pop() if len(levels) == 1 else ""
    return f"{level}." if level and level not in names else ""


def _nonfinite_notes(state: Mapping[str, Tensor]) -> tuple[str, ...]:
    bad = [k for k, v in state.items() if v.is_floating_point() and not v.isfinite().all()]
    if not bad:
        return ()
    return (
        f"{len(bad)} of the checkpoint's {len(state)} tensors hold NaN or infinite numbers "
        f"({_format_keys(bad)}); so will what the network computes.",
    )


def _format_keys(keys: list[str]) -> str:
    rest = len(keys) - MAX_LISTED_KEYS
    return ", ".join(keys[:MAX_LISTED_KEYS]) + (f" and {rest} more" if rest > 0 else "")


def _format_shape(value: Tensor) -> str:
    return "x".join(map(str, value.shape)) or "a single number"


def _describe_content(data: Any) -> str:
    if isinstance(data, Mapping):
        return f"a dictionary of {_format_keys([str(key) for key in data]) or 'nothing'}"
    return f"what is inside is a {type(data).__name__}"
