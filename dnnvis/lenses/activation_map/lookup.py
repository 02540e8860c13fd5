"""Where one picture is on a map, what error is expected there, and who lives near."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.introspect.error_field import empty_there
from dnnvis.introspect.harvest import encoded
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.frame_position import said

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
FREE = "1-max"  # the baseline that needs no map


@dataclass(frozen=True, eq=False)
class Found:
    """Of one picture, a row for each of the S rows that it gives: ``z`` float32 (S, 2);
    ``expected`` kind -> log10 e (S,), and ``1-max`` (S,) in [0, 1], NaN where the outputs name
    no class; ``above`` kind -> bool (S,): above the line that 5 % of the right examples pass;
    ``empty`` bool (S,): no training example lives near; ``predicted`` class, -1 = none;
    ``nearest`` int64 (S, k) rows of the map's examples, ``distances`` float32 (S, k)."""

    z: Floats
    expected: dict[str, Floats]
    above: dict[str, NDArray[np.bool_]]
    empty: NDArray[np.bool_]
    predicted: int
    nearest: Ints
    distances: Floats


class Lookup:
    """Asks a map that has its network about pictures, uint8 (H, W, C)."""

    def __init__(self, made: Map) -> None:
        if made.network is None:
            raise BadInput("This map was read without its network: use open_map(net).")
        self.map, self._network = made, made.network

    @property
    def lines(self) -> dict[str, float]:
        """kind -> the 5 % false-alarm line; kinds without one are missing."""
        found = {kind: self.map.figures.get(f"line {kind}") for kind in ("2d", "rich", FREE)}
        return {kind: float(value) for kind, value in found.items() if value is not None}

    def __call__(self, image: NDArray[np.uint8], k: int = 9) -> Found:
        """Raises BadInput for a picture that cannot be used."""
        made, columns = self.map, self.map.columns_
        recording = self._network.run(encoded(self._network, [image]), columns.layers, batched=True)
        predicted, doubt = said(self._network, recording)
        h = columns.rows(recording).flatten(0, 1).cpu().numpy()
        z = made.encode(h)
        expected = {kind: made.error(h, kind) for kind in made.estimators}
        expected[FREE] = np.full(len(z), doubt, np.float32)
        lines = self.lines
        above = {kind: values > lines[kind] for kind, values in expected.items() if kind in lines}
        away, rows = self._neighbours.kneighbors(z, min(k, len(made.z)))
        return Found(
            z, expected, above, empty_there(made.empty, made.extent, z), predicted,
            rows.astype(np.int64), away.astype(np.float32),
        )  # fmt: skip

    @cached_property
    def _neighbours(self) -> Any:
        from sklearn.neighbors import NearestNeighbors  # lazy: takes a second to load

        return NearestNeighbors().fit(self.map.z)
