"""The words of the Synthesis panel, without Qt."""

from dnnvis.app import say
from dnnvis.core.errors import UnknownUnit
from dnnvis.core.goal import Goal
from dnnvis.core.mail import NetworkInfo
from dnnvis.core.picture import Grown, Measures
from dnnvis.session.plan_for import goal_in, misfit

HIGH_FREQUENCY, VARIATION = (0.021, 0.108), (0.062, 0.142)  # of photographs: median, 95 %
NOT_COMPARED = "scan a folder to compare"
TIPS = {
    "reached": "Activation reached on the picture as it is, against the best natural example "
    "that the library knows (above 1: stronger than any photograph of the scanned folder).",
    "high freq.": "Share of the picture's spectral energy above 0.25 cycles per pixel. Natural "
    "photographs: median .021, 95 % of them below .108; more looks like noise.",
    "variation": "Total variation: mean |dx| + |dy| of neighbouring pixels in [0, 1]. Natural "
    "photographs: median .062, 95 % of them below .142.",
}
NOTHING_GROWS = "Nothing grows. Click a unit in the mosaic, press g, or write a goal above."
WAITING = "Growing the first picture of {goal} ..."
HELD = "{goal} is paused before its first step."


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
        return say.NO_NETWORK
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


def reached(measures: Measures) -> str:
    """``4.31 / 3.90 = 1.11``: what was reached, against the best natural example."""
    value = say.number(measures.value)
    if measures.natural is None:
        return f"{value} / {NOT_COMPARED}"
    natural = say.number(measures.natural)
    return f"{value} / {natural}" + ("" if measures.ratio is None else f" = {measures.ratio:.2f}")


def against(value: float, usual: tuple[float, float]) -> str:
    """A number with a mark where 95 % of photographs lie below it."""
    return f"{value:.3f}" + (" ▲" if value > usual[1] else "")


def short(measures: Measures) -> str:
    """What stands on one of several pictures."""
    return say.number(measures.value) if measures.ratio is None else f"{measures.ratio:.2f}×"


def progress(grown: Grown, paused: bool) -> str:
    """``37 / 128``, and whether it rests or is finished."""
    done = grown.progress >= 1
    words = " · finished" if done else " · paused" if paused else ""
    return f"{grown.step} / {grown.steps}{words}"
