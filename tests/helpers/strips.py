"""Strips made by hand, for the tests of the panel of steps."""

from typing import Any

import numpy as np

from dnnvis.core.lens_results import Strip
from dnnvis.core.messages import LayerInfo, NetworkInfo

MAPS = (6, 8, 8)
STEPS = (("encoder", 0), ("cell", 0), ("cell", 1), ("cell", 2))


def life_info(**changes: Any) -> NetworkInfo:
    """A network with four hidden states that plays three steps of the game."""
    layers = (
        LayerInfo("encoder", "Sequential", MAPS),
        LayerInfo("cell.conv1", "Conv2d", MAPS, 3),
        LayerInfo("cell", "Cell", MAPS, 3),
        LayerInfo("decoder", "Sequential", (1, 8, 8)),
        LayerInfo("output", "result", (1, 8, 8)),
    )
    made = {"binary": True, "states": STEPS, "decoder": "decoder", "game_steps": 3}
    return NetworkInfo("life-toy", layers, (), (8, 8), 1, **{**made, **changes})


def life_strip(count: int = 4, truths: int | None = None, **changes: Any) -> Strip:
    """Random boards, each imagined right but for one cell too much and one missed: in column k
    (row 0, column k) is dead and imagined alive, (row 7, column k) the reverse."""
    truth = (np.random.default_rng(0).random((truths or count, 8, 8, 1)) < 0.4).astype(np.float32)
    for k in range(min(count, len(truth))):
        truth[k, 0, k], truth[k, 7, k] = 0, 1
    near = np.concatenate([truth, np.repeat(truth[-1:], max(count - len(truth), 0), 0)])[:count]
    made = 0.9 * near + 0.05
    for k in range(min(count, len(truth))):
        made[k, 0, k], made[k, 7, k] = 0.83, -0.25
    rows = {"truth": truth, "imagination": made, "difference": made - near}
    given = {
        "marks": tuple(
            "96.8 %, matches, trained" if k == 0 else "93.7 %, no match" for k in range(count)
        ),
        "steps": STEPS[:count],
        "scores": {
            "paper": 1.0,
            "strict": 0.0,
            "distinct": 1.0,
            "aligned": 1.0,
            "mcc": 0.9373,
            "chance_corrected": 1.0,
        },
        "decoder": "decoder",
        "decoders": ("decoder",),
        "frame": 7,
        "network": "life-toy",
        "recipe": {"lens": "imagine", "threshold": 0.5},
    }
    return Strip(rows, **{**given, **changes})
