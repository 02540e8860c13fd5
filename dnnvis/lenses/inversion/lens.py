"""The lens ``inversion``: from the current frame's code at a layer back to an image.

Source: Mahendran & Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them".
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import repeat
from typing import Any

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import QualityMetrics, SynthesisResult
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.lens import measure, to_arrays
from dnnvis.lenses.inversion.loss import code_of
from dnnvis.lenses.inversion.optimize import Descent
from dnnvis.lenses.inversion.params import InversionParams
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE

MEASURE_INTERVAL_STEPS = 8  # steps between two measurements


@dataclass(frozen=True)
class InversionLens(LensDefaults):
    """Inversion of the whole layer of the unit, at its call.

    Yields a SynthesisResult per step, the start first; the last one has progress 1.
    ``recipe["error"]`` is the normalized error of the picture (H, W, C) in [0, 1]: |code - its
    code|^2 / |code|^2.

    Raises BadInput without a frame, or where its code is zero; LensMissing where nothing can be
    sent back from the layer.
    """

    name: str = "inversion"
    title: str = "inversion"
    source: str = "Mahendran & Vedaldi 2015"
    backward: bool = False
    takes_objectives: bool = True
    Params: type[InversionParams] = InversionParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why the network gives no gradients; None where it does."""
        return NO_GRADIENTS_NOTE if NO_GRADIENTS_NOTE in info.notes else None

    def layers_of(self, params: InversionParams) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[SynthesisResult]:
        """Yield the results for ``scene``, see the class."""
        objective = scene.objective or Objective.of(scene.unit)
        if len(objective.terms) != 1:
            raise BadInput(
                f"One layer can be inverted at a time, not {objective}; `dnnvis invert` takes "
                "several."
            )
        if objective.terms[0].weight != 1:
            raise BadInput(
                tr(
                    "A layer is inverted as it is: write {target}.",
                    target=objective.terms[0].target,
                )
            )
        if scene.frame is None:
            raise BadInput("inversion needs a picture to look at; pass image=.")
        network = scene.network
        code = code_of(network, network.encode(scene.frame.pixels), objective)
        descent = Descent(network, code, scene.params)
        results = _ResultBuilder(scene, descent, objective)
        yield results.build_result()
        while not descent.is_finished:
            descent.step()
            yield results.build_result()


class _ResultBuilder:
    """Builds the results of one descent, measured now and then."""

    def __init__(self, scene: Scene, descent: Descent, objective: Objective) -> None:
        self.scene, self.descent, self.objective = scene, descent, objective
        self._errors: list[float] = []
        self._measures: tuple[QualityMetrics, ...] = ()

    def build_result(self) -> SynthesisResult:
        """Return the pictures as they are now."""
        descent, frame = self.descent, self.scene.frame
        step, is_finished = descent.step_number, descent.is_finished
        pictures = descent.pictures()
        sheet = to_arrays(pictures)  # (N, H, W, C)
        if is_finished or step % MEASURE_INTERVAL_STEPS == 0:
            self._errors = descent.errors(pictures).tolist()
            self._measures = tuple(map(measure, sheet, self._errors, repeat(None)))
        best = int(np.argmin(self._errors))
        curve = np.array(descent.curve, np.float32).reshape(-1, len(sheet))
        return SynthesisResult(
            values=sheet[best],
            caption=self._caption(self._errors[best]),
            recipe=self._recipe(self._errors[best], best),
            unit=str(self.objective),
            frame=-1 if frame is None else frame.number,
            network=self.scene.network.name,
            progress=1.0 if is_finished else min(step / descent.steps, 0.999),
            sheet=sheet,
            curve=curve,
            step=step,
            steps=descent.steps,
            measures=self._measures,
            error=descent.error,
        )

    def _caption(self, error: float) -> str:
        descent = self.descent
        call = "" if descent.code.call == -1 else f"#{descent.code.call}"
        caption = tr(
            "what {layer}{call} knows of the frame; normalised error {error:.3g}",
            layer=descent.code.layer,
            call=call,
            error=error,
        )
        caption += tr(
            "; {preset}, {steps} steps", preset=descent.params.preset, steps=descent.steps
        )
        if descent.slowdown > 1:
            caption += tr(
                ", taken {factor:g} times smaller since the loss ran away", factor=descent.slowdown
            )
        values = self.scene.network.table.values.get(descent.code.layer, "")
        for clause in filter(None, (values, descent.precision)):
            caption += f"; {clause}"
        return caption

    def _recipe(self, error: float, best: int) -> dict[str, Any]:
        descent = self.descent
        settings = asdict(descent.params) | {
            "steps": descent.steps,
            "tv": descent.variation,
            "alpha": descent.alpha,
        }
        return {
            "lens": "inversion",
            "unit": str(self.objective),
            **settings,
            "objective": error,
            "error": error,
            "best_seed": descent.params.seed + best,
            "steps_done": descent.step_number,
            "source": INVERSION.source,
        }


INVERSION = InversionLens()
