"""Looking at units whose values are no plain numbers: complex, quantized, empty."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from helpers.backward_oracles import as_picture, difference


class Spectral(nn.Module):
    """A convolution, its spectrum, a complex convolution, and the way back."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.mix = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 4, 1, dtype=torch.complex64)
        self.out = nn.Linear(4, 5)

    def spectrum(self, x: Tensor) -> Tensor:
        return self.mix(torch.fft.rfft2(self.conv(x).relu()))

    def forward(self, x: Tensor) -> Tensor:
        return self.out(torch.fft.irfft2(self.spectrum(x)).relu().mean((2, 3)))


def as_input(image: np.ndarray) -> Tensor:
    return (torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255).requires_grad_()


@pytest.mark.parametrize("seed", ["activation", "one"])
def test_a_complex_unit_is_the_absolute_value_in_every_view(
    seed: str, noise: Callable[..., np.ndarray]
) -> None:
    module, image = Spectral(), noise(12, 12, 3)
    net, x = dnnvis.wrap(module, size=12), as_input(image)
    z = module.spectrum(x)[0, 1]
    size = (z.real.square() + z.imag.square()).sqrt()
    start = size.detach()
    if seed == "one":
        start = torch.zeros_like(start).flatten()
        start[size.flatten().argmax()] = 1
        start = start.view_as(size)
    (right,) = torch.autograd.grad((size * start).sum(), x)
    shown = dnnvis.look(net, "gradient", "mix[1]", image=image, seed=seed)
    assert difference(shown.values, as_picture(right)) < 1e-5
    assert "absolute value of complex numbers" in shown.caption
    assert np.allclose(net.record(image)["mix"][0, 1], size.detach().numpy(), rtol=1e-5)
    after = dnnvis.look(net, "guided", "output[1]", image=image)
    assert "complex" not in after.caption


def test_a_complex_unit_that_is_zero_has_a_gradient_of_zero() -> None:
    module = Spectral()
    for weight in module.conv.parameters():
        nn.init.zeros_(weight)
    nn.init.zeros_(module.mix.bias)
    image = np.full((12, 12, 3), 90, np.uint8)
    shown = dnnvis.look(dnnvis.wrap(module, size=12), "gradient", "mix[1]", image=image, seed="one")
    assert np.isfinite(shown.values).all()
    assert not shown.values.any()


def test_the_number_under_a_grown_picture_is_the_mean_absolute_value() -> None:
    module = Spectral()
    net = dnnvis.wrap(module, size=12)
    first, *_, last = dnnvis.looks(net, "ascent", "mix[1]", preset="live", steps=20)
    x = torch.from_numpy(last.values).permute(2, 0, 1)[None]
    with torch.no_grad():
        reached = float(module.spectrum(x)[0, 1].abs().mean())
    assert last.measures[0].value == pytest.approx(reached, rel=1e-4)
    assert last.measures[0].value > first.measures[0].value
    assert "absolute value of complex numbers" in last.caption


def test_the_gradient_at_a_complex_layer_is_shown_by_its_size(
    noise: Callable[..., np.ndarray],
) -> None:
    module, image = Spectral(), noise(12, 12, 3)
    x, net = as_input(image), dnnvis.wrap(module, size=12)
    z = module.spectrum(x)
    value = module.out(torch.fft.irfft2(z).relu().mean((2, 3)))[0, 2]
    (right,) = torch.autograd.grad(value * value.detach(), z)
    shown = dnnvis.look(net, "gradient", "output[2]", image=image, to="mix")
    assert difference(shown.values, as_picture(right.abs())) < 1e-5
    assert "absolute value of complex numbers" in shown.caption


class Quantized(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.fc, self.last = nn.Conv2d(3, 8, 3), nn.Linear(8, 6), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.fc(self.conv(x).relu().mean((2, 3))).relu())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("lens", ["gradient", "guided", "deconvnet", "ascent"])
def test_what_lies_behind_a_quantized_layer_is_refused_in_words(
    lens: str, noise: Callable[..., np.ndarray]
) -> None:
    from torch.ao.quantization import quantize_dynamic

    net = dnnvis.wrap(quantize_dynamic(Quantized(), {nn.Linear}), size=8)
    how: dict[str, Any] = {"steps": 2} if lens == "ascent" else {"image": noise(8, 8, 3)}
    for unit in ("fc[0]", "output[1]"):
        with pytest.raises(dnnvis.LensMissing) as refused:
            dnnvis.look(net, lens, unit, **how)
        assert "quantized" in str(refused.value)
        assert "\n" not in str(refused.value)
    assert dnnvis.look(net, lens, "conv[1]", **how).values.any()


@pytest.mark.filterwarnings("ignore")
def test_a_quantized_part_beside_others_is_left_out_and_said(
    noise: Callable[..., np.ndarray],
) -> None:
    from torch.ao.quantization import quantize_dynamic

    class Beside(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.fc, self.last = Quantized(), nn.Linear(3, 5), nn.Linear(5, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.q(x) + self.fc(x.mean((2, 3))))

    module, image = Beside(), noise(8, 8, 3)
    module.q = quantize_dynamic(module.q, {nn.Linear})
    net = dnnvis.wrap(module, size=8)
    shown = dnnvis.look(net, "gradient", "output[1]", image=image)
    value = float(net.record(image).output[1])
    weight = net.module.last.weight[1] @ net.module.fc.weight / 64 * value  # (3,)
    right = weight.detach().numpy()[None, None].repeat(8, 0).repeat(8, 1)
    assert difference(shown.values, right) < 1e-5
    assert "a part on the way passes no gradient" in shown.caption
    plain = dnnvis.look(net, "gradient", "fc[1]", image=image)
    assert "passes no gradient" not in plain.caption


class Sifting(nn.Module):
    """Keeps the rows above a threshold: none of some pictures."""

    def __init__(self, threshold: float) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.fc, self.keep = nn.Conv2d(3, 4, 3), nn.Linear(4, 2), nn.Identity()
        self.threshold = threshold

    def forward(self, x: Tensor) -> Tensor:
        rows = self.conv(x).flatten(2)[0].T  # (places, C)
        rows = self.keep(rows[rows[:, 0] > self.threshold])
        return self.fc(rows)


def test_a_layer_of_no_rows_has_maps_of_no_rows_and_words(noise: Callable[..., np.ndarray]) -> None:
    net, image = dnnvis.wrap(Sifting(1e9), size=8), noise(8, 8, 3)
    assert net.record(image)["keep"].size == 0
    assert 0 in net.layer("keep").shape
    with pytest.raises(dnnvis.UnknownUnit, match="gave 4 maps of 0 x 1"):
        dnnvis.look(net, "gradient", "keep[0]", image=image)
    with pytest.raises(dnnvis.LensMissing, match="4 maps of 0 x 1 on the present picture"):
        dnnvis.look(net, "ascent", "keep[0]", steps=2)


class Fewer(nn.Module):
    """A detector: a row for each of as many places as the picture is bright, at least one."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> list[dict[str, Tensor]]:
        rows = self.conv(x).flatten(2).transpose(1, 2)  # (B, places, C)
        return [{"boxes": r[: 1 + int(20 * i.mean())]} for r, i in zip(rows, x, strict=True)]


def test_a_place_that_only_some_pictures_have_is_refused_in_words() -> None:
    net = dnnvis.wrap(Fewer(), size=8)  # 10 rows of the first trial picture
    assert net.layer("output").shape == (4, 10, 1)
    dark = np.zeros((8, 8, 3), np.uint8)
    first = dnnvis.look(net, "ascent", "output[1]@0,0", preset="deepdream", image=dark, steps=2)
    assert np.isfinite(first.values).all()
    with pytest.raises(dnnvis.LensMissing, match=r"output\[1\]@9,0 is not there"):
        dnnvis.look(net, "ascent", "output[1]@9,0", preset="deepdream", image=dark, steps=2)
    with pytest.raises(dnnvis.UnknownUnit, match="lies outside"):
        dnnvis.look(net, "gradient", "output[1]@9,0", image=dark)
