"""What feeds a unit: sums against naive loops, circuits against what was planted."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.errors import LensMissing
from dnnvis.core.unit import Unit
from dnnvis.lenses.wiring import trace_graph
from dnnvis.network.connections.feeders import FeedSums, measure_feeds
from dnnvis.network.network import Network
from helpers.circuit_networks import (
    Chain,
    Shuffled,
    branches_network,
    planted_network,
)


def pixels(network: Network, seed: int = 0) -> Tensor:
    shape = (1, network.card.channels, *network.card.size)
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def measure(network: Network, unit: str, seed: int = 0, **options: Any) -> FeedSums:
    target = Unit.parse(unit, network.table.names)
    return measure_feeds(network, trace_graph(network), target, pixels(network, seed), **options)


def listed(sums: FeedSums, side: str = "feeders") -> dict[str, tuple[float, float]]:
    """Return unit -> (weight, value)."""
    connections = getattr(sums, side)
    result = {}
    for k in range(len(connections.weight)):
        row = connections.rows[connections.source[k]]
        name = f"{row.layer}[{connections.channel[k]}]" + (f"#{row.call}" if row.call else "")
        result[name] = (float(connections.weight[k]), float(connections.value[k]))
    return result


def ranked(sums: FeedSums, side: str = "feeders", by: int = 1) -> list[str]:
    pairs = listed(sums, side)
    return sorted(pairs, key=lambda name: -abs(pairs[name][by]))


def naive_convolution(
    values: Any, weights: Any, position: tuple[int, int], padding: int
) -> list[float]:
    """Add up weight x activation input by input, at one place, with loops."""
    channels, height, width = values.shape
    sums = []
    for c in range(channels):
        total = 0.0
        for dy in range(weights.shape[1]):
            for dx in range(weights.shape[2]):
                y, x = position[0] + dy - padding, position[1] + dx - padding
                if 0 <= y < height and 0 <= x < width:
                    total += float(weights[c, dy, dx]) * float(values[c, y, x])
        sums.append(total)
    return sums


def test_contributions_are_those_of_naive_loops_and_add_up_with_the_norm_folded_in() -> None:
    network = planted_network()
    module: Any = network.module
    sums = measure(network, "relu_b[3]@2,1")
    recording = network.run(pixels(network), ("pool", "norm"))
    pooled = recording["pool"][0]
    weights = module.b.weight.detach().numpy()[3]
    scale = float(module.norm.weight[3]) / np.sqrt(float(module.norm.running_var[3]) + 1e-5)
    shift = float(module.norm.bias[3]) - scale * float(module.norm.running_mean[3])
    naive = [scale * value for value in naive_convolution(pooled, weights, (2, 1), 1)]
    values = listed(sums)
    assert (sums.matrix, sums.folded, sums.passed) == ("b", ("norm",), ("MaxPool2d",))
    assert list(values) == [f"relu_a[{c}]" for c in range(6)]
    np.testing.assert_allclose([values[f"relu_a[{c}]"][1] for c in range(6)], naive, rtol=1e-5)
    norms = [np.sqrt((weights[c] ** 2).sum()) * np.sign(weights[c].sum()) for c in range(6)]
    found = [values[f"relu_a[{c}]"][0] for c in range(6)]
    np.testing.assert_allclose(found, scale * np.array(norms), rtol=1e-5)
    assert sums.bias == pytest.approx(shift, rel=1e-5)
    assert sums.total + sums.bias == pytest.approx(float(recording["norm"][0, 3, 2, 1]), abs=1e-5)
    assert sums.computed == pytest.approx(float(recording["norm"][0, 3, 2, 1]), abs=1e-5)
    assert sums.exact


def test_a_planted_circuit_is_read_in_the_right_order_layer_by_layer() -> None:
    network = planted_network()
    for by in (0, 1):
        assert ranked(measure(network, "relu_d[0]"), by=by)[0] == "relu_c[5]"
        assert ranked(measure(network, "relu_c[5]"), by=by)[0] == "relu_b[1]"
        assert ranked(measure(network, "relu_b[1]"), by=by)[0] == "relu_a[4]"
        assert ranked(measure(network, "relu_a[4]"), by=by)[0] == "input[0]"
    assert ranked(measure(network, "relu_d[0]"), by=0)[:3] == [
        "relu_c[5]",
        "relu_c[2]",
        "relu_c[7]",
    ]
    assert ranked(measure(network, "relu_c[5]"), by=0)[:2] == ["relu_b[1]", "relu_b[3]"]
    assert ranked(measure(network, "relu_b[1]"), by=0)[:2] == ["relu_a[4]", "relu_a[0]"]
    assert ranked(measure(network, "relu_a[4]"), "fed", by=0)[0] == "relu_b[1]"
    assert ranked(measure(network, "relu_b[1]"), "fed", by=0)[0] == "relu_c[5]"
    assert ranked(measure(network, "relu_c[5]"), "fed", by=0)[0] == "output[0]"


def test_what_a_unit_adds_forward_is_what_the_other_says_of_it_backward() -> None:
    network = planted_network()
    forward = listed(measure(network, "relu_a[0]"), "fed")
    assert len(forward) == 5
    for k in range(5):
        backward = listed(measure(network, f"relu_b[{k}]"))["relu_a[0]"]
        assert forward[f"relu_b[{k}]"] == pytest.approx(backward, rel=1e-4, abs=1e-6)


def test_a_class_is_the_answer_and_its_sum_is_before_the_mean() -> None:
    sums = measure(planted_network(), "output[0]")
    assert sums.matrix == "d"
    assert "ReLU" in sums.after
    assert sums.total + sums.bias == pytest.approx(sums.computed, abs=1e-5)


def test_a_concatenation_is_split_and_pooling_and_depthwise_are_passed() -> None:
    network = branches_network()
    sums = measure(network, "bn[2]")
    assert sums.passed == ("MaxPool2d", "concatenation")
    names = [f"relu[{k}]" for k in range(4)] + [f"relu[{k}]#1" for k in range(6)]
    assert sorted(listed(sums)) == sorted(names)
    module: Any = network.module
    weights = module.point.weight.detach().numpy()[2, :, 0, 0]
    scale = float(module.bn.weight[2]) / np.sqrt(float(module.bn.running_var[2]) + 1e-5)
    found = listed(sums)
    for k in range(10):  # the first four are the left branch's
        name = f"relu[{k}]" if k < 4 else f"relu[{k - 4}]#1"
        assert found[name][0] == pytest.approx(scale * weights[k], rel=1e-5)
    assert sums.total + sums.bias == pytest.approx(sums.computed, abs=1e-5)
    mixed = measure(network, "mix[1]")
    assert "a depthwise convolution" in mixed.passed
    assert set(listed(mixed)) == {f"relu[{k}]#2" for k in range(8)}
    assert mixed.total + mixed.bias == pytest.approx(mixed.computed, abs=1e-5)
    depthwise = measure(network, "depth[3]")
    assert list(listed(depthwise)) == ["relu[3]#2"]
    assert set(listed(depthwise, "fed")) == {f"mix[{k}]" for k in range(8)}


def test_a_residual_sum_has_each_branch_with_weight_one_and_is_exact() -> None:
    network = branches_network()
    sums = measure(network, "relu[3]#3")  # the rectifier after the sum
    assert set(listed(sums)) == {"relu[3]#2", "mix[3]"}
    assert {weight for weight, _ in listed(sums).values()} == {1.0}
    assert sums.exact
    assert sums.matrix == ""
    assert "relu[3]#3" in listed(measure(network, "relu[3]#2"), "fed")


def test_a_flattened_map_feeds_a_matrix_as_units_of_many_weights() -> None:
    network = branches_network()
    sums = measure(network, "dense[4]")
    module: Any = network.module
    found = listed(sums)
    weights = module.dense.weight.detach().numpy()[4].reshape(8, 4, 4)
    maps = network.run(pixels(network), ("relu",)).calls("relu")[3]
    for c in range(8):
        expected = sum(float(weights[c, y, x] * maps[c, y, x]) for y in range(4) for x in range(4))
        weight, value = found[f"relu[{c}]#3"]
        assert value == pytest.approx(expected, abs=1e-5)
        assert abs(weight) == pytest.approx(float(np.linalg.norm(weights[c])), rel=1e-5)


def test_channels_shuffled_by_a_function_are_followed_to_their_units() -> None:
    network = dnnvis.wrap(Shuffled(), size=(5, 5))
    module: Any = network.module
    found = listed(measure(network, "second[3]"))
    # channels (0 1 2)(3 4 5) become 0 3 1 4 2 5: the second group sees 4, 2, 5
    assert set(found) == {"relu[4]", "relu[2]", "relu[5]"}
    for k, channel in enumerate((4, 2, 5)):
        weight = float(module.second.weight[3, k, 0, 0])
        assert found[f"relu[{channel}]"][0] == pytest.approx(weight, rel=1e-5)


def test_expanded_weights_of_a_linear_network_are_the_product_of_its_matrices() -> None:
    network = dnnvis.wrap(Chain(), size=(6, 6))
    module: Any = network.module
    sums = measure(network, "third[2]@1,1", to="first")
    third = module.third.weight.detach().numpy()[:, :, 0, 0]
    second = module.second.weight.detach().numpy()[:, :, 0, 0]
    product = (third @ second)[2]
    found = listed(sums)
    for c in range(4):
        assert found[f"first[{c}]"][0] == pytest.approx(product[c], rel=1e-5)
    assert sums.exact
    to_picture = listed(measure(network, "third[2]@1,1", to="input"))
    kernel = np.einsum("c,cihw->ihw", product, module.first.weight.detach().numpy())
    for c in range(3):
        norm = np.linalg.norm(kernel[c]) * np.sign(kernel[c].sum())
        assert to_picture[f"input[{c}]"][0] == pytest.approx(float(norm), rel=1e-4)


class Curved(nn.Module):
    """Two matrices with a softmax between them: no single matrix."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(8)
        self.flatten = nn.Flatten()
        self.first = nn.Linear(3 * 16, 7)
        self.act = nn.Tanh()
        self.mixing = nn.Softmax(1)
        self.norm = nn.LayerNorm(7)
        self.last = nn.Linear(7, 4)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.last(self.norm(self.mixing(self.act(self.first(self.flatten(x))))))
        return result


def test_expanded_weights_are_the_jacobian_that_torch_func_gives() -> None:
    network = dnnvis.wrap(Curved(), size=(4, 4))
    module: Any = network.module
    sums = measure(network, "last[1]", to="act")
    x = network.run(pixels(network), ("act",)).tensor("act").detach()[0, :, 0, 0]

    def rest(values: Tensor) -> Tensor:
        result: Tensor = module.last(module.norm(torch.softmax(values[None], 1)))[0, 1]
        return result

    jacobian = torch.func.jacrev(rest)(x).detach().numpy()
    found = listed(sums)
    for c in range(7):
        weight, value = found[f"act[{c}]"]
        assert weight == pytest.approx(float(jacobian[c]), rel=1e-4, abs=1e-7)
        assert value == pytest.approx(float(jacobian[c] * x[c]), rel=1e-4, abs=1e-7)
    assert not sums.exact
    nearest = measure(network, "norm[2]")  # no matrix: the layer right before, by its derivative
    assert nearest.matrix == ""
    assert set(listed(nearest)) == {f"mixing[{c}]" for c in range(7)}


def test_linearized_weights_pass_a_closed_rectifier() -> None:
    class Closed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.relu = nn.Conv2d(3, 4, 1), nn.ReLU()
            self.second = nn.Conv2d(4, 2, 1)
            with torch.no_grad():
                self.first.bias.fill_(-100.0)  # never fires

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.second(self.relu(self.first(x)))
            return result

    network = dnnvis.wrap(Closed(), size=(4, 4))
    module: Any = network.module
    assert listed(measure(network, "second[1]", to="first")) == {}
    found = listed(measure(network, "second[1]", to="first", linear=True))
    weights = module.second.weight.detach().numpy()[1, :, 0, 0]
    for c in range(4):
        assert found[f"first[{c}]"][0] == pytest.approx(float(weights[c]), rel=1e-5)
    # right before: the weights are known though nothing is active
    assert [round(w, 5) for w, _ in listed(measure(network, "second[1]")).values()] == [
        round(float(w), 5) for w in weights
    ]


def test_a_units_place_after_pooling_is_the_place_that_won() -> None:
    network = planted_network()
    maps = network.run(pixels(network), ("a", "pool"))
    sums = measure(network, "pool[2]@3,1")
    assert sums.position is not None
    y, x = sums.position
    assert (y // 2, x // 2) == (3, 1)
    assert max(float(maps["a"][0, 2, y, x]), 0) == pytest.approx(float(maps["pool"][0, 2, 3, 1]))


def test_a_shared_module_is_followed_call_by_call() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(1)
            self.stem, self.conv = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.conv(self.conv(self.stem(x)))
            return result

    network = dnnvis.wrap(Twice(), size=(6, 6))
    assert set(listed(measure(network, "conv[1]#0"))) == {f"stem[{k}]" for k in range(4)}
    assert set(listed(measure(network, "conv[1]#1"))) == {f"conv[{k}]" for k in range(4)}
    for call in (0, 1):
        sums = measure(network, f"conv[1]#{call}")
        assert sums.total + sums.bias == pytest.approx(sums.computed, abs=1e-5)
        # the second call is the answer
        assert [row.layer for row in sums.fed.rows] == (["output"] if call == 0 else [])


def test_an_attention_without_a_matrix_is_expanded_and_says_what_takes_it() -> None:
    class Attends(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(6)
            self.patch = nn.Conv2d(3, 8, 4, 4)
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
            self.out = nn.Linear(8, 3)

        def forward(self, x: Tensor) -> Tensor:
            tokens = self.patch(x).flatten(2).transpose(1, 2)
            mixed = self.attention(tokens, tokens, tokens)[0]
            result: Tensor = self.out(mixed.mean(1))
            return result

    network = dnnvis.wrap(Attends(), size=(16, 16))
    sums = measure(network, "attention[2]")
    assert not sums.exact
    assert set(listed(sums)) == {f"patch[{k}]" for k in range(8)}
    message = measure(network, "patch[3]").fed_message
    assert "attention (MultiheadAttention)" in message
    assert "no single matrix" in message


def test_weights_that_are_nan_are_listed_and_hide_nothing_else() -> None:
    network = planted_network()
    module: Any = network.module
    with torch.no_grad():
        module.c.weight[2, 1] = float("nan")
    found = listed(measure(network, "c[2]"))
    assert np.isnan(found["relu_b[1]"][0])
    assert np.isfinite(found["relu_b[0]"][1])
    assert set(found) == {f"relu_b[{k}]" for k in range(5)}


@pytest.mark.parametrize(
    ("unit", "options", "sentence"),
    [
        ("a[0]", {"to": "c"}, "c does not lie before a"),
        ("a[0]", {"to": "a"}, "Nothing lies before a"),
    ],
)
def test_connections_that_are_not_there_are_said(
    unit: str, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(LensMissing, match=sentence):
        measure(planted_network(), unit, **options)


def test_a_network_without_gradients_says_so() -> None:
    class NoGradients(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 2, 1)

        def forward(self, x: Tensor) -> Tensor:
            if torch.is_grad_enabled():
                raise RuntimeError("only without gradients")
            result: Tensor = self.second(self.first(x))
            return result

    network = dnnvis.wrap(NoGradients(), size=(4, 4))
    with pytest.raises(LensMissing, match="runs only without gradients"):
        measure(network, "second[0]")
