"""Where one picture is on a map, what error is expected there, and who lives near."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.introspect.error_field import look_up_empty
from dnnvis.introspect.harvest import encode_pictures
from dnnvis.introspect.map import Map
from dnnvis.lenses.activation_map.frame_position import read_prediction

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
BASELINE = "1-max"  # the baseline that needs no map


@dataclass(frozen=True, eq=False)
class LookupResult:
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

    def __init__(self, activation_map: Map) -> None:
        if activation_map.network is None:
            raise BadInput("This map was read without its network: use open_map(net).")
        self.map, self._network = activation_map, activation_map.network

    @property
    def lines(self) -> dict[str, float]:
        """kind -> the 5 % false-alarm line; kinds without one are missing."""
        lines = {kind: self.map.figures.get(f"line {kind}") for kind in ("2d", "rich", BASELINE)}
        return {kind: float(value) for kind, value in lines.items() if value is not None}

    def __call__(self, image: NDArray[np.uint8], k: int = 9) -> LookupResult:
        """Raises BadInput for a picture that cannot be used."""
        activation_map, columns = self.map, self.map.columns_
        recording = self._network.run(
            encode_pictures(self._network, [image]), columns.layers, batched=True
        )
        predicted, doubt = read_prediction(self._network, recording)
        h = columns.rows(recording).flatten(0, 1).cpu().numpy()
        z = activation_map.encode(h)
        expected = {kind: activation_map.error(h, kind) for kind in activation_map.estimators}
        expected[BASELINE] = np.full(len(z), doubt, np.float32)
        lines = self.lines
        above = {kind: values > lines[kind] for kind, values in expected.items() if kind in lines}
        distances, rows = self._neighbors.kneighbors(z, min(k, len(activation_map.z)))
        return LookupResult(
            z,
            expected,
            above,
            look_up_empty(activation_map.empty, activation_map.extent, z),
            predicted,
            rows.astype(np.int64),
            distances.astype(np.float32),
        )

    @cached_property
    def _neighbors(self) -> Any:
        from sklearn.neighbors import NearestNeighbors  # lazy: takes a second to load

        return NearestNeighbors().fit(self.map.z)
