"""Require what PyQt6's stubs declare optional although Qt always has it.

Qt declares no nullability, so the stubs mark every returned pointer ``| None``: the menu bar of a
main window, the action that a menu has just created.
"""

from typing import TypeVar

T = TypeVar("T")


def require(value: T | None) -> T:
    """Return ``value``; raises AssertionError where it is None."""
    if value is None:
        raise AssertionError("Qt gave nothing where it always gives an object.")
    return value
