"""The activation map: where a network's whole hidden state is, and how much to trust it.

Source: Pardo et al. 2019, "Coloring the Black Box", sections 2.3 to 2.8.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput, Mismatch
from dnnvis.core.unit import Unit
from dnnvis.introspect.error_estimator import KINDS
from dnnvis.introspect.features import Columns
from dnnvis.introspect.harvest import hidden_vectors
from dnnvis.introspect.mlp import NumpyMLP
from dnnvis.introspect.pca import Basis
from dnnvis.network.network import Network

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
CHUNK_ROWS = 8192


@dataclass(frozen=True, eq=False)
class MapExamples:
    """The examples of a map, one row each; of a recurrent network one for each of its steps.

    ``z`` float32 (N, 2); ``labels`` int64 (N,), -1 = none; ``predicted`` int64; ``log_e``
    float32, log10 of the true error, NaN = not known; ``doubt`` float32, 1 - the greatest
    output; ``index`` int64, the number of the picture in the data; ``step`` int64; ``test``
    bool: not used in fitting; ``expected`` kind -> float32 (N,), the estimates.
    """

    z: Floats
    labels: Ints
    predicted: Ints
    log_e: Floats
    doubt: Floats
    index: Ints
    step: Ints
    test: NDArray[np.bool_]
    expected: dict[str, Floats]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which labelled examples the network gets wrong."""
        known = (self.labels >= 0) & (self.predicted >= 0)
        wrong: NDArray[np.bool_] = known & (self.labels != self.predicted)
        return wrong


@dataclass(frozen=True, eq=False)
class LearningRecord:
    """Section 3.1: hidden states over the training, all in one map of their own. ``z`` float32
    (M, n, 2) at ``steps`` (M,) of training; ``labels`` (n,); ``index`` (n,) in the data."""

    z: Floats
    steps: Ints
    labels: Ints
    index: Ints


@dataclass(frozen=True, eq=False)
class Map:
    """Made by ``fit``; kept in and read from one file (``mapfile``).

    ``examples``: every example it was fitted or tested on; ``classes`` their names;
    ``class_h`` float32 (K, D), E[h|H_k] directly, ``decoded_h`` through the decoder, and
    ``class_z`` (K, 2); ``error_field`` float32 (G, G), the 2-d estimate on ``extent`` (x0, x1,
    y0, y1), rows by rising y, and ``empty`` bool (G, G): no training example lives near;
    ``basis`` of the richer input, whose first two axes are the PCA projection; ``recipe`` is
    enough to fit it again; ``figures`` by name; ``notes`` are sentences a user should know.
    """

    columns_: Columns
    encoder: NumpyMLP
    decoder: NumpyMLP
    estimators: dict[str, NumpyMLP]
    basis: Basis
    examples: MapExamples
    classes: tuple[str, ...]
    class_h: Floats
    decoded_h: Floats
    class_z: Floats
    error_field: Floats
    empty: NDArray[np.bool_]
    extent: tuple[float, float, float, float]
    fingerprint: str
    recipe: dict[str, Any]
    figures: dict[str, Any]
    notes: tuple[str, ...] = ()
    record: LearningRecord | None = None
    others: dict[str, Floats] = field(default_factory=dict)  # name -> (n, 2): pca, umap
    network: Network | None = None

    @property
    def columns(self) -> list[Unit | None]:
        """The unit of each column of h (None: a random projection of its layer)."""
        return self.columns_.units()

    @property
    def z(self) -> Floats:
        """Where the examples lie, float32 (N, 2)."""
        return self.examples.z

    @property
    def labels(self) -> Ints:
        """Class of each example, -1 = none."""
        return self.examples.labels

    @property
    def errors(self) -> Floats:
        """log10 of the true error e = 1/2 |y - y^|^2 of each example; NaN = not known."""
        return self.examples.log_e

    @property
    def index(self) -> Ints:
        """Which picture of the data each example is."""
        return self.examples.index

    @property
    def rows_each(self) -> int:
        """How many rows of h one picture gives."""
        return len(self.columns_.steps)

    def harvest(self, images: Sequence[Any] | NDArray[np.uint8]) -> Floats:
        """The hidden vectors h float32 (N, D) of images uint8 (N, H, W, C); of a recurrent
        network (N * steps, D), an example's steps one after another.

        Raises BadInput for images that cannot be used, or a map without its network.
        """
        if self.network is None:
            raise BadInput("This map was read without its network: use open_map(net).")
        vectors_of_images: Floats = hidden_vectors(self.network, self.columns_, images)
        return vectors_of_images

    def encode(self, h: Any) -> Floats:
        """Hidden vectors (N, D) -> z float32 (N, 2). Raises BadInput for another width, and
        where activations are not finite."""
        rows = self.validate(h)
        return self._apply(self.encoder, rows)

    def decode(self, z: Any) -> Floats:
        """Places (N, 2) -> the activations h float32 (N, D) that the map expects there."""
        points = np.atleast_2d(np.asarray(z, np.float32))
        if points.ndim != 2 or points.shape[1] != 2:
            raise BadInput(f"Places on the map are (N, 2), not {np.shape(z)}.")
        return self._apply(self.decoder, points)

    def error(self, h: Any, kind: str = "2d") -> Floats:
        """The estimate of log10 e, float32 (N,), of hidden vectors (N, D): from their place
        (``2d``), or from principal components (``rich``), which know more. Where the place is
        wanted too, ``read`` gives both in one pass.

        Raises BadInput where the map has no estimator, or no such kind.
        """
        self.check_kind(kind)
        rows = self.validate(h)
        if kind == "2d":
            return self.error_at(self._apply(self.encoder, rows))
        return self._apply(self.estimators[kind], rows)[:, 0]

    def read(self, h: Any, kinds: Sequence[str] = KINDS) -> tuple[Floats, dict[str, Floats]]:
        """``encode`` and ``error`` in one pass: places z float32 (N, 2), and of each of the
        ``kinds`` that the map has the estimates of log10 e, (N,). Raises as ``encode`` does."""
        rows = self.validate(h)
        z = self._apply(self.encoder, rows)
        inputs = {"2d": z, "rich": rows}
        estimates = {
            kind: self._apply(self.estimators[kind], inputs[kind])[:, 0]
            for kind in kinds
            if kind in self.estimators
        }
        return z, estimates

    def error_at(self, z: Floats) -> Floats:
        """The 2-d estimate at places (N, 2), float32 (N,)."""
        self.check_kind("2d")
        return self._apply(self.estimators["2d"], np.asarray(z, np.float32))[:, 0]

    def check_kind(self, kind: str) -> None:
        """Raises BadInput for an estimate that the map does not have."""
        if kind not in KINDS:
            raise BadInput(f"An estimate is {' or '.join(KINDS)}, not '{kind}'.")
        if kind not in self.estimators:
            raise BadInput(
                "This map has no estimator: no labels of the network's classes were there."
            )

    def validate(self, h: Any) -> Floats:
        """h as float32 (N, D), units that the map leaves out at their mean."""
        try:
            h = h.detach().cpu() if hasattr(h, "detach") else h  # a tensor
            rows = np.atleast_2d(np.asarray(h, np.float32))
        except (TypeError, ValueError) as error:
            raise BadInput(f"Hidden vectors are (N, D) numbers: {error}") from None
        width = self.columns_.width
        if rows.ndim != 2 or rows.shape[1] != width:
            raise BadInput(f"Hidden vectors of this map are (N, {width}), not {np.shape(h)}.")
        if self._leaves_out:
            rows = np.where(self.basis.left_out, self.basis.mean, rows)
        if not np.isfinite(rows).all():
            raise BadInput("The activations are not finite: they have no place on the map.")
        return rows

    def project(self, h: Any, name: str = "pca") -> Floats:
        """Hidden vectors (N, D) under another projection, float32 (N, 2)."""
        if name != "pca":
            raise BadInput(f"New points can be put on the map or on 'pca', not on '{name}'.")
        return self.basis.scores(self.validate(h))[:, :2]

    def check(self, network: Network) -> None:
        """Raises Mismatch where the map is another network's, or one's that saw its pictures in
        another way."""
        if self.fingerprint != network.fingerprint:
            raise Mismatch(
                f"This map was fitted on another checkpoint than {network.name} has now "
                f"({self.fingerprint[:8]}, not {network.fingerprint[:8]}): fit it again."
            )
        if self.recipe.get("like", architecture_digest(network)) != architecture_digest(network):
            raise Mismatch(
                f"This map was fitted on a network with the weights of {network.name}, but with "
                "other layers, or pictures prepared in another way: fit it again."
            )

    def nearest(self, z: Floats, k: int = 9) -> Ints:
        """The ``k`` examples (rows) that live nearest to one place (2,), nearest first."""
        from sklearn.neighbors import NearestNeighbors  # lazy: takes a second to load

        neighbors = NearestNeighbors(n_neighbors=min(k, len(self.z))).fit(self.z)
        rows: Ints = neighbors.kneighbors(np.asarray(z, np.float32)[None], return_distance=False)[0]
        return rows

    @cached_property
    def _leaves_out(self) -> bool:
        return bool(self.basis.left_out.any())

    @staticmethod
    def _apply(layers: NumpyMLP, rows: Floats) -> Floats:
        if len(rows) <= CHUNK_ROWS:
            return layers(rows)
        return np.concatenate(
            [layers(rows[k : k + CHUNK_ROWS]) for k in range(0, len(rows), CHUNK_ROWS)]
        )


def architecture_digest(network: Network) -> str:
    """What of a network its weights do not tell: its layers' kinds, and how it takes pictures."""
    card = network.card
    size = () if card.fit == "free" else card.size
    layers = [(row.name, row.kind, row.calls) for row in network.layers]
    identity = [card.channels, size, card.mean, card.std, layers]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
