"""What a file or its folder says of the input and the classes is taken, and said."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision

import dnnvis
from dnnvis.core.errors import BadInput


@pytest.fixture(scope="module")
def state() -> dict[str, Any]:
    torch.manual_seed(0)
    result: dict[str, Any] = torchvision.models.mobilenet_v3_small(num_classes=4).state_dict()
    return result


NAMES = ("ant", "bee", "cat", "dog")


@pytest.mark.parametrize(
    "facts",
    [
        {"class_names": list(NAMES)},
        {"class_to_idx": {name: number for number, name in enumerate(NAMES)}},
        {"idx_to_class": {3: "dog", 0: "ant", 2: "cat", 1: "bee"}},
        {"id2label": {str(number): name for number, name in enumerate(NAMES)}},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_class_names_in_a_file_are_in_the_order_of_the_outputs(
    facts: dict[str, Any], state: dict[str, Any], tmp_path: Path
) -> None:
    torch.save({"state_dict": state, **facts}, tmp_path / "w.pt")
    assert dnnvis.open(str(tmp_path / "w.pt"), size=64).card.labels == NAMES


def test_mean_and_size_in_a_file_are_taken_and_the_users_word_wins(
    state: dict[str, Any], tmp_path: Path
) -> None:
    facts = {"mean": [0.5] * 3, "std": [0.25] * 3, "image_size": 96}
    path = tmp_path / "w.pt"
    torch.save({"state_dict": state, **facts}, path)
    network = dnnvis.open(str(path))
    assert (network.card.mean, network.card.std) == ((0.5,) * 3, (0.25,) * 3)
    assert network.card.size == (96, 96)
    assert any("mean 0.5,0.5,0.5" in note and "from the file" in note for note in network.notes)
    network = dnnvis.open(str(path), mean=(0.1, 0.2, 0.3), size=64)
    assert (network.card.mean, network.card.std) == ((0.1, 0.2, 0.3), (0.25,) * 3)
    assert network.card.size == (64, 64)


def test_means_of_bytes_are_divided_and_that_is_said(state: dict[str, Any], tmp_path: Path) -> None:
    facts = {"pretrained_cfg": {"mean": [123.675, 116.28, 103.53], "std": [58.4, 57.1, 57.4]}}
    torch.save({"state_dict": state, **facts}, tmp_path / "w.pt")
    network = dnnvis.open(str(tmp_path / "w.pt"), size=64)
    assert network.card.mean == pytest.approx((0.485, 0.456, 0.406))
    assert any("divided by 255" in note for note in network.notes)


def test_without_a_word_the_published_preprocessing_is_assumed_and_said(
    state: dict[str, Any], tmp_path: Path
) -> None:
    torch.save(state, tmp_path / "w.pt")
    notes = dnnvis.open(str(tmp_path / "w.pt"), size=64).notes
    assert any("published preprocessing is assumed: 64 x 64 RGB, crop, mean" in n for n in notes)


def test_a_mean_for_bytes_from_the_user_is_questioned(tmp_path: Path) -> None:
    notes = dnnvis.open("net2", mean=127.5, std=64).notes
    assert any("Mean 127.5 and std 64 are taken as they are" in note for note in notes)
    assert not any("taken as they are" in note for note in dnnvis.open("net2", mean=0.5).notes)


def write_folder(folder: Path, state: dict[str, Any], config: Any, processor: Any) -> None:
    from safetensors.torch import save_file

    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    if processor is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(processor))


@pytest.mark.parametrize("name", ["", "model.safetensors"])
def test_a_folder_of_transformers_says_labels_and_preprocessing(
    name: str, state: dict[str, Any], tmp_path: Path
) -> None:
    config = {"id2label": {str(k): label for k, label in enumerate(NAMES)}, "image_size": 300}
    processor = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": {"shortest_edge": 64}}
    write_folder(tmp_path, state, config, processor)
    network = dnnvis.open(str(tmp_path / name))
    assert network.card.labels == NAMES
    assert (network.card.mean, network.card.size) == ((0.5,) * 3, (64, 64))
    assert any("from preprocessor_config.json" in note for note in network.notes)


def test_placeholders_are_no_names_and_timms_configuration_is_read(
    state: dict[str, Any], tmp_path: Path
) -> None:
    config = {
        "id2label": {str(k): f"LABEL_{k}" for k in range(4)},
        "label_names": list(NAMES),
        "pretrained_cfg": {"mean": [0.1] * 3, "std": [0.2] * 3, "input_size": [3, 80, 80]},
    }
    write_folder(tmp_path, state, config, None)
    network = dnnvis.open(str(tmp_path))
    assert (network.card.labels, network.card.size) == (NAMES, (80, 80))
    assert network.card.mean == (0.1,) * 3


@pytest.mark.parametrize(
    ("config", "kept"),
    [
        ("{broken", ()),
        ('{"id2label": {"0": "a", "2": "b"}}', ()),
        ('{"id2label": ["a"]}', ()),
        ('{"id2label": {"x": "a"}}', ()),
        ('{"label2id": {"a": [0], "b": {}}}', ()),
        ('{"label2id": {"a": Infinity}, "image_mean": [1e400]}', ()),
        ("[1, 2]", ()),
        ('{"image_mean": [0, NaN, 1], "image_std": [0, 0, 0]}', ()),
    ],
)
def test_what_makes_no_sense_in_a_folder_is_left_aside(
    config: str, kept: tuple[str, ...], state: dict[str, Any], tmp_path: Path
) -> None:
    write_folder(tmp_path, state, {}, None)
    (tmp_path / "config.json").write_text(config)
    network = dnnvis.open(str(tmp_path / "model.safetensors"), size=64)
    assert network.card.labels == kept
    assert network.card.mean == (0.485, 0.456, 0.406)


def test_a_part_can_be_chosen_and_one_that_is_not_there_is_refused(
    state: dict[str, Any], tmp_path: Path
) -> None:
    other = {key: value + 1 for key, value in state.items()}
    path = tmp_path / "w.pt"
    torch.save({"state_dict": state, "state_dict_ema": other}, path)
    plain = dnnvis.open(str(path), size=64)
    assert any("there are also: state_dict_ema" in note for note in plain.notes)
    chosen = dnnvis.open("mobilenet_v3_small", checkpoint=path, part="state_dict_ema", size=64)
    again = dnnvis.open(f"{path}#state_dict_ema", size=64)
    for network in (chosen, again):
        bias = network.module.state_dict()["classifier.3.bias"]
        assert torch.equal(bias, other["classifier.3.bias"])
    with pytest.raises(BadInput, match="has no part 'teacher'"):
        dnnvis.open(str(path), part="teacher", size=64)


def test_preprocessing_says_its_origin(state: dict[str, Any], tmp_path: Path) -> None:
    assert dnnvis.open("net1").preprocessing.origin == "module"
    assert dnnvis.open("net1-mnist").preprocessing.origin == "file"
    assert dnnvis.open("net2", mean=0.5).preprocessing.origin == "user"
    path = tmp_path / "w.pt"
    torch.save(state, path)
    assert dnnvis.open(str(path), size=64).preprocessing.origin == "module"
    torch.save({"state_dict": state, "mean": [0.5] * 3, "std": [0.25] * 3}, path)
    preprocessing = dnnvis.open(str(path), size=64).preprocessing
    assert (preprocessing.origin, preprocessing.origins["size"]) == ("file", "user")
    assert preprocessing.origins["crop"] == "module"
    assert preprocessing.crop == pytest.approx(224 / 256)
    (tmp_path / "preprocessor_config.json").write_text(
        json.dumps({"image_mean": [0.1] * 3, "image_std": [0.2] * 3, "resample": 3})
    )
    torch.save(state, path)
    preprocessing = dnnvis.open(str(path), size=64).preprocessing
    assert (preprocessing.origin, preprocessing.interpolation) == ("folder", "bicubic")
    assert dnnvis.wrap(torch.nn.Conv2d(3, 1, 3), size=8).preprocessing.origin == "assumed"
    wrapped = dnnvis.wrap(torch.nn.Conv2d(3, 1, 3), size=8, mean=0.5, std=0.25)
    assert wrapped.preprocessing.origin == "user"


def test_the_window_shows_who_says_what(state: dict[str, Any], tmp_path: Path) -> None:
    torch.save({"state_dict": state, "mean": [0.5] * 3, "std": [0.25] * 3}, tmp_path / "w.pt")
    text = dnnvis.open(str(tmp_path / "w.pt"), size=64).info.preprocessing
    assert text.startswith("64 x 64 RGB, crop, mean (0.5, 0.5, 0.5), std (0.25, 0.25, 0.25)")
    assert "size as you said; mean, std from the file" in text
