"""What an activation map asks of the window it lies in."""

from collections.abc import Callable
from dataclasses import dataclass

from dnnvis.core.activation_map import MapData, SelectedExamples
from dnnvis.core.messages import Failure


@dataclass(frozen=True)
class MapCallbacks:
    """``open_examples`` makes the examples in those rows of a cloud the source, where their
    pictures
    are still there, and says what is to be known of it, "" where nothing is; ``open_board`` the
    first of picked boards; ``restore_source`` brings the source from before the picks;
    ``report_problem`` is told
    what went wrong; ``leave``: the window closes.

    ``available_backups`` from a map: previous | bundled, where there is one, found out by looking
    for
    files only; ``restore`` takes one of them, which may take a second: not on the window's
    thread."""

    open_examples: Callable[[MapData, tuple[int, ...]], str] = lambda map_data, rows: ""
    open_board: Callable[[SelectedExamples], None] = lambda picked: None
    restore_source: Callable[[], None] = lambda: None
    report_problem: Callable[[Failure], None] = lambda failure: None
    leave: Callable[[], None] = lambda: None
    available_backups: Callable[[MapData], tuple[str, ...]] = lambda map_data: ()
    restore: Callable[[MapData, str], object] = lambda map_data, which: None
