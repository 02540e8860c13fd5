"""Describe the presets of the ascent and their settings, for a window."""

from dataclasses import fields
from typing import Any

from dnnvis.core.lens_settings import LensSettings, Preset, Setting
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.ascent.recipe import SETTINGS, Recipe

KINDS = {bool: "switch", int: "whole", float: "number", str: "choice"}


def describe_settings() -> LensSettings:
    """Return every preset, and every plain setting with the value that each preset has for it."""
    presets = tuple(Preset(name, r.title, r.source) for name, r in PRESETS.items())
    items = {item.name: item for item in fields(Recipe)}
    return LensSettings(presets, tuple(_setting(name, items[name]) for name in SETTINGS))


def _setting(name: str, item: Any) -> Setting:
    minimum, maximum = item.metadata.get("range", (0.0, 0.0))
    return Setting(
        name,
        KINDS[type(item.default)],  # type: ignore[arg-type]
        {preset: getattr(recipe, name) for preset, recipe in PRESETS.items()},
        minimum,
        maximum,
        tuple(item.metadata.get("choices", ())),
        item.metadata["help"],
        item.metadata["label"],
        item.metadata["group"],
    )
