"""Where a scan is written: the library itself, or a file of each rank's own beside it."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.jobs import distributed
from dnnvis.library.scan import progress
from dnnvis.library.scan.progress import Job, Mask
from dnnvis.library.store.database import LibraryFile
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Data


class Place:
    """The library is rank 0's alone; under torchrun each rank has a file of its own.

    ``begin``, ``merge``: called on every rank, in this order; ``own`` between them.
    """

    def __init__(self, net: Network, library: LibraryFile | str | Path, open_: ExitStack) -> None:
        self.net = net
        self.open_ = open_
        given = library if isinstance(library, LibraryFile) else None
        self.path = library.path if isinstance(library, LibraryFile) else Path(library)
        self.parts = self.path.with_name(f"{self.path.name}.scan")  # .rank0, .rank1 ...
        self._main = given
        self._own: LibraryFile | None = None

    @property
    def main(self) -> LibraryFile:
        """The library, opened on rank 0 at the first use. Raises BadInput."""
        net = self.net
        if self._main is None:
            made = LibraryFile(self.path, net.fingerprint, net.name, card=net.card)
            self._main = self.open_.enter_context(made)
        if self._main.fingerprint != net.fingerprint:
            raise BadInput(f"The library {self.path} belongs to another network than {net.name}.")
        if not self._main.sees_like(net.card):
            card = self._main.card
            seen = "in another way" if card is None else f"as {card.preprocessing()}"
            raise BadInput(
                f"The pictures scanned into {self.path} went to the network {seen}, now they "
                f"would go as {net.card.preprocessing()}; open it as before, or name another "
                "library (--library)."
            )
        return self._main

    def begin(
        self, data: Data, names: Sequence[str], k: int, wanted: Mask, again: bool
    ) -> Job | None:
        """The job, known to all ranks; what was left over by a run that was killed is merged."""
        own = distributed.own_file(self.parts)
        if distributed.world() > 1 and own.is_file():
            LibraryFile(own, self.net.fingerprint).close()  # what its log holds goes into it
        sent = distributed.collected(self.parts) if distributed.world() > 1 else []

        def begin() -> Job | None:
            for part in sorted({*sent, *distributed.left_over(self.parts)}):
                progress.absorb_all(self.main, part)
                _remove(part)
            return progress.begin(self.main, data, names, k, wanted, again)

        job: Job | None = distributed.told(begin)
        if distributed.world() > 1:
            _remove(own)
        return job

    def own(self, data: Data, job: Job, wanted: Mask) -> tuple[LibraryFile, Job]:
        """The file that this process writes, and its job there."""
        if distributed.world() == 1:
            return self.main, job
        path = distributed.own_file(self.parts)
        file = self.open_.enter_context(LibraryFile(path, self.net.fingerprint, self.net.name))
        self._own = file
        file.run("PRAGMA locking_mode = EXCLUSIVE")  # no other run takes it for left over
        mine = progress.begin(file, data, job.layers, job.k, wanted, True)
        assert mine is not None, "nothing to do for a rank that has something to do"
        return file, mine

    def merge(self, job: Job, wanted: Mask) -> None:
        """Rank 0 takes into ``job`` what all wrote; their files go."""
        if distributed.world() == 1:
            return
        if self._own is not None:
            self._own.close()
        parts = distributed.collected(self.parts)

        def merge() -> None:
            for part in parts:
                progress.absorb(self.main, job, part, wanted)

        distributed.told(merge)
        for part in {*parts, distributed.own_file(self.parts)}:
            _remove(part)


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
