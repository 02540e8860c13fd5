"""What a network is given, pictures, settings and names: taken, or refused in words."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import Tensor, nn

import dnnvis
from helpers.recording_networks import Loop, ramp


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


def test_a_network_that_raises_is_told_in_its_own_words_and_keeps_no_hook() -> None:
    net = dnnvis.wrap(Fails(False), size=8)
    with pytest.raises(dnnvis.BadInput, match="ValueError: the cat is out"):
        net.record(np.stack([ramp(), ramp()]))
    assert sum(len(part._forward_hooks) for part in net.module.modules()) == 0


def test_a_network_that_takes_no_batch_runs_picture_by_picture() -> None:
    net = dnnvis.wrap(Fails(True), size=8)
    alone = net.record(ramp())
    both = net.record(np.stack([ramp()[::-1], ramp()]))
    assert both["conv"].shape == (2, 1, 5, 6, 6)
    np.testing.assert_array_equal(both["conv"][1], alone["conv"])
    np.testing.assert_array_equal(both.output[1], alone.output)
    assert any("one by one" in note and "the cat is out" in note for note in net.notes)
    assert sum(len(part._forward_hooks) for part in net.module.modules()) == 0


class Forgets(nn.Module):
    """Keeps its convolution in eval mode, and forgets to return itself from what is its own."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.drop = nn.Conv2d(3, 5, 3), nn.Dropout()

    def train(self, mode: bool = True) -> None:  # type: ignore[override]
        super().train(mode)
        self.conv.eval()

    def to(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        super().to(*args, **kwargs)

    def requires_grad_(self, requires_grad: bool = True) -> None:  # type: ignore[override]
        super().requires_grad_(requires_grad)

    def forward(self, x: Tensor) -> Tensor:
        return self.drop(self.conv(x))


def test_a_module_that_forgets_to_return_itself_is_opened() -> None:
    net = dnnvis.wrap(Forgets(), size=8)
    assert isinstance(net.module, Forgets)
    assert not net.module.drop.training
    assert not any(weight.requires_grad for weight in net.module.parameters())
    net.choose_memory_format()
    assert net.record(ramp()).output.shape == (5, 6, 6)


class Leaves(nn.Module):
    """Raises what is no Exception, on a picture that begins with a black pixel."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.conv, self.error = nn.Conv2d(3, 5, 3), error

    def forward(self, x: Tensor) -> Tensor:
        if x[0, 0, 0, 0] == 0:
            raise self.error
        return self.conv(x)


def begins_black() -> np.ndarray:
    pixels = ramp()
    pixels[0, 0] = 0
    return pixels


class Own(BaseException):
    """Of a network's own code."""


@pytest.mark.parametrize(
    ("error", "words"), [(SystemExit(3), "SystemExit: 3"), (Own("mine"), "Own: mine")]
)
def test_a_network_that_leaves_python_is_told_in_its_own_words(
    error: BaseException, words: str
) -> None:
    net = dnnvis.wrap(Leaves(error), size=8)
    assert net.layers
    with pytest.raises(dnnvis.BadInput, match=words):
        net.record(begins_black())


def test_ctrl_c_goes_through_a_network_but_on_other_threads_it_is_the_networks_own() -> None:
    net = dnnvis.wrap(Leaves(KeyboardInterrupt()), size=8)
    assert net.layers
    with pytest.raises(KeyboardInterrupt):
        net.record(begins_black())
    with ThreadPoolExecutor(1) as pool:
        error = pool.submit(net.record, begins_black()).exception(10)
    assert isinstance(error, dnnvis.BadInput)
    assert "KeyboardInterrupt" in str(error)


def test_a_network_without_any_tensor_in_its_result_is_told_so() -> None:
    class Words(nn.Module):
        def forward(self, x: Tensor) -> str:
            return "a cat"

    net = dnnvis.wrap(Words(), size=8)
    with pytest.raises(dnnvis.BadInput, match="returns str"):
        net.record(ramp())


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


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"size": 0}, "no picture"),
        ({"size": "large"}, "sense"),
        ({"size": (8,)}, "sense"),
        ({"size": (8, 8, 3)}, "sense"),
        ({"size": None}, "sense"),
        ({"size": 8.5}, "sense"),
        ({"size": 10**7}, "between 1 and 10000 pixels"),
        ({"mean": float("nan")}, "mean must be finite numbers"),
        ({"std": float("inf")}, "std must be finite numbers"),
        ({"std": (0.0,)}, "above 0"),
        ({"mean": (1, 2)}, "2 values for 3 channels"),
        ({"mean": "half"}, "sense"),
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
