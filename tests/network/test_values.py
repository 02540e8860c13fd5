"""Every kind of tensor becomes numbers that can be shown, by one rule."""

import warnings

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import dnnvis
from dnnvis.network.values import as_shown, describe_values, to_float32
from helpers.packed_tensors import Packed

SHAPE = (1, 3, 4, 5)


def numbers(seed: int = 0) -> Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


def quantized(scale: float = 0.1) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.quantize_per_tensor(numbers(), scale, 0, torch.qint8)


@pytest.mark.parametrize(
    "kind",
    [
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e4m3fn),
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    ],
)
def test_numbers_of_any_type_are_shown_as_they_are(kind: torch.dtype) -> None:
    value = (3 * numbers()).to(kind)
    assert np.array_equal(to_float32(value), np.array(value.float().tolist(), np.float32))
    assert as_shown(value).dtype == (kind if kind == torch.float64 else torch.float32)
    assert describe_values(value) == ""


def test_plain_numbers_are_handed_on_without_a_copy() -> None:
    for value in (numbers(), nn.Parameter(numbers()), numbers().double()):
        assert as_shown(value) is value
    assert to_float32(numbers()[..., ::2]).flags.c_contiguous


def test_complex_numbers_are_their_absolute_values_with_a_finite_gradient() -> None:
    real, imaginary = numbers(1), numbers(2)
    real[0, 0, 0, 0] = imaginary[0, 0, 0, 0] = 0
    z = torch.complex(real, imaginary)
    shown = np.hypot(real.numpy().astype(np.float64), imaginary.numpy())
    for value in (z, z.conj(), z.to(torch.complex128)):
        assert np.allclose(to_float32(value), shown, rtol=1e-6)
        assert describe_values(value) == "absolute value of complex numbers"
    assert np.array_equal(to_float32(z.conj().imag), -imaginary.numpy())  # a view that is negated
    leaf = real.clone().requires_grad_()
    (slope,) = torch.autograd.grad(as_shown(torch.complex(leaf, imaginary)).sum(), leaf)
    expected = np.divide(real.numpy(), shown, out=np.zeros(SHAPE), where=shown > 0)
    assert np.allclose(slope.numpy(), expected, atol=1e-6)


def test_half_precision_complex_numbers_are_shown_too() -> None:
    z = torch.complex(numbers(1), numbers(2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        half = z.to(torch.complex32)
    assert np.allclose(to_float32(half), z.abs().numpy(), atol=5e-3)


def test_quantized_numbers_are_dequantized() -> None:
    steps = np.clip(np.round(numbers().numpy() / np.float32(0.1)), -128, 127)
    assert np.allclose(to_float32(quantized()), steps * 0.1, atol=1e-6)
    assert describe_values(quantized()) == "quantized values, dequantized"


@pytest.mark.filterwarnings("ignore:Sparse CSR")
def test_sparse_numbers_have_their_zeros_and_a_gradient() -> None:
    dense = numbers().relu()
    assert np.array_equal(to_float32(dense.to_sparse()), dense.numpy())
    assert np.array_equal(to_float32(dense[0, 0].to_sparse_csr()), dense[0, 0].numpy())
    leaf = numbers().requires_grad_()
    (slope,) = torch.autograd.grad((as_shown(leaf.to_sparse()) * 2).sum(), leaf)
    assert np.array_equal(slope.numpy(), np.full(SHAPE, 2, np.float32))


@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_nested_numbers_are_padded_with_zeros(layout: torch.layout) -> None:
    rows = [torch.ones(2, 3), 2 * torch.ones(4, 3)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nested = torch.nested.nested_tensor(rows, layout=layout)
        shown = to_float32(nested)
    assert shown.shape == (2, 4, 3)
    assert shown[0].sum() == 6
    assert not shown[0, 2:].any()
    assert (shown[1] == 2).all()
    assert describe_values(nested) == "nested values, padded with zeros"


def test_what_has_no_values_is_nan_and_what_is_empty_stays_so() -> None:
    nothing = torch.empty(SHAPE, device="meta")
    assert np.isnan(to_float32(nothing)).all()
    assert to_float32(nothing).shape == SHAPE
    assert "cannot be read" in describe_values(nothing)
    for shape in ((0, 3, 4, 4), (1, 0, 4, 4), (1, 3, 0, 0)):
        assert to_float32(torch.empty(shape)).shape == shape
        assert to_float32(torch.empty(shape, dtype=torch.complex64)).shape == shape


class Opaque(Packed):
    dequantize = None  # type: ignore[assignment]


class Marked(Tensor):
    """A class of tensors that only has another name, as the pictures of torchvision."""


def test_tensors_of_another_class_are_dequantized_or_else_not_known() -> None:
    steps = torch.tensor([[1, 2], [3, 4]], dtype=torch.int8)
    packed = Packed(steps, 0.5)
    assert np.array_equal(to_float32(packed), steps.numpy() * np.float32(0.5))
    assert describe_values(packed) == "quantized values, dequantized"
    assert np.isnan(as_shown(Opaque(steps, 0.5)).numpy()).all()
    assert "cannot be read" in describe_values(Opaque(steps, 0.5))
    marked = numbers().as_subclass(Marked)
    assert np.array_equal(to_float32(marked), numbers().numpy())
    assert describe_values(marked) == ""


class Returns(nn.Module):
    """A layer between two others that returns its input in another kind of tensor."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, x: Tensor) -> Tensor:
        if self.kind == "sparse":
            return x.to_sparse()
        if self.kind == "complex":
            return torch.complex(x, 2 * x)
        if self.kind == "bool":
            return x > 0
        return torch.quantize_per_tensor(x, 0.05, 0, torch.qint8)


class Back(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.is_quantized:
            return x.dequantize()
        x = x.to_dense() if x.layout != torch.strided else x
        return x.real if x.is_complex() else x.float()


@pytest.mark.parametrize("kind", ["sparse", "complex", "bool", "quantized"])
@pytest.mark.filterwarnings("ignore")
def test_a_layer_of_any_kind_of_tensor_is_listed_recorded_and_scanned(kind: str) -> None:
    conv = nn.Conv2d(3, 4, 3)
    net = dnnvis.wrap(nn.Sequential(conv, Returns(kind), Back()), size=8)
    image = np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8)
    x = torch.from_numpy(image).permute(0, 3, 1, 2).float() / 255
    with torch.no_grad():
        plain = conv(x).numpy()
    right = {
        "sparse": plain,
        "complex": np.sqrt(5) * np.abs(plain),
        "bool": (plain > 0).astype(np.float32),
        "quantized": np.clip(np.round(plain / 0.05), -128, 127) * 0.05,
    }[kind]
    assert net.layer("1").shape == (4, 6, 6)
    assert np.allclose(net.record(image)["1"][:, 0], right, atol=1e-5)
    streamed: dict[str, np.ndarray] = {}
    net.stream_layers(x, ["1"], lambda out: streamed.update({out.layer: to_float32(out.value)}))
    assert np.allclose(streamed["1"], right, atol=1e-5)
    said = " ".join(net.notes)
    assert ("absolute value of complex numbers" in said) == (kind == "complex")
    assert ("Shown of 1: quantized values" in said) == (kind == "quantized")


@pytest.mark.parametrize("shape", [(128, 5, 7), (300, 1, 9), (200, 61, 62), (3, 8, 8)])
@pytest.mark.parametrize("tokens", [0, 2])
def test_maps_whose_channels_lie_side_by_side_become_contiguous_ones(
    shape: tuple[int, int, int], tokens: int
) -> None:
    channels, height, width = shape
    memory = torch.arange(float((tokens + height * width) * channels)).reshape(-1, channels)
    maps = memory[tokens:].T.reshape(channels, height, width)  # a view, as of tokens
    array = to_float32(maps)
    assert array.flags.c_contiguous
    assert array.shape == shape
    y, x = height // 2, width - 1
    assert array[channels - 1, y, x] == memory[tokens + y * width + x, channels - 1]
    assert np.array_equal(array, np.array(maps.tolist(), np.float32))
