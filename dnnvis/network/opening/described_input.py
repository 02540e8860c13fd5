"""Read what a library's module says of its own input: timm, transformers, torch.export."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, fx

from dnnvis.network.opening.preprocessing_config import get, is_side, read_values


@dataclass(frozen=True)
class DescribedInput:
    """What a module says of its input."""

    #: Where it says so, such as ``its pretrained_cfg``; "" where it says nothing.
    origin: str = ""
    #: Of a card's fields those that it states; see ``preprocessing_config.read_values``.
    values: Mapping[str, Any] = field(default_factory=dict)


def describe_input(module: Any) -> DescribedInput:
    """Return what ``module`` says of its input in its library's way."""
    for read in (_read_timm, _read_transformers, _read_exported):
        described = read(module)
        if described is not None:
            return described
    return DescribedInput()


def _read_timm(module: Any) -> DescribedInput | None:
    """Read ``pretrained_cfg`` or ``default_cfg``, a dictionary or an object."""
    for name in ("pretrained_cfg", "default_cfg"):
        config = getattr(module, name, None)
        values = {} if config is None else read_values(config)
        channels = values.get("channels")
        if "mean" in values and channels not in (None, len(values["mean"])):
            del values["mean"], values["std"]
        if values:
            return DescribedInput(f"its {name}", values)
    return None


def _read_transformers(module: Any) -> DescribedInput | None:
    """Read ``image_size`` and ``num_channels`` of a config, or of the vision part's."""
    outer = getattr(module, "config", None)
    for config in (outer, get(outer, "vision_config"), get(outer, "backbone_config")):
        shape = {name: get(config, name) for name in ("image_size", "num_channels")}
        values = read_values({name: value for name, value in shape.items() if value is not None})
        if values:
            return DescribedInput("its config", values)
    return None


def _read_exported(module: Any) -> DescribedInput | None:
    """Read the shape of the first input with which ``torch.export`` made a program."""
    if not isinstance(module, fx.GraphModule):
        return None
    inputs = (node.meta.get("val") for node in module.graph.nodes if node.op == "placeholder")
    value = next((value for value in inputs if isinstance(value, Tensor)), None)
    if value is None or value.dim() != 4 or not all(is_side(n) for n in value.shape[1:]):
        return None
    _, channels, height, width = map(int, value.shape)
    return DescribedInput("its exported graph", {"size": (height, width), "channels": channels})
