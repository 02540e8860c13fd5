"""Show a picture as a network would get it, before the network is opened."""

from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.messages import InputPreview
from dnnvis.core.paths import is_factory, shipped_folder
from dnnvis.network.card import Card, describe_preprocessing, read_card
from dnnvis.network.checkpoint import Checkpoint, read_checkpoint, split_part
from dnnvis.network.preprocess import as_batch, fit_to_card
from dnnvis.zoo import torchvision_nets
from dnnvis.zoo.bundled import ARCHITECTURES, BUNDLED_NETWORKS
from dnnvis.zoo.described_file import describe_checkpoint
from dnnvis.zoo.detect_architecture import detect_architecture
from dnnvis.zoo.input_options import InputOptions, read_options

UNKNOWN_NETWORK = (
    "What this network takes is known once it runs; until then 224 pixels, mean 0 and standard "
    "deviation 1 stand for what is not typed."
)
CHANNEL_NAMES = {1: ("gray",), 3: ("red", "green", "blue")}


def preview_input(choice: Any, pixels: NDArray[np.uint8]) -> InputPreview:
    """Prepare a picture as the network of a choice would get it; nothing of the network runs.

    Args:
        choice: What has the fields ``net``, ``checkpoint``, ``size``, ``mean``, ``std`` and
            ``channels`` of the arguments of ``open_network``.
        pixels: The picture, uint8 (H, W, C).

    Returns:
        The picture at the network's size, and the range of its values in each channel.

    Raises:
        BadInput: An option makes no sense, or the picture cannot be brought to the channels.
    """
    card, sentence = find_card(choice)
    batch, _ = as_batch(pixels)
    x = fit_to_card(batch, card)[0].numpy()  # uint8 (C, H, W)
    mean, std = (np.array(values, np.float64)[:, None, None] for values in (card.mean, card.std))
    values = (x / 255 - mean) / std
    rows = zip(values.min((1, 2)), values.mean((1, 2)), values.max((1, 2)), strict=True)
    names = CHANNEL_NAMES.get(card.channels, tuple(map(str, range(card.channels))))
    return InputPreview(
        np.ascontiguousarray(x.transpose(1, 2, 0)),
        locate_crop(pixels.shape[0], pixels.shape[1], card),
        tuple((float(low), float(middle), float(high)) for low, middle, high in rows),
        names,
        describe_preprocessing(card),
        sentence,
    )


def locate_crop(height: int, width: int, card: Card) -> tuple[float, float, float, float]:
    """Return the part (top, left, height, width) of a picture that goes in, in its pixels."""
    whole = 0.0, 0.0, float(height), float(width)
    if card.fit in ("letterbox", "free") or (height, width) == card.size:
        return whole
    rows, columns = whole[2:]
    if card.fit != "stretch":  # the middle with the network's ratio of sides
        ratio = card.size[0] / card.size[1]
        rows, columns = min(rows, columns * ratio), min(columns, rows / ratio)
    rows, columns = rows * card.crop_ratio, columns * card.crop_ratio
    return (height - rows) / 2, (width - columns) / 2, rows, columns


def find_card(choice: Any) -> tuple[Card, str]:
    """Return the card that the network of a choice would have, and whose word it is.

    Args:
        choice: See ``preview_input``.

    Returns:
        The card, with what is typed, and one sentence on what is assumed, or "".
    """
    options = read_options(choice.size, choice.mean, choice.std, None, choice.channels)
    known = _find_named_card(choice.net)
    if choice.checkpoint or known is None:
        file = choice.checkpoint or choice.net
        from_file, options = _find_file_card(file, options)
        known = known or from_file
    if known is not None:
        return options.apply_to(_fit_channels(known, options)), ""
    channels = options.channels or max(len(options.mean or ()), len(options.std or ()))
    unknown = Card(choice.net or "network", options.size or (224, 224), channels or 3)
    return options.apply_to(unknown), UNKNOWN_NETWORK


def _fit_channels(card: Card, options: InputOptions) -> Card:
    """Return the card without its numbers per channel where another count of them is typed."""
    if options.channels in (None, card.channels):
        return card
    return replace(card, channels=options.channels, mean=(0.0,), std=(1.0,))


def _find_named_card(net: str) -> Card | None:
    if net in BUNDLED_NETWORKS:
        return read_card(shipped_folder("models") / f"{net}.json")
    if net in ARCHITECTURES:
        return ARCHITECTURES[net]
    if is_factory(net) or split_part(net)[0].exists():
        return None
    return torchvision_nets.card(net) if net in torchvision_nets.names() else None


def _find_file_card(file: str, options: InputOptions) -> tuple[Card | None, InputOptions]:
    """Return the card of a file of weights, and the options with what the file states."""
    path, _ = split_part(file)
    if is_factory(file) or not path.is_file():
        return None, options
    beside = path.with_suffix(".json")
    if beside.is_file():
        try:
            return read_card(beside), options
        except BadInput:
            pass  # opening it says so
    facts = _read_facts(file, path.stat().st_mtime_ns)
    if facts.summary is None:
        return None, options
    _, options, _ = describe_checkpoint(facts.summary, options)
    return facts.card, options


class _FileFacts(NamedTuple):
    """What a file of weights says without them."""

    #: The checkpoint without its weights; None where it cannot be read.
    summary: Checkpoint | None
    #: The card of the architecture that was recognized.
    card: Card | None


@lru_cache(maxsize=8)
def _read_facts(file: str, modified: int) -> _FileFacts:
    """Read a file once for each time it was written; its weights are not held in memory."""
    try:
        checkpoint = read_checkpoint(file)
    except DnnvisError:
        return _FileFacts(None, None)
    card = None
    try:
        name = detect_architecture(checkpoint).architecture
        card = _find_named_card(name)
        if card is not None and name in torchvision_nets.names():
            card = torchvision_nets.card(name, torchvision_nets.size_in(name, checkpoint.state))
    except DnnvisError:
        pass  # nothing known fits, which opening it says
    return _FileFacts(replace(checkpoint, state={}, others={}), card)
