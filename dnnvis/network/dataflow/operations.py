"""Name the operations between layers by their autograd nodes."""

import re
from typing import Any

#: Operations that are shown also where they have one input, by the name of their autograd node.
FUNCTIONS = {
    "Addmm": "linear",
    "AdaptiveAvgPool2D": "average pool",
    "AvgPool2D": "average pool",
    "Convolution": "convolution",
    "Elu": "ELU",
    "Gelu": "GELU",
    "Hardsigmoid": "hard sigmoid",
    "Hardswish": "hard swish",
    "Hardtanh": "clamp",
    "LeakyRelu": "leaky ReLU",
    "LogSoftmax": "log softmax",
    "MaxPool2DWithIndices": "max pool",
    "Mean": "mean",
    "NativeBatchNorm": "batch norm",
    "NativeLayerNorm": "layer norm",
    "Relu": "ReLU",
    "Sigmoid": "sigmoid",
    "Silu": "SiLU",
    "Softmax": "softmax",
    "Softplus": "softplus",
    "Tanh": "tanh",
    "UpsampleBilinear2D": "upsample",
    "UpsampleNearest2D": "upsample",
}
#: Names of operations that join several values.
JOINS = {
    "Add": "+",
    "Baddbmm": "matrix product",
    "Bmm": "matrix product",
    "Cat": "concat",
    "Div": "÷",
    "Maximum": "maximum",
    "Minimum": "minimum",
    "Mm": "matrix product",
    "Mul": "×",
    "Stack": "stack",
    "Sub": "-",
    "Where": "where",
}
_BACKWARD = re.compile(r"(?:Unsafe)?(\w+?)Backward\d*$")


def name_operation(node: Any, inputs: int) -> str:
    """Return what to call the operation of an autograd node.

    Args:
        node: The node.
        inputs: Number of different values that it takes.

    Returns:
        A short name; "" for one that only passes its one value on, as a reshape does.
    """
    match = _BACKWARD.search(node.name())
    base = match[1] if match else node.name().rpartition("::")[2]
    if inputs < 2:
        return FUNCTIONS.get(base, "")
    return JOINS.get(base) or FUNCTIONS.get(base) or _spell_out(base)


def _spell_out(base: str) -> str:
    """Return a name in camel case as words: ``ScaledDotProduct`` -> scaled dot product."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", base).lower()
