"""Choose how many pictures to optimize at once, by timing on this machine and its memory."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from dnnvis.core.errors import Cancelled
from dnnvis.lenses.ascent.batch_ascent import BatchAscent
from dnnvis.network.network import Network

MAX_BATCH = 64
MIN_GAIN_FRACTION = 0.05  # a batch twice as large must save that fraction of the time
MEMORY_FRACTION = 0.5  # of the free memory that pictures may fill
DEFAULT_FREE_BYTES = 2**30  # assumed where the free memory cannot be read
TIMED_STEPS = 2  # the fastest of so many steps counts
CreateAscent = Callable[[int], BatchAscent]


def choose_batch(net: Network, create: CreateAscent, limit: int, stop: Callable[[], bool]) -> int:
    """Return the batch size with the least time per picture, doubled as long as that gains.

    On a CPU the faster memory format for that batch is set too (see ``restore_format``).

    Args:
        net: The network.
        create: Returns an ascent with that many pictures.
        limit: Number of pictures to render in all.
        stop: Returns True to end the search early.
    """
    max_bytes = MEMORY_FRACTION * free_memory(net.device)
    best, seconds_per_picture, size = 1, float("inf"), 1
    while size <= min(limit, MAX_BATCH) and not stop():
        seconds, used_bytes = _measure_step(create(size))
        if seconds / size > seconds_per_picture * (1 - MIN_GAIN_FRACTION):
            break
        best, seconds_per_picture = size, seconds / size
        if 2 * used_bytes > max_bytes:
            break
        size *= 2
    if net.device.type == "cpu" and limit > 1 and not stop():
        _take_faster_format(net, create, best, seconds_per_picture * best)
    return best


@contextmanager
def restore_format(net: Network) -> Iterator[None]:
    """Restore the network's memory format at the end of the ``with``."""
    previous = net.memory_format
    try:
        yield
    finally:
        if net.memory_format != previous:
            net.set_memory_format(previous)


def _take_faster_format(net: Network, create: CreateAscent, batch: int, seconds: float) -> None:
    """Set the other memory format if a step of ``batch`` pictures is faster than ``seconds``.

    A format in which the network fails, forward or backward, or answers differently is not set.
    """
    previous = net.memory_format
    other = torch.contiguous_format if previous == torch.channels_last else torch.channels_last
    faster = False
    try:
        faster = net.try_format(other) and _measure_step(create(batch))[0] <= seconds
    except Cancelled:
        raise
    except Exception as error:  # a network's own backward pass may raise anything
        logging.getLogger(__name__).info("%s cannot climb in %s: %s", net.name, other, error)
    finally:
        if not faster and net.memory_format != previous:
            net.set_memory_format(previous)


def _measure_step(ascent: BatchAscent) -> tuple[float, int]:
    """Return the seconds of a step, and the bytes that it saves for the backward pass."""
    with count_saved_bytes() as count:
        ascent.step()
    times = []
    for _ in range(TIMED_STEPS):
        _synchronize(ascent.network.device)
        start_time = time.perf_counter()
        ascent.step()
        _synchronize(ascent.network.device)
        times.append(time.perf_counter() - start_time)
    return min(times), count()


@contextmanager
def count_saved_bytes() -> Iterator[Callable[[], int]]:
    """Yield a function that returns the bytes of all tensors saved by graphs built within.

    Each storage counts once.
    """
    sizes: dict[int, int] = {}

    def record(tensor: Tensor) -> Tensor:
        memory = tensor.untyped_storage()
        sizes[memory.data_ptr()] = max(sizes.get(memory.data_ptr(), 0), memory.nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(record, lambda tensor: tensor):
        yield lambda: sum(sizes.values())


def free_memory(device: torch.device) -> float:
    """Return the bytes free on the device, shared with the other torchrun processes on it."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    return _free_host_memory() / max(int(os.environ.get("LOCAL_WORLD_SIZE", "1")), 1)


def _free_host_memory() -> float:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return DEFAULT_FREE_BYTES
    values = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return float(values[0]) * 1024 if values else DEFAULT_FREE_BYTES


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
