"""Build torchvision's networks of pictures by name: the only file that imports torchvision.

They are its classification, segmentation and detection networks.
"""

import math
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cache
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from dnnvis.core.errors import BadInput
from dnnvis.network.card import Card
from dnnvis.network.state.generators import fork_generators
from dnnvis.zoo.inferred_sizes import RESNET, VISION_TRANSFORMER

CLASSES = {"models": 1000, "segmentation": 21, "detection": 91}  # of each family, by default
KEYPOINT_CLASSES = 2  # person or not
DETECTION_SIZE = (480, 640)  # where a detector says none: it rescales every picture itself
DOWNLOAD_TIMEOUT_SECONDS = 30.0  # seconds without an answer after which a download is given up
SIDE_HEADS = ("googlenet", "inception_v3")
SIZE_ARGUMENTS = {"vit_": "image_size", "maxvit_": "input_size"}  # built for one size of picture
RENAMED_KEYS = (  # keys of older files, as torchvision itself renames them
    (re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\."), r"\1\2."),
    (re.compile(r"\.mlp\.linear_1\."), ".mlp.0."),
    (re.compile(r"\.mlp\.linear_2\."), ".mlp.3."),
)
Size = tuple[int, int]


def names() -> list[str]:
    """Return every network of pictures of the torchvision that is installed."""
    return list(_families())


def other_names() -> list[str]:
    """Return torchvision's other networks: of films, of pairs of pictures, quantized ones."""
    return sorted(set(_models().list_models()) - set(names()))


def default_classes(name: str) -> int:
    """Return how many classes ``name`` has by default."""
    return KEYPOINT_CLASSES if name.startswith("keypoint") else CLASSES[_families()[name]]


def card(name: str, size: Size | None = None) -> Card:
    """Return the preprocessing and labels of the published weights of ``name``."""
    weights = _weights(name)
    if weights is None:
        return Card(name, size or (224, 224), architecture=name)
    published = weights.transforms()
    card = Card(
        name=name,
        size=size or _published_size(name, published),
        mean=tuple(getattr(published, "mean", (0.0,))),  # a detector has its own inside
        std=tuple(getattr(published, "std", (1.0,))),
        labels=tuple(weights.meta["categories"]),
        architecture=name,
        about={"title": title(name)},
    )
    return replace(card, **_published_crop(published)).with_origin("module")


def title(name: str) -> str:
    """Return one line for a list of networks."""
    weights = _weights(name)
    if weights is None:
        return "torchvision"
    million = weights.meta["num_params"] / 1e6
    family = _families()[name]
    height, width = _published_size(name, weights.transforms())
    size = f"{height} pixels" if height == width else f"{height} x {width} pixels"
    kind = "" if family == "models" else f"{family}, "
    return f"torchvision, {kind}{million:.1f} M parameters, {size}"


def _published_size(name: str, published: Any) -> Size:
    """Return the size (H, W) of the pictures that published weights are used with."""
    for attribute in ("crop_size", "resize_size"):
        side = getattr(published, attribute, None)
        if side:
            return side[0], side[0]
    side = re.search(r"(?:ssd|lite|large_)(3\d\d)", name)  # ssd300, ssdlite320, ..._320_fpn
    return (int(side[1]), int(side[1])) if side else DETECTION_SIZE


def _published_crop(published: Any) -> dict[str, Any]:
    """Return how published weights' pictures are resized and cut, as fields of a card."""
    cut, resized = (getattr(published, name, None) for name in ("crop_size", "resize_size"))
    interpolation = getattr(published, "interpolation", None)
    return {
        "crop_ratio": min(1.0, cut[0] / resized[0]) if cut and resized else 1.0,
        "interpolation": "bilinear" if interpolation is None else interpolation.value,
        "antialias": getattr(published, "antialias", True) is not False,
    }


def build(
    name: str,
    *,
    classes: int | None = None,
    size: Size | None = None,
    state: Mapping[str, Tensor] | None = None,
) -> nn.Module:
    """Build a network with random weights from seed 0.

    The caller's random numbers are left alone.

    Args:
        name: Name of the network.
        classes: Number of classes; None: as the published weights have.
        size: Input size (H, W) in pixels; None: the network's own.
        state: Weights that will be loaded next: the costly filling is left out, and side heads
            are there only if ``state`` has some.

    Returns:
        The module.

    Raises:
        BadInput: ``size`` does not suit the network.
    """
    settings = _builder_arguments(name, size)
    if state is not None and name in SIDE_HEADS:
        settings |= {"aux_logits": any(map(_is_side_head_key, state)), "transform_input": True}
    if "aux_loss" in settings:
        settings["aux_loss"] = state is not None and any(map(_is_side_head_key, state))
    initialization = _SkipInitialization() if state is not None else nullcontext()
    try:
        with fork_generators(0), initialization:
            module: nn.Module = _models().get_model(
                name, weights=None, num_classes=classes or default_classes(name), **settings
            )
    except (AssertionError, ValueError, RuntimeError) as error:
        raise BadInput(f"{name} cannot be built for pictures of {size}: {error}") from None
    return module


def imagenet_labels() -> tuple[str, ...]:
    """Return the 1,000 class names of ImageNet, in the order of the outputs."""
    return tuple(_weights("resnet18").meta["categories"])


def build_sized(name: str, arguments: Mapping[str, Any], classes: int | None = None) -> nn.Module:
    """Build a network in sizes of its own with random weights from seed 0.

    Args:
        name: ``ResNet`` or ``VisionTransformer``, or the name of a network.
        arguments: Those of torchvision's class or builder; ``in_chans`` is the number of input
            channels, ``bottleneck`` whether a ResNet has such blocks.
        classes: Number of classes; None: the default.

    Returns:
        The module.

    Raises:
        BadInput: Torchvision cannot build it with these arguments.
    """
    models, settings = _models(), dict(arguments)
    channels = settings.pop("in_chans", 3)
    try:
        with fork_generators(0):
            if name == RESNET:
                has_bottlenecks = settings.pop("bottleneck")
                kinds = models.resnet.BasicBlock, models.resnet.Bottleneck
                count = classes or CLASSES["models"]
                module = models.ResNet(kinds[has_bottlenecks], num_classes=count, **settings)
            elif name == VISION_TRANSFORMER:
                count = classes or CLASSES["models"]
                module = models.VisionTransformer(num_classes=count, **settings)
            else:
                settings |= _builder_arguments(name, None)
                count = classes or default_classes(name)
                module = models.get_model(name, weights=None, num_classes=count, **settings)
            if channels != 3:
                _replace_first_convolution(module, channels)
    except (AssertionError, ValueError, TypeError, RuntimeError) as error:
        raise BadInput(f"{name} cannot be built with {dict(arguments)}: {error}") from None
    built: nn.Module = module
    return built


def _replace_first_convolution(module: nn.Module, channels: int) -> None:
    name, first = next((n, m) for n, m in module.named_modules() if isinstance(m, nn.Conv2d))
    kind: Any = type(first)
    new = kind(
        channels,
        first.out_channels,
        first.kernel_size,
        first.stride,
        first.padding,
        first.dilation,
        bias=first.bias is not None,
        padding_mode=first.padding_mode,
    )
    owner, _, attribute = name.rpartition(".")
    setattr(module.get_submodule(owner), attribute, new)


def sized_shapes(name: str, arguments: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Return key -> shape of ``build_sized``, without allocating them; {} where it cannot be."""
    try:
        with _MetaTensors():
            module = build_sized(name, arguments)
    except BadInput:
        return {}
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def build_pretrained(name: str, size: Size | None = None) -> nn.Module:
    """Build ``name`` with its published weights, fetched once, with a progress bar on stderr.

    Raises BadInput where they cannot be fetched, saying what to do.
    """
    _check_size(name, size)
    weights = _weights(name)
    if weights is None:
        raise BadInput(f"Torchvision publishes no weights for {name}; open it with weights=None.")
    try:
        with _download_timeout(), fork_generators(), _SkipInitialization():
            module: nn.Module = _models().get_model(name, weights=weights, progress=True)
    except (OSError, RuntimeError, HTTPException) as error:
        folder = os.path.join(torch.hub.get_dir(), "checkpoints")
        raise BadInput(
            f"The pretrained weights of {name} could not be fetched ({error}): is there a network? "
            f"Put {weights.url} into {folder} by hand, or open {name} without 'pretrained' "
            "for random weights."
        ) from None
    return module


def describe_download(name: str) -> str:
    """Return one sentence on what ``name`` with its published weights fetches, and to where."""
    weights = _weights(name)
    if weights is None:
        return f"Torchvision publishes no weights for {name}."
    file = os.path.join(torch.hub.get_dir(), "checkpoints", os.path.basename(weights.url))
    if os.path.exists(file):
        return f"The weights lie here already ({file}): nothing is downloaded."
    megabytes = weights.meta["_file_size"]
    size = f"{megabytes:,.0f}" if megabytes >= 10 else f"{megabytes:.1f}"
    host, folder = urlsplit(weights.url).netloc, os.path.dirname(file)
    return f"{size} MB of weights ({weights.name}) are downloaded once from {host} to {folder}."


@cache
def shapes(
    name: str, size: Size | None = None, classes: int | None = None
) -> dict[str, tuple[int, ...]]:
    """Return key -> shape of all weights of ``name``, without allocating them.

    But for ssdlite, which runs its backbone while it is built. ``classes`` None: by default.
    """
    mode = _SkipInitialization() if name.startswith("ssdlite") else _MetaTensors()
    settings = _builder_arguments(name, size)
    with mode, fork_generators():
        count = classes or default_classes(name)
        module = _models().get_model(name, weights=None, num_classes=count, **settings)
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def size_in(name: str, state: Mapping[str, Tensor]) -> Size | None:
    """Return the picture size that the weights of a vision transformer were trained for."""
    positions, patches = state.get("encoder.pos_embedding"), state.get("conv_proj.weight")
    if not name.startswith("vit_") or positions is None or patches is None:
        return None
    if positions.dim() != 3 or patches.dim() != 4 or not name.endswith(f"_{patches.shape[-1]}"):
        return None
    side = math.isqrt(max(positions.shape[1] - 1, 1)) * patches.shape[-1]
    return side, side


def modern_keys(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return ``state`` with the names that torchvision's modules have today."""
    return {_modern_key(key): value for key, value in state.items()}


def _modern_key(key: str) -> str:
    for old, new in RENAMED_KEYS:
        key = old.sub(new, key)
    return key


def _is_side_head_key(key: str) -> bool:
    return key.lower().startswith("aux")


def without_side_heads(state: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``state`` without the heads that googlenet and inception_v3 have for training."""
    return {key: value for key, value in state.items() if not _is_side_head_key(key)}


def has_side_heads(name: str) -> bool:
    """Return whether ``name`` may have heads beside its answer's, for training."""
    return name in SIDE_HEADS or _has_side_classifier(name)


def _has_side_classifier(name: str) -> bool:
    return _families().get(name) == "segmentation" and not name.startswith("lraspp")


def _builder_arguments(name: str, size: Size | None) -> dict[str, Any]:
    """Return arguments with which the builder of ``name`` is quiet, fetches nothing, fits ``size``.

    With ``weights=None`` alone torchvision fetches weights for the backbone of a detector.
    """
    if _families().get(name) != "models":
        own = {"aux_loss": True} if _has_side_classifier(name) else {}
        return {"weights_backbone": None, **own}
    if name in SIDE_HEADS:
        _check_size(name, size)
        return {"init_weights": True}  # the default, which warns where it is not spelt out
    for prefix, argument in SIZE_ARGUMENTS.items():
        if name.startswith(prefix) and size is not None:
            if size[0] != size[1]:
                raise BadInput(f"{name} takes square pictures only, not {size[0]}x{size[1]}.")
            return {argument: size[0] if argument == "image_size" else size}
    _check_size(name, size)
    return {}


def _check_size(name: str, size: Size | None) -> None:
    weights = _weights(name)
    if weights is None or size is None:
        return
    min_size = tuple(weights.meta.get("min_size", (1, 1)))
    if name.startswith(tuple(SIZE_ARGUMENTS)) and size != min_size:
        raise BadInput(
            f"These weights of {name} are for pictures of {min_size[0]}x{min_size[1]} only."
        )
    if size[0] < min_size[0] or size[1] < min_size[1]:
        raise BadInput(
            f"{name} needs pictures of at least {min_size[0]}x{min_size[1]}, "
            f"not {size[0]}x{size[1]}."
        )


def _weights(name: str) -> Any:
    """Return the best published weights (torchvision's enum member), None where there are none."""
    published = _models().get_model_weights(name)
    return published.DEFAULT if len(published) else None


@cache
def _families() -> dict[str, str]:
    """Return name -> family of every network of pictures."""
    models = _models()
    modules = {"models": models, "segmentation": models.segmentation, "detection": models.detection}
    return {
        name: family
        for family, module in modules.items()
        for name in models.list_models(module=module)
    }


def _models() -> Any:
    import torchvision.models  # lazy: a second of start-up that bundled networks do not need

    return torchvision.models


@contextmanager
def _download_timeout() -> Iterator[None]:
    """Make downloads give up on a silent server; torch.hub alone would wait for ever."""
    previous = socket.getdefaulttimeout()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT_SECONDS)
    try:
        yield
    finally:
        socket.setdefaulttimeout(previous)


class _SkipInitialization(TorchFunctionMode):
    """Mode in which new weights are not filled with random numbers; they will be loaded anyway."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function in (Tensor.normal_, Tensor.uniform_, Tensor.erfinv_):
            return args[0]
        return function(*args, **(kwargs or {}))


class _MetaTensors(TorchFunctionMode):
    """Mode in which new weights have a shape but no memory.

    ``torch.device("meta")`` would take the small tables too with which regnet computes its widths.
    """

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        if function is torch.empty:
            kwargs["device"] = "meta"
        return function(*args, **kwargs)
