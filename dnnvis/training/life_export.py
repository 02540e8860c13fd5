"""Write a finished life network as a file of weights, a card, and its snapshots."""

from pathlib import Path
from typing import Any

from dnnvis.network.card import Card
from dnnvis.network.snapshots import SUFFIX
from dnnvis.training.export import describe_training, write_network, write_snapshots
from dnnvis.training.life_adversarial import AdversarialTask
from dnnvis.training.life_task import LifeSetting, LifeTask, life_network_name
from dnnvis.training.loop import TrainingProgress
from dnnvis.zoo.life_nets import life_card

PAPER = "Wichers et al. 2022, Visualizing Neural Network Imagination"


def export_life(
    task: LifeTask | AdversarialTask,
    progress: TrainingProgress,
    folder: Path,
    *,
    name: str = "",
    scores: dict[str, Any] | None = None,
) -> Card:
    """Write the network, its card and, where the task has any, its snapshots.

    A network that did not reach its goal is written too; the card says so.

    Args:
        task: The task that was trained.
        progress: Its progress at the end.
        folder: Where the files are written.
        name: Name of the network; "": from its settings.
        scores: Copied into the card as they are.

    Returns:
        The card.
    """
    adversarial = isinstance(task, AdversarialTask)
    net, config = task.network, task.config
    about = {
        "title": describe_network(config, adversarial),
        "source": f"{PAPER}, section {'2.3' if adversarial else '2'}",
        "data": (
            f"boards made by the rule, {config.size} x {config.size}, begun as '{config.start}'"
        ),
        "game_steps": config.game_steps,
        "autoencoder": config.autoencoder,
        **describe_training(task, progress),
        "learning_cpu_seconds": round(progress.cpu, 1),
        "departures": (
            "residual, border, LeakyReLU(0.3) as in the authors' published code; boards of 16 x 16 "
            "and a rate of 0.01 (faithful cell: 0.005) until 99 %, then a short fall"
            + ("" if config.cell == "faithful" else "; the lean cell 3x3, 1x1, 1x1")
        ),
    }
    if isinstance(task, LifeTask):
        about |= {"reached": task.reached, "goal": config.goal}
    if scores:
        about["scores"] = scores
    card_name = name or life_network_name(config) + ("-adversarial" if adversarial else "")
    card = life_card(net.spec, card_name, about)
    write_network(net, card, folder)
    if len(progress.moments) > 1:
        write_snapshots(task, progress, folder / f"{card.name}{SUFFIX}")
    return card


def describe_network(config: LifeSetting, adversarial: bool = False) -> str:
    """Describe the network in one line."""
    features = [
        "faithful cell" if config.cell == "faithful" else "",
        "" if config.autoencoder else "no autoencoder loss",
        "" if config.shared else "weights not shared",
        "" if config.border == "dead" else f"{config.border} border",
        "after the adversarial stage" if adversarial else "",
    ]
    description = ", ".join(feature for feature in features if feature)
    steps = f"{config.game_steps} game / {config.steps} network steps"
    return f"Game of Life: {steps}{', ' if description else ''}{description}"
