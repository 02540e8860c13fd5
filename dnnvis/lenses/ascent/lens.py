"""The lens ``ascent``: a picture evolves, step by step, towards what a unit wants to see.

Sources: Erhan et al. 2009; Simonyan et al. 2013; Yosinski et al. 2015; Mordvintsev et al. 2015;
Olah et al. 2017; Fel et al. 2023. Each preset names its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import (
    SKIPPED,
    Array,
    QualityMetrics,
    SkippedStep,
    SynthesisResult,
)
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Objective
from dnnvis.core.translation.catalog import tr
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.batch_ascent import AscentItem, BatchAscent
from dnnvis.lenses.ascent.evaluation import evaluate
from dnnvis.lenses.ascent.geometry import find_pass_end
from dnnvis.lenses.ascent.natural_reference import load_reference
from dnnvis.lenses.ascent.objectives import interpolate_objectives
from dnnvis.lenses.ascent.params import AscentParams, recipe_for, recipe_of
from dnnvis.lenses.ascent.quality_metrics import high_frequency_fraction, variation
from dnnvis.lenses.ascent.recipe import SETTINGS, Recipe
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.hooks import autograd_mode
from dnnvis.network.layer_table import NO_GRADIENTS_NOTE
from dnnvis.network.network import Network
from dnnvis.network.preprocess import as_batch, fit_to_card

MEASURE_INTERVAL_STEPS = 8  # steps between two measurements


@dataclass(frozen=True)
class AscentLens(LensDefaults):
    """Gradient ascent on a picture.

    Yields a SynthesisResult per step, the start first; the last one has progress 1. Pictures that
    nobody looks at are neither made nor measured: SKIPPED stands for them.
    """

    name: str = "ascent"
    title: str = "gradient ascent"
    source: str = "Erhan et al. 2009; Yosinski et al. 2015; Olah et al. 2017"
    backward: bool = False
    takes_objectives: bool = True
    Params: type[Any] = AscentParams

    def unavailable_reason(self, info: NetworkInfo, unit: Unit) -> str | None:
        """Return why the network gives no gradients; None where it does."""
        return NO_GRADIENTS_NOTE if NO_GRADIENTS_NOTE in info.notes else None

    def layers_of(self, params: Any) -> tuple[str, ...]:
        """Return no layers: none but the unit's own is needed."""
        return ()

    def look(self, scene: Scene) -> Iterator[SynthesisResult | SkippedStep]:
        """Yield the results for ``scene``, see the class."""
        network, params = scene.network, scene.params
        recipe, objective = (
            recipe_for(params, network.card),
            scene.objective or Objective.of(scene.unit),
        )
        with autograd_mode(gradients=False):
            natural, statistics = load_reference(network, objective, recipe)
        ascent = BatchAscent(network, recipe, objective, statistics)
        objectives = _objectives(objective, params)
        seeds = [params.seed + (0 if params.between else k) for k in range(params.seeds)]
        ascent.add(objectives, seeds, _start_frame(scene, ascent))
        results = _ResultBuilder(scene, ascent, objective, natural)
        is_finished = ascent.is_finished
        yield results.build_result() if is_finished or scene.is_watched() else SKIPPED
        while not is_finished:
            ascent.step()
            is_finished = ascent.is_finished
            yield results.build_result() if is_finished or scene.is_watched() else SKIPPED


class _ResultBuilder:
    """Builds the results of one ascent, measured now and then."""

    def __init__(
        self, scene: Scene, ascent: BatchAscent, objective: Objective, natural: float | None
    ) -> None:
        self.scene, self.ascent, self.objective, self.natural = scene, ascent, objective, natural
        self._measures: tuple[QualityMetrics, ...] = ()
        self._values: list[float] = []
        self._measured_at = 0  # step of the latest measurement

    def build_result(self) -> SynthesisResult:
        """Return the pictures as they are now."""
        ascent, recipe = self.ascent, self.ascent.recipe
        step = ascent.rows[0].step
        is_finished = ascent.is_finished
        pictures = ascent.pictures()
        sheet = to_arrays(pictures)  # (N, H, W, C)
        is_due = not self._values or step - self._measured_at >= MEASURE_INTERVAL_STEPS
        if is_finished or is_due or not self.scene.frames_waiting:
            self._measured_at = step
            self._values = ascent.evaluate(pictures).tolist()
            self._measures = tuple(
                measure(values, value, self.natural)
                for values, value in zip(sheet, self._values, strict=True)
            )
        best = int(np.argmax(self._values))
        error = next((row.error for row in ascent.rows if row.error), "")
        if is_finished and not error and all(_never_rose(row) for row in ascent.rows):
            error = tr(
                "Nothing was gained: {objective} never rose above where it began. Try another "
                "seed, or start from the frame.",
                objective=self.objective,
            )
        curve = np.array([row.curve for row in ascent.rows], np.float32).reshape(len(sheet), -1).T
        return SynthesisResult(
            values=sheet[best],
            scale="centred" if recipe.faint else "rgb",
            caption=self._caption(step),
            recipe=self._recipe(best, step),
            unit=str(self.objective),
            frame=-1 if self.scene.frame is None else self.scene.frame.number,
            network=self.scene.network.name,
            progress=1.0 if is_finished else min(step / recipe.steps, 0.999),
            sheet=sheet,
            curve=np.ascontiguousarray(curve),
            step=step,
            steps=recipe.steps,
            measures=self._measures,
            measured_at=self._measured_at,
            error=error,
        )

    def _caption(self, step: int) -> str:
        recipe = self.ascent.recipe
        caption = tr(
            "what {objective} wants to see; {title} ({source}), {step} steps",
            objective=self.objective,
            title=recipe.title,
            source=recipe.source,
            step=step,
        )
        if recipe.parametrisation == "phase" and self.ascent.statistics.spectrum is None:
            caption += tr("; no pictures were scanned, so the spectrum is a power law")
        if recipe.parametrisation == "board" != recipe_of(self.scene.params).parametrisation:
            caption += tr("; of the preset, a board takes steps, start and aim only")
        hold = self.ascent.hold
        if hold is not None:
            caption += tr(
                "; starts from the frame and is held to it at {layer} (weight {weight:g})",
                layer=hold.layer,
                weight=hold.weight,
            )
            if len(hold.distances):
                caption += tr(
                    ", whose activations moved by {percent:.0f} %",
                    percent=100 * float(hold.distances.mean()),
                )
        if recipe.faint:
            caption += tr("; faint, so it is drawn with more contrast")
        layers = dict.fromkeys(term.layer for term in self.objective.terms)
        values = (self.scene.network.table.values.get(layer, "") for layer in layers)
        for clause in (*dict.fromkeys(values), self.ascent.precision):
            caption += f"; {clause}" if clause else ""
        return caption

    def _recipe(self, best: int, step: int) -> dict[str, Any]:
        params, recipe = self.scene.params, self.ascent.recipe
        return {
            "lens": "ascent",
            "unit": str(self.objective),
            "preset": params.preset,
            "seed": params.seed,
            "seeds": params.seeds,
            "between": params.between,
            **recipe.settings(),
            "objective": self._values[best],
            "best_seed": self.ascent.rows[best].seed,
            "steps_done": step,
            "source": recipe.source,
            "nature_from": self.ascent.statistics.source,
        }


def _never_rose(row: AscentItem) -> bool:
    best = [row.best[0]] if row.best else []  # a board's best includes the last step
    return len(row.curve) > 1 and not max([*row.curve[1:], *best]) > row.curve[0]


def remeasure(network: Network, synthesis: SynthesisResult, index: int) -> QualityMetrics:
    """Return the quality metrics of one picture of a synthesis as it is now.

    Args:
        network: The network.
        synthesis: The result that holds the picture.
        index: Number of the picture in its sheet.
    """
    recipe = Recipe(**{name: synthesis.recipe[name] for name in SETTINGS})
    objective = Objective.of(synthesis.unit)
    if synthesis.recipe.get("between"):
        objective = interpolate_objectives(objective, len(synthesis.sheet))[index]
    x = torch.from_numpy(synthesis.sheet[index]).permute(2, 0, 1)[None]
    value = float(evaluate(network, [objective], x, recipe, find_pass_end(network, objective))[0])
    natural = synthesis.measures[index].natural if index < len(synthesis.measures) else None
    return measure(synthesis.sheet[index], value, natural)


def measure(values: Array, value: float, natural: float | None) -> QualityMetrics:
    """Return the quality metrics of one picture.

    Args:
        values: Picture (H, W, C) in [0, 1].
        value: The objective that it reached.
        natural: Best value of natural pictures; None where unknown.
    """
    return QualityMetrics(value, high_frequency_fraction(values), variation(values), natural)


def to_arrays(pictures: Tensor) -> Array:
    """Return (N, C, H, W) as float32 (N, H, W, C)."""
    channels_last = pictures.detach().permute(0, 2, 3, 1).to("cpu", torch.float32)
    return np.ascontiguousarray(channels_last.numpy())


def _objectives(objective: Objective, params: Any) -> list[Objective]:
    if params.between and len(objective.terms) != 2:
        raise BadInput(
            tr(
                "Between what? {objective} has {count} terms, not two.",
                objective=objective,
                count=len(objective.terms),
            )
        )
    return (
        interpolate_objectives(objective, params.seeds)
        if params.between
        else [objective] * params.seeds
    )


def _start_frame(scene: Scene, ascent: BatchAscent) -> Tensor | None:
    """Return the frame (1, C, H, W) in [0, 1] at the picture's size, if it starts there."""
    if ascent.recipe.start != "frame":
        return None
    if scene.frame is None:
        raise BadInput(
            tr("The preset starts from a picture ({title}); give one.", title=ascent.recipe.title)
        )
    card = replace(scene.network.card, size=ascent.sizes.picture)
    batch, _ = as_batch(scene.frame.pixels)
    return fit_to_card(batch, card).float() / 255


ASCENT = AscentLens()
