"""Describe in a few words what a step of the user did, for the menu Edit."""

from pathlib import PurePath
from typing import Any

from dnnvis.core.address import is_address, mask_address
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.session.choices import Choices

#: What is described of several choices that changed at once: the first of these.
MAIN_CHOICES = (
    "network",
    "source",
    "mode",
    "unlocked",
    "selection",
    "synthesis.back",
    "synthesis.preset",
    "synthesis.goal",
    "pinned",
)
TEXTS = {
    "frozen": "hold the picture or let it go on",
    "theme": "theme {}",
    "letters": "size of the letters",
    "kernels": "kernels",
    "graph": "graph",
    "compare": "compare",
    "second": "compare with another network",
    "query": "attention of {}",
    "meaning": "outputs as {}",
    "fused": "fused passes",
    "edits": "edits of the network",
    "perturbation": "change the pictures",
    "edits_off": "edits on or off",
    "grid": "units show {}",
    "contrast": "contrast {}",
    "fixed": "limits of the contrast",
    "gamma": "gamma {}",
    "per_unit": "contrast of each unit",
    "colours": "colors {}",
    "order": "order by {}",
    "overlay": "overlay {}",
    "unlocked": "unlock panels",
    "mode": "mode {}",
    "source.rate": "speed of the board",
    "source.density": "density of the board",
    "synthesis.preset": "preset {}",
    "synthesis.params": "settings of the picture",
    "synthesis.seeds": "number of pictures",
    "synthesis.seed": "another seed",
    "synthesis.goal": "grow {}",
    "synthesis.at_place": "grow at the position",
    "synthesis.on_click": "grow what is selected",
    "synthesis.back": "dream",
    "examples.by": "examples by {}",
    "examples.bottom": "which end of the examples",
    "examples.k": "number of examples",
    "examples.where": "examples from {}",
    "examples.shown_as": "examples as {}",
    "examples.distinct": "places of one picture",
    "examples.minutes": "memory of the source",
    "steps.moment": "step of the training",
    "steps.speed": "speed of the steps",
    "blocks.k": "number of groups",
    "blocks.held": "hold the groups",
    "playground.shown": "playground",
    "playground.rate": "learning rate {}",
    "playground.optimizer": "optimizer {}",
    "playground.batch": "batch of {}",
    "playground.noise": "noise {}",
    "playground.seed": "another seed",
    "playground.points": "paint points",
    "map.picked": "pick on the map",
    "map.tab": "tab {} beside the map",
}
VALUES = {"patterns": "pictures", "forward": "activations", "running": "of the run"}
PART_TITLES = {
    "synthesis": "the picture",
    "examples": "the examples",
    "statistics": "the statistics",
    "tuning": "the tuning curve",
    "blocks": "the building blocks",
    "steps": "the steps",
    "train": "the training",
    "map": "the map",
    "playground": "the playground",
    "source": "the source",
}
MAX_NAME_LETTERS = 40
BOARD_NAMES = {"life": "a board", "maze": "mazes", "chess": "positions of chess"}


def describe_step(previous: Choices, new: Choices) -> str:
    """Describe what changed, without a verb for undo.

    Args:
        previous: The choices that changed, as they were.
        new: All choices, as they are.

    Returns:
        A few words such as ``select unit 20`` or ``preset maco``.
    """
    name = next((name for name in MAIN_CHOICES if name in previous), next(iter(previous)))
    value = new.get(name)
    if name == "selection":
        return _describe_selection(previous[name], value)
    if name == "pinned":
        return tr("pin the origin") if value is not None else tr("follow the selection")
    if name in ("network", "source"):
        return tr("open {name}", name=_describe_opened(name, value))
    if name.startswith("panels."):
        return _describe_panel(name, value)
    if name in TEXTS:
        return tr(TEXTS[name]).format(tr(VALUES.get(str(value), _shorten(str(value)))))
    part = name.partition(".")[0]
    return tr("settings of {part}", part=tr(PART_TITLES.get(part, part)))


def _describe_selection(previous: Any, value: Any) -> str:
    (_, old, _), (layer, unit, call) = previous, value
    if isinstance(unit, Unit) and unit != old:
        if unit.layer == "output":
            return tr("select class {number}", number=unit.channel)
        if old is not None and unit.whole() == old.whole():
            return tr("select a position")
        return tr("select unit {number}", number=unit.channel)
    if unit is None and old is not None:
        return tr("select nothing")
    if layer != previous[0]:
        return tr("layer {name}", name=_shorten(layer))
    return tr("call {number}", number=call)


def _describe_opened(name: str, choice: Any) -> str:
    if name == "network":
        return _shorten(PurePath(choice.checkpoint or choice.net).name)
    if choice.kind in BOARD_NAMES:
        return tr(BOARD_NAMES[choice.kind])
    if is_address(choice.path):
        return _shorten(mask_address(choice.path))
    path = PurePath(choice.path).name if choice.kind != "screen" else ""
    return _shorten(path) or f"the {choice.kind}"


def _describe_panel(name: str, value: Any) -> str:
    field = name.rpartition(".")[2]
    if field in ("lens", "view"):
        return tr("method {name}" if field == "lens" else "view {name}", name=value)
    if field == "to":
        return tr("gradient at {layer}", layer=_shorten(str(value)))
    return tr("show a panel") if field == "shown" else tr("how a backward pass starts")


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_NAME_LETTERS else f"{text[: MAX_NAME_LETTERS - 1]}…"
