"""Transforms: jitter, rotation, scale and cropping in one resampling.

Olah et al. 2017 (section "The Enemy of Feature Visualization") chain padding, jitter, scaling,
rotation and jitter; their composition is one affine map, which one ``grid_sample`` does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

Size = tuple[int, int]


@dataclass(frozen=True)
class RandomTransform:
    """Largest random changes of a picture at each step."""

    #: Shift either way before the rest, in pixels of the picture.
    jitter: float = 0.0
    #: Shift either way after the rest, in pixels of the picture.
    jitter_after: float = 0.0
    #: Rotation either way, in degrees.
    rotate: float = 0.0
    #: (smallest, largest) magnification.
    scale: tuple[float, float] = (1.0, 1.0)
    #: Standard deviation of noise added to pixels.
    noise: float = 0.0
    #: (first, last) fraction of the picture's side; draws windows of shrinking size instead (MACO).
    boxes: tuple[float, float] | None = None

    @property
    def is_still(self) -> bool:
        """Return whether nothing but noise is applied."""
        return self == RandomTransform(noise=self.noise)

    @property
    def is_roll(self) -> bool:
        """Return whether there is nothing but jitter, which needs no resampling."""
        return self == RandomTransform(jitter=self.jitter, noise=self.noise)


def draw_numbers(generators: Sequence[Generator], views: int) -> Tensor:
    """Return the random numbers in [0, 1) of one step, (B * views, 8), a generator per row."""
    rows = [torch.rand((views, 8), generator=generator) for generator in generators]
    return torch.cat(rows)


def affine_maps(
    transform: RandomTransform, numbers: Tensor, picture: Size, window: Size, progress: Tensor
) -> Tensor:
    """Return the affine maps of drawn numbers.

    A window smaller than the picture lies anywhere inside it.

    Args:
        transform: Largest changes.
        numbers: (R, 8) in [0, 1), see ``draw_numbers``.
        picture: (H, W) in pixels.
        window: (H, W) in pixels.
        progress: (R,) in [0, 1], progress of each row's ascent; counts for ``boxes``.

    Returns:
        (R, 2, 3), from window to picture, both in [-1, 1].
    """
    if transform.boxes is not None:
        return _box_maps(transform.boxes, numbers, progress)
    centered = 2 * numbers - 1
    angle = centered[:, 0] * math.radians(transform.rotate)
    low, high = transform.scale
    shrink = 1 / (low + numbers[:, 1] * (high - low))
    cos, sin = angle.cos() * shrink, angle.sin() * shrink
    (ph, pw), (wh, ww) = picture, window
    # offset of the window's center from the picture's, in pixels of the picture
    y = centered[:, 2] * (max(ph - wh, 0) / 2) + centered[:, 4] * transform.jitter
    x = centered[:, 3] * (max(pw - ww, 0) / 2) + centered[:, 5] * transform.jitter
    after_y, after_x = (centered[:, 6:8] * transform.jitter_after).unbind(1)
    x, y = x + cos * after_x - sin * after_y, y + sin * after_x + cos * after_y
    first = torch.stack((cos * ww / pw, -sin * wh / pw, 2 * x / pw), 1)
    second = torch.stack((sin * ww / ph, cos * wh / ph, 2 * y / ph), 1)
    return torch.stack((first, second), 1)


def _box_maps(boxes: tuple[float, float], numbers: Tensor, progress: Tensor) -> Tensor:
    """Return the windows of MACO's authors.

    Center ~ N(.5, .15), size ~ N(mu, .05) in [.05, 1] with mu going from the first to the last
    fraction.
    """
    normal = torch.erfinv((2 * numbers - 1).clamp(-0.999, 0.999)) * math.sqrt(2)
    mean = boxes[0] + (boxes[1] - boxes[0]) * progress
    size = (mean + 0.05 * normal[:, 0]).clamp(0.05, 1.0)
    center = 0.3 * normal[:, 2:4]  # 0.15 of the side, in [-1, 1]
    zero = torch.zeros_like(size)
    first = torch.stack((size, zero, center[:, 0]), 1)
    second = torch.stack((zero, size, center[:, 1]), 1)
    return torch.stack((first, second), 1)


def resample(image: Tensor, maps_: Tensor, window: Size) -> Tensor:
    """Return windows of images under affine maps; what lies outside is reflected.

    Args:
        image: (B, C, H, W).
        maps_: (R, 2, 3), R = B * views, the views of an image in adjacent rows.
        window: (H', W') of the result.

    Returns:
        (R, C, H', W').
    """
    views = len(maps_) // len(image)
    if views > 1:
        image = image.repeat_interleave(views, 0)
    y, x = _pixel_centers(window, maps_.device)
    # one sum of what a column and what a row gives: a third of the time of a matrix product
    columns = x * maps_[:, None, None, :, 0]  # (R, 1, W', 2)
    rows = torch.addcmul(maps_[:, None, None, :, 2], y, maps_[:, None, None, :, 1])
    grid = columns + rows  # (R, H', W', 2)
    return F.grid_sample(image, grid, padding_mode="reflection", align_corners=False)


@lru_cache(maxsize=8)
def _pixel_centers(window: Size, device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the centers of a window's pixels in [-1, 1], y (H', 1, 1) and x (W', 1)."""
    with torch.inference_mode(False), torch.no_grad():
        y, x = (torch.linspace(-1, 1, side) * (side - 1) / side for side in window)
        return y.view(-1, 1, 1).to(device), x.view(-1, 1).to(device)


def apply_transform(
    image: Tensor,
    transform: RandomTransform,
    generators: Sequence[Generator],
    *,
    picture: Size,
    window: Size,
    views: int = 1,
    progress: Tensor | None = None,
) -> Tensor:
    """Return what the network is shown of images under random transforms.

    Args:
        image: (B, C, H, W).
        transform: Largest changes.
        generators: B random generators.
        picture: (H, W) in pixels that ``image`` stands for.
        window: (H', W') in pixels that the network is shown.
        views: Number of windows of each image.
        progress: (B,) in [0, 1], progress of each row's ascent; None for 0.

    Returns:
        (B * views, C, H', W').
    """
    is_whole = views == 1 and window == picture == tuple(image.shape[2:])
    if is_whole and transform.is_still:
        x = image
    elif is_whole and transform.is_roll:
        x = roll_rows(image, generators, transform.jitter)
    else:
        numbers = draw_numbers(generators, views).to(image.device)
        row_progress = torch.zeros(len(image)) if progress is None else progress
        row_progress = row_progress.to(image.device).repeat_interleave(views)
        x = resample(image, affine_maps(transform, numbers, picture, window, row_progress), window)
    if transform.noise:
        shape = (views, *x.shape[1:])
        noise = [_draw_noise(shape, transform.noise, generator) for generator in generators]
        x = x + torch.cat(noise).to(x.device)
    return x


def roll_rows(image: Tensor, generators: Sequence[Generator], jitter: float) -> Tensor:
    """Roll each row by a random whole number of pixels (as google/deepdream does).

    Args:
        image: (B, C, H, W).
        generators: B random generators.
        jitter: Largest shift either way in pixels.

    Returns:
        Like ``image``.
    """
    max_shift = int(jitter)
    rows = []
    for row, generator in zip(image, generators, strict=True):
        shift = torch.randint(-max_shift, max_shift + 1, (2,), generator=generator).tolist()
        rows.append(row.roll(shift, (1, 2)))
    return torch.stack(rows)


def _draw_noise(shape: tuple[int, ...], sd: float, generator: Generator) -> Tensor:
    """Return Gaussian plus uniform noise of half that width each way, as MACO's authors add it."""
    uniform = torch.rand(shape, generator=generator) - 0.5
    return sd * torch.randn(shape, generator=generator) + sd * uniform
