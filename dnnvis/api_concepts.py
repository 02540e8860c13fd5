"""What a script asks of layers and units as a whole: weights, concepts, atlas, dissection.

``dnnvis.api`` has these functions, too.
"""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.atlas_view import AtlasRegion
from dnnvis.core.concepts.blocks import BuildingBlocks
from dnnvis.core.concepts.concepts import ConceptSet, Measure
from dnnvis.core.errors import BadInput
from dnnvis.core.unit import Unit
from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.introspect.atlas.layout import LayoutName
from dnnvis.lenses.atlas.arrays import build_from_arrays
from dnnvis.lenses.atlas.building import build_atlas
from dnnvis.lenses.atlas.options import AtlasOptions
from dnnvis.lenses.atlas.region import grow_region, plan_region
from dnnvis.lenses.circuits.arrays import list_fed, list_feeders, read_layer_weights
from dnnvis.lenses.concepts.job import ConceptOptions, find_concepts
from dnnvis.lenses.dissection.dissection import Dissection, dissect_network
from dnnvis.lenses.look import look
from dnnvis.library.dissection.dissect import DissectionOptions
from dnnvis.library.store.library import own_library_path
from dnnvis.network.network import Network
from dnnvis.sources.concepts.opening import SYNTHETIC, open_concepts
from dnnvis.sources.datasets import open_data

__all__ = [
    "atlas",
    "atlas_region",
    "blocks",
    "concepts",
    "dissect",
    "feeders",
    "feeds",
    "fit_atlas",
    "weights",
]


def atlas(
    net: Network,
    data: str | Path,
    layer: str,
    *,
    layout: LayoutName = "map",
    grid: int | Sequence[int] = 20,
    classes: Sequence[str] = (),
    limit: int = 0,
    per_picture: int = 0,
    steps: int = 0,
    size: int = 0,
    seed: int = 0,
) -> Atlas:
    """Make, or open, the activation atlas of a layer over a data set (Carter et al. 2019).

    It is kept in the user's data folder; a run that was stopped, or killed, goes on where it was.

    Args:
        net: The network.
        data: Path of the data set.
        layer: The layer whose activations are laid out.
        layout: "map" (an InfoVAE map fitted on them), "pca" or "umap".
        grid: Cells along a side, or several for zoom levels.
        classes: Classes that cells are attributed to, by name; () = all of at most 20, or each
            picture's likeliest.
        limit: Largest number of pictures, evenly taken; 0 takes all.
        per_picture: Positions a picture; 0 takes as many as give ten vectors a cell.
        steps: Steps of each cell's picture; 0: the preset's.
        size: Longest side of each picture in pixels; 0: by the receptive field.
        seed: Seed of positions, layout and pictures.

    Returns:
        The atlas: ``.cells`` (n, 2), ``.counts`` (n,), ``.directions`` (n, C), ``.attribution``
        (n, K) to ``.classes``, ``.picture(row, column)``, ``.decode(points)``, ``.levels``.

    Raises:
        BadInput: The data, the layer or a class cannot be used, or there are too few vectors.
        LensMissing: UMAP is not installed, or no gradient reaches the pixels.
        UnknownUnit: The network has no such layer.
    """
    grids = (grid,) if isinstance(grid, int) else tuple(grid)
    options = AtlasOptions(
        layer,
        str(data),
        layout,
        grids,
        tuple(classes),
        limit,
        per_picture,
        steps=steps,
        size=size,
        seed=seed,
    )
    result = build_atlas(net, options)
    if result is None:
        raise BadInput("Under torchrun only the first process has the atlas: open_atlas(net).")
    return result


def atlas_region(
    net: Network,
    atlas: Atlas,
    region: tuple[float, float, float],
    grid: int = 6,
    *,
    steps: int = 0,
) -> AtlasRegion:
    """Draw a part of an atlas as its layout decodes it, at any size and between the cells, too.

    Args:
        net: The atlas's network.
        atlas: The atlas; its layout must have a way back (map or pca).
        region: (left, top, side) in the unit square, top measured downwards.
        grid: Places along a side, 1 to 20.
        steps: Steps of each picture; 0: those of the atlas's own.

    Returns:
        ``.cells`` (n, 2), ``.pictures`` uint8 (n, H, W, C), ``.counts`` (n,): how many of the
        atlas's activations lie at each place; 0: the decoder alone says so.

    Raises:
        BadInput: The region or grid cannot be used, or UMAP made the layout.
        LensMissing: No gradient reaches the pixels.
        Mismatch: The atlas is another checkpoint's.
    """
    atlas.check(net)
    results = grow_region(net, atlas, plan_region(atlas, region, grid), steps)
    return [result for result in results if result is not None][-1]


def fit_atlas(
    net: Network,
    images: NDArray[np.uint8] | Sequence[Any],
    layer: str,
    labels: NDArray[np.int64] | Sequence[int] | None = None,
    *,
    layout: LayoutName = "map",
    grid: int | Sequence[int] = 20,
    per_picture: int = 0,
    steps: int = 0,
    size: int = 0,
    seed: int = 0,
) -> Atlas:
    """Make the activation atlas of a layer over pictures in memory; nothing is kept on disk.

    Args:
        net: The network.
        images: Pixels uint8 (N, H, W, C), or a list of pictures.
        layer: The layer whose activations are laid out.
        labels: Class indices int (N,); None or -1: not known.
        layout: As for ``atlas``, and so are ``grid``, ``per_picture``, ``steps``, ``size``,
            ``seed``.
        grid: Cells along a side, or several for zoom levels.
        per_picture: Positions a picture.
        steps: Steps of each cell's picture.
        size: Longest side of each picture in pixels.
        seed: Seed of positions, layout and pictures.

    Returns:
        The atlas, as ``atlas`` returns it.

    Raises:
        BadInput: Pictures, labels or the layer cannot be used, or there are too few vectors.
        LensMissing: UMAP is not installed, or no gradient reaches the pixels.
        UnknownUnit: The network has no such layer.
    """
    grids = (grid,) if isinstance(grid, int) else tuple(grid)
    options = AtlasOptions(
        layer,
        layout=layout,
        grids=grids,
        per_picture=per_picture,
        steps=steps,
        size=size,
        seed=seed,
    )
    return build_from_arrays(net, options, images, labels)


def blocks(
    net: Network,
    layer: str,
    image: Any,
    k: int = 6,
    *,
    call: int = -1,
    keep: bool = True,
) -> BuildingBlocks:
    """Factor the map of a layer on a picture into groups, and make these units of ``net``.

    Non-negative matrix factorization (Olah et al. 2018), see ``lenses.blocks``. The groups are the
    units ``conv4~[0]``, ``conv4~[1]`` ... of ``net`` until the layer is factored again: ``record``,
    ``look``, ``edited`` and ``scan`` take them.

    Args:
        net: The network.
        layer: A layer with maps.
        image: uint8 (H, W, C) or (H, W), or a path.
        k: Number of groups, 1 to 16.
        call: Which of the layer's calls; -1 is the last.
        keep: Whether the directions are kept in the library, where they come back from.

    Returns:
        ``.groups`` (k, H, W), ``.directions`` (k, C), ``.shares`` (k,) of the energy, ``.error``,
        ``.units``.

    Raises:
        UnknownUnit: There is no such layer or call.
        BadInput: The map cannot be factored so: ``k`` is greater than its rank, it has no positions
            or no value above zero.
    """
    name = net.layer(layer).name
    result: BuildingBlocks = look(
        net, "blocks", Unit(name, 0, None, call), image=image, k=k, keep=keep
    )
    if not result.count:
        raise BadInput(result.message)
    return result


def concepts(
    net: Network,
    data: str | Path,
    layer: str,
    k: int = 10,
    *,
    target: str = "",
    by: Measure = "sobol",
    limit: int | None = None,
    positions: int = 8,
    measured: int = 16,
    design: int = 16,
    estimator: str = "jansen",
    preset: str = "live",
    seed: int = 0,
    again: bool = False,
) -> ConceptSet:
    """Find the concepts that a layer uses over a data set (CRAFT, Fel et al. 2023), and keep them.

    They are the units ``conv4.concepts~[0]`` ... of ``net`` from then on. What was done before with
    the same settings is not done again.

    Args:
        net: The network.
        data: A folder of pictures, a film, a tar file, or ``demo``.
        layer: The layer.
        k: Number of concepts, 1 to 60.
        target: The unit that importance is for, as ``output[3]``; "": the class that most pictures
            are taken for.
        by: Importance by total Sobol index, or by the drop of the class without the concept.
        limit: At most so many pictures, evenly spread; None takes all.
        positions: Positions of each picture whose activations are factored, at most.
        measured: Pictures that importance is measured on, at most.
        design: Points of the Sobol design, a power of two.
        estimator: jansen | janon.
        preset: Preset of the concepts' pictures; "" grows none.
        seed: Of positions and pictures.
        again: Whether to discard what is known.

    Returns:
        ``.concepts``, the most important first: ``.unit``, ``.importance``, ``.share``,
        ``.picture``, ``.examples``.

    Raises:
        UnknownUnit: There is no such layer or target.
        BadInput: Data or settings cannot be used.
    """
    options = ConceptOptions(
        layer, k, limit, positions, by, target, measured, design, estimator, preset, seed
    )
    with closing(open_data(Path(data))) as dataset:
        return find_concepts(net, dataset, options, again=again)


def weights(net: Network, layer: str) -> NDArray[np.float32]:
    """Return the weights of a layer, or of the layer that it follows value by value.

    Args:
        net: The network.
        layer: A convolution, a dense layer, or a batch norm, rectifier or pooling after one. Batch
            norms are not folded in.

    Returns:
        A copy, float32 (units, inputs of each unit, ...): (units, inputs) of a dense layer,
        (units, inputs, h, w) of a convolution. Quantized weights are those that they stand for.

    Raises:
        UnknownUnit: There is no such layer.
        LensMissing: It has no matrix of weights.
    """
    return read_layer_weights(net, layer)


def feeders(
    net: Network,
    unit: str | Unit,
    image: Any = None,
    k: int = 9,
    *,
    by: str | None = None,
    to: str = "",
    linear: bool = False,
) -> list[tuple[Unit, float]]:
    """Return the units that feed a unit most: one step up a circuit.

    Batch norms right behind the weights are folded into them; rectifiers, pooling, concatenation
    and depthwise convolutions are followed through. Where no single matrix lies between, expanded
    weights stand in for one: the derivative of the unit (Voss et al. 2021). ``look(net, "feeds",
    unit, image=image)`` says which it was, with the sum and the bias.

    Args:
        net: The network.
        unit: The unit. Without a place it is looked at where it is strongest.
        image: uint8 (H, W, C), (H, W) or a path; None: weights alone.
        k: How many are returned, 1 to 1000.
        by: "frame" ranks by weight x activation, "weight" by the weights (root of the sum of
            squares, with the sign of the sum); None: by what ``image`` allows.
        to: An earlier layer, or "input", whose units are taken by expanded weights; "": the layer
            right before.
        linear: Whether expanded weights pass rectifiers as if they were the identity.

    Returns:
        (unit, value), the largest magnitude first; a channel of the picture is ``input[c]``. All
        values by "frame" and the bias add up to the unit's value before its rectifier.

    Raises:
        UnknownUnit: There is no such unit or layer.
        BadInput: A picture or setting that cannot be used.
        LensMissing: Nothing feeds it, in a sentence that says why.
    """
    options = {} if by is None else {"by": by}
    return list_feeders(net, unit, image, k, to=to, linear=linear, pictures=False, **options)


def feeds(
    net: Network, unit: str | Unit, image: Any = None, k: int = 9, *, by: str | None = None
) -> list[tuple[Unit, float]]:
    """Return the units that a unit feeds most: one step down a circuit.

    Args:
        net: The network.
        unit: The unit.
        image: As for ``feeders``. Each value is what the unit adds where the other is strongest.
        k: How many are returned, 1 to 1000.
        by: As for ``feeders``.

    Returns:
        (unit, value), the largest magnitude first; a class is ``output[c]``.

    Raises:
        UnknownUnit: There is no such unit.
        BadInput: A picture or setting that cannot be used.
        LensMissing: It feeds no matrix, in a sentence that says what it does feed.
    """
    options = {} if by is None else {"by": by}
    return list_fed(net, unit, image, k, pictures=False, **options)


def dissect(
    net: Network,
    concepts: str | Path = SYNTHETIC,
    layers: Sequence[str] | str | None = None,
    *,
    limit: int | None = None,
    points: int | None = None,
    upsample: bool = False,
    control: bool = True,
    keep: bool = True,
) -> Dissection:
    """Name the units of ``net`` by the concepts that they detect (Bau et al. 2017).

    Args:
        net: The network; edits that are on stay on, and then the names are not kept.
        concepts: ``made`` (or ``made:SEED``) makes pictures; else a folder with ``images`` and
            ``masks``, a folder with JSON files of labelme, or a data set with classes.
        layers: Names of layers; None takes all.
        limit: At most so many pictures, evenly spread; None takes all.
        points: Points a side at which maps and masks are compared; None: as many as are enough.
        upsample: Whether maps are brought to the pixels as Bau et al. do, instead of the mask to
            the map's positions; slower.
        control: Whether a copy with shuffled weights is dissected, too.
        keep: Whether the names are kept in the network's library, where the window finds them.

    Returns:
        ``.layers``: of each layer its ``.layer``, ``.concepts``, ``.scores`` (C, K), IoU or AUROC
        by ``.measure``, ``.best``, ``.has_name`` and ``.name(channel)``; ``.control``: the same of
        shuffled weights; ``.notes``: what was assumed.

    Raises:
        BadInput: Concepts or numbers that cannot be used.
        UnknownUnit: An unknown layer.
    """
    names = (layers,) if isinstance(layers, str) else layers
    card = net.card
    options = DissectionOptions(None if names is None else tuple(names), limit, points, upsample)
    with closing(
        open_concepts(concepts, card.size, channels=card.channels, boards=card.binary)
    ) as data:
        library = own_library_path(net) if keep else None
        return dissect_network(net, data, library, options, control=control)
