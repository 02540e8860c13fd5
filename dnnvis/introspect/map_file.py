"""Store a map in one file: numbers in safetensors (nothing in it can run), text in its header."""

import json
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import read_stable, replace_file, safetensors_metadata
from dnnvis.introspect import features as columns_
from dnnvis.introspect.map import LearningRecord, Map, MapExamples
from dnnvis.introspect.mlp import NumpyMLP
from dnnvis.introspect.pca import Basis

FORMAT_VERSION = 1
HEADER_KEY = "dnnvis map"
SUFFIX = ".map.safetensors"
PLAIN_ARRAYS = ("error_field", "empty", "class_h", "decoded_h", "class_z")
NARROW_TYPES: dict[str, Any] = {
    "labels": np.int16,
    "predicted": np.int16,
    "step": np.int16,
    "index": np.int32,
}


class _MismatchedParts(Exception):
    """The parts of a map do not belong together; says which."""


def write_map(activation_map: Map, path: Path) -> None:
    """Write the map beside, then rename; the previous one is saved as ``.previous``.

    Raises BadInput where the file cannot be written.
    """
    arrays = {name: getattr(activation_map, name) for name in PLAIN_ARRAYS}
    mlps = {"encoder": activation_map.encoder, "decoder": activation_map.decoder}
    mlps |= {f"estimator {kind}": mlp for kind, mlp in activation_map.estimators.items()}
    for name, mlp in mlps.items():
        arrays |= {f"{name}/{k}": values for k, values in enumerate(mlp.weights)}
    for group, value in (("basis", activation_map.basis), ("examples", activation_map.examples)):
        arrays |= _dataclass_arrays(group, value)
    if activation_map.record is not None:
        arrays |= _dataclass_arrays("record", activation_map.record)
    arrays |= {f"other/{name}": values for name, values in activation_map.others.items()}
    about = {
        "version": FORMAT_VERSION,
        "columns": activation_map.columns_.as_json(),
        "classes": activation_map.classes,
        "extent": activation_map.extent,
        "fingerprint": activation_map.fingerprint,
        "recipe": activation_map.recipe,
        "figures": activation_map.figures,
        "notes": activation_map.notes,
        "unit": activation_map.basis.unit,
    }
    content = save(
        {k: np.ascontiguousarray(v) for k, v in arrays.items()}, {HEADER_KEY: json.dumps(about)}
    )
    with replace_file(path) as temporary:
        temporary.write_bytes(content)
        if path.is_file():
            with replace_file(path.with_name(f"{path.name}.previous")) as previous:
                shutil.copy2(path, previous)


def _dataclass_arrays(group: str, value: Any) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for item in fields(value):
        array = getattr(value, item.name)
        if isinstance(array, dict):
            arrays |= {f"{group}/{item.name}/{k}": v for k, v in array.items()}
        elif isinstance(array, np.ndarray):
            arrays[f"{group}/{item.name}"] = _narrow_integers(item.name, array)
    return arrays


def _narrow_integers(name: str, array: NDArray[Any]) -> NDArray[Any]:
    """Return whole numbers in fewer bytes, where they fit."""
    narrow_type = NARROW_TYPES.get(name)
    if narrow_type is None or (array.size and array.max() > np.iinfo(narrow_type).max):
        return array
    return array.astype(narrow_type)


def read_map(path: Path) -> Map:
    """Read the map in a file; raise BadInput where it holds none, or one of another version."""
    try:
        content = read_stable(path)
        arrays = load(content)
        about = json.loads(safetensors_metadata(content)[HEADER_KEY])
        if about["version"] != FORMAT_VERSION:
            raise BadInput(
                f"{path} is a map of version {about['version']}; "
                f"this dnnvis reads {FORMAT_VERSION}."
            )
        return _validate(_build_map(about, arrays))
    except OSError as error:
        reason = error.strerror or "its disk fails"
        raise BadInput(f"{path} holds no activation map that can be read: {reason}.") from None
    except _MismatchedParts as error:
        raise BadInput(f"{path} holds no activation map that can be read: {error}.") from None
    except (
        *(SafetensorError, LookupError, TypeError, ValueError, AttributeError),
        *(RecursionError, OverflowError),
    ):
        raise BadInput(
            f"{path} holds no activation map that can be read: it is damaged or none; fit it again."
        ) from None


def _build_map(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Map:
    kinds = sorted({name.split("/")[0] for name in arrays if name.startswith("estimator ")})
    basis = Basis(**_read_group("basis", arrays), unit=float(about["unit"]))
    examples = _read_group("examples", arrays)
    expected = {
        name.split("/")[2]: values
        for name, values in arrays.items()
        if name.startswith("examples/expected/")
    }
    record = _read_group("record", arrays)
    return Map(
        columns_=columns_.columns_from_json(about["columns"]),
        encoder=_read_mlp("encoder", arrays),
        decoder=_read_mlp("decoder", arrays),
        estimators={kind.removeprefix("estimator "): _read_mlp(kind, arrays) for kind in kinds},
        basis=basis,
        examples=MapExamples(**examples, expected=expected),
        classes=tuple(about["classes"]),
        error_field=arrays["error_field"],
        empty=arrays["empty"],
        class_h=arrays["class_h"],
        decoded_h=arrays["decoded_h"],
        class_z=arrays["class_z"],
        extent=tuple(about["extent"]),
        fingerprint=about["fingerprint"],
        recipe=about["recipe"],
        figures=about["figures"],
        notes=tuple(about["notes"]),
        record=LearningRecord(**record) if record else None,
        others={n.split("/")[1]: v for n, v in arrays.items() if n.startswith("other/")},
    )


def _validate(activation_map: Map) -> Map:
    """Return the map; raise _MismatchedParts where its parts do not belong together."""
    _check_points(activation_map)
    examples, width, classes = (
        activation_map.examples,
        activation_map.columns_.width,
        len(activation_map.classes),
    )
    lengths = {len(value) for value in vars(examples).values() if isinstance(value, np.ndarray)}
    lengths |= {len(values) for values in examples.expected.values()}
    widths = (
        activation_map.encoder.weights[0].shape[1],
        len(activation_map.decoder.weights[-1]),
        len(activation_map.basis.mean),
    )
    if len(lengths) != 1 or examples.z.shape[1:] != (2,):
        raise _MismatchedParts("its examples have different numbers of places and labels")
    if set(widths) != {width} or activation_map.error_field.shape != activation_map.empty.shape:
        raise _MismatchedParts("its layers do not belong to its units")
    sizes = [
        ("encoder", activation_map.encoder, width, 2),
        ("decoder", activation_map.decoder, 2, width),
    ]
    sizes += [
        (kind, mlp, 2 if kind == "2d" else width, 1)
        for kind, mlp in activation_map.estimators.items()
    ]
    for name, mlp, inputs, outputs in sizes:
        if mlp.widths[0] != inputs or mlp.widths[-1] != outputs or not mlp.is_consistent:
            raise _MismatchedParts(f"its {name} has parts that do not fit together")
    if activation_map.basis.axes.shape[:1] != (width,) or len(activation_map.basis.spread) != width:
        raise _MismatchedParts("its principal components do not belong to its units")
    if not isinstance(activation_map.fingerprint, str):
        raise _MismatchedParts("it does not say whose it is")
    if classes and (
        activation_map.class_h.shape != (classes, width)
        or activation_map.class_z.shape != (classes, 2)
    ):
        raise _MismatchedParts("its class means do not belong to its classes")
    return activation_map


def _check_points(activation_map: Map) -> None:
    examples, extent = activation_map.examples, activation_map.extent
    if len(extent) != 4 or not (np.isfinite(examples.z).all() and np.isfinite(extent).all()):
        raise _MismatchedParts("its points are no finite numbers")


def _read_mlp(name: str, arrays: dict[str, NDArray[Any]]) -> NumpyMLP:
    count = sum(key.startswith(f"{name}/") for key in arrays)
    return NumpyMLP([arrays[f"{name}/{k}"] for k in range(count)])


def _read_group(name: str, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Return the arrays of a dataclass, narrow whole numbers as int64 again."""
    group = {}
    for key, values in arrays.items():
        parts = key.split("/")
        if parts[0] == name and len(parts) == 2:
            is_narrow = values.dtype in (np.int16, np.int32)
            group[parts[1]] = values.astype(np.int64) if is_narrow else values
    return group
