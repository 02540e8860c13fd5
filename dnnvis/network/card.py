"""Describe a network besides its weights."""

import json
import math
import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import write_whole

FITS = ("crop", "stretch", "letterbox", "free")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")
CHANNEL_ORDERS = ("RGB", "BGR")
Origin = Literal["file", "module", "folder", "user", "assumed"]
LARGEST_SIDE = 10_000  # pixels or channels; more is a slip of the keyboard
LARGEST_NUMBER = 1e30  # what float32 can compute with


@dataclass(frozen=True)
class Card:
    """What must be known of a network to run it."""

    #: Name of the network.
    name: str
    #: Input size (H, W) in pixels.
    size: tuple[int, int]
    #: Number of input channels.
    channels: int = 3
    #: Mean per channel, for pixels in [0, 1]; one number serves all channels.
    mean: tuple[float, ...] = (0.0,)
    #: Standard deviation per channel, for pixels in [0, 1]; one number serves all.
    std: tuple[float, ...] = (1.0,)
    #: Class names, in the order of the output; () without any.
    labels: tuple[str, ...] = ()
    #: How other shapes are brought to ``size``: crop (short side, then center), stretch, letterbox
    #: (all of it, with bars), or free (any size goes in as it is).
    fit: str = "crop"
    #: What builds the network: a name, or a factory; "" where it is not known.
    architecture: str = ""
    #: Whether pixels are cells that are 0 or 1 (a board).
    binary: bool = False
    #: The layers whose calls, one after the other, are the hidden states of a recurrent network,
    #: the encoder's first.
    states: tuple[str, ...] = ()
    #: The module that decodes such a state.
    decoder: str = ""
    #: Whatever else is known (training, score, paper, sha256).
    about: dict[str, Any] = field(default_factory=dict, hash=False)
    #: Share of the resized picture's side that is cut out of its center, in (0, 1]; a picture that
    #: has ``size`` already goes in as it is.
    crop_ratio: float = 1.0
    #: One of INTERPOLATIONS, by which a picture is resized.
    interpolation: str = "bilinear"
    #: Whether a picture is smoothed where it is made smaller.
    antialias: bool = True
    #: In which order the module takes the colors: RGB or BGR. Mean and std are in that of a
    #: picture, which is RGB, in both.
    channel_order: str = "RGB"
    #: Channels of the state (C, H, W) that a frame of an automaton brings instead of its pixels; 0:
    #: the network takes pictures only.
    state_channels: int = 0
    #: Of its fields, who said them; a field that is not there is assumed.
    origins: Mapping[str, Origin] = field(
        default_factory=dict, hash=False, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        if min(self.size) < 1 or self.channels < 1:
            raise BadInput(f"An input of {self.size} with {self.channels} channels is no picture.")
        if max(self.size) > LARGEST_SIDE:
            raise BadInput(f"size must lie between 1 and {LARGEST_SIDE} pixels, not {self.size}.")
        for what, values in (("mean", self.mean), ("std", self.std)):
            if not all(map(math.isfinite, values)):
                raise BadInput(f"{what} must be finite numbers, not {values}.")
            if len(values) not in (1, self.channels):
                raise BadInput(f"{what} has {len(values)} values for {self.channels} channels.")
        if not all(value > 0 for value in self.std):
            raise BadInput("std must be above 0 in every channel.")
        if not 0 < self.crop_ratio <= 1:
            raise BadInput(f"crop_ratio lies above 0 and is at most 1, not {self.crop_ratio}.")

    def with_values(self, values: Mapping[str, Any], origin: Origin) -> "Card":
        """Return the card with some fields replaced, and whose word they are."""
        origins = {**self.origins, **dict.fromkeys(values, origin)}
        return replace(self, **{**values, "origins": origins})

    def with_origin(self, origin: Origin) -> "Card":
        """Return the card with every field of its preprocessing said by ``origin``."""
        names = (*Preprocessing.__dataclass_fields__, "labels", "crop_ratio")
        return replace(self, origins=dict.fromkeys(names, origin))

    @property
    def synsets(self) -> tuple[str, ...]:
        """Return WordNet's numbers of the classes, in their order; () where ``about`` has none."""
        synsets: Any = self.about.get("synsets")
        return _as_texts(synsets) if _list_of(_is_text)(synsets) else ()

    @property
    def aliases(self) -> dict[str, str]:
        """Return what readers call modules, by their names; {} where ``about`` has none."""
        aliases: Any = self.about.get("aliases")
        is_known = isinstance(aliases, dict) and _list_of(_is_text)(list(aliases.values()))
        return dict(aliases) if is_known else {}

    def preprocessing(self) -> str:
        """Describe in one line how a picture is prepared for the network."""
        if self.binary:
            fit = "of any size" if self.fit == "free" else self.fit
            return f"{self.size[1]} x {self.size[0]} cells, {fit}, pixels from half on are alive"
        mean, std = (", ".join(f"{v:.3g}" for v in values) for values in (self.mean, self.std))
        names = {1: "gray", 3: self.channel_order}
        color = names.get(self.channels, f"{self.channels} channels")
        line = f"{self.size[1]} x {self.size[0]} {color}, {self.fit}, mean ({mean}), std ({std})"
        more = [f"the middle {self.crop_ratio:.1%}"] if self.crop_ratio < 1 else []
        nearest = {"lanczos": " (as bicubic)", "hamming": " (as bilinear)"}.get(
            self.interpolation, ""
        )
        more += [] if self.interpolation == "bilinear" else [self.interpolation + nearest]
        more += [] if self.antialias else ["not antialiased"]
        return ", ".join([line, *more])


@dataclass(frozen=True)
class Preprocessing:
    """How a picture is prepared for a network, and who says so."""

    #: Input size (H, W) in pixels.
    size: tuple[int, int]
    #: Number of input channels.
    channels: int
    #: Mean per channel, for pixels in [0, 1], in the order R, G, B.
    mean: tuple[float, ...]
    #: Standard deviation per channel, for pixels in [0, 1], in the order R, G, B.
    std: tuple[float, ...]
    #: How a picture is resized: one of INTERPOLATIONS.
    interpolation: str
    #: Whether it is smoothed where it is made smaller.
    antialias: bool
    #: Share of the resized side that is cut out of the center, in (0, 1].
    crop: float
    #: crop, stretch, letterbox or free.
    fit: str
    #: RGB or BGR, as the module takes it.
    channel_order: str
    #: Who says mean and std: file | module | folder | user | assumed.
    origin: Origin
    #: Who says each of the other fields, by their names.
    origins: Mapping[str, Origin]

    def describe_origins(self) -> str:
        """Return ``size from the user, mean and std from the file`` for a caption."""
        by_origin: dict[str, list[str]] = {}
        for name in ("size", "mean", "std", "crop", "interpolation"):
            by_origin.setdefault(_ORIGIN_TEXTS[self.origins[name]], []).append(name)
        return "; ".join(f"{', '.join(names)} {text}" for text, names in by_origin.items())


_ORIGIN_TEXTS: dict[Origin, str] = {
    "file": "from the file",
    "module": "from the network's library",
    "folder": "from the folder",
    "user": "as you said",
    "assumed": "assumed",
}


def read_preprocessing(card: Card) -> Preprocessing:
    """Return a card's preprocessing with the origin of every field."""
    fields = {
        name: getattr(card, "crop_ratio" if name == "crop" else name)
        for name in Preprocessing.__dataclass_fields__
        if name not in ("origin", "origins")
    }
    origins: dict[str, Origin] = {
        name: card.origins.get("crop_ratio" if name == "crop" else name, "assumed")
        for name in fields
    }
    return Preprocessing(**fields, origin=origins["mean"], origins=origins)


class _WrongField(Exception):
    """A value is of another kind than its field; says what it should be."""


def read_losses(card: Card) -> tuple[tuple[float, float], ...]:
    """Return (step, loss) of the training curve in a card; rows that are none are left out."""
    curve = card.about.get("curve")
    rows = curve if isinstance(curve, list) else []
    return tuple(
        (float(row[0]), float(row[1]))
        for row in rows
        if isinstance(row, list) and len(row) > 1 and all(map(_is_number, row[:2]))
    )


def read_card(path: Path) -> Card:
    """Read the card in a JSON file; raise BadInput where it is not one."""
    values = read_card_fields(path)
    missing = [name for name in ("name", "size") if name not in values]
    if missing:
        raise BadInput(f"{path} is not a network card: it has no {' and no '.join(missing)}.")
    return Card(**values).with_origin("file")


def describe_unknown_parts(
    card: Card, layers: Collection[str], modules: Collection[str]
) -> tuple[str, ...]:
    """Return a sentence for states and a decoder that a card names and the network has not."""
    states = [name for name in card.states if name not in layers]
    start = f"The card of {card.name} names"
    notes = [f"{start} states that are no layers: {', '.join(states)}."] if states else []
    if card.decoder and card.decoder not in modules:
        notes.append(f"{start} a decoder that is no module: {card.decoder}.")
    return tuple(notes)


def describe_preprocessing(card: Card) -> str:
    """Describe in one line how a picture is prepared for the network, and who says so."""
    if card.binary:
        return card.preprocessing()
    return f"{card.preprocessing()} ({read_preprocessing(card).describe_origins()})"


#: Fields that cards and libraries of earlier versions lack: the default was meant.
LATER_FIELDS = ("crop_ratio", "interpolation", "antialias", "channel_order", "state_channels")
FIELDS = tuple(name for name in Card.__dataclass_fields__ if name != "origins")


def read_card_fields(path: Path) -> dict[str, Any]:
    """Read the fields of a Card from a JSON file, with all other keys in ``about``.

    Labels that are numbers become texts. Raises BadInput where the file is no JSON object or a
    value is of another kind than its field.
    """
    data = _read_object(path)
    try:
        card_fields = {key: data.pop(key) for key in list(data) if key in FIELDS}
        if card_fields.get("labels", ()) is None:
            del card_fields["labels"]
        for key, value in card_fields.items():
            card_fields[key] = _validate(key, value)
        _validate("game_steps", data.get("game_steps", 0))
    except _WrongField as error:
        raise BadInput(f"{path} is not a network card: {error}") from None
    return {**card_fields, "about": {**card_fields.get("about", {}), **data}}


def _read_object(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file; raise BadInput where it is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        reason = "it is no object ({...})"
    except RecursionError:
        data, reason = None, "its brackets lie too deep"
    except OSError as error:
        data, reason = None, error.strerror or "it cannot be read"
    except json.JSONDecodeError as error:
        data, reason = None, f"it is no JSON from line {error.lineno} on"
    except ValueError:
        data, reason = None, "it is no text"
    if not isinstance(data, dict):
        raise BadInput(f"{path} is not a network card: {reason}.")
    return data


def _validate(key: str, value: Any) -> Any:
    """Return the value as its field holds it; raise _WrongField, saying what it should be."""
    what, fits, form = _FORMS[key]
    if not fits(value):
        text = repr(value)
        shown = text if len(text) < 60 else f"{text[:57]}..."
        raise _WrongField(f"{key} is {what}, not {shown}.")
    return form(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and abs(value) <= LARGEST_NUMBER  # neither NaN nor infinity


def _is_side(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int) and 1 <= value <= LARGEST_SIDE


def _is_count(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int) and value >= 0


def _is_state_size(value: Any) -> bool:
    return _is_count(value) and value <= LARGEST_SIDE


def _is_fraction(value: Any) -> bool:
    return _is_number(value) and 0 < value <= 1


def _is_label(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _list_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _is_size(value: Any) -> bool:
    return _list_of(_is_side)(value) and len(value) == 2


def _is_label_list(value: Any) -> bool:
    """Return whether a value is a list of names, or ``{"0": "cat", "1": "dog"}`` without gaps."""
    if isinstance(value, dict):
        numbers = {str(number) for number in range(len(value))}
        return value.keys() == numbers and all(map(_is_label, value.values()))
    return _list_of(_is_label)(value)


def _as_labels(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        value = [value[str(number)] for number in range(len(value))]
    return _as_texts(value)


def _as_texts(values: list[Any]) -> tuple[str, ...]:
    return tuple(map(str, values))


def as_numbers(values: Sequence[float] | float) -> tuple[float, ...]:
    """Return a tuple of numbers; one number is one for all channels."""
    given = values if isinstance(values, Iterable) else (values,)
    return tuple(float(value) for value in given)


# Of each field: what it is, whether a JSON value is that, and how the card holds it.
_FORMS: dict[str, tuple[str, Callable[[Any], bool], Callable[[Any], Any]]] = {
    "name": ("a text", _is_text, str),
    "size": (f"[height, width] in pixels, 1 to {LARGEST_SIDE}", _is_size, tuple),
    "channels": (f"a whole number from 1 to {LARGEST_SIDE}", _is_side, int),
    "mean": ("a list of numbers, one per channel", _list_of(_is_number), as_numbers),
    "std": ("a list of numbers, one per channel", _list_of(_is_number), as_numbers),
    "labels": ("a list of texts or numbers, one per class", _is_label_list, _as_labels),
    "fit": ("crop, stretch, letterbox or free", lambda value: value in FITS, str),
    "crop_ratio": ("a number above 0, at most 1", _is_fraction, float),
    "interpolation": (f"one of {', '.join(INTERPOLATIONS)}", lambda v: v in INTERPOLATIONS, str),
    "antialias": ("true or false", lambda value: isinstance(value, bool), bool),
    "channel_order": ("RGB or BGR", lambda value: value in CHANNEL_ORDERS, str),
    "state_channels": ("a whole number from 0", _is_state_size, int),
    "architecture": ("a text", _is_text, str),
    "binary": ("true or false", lambda value: isinstance(value, bool), bool),
    "states": ("a list of names of layers", _list_of(_is_text), tuple),
    "decoder": ("the name of a module", _is_text, str),
    "about": ("an object", lambda value: isinstance(value, dict), dict),
    "game_steps": ("a whole number", _is_count, int),
}


def write_card(card: Card, path: Path) -> None:
    """Write ``card`` as JSON, its ``about`` spread over the top level.

    Of LATER_FIELDS only those are written that are not the default.
    """
    data = asdict(card)
    about = data.pop("about")
    del data["origins"]
    for name in LATER_FIELDS:
        if data[name] == Card.__dataclass_fields__[name].default:
            del data[name]
    write_whole(path, json.dumps({**data, **about}, indent=1) + "\n")


def as_size_pair(size: Any) -> tuple[int, int]:
    """Return (H, W); one number is one for both.

    Raises TypeError where it is no whole number, nor two.
    """
    sides = [size, size] if np.ndim(size) == 0 else list(size)
    if len(sides) != 2:
        raise TypeError(f"size is a whole number or (height, width), not {size!r}")
    height, width = map(operator.index, sides)
    return height, width
