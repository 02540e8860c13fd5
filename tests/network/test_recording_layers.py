"""Which layers a recording has, how often each was called, and which axes its values have."""

import threading
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from helpers.recording_networks import Loop, plainly, ramp, seeded


def test_calls_of_a_reused_module_are_an_axis() -> None:
    net = dnnvis.wrap(seeded(Loop()), size=(6, 9), channels=1)
    image = ramp(6, 9, 1)
    recording = net.record(image)
    assert recording["step"].shape == (3, 4, 6, 9)
    assert recording["act"].shape == (4, 4, 6, 9)
    assert {layer.name: layer.calls for layer in net.layers} == {
        "start": 1,
        "act": 4,
        "step": 3,
        "output": 1,
    }
    h = torch.relu(net.module.start(net.encode(image)))
    for call in range(3):
        h = net.module.step(h)
        assert np.array_equal(recording["step"][call], h[0].numpy())
        h = torch.relu(h)
        assert np.array_equal(recording["act"][call + 1], h[0].numpy())
    assert [len(recording.calls(name)) for name in ("start", "step", "act")] == [1, 3, 4]
    batch = net.record(np.stack([image, image[::-1]]))
    assert batch["step"].shape == (2, 3, 4, 6, 9)
    np.testing.assert_allclose(batch["step"][0], recording["step"], rtol=1e-4, atol=1e-5)


class Pyramid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.never = nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.conv(x)
        b = self.conv(F.avg_pool2d(a, 2))
        return b.mean((2, 3)) + a.mean((2, 3))


def test_calls_of_different_shape_are_read_one_by_one() -> None:
    net = dnnvis.wrap(seeded(Pyramid()), size=8)
    recording = net.record(ramp())
    with pytest.raises(dnnvis.BadInput, match=r'calls\("conv"\)'):
        recording["conv"]
    assert [call.shape for call in recording.calls("conv")] == [(3, 8, 8), (3, 4, 4)]
    batch = net.record(np.stack([ramp(), ramp()]))
    assert [call.shape for call in batch.calls("conv")] == [(2, 3, 8, 8), (2, 3, 4, 4)]
    inside = dnnvis.look(net, "gradient", "conv[0]@7,7#0", image=ramp())
    assert inside.values.any()
    with pytest.raises(dnnvis.UnknownUnit, match="4 x 4"):
        dnnvis.look(net, "gradient", "conv[0]@7,7#1", image=ramp())


def test_a_module_that_is_never_called_is_no_layer_and_says_so() -> None:
    net = dnnvis.wrap(Pyramid(), size=8)
    assert "never" not in [layer.name for layer in net.layers]
    with pytest.raises(dnnvis.UnknownUnit, match="never returned no tensor"):
        net.record(ramp(), ["never"])


Pair = namedtuple("Pair", "first second")


@dataclass
class Result:
    note: str
    logits: Tensor


class Returns(nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.part = nn.Identity()
        self.how = how

    def forward(self, x: Tensor) -> Any:
        y = self.conv(x).mean((2, 3))
        return {
            "tuple": lambda: (y, y * 2),
            "list": lambda: [y],
            "dict": lambda: {"note": 3, "out": y, "aux": y * 2},
            "ordered": lambda: OrderedDict(out=y, aux=y),
            "named": lambda: Pair(y, y),
            "nested": lambda: (None, ([y], 3)),
            "dataclass": lambda: Result("hello", y),
        }[self.how]()


@pytest.mark.parametrize(
    "how", ["tuple", "list", "dict", "ordered", "named", "nested", "dataclass"]
)
def test_the_first_tensor_of_a_compound_result_is_the_output(how: str) -> None:
    net = dnnvis.wrap(seeded(Returns(how)), size=8)
    recording = net.record(ramp())
    assert recording.output.shape == (5,)
    assert recording["output"].shape == (1, 5, 1, 1)
    assert any("takes" in note or "taken as its output" in note for note in net.notes)
    picture = dnnvis.look(net, "gradient", "output[3]", image=ramp(), seed="one")
    assert picture.values.any()


class Inside(nn.Module):
    """A part that returns a compound and reads its own names back."""

    def __init__(self) -> None:
        super().__init__()
        self.part = Returns("named")
        self.table = Returns("dict")

    def forward(self, x: Tensor) -> Tensor:
        return self.part(x).second + self.table(x)["aux"]


def test_compound_values_go_on_through_the_network_untouched() -> None:
    net = dnnvis.wrap(seeded(Inside()), size=8)
    recording = net.record(ramp())
    assert recording["part"].shape == recording["table"].shape == (1, 5, 1, 1)
    assert np.array_equal(recording.output, plainly(net, ramp())[0].numpy())


def test_tied_modules_are_one_layer_called_twice() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Linear(12, 12)
            self.b = self.a

        def forward(self, x: Tensor) -> Tensor:
            return self.b(F.elu(self.a(x.flatten(1))))

    net = dnnvis.wrap(Tied(), size=2)
    assert [(layer.name, layer.calls) for layer in net.layers] == [("a", 2), ("output", 1)]
    assert net.record(ramp(2, 2))["a"].shape == (2, 12, 1, 1)


def test_layers_named_like_our_own_words_are_themselves() -> None:
    class Names(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cls = nn.Linear(12, 3)
            self.head = nn.Module()
            self.head.cls = nn.Linear(3, 4)
            self.input = nn.Identity()
            self.output = nn.Linear(4, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.output(self.head.cls(self.cls(self.input(x).flatten(1)))) * 2

    net = dnnvis.wrap(seeded(Names()), size=2)
    recording = net.record(ramp(2, 2))
    assert recording["cls"].shape == (1, 3, 1, 1)
    assert recording["head.cls"].shape == (1, 4, 1, 1)
    assert np.array_equal(recording["output"].ravel(), recording.output)
    assert net.record(ramp(2, 2), ["head.cls"])["head.cls"].shape == (1, 4, 1, 1)
    with pytest.raises(dnnvis.UnknownUnit):
        net.record(ramp(2, 2), ["cls.cls"])
    with pytest.raises(dnnvis.UnknownUnit, match="not recorded"):
        net.record(ramp(2, 2), ["cls"])["cls.cls"]


class Recurrent(nn.Module):
    """Rows of the picture as a sequence, as torch's recurrent modules like them."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.rnn = nn.GRU(24, 7, batch_first=batch_first)
        self.cell = nn.GRUCell(7, 5)
        self.batch_first = batch_first

    def forward(self, x: Tensor) -> Tensor:
        rows = x.permute(0, 2, 1, 3).flatten(2)  # (B, 8, 24)
        if not self.batch_first:
            rows = rows.transpose(0, 1)
        steps, _ = self.rnn(rows)
        steps = steps.transpose(0, 1) if self.batch_first else steps  # (8, B, 7)
        h = None
        for step in steps:
            h = self.cell(step, h)
        return h


@pytest.mark.parametrize("batch_first", [True, False])
def test_sequences_have_their_time_steps_as_calls_and_so_have_cells(batch_first: bool) -> None:
    net = dnnvis.wrap(seeded(Recurrent(batch_first)), size=8)
    images = np.stack([ramp(), ramp()[::-1]])
    recording = net.record(images)
    assert recording["rnn"].shape == (2, 8, 7, 1, 1)
    assert recording["cell"].shape == (2, 8, 5, 1, 1)
    for k in range(2):
        alone = net.record(images[k])
        assert alone["rnn"].shape == (8, 7, 1, 1)
        np.testing.assert_allclose(recording["rnn"][k], alone["rnn"], atol=1e-5)
        np.testing.assert_allclose(recording["cell"][k], alone["cell"], atol=1e-5)
    assert net.record(images[0])["cell"].shape == (8, 5, 1, 1)
    picture = dnnvis.look(net, "gradient", "cell[2]#3", image=images[0], seed="one")
    assert picture.values[:4].any()
    assert not picture.values[4:].any()


class Odd(nn.Module):
    """Parts whose result has no batch axis, or the same for every picture."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.squeeze, self.scalar, self.table, self.merged = (nn.Identity() for _ in range(4))
        self.places = nn.Embedding(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        self.scalar(y.detach().new_tensor(3.0))
        self.table(y.new_ones(1, 5))
        self.places(torch.arange(6))
        self.merged(y.flatten(2).transpose(1, 2).reshape(-1, 4))  # (B * 36, 4)
        return self.squeeze(y.mean((2, 3)).squeeze())


@pytest.mark.parametrize("many", [2, 3, 4, 6])
def test_parts_without_a_batch_axis_are_recorded_for_every_picture(many: int) -> None:
    net = dnnvis.wrap(seeded(Odd()), size=8)
    batch = np.stack([np.roll(ramp(), k, 0) for k in range(many)])
    recording = net.record(batch)
    assert recording.output.shape == (many, 4)
    for name in net.record(ramp()):
        together = recording[name]
        assert len(together) == many, name
        for k in range(many):
            alone = net.record(batch[k])[name]
            np.testing.assert_allclose(together[k], alone, atol=1e-5, err_msg=name)


def test_layers_can_be_one_name_or_none_at_all() -> None:
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), size=8)
    assert list(net.record(ramp(), ["0"])) == ["0"]
    assert list(net.record(ramp(), "0")) == ["0"]
    empty = net.record(ramp(), [])
    assert list(empty) == []
    assert empty.output.shape == (2, 6, 6)
    with pytest.raises(dnnvis.UnknownUnit):
        empty["0"]
    assert set(net.record(ramp())) == {"0", "1", "output"}
    assert "1" in net.record(ramp())
    assert "2" not in net.record(ramp())


def test_a_pass_can_stop_at_a_layer() -> None:
    class Long(Loop):
        def forward(self, x: Tensor) -> Tensor:
            try:
                return super().forward(x)
            except Exception:
                raise AssertionError("the network saw the stop") from None

    net = dnnvis.wrap(seeded(Long()), size=8, channels=1)
    x = net.encode(ramp(8, 8, 1))
    recording = net.run(x, ["step"], until=("step", 2), gradients=True)
    assert recording["step"].shape == (2, 4, 8, 8)
    with pytest.raises(dnnvis.BadInput, match="stopped"):
        _ = recording.output
    with pytest.raises(dnnvis.UnknownUnit):
        recording["output"]
    assert np.array_equal(recording["step"], net.record(ramp(8, 8, 1))["step"][:2])


def test_cancelling_stops_at_the_next_module_and_only_on_this_thread() -> None:
    from dnnvis.core.errors import Cancelled
    from dnnvis.network.hooks import cancellable

    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), size=8)
    net.record(ramp())
    flag = threading.Event()
    flag.set()
    with cancellable(flag):
        with pytest.raises(Cancelled):
            net.record(ramp())
        done: list[np.ndarray] = []
        other = threading.Thread(target=lambda: done.append(net.record(ramp()).output))
        other.start()
        other.join()
        assert len(done) == 1
    assert net.record(ramp()).output.shape == (2, 6, 6)


def test_a_transformer_layer_is_recorded_as_it_runs(noise: Callable[..., np.ndarray]) -> None:
    class Tokens(nn.Module):
        def __init__(self, batch_first: bool) -> None:
            super().__init__()
            self.patches = nn.Conv2d(3, 8, 4, 4)
            layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=batch_first)
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.batch_first = batch_first

        def forward(self, x: Tensor) -> Tensor:
            tokens = self.patches(x).flatten(2).permute(0, 2, 1)
            if not self.batch_first:
                tokens = tokens.transpose(0, 1)
            tokens = self.encoder(tokens)
            return tokens.mean(1 if self.batch_first else 0)

    for batch_first in (True, False):
        net = dnnvis.wrap(seeded(Tokens(batch_first)), size=16)
        images = noise(2, 16, 16, 3)
        together = net.record(images)
        for name in together:
            for k in (0, 1):
                alone = net.record(images[k])[name]
                np.testing.assert_allclose(together[name][k], alone, atol=1e-4, err_msg=name)
        assert together["encoder.layers.1.linear1"].shape == (2, 1, 16, 4, 4)
        assert together["encoder.layers.0"].shape == (2, 1, 8, 4, 4)
        bare = net.module(net.encode(images)).numpy()
        np.testing.assert_allclose(together.output, bare, atol=1e-5)
