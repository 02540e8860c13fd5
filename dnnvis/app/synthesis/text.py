"""The words of the Synthesis panel, without Qt."""

from dnnvis.app.synthesis.photo_statistics import Usual
from dnnvis.app.widgets import messages
from dnnvis.core.errors import UnknownUnit
from dnnvis.core.lens_results import Grown, Measures
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Goal
from dnnvis.session.plan_for import goal_in, misfit

TIPS = {
    "reached": "What the picture reaches as it is, against the best natural picture that the "
    "library knows; above 1× it excites the unit more than any of them.",
    "high freq.": "Share of the picture's spectral energy above 0.25 cycles per pixel; below it "
    "the median of photographs of this size and what 95 % of them stay below. ▲: more than those, "
    "so the picture is part noise.",
    "variation": "Total variation: mean |dx| + |dy| of neighbouring pixels in [0, 1]; below it "
    "the median of photographs of this size and what 95 % of them stay below. ▲: more than those.",
}
COMPARABLE = ("mean", "max", "neuron")  # what a scan knows of a unit
NOTHING_GROWS = "Nothing grows. Click a unit in the mosaic, press g, or write a goal above."
WAITING = "Growing the first picture of {goal} ..."
HELD = "{goal} is paused before its first step."
BOARD = "photos are no measure"


def error_of(text: str, info: NetworkInfo | None) -> str:
    """Why a goal cannot be grown, in words; "" where it can, or where there is none."""
    if not text.strip():
        return ""
    try:
        goal = Goal.parse(text)
    except UnknownUnit as why:
        return str(why)
    return "" if info is None else misfit(goal, info)


def why_empty(info: NetworkInfo | None, goal: str, paused: bool) -> str:
    """Why there is no picture yet."""
    if info is None:
        return messages.NO_NETWORK
    if not goal.strip():
        return NOTHING_GROWS
    return error_of(goal, info) or (HELD if paused else WAITING).format(goal=goal)


def why_stale(grown: Grown, goal: str, network: str | None) -> str:
    """Why a picture is not what grows now; "" where it is."""
    if grown.network and network and grown.network != network:
        return f"made with {grown.network}, now {network} runs"
    wanted = goal_in(goal)
    if wanted is None:
        return f"of {grown.unit}; nothing grows now"
    return f"of {grown.unit}, now {goal} is to grow" if grown.unit != str(wanted) else ""


def reached(grown: Grown, measures: Measures) -> tuple[str, str, str]:
    """What number it is, ``4.31``, and ``best natural 3.90: 1.11×`` or why that is not known."""
    statistic = str(grown.recipe.get("statistic", ""))
    title = f"reached ({statistic})" if statistic else "reached"
    return title, messages.number(measures.value), _natural(grown, measures, statistic)


def _natural(grown: Grown, measures: Measures, statistic: str) -> str:
    if measures.natural is not None:
        ratio = "" if measures.ratio is None else f": {measures.ratio:.2f}×"
        return f"best natural {messages.number(measures.natural)}{ratio}"
    goal = goal_in(grown.unit)
    unit = goal.unit if goal is not None else None
    if unit is None:
        return "of a sum or layer; photographs have no such value"
    if unit.place is not None or unit.call != -1:
        return "of one place or call; scans keep no such value"
    if statistic not in COMPARABLE:
        return f"scans keep no '{statistic}' of photographs"
    return "best natural not known: scan a folder"


def is_board(grown: Grown) -> bool:
    """Whether the picture is one of cells, dead or alive: photographs are no measure for it."""
    sheet = grown.sheet
    return sheet.size > 0 and sheet.shape[3] == 1 and bool(((sheet == 0) | (sheet == 1)).all())


def against(value: float, usual: Usual) -> tuple[str, str]:
    """``0.338 ▲``, with the mark where 95 % of photographs lie below it, and their median and
    95th percentile."""
    mark = " ▲" if value > usual.most else ""
    return f"{value:.3f}{mark}", f"photos {usual.middle:.2f}, 95 % < {usual.most:.2f}"


def short(measures: Measures) -> str:
    """What stands on one of several pictures."""
    return messages.number(measures.value) if measures.ratio is None else f"{measures.ratio:.2f}×"


def progress(grown: Grown, paused: bool) -> str:
    """``37 / 128``, and whether it rests or is finished."""
    done = grown.progress >= 1
    words = " · finished" if done else " · paused" if paused else ""
    return f"{grown.step} / {grown.steps}{words}"
