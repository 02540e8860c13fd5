"""Layouts that are proved: planted networks whose channels and places lie where guesses miss."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap


class Fn(nn.Module):
    """A module that calls a function, of which nothing is known."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Planted(nn.Module):
    """A convolution to ``channels`` maps of a patch's size, then modules, then a head."""

    def __init__(self, channels: int, *modules: nn.Module, patch: int = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv2d(3, channels, patch, patch)
        self.middle = nn.Sequential(*modules)
        self.head = nn.LazyLinear(5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.middle(self.stem(x)).flatten(1))


def opened(*modules: nn.Module, size: int | tuple[int, int] = 32, channels: int = 12) -> Network:
    module = Planted(channels, *modules).eval()
    height, width = (size, size) if isinstance(size, int) else size
    module(torch.zeros(1, 3, height, width))
    return wrap(module, size=size)


def picture(network: Network) -> Tensor:
    """Return pixels uint8 (H, W, 3) of noise."""
    generator = torch.Generator().manual_seed(3)
    return torch.randint(0, 256, (*network.card.size, 3), generator=generator, dtype=torch.uint8)


def stem_maps(network: Network) -> Tensor:
    """Return what the first convolution gives, (C, H, W)."""
    with torch.no_grad():
        return network.module.stem(network.encode(picture(network).numpy()))[0]


def assert_maps(network: Network, layer: str, expected: Tensor) -> None:
    """Assert that the layer's maps are ``expected`` (C, H, W)."""
    assert network.layer(layer).shape == tuple(expected.shape)
    recorded = network.record(picture(network).numpy(), [layer])[layer][0]
    torch.testing.assert_close(torch.from_numpy(recorded), expected, rtol=1e-4, atol=1e-5)


class OwnNorm(nn.LayerNorm):
    """Subclasses as timm and transformers have them."""


@pytest.mark.parametrize("norm", [OwnNorm(12), Fn(lambda x: F.layer_norm(x, (12,)))])
@pytest.mark.parametrize("size", [32, 48])  # 48: as many rows as channels
def test_channels_that_lie_last(norm: nn.Module, size: int) -> None:
    network = opened(Fn(lambda x: x.permute(0, 2, 3, 1)), norm, Fn(lambda x: x * 2), size=size)
    maps = stem_maps(network)
    assert_maps(network, "middle.0", maps)
    normed = F.layer_norm(maps.permute(1, 2, 0), (12,)).permute(2, 0, 1)
    assert_maps(network, "middle.1", normed)
    assert_maps(network, "middle.2", 2 * normed)


@pytest.mark.parametrize("channels", [12, 64])  # 64: as many channels as places
def test_places_that_lie_after_the_channels(channels: int) -> None:
    mix = Fn(lambda t: t + t.mean(2, keepdim=True))
    network = opened(nn.Flatten(2), mix, channels=channels)
    maps = stem_maps(network)
    assert_maps(network, "middle.0", maps)
    assert_maps(network, "middle.1", maps + maps.mean((1, 2), keepdim=True))


def test_patches_that_were_unfolded_are_places() -> None:
    network = opened(nn.Unfold(2, stride=2))
    maps = stem_maps(network)
    assert_maps(network, "middle.0", F.unfold(maps[None], 2, stride=2)[0].reshape(48, 4, 4))


class MergedNorm(nn.Module):
    """A batch norm over tokens merged with the batch, as LeViT has it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm1d(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.bn(x.flatten(0, 1)).reshape_as(x)


def test_tokens_that_are_merged_with_the_batch() -> None:
    network = opened(Fn(lambda x: x.flatten(2).transpose(1, 2)), MergedNorm(12), nn.Hardswish())
    maps = stem_maps(network) / (1 + 1e-5) ** 0.5
    assert_maps(network, "middle.1.bn", maps)
    assert_maps(network, "middle.1", maps)
    assert_maps(network, "middle.2", F.hardswish(maps))


@pytest.mark.parametrize(("leading", "size"), [(1, 32), (2, 32), (5, 32), (5, (24, 36))])
def test_leading_tokens_are_units_of_their_own(leading: int, size: int | tuple[int, int]) -> None:
    tokens = torch.randn(1, leading, 12, generator=torch.Generator().manual_seed(1))

    def join(x: Tensor) -> Tensor:
        return torch.cat([tokens.expand(len(x), -1, -1), x.flatten(2).transpose(1, 2)], 1)

    network = opened(Fn(join), nn.LayerNorm(12), size=size)
    assert_maps(network, "middle.0", stem_maps(network))
    rows = [row.name for row in network.layers if row.name.startswith("middle.0.")]
    assert len(rows) == leading
    for number, row in enumerate(rows):
        assert_maps(network, row, tokens[0, number][:, None, None])


@pytest.mark.parametrize("order", ["columns first", "class token last"])
def test_tokens_in_another_order(order: str) -> None:
    token = torch.randn(1, 1, 12, generator=torch.Generator().manual_seed(1))

    def arrange(x: Tensor) -> Tensor:
        if order == "columns first":
            return x.transpose(2, 3).flatten(2).transpose(1, 2)
        return torch.cat([x.flatten(2).transpose(1, 2), token.expand(len(x), -1, -1)], 1)

    network = opened(Fn(arrange), nn.LayerNorm(12), size=(32, 48))
    assert_maps(network, "middle.0", stem_maps(network))
    if order == "class token last":
        assert_maps(network, "middle.0.cls", token[0, 0][:, None, None])


def to_windows(x: Tensor, side: int, shift: int) -> Tensor:
    """Cut (B, C, H, W) into windows (B * windows, side * side, C), rolled before."""
    batch, channels, height, width = x.shape
    x = x.roll((-shift, -shift), (2, 3)).permute(0, 2, 3, 1)
    x = x.reshape(batch, height // side, side, width // side, side, channels)
    return x.transpose(2, 3).reshape(-1, side * side, channels)


@pytest.mark.parametrize("shift", [0, 2])
def test_windows_are_put_back_in_place(shift: int) -> None:
    def back(x: Tensor) -> Tensor:
        return x.reshape(-1, 6 * 16 * 12)

    network = opened(
        Fn(lambda x: to_windows(x, 4, shift)), nn.LayerNorm(12), Fn(back), size=(32, 48)
    )
    maps = stem_maps(network)
    assert_maps(network, "middle.0", maps)
    assert_maps(network, "middle.1", F.layer_norm(maps.permute(1, 2, 0), (12,)).permute(2, 0, 1))


class Latents(nn.Module):
    """Tokens that look at all places: as many as there are places, and none of them."""

    def __init__(self, channels: int, count: int) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(1, count, channels))
        self.query, self.norm = nn.Linear(channels, channels), nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)
        query = self.query(self.latents).expand(len(x), -1, -1)
        return self.norm(F.scaled_dot_product_attention(query, tokens, tokens))


class Strongest(nn.Module):
    """Keeps the 16 strongest of all tokens, in the order of their strength."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2)
        best = tokens.norm(dim=2).topk(16, 1).indices
        return self.norm(tokens.gather(1, best[..., None].expand(-1, -1, tokens.shape[2])))


@pytest.mark.parametrize(("module", "count"), [(Latents(12, 64), 64), (Strongest(12), 16)])
def test_tokens_that_are_no_places_are_a_list(module: nn.Module, count: int) -> None:
    network = opened(module)
    assert network.layer("middle.0.norm").shape == (12, count, 1)
    assert network.layer("middle.0").shape == (12, count, 1)


def test_a_map_that_was_transposed_is_turned_back() -> None:
    network = opened(Fn(lambda x: x.transpose(2, 3)), nn.ReLU(), size=(32, 48))
    maps = stem_maps(network)
    assert_maps(network, "middle.0", maps)
    assert_maps(network, "middle.1", maps.relu())


class OverTime(nn.Module):
    """What a spiking network's layers do with all time steps at once."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        return self.inner(x.flatten(0, 1)).unflatten(0, x.shape[:2])


def test_time_steps_that_come_at_once_are_calls() -> None:
    scale = torch.arange(1.0, 5)[:, None, None, None, None]
    network = opened(
        Fn(lambda x: x[None] * scale.to(x)),
        OverTime(nn.Conv2d(12, 8, 1)),
        Fn(lambda x: x.mean(0)),
    )
    row = network.layer("middle.1")
    assert (row.shape, row.calls) == ((8, 8, 8), 4)
    recorded = network.record(picture(network).numpy(), ["middle.1"])["middle.1"]
    with torch.no_grad():
        inner = network.module.middle[1].inner
        for step in range(4):
            expected = inner(stem_maps(network)[None] * (step + 1))[0]
            torch.testing.assert_close(torch.from_numpy(recorded[step]), expected)
    both = network.record(torch.stack([picture(network)] * 2).numpy(), ["middle.1"])["middle.1"]
    torch.testing.assert_close(torch.from_numpy(both[1]), torch.from_numpy(recorded))


def test_attention_weights_have_heads_for_channels() -> None:
    def weights(x: Tensor) -> Tensor:
        tokens = x.flatten(2).transpose(1, 2).unflatten(2, (3, 4)).transpose(1, 2)
        return (tokens @ tokens.transpose(2, 3)).softmax(3)  # (B, heads, N, N)

    network = opened(Fn(weights), nn.Dropout(0.1), Fn(lambda a: a.mean(1)))
    assert network.layer("middle.0").shape[0] == 3
    assert network.layer("middle.1").shape[0] == 3


class GatedLast(nn.Module):
    """A gated block with channels last: its gate is a part of what one layer returns."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.wide = nn.Linear(8, 24)
        self.gate = nn.GELU()
        self.narrow = nn.Linear(12, 8)

    def forward(self, x: Tensor) -> Tensor:
        y = self.stem(x).permute(0, 2, 3, 1)
        gate, value = self.wide(y).chunk(2, -1)
        return self.narrow(self.gate(gate) * value).mean((1, 2))


@pytest.mark.parametrize("size", [16, 32, 48])
def test_a_part_of_a_layer_with_channels_last_has_them_last(size: int) -> None:
    torch.manual_seed(0)
    net = wrap(GatedLast(), size=size)
    side = size // 4
    assert net.layer("gate").shape == (12, side, side)
    image = picture(net).numpy()
    recording = net.record(image)
    wide = recording["wide"][0, :12]
    expected = torch.nn.functional.gelu(torch.from_numpy(wide)).numpy()
    assert recording["gate"][0] == pytest.approx(expected, abs=1e-5)


class PaddedWindow(nn.Module):
    """A convolution in a window of 7 x 7, of which the map fills a part."""

    def __init__(self, filled: int) -> None:
        super().__init__()
        self.filled = filled
        self.stem = nn.Conv2d(3, 8, 4, 4)
        self.inside = nn.Conv2d(8, 8, 1)
        self.after = nn.Conv2d(8, 6, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        rest = 7 - self.filled
        y = torch.nn.functional.pad(self.stem(x), (0, rest, 0, rest))
        y = self.inside(y).relu()[:, :, : self.filled, : self.filled]
        return self.after(y).mean((2, 3))


@pytest.mark.parametrize("filled", [4, 6])
def test_a_map_that_fills_a_part_of_its_window_is_a_list(filled: int) -> None:
    torch.manual_seed(0)
    net = wrap(PaddedWindow(filled), size=4 * filled)
    assert net.layer("inside").shape == (8, 49, 1)
    assert net.layer("after").shape == (6, filled, filled)
    assert not [row.name for row in net.layers if "token" in row.kind]
    small = nn.Sequential(nn.Conv2d(3, 8, 1), nn.ZeroPad2d(1), nn.Conv2d(8, 4, 3))
    net = wrap(small, size=16)
    assert net.layer("1").shape == (8, 18, 18)
    assert net.layer("2").shape == (4, 16, 16)


class HandWrittenWindows(nn.Module):
    """Attention in shifted windows of 4 x 4, written by hand; its map has 16 positions a side."""

    def __init__(self, shift: int, fused: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.shift, self.fused = shift, fused
        self.stem = nn.Conv2d(3, 16, 2, 2)
        self.qkv, self.proj, self.head = nn.Linear(16, 48), nn.Linear(16, 16), nn.Linear(16, 5)

    def cut(self, x: Tensor) -> Tensor:
        moved = x.roll((-self.shift, -self.shift), (1, 2))  # (B, 16, 16, C)
        return moved.unflatten(1, (4, 4)).unflatten(3, (4, 4)).transpose(2, 3).reshape(-1, 16, 16)

    def join(self, x: Tensor) -> Tensor:
        joined = x.reshape(-1, 4, 4, 4, 4, 16).transpose(2, 3).reshape(-1, 16, 16, 16)
        return joined.roll((self.shift, self.shift), (1, 2))

    def forward(self, x: Tensor) -> Tensor:
        y = self.stem(x).permute(0, 2, 3, 1)
        q, k, v = self.qkv(self.cut(y)).reshape(-1, 16, 3, 2, 8).permute(2, 0, 3, 1, 4)
        if self.fused:
            attended = F.scaled_dot_product_attention(q, k, v)
        else:
            attended = (q @ k.transpose(-2, -1) / 8**0.5).softmax(-1) @ v
        windows = self.proj(attended.transpose(1, 2).reshape(-1, 16, 16))
        return self.head((y + self.join(windows)).mean((1, 2)))


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("shift", [0, 1, 2, 3])
def test_attention_written_by_hand_in_windows_is_put_back_in_place(shift: int, fused: bool) -> None:
    net = wrap(HandWrittenWindows(shift, fused).eval(), size=32)
    values: dict[str, Tensor] = {}
    module = net.module
    handles = [
        getattr(module, name).register_forward_hook(
            lambda part, given, output, name=name: values.__setitem__(name, output)
        )
        for name in ("qkv", "proj")
    ]
    with torch.no_grad():
        module(net.encode(picture(net).numpy()))
    for handle in handles:
        handle.remove()
    assert_maps(net, "proj", module.join(values["proj"])[0].permute(2, 0, 1))
    parts = [module.join(part)[0].permute(2, 0, 1) for part in values["qkv"].chunk(3, -1)]
    assert_maps(net, "qkv", torch.cat(parts))
