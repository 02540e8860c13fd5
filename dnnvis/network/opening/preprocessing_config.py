"""Read how pictures are prepared out of the configurations of timm and transformers."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

MAX_SIDE_PIXELS = 10_000  # more is no size of a picture
BYTE = 255.0  # of means for pixels from 0 to 255
#: Pillow's numbers of its ways to resample, as transformers writes them.
RESAMPLING_NAMES = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")
#: timm's ``crop_mode`` -> a card's ``fit``.
TIMM_FITS = {"center": "crop", "squash": "stretch", "border": "letterbox"}
STRETCH_FROM_PIXELS = 384  # where transformers' processor of ConvNeXt no longer cuts
SIZE_KEYS = ("input_size", "image_size", "img_size", "imgsz", "crop_size")


def read_values(config: Any) -> dict[str, Any]:
    """Return the fields of a card that a library's configuration states.

    Args:
        config: A dictionary, or an object with attributes, as timm's ``pretrained_cfg`` or
            transformers' ``preprocessor_config.json``; whatever else gives nothing.

    Returns:
        Of ``size`` (H, W), ``channels``, ``mean``, ``std`` (for pixels in [0, 1]), ``fit``,
        ``crop_ratio``, ``interpolation`` and ``channel_order`` those that are stated.
    """
    result: dict[str, Any] = {}
    size, channels = _read_shape(config)
    if size is not None:
        result["size"] = size
    if channels is not None:
        result["channels"] = channels
    crop = _read_processor_crop(config) if _is_processor(config) else _read_timm_crop(config)
    result |= _read_scale(config)
    return {**result, **crop, **_read_interpolation(config), **_read_channel_order(config)}


def is_in_bytes(config: Any) -> bool:
    """Return whether a configuration's mean and std are for pixels from 0 to 255."""
    mean, std = _read_raw_scale(config)
    return bool(mean) and (max(mean) > 1 or min(std) > 1)


def read_size(value: Any) -> tuple[int, int] | None:
    """Return (H, W) of a number, (H, W), (C, H, W), or a dictionary as transformers has it."""
    if isinstance(value, Mapping):
        if "shortest_edge" in value:
            value = value["shortest_edge"]
        else:
            value = (value.get("height"), value.get("width"))
    sides = value if isinstance(value, list | tuple) else (value,)
    sides = sides[-2:] if len(sides) == 3 else sides
    if len(sides) not in (1, 2) or not all(map(is_side, sides)):
        return None
    return int(sides[0]), int(sides[-1])


def is_side(value: Any) -> bool:
    """Return whether a value is a whole number of pixels, or of channels."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 1 <= value <= MAX_SIDE_PIXELS and value == int(value)


def get(config: Any, name: str) -> Any:
    """Return an entry of a dictionary or an attribute; None without it."""
    return config.get(name) if isinstance(config, Mapping) else getattr(config, name, None)


def read_numbers(value: Any) -> tuple[float, ...]:
    """Return a sequence of finite numbers as floats; () for anything else."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ()
    fits = all(isinstance(v, int | float) and abs(v) <= sys.float_info.max for v in value)
    return tuple(map(float, value)) if fits else ()


def _read_raw_scale(config: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean and std as they are stated; () for both where they make no scale."""
    if get(config, "do_normalize") is False:
        return (), ()
    mean = read_numbers(get(config, "mean") or get(config, "image_mean"))
    std = read_numbers(get(config, "std") or get(config, "image_std"))
    if not mean or len(mean) != len(std) or not all(value > 0 for value in std):
        return (), ()
    return mean, std


def _read_scale(config: Any) -> dict[str, Any]:
    mean, std = _read_raw_scale(config)
    if not mean:
        return {}
    unit = BYTE if is_in_bytes(config) else 1.0
    scale = [tuple(value / unit for value in values) for values in (mean, std)]
    if _read_channel_order(config):  # a card's are in the order of the picture's channels
        scale = [values[::-1] for values in scale]
    return {"mean": scale[0], "std": scale[1]}


def _read_shape(config: Any) -> tuple[tuple[int, int] | None, int | None]:
    """Return the size and channels of the pictures that go into the network."""
    shape = read_numbers(get(config, "input_size"))
    if len(shape) == 3 and all(map(is_side, shape)):
        return (int(shape[1]), int(shape[2])), int(shape[0])
    size = next((s for key in SIZE_KEYS if (s := read_size(get(config, key)))), None)
    if _is_processor(config) and (size is None or not _crops(config)):
        size = read_size(get(config, "size")) or size
    channels = get(config, "num_channels")
    return size, int(channels) if is_side(channels) else None


def _is_processor(config: Any) -> bool:
    """Return whether this is the configuration of a picture processor of transformers."""
    names = ("image_processor_type", "feature_extractor_type", "do_resize", "image_mean")
    return any(get(config, name) is not None for name in names)


def _crops(config: Any) -> bool:
    return bool(get(config, "do_center_crop")) and get(config, "crop_size") is not None


def _read_processor_crop(config: Any) -> dict[str, Any]:
    size = get(config, "size")
    resized, cut = read_size(size), read_size(get(config, "crop_size"))
    if resized is None or get(config, "do_resize") is False:
        return {}
    is_short_side = isinstance(size, Mapping) and "shortest_edge" in size
    share = get(config, "crop_pct")
    if isinstance(share, int | float) and 0 < share <= 1:  # ConvNeXt's
        if resized[0] >= STRETCH_FROM_PIXELS:
            return {"fit": "stretch"}
        return {"fit": "crop", "crop_ratio": float(share)}
    if _crops(config) and cut is not None:
        fit = "crop" if is_short_side or not isinstance(size, Mapping) else "stretch"
        return {"fit": fit, "crop_ratio": min(1.0, cut[0] / resized[0])}
    return {"fit": "crop" if is_short_side else "stretch"}


def _read_timm_crop(config: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    share, mode = get(config, "crop_pct"), get(config, "crop_mode")
    if isinstance(share, int | float) and not isinstance(share, bool) and 0 < share <= 1:
        result["crop_ratio"] = float(share)
    if isinstance(mode, str) and mode in TIMM_FITS:
        result["fit"] = TIMM_FITS[mode]
    return result


def _read_interpolation(config: Any) -> dict[str, Any]:
    value = get(config, "interpolation")
    if value is None:
        value = get(config, "resample")
    value = getattr(value, "value", value)  # torchvision's InterpolationMode
    if isinstance(value, int) and not isinstance(value, bool):
        value = RESAMPLING_NAMES[value] if 0 <= value < len(RESAMPLING_NAMES) else None
    return {"interpolation": value} if value in RESAMPLING_NAMES else {}


def _read_channel_order(config: Any) -> dict[str, Any]:
    is_reversed = (
        bool(get(config, "do_flip_channel_order")) or get(config, "channel_order") == "BGR"
    )
    return {"channel_order": "BGR"} if is_reversed else {}
