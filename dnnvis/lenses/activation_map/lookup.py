"""Look up one picture on a map: its point, its expected error and its nearest examples."""

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
BASELINE = "1-max"  # key of the baseline that needs no map: 1 - max probability


@dataclass(frozen=True, eq=False)
class LookupResult:
    """Result of looking up one picture, one row for each of its S recurrent steps."""

    #: float32 (S, 2), points on the map.
    z: Floats
    #: Estimator -> expected log10 error (S,); and ``1-max`` (S,) in [0, 1], NaN where the outputs
    #: name no class.
    expected: dict[str, Floats]
    #: Estimator -> bool (S,), above the line that 5 % of the right examples exceed.
    above: dict[str, NDArray[np.bool_]]
    #: bool (S,), no training example lies near.
    empty: NDArray[np.bool_]
    #: Predicted class; -1 for none.
    predicted: int
    #: int64 (S, k), rows of the nearest examples of the map.
    nearest: Ints
    #: float32 (S, k), distances to these.
    distances: Floats


class Lookup:
    """Look up pictures, uint8 (H, W, C), on a map that has its network."""

    def __init__(self, activation_map: Map) -> None:
        if activation_map.network is None:
            raise BadInput("This map was read without its network: use open_map(net).")
        self.map, self._network = activation_map, activation_map.network

    @property
    def lines(self) -> dict[str, float]:
        """Return the 5 % false-alarm line of each estimator; those without one are missing."""
        lines = {kind: self.map.figures.get(f"line {kind}") for kind in ("2d", "rich", BASELINE)}
        return {kind: float(value) for kind, value in lines.items() if value is not None}

    def __call__(self, image: NDArray[np.uint8], k: int = 9) -> LookupResult:
        """Return the result for one picture; raise BadInput for one that cannot be used."""
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
