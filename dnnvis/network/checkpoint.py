"""Read weights out of a file, without running anything that is in it."""

import hashlib
import pickle
import pickletools
import re
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from dnnvis.core.errors import BadInput, Mismatch, NotTrusted
from dnnvis.core.stable_file import open_stable, read_stable, safetensors_metadata
from dnnvis.network.opening.translate_weights import (
    TRANSFORMERS_ADVICE,
    is_counter,
    is_transformers_model,
    translate_state,
)
from dnnvis.network.opening.user_code import describe_error

SUFFIXES = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")
NESTED_KEYS = (
    *("state_dict", "model_state_dict", "model", "model_state", "net", "network", "weights"),
    *("params", "module", "ema", "ema_state_dict", "model_ema", "params_ema"),
)
COMPILED_PART = "_orig_mod."  # what torch.compile puts into the names below a part
WRAPPER_PREFIXES = ("module.", "model.", COMPILED_PART, "backbone.", "net.", "network.")
MAX_LISTED_KEYS = 8
MAX_SCANNED_BYTES = 1 << 20  # bytes of a bare pickle in which names of code are looked for


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint file."""

    path: Path
    #: Names -> weights, common prefixes removed.
    state: dict[str, Tensor] = field(repr=False)
    #: The harmless rest beside the weights: text, numbers and lists of them.
    meta: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def sha256(self) -> str:
        """Return the digest of the whole file, in hexadecimal; read at the first use."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def read_checkpoint(path: str | Path) -> Checkpoint:
    """Read the weights in a .pt, .pth, .ckpt, .bin or .safetensors file, to the CPU.

    Raises NotTrusted where reading it would mean running code, BadInput where it is
    missing, empty, broken or holds no weights by name.
    """
    path = Path(path)
    if not path.is_file():
        raise BadInput(f"There is no checkpoint file {path}.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path} is empty (0 bytes).")
    data, meta = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    state = _weights_in(data, meta)
    if not state:
        raise BadInput(f"{path} holds no weights by name: {_describe_content(data)}.")
    return Checkpoint(path, without_prefix(state), meta)


def without_prefix(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``state`` without the wrappers' names (``module.`` ...) that all its keys share."""
    start = len(_common_prefix(state))
    return {key[start:]: value for key, value in state.items()}


def load_weights(module: nn.Module, state: Mapping[str, Tensor]) -> tuple[str, ...]:
    """Load the weights ``state`` into ``module``; return what is odd about them, in sentences.

    Every key must be there in its shape, by the module's names or those that its own loading
    translates, or Mismatch lists what is not and nothing of the module is changed. Counters of
    batch norm and one of two tied weights may be missing. Numbers take the module's types (half
    becomes float32).
    """
    own = module.state_dict(keep_vars=True)
    plain = {key.replace(COMPILED_PART, ""): value for key, value in state.items()}
    state = _add_own_prefix(own, plain)
    tensors = {key: value for key, value in own.items() if isinstance(value, Tensor)}
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
            raise Mismatch(_mismatch_message(module, mismatches))
        state = translated
    matching = OrderedDict((k, v.to(tensors[k].dtype)) for k, v in state.items() if k in tensors)
    # Names and shapes are today's, so the modules need not convert them from older versions.
    matching._metadata = own._metadata  # type: ignore[attr-defined]
    try:
        module.load_state_dict(matching, strict=False)
    except Exception as error:  # a module's own code may raise anything
        message = f"The checkpoint does not fit the network: {describe_error(error)}."
        raise Mismatch(message) from error
    return _nonfinite_notes(matching)


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


def _add_own_prefix(own: Mapping[str, Any], state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return ``state`` with the prefix of the network's own keys, where only that is different."""
    prefix = _common_prefix(own)
    if not prefix or all(key.startswith(prefix) for key in state):
        return state
    return {prefix + key: value for key, value in state.items()}


def _common_prefix(keys: Mapping[str, Any]) -> str:
    """Return all wrappers' names, one after the other, that every key begins with."""
    prefix, is_longer = "", True
    while is_longer and keys:
        is_longer = False
        for candidate in WRAPPER_PREFIXES:
            if all(key.startswith(prefix + candidate) for key in keys):
                prefix, is_longer = prefix + candidate, True
    return prefix


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


def _read_safetensors(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        content = read_stable(path)
        return load(content), safetensors_metadata(content)
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise BadInput(f"{path} is broken or no safetensors file: {error}") from None


def _read_torch(path: Path) -> tuple[Any, dict[str, Any]]:
    try:
        with open_stable(path) as file:
            return _load_torch(file, path), {}
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None


def _load_torch(file: BinaryIO, path: Path) -> Any:
    if zipfile.is_zipfile(file):
        _refuse_programs(file, path)
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch warns of pickles that it then refuses
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        code_names = _code_in_pickle(str(error), path)
        if code_names:
            raise NotTrusted(_not_trusted_message(path, code_names)) from None
        raise BadInput(f"{path} is broken or no checkpoint: {_first_line(error)}") from None
    except Exception as error:  # what torch raises on a broken file is not specified
        raise BadInput(f"{path} is broken or no checkpoint: {_first_line(error)}") from None


def _refuse_programs(file: BinaryIO, path: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
    file_names = {name.rpartition("/")[2] for name in names}
    if "constants.pkl" in file_names or any("/code/" in name for name in names):
        raise NotTrusted(
            f"{path} is a TorchScript program, and dnnvis runs no code out of checkpoints. "
            "Save its weights instead: torch.save(model.state_dict(), 'weights.pt')."
        )
    if "data.pkl" not in file_names:
        raise BadInput(f"{path} is a zip file but no checkpoint of torch's.")


def _not_trusted_message(path: Path, code_names: str) -> str:
    return (
        f"{path} wants to run code while it is read ({code_names}), and dnnvis runs no code out of "
        "checkpoints. Where you trust it, load it in the program that made it and save its "
        "weights alone: torch.save(model.state_dict(), 'weights.pt')."
    )


def _code_in_pickle(message: str, path: Path) -> str:
    """Return the code that a refused pickle names, from torch's message or from its own opcodes."""
    match = re.search(r"GLOBAL ([\w.]+)", message) or re.search(
        r"[Uu]nsupported class ([\w.]+)", message
    )
    if match:
        return match[1]
    if zipfile.is_zipfile(path):
        return ""
    with path.open("rb") as file:
        return ", ".join(_global_names(file.read(MAX_SCANNED_BYTES))[:MAX_LISTED_KEYS])


def _global_names(data: bytes) -> list[str]:
    """Return names of code in a bare pickle; its opcodes are read, not executed."""
    names: list[str] = []
    texts: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(data):
            if opcode.name in ("GLOBAL", "INST"):
                names.append(str(argument).replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL":
                names.append(".".join(texts[-2:]))
            elif isinstance(argument, str):
                texts.append(argument)
    except Exception:  # cut short or no pickle: the names until here count
        pass
    return list(dict.fromkeys(names))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _weights_in(data: Any, meta: dict[str, Any]) -> dict[str, Tensor]:
    """Return the named tensors in ``data`` or nested in it.

    What is harmless beside them goes to ``meta``, the outermost first.
    """
    if not isinstance(data, Mapping):
        return {}
    for key, value in data.items():
        if isinstance(key, str) and _is_harmless(value):
            meta.setdefault(key, value)
    for key in NESTED_KEYS:
        if isinstance(data.get(key), Mapping):
            inner = _weights_in(data[key], meta)
            if inner:
                return inner
    return {k: v for k, v in data.items() if isinstance(k, str) and isinstance(v, Tensor)}


def _is_harmless(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) < 100_000 and all(map(_is_harmless, value))
    return isinstance(value, str | int | float | bool)


def _describe_content(data: Any) -> str:
    if isinstance(data, Mapping):
        return f"a dictionary of {_format_keys([str(key) for key in data]) or 'nothing'}"
    return f"what is inside is a {type(data).__name__}"
