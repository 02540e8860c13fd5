"""Compute receptive fields from the autograd graph of one pass.

The recurrence is the usual one (Araujo, Norris & Sim 2019, "Computing receptive fields of
convolutional neural networks", equations 1-4), but applied to autograd nodes instead of
modules, so that functional calls and any branching are covered. Gates (a map times a
broadcast value, as in squeeze-and-excitation) do not widen a field.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dnnvis.core.receptive_field import Field, FieldAxes, shorten_field

POINTWISE_NODES = (
    "Relu",
    "Threshold",
    "Hardtanh",
    "LeakyRelu",
    "Elu",
    "Selu",
    "Celu",
    "Silu",
    "Mish",
    "Gelu",
    "Hardswish",
    "Hardsigmoid",
    "Sigmoid",
    "Tanh",
    "Softplus",
    "PreluKernel",
    "Clamp",
    "Neg",
    "Pow",
    "Exp",
    "Abs",
    "Sqrt",
    "NativeBatchNorm",
    "CudnnBatchNorm",
    "MiopenBatchNorm",
    "NativeGroupNorm",
    "NativeDropout",
    "Clone",
    "Alias",
    "ToCopy",
    "Permute",
    "Transpose",
    "ReshapeAlias",
    "Contiguous",
    "Add",
    "Sub",
    "Div",
    "Cat",
    "Maximum",
    "Minimum",
    "Stack",
)
WINDOW_NODES = ("ConvolutionBackward", "MaxPool2D", "AvgPool2DBackward")


@dataclass(frozen=True)
class AxisField:
    """A field along one axis.

    Unit k sees the input pixels start + k * stride ... stop + k * stride.
    """

    start: float = 0
    stop: float = 0
    stride: float = 1

    def apply_window(self, size: int, stride: int, pad: int, dilation: int = 1) -> "AxisField":
        """Return the field behind a sliding window (Araujo, Norris & Sim 2019, equations 1-4).

        Args:
            size: Size of the window.
            stride: Its stride.
            pad: Padding before the first position.
            dilation: Distance between its elements.

        Returns:
            The field of the window's result.
        """
        first = self.start - pad * self.stride
        last = (size - 1) * dilation - pad
        return AxisField(first, self.stop + last * self.stride, self.stride * stride)


ReceptiveField = tuple[AxisField, AxisField] | None  # (y, x); None = the whole input, or not known


class ReceptiveFields:
    """Fields of the nodes of one graph.

    ``leaf`` is the node of the input; ``same`` maps a node to another that is known to have the
    same field.
    """

    def __init__(self, leaf: Any) -> None:
        self._known: dict[Any, ReceptiveField] = {leaf: (AxisField(), AxisField())}
        self.same: dict[Any, Any] = {}

    def of(self, node: Any) -> ReceptiveField:
        """Return the field of the value that ``node`` is the backward of."""
        stack = [node]
        while stack:
            current = stack[-1]
            if current in self._known:
                stack.pop()
                continue
            predecessors = self._predecessors(current)
            unknown = [n for n in predecessors if n not in self._known]
            if unknown:
                stack.extend(unknown)
            else:
                self._known[current] = self._field(current, [self._known[n] for n in predecessors])
                stack.pop()
        return self._known[node]

    def _predecessors(self, node: Any) -> list[Any]:
        if node in self.same:
            return [self.same[node]]
        following = [n for n, _ in node.next_functions if n is not None]
        if node.name().startswith("MulBackward"):
            shape = _shape(node)
            return [n for n in following if _shape(n) is None or _shape(n) == shape]
        return following

    def _field(self, node: Any, predecessors: list[ReceptiveField]) -> ReceptiveField:
        if not predecessors or any(field is None for field in predecessors):
            return None
        fields = [field for field in predecessors if field is not None]
        if node in self.same:
            return fields[0]
        rule = _find_rule(node.name())
        if rule is not None:
            return rule(node, fields[0])
        if node.name().startswith(("MulBackward", *POINTWISE_NODES)):
            return _union(fields)
        return None


def summarize_field(field: ReceptiveField) -> Field | None:
    """Return (size, stride, offset) in pixels: unit k is centered at offset + k * stride.

    Each is one number, or a pair (y, x) where the axes differ.
    """
    if field is None:
        return None
    y, x = field
    return shorten_field(
        FieldAxes(
            (round(y.stop - y.start) + 1, round(x.stop - x.start) + 1),
            (round(y.stride), round(x.stride)),
            ((y.start + y.stop) / 2, (x.start + x.stop) / 2),
        )
    )


def _union(fields: list[tuple[AxisField, AxisField]]) -> ReceptiveField:
    spans = []
    for axis in (0, 1):
        parts = [field[axis] for field in fields]
        if len({part.stride for part in parts}) > 1:
            return None
        start, stop = min(p.start for p in parts), max(p.stop for p in parts)
        spans.append(AxisField(start, stop, parts[0].stride))
    return spans[0], spans[1]


def _find_rule(name: str) -> "Callable[[Any, tuple[AxisField, AxisField]], ReceptiveField] | None":
    for prefix, rule in NODE_RULES.items():
        if name.startswith(prefix):
            return rule
    return None


def _pair(values: Any) -> tuple[int, int]:
    values = list(values)
    return (values[0], values[0]) if len(values) == 1 else (values[-2], values[-1])


def _shape(node: Any) -> tuple[int, ...] | None:
    metadata = getattr(node, "_input_metadata", None)
    return tuple(metadata[0].shape) if metadata else None


def _convolution(node: Any, field: tuple[AxisField, AxisField]) -> ReceptiveField:
    kernel = node._saved_weight.shape[2:]
    if node._saved_transposed or len(kernel) != 2:
        return None
    return _apply_window(
        field, kernel, node._saved_stride, node._saved_padding, node._saved_dilation
    )


def _pool(node: Any, field: tuple[AxisField, AxisField]) -> ReceptiveField:
    kernel = node._saved_kernel_size
    stride = node._saved_stride or kernel
    return _apply_window(
        field, kernel, stride, node._saved_padding, getattr(node, "_saved_dilation", (1, 1))
    )


def _apply_window(
    field: tuple[AxisField, AxisField], kernel: Any, stride: Any, pad: Any, dilation: Any
) -> ReceptiveField:
    settings = zip(field, _pair(kernel), _pair(stride), _pair(pad), _pair(dilation), strict=True)
    y, x = (span.apply_window(k, s, p, d) for span, k, s, p, d in settings)
    return y, x


def _adaptive(node: Any, field: tuple[AxisField, AxisField]) -> ReceptiveField:
    output_shape, input_shape = _shape(node), tuple(node._saved_self.shape)
    if output_shape is None or any(
        h % t for h, t in zip(input_shape[-2:], output_shape[-2:], strict=True)
    ):
        return None
    sizes = [h // t for h, t in zip(input_shape[-2:], output_shape[-2:], strict=True)]
    return _apply_window(field, sizes, sizes, (0, 0), (1, 1))


def _mean(node: Any, field: tuple[AxisField, AxisField]) -> ReceptiveField:
    sizes = list(node._saved_self_sym_sizes)
    axes = sorted(d % (1 << 64) if d >= 0 else d % len(sizes) for d in _to_signed(node._saved_dim))
    if len(sizes) != 4 or axes != [2, 3]:
        return None
    return _apply_window(field, sizes[2:], sizes[2:], (0, 0), (1, 1))


def _to_signed(dims: Any) -> list[int]:
    return [d - (1 << 64) if d >= 1 << 63 else d for d in dims]  # torch saves them unsigned


def _pad(node: Any, field: tuple[AxisField, AxisField]) -> ReceptiveField:
    pad = list(getattr(node, "_saved_pad", None) or getattr(node, "_saved_padding", None) or ())
    pad += [0] * (4 - len(pad))
    (y, x), (left, _, top, _) = field, pad[:4]
    return _shift(y, -top), _shift(x, -left)


def _shift(span: AxisField, units: int) -> AxisField:
    offset = units * span.stride
    return AxisField(span.start + offset, span.stop + offset, span.stride)


def _view(node: Any, field: tuple[AxisField, AxisField]) -> ReceptiveField:
    output_shape, input_shape = _shape(node), tuple(node._saved_self_sym_sizes)
    if output_shape is None:
        return None
    same = min(len(output_shape), len(input_shape)) >= 4 and output_shape[-2:] == input_shape[-2:]
    point = len(input_shape) == 4 and input_shape[2] * input_shape[3] == 1
    flat = len(input_shape) < 4 and len(output_shape) < 4
    return field if same or point or flat else None


def _along_channels(node: Any, field: tuple[AxisField, AxisField]) -> ReceptiveField:
    return field if _to_signed([node._saved_dim])[0] in (0, 1) else None


def _layer_norm(node: Any, field: tuple[AxisField, AxisField]) -> ReceptiveField:
    return field if len(node._saved_normalized_shape) == 1 else None


def _same(node: Any, field: tuple[AxisField, AxisField]) -> ReceptiveField:
    return field


NODE_RULES = {
    "ConvolutionBackward": _convolution,
    "MaxPool2D": _pool,
    "AvgPool2DBackward": _pool,
    "AdaptiveAvgPool2D": _adaptive,
    "AdaptiveMaxPool2D": _adaptive,
    "MeanBackward": _mean,
    "ConstantPadNd": _pad,
    "ReflectionPad2D": _pad,
    "ReplicationPad2D": _pad,
    "ViewBackward": _view,
    "UnsafeViewBackward": _view,
    "SplitBackward": _along_channels,
    "SelectBackward": _along_channels,
    "UnsqueezeBackward": _along_channels,
    "SliceBackward": _along_channels,
    "NativeLayerNorm": _layer_norm,
    "SqueezeBackward": _same,
}
