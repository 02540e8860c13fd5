"""Grow a picture for each direction of a layer, or for each position of a map on one picture.

Source: Olah et al. 2018, "The Building Blocks of Interpretability": a group, or a position's
activation vector, is a direction, and the picture is one on which the layer's values point that
way: gradient ascent on the dot product times the cosine to the power 2, averaged over positions
(see ``ascent.objectives.direction``).
"""

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from dnnvis.core.concepts.blocks import Array, BlockPictures
from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.lens_results import SKIPPED, SkippedStep
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import GROUP_MARK, Unit
from dnnvis.lenses.ascent.batch_ascent import BatchAscent
from dnnvis.lenses.ascent.lens import to_arrays
from dnnvis.lenses.ascent.natural_reference import load_reference
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.network.cache import NetworkCache
from dnnvis.network.directions.directions import Directions, DirectionSets, use_directions
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE
from dnnvis.network.network import Network

MIN_COSINE = 0.95  # of two directions that share a picture
MAX_GRID = 14  # positions along an axis that get a picture of their own; more are averaged
GRAY = 0.5
PRESET = "live"
_PICTURES: NetworkCache[str, "dict[int, tuple[Array, Array]]"] = NetworkCache()


@dataclass(frozen=True)
class BlockPicturesParams:
    """Settings of the lens ``block_pictures``."""

    #: A picture of each group, or of each position.
    of: str = choice("groups", "positions")
    #: Pictures that grow at once.
    batch: int = field(default=8, metadata={"range": (1, 64)})
    #: Steps of each.
    steps: int = field(default=40, metadata={"range": (1, 2000)})
    #: Longest side of each picture in pixels; 0: the network's own.
    size: int = field(default=0, metadata={"range": (0, 1024)})


@dataclass(frozen=True)
class BlockPicturesLens(LensDefaults):
    """Yield BlockPictures as they grow."""

    name: str = "block_pictures"
    title: str = "pictures of building blocks"
    source: str = "Olah et al. 2018; Carter et al. 2019 (cosine)"
    backward: bool = False
    reads_recording: bool = True
    Params: type[BlockPicturesParams] = BlockPicturesParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why the network gives no gradients; None where it does."""
        return NO_GRADIENTS_NOTE if NO_GRADIENTS_NOTE in info.notes else None

    def layers_of(self, params: BlockPicturesParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[BlockPictures | SkippedStep]:
        """Yield the pictures so far, or why there are none."""
        layer = scene.network.table.base(scene.unit.layer)
        recipe = {"lens": self.name, "unit": str(Unit(layer, 0, None, scene.unit.call))}
        base = BlockPictures(
            layer, recipe=recipe | asdict(scene.params), network=scene.network.name
        )
        try:
            steps = (
                _grow_groups(scene, base)
                if scene.params.of == "groups"
                else _grow_positions(scene, base)
            )
            yield from steps
        except (BadInput, LensMissing) as error:
            yield replace(base, message=str(error))


def grow_directions(
    network: Network,
    layer: str,
    vectors: Array,
    params: BlockPicturesParams,
    call: int = -1,
) -> Iterator[tuple[list[int], Array]]:
    """Grow a picture for each of some directions; a step of the ascent at each turn.

    Args:
        network: The network.
        layer: The layer.
        vectors: Directions (n, C), none of them zero.
        params: How they are grown.
        call: Call of the layer.

    Yields:
        (numbers of the directions that grow now, their pictures float32 (b, h, w, C) in [0, 1]).
    """
    name = f"{layer} pictures{GROUP_MARK}"
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    tensor = torch.from_numpy(np.ascontiguousarray(vectors / lengths, np.float32))
    view = use_directions(network, DirectionSets([Directions(name, layer, tensor)]))
    recipe = PRESETS[PRESET].with_changes({"steps": params.steps, "size": params.size})
    template = Objective.of(Unit(name, 0, None, call))
    with autograd_mode(gradients=False):
        _, statistics = load_reference(network, Objective.of(Unit(layer, 0)), recipe)
    for start in range(0, len(vectors), params.batch):
        numbers = list(range(start, min(start + params.batch, len(vectors))))
        ascent = BatchAscent(view, recipe, template, statistics)
        objectives = [Objective.of(Unit(name, number, None, call)) for number in numbers]
        ascent.add(objectives, [0] * len(numbers))
        while not ascent.is_finished:
            ascent.step()
            yield numbers, to_arrays(ascent.pictures())


def _grow_groups(scene: Scene, base: BlockPictures) -> Iterator[BlockPictures | SkippedStep]:
    """Grow the groups' pictures; one whose direction has hardly changed stays."""
    network = scene.network
    directions = network.directions.get(f"{base.layer}{GROUP_MARK}")
    if directions is None or directions.layer != base.layer:
        raise BadInput(tr("{layer} has no groups yet.", layer=base.layer))
    vectors = directions.vectors.cpu().numpy()
    known = _PICTURES.of(network).setdefault(base.layer, {})
    for number in list(known):
        if number >= len(vectors) or float(known[number][0] @ vectors[number]) < MIN_COSINE:
            del known[number]
    missing = [number for number in range(len(vectors)) if number not in known]
    result = replace(
        base,
        directions=vectors,
        caption=tr(
            "what each group of {layer} wants to see: dot product x cosine squared",
            layer=base.layer,
        ),
    )
    growing: dict[int, Array] = {}
    done = len(vectors) - len(missing)
    for numbers, pictures in grow_directions(
        network, base.layer, vectors[missing], scene.params, scene.unit.call
    ):
        first = missing[numbers[0]]
        if growing and first not in growing:
            _store(known, vectors, growing)
            done += len(growing)
            growing = {}
        growing = {missing[n]: picture for n, picture in zip(numbers, pictures, strict=True)}
        if scene.is_watched():
            shown = {number: picture for number, (_, picture) in known.items()} | growing
            yield replace(
                result, pictures=_stack(shown, len(vectors)), progress=_part(done, vectors)
            )
        else:
            yield SKIPPED
    _store(known, vectors, growing)
    finished = {number: picture for number, (_, picture) in known.items()}
    yield replace(result, pictures=_stack(finished, len(vectors)))


def _store(
    known: dict[int, tuple[Array, Array]], vectors: Array, pictures: dict[int, Array]
) -> None:
    for number, picture in pictures.items():
        known[number] = vectors[number].copy(), picture


def _part(done: int, vectors: Array) -> float:
    return min(done / len(vectors), 0.99)


def _stack(pictures: dict[int, Array], count: int) -> Array:
    """Return pictures (count, h, w, C), those that are missing gray."""
    shape = next(iter(pictures.values())).shape if pictures else (1, 1, 3)
    gray = np.full(shape, GRAY, np.float32)
    return np.stack([pictures.get(number, gray) for number in range(count)])


def _grow_positions(scene: Scene, base: BlockPictures) -> Iterator[BlockPictures | SkippedStep]:
    """Grow a picture for each position's activation vector."""
    if scene.recording is None:
        raise BadInput(tr("Pictures of positions need a picture to look at."))
    maps = scene.recording.tensor(base.layer, scene.unit.call).detach().float()  # (1, C, H, W)
    if maps.shape[2] * maps.shape[3] == 1:
        raise BadInput(
            tr(
                "{layer} has no positions that could form groups; choose a layer with maps.",
                layer=base.layer,
            )
        )
    pooled, vectors = pool_positions(maps)
    norms = vectors.norm(dim=2)  # (h, w)
    if not bool(torch.isfinite(norms).all()) or not bool((norms > 0).any()):
        raise BadInput(tr("Every value is zero or below: there is nothing to group."))
    rows = vectors.flatten(0, 1).cpu().numpy()
    alive = np.flatnonzero(norms.flatten().cpu().numpy() > 0)
    result = replace(
        base,
        directions=rows,
        grid=(int(norms.shape[0]), int(norms.shape[1])),
        norms=norms.cpu().numpy(),
        pooled=pooled,
        frame=-1 if scene.frame is None else scene.frame.number,
        caption=_describe_positions(base.layer, float(norms.max()), pooled),
    )
    shown: dict[int, Array] = {}
    for numbers, pictures in grow_directions(
        scene.network, base.layer, rows[alive], scene.params, scene.unit.call
    ):
        shown |= {int(alive[n]): each for n, each in zip(numbers, pictures, strict=True)}
        if scene.is_watched():
            part = min(numbers[0] / len(alive), 0.99)
            yield replace(result, pictures=_stack(shown, len(rows)), progress=part)
        else:
            yield SKIPPED
    yield replace(result, pictures=_stack(shown, len(rows)))


def pool_positions(maps: Tensor) -> tuple[int, Tensor]:
    """Return how many positions were averaged along each axis, and the vectors (h, w, C).

    Args:
        maps: (1, C, H, W).
    """
    pooled = math.ceil(max(maps.shape[2:]) / MAX_GRID)
    if pooled > 1:
        maps = F.avg_pool2d(maps, pooled, ceil_mode=True, count_include_pad=False)
    return pooled, maps[0].permute(1, 2, 0)


def _describe_positions(layer: str, largest: float, pooled: int) -> str:
    text = tr(
        "what each position of {layer} asks for; the side of a picture is the length of its "
        "activation vector, {largest:.3g} fills its cell",
        layer=layer,
        largest=largest,
    )
    if pooled > 1:
        text += tr("; {count} x {count} positions are averaged to one", count=pooled)
    return text


BLOCK_PICTURES = BlockPicturesLens()
