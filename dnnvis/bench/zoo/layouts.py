"""Probe from outside whether rows are read right: pictures, places and channels of each.

Three probes that share nothing with the product's own: a picture in a batch against the picture
alone, bright patches in four quarters of four against where the map changes, and the modules' own
feature counts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from dnnvis.core.errors import DnnvisError, UnknownUnit
from dnnvis.core.messages import LayerInfo
from dnnvis.network.network import Network

Array = NDArray[np.float32]
Image = NDArray[np.uint8]
Energies = dict[str, NDArray[np.float64]]
QUARTERS = 4
PATCHES = ((0, 1), (1, 3), (2, 0), (3, 2))  # row and column among quarters
MAX_DIFFERENCE = 1e-3  # of a row's largest value
MAX_FLIPPED = 0.002  # fraction of values that may differ all the same, as spikes do
MIN_SPREAD = 0.65  # total variation between the patches' energies, from which they are localized
MIN_REGION = 0.5  # of the strongest region's energy
MIN_CHANGE = 1e-3  # of a row's largest value, below which a patch's change may be rounding
MIN_SCALE = 1e-20  # below it the steps between numbers are seen (random weights let little through)
MIN_PENALTY = 3  # a region that moved instead: 1 for a neighbor (sparse small maps), 2 for others
FEATURE_COUNTS: tuple[tuple[type[nn.Module] | tuple[type[nn.Module], ...], str], ...] = (
    (nn.modules.conv._ConvNd, "out_channels"),
    (nn.Linear, "out_features"),
    (nn.modules.batchnorm._NormBase, "num_features"),
    (nn.GroupNorm, "num_channels"),
    ((nn.LayerNorm, nn.RMSNorm), "normalized_shape"),
    (nn.Embedding, "embedding_dim"),
)


@dataclass
class LayoutFigures:
    """How a network's rows passed the probes."""

    #: Rows of the layer table that ``record`` gave.
    recorded: int = 0
    #: Rows of the layer table.
    rows: int = 0
    #: Rows shown as lists, their places not known.
    lists: int = 0
    #: Rows whose places the patches could tell.
    localized: int = 0
    #: Row -> what a probe found wrong.
    wrong: dict[str, str] = field(default_factory=dict)
    #: Row -> why it cannot be recorded.
    missing: dict[str, str] = field(default_factory=dict)
    #: Why a probe could not run.
    errors: list[str] = field(default_factory=list)


def make_picture(height: int, width: int, channels: int, seed: int = 0) -> Image:
    """Make a picture of coarse and fine noise around gray, uint8 (H, W, C)."""
    rng = np.random.default_rng(seed)
    rows, columns = -(-height // 8), -(-width // 8)
    coarse = rng.normal(0, 25, (rows, columns, channels)).repeat(8, 0).repeat(8, 1)
    fine = rng.normal(0, 10, (height, width, channels))
    values: Image = np.clip(110 + coarse[:height, :width] + fine, 0, 255).astype(np.uint8)
    return values


def brighten_patch(picture: Image, row: int, column: int) -> Image:
    """Return the picture with a bright patch in the middle of one of 4 x 4 regions."""
    height, width = picture.shape[:2]
    y, x = (
        slice(round((k + 0.25) * n / QUARTERS), round((k + 0.75) * n / QUARTERS))
        for k, n in ((row, height), (column, width))
    )
    bright = picture.copy()
    bright[y, x] = 255
    return bright


def check_layouts(net: Network) -> LayoutFigures:
    """Probe every row of a network's layer table."""
    layers = net.layers
    names = [layer.name for layer in layers]
    height, width = net.card.size
    figures = LayoutFigures(rows=len(layers))
    first, second = (make_picture(height, width, net.card.channels, seed) for seed in (1, 2))
    alone = _record(net, first, names, figures)
    figures.recorded = len(alone)
    figures.lists = sum(_is_list(layer) for layer in layers)
    for name, text in _iter_wrong_counts(net, layers):
        figures.wrong.setdefault(name, text)
    for probe in (_probe_batch, _probe_patches):
        try:
            for name, text in probe(net, layers, alone, first, second, figures):
                figures.wrong.setdefault(name, text)
        except DnnvisError as error:
            figures.errors.append(str(error))
    return figures


def _record(
    net: Network, picture: Image, names: Sequence[str], figures: LayoutFigures
) -> dict[str, list[Array]]:
    recording = net.record(picture, list(names))
    values = {}
    for name in names:
        try:
            values[name] = recording.calls(name)
        except UnknownUnit as error:
            if name not in net.table.rare:
                figures.missing[name] = str(error)
    return values


def _is_list(layer: LayerInfo) -> bool:
    return layer.shape[1] > 1 and layer.shape[2] == 1


def _iter_wrong_counts(net: Network, layers: Sequence[LayerInfo]) -> Iterator[tuple[str, str]]:
    table = net.table
    modules = dict(net.module.named_modules())
    for layer in layers:
        owner = table.modules.get(layer.name, "")
        if not owner or layer.name in table.paths or layer.name in table.parts:
            continue
        expected = count_features(modules[owner])
        if expected is not None and layer.shape[0] != expected:
            yield layer.name, f"channels: shown {layer.shape}, {layer.kind} has {expected}"


def count_features(module: nn.Module) -> int | None:
    """Return how many channels a module says it returns; None where it does not say."""
    for kind, attribute in FEATURE_COUNTS:
        if isinstance(module, kind):
            value: Any = getattr(module, attribute)
            if isinstance(value, tuple):
                return int(value[0]) if len(value) == 1 else None
            return int(value)
    return None


def _probe_batch(
    net: Network,
    layers: Sequence[LayerInfo],
    alone: dict[str, list[Array]],
    first: Image,
    second: Image,
    figures: LayoutFigures,
) -> Iterator[tuple[str, str]]:
    """Yield the rows where the second picture of a batch differs from that picture alone."""
    names = list(alone)
    batch = net.record(np.stack([second, first]), names)
    for name in names:
        try:
            together = [call[1] for call in batch.calls(name)]
        except DnnvisError as error:
            figures.errors.append(str(error))
            continue
        if text := compare_calls(together, alone[name]):
            yield name, f"batch: {text}"


def compare_calls(actual: Sequence[Array], expected: Sequence[Array]) -> str:
    """Return how two recordings of a row differ, "" where they do not."""
    if [call.shape for call in actual] != [call.shape for call in expected]:
        return f"{[c.shape for c in actual[:2]]} for {[c.shape for c in expected[:2]]}"
    for a, b in zip(actual, expected, strict=True):
        limit = MAX_DIFFERENCE * max(float(np.abs(np.nan_to_num(b)).max(initial=0)), 1e-12)
        differs = ~np.isclose(a, b, rtol=0, atol=limit, equal_nan=True)
        if b.size and differs.mean() > MAX_FLIPPED:
            return f"{differs.mean():.1%} of the values differ from those of the picture alone"
    return ""


def _probe_patches(
    net: Network,
    layers: Sequence[LayerInfo],
    alone: dict[str, list[Array]],
    first: Image,
    second: Image,
    figures: LayoutFigures,
) -> Iterator[tuple[str, str]]:
    """Yield the rows shown as maps that change elsewhere than where a patch is."""
    names = [
        layer.name for layer in layers if layer.name in alone and min(layer.shape[1:]) >= QUARTERS
    ]
    energies: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    for row, column in PATCHES:
        recording = net.record(brighten_patch(first, row, column), names)
        for name in names:
            try:
                changed = recording.calls(name)
            except UnknownUnit:
                continue
            if changed[0].shape == alone[name][0].shape and _has_changed(
                changed[0], alone[name][0]
            ):
                energies[name].append(measure_regions(changed[0], alone[name][0]))
    for name, measured in energies.items():
        if len(measured) < len(PATCHES):
            continue
        verdict = compare_regions(np.stack(measured))
        figures.localized += verdict is not None
        if verdict:
            yield name, f"places: {verdict}"


def _has_changed(changed: Array, base: Array) -> bool:
    """Return whether a row changed by more than rounding."""
    change, scale = np.abs(changed - base).max(initial=0), np.abs(base).max(initial=0)
    return bool(change > max(MIN_CHANGE * scale, MIN_SCALE))


def measure_regions(changed: Array, base: Array) -> NDArray[np.float64]:
    """Return the mean squared change of (C, H, W) in each of 4 x 4 regions."""
    energy = np.square(changed.astype(np.float64) - base).sum(0)  # (H, W)
    rows = [part.mean(0) for part in np.array_split(energy, QUARTERS, 0)]
    return np.stack([[c.mean() for c in np.array_split(row, QUARTERS)] for row in rows])


def compare_regions(energies: NDArray[np.float64]) -> str | None:
    """Return which patch moved a map elsewhere.

    Args:
        energies: Energies (patches, 4, 4) of the changes.

    Returns:
        A text; "" where each patch moved its own region; None where the energies are spread out
        or zero, so that no place can be told.
    """
    totals = energies.sum((1, 2), keepdims=True)
    if not np.isfinite(energies).all() or not (totals > 0).all():
        return None
    profiles = energies / totals
    spreads = [np.abs(a - b).sum() / 2 for a, b in combinations(profiles, 2)]
    if np.mean(spreads) < MIN_SPREAD:
        return None
    penalty, texts = 0, []
    for number, (row, column) in enumerate(PATCHES):
        own = profiles[:, row, column]
        is_first = own[number] > 1.2 * np.delete(own, number).max()
        if is_first or own[number] >= MIN_REGION * profiles[number].max():
            continue
        y, x = divmod(int(profiles[number].argmax()), QUARTERS)
        penalty += 1 if max(abs(y - row), abs(x - column)) == 1 else 2
        texts.append(f"a patch in region {row},{column} moved region {y},{x} most")
    return "; ".join(texts) if penalty >= MIN_PENALTY else ""
