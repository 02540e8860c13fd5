"""Cut the values out that one place of a convolution's map is computed from."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from dnnvis.core.errors import LensMissing
from dnnvis.network.hooks import (
    ModuleCall,
    StopForward,
    autograd_mode,
    observe_modules,
    track_modules,
)
from dnnvis.network.layer_table import run_user_code
from dnnvis.network.network import Network
from dnnvis.network.outputs import first_tensor
from dnnvis.network.values import Array, to_float32

PADDING_MODES = {"zeros": "constant"}  # as functional.pad calls them


@dataclass(frozen=True, eq=False)
class Patch:
    """What the kernel of one unit lies on at one place."""

    #: Values float32 (C, h, w), of the input channels that the unit sees.
    values: Array
    #: Where it lies outside of the maps, (h, w).
    outside: NDArray[np.bool_]
    #: Number of the first input channel.
    first_input: int


def cut_patch(
    convolution: nn.Conv2d, given: Tensor, channel: int, position: tuple[int, int]
) -> Patch:
    """Cut out what a unit of a convolution multiplies at one place.

    Args:
        convolution: The convolution.
        given: What it was given, (1, C, H, W).
        channel: The unit.
        position: The place (y, x) in its map.

    Returns:
        The patch.
    """
    inputs = convolution.in_channels // convolution.groups
    group = channel // (convolution.out_channels // convolution.groups)
    first = group * inputs
    maps = given.detach()[:, first : first + inputs]
    pads = _compute_pads(convolution)
    mode = PADDING_MODES.get(convolution.padding_mode, convolution.padding_mode)
    padded = functional.pad(maps, pads, mode=mode)
    inside = functional.pad(torch.ones_like(maps[:, :1]), pads)
    (stride_y, stride_x), (step_y, step_x) = convolution.stride, convolution.dilation
    height, width = convolution.kernel_size
    top, left = position[0] * stride_y, position[1] * stride_x
    rows = slice(top, top + step_y * (height - 1) + 1, step_y)
    columns = slice(left, left + step_x * (width - 1) + 1, step_x)
    return Patch(
        to_float32(padded[0, :, rows, columns]),
        to_float32(inside[0, 0, rows, columns]) == 0,
        first,
    )


def _compute_pads(convolution: nn.Conv2d) -> list[int]:
    """Return the padding at the left, right, top and bottom."""
    if convolution.padding == "valid":
        return [0, 0, 0, 0]
    if convolution.padding == "same":
        sizes = zip(convolution.kernel_size, convolution.dilation, strict=True)
        (above, below), (left, right) = (
            (total // 2, total - total // 2)
            for total in (step * (size - 1) for size, step in sizes)
        )
        return [left, right, above, below]
    vertical, horizontal = (int(side) for side in convolution.padding)
    return [horizontal, horizontal, vertical, vertical]


def capture_call(network: Network, x: Tensor, name: str, call: int) -> tuple[Tensor, Tensor]:
    """Run a network up to one call of a module.

    Args:
        network: The network.
        x: Pixels (1, C, H, W) in [0, 1].
        name: Name of the module.
        call: Number of the call, from 0 on.

    Returns:
        What the module was given first, and what it returned.

    Raises:
        LensMissing: The module was not called so often on this picture.
        BadInput: The network fails.
    """
    given: list[Tensor | None] = []
    returned: list[Tensor | None] = []

    def enter(running: ModuleCall, module: nn.Module, args: Any, kwargs: Any) -> None:
        given.append(first_tensor((args, kwargs)))

    def leave(running: ModuleCall) -> None:
        pass

    def on_return(name: str, module: nn.Module, inputs: Any, output: Any) -> None:
        returned.append(first_tensor(output))
        if len(returned) > call:
            raise StopForward

    with (
        autograd_mode(False),
        observe_modules(network.module, on_return, {name}),
        track_modules(network.module, {name}, enter, leave),
        suppress(StopForward),
    ):
        run_user_code(network.forward, x)
    first, second = (values[call] if len(values) > call else None for values in (given, returned))
    if first is None or second is None:
        raise LensMissing(f"{name} was not called on this picture.")
    return first, second
