"""Refuse a library whose content is damaged, whatever that makes the code above it raise."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from safetensors import SafetensorError

from dnnvis.core.errors import BadInput

P = ParamSpec("P")
T = TypeVar("T")


class HasPath(Protocol):
    """Whatever lies in a file."""

    path: Path


L = TypeVar("L", bound=HasPath)


@contextmanager
def refuse_damage(path: Path) -> Iterator[None]:
    """Raise BadInput where rows hold values of other types or shapes than were written."""
    try:
        yield
    except (
        *(ValueError, TypeError, LookupError, ArithmeticError, AttributeError),
        *(RecursionError, MemoryError, SafetensorError),
    ):
        raise BadInput(
            f"The library {path} is damaged: it holds values that dnnvis does not write; move it "
            "away, and a new one is made."
        ) from None


def refuses_damage(
    read: Callable[Concatenate[L, P], T],
) -> Callable[Concatenate[L, P], T]:
    """Return a function of a library that raises BadInput over damaged rows."""

    @wraps(read)
    def read_checked(library: L, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with refuse_damage(library.path):
            return read(library, *args, **kwargs)

    return read_checked
