"""Directions over a layer's channels as units: recorded, streamed, edited, sent back, named."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import nnls
from torch import nn

import dnnvis
from dnnvis.core.edit import Edit
from dnnvis.core.errors import BadInput, UnknownUnit
from dnnvis.core.messages import DIRECTIONS
from dnnvis.core.objective import Objective
from dnnvis.core.unit import Unit
from dnnvis.network.network import Network


def network(last: nn.Module | None = None) -> Network:
    torch.manual_seed(0)
    layers = [nn.Conv2d(3, 10, 3, padding=1), nn.ReLU(), nn.Conv2d(10, 4, 3), last or nn.ReLU()]
    return dnnvis.wrap(nn.Sequential(*layers, nn.Flatten(), nn.Linear(4 * 36, 3)), size=8)


@pytest.fixture
def net() -> Network:
    return network()


@pytest.fixture
def picture() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (8, 8, 3), np.uint8)


def directions(k: int = 3, channels: int = 10) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.random((k, channels)) * (rng.random((k, channels)) > 0.4) + 1e-3) * 7


def test_a_set_of_directions_is_a_layer_after_its_own(net: Network, picture: np.ndarray) -> None:
    before, fingerprint = net.layers, net.fingerprint
    assert net.add_directions("1", directions()) == "1~"
    assert net.fingerprint == fingerprint
    assert net.layers == before  # those that modules return
    row = net.layer("1~")
    assert (row.kind, row.shape, row.part_of, row.parameters) == (DIRECTIONS, (3, 8, 8), "1", 0)
    names = [each.name for each in net.info.layers]
    assert names[names.index("1") + 1] == "1~"
    recording = net.record(picture, ["1", "1~"])
    unit_rows = directions() / np.linalg.norm(directions(), axis=1, keepdims=True)
    for y, x in np.ndindex(8, 8):
        expected = nnls(unit_rows.T, recording["1"][0, :, y, x].astype(float))[0]
        np.testing.assert_allclose(recording["1~"][0, :, y, x], expected, atol=1e-5)
    np.testing.assert_array_equal(net.record(picture, "1~")["1~"], recording["1~"])


def test_positive_directions_read_the_positive_part(picture: np.ndarray) -> None:
    net = network()
    net.add_directions("0", directions(), positive=True)
    values = net.record(picture, ["0", "0~"])
    assert values["0"].min() < 0
    unit_rows = directions() / np.linalg.norm(directions(), axis=1, keepdims=True)
    vector = values["0"][0, :, 3, 4].clip(min=0).astype(float)
    np.testing.assert_allclose(values["0~"][0, :, 3, 4], nnls(unit_rows.T, vector)[0], atol=1e-5)


@pytest.mark.parametrize("text", ["1~[2] = 0", "1~2 = 0", "1~[2] *= 0", "1~[2] off"])
def test_an_edit_takes_the_part_of_a_direction_out(
    net: Network, picture: np.ndarray, text: str
) -> None:
    net.add_directions("1", directions())
    before = net.record(picture, ["1", "1~", "output"])
    with net.edited(text):
        after = net.record(picture, ["1", "1~", "output"])
    direction = directions()[2] / np.linalg.norm(directions()[2])
    part = before["1~"][0, 2] * direction[:, None, None]
    np.testing.assert_allclose(after["1"][0], before["1"][0] - part, atol=1e-6)
    assert (
        np.abs(after["1~"][0, 2]).max() < 1e-5
    )  # but for rounding, for the rest is at right angles
    np.testing.assert_allclose(after["1~"][0, :2], before["1~"][0, :2], atol=1e-5)
    assert np.abs(after.output - before.output).max() > 1e-4  # the rest of the network sees it


def test_other_edits_set_scale_exchange_and_act_on_a_region(
    net: Network, picture: np.ndarray
) -> None:
    net.add_directions("1", directions())
    before = net.record(picture, ["1~"])["1~"][0]

    def edited(text: str) -> np.ndarray:
        with net.edited(text):
            return net.record(picture, ["1~"])["1~"][0]

    active = before[0] > 0
    assert 0.2 < active.mean() < 1
    raised = edited("1~[0] = 2")[0]
    np.testing.assert_allclose(raised[active], 2, atol=1e-4)
    assert (raised[~active] < 2.0001).all()  # the rest may point away from the direction there
    np.testing.assert_allclose(edited("1~[0] *= 1.5")[0], 1.5 * before[0], atol=1e-4)
    both = (before[:2] > 0).all(0)
    exchanged = edited("1~[0] <-> 1~[1]")
    np.testing.assert_allclose(exchanged[[1, 0]][:, both], before[:2][:, both], atol=1e-4)
    part = edited("1~[0]@2:4,1 *= 0.5")[0]
    np.testing.assert_allclose(part[2:4, 1], before[0, 2:4, 1] / 2, atol=1e-4)
    rest = np.ones_like(part, bool)
    rest[2:4, 1] = False
    np.testing.assert_allclose(part[rest], before[0][rest], atol=1e-5)
    np.testing.assert_allclose(edited("1~ = 0"), 0, atol=1e-5)
    mean = edited("1~[0] = mean")[0]
    np.testing.assert_allclose(mean[active], before[0].mean(), rtol=1e-3)


def test_streams_and_batches_give_the_same_values(net: Network, picture: np.ndarray) -> None:
    net.add_directions("1", directions())
    x = net.encode(np.stack([picture, picture[::-1], picture[:, ::-1]]))
    expected = net.run(x, ["1~", "2"])
    streamed = {}
    net.stream_layers(x, ["2", "1~"], lambda out: streamed.update({out.layer: out.value.clone()}))
    assert set(streamed) == {"1~", "2"}  # and not the layer below, which nobody asked for
    for name, value in streamed.items():
        torch.testing.assert_close(value, expected.tensor(name))


def test_gradients_at_and_from_a_set_are_those_along_its_directions(
    net: Network, picture: np.ndarray
) -> None:
    net.add_directions("1", directions())
    recording = net.run(net.encode(picture), ["1", "1~", "output"], gradients=True)
    output = recording.tensor("output")[0, 1].sum()
    (signal,) = torch.autograd.grad(output, recording.edges("1~"), retain_graph=True)
    arranged = recording.arrange_gradient("1~", signal, 0)[0]
    unit_rows = directions() / np.linalg.norm(directions(), axis=1, keepdims=True)
    expected = np.einsum("chw,kc->khw", signal[0].numpy(), unit_rows)
    np.testing.assert_allclose(arranged.numpy(), expected, rtol=1e-4, atol=1e-6)
    gradient = dnnvis.look(net, "gradient", "1~[1]@3,3", image=picture, seed="one")
    epsilon = 1e-3
    x = net.encode(picture)
    y, c = 4, 1
    values = []
    for sign in (1, -1):
        moved = x.clone()
        moved[0, c, y, 3] += sign * epsilon
        values.append(float(net.run(moved, ["1~"]).tensor("1~")[0, 1, 3, 3]))
    slope = (values[0] - values[1]) / (2 * epsilon)
    assert gradient.values[y, 3, c] == pytest.approx(slope, rel=0.02, abs=1e-4)


def test_bad_directions_are_refused_in_a_sentence(net: Network) -> None:
    for vectors, part in (
        (np.ones(10), "numbers"),
        (np.ones((0, 10)), "numbers"),
        (np.ones((61, 10)), "from 1 to 60"),
        (np.ones((2, 9)), "has 10 channels"),
        (np.zeros((1, 10)), "points nowhere"),
        (np.full((1, 10), np.nan), "points nowhere"),
    ):
        with pytest.raises(BadInput, match=part):
            net.add_directions("1", vectors)
    with pytest.raises(BadInput, match="ends with ~"):
        net.add_directions("1", np.ones((1, 10)), name="groups")
    with pytest.raises(UnknownUnit):
        net.add_directions("nowhere", np.ones((1, 10)))
    net.add_directions("1", np.ones((1, 10)))
    with pytest.raises(BadInput, match="cannot have directions"):
        net.add_directions("1~", np.ones((1, 1)))
    with pytest.raises(UnknownUnit, match="channels 0 to 0"):
        net.check(Unit("1~", 1))


def test_groups_are_read_in_both_spellings_and_written_in_one() -> None:
    assert Unit.parse("conv4~2") == Unit.parse("conv4~[2]") == Unit("conv4~", 2)
    assert str(Unit.parse("conv4~12@3,4#1")) == "conv4~[12]@3,4#1"
    assert str(Objective.parse("0.5*conv4~2 + conv4~[0]")) == "0.5*conv4~[2] + conv4~[0]"
    assert str(Edit.parse("conv4~2 *= 0.5")) == "conv4~[2] *= 0.5"
    assert str(Edit.parse("conv4~0 <-> conv4~2")) == "conv4~[0] <-> conv4~[2]"
    assert Objective.parse("a~1.conv[3]").terms[0].layer == "a~1.conv"
    assert Objective.parse("a~1", ("a~1",)).terms[0].layer == "a~1"  # such a layer comes first


def test_a_copy_for_gradients_has_the_directions_too(tmp_path: Path) -> None:
    torch.manual_seed(0)
    norm = nn.BatchNorm2d(6)
    norm.running_mean.uniform_(-1, 1)
    module = nn.Sequential(nn.Conv2d(3, 6, 3), norm, nn.ReLU(), nn.Flatten(), nn.Linear(216, 2))
    net = dnnvis.wrap(module, size=8)
    net.add_directions("0", np.abs(np.random.default_rng(0).random((2, 6))))  # folded otherwise
    net.add_directions("2", np.abs(np.random.default_rng(1).random((2, 6))))
    for layer in ("0~", "2~"):
        result = dnnvis.look(net, "ascent", f"{layer}[1]", preset="live", steps=3)
        x = torch.from_numpy(result.sheet[0]).permute(2, 0, 1)[None]
        parent = net.run(x, [layer[:-1]]).tensor(layer[:-1])[0]  # (C, H, W)
        direction = net.directions.get(layer).vectors[1]
        dot = (parent * direction[:, None, None]).sum(0)
        cosine = (dot / (parent.norm(dim=0) * direction.norm() + 1e-6)).clamp(min=0.1)
        expected = float((dot * cosine**2).mean())
        assert result.recipe["statistic"] == "direction"
        assert result.recipe["objective"] == pytest.approx(expected, rel=1e-4, abs=1e-5)
        assert result.recipe["directions"] == {layer: net.directions.get(layer).digest}
