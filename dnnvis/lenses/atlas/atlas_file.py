"""Store an atlas in one file: numbers in safetensors, pictures as WebP or PNG, text in its header.

A map of the layout lies beside it, in the form of ``introspect.map_file``.
"""

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import read_stable, replace_file, safetensors_metadata
from dnnvis.introspect.atlas.atlas import Atlas, AtlasLevel
from dnnvis.introspect.atlas.layout import SquareScale
from dnnvis.introspect.atlas.whitening import Whitening
from dnnvis.introspect.map_file import SUFFIX as MAP_SUFFIX
from dnnvis.introspect.map_file import read_map, write_map
from dnnvis.introspect.pca import Basis
from dnnvis.lenses.atlas.options import SUFFIX, list_atlases
from dnnvis.library.store.blobs import decode_picture, encode_png, encode_webp
from dnnvis.network.network import Network

FORMAT_VERSION = 1
HEADER_KEY = "dnnvis atlas"
WEBP_QUALITY = 85
MAX_EXACT_SIDE = 64  # up to this side pictures are stored without loss
ATLAS_ARRAYS = ("class_ids", "points", "index", "labels", "predicted")
LEVEL_ARRAYS = ("cells", "counts", "vectors", "directions", "attribution", "examples", "nearest")
TEXTS = (
    "network",
    "fingerprint",
    "layer",
    "layout",
    "classes",
    "data",
    "recipe",
    "figures",
    "notes",
)


def map_file_of(path: Path) -> Path:
    """Return the file of the map that belongs to an atlas's file."""
    return path.with_name(f"{path.name.removesuffix(SUFFIX)}{MAP_SUFFIX}")


def write_atlas(atlas: Atlas, path: Path) -> None:
    """Write an atlas whole or not at all; raise BadInput where the file cannot be written."""
    arrays = {name: getattr(atlas, name) for name in ATLAS_ARRAYS}
    arrays |= {
        "whitening/mean": atlas.whitening.mean,
        "whitening/covariance": atlas.whitening.covariance,
    }
    if atlas.basis is not None:
        arrays |= {
            f"basis/{item.name}": getattr(atlas.basis, item.name)
            for item in fields(Basis)
            if item.name != "unit"
        }
    for level in atlas.levels:
        arrays |= {f"{level.grid}/{name}": getattr(level, name) for name in LEVEL_ARRAYS}
        encoded = [_encode(picture) for picture in level.pictures]
        arrays[f"{level.grid}/lengths"] = np.array([len(data) for data in encoded], np.int64)
        arrays[f"{level.grid}/pictures"] = np.frombuffer(b"".join(encoded), np.uint8)
    about = {name: getattr(atlas, name) for name in TEXTS} | {
        "version": FORMAT_VERSION,
        "grids": [level.grid for level in atlas.levels],
        "channels": [int(level.pictures.shape[3]) for level in atlas.levels],
        "scale": [atlas.scale.low, atlas.scale.high],
        "shrinkage": atlas.whitening.shrinkage,
        "count": atlas.whitening.count,
        "unit": None if atlas.basis is None else atlas.basis.unit,
        "has_map": atlas.map is not None,
    }
    content = save(
        {name: np.ascontiguousarray(values) for name, values in arrays.items()},
        {HEADER_KEY: json.dumps(about)},
    )
    if atlas.map is not None:
        write_map(atlas.map, map_file_of(path))
    with replace_file(path) as temporary:
        temporary.write_bytes(content)


def _encode(picture: NDArray[np.uint8]) -> bytes:
    height, width, channels = picture.shape
    if channels in (1, 3) and max(height, width) > MAX_EXACT_SIDE:
        return encode_webp(picture, WEBP_QUALITY)
    return encode_png(picture)


def read_atlas(path: Path) -> Atlas:
    """Read the atlas in a file; raise BadInput where it holds none, or one of another version."""
    try:
        content = read_stable(path)
        arrays = load(content)
        about = json.loads(safetensors_metadata(content)[HEADER_KEY])
        if about["version"] != FORMAT_VERSION:
            raise BadInput(
                f"{path} is an atlas of version {about['version']}; this dnnvis reads "
                f"{FORMAT_VERSION}."
            )
        atlas = _validate(_build(about, arrays))
    except OSError as error:
        reason = error.strerror or "its disk fails"
        raise BadInput(f"{path} holds no atlas that can be read: {reason}.") from None
    except (
        *(SafetensorError, LookupError, TypeError, ValueError, AttributeError),
        *(RecursionError, OverflowError),
    ):
        raise BadInput(
            f"{path} holds no atlas that can be read: it is damaged or none; make it again."
        ) from None
    if about["has_map"]:
        atlas = replace(atlas, map=read_map(map_file_of(path)))
    return atlas


def _build(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Atlas:
    texts: dict[str, Any] = {name: about[name] for name in TEXTS}
    texts |= {name: tuple(texts[name]) for name in ("classes", "notes")}
    (low, high) = (tuple(map(float, pair)) for pair in about["scale"])
    if len(low) != 2 or len(high) != 2:
        raise ValueError("a scale has two axes")
    basis = None
    if about["unit"] is not None:
        names = [item.name for item in fields(Basis) if item.name != "unit"]
        basis = Basis(**{name: arrays[f"basis/{name}"] for name in names}, unit=about["unit"])
    return Atlas(
        **texts,
        **dict[str, Any]({name: arrays[name] for name in ATLAS_ARRAYS}),
        levels=tuple(
            _build_level(grid, channels, arrays)
            for grid, channels in zip(about["grids"], about["channels"], strict=True)
        ),
        scale=SquareScale((low[0], low[1]), (high[0], high[1])),
        whitening=Whitening(
            arrays["whitening/mean"],
            arrays["whitening/covariance"],
            float(about["shrinkage"]),
            int(about["count"]),
        ),
        basis=basis,
    )


def _build_level(grid: int, channels: int, arrays: dict[str, NDArray[Any]]) -> AtlasLevel:
    data, lengths = arrays[f"{grid}/pictures"].tobytes(), arrays[f"{grid}/lengths"]
    ends = np.cumsum(lengths).tolist()
    if (lengths < 0).any() or (ends and ends[-1] != len(data)):
        raise ValueError("pictures of other lengths")
    pictures = [
        decode_picture(data[end - length : end], channels)
        for end, length in zip(ends, lengths.tolist(), strict=True)
    ]
    stack = np.stack(pictures) if pictures else np.zeros((0, 1, 1, channels), np.uint8)
    values = {name: arrays[f"{grid}/{name}"] for name in LEVEL_ARRAYS}
    return AtlasLevel(grid=int(grid), pictures=stack, **values)


def _validate(atlas: Atlas) -> Atlas:
    """Return the atlas; raise ValueError where its parts do not belong together."""
    count, width = len(atlas.points), len(atlas.whitening.mean)
    classes = len(atlas.classes)
    for level in atlas.levels:
        cells = len(level.cells)
        sizes = {len(getattr(level, name)) for name in (*LEVEL_ARRAYS, "pictures")}
        shapes = (level.vectors.shape, level.directions.shape, level.attribution.shape)
        if sizes != {cells} or shapes != ((cells, width), (cells, width), (cells, classes)):
            raise ValueError("cells of other numbers")
        if cells and not (level.cells.min() >= 0 and level.cells.max() < level.grid):
            raise ValueError("cells outside of the grid")
        if level.nearest.max(initial=-1) >= cells or level.examples.shape[1:][1:] != (3,):
            raise ValueError("examples of another form")
    lengths = {len(values) for values in (atlas.index, atlas.labels, atlas.predicted)}
    if lengths != {count} or atlas.points.shape != (count, 2) or not atlas.levels:
        raise ValueError("vectors of other numbers")
    if atlas.whitening.covariance.shape != (width, width) or len(atlas.class_ids) != classes:
        raise ValueError("units or classes of other numbers")
    return atlas


def open_atlas(network: Network, path: str | Path | None = None) -> Atlas:
    """Open the atlas in a file, else the newest one of the network.

    Args:
        network: The network.
        path: The file; None: the newest in the user's data folder.

    Raises:
        BadInput: There is none, or it cannot be read.
        Mismatch: It is another checkpoint's.
    """
    if path is None:
        files = list_atlases(network.fingerprint)
        if not files:
            raise BadInput(
                f"There is no atlas of {network.name} yet: make one with `dnnvis atlas`, or with "
                "New ... in the window's tab Atlas."
            )
        path = files[0]
    if not Path(path).is_file():
        raise BadInput(f"There is no atlas {path}.")
    atlas = read_atlas(Path(path))
    atlas.check(network)
    if atlas.map is not None:
        atlas = replace(atlas, map=replace(atlas.map, network=network))
    return atlas
