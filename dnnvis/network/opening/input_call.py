"""Hand a picture to a module that takes more than a picture, or takes it in another form."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import torch
from torch import Tensor, nn

#: maps (B, C, H, W); row (B, C, W), the middle row; stack (B, C, T, H, W) or frames
#: (B, T, C, H, W), T copies; integers (B, C, H, W) from 0 to 255, uint8.
PictureForm = Literal["maps", "row", "stack", "frames", "integers"]
#: What another input is held at: the picture itself; a number (B,), whole or not; a vector of
#: zeros (B, width); tokens (1, 8) or one row a picture (B, 8), all 0; a mask (B, H, W) of ones; a
#: value as somebody gave it; an array that somebody gave for all pictures, or for each (B, ...).
HeldKind = Literal[
    "picture",
    "integer",
    "number",
    "vector",
    "tokens",
    "tokens a picture",
    "mask",
    "constant",
    "array",
    "array a picture",
]

STACK_FRAMES = 8
TOKENS = 8


@dataclass(frozen=True)
class HeldInput:
    """An input besides the picture, and what it is held at."""

    name: str
    kind: HeldKind
    #: Of a vector.
    width: int = 1
    #: A number, a constant, or an array as nested tuples.
    value: Any = 0

    def build(self, x: Tensor) -> Any:
        """Return its value for a batch of pictures (B, C, H, W)."""
        count = len(x)
        match self.kind:
            case "picture":
                return x
            case "constant":
                return self.value
            case "array" | "array a picture":
                is_float = self._array.is_floating_point()
                array = self._array.to(x.device, x.dtype if is_float else self._array.dtype)
                return array if self.kind == "array" else array.expand(count, *array.shape)
            case "integer":
                return torch.full((count,), self.value, dtype=torch.long, device=x.device)
            case "number":
                return x.new_full((count,), self.value)
            case "vector":
                return x.new_zeros(count, self.width)
            case "mask":
                return x.new_ones(count, *x.shape[-2:])
        rows = 1 if self.kind == "tokens" else count
        return torch.zeros(rows, TOKENS, dtype=torch.long, device=x.device)

    def __str__(self) -> str:
        constant = {
            "picture": "the picture itself",
            "integer": f"{self.value}",
            "number": f"{self.value}",
            "constant": f"{self.value}",
            "vector": f"{self.width} zeros",
            "mask": "1 everywhere",
        }
        if self.kind in ("array", "array a picture"):
            shape = " x ".join(map(str, self._array.shape))
            return f"{self.name} is held at the array of {shape} numbers that was given"
        return f"{self.name} is held at {constant.get(self.kind, f'{TOKENS} tokens of number 0')}"

    @cached_property
    def _array(self) -> Tensor:
        return torch.tensor(self.value)


@dataclass(frozen=True)
class InputCall:
    """How a module is called with a batch of pictures; as it stands, ``module(x)``."""

    #: The argument that is the picture; "": the first.
    picture: str = ""
    #: Where the only input is a dictionary: the picture's name in it.
    key: str = ""
    form: PictureForm = "maps"
    #: Copies in a stack of frames.
    frames: int = STACK_FRAMES
    held: tuple[HeldInput, ...] = ()

    def __call__(self, module: nn.Module, x: Tensor) -> Any:
        """Return what ``module`` returns for normalized pictures (B, C, H, W)."""
        held = {each.name: each.build(x) for each in self.held}
        picture = self.shape_picture(x)
        if self.key:
            return module({self.key: picture, **held})
        if self.picture:
            return module(**{self.picture: picture}, **held)
        return module(picture, **held)

    def shape_picture(self, x: Tensor) -> Tensor:
        """Return the pictures (B, C, H, W) in the form that the module takes."""
        match self.form:
            case "row":
                return x[:, :, x.shape[2] // 2]  # (B, C, W)
            case "stack":
                return x.unsqueeze(2).expand(-1, -1, self.frames, -1, -1)  # (B, C, T, H, W)
            case "frames":
                return x.unsqueeze(1).expand(-1, self.frames, -1, -1, -1)  # (B, T, C, H, W)
            case "integers":
                return x.mul(255).round().clamp(0, 255).to(torch.uint8)
        return x

    def notes(self, name: str) -> tuple[str, ...]:
        """Return sentences on what the network ``name`` is given besides maps of pixels."""
        notes = []
        if self.key:
            notes.append(f"{name} takes a dictionary; the picture is its '{self.key}'.")
        if self.held:
            notes.append(f"{name} takes more than a picture: {', '.join(map(str, self.held))}.")
        forms = {
            "row": "takes signals of one axis, and is given the middle row of the picture.",
            "stack": f"takes stacks of frames, and is given {self.frames} copies of the frame.",
            "frames": f"takes stacks of frames, and is given {self.frames} copies of the frame.",
            "integers": "takes whole numbers from 0 to 255; nothing is sent back through rounding.",
        }
        if self.form in forms:
            notes.append(f"{name} {forms[self.form]}")
        return tuple(notes)


class RecordingDictionary(dict[str, Any]):
    """A dictionary that lists which keys a network reads that are not there."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        super().__init__(values or {})
        self.missing: list[str] = []

    def __missing__(self, key: str) -> Any:
        self.missing.append(key)
        raise KeyError(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, as a dictionary does, and list a key that is not there."""
        if key not in self:
            self.missing.append(key)
        return super().get(key, default)
