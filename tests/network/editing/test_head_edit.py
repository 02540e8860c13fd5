"""Attention heads, switched off: against columns of the projection that follows, set to zero."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from helpers.attention_networks import (
    HEADS,
    WIDTH,
    Attention,
    RootAttention,
    SelfMultihead,
    SoftmaxModule,
    TokenNetwork,
    WindowNetwork,
    by_baddbmm,
    by_bmm,
    by_einsum,
    by_softmax,
)

NETWORKS = {
    "sdpa": (lambda: TokenNetwork(Attention(F.scaled_dot_product_attention)), "attn.proj"),
    "softmax": (lambda: TokenNetwork(Attention(by_softmax)), "attn.proj"),
    "module": (lambda: TokenNetwork(Attention(SoftmaxModule())), "attn.proj"),
    "einsum": (lambda: TokenNetwork(Attention(by_einsum)), "attn.proj"),
    "bmm": (lambda: TokenNetwork(Attention(by_bmm)), "attn.proj"),
    "baddbmm": (lambda: TokenNetwork(Attention(by_baddbmm)), "attn.proj"),
    "multihead": (lambda: TokenNetwork(SelfMultihead()), "attn.mha.out_proj"),
    "multihead weights": (
        lambda: TokenNetwork(SelfMultihead(need_weights=True)),
        "attn.mha.out_proj",
    ),
    "root": (RootAttention, "head"),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("records_heads", [False, True])
def test_equal_to_zeros_in_the_projection(name: str, records_heads: bool) -> None:
    build, projection = NETWORKS[name]
    torch.manual_seed(0)
    net = dnnvis.wrap(build().eval(), size=16)
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    row = next(iter(net.table.heads))
    layers = ["output", row] if records_heads else ["output"]
    plain = net.record(images, layers)
    with net.edited(f"{row}[1] = 0", f"{row}[2] *= 0.5"):
        edited = net.record(images, layers)
        again = net.record(images, layers)
        assert not net.edits.missed
    weight = net.module.get_submodule(projection).weight
    width = WIDTH // HEADS
    original = weight.clone()
    with torch.no_grad():
        weight[:, width : 2 * width] = 0
        weight[:, 2 * width :] *= 0.5
        expected = net.record(images, layers)
        weight.copy_(original)
    np.testing.assert_allclose(edited["output"], expected["output"], atol=2e-6)
    np.testing.assert_array_equal(edited["output"], again["output"])
    assert np.abs(edited["output"] - plain["output"]).max() > 1e-4
    after = net.record(images, layers)
    np.testing.assert_array_equal(after["output"], plain["output"])
    if records_heads:  # the weights on show stay what was computed
        np.testing.assert_allclose(edited[row], plain[row], atol=1e-6)


@pytest.mark.parametrize("heads_first", [False, True])
def test_heads_of_windows(heads_first: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    net = dnnvis.wrap(WindowNetwork(heads_first=heads_first).eval(), size=16)
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3), np.uint8)
    row = next(iter(net.table.heads))
    plain = net.record(images, ["output"])["output"]
    with net.edited(f"{row}[1] = 0"):
        edited = net.record(images, ["output"])["output"]
    attend = F.scaled_dot_product_attention

    def without_a_head(*args: Any, **kwargs: Any) -> Tensor:
        result: Tensor = attend(*args, **kwargs)  # (.., heads, .., 4, features)
        return result.index_fill(1, torch.tensor([1]), 0)

    monkeypatch.setattr(F, "scaled_dot_product_attention", without_a_head)
    expected = net.record(images, ["output"])["output"]
    np.testing.assert_array_equal(edited, expected)
    assert np.abs(edited - plain).max() > 1e-4


def test_a_head_of_a_torchvision_transformer() -> None:
    import torchvision

    torch.manual_seed(0)
    net = dnnvis.wrap(torchvision.models.vit_b_32(num_classes=5, image_size=64), size=64)
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    row = list(net.table.heads)[3]
    module = net.module.get_submodule(net.table.heads[row].module)
    assert isinstance(module, nn.MultiheadAttention)
    inside = "encoder.layers.encoder_layer_3"
    with net.edited(f"{row}[4] = 0"):
        edited = net.record(image, [inside])
    width = module.head_dim
    with torch.no_grad():
        module.out_proj.weight[:, 4 * width : 5 * width] = 0
    expected = net.record(image, [inside])
    np.testing.assert_allclose(edited[inside], expected[inside], atol=1e-5)


def test_only_off_and_factors_are_for_heads() -> None:
    net = dnnvis.wrap(TokenNetwork(Attention(by_softmax)).eval(), size=16)
    row = next(iter(net.table.heads))
    for text in (f"{row}[0] = mean", f"{row}[0] = 2", f"{row}[0]@0,0 = 0", f"{row}[0] <-> [1]"):
        with pytest.raises(dnnvis.BadInput, match="head"), net.edited(text):
            pass
