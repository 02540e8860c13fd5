"""The words of the panel of steps, without Qt."""

from collections.abc import Sequence
from typing import Any

from dnnvis.app.widgets import messages
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Strip
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.session.steps import Step, first_number

MAX_NAMED_LAYERS = 4  # layers that are named in one sentence
STEPS_PENDING = "Waiting for the first picture of these steps ..."
DISPLAY_MODES = {"raw": "raw", "cells": "cells (≥ .5)"}
SCORE_HELP = {
    "paper": (
        "paper",
        "Wichers et al. 2022, equation 1: each imagined board in between that matches a new true "
        "one (95 % of its cells) counts 1, one that repeats a match .5; their sum, over the "
        "smaller number of boards in between. It can exceed 1 where the network takes more steps "
        "than the game.",
    ),
    "strict": ("strict", "The paper's score, where a match needs every single cell (100 %)."),
    "distinct": (
        "distinct",
        "Share of the true boards in between that some imagined one matches: showing one board "
        "again and again earns nothing here.",
    ),
    "aligned": (
        "aligned",
        "Share of the steps in between whose board matches the true one of the same number. "
        "It makes sense only where network and game take equally many steps.",
    ),
    "mcc": (
        "MCC",
        "Matthews correlation of imagined and true cells, from -1 to 1: 0 is chance, and 0 for "
        "a board that is all dead, however many cells that gets right.",
    ),
    "chance_corrected": (
        "corrected",
        "The paper's score less what the best of the trivial answers (one and the same board at "
        "every step: dead, the first, the last) gets on these boards, as a share of what was "
        "left to gain: (paper - c) / (most - c).",
    ),
}
NO_SCORE = (
    "Scores compare imagined with true boards. There are none here: the true next boards are "
    "known only of a network that plays the Game of Life, on a board that lives."
)


def format_count(k: int, steps: Sequence[Step], info: NetworkInfo | None) -> str:
    """``2 / 3``, as people count: see ``steps.first_number``."""
    if not steps:
        return "– / –"
    first = first_number(info)
    return f"{k + first} / {len(steps) - 1 + first}"


def format_heading(number: int, step: Step) -> str:
    """What stands over a column: its number and where it comes from."""
    return f"{number}  {step[0]}"


def format_mark(text: str) -> str:
    """What stands under a column: ``98.2 % ✓``, for there is little room."""
    return text.replace(", no match", " ✗").replace(", matches", " ✓")


def decoder_choices(strip: Strip | None, chosen: str, info: NetworkInfo | None) -> dict[str, str]:
    """What can be chosen to show the states: name -> words, the network's own choice first.
    Where no module was found that fits, every layer can be tried; {} where there is no choice."""
    if strip is None or info is None:
        return {}
    names = list(strip.decoders)
    if not names and not strip.rows:
        names = [row.name for row in info.layers if row.name != "output"]
    if chosen and chosen not in names:
        names.append(chosen)
    if not chosen and len(names) == 1 and strip.decoder == names[0]:
        return {}
    default_label = f"{info.decoder} (card)" if info.decoder else "as found"
    return {"": default_label, **{name: name for name in names}}


def explain_empty(info: NetworkInfo | None, layer: str) -> str:
    """Why there are no steps, and what would bring some."""
    if info is None:
        return messages.NO_NETWORK
    repeated = [row for row in info.layers if row.calls > 1]
    example = "A network with hidden states: dnnvis --net life-3 --source life"
    if not repeated:
        return (
            f"{info.name} goes through each of its layers once in a pass: there are no steps to "
            f"walk through.\n{example}"
        )
    names_text = ", ".join(f"{row.name} ({row.calls})" for row in repeated[:MAX_NAMED_LAYERS])
    more = (
        f" and {len(repeated) - MAX_NAMED_LAYERS} others"
        if len(repeated) > MAX_NAMED_LAYERS
        else ""
    )
    return (
        f"'{layer}' is called once in a pass, so it has no steps. Called several times are: "
        f"{names_text}{more}; click one of them in the row of layers.\n{example}"
    )


def describe_hover(strip: Strip, column: int, position: tuple[int, int], number: int) -> str:
    """The values of one cell in all rows: ``step 1 (y 3, x 5): truth 1, imagination 0.83``."""
    y, x = position
    values = []
    for name, row in strip.rows.items():
        if column < len(row) and y < row.shape[1] and x < row.shape[2]:
            cell = row[column, y, x]
            text = ", ".join(format_number(float(value)) for value in cell[:3])
            values.append(f"{name} {text}")
    return f"step {number}, cell ({y}, {x}): {', '.join(values)}"


def format_score(value: float | None) -> str:
    """A score with two digits, rounded down so that 1.00 is all there is to reach."""
    if value is None or value != value:
        return "–"
    truncated = int(value * 100 + (1e-9 if value >= 0 else -1e-9)) / 100
    return f"{truncated:.2f}"


def describe_score(name: str, scores: dict[str, float], missing_reason: str) -> str:
    """What the score means, and why it is missing where it is."""
    title, meaning = SCORE_HELP[name]
    if name in scores and scores[name] == scores[name]:
        return f"{title} {scores[name]:.4f}, of the one board on show. {meaning}"
    reason = missing_reason or NO_SCORE
    if name in scores:
        reason = "It is not defined for this board and this network."
    return f"{title}: none. {reason} {meaning}"


def describe_snapshot(k: int, snapshots: Sequence[int]) -> str:
    """``training step 425 of 1350``."""
    return f"training step {snapshots[k]} of {snapshots[-1]}" if snapshots else ""


def describe_origin(strip: Strip) -> str:
    """What the strip belongs to."""
    frame = f"frame {strip.frame}" if strip.frame >= 0 else ""
    through = f"through {strip.decoder}" if strip.decoder else ""
    return " · ".join(part for part in (through, frame, strip.network) if part)


def build_recipe(strip: Strip) -> dict[str, Any]:
    """Enough to make the strip again, and what is said of it."""
    return {
        **strip.recipe,
        "caption": strip.caption,
        "rows": list(strip.rows),
        "steps": [str(Unit(layer, 0, None, call)) for layer, call in strip.steps],
        "marks": list(strip.marks),
        "scores": strip.scores,
        "decoder": strip.decoder,
        "words": strip.message,
        "unit": strip.unit,
        "frame": strip.frame,
        "network": strip.network,
    }
