"""Hold a picture to the frame it started from, by what both do in an inner layer.

Source: Hamblin, Fel, Saha, Konkle & Alvarez 2024, "Feature Accentuation: Revealing 'What' Features
Respond to in Natural Images", section 3: the objective less a weight times the distance of the
activations at an inner layer, under the same transforms. Here the distance is a fraction of the
frame's own activations, in units of what the objective's layer typically does on the frame, so that
one weight serves units of any size.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import ATTENTION_HEADS
from dnnvis.core.objective import Objective
from dnnvis.network.network import Network
from dnnvis.network.recording import Recording


class FrameHold:
    """What keeps pictures near their frame: a weight, and the layer at which they are compared."""

    def __init__(self, network: Network, template: Objective, weight: float, depth: float) -> None:
        """Choose the layer.

        Args:
            network: The network.
            template: What is raised; the layer lies before all its layers.
            weight: Weight of the distance.
            depth: Where the layer lies, from 0 (the first) to 1 (the last before the objective's).

        Raises:
            BadInput: No layer lies before those of the objective.
        """
        self.weight = weight
        self.layer = choose_hold_layer(network, template, depth)
        self.target = template.terms[0]
        self.distances = torch.zeros(0)  # (R,) of the latest pass, |a - a0| / |a0|

    def read_frame(
        self, run: Callable[[Tensor, tuple[str, ...]], Recording], frame: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return what transformed frames (R, C, H, W) do: activations to hold to, and a unit.

        Args:
            run: Makes a pass without gradients that records the layers named.
            frame: The frames, in [0, 1].

        Returns:
            (activations (R, ...) of the layer; root mean square (R,) of the objective's layer).
        """
        recording = run(frame, (self.layer, self.target.layer))
        typical = recording.tensor(self.target.layer, self.target.call).detach().float()
        scale = typical.square().flatten(1).mean(1).sqrt().clamp(min=1e-6)
        return recording.tensor(self.layer).detach().float(), scale

    def penalty(self, recording: Recording, held: tuple[Tensor, Tensor]) -> Tensor:
        """Return the weighted distance (R,) of a recording with gradients to what it is held to."""
        activations, scale = held
        values = recording.tensor(self.layer).float()
        square = (values - activations).square().flatten(1).sum(1)
        share = square / activations.square().flatten(1).sum(1).clamp(min=1e-12)
        self.distances = share.detach().sqrt().cpu()
        return self.weight * scale * share


def choose_hold_layer(network: Network, template: Objective, depth: float) -> str:
    """Return the layer at a depth before an objective's layers; raise BadInput without any."""
    rows = network.layers
    names = [row.name for row in rows]
    layers = [network.table.base(network.layer(term.layer).name) for term in template.terms]
    first = min(map(names.index, layers))
    parents = {name[:k] for name in names for k, letter in enumerate(name) if letter == "."}
    earlier = [
        row.name
        for row in rows[:first]
        if row.name not in parents
        and not row.part_of
        and row.calls == 1
        and row.kind != ATTENTION_HEADS
        and not row.name.endswith(".cls")
    ]
    if not earlier:
        raise BadInput(
            f"No layer lies before {template.terms[0].layer}, so there is nothing to hold the "
            "picture to its frame: set hold to 0, or take a later layer."
        )
    return earlier[round(depth * (len(earlier) - 1))]
