"""Weights of every form of attention, against the equation and against torch's own."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.network.attention.heads import (
    observe_heads,
)
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from helpers.attention_networks import (
    GRID,
    HEADS,
    ROW,
    TOKENS,
    TOLERANCE,
    WIDTH,
    Attention,
    Deep,
    OwnMultihead,
    SelfMultihead,
    by_baddbmm,
    by_bmm,
    by_einsum,
    by_softmax,
    cut_windows,
    far,
    heads_of,
    inside,
    network,
    oracle,
    picture,
    pictures,
    small_swin,
    softmax_weights,
    wrapped,
)

CAUSAL = np.where(np.tri(TOKENS, dtype=bool), 0, -np.inf)
BLOCKED = np.random.default_rng(3).random((TOKENS, TOKENS)) < 0.3
BLOCKED[5] = True  # this query may see no key
BIAS = np.random.default_rng(4).normal(size=(TOKENS, TOKENS))
FORMS: dict[str, tuple[Callable[..., Tensor], dict[str, Any]]] = {
    "fused": (F.scaled_dot_product_attention, {}),
    "fused, causal": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        {"mask": CAUSAL},
    ),
    "fused, boolean mask": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, torch.tensor(~BLOCKED)),
        {"mask": np.where(BLOCKED, -np.inf, 0)},
    ),
    "fused, added mask": (
        lambda q, k, v: F.scaled_dot_product_attention(
            q, k, v, attn_mask=torch.tensor(BIAS).float()
        ),
        {"mask": BIAS},
    ),
    "fused, scale": (
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.9),
        {"scale": 0.9},
    ),
    "softmax": (by_softmax, {}),
    "einsum": (by_einsum, {}),
    "bmm": (by_bmm, {}),
    "baddbmm": (by_baddbmm, {}),
}


@pytest.mark.parametrize("form", FORMS)
def test_weights_are_those_of_the_equation(form: str) -> None:
    attend, options = FORMS[form]
    net, image = network(Attention(attend)), picture()
    weights = net.record(image, [ROW]).attention(ROW)
    assert weights.shape == (HEADS, TOKENS, TOKENS)
    assert far(weights, oracle(net, image, **options)) <= TOLERANCE


def test_heads_of_queries_that_share_keys() -> None:
    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(q, k, v, enable_gqa=True)

    net, image = network(Attention(attend, key_heads=1)), picture()
    row = net.layer(ROW)
    assert row.shape == (HEADS, GRID, GRID)
    assert far(net.record(image, [ROW]).attention(ROW), oracle(net, image, 1)) <= TOLERANCE


def multihead_oracle(net: Network, image: np.ndarray, module: Any, mask: Any = None) -> np.ndarray:
    """The weights of ``nn.MultiheadAttention`` on what the norm returns, by hand."""
    (tokens,) = inside(net.module, net.encode(image), "norm")
    projected = tokens[0].double() @ module.in_proj_weight.double().T
    if module.in_proj_bias is not None:
        projected = projected + module.in_proj_bias.double()
    q, k, _ = projected[None].chunk(3, -1)
    return softmax_weights(heads_of(q), heads_of(k), mask)


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"batch_first": False},
        {"need_weights": True},
        {"attn_mask": torch.tensor(BLOCKED & ~np.eye(TOKENS, dtype=bool))},
        {"attn_mask": torch.tensor(BIAS).float()},
        {"bias": False},
    ],
    ids=["fast", "tokens first", "need_weights", "boolean mask", "added mask", "no bias"],
)
def test_weights_of_torchs_module(options: dict[str, Any], gradients: bool) -> None:
    net, image, row = network(SelfMultihead(**options)), picture(), "attn.mha.heads"
    mask = options.get("attn_mask")
    if mask is not None:
        mask = np.where(mask, -np.inf, 0) if mask.dtype == torch.bool else mask.numpy()
    expected = multihead_oracle(net, image, net.module.attn.mha, mask)
    recording = net.run(net.encode(image), [row], gradients=gradients)
    assert net.layer(row).shape == (HEADS, GRID, GRID)
    assert far(recording.attention(row), expected) <= TOLERANCE
    batch = net.record(pictures(3), [row])
    assert far(batch.attention(row)[0], expected) <= TOLERANCE


def test_weights_of_a_module_made_of_torchs() -> None:
    net, image = network(OwnMultihead()), picture()
    expected = multihead_oracle(net, image, net.module.attn)
    assert far(net.record(image, [ROW]).attention(ROW), expected) <= TOLERANCE


def test_keys_that_torchs_module_adds_are_read_and_have_no_position() -> None:
    net, image = network(SelfMultihead(add_zero_attn=True, add_bias_kv=True)), picture()
    row = "attn.mha.heads"
    weights = net.record(image, [row]).attention(row)
    assert weights.shape == (HEADS, TOKENS, TOKENS + 2)
    assert np.allclose(weights.sum(-1), 1, atol=1e-5)
    assert net.layer(row).shape == (HEADS, GRID, GRID)
    maps = net.record(image, [row])[row][0]
    assert np.allclose(maps.reshape(HEADS, -1), weights[:, :, 1:TOKENS].mean(1), atol=1e-6)


@pytest.mark.parametrize("gradients", [False, True])
def test_heads_of_torchs_encoder_layer(gradients: bool) -> None:
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 24, batch_first=True)
    net, image = network(layer), picture()
    row = "attn.self_attn.heads"
    recording = net.run(net.encode(image), [row], gradients=gradients)
    (tokens,) = inside(net.module, net.encode(image), "norm")
    _, expected = net.module.attn.self_attn(
        tokens, tokens, tokens, need_weights=True, average_attn_weights=False
    )
    assert far(recording.attention(row), expected[0]) <= TOLERANCE


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("attn", ["fused", "softmax", "torch", "tokens first", "encoder"])
def test_the_networks_own_values_stay_bit_for_bit(attn: str, gradients: bool) -> None:
    modules: dict[str, Callable[[], nn.Module]] = {
        "fused": lambda: Attention(F.scaled_dot_product_attention),
        "softmax": lambda: Attention(by_softmax),
        "torch": SelfMultihead,
        "tokens first": lambda: SelfMultihead(batch_first=False),
        "encoder": lambda: nn.TransformerEncoderLayer(WIDTH, HEADS, 24, batch_first=True),
    }
    net = network(modules[attn]())
    rows = [row.name for row in net.layers if row.kind == "attention heads"]
    x = net.encode(pictures(3))
    others = ["norm", "attn", "head"]
    plain = net.run(x, others, gradients=gradients)
    watched = net.run(x, [*others, *rows], gradients=gradients)
    for name in others:
        assert torch.equal(plain.tensor(name), watched.tensor(name))
    assert torch.equal(plain.result, watched.result)  # type: ignore[arg-type]
    assert count_hooks(net.module) == 0
    assert not torch._C._is_torch_function_all_disabled()
    if attn != "encoder":  # whose layer leaves its kernel wherever a hook is on
        with torch.inference_mode(not gradients):
            assert torch.equal(net.forward(x), watched.result)  # type: ignore[arg-type]


def test_two_observers_of_one_pass_see_the_same_weights() -> None:
    net, image = network(SelfMultihead()), picture()
    row, seen = "attn.mha.heads", []
    with observe_heads(net.module, net.table.heads, [row], lambda name, w: seen.append(w)):
        recording = net.record(image, [row])
    assert len(seen) == recording.count(row) == 1
    assert torch.equal(seen[0], recording.hooks[row].values[0])
    assert not torch._C._is_torch_function_all_disabled()
    deep = network(Deep())
    rows, names = [f"attn.layers.{k}.heads" for k in range(3)], []
    with observe_heads(deep.module, deep.table.heads, rows, lambda name, w: names.append(name)):
        recording = deep.record(image, rows)
    assert {recording.count(row) for row in rows} == {1}
    assert names == rows


def small_vit() -> nn.Module:
    return torchvision.models.VisionTransformer(
        image_size=32, patch_size=8, num_layers=2, num_heads=4, hidden_dim=32, mlp_dim=48
    )


def test_torchvisions_transformer() -> None:
    net, image = wrapped(small_vit(), 32), picture(32)
    rows = [row for row in net.layers if row.kind == "attention heads"]
    assert [row.name for row in rows] == [
        f"encoder.layers.encoder_layer_{k}.self_attention.heads" for k in range(2)
    ]
    assert {row.shape for row in rows} == {(4, 4, 4)}
    recording = net.record(image, [row.name for row in rows])
    for row in rows:
        block = row.name.removesuffix(".self_attention.heads")
        (tokens,) = inside(net.module, net.encode(image), f"{block}.ln_1")
        attention = net.module.get_submodule(row.part_of)
        expected = attention(tokens, tokens, tokens, average_attn_weights=False)[1][0].numpy()
        assert far(recording.attention(row.name), expected) <= TOLERANCE
        assert far(recording[row.name][0], expected[:, 0, 1:].reshape(4, 4, 4)) <= TOLERANCE


def test_torchvisions_windows_have_the_weights_of_their_softmax() -> None:
    torch.manual_seed(0)
    net, image = wrapped(small_swin(), 16), picture(16)
    row = "features.1.0.attn.heads"
    attention = net.module.features[1][0].attn
    (tokens,) = inside(net.module, net.encode(image), "features.1.0.norm1")
    windows = cut_windows(tokens, 0, 4)[0]  # (windows, 16, C)
    q, k, _ = attention.qkv(windows).chunk(3, -1)
    bias = attention.get_relative_position_bias()[0].numpy()
    weights = net.record(image, [row]).attention(row)
    for n in range(4):
        for head in range(3):
            part = [heads_of(value[n : n + 1])[head : head + 1] for value in (q, k)]
            assert far(weights[n, head], softmax_weights(*part, bias[head])[0]) <= TOLERANCE
