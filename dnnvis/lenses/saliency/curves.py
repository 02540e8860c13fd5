"""Delete or insert the pixels of a frame in a picture's order, and see how fast a unit changes.

Source: Petsiuk, Das & Saenko 2018, "RISE: Randomized Input Sampling for Explanation of Black-box
Models", section 4.2. There the scores are a class's probability; here the unit's own value, unless
``probability`` is chosen. Their order is compared with other methods', here with a random one in
squares as coarse as the picture, since single pixels at random destroy a frame faster than any
coarse picture can.
"""

import math
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Picture
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.objectives import log_probability
from dnnvis.lenses.saliency.baselines import Fill, fill_picture
from dnnvis.lenses.saliency.unit_score import UnitScore
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.values import Array

Kind = Literal["deletion", "insertion"]
Order = Literal["picture", "random"]
ScoredAs = Literal["value", "probability"]
KINDS: tuple[Kind, ...] = ("deletion", "insertion")
ORDERS: tuple[Order, ...] = ("picture", "random")
SCORES: tuple[ScoredAs, ...] = ("value", "probability")
FILLS: dict[Kind, Fill] = {"deletion": "gray", "insertion": "blurred"}  # in the place of a pixel
MAX_POINTS = 100_000
POINTS = 32  # steps from 0 to all pixels
ADDITIVE_LENSES = ("integrated", "occlusion")  # whose sign says for or against the unit


class Curve(NamedTuple):
    """A deletion or insertion curve."""

    #: Fractions of the pixels that are deleted or inserted, float32 (P,), from 0 to 1.
    fractions: Array
    #: The score at each of them, float32 (P,).
    scores: Array
    #: Area under the curve by trapezoids, in the score's own unit.
    area: float


def rank_pixels(picture: Picture) -> Array:
    """Return how much each pixel counts in a picture, float64 (H, W).

    The sum over channels of an attribution that adds up (``integrated``, ``occlusion``): what
    speaks against the unit comes last. The sum of absolute values of any other one.
    """
    values = np.nan_to_num(picture.values.astype(np.float64), posinf=0, neginf=0)
    if picture.scale == "signed" and picture.recipe.get("lens") not in ADDITIVE_LENSES:
        values = np.abs(values)
    ranked: Array = values.sum(2)
    return ranked


def order_pixels(ranks: Array, seed: int) -> NDArray[np.int64]:
    """Return the pixels (H * W,) from the one that counts most; equal ones in random order."""
    ties = np.random.default_rng(seed).permutation(ranks.size)
    order: NDArray[np.int64] = np.lexsort((ties, -ranks.reshape(-1)))
    return order


def order_at_random(size: tuple[int, int], grain: int, seed: int) -> NDArray[np.int64]:
    """Return all pixels (H * W,) of a picture of ``size``, square after square in random order.

    Args:
        size: (H, W) in pixels.
        grain: Side of the squares in pixels; those at the edges are smaller.
        seed: Seed of the order.
    """
    height, width = size
    rows, columns = np.arange(height) // grain, np.arange(width) // grain
    numbers = rows[:, None] * (columns[-1] + 1) + columns
    ranks = np.random.default_rng(seed).permutation(int(numbers[-1, -1]) + 1)
    return order_pixels(ranks[numbers].astype(np.float64), seed)


def find_grain(picture: Picture, network: Network) -> int:
    """Return how coarse a picture is, in pixels: its patches' stride, its layer's; else 1."""
    recipe, shorter = picture.recipe, int(min(picture.values.shape[:2]))
    if recipe.get("lens") == "occlusion":
        return max(int(recipe["stride"]), 1)
    if recipe.get("lens") == "layercam":
        _, height, width = network.layer(str(recipe["to"])).shape
        return max(round(shorter / min(height, width)), 1)
    return 1


class CurveRun:
    """One curve on its way: some of its points at each step."""

    def __init__(
        self,
        network: Network,
        unit: Unit,
        x: Tensor,
        order: NDArray[np.int64],
        kind: Kind,
        scored_as: ScoredAs = "value",
        points: int = POINTS,
    ) -> None:
        """Take a frame (1, C, H, W) in [0, 1] and the order of its pixels (H * W,)."""
        self.kind, self.scored_as, self.points = kind, scored_as, points
        self.score = UnitScore(network, unit, squashed=scored_as == "value")
        self.x = x
        fill: Fill = "black" if network.card.binary else FILLS[kind]
        self.filled = fill_picture(x, fill)
        self.when = np.empty(len(order), np.int64)  # how many pixels come before each one
        self.when[order] = np.arange(len(order))
        self.fractions = np.linspace(0, 1, points + 1).astype(np.float32)
        self.scores: list[float] = []

    @property
    def is_finished(self) -> bool:
        """Return whether all points are there."""
        return len(self.scores) > self.points

    def step(self) -> None:
        """Add the next points, as many as go through the network at once."""
        batch = self.score.batch_size(self.x)
        numbers = range(len(self.scores), min(len(self.scores) + batch, self.points + 1))
        counts = [math.floor(k * len(self.when) / self.points + 0.5) for k in numbers]
        changed = torch.from_numpy(np.stack([self.when < count for count in counts]))
        changed = changed.view(-1, 1, *self.x.shape[2:]).to(self.x.device)
        first, last = (self.x, self.filled) if self.kind == "deletion" else (self.filled, self.x)
        with torch.inference_mode():
            pictures = torch.where(changed, last, first)
        self.scores += self._measure(pictures)

    def _measure(self, pictures: Tensor) -> list[float]:
        if self.scored_as == "value":
            values: list[float] = self.score.values(pictures).tolist()
            return values
        score = self.score
        recording = score.network.run(pictures, (score.unit.layer,), until=score.until)
        logits = recording.tensor(score.unit.layer, score.unit.call).detach().float()
        probabilities = log_probability(logits).exp()[:, score.unit.channel]
        chances: list[float] = probabilities.mean((1, 2)).tolist()
        return chances

    @property
    def curve(self) -> Curve:
        """Return the points so far and the area under them."""
        scores = np.array(self.scores, np.float64)
        fractions = self.fractions[: len(scores)]
        middles = (scores[1:] + scores[:-1]) / 2
        area = float((middles * np.diff(fractions.astype(np.float64))).sum())
        return Curve(fractions, scores.astype(np.float32), area)


def curve(
    picture: Picture,
    net: Network,
    kind: Kind = "deletion",
    *,
    order: Order = "picture",
    score: ScoredAs = "value",
    points: int = POINTS,
    seed: int = 0,
) -> Curve:
    """Delete (or insert) the pixels of a picture's frame, those first that count most in it.

    Deleted pixels become gray (0.5; dead cells of a board); inserted ones appear in the blurred
    frame. A good picture has a small area of deletion and a large one of insertion, compared with
    ``order="random"``.

    Args:
        picture: What ``look`` returned for a frame with an attribution lens; it holds the frame.
        net: The network to measure; edits that are on count.
        kind: "deletion" or "insertion".
        order: "picture", or "random": the control, in squares as coarse as the picture.
        score: "value" of the unit, or "probability": the softmax of a class, as in the paper.
        points: Number of steps from 0 to all pixels.
        seed: Seed of the random order, and of pixels that count the same.

    Returns:
        (fractions (P,) from 0 to 1, scores (P,), area under the curve), P = ``points`` + 1.

    Raises:
        BadInput: Another word, a picture without its frame, or one that is no attribution.
        UnknownUnit: The network has no such unit.
    """
    for name, value, values in (
        ("kind", kind, KINDS),
        ("order", order, ORDERS),
        ("score", score, SCORES),
    ):
        if value not in values:
            raise BadInput(f"{name} is {' or '.join(values)}, not {value!r}.")
    if not (isinstance(points, int) and 1 <= points <= MAX_POINTS):
        raise BadInput(f"points is a whole number from 1 to {MAX_POINTS:,}, not {points!r}.")
    x, unit = _read_picture(picture, net)
    check_score(net, unit, score)
    if order == "random":
        size = (int(x.shape[2]), int(x.shape[3]))
        pixels = order_at_random(size, find_grain(picture, net), seed)
    else:
        pixels = order_pixels(rank_pixels(picture), seed)
    run = CurveRun(net, unit, x, pixels, kind, score, points)
    while not run.is_finished:
        run.step()
    return run.curve


def check_score(network: Network, unit: Unit, scored_as: ScoredAs) -> None:
    """Raise BadInput where a probability is asked for of a unit that is no class."""
    if scored_as == "probability" and not is_class(network, unit):
        raise BadInput(f"{unit} is no class of {network.name}: take its value.")


def is_class(network: Network, unit: Unit) -> bool:
    """Return whether a unit is a class that has a probability, by softmax over the others."""
    is_answer = unit.layer in (OUTPUT, network.info.logits) and unit.position is None
    return is_answer and network.meaning.kind in ("logits", "probabilities")


def _read_picture(picture: Picture, network: Network) -> tuple[Tensor, Unit]:
    """Return the frame (1, C, H, W) and the unit of a picture, checked to fit the network."""
    if not isinstance(picture, Picture):
        raise BadInput("A curve is of a picture that look() returned.")
    if picture.scale not in ("signed", "positive"):
        lens = picture.recipe.get("lens", "This picture")
        raise BadInput(f"{lens} gives no attribution: its pixels are colors, not numbers to rank.")
    names = network.table.names
    unit = Unit.parse(picture.unit, names)
    network.check(unit)
    x = network.encode(_find_frame(picture))
    if tuple(x.shape[2:]) != picture.values.shape[:2]:
        sizes = " and ".join(
            f"{height} x {width}" for height, width in (picture.values.shape[:2], x.shape[2:])
        )
        raise BadInput(
            f"The picture and its frame differ in size ({sizes}): make it at the input, in a view "
            "that has a number for each pixel."
        )
    return x, unit


def _find_frame(picture: Picture) -> NDArray[np.uint8] | Path:
    """Return the frame that a picture belongs to: its own, or the file that its recipe names."""
    if picture.image is not None:
        return picture.image
    address = picture.recipe.get("image") or {}
    path = address.get("path") if isinstance(address, dict) else None
    if not isinstance(path, str) or "frame" in address:
        raise BadInput("This picture does not hold its frame: make it by look(..., image=...).")
    return Path(path)
