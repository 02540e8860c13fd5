"""Read an HDF5 file in a process of its own, run by hdf5_file.py: its library is written in C.

The file is the standard input. To the output go the length of a JSON text (8 bytes, little-endian),
the text, and the numbers of all arrays one after the other. Nothing else of dnnvis is imported.
"""

import json
import math
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

MAX_OBJECTS = 200_000
MAX_DEPTH = 64
MAX_TEXT_BYTES = 256 << 20
#: Groups of what is no network's.
SKIPPED = ("optimizer", "optimizer_weights")
TEXT_ATTRIBUTES = ("name", "dtype", "model_config", "keras_version", "backend")
LIST_ATTRIBUTES = ("layer_names", "weight_names")
#: Packings that HDF5 brings along; others are loaded from the disk as libraries.
KNOWN_FILTERS = {1, 2, 3, 32000}  # gzip, shuffle, checksums, lzf


class Refusal(Exception):
    """What the file holds is not read, for the reason that the text gives."""


def main() -> None:
    """Read the file and write what it holds."""
    budget = int(sys.argv[1])
    _limit_memory(2 * budget + (4 << 30))
    output = sys.stdout.buffer
    try:
        import h5py
    except ImportError:
        return _write(output, {"missing": True})
    try:
        with h5py.File(open(0, "rb", closefd=False), "r") as file:
            header, datasets = _read_tree(h5py, file, budget)
            _write(output, header)
            for dataset in datasets:
                output.write(dataset[()].tobytes())
    except Refusal as error:
        _write(output, {"error": str(error)})
    output.flush()


def _limit_memory(size: int) -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _write(output: BinaryIO, header: dict[str, Any]) -> None:
    text = json.dumps(header).encode()
    if len(text) > MAX_TEXT_BYTES:
        raise Refusal("it holds more text than any checkpoint")
    output.write(len(text).to_bytes(8, "little") + text)


def _read_tree(h5py: Any, file: Any, budget: int) -> tuple[dict[str, Any], list[Any]]:
    """Return what there is, and the arrays that are to follow."""
    groups: dict[str, dict[str, Any]] = {"": _read_attributes(file)}
    arrays: list[dict[str, Any]] = []
    datasets: list[Any] = []
    for path, item in _iter_items(h5py, file):
        if isinstance(item, h5py.Group):
            groups[path] = _read_attributes(item)
        elif isinstance(item, h5py.Dataset) and item.dtype.kind in "biuf":
            budget -= math.prod(item.shape or ()) * item.dtype.itemsize
            if budget < 0:
                raise Refusal("it unpacks to more than any checkpoint of its size")
            _check_dataset(item)
            described = {"path": path, "shape": list(item.shape or ()), "dtype": item.dtype.str}
            arrays.append({**described, "dtype_name": _read_attributes(item).get("dtype", "")})
            datasets.append(item)
    return {"groups": groups, "arrays": arrays}, datasets


def _iter_items(h5py: Any, file: Any) -> Iterator[tuple[str, Any]]:
    """Yield each part once, with its path. Links to other files are refused."""
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("", file)]
    while waiting:
        path, group = waiting.pop()
        for name in group:
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise Refusal("it links to other files")
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            inner = f"{path}/{_text(name)}" if path else _text(name)
            if address in seen or inner in SKIPPED:
                continue
            seen.add(address)
            if len(seen) > MAX_OBJECTS or inner.count("/") > MAX_DEPTH:
                raise Refusal("it holds more parts than any checkpoint")
            yield inner, item
            if isinstance(item, h5py.Group):
                waiting.append((inner, item))


def _check_dataset(item: Any) -> None:
    if item.external or item.is_virtual:
        raise Refusal("its numbers lie in other files")
    properties = item.id.get_create_plist()
    filters = {properties.get_filter(n)[0] for n in range(properties.get_nfilters())}
    if filters - KNOWN_FILTERS:
        raise Refusal("its numbers are packed in a way that dnnvis does not read")


def _read_attributes(item: Any) -> dict[str, Any]:
    """Return the texts that Keras writes beside weights; a list may lie in numbered pieces."""
    result: dict[str, Any] = {}
    for name in item.attrs:
        base = name.rstrip("0123456789")
        if base not in (*TEXT_ATTRIBUTES, *LIST_ATTRIBUTES):
            continue
        if math.prod(item.attrs.get_id(name).shape or ()) > MAX_OBJECTS:
            raise Refusal("it holds more text than any checkpoint")
        value = item.attrs[name]
        if name in TEXT_ATTRIBUTES:
            result[name] = _text(value)
        elif base in LIST_ATTRIBUTES and getattr(value, "ndim", 0) == 1:
            result.setdefault(base, []).extend(map(_text, value.tolist()))
    return result


def _text(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "replace").decode()  # h5py leaves halves of characters


if __name__ == "__main__":
    main()
