"""Twenty small networks, and mutations of them: an odd module in one place, drawn by a seed."""

import functools
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from helpers.odd_modules import ODDS, Odd, Unsuitable
from helpers.plain_passes import PlainFailure, run_plainly, torch_settings_kept

TRIES = 200  # of places for one odd module


@dataclass(frozen=True)
class Base:
    """A network before anything is replaced in it."""

    name: str
    make: Callable[[], nn.Module]
    channels: int = 3
    size: tuple[int, int] = (24, 24)


@dataclass(frozen=True)
class Mutation:
    """A network with one odd module in it."""

    module: nn.Module
    base: Base
    odd: Odd
    #: Name of the replaced module; "" where the odd one stands around the network.
    place: str
    seed: int

    def fresh(self) -> nn.Module:
        """Return the same network once more, as if it had just been made."""
        return _replace(self.base, self.odd, self.place, self.seed)

    @property
    def description(self) -> str:
        return f"{self.base.name} with {self.odd.name} at {self.place or 'the whole network'}"


BASES: list[Base] = []


def base(
    channels: int = 3, size: tuple[int, int] = (24, 24)
) -> Callable[[Callable[[], nn.Module]], Callable[[], nn.Module]]:
    def add(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
        BASES.append(Base(make.__name__, make, channels, size))
        return make

    return add


def mutate(seed: int) -> Mutation:
    """Return the seed's network: always the same one, of the same weights.

    The odd kinds come in turn; network and place are drawn until the odd module can stand there.
    Nobody else's random numbers move.
    """
    kind = ODDS[seed % len(ODDS)]
    draw = random.Random(seed)
    for _ in range(TRIES):
        chosen = draw.choice(BASES)
        place = "" if kind.whole else draw.choice(places(chosen))
        try:
            module = _replace(chosen, kind, place, seed)
            if kind.runs:
                run_plainly(_replace(chosen, kind, place, seed), pixels(chosen))
        except (Unsuitable, PlainFailure):
            continue
        return Mutation(module, chosen, kind, place, seed)
    raise AssertionError(f"no place for {kind.name}")


def pixels(chosen: Base, seed: int = 0, pictures: int = 1) -> Tensor:
    """Return smooth pictures (B, C, H, W) in [0, 1], of whole 255ths."""
    high, wide = chosen.size
    shape = (pictures, chosen.channels, high // 4, wide // 4)
    small = torch.rand(shape, generator=torch.Generator().manual_seed(seed))
    big = F.interpolate(small, chosen.size, mode="bicubic", align_corners=False)
    return big.clamp(0, 1).mul(255).round() / 255


@functools.cache
def places(chosen: Base) -> list[str]:
    """Return the modules without parts that return one tensor of numbers when it runs."""
    shapes = _shapes(chosen)
    named = build(chosen, 0).named_modules()
    return [name for name, part in named if name in shapes and _is_leaf(part)]


def build(chosen: Base, seed: int) -> nn.Module:
    """Return a network of seeded weights, in eval mode."""
    with torch_settings_kept(seed):
        module = chosen.make()
        _draw_weights(module, seed)
    return module.eval()


def _replace(chosen: Base, kind: Odd, place: str, seed: int) -> nn.Module:
    module, variant = build(chosen, seed), seed // len(ODDS)
    shape = torch.Size() if kind.whole else _shapes(chosen)[place]
    with torch_settings_kept(seed):
        if kind.whole:
            module = kind.make(module, shape, variant)
        else:
            owner, _, name = place.rpartition(".")
            odd = kind.make(module.get_submodule(place), shape, variant)
            setattr(module.get_submodule(owner), name, odd)
    module.eval()
    return module


def _is_leaf(part: nn.Module) -> bool:
    return not list(part.children()) and not isinstance(part, nn.RNNBase)


@functools.cache
def _shapes(chosen: Base) -> dict[str, torch.Size]:
    """Return the shape that each module that returns numbers gives for one picture."""
    calls = run_plainly(build(chosen, 0), pixels(chosen)).calls
    return {name: values[0].shape for name, values in calls.items() if values}


def _draw_weights(module: nn.Module, seed: int) -> None:
    """Give all weights a scale that keeps that of the activations, and statistics that matter."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in module.parameters():
            if weight.dim() > 1:
                weight.normal_(0, (2 / weight[0].numel()) ** 0.5, generator=generator)
            else:
                weight.add_(torch.empty_like(weight).normal_(0, 0.1, generator=generator))
        for name, value in module.named_buffers():
            if name.endswith("running_var"):
                value.uniform_(0.5, 1.5, generator=generator)
            elif name.endswith("running_mean"):
                value.normal_(0, 0.1, generator=generator)


def conv(given: int, made: int, size: int = 3, **options: Any) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(given, made, size, padding=size // 2, **options), nn.BatchNorm2d(made), nn.ReLU()
    )


def head(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 5))


@base()
def convolutions() -> nn.Module:
    return nn.Sequential(conv(3, 8), nn.MaxPool2d(2), conv(8, 12), nn.Dropout(0.3), head(12))


@base()
def flattened() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 6, 5),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(600, 16),
        nn.ReLU(),
        nn.Linear(16, 5),
    )


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first, self.second = conv(channels, channels), nn.Conv2d(channels, channels, 1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x + self.second(self.first(x)))


@base()
def residual() -> nn.Module:
    return nn.Sequential(conv(3, 8, stride=2), Residual(8), Residual(8), head(8))


class Attending(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.mlp = nn.Sequential(
            nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        batch, count, channels = x.shape
        qkv = self.qkv(self.norm1(x)).reshape(batch, count, 3, 2, channels // 2)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
        x = x + self.proj(mixed.reshape(batch, count, channels))
        return x + self.mlp(self.norm2(x))


class ViT(nn.Module):
    def __init__(self, cls: bool) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 12, 6, 6)
        self.cls = nn.Parameter(torch.zeros(1, 1, 12)) if cls else None
        self.blocks = nn.Sequential(Attending(12), Attending(12))
        self.norm, self.head = nn.LayerNorm(12), nn.Linear(12, 5)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        if self.cls is not None:
            tokens = torch.cat((self.cls.expand(len(x), -1, -1), tokens), 1)
        tokens = self.norm(self.blocks(tokens))
        return self.head(tokens[:, 0] if self.cls is not None else tokens.mean(1))


@base()
def vit() -> nn.Module:
    return ViT(cls=True)


@base(size=(24, 36))
def vit_without_class_token() -> nn.Module:
    return ViT(cls=False)


class MixerBlock(nn.Module):
    def __init__(self, count: int, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.tokens = nn.Sequential(nn.Linear(count, 10), nn.GELU(), nn.Linear(10, count))
        self.channels = nn.Sequential(nn.Linear(channels, 14), nn.GELU(), nn.Linear(14, channels))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class Mixer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch, self.block = nn.Conv2d(3, 9, 6, 6), MixerBlock(16, 9)
        self.head = nn.Linear(9, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.block(self.patch(x).flatten(2).transpose(1, 2)).mean(1))


@base()
def mixer() -> nn.Module:
    return Mixer()


class NhwcBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.depth = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.norm = nn.LayerNorm(channels)
        self.wide, self.act = nn.Linear(channels, 2 * channels), nn.GELU()
        self.narrow = nn.Linear(2 * channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depth(x).permute(0, 2, 3, 1))
        return x + self.narrow(self.act(self.wide(y))).permute(0, 3, 1, 2)


@base()
def nhwc_blocks() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 10, 4, 4), NhwcBlock(10), NhwcBlock(10), head(10))


class Rows(nn.Module):
    """Reads the rows of the picture one after the other."""

    def __init__(self, kind: type[nn.RNNBase], first: bool) -> None:
        super().__init__()
        self.embed, self.first = nn.Linear(72, 14), first
        self.rnn = kind(14, 10, batch_first=first, bidirectional=first)  # type: ignore[call-arg]
        self.act, self.head = nn.Tanh(), nn.Linear(20 if first else 10, 5)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.embed(x.permute(0, 2, 1, 3).flatten(2))
        states = self.rnn(rows)[0] if self.first else self.rnn(rows.transpose(0, 1))[0]
        return self.head(self.act(states[:, -1] if self.first else states[-1]))


@base()
def lstm_rows() -> nn.Module:
    return Rows(nn.LSTM, first=True)


@base()
def gru_rows() -> nn.Module:
    return Rows(nn.GRU, first=False)


@base()
def depthwise() -> nn.Module:
    return nn.Sequential(
        conv(3, 8, stride=2),
        nn.Conv2d(8, 8, 3, padding=1, groups=8),
        nn.ReLU6(),
        nn.Conv2d(8, 12, 1),
        nn.Hardswish(),
        head(12),
    )


class Unet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2, self.pool = conv(3, 6), conv(6, 10), nn.MaxPool2d(2)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear")
        self.join, self.classes = conv(16, 8), nn.Conv2d(8, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        fine = self.down1(x)
        coarse = self.up(self.down2(self.pool(fine)))
        return self.classes(self.join(torch.cat((fine, coarse), 1)))


@base()
def segmentation() -> nn.Module:
    return Unet()


class Siamese(nn.Module):
    """Compares the two halves of the picture, with one and the same encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder, self.pool = nn.Sequential(conv(3, 8), conv(8, 8)), head(8)
        self.same = nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        left, right = (self.pool(self.encoder(half)) for half in x.chunk(2, 3))
        return self.same((left - right).abs())


@base()
def siamese() -> nn.Module:
    return Siamese()


@base()
def grouped() -> nn.Module:
    return nn.Sequential(
        conv(3, 8, stride=2), conv(8, 8, groups=4), nn.ChannelShuffle(4), conv(8, 8), head(8)
    )


@base(channels=1, size=(28, 28))
def one_channel() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2), conv(6, 10), nn.Softplus(), head(10)
    )


@base(size=(20, 36))
def not_square() -> nn.Module:
    return nn.Sequential(conv(3, 7, stride=2), nn.GroupNorm(7, 7), conv(7, 9), nn.SiLU(), head(9))


class Dense(nn.Module):
    def __init__(self, given: int) -> None:
        super().__init__()
        self.norm, self.act = nn.BatchNorm2d(given), nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(given, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((x, self.conv(self.act(self.norm(x)))), 1)


@base()
def dense() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 6, 3, stride=2), Dense(6), Dense(10), head(14))


class Squeeze(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool, self.act, self.gate = nn.AdaptiveAvgPool2d(1), nn.ReLU(), nn.Sigmoid()
        self.down, self.up = nn.Conv2d(channels, 3, 1), nn.Conv2d(3, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(self.up(self.act(self.down(self.pool(x)))))


@base()
def squeeze_and_excite() -> nn.Module:
    return nn.Sequential(conv(3, 8, stride=2), Squeeze(8), conv(8, 10), head(10))


@base()
def autoencoder() -> nn.Module:
    return nn.Sequential(
        conv(3, 8, stride=2),
        nn.Conv2d(8, 4, 3, 2, 1),
        nn.ELU(),
        nn.ConvTranspose2d(4, 8, 2, 2),
        nn.LeakyReLU(),
        nn.ConvTranspose2d(8, 3, 2, 2),
        nn.Sigmoid(),
    )


@base(size=(12, 12))
def dense_layers() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(432, 20),
        nn.LayerNorm(20),
        nn.ReLU(),
        nn.Linear(20, 10),
        nn.Softmax(1),
    )


@base()
def dilated() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=2, dilation=2),
        nn.InstanceNorm2d(8, affine=True),
        nn.PReLU(8),
        nn.PixelUnshuffle(2),
        nn.Conv2d(32, 8, 1),
        nn.PixelShuffle(2),
        head(2),
    )
