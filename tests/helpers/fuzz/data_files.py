"""Data sets and boards."""

import gzip
import io
import json
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dnnvis.sources.image_files import read_picture
from helpers.fuzz.packed import in_gzip, in_pickle, in_tar, in_zip
from helpers.fuzz.picture_files import open_data_set, picture, pixels, play
from helpers.fuzz.reader import Files, Mutate, Reader

CIFAR_ROWS = 6
CIFAR_BYTES = 3072
BOARDS = {
    "RLE": ("a.rle", "#N glider\n#C a comment\nx = 3, y = 3, rule = B3/S23:T20,30\nbob$2bo$3o!\n"),
    "RLE without a header": ("a.rle", "bob$2bo$3o!\n"),
    "cells": ("a.cells", "!Name: glider\n!\n.O.\n..O\nOOO\n"),
    "Life 1.05": ("a.lif", "#Life 1.05\n#D glider\n#R 23/36\n#P -1 -1\n.*.\n..*\n***\n"),
    "Life 1.06": ("a.lif", "#Life 1.06\n0 -1\n1 0\n-1 1\n0 1\n1 1\n"),
    "macrocell": (
        "a.mc",
        "[M2] (golly 4.2)\n#R B3/S23\n$$..*$...*$.***$\n4 0 1 0 0\n5 0 2 2 0\n6 3 0 0 3\n",
    ),
}


def idx() -> Files:
    images = pixels(5, 28, 28).tobytes()
    labels = bytes(range(5))
    return {
        "train-images-idx3-ubyte": b"\0\0\x08\x03" + _sides(5, 28, 28) + images,
        "train-labels-idx1-ubyte": b"\0\0\x08\x01" + _sides(5) + labels,
    }


def _sides(*sides: int) -> bytes:
    return b"".join(side.to_bytes(4, "big") for side in sides)


def idx_packed() -> Files:
    return {f"{name}.gz": gzip.compress(data, mtime=0) for name, data in idx().items()}


def cifar_binary() -> Files:
    rows = np.concatenate([np.arange(CIFAR_ROWS)[:, None], pixels(CIFAR_ROWS, CIFAR_BYTES)], 1)
    data = rows.astype(np.uint8).tobytes()
    names = "".join(f"name{k}\n" for k in range(CIFAR_ROWS)).encode()
    folder = "cifar-10-batches-bin"
    return {
        f"{folder}/data_batch_1.bin": data,
        f"{folder}/test_batch.bin": data,
        f"{folder}/batches.meta.txt": names,
    }


def cifar_pickled() -> Files:
    batch = {
        b"data": pixels(CIFAR_ROWS, CIFAR_BYTES),
        b"labels": list(range(CIFAR_ROWS)),
        b"filenames": [b"a.png"] * CIFAR_ROWS,
    }
    names = {"label_names": [f"name{k}" for k in range(CIFAR_ROWS)]}
    return {
        "cifar-10-batches-py/data_batch_1": pickle.dumps(batch, 2),
        "cifar-10-batches-py/batches.meta": pickle.dumps(names, 2),
    }


def cifar_packed() -> Files:
    return {"cifar-10-python.tar.gz": gzip.compress(tar(cifar_pickled()), mtime=0)}


def cifar_matlab() -> Files:
    from scipy.io import savemat

    file = io.BytesIO()
    labels = np.arange(CIFAR_ROWS, dtype=np.uint8)[:, None]
    savemat(file, {"data": pixels(CIFAR_ROWS, CIFAR_BYTES), "labels": labels})
    return {"cifar-10-batches-mat/data_batch_1.mat": file.getvalue()}


def npz() -> Files:
    file = io.BytesIO()
    np.savez(file, x_train=pixels(5, 8, 8, 3), y_train=np.arange(5), x_test=pixels(3, 8, 8, 3))
    return {"a.npz": file.getvalue()}


def npy_stack() -> Files:
    file = io.BytesIO()
    np.save(file, pixels(5, 8, 8, 3))
    return {"a.npy": file.getvalue()}


def parquet() -> Files:
    import pyarrow as pa
    from pyarrow import parquet as pq

    make = picture("PNG")
    rows = [{"bytes": make(), "path": f"{k}.png"} for k in range(4)]
    features = {"info": {"features": {"label": {"names": ["ant", "bee"], "_type": "ClassLabel"}}}}
    table = pa.table({"image": rows, "label": [0, 1, 0, 1]})
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=2, compression="snappy")
    return {"a.parquet": file.getvalue()}


def members() -> Files:
    """Return the members of a webdataset shard."""
    png, jpg = picture("PNG")(), picture("JPEG")()
    return {
        "ant/0.png": png,
        "ant/0.cls": b"1",
        "bee/1.jpg": jpg,
        "bee/1.json": b'{"label": "bee"}',
        "bee/2.png": png,
    }


def tar(files: Files, form: int = tarfile.PAX_FORMAT) -> bytes:
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return result.getvalue()


def zipped() -> bytes:
    result = io.BytesIO()
    with zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members().items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return result.getvalue()


def open_board(path: Path, scratch: Path) -> object:
    """Open a board as the window does, and as a picture."""
    return play(path), read_picture(path)


def _board(name: str, text: str) -> Reader:
    return Reader(lambda: {name: text.encode()}, open_board, name)


def _data(make: Callable[[], Files], target: str = "", *inner: Mutate) -> Reader:
    return Reader(make, open_data_set, target, (), inner)


READERS = {
    **{kind: _board(name, text) for kind, (name, text) in BOARDS.items()},
    "RLE, packed": Reader(
        lambda: {"a.rle.gz": gzip.compress(BOARDS["RLE"][1].encode(), mtime=0)},
        open_board,
        "a.rle.gz",
        (),
        (in_gzip(),),
    ),
    "idx": _data(idx),
    "idx, packed": _data(idx_packed, "", in_gzip()),
    "CIFAR, binary": _data(cifar_binary),
    "CIFAR, pickled": _data(cifar_pickled, "", in_pickle),
    "CIFAR, packed": _data(cifar_packed, "cifar-10-python.tar.gz", in_gzip(in_tar(in_pickle))),
    "CIFAR, Matlab": _data(cifar_matlab),
    "npz": _data(npz, "a.npz", in_zip()),
    "stack in npy": _data(npy_stack, "a.npy"),
    "parquet": _data(parquet, "a.parquet"),
    "tar": _data(lambda: {"a.tar": tar(members())}, "a.tar", in_tar()),
    "packed tar": _data(
        lambda: {"a.tar.gz": gzip.compress(tar(members()), mtime=0)},
        "a.tar.gz",
        in_gzip(),
        in_gzip(in_tar()),
    ),
    "shards of pictures": _data(
        lambda: {"0.tar": tar(members()), "1.tar": tar(members(), tarfile.GNU_FORMAT)}, ""
    ),
    "zip": _data(lambda: {"a.zip": zipped()}, "a.zip", in_zip()),
}
