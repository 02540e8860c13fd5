"""Looking through a data set: what each unit fires at most and least, and how it behaves."""

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.library import progress, ranks
from dnnvis.library.data import Data, open_data
from dnnvis.library.file import LibraryFile
from dnnvis.library.progress import Job, Mask
from dnnvis.library.sweep import Settings, Sweep, settings_for
from dnnvis.network.network import Network


@dataclass(frozen=True)
class Standing:
    """How far a scan is: ``done`` of ``total`` pictures (of those that were left to do),
    ``seconds_left`` as far as can be told by now, ``skipped`` unreadable ones so far."""

    done: int
    total: int
    seconds_left: float | None
    skipped: int


Report = Callable[[Standing], None]


@dataclass(frozen=True)
class Scanned:
    """What a scan did: ``seen`` pictures of ``source`` looked at in this run, of ``total``
    asked for; ``skipped``: picture -> why it could not be read; ``layers`` looked into now,
    none where all was known before; ``library`` the file that holds it."""

    source: str
    kind: str
    seen: int
    total: int
    skipped: dict[str, str]
    layers: tuple[str, ...]
    seconds: float
    library: str


def scan(
    net: Network,
    data: Data | str | Path,
    library: LibraryFile | str | Path,
    *,
    layers: Sequence[str] | None = None,
    k: int = 9,
    batch: int | None = None,
    workers: int | None = None,
    limit: int | None = None,
    every: int = 1,
    again: bool = False,
    report: Report | None = None,
) -> Scanned:
    """Run ``net`` over a data set (see ``open_data``) and keep in its library the ``k`` pictures
    at each end of every unit's range, and the statistics of ``layers`` (None = all).

    One forward for all layers; no map is kept. A layer called several times counts by its last
    call. ``limit``: at most that many pictures, evenly spread; ``every``: of a film, each so
    many frames; ``again``: forget what was known of this data. A scan that was stopped goes on
    where it was, and gives the same rows as one that was not; what is known is not done again.
    Pictures that cannot be read are skipped and listed. ``batch`` None: by the size of the
    maps; ``workers`` None: as many decoding threads as there are spare cores. On a processor
    the network runs in channels_last meanwhile.

    Under torchrun the pictures are split over the ranks, each writes a file of its own beside
    the library, and rank 0 merges them; the other ranks need only the library's path.
    Raises BadInput for data, numbers or a library that cannot be used, UnknownUnit.
    """
    began = time.perf_counter()
    if k < 1 or (limit is not None and limit < 1):
        raise BadInput("k and limit must be 1 or more.")
    names = list(dict.fromkeys(layers or [row.name for row in net.layers]))
    for name in names:
        net.layer(name)
    with ExitStack() as open_:
        open_.enter_context(ranks.together())
        opened = open_data(data, every) if isinstance(data, str | Path) else data
        open_.callback(opened.close)
        main = _main(net, library, open_)
        wanted = _wanted(len(opened), limit)
        job = ranks.told(lambda: _begin(net, opened, main, names, k, wanted, again))
        skipped: dict[str, str] = {}
        seen = 0
        if job is not None:
            settings = settings_for(net, batch, workers)
            todo = np.flatnonzero(wanted & ~job.done).tolist()
            path = main.path if isinstance(main, LibraryFile) else main
            own = _own(net, opened, main, path, job)
            _sweep(net, opened, own, settings, todo, report)
            skipped = ranks.told(lambda: _merged(main, job, own[1]))
            seen = len(todo)
            ranks.barrier()
        where = str(main.path if isinstance(main, LibraryFile) else main)
    total = int(wanted.sum())
    if job is not None and len(skipped) >= total:
        raise BadInput(
            f"None of the {total} pictures in {opened.address} can be read: "
            f"{next(iter(skipped.values()))}"
        )
    return Scanned(
        opened.address, opened.kind, seen - len(skipped), total, skipped,
        () if job is None else job.layers, time.perf_counter() - began, where,
    )  # fmt: skip
