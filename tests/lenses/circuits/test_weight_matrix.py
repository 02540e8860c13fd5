"""The weights of a layer as a matrix."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.lenses.circuits import weight_matrix
from dnnvis.lenses.circuits.weight_matrix import build_matrix, sort_by_similarity
from dnnvis.network.connections.matrices import LayerWeights
from helpers.circuit_networks import branches_network, planted_network


def test_cells_are_the_weights_and_kernels_one_number_each() -> None:
    network = planted_network()
    matrix = dnnvis.look(network, "weights", "relu_d[0]")
    module = dict(network.module.named_modules())
    assert (matrix.owner, matrix.shape, matrix.kernel) == ("d", (4, 8), ())
    np.testing.assert_array_equal(matrix.values, module["d"].weight.detach().numpy()[:, :, 0, 0])
    of_kernels = dnnvis.look(network, "weights", "b[0]")
    assert (of_kernels.shape, of_kernels.kernel) == ((5, 6), (3, 3))
    weights = module["b"].weight.detach().numpy()
    norm = np.linalg.norm(weights[1, 0]) * np.sign(weights[1, 0].sum())
    assert of_kernels.values[1, 0] == pytest.approx(float(norm), rel=1e-5)


def test_sorting_puts_similar_rows_side_by_side_and_keeps_their_numbers() -> None:
    rng = np.random.default_rng(1)
    prototypes = rng.normal(size=(3, 20))
    kinds = np.array([0, 1, 2] * 6)
    rows = (prototypes[kinds] + 0.05 * rng.normal(size=(18, 20))).astype(np.float32)
    order, _ = sort_by_similarity(rows)
    assert sorted(order.tolist()) == list(range(18))
    changes = int((np.diff(kinds[order]) != 0).sum())
    assert changes == 2  # each kind lies together
    weights = LayerWeights("dense", "weight", torch.from_numpy(rows))
    matrix = build_matrix("dense", weights, is_sorted=True)
    assert matrix.is_sorted
    for row in range(18):
        for column in range(20):
            unit, number = int(matrix.units[row, column]), int(matrix.inputs[row, column])
            assert matrix.values[row, column] == rows[unit, number]


def test_a_large_matrix_is_aggregated_and_not_sorted_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(weight_matrix, "MAX_CELLS", 16)
    monkeypatch.setattr(weight_matrix, "MAX_SORTED", 30)
    rows = torch.randn((50, 40), generator=torch.Generator().manual_seed(0))
    rows[33, 21] = 9.0
    matrix = build_matrix("dense", LayerWeights("dense", "weight", rows), is_sorted=True)
    assert matrix.values.shape == (16, 16)
    assert matrix.is_aggregated
    assert not matrix.is_sorted
    assert "Not sorted: 50 x 40" in matrix.notes[0]
    at = np.argwhere(matrix.values == 9.0)
    assert len(at) == 1
    row, column = at[0]
    assert (matrix.units[row, column], matrix.inputs[row, column]) == (33, 21)


def test_inputs_of_groups_are_numbered_from_the_first_that_the_unit_sees() -> None:
    weights = LayerWeights("conv", "weight", torch.ones((4, 2, 3, 3)), groups=2)
    matrix = build_matrix("conv", weights, is_sorted=True)
    assert matrix.input_of(0, 1) == 1
    assert matrix.input_of(3, 1) == 3
    assert "each group" in matrix.notes[0]


def test_nan_weights_are_counted_and_shown() -> None:
    rows = torch.ones((3, 4))
    rows[1, 2] = float("nan")
    matrix = build_matrix("dense", LayerWeights("dense", "weight", rows), is_sorted=True)
    assert "1 of the weights are no finite numbers" in matrix.notes[0]
    assert int(np.isnan(matrix.values).sum()) == 1


def test_the_ends_of_a_matrix_are_named_where_they_are_sure() -> None:
    network, branches = planted_network(), branches_network()
    for of, layer, feeding, is_output in (
        (network, "a", "input", False),
        (network, "b", "relu_a", False),  # past the pooling between them
        (network, "relu_c", "relu_b", False),
        (network, "relu_d", "relu_c", True),
        (network, "output", "relu_c", True),
        (branches, "point", "", False),  # two layers joined
        (branches, "depth", "", False),  # a rectifier of several widths
        (branches, "mix", "", False),  # tanh has no row
        (branches, "dense", "", True),  # 16 inputs a unit
    ):
        matrix = dnnvis.look(of, "weights", f"{layer}[0]")
        assert (matrix.feeding, matrix.is_output) == (feeding, is_output), layer
        assert matrix.colors == ((0, 1, 2) if feeding == "input" else ())

    class Shared(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(3 * 16, 6), nn.Linear(6, 6)
            self.three, self.relu = nn.Linear(6, 4), nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            x = self.relu(self.two(self.relu(self.one(x.flatten(1)))))
            result: Tensor = self.three(x)
            return result

    shared = dnnvis.wrap(Shared(), size=(4, 4))
    found = [dnnvis.look(shared, "weights", f"{name}[0]") for name in ("one", "two", "three")]
    ends = [(matrix.feeding, matrix.feeding_call) for matrix in found]
    assert ends == [("", -1), ("relu", 0), ("relu", 1)]
    assert [matrix.is_output for matrix in found] == [False, False, True]


def test_the_name_of_an_input_is_the_unit_that_changes_it() -> None:
    network = planted_network()
    matrix = dnnvis.look(network, "weights", "d[0]")
    image = np.random.default_rng(1).integers(0, 256, (1, 12, 10, 3), dtype=np.uint8)
    values = network.record(image, ["d", matrix.feeding])
    with network.edited(f"{matrix.feeding}[5] = 0"):
        without = network.record(image, ["d"])["d"]
    lost = (values["d"] - without)[0, 0]
    added = matrix.values[:, 5, None, None] * values[matrix.feeding][0, 0, 5]
    assert np.abs(lost).max() > 0.1
    np.testing.assert_allclose(lost, added, atol=1e-5)


def test_a_layer_without_weights_says_so() -> None:
    class Pools(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pool = nn.AvgPool2d(2)

        def forward(self, x: Tensor) -> Tensor:
            result: Tensor = self.pool(x)
            return result

    matrix = dnnvis.look(dnnvis.wrap(Pools(), size=(4, 4)), "weights", "pool[0]")
    assert "has no matrix of weights" in matrix.message


def test_units_that_never_fired_on_scanned_pictures_are_named() -> None:
    matrix = dnnvis.look(dnnvis.open("net2-cifar10"), "weights", "elu7[0]")
    assert matrix.summary.pictures > 0
    assert all(0 <= unit < 192 for unit in matrix.summary.silent)
    assert dnnvis.look(planted_network(), "weights", "b[0]").summary.pictures == 0
