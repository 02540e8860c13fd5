"""Turn what a user says about a network's input, as text or values, into a card."""

import math
import operator
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.network.card import CHANNEL_ORDERS, Card, Origin
from dnnvis.network.opening.described_input import describe_input
from dnnvis.network.opening.input_search import InputGuess
from dnnvis.zoo.label_files import read_label_file

MAX_SIDE_PIXELS = 10_000  # pixels; a larger side is a slip of the keyboard
MAX_CHANNELS = 10_000  # more is one, too

OPTION_NAMES = ("size", "mean", "std", "labels", "channels", "channel_order")


@dataclass(frozen=True)
class InputOptions:
    """Checked options; None where the network's own card decides."""

    size: tuple[int, int] | None = None
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    labels: tuple[str, ...] | None = None
    channels: int | None = None
    #: Further fields of a card that no option of ``open`` sets, but a file or a library states.
    more: Mapping[str, Any] = field(default_factory=dict)
    #: Who said what the user did not.
    origins: Mapping[str, Origin] = field(default_factory=dict)
    channel_order: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        """Return every field of a card that is stated."""
        own = {name: getattr(self, name) for name in OPTION_NAMES}
        return {key: value for key, value in own.items() if value is not None} | dict(self.more)

    def fill(self, values: Mapping[str, Any], origin: Origin) -> "InputOptions":
        """Return these options with whatever they do not state filled in from ``origin``."""
        new = {key: value for key, value in values.items() if key not in self.values}
        own = {key: value for key, value in new.items() if key in OPTION_NAMES}
        more = {key: value for key, value in new.items() if key not in OPTION_NAMES}
        origins = {**self.origins, **dict.fromkeys(new, origin)}
        return replace(self, **own, more={**self.more, **more}, origins=origins)

    def apply_to(self, card: Card) -> Card:
        """Return ``card`` overridden by these options; raise BadInput where they contradict it."""
        origins: dict[str, Origin] = {name: self.origins.get(name, "user") for name in self.values}
        return replace(card, **self.values, origins={**card.origins, **origins})


def read_options(
    size: Any,
    mean: Any,
    std: Any,
    labels: Any,
    channels: Any = None,
    channel_order: str | None = None,
) -> InputOptions:
    """Read options from the arguments of ``open`` or the command line.

    Args:
        size: One number, (H, W) or text ``224`` or ``HxW``, in pixels.
        mean: Numbers, a sequence or text with commas, for pixels in [0, 1].
        std: Numbers, a sequence or text with commas, for pixels in [0, 1].
        labels: Names, or a file with them; see ``label_files.read_label_file``.
        channels: Number of input channels, a number or text.
        channel_order: RGB or BGR.

    Returns:
        The options, None for each that is None.

    Raises:
        BadInput: An option makes no sense.
    """
    return InputOptions(
        size=None if size is None else _parse_size(size),
        mean=None if mean is None else _parse_numbers(mean, "mean"),
        std=None if std is None else _parse_numbers(std, "std"),
        labels=None if labels is None else _read_labels(labels),
        channels=None if channels is None else _parse_channels(channels),
        channel_order=None if channel_order is None else _parse_order(channel_order),
    )


def _parse_order(value: Any) -> str:
    order = str(value).strip().upper()
    if order not in CHANNEL_ORDERS:
        raise BadInput(f"channel_order is {' or '.join(CHANNEL_ORDERS)}, not {value!r}.")
    return order


def _parse_size(value: Any) -> tuple[int, int]:
    parts = re.split(r"\s*[x×,]\s*", value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(parts, Iterable):
        parts = [parts]
    try:
        sides = [int(p) if isinstance(p, str) else operator.index(p) for p in parts]
    except (TypeError, ValueError):
        sides = []
    if isinstance(value, bool | bytes) or len(sides) not in (1, 2):
        raise BadInput(f"size is a number, (height, width) or 'HxW', not {value!r}.")
    if not all(1 <= side <= MAX_SIDE_PIXELS for side in sides):
        raise BadInput(f"size must lie between 1 and {MAX_SIDE_PIXELS} pixels, not {value!r}.")
    return sides[0], sides[-1]


def _parse_channels(value: Any) -> int:
    try:
        count = int(value) if isinstance(value, str) else operator.index(value)
    except (TypeError, ValueError):
        count = 0
    if isinstance(value, bool | bytes) or not 1 <= count <= MAX_CHANNELS:
        raise BadInput(f"channels is a number from 1 to {MAX_CHANNELS}, not {value!r}.")
    return count


def _parse_numbers(value: Any, name: str) -> tuple[float, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Iterable):
        parts = [parts]
    try:
        numbers = tuple(float(part) for part in parts)
    except (TypeError, ValueError):
        numbers = ()
    if not numbers or not all(map(math.isfinite, numbers)):
        raise BadInput(f"{name} is one number per channel, such as '0.5,0.5,0.5', not {value!r}.")
    return numbers


def _read_labels(value: Any) -> tuple[str, ...]:
    if isinstance(value, str | os.PathLike):
        value = read_label_file(Path(value)).names
    if not isinstance(value, Iterable) or isinstance(value, bytes):
        raise BadInput(f"labels are names or a text file with one a line, not {value!r}.")
    names = tuple(value)
    if not names or not all(isinstance(name, str) for name in names):
        raise BadInput("labels must be texts, one for each class, and at least one.")
    return names


class GuessedCard(NamedTuple):
    """A card for a network that nobody described."""

    card: Card
    #: Sentences on what its library says, and on what is assumed.
    notes: tuple[str, ...]
    #: What of it may be another.
    guess: InputGuess


def guess_card(module: nn.Module, name: str, options: InputOptions) -> GuessedCard:
    """Guess a card for a network that nobody described.

    What its library says of its input counts first (``describe_input``). Else channels come from
    the first convolution or, where a dense layer is first, from the inputs it has for a square
    picture; the size is 224 where nothing says another.

    Args:
        module: The network's module.
        name: Its name.
        options: Options that override the guess.

    Returns:
        The card, with notes on what was guessed.
    """
    described = describe_input(module)
    stated = options.values
    known = dict(described.values)
    if options.channels not in (None, known.get("channels")):  # its numbers are per channel
        known = {key: value for key, value in known.items() if key not in ("mean", "std")}
    adopted = {key: value for key, value in known.items() if key not in stated}
    options = options.fill(adopted, "module")
    size, channels = _infer_input(module, options)
    card = options.apply_to(Card(name, size, options.channels or channels))
    guessed = [] if options.size else [f"size {size[0]}x{size[1]}"]
    guessed += [] if options.mean else ["mean 0"]
    guessed += [] if options.std else ["std 1"]
    notes = []
    if adopted:
        notes.append(f"{list_values(adopted)} of {name} are from {described.origin}.")
    if guessed:
        notes.append(f"Nobody said what {name} takes; assumed: {', '.join(guessed)}.")
    is_scaled = any(len(stated.get(key, ())) > 1 for key in ("mean", "std"))  # says how many
    guess = InputGuess("channels" not in stated and not is_scaled, "size" not in stated, True)
    return GuessedCard(card, tuple(notes), guess)


def list_values(values: Mapping[str, Any]) -> str:
    """Return ``Size 224x224, mean 0.485,0.456,0.406`` for what is stated of an input."""
    parts = []
    for key, value in values.items():
        numbers = value if isinstance(value, tuple) else (value,)
        separator = "x" if key == "size" else ","
        texts = [each if isinstance(each, str) else f"{each:g}" for each in numbers]
        parts.append(f"{key.replace('_', ' ')} {separator.join(texts)}")
    text = ", ".join(parts)
    return text[0].upper() + text[1:]


def _infer_input(module: nn.Module, options: InputOptions) -> tuple[tuple[int, int], int]:
    """Return size and channels."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            return options.size or (224, 224), part.in_channels or 3  # lazy ones: 0
        if isinstance(part, nn.Linear) and part.in_features:
            return _infer_dense_input(part.in_features, options.size)
    return options.size or (224, 224), 3


def _infer_dense_input(inputs: int, size: tuple[int, int] | None) -> tuple[tuple[int, int], int]:
    for channels in (1, 3):
        side = math.isqrt(inputs // channels)
        height, width = size or (side, side)
        if height * width * channels == inputs:
            return (height, width), channels
    return size or (224, 224), 3
