"""One process or several under ``torchrun``: who does what, and how files come together."""

import gc
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from dnnvis.core.errors import BadInput, DnnvisError

Item = TypeVar("Item")
PATIENCE = timedelta(days=2)  # that a process waits for slower ones; a lost one is told at once


def world() -> int:
    """How many processes share the work; 1 without torchrun."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def rank() -> int:
    """Which of them this is, from 0."""
    return int(os.environ["RANK"]) if world() > 1 else 0


def mine(items: Sequence[Item]) -> Sequence[Item]:
    """This process's share: every ``world()``-th, from its ``rank()`` on."""
    return items[rank() :: world()]


@contextmanager
def together() -> Iterator[None]:
    """Within, the processes can wait for and talk to one another (gloo); alone, nothing is
    set up. Whatever was set up is taken down, also after an error."""
    if world() == 1:
        yield
        return
    import torch.distributed as dist  # lazy: alone it is not needed

    if dist.is_initialized():
        yield
        return
    try:
        dist.init_process_group("gloo", timeout=PATIENCE)
    except (RuntimeError, ValueError) as why:
        raise BadInput(f"The processes of torchrun cannot reach one another: {why}") from None
    try:
        yield
    finally:
        dist.destroy_process_group()
        # what still refers to the group (a traceback, say) would keep its threads alive until
        # the interpreter ends, which they then abort (pytorch/pytorch issue 190489)
        gc.collect()


def barrier() -> None:
    """Wait for all."""
    if world() > 1:
        import torch.distributed as dist

        dist.barrier()


def told(make: Callable[[], Any]) -> Any:
    """What ``make()`` gives on rank 0, for all (pickled between our own processes). A
    DnnvisError there is raised everywhere."""
    if world() == 1:
        return make()
    import torch.distributed as dist

    answer: list[Any] = [None]
    if rank() == 0:
        try:
            answer = [make()]
        except DnnvisError as why:
            answer = [why]
    dist.broadcast_object_list(answer)
    if isinstance(answer[0], DnnvisError):
        raise answer[0]
    return answer[0]


def gathered(value: Any) -> list[Any]:
    """Every rank's ``value``, in order, on all of them."""
    if world() == 1:
        return [value]
    import torch.distributed as dist

    values: list[Any] = [None] * world()
    dist.all_gather_object(values, value)
    return values


def all_went_well(error: DnnvisError | None = None) -> None:
    """Wait for all; where any brings an ``error``, raise the first one everywhere."""
    first = next((why for why in gathered(error) if why is not None), None)
    if first is not None:
        raise first


def own_file(path: Path) -> Path:
    """Where this rank writes before rank 0 merges into ``path``: beside it, on its own disk."""
    return path if world() == 1 else path.with_name(f"{path.name}.rank{rank()}")


def left_over(path: Path) -> list[Path]:
    """Files of ranks beside ``path`` that no one has merged."""
    names = path.parent.glob(f"{path.name}.rank*")
    return sorted(p for p in names if p.name[len(path.name) + 5 :].isdecimal())


def collected(path: Path) -> list[Path]:
    """Every rank's ``own_file(path)``, where there is one, closed by now, as a path that rank 0
    can read; [] on the others. A file on another machine is sent over and lies beside ``path``."""
    own = own_file(path)
    host = f"{socket.gethostname()} {_boot()}"
    hosts = gathered(host)
    found = []
    for number, other in enumerate(hosts):
        here = path.with_name(f"{path.name}.rank{number}")
        if other != hosts[0]:
            mine_ = rank() == number and own.is_file()
            data = gathered(own.read_bytes() if mine_ else None)[number]
            if rank() == 0 and data is not None:
                here.write_bytes(data)
        found.append(here)
    return [file for file in found if file.is_file()] if rank() == 0 else []


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
