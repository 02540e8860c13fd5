"""Channels, sizes and other inputs are tried until a network runs; what cannot run is explained."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import BadInput
from dnnvis.network.card import Card
from dnnvis.network.network import Network
from dnnvis.network.opening.input_call import HeldInput, InputCall
from dnnvis.network.opening.input_search import InputGuess, needs_search, read_keys, settle_inputs
from helpers.recording_networks import ramp

BOTH = InputGuess(channels=True, size=True)


class Base(nn.Module):
    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(channels, 6, 3), nn.Linear(6, 4)

    def head(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.conv(x).relu().mean((2, 3)))
        return y


class Decoded(Base):
    """The convolution that is defined first runs last."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.encoder = nn.Conv2d(9, 6, 3), nn.Conv2d(1, 9, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.encoder(x))


class Coordinates(Base):
    def __init__(self) -> None:
        super().__init__(6)

    def forward(self, x: Tensor) -> Tensor:
        b, _, h, w = x.shape
        return self.head(torch.cat([x, torch.zeros(b, 2, h, w)], 1))


class Standardized(Base):
    """Fails before any layer, where the channels are not three."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Conv2d(1, 1, 1)
        self.register_buffer("mean", torch.zeros(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        if x.shape[1] != self.mean.shape[1]:
            raise ValueError("three channels")
        return self.head(x - self.mean)


@pytest.mark.parametrize(
    ("build", "guess", "right"),
    [(Decoded, 9, 1), (Coordinates, 6, 4), (Standardized, 1, 3)],
)
def test_where_the_guess_fails_the_channels_that_run_are_taken_and_said(
    build: Callable[[], nn.Module], guess: int, right: int
) -> None:
    net = Network(build(), Card("mine", (8, 8), guess), guess=InputGuess(channels=True))
    assert net.card.channels == right
    assert f"{right} run, {guess} did not" in " ".join(net.notes)
    assert net.record(ramp()).output.shape == (4,) if right != 4 else net.layers


def test_stated_channels_are_never_changed() -> None:
    net = Network(Decoded(), Card("mine", (8, 8), 3))
    assert net.card.channels == 3
    with pytest.raises(BadInput, match="1 channels, but got 3"):
        assert net.layers


def test_a_mean_per_channel_says_how_many_channels_there_are() -> None:
    card = Card("mine", (8, 8), 3, mean=(0.1, 0.2, 0.3))
    with pytest.raises(BadInput, match="to have 1 channels, but got 3"):  # contradicts the mean
        Network(Decoded(), card, guess=InputGuess(channels=True))


class Sized(nn.Module):
    def __init__(self, side: int) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 2, 3), nn.Linear(2 * (side - 2) ** 2, 4)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.conv(x).flatten(1))
        return y


@pytest.mark.parametrize("side", [28, 32, 64])
def test_a_size_that_nobody_said_is_tried_too(side: int) -> None:
    card, notes = Card("mine", (224, 224)), ("Nobody said it; assumed: size 224x224, mean 0.",)
    net = Network(Sized(side), card, notes=notes, guess=BOTH)
    assert net.card.size == (side, side)
    assert net.notes[0] == f"Nobody said it; assumed: size {side}x{side}, mean 0."
    assert net.record(ramp(side, side)).output.shape == (4,)


class Denoiser(Base):
    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        assert t.dtype == torch.long
        return self.head(x) * (t.float() + 1).cos()[:, None]


class Sigma(Base):
    def forward(self, sample: Tensor, sigma: Tensor) -> Tensor:
        assert sigma.is_floating_point()
        return self.head(sample) / (sigma[:, None] ** 2 + 1)


class TimeFirst(Base):
    def forward(self, timestep: Tensor, image: Tensor) -> Tensor:
        return self.head(image) + timestep.float()[:, None]


class Twins(Base):
    def forward(self, image1: Tensor, image2: Tensor) -> Tensor:
        return self.head(image1) - 2 * self.head(image2)


class Meta(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 6, 3), nn.Linear(13, 4)

    def forward(self, image: Tensor, meta: Tensor) -> Tensor:
        y: Tensor = self.fc(torch.cat([self.conv(image).relu().mean((2, 3)), meta], 1))
        return y


class NamesOnly(Base):
    def forward(self, *, label: Tensor, pixel_values: Tensor) -> Tensor:
        return self.head(pixel_values) + nn.functional.one_hot(label, 4)


class Labeled(Base):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(10, 4)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.head(x) + self.embed(y)


class Looked(Base):
    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        return self.head(batch["image"]) * (1 + batch["meta"].sum(1, keepdim=True))


def answer(x: Tensor, module: Any) -> Tensor:
    head: Tensor = module.head(x)
    return head


def meta_answer(x: Tensor, module: Any) -> Tensor:
    features = module.conv(x).relu().mean((2, 3))
    return torch.as_tensor(features @ module.fc.weight[:, :6].T + module.fc.bias)


CASES: list[tuple[Callable[[], nn.Module], str, Callable[[Tensor, Any], Tensor]]] = [
    (Denoiser, "t is held at 0", lambda x, m: answer(x, m) * np.cos(1.0)),
    (Sigma, "sigma is held at 0", answer),
    (TimeFirst, "timestep is held at 0", answer),
    (Twins, "image2 is held at the picture itself", lambda x, m: -answer(x, m)),
    (Meta, "meta is held at 7 zeros", meta_answer),
    (NamesOnly, "label is held at 0", lambda x, m: answer(x, m) + torch.eye(4)[0]),
    (Labeled, "y is held at 0", lambda x, m: answer(x, m) + m.embed.weight[0]),
    (Looked, "the picture is its 'image'", answer),
]


@pytest.mark.filterwarnings("ignore:Using a non-tuple")  # torch, of x["image"]
@pytest.mark.parametrize(("build", "words", "right"), CASES)
def test_inputs_beside_the_picture_are_held_at_what_runs_and_said(
    build: Callable[[], nn.Module], words: str, right: Callable[[Tensor, Any], Tensor]
) -> None:
    module = build().eval()
    net = dnnvis.wrap(module, size=8)
    pixels = np.stack([ramp(), ramp()[::-1]])
    x = torch.from_numpy(pixels.copy()).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        expected = right(x, module).numpy()
    assert {"conv", "fc"} <= {row.name for row in net.layers}  # the names stay
    np.testing.assert_allclose(net.record(pixels).output, expected, rtol=1e-4, atol=1e-6)
    assert words in " ".join(net.notes)


class Impossible(Base):
    def forward(self, image: Tensor, graph: Any, weights: Any) -> Tensor:
        return self.head(image) + graph.nodes[weights]


def test_inputs_for_which_nothing_runs_are_listed_with_a_class_to_copy() -> None:
    with pytest.raises(BadInput) as caught:
        dnnvis.wrap(Impossible(), size=8)
    sentence = str(caught.value)
    assert "takes 3 inputs (image, graph, weights)" in sentence
    code = sentence[sentence.index("class Filled") :]
    space: dict[str, Any] = {"Impossible": Impossible, "torch": torch}
    exec(code.replace("graph=image", "graph=G").replace("weights=image", "weights='w'"), space)
    space["G"] = SimpleNamespace(nodes={"w": 1.0})
    net = dnnvis.wrap(space["Filled"](), size=8)
    assert net.record(ramp()).output.shape == (4,)


class NeedsMore(Base):
    def forward(self, batch: Any) -> Tensor:
        return self.head(batch["img"]) + batch["boxes"].nodes


@pytest.mark.filterwarnings("ignore:Using a non-tuple")
def test_a_dictionary_for_which_nothing_runs_lists_its_keys() -> None:
    net = dnnvis.wrap(NeedsMore(), size=8)
    with pytest.raises(BadInput, match=r"a dictionary as its input, with img, boxes.*class Filled"):
        assert net.layers
    assert read_keys(net) == ["img", "boxes"]


class Volumes(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv3d(channels, 4, 3), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.conv(x).relu().mean((2, 3, 4)))
        return y


class Signals(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv1d(channels, 4, 3), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.conv(x).relu().mean(2))
        return y


@pytest.mark.parametrize("channels", [1, 3])
def test_a_network_of_signals_sees_a_row_and_one_of_volumes_copies(channels: int) -> None:
    x = torch.rand(1, channels, 8, 8, generator=torch.Generator().manual_seed(0))
    for module, given, words in (
        (Signals(channels).eval(), x[:, :, 4], "middle row"),
        (Volumes(channels).eval(), torch.stack([x] * 8, 2), "8 copies of the frame"),
    ):
        card = Card("mine", (8, 8))
        net = Network(module, card, guess=InputGuess(channels=True))
        assert net.card.channels == channels
        assert words in " ".join(net.notes)
        with torch.no_grad():
            assert torch.allclose(net.forward(x), module(given))
        assert "conv" in {row.name for row in net.layers}


class Bytes(Base):
    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.uint8:
            raise TypeError("pixels are uint8")
        return self.head(x.float() / 255)


def test_a_network_of_whole_numbers_gets_bytes_and_says_so() -> None:
    module = Bytes().eval()
    net = dnnvis.wrap(module, size=8)
    x = torch.from_numpy(ramp()).permute(2, 0, 1)[None]
    with torch.no_grad():
        expected = module(x)[0].numpy()
    assert net.layers
    np.testing.assert_allclose(net.record(ramp()).output, expected, atol=1e-6)
    assert "whole numbers from 0 to 255" in " ".join(net.notes)


class Text(nn.Module):
    main_input_name = "input_ids"

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 4)

    def forward(self, input_ids: Any = None, attention_mask: Any = None) -> Tensor:
        y: Tensor = self.embed(input_ids)
        return y


class Tokens(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.fc = nn.Embedding(50, 4), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.fc(self.embed(x).mean(1))
        return y


class Sequences(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.GRU(7, 5, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.rnn(x)[0]
        return y


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (Text, r"takes text \(input_ids\), not pictures"),
        (Tokens, "text or other whole numbers, not pictures: its first layer, embed.* of 50"),
        (lambda: nn.Sequential(nn.Linear(13, 4), nn.ReLU()), "rows of 13 numbers.* a table is no"),
        (Sequences, "sequences of 7 numbers a step, not pictures"),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(13, 4)), "rows of 13 numbers.* gave .* 192"),
    ],
)
def test_networks_of_text_sequences_and_tables_are_told_as_such(
    build: Callable[[], nn.Module], words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        assert dnnvis.wrap(build(), size=8).layers


class Pixels(Base):
    """Takes pixel_values as the vision models of transformers do, not as the first argument."""

    main_input_name = "pixel_values"

    def forward(self, position: Any = None, pixel_values: Any = None) -> Tensor:
        assert position is None
        return self.head(pixel_values)


class Pair(Base):
    """Compares each picture with each text, as CLIP does."""

    def forward(self, input_ids: Any = None, pixel_values: Any = None) -> Tensor:
        if input_ids is None:
            raise AttributeError("'NoneType' object has no attribute 'shape'")
        return self.head(pixel_values) @ torch.ones(4, len(input_ids))


def test_pixel_values_are_the_picture_and_text_beside_them_is_held() -> None:
    net = dnnvis.wrap(Pixels(), size=8)
    assert net.input_call == InputCall("pixel_values")
    assert net.record(ramp()).output.shape == (4,)
    net = dnnvis.wrap(Pair(), size=8)
    assert net.input_call == InputCall("pixel_values", held=(HeldInput("input_ids", "tokens"),))
    assert net.record(np.stack([ramp()] * 3)).output.shape == (3, 1)  # one text for all pictures


def test_nothing_is_tried_where_a_picture_alone_is_taken() -> None:
    class Counts(Base):
        passes = 0

        def forward(self, x: Tensor, mask: Any = None, *, scale: float = 1.0) -> Tensor:
            Counts.passes += 1
            return self.head(x) * scale

    module = Counts()
    assert not needs_search(module)
    dnnvis.wrap(module, size=8)
    assert Counts.passes == 0


def test_a_network_that_fails_on_everything_is_left_as_it_was() -> None:
    class Broken(Base):
        def forward(self, x: Tensor) -> Tensor:
            raise ValueError(f"no {torch.rand(1)}")

    net = Network(Broken(), Card("mine", (8, 8)))
    state, card = torch.random.get_rng_state(), net.card
    assert not settle_inputs(net, BOTH)
    assert net.card == card
    assert net.input_call == InputCall()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert sum(len(part._forward_hooks) for part in net.module.modules()) == 0
    with pytest.raises(BadInput, match="ValueError: no"):
        assert net.layers


def test_a_scale_of_three_channels_goes_where_one_channel_runs_and_a_note_says_so() -> None:
    card = Card("mine", (8, 8), 3, mean=(0.4, 0.5, 0.6), std=(0.2, 0.2, 0.2))
    guess = InputGuess(channels=True, scale=True)
    net = Network(nn.Conv2d(1, 4, 3), card, guess=guess)
    assert (net.card.channels, net.card.mean, net.card.std) == (1, (0.0,), (1.0,))
    assert "mean and std of mine are for 3 channels and left out" in " ".join(net.notes)
    x = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(net.forward(x), net.module(x))


class Film(Base):
    config = SimpleNamespace(num_frames=5)

    def forward(self, pixel_values: Tensor) -> Tensor:
        b, t, c, h, w = pixel_values.shape
        assert (t, c) == (5, 3)
        return self.head(pixel_values.reshape(b * t, c, h, w)).reshape(b, t, -1).mean(1)


def test_a_network_of_films_gets_as_many_copies_as_it_says() -> None:
    module = Film().eval()
    net = dnnvis.wrap(module, size=8)
    assert net.layers
    assert net.input_call == InputCall(form="frames", frames=5)
    x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(net.forward(x), module.head(x), atol=1e-6)  # five times the same
    assert "5 copies of the frame" in " ".join(net.notes)


@pytest.mark.parametrize(
    ("module", "frames"),
    [
        (nn.Sequential(nn.Conv3d(1, 4, 3, padding=1), nn.Conv3d(4, 2, 3, padding=1)), 8),
        (
            nn.Sequential(
                nn.Conv3d(1, 4, 3), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(4, 3)
            ),
            8,
        ),
        (nn.Sequential(nn.Conv3d(1, 4, 3, padding=1), *[nn.MaxPool3d(2) for _ in range(4)]), 16),
    ],
)
def test_volumes_of_one_channel_get_a_stack_and_not_a_picture_for_a_volume(
    module: nn.Module, frames: int
) -> None:
    # torch itself would take (1, 1, H, W) for one volume without a batch
    network = dnnvis.wrap(module.eval(), size=32, channels=1)
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 1), np.uint8)
    x = torch.from_numpy(pixels).permute(2, 0, 1).float()[None, :, None] / 255
    with torch.no_grad():
        expected = module(x.expand(1, 1, frames, 32, 32))[0].numpy()
    assert network.record(pixels).output == pytest.approx(expected, abs=1e-5)
    assert any(f"{frames} copies of the frame" in note for note in network.notes)
