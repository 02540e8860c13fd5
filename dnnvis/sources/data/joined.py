"""Join several data sets, such as the shards of one, to a single one."""

import bisect
import itertools
from collections.abc import Sequence
from pathlib import Path

from dnnvis.sources.data.dataset import Dataset, Origin, Pixels, digest


class JoinedDatasets:
    """The pictures of several data sets, one after the other."""

    parts: tuple[int, ...] = ()

    def __init__(self, path: Path, members: Sequence[Dataset]) -> None:
        self.address = str(path.resolve())
        self.kind = members[0].kind
        self.mark = digest(member.mark for member in members)
        self.in_order = any(member.in_order for member in members)
        self._members = members
        self._ends = list(itertools.accumulate(len(member) for member in members))

    def __len__(self) -> int:
        return self._ends[-1]

    def name(self, number: int) -> str:
        """Return the name of a picture, with that of its data set."""
        member, index = self._locate(number)
        return f"{Path(member.address).name}/{member.name(index)}"

    def read(self, number: int) -> tuple[Pixels, Origin]:
        """Read a picture uint8 (H, W, C) and its origin; raise BadInput where it is broken."""
        member, index = self._locate(number)
        return member.read(index)

    def close(self) -> None:
        """Close all of them."""
        for member in self._members:
            member.close()

    def _locate(self, number: int) -> tuple[Dataset, int]:
        index = bisect.bisect_right(self._ends, number)
        return self._members[index], number - (self._ends[index - 1] if index else 0)
