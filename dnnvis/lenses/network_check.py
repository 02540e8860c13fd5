"""Check a network on the pictures that run: its input, its answers, its units.

Layers whose units do nothing are counted as in a scan, without storing a map. The usual
normalizations are tried as ``normalization_check`` does.
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from dnnvis.core.frame import Frame, find_class
from dnnvis.core.lens_results import CheckReport, LayerHealth
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.unit import Unit
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.lenses.normalization_check import (
    MAX_PICTURES,
    NormalizationSurvey,
    unavailable_reason,
)
from dnnvis.library.scan.reductions import spatial_max, spatial_min, to_real
from dnnvis.network.card import Card, describe_preprocessing, read_preprocessing
from dnnvis.network.network import Network
from dnnvis.network.streaming import LayerOutput

MIN_INTERVAL_SECONDS = 0.5  # between two pictures of a film: neighbors are nearly the same
STEPS_AT_ONCE = 2  # normalizations tried between two turns of other lenses
MAX_REMEMBERED = 4096  # pictures that are not counted again
BOUND_FRACTION = 0.01  # of the range of a bounded function, from its end, is at its end
#: Modules with a range, and the ends at which a unit counts as saturated.
BOUNDED: dict[type[nn.Module], tuple[float, float, bool]] = {  # low, high, whether low counts
    nn.Sigmoid: (0.0, 1.0, True),
    nn.Tanh: (-1.0, 1.0, True),
    nn.Hardtanh: (-1.0, 1.0, True),
    nn.ReLU6: (0.0, 6.0, False),
    nn.Hardsigmoid: (0.0, 1.0, True),
}


@dataclass(frozen=True)
class CheckParams:
    """Settings of the lens ``check``."""

    #: Whether nobody looks: a dozen pictures are enough.
    background: bool = False


class NetworkCheckup:
    """What is known of the running network so far; another one begins anew on the same pictures.

    Belongs to the thread of the network.
    """

    def __init__(self) -> None:
        self._network: Network | None = None
        self._fingerprint = ""
        self._frames: dict[bytes, Frame] = {}  # by their pixels, the oldest first
        self._seen: set[bytes] = set()
        self._shown = b""  # the picture that the answers on show are to
        self._last_time = 0.0
        self._survey: NormalizationSurvey | None = None
        self._ranges: dict[str, _UnitRange] = {}
        self._ranged_pictures = self._labeled = self._right = 0

    def follow(self, network: Network) -> None:
        """Begin anew where another network runs, or the same with another preprocessing."""
        if network is self._network:
            return
        if network.fingerprint != self._fingerprint:
            self._frames.clear()
        self._network, self._fingerprint = network, network.fingerprint
        self._seen.clear()
        reason = unavailable_reason(network)
        self._survey = None if reason else NormalizationSurvey(network)
        self._ranges = {}
        self._ranged_pictures = self._labeled = self._right = 0
        self._shown, self._last_time = b"", 0.0

    def wants(self, network: Network, background: bool) -> bool:
        """Return whether there is something to do with the next frame.

        Args:
            network: The network that runs.
            background: Whether nobody looks.
        """
        if network is not self._network or not background:
            return True
        return not self._is_complete and self._is_due

    @property
    def _is_due(self) -> bool:
        return not self._seen or time.perf_counter() - self._last_time >= MIN_INTERVAL_SECONDS

    def look(self, frame: Frame, background: bool) -> Iterator[CheckReport]:
        """Take in a frame, and what is left of earlier ones; yield what is known after each step.

        Args:
            frame: The frame that runs.
            background: Whether nobody looks.
        """
        digest = hashlib.blake2b(frame.pixels.tobytes(), digest_size=16).digest()
        for key, earlier in list(self._frames.items()):
            if key not in self._seen and key != digest:
                yield from self._take(key, earlier)
        if digest not in self._seen and self._is_due:
            self._last_time = time.perf_counter()
            self._frames[digest] = frame
            while len(self._frames) > MAX_PICTURES:
                del self._frames[next(iter(self._frames))]
            yield from self._take(digest, frame)
        elif not background and digest != self._shown:
            yield from self._show(frame)
        self._shown = digest

    @property
    def _is_complete(self) -> bool:
        return len(self._seen) >= MAX_PICTURES

    def _take(self, key: bytes, frame: Frame) -> Iterator[CheckReport]:
        """Measure one picture: its units first, then the normalizations one by one."""
        network, survey = self._network, self._survey
        assert network is not None
        was_complete = self._is_complete
        x = network.encode(frame.pixels)
        self._measure_units(x)
        yield self._describe(x)
        if survey is not None:
            label = _find_label(frame, network.card, network.layer("output").shape[0])
            steps = survey.show(x) if was_complete else survey.add(x, label)
            for number, _ in enumerate(steps):
                if number % STEPS_AT_ONCE == STEPS_AT_ONCE - 1:
                    yield self._describe(x)
            self._labeled += label >= 0
            self._right += label >= 0 and survey.answer == label
        if len(self._seen) < MAX_REMEMBERED:
            self._seen.add(key)
        yield self._describe(x)

    def _show(self, frame: Frame) -> Iterator[CheckReport]:
        """Answer a picture that is known already, or one of many in a film, as it is now."""
        network, survey = self._network, self._survey
        assert network is not None
        x = network.encode(frame.pixels)
        if survey is not None:
            for _ in survey.show(x):
                pass
        yield self._describe(x)

    def _measure_units(self, x: Tensor) -> None:
        network = self._network
        assert network is not None
        names = [row.name for row in network.layers if row.name != "output"]

        def on_output(output: LayerOutput) -> None:
            value = to_real(output.value)
            low, high = (
                each[0].cpu().numpy() for each in (spatial_min(value), spatial_max(value)[0])
            )
            known = self._ranges.get(output.layer)
            bounds = BOUNDED.get(type(output.module))
            latest = _UnitRange(low, high, bounds)
            self._ranges[output.layer] = latest if known is None else known.join(latest)

        with torch.inference_mode():
            network.stream_layers(x, names, on_output)
        self._ranged_pictures += 1

    def _describe(self, x: Tensor) -> CheckReport:
        network, survey = self._network, self._survey
        assert network is not None
        card = network.card
        given = _normalize(x, card)
        result = survey.result if survey is not None else None
        entropy, chance = survey.entropy if survey is not None and result is not None else _UNKNOWN
        return CheckReport(
            network.name,
            describe_preprocessing(card),
            read_preprocessing(card).origin == "assumed",
            (float(given.min()), float(given.max())),
            tuple(float(v) for v in given.mean((0, 2, 3))),
            tuple(float(v) for v in given.std((0, 2, 3))),
            entropy,
            chance,
            self._labeled,
            self._right,
            tuple(each.count(name) for name, each in self._ranges.items()),
            self._ranged_pictures,
            result,
            unavailable_reason(network),
            {"lens": "check"},
            min(len(self._seen) / MAX_PICTURES, 1.0),
        )


_UNKNOWN = float("nan"), float("nan")


@dataclass(frozen=True, eq=False)
class _UnitRange:
    """The least and the greatest value of each unit of a layer on all pictures."""

    #: float32 (C,).
    low: NDArray[np.float32]
    #: float32 (C,).
    high: NDArray[np.float32]
    #: The ends of its function and whether the lower one counts, where it has any.
    bounds: tuple[float, float, bool] | None = None

    def join(self, other: "_UnitRange") -> "_UnitRange":
        """Return the range over the pictures of both; the other alone where shapes differ."""
        if self.low.shape != other.low.shape:
            return other
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return _UnitRange(low, high, other.bounds)

    def count(self, layer: str) -> LayerHealth:
        """Return how many units are dead, and how many saturated."""
        saturated = np.zeros(len(self.low), bool)
        if self.bounds is not None:
            bottom, top, low_counts = self.bounds
            margin = BOUND_FRACTION * (top - bottom)
            saturated = self.low >= top - margin
            if low_counts:
                saturated |= self.high <= bottom + margin
        if self.low.min(initial=0.0) >= 0:
            dead = self.high <= 0
        else:
            scale = max(float(np.abs(self.low).max()), float(np.abs(self.high).max()))
            dead = self.high - self.low <= 1e-6 * scale
        dead &= ~saturated
        return LayerHealth(layer, len(self.low), int(dead.sum()), int(saturated.sum()))


def is_doubtful(network: Network) -> bool:
    """Return whether mean and std may be wrong: neither a card nor a known network says them.

    What the network's own library says counts as doubtful too where the weights are a user's.
    """
    origin = read_preprocessing(network.card).origin
    if network.card.binary or origin == "file":
        return False
    name = str(network.origin.get("net", ""))
    is_own = "checkpoint" in network.origin or Path(name).suffix != "" or ":" in name
    return origin != "module" or is_own


def _find_label(frame: Frame, card: Card, count: int) -> int:
    """Return the class that the picture's label or its file's name says; -1 where neither does."""
    name = Path(frame.source).stem if frame.label is None else frame.label
    if frame.label is None and name.isdecimal():
        return -1
    number = find_class(name, card.labels, count, card.synsets)
    if number is None and frame.label is None:
        number = find_class(name.partition("_")[2], card.labels, count)
    return -1 if number is None else number


def _normalize(x: Tensor, card: Card) -> Tensor:
    """Return pixels (B, C, H, W) as the module is given them."""
    shape = (1, -1, 1, 1)
    mean, std = (torch.tensor(v, device=x.device).reshape(shape) for v in (card.mean, card.std))
    given = (x - mean) / std
    return given.flip(1) if card.channel_order == "BGR" else given


@dataclass(frozen=True)
class CheckLens(LensDefaults):
    """Yield a CheckReport after each step; what is known is kept from frame to frame."""

    name: str = "check"
    title: str = "check of the network"
    source: str = "none; means, entropies and the divergence of normal distributions"
    backward: bool = False
    Params: type[CheckParams] = CheckParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: every network has an input and units."""
        return None

    def layers_of(self, params: CheckParams) -> tuple[str, ...]:
        """Return no layers: it makes passes of its own."""
        return ()

    def look(self, scene: Scene) -> Iterator[CheckReport]:
        """Yield the results for ``scene``, see the class."""
        checkup = scene.checkup or NetworkCheckup()
        if scene.frame is None:
            return
        checkup.follow(scene.network)
        yield from checkup.look(scene.frame, scene.params.background)


CHECK = CheckLens()
