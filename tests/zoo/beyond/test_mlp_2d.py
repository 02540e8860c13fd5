from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.core.learning.plane import PLANE_LIMIT, PLANE_SIDE, plane_pixels
from dnnvis.core.learning.plane_network import (
    ACTIVATION_NAMES,
    FEATURE_NAMES,
    Mlp2dSpec,
    parse_spec,
)
from dnnvis.network.snapshots import restore_step
from dnnvis.training.plane_run import PlaneRun
from dnnvis.training.plane_task import PlaneSetting
from dnnvis.zoo.beyond.mlp_2d import ACTIVATIONS, FEATURES, Mlp2d, infer_spec
from dnnvis.zoo.catalog import open_network

ALL = ("x", "y", "xx", "yy", "xy", "sinx", "siny")


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid", "linear"])
def test_one_pass_over_the_plane_is_the_answer_at_every_point(activation: str) -> None:
    network = open_network(f"mlp-2d:5-3,{activation},{','.join(ALL)}")
    recording = network.record(plane_pixels())
    weights = {name: value.double().numpy() for name, value in network.module.state_dict().items()}
    functions = {"tanh": np.tanh, "relu": lambda a: np.maximum(a, 0), "linear": lambda a: a}
    functions["sigmoid"] = lambda a: 1 / (1 + np.exp(-a))
    for row, column in ((0, 0), (10, 70), (85, 42)):
        x = -PLANE_LIMIT + 2 * PLANE_LIMIT * column / (PLANE_SIDE - 1)
        y = PLANE_LIMIT - 2 * PLANE_LIMIT * row / (PLANE_SIDE - 1)
        values = np.array([x, y, x * x, y * y, x * y, np.sin(x), np.sin(y)])
        np.testing.assert_allclose(recording["features"][0, :, row, column], values, atol=2e-5)
        for k in (1, 2):
            values = weights[f"dense{k}.weight"][:, :, 0, 0] @ values + weights[f"dense{k}.bias"]
            values = functions[activation](values)
            found = recording[f"active{k}"][0, :, row, column]
            np.testing.assert_allclose(found, values, atol=2e-4)
        values = np.tanh(weights["last.weight"][:, :, 0, 0] @ values + weights["last.bias"])
        np.testing.assert_allclose(recording["answer"][0, :, row, column], values, atol=2e-4)


def test_points_by_matrix_products_get_the_same_answers() -> None:
    module = Mlp2d(Mlp2dSpec((6, 4), "relu", ("x", "xy"))).eval()
    points = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        quick = module.answer_points(module.features_of(points))
        slow = module(points[:, :, None, None])[:, 0, 0, 0]
    torch.testing.assert_close(quick, slow)


def test_every_name_of_a_feature_and_an_activation_is_built() -> None:
    assert tuple(FEATURES) == FEATURE_NAMES
    assert tuple(ACTIVATIONS) == ACTIVATION_NAMES


def test_a_name_holds_the_structure() -> None:
    spec = parse_spec("mlp-2d:8-4,relu,x,y,xy")
    assert spec == Mlp2dSpec((8, 4), "relu", ("x", "y", "xy"))
    assert parse_spec(spec.as_name()) == spec
    assert parse_spec("mlp-2d") == Mlp2dSpec()
    assert parse_spec("mlp-2d:0,linear") == Mlp2dSpec((), "linear")
    assert parse_spec("resnet18") is None


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("mlp-2d:8-x", "says nothing about mlp-2d"),
        ("mlp-2d:1-2-3-4-5-6-7-8-9", "up to 8 hidden layers"),
        ("mlp-2d:999", "1 to 128 units"),
        ("mlp-2d:8,x,x", "each once"),
    ],
)
def test_a_structure_that_is_none_is_said(name: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        open_network(name)


def test_a_seed_draws_the_same_weights() -> None:
    first, second = Mlp2d(Mlp2dSpec((30, 30))), Mlp2d(Mlp2dSpec((30, 30)))
    second.reset(5)
    assert not torch.equal(first.dense1.weight, second.dense1.weight)
    first.reset(5)
    for name, value in first.state_dict().items():
        torch.testing.assert_close(value, second.state_dict()[name], rtol=0, atol=0)
    deviation = float(first.dense2.weight.detach().std())
    assert deviation == pytest.approx((2 / 60) ** 0.5, rel=0.1)  # Glorot


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    run = PlaneRun("mlp-2d:3,relu,x,y,xy", {"name": "xor"}, PlaneSetting(), out=tmp_path)
    for _ in range(3):
        run.handle({"step": 20})
    return run.write(tmp_path, "mine")


def test_a_trained_file_opens_with_its_structure_and_moments(kept: Path) -> None:
    network = open_network(kept)
    assert network.module.spec == Mlp2dSpec((3,), "relu", ("x", "y", "xy"))  # type: ignore[union-attr]
    assert (network.name, network.notes) == ("mine", ())
    assert network.snapshots is not None
    assert network.snapshots.steps == (0, 20, 40, 60)
    start = restore_step(network, 0)
    fresh = open_network("mlp-2d:3,relu,x,y,xy")
    assert start.fingerprint == fresh.fingerprint
    assert restore_step(network, 60).fingerprint == network.fingerprint


def test_weights_without_a_card_say_what_is_assumed(kept: Path) -> None:
    kept.with_suffix(".json").unlink()
    network = open_network("mlp-2d", checkpoint=kept)
    assert network.module.spec == Mlp2dSpec((3,), "tanh", ("x", "y", "xx"))  # type: ignore[union-attr]
    assert any("are assumed" in note for note in network.notes)


def test_other_weights_are_refused(tmp_path: Path) -> None:
    save_file({"conv.weight": torch.zeros(2, 3, 1, 1)}, tmp_path / "other.safetensors")
    with pytest.raises(Mismatch, match="no weights of a network over the plane"):
        open_network("mlp-2d", checkpoint=tmp_path / "other.safetensors")
    with pytest.raises(Mismatch, match="takes 9 features"):
        infer_spec({"last.weight": torch.zeros(1, 9, 1, 1)}, "file")
