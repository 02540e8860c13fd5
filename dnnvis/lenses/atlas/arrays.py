"""Make an atlas of pictures in memory."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.introspect.atlas.atlas import Atlas
from dnnvis.introspect.harvest import as_images
from dnnvis.lenses.atlas.building import AtlasBuilder, plan_atlas
from dnnvis.lenses.atlas.options import AtlasOptions
from dnnvis.network.layer_table import OUTPUT
from dnnvis.network.network import Network
from dnnvis.sources.datasets import Origin

ADDRESS = "arrays"


class ImagesInMemory:
    """A data set of pictures uint8 (H, W, C) or (H, W), each with the name of its class or ""."""

    address = ADDRESS
    kind = ADDRESS
    mark = ADDRESS
    in_order = False
    parts: tuple[int, ...] = ()

    def __init__(self, images: Sequence[Any], labels: Sequence[str]) -> None:
        self._images, self._labels = images, labels

    def __len__(self) -> int:
        return len(self._images)

    def name(self, number: int) -> str:
        """Return the name of a picture."""
        return f"image {number}"

    def read(self, number: int) -> tuple[NDArray[np.uint8], Origin]:
        """Return a picture uint8 (H, W, C) and its class; raise BadInput for another array."""
        pixels = np.asarray(self._images[number])
        if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3):
            raise BadInput(
                f"Picture {number} is {pixels.dtype} {pixels.shape}, not uint8 (H, W, C)."
            )
        pixels = pixels[:, :, None] if pixels.ndim == 2 else pixels
        return pixels, Origin(label=self._labels[number])

    def close(self) -> None:
        """Do nothing: there is no file."""


def build_from_arrays(
    network: Network,
    options: AtlasOptions,
    images: Any,
    labels: Sequence[int] | NDArray[np.int64] | None = None,
) -> Atlas:
    """Return the atlas of a layer over pictures in memory; nothing is kept.

    Args:
        network: The network.
        options: What the atlas is made with.
        images: Pixels uint8 (N, H, W, C), or a list of pictures.
        labels: Class indices int (N,); -1 = none.

    Raises:
        BadInput: Pictures, labels, options or the layer cannot be used.
    """
    options.check()
    pictures = as_images(images)
    data = ImagesInMemory(pictures, _name_labels(network, labels, len(pictures)))
    plan = plan_atlas(network, options, data)
    with TemporaryDirectory(prefix="dnnvis-atlas-") as folder:
        builder = AtlasBuilder(network, plan, data, Path(folder))
        records = np.array(builder.harvest().view())
        layout = builder.lay_out(records)
        return builder.finish(records, layout, builder.grow(layout))


def _name_labels(
    network: Network, labels: Sequence[int] | NDArray[np.int64] | None, count: int
) -> list[str]:
    """Return the name of each picture's class, as a data set would give it; "" for none."""
    if labels is None:
        return [""] * count
    numbers = np.asarray(labels)
    outputs = network.layer(OUTPUT).shape[0]
    if numbers.shape != (count,) or numbers.dtype.kind not in "iu" or numbers.max() >= outputs:
        raise BadInput(
            f"Labels are class indices below {outputs}, one for each of the {count:,} pictures."
        )
    names = network.card.labels or [str(k) for k in range(outputs)]
    return [str(names[k]) if k >= 0 else "" for k in numbers.tolist()]
