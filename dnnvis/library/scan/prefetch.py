"""Decode pictures ahead of the network, in threads."""

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
    """Decoded pictures of a data set."""

    #: Numbers of the n pictures that could be read.
    numbers: tuple[int, ...]
    #: uint8 (n, C, H, W), as the network takes them.
    pixels: Tensor
    #: Where each came from.
    origins: tuple[Origin, ...]
    #: Number -> why it could not be read.
    skipped: dict[int, str]


def decode_batch(
    data: Dataset, card: Card, numbers: Sequence[int], stop: threading.Event
) -> DecodedBatch:
    """Read pictures, and fit them to the card's size and channels.

    Args:
        data: The data set.
        card: Card of the network.
        numbers: Numbers of the pictures.
        stop: Cancels the work once it is set.

    Raises:
        Cancelled: ``stop`` was set.
    """
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
    """Yield ``function`` of each input, in order, computed ahead by threads.

    Args:
        inputs: The inputs; one more than there are workers are in work at once.
        function: Called on the threads.
        workers: Number of threads.

    Yields:
        The outputs.
    """
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
