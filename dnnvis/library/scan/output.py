"""Files that a scan writes: the library itself, or a file of each rank's own beside it."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from dnnvis.core.errors import BadInput
from dnnvis.jobs import distributed
from dnnvis.library.scan import progress
from dnnvis.library.scan.progress import Mask, ScanJob
from dnnvis.library.store.database import LibraryFile
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Dataset


class ScanFiles:
    """The files of a scan.

    The library is rank 0's alone; under torchrun each rank has its own file. ``begin`` and
    ``merge`` are called on every rank, in this order; ``open_own`` between them.
    """

    def __init__(
        self, net: Network, library: LibraryFile | str | Path, exit_stack: ExitStack
    ) -> None:
        self.net = net
        self.exit_stack = exit_stack
        given = library if isinstance(library, LibraryFile) else None
        self.path = library.path if isinstance(library, LibraryFile) else Path(library)
        self.part_path = self.path.with_name(f"{self.path.name}.scan")  # .rank0, .rank1 ...
        #: Whether an earlier scan of the data is discarded; known on rank 0 after ``begin``.
        self.has_discarded = False
        self._main_library = given
        self._own_library: LibraryFile | None = None

    @property
    def main_library(self) -> LibraryFile:
        """Return the library, opened on rank 0 at first use; raise BadInput where that fails."""
        net = self.net
        if self._main_library is None:
            library = LibraryFile(self.path, net.fingerprint, net.name, card=net.card)
            self._main_library = self.exit_stack.enter_context(library)
        if self._main_library.fingerprint != net.fingerprint:
            raise BadInput(f"The library {self.path} belongs to another network than {net.name}.")
        if not self._main_library.has_same_preprocessing(net.card):
            card = self._main_library.card
            manner = "in another way" if card is None else f"as {card.preprocessing()}"
            raise BadInput(
                f"The pictures scanned into {self.path} went to the network {manner}, now they "
                f"would go as {net.card.preprocessing()}; open it as before, or name another "
                "library (--library)."
            )
        return self._main_library

    def begin(
        self, data: Dataset, names: Sequence[str], k: int, requested: Mask, restart: bool
    ) -> ScanJob | None:
        """Return the job, the same on all ranks; leftovers of a killed run are merged first.

        Args:
            data: The data set.
            names: Layers to scan.
            k: Length of each list.
            requested: bool (total,), pictures to scan.
            restart: Whether to discard what is known of this data.

        Returns:
            The job; None where nothing is left to do.
        """
        own = distributed.rank_file(self.part_path)
        if distributed.get_world_size() > 1 and own.is_file():
            LibraryFile(own, self.net.fingerprint).close()  # writes its log into the file
        collected = (
            distributed.collect_files(self.part_path) if distributed.get_world_size() > 1 else []
        )

        def begin() -> ScanJob | None:
            for part in sorted({*collected, *distributed.find_leftover_files(self.part_path)}):
                progress.absorb_all(self.main_library, part)
                _remove(part)
            self.has_discarded = progress.is_outdated(self.main_library, data)
            return progress.begin_scan(self.main_library, data, names, k, requested, restart)

        job: ScanJob | None = distributed.broadcast_from_rank_zero(begin)
        if distributed.get_world_size() > 1:
            _remove(own)
        return job

    def open_own(self, data: Dataset, job: ScanJob, requested: Mask) -> tuple[LibraryFile, ScanJob]:
        """Return the file that this process writes, and its job there.

        Args:
            data: The data set.
            job: The job of all ranks.
            requested: bool (total,), pictures to scan.
        """
        if distributed.get_world_size() == 1:
            return self.main_library, job
        path = distributed.rank_file(self.part_path)
        file = self.exit_stack.enter_context(LibraryFile(path, self.net.fingerprint, self.net.name))
        self._own_library = file
        file.run("PRAGMA locking_mode = EXCLUSIVE")  # no other run takes it for a leftover
        own_job = progress.begin_scan(file, data, job.layers, job.k, requested, True)
        assert own_job is not None, "nothing to do for a rank that has something to do"
        return file, own_job

    def merge(self, job: ScanJob, requested: Mask) -> None:
        """Merge into ``job`` on rank 0 what all ranks wrote, and remove their files."""
        if distributed.get_world_size() == 1:
            return
        if self._own_library is not None:
            self._own_library.close()
        parts = distributed.collect_files(self.part_path)

        def merge() -> None:
            for part in parts:
                progress.absorb(self.main_library, job, part, requested)

        distributed.broadcast_from_rank_zero(merge)
        for part in {*parts, distributed.rank_file(self.part_path)}:
            _remove(part)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
