"""Attention heads of timm's and transformers' networks, against the libraries' own weights."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.network.network import Network

SIZE = 64
TIMM: dict[str, dict[str, Any]] = {
    "vit_tiny_patch16_224": {"img_size": SIZE},
    "deit_tiny_distilled_patch16_224": {"img_size": SIZE},
    "vit_small_patch14_reg4_dinov2": {"img_size": 56},
    "beit_base_patch16_224": {"img_size": SIZE, "depth": 2, "embed_dim": 48, "num_heads": 3},
    "eva02_tiny_patch14_224": {"img_size": 56},
    "swin_tiny_patch4_window7_224": {"img_size": 56},
    "pvt_v2_b0": {},
    "twins_svt_small": {},
    "maxvit_rmlp_pico_rw_256": {"img_size": SIZE},
}
HEADS = "attention heads"


def picture(size: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (size, size, 3), dtype=np.uint8)


def rows_of(net: Network) -> list[str]:
    return [row.name for row in net.layers if row.kind == HEADS]


def far(actual: np.ndarray, expected: np.ndarray) -> float:
    assert actual.shape == expected.shape
    return float(np.abs(actual - expected).max() / np.abs(expected).max())


def set_fused(module: nn.Module, fused: bool) -> None:
    for part in module.modules():
        if hasattr(part, "fused_attn"):
            part.fused_attn = fused


def softmaxes(module: nn.Module, x: Tensor) -> list[np.ndarray]:
    """Every softmax over the last axis in one pass, caught where torch computes it."""
    seen: list[np.ndarray] = []
    plain = Tensor.softmax

    def catch(value: Tensor, dim: int, dtype: Any = None) -> Tensor:
        result = plain(value, dim) if dtype is None else plain(value, dim, dtype=dtype)
        seen.append(result.detach().numpy().copy())
        return result

    with pytest.MonkeyPatch.context() as patch, torch.no_grad():
        patch.setattr(Tensor, "softmax", catch)
        module(x)
    return seen


@pytest.mark.parametrize("name", TIMM)
def test_heads_of_timm_are_those_of_its_unfused_path(name: str) -> None:
    timm = pytest.importorskip("timm", reason="timm is not installed")
    torch.manual_seed(0)
    size = TIMM[name].get("img_size", SIZE)
    net = dnnvis.wrap(timm.create_model(name, **TIMM[name]), size=size)
    image = picture(size)
    set_fused(net.module, True)
    rows = rows_of(net)
    recording = net.record(image, rows)
    set_fused(net.module, False)
    expected = softmaxes(net.module, net.encode(image))
    weights = [w for row in rows for w in recording.hooks[row].values]
    assert len(weights) == len(expected) > 0
    for ours, theirs in zip(weights, expected, strict=True):
        assert far(ours.numpy(), theirs) <= 1e-5
    set_fused(net.module, True)


def test_registers_and_windows_of_timm_are_no_positions() -> None:
    timm = pytest.importorskip("timm", reason="timm is not installed")
    vit = dnnvis.wrap(timm.create_model("vit_tiny_patch16_224", img_size=SIZE), size=SIZE)
    assert vit.layer(rows_of(vit)[0]).shape == (3, 4, 4)


TRANSFORMERS = ("ViT", "DeiT", "Dinov2", "Dinov2WithRegisters", "CLIPVision", "SiglipVision")


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_heads_of_transformers_are_those_of_its_eager_path(name: str) -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    options = {
        "image_size": 32,
        "patch_size": 8,
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 32,
    }

    def build(path: str) -> Any:
        torch.manual_seed(0)
        config = getattr(transformers, f"{name}Config")(**options)
        model = getattr(transformers, f"{name}Model")
        return model._from_config(config, attn_implementation=path).eval()

    image = picture(32)
    for path in ("sdpa", "eager"):
        net = dnnvis.wrap(build(path), size=32)
        rows = rows_of(net)[:2]  # Siglip pools by one more
        recording = net.record(image, rows)
        with torch.no_grad():
            expected = build("eager")(net.encode(image), output_attentions=True).attentions
        for row, weights in zip(rows, expected, strict=True):
            assert far(recording.attention(row), weights[0].numpy()) <= 1e-5


def test_windows_of_transformers_are_those_of_its_eager_path() -> None:
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    config = transformers.SwinConfig(
        image_size=32, patch_size=2, embed_dim=12, depths=[2, 2], num_heads=[2, 3], window_size=4
    )
    model = transformers.SwinModel._from_config(config, attn_implementation="eager").eval()
    net = dnnvis.wrap(model, size=32)
    rows = rows_of(net)
    assert len(rows) == 4
    recording = net.record(picture(32), rows)
    with torch.no_grad():
        expected = model(net.encode(picture(32)), output_attentions=True).attentions
    for weights in expected:
        same = [row for row in rows if recording.attention(row).shape == weights.shape]
        assert min(far(recording.attention(row), weights.numpy()) for row in same) <= 1e-5
