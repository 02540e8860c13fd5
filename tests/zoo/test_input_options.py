"""What users say about a network's input, in every form they may say it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.network.card import Card
from dnnvis.zoo.input_options import guess_card, read_options


@pytest.mark.parametrize("size", [(20, 30), [20, 30], "20x30", "20, 30", np.array([20, 30])])
def test_a_size_has_height_then_width(size: Any) -> None:
    assert read_options(size, None, None, None).size == (20, 30)


@pytest.mark.parametrize("size", [224, "224", (224,), np.int64(224)])
def test_one_number_is_a_square(size: Any) -> None:
    assert read_options(size, None, None, None).size == (224, 224)


@pytest.mark.parametrize("size", [0, -1, 1.5, "big", (1, 2, 3), "", True, "2x", 10**6, {}, b"9"])
def test_a_size_that_makes_no_sense_is_a_sentence(size: Any) -> None:
    with pytest.raises(BadInput, match="size"):
        read_options(size, None, None, None)


@pytest.mark.parametrize("mean", [(0.1, 0.2, 0.3), "0.1,0.2, .3", np.array([0.1, 0.2, 0.3])])
def test_means_may_be_text_or_numbers(mean: Any) -> None:
    assert read_options(None, mean, None, None).mean == (0.1, 0.2, 0.3)


def test_one_number_holds_for_all_channels() -> None:
    card = read_options(None, 0.5, "0.5", None).apply_to(Card("x", (8, 8)))
    assert (card.mean, card.std) == ((0.5,), (0.5,))


@pytest.mark.parametrize("mean", ["a,b", (), "", float("nan"), ["0.1", None], {}])
def test_means_that_make_no_sense_are_a_sentence(mean: Any) -> None:
    with pytest.raises(BadInput, match="mean is one number per channel"):
        read_options(None, mean, None, None)


def test_means_for_another_number_of_channels_or_a_std_of_zero_are_a_sentence() -> None:
    card = Card("x", (8, 8))
    with pytest.raises(BadInput, match="2 values for 3 channels"):
        read_options(None, (0.1, 0.2), None, None).apply_to(card)
    with pytest.raises(BadInput, match="above 0"):
        read_options(None, None, (1, 0, 1), None).apply_to(card)


def test_labels_come_from_a_list_or_a_text_file(tmp_path: Path) -> None:
    file = tmp_path / "classes.txt"
    file.write_text("tench\n goldfish, Carassius \r\n\nLöwe\n\n", encoding="utf-8")
    expected = ("tench", "goldfish, Carassius", "", "Löwe")
    assert read_options(None, None, None, str(file)).labels == expected
    assert read_options(None, None, None, file).labels == expected
    assert read_options(None, None, None, ["a", "b"]).labels == ("a", "b")


@pytest.mark.parametrize("labels", ["nowhere.txt", [1, 2], [], 5, b"abc"])
def test_labels_that_make_no_sense_are_a_sentence(labels: Any) -> None:
    with pytest.raises(BadInput, match="label"):
        read_options(None, None, None, labels)


def test_a_binary_file_of_labels_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(BadInput, match="no text file"):
        read_options(None, None, None, tmp_path / "x.txt")


@pytest.mark.parametrize(
    ("module", "size", "channels"),
    [
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(9, 2)), (224, 224), 1),
        (nn.Sequential(nn.Flatten(), nn.Linear(784, 2)), (28, 28), 1),
        (nn.Linear(3072, 2), (32, 32), 3),
        (nn.Linear(7, 2), (224, 224), 3),
        (nn.ReLU(), (224, 224), 3),
    ],
)
def test_size_and_channels_are_guessed_from_the_first_layer(
    module: nn.Module, size: tuple[int, int], channels: int
) -> None:
    card, notes, _ = guess_card(module, "mine", read_options(None, None, None, None))
    assert (card.size, card.channels) == (size, channels)
    assert f"size {size[0]}x{size[1]}, mean 0, std 1" in notes[0]


def test_nothing_is_guessed_where_all_is_said() -> None:
    card, notes, _ = guess_card(nn.Linear(50, 2), "mine", read_options("5x10", 0.5, 0.5, None))
    assert (card.size, card.channels, notes) == ((5, 10), 1, ())


@pytest.mark.parametrize("channels", [4, "4", " 4 ", np.int64(4)])
def test_channels_are_a_number_or_text(channels: Any) -> None:
    assert read_options(None, None, None, None, channels).channels == 4
    card, _, guess = guess_card(
        nn.Conv2d(3, 2, 3), "mine", read_options(None, None, None, None, channels)
    )
    assert card.channels == 4
    assert not guess.channels
    assert guess.size


@pytest.mark.parametrize("channels", [0, -1, 1.5, "three", "", True, 10**6, b"3", (3,)])
def test_channels_that_make_no_sense_are_a_sentence(channels: Any) -> None:
    with pytest.raises(BadInput, match="channels is a number from 1 to"):
        read_options(None, None, None, None, channels)


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_lazy_layers_say_nothing_about_their_input() -> None:
    options = read_options(None, None, None, None)
    for module in (nn.Sequential(nn.LazyConv2d(2, 3)), nn.Sequential(nn.LazyLinear(2))):
        card, _, _ = guess_card(module, "mine", options)
        assert (card.size, card.channels) == ((224, 224), 3)
