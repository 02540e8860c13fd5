"""How many pictures to grow at once: tried out on this machine, and by its memory."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from dnnvis.core.errors import Cancelled
from dnnvis.lenses.ascent.batch_ascent import Climb
from dnnvis.network.network import Network

MOST = 64
GAIN = 0.05  # a batch twice as large must save that share of the time
ROOM = 0.5  # share of the free memory that pictures may fill
UNKNOWN = 2**30  # bytes, where the free memory cannot be read
TIMED = 2  # steps of which the faster counts
Make = Callable[[int], Climb]


def batch_for(net: Network, make: Make, most: int, stop: Callable[[], bool]) -> int:
    """The batch whose step takes least time a picture, doubled as long as that gains.

    ``make`` gives a climb that many pictures large; ``most`` is how many there are to do. On a
    processor the faster memory format for that batch is set too (see ``keeping_format``).
    """
    room = ROOM * free_memory(net.device)
    best, pace, size = 1, float("inf"), 1
    while size <= min(most, MOST) and not stop():
        seconds, filled = _measured(make(size))
        if seconds / size > pace * (1 - GAIN):
            break
        best, pace = size, seconds / size
        if 2 * filled > room:
            break
        size *= 2
    if net.device.type == "cpu" and most > 1 and not stop():
        _take_faster_format(net, make, best, pace * best)
    return best


@contextmanager
def keeping_format(net: Network) -> Iterator[None]:
    """Afterwards the network is in the memory format it was in."""
    before = net.memory_format
    try:
        yield
    finally:
        if net.memory_format != before:
            net.set_format(before)


def _take_faster_format(net: Network, make: Make, batch: int, seconds: float) -> None:
    """Take the other memory format if a step of ``batch`` pictures needs less than ``seconds`` in
    it; one in which the network fails, forward or back, or answers differently is not taken."""
    before = net.memory_format
    other = torch.contiguous_format if before == torch.channels_last else torch.channels_last
    faster = False
    try:
        faster = net.try_format(other) and _measured(make(batch))[0] <= seconds
    except Cancelled:
        raise
    except Exception as why:  # a network's own backward pass may raise anything
        logging.getLogger(__name__).info("%s cannot climb in %s: %s", net.name, other, why)
    finally:
        if not faster and net.memory_format != before:
            net.set_format(before)


def _measured(climb: Climb) -> tuple[float, int]:
    """(seconds of a step, bytes that it keeps for the way back)."""
    with counted() as count:
        climb.step()
    times = []
    for _ in range(TIMED):
        _wait(climb.network.device)
        began = time.perf_counter()
        climb.step()
        _wait(climb.network.device)
        times.append(time.perf_counter() - began)
    return min(times), count()


@contextmanager
def counted() -> Iterator[Callable[[], int]]:
    """Gives the bytes of all tensors that graphs built within have kept, each memory once."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        memory = tensor.untyped_storage()
        kept[memory.data_ptr()] = max(kept.get(memory.data_ptr(), 0), memory.nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        yield lambda: sum(kept.values())


def free_memory(device: torch.device) -> float:
    """Bytes free on the device, shared with the other processes of torchrun on it."""
    if device.type == "cuda":
        return float(torch.cuda.mem_get_info(device)[0])
    return _free_here() / max(int(os.environ.get("LOCAL_WORLD_SIZE", "1")), 1)


def _free_here() -> float:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return UNKNOWN
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return float(found[0]) * 1024 if found else UNKNOWN


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
