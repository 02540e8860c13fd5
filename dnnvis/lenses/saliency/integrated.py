"""The lens ``integrated``: gradients added up on the straight way from nothing to the picture.

Source: Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", equations 1 and 3;
with the midpoints of the steps, where they take their ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.formatting import format_number
from dnnvis.core.lens_results import Picture, SkippedStep
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.lens import LensDefaults, Scene, choice
from dnnvis.lenses.saliency.baselines import describe_fill
from dnnvis.lenses.saliency.filled_picture import FilledPicture, yield_pictures
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE
from dnnvis.network.precision import describe_precision


@dataclass(frozen=True)
class IntegratedParams:
    """Settings of the lens ``integrated``."""

    #: Where the way begins: black (0), gray (0.5), or the blurred picture.
    baseline: str = choice("black", "gray", "blurred")
    #: Gradients on the way.
    steps: int = field(default=64, metadata={"range": (1, 10_000)})


@dataclass(frozen=True)
class IntegratedLens(LensDefaults):
    """Yield Pictures (H, W, C), signed, as more steps are done; the last has progress 1.

    (picture - baseline) x the mean gradient on the way between them. They add up to what the unit
    gains on the way (completeness), but for the error of so few steps, which the caption says.
    Raises BadInput without a frame, LensMissing where nothing can be sent back from the unit.
    """

    name: str = "integrated"
    title: str = "integrated gradients"
    source: str = "Sundararajan et al. 2017"
    backward: bool = False
    Params: type[IntegratedParams] = IntegratedParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why the network gives no gradients; None where it does."""
        return NO_GRADIENTS_NOTE if NO_GRADIENTS_NOTE in info.notes else None

    def layers_of(self, params: IntegratedParams) -> tuple[str, ...]:
        """Return no layers: it makes passes of its own."""
        return ()

    def look(self, scene: Scene) -> Iterator[Picture | SkippedStep]:
        """Yield the results for ``scene``, see the class."""
        yield from yield_pictures(scene, self.name, _Path)


class _Path(FilledPicture):
    """The way from a baseline to a picture, as far as gradients were taken on it."""

    def __init__(self, scene: Scene, x: Tensor) -> None:
        super().__init__(scene, x, scene.params.baseline, scene.params.steps)
        start, end = self.score.values(torch.cat((self.filled, x))).tolist()
        self.start, self.end = start, end
        self.gradient = torch.zeros_like(x[0], dtype=torch.float64, device="cpu")  # summed

    def step(self) -> None:
        """Take the next gradients, as many as go through the network at once."""
        numbers = torch.arange(self.done, min(self.done + self.batch, self.total))
        shares = ((numbers + 0.5) / self.total).to(self.x).view(-1, 1, 1, 1)
        with torch.inference_mode(False), torch.no_grad():
            points = self.filled + shares * (self.x - self.filled)
        self.gradient += self.score.gradients(points).sum(0).cpu().double()
        self.done += len(numbers)

    def picture(self) -> Picture:
        """Return what the gradients so far give."""
        scene, way = self.scene, (self.x - self.filled)[0].cpu().double()
        product = (way * self.gradient / self.done).permute(1, 2, 0)  # (H, W, C)
        added, gain = float(product.sum()), self.end - self.start
        values = np.ascontiguousarray(product.numpy().astype(np.float32))
        caption = tr(
            "integrated gradients of {unit} from {baseline}, {done} of {steps} steps",
            unit=self.score.title,
            baseline=describe_fill(self.x, self.fill, scene.network.card.binary),
            done=self.done,
            steps=self.total,
        )
        if self.is_finished:
            caption += "; " + describe_completeness(added, gain)
        for clause in (
            scene.network.table.values.get(self.score.unit.layer, ""),
            describe_precision(scene.network),
        ):
            caption += f"; {clause}" if clause else ""
        return Picture(
            values=values,
            scale="signed",
            caption=caption,
            recipe={
                "lens": INTEGRATED.name,
                "unit": str(scene.unit),
                "baseline": scene.params.baseline,
                "steps": self.total,
            },
            unit=str(scene.unit),
            frame=-1 if scene.frame is None else scene.frame.number,
            network=scene.network.name,
            progress=1.0 if self.is_finished else min(self.done / self.total, 0.999),
        )


def describe_completeness(total: float, gain: float) -> str:
    """Return how far an attribution is from adding up to what the unit gained.

    Args:
        total: Sum of the picture.
        gain: The unit on the picture, less the unit on the baseline.

    Returns:
        Both and the error, as a share of the gain where there is one.
    """
    error = abs(total - gain)
    share = f" ({100 * error / abs(gain):.2g} %)" if gain else ""
    return tr(
        "adds up to {total} of the {gain} that it gains: completeness error {error}{share}",
        total=format_number(total),
        gain=format_number(gain),
        error=format_number(error),
        share=share,
    )


INTEGRATED = IntegratedLens()
