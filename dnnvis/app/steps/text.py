"""Texts of the Steps panel, without Qt."""

from collections.abc import Mapping, Sequence
from typing import Any

from dnnvis.core.formatting import format_number, format_value
from dnnvis.core.lens_results import Strip
from dnnvis.core.mazes.controls import FollowControl, is_followed
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.steps import Step, first_number

Controls = Mapping[str, FollowControl]
NO_CONTROLS: Controls = {}
MAX_NAMED_LAYERS = 4  # layers that are named in one sentence
STEPS_PENDING = "Waiting for the first picture of these steps ..."
MARK_ENDINGS = ", no match", ", matches"  # of a column, as a strip has them
DISPLAY_MODES = {"raw": "raw", "cells": "cells (≥ .5)"}
EXAMPLE = "The button below opens life-3, which has hidden states, on a board of the Game of Life."
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
MAZE_SCORE_HELP = {
    "wave from the start": (
        "wave from the start",
        "The squares that a search from the start reached.",
    ),
    "wave from the goal": (
        "wave from the goal",
        "The squares that a search from the goal reached.",
    ),
    "both waves": ("both waves", "The squares that one of the two searches reached."),
    "dead ends filled": (
        "dead ends filled",
        "The squares that are left when dead ends are filled, some squares deeper at each step.",
    ),
    "path in start's wave": (
        "path in start's wave",
        "The part of the path that a search from the start reached.",
    ),
    "path in both waves": (
        "path in both waves",
        "The part of the path that a search from start or goal reached.",
    ),
    "whole path": ("whole path", "The path itself, at every step."),
}
MAZE_SCORE_MEANING = (
    "Matthews correlation with what is marked on the floor of this maze, the mean of the steps "
    "that were never trained."
)
NO_SCORE = (
    "Scores compare imagined with true boards. There are none here: the true next boards are "
    "known only of a network that plays the Game of Life, on a board that lives."
)


def format_count(k: int, steps: Sequence[Step], info: NetworkInfo | None) -> str:
    """Format ``2 / 3``, as people count: see ``steps.first_number``.

    Args:
        k: Index of the step on show.
        steps: The steps of the network.
        info: The network that runs; it decides whether counting starts at 0 or 1.

    Returns:
        The number and the last number; dashes without steps.
    """
    if not steps:
        return "– / –"
    first = first_number(info)
    return f"{k + first} / {len(steps) - 1 + first}"


def format_heading(number: int, step: Step) -> str:
    """Return the heading of a column: its number and its source."""
    return f"{number}  {step[0]}"


def format_mark(text: str) -> str:
    """Return the mark under a column: ``98.2 % ✓``, for there is little room."""
    return text.replace(MARK_ENDINGS[0], " ✗").replace(MARK_ENDINGS[1], " ✓")


def describe_mark(text: str) -> str:
    """Return the mark of a column in full, in the language of the window."""
    for ending in MARK_ENDINGS:
        text = text.replace(ending, tr(ending))
    return text


def decoder_choices(strip: Strip | None, chosen: str, info: NetworkInfo | None) -> dict[str, str]:
    """Return the modules that can decode the states, the network's own choice first.

    Where no module fits, every layer can be tried.

    Args:
        strip: The strip on show; None before one arrived.
        chosen: Name of the module chosen by the user; "" for the default.
        info: The network that runs; None without one.

    Returns:
        Name -> label; {} where there is no choice.
    """
    if strip is None or info is None:
        return {}
    names = list(strip.decoders)
    if not names and not strip.rows:
        names = [row.name for row in info.layers if row.name != "output"]
    if chosen and chosen not in names:
        names.append(chosen)
    if not chosen and len(names) == 1 and strip.decoder == names[0]:
        return {}
    default_label = tr("{decoder} (card)", decoder=info.decoder) if info.decoder else tr("as found")
    return {"": default_label, **{name: name for name in names}}


def explain_empty(info: NetworkInfo | None, layer: str) -> str:
    """Return why there are no steps, and how to get some."""
    if info is None:
        return ""
    repeated = [row for row in info.layers if row.calls > 1]
    example = tr(EXAMPLE)
    if not repeated:
        sentence = tr(
            "{network} goes through each of its layers once in a pass: there are no steps to walk "
            "through.",
            network=info.name,
        )
        return f"{sentence}\n{example}"
    names_text = ", ".join(f"{row.name} ({row.calls})" for row in repeated[:MAX_NAMED_LAYERS])
    if (others := len(repeated) - MAX_NAMED_LAYERS) > 0:
        names_text = tr("{names} and {count} others", names=names_text, count=others)
    sentence = tr(
        "'{layer}' is called once in a pass, so it has no steps. Called several times are: "
        "{names}; click one of them in the row of layers.",
        layer=layer,
        names=names_text,
    )
    return f"{sentence}\n{example}"


def describe_hover(strip: Strip, column: int, position: tuple[int, int], number: int) -> str:
    """Describe the values of one cell in all rows.

    Args:
        strip: The strip on show.
        column: Index of its column.
        position: The cell (y, x).
        number: Number of the step.

    Returns:
        ``step 1 (y 3, x 5): truth 1, imagination 0.83``.
    """
    y, x = position
    values = []
    for name, row in strip.rows.items():
        if column < len(row) and y < row.shape[1] and x < row.shape[2]:
            cell = row[column, y, x]
            text = ", ".join(format_number(float(value)) for value in cell[:3])
            values.append(f"{name} {text}")
    return tr(
        "step {number}, cell ({y}, {x}): {values}",
        number=number,
        y=y,
        x=x,
        values=", ".join(values),
    )


def format_score(value: float | None) -> str:
    """Format a score with two digits, rounded down: 1.00 is reached by a perfect one only."""
    if value is None or value != value:
        return "–"
    truncated = int(value * 100 + (1e-9 if value >= 0 else -1e-9)) / 100
    return format_value(truncated, ".2f")


def score_help(scores: Mapping[str, float]) -> dict[str, tuple[str, str]]:
    """Return title and meaning of each score that there is, or could be where there is none."""
    if scores and scores.keys() <= MAZE_SCORE_HELP.keys():
        return {
            name: (title, f"{tr(meaning)} {tr(MAZE_SCORE_MEANING)}")
            for name, (title, meaning) in MAZE_SCORE_HELP.items()
        }
    return SCORE_HELP


def describe_score(
    name: str, scores: dict[str, float], missing_reason: str, controls: Controls = NO_CONTROLS
) -> str:
    """Describe what the score means, and why it is missing where it is.

    Args:
        name: Name of the score, a key of ``score_help``.
        scores: The scores by name; NaN where one is not defined.
        missing_reason: Why scores are missing; "" where that is not known.
        controls: What scores of a maze are held against; {} where the card has nothing.

    Returns:
        A few sentences.
    """
    title, meaning = map(tr, score_help(scores)[name])
    if name in MAZE_SCORE_HELP:
        meaning = f"{meaning} {_describe_control(controls.get(name))}"
    if name in scores and scores[name] == scores[name]:
        return tr(
            "{title} {score:.4f}, of the one board on show. {meaning}",
            title=title,
            score=scores[name],
            meaning=meaning,
        )
    reason = missing_reason or tr(NO_SCORE)
    if name in scores:
        reason = tr("It is not defined for this board and this network.")
    return tr("{title}: none. {reason} {meaning}", title=title, reason=reason, meaning=meaning)


def _describe_control(control: FollowControl | None) -> str:
    """Return what a score of a maze is held against."""
    if control is None:
        return tr("The card has no level of chance; it is not 0.")
    return tr(
        "Of {mazes:,} mazes of the training's size: chance (the same mazes with other ends) "
        "{chance:.2f}, what a linear probe reads in the hidden states {probe:.2f}.",
        mazes=control.mazes,
        chance=control.chance,
        probe=control.probe,
    )


def _describe_closest(scores: Mapping[str, float], controls: Controls) -> str:
    """Return which candidate the steps of a maze network follow, if any."""
    followed = [
        name
        for name in scores
        if name in controls and is_followed(scores[name], controls[name].chance)
    ]
    best = max(followed or scores, key=lambda name: scores[name])
    candidate, score = tr(MAZE_SCORE_HELP[best][0]), format_score(scores[best])
    if best not in controls:
        return tr(
            "Closest: {candidate} ({score}; the card has no level of chance)",
            candidate=candidate,
            score=score,
        )
    sentence = (
        "Closest: {candidate} ({score}; chance {chance:.2f}, probe {probe:.2f}, of {mazes:,} mazes)"
        if followed
        else "Follows none of them: {candidate} is closest ({score}; chance {chance:.2f}, probe "
        "{probe:.2f}, of {mazes:,} mazes)"
    )
    return tr(sentence, candidate=candidate, score=score, **vars(controls[best]))


def describe_main_score(
    scores: dict[str, float], truths: int, message: str, controls: Controls = NO_CONTROLS
) -> str:
    """Describe in words how right the boards in between are.

    Args:
        scores: The scores by name; {} without any.
        truths: Number of the true boards, the first and the last included.
        message: What else is known of the strip.
        controls: What scores of a maze are held against; {} where the card has nothing.

    Returns:
        One sentence; "" where there is nothing to score and nothing known.
    """
    if scores.keys() & MAZE_SCORE_HELP.keys():
        return f"{_describe_closest(scores, controls)}. {message}".rstrip()
    fraction, between = scores.get("distinct"), truths - 2
    if fraction is None or fraction != fraction or between < 1:
        return message
    count = round(fraction * between)
    if between == 1:
        text = tr(
            "Imagines the board in between right"
            if count
            else "Imagines the board in between wrong"
        )
    elif count == between:
        text = tr("Imagines all {between} boards in between right", between=between)
    else:
        text = tr(
            "Imagines {count} of the {between} boards in between right",
            count=count or tr("none"),
            between=between,
        )
    corrected = scores.get("chance_corrected", float("nan"))
    return (
        tr("{text}; here one still board would do as well", text=text)
        if corrected != corrected
        else text
    )


def explain_scores(scores: dict[str, float], message: str, controls: Controls = NO_CONTROLS) -> str:
    """Return every score with what it means, one paragraph each; see ``describe_score``."""
    paragraphs = [describe_score(name, scores, message, controls) for name in score_help(scores)]
    first = describe_main_score(scores, 0, message, controls)  # a maze's names the closest
    return "\n\n".join(part for part in (first, *paragraphs) if part)


def describe_snapshot(k: int, snapshots: Sequence[int]) -> str:
    """Describe a training snapshot: ``training step 425 of 1350``."""
    return (
        tr("training step {step} of {last}", step=snapshots[k], last=snapshots[-1])
        if snapshots
        else ""
    )


def describe_origin(strip: Strip) -> str:
    """Describe what the strip belongs to."""
    frame = tr("frame {number}", number=strip.frame) if strip.frame >= 0 else ""
    through = tr("through {decoder}", decoder=strip.decoder) if strip.decoder else ""
    return " · ".join(part for part in (through, frame, strip.network) if part)


def build_recipe(strip: Strip) -> dict[str, Any]:
    """Return enough to compute the strip again, and its description."""
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
