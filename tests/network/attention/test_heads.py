"""Attention heads are units: rows, maps, queries, and what lenses make of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from dnnvis import Library
from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.unit import Unit
from dnnvis.introspect.map import architecture_digest
from dnnvis.library.scan.scan import scan
from dnnvis.network.attention.calls import sdpa_weights
from dnnvis.network.attention.heads import (
    map_of_query,
    mean_over_queries,
    rollout,
)
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from dnnvis.sources.opencv import opencv
from helpers.attention_networks import (
    GRID,
    HEADS,
    ROW,
    SIZE,
    TOKENS,
    TOLERANCE,
    WIDTH,
    Attention,
    Deep,
    MaskedPooling,
    RootAttention,
    SoftmaxModule,
    by_bmm,
    by_einsum,
    by_softmax,
    far,
    heads_of,
    inside,
    network,
    oracle,
    picture,
    pictures,
    seeded,
    softmax_weights,
    wrapped,
)


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
    assert names[names.index("attn") :][:3] == ["attn", "attn.cls", ROW]
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


def test_heads_do_not_make_a_stored_map_another_networks() -> None:
    net = network(Attention(F.scaled_dot_product_attention))
    digest = architecture_digest(net)
    net._table = type(net.table)(
        tuple(row for row in net.layers if row.name != ROW), net.table.layouts
    )
    assert architecture_digest(net) == digest
