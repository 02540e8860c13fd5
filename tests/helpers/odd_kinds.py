"""What an odd module is, and the list of all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

Make = Callable[[nn.Module, torch.Size, int], nn.Module]


class Unsuitable(Exception):
    """The odd module cannot stand in this place."""


@dataclass(frozen=True)
class Odd:
    """One kind of odd module."""

    name: str
    #: Called with the replaced module, the shape it returned for one picture, and the variant.
    make: Make
    #: A note of the opened network fits the cause where it holds one of these.
    words: tuple[str, ...] = ()
    #: A refusal names the cause where it holds one of these; (): it must not be refused.
    refusal: tuple[str, ...] = ()
    #: Whether it stands around the whole network.
    whole: bool = False
    #: Whether it can run on pictures at all.
    runs: bool = True
    #: A note of the opened network must hold this.
    said: str = ""


ODDS: list[Odd] = []


def odd(name: str, **options: Any) -> Callable[[Make], Make]:
    def add(make: Make) -> Make:
        ODDS.append(Odd(name, make, **options))
        return make

    return add


class After(nn.Module):
    """Runs the replaced module, then ``change`` on what it returned."""

    def __init__(self, inner: nn.Module, shape: torch.Size, variant: int) -> None:
        super().__init__()
        self.inner, self.variant = inner, variant
        self.prepare(shape)

    def prepare(self, shape: torch.Size) -> None:
        pass

    def forward(self, *given: Any) -> Any:
        return self.change(self.inner(*given))

    def change(self, y: Any) -> Any:
        raise NotImplementedError


def needs_maps(shape: torch.Size, even: bool = False) -> None:
    if len(shape) != 4 or (even and (shape[2] % 2 or shape[3] % 2)):
        raise Unsuitable


def needs_weight(inner: nn.Module) -> None:
    if not isinstance(inner, nn.Conv2d | nn.Linear):
        raise Unsuitable


def ramp_like(y: Tensor) -> Tensor:
    return torch.linspace(0.5, 1, y.shape[-1], dtype=y.dtype).expand(y.shape) * 1.0
