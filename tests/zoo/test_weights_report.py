"""A file of weights says which network it fits, and which sets of weights it holds."""

from pathlib import Path

import pytest
import torch

from dnnvis.core.errors import BadInput, Mismatch, UnknownNetwork
from dnnvis.network.checkpoint import load_checkpoint, read_checkpoint
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.net1 import net1
from dnnvis.zoo.net2 import net2
from dnnvis.zoo.torchvision_nets import build, describe_download
from dnnvis.zoo.weights_report import list_parts, recognize_weights


@pytest.mark.parametrize("name", ["net1", "net2", "squeezenet1_1"])
def test_weights_are_recognized_so_that_they_can_be_opened(name: str, tmp_path: Path) -> None:
    own = {"net1": net1, "net2": net2}
    module = own[name]() if name in own else build(name)
    file = tmp_path / "mystery.pt"
    torch.save({"a": module.state_dict(), "b": torch.nn.Linear(2, 2).state_dict()}, file)
    recognized = recognize_weights(f"{file}#a")
    assert (recognized.net, recognized.checkpoint) == (name, f"{file}#a")
    assert recognized.sentence.startswith(f"mystery.pt fits {name} exactly with 1")
    network = open_network(recognized.net, checkpoint=recognized.checkpoint)
    first = next(iter(module.state_dict().values()))
    assert any((value == first).all() for value in network.module.state_dict().values())


def test_a_network_in_other_sizes_is_opened_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / "gray.pt"
    module = build("squeezenet1_1")
    state = dict(module.state_dict())
    state["features.0.weight"] = state["features.0.weight"][:, :1]
    torch.save(state, file)
    recognized = recognize_weights(str(file))
    assert (recognized.net, recognized.checkpoint) == (str(file), "")
    assert "squeezenet1_1" in recognized.sentence
    assert "sizes of its own" in recognized.sentence
    assert open_network(recognized.net).card.channels == 1


def test_weights_of_no_known_network_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.pt"
    torch.save({"x.weight": torch.zeros(3, 4)}, file)
    with pytest.raises(UnknownNetwork):
        recognize_weights(str(file))


def test_the_sets_of_weights_are_listed_the_likeliest_first(tmp_path: Path) -> None:
    file = tmp_path / "all.pt"
    inner, other = ({"w": torch.zeros(2, 3), "b": torch.zeros(2)} for _ in range(2))
    torch.save({"extra": other, "model": {"teacher": inner, "w": torch.ones(5)}}, file)
    parts = list_parts(str(file))
    assert [(part.name, part.tensors, part.values) for part in parts] == [
        ("model.teacher", 2, 8),
        ("model", 1, 5),
        ("extra", 2, 8),
    ]
    for part in parts:
        checkpoint = read_checkpoint(part.path)
        assert checkpoint.part == part.name
        assert len(checkpoint.state) == part.tensors
    torch.save(inner, file)
    assert [part.path for part in list_parts(f"{file}#model")] == [str(file)]
    with pytest.raises(BadInput):
        list_parts(str(tmp_path / "gone.pt"))


def test_a_mismatch_lists_every_weight_that_differs(tmp_path: Path) -> None:
    file = tmp_path / "w.pt"
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Linear(2, 4))
    torch.save(
        {"0.weight": torch.zeros(2, 5), "0.bias": torch.zeros(2), "9.bias": torch.zeros(7)}, file
    )
    with pytest.raises(Mismatch) as error:
        load_checkpoint(module, read_checkpoint(file))
    assert sorted(error.value.differences) == [
        ("0.weight", "2x5", "2x3"),
        ("1.bias", "", "4"),
        ("1.weight", "", "4x2"),
        ("9.bias", "7", ""),
    ]


def test_what_is_downloaded_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    sentence = describe_download("squeezenet1_1")
    assert sentence.startswith("4.7 MB of weights (IMAGENET1K_V1) are downloaded once from ")
    assert "download.pytorch.org" in sentence
    assert str(tmp_path) in sentence
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    (folder / "squeezenet1_1-b8a52dc0.pth").touch()
    assert "nothing is downloaded" in describe_download("squeezenet1_1")
