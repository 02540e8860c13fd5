"""Which network do weights without a name belong to? Each is built by its own library here."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import UnknownNetwork
from dnnvis.network.checkpoint import Checkpoint
from dnnvis.zoo import architecture_index, timm_nets
from dnnvis.zoo.detect_architecture import detect_architecture

TORCHVISION = """resnet18 resnet50 wide_resnet50_2 resnext50_32x4d alexnet vgg11 vgg16_bn
    squeezenet1_1 densenet121 googlenet inception_v3 mobilenet_v2 mobilenet_v3_large
    shufflenet_v2_x1_0
    efficientnet_b0 regnet_y_400mf convnext_tiny vit_b_16 swin_t maxvit_t"""
TIMM = """vit_base_patch16_224 vit_small_patch16_384 convnext_nano swin_tiny_patch4_window7_224
    tf_efficientnetv2_s mobilenetv3_large_100 resnet50d seresnet50 resnest50d regnety_032
    mixer_b16_224 beit_base_patch16_224 cait_xxs24_224 pvt_v2_b0 poolformer_s12 ghostnet_100
    res2net50_26w_4s convmixer_768_32 mobilevit_s fastvit_t8"""


def meta_state(builder: Any, **arguments: Any) -> dict[str, Tensor]:
    with torch.device("meta"):
        return dict(builder(**arguments).state_dict())


def timm_state(name: str, **arguments: Any) -> dict[str, Tensor]:
    timm = pytest.importorskip("timm", reason="timm is not installed")
    with torch.device("meta"):
        return dict(timm.create_model(name, **arguments).state_dict())


def recognize(state: dict[str, Tensor], name: str = "weights.pt") -> Any:
    return detect_architecture(Checkpoint(Path(name), state))


@pytest.mark.parametrize("name", TORCHVISION.split())
@pytest.mark.parametrize("classes", [1000, 5])
def test_a_network_of_torchvision_is_recognized(name: str, classes: int) -> None:
    builder = getattr(torchvision.models, name)
    if name.startswith(("maxvit", "regnet")):  # they compute something while they are built
        state = dict(builder(num_classes=classes).state_dict())
    else:
        own = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        state = meta_state(builder, num_classes=classes, **own)
    match = recognize(state)
    assert (match.architecture, match.classes) == (name, classes)


@pytest.mark.parametrize("name", TIMM.split())
def test_a_network_of_timm_is_recognized(name: str) -> None:
    for classes in (1000, 5):
        match = recognize(timm_state(name, num_classes=classes))
        assert (match.architecture, match.classes) == (f"timm/{name}", classes)


def test_of_several_that_fit_the_files_name_decides() -> None:
    state = timm_state("vit_tiny_patch16_224")
    match = recognize(state)
    assert match.architecture == "timm/vit_tiny_patch16_224"
    assert "(so would timm/deit_tiny_patch16_224" in match.notes[0]
    resnet = meta_state(torchvision.models.resnet18)
    assert recognize(resnet, "resnet18-f37072fd.pth").architecture == "resnet18"
    match = recognize(state, "deit_tiny_patch16_224-a1b2.pth")
    assert match.architecture == "timm/deit_tiny_patch16_224"


def test_without_timm_the_sentence_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = next(e for e in architecture_index._entries() if e.name == "vit_tiny_patch16_224")
    monkeypatch.setattr(timm_nets, "installed_version", lambda: "")
    monkeypatch.setattr(architecture_index, "find_exact", lambda shapes: [entry])
    with pytest.raises(UnknownNetwork, match="vit_tiny_patch16_224, a network of timm, which is"):
        recognize({"a.weight": torch.empty(1)})
    with pytest.raises(UnknownNetwork, match="not installed; install timm"):
        dnnvis.open("timm/resnet18")


@pytest.mark.parametrize("layers", [[1, 1, 1, 1], [2, 1, 3, 1]])
def test_a_resnet_of_ones_own_depth_is_read_from_its_weights(
    layers: list[int], tmp_path: Path
) -> None:
    block = torchvision.models.resnet.BasicBlock
    module = torchvision.models.ResNet(block, layers, num_classes=4).eval()
    torch.save(module.state_dict(), tmp_path / "w.pt")
    network = dnnvis.open(str(tmp_path / "w.pt"), size=64)
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network.module(picture), module(picture))
    assert any(f"ResNet in other sizes (layers {layers}" in note for note in network.notes)


def test_a_gray_network_is_read_from_its_weights(tmp_path: Path) -> None:
    module = torchvision.models.squeezenet1_1(num_classes=6).eval()
    module.features[0] = nn.Conv2d(1, 64, 3, stride=2)
    torch.save(module.state_dict(), tmp_path / "w.pt")
    network = dnnvis.open(str(tmp_path / "w.pt"), size=64)
    assert network.card.channels == 1
    assert network.preprocessing.origins["channels"] == "file"
    picture = torch.rand(1, 1, 64, 64)
    with torch.no_grad():
        assert torch.equal(network.module(picture), module(picture))


@pytest.mark.parametrize(
    ("builder", "arguments"),
    [
        ("ResNet", {"layers": [1, 2, 1, 1], "groups": 32, "width_per_group": 4}),
        ("ResNet", {"layers": [1, 1, 1, 1], "width_per_group": 128}),
        ("VisionTransformer", {"image_size": 48, "patch_size": 8, "num_layers": 3,
                               "num_heads": 2, "hidden_dim": 128, "mlp_dim": 200}),
        ("mobilenet_v2", {"width_mult": 0.5}),
        ("mobilenet_v3_small", {"width_mult": 0.75}),
    ],
    ids=str,
)  # fmt: skip
def test_widths_of_torchvisions_families(builder: str, arguments: dict[str, Any]) -> None:
    own = {"block": torchvision.models.resnet.Bottleneck} if builder == "ResNet" else {}
    state = meta_state(getattr(torchvision.models, builder), num_classes=7, **own, **arguments)
    match = recognize(state)
    assert (match.architecture, match.classes) == (builder, 7)
    assert match.arguments.items() >= arguments.items()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vit_base_patch16_224", {"embed_dim": 128, "depth": 5, "num_heads": 2, "img_size": 96}),
        ("convnext_tiny", {"depths": [1, 2, 3, 1], "dims": [16, 32, 48, 64]}),
        ("swin_tiny_patch4_window7_224", {"embed_dim": 32, "depths": [1, 1, 2, 1],
                                          "num_heads": [1, 2, 4, 8]}),
        ("resnet50d", {"in_chans": 1}),
    ],
    ids=str,
)  # fmt: skip
def test_widths_of_timms_families(name: str, arguments: dict[str, Any]) -> None:
    match = recognize(timm_state(name, num_classes=3, **arguments))
    assert match.architecture.startswith("timm/")
    assert match.classes == 3
    assert match.arguments.items() >= arguments.items()


def test_weights_of_timm_open_with_its_preprocessing(tmp_path: Path) -> None:
    timm = pytest.importorskip("timm", reason="timm is not installed")
    module = timm.create_model("convnext_atto", num_classes=1000).eval()
    torch.save(module.state_dict(), tmp_path / "w.pt")
    network = dnnvis.open(str(tmp_path / "w.pt"), size=64)
    preprocessing = network.preprocessing
    assert (preprocessing.origin, preprocessing.interpolation) == ("module", "bicubic")
    assert preprocessing.crop == module.pretrained_cfg["crop_pct"]
    assert network.card.labels[0] == "tench"
    assert any("ImageNet's names are assumed" in note for note in network.notes)
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network.module(picture), module(picture))
    named = dnnvis.open("timm/convnext_atto", checkpoint=str(tmp_path / "w.pt"), size=64)
    assert named.fingerprint == network.fingerprint


def test_one_level_more_in_all_names_is_left_out_and_said(tmp_path: Path) -> None:
    module = torchvision.models.squeezenet1_1(num_classes=4).eval()
    state = {f"student.{key}": value for key, value in module.state_dict().items()}
    torch.save(state, tmp_path / "w.pt")
    network = dnnvis.open(str(tmp_path / "w.pt"), size=64)
    assert any("one level more ('student.')" in note for note in network.notes)
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(network.module(picture), module(picture))


def test_the_index_is_of_the_torchvision_that_is_installed() -> None:
    """Where this fails: python -m dnnvis.zoo.architecture_index, with timm installed."""
    module = import_module("dnnvis.zoo.torchvision_nets")
    listed = {entry.name for entry in architecture_index._entries() if entry.library != "timm"}
    assert set(module.names()) <= listed


def test_digests_are_of_names_and_shapes() -> None:
    shapes = {"a.0.weight": (3, 4), "a.0.num_batches_tracked": (), "b.bias": (3,)}
    plain = architecture_index.without_counters(shapes)
    assert sorted(plain) == ["a.0.weight", "b.bias"]
    digest = architecture_index.digest_pattern(plain)
    assert digest == architecture_index.digest_pattern(["a.17.weight", "b.bias"])
    assert digest != architecture_index.digest_names(plain)
