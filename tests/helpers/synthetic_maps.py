"""A small map on made-up activations, for every test that needs one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.introspect.features import Columns, LayerColumns
from dnnvis.introspect.fit import FitConfig, FitJob
from dnnvis.introspect.record_file import record_type

Array = NDArray[Any]
CLASSES = ("ant", "bee", "cat", "dog", "elk")
WISHES = FitConfig(vae_steps=300, error_steps=250)


def columns(width: int = 30, steps: int = 1) -> Columns:
    parts = (
        LayerColumns("one", "whole", (width - 10, 1, 1), 0, width - 10),
        LayerColumns("two", "whole", (10, 1, 1), width - 10, width),
    )
    return Columns(parts, tuple((("one", k), ("two", k)) for k in range(steps)), "2 layers; whole")


def records(many: int = 400, width: int = 30, seed: int = 0) -> Any:
    """Five Gaussian classes in R^width; the farther from its class an example is, the greater
    its error, and the farthest are wrong."""
    dice = np.random.default_rng(seed)
    centres = dice.normal(0, 4, (5, width))
    labels = dice.integers(0, 5, many)
    away = dice.normal(size=(many, width))
    made = np.zeros(many, record_type(1, width))
    made["h"][:, 0] = centres[labels] * dice.uniform(0.8, 1.2, (many, 1)) + away
    made["row"] = np.arange(many)
    made["label"] = labels
    far = np.linalg.norm(away, axis=1)
    made["log_e"][:, 0] = -6 + 2 * (far - far.mean())
    wrong = far > np.quantile(far, 0.95)
    made["predicted"] = np.where(wrong, (labels + 1) % 5, labels)
    made["doubt"] = np.clip(far / far.max(), 0, 1)
    return made


def job(made: Any = None, **more: Any) -> FitJob:
    made = records() if made is None else made
    test = np.arange(len(made)) % 5 == 0
    given: dict[str, Any] = {
        "records": made,
        "columns": columns(made["h"].shape[-1]),
        "classes": CLASSES,
        "test": test,
        "fingerprint": "f" * 64,
        "recipe": {"data": "made up"},
        "config": WISHES,
    }
    return FitJob(**(given | more))
