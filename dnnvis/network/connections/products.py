"""Multiply weights with activations, input by input, and name the strongest places."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.network.connections.capture import CapturedPass
from dnnvis.network.connections.routing import Routing
from dnnvis.network.connections.walk import Row
from dnnvis.network.convolution.patch import cut_patch
from dnnvis.network.values import to_float32

Doubles = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Connections:
    """Units at the other end of one unit's connections, in no order."""

    #: Layers that they belong to.
    rows: tuple[Row, ...] = ()
    #: Of each unit the number of its layer, and its channel, int64 (n,); -1: it is not known.
    source: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    channel: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    #: Weights as one number, see ``core.weights.feeds``, and weight x activation, float64 (n,).
    weight: Doubles = field(default_factory=lambda: np.zeros(0))
    value: Doubles = field(default_factory=lambda: np.zeros(0))


def read_batch_norm(
    module: nn.modules.batchnorm._BatchNorm, channel: int
) -> tuple[float, float] | None:
    """Return scale and shift of one channel; None where the norm depends on the picture."""
    if module.running_mean is None or module.running_var is None:
        return None
    deviation = float(module.running_var[channel].double() + module.eps) ** 0.5
    gain = 1.0 if module.weight is None else float(module.weight.detach()[channel])
    shift = 0.0 if module.bias is None else float(module.bias.detach()[channel])
    scale = gain / deviation
    return scale, shift - float(module.running_mean[channel]) * scale


def find_peak(signal: Tensor, value: Tensor) -> tuple[int, tuple[int, int]]:
    """Return the channel and place where a signal (1, C, H, W) has its largest product."""
    strength = (signal.detach().abs() * (1e-6 + value.detach().abs())).double()
    strength = torch.nan_to_num(strength)
    _, height, width = strength.shape[1:]
    index = int(strength[0].argmax())
    channel, rest = divmod(index, height * width)
    return channel, divmod(rest, width)


def find_strongest(values: Doubles) -> tuple[int, int]:
    """Return the place (y, x) of the highest finite value."""
    ranked = np.where(np.isfinite(values), values, -np.inf)
    y, x = np.unravel_index(int(ranked.argmax()), values.shape)
    return int(y), int(x)


def contains_position(values: Doubles, position: tuple[int, int]) -> bool:
    """Return whether a place (y, x) lies in a map (h, w)."""
    height, width = values.shape
    return bool(position[0] < height and position[1] < width)


def multiply_patch(
    module: nn.Conv2d, given: Tensor, channel: int, position: tuple[int, int]
) -> tuple[Doubles, Doubles, NDArray[np.int64]]:
    """Return the weights (n, kernel), products (n,) and numbers (n,) of a unit's inputs."""
    patch = cut_patch(module, given, channel, position)
    kernel = to_float32(module.weight.detach()[channel]).astype(np.float64)
    products = (patch.values.astype(np.float64) * kernel).sum((1, 2))
    inputs = patch.first_input + np.arange(len(kernel))
    return kernel.reshape(len(kernel), -1), products, inputs


def multiply_row(
    module: nn.Linear, given: Tensor, channel: int, row: int
) -> tuple[Doubles, Doubles, NDArray[np.int64]]:
    """Return the same of one row of a matrix product."""
    weights = to_float32(module.weight.detach()[channel]).astype(np.float64)
    values = to_float32(given.detach().reshape(-1, given.shape[-1])[row]).astype(np.float64)
    return weights[:, None], weights * values, np.arange(len(weights))


def group_by_unit(
    routing: Routing, inputs: NDArray[np.int64], weights: Doubles, products: Doubles
) -> Connections:
    """Add up the inputs that come from one unit; one whose unit is not known stays alone."""
    source, channel = routing.source[inputs], routing.channel[inputs]
    unknown = source < 0
    codes = np.where(unknown, -1 - inputs, source * (1 + channel.max(initial=0)) + channel)
    _, first, group = np.unique(codes, return_index=True, return_inverse=True)
    sums, squares, values = (np.zeros(len(first)) for _ in range(3))
    np.add.at(sums, group, weights.sum(1))
    np.add.at(squares, group, (weights**2).sum(1))
    np.add.at(values, group, products)
    signed = np.where(sums < 0, -np.sqrt(squares), np.sqrt(squares))
    shown_channel = np.where(unknown, inputs, channel)[first]
    return Connections(routing.rows, source[first], shown_channel, signed, values)


def expand_weights(arrived: list[tuple[Row, Tensor]], capture: CapturedPass) -> Connections:
    """Return expanded weights and what they add, of every unit of some layers."""
    parts = []
    for number, (row, signal) in enumerate(arrived):
        slopes = to_float32(signal[0]).astype(np.float64)
        products = slopes * to_float32(capture.value(row).detach()[0])
        sums = slopes.sum((1, 2))
        norms = np.sqrt((slopes**2).sum((1, 2)))
        channels = np.arange(len(slopes))
        parts.append(
            (
                np.full(len(slopes), number, np.int64),
                channels,
                np.where(sums < 0, -norms, norms),
                products.sum((1, 2)),
            )
        )
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    is_connected = (columns[2] != 0) | ~np.isfinite(columns[2])
    return Connections(tuple(row for row, _ in arrived), *(each[is_connected] for each in columns))


def spread_maps(
    module: nn.Conv2d,
    given: Tensor,
    returned: Tensor,
    inputs: NDArray[np.int64],
    scales: Doubles,
) -> tuple[NDArray[np.int64], Doubles, Doubles]:
    """Return what one channel adds to each unit of a convolution that sees it."""
    per_group = module.in_channels // module.groups
    units_per_group = module.out_channels // module.groups
    channels, weights, values = [], [], []
    for number in map(int, inputs):
        group, local = divmod(number, per_group)
        units = slice(group * units_per_group, (group + 1) * units_per_group)
        kernels = module.weight.detach()[units, local : local + 1]
        add = partial(_convolve_alone, module, kernels)
        maps = to_float32(add(given.detach()[:, number : number + 1])[0]).astype(np.float64)
        own = to_float32(returned.detach()[0, units]).astype(np.float64)
        own = own * scales[units, None, None]
        flat = np.where(np.isfinite(own), own, -np.inf).reshape(len(own), -1)
        spots = flat.argmax(1)
        flat_kernels = to_float32(kernels).astype(np.float64).reshape(len(own), -1)
        sums = flat_kernels.sum(1)
        norms = np.sqrt((flat_kernels**2).sum(1))
        channels.append(np.arange(units.start, units.stop))
        weights.append(np.where(sums < 0, -norms, norms))
        values.append(maps.reshape(len(own), -1)[np.arange(len(own)), spots])
    return np.concatenate(channels), np.concatenate(weights), np.concatenate(values)


def _convolve_alone(module: nn.Conv2d, kernels: Tensor, channel: Tensor) -> Tensor:
    """Return the convolution of one channel (1, 1, H, W) as the module pads and strides."""
    single = nn.Conv2d(
        1,
        len(kernels),
        module.kernel_size,  # type: ignore[arg-type]
        module.stride,  # type: ignore[arg-type]
        module.padding,  # type: ignore[arg-type]
        module.dilation,  # type: ignore[arg-type]
        bias=False,
        padding_mode=module.padding_mode,
        device="meta",
    )
    result: Tensor = torch.func.functional_call(single, {"weight": kernels}, (channel,))
    return result


def spread_vector(
    module: nn.Linear,
    given: Tensor,
    returned: Tensor,
    inputs: NDArray[np.int64],
    scales: Doubles,
) -> tuple[NDArray[np.int64], Doubles, Doubles]:
    """Return what some inputs add to each unit of a matrix, at the row where it is strongest."""
    columns = to_float32(module.weight.detach()[:, torch.from_numpy(inputs)]).astype(np.float64)
    rows = given.detach().reshape(-1, given.shape[-1])[:, torch.from_numpy(inputs)]
    own = to_float32(returned.detach().reshape(-1, returned.shape[-1])).astype(np.float64) * scales
    spots = np.where(np.isfinite(own), own, -np.inf).argmax(0)  # (units,)
    products = (to_float32(rows).astype(np.float64)[spots] * columns).sum(1)
    sums, norms = columns.sum(1), np.sqrt((columns**2).sum(1))
    return np.arange(len(columns)), np.where(sums < 0, -norms, norms), products
