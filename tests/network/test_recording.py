"""A recorded value is what the module returned, whatever the forward function does later."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from helpers.recording_networks import GRAY, plainly, ramp, seeded


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
    assert len(net.module[0]._forward_hooks) == 1
    assert len(module[0]._forward_hooks) == 1
