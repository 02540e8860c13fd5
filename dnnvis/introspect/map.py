"""Map a network's whole hidden state, and how much to trust it.

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
    """The examples of a map, one row each; of a recurrent network one for each of its steps."""

    #: Points float32 (N, 2).
    z: Floats
    #: Class indices int64 (N,), -1 = none.
    labels: Ints
    #: Predicted classes int64 (N,).
    predicted: Ints
    #: log10 of the true error, float32 (N,), NaN = not known.
    log_e: Floats
    #: 1 - the greatest output, float32 (N,).
    doubt: Floats
    #: Number of the picture in the data, int64 (N,).
    index: Ints
    #: Step of a recurrent network, int64 (N,).
    step: Ints
    #: Whether it was left out of the fit, bool (N,).
    test: NDArray[np.bool_]
    #: Kind -> estimates of log10 error, float32 (N,).
    expected: dict[str, Floats]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Return which labeled examples the network gets wrong, bool (N,)."""
        known = (self.labels >= 0) & (self.predicted >= 0)
        wrong: NDArray[np.bool_] = known & (self.labels != self.predicted)
        return wrong


@dataclass(frozen=True, eq=False)
class LearningRecord:
    """Hidden states over the training, all in one map of their own (section 3.1)."""

    #: Points float32 (M, n, 2).
    z: Floats
    #: Training steps (M,).
    steps: Ints
    #: Class indices (n,).
    labels: Ints
    #: Numbers in the data (n,).
    index: Ints


@dataclass(frozen=True, eq=False)
class Map:
    """A fitted activation map; built by ``fit``, stored in one file (``map_file``)."""

    #: The columns of h.
    columns_: Columns
    #: h -> z.
    encoder: NumpyMLP
    #: z -> h.
    decoder: NumpyMLP
    #: Kind -> estimator of log10 error.
    estimators: dict[str, NumpyMLP]
    #: Principal components of the richer input; its first two axes are the PCA projection.
    basis: Basis
    #: Every example it was fitted or tested on.
    examples: MapExamples
    #: Names of the classes.
    classes: tuple[str, ...]
    #: E[h|H_k] directly, float32 (K, D).
    class_h: Floats
    #: E[h|H_k] through the decoder, float32 (K, D).
    decoded_h: Floats
    #: E[z|H_k], float32 (K, 2).
    class_z: Floats
    #: The 2-d estimate on a grid over ``extent``, float32 (G, G), rows by rising y.
    error_field: Floats
    #: Where no training example lives near, bool (G, G).
    empty: NDArray[np.bool_]
    #: Limits (x0, x1, y0, y1) of the grid.
    extent: tuple[float, float, float, float]
    #: Fingerprint of the network's weights.
    fingerprint: str
    #: Enough to fit it again.
    recipe: dict[str, Any]
    #: Measured numbers by name.
    figures: dict[str, Any]
    #: Sentences that a user should know.
    notes: tuple[str, ...] = ()
    #: The learning record, or None.
    record: LearningRecord | None = None
    #: Other projections of the examples, pca or umap -> (n, 2).
    others: dict[str, Floats] = field(default_factory=dict)
    #: The network it belongs to; None where it was read without one.
    network: Network | None = None

    @property
    def columns(self) -> list[Unit | None]:
        """Return the unit of each column of h (None: a random projection of its layer)."""
        return self.columns_.units()

    @property
    def z(self) -> Floats:
        """Return the points of the examples, float32 (N, 2)."""
        return self.examples.z

    @property
    def labels(self) -> Ints:
        """Return the class of each example, -1 = none."""
        return self.examples.labels

    @property
    def errors(self) -> Floats:
        """Return log10 of the true error e = 1/2 |y - y^|^2 of each example; NaN = not known."""
        return self.examples.log_e

    @property
    def index(self) -> Ints:
        """Return which picture of the data each example is."""
        return self.examples.index

    @property
    def rows_each(self) -> int:
        """Return how many rows of h one picture gives."""
        return len(self.columns_.steps)

    def harvest(self, images: Sequence[Any] | NDArray[np.uint8]) -> Floats:
        """Return the hidden vectors h float32 (N, D) of images uint8 (N, H, W, C).

        Of a recurrent network (N * steps, D), an example's steps one after another.

        Raises BadInput for images that cannot be used, or a map without its network.
        """
        if self.network is None:
            raise BadInput("This map was read without its network: use open_map(net).")
        vectors_of_images: Floats = hidden_vectors(self.network, self.columns_, images)
        return vectors_of_images

    def encode(self, h: Any) -> Floats:
        """Encode hidden vectors (N, D) as points z float32 (N, 2).

        Raises BadInput for another width, and where activations are not finite.
        """
        rows = self.validate(h)
        return self._apply(self.encoder, rows)

    def decode(self, z: Any) -> Floats:
        """Decode points (N, 2) into the activations h float32 (N, D) that the map expects there.

        Raises BadInput for another shape.
        """
        points = np.atleast_2d(np.asarray(z, np.float32))
        if points.ndim != 2 or points.shape[1] != 2:
            raise BadInput(f"Places on the map are (N, 2), not {np.shape(z)}.")
        return self._apply(self.decoder, points)

    def error(self, h: Any, kind: str = "2d") -> Floats:
        """Estimate log10 e, float32 (N,), of hidden vectors (N, D).

        ``kind`` is "2d", from their points, or "rich", from principal components, which know more.
        Where the points are needed too, ``read`` gives both in one pass.

        Raises BadInput where the map has no estimator, or no such kind.
        """
        self.check_kind(kind)
        rows = self.validate(h)
        if kind == "2d":
            return self.error_at(self._apply(self.encoder, rows))
        return self._apply(self.estimators[kind], rows)[:, 0]

    def read(self, h: Any, kinds: Sequence[str] = KINDS) -> tuple[Floats, dict[str, Floats]]:
        """Return ``encode`` and ``error`` in one pass.

        These are points z float32 (N, 2), and of each of the ``kinds`` that the map has the
        estimates of log10 e, (N,). Raises as ``encode`` does.
        """
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
        """Return the 2-d estimate of log10 e at points (N, 2), float32 (N,)."""
        self.check_kind("2d")
        return self._apply(self.estimators["2d"], np.asarray(z, np.float32))[:, 0]

    def check_kind(self, kind: str) -> None:
        """Raise BadInput for an estimate that the map does not have."""
        if kind not in KINDS:
            raise BadInput(f"An estimate is {' or '.join(KINDS)}, not '{kind}'.")
        if kind not in self.estimators:
            raise BadInput(
                "This map has no estimator: no labels of the network's classes were there."
            )

    def validate(self, h: Any) -> Floats:
        """Return h as float32 (N, D), units that the map leaves out at their mean.

        Raises BadInput for another width, and where activations are not finite.
        """
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
        """Return hidden vectors (N, D) under another projection, float32 (N, 2).

        Raises BadInput for any but "pca".
        """
        if name != "pca":
            raise BadInput(f"New points can be put on the map or on 'pca', not on '{name}'.")
        return self.basis.scores(self.validate(h))[:, :2]

    def check(self, network: Network) -> None:
        """Raise Mismatch where the map is not this network's.

        Neither its weights may differ, nor its layers, nor how it prepares pictures.
        """
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
        """Return the ``k`` examples (rows) that live nearest to one point (2,), nearest first."""
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
    """Return a digest of what the weights of a network do not determine.

    These are its layers' kinds, and how it takes pictures. Attention heads are no layers of their
    own: their rows say nothing that the module's row does not.
    """
    card = network.card
    size = () if card.fit == "free" else card.size
    heads = network.table.heads
    layers = [(row.name, row.kind, row.calls) for row in network.layers if row.name not in heads]
    identity = [card.channels, size, card.mean, card.std, layers]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]
