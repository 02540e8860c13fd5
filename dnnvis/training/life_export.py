"""A finished life network becomes a file of weights, a card, and its moments of learning."""

from pathlib import Path
from typing import Any

from dnnvis.network.card import Card
from dnnvis.network.snapshots import SUFFIX
from dnnvis.training.export import training_of, write_moments, written
from dnnvis.training.life_adversarial import AdversarialCourse
from dnnvis.training.life_task import LifeCourse, LifeSetting, name_of
from dnnvis.training.loop import Progress
from dnnvis.zoo.life_nets import card_of

PAPER = "Wichers et al. 2022, Visualizing Neural Network Imagination"


def life(
    course: LifeCourse | AdversarialCourse,
    progress: Progress,
    folder: Path,
    *,
    name: str = "",
    scores: dict[str, Any] | None = None,
) -> Card:
    """Write the network, its card and, where the course kept any, its moments into ``folder``.

    ``scores`` stand in the card as they are. A network that did not reach its goal is written
    too; the card says so.
    """
    adversarial = isinstance(course, AdversarialCourse)
    net, plan = course.network, course.plan
    about = {
        "title": title_of(plan, adversarial),
        "source": f"{PAPER}, section {'2.3' if adversarial else '2'}",
        "data": f"boards made by the rule, {plan.size} x {plan.size}, begun as '{plan.start}'",
        "game_steps": plan.game_steps,
        "autoencoder": plan.autoencoder,
        **training_of(course, progress),
        "learning_cpu_seconds": round(progress.cpu, 1),
        "departures": (
            "residual, border, LeakyReLU(0.3) as in the authors' published code; boards of 16 x 16 "
            "and a rate of 0.01 (faithful cell: 0.005) until 99 %, then a short fall"
            + ("" if plan.cell == "faithful" else "; the lean cell 3x3, 1x1, 1x1")
        ),
    }
    if isinstance(course, LifeCourse):
        about |= {"reached": course.reached, "goal": plan.goal}
    if scores:
        about["scores"] = scores
    called = name or name_of(plan) + ("-adversarial" if adversarial else "")
    card = card_of(net.spec, called, about)
    written(net, card, folder)
    if len(progress.moments) > 1:
        write_moments(course, progress, folder / f"{card.name}{SUFFIX}")
    return card


def title_of(plan: LifeSetting, adversarial: bool = False) -> str:
    """What the network is, in a line."""
    special = [
        "faithful cell" if plan.cell == "faithful" else "",
        "" if plan.autoencoder else "no autoencoder loss",
        "" if plan.shared else "weights not shared",
        "" if plan.border == "dead" else f"{plan.border} border",
        "after the adversarial stage" if adversarial else "",
    ]
    words = ", ".join(word for word in special if word)
    steps = f"{plan.game_steps} game / {plan.steps} network steps"
    return f"Game of Life: {steps}{', ' if words else ''}{words}"
