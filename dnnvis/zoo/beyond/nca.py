"""Define a growing neural cellular automaton.

Source: Mordvintsev, Randazzo, Niklasson & Levin 2020, Growing Neural Cellular Automata, Distill,
sections 1 to 3. Kept: identity and Sobel filters as perception, two 1 x 1 convolutions whose last
begins at zero, cells that fire at random, cells that are empty unless a neighbor's alpha exceeds a
threshold. Ours: a seed is a white pixel, 1 in every channel (there: RGB 0), so that a picture can
mark it; which cells fire follows from a seed and the step number, so that a pass can be repeated;
values stay within a limit, so that no picture makes them overflow.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.core.errors import BadInput
from dnnvis.core.life.automaton import ALPHA, COLORS
from dnnvis.zoo.beyond.firing import draw_firing_mask

FILTERS = 3  # identity, Sobel along x, Sobel along y
STATE_LIMIT = 8.0  # a trained automaton stays within 3
MAX_STEPS, MAX_HIDDEN = 1000, 4096
COUNT_NAMES = {"hidden": "hidden units", "steps": "steps", "live_steps": "live steps"}
SOBEL_X = ((-0.125, 0.0, 0.125), (-0.25, 0.0, 0.25), (-0.125, 0.0, 0.125))


@dataclass(frozen=True)
class NcaSpec:
    """The structure of a cellular automaton."""

    #: Channels of a cell: red, green, blue, alpha, and hidden ones.
    channels: int = 16
    #: Units of a cell's hidden layer.
    hidden: int = 96
    #: Probability that a cell fires at a step.
    fire_rate: float = 0.5
    #: Steps of a pass that begins with a picture.
    steps: int = 96
    #: Steps of a pass while a canvas brings one state after the other.
    live_steps: int = 4
    #: A cell is empty unless alpha exceeds this in it or in one of its eight neighbors.
    alive_threshold: float = 0.1
    #: Seed of the firing.
    seed: int = 0

    def __post_init__(self) -> None:
        counts = {"hidden": self.hidden, "steps": self.steps, "live_steps": self.live_steps}
        for name, count in counts.items():
            most = MAX_HIDDEN if name == "hidden" else MAX_STEPS
            if not _is_count(count) or not 1 <= count <= most:
                raise BadInput(f"An automaton has 1 to {most} {COUNT_NAMES[name]}, not {count}.")
        if not _is_count(self.channels) or not ALPHA < self.channels <= 256:
            raise BadInput(
                f"A cell has 4 to 256 channels (red, green, blue, alpha, ...), not {self.channels}."
            )
        if not _is_count(self.seed) or self.seed < 0:
            raise BadInput(f"The seed of the firing is a whole number from 0, not {self.seed}.")
        if not 0 < self.fire_rate <= 1 or not 0 < self.alive_threshold < 1:
            raise BadInput("The fire rate lies in (0, 1], the alive threshold in (0, 1).")

    @property
    def states(self) -> tuple[str, ...]:
        """Return the layers whose calls are the states, in order: the first is the encoder's."""
        return ("encoder", "cell")

    def as_dict(self) -> dict[str, Any]:
        """Return the spec as a card stores it."""
        return asdict(self)


def spec_from_card(data: Any) -> NcaSpec:
    """Return the spec in a card; raise BadInput where it is none."""
    try:
        known = {field.name for field in fields(NcaSpec)}
        return NcaSpec(**{key: value for key, value in data.items() if key in known})
    except (TypeError, ValueError, AttributeError):
        raise BadInput(
            "What the card says under nca is no cellular automaton: channels, hidden, steps and "
            "seed are whole numbers, fire_rate and alive_threshold numbers below 1."
        ) from None


def infer_spec(state: Mapping[str, Tensor]) -> NcaSpec | None:
    """Infer the spec from the weights of an automaton; None where they belong to another network.

    Steps, firing and threshold cannot be seen in them: those are NcaSpec's own. Raises nothing.
    """
    first, last = state.get("cell.hidden.weight"), state.get("cell.output.weight")
    if first is None or last is None or first.dim() != 4 or last.dim() != 4:
        return None
    channels, hidden = int(last.shape[0]), int(last.shape[1])
    if first.shape != (hidden, FILTERS * channels, 1, 1) or channels <= ALPHA:
        return None
    try:
        return NcaSpec(channels=channels, hidden=hidden)
    except BadInput:
        return None


class StateEncoder(nn.Module):
    """The state of a picture: its colors, and its brightest color as alpha and in all others.

    A state (B, channels, H, W) passes unchanged.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        """Return the state (B, channels, H, W) of a picture (B, 3, H, W) in [0, 1]."""
        if x.shape[1] == self.channels:
            return x
        alpha = x.amax(1, keepdim=True)
        return torch.cat([x, alpha.expand(-1, self.channels - COLORS, -1, -1)], 1)


class ColorDecoder(nn.Module):
    """The picture of a state over black: its colors, which are multiplied by alpha already."""

    def forward(self, state: Tensor) -> Tensor:
        """Return RGB (B, 3, H, W) in [0, 1]."""
        return state[:, :COLORS].clamp(0, 1)


class Perception(nn.Module):
    """What a cell sees of each channel: its value, and how it changes along x and y.

    Channel 3 c + f of its output is filter f of channel c.
    """

    filters: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        identity = torch.zeros(3, 3)
        identity[1, 1] = 1
        sobel = torch.tensor(SOBEL_X)
        filters = torch.stack([identity, sobel, sobel.T])[:, None].repeat(channels, 1, 1, 1)
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, state: Tensor) -> Tensor:
        """Return the perception (B, 3 channels, H, W); beyond the edge all is 0."""
        return F.conv2d(state, self.filters, padding=1, groups=self.channels)


class NcaCell(nn.Module):
    """One step of all cells; its output is the next state (B, channels, H, W)."""

    def __init__(self, spec: NcaSpec) -> None:
        super().__init__()
        self.spec = spec
        self.perception = Perception(spec.channels)
        self.hidden = nn.Conv2d(FILTERS * spec.channels, spec.hidden, 1)
        self.relu = nn.ReLU()
        self.output = nn.Conv2d(spec.hidden, spec.channels, 1, bias=False)
        nn.init.zeros_(self.output.weight)

    def forward(self, state: Tensor, step: int) -> Tensor:
        """Return the next state.

        Args:
            state: The state (B, channels, H, W).
            step: Number of the step, which says with the spec's seed which cells fire.

        Returns:
            The state after the step.
        """
        change = self.output(self.relu(self.hidden(self.perception(state))))
        size = (int(state.shape[2]), int(state.shape[3]))
        mask = draw_firing_mask(self.spec.seed, int(step), size, self.spec.fire_rate)
        fires = torch.from_numpy(mask.astype("float32")).to(state)
        moved = (state + change * fires).clamp(-STATE_LIMIT, STATE_LIMIT)
        threshold = self.spec.alive_threshold
        alive = is_alive(state, threshold) & is_alive(moved, threshold)
        living: Tensor = moved * alive.to(moved.dtype)
        return living


def is_alive(state: Tensor, threshold: float) -> Tensor:
    """Return where a cell or a neighbor has an alpha above the threshold, bool (B, 1, H, W)."""
    alpha = state[:, ALPHA : ALPHA + 1].detach()
    alive: Tensor = F.max_pool2d(alpha, 3, stride=1, padding=1) > threshold
    return alive


class NcaNet(nn.Module):
    """A cellular automaton: a picture with a white pixel grows for ``spec.steps`` steps.

    It takes pictures (B, 3, H, W) in [0, 1] or states (B, channels, H, W) of any size, and gives
    the picture (B, 3, H, W) of the last state, over black. While ``follows_states`` is on, for a
    canvas whose state goes on by itself, a pass has ``live_steps``.
    """

    def __init__(self, spec: NcaSpec) -> None:
        super().__init__()
        self.spec = spec
        self.encoder = StateEncoder(spec.channels)
        self.cell = NcaCell(spec)
        self.decoder = ColorDecoder()
        self.follows_states = False

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture of the last state, (B, 3, H, W)."""
        result: Tensor = self.decoder(self.states(x)[-1])
        return result

    def states(self, x: Tensor) -> list[Tensor]:
        """Return the encoder's state and that after each step, each (B, channels, H, W)."""
        states = [self.encoder(x)]
        for step in range(self.spec.live_steps if self.follows_states else self.spec.steps):
            states.append(self.cell(states[-1], step))
        return states


def plant_seed(spec: NcaSpec, size: tuple[int, int]) -> Tensor:
    """Return the state (1, channels, H, W) with one seed in its middle: 1 in every channel."""
    state = torch.zeros(1, spec.channels, *size)
    state[:, :, size[0] // 2, size[1] // 2] = 1
    return state


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
