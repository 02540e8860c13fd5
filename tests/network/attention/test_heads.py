"""Attention heads are units: their weights are those of the unfused path, whatever path runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from dnnvis import Library
from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.unit import Unit
from dnnvis.introspect.map import architecture_digest
from dnnvis.library.scan.scan import scan
from dnnvis.network.attention.calls import sdpa_weights
from dnnvis.network.attention.finder import find_layout
from dnnvis.network.attention.heads import (
    map_of_query,
    mean_over_queries,
    observe_heads,
    rollout,
)
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.sources.opencv import opencv
from helpers.attention_networks import (
    GRID,
    HEADS,
    WIDTH,
    Attention,
    ChannelAttention,
    Deep,
    MaskedPooling,
    OwnMultihead,
    RootAttention,
    SelfMultihead,
    SoftmaxModule,
    TokenNetwork,
    WindowNetwork,
    by_baddbmm,
    by_bmm,
    by_einsum,
    by_softmax,
    cut_windows,
    heads_of,
    inside,
    softmax_weights,
)

SIZE = 4 * GRID
ROW = "attn.heads"
TOKENS = GRID * GRID + 1
TOLERANCE = 1e-5


def wrapped(module: nn.Module, size: int = SIZE) -> Network:
    return dnnvis.wrap(module, size=size)


def network(attn: nn.Module, leading: int = 1) -> Network:
    torch.manual_seed(0)
    return wrapped(seeded(TokenNetwork(attn, leading)))


def seeded(module: nn.Module) -> nn.Module:
    """Weights large enough that heads differ."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for value in module.parameters():
            value.copy_(torch.randn(value.shape, generator=generator) * value.shape[-1] ** -0.5 * 2)
    return module


def picture(size: int = SIZE, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)


def pictures(count: int, size: int = SIZE) -> np.ndarray:
    return np.stack([picture(size, k) for k in range(count)])


def far(actual: Any, expected: Any) -> float:
    actual, expected = np.asarray(actual, np.float64), np.asarray(expected, np.float64)
    assert actual.shape == expected.shape
    return float(np.abs(actual - expected).max() / np.abs(expected).max())


def oracle(net: Network, image: np.ndarray, key_heads: int = HEADS, **options: Any) -> np.ndarray:
    """The weights of ``Attention``, from what its linear layers return, by hand."""
    q, k = inside(net.module, net.encode(image), "attn.q", "attn.k")
    keys = np.repeat(heads_of(k, key_heads), HEADS // key_heads, 0)
    return softmax_weights(heads_of(q), keys, **options)


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


def test_a_query_of_its_own_attends_to_other_tokens() -> None:
    net, image = network(MaskedPooling()), picture()
    row = "attn.attn.heads"
    weights = net.record(image, [row]).attention(row)
    q, k = inside(net.module, net.encode(image), "attn.attn.q", "attn.attn.k")
    assert far(weights, softmax_weights(heads_of(q), heads_of(k))) <= TOLERANCE
    assert net.layer(row).shape == (HEADS, GRID, GRID)
    assert far(net.record(image, [row])[row][0].reshape(HEADS, -1), weights[:, 0, 1:]) <= TOLERANCE


def test_the_row_stands_behind_its_module_and_says_what_it_is() -> None:
    net = network(Attention(F.scaled_dot_product_attention))
    names = [row.name for row in net.layers]
    assert names[names.index("attn") + 1] == ROW
    row = net.layer(ROW)
    assert (row.kind, row.part_of, row.calls, row.parameters) == ("attention heads", "attn", 1, 0)
    assert row.shape == (HEADS, GRID, GRID)
    assert net.check(Unit.parse(f"{ROW}[2]@3,1")).name == ROW
    with pytest.raises(UnknownUnit, match="channels 0 to 2"):
        net.check(Unit(ROW, 3))


def test_a_softmax_that_is_a_module_belongs_to_the_module_around_it() -> None:
    net, image = network(Attention(SoftmaxModule())), picture()
    row = "attn.attend.heads"
    assert [r.name for r in net.layers if r.kind == "attention heads"] == [row]
    assert far(net.record(image, [row]).attention(row), oracle(net, image)) <= TOLERANCE


def test_a_network_that_attends_in_its_own_forward_has_heads() -> None:
    net = wrapped(seeded(RootAttention()))
    row = net.layer("heads")
    assert (row.part_of, row.shape) == ("output", (HEADS, GRID, GRID))
    assert [r.name for r in net.layers][-2:] == ["heads", "output"]
    recording = net.record(picture(), ["heads"])
    (tokens,) = inside(net.module, net.encode(picture()), "embed")
    q = heads_of(tokens.flatten(2).transpose(1, 2))
    assert far(recording.attention("heads"), softmax_weights(q, q)) <= TOLERANCE
    assert net.run(net.encode(picture()), ["heads"], until=("heads", 1)).result is not None


def test_a_module_that_has_a_part_called_heads_keeps_it() -> None:
    class Named(Attention):
        def __init__(self) -> None:
            super().__init__(F.scaled_dot_product_attention)
            self.heads = nn.Identity()

        def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
            return self.heads(super().forward(tokens, context))

    net = network(Named())
    assert net.layer("attn.heads").kind == "Identity"
    assert net.layer("attn.attention_heads").kind == "attention heads"


def test_a_module_that_attends_twice_has_two_calls() -> None:
    class Twice(Attention):
        def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
            return super().forward(super().forward(tokens))

    net, image = network(Twice(F.scaled_dot_product_attention)), picture()
    assert net.layer(ROW).calls == 2
    recording = net.record(image, [ROW])
    assert far(recording.attention(ROW, 1), oracle(net, image)) <= TOLERANCE
    assert far(recording.attention(ROW, 0), oracle(net, image)) > 0.01
    with pytest.raises(UnknownUnit, match="called 2 times"):
        recording.attention(ROW, 2)
    stopped = net.run(net.encode(image), [ROW], until=(ROW, 1))
    assert stopped.result is None
    assert stopped.count(ROW) == 2  # the module is never stopped half-way


@pytest.mark.parametrize("leading", [0, 1])
def test_a_map_shows_the_class_token_or_else_the_mean(leading: int) -> None:
    net, image = network(Attention(F.scaled_dot_product_attention), leading), picture()
    recording = net.record(image, [ROW])
    weights = recording.attention(ROW)
    shown = weights[:, 0, 1:] if leading else weights.mean(1)
    assert far(recording[ROW][0], shown.reshape(HEADS, GRID, GRID)) <= TOLERANCE
    text = "attention from the class token" if leading else "attention averaged over all queries"
    assert recording.describe(ROW) == text


def test_any_query_can_be_shown() -> None:
    net, image = network(Attention(F.scaled_dot_product_attention)), picture()
    recording = net.record(image, [ROW])
    weights = recording.attention(ROW)
    for query, expected in (
        ("mean", mean_over_queries(torch.from_numpy(weights)).numpy()),
        ((2, 1), map_of_query(torch.from_numpy(weights), 1 + 2 * GRID + 1).numpy()),
        (None, weights[:, 0]),
        ("class", weights[:, 0]),
    ):
        recording.choose_query(ROW, query)
        maps = recording.tensor(ROW)[0].numpy()
        assert far(maps, expected[:, 1:].reshape(HEADS, GRID, GRID)) <= 1e-6
    recording.choose_query(ROW, (2, 1))
    assert recording.describe(ROW) == "attention from position 2,1"
    with pytest.raises(BadInput, match="lies outside"):
        recording.choose_query(ROW, (GRID, 0))
    with pytest.raises(UnknownUnit, match="not recorded"):
        recording.choose_query("norm", "mean")
    plain = network(Attention(F.scaled_dot_product_attention), 0).record(image, [ROW])
    with pytest.raises(BadInput, match="no class token"):
        plain.choose_query(ROW, "class")


def test_rollout_is_the_product_of_the_layers_with_their_residuals() -> None:
    net, image = network(Deep()), picture()
    rows = [f"attn.layers.{k}.heads" for k in range(3)]
    recording = net.record(image, rows)
    weights = [recording.attention(row).astype(np.float64) for row in rows]
    expected = np.eye(TOKENS)
    for layer in weights:  # Abnar & Zuidema 2020: A_hat = 0.5 A + 0.5 I, from the input up
        step = np.zeros((TOKENS, TOKENS))
        for query in range(TOKENS):
            step[query] = 0.5 * layer[:, query].mean(0)
            step[query, query] += 0.5
        expected = step @ expected
    result = rollout([torch.from_numpy(layer) for layer in weights]).numpy()
    assert far(result, expected) <= 1e-6
    assert np.allclose(result.sum(-1), 1)
    recording.choose_query(rows[2], "rollout")
    maps = recording[rows[2]][0]
    assert far(maps.mean(0), expected[0, 1:].reshape(GRID, GRID)) <= TOLERANCE
    assert recording.describe(rows[2]) == "attention rollout from the class token"
    first = net.record(image, rows[:1])
    first.choose_query(rows[0], "rollout")
    assert far(
        first.attention(rows[0]).mean(0), 0.5 * weights[0].mean(0) + 0.5 * np.eye(TOKENS)
    ) <= (TOLERANCE)
    alone = net.record(image, rows[2:])
    with pytest.raises(UnknownUnit, match="not recorded"):
        alone.choose_query(rows[2], "rollout")


def test_rollout_of_unlike_layers_is_refused() -> None:
    with pytest.raises(BadInput, match="number of tokens"):
        rollout([torch.rand(2, 4, 4), torch.rand(2, 5, 5)])
    with pytest.raises(BadInput, match="number of tokens"):
        rollout([])
    with pytest.raises(BadInput, match="queries that are the keys"):
        rollout([torch.rand(2, 4, 5)])


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


@pytest.mark.parametrize("attn", [F.scaled_dot_product_attention, by_softmax, by_bmm, by_einsum])
def test_a_batch_gives_each_picture_its_own_weights(attn: Callable[..., Tensor]) -> None:
    net, images = network(Attention(attn)), pictures(3)
    batch = net.record(images, [ROW])
    for k in range(3):
        single = net.record(images[k], [ROW])
        assert far(batch.attention(ROW)[k], single.attention(ROW)) <= TOLERANCE
        assert far(batch[ROW][k], single[ROW]) <= TOLERANCE


def test_streaming_reports_what_recording_records() -> None:
    net, images = network(Deep()), pictures(2)
    names = [row.name for row in net.layers]
    recording, seen = net.record(images, names), {}
    net.stream_layers(
        net.encode(images), names, lambda out: seen.update({out.layer: out.value.clone()})
    )
    assert set(seen) == set(names)
    for name in names:
        assert far(seen[name], recording.tensor(name)) <= 1e-6


def test_the_gradient_of_a_head_is_that_of_plain_torch() -> None:
    net, image = network(Attention(F.scaled_dot_product_attention)), picture()
    result = dnnvis.look(net, "gradient", f"{ROW}[1]", image=image)
    x = net.encode(image).requires_grad_()
    module = net.module
    tokens = module.embed(x).flatten(2).transpose(1, 2)
    tokens = module.norm(torch.cat([module.tokens, tokens], 1))
    q, k = (
        part(tokens).reshape(TOKENS, HEADS, -1)[:, 1] for part in (module.attn.q, module.attn.k)
    )
    scores = (q[0] @ k.T) / (WIDTH // HEADS) ** 0.5
    head = (scores.exp() / scores.exp().sum())[1:]
    (expected,) = torch.autograd.grad((head * head.detach()).sum(), x)
    assert far(result.values, expected[0].permute(1, 2, 0)) <= 1e-4


@pytest.mark.parametrize("target", ["attn.heads[0]", "attn.heads[0]@1,2"])
@pytest.mark.parametrize("attend", [F.scaled_dot_product_attention, by_softmax])
def test_a_picture_that_a_head_looks_at_can_be_grown(
    attend: Callable[..., Tensor], target: str
) -> None:
    net = network(Attention(attend))
    gray = np.full((SIZE, SIZE, 3), 128, np.uint8)
    result = dnnvis.look(net, "ascent", target, steps=30)
    image = (np.clip(result.values, 0, 1) * 255).round().astype(np.uint8)
    assert objective_value(net, target, image) > objective_value(net, target, gray)


def test_a_mean_that_is_always_the_same_is_not_grown() -> None:
    net = network(Attention(F.scaled_dot_product_attention), 0)
    maps = net.record(pictures(3), [ROW])[ROW]
    assert np.allclose(maps.mean((-1, -2)), 1 / GRID**2)
    with pytest.raises(BadInput, match="choose a position"):
        dnnvis.look(net, "ascent", f"{ROW}[1]", steps=2)
    for target, options in ((f"{ROW}[1]@2,2", {}), (f"{ROW}[1]", {"statistic": "max"})):
        assert not dnnvis.look(net, "ascent", target, steps=10, **options).error


def test_a_scan_finds_the_pictures_that_a_head_likes(tmp_path: Path) -> None:
    net = network(Deep())
    images = pictures(6)
    for number, image in enumerate(images):
        opencv().imwrite(str(tmp_path / f"{number}.png"), image[:, :, ::-1])
    row = "attn.layers.1.heads"
    scan(net, tmp_path, tmp_path / "library.sqlite", layers=[row, "norm"], workers=1, batch=4)
    values = net.record(images, [row])[row][:, 0, 1].max((-1, -2))
    with Library(tmp_path / "library.sqlite") as library:
        best = library.top(f"{row}[1]", 3)
    assert [one.index for one in best] == list(np.argsort(-values)[:3])
    assert np.allclose([one.value for one in best], np.sort(values)[::-1][:3], atol=1e-6)


def objective_value(net: Network, target: str, image: np.ndarray) -> float:
    unit = Unit.parse(target)
    maps = net.record(image, [unit.layer])[unit.layer][0][unit.channel]
    return float(maps.mean() if unit.position is None else maps[unit.position])


def test_what_is_not_asked_for_costs_nothing_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, image = network(Attention(F.scaled_dot_product_attention)), picture()
    net.layers  # noqa: B018 - the dry run
    calls = []

    def counted(*args: Any, **kwargs: Any) -> Tensor:
        calls.append(1)
        return sdpa_weights(*args, **kwargs)

    monkeypatch.setattr("dnnvis.network.attention.calls.sdpa_weights", counted)
    net.record(image, ["attn", "norm"])
    assert not calls
    net.record(image, [ROW])
    assert len(calls) == 1
    assert torch.overrides._get_current_function_mode_stack() == []


def test_a_pass_that_fails_leaves_nothing_behind() -> None:
    class Failing(Attention):
        fail = False

        def forward(self, tokens: Tensor, context: Tensor | None = None) -> Tensor:
            if self.fail:
                raise RuntimeError("broken")
            return super().forward(tokens, context)

    net = network(Failing(F.scaled_dot_product_attention))
    net.layers  # noqa: B018 - the dry run
    net.module.attn.fail = True
    with pytest.raises(BadInput, match="broken"):
        net.record(picture(), [ROW])
    assert count_hooks(net.module) == 0
    assert torch.overrides._get_current_function_mode_stack() == []


def test_channels_that_attend_to_channels_are_a_list() -> None:
    net = network(ChannelAttention(), 0)
    assert net.layer(ROW).shape == (HEADS, WIDTH // HEADS, 1)
    assert "positions not known" in net.record(picture(), [ROW]).describe(ROW)


def test_channels_are_a_list_even_where_they_are_as_many_as_positions() -> None:
    class Square(ChannelAttention):
        def __init__(self) -> None:
            super().__init__()
            self.up, self.down = nn.Linear(WIDTH, HEADS * 16), nn.Linear(HEADS * 16, WIDTH)
            self.qkv = nn.Linear(HEADS * 16, 3 * HEADS * 16)

        def forward(self, tokens: Tensor) -> Tensor:
            return self.down(super().forward(self.up(tokens)))

    net = network(Square(), 0)  # 16 channels a head, 16 positions
    assert net.layer(ROW).shape == (HEADS, 16, 1)


def test_linear_attention_and_gates_have_no_heads() -> None:
    class Linear(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.qkv = nn.Linear(WIDTH, 3 * WIDTH)

        def forward(self, tokens: Tensor) -> Tensor:
            q, k, v = self.qkv(tokens).chunk(3, -1)
            values = F.softmax(q, dim=-1) @ (F.softmax(k, dim=-2).mT @ v)
            return values * F.softmax(values, dim=-1)

    net = network(Linear())
    assert [row.name for row in net.layers if row.kind == "attention heads"] == []


@pytest.mark.parametrize("shift", [0, 1])
@pytest.mark.parametrize("heads_first", [False, True])
def test_windows_are_put_back_in_their_position(shift: int, heads_first: bool) -> None:
    net, image = wrapped(seeded(WindowNetwork(shift, heads_first))), picture()
    row = net.layer("heads")
    assert row.shape == (HEADS, GRID, GRID)
    recording = net.record(image, ["heads"])
    weights = recording.attention("heads")  # (windows, heads, 4, 4)
    (maps,) = inside(net.module, net.encode(image), "embed")
    q, k, _ = net.module.qkv(cut_windows(maps.permute(0, 2, 3, 1), shift)).chunk(3, -1)
    expected = np.zeros((HEADS, GRID, GRID))
    queries = np.zeros((HEADS, GRID, GRID))  # what the query at 1,2 attends to
    positions = torch.stack(
        torch.meshgrid(torch.arange(GRID), torch.arange(GRID), indexing="ij"), -1
    )
    windows = cut_windows(positions[None], shift)[0].tolist()  # (windows, 4, 2)
    for n, window in enumerate(windows):
        by_hand = softmax_weights(heads_of(q[:, n]), heads_of(k[:, n]))
        assert far(weights[n], by_hand) <= TOLERANCE
        for m, (y, x) in enumerate(window):
            expected[:, y, x] = by_hand[:, :, m].mean(1)
            if [1, 2] in window:
                queries[:, y, x] = by_hand[:, window.index([1, 2]), m]
    assert far(recording["heads"][0], expected) <= TOLERANCE
    assert recording.describe("heads") == "attention averaged over the queries of each window"
    recording.choose_query("heads", (1, 2))
    assert far(recording["heads"][0], queries) <= TOLERANCE
    with pytest.raises(BadInput, match="no rollout"):
        recording.choose_query("heads", "rollout")
    batch = net.record(pictures(2), ["heads"])
    assert far(batch.attention("heads")[0], weights) <= TOLERANCE


def test_the_axis_of_heads_is_told_from_that_of_windows() -> None:
    windows_first = torch.rand(4, 3, 5, 5)
    assert (find_layout(windows_first).heads, find_layout(windows_first).windows) == (3, 4)
    heads_first = torch.rand(1, 3, 4, 5, 5)
    layout = find_layout(heads_first, count=3)
    assert (layout.heads, layout.windows, layout.head_axis) == (3, 4, -4)
    assert find_layout(heads_first, axis=-4, count=None).heads == 3
    assert find_layout(heads_first).heads == 4  # nothing speaks against it
    single = find_layout(torch.rand(1, 1, 4, 5, 5), count=1)
    assert (single.heads, single.windows) == (1, 4)
    merged = find_layout(torch.rand(12, 5, 5), count=3)
    assert (merged.heads, merged.windows) == (3, 4)
    weights = torch.rand(2, 3, 4, 5, 5)  # two pictures
    assert torch.equal(layout.split(weights, 2), weights.transpose(1, 2))


def test_heads_do_not_make_a_stored_map_another_networks() -> None:
    net = network(Attention(F.scaled_dot_product_attention))
    digest = architecture_digest(net)
    net._table = type(net.table)(
        tuple(row for row in net.layers if row.name != ROW), net.table.layouts
    )
    assert architecture_digest(net) == digest


def small_vit() -> nn.Module:
    return torchvision.models.VisionTransformer(
        image_size=32, patch_size=8, num_layers=2, num_heads=4, hidden_dim=32, mlp_dim=48
    )


def small_swin() -> nn.Module:
    return torchvision.models.SwinTransformer(
        patch_size=[2, 2],
        embed_dim=24,
        depths=[2, 2],
        num_heads=[3, 6],
        window_size=[4, 4],
        num_classes=5,
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


def test_torchvisions_windows_come_back_to_their_position_shift_included() -> None:
    torch.manual_seed(0)
    net, image = wrapped(small_swin(), 16), picture(16)
    rows = {row.name: row for row in net.layers if row.kind == "attention heads"}
    plain, shifted = "features.1.0.attn.heads", "features.1.1.attn.heads"
    assert rows[plain].shape == rows[shifted].shape == (3, 8, 8)
    assert rows["features.3.0.attn.heads"].shape == (6, 4, 4)
    recording = net.record(image, list(rows))
    positions = torch.stack(torch.meshgrid(torch.arange(8), torch.arange(8), indexing="ij"), -1)
    for row, shift in ((plain, 0), (shifted, 2)):
        weights = recording.attention(row)
        assert weights.shape == (4, 3, 16, 16)
        expected = np.zeros((3, 8, 8))
        for n, window in enumerate(cut_windows(positions[None], shift, 4)[0].tolist()):
            for m, (y, x) in enumerate(window):
                expected[:, y, x] = weights[n, :, :, m].mean(1)
        assert far(recording[row][0], expected) <= TOLERANCE


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


@pytest.mark.slow
def test_torchvisions_two_kinds_of_windows() -> None:
    net = wrapped(torchvision.models.maxvit_t(), 224)
    rows = [row for row in net.layers if row.kind == "attention heads"]
    assert len(rows) == 22
    recording = net.record(picture(224), [rows[0].name, rows[1].name])
    for row in rows[:2]:
        weights = recording.attention(row.name)
        assert np.allclose(weights.sum(-1), 1, atol=1e-5)
        assert weights.shape == (64, 2, 49, 49)
