"""Read the sizes of a network, its width, depth and the like, out of its weights."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]
#: Builders of torchvision for any sizes.
RESNET, VISION_TRANSFORMER = "ResNet", "VisionTransformer"
HEAD_WIDTH = 64  # numbers per attention head where the weights do not say how many heads there are
WIDTH_MULTIPLIERS = (0.25, 0.35, 0.5, 0.75, 1.0, 1.25, 1.3, 1.4, 1.5, 2.0)  # of MobileNets


@dataclass(frozen=True)
class InferredSizes:
    """Arguments of a library's builder that were read out of weights."""

    arguments: dict[str, Any] = field(default_factory=dict)
    #: What of them the weights do not say.
    assumed: tuple[str, ...] = ()
    #: The builder; "" where it is known otherwise.
    builder: str = ""
    #: The weights whose first axis is the classes.
    head: tuple[str, ...] = ()


def infer_timm(shapes: Shapes) -> InferredSizes:
    """Return the arguments of timm's builder with which the weights may fit.

    Vision transformers (``embed_dim``, ``depth``, ``patch_size``, ``img_size``, ``mlp_ratio``),
    ConvNeXt (``depths``, ``dims``) and Swin (``embed_dim``, ``depths``, ``num_heads``); of all
    others the channels of the input.
    """
    for infer in (_infer_swin, _infer_vit, _infer_convnext):
        sizes = infer(shapes)
        if sizes is not None:
            return sizes
    return InferredSizes(_channels_argument(shapes))


def infer_resnet(shapes: Shapes) -> InferredSizes | None:
    """Return the arguments of torchvision's ``ResNet``: layers, groups, width; None for others."""
    layers = [_count(shapes, rf"layer{stage}\.(\d+)\.") for stage in (1, 2, 3, 4)]
    stem, first = shapes.get("conv1.weight"), shapes.get("layer1.0.conv1.weight")
    if not all(layers) or stem is None or first is None or stem[:1] != (64,):
        return None
    arguments: dict[str, Any] = {"layers": layers, "bottleneck": "layer1.0.conv3.weight" in shapes}
    second = shapes.get("layer1.0.conv2.weight", ())
    if arguments["bottleneck"] and len(second) == 4 and second[1]:
        groups = max(1, second[0] // second[1])
        arguments |= {"groups": groups, "width_per_group": second[0] // groups}
    arguments |= _channels_argument(shapes)
    return InferredSizes(arguments, (), RESNET, ("fc.weight", "fc.bias"))


def infer_torchvision_vit(shapes: Shapes) -> InferredSizes | None:
    """Return the arguments of torchvision's ``VisionTransformer``; None for others."""
    patches, positions = shapes.get("conv_proj.weight"), shapes.get("encoder.pos_embedding")
    depth = _count(shapes, r"encoder\.layers\.encoder_layer_(\d+)\.")
    hidden = shapes.get("encoder.layers.encoder_layer_0.mlp.0.weight")
    if not (patches and positions and hidden and depth) or len(positions) != 3:
        return None
    width, patch = patches[0], patches[-1]
    arguments = {
        "image_size": math.isqrt(max(positions[1] - 1, 1)) * patch,
        "patch_size": patch,
        "num_layers": depth,
        "num_heads": max(1, width // HEAD_WIDTH),
        "hidden_dim": width,
        "mlp_dim": hidden[0],
    }
    arguments |= _channels_argument(shapes)
    head = ("heads.head.weight", "heads.head.bias")
    return InferredSizes(arguments, ("num_heads",), VISION_TRANSFORMER, head)


def infer_mobilenets(name: str, shapes: Shapes, head: tuple[str, ...]) -> list[InferredSizes]:
    """Return arguments to be tried for a MobileNet, whose width multiplier no weight says."""
    if not name.startswith("mobilenet_"):
        return []
    return [
        InferredSizes({"width_mult": factor, **_channels_argument(shapes)}, (), name, head)
        for factor in WIDTH_MULTIPLIERS
    ]


def infer_channels(name: str, shapes: Shapes, head: tuple[str, ...]) -> list[InferredSizes]:
    """Return the input channels, where they are not 3, for a network of ``name``."""
    arguments = _channels_argument(shapes)
    return [InferredSizes(arguments, (), name, head)] if arguments else []


def read_channels(shapes: Shapes) -> int | None:
    """Return the input channels of the first convolution; None where there is none."""
    first = next((shape for key, shape in shapes.items() if len(shape) == 4), None)
    return first[1] if first is not None else None


def _infer_vit(shapes: Shapes) -> InferredSizes | None:
    patches = shapes.get("patch_embed.proj.weight", ())
    depth = _count(shapes, r"blocks\.(\d+)\.")
    if len(patches) != 4 or not depth or "blocks.0.attn.qkv.weight" not in shapes:
        return None
    width, patch = patches[0], patches[-1]
    arguments: dict[str, Any] = {"embed_dim": width, "depth": depth, "patch_size": patch}
    arguments |= _channels_argument(shapes)
    arguments["num_heads"] = max(1, width // HEAD_WIDTH)
    hidden = shapes.get("blocks.0.mlp.fc1.weight")
    if hidden is not None and hidden[0] != 4 * width:
        arguments["mlp_ratio"] = hidden[0] / width
    positions = shapes.get("pos_embed", ())
    if len(positions) == 3:
        side = math.isqrt(positions[1])  # one or a few tokens beside the grid do not change it
        arguments["img_size"] = side * patch
    return InferredSizes(arguments, ("num_heads",))


def _infer_convnext(shapes: Shapes) -> InferredSizes | None:
    depths = [_count(shapes, rf"stages\.{stage}\.blocks\.(\d+)\.") for stage in range(4)]
    dims = [shapes.get(f"stages.{stage}.blocks.0.conv_dw.weight", ()) for stage in range(4)]
    if not all(depths) or not all(dims):
        return None
    widths = [shape[0] for shape in dims]
    return InferredSizes({"depths": depths, "dims": widths, **_channels_argument(shapes)})


def _infer_swin(shapes: Shapes) -> InferredSizes | None:
    tables = [
        shapes.get(f"layers.{stage}.blocks.0.attn.relative_position_bias_table", ())
        for stage in range(4)
    ]
    patches = shapes.get("patch_embed.proj.weight", ())
    depths = [_count(shapes, rf"layers\.{stage}\.blocks\.(\d+)\.") for stage in range(4)]
    if not all(len(table) == 2 for table in tables) or len(patches) != 4:
        return None
    window = (math.isqrt(tables[0][0]) + 1) // 2
    arguments = {
        "embed_dim": patches[0],
        "depths": depths,
        "num_heads": [table[1] for table in tables],
        "window_size": window,
        "img_size": 32 * window,
        **_channels_argument(shapes),
    }
    return InferredSizes(arguments, ("img_size",))


def _channels_argument(shapes: Shapes) -> dict[str, Any]:
    channels = read_channels(shapes)
    return {} if channels in (None, 3) else {"in_chans": channels}


def _count(shapes: Shapes, pattern: str) -> int:
    """Return one more than the largest number that ``pattern`` has in a name, 0 without any."""
    numbers = [int(match[1]) for key in shapes if (match := re.match(pattern, key))]
    return max(numbers, default=-1) + 1
