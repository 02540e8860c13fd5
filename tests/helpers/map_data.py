"""Activation maps made by hand: few dots at known places."""

from typing import Any

import numpy as np

from dnnvis.core.activation_map import FramePosition, MapData

PLACES = np.array(
    [[-1.5, 1.0], [1.5, 1.0], [1.5, -1.0], [-1.5, -1.0], [0.0, 0.0], [0.5, 0.0]], np.float32
)


def small_cloud(**changes: Any) -> MapData:
    """Six dots: two of class 0, three of class 1 (one taken for 0), one of no class. The field
    rises with x from -8 to 0; above y = 0.5 no example lives."""
    side = 41
    x, y = np.meshgrid(np.linspace(-2, 2, side), np.linspace(-2, 2, side))
    rest: dict[str, Any] = {
        "z": PLACES,
        "shown": np.arange(100, 106),
        "labels": np.array([0, 1, 1, 0, -1, 1]),
        "predicted": np.array([0, 1, 0, 0, 1, 1]),
        "log_e": np.array([-6, -5, -0.5, -7, np.nan, -4], np.float32),
        "expected": {
            "2d": np.array([-6, -4, -2, -6, -3, -3], np.float32),
            "rich": np.array([-7, -5, -1, -7, -3, -4], np.float32),
        },
        "doubt": np.array([0.01, 0.02, 0.5, 0.01, 0.3, 0.1], np.float32),
        "step": np.zeros(6, np.int64),
        "test": np.array([False, False, True, False, False, True]),
        "classes": ("cat", "dog"),
        "error_field": (2 * x - 4).astype(np.float32),
        "empty": y > 0.5,
        "extent": (-2.0, 2.0, -2.0, 2.0),
        "notes": ("Two seeds give two maps.",),
        "layers": (("dense", 0, 4),),
        "owner": np.array([0, 1, 0, 1]),
        "order": np.array([0, 2, 1, 3]),
        "unit_colors": np.zeros((4, 3), np.uint8),
        "expected_h": np.eye(2, 4, dtype=np.float32),
        "scale": np.ones(4, np.float32),
        "middle": np.zeros(4, np.float32),
        "network": "toy",
        "recipe": {"seed": 5},
    }
    return MapData(**{**rest, **changes})


def cloud_of_many(count: int = 100_000, classes: int = 10) -> MapData:
    """So many dots in islands, one for each class."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, count)
    angles = 2 * np.pi * labels / classes
    z = 2 * np.stack([np.cos(angles), np.sin(angles)], 1) + rng.normal(0, 0.3, (count, 2))
    log_e = rng.normal(-6, 1, count).astype(np.float32)
    return small_cloud(
        z=z.astype(np.float32),
        labels=labels,
        predicted=labels,
        shown=np.arange(count),
        log_e=log_e,
        expected={"2d": log_e},
        doubt=np.zeros(count, np.float32),
        step=np.zeros(count, np.int64),
        test=np.zeros(count, bool),
        classes=tuple(str(k) for k in range(classes)),
    )


def here_at(*places: tuple[float, float], **changes: Any) -> FramePosition:
    """A frame at these places, one a step."""
    z = np.array(places, np.float32)
    full = np.full(len(z), -3.2, np.float32)
    rest: dict[str, Any] = {
        "z": z,
        "expected": {"2d": full, "rich": full - 1.5},
        "doubt": 0.25,
        "predicted": 1,
    }
    return FramePosition(**{**rest, **changes})
