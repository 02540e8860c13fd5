"""Which units feed a unit, and which it feeds: one step through a circuit.

Sources: Olah et al. 2020, "Zoom In: An Introduction to Circuits"; Voss et al. 2021, "Visualizing
Weights" (expanded weights). What is computed is said in ``network.connections.feeders``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.formatting import format_number
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.core.weights.feeds import ConnectedUnit, FeedRanking, Feeds
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.lenses.patterns import make_thumbnail
from dnnvis.lenses.wiring import graph_of
from dnnvis.library.store.library import open_library, own_library_path
from dnnvis.network.cache import NetworkCache
from dnnvis.network.connections.feeders import FeedSums, measure_feeds
from dnnvis.network.connections.products import Connections
from dnnvis.network.connections.walk import Row
from dnnvis.network.dataflow.trace import INPUT
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.network.values import to_float32

PICTURE_SIDE_PIXELS = 96
MAX_SAVED_PICTURES = 4000  # thumbnails in memory, of one network
COLORS = ("red", "green", "blue")

#: (file and when it was last written) -> text of a unit -> its thumbnail, None where it has none.
_PICTURES: NetworkCache[tuple[str, int], dict[str, NDArray[np.uint8] | None]] = NetworkCache()


@dataclass(frozen=True)
class FeedsParams:
    """Settings of the lens ``feeds``."""

    #: How many units are listed on either side.
    k: int = field(default=9, metadata={"range": (1, 1000)})
    #: What ranks them: what they add on this frame, or their weights alone.
    by: str = choice("frame", "weight")
    #: An earlier layer whose units are taken for those that feed it, by expanded weights; "": the
    #: layer right before.
    to: str = field(default="", metadata={"layer": True})
    #: Whether expanded weights pass rectifiers as if they were the identity.
    linear: bool = field(default=False, metadata={"switch": True})
    #: Whether the library's pictures of the units are read.
    pictures: bool = field(default=True, metadata={"switch": True})


@dataclass(frozen=True)
class FeedsLens(LensDefaults):
    """Yield the Feeds of the unit on the frame, or on a gray picture by weights alone."""

    name: str = "feeds"
    title: str = "what feeds a unit"
    source: str = "Olah et al. 2020; Voss et al. 2021"
    backward: bool = False
    Params: type[FeedsParams] = FeedsParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: what a unit lacks is said in the result."""
        return None

    def layers_of(self, params: FeedsParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[Feeds]:
        """Yield the units, or why there are none."""
        network, unit, params = scene.network, scene.unit, scene.params
        frame = -1 if scene.frame is None else scene.frame.number
        recipe: dict[str, Any] = {"lens": self.name, "unit": str(unit), "by": params.by}
        recipe |= {"k": params.k, "to": params.to, "linear": params.linear}
        pixels = network.probe() if scene.frame is None else network.encode(scene.frame.pixels)
        try:
            sums = measure_feeds(
                network, graph_of(scene), unit, pixels, to=params.to, linear=params.linear
            )
        except LensMissing as error:
            yield Feeds(
                str(unit), message=str(error), recipe=recipe, frame=frame, network=network.name
            )
            return
        yield _build_feeds(scene, sums, recipe, frame)


def _build_feeds(scene: Scene, sums: FeedSums, recipe: dict[str, Any], frame: int) -> Feeds:
    params, unit = scene.params, scene.unit
    has_frame = scene.frame is not None
    by: FeedRanking = "frame" if params.by == "frame" and has_frame else "weight"
    listing = _Listing(scene, sums, by, has_frame)
    return Feeds(
        str(unit),
        listing.list_units(sums.feeders),
        len(sums.feeders.weight),
        listing.list_units(sums.fed),
        len(sums.fed.weight),
        by,
        sums.matrix,
        sums.after,
        sums.position,
        sums.total if has_frame else float("nan"),
        sums.bias,
        sums.computed if has_frame else float("nan"),
        sums.exact,
        describe_feeds(sums, by, has_frame=has_frame, linear=params.linear),
        sums.message,
        sums.fed_message,
        recipe=recipe,
        frame=frame,
        network=scene.network.name,
    )


@dataclass(frozen=True)
class _Listing:
    """Turns connections into listed units."""

    scene: Scene
    sums: FeedSums
    by: FeedRanking
    has_frame: bool

    def list_units(self, connections: Connections) -> tuple[ConnectedUnit, ...]:
        """Return the strongest units, those that add or take away most first."""
        strength = connections.value if self.by == "frame" else connections.weight
        ranked = np.where(np.isfinite(strength), np.abs(strength), np.inf)
        order = np.argsort(-ranked, kind="stable")[: self.scene.params.k]
        return tuple(self._describe(connections, int(k)) for k in order)

    def _describe(self, connections: Connections, k: int) -> ConnectedUnit:
        number, channel = int(connections.source[k]), int(connections.channel[k])
        weight = float(connections.weight[k])
        value = float(connections.value[k]) if self.has_frame else float("nan")
        if number < 0:
            return ConnectedUnit("", tr("input {number}", number=channel), weight, value)
        row = connections.rows[number]
        if row.layer == INPUT:
            name = name_channel(self.scene.network, channel)
            pixels = self._map(row, channel)
            return ConnectedUnit("", name, weight, value, map=pixels, channel=channel)
        unit = address(self.scene.network, row, channel)
        picture = None
        if self.scene.params.pictures:
            picture = find_picture(self.scene.network, unit)
        name = self.scene.network.info.label_unit(unit)
        return ConnectedUnit(str(unit), name, weight, value, picture, self._map(row, channel))

    def _map(self, row: Row, channel: int) -> NDArray[np.float32] | None:
        recording = self.sums.capture.recording
        if not self.has_frame or recording is None:
            return None
        if row.layer != INPUT and row.layer not in recording:
            return None
        value = self.sums.capture.value(row).detach()
        return to_float32(value[0, channel]).copy() if channel < value.shape[1] else None


def address(network: Network, row: Row, channel: int) -> Unit:
    """Return the unit of a channel in one call of a layer; -1 stands for the only call."""
    calls = network.layer(row.layer).calls
    return Unit(row.layer, channel, None, row.call if calls > 1 else -1)


def name_channel(network: Network, channel: int) -> str:
    """Return what a channel of the picture is called."""
    if network.card.channels == len(COLORS):
        return tr(COLORS[channel])
    if network.card.channels == 1:
        return tr("picture")
    return tr("channel {number}", number=channel)


def find_picture(network: Network, unit: Unit) -> NDArray[np.uint8] | None:
    """Return the newest saved picture of a unit, a square uint8 (s, s, 3); None without any.

    A class is looked for under the layer of its logit as well.
    """
    path = own_library_path(network)
    if not path.is_file():
        return None
    saved = _PICTURES.of(network)
    key = (str(path), _read_time(path))
    if key not in saved:
        saved.clear()
        saved[key] = {}
    known = saved[key]
    unit = Unit(unit.layer, unit.channel)
    if str(unit) not in known:
        if len(known) >= MAX_SAVED_PICTURES:
            known.clear()
        known[str(unit)] = _read_picture(network, unit)
    return known[str(unit)]


def _read_time(path: Path) -> int:
    """Return when a library was last written; its write-ahead log has what is newest."""
    log = path.with_name(path.name + "-wal")
    return max(each.stat().st_mtime_ns for each in (path, log) if each.exists())


def _read_picture(network: Network, unit: Unit) -> NDArray[np.uint8] | None:
    units = [unit]
    if unit.layer == OUTPUT and network.info.logits:
        units.append(Unit(network.info.logits, unit.channel))
    try:
        with open_library(network, create=False) as library:
            for each in units:
                newest = library.newest(each)
                if newest is not None:
                    return make_thumbnail(newest.pixels, PICTURE_SIDE_PIXELS)
    except BadInput:  # a broken library is said where it is looked at
        return None
    return None


def describe_feeds(
    sums: FeedSums, by: FeedRanking, *, has_frame: bool, linear: bool = False
) -> str:
    """Describe in one line how the values were computed.

    Args:
        sums: What was measured.
        by: What ranks the units.
        has_frame: Whether there is a frame.
        linear: Whether rectifiers were passed as if they were the identity.

    Returns:
        The line.
    """
    parts = [_describe_matrix(sums) if sums.matrix else _describe_expanded(sums, linear)]
    if has_frame:
        at = ""
        if sums.position is not None:
            at = tr(" at {y},{x}", y=sums.position[0], x=sums.position[1])
        parts.append(_describe_sum(sums, at))
    if by == "weight":
        parts.append(tr("ranked by weights alone: root of the sum of squares, sign of the sum"))
    return "; ".join(part for part in parts if part)


def _describe_matrix(sums: FeedSums) -> str:
    text = tr("weights of {layer}", layer=sums.matrix)
    if sums.folded:
        text += tr(", {names} folded in", names=_join(sums.folded))
    if sums.passed:
        text += tr(", through {names}", names=_join(sums.passed))
    return text


def _describe_expanded(sums: FeedSums, linear: bool) -> str:
    if linear:
        mode = tr("rectifiers as if they were the identity")
    else:
        mode = tr("as the part between is on this frame")
    if not sums.passed:
        return tr(
            "expanded weights through everything between: the derivative of the unit, {mode}",
            mode=mode,
        )
    return tr(
        "expanded weights through {names}, which is no single matrix: the derivative of the unit, "
        "{mode}",
        names=_join(sums.passed),
        mode=mode,
    )


def _describe_sum(sums: FeedSums, at: str) -> str:
    total, computed = format_number(sums.total), format_number(sums.computed)
    if not sums.exact:
        return tr(
            "weight x activation{at}: {total} in all, of {computed}; the rest is biases and what "
            "is not linear",
            at=at,
            total=total,
            computed=computed,
        )
    text = tr(
        "weight x activation{at}: {total} + bias {bias} = {computed}",
        at=at,
        total=total,
        bias=format_number(sums.bias),
        computed=computed,
    )
    passive = [kind for kind in sums.after if not kind.startswith(("BatchNorm", "Dropout"))]
    return text + (tr(", before {names}", names=_join(passive)) if passive else "")


def _join(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(names))


FEEDS = FeedsLens()
