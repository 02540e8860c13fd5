r"""The libraries that ship: pictures and top examples of a bundled network, packed small.

A user's own library begins as a copy of it. It is made by four commands, of which
the third goes on where it was stopped:

    python -m dnnvis.sources.demo FOLDER
    dnnvis scan squeezenet-imagenet --data FOLDER --library LIBRARY
    dnnvis render squeezenet-imagenet --layer LAYER --library LIBRARY \
        --set size=128 --set jitter=16 --set falloff=1.15 --set steps=64 --set rate=0.12
    python -m dnnvis.library.store.shipped LIBRARY models/squeezenet-imagenet.library.sqlite
"""

import json
import shutil
import sqlite3
import sys
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from dnnvis.core.paths import shipped_folder
from dnnvis.library.store.blobs import (
    JPEG_START,
    WEBP_KIND,
    Pixels,
    decode_picture,
    encode_jpeg,
    encode_webp,
    squeeze_arrays,
    unpack_arrays,
)
from dnnvis.library.store.database import LibraryFile
from dnnvis.library.store.queries import resize_for_card
from dnnvis.sources.image_files import read_picture
from dnnvis.sources.opencv import opencv

PICTURE_SIDE, PICTURE_QUALITY = 80, 20  # pixels, and WebP's quality, of synthesized pictures
EXAMPLE_QUALITY = 85  # JPEG's, of natural ones, which keep their size: places in them are meant
PAGE_BYTES = 1 << 14  # of the file: small pages are left half empty by pictures of some kilobytes
#: What of a recipe a packed picture keeps; the preset stands for all settings but these.
RECIPE_KEYS = (
    *("lens", "preset", "size", "steps", "rate", "jitter", "falloff", "seed", "unit"),
    *("objective", "network"),
)


def shipped_library(name: str) -> Path:
    """Return where the library of a bundled network would lie."""
    return shipped_folder("models") / f"{name}.library.sqlite"


def install_shipped(name: str, fingerprint: str, path: Path) -> bool:
    """Copy the library that ships for a network to where there is none yet.

    Args:
        name: Name of the network.
        fingerprint: The network's; a library of other weights is not copied.
        path: The user's own library.

    Returns:
        Whether it was copied. Where it cannot be, a new one is made as for any network.
    """
    source = shipped_library(name)
    if path.exists() or not source.is_file() or _read_fingerprint(source) != fingerprint:
        return False
    new_path = path.with_name(f"{path.name}.{id(path):x}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, new_path)
        new_path.chmod(0o644)
        new_path.replace(path)
    except OSError:
        with suppress(OSError):
            new_path.unlink(missing_ok=True)
        return False
    return True


def _read_fingerprint(path: Path) -> str:
    try:
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as file:
            rows = file.execute("SELECT value FROM about WHERE name = 'fingerprint'").fetchall()
    except sqlite3.Error:
        return ""
    return str(rows[0][0]) if rows else ""


def pack_library(source: Path, target: Path) -> None:
    """Write a library whose pictures are small WebPs, with short recipes and no curves.

    Args:
        source: The library.
        target: The new file; one that is there is replaced.
    """
    target.unlink(missing_ok=True)
    shutil.copyfile(source, target)
    with closing(sqlite3.connect(target)) as file:
        pictures = file.execute("SELECT id, png, channels, recipe FROM pictures").fetchall()
        for number, data, channels, recipe in pictures:
            if data[8:16] == WEBP_KIND and _is_small(decode_picture(data, channels)):
                continue  # of a library that was packed and then went on
            small = encode_webp(_shrink(decode_picture(data, channels)), PICTURE_QUALITY)
            file.execute(
                "UPDATE pictures SET png = ?, recipe = ?, curve = NULL WHERE id = ?",
                (small, _shorten(recipe), number),
            )
        _pack_examples(file, source)
        file.commit()
        file.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        file.execute("VACUUM")


def _pack_examples(file: sqlite3.Connection, library: Path) -> None:
    """Put the natural pictures into the file, in place of paths that only this machine has."""
    with LibraryFile(library, create=False) as opened:
        card = opened.card
    columns = "data, number, path, png, channels"
    for data, number, path, png, channels in file.execute(
        f"SELECT {columns} FROM images"
    ).fetchall():
        if png is not None and png.startswith(JPEG_START):
            continue  # packed already
        if png is not None:
            pixels = decode_picture(png, channels)
        elif card is not None:
            pixels = resize_for_card(read_picture(path), card)
        file.execute(
            "UPDATE images SET png = ?, path = '', channels = ? WHERE data = ? AND number = ?",
            (encode_jpeg(pixels, EXAMPLE_QUALITY), pixels.shape[2], data, number),
        )
    for data, layer, tops, statistics in file.execute(
        "SELECT data, layer, tops, statistics FROM layers"
    ).fetchall():
        sums = unpack_arrays(statistics)
        sums.pop("between", None)  # which units fire together: most of the bytes, of few pictures
        file.execute(
            "UPDATE layers SET tops = ?, statistics = ? WHERE data = ? AND layer = ?",
            (squeeze_arrays(unpack_arrays(tops)), squeeze_arrays(sums), data, layer),
        )
    for scan, numbers in file.execute("SELECT scan, numbers FROM naturals").fetchall():
        file.execute(
            "UPDATE naturals SET numbers = ? WHERE scan = ?",
            (squeeze_arrays(unpack_arrays(numbers)), scan),
        )
    named = "address LIKE 'photographs of the demo %'"
    file.execute(f"UPDATE data SET address = 'photographs of the demo ' || id WHERE NOT {named}")


def _is_small(pixels: Pixels) -> bool:
    return bool(max(pixels.shape[:2]) <= PICTURE_SIDE)


def _shrink(pixels: Pixels) -> Pixels:
    cv2 = opencv()
    side = min(PICTURE_SIDE, *pixels.shape[:2])
    small = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small.reshape(side, side, -1))


def _shorten(recipe: str) -> str:
    settings = json.loads(recipe)
    return json.dumps(
        {key: settings[key] for key in RECIPE_KEYS if key in settings}
        | {"packed": f"WebP, {PICTURE_SIDE} pixels"}
    )


if __name__ == "__main__":
    pack_library(Path(sys.argv[1]), Path(sys.argv[2]))
