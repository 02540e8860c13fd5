"""Build the small networks of Pardo et al. 2019, Table 2: 3 x 200 ELU between linear ends."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.introspect.pca import Basis

HIDDEN = (200, 200, 200)  # ELU units, Table 2
Floats = NDArray[np.float32]


def build_mlp(inputs: int, outputs: int, generator: torch.Generator) -> nn.Sequential:
    """Build ``inputs`` - 3 x 200 ELU - ``outputs`` linear.

    Weights N(0, 1 / fan-in) (LeCun et al. 1998, section 4.6), biases 0.

    Args:
        inputs: Number of inputs.
        outputs: Number of outputs.
        generator: Source of the random weights.

    Returns:
        The network, (B, inputs) -> (B, outputs).
    """
    layers: list[nn.Module] = []
    for hidden in HIDDEN:
        layers += [_linear(inputs, hidden, generator), nn.ELU()]
        inputs = hidden
    return nn.Sequential(*layers, _linear(inputs, outputs, generator))


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    # torch's own random state stays as it is
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, inputs, outputs)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        layer.weight.copy_(torch.randn(outputs, inputs, generator=generator) * inputs**-0.5)
        layer.bias.zero_()
    return layer


class NumpyMLP:
    """Linear layers with ELU between them, in NumPy.

    For one row as fast as torch, from any thread. ``weights``: W (out, in) and b (out,) of each
    layer in turn.
    """

    def __init__(self, weights: Sequence[Floats]) -> None:
        self.weights = [np.ascontiguousarray(w, np.float32) for w in weights]
        self._layers = list(zip(self.weights[::2], self.weights[1::2], strict=True))

    def __call__(self, x: Floats) -> Floats:
        """Compute float32 (N, in) -> (N, out)."""
        last = len(self._layers) - 1
        for k, (weight, bias) in enumerate(self._layers):
            x = x @ weight.T
            x += bias
            if k < last:
                x = elu(x)
        return x

    @property
    def widths(self) -> list[int]:
        """Return how many numbers go in, are between the layers, and come out."""
        return [self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights[::2])]

    @property
    def is_consistent(self) -> bool:
        """Return whether each layer takes what the one before gives."""
        outputs = [weight.shape[0] for weight in self.weights[::2]]
        inputs = [weight.shape[1] for weight in self.weights[::2]]
        biases = [bias.shape for bias in self.weights[1::2]]
        return inputs[1:] == outputs[:-1] and biases == [(size,) for size in outputs]

    @classmethod
    def from_module(cls, module: nn.Sequential) -> "NumpyMLP":
        """Return the same network as a torch module."""
        return cls([p.detach().cpu().numpy().copy() for p in module.parameters()])


def elu(x: Floats) -> Floats:
    """Apply ELU (Clevert et al. 2016) in place: x, or exp(x) - 1 below 0."""
    below = np.minimum(x, 0)
    np.expm1(below, out=below)
    np.maximum(x, below, out=x)
    return x


def fold_input_basis(module: nn.Sequential, basis: Basis) -> NumpyMLP:
    """Return the same function of the activations h themselves.

    Centering, spread, axes and unit become part of the first layer.
    """
    weights = NumpyMLP.from_module(module).weights
    first = weights[0].astype(np.float64) @ (basis.axes.T / basis.unit)
    first = first / basis.spread.astype(np.float64)
    bias = weights[1] - first @ basis.mean
    return NumpyMLP([first.astype(np.float32), bias.astype(np.float32), *weights[2:]])


def fold_output_basis(module: nn.Sequential, basis: Basis) -> NumpyMLP:
    """Return the same function with activations h as its result.

    Units that were left out get their mean.
    """
    weights = NumpyMLP.from_module(module).weights
    spread = np.where(basis.left_out, 0, basis.spread).astype(np.float64)[:, None]
    back = basis.axes.astype(np.float64) * basis.unit * spread  # (D, k)
    last, bias = back @ weights[-2], back @ weights[-1] + basis.mean
    return NumpyMLP([*weights[:-2], last.astype(np.float32), bias.astype(np.float32)])


def as_tensor(values: Floats) -> Tensor:
    """Return values as a float32 tensor, which may share their memory."""
    return torch.from_numpy(np.ascontiguousarray(values, np.float32))
