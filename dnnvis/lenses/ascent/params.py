"""Settings of the lens ``ascent``: a preset, and values that replace some of its own."""

from dataclasses import field, fields, make_dataclass
from typing import Any

from dnnvis.lenses.ascent.presets import PRESETS, adapt_to_board
from dnnvis.lenses.ascent.recipe import SETTINGS, Recipe
from dnnvis.network.card import Card

MAX_SEEDS = 9  # largest number of pictures in one synthesis


def _build_params_class() -> type[Any]:
    specs: list[tuple[str, Any, Any]] = [
        ("preset", str, field(default="default", metadata={"choices": tuple(PRESETS)})),
        ("seed", int, field(default=0, metadata={"range": (0, 2**31 - 1)})),
        ("seeds", int, field(default=1, metadata={"range": (1, MAX_SEEDS)})),
        ("between", bool, field(default=False, metadata={"switch": True})),
    ]
    recipe_fields = {item.name: item for item in fields(Recipe)}
    for name in SETTINGS:
        item = recipe_fields[name]
        specs.append((name, Any, field(default=None, metadata=dict(item.metadata))))
    return make_dataclass("AscentParams", specs, frozen=True)


AscentParams = _build_params_class()
AscentParams.__doc__ = """``preset`` names a Recipe; ``seed`` is the first picture's, ``seeds`` how
many pictures evolve at once; ``between``: they lie between the objective's first term and its
second. Every other setting is the preset's where it is None (see Recipe)."""


def recipe_of(params: Any) -> Recipe:
    """Return the preset's recipe with the settings changed by ``params``."""
    changes = {name: getattr(params, name) for name in SETTINGS}
    given = {name: value for name, value in changes.items() if value is not None}
    return PRESETS[params.preset].with_changes(given)


def recipe_for(params: Any, card: Card) -> Recipe:
    """Return ``recipe_of`` adapted to a network: a binary one optimizes boards."""
    recipe = recipe_of(params)
    return adapt_to_board(recipe) if card.binary else recipe
