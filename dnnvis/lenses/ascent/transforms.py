"""Transforms: jitter, rotation, scale and cropping in one resampling.

Olah et al. 2017 (section "The Enemy of Feature Visualization") chain padding, jitter, scaling,
rotation and jitter; their composition is one affine map, which one ``grid_sample`` does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

Size = tuple[int, int]


@dataclass(frozen=True)
class Shake:
    """How far a picture is thrown about. ``jitter`` and ``jitter_after`` in pixels of the
    picture, each way, before and after the rest; ``rotate`` degrees each way; ``scale`` the
    (least, most) magnification; ``noise`` standard deviation added to pixels. ``boxes`` (first,
    last share of the picture's side) draws windows of shrinking size instead (MACO)."""

    jitter: float = 0.0
    jitter_after: float = 0.0
    rotate: float = 0.0
    scale: tuple[float, float] = (1.0, 1.0)
    noise: float = 0.0
    boxes: tuple[float, float] | None = None

    @property
    def still(self) -> bool:
        return self == Shake(noise=self.noise)

    @property
    def rolls(self) -> bool:
        """Whether there is nothing but jitter, which needs no resampling."""
        return self == Shake(jitter=self.jitter, noise=self.noise)


def drawn(generators: Sequence[Generator], views: int) -> Tensor:
    """The numbers in [0, 1) that one step needs, (B * views, 8), a generator a row."""
    rows = [torch.rand((views, 8), generator=generator) for generator in generators]
    return torch.cat(rows)


def maps(shake: Shake, numbers: Tensor, picture: Size, window: Size, progress: Tensor) -> Tensor:
    """Affine maps (R, 2, 3) from window to picture, both in [-1, 1], of drawn ``numbers``.

    A window smaller than the picture lies anywhere inside it.
    """
    if shake.boxes is not None:
        return _boxes(shake.boxes, numbers, progress)
    centred = 2 * numbers - 1
    angle = centred[:, 0] * math.radians(shake.rotate)
    low, high = shake.scale
    shrink = 1 / (low + numbers[:, 1] * (high - low))
    cos, sin = angle.cos() * shrink, angle.sin() * shrink
    (ph, pw), (wh, ww) = picture, window
    # where the middle of the window lies, in pixels of the picture from its middle
    y = centred[:, 2] * (max(ph - wh, 0) / 2) + centred[:, 4] * shake.jitter
    x = centred[:, 3] * (max(pw - ww, 0) / 2) + centred[:, 5] * shake.jitter
    after_y, after_x = (centred[:, 6:8] * shake.jitter_after).unbind(1)
    x, y = x + cos * after_x - sin * after_y, y + sin * after_x + cos * after_y
    first = torch.stack((cos * ww / pw, -sin * wh / pw, 2 * x / pw), 1)
    second = torch.stack((sin * ww / ph, cos * wh / ph, 2 * y / ph), 1)
    return torch.stack((first, second), 1)


def _boxes(boxes: tuple[float, float], numbers: Tensor, progress: Tensor) -> Tensor:
    """Windows of MACO's authors: centre ~ N(.5, .15), size ~ N(mu, .05) in [.05, 1] with mu
    going from the first to the last share."""
    normal = torch.erfinv((2 * numbers - 1).clamp(-0.999, 0.999)) * math.sqrt(2)
    mean = boxes[0] + (boxes[1] - boxes[0]) * progress
    size = (mean + 0.05 * normal[:, 0]).clamp(0.05, 1.0)
    centre = 0.3 * normal[:, 2:4]  # 0.15 of the side, in [-1, 1]
    zero = torch.zeros_like(size)
    first = torch.stack((size, zero, centre[:, 0]), 1)
    second = torch.stack((zero, size, centre[:, 1]), 1)
    return torch.stack((first, second), 1)


def warped(image: Tensor, maps_: Tensor, window: Size) -> Tensor:
    """(R, C, *window) of images (B, C, H, W), R = B * views, views of an image in a row; what
    lies outside is reflected."""
    views = len(maps_) // len(image)
    if views > 1:
        image = image.repeat_interleave(views, 0)
    shape = [len(image), image.shape[1], *window]
    grid = F.affine_grid(maps_, shape, align_corners=False)
    return F.grid_sample(image, grid, padding_mode="reflection", align_corners=False)


def shaken(
    image: Tensor,
    shake: Shake,
    generators: Sequence[Generator],
    *,
    picture: Size,
    window: Size,
    views: int = 1,
    progress: Tensor | None = None,
) -> Tensor:
    """What the network is shown of images (B, C, H, W) that stand for ``picture`` pixels;
    ``progress`` (B,) in [0, 1] is how far each row's ascent is."""
    whole = views == 1 and window == picture == tuple(image.shape[2:])
    if whole and shake.still:
        x = image
    elif whole and shake.rolls:
        x = rolled(image, generators, shake.jitter)
    else:
        numbers = drawn(generators, views).to(image.device)
        far = torch.zeros(len(image)) if progress is None else progress
        far = far.to(image.device).repeat_interleave(views)
        x = warped(image, maps(shake, numbers, picture, window, far), window)
    if shake.noise:
        shape = (views, *x.shape[1:])
        extra = [_shot(shape, shake.noise, generator) for generator in generators]
        x = x + torch.cat(extra).to(x.device)
    return x


def rolled(image: Tensor, generators: Sequence[Generator], jitter: float) -> Tensor:
    """Each row rolled round by a whole number of pixels, at most ``jitter`` each way (as
    google/deepdream does)."""
    reach = int(jitter)
    rows = []
    for row, generator in zip(image, generators, strict=True):
        by = torch.randint(-reach, reach + 1, (2,), generator=generator).tolist()
        rows.append(row.roll(by, (1, 2)))
    return torch.stack(rows)


def _shot(shape: tuple[int, ...], sd: float, generator: Generator) -> Tensor:
    """Gaussian plus uniform noise of half that width each way, as MACO's authors add it."""
    even = torch.rand(shape, generator=generator) - 0.5
    return sd * torch.randn(shape, generator=generator) + sd * even
