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
from dnnvis.network.preprocess import as_batch, fitted
from dnnvis.sources.datasets import Data, Origin

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, eq=False)
class Chunk:
    """``numbers`` of the pictures that could be read, ``pixels`` uint8 (n, C, H, W) as the
    network takes them, their ``origins``; ``skipped``: number -> why it could not be read."""

    numbers: tuple[int, ...]
    pixels: Tensor
    origins: tuple[Origin, ...]
    skipped: dict[int, str]


def decoded(data: Data, card: Card, numbers: Sequence[int], stop: threading.Event) -> Chunk:
    """Read pictures and bring them to the card's size and channels; raises Cancelled once
    ``stop`` is set."""
    read, pixels, origins, skipped = [], [], [], {}
    for number in numbers:
        if stop.is_set():
            raise Cancelled("The scan was stopped.")
        try:
            picture, origin = data.read(number)
            pixels.append(fitted(as_batch(picture)[0], card))
        except BadInput as why:
            skipped[number] = str(why)
            continue
        read.append(number)
        origins.append(origin)
    none = torch.empty((0, card.channels, *card.size), dtype=torch.uint8)
    whole = torch.cat(pixels) if pixels else none
    return Chunk(tuple(read), whole, tuple(origins), skipped)


def ahead(
    given: Iterable[Given], make: Callable[[Given], Made], workers: int
) -> Generator[Made, None, None]:
    """``make`` of each, in order, by threads that are one step a worker ahead."""
    waiting: deque[Future[Made]] = deque()
    rest = iter(given)
    pool = ThreadPoolExecutor(workers, thread_name_prefix="dnnvis-decode")
    try:
        waiting.extend(pool.submit(make, item) for item in islice(rest, workers + 1))
        while waiting:
            made = waiting.popleft().result()
            waiting.extend(pool.submit(make, item) for item in islice(rest, 1))
            yield made
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
