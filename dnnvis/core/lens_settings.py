"""Describe the settings of a lens with presets to a window that knows no lens."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Preset:
    """A named set of values."""

    name: str
    title: str = ""
    #: Citation of the paper.
    source: str = ""


@dataclass(frozen=True)
class Setting:
    """One number, choice or switch of a lens."""

    #: Its name in the lens's Params.
    name: str
    #: Kind of its values.
    kind: Literal["whole", "number", "choice", "switch"]
    #: Preset -> its value.
    values: dict[str, Any] = field(default_factory=dict)
    #: Lower bound of a number.
    minimum: float = 0.0
    #: Upper bound of a number.
    maximum: float = 0.0
    #: The values of a choice.
    choices: tuple[str, ...] = ()
    #: What it does.
    help: str = ""
    #: Its name for a user.
    label: str = ""
    #: The heading that it stands under.
    group: str = ""


@dataclass(frozen=True)
class LensSettings:
    """The presets of a lens and what can be changed in them."""

    presets: tuple[Preset, ...] = ()
    settings: tuple[Setting, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """Return the headings, in the order of their first settings."""
        return tuple(dict.fromkeys(setting.group for setting in self.settings))

    def source(self, preset: str) -> str:
        """Return the paper that a preset comes from; "" for an unknown one."""
        return next((p.source for p in self.presets if p.name == preset), "")

    def value(self, preset: str, name: str) -> Any:
        """Return a preset's value of a setting; None where either is unknown."""
        return next((s.values.get(preset) for s in self.settings if s.name == name), None)
