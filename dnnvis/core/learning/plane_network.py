"""Define the structure of a dense network over the plane, and the name that opens it."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from dnnvis.core.errors import BadInput

MLP_2D = "mlp-2d"
MAX_LAYERS, MAX_WIDTH = 8, 128  # of hidden layers, and of units in each
FEATURE_NAMES = ("x", "y", "xx", "yy", "xy", "sinx", "siny")  # of x and y
ACTIVATION_NAMES = ("tanh", "relu", "sigmoid", "linear")


@dataclass(frozen=True)
class Mlp2dSpec:
    """The structure of a dense network over the plane."""

    #: Units of each hidden layer; () for none.
    widths: tuple[int, ...] = (6, 4)
    #: What follows each hidden layer: tanh | relu | sigmoid | linear.
    activation: str = "tanh"
    #: Some of FEATURE_NAMES.
    features: tuple[str, ...] = ("x", "y")

    def __post_init__(self) -> None:
        if len(self.widths) > MAX_LAYERS or not all(1 <= n <= MAX_WIDTH for n in self.widths):
            raise BadInput(
                f"A network over the plane has up to {MAX_LAYERS} hidden layers of 1 to "
                f"{MAX_WIDTH} units, not {'-'.join(map(str, self.widths))}."
            )
        if self.activation not in ACTIVATION_NAMES:
            names = ", ".join(ACTIVATION_NAMES)
            raise BadInput(f"An activation is one of {names}, not '{self.activation}'.")
        odd = [name for name in self.features if name not in FEATURE_NAMES]
        if odd or not self.features or len(set(self.features)) < len(self.features):
            names = ", ".join(FEATURE_NAMES)
            raise BadInput(f"Features are some of {names}, each once, not {self.features}.")

    def as_dict(self) -> dict[str, Any]:
        """Return the spec as a card stores it."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}

    def as_name(self) -> str:
        """Return the name that opens this network: ``mlp-2d:6-4,tanh,x,y``."""
        widths = "-".join(map(str, self.widths)) or "0"
        return f"{MLP_2D}:{','.join((widths, self.activation, *self.features))}"


def parse_spec(name: str) -> Mlp2dSpec | None:
    """Return the spec in a name such as ``mlp-2d:8-8-8,relu,x,y,xy``; None for another network.

    Widths, the activation and features may stand in any order; what is left out is as in
    Mlp2dSpec. Raises BadInput where one of them is none of these.
    """
    start, mark, text = name.partition(":")
    if start != MLP_2D:
        return None
    given: dict[str, Any] = {}
    for part in filter(None, (part.strip() for part in text.split(",")) if mark else ()):
        if re.fullmatch(r"\d{1,4}(-\d{1,4})*", part):
            given["widths"] = () if part == "0" else tuple(map(int, part.split("-")))
        elif part in ACTIVATION_NAMES:
            given["activation"] = part
        elif part in FEATURE_NAMES:
            given["features"] = (*given.get("features", ()), part)
        else:
            raise BadInput(
                f"'{part}' says nothing about {MLP_2D}; write widths (8-8-8, 0 for none), one of "
                f"{', '.join(ACTIVATION_NAMES)}, and features out of {', '.join(FEATURE_NAMES)}."
            )
    return Mlp2dSpec(**given)
