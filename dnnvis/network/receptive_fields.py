"""Receptive fields, read off the autograd graph of one pass.

The recurrence is the usual one (Araujo, Norris & Sim 2019, "Computing receptive fields of
convolutional neural networks", equations 1-4), but applied to autograd nodes instead of
modules, so that functional calls and any branching are covered. Gates (a map times a
broadcast value, as in squeeze-and-excitation) do not widen a field.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

PASSING = (
    "Relu", "Threshold", "Hardtanh", "LeakyRelu", "Elu", "Selu", "Celu", "Silu", "Mish", "Gelu",
    "Hardswish", "Hardsigmoid", "Sigmoid", "Tanh", "Softplus", "PreluKernel", "Clamp", "Neg",
    "Pow", "Exp", "Abs", "Sqrt", "NativeBatchNorm", "CudnnBatchNorm", "MiopenBatchNorm",
    "NativeGroupNorm", "NativeDropout", "Clone", "Alias", "ToCopy", "Permute", "Transpose",
    "ReshapeAlias", "Contiguous", "Add", "Sub", "Div", "Cat", "Maximum", "Minimum", "Stack",
)  # fmt: skip
WINDOWS = ("ConvolutionBackward", "MaxPool2D", "AvgPool2DBackward")


@dataclass(frozen=True)
class Span:
    """Along one axis: unit k sees the input pixels low + k * stride ... high + k * stride."""

    low: float = 0
    high: float = 0
    stride: float = 1

    def window(self, size: int, stride: int, pad: int, dilation: int = 1) -> "Span":
        first = self.low - pad * self.stride
        reach = (size - 1) * dilation - pad
        return Span(first, self.high + reach * self.stride, self.stride * stride)


Field = tuple[Span, Span] | None  # (y, x); None = the whole input, or not known


class Fields:
    """Fields of nodes of one graph. ``leaf`` is the node of the input; ``same`` maps a node
    to another that is known to have the same field."""

    def __init__(self, leaf: Any) -> None:
        self._known: dict[Any, Field] = {leaf: (Span(), Span())}
        self.same: dict[Any, Any] = {}

    def of(self, node: Any) -> Field:
        """The field of the value that ``node`` is the backward of."""
        stack = [node]
        while stack:
            here = stack[-1]
            if here in self._known:
                stack.pop()
                continue
            before = self._before(here)
            waiting = [n for n in before if n not in self._known]
            if waiting:
                stack.extend(waiting)
            else:
                self._known[here] = self._field(here, [self._known[n] for n in before])
                stack.pop()
        return self._known[node]

    def _before(self, node: Any) -> list[Any]:
        if node in self.same:
            return [self.same[node]]
        following = [n for n, _ in node.next_functions if n is not None]
        if node.name().startswith("MulBackward"):
            shape = _shape(node)
            return [n for n in following if _shape(n) is None or _shape(n) == shape]
        return following

    def _field(self, node: Any, before: list[Field]) -> Field:
        if not before or any(field is None for field in before):
            return None
        fields = [field for field in before if field is not None]
        if node in self.same:
            return fields[0]
        rule = _rule(node.name())
        if rule is not None:
            return rule(node, fields[0])
        if node.name().startswith(("MulBackward", *PASSING)):
            return _union(fields)
        return None


def summary(field: Field) -> tuple[int, int, float] | None:
    """(size, stride, offset) in pixels: unit k is centred at offset + k * stride. Where the
    axes differ, the larger extent's."""
    if field is None:
        return None
    span = max(field, key=lambda s: s.high - s.low)
    return round(span.high - span.low) + 1, round(span.stride), (span.low + span.high) / 2


def _union(fields: list[tuple[Span, Span]]) -> Field:
    spans = []
    for axis in (0, 1):
        parts = [field[axis] for field in fields]
        if len({part.stride for part in parts}) > 1:
            return None
        low, high = min(p.low for p in parts), max(p.high for p in parts)
        spans.append(Span(low, high, parts[0].stride))
    return spans[0], spans[1]


def _rule(name: str) -> "Callable[[Any, tuple[Span, Span]], Field] | None":
    for start, rule in RULES.items():
        if name.startswith(start):
            return rule
    return None


def _pair(values: Any) -> tuple[int, int]:
    values = list(values)
    return (values[0], values[0]) if len(values) == 1 else (values[-2], values[-1])


def _shape(node: Any) -> tuple[int, ...] | None:
    metadata = getattr(node, "_input_metadata", None)
    return tuple(metadata[0].shape) if metadata else None


def _convolution(node: Any, field: tuple[Span, Span]) -> Field:
    kernel = node._saved_weight.shape[2:]
    if node._saved_transposed or len(kernel) != 2:
        return None
    return _windowed(field, kernel, node._saved_stride, node._saved_padding, node._saved_dilation)


def _pool(node: Any, field: tuple[Span, Span]) -> Field:
    kernel = node._saved_kernel_size
    stride = node._saved_stride or kernel
    return _windowed(
        field, kernel, stride, node._saved_padding, getattr(node, "_saved_dilation", (1, 1))
    )


def _windowed(field: tuple[Span, Span], kernel: Any, stride: Any, pad: Any, dilation: Any) -> Field:
    settings = zip(field, _pair(kernel), _pair(stride), _pair(pad), _pair(dilation), strict=True)
    y, x = (span.window(k, s, p, d) for span, k, s, p, d in settings)
    return y, x


def _adaptive(node: Any, field: tuple[Span, Span]) -> Field:
    there, here = _shape(node), tuple(node._saved_self.shape)
    if there is None or any(h % t for h, t in zip(here[-2:], there[-2:], strict=True)):
        return None
    sizes = [h // t for h, t in zip(here[-2:], there[-2:], strict=True)]
    return _windowed(field, sizes, sizes, (0, 0), (1, 1))


def _mean(node: Any, field: tuple[Span, Span]) -> Field:
    sizes = list(node._saved_self_sym_sizes)
    axes = sorted(d % (1 << 64) if d >= 0 else d % len(sizes) for d in _signed(node._saved_dim))
    if len(sizes) != 4 or axes != [2, 3]:
        return None
    return _windowed(field, sizes[2:], sizes[2:], (0, 0), (1, 1))


def _signed(dims: Any) -> list[int]:
    return [d - (1 << 64) if d >= 1 << 63 else d for d in dims]  # torch saves them unsigned


def _padded(node: Any, field: tuple[Span, Span]) -> Field:
    pad = list(getattr(node, "_saved_pad", None) or getattr(node, "_saved_padding", None) or ())
    pad += [0] * (4 - len(pad))
    (y, x), (left, _, top, _) = field, pad[:4]
    return _shifted(y, -top), _shifted(x, -left)


def _shifted(span: Span, units: int) -> Span:
    move = units * span.stride
    return Span(span.low + move, span.high + move, span.stride)


def _viewed(node: Any, field: tuple[Span, Span]) -> Field:
    there, here = _shape(node), tuple(node._saved_self_sym_sizes)
    if there is None:
        return None
    same = min(len(there), len(here)) >= 4 and there[-2:] == here[-2:]
    point = len(here) == 4 and here[2] * here[3] == 1
    return field if same or point or len(here) < 4 and len(there) < 4 else None


def _along_channels(node: Any, field: tuple[Span, Span]) -> Field:
    return field if _signed([node._saved_dim])[0] in (0, 1) else None


def _layer_norm(node: Any, field: tuple[Span, Span]) -> Field:
    return field if len(node._saved_normalized_shape) == 1 else None


def _same(node: Any, field: tuple[Span, Span]) -> Field:
    return field


RULES = {
    "ConvolutionBackward": _convolution,
    "MaxPool2D": _pool,
    "AvgPool2DBackward": _pool,
    "AdaptiveAvgPool2D": _adaptive,
    "AdaptiveMaxPool2D": _adaptive,
    "MeanBackward": _mean,
    "ConstantPadNd": _padded,
    "ReflectionPad2D": _padded,
    "ReplicationPad2D": _padded,
    "ViewBackward": _viewed,
    "UnsafeViewBackward": _viewed,
    "SplitBackward": _along_channels,
    "SelectBackward": _along_channels,
    "UnsqueezeBackward": _along_channels,
    "SliceBackward": _along_channels,
    "NativeLayerNorm": _layer_norm,
    "SqueezeBackward": _same,
}
