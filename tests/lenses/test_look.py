"""Looking at units: seeds, places, views, layers on the way, and what is said in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

import dnnvis
from dnnvis.core.lens_results import VIEWS

RULES = ("gradient", "guided", "deconvnet")


class Small(nn.Module):
    """One ReLU called three times, with a skip around the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(n, 4, 3, padding=1) for n in (3, 4, 4))
        self.relu = nn.ReLU(inplace=True)
        self.head = nn.Linear(4, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.a(x))
        x = self.relu(x + self.b(x))
        return self.head(self.relu(self.c(x)).mean((2, 3)))


@pytest.fixture(scope="module")
def net(as_trained: Callable[..., nn.Module]) -> dnnvis.Network:
    return dnnvis.wrap(as_trained(Small()), size=(10, 12), labels=list("abcde"))


@pytest.fixture(scope="module")
def image(noise: Callable[..., np.ndarray]) -> np.ndarray:
    return noise(10, 12, 3, seed=3)


def split(net: dnnvis.Network, image: np.ndarray, stop: str) -> dict[str, Tensor]:
    """The network run by hand with gradients, up to the named value."""
    m = net.module
    x = torch.from_numpy(image).permute(2, 0, 1)[None].float().div(255).requires_grad_()
    v = {"input": x, "a": m.a(x)}
    v["relu0"] = F.relu(v["a"])
    v["b"] = m.b(v["relu0"])
    v["relu1"] = F.relu(v["relu0"] + v["b"])
    v["c"] = m.c(v["relu1"])
    v["relu2"] = F.relu(v["c"])
    v["output"] = m.head(v["relu2"].mean((2, 3)))
    return v


def gradient(values: dict[str, Tensor], of: str, start: Tensor, to: str) -> np.ndarray:
    (signal,) = torch.autograd.grad(values[of], values[to], start, retain_graph=True)
    return signal[0].permute(1, 2, 0).numpy()


@pytest.mark.parametrize(
    ("unit", "of", "channel", "place"),
    [
        ("c[1]", "c", 1, None),
        ("c[1]@4,7", "c", 1, (4, 7)),
        ("relu[2]", "relu2", 2, None),
        ("relu[2]#0", "relu0", 2, None),
        ("relu[3]#1", "relu1", 3, None),
        ("relu[3]@0,11#-2", "relu1", 3, (0, 11)),
        ("output[4]", "output", 4, None),
        ("head[4]@0,0", "output", 4, (0, 0)),
    ],
)
@pytest.mark.parametrize("seed", ["activation", "one"])
def test_the_signal_starts_at_the_unit(
    unit: str, of: str, channel: int, place: Any, seed: str, net: dnnvis.Network, image: np.ndarray
) -> None:
    values = split(net, image, of)
    value = values[of].detach()
    own = value[0, channel] if value.dim() == 4 else value[0, channel].reshape(1, 1)
    start = torch.zeros(1, value.shape[1], *own.shape)
    if seed == "one":
        y, x = np.unravel_index(int(own.argmax()), own.shape) if place is None else place
        start[0, channel, y, x] = 1
    elif place is None:
        start[0, channel] = own
    else:
        start[0, channel, place[0], place[1]] = own[place]
    expected = gradient(values, of, start.reshape(value.shape), "input")
    for asked in (unit, dnnvis.Unit.parse(unit)):
        picture = dnnvis.look(net, "gradient", asked, image=image, seed=seed)
        np.testing.assert_allclose(picture.values, expected, rtol=1e-4, atol=1e-6)
        assert picture.values.shape == (10, 12, 3)
        assert picture.values.dtype == np.float32
        assert picture.unit == unit.replace("#-1", "")
    zero = dnnvis.Unit.parse(unit)
    assert str(zero) == unit


@pytest.mark.parametrize(
    ("unit", "to", "of", "source"),
    [
        ("output[1]", "relu", "output", "relu2"),
        ("c[1]", "relu", "c", "relu1"),  # the last call before the unit
        ("b[1]", "relu", "b", "relu0"),
        ("relu[1]#1", "b", "relu1", "b"),
        ("relu[1]#1", "a", "relu1", "a"),
        ("c[1]", "c", "c", "c"),
    ],
)
def test_the_signal_is_shown_at_an_earlier_layer(
    unit: str, to: str, of: str, source: str, net: dnnvis.Network, image: np.ndarray
) -> None:
    values = split(net, image, of)
    start = torch.zeros_like(values[of])
    start[0, 1] = values[of].detach()[0, 1]
    expected = gradient(values, of, start, source)
    picture = dnnvis.look(net, "gradient", unit, image=image, to=to)
    np.testing.assert_allclose(picture.values, expected, rtol=1e-4, atol=1e-6)
    assert f"at {to}" in picture.caption
    assert picture.recipe["to"] == to


def test_a_layer_that_is_not_before_the_unit_is_refused(
    net: dnnvis.Network, image: np.ndarray
) -> None:
    for to in ("c", "head", "output"):
        with pytest.raises(dnnvis.LensMissing, match=f"{to} does not lie before b"):
            dnnvis.look(net, "guided", "b[0]", image=image, to=to)
    with pytest.raises(dnnvis.UnknownUnit, match="nowhere"):
        dnnvis.look(net, "guided", "b[0]", image=image, to="nowhere")


def test_a_class_token_has_its_own_signal(
    family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    net = dnnvis.wrap(family("vit_b_32", image_size=64), size=64)
    image = noise(64, 64, 3)
    layer = "encoder.layers.encoder_layer_3"
    for rule in RULES:
        picture = dnnvis.look(net, rule, f"{layer}.cls[5]", image=image, seed="one")
        assert picture.values.shape == (64, 64, 3)
        assert picture.values.any()
        token = dnnvis.look(net, rule, f"{layer}[5]@1,0", image=image, seed="one")
        assert not np.array_equal(token.values, picture.values)
    back = dnnvis.look(net, "gradient", "output[2]", image=image, to=f"{layer}.cls")
    assert back.values.shape == (1, 1, 768)
    grid = dnnvis.look(net, "gradient", "output[2]", image=image, to=layer)
    assert grid.values.shape == (2, 2, 768)
    ends = "encoder.layers.encoder_layer_11"
    assert not dnnvis.look(net, "gradient", "output[2]", image=image, to=ends).values.any()


def test_channels_last_layers_are_signals_like_others(
    family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    image = noise(64, 64, 3)
    for name, layer, shape in (
        ("swin_t", "features.1.1.mlp.0", (16, 16, 384)),
        ("convnext_tiny", "features.1.0.block.3", (16, 16, 384)),
    ):
        net = dnnvis.wrap(family(name), size=64)
        for rule in RULES:
            assert dnnvis.look(net, rule, f"{layer}[7]@3,5", image=image, seed="one").values.any()
        back = dnnvis.look(net, "gradient", f"{layer}[7]@3,5", image=image, seed="one", to=layer)
        expected = np.zeros(shape, np.float32)
        expected[3, 5, 7] = 1
        assert np.array_equal(back.values, expected)


def test_views_are_their_formulas(net: dnnvis.Network, image: np.ndarray) -> None:
    pictures = {view: dnnvis.look(net, "guided", "c[1]", image=image, view=view) for view in VIEWS}
    raw = pictures["raw"].values
    assert raw.min() < 0 < raw.max()
    gray, norm, positive = (np.zeros((10, 12, 1)) for _ in range(3))
    for y in range(10):
        for x in range(12):
            r, g, b = (float(v) for v in raw[y, x])
            gray[y, x] = (r + g + b) / 3
            norm[y, x] = (r * r + g * g + b * b) ** 0.5
            positive[y, x] = max(r, 0) + max(g, 0) + max(b, 0)
    for view, expected in (("gray", gray), ("norm", norm), ("positive", positive)):
        np.testing.assert_allclose(pictures[view].values, expected, rtol=1e-4, atol=1e-6)
    scales = {view: picture.scale for view, picture in pictures.items()}
    assert scales["raw"] == scales["gray"] == "signed"
    assert {scales[v] for v in ("norm", "normblur", "positive", "histogram")} == {"positive"}
    for view, picture in pictures.items():
        assert picture.values.dtype == np.float32
        assert picture.values.ndim == 3
        assert picture.recipe["view"] == view
    reach = np.abs(raw).max()
    counts = [0] * 50
    for value in raw.ravel():
        counts[min(int((float(value) + reach) / (2 * reach) * 50), 49)] += 1
    histogram = pictures["histogram"].values
    assert histogram.sum() == raw.size
    np.testing.assert_allclose(histogram.ravel(), counts, atol=1)  # a value on an edge


def test_what_cannot_be_asked_is_answered_in_words(
    net: dnnvis.Network, image: np.ndarray, tmp_path: Path
) -> None:
    with pytest.raises(dnnvis.UnknownLens, match="deconvnet"):
        dnnvis.look(net, "deconv", "c[1]", image=image)
    for wrong, words in (
        ({"seed": "two"}, "activation, one"),
        ({"view": "rainbow"}, "normblur"),
        ({"colour": "red"}, "no setting 'colour'"),
        ({"image": None}, "needs a picture"),
        ({"image": np.stack([image, image])}, "one picture at a time"),
        ({"image": image.astype(float)}, "uint8"),
        ({"image": tmp_path / "none.png"}, "none.png"),
    ):
        with pytest.raises(dnnvis.BadInput, match=words):
            dnnvis.look(net, "guided", "c[1]", **{"image": image, **wrong})
    with pytest.raises(dnnvis.DnnvisError):
        dnnvis.look(net, "guided", "c[1]", image=image, to=3)


def test_a_batch_of_one_and_a_file_are_pictures_too(
    net: dnnvis.Network, image: np.ndarray, tmp_path: Path
) -> None:
    path = tmp_path / "noise.png"
    Image.fromarray(image).save(path)
    plain = dnnvis.look(net, "guided", "c[1]", image=image)
    for other in (image[None], path, str(path)):
        picture = dnnvis.look(net, "guided", "c[1]", image=other)
        assert np.array_equal(picture.values, plain.values)


def test_a_gray_network_gets_gray_pictures(
    as_trained: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    net = dnnvis.wrap(as_trained(nn.Conv2d(1, 2, 3)), size=9, channels=1)
    for image in (noise(9, 9), noise(9, 9, 1), noise(9, 9, 3), noise(20, 30, 3)):
        assert dnnvis.look(net, "gradient", "output[1]", image=image).values.shape == (9, 9, 1)


def test_a_recipe_is_json_and_says_what_was_asked(net: dnnvis.Network, image: np.ndarray) -> None:
    (picture,) = dnnvis.looks(net, "deconvnet", "c[1]@2,3", image=image, seed="one", to="a")
    recipe = json.loads(json.dumps(picture.recipe))
    asked = {"lens": "deconvnet", "unit": "c[1]@2,3", "seed": "one", "to": "a", "view": "raw"}
    assert recipe.items() >= asked.items()
    assert picture.network == net.name
    assert picture.progress == 1
    assert picture.rectifiers
    assert json.dumps(picture.rectifiers)
    for word in ("deconvnet", "c[1]@2,3", "from 1", "2 rectifiers"):
        assert word in picture.caption


def test_the_same_question_has_the_same_answer_to_the_bit(
    net: dnnvis.Network, image: np.ndarray
) -> None:
    for rule in RULES:
        first, second = (dnnvis.look(net, rule, "c[0]", image=image) for _ in range(2))
        assert np.array_equal(first.values, second.values)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_looking_works_in_any_mode_the_caller_is_in(
    mode: Any, as_trained: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    module, image = as_trained(Small()), noise(10, 12, 3)
    plain = dnnvis.wrap(module, size=(10, 12), mean=(0.5,), std=(0.2,))
    expected = dnnvis.look(plain, "guided", "c[1]", image=image)
    with mode():
        net = dnnvis.wrap(module, size=(10, 12), mean=(0.5,), std=(0.2,))
        recording = net.record(image)
        fields = [layer.field for layer in net.layers]
        picture = dnnvis.look(net, "guided", "c[1]", image=image)
    assert np.array_equal(picture.values, expected.values)
    assert fields == [layer.field for layer in plain.layers]
    assert np.array_equal(recording.output, plain.record(image).output)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


def test_silence_is_explained(as_trained: Callable[..., nn.Module]) -> None:
    module = as_trained(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()))
    module[0].bias.data[1] = -100.0  # a dead unit
    net = dnnvis.wrap(module, size=8)
    image = np.full((8, 8, 3), 90, np.uint8)
    dead = dnnvis.look(net, "deconvnet", "1[1]", image=image)
    assert not dead.values.any()
    assert "activation is zero" in dead.caption
    shut = dnnvis.look(net, "guided", "1[1]", image=image, seed="one")
    assert not shut.values.any()
    assert "nothing of the signal passes" in shut.caption


def test_parts_without_a_way_back_are_refused_in_words() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.after = nn.Conv2d(3, 2, 3), nn.Conv2d(2, 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.after(self.conv(x).detach())

    net = dnnvis.wrap(Cut(), size=9)
    image = np.full((9, 9, 3), 90, np.uint8)
    assert dnnvis.look(net, "gradient", "conv[0]", image=image).values.any()
    with pytest.raises(dnnvis.LensMissing, match="detached"):
        dnnvis.look(net, "gradient", "after[0]", image=image)


def test_a_part_that_hides_its_rectifiers_is_refused_but_for_the_gradient() -> None:
    class CompiledFunction(torch.autograd.Function):
        """Called as what torch.compile makes, whose rectifiers no rule reaches."""

        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            ctx.save_for_backward(x)
            return x.relu()

        @staticmethod
        def backward(ctx: Any, g: Tensor) -> Tensor:
            return g * (ctx.saved_tensors[0] > 0)

    class Closed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.after = nn.Conv2d(3, 2, 3), nn.Conv2d(2, 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.after(CompiledFunction.apply(self.conv(x) + 1))

    net = dnnvis.wrap(Closed(), size=9)
    image = np.full((9, 9, 3), 90, np.uint8)
    assert dnnvis.look(net, "gradient", "output[0]", image=image).values.any()
    with pytest.raises(dnnvis.LensMissing, match="closed") as refused:
        dnnvis.look(net, "guided", "output[0]", image=image)
    assert "gradient" not in str(refused.value)  # which may fail as well: no promise of it


class Blocking(torch.autograd.Function):
    """A part that gives no gradient, as a quantized one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 2

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> None:
        return None


@pytest.mark.parametrize("lens", ["gradient", "guided", "deconvnet"])
def test_no_gradient_is_told_from_a_gradient_of_zeros(lens: str) -> None:
    class Blocked(nn.Module):
        def __init__(self, factor: float) -> None:
            super().__init__()
            self.conv, self.after, self.factor = nn.Conv2d(3, 2, 3), nn.Conv2d(2, 2, 3), factor

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return self.after(Blocking.apply(x) if self.factor else x * 0)

    image = np.full((9, 9, 3), 90, np.uint8)
    zeros = dnnvis.look(dnnvis.wrap(Blocked(0), size=9), lens, "after[0]", image=image)
    assert not zeros.values.any()
    assert "nothing of the signal passes" in zeros.caption
    net = dnnvis.wrap(Blocked(1), size=9)
    with pytest.raises(dnnvis.LensMissing, match="There is no gradient from after back to the"):
        dnnvis.look(net, lens, "after[0]", image=image)
    with pytest.raises(dnnvis.LensMissing, match="There is no gradient from after back to the"):
        dnnvis.look(net, "ascent", "after[0]", steps=2)
    assert dnnvis.look(net, lens, "conv[0]", image=image).values.any()


def test_an_in_place_rectifier_on_a_part_of_a_map_is_pointed_out() -> None:
    class Part(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.after = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            x[:, :2].relu_()
            return self.after(x)

    net = dnnvis.wrap(Part(), size=9)
    image = np.full((9, 9, 3), 90, np.uint8)
    assert "changed in place" in dnnvis.look(net, "guided", "output[0]", image=image).caption
    assert "in place" not in dnnvis.look(net, "gradient", "output[0]", image=image).caption


def test_no_hook_stays_on_modules_or_on_the_graph(net: dnnvis.Network, image: np.ndarray) -> None:
    from dnnvis.network.backward_rules import iter_backward_nodes, override_rectifiers
    from dnnvis.network.hooks import count_hooks

    recording = net.run(net.encode(image), ["c"], gradients=True)
    target = recording.tensor("c")
    start = torch.ones_like(target)
    (before,) = torch.autograd.grad(target, recording.x, start, retain_graph=True)
    with pytest.raises(ZeroDivisionError), override_rectifiers(target, "deconvnet"):
        _ = 1 / 0
    (after,) = torch.autograd.grad(target, recording.x, start, retain_graph=True)
    assert torch.equal(before, after)
    assert count_hooks(net.module) == 0
    assert sum("Relu" in node.name() for node in iter_backward_nodes(target)) == 2


@pytest.mark.parametrize("name", ["alexnet", "resnet18", "efficientnet_b0", "swin_t"])
def test_units_of_every_kind_of_layer_have_pictures(
    name: str, family: Callable[..., nn.Module], noise: Callable[..., np.ndarray]
) -> None:
    net = dnnvis.wrap(family(name), size=64)
    image = noise(64, 64, 3)
    layers = [layer for layer in net.layers if layer.calls]
    for layer in layers[:: max(1, len(layers) // 6)]:
        for rule in RULES:
            picture = dnnvis.look(net, rule, f"{layer.name}[0]", image=image)
            assert picture.values.shape == (64, 64, 3)
            assert np.isfinite(picture.values).all()
