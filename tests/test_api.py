"""The public face (API.md), as a script meets it."""

import inspect
import json
import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import dnnvis


def test_every_name_is_there_and_listed() -> None:
    for name in dnnvis.__all__:
        assert getattr(dnnvis, name) is not None
    assert set(dir(dnnvis)) >= {"open", "wrap", "look", "looks", "DnnvisError"}
    with pytest.raises(AttributeError, match="nothing_of_the_kind"):
        _ = dnnvis.nothing_of_the_kind


def test_errors_are_of_one_family() -> None:
    for name in [
        "UnknownNetwork",
        "NotTrusted",
        "Mismatch",
        "BadInput",
        "UnknownUnit",
        "UnknownLens",
        "LensMissing",
    ]:
        assert issubclass(getattr(dnnvis, name), dnnvis.DnnvisError)


def test_signatures_are_those_of_the_page() -> None:
    opened = inspect.signature(dnnvis.open).parameters
    assert next(iter(opened)) == "net"
    assert {name: p.default for name, p in opened.items() if name != "net"} == {
        "checkpoint": None,
        "weights": None,
        "size": None,
        "mean": None,
        "std": None,
        "labels": None,
        "channels": None,
        "channel_order": None,
        "output": None,
        "part": None,
        "inputs": None,
        "device": "cpu",
        "trust_code": False,
    }
    wrapped = inspect.signature(dnnvis.wrap).parameters
    assert wrapped["mean"].default == (0,)
    assert wrapped["std"].default == (1,)
    assert wrapped["labels"].default is None
    assert wrapped["channels"].default == 3
    assert wrapped["output"].default is None
    assert wrapped["inputs"].default is None
    assert wrapped["size"].default is inspect.Parameter.empty
    assert list(inspect.signature(dnnvis.look).parameters)[:3] == ["net", "lens", "unit"]


def test_imagined_boards_are_scored_by_six_numbers() -> None:
    scored = inspect.signature(dnnvis.life_score).parameters
    assert {name: p.default for name, p in scored.items()} == {
        "pred": inspect.Parameter.empty,
        "truth": inspect.Parameter.empty,
        "threshold": 0.5,
        "match": 0.95,
    }
    truth = np.random.default_rng(0).integers(0, 2, (5, 4, 20, 20), np.uint8)
    score = dnnvis.life_score(truth[:, [0, 1, 1, 3]].astype(np.float32), truth)
    assert list(score) == ["paper", "strict", "distinct", "aligned", "mcc", "chance_corrected"]
    assert (score["paper"], score["distinct"], score["aligned"]) == (0.75, 0.5, 0.5)
    with pytest.raises(dnnvis.BadInput, match="no states in between"):
        dnnvis.life_score(truth[:, :2], truth)


@pytest.fixture(scope="module")
def net() -> dnnvis.Network:
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten()
    )
    module.append(nn.Linear(8 * 16, 10))
    return dnnvis.wrap(module, size=8, mean=(0.5, 0.5, 0.5), std=(0.2, 0.2, 0.2))


def test_the_layer_table_says_what_there_is(net: dnnvis.Network) -> None:
    rows = [(row.name, row.kind, row.shape, row.calls, row.parameters) for row in net.layers]
    assert rows == [
        ("0", "Conv2d", (8, 8, 8), 1, 224),
        ("1", "ReLU", (8, 8, 8), 1, 0),
        ("2", "MaxPool2d", (8, 4, 4), 1, 0),
        ("3", "Flatten", (128, 1, 1), 1, 0),
        ("4", "Linear", (10, 1, 1), 1, 1290),
        ("output", "result", (10, 1, 1), 1, 1514),
    ]
    fields = [row.field for row in net.layers]
    assert fields == [(3, 1, 0.0), (3, 1, 0.0), (4, 2, 0.5), None, None, None]


def test_a_script_records_and_looks(net: dnnvis.Network) -> None:
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    recording = net.record(image)
    assert set(recording) == {row.name for row in net.layers}
    for row in net.layers:
        assert recording[row.name].shape == (1, *row.shape)
        assert recording[row.name].dtype == np.float32
    assert recording.output.shape == (10,)
    assert np.array_equal(recording["4"].ravel(), recording.output)
    assert recording["0"].min() < 0  # although the ReLU after it works in place
    batch = net.record(np.stack([image] * 3), ["2", "output"])
    assert batch["2"].shape == (3, 1, 8, 4, 4)
    assert batch.output.shape == (3, 10)
    best = int(recording.output.argmax())
    pictures = list(dnnvis.looks(net, "guided", f"output[{best}]", image=image))
    assert len(pictures) == 1
    assert pictures[0].progress == 1
    last = dnnvis.look(net, "guided", f"output[{best}]", image=image)
    assert np.array_equal(pictures[0].values, last.values)
    assert last.rectifiers == {"ReluBackward0": 1}
    assert last.values.shape == (8, 8, 3)


def test_a_unit_is_text_or_an_object(net: dnnvis.Network) -> None:
    image = np.full((8, 8, 3), 200, np.uint8)
    unit = dnnvis.Unit("0", 3, (2, 5))
    by_text = dnnvis.look(net, "gradient", "0[3]@2,5", image=image)
    by_unit = dnnvis.look(net, "gradient", unit, image=image)
    assert np.array_equal(by_text.values, by_unit.values)


def test_what_the_package_says_of_itself_is_true() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", dnnvis.__version__)


@pytest.mark.parametrize(
    "settings",
    [
        {"size": np.array([28, 28]), "mean": np.array([0.5]), "std": torch.tensor([0.5])},
        {"size": np.int64(28), "mean": np.float32(0.5), "labels": (str(k) for k in range(10))},
    ],
    ids=["arrays", "scalars and an iterator"],
)
def test_a_recipe_is_json_whatever_kinds_of_numbers_open_was_given(
    settings: dict[str, Any],
) -> None:
    network = dnnvis.open("net1-mnist", **settings)
    pixels = np.zeros((28, 28), np.uint8)
    recipe = dnnvis.look(network, "gradient", "output[3]", image=pixels).recipe
    kept = json.loads(json.dumps(recipe))
    again = dnnvis.open(**{k: v for k, v in kept["network"].items() if k != "name"})
    assert again.card == network.card
