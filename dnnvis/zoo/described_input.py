"""Read what a library's module says of its own input: timm, transformers, torch.export."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, fx

MAX_SIDE_PIXELS = 10_000  # more is no size of a picture


@dataclass(frozen=True)
class DescribedInput:
    """What a module says; None where it says nothing."""

    #: Where it says so, such as ``its pretrained_cfg``; "" where it says nothing.
    origin: str = ""
    #: (H, W) in pixels.
    size: tuple[int, int] | None = None
    channels: int | None = None
    #: For pixels in [0, 1], one number per channel.
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


def describe_input(module: Any) -> DescribedInput:
    """Return what ``module`` says of its input in its library's way."""
    for read in (_read_timm, _read_transformers, _read_exported):
        described = read(module)
        if described is not None:
            return described
    return DescribedInput()


def _read_timm(module: Any) -> DescribedInput | None:
    """Read ``pretrained_cfg`` or ``default_cfg``, a dictionary or an object."""
    for name in ("pretrained_cfg", "default_cfg"):
        config = getattr(module, name, None)
        if config is None:
            continue
        shape = _numbers(_get(config, "input_size"))
        mean, std = _numbers(_get(config, "mean")), _numbers(_get(config, "std"))
        is_shape = len(shape) == 3 and all(map(_is_side, shape))
        counts = {len(mean), len(std), int(shape[0]) if is_shape else len(mean)}
        has_scale = len(counts) == 1 and len(mean) > 0 and all(value > 0 for value in std)
        if is_shape or has_scale:
            return DescribedInput(
                f"its {name}",
                (int(shape[1]), int(shape[2])) if is_shape else None,
                int(shape[0]) if is_shape else None,
                mean if has_scale else None,
                std if has_scale else None,
            )
    return None


def _read_transformers(module: Any) -> DescribedInput | None:
    """Read ``image_size`` and ``num_channels`` of a config, or of the vision part's."""
    outer = getattr(module, "config", None)
    for config in (outer, _get(outer, "vision_config"), _get(outer, "backbone_config")):
        size, channels = _get(config, "image_size"), _get(config, "num_channels")
        if isinstance(size, Mapping):
            size = (size.get("height"), size.get("width"))
        sides = _numbers(size if isinstance(size, Sequence) else (size,))
        is_size = len(sides) in (1, 2) and all(map(_is_side, sides))
        if is_size or _is_side(channels):
            return DescribedInput(
                "its config",
                (int(sides[0]), int(sides[-1])) if is_size else None,
                int(channels) if _is_side(channels) else None,
            )
    return None


def _read_exported(module: Any) -> DescribedInput | None:
    """Read the shape of the first input with which ``torch.export`` made a program."""
    if not isinstance(module, fx.GraphModule):
        return None
    inputs = (node.meta.get("val") for node in module.graph.nodes if node.op == "placeholder")
    value = next((value for value in inputs if isinstance(value, Tensor)), None)
    if value is None or value.dim() != 4 or not all(_is_side(n) for n in value.shape[1:]):
        return None
    _, channels, height, width = value.shape
    return DescribedInput("its exported graph", (int(height), int(width)), int(channels))


def _get(config: Any, name: str) -> Any:
    return config.get(name) if isinstance(config, Mapping) else getattr(config, name, None)


def _numbers(value: Any) -> tuple[float, ...]:
    """Return a sequence of finite numbers as floats; () for anything else."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    fits = all(isinstance(v, int | float) and math.isfinite(v) for v in value)
    return tuple(map(float, value)) if fits else ()


def _is_side(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and value == int(value) and 1 <= value <= MAX_SIDE_PIXELS
