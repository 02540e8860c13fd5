"""A unit's value as a function of the picture, with its gradient at the pixels."""

from dataclasses import replace
from functools import cached_property

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.geometry import find_pass_end
from dnnvis.lenses.backward import check_bounds
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.opening.user_code import NO_BACKWARD, translate_errors
from dnnvis.network.precision import explain_no_gradient, in_float32, needs_scaling, send_back
from dnnvis.network.recording import Recording

BATCH_VALUES = 4 * 3 * 224 * 224  # numbers of the pictures in one pass on a CPU
MAX_BATCH = 64  # pictures in one pass


def find_logit(info: NetworkInfo, unit: Unit) -> Unit:
    """Return the unit whose value is sent back or measured: of a class its logit, else itself."""
    is_squashed = unit.layer == OUTPUT and bool(info.logits)
    return replace(unit, layer=info.logits) if is_squashed else unit


class UnitScore:
    """The value of one unit as a function of the picture.

    It is the value at the unit's position, or the mean of its map. A class whose output is squashed
    counts by its logit, which no softmax ties to other classes.
    """

    def __init__(self, network: Network, unit: Unit, *, squashed: bool = False) -> None:
        """Take a unit of a network; ``squashed``: a class counts by the output as it is."""
        self.network = network
        self.unit = unit if squashed else find_logit(network.info, unit)
        self.until = find_pass_end(network, Objective.of(self.unit))

    @property
    def title(self) -> str:
        """Return what is measured, in a few words."""
        _, height, width = self.network.layer(self.unit.layer).shape
        if self.unit.position is not None or height * width == 1:
            return str(self.unit)
        return tr("{unit} (mean of its map)", unit=self.unit)

    def batch_size(self, x: Tensor) -> int:
        """Return how many pictures like ``x`` (1, C, H, W) go through the network at once."""
        fitting = BATCH_VALUES // max(x[0].numel(), 1) if x.device.type == "cpu" else MAX_BATCH
        return min(max(fitting, 1), MAX_BATCH)

    def read(self, recording: Recording) -> Tensor:
        """Return the score of each picture of a recording, (B,) of at least 32 bits."""
        values = recording.tensor(self.unit.layer, self.unit.call)  # (B, C, H, W)
        check_bounds(values, self.unit)
        maps = values[:, self.unit.channel]
        maps = maps.to(torch.promote_types(maps.dtype, torch.float32))
        if self.unit.position is None:
            return maps.mean((1, 2))
        return maps[:, self.unit.position[0], self.unit.position[1]]

    def values(self, x: Tensor) -> Tensor:
        """Return the score (B,) of pictures (B, C, H, W) in [0, 1], in as many passes as needed."""
        parts = torch.split(x, self.batch_size(x[:1]))
        run, layers = self.network.run, (self.unit.layer,)
        scores = [self.read(run(part, layers, until=self.until)) for part in parts]
        return torch.cat([each.detach().double().cpu() for each in scores])

    @cached_property
    def _differentiable(self) -> Network:
        return in_float32(self.network) or self.network

    def gradients(self, x: Tensor) -> Tensor:
        """Return the gradient of each picture's score at its pixels, like ``x`` (B, C, H, W).

        Raises:
            LensMissing: Nothing can be sent back from the unit's layer.
        """
        layers = (self.unit.layer,)
        recording = self._differentiable.run(x, layers, gradients=True, until=self.until)
        with torch.inference_mode(False), torch.enable_grad():
            total = self.read(recording).sum()
        if not total.requires_grad:
            raise LensMissing(explain_no_gradient(self.unit.layer))
        with translate_errors(NO_BACKWARD, LensMissing):
            scaled = needs_scaling(self.network)
            (signal,) = send_back(total, [recording.x], scaled=scaled)
        if signal is None:
            raise LensMissing(explain_no_gradient(self.unit.layer))
        return signal.detach()


def require_frame(network: Network, pixels: object, lens: str) -> Tensor:
    """Return a frame's pixels as (1, C, H, W) in [0, 1]; raise BadInput where there are none."""
    if pixels is None:
        raise BadInput(f"{lens} needs a picture to look at; pass image=.")
    return network.encode(pixels)
