"""Pictures decoded ahead of the network, in threads."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import torch
from torch import Tensor

from dnnvis.core.errors import BadInput, Cancelled
from dnnvis.network.card import Card
from dnnvis.network.preprocess import as_batch, fit_to_card
from dnnvis.sources.datasets import Dataset, Origin

Input = TypeVar("Input")
Output = TypeVar("Output")


@dataclass(frozen=True, eq=False)
class DecodedBatch:
    """``numbers`` of the pictures that could be read, ``pixels`` uint8 (n, C, H, W) as the
    network takes them, their ``origins``; ``skipped``: number -> why it could not be read."""

    numbers: tuple[int, ...]
    pixels: Tensor
    origins: tuple[Origin, ...]
    skipped: dict[int, str]


def decode_batch(
    data: Dataset, card: Card, numbers: Sequence[int], stop: threading.Event
) -> DecodedBatch:
    """Read pictures and bring them to the card's size and channels; raises Cancelled once
    ``stop`` is set."""
    read, pixels, origins, skipped = [], [], [], {}
    for number in numbers:
        if stop.is_set():
            raise Cancelled("The scan was stopped.")
        try:
            picture, origin = data.read(number)
            pixels.append(fit_to_card(as_batch(picture)[0], card))
        except BadInput as error:
            skipped[number] = str(error)
            continue
        read.append(number)
        origins.append(origin)
    empty = torch.empty((0, card.channels, *card.size), dtype=torch.uint8)
    stacked = torch.cat(pixels) if pixels else empty
    return DecodedBatch(tuple(read), stacked, tuple(origins), skipped)


def prefetch(
    inputs: Iterable[Input], function: Callable[[Input], Output], workers: int
) -> Generator[Output, None, None]:
    """``function`` of each, in order, by threads that are one step a worker ahead."""
    pending: deque[Future[Output]] = deque()
    remaining = iter(inputs)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="dnnvis-decode")
    try:
        pending.extend(pool.submit(function, item) for item in islice(remaining, workers + 1))
        while pending:
            output = pending.popleft().result()
            pending.extend(pool.submit(function, item) for item in islice(remaining, 1))
            yield output
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
