"""One kind of file that is fuzzed: how a whole one is made, opened and changed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

Files = dict[str, bytes]  # name, maybe with a folder -> content
Mutate = Callable[[bytes, Random], bytes]


@dataclass(frozen=True)
class Reader:
    """A kind of file."""

    #: Makes small whole ones.
    make: Callable[[], Files]
    #: Opens it the way the product does, and uses what it got; given the path and a folder for
    #: what it may write.
    open: Callable[[Path, Path], object]
    #: What is opened; "" for the folder of all files.
    target: str
    #: The files that are changed; none for all of them.
    changed: tuple[str, ...] = ()
    #: Changes of what is packed inside, which those of plain bytes do not reach.
    inner: tuple[Mutate, ...] = ()
    #: The first of its seeds.
    first: int = 0
