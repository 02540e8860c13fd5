"""What modules of timm, transformers and torch.export say of their input."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

import dnnvis
from dnnvis.network.opening.described_input import DescribedInput, describe_input
from dnnvis.zoo.input_options import InputOptions, guess_card, read_options

IMAGENET = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
NOTHING = InputOptions()


def with_attribute(name: str, value: Any, channels: int = 3) -> nn.Module:
    module = nn.Sequential(nn.Conv2d(channels, 2, 3))
    setattr(module, name, value)
    return module


@pytest.mark.parametrize("name", ["pretrained_cfg", "default_cfg"])
@pytest.mark.parametrize("form", [dict, lambda values: SimpleNamespace(**values)])
def test_the_config_of_timm_says_size_mean_and_std(name: str, form: Any) -> None:
    module = with_attribute(name, form({"input_size": (3, 96, 128), **IMAGENET, "url": ""}))
    card, notes, guess = guess_card(module, "mine", NOTHING)
    assert (card.size, card.channels) == ((96, 128), 3)
    assert (card.mean, card.std) == (IMAGENET["mean"], IMAGENET["std"])
    assert notes == (
        "Size 96x128, channels 3, mean 0.485,0.456,0.406, std 0.229,0.224,0.225 of mine are from "
        f"its {name}.",
    )
    assert (guess.channels, guess.size, guess.scale) == (True, True, True)  # if it fails


def test_what_a_user_says_goes_first() -> None:
    module = with_attribute("pretrained_cfg", {"input_size": (3, 96, 128), **IMAGENET})
    card, notes, _ = guess_card(module, "mine", read_options("64", 0.5, None, None))
    assert (card.size, card.mean, card.std) == ((64, 64), (0.5,), IMAGENET["std"])
    assert notes == ("Channels 3, std 0.229,0.224,0.225 of mine are from its pretrained_cfg.",)
    card, _, _ = guess_card(module, "mine", read_options(None, None, None, None, 1))
    assert (card.channels, card.mean, card.std) == (1, (0.0,), (1.0,))  # theirs are for three


@pytest.mark.parametrize(
    ("config", "size", "channels"),
    [
        ({"image_size": 48, "num_channels": 1}, (48, 48), 1),
        ({"image_size": (48, 64), "num_channels": 3}, (48, 64), 3),
        ({"image_size": {"height": 32, "width": 40}}, (32, 40), None),
        ({"vision_config": SimpleNamespace(image_size=56, num_channels=3)}, (56, 56), 3),
        ({"num_channels": 3}, None, 3),
    ],
)
def test_the_config_of_transformers_says_size_and_channels(
    config: dict[str, Any], size: Any, channels: Any
) -> None:
    described = describe_input(with_attribute("config", SimpleNamespace(**config)))
    assert (described.values.get("size"), described.values.get("channels")) == (size, channels)
    assert described.origin == "its config"
    _, notes, _ = guess_card(with_attribute("config", SimpleNamespace(**config)), "m", NOTHING)
    assert "mean 0, std 1" in notes[-1]  # these no config says


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pretrained_cfg", {"input_size": (3, 0, -1), "mean": (0.5,), "std": (0.0,)}),
        ("pretrained_cfg", {"input_size": "3x224x224", "mean": None, "std": "nan"}),
        ("default_cfg", {}),
        ("default_cfg", 7),
        ("config", {"image_size": "large", "num_channels": True}),
        ("config", SimpleNamespace(image_size=float("inf"))),
        ("config", None),
    ],
)
def test_what_makes_no_sense_says_nothing(name: str, value: Any) -> None:
    assert describe_input(with_attribute(name, value)) == DescribedInput()


def test_an_exported_program_says_the_shape_it_was_made_for() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3)).eval()
    program = torch.export.export(module, (torch.rand(1, 1, 10, 12),)).module()
    described = describe_input(program)
    assert (described.values.get("size"), described.values.get("channels")) == ((10, 12), 1)


def test_an_ordinary_module_says_nothing() -> None:
    assert describe_input(nn.Conv2d(3, 2, 3)) == DescribedInput()
    assert describe_input(torch.fx.symbolic_trace(nn.ReLU())) == DescribedInput()


def test_wrap_says_what_a_module_states_and_nobody_passed() -> None:
    module = with_attribute("pretrained_cfg", {"input_size": (3, 9, 9), **IMAGENET})
    notes = dnnvis.wrap(module, size=9).notes
    assert any("but its pretrained_cfg states mean (0.485, 0.456, 0.406)" in note for note in notes)
    assert not any("states mean" in note for note in dnnvis.wrap(module, size=9, mean=0.5).notes)
