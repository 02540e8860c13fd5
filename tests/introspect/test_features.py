"""Which activations make h, and that a harvest holds what the network's own record holds."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.introspect import features
from dnnvis.introspect.features import choose_columns, columns_from_json
from dnnvis.introspect.harvest import harvest_records, hidden_vectors, iter_batches
from dnnvis.introspect.network_outputs import MIN_ERROR, evaluate_outputs
from dnnvis.lenses.activation_map.collect import BoardBatches
from dnnvis.network.network import Network
from dnnvis.sources.life.rule import history

Array = NDArray[Any]


class Functional(nn.Module):
    """Rectifiers that are no modules; with ``wide`` the first of two equal layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3)
        self.one = nn.Linear(4 * 36, 14)
        self.two = nn.Linear(14, 9)
        self.out = nn.Linear(9, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.conv(x)).flatten(1)
        return self.out(torch.relu(self.two(torch.relu(self.one(x)))))


class Rows(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(8, 6, batch_first=True)
        self.out = nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.lstm(x[:, 0])[0][:, -1])


def wrapped(module: nn.Module, seed: int = 0) -> Network:
    dice = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in module.parameters():
            p.normal_(0, 0.4, generator=dice)
    return dnnvis.wrap(module.eval(), size=8, channels=1)


def convolutions() -> Network:
    return wrapped(
        nn.Sequential(
            nn.Conv2d(1, 6, 3),
            nn.ReLU(),
            nn.Conv2d(6, 5, 3),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(5, 3),
        )
    )


@pytest.fixture
def images(noise: Callable[..., Array]) -> Array:
    return noise(9, 8, 8, 1)


def all_of(net: Network, chosen: features.Columns, images: Array, **more: Any) -> Array:
    return np.concatenate(list(harvest_records(net, chosen, iter_batches(net, images, **more))))


def test_of_net1_all_twelve_hidden_layers_whole() -> None:
    chosen = choose_columns(dnnvis.open("net1-mnist"))
    assert chosen.layers == tuple(f"elu{k}" for k in range(1, 13))
    assert {part.how for part in chosen.parts} == {"whole"}
    assert (chosen.width, len(chosen.steps)) == (2400, 1)
    assert str(chosen.units()[201]) == "elu2[1]"


def test_of_net2_the_dense_layers_alone() -> None:
    net = dnnvis.open("net2-cifar10")
    chosen = choose_columns(net)
    assert chosen.layers == ("dense_elu1", "dense_elu2", "dense_elu3")
    assert chosen.width == 1536
    with pytest.raises(BadInput, match=r"98,304 activations, more than 16,384: take the mean"):
        choose_columns(net, "elu1", "whole")


def test_without_dense_layers_the_mean_of_each_map(images: Array) -> None:
    net = convolutions()
    chosen = choose_columns(net)
    assert [(part.layer, part.how) for part in chosen.parts] == [("1", "mean"), ("3", "mean")]
    recorded = net.record(images)
    wanted = np.concatenate([recorded[name][:, 0].mean((2, 3)) for name in ("1", "3")], 1)
    assert np.allclose(hidden_vectors(net, chosen, images), wanted, atol=1e-6)
    assert "the mean of each map" in chosen.description


def test_maps_whole_have_a_unit_for_each_place(images: Array) -> None:
    net = convolutions()
    chosen = choose_columns(net, "3", "whole")
    assert chosen.width == 5 * 4 * 4
    h, recorded = hidden_vectors(net, chosen, images), net.record(images)
    for column in (0, 17, 79):
        unit = chosen.units()[column]
        assert unit is not None
        values = recorded["3"][:, 0, unit.channel, unit.position[0], unit.position[1]]  # type: ignore[index]
        assert np.allclose(h[:, column], values, atol=1e-6)


def test_functional_rectifiers_leave_the_dense_layers_without_the_answer() -> None:
    chosen = choose_columns(wrapped(Functional()))
    assert chosen.layers == ("one", "two")
    assert chosen.width == 14 + 9


def test_without_activations_the_layers_with_weights_without_the_answer() -> None:
    net = wrapped(
        nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    )
    assert choose_columns(net).layers == ("0",)
    with pytest.raises(BadInput, match="no hidden layer to map"):
        choose_columns(wrapped(nn.Sequential(nn.Flatten(), nn.Linear(64, 3))))


def test_random_projections_keep_lengths_and_are_the_same_every_time(
    monkeypatch: pytest.MonkeyPatch, images: Array
) -> None:
    net = convolutions()
    whole = hidden_vectors(net, choose_columns(net, "1", "whole"), images)
    monkeypatch.setattr(features, "PROJECTION_COLUMNS", 128)
    chosen = choose_columns(net, ["1", "3"], "random")  # 216 values and 80: those stay whole
    assert [(part.how, part.stop - part.start) for part in chosen.parts] == [
        ("random", 128),
        ("whole", 80),
    ]
    assert chosen.units()[:128] == [None] * 128
    assert str(chosen.units()[128]) == "3[0]@0,0"
    made = hidden_vectors(net, chosen, images)[:, :128]
    gaps = np.linalg.norm(whole[:, None] - whole[None], axis=2)[np.triu_indices(9, 1)]
    kept = np.linalg.norm(made[:, None] - made[None], axis=2)[np.triu_indices(9, 1)]
    assert 0.75 < (kept / gaps).min() < (kept / gaps).max() < 1.25
    again = hidden_vectors(net, choose_columns(net, ["1", "3"], "random"), images)
    assert np.array_equal(again[:, :128], made)


def test_a_recurrent_net_gives_a_row_for_each_state(noise: Callable[..., Array]) -> None:
    net = dnnvis.open("life-3")
    chosen = choose_columns(net)
    assert (chosen.width, len(chosen.steps)) == (20, 4)
    boards = (noise(5, 16, 16, 1) > 127).astype(np.uint8) * 255
    h = hidden_vectors(net, chosen, boards).reshape(5, 4, 20)
    recorded = net.record(boards)
    for step, (layer, call) in enumerate(net.states):
        assert np.allclose(h[:, step], recorded[layer][:, call].mean((2, 3)), atol=1e-6)


def test_torchs_recurrent_modules_give_a_row_for_each_time_step(images: Array) -> None:
    net = wrapped(Rows())
    chosen = choose_columns(net)
    assert (chosen.width, len(chosen.steps)) == (6, 8)
    assert "8 calls, one row each" in chosen.description
    h = hidden_vectors(net, chosen, images).reshape(9, 8, 6)
    with torch.no_grad():
        wanted = net.module.lstm(torch.from_numpy(images[..., 0] / np.float32(255)))[0]  # type: ignore[operator]
    assert np.allclose(h, wanted.numpy(), atol=1e-5)


def test_what_cannot_be_mapped_is_said() -> None:
    life = dnnvis.open("life-3")
    calls = {row.name: row.calls for row in life.layers}
    once = next(name for name, many in calls.items() if many == 1)
    often = next(name for name, many in calls.items() if many == 3)
    with pytest.raises(BadInput, match=f"not called equally often.*{once} 1x.*{often} 3x"):
        choose_columns(life, [once, often])
    net = convolutions()
    with pytest.raises(UnknownUnit):
        choose_columns(net, "nothing")
    with pytest.raises(BadInput, match="at least one layer"):
        choose_columns(net, [])
    with pytest.raises(BadInput, match="auto, whole, mean, random, not 'sum'"):
        choose_columns(net, "1", "sum")


def test_unnamed_layers_end_where_there_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "MAX_DEFAULT_COLUMNS", 500)
    assert choose_columns(dnnvis.open("net1-mnist")).layers == ("elu11", "elu12")
    assert choose_columns(convolutions(), None, "whole").layers == ("1", "3")  # 216 + 80
    monkeypatch.setattr(features, "MAX_DEFAULT_COLUMNS", 200)
    assert choose_columns(convolutions(), None, "whole").layers == ("3",)


def test_columns_come_back_from_json() -> None:
    chosen = choose_columns(convolutions(), ["1", "3"], "whole")
    assert columns_from_json(chosen.as_json()) == chosen
    with pytest.raises(KeyError):
        columns_from_json({"parts": []})


def test_the_harvest_holds_what_the_network_records(images: Array) -> None:
    net = wrapped(Functional())
    labels = np.array([0, 1, 2, 3, 4, 0, -1, 2, 3])
    records = all_of(net, choose_columns(net), images, labels=labels, size=4)
    recorded = net.record(images)
    wanted = np.concatenate([recorded["one"], recorded["two"]], 2).reshape(9, 1, 23)
    assert np.allclose(records["h"], wanted, atol=1e-6)
    assert records["row"].tolist() == list(range(9))
    assert records["label"].tolist() == labels.tolist()
    assert records["predicted"].tolist() == recorded.output.argmax(1).tolist()


def test_pictures_of_any_size_and_gray_ones_are_taken(noise: Callable[..., Array]) -> None:
    net = wrapped(Functional())
    chosen = choose_columns(net)
    gray = noise(3, 8, 8)
    assert np.array_equal(
        hidden_vectors(net, chosen, gray), hidden_vectors(net, chosen, gray[..., None])
    )
    several = [noise(8, 8, 1), noise(20, 16, 1), noise(9, 30, 1)]
    found = hidden_vectors(net, chosen, several)
    assert np.allclose(found[1], hidden_vectors(net, chosen, [several[1]])[0], atol=1e-5)
    with pytest.raises(BadInput, match="no images"):
        hidden_vectors(net, chosen, gray[:0])


def test_a_net_of_a_game_is_judged_cell_by_cell(noise: Callable[..., Array]) -> None:
    net = dnnvis.open("life-3")
    boards = (noise(6, 16, 16) > 150).astype(np.uint8)
    portions = BoardBatches(net, boards)([np.arange(4), np.arange(4, 6)])
    records = np.concatenate(list(harvest_records(net, choose_columns(net), portions)))
    truth = history(boards, 3, net.info.border)[:, -1]
    answer = net.record(boards[..., None] * np.uint8(255)).output.reshape(6, 16, 16)
    for k in range(6):
        total = sum(
            (float(answer[k, y, x]) - float(truth[k, y, x])) ** 2
            for y in range(16)
            for x in range(16)
        )
        wanted = np.log10(max(MIN_ERROR, total / 512))
        assert records["log_e"][k] == pytest.approx([wanted] * 4, abs=1e-3)
    assert (records["predicted"] == -1).all()


def test_outputs_in_the_unit_range_are_taken_as_they_are() -> None:
    y = torch.tensor([[0.9, 0.2, 0.0], [0.5, 0.6, 1.0]])
    found = evaluate_outputs(y, torch.tensor([0, 1]), True)
    e = [0.5 * (0.1**2 + 0.2**2), 0.5 * (0.5**2 + 0.4**2 + 1)]
    assert found.log_e == pytest.approx(np.log10(e), rel=1e-5)
    assert found.predicted.tolist() == [0, 2]
    assert found.doubt == pytest.approx([0.1, 0.0], abs=1e-6)


def test_logits_go_through_a_softmax() -> None:
    logits = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, 0.3]])
    found = evaluate_outputs(torch.from_numpy(logits), torch.tensor([1, 2]), False)
    for row, (values, label) in enumerate(zip(logits, (1, 2), strict=True)):
        p = np.exp(values) / np.exp(values).sum()
        e = 0.5 * sum((p[k] - (k == label)) ** 2 for k in range(3))
        assert found.log_e[row] == pytest.approx(np.log10(e), rel=1e-5)
        assert found.doubt[row] == pytest.approx(1 - p.max(), rel=1e-5)
    assert found.predicted.tolist() == [0, 2]


def test_no_error_is_below_the_floor_and_none_is_known_without_a_label() -> None:
    y = torch.tensor([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]])
    found = evaluate_outputs(y, torch.tensor([0, -1, 2]), True)
    assert found.log_e[0] == pytest.approx(-8)
    assert np.isnan(found.log_e[1:]).all()
    assert np.isnan(evaluate_outputs(y, None, True).log_e).all()
    assert (found.log_e.dtype, found.predicted.dtype) == (np.float32, np.int64)


def test_outputs_that_are_maps_name_no_class() -> None:
    found = evaluate_outputs(torch.rand(2, 3, 4, 4), torch.tensor([0, 1]), True)
    assert found.predicted.tolist() == [-1, -1]
    assert np.isnan(found.log_e).all()
