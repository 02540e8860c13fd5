"""Signals back through time steps and gates, and what libraries remember of them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.core.frame import Frame
from dnnvis.core.unit import Unit
from dnnvis.library.recent_frames import FrameMemory
from dnnvis.library.scan.scan import scan
from dnnvis.library.store.library import open_library
from dnnvis.network.bn_folding import fold_batch_norms
from dnnvis.network.hooks import count_hooks
from dnnvis.network.network import Network
from helpers.recurrent_networks import cell_loop, row_gru, row_lstm

GATES = ("input_gate", "forget_gate", "cell_candidate", "output_gate", "cell_state", "hidden")


pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections:UserWarning")


def wrapped(module: nn.Module) -> Network:
    return dnnvis.wrap(module, size=28, channels=1)


@pytest.fixture(scope="module")
def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (28, 28, 1), dtype=np.uint8)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (3, 28, 28, 1), dtype=np.uint8)


def gradient_by_hand(net: Network, picture: np.ndarray, value: Callable[[Tensor], Tensor]) -> Any:
    x = net.encode(picture).requires_grad_()
    (gradient,) = torch.autograd.grad(value(x), x)
    return gradient[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize("call", [0, 3, 27, -1])
def test_the_gradient_of_a_time_step_is_that_of_the_real_module(
    picture: np.ndarray, call: int
) -> None:
    net = wrapped(row_lstm())
    unit = f"lstm[2]#{call}"
    found = dnnvis.look(net, "gradient", unit, image=picture, seed="one").values
    wanted = gradient_by_hand(net, picture, lambda x: net.module.lstm(x[:, 0])[0][0, call, 2])
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    later = 28 if call == -1 else call + 1
    assert found[:later].any()
    assert not found[later:].any()


def test_the_gradient_of_a_gate_is_the_slope_of_its_value(picture: np.ndarray) -> None:
    for net, unit in (
        (wrapped(row_lstm(num_layers=2, bidirectional=True)), "lstm.l1r.forget_gate[3]#26"),
        (wrapped(row_gru()), "gru.l0.update_gate[1]#2"),
        (wrapped(cell_loop()), "cell.cell_state[1]#2"),
    ):
        picture_of = dnnvis.look(net, "gradient", unit, image=picture, seed="one").values[..., 0]
        place = Unit.parse(unit)
        x = net.encode(picture).double()
        net.module.double()
        net.dtype = torch.float64
        random = np.random.default_rng(3).standard_normal((28, 28))
        ends = []
        for step in (1e-4, -1e-4):
            moved = x + step * torch.from_numpy(random)
            recording = net.run(moved, [place.layer])
            ends.append(float(recording.tensor(place.layer, place.call)[0, place.channel, 0, 0]))
        slope = (ends[0] - ends[1]) / 2e-4
        assert abs(slope) > 1e-3
        np.testing.assert_allclose((picture_of * random).sum(), slope, rtol=1e-3)


def test_signals_arrive_at_the_last_time_step_that_gets_any(picture: np.ndarray) -> None:
    net = wrapped(row_lstm())
    found = dnnvis.look(net, "gradient", "fc[4]", image=picture, seed="one", to="lstm")
    np.testing.assert_allclose(found.values[0, 0], net.module.fc.weight[4].numpy(), atol=1e-6)
    itself = dnnvis.look(net, "gradient", "lstm[2]#5", image=picture, seed="one", to="lstm")
    assert np.array_equal(itself.values[0, 0], np.eye(12, dtype=np.float32)[2])


def test_signals_between_gates_arrive_and_none_from_the_network(picture: np.ndarray) -> None:
    net = wrapped(row_lstm())
    forget = net.record(picture)["lstm.l0.input_gate"][6, 2, 0, 0]
    found = dnnvis.look(
        net,
        "gradient",
        "lstm.l0.cell_state[2]#6",
        image=picture,
        seed="one",
        to="lstm.l0.cell_candidate",
    )
    wanted = np.zeros(12, np.float32)
    wanted[2] = forget
    np.testing.assert_allclose(found.values[0, 0], wanted, atol=1e-6)
    with pytest.raises(dnnvis.LensMissing, match=r"beside the network's own pass.*choose lstm\."):
        dnnvis.look(net, "gradient", "fc[4]", image=picture, to="lstm.l0.forget_gate")
    with pytest.raises(dnnvis.LensMissing, match="does not lie before"):
        dnnvis.look(net, "gradient", "lstm.l0.cell_state[4]", image=picture, to="fc")


@pytest.mark.parametrize("lens", ["guided", "deconvnet"])
def test_the_bent_rules_reach_through_time(picture: np.ndarray, lens: str) -> None:
    found = dnnvis.look(wrapped(row_gru()), lens, "gru[3]#4", image=picture)
    assert found.values.any()
    assert found.rectifiers == {"ReluBackward0": 1}


def test_a_picture_can_be_grown_for_a_gate_at_a_step() -> None:
    for net, unit in (
        (wrapped(row_gru()), "gru.l0.reset_gate[4]#3"),
        (wrapped(row_lstm()), "lstm.l0.forget_gate[5]#10"),
        (wrapped(row_lstm()), "lstm[5]#10"),
        (wrapped(cell_loop()), "cell.output_gate[2]#4"),
    ):
        before, *_, after = dnnvis.looks(net, "ascent", unit, steps=24)
        assert after.recipe["objective"] > before.recipe["objective"] + 0.05, unit
        gate = Unit.parse(unit)
        pixels = np.round(after.values * 255).astype(np.uint8)
        reached = net.record(pixels, [gate.layer])[gate.layer][gate.call, gate.channel, 0, 0]
        assert reached == pytest.approx(after.recipe["objective"], abs=0.02)


def test_a_step_can_be_inverted(picture: np.ndarray) -> None:
    net = wrapped(row_lstm())
    for layer in ("lstm#20", "lstm.l0.cell_state#20"):
        before, *_, after = dnnvis.looks(net, "inversion", layer, image=picture, steps=30, seeds=1)
        assert after.recipe["error"] < 0.7 * before.recipe["error"]


def test_a_folded_twin_has_the_same_gates(picture: np.ndarray) -> None:
    net = wrapped(row_gru())
    twin = fold_batch_norms(net)
    assert twin is not net
    x = net.encode(picture)
    names = ["gru", "gru.l0.update_gate", "gru.l0.hidden"]
    ours, theirs = net.run(x, names), twin.run(x, names)
    for name in names:
        np.testing.assert_allclose(theirs[name], ours[name], atol=1e-5)


class Spy(nn.LSTM):
    """Says whether cuDNN was on while it ran, and may fail."""

    seen: ClassVar[list[bool]] = []  # on the class: what a module holds is put back

    def forward(self, x: Tensor, hx: Any = None) -> Any:
        self.seen.append(torch.backends.cudnn.enabled)
        if getattr(self, "broken", False):
            raise ValueError("broken")
        return super().forward(x, hx)


def test_recurrent_modules_run_without_cudnn_where_signals_are_sent_back(
    picture: np.ndarray,
) -> None:
    module = row_lstm()
    module.lstm.__class__ = Spy
    net = wrapped(module)
    x, spy = net.encode(picture), net.module.lstm
    assert torch.backends.cudnn.enabled
    net.record(picture)
    spy.seen.clear()
    net.run(x, ["fc"], gradients=True)
    net.run(x, ["fc"])
    net.run(x, ["lstm"], gradients=True, until=("lstm", 1))
    assert spy.seen == [False, True, False]
    assert torch.backends.cudnn.enabled
    spy.broken = True
    with pytest.raises(dnnvis.BadInput, match="broken"):
        net.run(x, ["fc"], gradients=True)
    assert torch.backends.cudnn.enabled
    assert count_hooks(net.module) == 0


@pytest.mark.parametrize("make", [row_lstm, row_gru, cell_loop])
def test_summaries_tell_the_last_step_of_every_layer(
    make: Callable[[], nn.Module], pictures: np.ndarray
) -> None:
    net = wrapped(make())
    names = [row.name for row in net.layers]
    told: dict[str, np.ndarray] = {}
    net.stream_layers(
        net.encode(pictures),
        names,
        lambda passing: told.update({passing.layer: passing.value.numpy().copy()}),
    )
    assert list(told) == names
    for name, calls in ((name, net.record(pictures).calls(name)) for name in names):
        np.testing.assert_allclose(told[name], calls[-1], atol=1e-6, err_msg=name)
    some = {}
    net.stream_layers(
        net.encode(pictures), names[1:3], lambda p: some.update({p.layer: p.value.clone()})
    )
    assert list(some) == names[1:3]


@pytest.mark.parametrize("make", [row_lstm, cell_loop])
def test_a_scan_and_the_memory_know_gates(
    make: Callable[[], nn.Module], pictures: np.ndarray, tmp_path: Path
) -> None:
    from PIL import Image

    net = wrapped(make())
    memory = FrameMemory(net, 5)
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, pixels in enumerate(pictures):
        Image.fromarray(pixels[..., 0]).save(folder / f"{number}.png")
        with memory.summarize_pass() as summary:
            recording = net.run(net.encode(pixels), ())
        memory.add(Frame(pixels, number, "film", None, 10.0 * number), pixels, summary, recording)
    values = net.record(pictures)
    with open_library(net, tmp_path / "library.sqlite") as library:
        scan(net, folder, library, k=3)
        for row in net.layers:
            unit = Unit(row.name, 1)
            wanted = np.sort(values[row.name][:, -1, 1, 0, 0])[::-1]
            for top in (memory.top(unit, 3), library.top(unit, 3)):
                np.testing.assert_allclose([one.value for one in top], wanted, atol=1e-5)
