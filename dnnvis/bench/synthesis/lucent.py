"""Optimize as Lucent 0.1.8 visualises features: the reference of ``bench ascent``.

Written anew from Lucent's documented behaviour, as Lucent itself does not run on a present-day
torch: the network runs to its end, its weights collect gradients, one picture at a time goes
through a chain of separate transforms (padding, jitter, scale, rotation, jitter, enlargement),
and Adam moves Fourier coefficients of a canvas of 128 pixels.
"""

import math
import random
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CANVAS_PIXELS, INPUT_PIXELS, LEARNING_RATE = 128, 224, 0.05
SCALES = [1 + (k - 5) / 50 for k in range(11)]
ANGLES = [*range(-10, 11), *5 * [0]]
COLOR_CORRELATION = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])


class Lucent:
    """Visualise one unit: ``step`` as often as wanted, then ``picture``.

    ``module`` takes pixels normalised by ``mean`` and ``std``; ``target`` is the submodule
    whose channel is maximised in the mean over its map. ``input_pixels`` is the network's input
    size. With ``shortened`` passes end at ``target`` and weights collect nothing: the same
    pictures in half the time, for benches that ask only what the loop reaches.
    """

    def __init__(
        self,
        module: nn.Module,
        target: nn.Module,
        channel: int,
        seed: int,
        mean: tuple[float, ...],
        std: tuple[float, ...],
        input_pixels: int = INPUT_PIXELS,
        *,
        shortened: bool = False,
    ) -> None:
        torch.manual_seed(seed)
        random.seed(seed)
        self.module, self.channel, self.input_pixels = module, channel, input_pixels
        for parameter in module.parameters():
            parameter.requires_grad_(not shortened)
        fy, fx = torch.fft.fftfreq(CANVAS_PIXELS)[:, None], torch.fft.rfftfreq(CANVAS_PIXELS)[None]
        self.scale = (1 / (fy**2 + fx**2).sqrt().clamp(min=1 / CANVAS_PIXELS))[
            None, None, ..., None
        ]
        self.spectrum = (
            torch.randn(1, 3, CANVAS_PIXELS, CANVAS_PIXELS // 2 + 1, 2) * 0.01
        ).requires_grad_()
        self.optimizer = torch.optim.Adam([self.spectrum], lr=LEARNING_RATE)
        self.color_matrix = COLOR_CORRELATION / COLOR_CORRELATION.norm(dim=0).max()
        self.mean = torch.tensor(mean).view(1, -1, 1, 1)
        self.std = torch.tensor(std).view(1, -1, 1, 1)
        self._outputs: list[Tensor] = []
        self._undo = _record_outputs(target, self._outputs, stop=shortened)

    def close(self) -> None:
        """Leave the network as it was found."""
        self._undo()
        for parameter in self.module.parameters():
            parameter.requires_grad_(False)
            parameter.grad = None

    def image(self) -> Tensor:
        """Compute the canvas (1, 3, 128, 128) in [0, 1]."""
        spectrum = torch.view_as_complex((self.scale * self.spectrum).contiguous())
        x = torch.fft.irfft2(spectrum, s=(CANVAS_PIXELS, CANVAS_PIXELS), norm="ortho") / 4
        flat = x.permute(0, 2, 3, 1) @ self.color_matrix.T
        return torch.sigmoid(flat.permute(0, 3, 1, 2))

    def step(self) -> float:
        """Take one step; give the objective before it, on the transformed picture."""
        self.optimizer.zero_grad()
        x = transform(self.image())
        x = F.interpolate(
            x, (self.input_pixels, self.input_pixels), mode="bilinear", align_corners=True
        )
        self._outputs.clear()
        with suppress(_Stop):
            self.module((x - self.mean) / self.std)
        loss = -self._outputs[-1][:, self.channel].mean()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return -float(loss.detach())

    def picture(self) -> Tensor:
        """Give the picture (1, 3, 128, 128), not transformed."""
        with torch.no_grad():
            return self.image()


def transform(x: Tensor) -> Tensor:
    """Apply Lucent's standard chain, transform by transform."""
    x = F.pad(x, (12,) * 4, value=0.5)
    x = _jitter(x, 8)
    x = F.interpolate(
        x, scale_factor=random.choice(SCALES), mode="bilinear", recompute_scale_factor=True
    )
    x = _rotate(x, random.choice(ANGLES))
    return _jitter(x, 4)


def _jitter(x: Tensor, margin: int) -> Tensor:
    """Cut to ``margin`` pixels less, at a random place."""
    height, width = x.shape[2] - margin, x.shape[3] - margin
    top, left = random.randint(0, margin), random.randint(0, margin)
    return x[:, :, top : top + height, left : left + width]


def _rotate(x: Tensor, degrees: float) -> Tensor:
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    theta = torch.tensor([[[cos, -sin, 0.0], [sin, cos, 0.0]]])
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


class _Stop(Exception):
    """Ends a shortened pass at its target."""


def _record_outputs(target: nn.Module, outputs: list[Tensor], *, stop: bool) -> Any:
    """Keep what ``target`` returns, and end the pass there if asked to; give what undoes it."""
    forward = target.forward

    def recording_forward(*args: Any) -> Any:
        outputs.append(forward(*args))
        if stop:
            raise _Stop
        return outputs[-1]

    target.forward = recording_forward
    return lambda: delattr(target, "forward")
