"""Hash the weights of a network, whatever kind of values they are."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from dnnvis.network.values import as_shown

STABLE_TYPES = (str, int, float, complex, bool, bytes, torch.dtype, torch.device, type(None))


def hash_weights(module: nn.Module, architecture: str) -> str:
    """Return the sha256 over the names, types and values of all weights, in hex.

    Weights are what ``state_dict`` holds: parameters and buffers, quantized ones too, packed
    parameters, and a module's extra state as far as it is made of numbers, texts and tensors.

    Args:
        module: The module.
        architecture: Name of the architecture, hashed first.

    Returns:
        64 hexadecimal digits.
    """
    digest = _Digest()
    digest.add(architecture.encode())
    for name, value in module.state_dict().items():
        digest.add_value(name, value)
    return digest.hex()


def add_texts(fingerprint: str, texts: Sequence[str]) -> str:
    """Return the fingerprint of a network that lasting texts change; the same without any.

    Args:
        fingerprint: 64 hexadecimal digits.
        texts: What changes it, as its edits.
    """
    if not texts:
        return fingerprint
    digest = _Digest()
    for text in (fingerprint, *texts):
        digest.add(text.encode() + b"\0")
    return digest.hex()


class _Digest:
    """A sha256 that takes named values of any kind."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, data: bytes) -> None:
        self._hash.update(data)

    def hex(self) -> str:
        return self._hash.hexdigest()

    def add_value(self, name: str, value: Any) -> None:
        if isinstance(value, Tensor):
            self._add_tensor(name, value)
        elif isinstance(value, Mapping | tuple | list):
            parts = value.items() if isinstance(value, Mapping) else enumerate(value)
            for key, part in parts:
                self.add_value(f"{name}.{key}", part)
        elif isinstance(value, np.ndarray) and not value.dtype.hasobject:
            self.add(f"{name} {value.dtype} {value.shape}".encode())
            self.add(np.ascontiguousarray(value).tobytes())
        elif isinstance(value, io.BytesIO):
            self.add(name.encode() + value.getvalue())
        elif isinstance(value, STABLE_TYPES):
            self.add(f"{name} {value!r}".encode())
        else:
            self._add_object(name, value)

    def _add_tensor(self, name: str, value: Tensor) -> None:
        value = value.detach()
        flatten = getattr(value, "__tensor_flatten__", None)
        if flatten is not None:  # a class of tensors made of others, as those of torchao
            names, context = flatten()
            self.add_value(f"{name} {type(value).__name__}", context)
            for part in names:
                self.add_value(f"{name}.{part}", getattr(value, part))
            return
        kind = value.dtype
        plain = value.layout == torch.strided and not value.is_quantized and not value.is_nested
        dense = value if plain and not value.is_meta else as_shown(value)
        self.add(f"{name} {kind} {tuple(dense.shape)}".encode())
        if value.is_meta:
            return
        values = dense.cpu().contiguous().resolve_conj().resolve_neg().reshape(-1)
        self.add(values.view(torch.uint8).numpy().tobytes())

    def _add_object(self, name: str, value: Any) -> None:
        """Add a packed parameter by what it is saved as; of other objects the class alone.

        Their text may hold an address, which is another one in every process.
        """
        if isinstance(value, torch.ScriptObject):
            self.add_value(name, value.__getstate__())
        else:
            self.add(f"{name} {type(value).__qualname__}".encode())
