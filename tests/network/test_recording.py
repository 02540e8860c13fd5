"""Recording small networks with every trick that a forward function can play."""

import threading
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis

GRAY = np.full((8, 8, 3), 100, np.uint8)


def ramp(high: int = 8, wide: int = 8, channels: int = 3) -> np.ndarray:
    return (np.arange(high * wide * channels) % 251).astype(np.uint8).reshape(high, wide, channels)


def plainly(net: dnnvis.Network, image: np.ndarray) -> Tensor:
    """What the bare module returns for the picture."""
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
    with torch.inference_mode():
        return net.module(x)


def seeded(module: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(1)
    for weight in module.parameters():
        weight.data.normal_(0, 0.5, generator=generator)
    return module


class Inplace(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.relu = nn.ReLU(inplace=True)
        self.scale = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.conv(x))
        kept = self.scale(x)
        x.mul_(2)  # changes what conv, relu and scale returned
        return kept + x


def test_a_value_is_what_it_was_when_the_module_returned_it() -> None:
    net = dnnvis.wrap(seeded(Inplace()), size=8)
    image = ramp()
    recording = net.record(image)
    x = net.encode(image)
    with torch.inference_mode():
        conv = net.module.conv(x)[0].numpy()
    assert conv.min() < 0
    assert np.array_equal(recording["conv"][0], conv)
    assert np.array_equal(recording["relu"][0], np.maximum(conv, 0))
    assert np.array_equal(recording["scale"][0], np.maximum(conv, 0))
    assert np.array_equal(recording.output, 4 * np.maximum(conv, 0))
    assert np.array_equal(recording.output, plainly(net, image)[0].numpy())


def test_a_backward_pass_that_torch_forbids_is_refused_in_words() -> None:
    net = dnnvis.wrap(seeded(Inplace()), size=8)  # the ReLU's result, kept for it, is changed
    with pytest.raises(dnnvis.LensMissing, match="inplace"):
        dnnvis.look(net, "gradient", "output[0]", image=ramp())


class Shared(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.same = nn.Identity()
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        kept = self.same(x)
        x.mul_(2)  # kept shares this memory
        return self.relu(kept + x)


def test_gradients_of_values_that_are_changed_later_are_right() -> None:
    net = dnnvis.wrap(seeded(Shared()), size=8)
    image = ramp()
    kept = net.run(net.encode(image), ["conv", "relu", "same"], gradients=True)
    np.testing.assert_allclose(kept.output, plainly(net, image)[0].numpy(), rtol=1e-5)
    np.testing.assert_allclose(kept.output, np.maximum(4 * kept["conv"][0], 0), rtol=1e-5)
    y, x = np.unravel_index(kept.output[2].argmax(), (8, 8))
    picture = dnnvis.look(net, "gradient", f"output[2]@{y},{x}", image=image, to="conv", seed="one")
    expected = np.zeros((8, 8, 4), np.float32)
    expected[y, x, 2] = 4
    assert np.array_equal(picture.values, expected)


class Starts(nn.Module):
    """Begins by changing the picture it is given."""

    def forward(self, x: Tensor) -> Tensor:
        return x.sub_(0.2).relu_()


def test_a_network_that_changes_its_input_changes_no_picture() -> None:
    net = dnnvis.wrap(Starts(), size=8)
    x = net.encode(ramp())
    before = x.clone()
    for gradients in (False, True):
        recording = net.run(x, ["output"], gradients=gradients)
        assert torch.equal(x, before)
        assert torch.equal(recording.x.detach(), before)
    picture = dnnvis.look(net, "gradient", "output[0]", image=ramp())
    assert picture.values.shape == (8, 8, 3)


class Loop(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.start = nn.Conv2d(1, 4, 3, padding=1)
        self.step = nn.Conv2d(4, 4, 3, padding=1)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        h = self.act(self.start(x))
        for _ in range(3):
            h = self.act(self.step(h))
        return h.mean((2, 3))


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


class Fails(nn.Module):
    def __init__(self, on_batch: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.on_batch = on_batch

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        if len(x) > 1 or not self.on_batch:
            raise ValueError("the cat is out")
        return y


@pytest.mark.parametrize("on_batch", [False, True])
def test_a_network_that_raises_is_told_in_its_own_words_and_keeps_no_hook(on_batch: bool) -> None:
    net = dnnvis.wrap(Fails(on_batch), size=8)
    with pytest.raises(dnnvis.BadInput, match="ValueError: the cat is out"):
        net.record(np.stack([ramp(), ramp()]))
    assert sum(len(part._forward_hooks) for part in net.module.modules()) == 0
    if on_batch:
        assert net.record(ramp())["conv"].shape == (1, 5, 6, 6)


def test_a_network_without_any_tensor_in_its_result_is_told_so() -> None:
    class Words(nn.Module):
        def forward(self, x: Tensor) -> str:
            return "a cat"

    net = dnnvis.wrap(Words(), size=8)
    with pytest.raises(dnnvis.BadInput, match="returns str"):
        net.record(ramp())


def test_a_network_that_cannot_run_with_gradients_can_still_be_recorded() -> None:
    class Chunks(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            a, b = self.conv(x).chunk(2, 1)
            a.relu_()  # torch forbids this where gradients are kept
            return a + b

    net = dnnvis.wrap(seeded(Chunks()), size=8)
    recording = net.record(ramp())
    assert recording["conv"].shape == (1, 4, 6, 6)
    assert np.array_equal(recording.output, plainly(net, ramp())[0].numpy())
    assert any("without gradients" in note for note in net.notes)
    with pytest.raises(dnnvis.LensMissing, match="without gradients"):
        dnnvis.look(net, "gradient", "conv[0]", image=ramp())


def test_functional_and_branching_parts_show_in_what_follows_them() -> None:
    class Branches(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Conv2d(3, 2, 1), nn.Conv2d(3, 3, 3, padding=1)
            self.join = nn.Conv2d(5, 4, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.join(torch.cat([F.relu(self.a(x)), F.relu_(self.b(x))], 1))

    net = dnnvis.wrap(seeded(Branches()), size=8)
    recording = net.record(ramp())
    x = net.encode(ramp())
    a, b = net.module.a(x), net.module.b(x)
    assert np.array_equal(recording["b"][0], b[0].numpy())
    both = torch.cat([a.relu(), b.relu()], 1)
    assert np.array_equal(recording["join"][0], net.module.join(both)[0].numpy())


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
def test_sequences_are_tokens_and_cells_have_calls(batch_first: bool) -> None:
    net = dnnvis.wrap(seeded(Recurrent(batch_first)), size=8)
    images = np.stack([ramp(), ramp()[::-1]])
    recording = net.record(images)
    assert recording["rnn"].shape == (2, 1, 7, 8, 1)
    assert recording["cell"].shape == (2, 8, 5, 1, 1)
    for k in range(2):
        alone = net.record(images[k])
        assert alone["rnn"].shape == (1, 7, 8, 1)
        np.testing.assert_allclose(recording["rnn"][k], alone["rnn"], atol=1e-5)
        np.testing.assert_allclose(recording["cell"][k], alone["cell"], atol=1e-5)
    assert net.record(images[0])["cell"].shape == (8, 5, 1, 1)
    picture = dnnvis.look(net, "gradient", "cell[2]#3", image=images[0], seed="one")
    assert picture.values[:4].any() and not picture.values[4:].any()  # later rows are unread


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


def test_every_shape_of_picture_is_taken(tmp_path: Path) -> None:
    colour = dnnvis.wrap(nn.Conv2d(3, 2, 3), size=8)
    gray = dnnvis.wrap(nn.Conv2d(1, 2, 3), size=8, channels=1)
    path = tmp_path / "cat.png"
    Image.fromarray(ramp()).save(path)
    for net in (colour, gray):
        for image in (ramp(), ramp()[:, :, :1], ramp()[:, :, 0], ramp(20, 31), ramp(8, 8, 4)):
            recording = net.record(image)
            assert recording.output.shape == (2, 6, 6)
            assert recording.output.dtype == np.float32
        assert net.record(np.stack([ramp()] * 3)).output.shape == (3, 2, 6, 6)
        assert net.record(ramp()[None])["output"].shape == (1, 1, 2, 6, 6)
        exact = net.record(ramp())
        for file in (path, str(path)):
            assert np.array_equal(net.record(file).output, exact.output)
    weights = np.array([0.299, 0.587, 0.114])
    expected = np.rint(ramp() @ weights) / 255
    np.testing.assert_allclose(gray.encode(ramp())[0, 0], expected, atol=1.1 / 255)
    np.testing.assert_array_equal(colour.encode(ramp()[:, :, 0])[0, 2] * 255, ramp()[:, :, 0])


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 8, 3), np.float32),
        np.zeros((8, 8, 3), np.int64),
        np.zeros((8, 8, 3), bool),
        np.zeros((8, 8, 2), np.uint8),
        np.zeros((8, 8, 5), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros((0, 8, 8, 3), np.uint8),
        np.zeros((2, 2, 8, 8, 3), np.uint8),
        np.zeros(8, np.uint8),
        np.uint8(3),
        None,
        "there-is-no-such-file.png",
        3.5,
        [[1, 2], [3]],
    ],
    ids=str,
)
def test_what_is_no_picture_is_refused_in_words(image: Any) -> None:
    net = dnnvis.wrap(nn.Conv2d(3, 2, 3), size=8)
    with pytest.raises(dnnvis.BadInput):
        net.record(image)


def test_pictures_are_cropped_in_the_middle_and_resized() -> None:
    net = dnnvis.wrap(nn.Identity(), size=(4, 8))
    image = np.zeros((40, 40, 3), np.uint8)
    image[10:30] = 200  # the middle window of twice the width as height
    assert np.array_equal(net.record(image).output, np.full((3, 4, 8), 200 / 255, np.float32))


def test_arrays_that_were_handed_out_do_not_change_the_recording() -> None:
    net = dnnvis.wrap(seeded(nn.Sequential(nn.Conv2d(3, 2, 3))), size=8)
    recording = net.record(ramp())
    for read in (
        lambda: recording["0"],
        lambda: recording.calls("0")[0],
        lambda: recording.output,
    ):
        before = read().copy()
        read()[:] = 77
        assert np.array_equal(read(), before)


def test_a_network_that_reuses_its_memory_does_not_change_an_older_recording() -> None:
    class Board(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("kept", torch.zeros(1, 3))

        def forward(self, x: Tensor) -> Tensor:
            return self.kept.copy_(x.mean((2, 3)))

    net = dnnvis.wrap(Board(), size=8)
    first = net.record(GRAY)
    before = first.output.copy()
    net.record(ramp())
    assert np.array_equal(first.output, before)
    assert np.array_equal(first["output"].ravel(), before)


def test_other_number_types_are_run_as_they_are_and_read_as_float32() -> None:
    for dtype in (torch.float64, torch.bfloat16):
        module = seeded(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())).to(dtype)
        net = dnnvis.wrap(module, size=8, mean=(0.5,), std=(0.2,))
        recording = net.record(ramp())
        assert recording["0"].dtype == recording.output.dtype == np.float32
        picture = dnnvis.look(net, "guided", "1[1]@2,2", image=ramp(), seed="one")
        assert picture.values.dtype == np.float32


def test_complex_numbers_are_read_by_their_size_and_whole_ones_as_they_are() -> None:
    class Spectrum(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.fft.fft2(x)

    class Best(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.spectrum, self.best = Spectrum(), nn.Identity()

        def forward(self, x: Tensor) -> Tensor:
            return self.best(self.spectrum(x).abs().argmax(1))

    net = dnnvis.wrap(Best(), size=8)
    recording = net.record(ramp())
    expected = np.abs(np.fft.fft2(ramp().astype(np.float64) / 255, axes=(0, 1)))
    found = recording["spectrum"][0].transpose(1, 2, 0)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert set(np.unique(recording["best"])) <= {0, 1, 2}
    with pytest.raises(dnnvis.LensMissing):
        dnnvis.look(net, "gradient", "best[0]", image=ramp())


def test_a_compiled_module_is_wrapped_as_what_it_was_compiled_from() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())
    net = dnnvis.wrap(torch.compile(module), size=8)
    assert net.name == "Sequential"
    assert set(net.record(ramp())) == {"0", "1", "output"}


def test_layers_can_be_one_name_or_none_at_all() -> None:
    net = dnnvis.wrap(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), size=8)
    assert list(net.record(ramp(), ["0"])) == ["0"]
    assert list(net.record(ramp(), "0")) == ["0"]
    empty = net.record(ramp(), [])
    assert list(empty) == [] and empty.output.shape == (2, 6, 6)
    with pytest.raises(dnnvis.UnknownUnit):
        empty["0"]
    assert set(net.record(ramp())) == {"0", "1", "output"}
    assert "1" in net.record(ramp()) and "2" not in net.record(ramp())


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
    from dnnvis.network.taps import cancellable

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


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": 0}, "no picture"),
        ({"size": "large"}, "sense"),
        ({"size": (8,)}, "sense"),
        ({"size": (8, 8, 3)}, "sense"),
        ({"size": None}, "sense"),
        ({"std": (0.0,)}, "above 0"),
        ({"mean": (1, 2)}, "2 values for 3 channels"),
        ({"mean": 0.5}, "sense"),
        ({"mean": ("a",)}, "sense"),
        ({"channels": 0}, "channels"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused_in_words(settings: Any, words: str) -> None:
    with pytest.raises(dnnvis.BadInput, match=words):
        dnnvis.wrap(nn.Conv2d(3, 2, 3), **{"size": 8, **settings})


def test_numpy_numbers_and_lists_are_good_settings() -> None:
    net = dnnvis.wrap(nn.Conv2d(3, 2, 3), size=np.int64(8), mean=np.zeros(3), std=[1, 1, 1])
    assert net.record(ramp()).output.shape == (2, 6, 6)
    assert dnnvis.wrap(nn.Conv2d(3, 2, 3), size=np.array([8, 9])).card.size == (8, 9)


def test_only_modules_are_wrapped() -> None:
    with pytest.raises(dnnvis.BadInput, match=r"nn\.Module"):
        dnnvis.wrap(lambda x: x, size=8)
    module = nn.Linear(2, 2)
    module.made = torch.ones(2, requires_grad=True) * 2  # torch cannot copy such a tensor
    with pytest.raises(dnnvis.BadInput, match="copied"):
        dnnvis.wrap(module, size=8)


def test_nan_weights_are_told_in_words() -> None:
    module = nn.Conv2d(3, 2, 3)
    module.weight.data[0, 0, 0, 0] = float("nan")
    net = dnnvis.wrap(module, size=8)
    assert np.isnan(net.record(ramp()).output).any()
    assert any("NaN" in note for note in net.notes)
    picture = dnnvis.look(net, "gradient", "output[0]", image=ramp())
    assert "NaN" in picture.caption


def test_hooks_of_the_caller_are_kept_and_none_is_added() -> None:
    module = nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU())
    module[0].register_forward_hook(lambda m, i, o: o + 1)
    net = dnnvis.wrap(module, size=8)
    recording = net.record(ramp())
    with torch.inference_mode():
        assert np.array_equal(recording["0"][0], module[0](net.encode(ramp()))[0].numpy())
    assert len(net.module[0]._forward_hooks) == 1 and len(module[0]._forward_hooks) == 1


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("conv9[0]", "has no layer 'conv9'"),
        ("start[4]", "channels 0 to 3"),
        ("start[0]@8,0", "8 x 8"),
        ("step[0]#3", "called 3 times"),
        ("step[0]#-4", "called 3 times"),
        ("output[9]", "channels 0 to 3"),
        ("start", "is no unit"),
        ("start[x]", "is no unit"),
        ("", "is no unit"),
        (3, "is no unit"),
    ],
)
def test_units_that_are_not_there_are_named_in_a_sentence(
    unit: Any, words: str, noise: Callable[..., np.ndarray]
) -> None:
    net = dnnvis.wrap(Loop(), size=8, channels=1)
    with pytest.raises(dnnvis.UnknownUnit, match=words) as error:
        dnnvis.look(net, "gradient", unit, image=noise(8, 8))
    assert str(error.value).endswith((".", "..."))


def test_a_misspelt_layer_is_answered_with_its_neighbours() -> None:
    net = dnnvis.wrap(Loop(), size=8, channels=1)
    with pytest.raises(dnnvis.UnknownUnit, match="start"):
        net.record(ramp(8, 8, 1), ["strat"])


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
