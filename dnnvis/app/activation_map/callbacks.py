"""What an activation map asks of the window it lies in."""

from collections.abc import Callable
from dataclasses import dataclass

from dnnvis.core.activation_map import Cloud, Picked
from dnnvis.core.messages import Failure


@dataclass(frozen=True)
class Ways:
    """``open_rows`` makes the examples in those rows of a cloud the source, where their pictures
    are still there, and says what is to be known of it, "" where nothing is; ``open_board`` the
    first of picked boards; ``back`` brings the source from before the picks; ``problem`` is told
    what went wrong; ``leave``: the window closes.

    ``ways_back`` from a map: previous | bundled, where there is one, found out by looking for
    files only; ``back_to`` takes one of them, which may take a second: not on the window's
    thread."""

    open_rows: Callable[[Cloud, tuple[int, ...]], str] = lambda cloud, rows: ""
    open_board: Callable[[Picked], None] = lambda picked: None
    back: Callable[[], None] = lambda: None
    problem: Callable[[Failure], None] = lambda failure: None
    leave: Callable[[], None] = lambda: None
    ways_back: Callable[[Cloud], tuple[str, ...]] = lambda cloud: ()
    back_to: Callable[[Cloud, str], object] = lambda cloud, which: None
