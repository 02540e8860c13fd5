"""What must be known of a network besides its weights."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput


@dataclass(frozen=True)
class Card:
    """``size`` (H, W) in pixels; ``mean`` and ``std`` per channel, for pixels in [0, 1];
    ``fit`` says how other shapes are brought to ``size``: crop (short side, then centre) or
    stretch, or free (any size goes in as it is); ``binary``: pixels are cells that are 0 or 1 (a
    board); ``states``: the layers whose calls, one after the other, are the hidden states of a
    recurrent network, the encoder's first; ``decoder``: the module that shows such a state;
    ``about`` holds whatever else is known (training, score, paper, sha256)."""

    name: str
    size: tuple[int, int]
    channels: int = 3
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    labels: tuple[str, ...] = ()
    fit: str = "crop"
    architecture: str = ""
    binary: bool = False
    states: tuple[str, ...] = ()
    decoder: str = ""
    about: dict[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if min(self.size) < 1 or self.channels < 1:
            raise BadInput(f"An input of {self.size} with {self.channels} channels is no picture.")
        for what, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channels):
                raise BadInput(f"{what} has {len(values)} values for {self.channels} channels.")
        if not all(value > 0 for value in self.std):
            raise BadInput("std must be above 0 in every channel.")

    def preprocessing(self) -> str:
        """One line for people: what happens to a picture before the network sees it."""
        if self.binary:
            fit = "of any size" if self.fit == "free" else self.fit
            return f"{self.size[1]} x {self.size[0]} cells, {fit}, pixels from half on are alive"
        mean, std = (", ".join(f"{v:.3g}" for v in values) for values in (self.mean, self.std))
        colour = {1: "gray", 3: "RGB"}.get(self.channels, f"{self.channels} channels")
        return f"{self.size[1]} x {self.size[0]} {colour}, {self.fit}, mean ({mean}), std ({std})"


def read_card(path: Path) -> Card:
    """The card in a JSON file; raises BadInput where it is not one."""
    try:
        return Card(**said_in(path))
    except (TypeError, AttributeError) as why:
        raise BadInput(f"{path} is not a network card: {why}") from None


def said_in(path: Path) -> dict[str, Any]:
    """The fields of a Card that a JSON file gives, what is no field in ``about``. Raises BadInput
    where the file is no JSON object or rows are no lists."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        said = {key: data.pop(key) for key in list(data) if key in Card.__dataclass_fields__}
        for key in said.keys() & {"size", "mean", "std", "labels", "states"}:
            if isinstance(said[key], str):
                raise TypeError(f"{key} is a list such as [{json.dumps(said[key])}], not a text")
            said[key] = tuple(said[key])
        return {**said, "about": {**said.get("about", {}), **data}}
    except (OSError, ValueError, TypeError, AttributeError) as why:
        raise BadInput(f"{path} is not a network card: {why}") from None


def write_card(card: Card, path: Path) -> None:
    """Write ``card`` as JSON, its ``about`` spread over the top level."""
    data = asdict(card)
    about = data.pop("about")
    path.write_text(json.dumps({**data, **about}, indent=1) + "\n", encoding="utf-8")
