"""What can be set of a lens that has presets, told to a window that knows no lens."""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Preset:
    """A named way of working; ``source`` cites the paper."""

    name: str
    title: str = ""
    source: str = ""


@dataclass(frozen=True)
class Setting:
    """One number, choice or switch."""

    name: str
    kind: Literal["whole", "number", "choice", "switch"]
    #: What each preset has, by the preset's name.
    values: dict[str, Any] = field(default_factory=dict)
    #: The bounds of a number.
    minimum: float = 0.0
    maximum: float = 0.0
    choices: tuple[str, ...] = ()
    #: What it does, in a few words.
    help: str = ""
    #: What it is called.
    label: str = ""
    #: The heading that it stands under.
    group: str = ""


@dataclass(frozen=True)
class LensSettings:
    """The presets of a lens and what can be changed of them."""

    presets: tuple[Preset, ...] = ()
    settings: tuple[Setting, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The headings, in the order of their first settings."""
        return tuple(dict.fromkeys(setting.group for setting in self.settings))

    def source(self, preset: str) -> str:
        """The paper that a preset comes from; "" for an unknown one."""
        return next((p.source for p in self.presets if p.name == preset), "")

    def value(self, preset: str, name: str) -> Any:
        """What a preset has for a setting; None where either is unknown."""
        return next((s.values.get(preset) for s in self.settings if s.name == name), None)
