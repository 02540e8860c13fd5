"""Small networks with attention of every form that torch knows, and what is inside of them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from dnnvis.network.network import Network

WIDTH, HEADS, GRID = 12, 3, 4  # features, heads, positions on a side
Arrange = Callable[[Tensor, Tensor, Tensor], Tensor]


class Attention(nn.Module):
    """Queries, keys and values of three linear layers; ``attend`` does the rest.

    Queries come from the tokens as they are, keys and values from ``context`` where it is given.
    """

    def __init__(self, attend: Arrange, key_heads: int = HEADS) -> None:
        super().__init__()
        self.attend, self.key_heads = attend, key_heads
        self.q = nn.Linear(WIDTH, WIDTH)
        self.k = nn.Linear(WIDTH, WIDTH // HEADS * key_heads)
        self.v = nn.Linear(WIDTH, WIDTH // HEADS * key_heads)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
        context = tokens if context is None else context
        q = split_heads(self.q(tokens), HEADS)  # (B, heads, N, features)
        k = split_heads(self.k(context), self.key_heads)
        v = split_heads(self.v(context), self.key_heads)
        return self.proj(join_heads(self.attend(q, k, v)))


class SoftmaxModule(nn.Module):
    """Attention whose softmax is a module of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.softmax = nn.Softmax(-1)

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return self.softmax(q @ k.mT * q.shape[-1] ** -0.5) @ v


class TokenNetwork(nn.Module):
    """Patches of 4 pixels, leading tokens before them, one block of attention, a linear layer."""

    def __init__(self, attn: nn.Module, leading: int = 1) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, WIDTH, 4, 4)
        self.tokens = nn.Parameter(torch.randn(1, leading, WIDTH))
        self.norm = nn.LayerNorm(WIDTH)
        self.attn = attn
        self.head = nn.Linear(WIDTH, 5)

    def forward(self, x: Tensor) -> Tensor:
        patches = self.embed(x).flatten(2).transpose(1, 2)  # (B, N, C)
        tokens = torch.cat([self.tokens.expand(len(x), -1, -1), patches], 1)
        tokens = tokens + self.attn(self.norm(tokens))
        return self.head(tokens[:, 0])


class SelfMultihead(nn.Module):
    """Torch's module, given its input as query, key and value."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        given = {
            name: options.pop(name) for name in ("attn_mask", "need_weights") if name in options
        }
        self.given = {"need_weights": False, **given}
        self.mha = nn.MultiheadAttention(WIDTH, HEADS, **{"batch_first": True, **options})

    def forward(self, tokens: Tensor) -> Tensor:
        if not self.mha.batch_first:
            tokens = tokens.transpose(0, 1)
        attended = self.mha(tokens, tokens, value=tokens, **self.given)[0]
        return attended if self.mha.batch_first else attended.transpose(0, 1)


class OwnMultihead(nn.MultiheadAttention):
    """A module made of torch's, with a forward of its own."""

    def __init__(self) -> None:
        super().__init__(WIDTH, HEADS, batch_first=True)

    def forward(self, tokens: Tensor, *args: Any, **kwargs: Any) -> Tensor:  # type: ignore[override]
        return super().forward(tokens, tokens, tokens, need_weights=False)[0]


class Deep(nn.Module):
    """Three layers of attention with residual connections."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Attention(F.scaled_dot_product_attention) for _ in range(3))

    def forward(self, tokens: Tensor) -> Tensor:
        for layer in self.layers:
            tokens = tokens + layer(tokens)
        return tokens


class MaskedPooling(nn.Module):
    """A learned query attends to the tokens (class attention with one query)."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.attn = Attention(F.scaled_dot_product_attention)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.attn(self.query.expand(len(tokens), -1, -1), tokens)


class RootAttention(nn.Module):
    """A network without an attention module: its own forward attends."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Conv2d(3, WIDTH, 4, 4)
        self.head = nn.Linear(WIDTH, 5)

    def forward(self, x: Tensor) -> Tensor:
        tokens = split_heads(self.embed(x).flatten(2).transpose(1, 2), HEADS)
        return self.head(join_heads(F.scaled_dot_product_attention(tokens, tokens, tokens)).mean(1))


class ChannelAttention(nn.Module):
    """Channels attend to channels (El-Nouby et al. 2021): keys are no positions."""

    def __init__(self) -> None:
        super().__init__()
        self.num_heads = HEADS
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = (split_heads(part, HEADS).mT for part in self.qkv(tokens).chunk(3, -1))
        q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
        return join_heads(((q @ k.mT).softmax(-1) @ v).mT)


class WindowNetwork(nn.Module):
    """Attention in windows of 2 x 2 positions of a map, rolled by ``shift``, heads before windows
    or behind them."""

    def __init__(self, shift: int = 0, heads_first: bool = False) -> None:
        super().__init__()
        self.shift, self.heads_first = shift, heads_first
        self.embed = nn.Conv2d(3, WIDTH, 4, 4)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.head = nn.Linear(WIDTH, 5)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.embed(x).permute(0, 2, 3, 1)  # (B, H, W, C)
        windows = cut_windows(maps, self.shift).flatten(0, 1)  # (B * windows, 4, C)
        q, k, v = (split_heads(part, HEADS) for part in self.qkv(windows).chunk(3, -1))
        if self.heads_first:  # (B, heads, windows, 4, features)
            q, k, v = (part.unflatten(0, (len(x), -1)).transpose(1, 2) for part in (q, k, v))
        attended = F.scaled_dot_product_attention(q, k, v)
        return self.head(attended.reshape(len(x), -1, WIDTH).mean(1))


def cut_windows(maps: Tensor, shift: int, side: int = 2) -> Tensor:
    """(B, H, W, C) -> (B, windows, side * side, C), the map rolled by ``-shift`` first."""
    maps = maps.roll((-shift, -shift), (1, 2))
    batch, height, width, channels = maps.shape
    cut = maps.reshape(batch, height // side, side, width // side, side, channels)
    return cut.transpose(2, 3).reshape(batch, -1, side * side, channels)


def split_heads(tokens: Tensor, heads: int) -> Tensor:
    return tokens.unflatten(-1, (heads, -1)).transpose(1, 2)


def join_heads(values: Tensor) -> Tensor:
    return values.transpose(1, 2).flatten(2)


def by_softmax(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.softmax(q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5, dim=-1) @ v


def by_einsum(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = torch.einsum("bhid,bhjd->bhij", q, k) / q.shape[-1] ** 0.5
    return torch.einsum("bhij,bhjd->bhid", scores.softmax(dim=-1), v)


def by_bmm(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Heads and batch on one axis, as older transformers have them."""
    rows = [part.flatten(0, 1) for part in (q, k, v)]
    scores = torch.bmm(rows[0], rows[1].transpose(1, 2)).mul_(q.shape[-1] ** -0.5)
    return torch.bmm(torch.softmax(scores, -1), rows[2]).unflatten(0, q.shape[:2])


def by_baddbmm(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    rows = [part.flatten(0, 1) for part in (q, k, v)]
    bias = torch.zeros(len(rows[0]), q.shape[2], k.shape[2])
    scores = torch.baddbmm(bias, rows[0], rows[1].mT, beta=1.0, alpha=q.shape[-1] ** -0.5)
    return torch.bmm(torch.softmax(scores, dim=2), rows[2]).unflatten(0, q.shape[:2])


def softmax_weights(
    q: NDArray[Any], k: NDArray[Any], mask: NDArray[Any] | None = None, scale: float | None = None
) -> NDArray[np.float64]:
    """Vaswani et al. 2017, equation 1, query by query in float64: (heads, N, features) each.

    ``mask``: added to the scores, -inf where a query must not look. No key at all: zeros.
    """
    heads, queries, width = q.shape
    weights = np.zeros((heads, queries, k.shape[1]))
    for head in range(heads):
        for query in range(queries):
            scores = k[head].astype(np.float64) @ q[head, query].astype(np.float64)
            scores = scores * (1 / np.sqrt(width) if scale is None else scale)
            if mask is not None:
                scores = scores + mask[query]
            if np.isneginf(scores).all():
                continue
            powers = np.exp(scores - scores.max())
            weights[head, query] = powers / powers.sum()
    return weights


def heads_of(value: Tensor, heads: int = HEADS) -> NDArray[Any]:
    """(1, N, C) -> (heads, N, features)."""
    array = value.detach()[0].numpy()
    return array.reshape(len(array), heads, -1).transpose(1, 0, 2)


def inside(module: nn.Module, x: Tensor, *names: str) -> list[Tensor]:
    """What submodules return for pixels, by plain torch hooks."""
    seen: dict[str, Tensor] = {}

    def hook_for(name: str) -> Callable[..., None]:
        def hook(part: nn.Module, inputs: Any, output: Tensor) -> None:
            seen[name] = output.detach().clone()

        return hook

    parts = dict(module.named_modules())
    handles = [parts[name].register_forward_hook(hook_for(name)) for name in names]
    with torch.no_grad():
        module(x)
    for handle in handles:
        handle.remove()
    return [seen[name] for name in names]


SIZE = 4 * GRID
ROW = "attn.heads"
TOKENS = GRID * GRID + 1
TOLERANCE = 1e-5


def wrapped(module: nn.Module, size: int = SIZE) -> Network:
    return dnnvis.wrap(module, size=size)


def network(attn: nn.Module, leading: int = 1) -> Network:
    torch.manual_seed(0)
    return wrapped(seeded(TokenNetwork(attn, leading)))


def seeded(module: nn.Module) -> nn.Module:
    """Weights large enough that heads differ."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(torch.randn(value.shape, generator=generator) * value.shape[-1] ** -0.5 * 2)
    return module


def picture(size: int = SIZE, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def pictures(count: int, size: int = SIZE) -> np.ndarray:
    return np.stack([picture(size, k) for k in range(count)])


def far(actual: Any, expected: Any) -> float:
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape
    return float(np.abs(actual - expected).max() / np.abs(expected).max())


def small_swin() -> nn.Module:
    return torchvision.models.SwinTransformer(
        patch_size=[2, 2],
        embed_dim=24,
        depths=[2, 2],
        num_heads=[3, 6],
        window_size=[4, 4],
        num_classes=5,
    )


def oracle(net: Network, image: np.ndarray, key_heads: int = HEADS, **options: Any) -> np.ndarray:
    """The weights of ``Attention``, from what its linear layers return, by hand."""
    q, k = inside(net.module, net.encode(image), "attn.q", "attn.k")
    keys = np.repeat(heads_of(k, key_heads), HEADS // key_heads, 0)
    return softmax_weights(heads_of(q), keys, **options)
