"""Small networks with recurrent and spiking modules, as people write them."""

from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

SPIKING_GAIN = 5.0
SPIKING_STEPS = 4  # time steps of a spiking network over one picture


class RowsRnn(nn.Module):
    """Read the rows of a picture one after the other: ``kind`` is ``LSTM``, ``GRU`` or ``RNN``."""

    def __init__(self, kind: str, width: int, bidirectional: bool = False) -> None:
        super().__init__()
        self.cells = getattr(nn, kind)(
            3 * width, 24, num_layers=2, batch_first=True, bidirectional=bidirectional
        )
        self.head = nn.Linear(24 * (1 + bidirectional), 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, 10) of pictures (B, 3, H, W)."""
        states, _ = self.cells(x.permute(0, 2, 1, 3).flatten(2))  # (B, H, 3 W)
        scores: Tensor = self.head(states[:, -1])
        return scores


class PackedLstm(nn.Module):
    """Read the rows of a picture as a packed sequence, as networks for texts do."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed = nn.Linear(3 * width, 20)
        self.lstm = nn.LSTM(20, 24, batch_first=True)
        self.head = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, 10) of pictures (B, 3, H, W)."""
        rows = torch.relu(self.embed(x.permute(0, 2, 1, 3).flatten(2)))  # (B, H, 20)
        lengths = torch.full((len(x),), rows.shape[1])
        packed = pack_padded_sequence(rows, lengths, batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True)
        scores: Tensor = self.head(states.mean(1))
        return scores


class ConvGru(nn.Module):
    """Convolve, then let a cell of ``nn.GRUCell`` look at the picture's columns in a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 12, 3, 2, 1), nn.ReLU(inplace=True), nn.Conv2d(12, 16, 3, 2, 1), nn.ReLU()
        )
        self.cell = nn.GRUCell(16, 24)
        self.head = nn.Linear(24, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, 10) of pictures (B, 3, H, W)."""
        columns = self.features(x).mean(2)  # (B, 16, W / 4)
        state = x.new_zeros(len(x), 24)
        for column in columns.unbind(2):
            state = self.cell(column, state)
        scores: Tensor = self.head(state)
        return scores


class SpikingConv(nn.Module):
    """Run convolutions and spiking neurons for some time steps; the mean of the spikes counts.

    The neurons hold their state themselves, and keep it from picture to picture.
    """

    def __init__(self, neurons: list[nn.Module]) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 12, 3, 2, 1)
        self.spike1, self.spike2 = neurons
        self.head = nn.Linear(12, 10)
        with torch.no_grad():  # as torch draws them, hardly any potential reaches the threshold
            self.conv1.weight.mul_(SPIKING_GAIN)
            self.conv2.weight.mul_(SPIKING_GAIN)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, 10) of pictures (B, 3, H, W)."""
        steps = [self.spike2(self.conv2(self.spike1(self.conv1(x)))) for _ in range(SPIKING_STEPS)]
        scores: Tensor = self.head(torch.stack(steps).mean((0, 3, 4)))
        return scores


class ResetSpikingConv(SpikingConv):
    """As SpikingConv, with the states back at their start at each pass, as tutorials have it."""

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (B, 10) of pictures (B, 3, H, W)."""
        for neuron in (self.spike1, self.spike2):
            reset: Any = getattr(neuron, "reset_mem", None) or neuron.reset
            reset()
        return super().forward(x)


class ExplicitSpikingConv(nn.Module):
    """Hand the potentials of snntorch's neurons on from step to step; return all the steps."""

    def __init__(self) -> None:
        super().__init__()
        snntorch = import_module("snntorch")
        self.conv = nn.Conv2d(3, 8, 5, 2, 2)
        self.leaky1 = snntorch.Leaky(beta=0.9, threshold=0.1)
        self.head = nn.Linear(8 * 16, 10)
        self.leaky2 = snntorch.Leaky(beta=0.9, threshold=0.1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the spikes (T, B, 10) of pictures (B, 3, H, W)."""
        potential1, potential2 = self.leaky1.init_leaky(), self.leaky2.init_leaky()
        spikes = []
        for _ in range(SPIKING_STEPS):
            spike, potential1 = self.leaky1(self.conv(x), potential1)
            pooled = nn.functional.adaptive_avg_pool2d(spike, 4).flatten(1)
            spike, potential2 = self.leaky2(self.head(pooled), potential2)
            spikes.append(spike)
        return torch.stack(spikes)


def build_snntorch_init_hidden() -> nn.Module:
    """Build a network whose snntorch neurons hold their potential, and keep it."""
    snntorch = import_module("snntorch")
    return SpikingConv([snntorch.Leaky(beta=0.8, init_hidden=True) for _ in range(2)])


def build_snntorch_synaptic() -> nn.Module:
    """Build a network of snntorch's second-order neurons, reset at each pass."""
    snntorch = import_module("snntorch")
    neurons = [snntorch.Synaptic(alpha=0.9, beta=0.8, init_hidden=True) for _ in range(2)]
    return ResetSpikingConv(neurons)


def build_spikingjelly_if() -> nn.Module:
    """Build a network of spikingjelly's integrate-and-fire neurons, which keep their state."""
    neuron = import_module("spikingjelly.activation_based.neuron")
    return SpikingConv([neuron.IFNode() for _ in range(2)])


def build_spikingjelly_lif() -> nn.Module:
    """Build a network of spikingjelly's leaky neurons, reset at each pass."""
    neuron = import_module("spikingjelly.activation_based.neuron")
    return ResetSpikingConv([neuron.LIFNode(tau=2.0) for _ in range(2)])
