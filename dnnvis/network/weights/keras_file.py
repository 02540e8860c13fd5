"""Read the weights of Keras: ``.keras``, ``.weights.h5`` and the ``.h5`` of older versions."""

import json
import math
import re
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.network.weights.hdf5_file import Hdf5File, read_hdf5
from dnnvis.network.weights.keras_layers import KerasLayer, as_torch_kernel

MAX_CONFIG_BYTES = 64 << 20
MAX_NESTED_MODELS = 32
MAX_PACKED_RATIO = 16
CHUNK = 1 << 22  # bytes
WEIGHTS_MEMBER, CONFIG_MEMBER = "model.weights.h5", "config.json"
#: Names of Keras' classes, as its files write them -> kinds of layers.
KINDS = {
    **{f"conv{n}d": "convolution" for n in (1, 2, 3)},
    **{f"depthwise_conv{n}d": "depthwise" for n in (1, 2)},
    **{f"separable_conv{n}d": "separable" for n in (1, 2)},
    **{f"conv{n}d_transpose": "transposed" for n in (1, 2, 3)},
    "batch_normalization": "norm",
    "layer_normalization": "layer norm",
    "group_normalization": "layer norm",
    "dense": "dense",
    "embedding": "embedding",
}
CLASSES = {name.replace("_", ""): name for name in KINDS}  # conv2dtranspose -> conv2d_transpose
#: The weights of a kind in Keras' order, and what they are called in torch.
NORM_NAMES = {
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
MAPS = ("convolution", "depthwise", "separable", "transposed")


@dataclass(frozen=True)
class _Described:
    """What a configuration says of a layer."""

    family: str
    position: int
    config: Mapping[str, Any]
    #: Channels of the flattened map that it takes; 0: none.
    flattened_channels: int = 0


@dataclass(frozen=True)
class _StoredLayer:
    """A layer in a file: its weights under Keras' names, or numbered where it has none."""

    #: Its group.
    path: str
    name: str
    family: str
    weights: dict[str, Tensor]
    #: Where the older form lists it; None where no list is.
    order: int | None


@dataclass(frozen=True)
class KerasWeights:
    """What a file holds, in torch's order of axes."""

    state: dict[str, Tensor]
    layers: tuple[KerasLayer, ...]
    #: Channels, height and width of the input; None where the file does not say.
    input_size: tuple[int, ...] | None = None


def is_keras_zip(names: Sequence[str]) -> bool:
    """Return whether a zip file with these members is a ``.keras`` file."""
    return WEIGHTS_MEMBER in names and CONFIG_MEMBER in names


def read_keras_zip(file: BinaryIO, path: Path) -> KerasWeights:
    """Read a ``.keras`` file. Raises BadInput as ``read_keras``."""
    try:
        with zipfile.ZipFile(file) as archive, tempfile.TemporaryFile() as unpacked:
            config = archive.getinfo(CONFIG_MEMBER)
            if config.file_size > MAX_CONFIG_BYTES:
                raise BadInput(f"{path} describes a larger network than any.")
            text = archive.read(config)
            weights = archive.getinfo(WEIGHTS_MEMBER)
            limit = max(2 << 30, MAX_PACKED_RATIO * path.stat().st_size)
            if weights.file_size > limit:
                raise BadInput(f"{path} unpacks to more than any checkpoint of its size.")
            with archive.open(weights) as part:
                while chunk := part.read(CHUNK):
                    unpacked.write(chunk)
            unpacked.flush()
            return _as_weights(read_hdf5(unpacked, path), text, path)
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError):
        raise BadInput(f"{path} is a broken .keras file.") from None


def read_keras(file: BinaryIO, path: Path) -> KerasWeights:
    """Read an HDF5 file of Keras.

    Raises BadInput where it is broken, none of Keras', or has layers with weights that have no
    counterpart in torch.
    """
    content = read_hdf5(file, path)
    text = str(content.attributes.get("", {}).get("model_config", ""))
    return _as_weights(content, text.encode(), path)


def _as_weights(content: Hdf5File, config: bytes, path: Path) -> KerasWeights:
    try:
        return _convert_file(content, config, path)
    except (ValueError, TypeError, RuntimeError, LookupError, AttributeError):
        raise BadInput(f"{path} is a broken file of Keras.") from None


def _convert_file(content: Hdf5File, config: bytes, path: Path) -> KerasWeights:
    stored = _read_layers(content)
    if not stored:
        raise BadInput(f"{path} is an HDF5 file, but holds no weights as Keras writes them.")
    described = _read_config(config)
    if described:
        stored = [_with_family(layer, described) for layer in stored]
    others = [layer.name for layer in stored if layer.family not in KINDS]
    if others:
        raise BadInput(
            f"{path} holds Keras layers whose weights have no plain counterpart in torch "
            f"({', '.join(others[:6])}); dnnvis maps convolutions, dense layers, embeddings and "
            "normalizations."
        )
    state: dict[str, Tensor] = {}
    layers: list[KerasLayer] = []
    for item in stored:
        for layer, weights in _convert(item, described.get(item.name), path):
            layers.append(layer)
            state |= {layer.keys[end]: value for end, value in weights.items()}
    layers = layers if described else _with_positions(layers, stored)
    layers = list(_with_flattening(layers, state, bool(described), path))
    return KerasWeights(state, tuple(layers), _input_size(described.values()))


def _input_size(described: Iterable[_Described]) -> tuple[int, ...] | None:
    """Return (C, H, W) of the first input that is a picture of a size that is stated."""
    for layer in described:
        shape = layer.config.get("batch_shape") or layer.config.get("batch_input_shape")
        if not isinstance(shape, list) or len(shape) != 4:
            continue
        if all(isinstance(side, int) for side in shape[1:]):
            return shape[3], shape[1], shape[2]
    return None


def _read_layers(content: Hdf5File) -> list[_StoredLayer]:
    """Return the layers that have weights, in the file's order."""
    groups: dict[str, dict[str, Tensor]] = defaultdict(dict)
    for path, value in content.arrays.items():
        group, _, name = path.rpartition("/")
        groups[group][name.partition(":")[0]] = value
    orders = _orders(content)
    stored = []
    for group, weights in groups.items():
        is_numbered = group.endswith("/vars") or group == "vars"
        path = group.removesuffix("/vars")
        name = str(content.attributes.get(group, {}).get("name") or path.rpartition("/")[2])
        if is_numbered:
            weights = dict(sorted(weights.items(), key=lambda item: _number(item[0])))
        base = path.rpartition("/")[2]
        family = _family(base) or _family(name) or _family_by_shapes(weights)
        stored.append(_StoredLayer(path, name, family, weights, orders.get(group)))
    return sorted(stored, key=lambda layer: layer.order or 0)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else -1


def _orders(content: Hdf5File) -> dict[str, int]:
    """Return, for the older form, where each group of weights stands in the model."""
    top = "model_weights" if "model_weights" in content.attributes else ""
    names = content.attributes.get(top, {}).get("layer_names") or ()
    orders: dict[str, int] = {}
    for name in names:
        layer = f"{top}/{name}" if top else str(name)
        for weight in content.attributes.get(layer, {}).get("weight_names") or ():
            orders.setdefault(f"{layer}/{weight}".rpartition("/")[0], len(orders))
    return orders


def _family(name: str) -> str:
    """Return the class that a name as Keras gives them stands for; "" for all other names."""
    base = re.sub(r"_\d+$", "", name)
    return base if base in KINDS else ""


def _family_by_shapes(weights: Mapping[str, Tensor]) -> str:
    shapes = [tuple(value.shape) for value in weights.values()]
    if len(shapes) == 4 and len(set(shapes)) == 1 and len(shapes[0]) == 1:
        return "batch_normalization"
    if not 1 <= len(shapes) <= 2 or (len(shapes) == 2 and len(shapes[1]) != 1):
        return ""
    kernel, bias = shapes[0], shapes[-1][0] if len(shapes) == 2 else None
    if len(kernel) == 2 and bias in (None, kernel[-1]):
        return "dense"
    is_depthwise = len(kernel) == 4 and bias == kernel[2] * kernel[3] != kernel[3]
    if is_depthwise:
        return "depthwise_conv2d"
    is_convolution = len(kernel) in (3, 4, 5) and bias in (None, kernel[-1])
    return f"conv{len(kernel) - 2}d" if is_convolution else ""


def _read_config(text: bytes) -> dict[str, _Described]:
    """Return what a model's configuration says of its layers by name; {} where it says nothing."""
    try:
        top = json.loads(text) if text else {}
        entries = list(_iter_layers(top, 0))
    except (ValueError, RecursionError, TypeError, AttributeError):
        return {}
    described: dict[str, _Described] = {}
    flat = channels = 0
    for position, (kind, config, shape) in enumerate(entries):
        family = CLASSES.get(kind.lower(), kind)
        flattened = flat if family == "dense" else 0
        name = str(config.get("name", ""))
        if name in described:  # of two models; which is meant cannot be told
            return {}
        described[name] = _Described(family, position, config, flattened)
        flat, channels = _follow_map(family, kind, config, shape, flat, channels)
    return described


def _follow_map(
    family: str, kind: str, config: Mapping[str, Any], shape: Any, flat: int, channels: int
) -> tuple[int, int]:
    """Return the channels of the flattened and of the present map behind a layer; 0: not known."""
    if config.get("data_format") == "channels_first":
        return 0, 0
    if KINDS.get(family) in MAPS:
        filters = config.get("filters")
        if isinstance(filters, int):
            return 0, filters
        return 0, channels * int(config.get("depth_multiplier") or 1)
    if kind == "Flatten":
        if isinstance(shape, list | tuple) and len(shape) > 2 and isinstance(shape[-1], int):
            return shape[-1], 0
        return channels, 0
    if family == "dense" or kind.startswith("Global") or kind in ("Reshape", "Permute"):
        return 0, 0
    return flat, channels


def _iter_layers(top: Any, depth: int) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Yield class, settings and input's shape of each layer, those of models inside as well."""
    if depth > MAX_NESTED_MODELS:
        raise ValueError
    config = top.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    for layer in layers or ():
        inner = layer.get("config")
        if isinstance(inner, dict) and isinstance(inner.get("layers"), list):
            yield from _iter_layers(layer, depth + 1)
        elif isinstance(inner, dict):
            shape = (layer.get("build_config") or {}).get("input_shape")
            yield str(layer.get("class_name", "")), inner, shape


def _with_family(layer: _StoredLayer, described: Mapping[str, _Described]) -> _StoredLayer:
    return replace(layer, family=described[layer.name].family) if layer.name in described else layer


def _convert(
    layer: _StoredLayer, described: _Described | None, path: Path
) -> Iterator[tuple[KerasLayer, dict[str, Tensor]]]:
    """Yield a layer's weights as torch has them; a separable convolution is two layers."""
    config = described.config if described else {}
    position: tuple[int, ...] | None = (described.position,) if described else None
    name, kind = layer.name if described else _module_name(layer.path), KINDS[layer.family]
    if kind == "separable":
        first, weights = _separable_weights(layer)
        if first:
            yield _layer(f"{name}.depthwise", "depthwise", first, position, 0), first
        kind, name = "convolution", f"{name}.pointwise"
        position = None if position is None else (*position, 1)
    elif kind in ("norm", "layer norm"):
        weights = _norm_weights(layer, config, kind)
    else:
        weights = _kernel_weights(layer, kind)
    if not weights or any(v.dim() != 1 for k, v in weights.items() if k != "weight"):
        raise BadInput(f"{path} holds other weights in {layer.name} than dnnvis knows of Keras.")
    flattened = described.flattened_channels if described else 0
    epsilon = config.get("epsilon")
    known = float(epsilon) if isinstance(epsilon, int | float) else None
    yield replace(_layer(name, kind, weights, position, flattened), epsilon=known), weights


def _module_name(group: str) -> str:
    """Return the dotted name of a group, without the lists in which Keras nests layers."""
    parts = group.removeprefix("model_weights/").split("/")
    return ".".join(part for part in parts if part != "layers") or group


def _separable_weights(layer: _StoredLayer) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Return the two halves of a separable convolution; {} where there are others."""
    values = list(layer.weights.values())
    if len(values) not in (2, 3) or min(values[0].dim(), values[1].dim()) < 3:
        return {}, {}
    kernels = layer.weights
    depthwise = kernels.get("depthwise_kernel", values[0])
    pointwise = kernels.get("pointwise_kernel", values[1])
    first = {"weight": as_torch_kernel(depthwise, "depthwise")}
    second = {"weight": as_torch_kernel(pointwise, "convolution")}
    if len(values) == 3:
        second["bias"] = kernels.get("bias", values[2])
    return first, second


def _kernel_weights(layer: _StoredLayer, kind: str) -> dict[str, Tensor]:
    """Return a kernel and its bias; {} where there are others."""
    names = sorted(layer.weights, key=lambda name: name == "bias")  # the older form sorts by name
    kernel = layer.weights[names[0]]
    if len(names) > 2 or kernel.dim() < 2 or (kernel.dim() < 3 and kind in MAPS):
        return {}
    weights = {"weight": as_torch_kernel(kernel, kind)}
    return weights | ({"bias": layer.weights[names[1]]} if len(names) == 2 else {})


def _layer(
    name: str,
    kind: str,
    weights: Mapping[str, Tensor],
    position: tuple[int, ...] | None,
    flattened: int,
) -> KerasLayer:
    keys = {end: f"{name}.{end}" for end in weights}
    return KerasLayer(name, kind, keys, None, position, flattened, position is not None)


def _norm_weights(layer: _StoredLayer, config: Mapping[str, Any], kind: str) -> dict[str, Tensor]:
    """Return scale, shift and statistics; a scale or a shift that is left out is 1 or 0."""
    expected = list(NORM_NAMES)[: 4 if kind == "norm" else 2]
    if config.get("scale") is False:
        expected.remove("gamma")
    if config.get("center") is False:
        expected.remove("beta")
    count = len(layer.weights)
    if not config and count == 2 and kind == "norm":
        expected = expected[2:]
    is_named = layer.weights.keys() <= NORM_NAMES.keys()
    names = list(layer.weights) if is_named else expected
    if len(names) != count:
        return {}
    values = dict(zip(names, layer.weights.values(), strict=True))
    like = next(iter(values.values()))
    values = {"gamma": torch.ones_like(like), "beta": torch.zeros_like(like), **values}
    return {NORM_NAMES[name]: values[name] for name in NORM_NAMES if name in values}


def _with_positions(
    layers: Sequence[KerasLayer], stored: Sequence[_StoredLayer]
) -> list[KerasLayer]:
    """Return layers with their order among those of a kind, as far as the file tells it.

    The older form lists its layers. The newer one numbers those of a class in a model; else names
    that Keras gave them tell in which order they were built.
    """
    by_kind: dict[str, set[str]] = defaultdict(set)
    parents: dict[str, set[str]] = defaultdict(set)
    for item in stored:
        by_kind[KINDS[item.family]].add(item.family)
        parents[item.family].add(item.path.rpartition("/")[0])
    if all(item.order is not None for item in stored):
        return [replace(layer, position=(n,)) for n, layer in enumerate(layers)]
    has_separable = bool(by_kind["separable"])
    result: list[KerasLayer] = []
    for item in stored:
        kind = KINDS[item.family]
        is_mixed = len(by_kind[kind]) > 1 or (
            has_separable and kind in ("convolution", "depthwise")
        )
        same = [other for other in stored if other.family == item.family]
        number = _number_among(item, same, len(parents[item.family]) == 1)
        position = None if is_mixed or number is None else (number,)
        for _ in range(2 if kind == "separable" else 1):
            result.append(replace(layers[len(result)], position=position))
    return result


def _number_among(
    item: _StoredLayer, same: Sequence[_StoredLayer], is_one_model: bool
) -> int | None:
    """Return where a layer stands among those of its class."""
    if is_one_model and all(_family(other.path.rpartition("/")[2]) for other in same):
        return _suffix(item.path)
    if all(_family(other.name) for other in same):
        return _suffix(item.name)
    return None


def _suffix(name: str) -> int:
    match = re.search(r"_(\d+)$", name)
    return int(match[1]) if match else 0


def _with_flattening(
    layers: Sequence[KerasLayer], state: Mapping[str, Tensor], is_described: bool, path: Path
) -> Iterator[KerasLayer]:
    """Yield the layers, dense ones with the channels of the flattened map that they take.

    Without a configuration that follows from the shapes: a map of C channels and more than one
    pixel gives a multiple of C.
    """
    outputs = {state[layer.keys["weight"]].shape[0] for layer in layers if layer.kind == "dense"}
    maps = [layer for layer in layers if layer.kind in (*MAPS, "norm")]
    for layer in layers:
        if layer.kind != "dense":
            yield layer
            continue
        inputs = state[layer.keys["weight"]].shape[1]
        if is_described:
            channels = layer.flattened_channels
            is_map = bool(channels) and inputs % channels == 0 and inputs > channels
            yield replace(layer, flattened_channels=channels if is_map else 0)
            continue
        widths = _last_widths(maps, state)
        fitting = {width for width in widths if inputs % width == 0 and inputs > width}
        if inputs in outputs | widths or not fitting:
            yield layer
        elif len(fitting) > 1:
            raise BadInput(
                f"{path} does not say whether {layer.name} takes the pixels of "
                f"{' or '.join(map(str, sorted(fitting)))} channels; save the whole model as a "
                ".keras file, which does."
            )
        else:
            yield replace(layer, flattened_channels=fitting.pop())


def _last_widths(maps: Sequence[KerasLayer], state: Mapping[str, Tensor]) -> set[int]:
    """Return the channels of the last layer of each kind whose maps could be flattened."""
    last: dict[str, KerasLayer] = {}
    for layer in maps:
        known = last.get(layer.kind)
        if known is None or (layer.position or (math.inf,)) >= (known.position or (math.inf,)):
            last[layer.kind] = layer
    widths = set()
    for layer in last.values():
        shape = state[layer.keys["weight"]].shape
        widths.add(shape[1] if layer.kind == "transposed" else shape[0])
    return widths
