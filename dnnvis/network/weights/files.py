"""Tell by its content what a file of weights is, and read it."""

import json
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load

from dnnvis.core.errors import BadInput
from dnnvis.core.inert_pickle import InertObject
from dnnvis.core.stable_file import open_stable, safetensors_metadata
from dnnvis.network.weights.exported_file import is_exported, read_exported
from dnnvis.network.weights.keras_file import (
    KerasWeights,
    is_keras_zip,
    read_keras,
    read_keras_zip,
)
from dnnvis.network.weights.keras_layers import KerasLayer
from dnnvis.network.weights.tar_file import is_torch_tar, read_tar
from dnnvis.network.weights.torch_file import MAX_PACKED_RATIO, MIN_UNPACKED, read_torch

SHARD = re.compile(r"(.*)-\d{5}-of-(\d{5})(\.\w+)")
INDEX_SUFFIX = ".index.json"
#: What a folder of transformers holds its weights in, the likeliest first.
FOLDER_FILES = (
    *("model.safetensors.index.json", "model.safetensors"),
    *("pytorch_model.bin.index.json", "pytorch_model.bin"),
    *("diffusion_pytorch_model.safetensors", "open_clip_model.safetensors"),
    *("open_clip_pytorch_model.bin", "pytorch_model.pt", "model.pt"),
)
HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
EXPORTED_NOTE = (
    "{name} is a program of torch.export; its weights were read by name, and none of it ran."
)
MAX_SHARDS = 1000
MAX_NAME_LENGTH = 200  # letters of a shard's file name; some 255 bytes is what folders allow
MAX_INDEX_BYTES = 64 << 20
OTHER_STARTS = (b"PK", b"\x80", HDF5_SIGNATURE)  # a zip, a pickle, Keras'
#: How files begin that are no weights dnnvis reads, and what is said of them.
OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "is a pointer of git-lfs; get the file itself (git lfs pull)"),
    (b"GGUF", "is a GGUF file of a language model, no network of pictures"),
    (b"%PDF", "is a PDF document"),
    (b"\x1f\x8b", "is packed (gzip); unpack it first"),
    (b"BZh", "is packed (bzip2); unpack it first"),
    (b"\xfd7zXZ", "is packed (xz); unpack it first"),
    (b"Rar!", "is packed (rar); unpack it first"),
    (b"7z\xbc\xaf", "is packed (7z); unpack it first"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
)


@dataclass(frozen=True)
class Content:
    """What a file holds."""

    data: Any
    files: tuple[Path, ...]
    #: Classes of objects that were not looked into.
    unknown_names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    #: What the file says beside its tensors.
    facts: dict[str, Any] = field(default_factory=dict)
    #: Whether it is a program, of which the weights alone were read.
    is_program: bool = False
    #: What Keras says of each layer.
    keras_layers: tuple[KerasLayer, ...] = ()

    def is_module(self, part: str) -> bool:
        """Return whether what lies at a part is a whole pickled module."""
        value = self.data
        for key in part.split(".") if part else ():
            value = value.get(key) if isinstance(value, dict) else None
        return isinstance(value, InertObject)


def read_content(path: Path) -> Content:
    """Read a file, or the files of a folder or an index.

    Raises BadInput for what is missing, broken or no file of weights.
    """
    if path.is_dir():
        return read_content(_file_of_folder(path))
    if not path.is_file():
        raise BadInput(f"There is no checkpoint file {path}.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path} is empty (0 bytes).")
    if path.name.endswith(INDEX_SUFFIX):
        return _read_shards(_shards_of_index(path))
    shard = SHARD.fullmatch(path.name)
    if shard:
        return _read_shards(_shards_beside(path, shard))
    return _read_one(path)


def _file_of_folder(folder: Path) -> Path:
    for name in FOLDER_FILES:
        if (folder / name).is_file():
            return folder / name
    refusal = _folder_refusal(folder)
    if refusal:
        raise BadInput(f"{folder} {refusal}.")
    files = sorted(
        f for f in folder.iterdir() if f.suffix in (".safetensors", ".bin", ".pt", ".pth")
    )
    if len(files) == 1:
        return files[0]
    listed = ", ".join(file.name for file in files[:8]) or "none"
    raise BadInput(
        f"{folder} has no model.safetensors or pytorch_model.bin; name the file: {listed}."
    )


def _folder_refusal(folder: Path) -> str:
    if (folder / ".metadata").is_file() or any(folder.glob("*.distcp")):
        return (
            "is a checkpoint of torch.distributed, in pieces; put them together first: "
            "python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER weights.pt"
        )
    if (folder / "saved_model.pb").is_file():
        return "is a program of TensorFlow (SavedModel); save the model as a .keras file"
    return ""


def _shards_of_index(path: Path) -> list[Path]:
    try:
        if path.stat().st_size > MAX_INDEX_BYTES:
            raise ValueError
        names = json.loads(path.read_text(encoding="utf-8"))["weight_map"].values()
        shards = sorted(set(names))
        for name in shards:
            path.with_name(name)  # which raises where it is no name
            if len(name) > MAX_NAME_LENGTH:
                raise ValueError
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(f"{path} is no index of shards (a JSON file with a weight_map).") from None
    if any("/" in name or "\\" in name for name in shards) or len(shards) > MAX_SHARDS:
        raise BadInput(f"{path} names files outside of its folder, or too many.")
    return [path.with_name(name) for name in shards]


def _shards_beside(path: Path, match: re.Match[str]) -> list[Path]:
    stem, count, suffix = match[1], int(match[2]), match[3]
    if not 0 < count <= MAX_SHARDS:
        raise BadInput(f"{path} is a shard of {count} files, which is no number of them.")
    numbers = range(1, count + 1)
    return [path.with_name(f"{stem}-{number:05}-of-{count:05}{suffix}") for number in numbers]


def _read_shards(paths: list[Path]) -> Content:
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise BadInput(
            f"{len(missing)} of {len(paths)} shards are missing in {paths[0].parent}: "
            f"{', '.join(missing[:4])}."
        )
    contents = [_read_one(path) for path in paths]
    data: dict[Any, Any] = {}
    for path, content in zip(paths, contents, strict=True):
        if not isinstance(content.data, dict):
            raise BadInput(f"{path} is no shard of named weights.")
        data |= content.data
    return Content(
        data,
        tuple(paths),
        tuple(name for content in contents for name in content.unknown_names),
        tuple(dict.fromkeys(note for content in contents for note in content.notes)),
        {key: value for content in contents for key, value in content.facts.items()},
    )


def _read_one(path: Path) -> Content:
    try:
        with open_stable(path) as file:
            return _read_open(file, path)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from None


def _read_open(file: BinaryIO, path: Path) -> Content:
    start = file.read(512)
    file.seek(0)
    refusal = _refusal(start)
    if refusal:
        raise BadInput(f"{path} {refusal}.")
    if _is_safetensors(start, path):
        return _read_safetensors(file, path)
    if start.startswith(HDF5_SIGNATURE):
        return _as_content(read_keras(file, path), path)
    if is_torch_tar(start):
        data, unknown_names = read_tar(file, path)
        return Content(data, (path,), unknown_names)
    names = _zip_names(file) if start[:2] == b"PK" else []
    file.seek(0)
    if names and all(name.endswith(".npy") for name in names):
        return _read_npz(file, path)
    if is_keras_zip(names):
        return _as_content(read_keras_zip(file, path), path)
    if is_exported(names):
        note = EXPORTED_NOTE.format(name=path.name)
        return Content(read_exported(file, path), (path,), notes=(note,), is_program=True)
    read = read_torch(file, path)
    return Content(read.data, (path,), read.unknown_names, read.notes, is_program=read.is_program)


def _as_content(weights: KerasWeights, path: Path) -> Content:
    facts = {"input_size": list(weights.input_size)} if weights.input_size else {}
    return Content(weights.state, (path,), facts=facts, keras_layers=weights.layers)


def _refusal(start: bytes) -> str:
    for signature, text in OTHERS:
        if start.startswith(signature):
            return text
    head = start.lstrip()[:200].lower()
    if head.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "is a web page, saved in the place of the file; download it again"
    if is_onnx(start):
        return (
            "is an ONNX file, which is a network itself: open it as the network, or read the "
            "weights of the module that it was made of"
        )
    return ""


def is_onnx(start: bytes) -> bool:
    """Return whether a file that begins so is a network in ONNX: its version, then its producer."""
    return start[:1] == b"\x08" and start[2:3] in (b"\x12", b"\x3a", b"\x42")


def _is_safetensors(start: bytes, path: Path) -> bool:
    """Return whether a file is safetensors, if a broken one, by its start, else by its name."""
    length = int.from_bytes(start[:8], "little")
    has_header = len(start) > 8 and start[8:9] == b"{" and 0 < length <= path.stat().st_size - 8
    is_named = path.suffix.lower() == ".safetensors" and not start.startswith(OTHER_STARTS)
    return has_header or is_named


def _read_safetensors(file: BinaryIO, path: Path) -> Content:
    try:
        content = file.read()
        return Content(load(content), (path,), facts=dict(safetensors_metadata(content)))
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError, RecursionError):
        raise BadInput(f"{path} is a broken safetensors file; get a whole copy of it.") from None


def _zip_names(file: BinaryIO) -> list[str]:
    try:
        with zipfile.ZipFile(file) as archive:
            return archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def _read_npz(file: BinaryIO, path: Path) -> Content:
    file.seek(0)
    data: dict[str, Any] = {}
    budget = max(MIN_UNPACKED, MAX_PACKED_RATIO * path.stat().st_size)
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                budget -= info.file_size
                if budget < 0:
                    raise BadInput(f"{path} unpacks to more than any checkpoint of its size.")
                with archive.open(info) as part:
                    value = np.lib.format.read_array(part, allow_pickle=False)
                if value.dtype.kind in "biufc":
                    data[info.filename.removesuffix(".npy")] = torch.from_numpy(value)
    except BadInput:
        raise
    except Exception:  # NumPy parses headers as Python's code, and a zip may be broken in any way
        raise BadInput(f"{path} is a broken .npz file, or holds objects of Python.") from None
    return Content(data, (path,))
