"""Look into a module that somebody has in hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from dnnvis.core.errors import BadInput
from dnnvis.network.card import Card, as_numbers, as_size_pair
from dnnvis.network.network import Network
from dnnvis.network.opening.described_input import describe_input
from dnnvis.network.opening.module_copy import copy_module
from dnnvis.network.opening.programs import as_module, is_program


def wrap(
    module: nn.Module,
    *,
    size: int | tuple[int, int],
    mean: Sequence[float] | float = (0.0,),
    std: Sequence[float] | float = (1.0,),
    labels: Sequence[str] | None = None,
    channels: int = 3,
    name: str = "",
    output: str | int | None = None,
    inputs: Mapping[str, Any] | None = None,
) -> Network:
    """Return a Network around a deep copy of ``module``; the original stays as it is.

    Args:
        module: The module.
        size: Input size in pixels, (H, W) or one number for both.
        mean: Mean per channel, for pixels in [0, 1]; one number serves all channels.
        std: Standard deviation per channel, for pixels in [0, 1]; one number serves all.
        labels: Names of the classes, in the order of the output.
        channels: Number of input channels.
        name: Name of the network; "": the module's class.
        output: Path of the result that is the answer, or its number; None: the likeliest.
        inputs: What its further inputs are held at, by name.

    Returns:
        The network, on the device of the module's parameters.

    Raises:
        BadInput: ``module`` is no module or cannot be copied, or settings make no sense.
    """
    if is_program(module):
        module = as_module(module)
    if not isinstance(module, nn.Module):
        raise BadInput(f"wrap takes a torch.nn.Module, not {type(module).__name__}.")
    as_module(module)  # what cannot be looked into need not be copied
    try:
        card = Card(
            name=name or type(getattr(module, "_orig_mod", module)).__name__,
            size=as_size_pair(size),
            channels=int(channels),
            mean=as_numbers(mean),
            std=as_numbers(std),
            labels=tuple(str(label) for label in labels or ()),
        )
        card = card.with_values({"size": card.size, "channels": card.channels}, "user")
        given = {name: getattr(card, name) for name in ("mean", "std", "labels")}
        defaults = {"mean": (0.0,), "std": (1.0,), "labels": ()}
        card = card.with_values({k: v for k, v in given.items() if v != defaults[k]}, "user")
    except (TypeError, ValueError) as error:
        raise BadInput(f"size, mean, std, labels or channels make no sense: {error}") from None
    module_copy, notes = copy_module(module)
    notes += _note_on_scale(module, card)
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    return Network(
        module_copy,
        card,
        device=str(device),
        notes=notes,
        output="" if output is None else str(output),
        inputs=inputs,
    )


def _note_on_scale(module: nn.Module, card: Card) -> tuple[str, ...]:
    """Return a sentence where the module's library states a mean and std that nobody passed."""
    described = describe_input(module)
    values = {name: described.values[name] for name in ("mean", "std") if name in described.values}
    if not values or any(name in card.origins for name in values):
        return ()
    stated = ", ".join(f"{k} ({', '.join(f'{n:g}' for n in v)})" for k, v in values.items())
    return (
        f"Mean 0 and std 1 are assumed for {card.name}, but {described.origin} states {stated}; "
        "pass them to wrap if its weights were trained so.",
    )
