"""A small dense network over the plane, written as 1 x 1 convolutions.

Its input is a picture whose two channels are coordinates. Each pixel is a point of its own, so that
one pass over the plane shows every unit as a heat map over it, as TensorFlow Playground does
(Smilkov et al. 2017, Direct-Manipulation Visualization of Deep Networks).
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.core.learning.plane import PLANE_LIMIT, PLANE_SIDE
from dnnvis.core.learning.plane_network import MLP_2D, Mlp2dSpec, parse_spec
from dnnvis.network.card import Card
from dnnvis.network.checkpoint import Checkpoint, load_checkpoint

#: What the first layer makes of x and y.
FEATURES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "x": lambda x, y: x,
    "y": lambda x, y: y,
    "xx": lambda x, y: x * x,
    "yy": lambda x, y: y * y,
    "xy": lambda x, y: x * y,
    "sinx": lambda x, y: torch.sin(x),
    "siny": lambda x, y: torch.sin(y),
}
ACTIVATIONS: dict[str, type[nn.Module]] = {
    "tanh": nn.Tanh,
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "linear": nn.Identity,
}


def spec_from_card(data: Any) -> Mlp2dSpec:
    """Return the spec in a card; raise BadInput where it is none."""
    known = {field.name for field in fields(Mlp2dSpec)}
    try:
        given = {key: value for key, value in data.items() if key in known}
        for key, kind in (("widths", int), ("features", str)):
            if key in given:
                given[key] = tuple(kind(value) for value in given[key])
        return Mlp2dSpec(**given)
    except (TypeError, ValueError, AttributeError, OverflowError):
        raise BadInput(
            "What the card says under mlp is no network over the plane: widths is a list of whole "
            "numbers, activation a text, features a list of texts."
        ) from None


class PlaneFeatures(nn.Module):
    """Make the features (B, F, H, W) of coordinates (B, 2, H, W)."""

    def __init__(self, names: tuple[str, ...]) -> None:
        super().__init__()
        self.names = names

    def forward(self, coordinates: Tensor) -> Tensor:
        """Return the chosen features of x and y, in their order."""
        x, y = coordinates[:, 0], coordinates[:, 1]
        return torch.stack([FEATURES[name](x, y) for name in self.names], 1)


class Mlp2d(nn.Module):
    """A dense network over the plane.

    It takes coordinates (B, 2, H, W) and gives answers (B, 1, H, W) in [-1, 1]: the sign is the
    class.
    """

    def __init__(self, spec: Mlp2dSpec) -> None:
        super().__init__()
        self.spec = spec
        self.features = PlaneFeatures(spec.features)
        inputs = len(spec.features)
        for k, width in enumerate(spec.widths, 1):
            setattr(self, f"dense{k}", nn.Conv2d(inputs, width, 1))
            setattr(self, f"active{k}", ACTIVATIONS[spec.activation]())
            inputs = width
        self.last = nn.Conv2d(inputs, 1, 1)
        self.answer = nn.Tanh()
        self.reset(0)

    @torch.no_grad()
    def reset(self, seed: int) -> None:
        """Draw weights anew: Glorot and Bengio 2010, before a ReLU He et al. 2015; biases 0.1.

        The biases are TensorFlow Playground's.
        """
        generator = torch.Generator().manual_seed(seed)
        gain = 2.0 if self.spec.activation == "relu" else 1.0
        for layer in self.layers:
            outputs, inputs = layer.weight.shape[:2]
            fan = inputs if self.spec.activation == "relu" else (inputs + outputs) / 2
            layer.weight.normal_(0, (gain / fan) ** 0.5, generator=generator)
            assert layer.bias is not None
            layer.bias.fill_(0.1)

    @property
    def layers(self) -> list[nn.Conv2d]:
        """Return the layers with weights, in order; the last is the answer's."""
        hidden = [getattr(self, f"dense{k}") for k in range(1, len(self.spec.widths) + 1)]
        return [*hidden, self.last]

    def forward(self, coordinates: Tensor) -> Tensor:
        """Return the answers (B, 1, H, W)."""
        x = self.features(coordinates)
        for k in range(1, len(self.spec.widths) + 1):
            x = getattr(self, f"active{k}")(getattr(self, f"dense{k}")(x))
        answer: Tensor = self.answer(self.last(x))
        return answer

    def answer_points(self, features: Tensor) -> Tensor:
        """Return the answers (N,) to points of which the features (N, F) are known.

        The same as ``forward`` by matrix products, which are quicker for a batch of points.
        """
        x = features
        for k, layer in enumerate(self.layers, 1):
            x = F.linear(x, layer.weight.flatten(1), layer.bias)
            if k <= len(self.spec.widths):
                x = getattr(self, f"active{k}")(x)
        answers: Tensor = self.answer(x[:, 0])
        return answers

    def features_of(self, points: Tensor) -> Tensor:
        """Return the features (N, F) of points (N, 2)."""
        features: Tensor = self.features(points[:, :, None, None])[:, :, 0, 0]
        return features.contiguous()


def mlp_2d_card(spec: Mlp2dSpec, name: str = "", about: Mapping[str, Any] | None = None) -> Card:
    """Return a card for a network over the plane.

    Args:
        spec: Structure of the network.
        name: Name of the network; "": the one that opens it.
        about: Further entries.

    Returns:
        The card; pixels 0 to 255 are coordinates -PLANE_LIMIT to PLANE_LIMIT.
    """
    return Card(
        name=name or spec.as_name(),
        size=(PLANE_SIDE, PLANE_SIDE),
        channels=2,
        mean=(0.5, 0.5),
        std=(0.5 / PLANE_LIMIT, 0.5 / PLANE_LIMIT),
        fit="stretch",
        architecture=MLP_2D,
        about={"mlp": spec.as_dict(), **(about or {})},
    ).with_origin("module")


def card_from_name(name: str) -> Card | None:
    """Return the card of ``mlp-2d:...``; None for another network. Raises BadInput."""
    spec = parse_spec(name)
    return None if spec is None else mlp_2d_card(spec, name if ":" not in name else "")


def build(card: Card, checkpoint: Checkpoint | None) -> tuple[nn.Module, Card, tuple[str, ...]]:
    """Build the network with the weights of ``checkpoint`` (None: initial ones).

    Returns it with its card and what is odd. Raises BadInput or Mismatch where they make no
    network over the plane.
    """
    notes: tuple[str, ...] = ()
    if "mlp" in card.about:
        spec = spec_from_card(card.about["mlp"])
    elif checkpoint is None:
        spec = Mlp2dSpec()
    else:
        spec = infer_spec(checkpoint.state, str(checkpoint.path))
        notes = (
            "The weights do not say what follows their layers, and what they are given: tanh, and "
            f"{', '.join(spec.features)}, are assumed.",
        )
    module = Mlp2d(spec)
    full_card = mlp_2d_card(spec, card.name, card.about)
    if checkpoint is not None:
        notes += load_checkpoint(module, checkpoint)
    return module, full_card, notes


def infer_spec(state: Mapping[str, Tensor], name: str) -> Mlp2dSpec:
    """Infer the spec from weights; raise Mismatch where they belong to another network."""
    shapes: list[tuple[int, ...]] = []
    while (weight := state.get(f"dense{len(shapes) + 1}.weight")) is not None:
        shapes.append(tuple(weight.shape))
    last = state.get("last.weight")
    if last is None or any(len(shape) != 4 for shape in (*shapes, tuple(last.shape))):
        raise Mismatch(f"{name} holds no weights of a network over the plane.")
    inputs = (shapes[0] if shapes else tuple(last.shape))[1]
    if not 1 <= inputs <= len(FEATURES):
        raise Mismatch(f"{name} takes {inputs} features; the plane has {len(FEATURES)}.")
    return Mlp2dSpec(tuple(shape[0] for shape in shapes), features=tuple(FEATURES)[:inputs])
