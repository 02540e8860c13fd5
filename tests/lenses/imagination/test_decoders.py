import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dnnvis.core.lens_results import Strip
from dnnvis.lenses.look import look
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.network.opening.wrap import wrap
from dnnvis.zoo.life import LifeSpec
from helpers.imagination_networks import Counted, Looking, Painter, Reader, Shared, board, life


def own(module: nn.Module, *, size: int = 8, channels: int = 3, **settings: Any) -> Network:
    torch.manual_seed(5)
    for weight in module.parameters():
        nn.init.normal_(weight, std=0.4)
    return wrap(module, size=size, channels=channels, **settings)


def photo(channels: int = 3, size: int = 8) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (size, size, channels), dtype=np.uint8)


def imagine(network: Network, unit: str, **params: Any) -> Strip:
    strip = look(network, "imagine", unit, image=photo(network.card.channels), **params)
    assert isinstance(strip, Strip)
    return strip


def answer(network: Network) -> np.ndarray:
    return network.record(photo(network.card.channels), ["output"]).output


def test_a_cell_in_a_loop_is_read_by_the_networks_head_at_every_step() -> None:
    labels = [f"kind {k}" for k in "abcde"]
    network = own(Reader(), channels=1, labels=labels)
    strip = imagine(network, "cell[2]")
    assert strip.decoder == "head"
    assert strip.decoders == ("head",)
    states = network.record(photo(1), ["cell"])["cell"][..., 0, 0]  # (8, 7)
    head = network.module.head
    expected = states @ head.weight.numpy().T + head.bias.numpy()
    assert strip.rows["imagination"].shape == (8, 1, 5, 1)
    assert np.allclose(strip.rows["imagination"][:, 0, :, 0], expected, atol=1e-5)
    assert strip.marks == tuple(labels[k] for k in expected.argmax(1))
    assert np.allclose(strip.rows["imagination"][-1, 0, :, 0], answer(network), atol=1e-6)
    assert list(strip.rows) == ["imagination"]
    assert not strip.scores
    assert strip.steps == tuple(("cell", k) for k in range(8))
    assert "found by trying" in strip.message


@pytest.mark.parametrize("broken", [[0], [0, 1, 2, 3, 4]])
def test_a_class_that_is_nan_is_never_the_best(broken: list[int]) -> None:
    network = own(Reader(), channels=1, labels=list("abcde"))
    with torch.no_grad():
        network.module.head.bias[broken] = float("nan")
    strip = imagine(network, "cell[2]")
    scores = strip.rows["imagination"][:, 0, :, 0]
    assert np.isnan(scores[:, broken]).all()
    if len(broken) == 5:
        assert strip.marks == ("NaN",) * 8
    else:
        assert strip.marks == tuple("bcde"[k] for k in scores[:, 1:].argmax(1))


def test_without_labels_classes_are_numbered() -> None:
    strip = imagine(own(Reader(), channels=1), "cell[0]")
    best = strip.rows["imagination"][..., 0].argmax(2)[:, 0]
    assert strip.marks == tuple(f"class {k}" for k in best)


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_torchs_own_recurrent_layers_are_read_at_every_time_step(kind: type[nn.Module]) -> None:
    class Rows(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.memory = kind(8, 7, batch_first=True)
            self.head = nn.Linear(7, 5)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.memory(x[:, 0])[0][:, -1])

    network = own(Rows(), channels=1)
    strip = imagine(network, "memory[0]")
    with torch.inference_mode():
        module = network.module
        expected = module.head(module.memory(network.encode(photo(1))[:, 0])[0])[0].numpy()
    assert strip.decoder == "head"
    assert len(strip.steps) == 8
    assert np.allclose(strip.rows["imagination"][:, 0, :, 0], expected, atol=1e-6)


def test_a_shared_block_is_read_by_a_dense_head_over_all_places() -> None:
    network = own(Shared())
    strip = imagine(network, "block[0]")
    states = network.record(photo(), ["block"])["block"]
    head = network.module.head
    expected = states.mean((2, 3)) @ head.weight.numpy().T + head.bias.numpy()
    assert strip.decoder == "head"
    assert "mean of each state over its places" in strip.message
    assert np.allclose(strip.rows["imagination"][:, 0, :, 0], expected, atol=1e-5)


@pytest.mark.parametrize(
    "painter",
    [
        nn.Sequential(nn.Linear(6, 64), nn.Unflatten(1, (1, 8, 8))),
        nn.Sequential(nn.Linear(6, 64), nn.Sigmoid()),
        nn.Sequential(nn.Unflatten(1, (6, 1, 1)), nn.ConvTranspose2d(6, 1, 8)),
    ],
    ids=["unflattened", "flat", "deconvolution"],
)
def test_a_latent_vector_is_painted_at_every_step(painter: nn.Module) -> None:
    network = own(Painter(painter), channels=1)
    strip = imagine(network, "think[1]")
    assert strip.decoder == "paint"
    states = network.record(photo(1), ["think"])["think"][..., 0, 0]
    with torch.inference_mode():
        expected = network.module.paint(torch.from_numpy(states)).reshape(3, 8, 8).numpy()
    assert np.allclose(strip.rows["imagination"][..., 0], expected, atol=1e-6)
    assert not strip.marks


def test_a_decoder_that_takes_a_map_of_one_place_shows_a_vector() -> None:
    class Maps(Painter):
        def forward(self, x: Tensor) -> Tensor:
            z = self.look(x)
            for _ in range(3):
                z = self.think(z)
            return self.paint(z[:, :, None, None])

    network = own(Maps(nn.ConvTranspose2d(6, 1, 8)), channels=1)
    strip = imagine(network, "think[1]")
    assert strip.decoder == "paint"
    assert strip.rows["imagination"].shape == (3, 8, 8, 1)
    assert np.array_equal(strip.rows["imagination"][-1, ..., 0], answer(network)[0])


def test_of_a_transformer_the_class_token_is_read() -> None:
    network = own(Looking())
    strip = imagine(network, "block[0]")
    assert strip.decoder == "answer"
    assert "class token" in strip.message
    made = strip.rows["imagination"][:, 0, :, 0]
    tokens = network.record(photo(), ["block.cls"])["block.cls"][..., 0, 0]
    head = network.module.answer
    assert np.allclose(made, tokens @ head.weight.numpy().T + head.bias.numpy(), atol=1e-5)
    assert np.allclose(made[-1], answer(network), atol=1e-6)


def test_a_head_in_parts_is_taken_as_a_whole() -> None:
    network = own(Painter(nn.Sequential(nn.Linear(6, 10), nn.Tanh(), nn.Linear(10, 5))), channels=1)
    assert imagine(network, "think[0]").decoders == ("paint",)


def test_what_makes_the_networks_own_answer_goes_before_what_paints_a_picture() -> None:
    class Both(Reader):
        def __init__(self) -> None:
            super().__init__()
            self.paint = nn.Sequential(nn.Linear(7, 64), nn.Unflatten(1, (1, 8, 8)))

    network = own(Both(), channels=1)
    strip = imagine(network, "cell[0]")
    assert strip.decoder == "head"
    assert strip.decoders == ("head", "paint")
    assert "(paint would fit too)" in strip.message
    painted = imagine(network, "cell[0]", decoder="paint")
    assert painted.decoder == "paint"
    assert painted.rows["imagination"].shape == (8, 8, 8, 1)
    assert painted.recipe["decoder"] == "paint"


def test_calls_of_several_shapes_are_shown_where_the_decoder_takes_them() -> None:
    class Grows(nn.Module):
        """One rectifier behind every layer, as torchvision's residual blocks have it."""

        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 6, 3, padding=1)
            self.third = nn.Conv2d(6, 6, 3, padding=1)
            self.relu = nn.ReLU(inplace=True)
            self.fc = nn.Linear(6, 5)

        def forward(self, x: Tensor) -> Tensor:
            for layer in (self.first, self.second, self.third):
                x = self.relu(layer(x))
            return self.fc(x.mean((2, 3)))

    network = own(Grows())
    strip = imagine(network, "relu[0]")
    assert strip.decoder == "fc"
    assert strip.steps == (("relu", 1), ("relu", 2))
    assert "fc does not take relu#0." in strip.message
    states = network.record(photo(), ["relu"]).calls("relu")
    fc = network.module.fc
    for row, state in zip(strip.rows["imagination"], states[1:], strict=True):
        expected = fc.weight.numpy() @ state.mean((1, 2)) + fc.bias.numpy()
        assert np.allclose(row[0, :, 0], expected, atol=1e-5)


class Closed(nn.Module):
    """Nothing in it takes what its convolution gives but the convolution itself."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.again = nn.Conv2d(6, 6, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return self.again(self.again(self.stem(x)))[:, :4].mean((2, 3))


def test_where_no_module_fits_the_words_say_so_and_name_the_states() -> None:
    strip = imagine(own(Closed()), "again[0]")
    assert strip.rows == {}
    assert strip.decoders == ()
    assert strip.decoder == ""
    assert strip.steps == ()
    assert strip.message.startswith(
        "No module of Closed makes a picture or an answer of a state of"
    )
    assert "6 x 8 x 8" in strip.message
    assert "choose one as its decoder" in strip.message


@pytest.mark.parametrize(
    ("decoder", "said"),
    [
        ("encoder", "encoder does not take a state of 6 x 8 x 8: "),
        ("nothing", "has no module 'nothing'"),
        ("cell.conv1", "cell.conv1 makes 6 x 8 x 8 of a state: neither a picture"),
    ],
)
def test_a_decoder_that_does_not_fit_is_refused_with_what_would(decoder: str, said: str) -> None:
    strip = look(life(), "imagine", "cell[0]", image=board(8), decoder=decoder)
    assert said in strip.message
    assert "Choose decoder instead." in strip.message
    assert strip.rows == {}
    assert strip.decoders == ("decoder",)
    assert strip.recipe["decoder"] == decoder


def test_a_card_whose_decoder_is_not_there_is_told_of_and_another_found() -> None:
    network = life()
    network.card = replace(network.card, decoder="show")
    strip = look(network, "imagine", "cell[0]", image=board(8))
    assert "The decoder of the card does not fit: life has no module 'show'." in strip.message
    assert strip.decoder == "decoder"
    assert strip.scores


def test_a_decoder_of_another_width_is_said_to_take_no_such_state() -> None:
    network = life(LifeSpec(channels=6))
    network.module.decoder = nn.Conv2d(9, 1, 3, padding=1)
    network.module.forward = lambda x: network.module.states(x)[-1][:, :1]
    strip = look(network, "imagine", "cell[0]", image=board(8))
    assert strip.rows == {}
    assert "decoder does not take a state of 6 x 8 x 8" in strip.message


def test_modules_are_tried_once_and_then_only_decode() -> None:
    network = own(Reader(), channels=1)
    network.module.head = head = Counted(network.module.head)
    imagine(network, "cell[0]")
    before = head.calls
    imagine(network, "cell[1]")
    assert head.calls == before + 2  # the pass itself, and all eight states in one batch


def test_trying_leaves_the_network_as_it_was() -> None:
    network = own(Shared())
    before = copy.deepcopy(network.module.state_dict())
    random = torch.random.get_rng_state()
    imagine(network, "block[0]")
    after = network.module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert count_hooks(network.module) == 0
    assert not any(part.training for part in network.module.modules())
    assert torch.equal(random, torch.random.get_rng_state())


def test_a_module_that_raises_while_it_is_tried_is_passed_over() -> None:
    class Angry(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            raise ArithmeticError("not with me")

    class Net(Reader):
        def __init__(self) -> None:
            super().__init__()
            self.angry = Angry(7, 5)

    network = own(Net(), channels=1)
    assert imagine(network, "cell[0]").decoders == ("head",)
    assert "not with me" in imagine(network, "cell[0]", decoder="angry").message
