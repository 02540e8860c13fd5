"""Torchvision's networks by name, and their weights recognised."""

import contextlib
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
import torchvision
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.zoo import torchvision_nets
from dnnvis.zoo.catalog import open_network
from dnnvis.zoo.detect_architecture import _shapes, classes_in

STATES: dict[str, dict[str, Any]] = {
    "resnet18": {},
    "squeezenet1_1": {},
    "mobilenet_v3_small": {},
    "shufflenet_v2_x0_5": {},
    "googlenet": {"init_weights": True},
    "mnasnet0_5": {},
}


def state_of(name: str, **settings: Any) -> dict[str, Tensor]:
    torch.manual_seed(4)
    module = torchvision.models.get_model(name, weights=None, **STATES[name], **settings)
    state: dict[str, Tensor] = module.state_dict()
    return state


@pytest.mark.parametrize(
    ("name", "size"),
    [("resnet18", 224), ("efficientnet_b1", 240), ("inception_v3", 299), ("squeezenet1_1", 224)],
)
def test_a_name_opens_with_random_weights_and_the_published_preprocessing(
    name: str, size: int
) -> None:
    net = open_network(name)
    assert net.card.size == (size, size)
    assert net.card.mean == (0.485, 0.456, 0.406)
    assert net.card.std == (0.229, 0.224, 0.225)
    assert (net.card.labels[0], len(net.card.labels)) == ("tench", 1000)
    assert net._notes == (f"{name} has random weights (seed 0): it has learned nothing.",)


@pytest.mark.parametrize(
    ("name", "size", "classes", "meaning"),
    [
        ("lraspp_mobilenet_v3_large", 520, 21, "segmentation"),
        ("ssdlite320_mobilenet_v3_large", 320, 91, "boxes"),
    ],
)
def test_segmentation_and_detection_networks_open_by_name_and_fetch_nothing(
    name: str, size: int, classes: int, meaning: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(*given: Any, **settings: Any) -> None:
        raise AssertionError("weights were fetched")

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fetched)
    net = open_network(name)
    assert net.card.size == (size, size)
    assert len(net.card.labels) == classes
    net = open_network(name, size=96)
    assert net.meaning.kind == meaning
    assert f"{name} has random weights (seed 0): it has learned nothing." in net.notes


def test_a_detector_scales_pictures_itself_and_is_shown_one_of_common_size() -> None:
    card = torchvision_nets.card("retinanet_resnet50_fpn")
    assert (card.mean, card.std, card.size) == ((0.0,), (1.0,), (480, 640))
    assert torchvision_nets.default_classes("keypointrcnn_resnet50_fpn") == 2
    assert "detection, 34.0 M parameters, 480 x 640" in torchvision_nets.title(card.name)


@pytest.mark.parametrize("side_head", [True, False])
def test_a_segmentation_networks_weights_are_recognised_with_their_side_head(
    side_head: bool, tmp_path: Path
) -> None:
    torch.manual_seed(4)
    module = torchvision.models.segmentation.deeplabv3_mobilenet_v3_large(
        weights=None, weights_backbone=None, num_classes=5, aux_loss=side_head
    )
    torch.save(module.state_dict(), tmp_path / "mine.pt")
    net = open_network(tmp_path / "mine.pt", size=64)
    expected = module.state_dict()
    state = net.module.state_dict()
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[key], expected[key]) for key in expected)
    paths = [path for path, _ in net.outputs]
    assert paths == (["out", "aux"] if side_head else ["out"])
    assert net.layer("output").shape == (5, 64, 64)


def test_random_weights_are_torchvisions_own_from_seed_0() -> None:
    torch.manual_seed(0)
    expected = torchvision.models.resnet18(weights=None).state_dict()
    torch.manual_seed(5)
    later = torch.rand(2)
    torch.manual_seed(5)
    state = open_network("resnet18").module.state_dict()
    assert torch.equal(torch.rand(2), later)
    assert all(torch.equal(state[key], expected[key]) for key in expected)


@pytest.mark.parametrize("name", list(STATES))
def test_weights_without_a_name_are_recognised(name: str, tmp_path: Path) -> None:
    state = state_of(name)
    torch.save({"state_dict": {f"module.{k}": v for k, v in state.items()}}, tmp_path / "w.pth")
    net = open_network(tmp_path / "w.pth")
    assert net.card.architecture == name
    own = net.module.state_dict()
    assert own.keys() == state.keys()
    assert all(torch.equal(own[key], state[key]) for key in own)


def test_a_file_that_bears_its_networks_name_is_compared_with_that_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(name: str, size: Any = None) -> Any:
        asked.append(name)
        return shapes(name, size)

    shapes = torchvision_nets.shapes
    _shapes.cache_clear()
    monkeypatch.setattr(torchvision_nets, "shapes", counted)
    torch.save(state_of("resnet18", num_classes=7), tmp_path / "resnet18-f37072fd.pth")
    net = open_network(tmp_path / "resnet18-f37072fd.pth")
    assert set(asked) == {"resnet18"}
    assert net.module.get_parameter("fc.weight").shape == (7, 512)
    assert net.card.labels == ()


def test_side_heads_for_training_may_be_missing(tmp_path: Path) -> None:
    torch.save(state_of("googlenet", aux_logits=False), tmp_path / "googlenet.pth")
    net = open_network("googlenet", checkpoint=tmp_path / "googlenet.pth")
    assert not [key for key in net.module.state_dict() if key.startswith("aux")]
    assert any("rescales its input" in note for note in net._notes)


def test_old_names_of_densenet_and_vit_are_read() -> None:
    one = torch.ones(1)
    old = {
        "features.denseblock1.denselayer2.norm.1.weight": one,
        "encoder.layers.encoder_layer_0.mlp.linear_2.bias": one,
        "features.norm0.weight": one,
    }
    assert list(torchvision_nets.modern_keys(old)) == [
        "features.denseblock1.denselayer2.norm1.weight",
        "encoder.layers.encoder_layer_0.mlp.3.bias",
        "features.norm0.weight",
    ]


def test_a_transformer_is_recognised_at_the_size_it_was_made_for() -> None:
    with torch.device("meta"):
        state = torchvision.models.vit_b_32(image_size=96, num_classes=5).state_dict()
    assert torchvision_nets.size_in("vit_b_32", state) == (96, 96)
    assert classes_in("vit_b_32", state) == 5
    assert classes_in("vit_b_16", state) is None


def test_shapes_without_memory_are_those_of_the_real_weights() -> None:
    for name in ("regnet_y_400mf", "alexnet"):
        state = torchvision.models.get_model(name, weights=None).state_dict()
        assert torchvision_nets.shapes(name) == {k: tuple(v.shape) for k, v in state.items()}


@pytest.mark.slow
def test_every_networks_shapes_are_known_and_no_two_but_one_are_alike() -> None:
    names = torchvision_nets.names()
    by_shapes: dict[Any, list[str]] = {}
    for name in names:
        by_shapes.setdefault(tuple(torchvision_nets.shapes(name).items()), []).append(name)
    alike = [group for group in by_shapes.values() if len(group) > 1]
    # one detector for two sizes of pictures
    detector = "fasterrcnn_mobilenet_v3_large"
    assert alike == [[f"{detector}_320_fpn", f"{detector}_fpn"]]


def test_a_size_that_does_not_suit_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="alexnet needs pictures of at least 63x63"):
        open_network("alexnet", size=32)
    with pytest.raises(BadInput, match="square"):
        open_network("vit_b_32", size=(64, 96))
    with pytest.raises(BadInput, match="cannot be built"):
        open_network("vit_b_32", size=100)
    assert open_network("mobilenet_v3_small", size=(64, 96)).card.size == (64, 96)


def test_pretrained_weights_without_a_network_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def offline(*args: Any, **kwargs: Any) -> None:
        raise URLError("Name or service not known")

    with contextlib.suppress(AttributeError):
        monkeypatch.setattr("torch.hub.urlopen", offline)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(Path("/nowhere")))
    with pytest.raises(BadInput, match=r"resnet18 could not be fetched.*is there a network\?"):
        torchvision_nets.build_pretrained("resnet18")


def test_pretrained_weights_are_loaded_as_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = state_of("squeezenet1_1")
    asked: list[bool] = []

    def fetched(url: str, **settings: Any) -> dict[str, Tensor]:
        asked.append(settings["progress"])
        return expected

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fetched)
    net = open_network("squeezenet1_1", weights="pretrained")
    state = net.module.state_dict()
    assert all(torch.equal(state[key], expected[key]) for key in expected)
    assert (asked, net._notes, len(net.card.labels)) == ([True], (), 1000)
