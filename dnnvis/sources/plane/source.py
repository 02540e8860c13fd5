"""Show the plane itself: a picture whose colors are coordinates."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.learning.plane import PlanePoints, plane_pixels
from dnnvis.sources.plane.sets import PAINTED, PLANE_SETS, make_painted, make_plane_set
from dnnvis.sources.plane.table import SUFFIXES, read_table, split_columns

DEFAULT_SET = "circle"


class Plane:
    """The plane as a still of uint8 (PLANE_SIDE, PLANE_SIDE, 2), with x and y as its channels.

    Every pixel is a place, so that one pass of a network is its answer everywhere. Which data lie
    on it does not change it: ``data`` names them.
    """

    live = False
    rate = 0.0

    def __init__(self, data: str = DEFAULT_SET) -> None:
        self.data = data or DEFAULT_SET
        self.name = f"plane: {self.data}"

    def __enter__(self) -> Self:
        """Nothing is to be opened."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is to be closed."""

    def read(self) -> Frame:
        """Return the plane."""
        return Frame(plane_pixels(), source="plane")


def validate_plane_data(data: str) -> str:
    """Return what ``plane:DATA`` names; raise BadInput where there is no such data."""
    data = data.strip() or DEFAULT_SET
    if data == PAINTED or data in PLANE_SETS:
        return data
    path, _ = split_columns(data)
    if path.suffix.lower() not in SUFFIXES:
        names = ", ".join((*PLANE_SETS, PAINTED))
        raise BadInput(f"'{data}' is no data for the plane; give {names}, or FILE.csv.")
    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    return data


def load_plane_data(
    data: str, *, noise: float = 0.0, seed: int = 0, painted: Sequence[float] = ()
) -> PlanePoints:
    """Return the points that ``plane:DATA`` names.

    Args:
        data: A name of PLANE_SETS, ``painted``, or a CSV file as ``read_table`` takes it.
        noise: How far the points of a set go astray, 0 to 0.5; a file's stay where they are.
        seed: Of the points, and of which are for testing.
        painted: x, y, label of each painted point, one after the other.

    Returns:
        The points.

    Raises:
        BadInput: There is no such data, or it cannot be used.
    """
    data = validate_plane_data(data)
    if data == PAINTED:
        return make_painted(painted, seed=seed)
    if data in PLANE_SETS:
        return make_plane_set(data, noise=noise, seed=seed)
    return read_table(data, seed=seed)
