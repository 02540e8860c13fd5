"""The lens ``occlusion``: hide a patch, measure how far a unit falls, patch after patch.

Source: Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Picture, SkippedStep
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.lenses.saliency.baselines import Fill, describe_fill
from dnnvis.lenses.saliency.filled_picture import FilledPicture, yield_pictures
from dnnvis.network.values import Array

AUTO_FRACTION = 1 / 8  # of the shorter side: the side of a patch that nobody named
MAX_PATCHES = 100_000
ROUNDING = 1e-6  # of a score: what a pass of another batch size changes by itself


@dataclass(frozen=True)
class OcclusionParams:
    """Settings of the lens ``occlusion``."""

    #: What hides the picture: gray (0.5), its mean color, or the same place blurred.
    patch: str = choice("gray", "mean", "blurred")
    #: Side of the square patch in pixels; 0: an eighth of the picture's shorter side.
    size: int = field(default=0, metadata={"range": (0, 4096)})
    #: Pixels from one patch to the next; 0: half its side.
    stride: int = field(default=0, metadata={"range": (0, 4096)})
    #: Pictures in one pass; 0: as many as suit the machine. It changes nothing but the time.
    batch: int = field(default=0, metadata={"range": (0, 1024)})


@dataclass(frozen=True)
class OcclusionLens(LensDefaults):
    """Yield Pictures (H, W, 1), signed, as more and more patches are done; the last has progress 1.

    A pixel's value is the mean of what the unit loses under each patch that covers it: positive
    where hiding it lowers the unit. Patches lie ``stride`` apart, the last ones at the edge.
    Raises BadInput without a frame, or for a patch larger than the picture.
    """

    name: str = "occlusion"
    title: str = "occlusion"
    source: str = "Zeiler & Fergus 2014, section 4.2"
    backward: bool = False
    Params: type[OcclusionParams] = OcclusionParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return None: it takes nothing but forward passes."""
        return None

    def layers_of(self, params: OcclusionParams) -> tuple[str, ...]:
        """Return no layers: it makes passes of its own."""
        return ()

    def look(self, scene: Scene) -> Iterator[Picture | SkippedStep]:
        """Yield the results for ``scene``, see the class."""
        yield from yield_pictures(scene, self.name, _Occlusion)


class _Occlusion(FilledPicture):
    """The patches of one picture on their way."""

    def __init__(self, scene: Scene, x: Tensor) -> None:
        params = scene.params
        self.size, self.stride = choose_patch(x, params.size, params.stride)
        rows, columns = (list_offsets(side, self.size, self.stride) for side in x.shape[2:])
        self.patches = [(y, column) for y in rows for column in columns]
        if len(self.patches) > MAX_PATCHES:
            raise BadInput(
                f"That makes {len(self.patches):,} patches, more than {MAX_PATCHES:,}: take a "
                "greater stride."
            )
        fill: Fill = "black" if scene.network.card.binary else params.patch
        super().__init__(scene, x, fill, len(self.patches), params.batch)
        self.whole = float(self.score.values(x)[0])
        self.falls = np.zeros(tuple(x.shape[2:]), np.float64)  # summed over patches
        self.covers = np.zeros(self.falls.shape, np.int64)  # patches over each pixel

    def step(self) -> None:
        """Measure the next patches, as many as go through the network at once."""
        patches = self.patches[self.done : self.done + self.batch]
        with torch.inference_mode():
            hidden = self.x.repeat(len(patches), 1, 1, 1)
            for row, (y, x) in enumerate(patches):
                box = (slice(None), slice(y, y + self.size), slice(x, x + self.size))
                hidden[row][box] = self.filled[0][box]
        scores = self.score.values(hidden).numpy()
        falls = self.whole - scores
        falls[np.abs(falls) <= ROUNDING * np.maximum(abs(self.whole), np.abs(scores))] = 0
        for (y, x), fall in zip(patches, falls, strict=True):
            self.falls[y : y + self.size, x : x + self.size] += fall
            self.covers[y : y + self.size, x : x + self.size] += 1
        self.done += len(patches)

    def picture(self) -> Picture:
        """Return what is known so far; 0 where no patch has been."""
        scene = self.scene
        values: Array = (self.falls / np.maximum(self.covers, 1)).astype(np.float32)[..., None]
        caption = tr(
            "how far {unit} falls when {size} x {size} pixels are hidden by {fill}, every "
            "{stride}; mean of the patches over a pixel; {value} on the whole picture; {done} of "
            "{count} patches",
            unit=self.score.title,
            fill=describe_fill(self.x, self.fill, scene.network.card.binary),
            size=self.size,
            stride=self.stride,
            value=format_number(self.whole),
            done=self.done,
            count=len(self.patches),
        )
        if self.is_finished and not values.any():
            caption += tr("; exactly zero everywhere: no patch changes the unit")
        return Picture(
            values=values,
            scale="signed",
            caption=caption,
            recipe={
                "lens": OCCLUSION.name,
                "unit": str(scene.unit),
                "patch": scene.params.patch,
                "size": self.size,
                "stride": self.stride,
                "batch": scene.params.batch,
            },
            unit=str(scene.unit),
            frame=-1 if scene.frame is None else scene.frame.number,
            network=scene.network.name,
            progress=1.0 if self.is_finished else min(self.done / len(self.patches), 0.999),
        )


def choose_patch(x: Tensor, size: int, stride: int) -> tuple[int, int]:
    """Return side and stride of a patch in pixels, those chosen for 0.

    Raises BadInput where the patch does not fit into the picture ``x`` (1, C, H, W).
    """
    shorter = min(x.shape[2:])
    side = size or max(round(shorter * AUTO_FRACTION), 1)
    if side > shorter:
        raise BadInput(f"A patch of {side} pixels does not fit into a picture of {shorter}.")
    return side, stride or max(side // 2, 1)


def list_offsets(side: int, size: int, stride: int) -> list[int]:
    """Return where patches begin along a side, so that the last one ends at its end."""
    return [*range(0, side - size, stride), side - size]


OCCLUSION = OcclusionLens()
