"""Split work over one process or several under ``torchrun``, and merge their files."""

import gc
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from dnnvis.core.errors import BadInput, DnnvisError, LostProcess

Item = TypeVar("Item")
# How long a process waits for slower ones; a lost one is reported at once.
GROUP_TIMEOUT = timedelta(days=2)


def get_world_size() -> int:
    """Return how many processes share the work; 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def get_rank() -> int:
    """Return which of them this is, from 0."""
    return int(os.environ["RANK"]) if get_world_size() > 1 else 0


def own_shard(items: Sequence[Item]) -> Sequence[Item]:
    """Return this process's share: every ``get_world_size()``-th, from its ``get_rank()`` on."""
    return items[get_rank() :: get_world_size()]


@contextmanager
def process_group() -> Iterator[None]:
    """Let the processes wait for and talk to one another (gloo) within the context.

    Alone, nothing is set up. Whatever was set up is taken down, also after an error.
    """
    if get_world_size() == 1:
        yield
        return
    import torch.distributed as dist  # lazy: alone it is not needed

    if dist.is_initialized():
        yield
        return
    try:
        dist.init_process_group("gloo", timeout=GROUP_TIMEOUT)
    except (RuntimeError, ValueError):
        raise BadInput(
            "The processes of torchrun cannot reach one another; check that all were started, and "
            "that the address and port of the first (MASTER_ADDR, MASTER_PORT) are open to them."
        ) from None
    try:
        yield
    finally:
        dist.destroy_process_group()
        # what still refers to the group (a traceback, say) would keep its threads alive until
        # the interpreter ends, which they then abort (pytorch/pytorch issue 190489)
        gc.collect()


@contextmanager
def _report_lost_process() -> Iterator[None]:
    """Turn what gloo raises where another process has ended into a sentence."""
    try:
        yield
    except RuntimeError:
        raise LostProcess(
            "Another process of this run has ended before its part was done. What the others did "
            "is saved; run the same command again, and it goes on from there."
        ) from None


def barrier() -> None:
    """Wait for all processes."""
    if get_world_size() > 1:
        import torch.distributed as dist

        with _report_lost_process():
            dist.barrier()


def broadcast_from_rank_zero(function: Callable[[], Any]) -> Any:
    """Return what ``function()`` gives on rank 0, on all ranks.

    It is pickled between our own processes. A DnnvisError there is raised everywhere.
    """
    if get_world_size() == 1:
        return function()
    import torch.distributed as dist

    result: list[Any] = [None]
    if get_rank() == 0:
        try:
            result = [function()]
        except DnnvisError as error:
            result = [error]
    with _report_lost_process():
        dist.broadcast_object_list(result)
    if isinstance(result[0], DnnvisError):
        raise result[0]
    return result[0]


def all_gather(value: Any) -> list[Any]:
    """Return every rank's ``value``, in order, on all of them."""
    if get_world_size() == 1:
        return [value]
    import torch.distributed as dist

    values: list[Any] = [None] * get_world_size()
    with _report_lost_process():
        dist.all_gather_object(values, value)
    return values


def raise_first_error(error: DnnvisError | None = None) -> None:
    """Wait for all; where any brings an ``error``, raise the first one everywhere."""
    first = next((other for other in all_gather(error) if other is not None), None)
    if first is not None:
        raise first


def rank_file(path: Path) -> Path:
    """Return where this rank writes before rank 0 merges: beside ``path``, on its own disk."""
    return path if get_world_size() == 1 else path.with_name(f"{path.name}.rank{get_rank()}")


def find_leftover_files(path: Path) -> list[Path]:
    """Return files of ranks beside ``path`` that have not been merged."""
    names = path.parent.glob(f"{path.name}.rank*")
    return sorted(p for p in names if p.name[len(path.name) + 5 :].isdecimal())


def collect_files(path: Path) -> list[Path]:
    """Return every rank's ``rank_file(path)``, where there is one, as paths for rank 0.

    They are closed by now; [] on the other ranks. A file on another machine is sent over and lies
    beside ``path``.
    """
    own = rank_file(path)
    host = f"{socket.gethostname()} {_boot_id()}"
    hosts = all_gather(host)
    paths = []
    for number, other in enumerate(hosts):
        path_here = path.with_name(f"{path.name}.rank{number}")
        if other != hosts[0]:
            is_sender = get_rank() == number and own.is_file()
            data = all_gather(own.read_bytes() if is_sender else None)[number]
            if get_rank() == 0 and data is not None:
                path_here.write_bytes(data)
        paths.append(path_here)
    return [rank_path for rank_path in paths if rank_path.is_file()] if get_rank() == 0 else []


def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
