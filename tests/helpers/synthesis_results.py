"""Growing pictures for the tests of the panels."""

from typing import Any

import numpy as np

from dnnvis.core.lens_results import QualityMetrics, SynthesisResult
from dnnvis.core.lens_settings import LensSettings, Preset, Setting

SETTINGS = LensSettings(
    (Preset("live", "Quick", "after Olah"), Preset("deepdream", "DeepDream", "Mordvintsev")),
    (
        Setting(
            "steps",
            "whole",
            {"live": 48, "deepdream": 40},
            1,
            10_000,
            (),
            "how many",
            "steps",
            "Steps",
        ),
        Setting(
            "rate",
            "number",
            {"live": 0.05, "deepdream": 1.5},
            0.0,
            1e9,
            (),
            "of learning",
            "rate",
            "Steps",
        ),
        Setting(
            "start",
            "choice",
            {"live": "noise", "deepdream": "frame"},
            choices=("noise", "mean", "frame"),
            help="noise, the mean image, or the present frame",
            label="starts from",
            group="Picture",
        ),
        Setting(
            "clip",
            "switch",
            {"live": False, "deepdream": True},
            0,
            0,
            (),
            "keep every pixel",
            "clip",
            "Priors",
        ),
    ),
)


def make_grown(count: int = 1, step: int = 3, **changes: Any) -> SynthesisResult:
    """``count`` pictures of ``block.conv[1]`` after ``step`` of 48 steps; number k reaches k."""
    random = np.random.default_rng(count)
    sheet = random.random((count, 8, 8, 3), dtype=np.float32)
    made = {
        "values": sheet[-1],
        "caption": "what it wants to see",
        "recipe": {"lens": "ascent", "statistic": "mean", "start": "noise"},
        "unit": "block.conv[1]",
        "network": "toy",
        "progress": step / 48,
        "sheet": sheet,
        "curve": random.random((step, count), dtype=np.float32),
        "step": step,
        "steps": 48,
        "measures": tuple(QualityMetrics(k + 1.0, 0.03, 0.08, None) for k in range(count)),
    }
    return SynthesisResult(**{**made, **changes})
