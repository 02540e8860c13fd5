"""Odd modules whose inputs, outputs, batches or parts are odd."""

import threading
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import weight_norm
from torch.utils.checkpoint import checkpoint

from helpers.odd_kinds import After, Unsuitable, needs_maps, needs_weight, odd
from helpers.odd_layers import RANDOM

# --- inputs ---------------------------------------------------------------------------------------


@odd(
    "extra input",
    whole=True,
    words=("t is held at 0",),
    refusal=("argument", "input"),
    said="t is held at 0",
)
class ExtraInput(After):
    def forward(self, x: Tensor, t: Tensor) -> Any:  # type: ignore[override]
        return self.inner(x * (1 + t.reshape(-1, 1, 1, 1)))

    def given(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What a plain pass gives it."""
        return x, torch.zeros(len(x))


@odd("text input", whole=True, runs=False, refusal=("text",))
class TextInput(After):
    def prepare(self, shape: torch.Size) -> None:
        self.words = nn.Embedding(10, 4)

    def forward(self, ids: Tensor) -> Any:  # type: ignore[override]
        return self.words(ids).mean(1)


@odd("fails on dark pictures", whole=True, words=("failed on a trial picture",))
class FailsOnDark(After):
    def forward(self, x: Tensor) -> Any:  # type: ignore[override]
        if float(x.detach().mean()) < 0.2:
            raise SystemExit("too dark")
        return self.inner(x)


# --- outputs --------------------------------------------------------------------------------------


class Answer(NamedTuple):
    aux: Tensor
    logits: Tensor


@dataclass
class AnswerData:
    aux: Tensor
    logits: Tensor


@odd("dict output", whole=True, words=("returns a",), said="returns a")
class DictOutput(After):
    def forward(self, x: Tensor) -> Any:  # type: ignore[override]
        y, aux = self.inner(x), x.mean((2, 3))
        kinds = (dict, Answer, AnswerData)
        return kinds[self.variant % 3](aux=aux, logits=y)


@odd(
    "list with an entry a picture",
    whole=True,
    words=("returns a", "one by one"),
    said="entry for each picture",
)
class ListOutput(After):
    def change(self, y: Tensor) -> Any:
        return [{"boxes": one[None] * 1} for one in y]


class Each(nn.Module):
    def forward(self, y: Tensor) -> list[Tensor]:
        return [one * 1 for one in y]


class Stack(nn.Module):
    def forward(self, parts: list[Tensor]) -> Tensor:
        return torch.stack(parts)


@odd("list inside", words=("one by one",))
def list_inside(inner: nn.Module, shape: torch.Size, variant: int) -> nn.Module:
    return nn.Sequential(inner, Each(), Stack())


# --- batches --------------------------------------------------------------------------------------

BATCH = ("batch",)


@odd("batch statistics", words=BATCH)
class BatchStatistics(After):
    def prepare(self, shape: torch.Size) -> None:
        if self.variant % 2:
            return
        needs_maps(shape)
        if shape[2] * shape[3] < 2:
            raise Unsuitable

    def change(self, y: Tensor) -> Tensor:
        if self.variant % 2:
            return y + 0.5 * y.mean(0, keepdim=True)
        return F.batch_norm(y, None, None, training=True)


@odd("one picture only", words=("one by one",))
class OnePicture(After):
    def forward(self, *given: Any) -> Any:
        y = self.inner(*given)
        if given[0].shape[0] != self.first:
            raise ValueError("one picture at a time")
        return y

    def prepare(self, shape: torch.Size) -> None:
        self.first = shape[0]


@odd("for some pictures only", words=("some of the trial pictures", "not called"))
class SomePictures(After):
    def prepare(self, shape: torch.Size) -> None:
        needs_maps(shape)
        self.more, self.bound = nn.Conv2d(shape[1], shape[1], 1), 0.3 * (self.variant % 2)

    def forward(self, *given: Any) -> Any:
        y = self.inner(*given)
        return self.more(y) if float(given[0].detach().mean()) > self.bound else y


# --- modules --------------------------------------------------------------------------------------


@odd("plain list", words=("plain list", "eval"), said="plain list")
class PlainList(After):
    def prepare(self, shape: torch.Size) -> None:
        needs_maps(shape)
        norm = nn.BatchNorm2d(shape[1])
        self.more = [nn.Sequential(nn.Conv2d(shape[1], shape[1], 1), norm, nn.Dropout(0.3))]

    def settle(self) -> None:
        self.more[0].eval()

    def change(self, y: Tensor) -> Tensor:
        return self.more[0](y)


@odd("weights only", words=("not called",), said="not called")
class WeightsOnly(After):
    def prepare(self, shape: torch.Size) -> None:
        needs_weight(self.inner)

    def forward(self, x: Tensor) -> Any:  # type: ignore[override]
        inner = self.inner
        if self.variant % 2:
            return inner.forward(x)
        if isinstance(inner, nn.Linear):
            return F.linear(x, inner.weight, inner.bias)
        assert isinstance(inner, nn.Conv2d)
        return inner._conv_forward(x, inner.weight, inner.bias)


@odd("forgets to return itself")
class ReturnsNone(After):
    def prepare(self, shape: torch.Size) -> None:
        self.output, self.items = nn.Identity(), nn.Dropout(0.5)

    def train(self, mode: bool = True) -> None:  # type: ignore[override]
        super().train(mode)

    def change(self, y: Tensor) -> Tensor:
        return self.items(self.output(y * 1.1))


@odd("cannot be copied", words=("copied", "copy", "as it is"), refusal=("copied",))
class Uncopyable(After):
    def prepare(self, shape: torch.Size) -> None:
        if self.variant % 3 == 0:
            self.lock = threading.Lock()
        elif self.variant % 3 == 1:
            self.numbers = (number for number in range(3))
        else:
            self.table = torch.ones(3, requires_grad=True) * 2  # no leaf

    def change(self, y: Tensor) -> Tensor:
        return y * 1.1


# --- what fewer networks do -----------------------------------------------------------------------


class ToWindows(nn.Module):
    def forward(self, y: Tensor) -> Tensor:
        batch, channels, high, wide = y.shape
        y = y.reshape(batch, channels, 2, high // 2, 2, wide // 2)
        return y.permute(0, 2, 4, 1, 3, 5).reshape(batch * 4, channels, high // 2, wide // 2)


class FromWindows(nn.Module):
    def forward(self, y: Tensor) -> Tensor:
        _, channels, high, wide = y.shape
        y = y.reshape(-1, 2, 2, channels, high, wide).permute(0, 3, 1, 4, 2, 5)
        return y.reshape(-1, channels, high * 2, wide * 2)


@odd("windows")
def windows(inner: nn.Module, shape: torch.Size, variant: int) -> nn.Module:
    needs_maps(shape, even=True)
    return nn.Sequential(
        inner, ToWindows(), nn.Conv2d(shape[1], shape[1], 3, padding=1), FromWindows()
    )


@odd("seeds the generator", words=RANDOM)
class Seeds(After):
    def change(self, y: Tensor) -> Tensor:
        torch.manual_seed(3)
        return y + 0.1 * torch.randn(y.shape[1:])


@odd("autocast")
class Autocast(After):
    def forward(self, *given: Any) -> Any:
        with torch.autocast("cpu", torch.bfloat16):
            return self.inner(*given).float()


class Pair(nn.Module):
    def forward(self, y: Tensor) -> tuple[Tensor, Tensor]:
        return y * 1, y.mean(-1)


class First(nn.Module):
    def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
        return pair[0]


@odd("pair inside")
def pair_inside(inner: nn.Module, shape: torch.Size, variant: int) -> nn.Module:
    return nn.Sequential(inner, Pair(), First())


@odd("late head", words=("eval",))
class LateHead(After):
    def prepare(self, shape: torch.Size) -> None:
        self.late: nn.Module | None = None

    def change(self, y: Tensor) -> Tensor:
        if self.late is None:
            linear = nn.Linear(y.shape[-1], y.shape[-1])
            constant(linear)
            self.late = nn.Sequential(linear, nn.Dropout(0.5))
            self.late.train(not self.variant % 2)
        return self.late(y)

    def settle(self) -> None:
        if self.late is not None:
            self.late.eval()


@odd("lazy", words=("lazy",))
class Lazy(After):
    def prepare(self, shape: torch.Size) -> None:
        needs_maps(shape)
        self.norm = nn.LazyBatchNorm2d()

    def change(self, y: Tensor) -> Tensor:
        return self.norm(y) * 1.1


@odd("weight norm")
def normed(inner: nn.Module, shape: torch.Size, variant: int) -> nn.Module:
    needs_weight(inner)
    return weight_norm(inner)


@odd("checkpointed")
class Checkpointed(After):
    def forward(self, *given: Any) -> Any:
        return checkpoint(self.inner, *given, use_reentrant=False)


class StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, y: Tensor) -> Tensor:
        return y.sign() * y.abs().sqrt()

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> Tensor:
        return signal * 0.5


@odd("own backward")
class OwnBackward(After):
    def change(self, y: Tensor) -> Tensor:
        return StraightThrough.apply(y)  # type: ignore[no-any-return]


@odd("changed by its own hook")
def hooked(inner: nn.Module, shape: torch.Size, variant: int) -> nn.Module:
    inner.register_forward_hook(_scale)
    return inner


def _scale(module: nn.Module, given: Any, y: Tensor) -> Tensor:
    return y * 1.3


def constant(layer: nn.Linear) -> None:
    """Fill a layer with weights that need no random numbers."""
    size = layer.weight.numel()
    with torch.no_grad():
        layer.weight.copy_(torch.linspace(-0.3, 0.3, size).roll(size // 3).reshape_as(layer.weight))
        layer.bias.fill_(0.1)
