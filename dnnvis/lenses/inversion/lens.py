"""The lens ``inversion``: from the present frame's code at a layer back to an image.

Source: Mahendran & Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them".
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import repeat
from typing import Any

import numpy as np

from dnnvis.core.errors import BadInput, LensMissing
from dnnvis.core.lens_results import Grown, Measures
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Goal
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.lens import arrays, measured
from dnnvis.lenses.inversion.loss import BadCode, code_of
from dnnvis.lenses.inversion.optimize import Descent
from dnnvis.lenses.inversion.params import InversionParams
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.layer_table import ONLY_FORWARD
from dnnvis.network.network import Network

EVERY = 8  # steps between two measurements
MOST = 12  # layers in a survey that names none


@dataclass(frozen=True)
class InversionLens(LensDefaults):
    """Inverts the whole layer of the unit, at its call. Yields a Grown per step, the start
    first; the last one has progress 1. ``recipe["error"]`` is the normalised error of the
    picture (H, W, C) in [0, 1]: |code - its code|^2 / |code|^2.

    Raises BadInput without a frame, or where its code is zero; LensMissing where nothing can
    be sent back from the layer.
    """

    name: str = "inversion"
    title: str = "inversion"
    source: str = "Mahendran & Vedaldi 2015"
    backward: bool = False
    goals: bool = True
    Params: type[InversionParams] = InversionParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return ONLY_FORWARD if ONLY_FORWARD in info.notes else None

    def layers_of(self, params: InversionParams) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[Grown]:
        goal = scene.goal or Goal.of(scene.unit)
        if len(goal.terms) != 1:
            raise BadInput(
                f"One layer can be inverted at a time, not {goal}; `dnnvis invert` takes several."
            )
        if goal.terms[0].weight != 1:
            raise BadInput(f"A layer is inverted as it is: write {goal.terms[0].target}.")
        if scene.frame is None:
            raise BadInput("inversion needs a picture to look at; pass image=.")
        network = scene.network
        code = code_of(network, network.encode(scene.frame.pixels), goal)
        descent = Descent(network, code, scene.params)
        sheet = _Sheet(scene, descent, goal)
        yield sheet.grown()
        while not descent.over:
            descent.step()
            yield sheet.grown()


class _Sheet:
    """What the pictures of one descent look like, measured now and then."""

    def __init__(self, scene: Scene, descent: Descent, goal: Goal) -> None:
        self.scene, self.descent, self.goal = scene, descent, goal
        self._errors: list[float] = []
        self._measures: tuple[Measures, ...] = ()

    def grown(self) -> Grown:
        descent, frame = self.descent, self.scene.frame
        step, over = descent.step_number, descent.over
        pictures = descent.pictures()
        sheet = arrays(pictures)  # (N, H, W, C)
        if over or step % EVERY == 0:
            self._errors = descent.errors(pictures).tolist()
            self._measures = tuple(map(measured, sheet, self._errors, repeat(None)))
        best = int(np.argmin(self._errors))
        curve = np.array(descent.curve, np.float32).reshape(-1, len(sheet))
        return Grown(
            values=sheet[best],
            caption=self._caption(self._errors[best]),
            recipe=self._recipe(self._errors[best], best),
            unit=str(self.goal),
            frame=-1 if frame is None else frame.number,
            network=self.scene.network.name,
            progress=1.0 if over else min(step / descent.steps, 0.999),
            sheet=sheet,
            curve=curve,
            step=step,
            steps=descent.steps,
            measures=self._measures,
            trouble=descent.trouble,
        )

    def _caption(self, error: float) -> str:
        descent = self.descent
        call = "" if descent.code.call == -1 else f"#{descent.code.call}"
        words = f"what {descent.code.layer}{call} knows of the frame; normalised error {error:.3g}"
        words += f"; {descent.params.preset}, {descent.steps} steps"
        if descent.slower > 1:
            words += f", taken {descent.slower:g} times smaller since the loss ran away"
        return words

    def _recipe(self, error: float, best: int) -> dict[str, Any]:
        descent = self.descent
        settings = asdict(descent.params) | {
            "steps": descent.steps,
            "tv": descent.variation,
            "alpha": descent.alpha,
        }
        return {
            "lens": "inversion",
            "unit": str(self.goal),
            **settings,
            "objective": error,
            "error": error,
            "best_seed": descent.params.seed + best,
            "steps_done": descent.step_number,
            "source": INVERSION.source,
        }


def survey(
    network: Network, image: Any, layers: Sequence[str] = (), **params: Any
) -> Iterator[tuple[str, Grown]]:
    """Layer by layer (none named: those of ``spread``), what each knows of the picture: every
    Grown on its way; ``recipe["error"]`` of a layer's last one (progress 1) is its normalised
    error.

    Raises what ``look`` does; but of layers that were not named, those that cannot be
    inverted (a code of zeros, no gradient) are passed over.
    """
    from dnnvis.lenses.look import looks  # the catalogue knows this file

    for layer in layers or spread(network):
        try:
            for grown in looks(network, "inversion", layer, image=image, **params):
                yield layer, grown
        except (BadCode, LensMissing):
            if layers:
                raise


def spread(network: Network, most: int = MOST) -> list[str]:
    """The names of up to ``most`` layers, evenly from the first to the last."""
    names = [layer.name for layer in network.layers]
    places = np.linspace(0, len(names) - 1, min(most, len(names))).round().astype(int)
    return [names[place] for place in places]


INVERSION = InversionLens()
