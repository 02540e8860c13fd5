"""A map in one file: numbers in safetensors (nothing in it can run), words in its header."""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save_file

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import read_stable, safetensors_metadata
from dnnvis.introspect import features as columns_
from dnnvis.introspect.map import Examples, Map, Record
from dnnvis.introspect.mlp import Plain
from dnnvis.introspect.pca import Basis

VERSION = 1
HEADER = "dnnvis map"
SUFFIX = ".map.safetensors"
PLAIN = ("error_field", "empty", "class_h", "decoded_h", "class_z")
NARROW: dict[str, Any] = {
    "labels": np.int16,
    "predicted": np.int16,
    "step": np.int16,
    "index": np.int32,
}


def write_map(made: Map, place: Path) -> None:
    """Write beside, then rename; what was there before is kept as ``.previous``.

    Raises BadInput where the place cannot be written.
    """
    arrays = {name: getattr(made, name) for name in PLAIN}
    stacks = {"encoder": made.encoder, "decoder": made.decoder}
    stacks |= {f"estimator {kind}": plain for kind, plain in made.estimators.items()}
    for name, plain in stacks.items():
        arrays |= {f"{name}/{k}": values for k, values in enumerate(plain.weights)}
    for group, value in (("basis", made.basis), ("examples", made.examples)):
        arrays |= _arrays(group, value)
    if made.record is not None:
        arrays |= _arrays("record", made.record)
    arrays |= {f"other/{name}": values for name, values in made.others.items()}
    about = {
        "version": VERSION, "columns": made.columns_.as_json(), "classes": made.classes,
        "extent": made.extent, "fingerprint": made.fingerprint, "recipe": made.recipe,
        "figures": made.figures, "notes": made.notes, "unit": made.basis.unit,
    }  # fmt: skip
    fresh = place.with_name(f"{place.name}.new")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        save_file(
            {k: np.ascontiguousarray(v) for k, v in arrays.items()}, fresh,
            {HEADER: json.dumps(about)},
        )  # fmt: skip
        if place.is_file():
            shutil.copy2(place, place.with_name(f"{place.name}.previous"))
        os.replace(fresh, place)  # at every moment there is a whole map in ``place``
    except (OSError, SafetensorError) as why:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)
        raise BadInput(f"The map cannot be written to {place}: {why}") from None


def _arrays(group: str, value: Any) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for item in fields(value):
        held = getattr(value, item.name)
        if isinstance(held, dict):
            found |= {f"{group}/{item.name}/{k}": v for k, v in held.items()}
        elif isinstance(held, np.ndarray):
            found[f"{group}/{item.name}"] = _narrow(item.name, held)
    return found


def _narrow(name: str, held: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in fewer bytes, where they fit."""
    fits = NARROW.get(name)
    if fits is None or (held.size and held.max() > np.iinfo(fits).max):
        return held
    return held.astype(fits)


def read_map(place: Path) -> Map:
    """The map in a file; raises BadInput where it holds none, or one of another version."""
    try:
        content = read_stable(place)
        arrays = load(content)
        about = json.loads(safetensors_metadata(content)[HEADER])
        if about["version"] != VERSION:
            raise BadInput(
                f"{place} is a map of version {about['version']}; this dnnvis reads {VERSION}."
            )
        return _consistent(_made(about, arrays))
    except (OSError, SafetensorError, LookupError, TypeError, ValueError, AttributeError) as why:
        raise BadInput(f"{place} holds no activation map that can be read: {why}") from None


def _made(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Map:
    kinds = sorted({name.split("/")[0] for name in arrays if name.startswith("estimator ")})
    basis = Basis(**_group("basis", arrays), unit=float(about["unit"]))
    examples = _group("examples", arrays)
    expected = {
        name.split("/")[2]: values
        for name, values in arrays.items()
        if name.startswith("examples/expected/")
    }
    record = _group("record", arrays)
    return Map(
        columns_=columns_.from_json(about["columns"]),
        encoder=_plain("encoder", arrays),
        decoder=_plain("decoder", arrays),
        estimators={kind.removeprefix("estimator "): _plain(kind, arrays) for kind in kinds},
        basis=basis,
        examples=Examples(**examples, expected=expected),
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
        record=Record(**record) if record else None,
        others={n.split("/")[1]: v for n, v in arrays.items() if n.startswith("other/")},
    )


def _consistent(made: Map) -> Map:
    """Raises ValueError where the parts of a map do not belong together."""
    examples, width, classes = made.examples, made.columns_.width, len(made.classes)
    many = {len(value) for value in vars(examples).values() if isinstance(value, np.ndarray)}
    many |= {len(values) for values in examples.expected.values()}
    ends = made.encoder.weights[0].shape[1], len(made.decoder.weights[-1]), len(made.basis.mean)
    if len(many) != 1 or examples.z.shape[1:] != (2,):
        raise ValueError("its examples have different numbers of places and labels")
    if set(ends) != {width} or made.error_field.shape != made.empty.shape:
        raise ValueError("its layers do not belong to its units")
    sizes = [("encoder", made.encoder, width, 2), ("decoder", made.decoder, 2, width)]
    sizes += [(kind, part, 2 if kind == "2d" else width, 1)
              for kind, part in made.estimators.items()]  # fmt: skip
    for name, part, wide, narrow in sizes:
        if part.widths[0] != wide or part.widths[-1] != narrow or not part.is_whole:
            raise ValueError(f"its {name} has parts that do not fit together")
    if made.basis.axes.shape[:1] != (width,) or len(made.basis.spread) != width:
        raise ValueError("its principal components do not belong to its units")
    if not isinstance(made.fingerprint, str):
        raise ValueError("it does not say whose it is")
    if classes and (made.class_h.shape != (classes, width) or made.class_z.shape != (classes, 2)):
        raise ValueError("its class means do not belong to its classes")
    return made


def _plain(name: str, arrays: dict[str, NDArray[Any]]) -> Plain:
    many = sum(key.startswith(f"{name}/") for key in arrays)
    return Plain([arrays[f"{name}/{k}"] for k in range(many)])


def _group(name: str, arrays: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """The arrays of a dataclass, narrow whole numbers as int64 again."""
    found = {}
    for key, values in arrays.items():
        parts = key.split("/")
        if parts[0] == name and len(parts) == 2:
            whole = values.dtype in (np.int16, np.int32)
            found[parts[1]] = values.astype(np.int64) if whole else values
    return found
