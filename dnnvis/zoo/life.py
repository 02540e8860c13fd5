"""Define the recurrent network that imagines Game-of-Life boards.

Source: Wichers et al. 2022, section 2.1. What the paper leaves out is as in the authors'
published code (wichersn/visualize-nn-imagination): 3 x 3 convolutions with zero padding,
LeakyReLU of slope 0.3, a linear output, and a residual around the cell, h <- h + cell(h). Ours:
the ``lean`` cell 3x3, 1x1, 1x1.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput

LEAKY_RELU_SLOPE = 0.3
CELL_KERNELS = {"lean": (3, 1, 1), "faithful": (3, 3, 3)}
PADDING_MODES: dict[str, Literal["zeros", "circular"]] = {"dead": "zeros", "periodic": "circular"}
MAX_CHANNELS = 1024
MIN_BOARD_SIDE = 3  # rows and columns of a board: the kernel's


@dataclass(frozen=True)
class LifeSpec:
    """The structure of a life network."""

    #: How often the cell is applied.
    steps: int = 3
    #: Channels of the hidden state.
    channels: int = 20
    #: Kernel sizes of the cell's convolutions.
    cell: tuple[int, ...] = CELL_KERNELS["lean"]
    #: Number of convolutions of the encoder.
    encoder: int = 1
    #: Number of convolutions of the decoder.
    decoder: int = 1
    #: One cell for all steps, else one each.
    shared: bool = True
    #: Whether h + cell(h) is the next state.
    residual: bool = True
    #: dead | periodic.
    border: str = "dead"
    #: Planes of a board: 1 for living cells, more where each holds another piece.
    planes: int = 1

    def __post_init__(self) -> None:
        counts = {"steps": self.steps, "channels": self.channels, "planes": self.planes}
        for name, count in (counts | {"encoder": self.encoder, "decoder": self.decoder}).items():
            if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                raise BadInput(f"A life network needs at least one of {name}, not {count}.")
        if self.channels > MAX_CHANNELS:
            raise BadInput(
                f"A life network has up to {MAX_CHANNELS} channels, not {self.channels}."
            )
        if not self.cell or any(size not in (1, 3, 5, 7) for size in self.cell):
            raise BadInput(f"A cell is of kernels 1, 3, 5 or 7, not of {self.cell}.")
        if self.border not in PADDING_MODES:
            raise BadInput(f"A border is dead or periodic, not '{self.border}'.")

    @property
    def states(self) -> tuple[str, ...]:
        """Return the layers whose calls are the states, in order: the first is the encoder's."""
        cells = ("cell",) if self.shared else tuple(f"cells.{k}" for k in range(self.steps))
        return ("encoder", *cells)

    def as_dict(self) -> dict[str, Any]:
        """Return the spec as a card stores it; cards of one plane say nothing of planes."""
        values = asdict(self) | {"cell": list(self.cell)}
        if self.planes == 1:
            del values["planes"]
        return values


def spec_from_card(data: Mapping[str, Any]) -> LifeSpec:
    """Return the spec in a card; raise BadInput where it is none."""
    known = {field.name for field in fields(LifeSpec)}
    try:
        given = {key: value for key, value in data.items() if key in known}
        if "cell" in given:
            given["cell"] = tuple(int(size) for size in given["cell"])
        return LifeSpec(**given)
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise BadInput(
            "What the card says under life is no life network: channels, steps, encoder and "
            "decoder are whole numbers, and cell is a list of kernels' sizes."
        ) from None


class Cell(nn.Sequential):
    """One step of the hidden state (B, channels, H, W); its output is the next state."""

    def __init__(self, spec: LifeSpec) -> None:
        parts: OrderedDict[str, nn.Module] = OrderedDict()
        for k, size in enumerate(spec.cell, 1):
            parts[f"conv{k}"] = _build_conv(spec, spec.channels, spec.channels, size)
            parts[f"leaky{k}"] = nn.LeakyReLU(LEAKY_RELU_SLOPE)
        super().__init__(parts)
        self.residual = spec.residual

    def forward(self, state: Tensor) -> Tensor:
        """Return the next state (B, channels, H, W)."""
        change = state
        for part in self:
            change = part(change)
        return state + change if self.residual else change


class LifeNet(nn.Module):
    """A network that predicts the board after ``spec.steps`` steps.

    It takes boards (B, planes, H, W) of 0 and 1, any of 3 x 3 or more, and gives raw values: a cell
    is alive where the value is at least 0.5.
    """

    def __init__(self, spec: LifeSpec) -> None:
        super().__init__()
        self.spec = spec
        self.encoder = _build_encoder(spec)
        if spec.shared:
            self.cell = Cell(spec)
        else:
            self.cells = nn.ModuleList(Cell(spec) for _ in range(spec.steps))
        self.decoder = decoder(spec)

    def forward(self, boards: Tensor) -> Tensor:
        """Return the predicted boards, raw, (B, planes, H, W)."""
        result: Tensor = self.decoder(self.states(boards)[-1])
        return result

    def states(self, boards: Tensor) -> list[Tensor]:
        """Return the hidden states h_0 (the encoder's) to h_steps, each (B, channels, H, W)."""
        if min(boards.shape[2:]) < MIN_BOARD_SIDE:
            height, width = boards.shape[2:]
            raise BadInput(
                f"A board of {height} x {width} is smaller than the kernel: this network takes "
                f"{MIN_BOARD_SIDE} x {MIN_BOARD_SIDE} and more."
            )
        states = [self.encoder(boards)]
        for k in range(self.spec.steps):
            cell = self.cell if self.spec.shared else self.cells[k]
            states.append(cell(states[-1]))
        return states

    def imagine(self, boards: Tensor) -> Tensor:
        """Decode every state, raw: (B, (steps + 1) planes, H, W) (section 2.4)."""
        return torch.cat([self.decoder(state) for state in self.states(boards)], 1)


def decoder(spec: LifeSpec) -> nn.Sequential:
    """Build a decoder with ``spec.decoder`` convolutions, the last one linear, to the planes."""
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for k in range(1, spec.decoder):
        parts[f"conv{k}"] = _build_conv(spec, spec.channels, spec.channels, 3)
        parts[f"leaky{k}"] = nn.LeakyReLU(LEAKY_RELU_SLOPE)
    parts[f"conv{spec.decoder}"] = _build_conv(spec, spec.channels, spec.planes, 3)
    return nn.Sequential(parts)


def _build_encoder(spec: LifeSpec) -> nn.Sequential:
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    for k in range(1, spec.encoder + 1):
        inputs = spec.planes if k == 1 else spec.channels
        parts[f"conv{k}"] = _build_conv(spec, inputs, spec.channels, 3)
        parts[f"leaky{k}"] = nn.LeakyReLU(LEAKY_RELU_SLOPE)
    return nn.Sequential(parts)


def _build_conv(spec: LifeSpec, in_channels: int, out_channels: int, size: int) -> nn.Conv2d:
    return nn.Conv2d(
        in_channels, out_channels, size, padding=size // 2, padding_mode=PADDING_MODES[spec.border]
    )


def infer_spec(state: Mapping[str, Tensor]) -> LifeSpec | None:
    """Infer the spec from the weights of a life network; None where they belong to another.

    The number of steps of a shared cell cannot be seen in them, nor residual and border:
    those are LifeSpec's own. Raises nothing.
    """
    first = state.get("encoder.conv1.weight")
    if first is None or first.dim() != 4:
        return None
    shared = "cell.conv1.weight" in state
    stem = "cell" if shared else "cells.0"
    kernels = tuple(_kernel_sizes(state, stem))
    depths = [len(list(_kernel_sizes(state, part))) for part in ("encoder", "decoder")]
    cells = {key.split(".")[1] for key in state if key.startswith("cells.")}
    last = state.get(f"decoder.conv{depths[1]}.weight")
    planes = int(first.shape[1])
    if planes != (1 if last is None else int(last.shape[0])):
        return None
    try:
        return LifeSpec(
            steps=LifeSpec.steps if shared else len(cells),
            channels=int(first.shape[0]),
            cell=kernels,
            encoder=depths[0],
            decoder=depths[1],
            shared=shared,
            planes=planes,
        )
    except BadInput:
        return None


def _kernel_sizes(state: Mapping[str, Tensor], stem: str) -> list[int]:
    sizes: list[int] = []
    while (weight := state.get(f"{stem}.conv{len(sizes) + 1}.weight")) is not None:
        sizes.append(int(weight.shape[-1]))
    return sizes
