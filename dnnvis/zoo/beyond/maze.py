"""Define the recurrent network that finds the way through a maze.

Source: Schwarzschild et al. 2021, "Can You Learn an Algorithm? Generalizing from Easy to Hard
Problems with Recurrent Networks": one cell applied again and again, which may be applied more
often than in training. Bansal et al. 2022, "End-to-end Algorithm Synthesis with Recurrent
Networks: Logical Extrapolation Without Overthinking": the cell sees the input again at
every step (recall). Ours: one residual block of two 3 x 3 convolutions with 32 channels (they: four
of 128), and a decoder of one convolution.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from dnnvis.core.errors import BadInput

IMAGE_CHANNELS = 3
MIN_MAZE_SIDE = 3  # squares
MAX_MAZE_STEPS, MAX_CHANNELS = 1000, 1024


@dataclass(frozen=True)
class MazeSpec:
    """The structure of a maze network."""

    #: How often the cell is applied; any number, whatever it was in training.
    steps: int = 30
    #: Channels of the hidden state.
    channels: int = 32

    def __post_init__(self) -> None:
        for name, count in asdict(self).items():
            if not isinstance(count, int) or isinstance(count, bool) or count < 1:
                raise BadInput(f"A maze network needs at least one of {name}, not {count}.")
        if self.steps > MAX_MAZE_STEPS:
            raise BadInput(f"A maze network makes up to {MAX_MAZE_STEPS} steps, not {self.steps}.")
        if self.channels > MAX_CHANNELS:
            raise BadInput(
                f"A maze network has up to {MAX_CHANNELS} channels, not {self.channels}."
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the spec as a card stores it."""
        return asdict(self)


def maze_spec_from_card(data: Mapping[str, Any]) -> MazeSpec:
    """Return the spec in a card; raise BadInput where it is none."""
    known = {field.name for field in fields(MazeSpec)}
    try:
        return MazeSpec(**{key: value for key, value in data.items() if key in known})
    except (TypeError, ValueError, AttributeError):
        raise BadInput(
            "What the card says under maze is no maze network: steps and channels are whole "
            "numbers."
        ) from None


class RecallCell(nn.Module):
    """One step of the hidden state: a residual block that sees the maze again."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels + IMAGE_CHANNELS, channels, 3, padding=1)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        self.relu2 = nn.ReLU()

    def forward(self, state: Tensor, mazes: Tensor) -> Tensor:
        """Return the next state (B, channels, H, W) from the state and the mazes (B, 3, H, W)."""
        change = self.conv2(self.relu1(self.conv1(torch.cat([state, mazes], 1))))
        result: Tensor = self.relu2(state + change)
        return result


class MazeNet(nn.Module):
    """A network that marks the path through mazes after ``spec.steps`` steps.

    It takes pictures (B, 3, H, W) in [0, 1], any of 3 x 3 squares or more, and gives for each
    square the probability (B, 1, H, W) that it lies on the path.
    """

    def __init__(self, spec: MazeSpec) -> None:
        super().__init__()
        self.spec = spec
        self.encoder = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(IMAGE_CHANNELS, spec.channels, 3, padding=1), relu1=nn.ReLU()
            )
        )
        self.cell = RecallCell(spec.channels)
        self.decoder = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(spec.channels, 1, 3, padding=1),
                sigmoid=nn.Sigmoid(),
            )
        )

    def forward(self, mazes: Tensor, steps: int | None = None) -> Tensor:
        """Return the probability (B, 1, H, W) of each square to lie on the path.

        Args:
            mazes: Pictures (B, 3, H, W) in [0, 1].
            steps: How often the cell is applied; None: as the spec says.
        """
        if steps is not None and not isinstance(steps, int):
            raise TypeError(f"steps is a whole number, not {type(steps).__name__}")
        spec = self.spec if steps is None else MazeSpec(steps, self.spec.channels)  # is checked
        result: Tensor = self.decoder(self.think(self.encode(mazes), mazes, spec.steps))
        return result

    def encode(self, mazes: Tensor) -> Tensor:
        """Return the first state h_0 (B, channels, H, W)."""
        if min(mazes.shape[2:]) < MIN_MAZE_SIDE:
            height, width = mazes.shape[2:]
            raise BadInput(
                f"A maze of {height} x {width} squares is smaller than the kernel: this network "
                f"takes {MIN_MAZE_SIDE} x {MIN_MAZE_SIDE} and more."
            )
        state: Tensor = self.encoder(mazes)
        return state

    def think(self, state: Tensor, mazes: Tensor, steps: int) -> Tensor:
        """Return the state ``steps`` steps later."""
        for _ in range(steps):
            state = self.cell(state, mazes)
        return state

    def logits(self, state: Tensor) -> Tensor:
        """Return what the decoder makes of a state before its sigmoid, (B, 1, H, W)."""
        result: Tensor = self.decoder[0](state)
        return result

    def states(self, mazes: Tensor) -> list[Tensor]:
        """Return the states h_0 (the encoder's) to h_steps, each (B, channels, H, W)."""
        states = [self.encode(mazes)]
        for _ in range(self.spec.steps):
            states.append(self.cell(states[-1], mazes))
        return states


def infer_maze_spec(state: Mapping[str, Tensor]) -> MazeSpec | None:
    """Infer the spec from the weights of a maze network; None where they belong to another.

    The number of steps cannot be seen in them and is MazeSpec's own. Raises nothing.
    """
    first = state.get("encoder.conv1.weight")
    recall = state.get("cell.conv1.weight")
    if first is None or recall is None or first.dim() != 4 or recall.dim() != 4:
        return None
    channels = int(first.shape[0])
    shapes = {
        key: value.shape for key, value in MazeNet(MazeSpec(1, channels)).state_dict().items()
    }
    return MazeSpec(channels=channels) if shapes == {k: v.shape for k, v in state.items()} else None
