"""The functions that an activation map calls of the window it lies in."""

from collections.abc import Callable
from dataclasses import dataclass

from dnnvis.core.activation_map import MapData, SelectedExamples
from dnnvis.core.messages import Failure


@dataclass(frozen=True)
class MapCallbacks:
    """What the window does for its activation map."""

    #: Makes the examples in those rows of a map the source, where their pictures are still there;
    #: returns a notice about it, "" where there is none.
    open_examples: Callable[[MapData, tuple[int, ...]], str] = lambda map_data, rows: ""
    #: Makes the first of the picked boards the source.
    open_board: Callable[[SelectedExamples], None] = lambda picked: None
    #: Brings back the source from before the picks.
    restore_source: Callable[[], None] = lambda: None
    #: Called with each failure.
    report_problem: Callable[[Failure], None] = lambda failure: None
    #: Called when the window closes.
    leave: Callable[[], None] = lambda: None
    #: From a map: previous | bundled, where there is one, determined by looking for files only.
    available_backups: Callable[[MapData], tuple[str, ...]] = lambda map_data: ()
    #: Takes one of the backups, which may take a second: not on the window's thread.
    restore: Callable[[MapData, str], object] = lambda map_data, which: None
