"""The lens ``ascent``: a picture that grows, step by step, towards what a unit wants to see.

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
from dnnvis.core.lens_results import Array, Grown, Measures
from dnnvis.core.messages import NetworkInfo
from dnnvis.core.objective import Goal
from dnnvis.core.unit import Unit
from dnnvis.lenses.ascent.batch_ascent import Climb, Row
from dnnvis.lenses.ascent.evaluation import judged
from dnnvis.lenses.ascent.geometry import end_of
from dnnvis.lenses.ascent.natural_reference import known_for
from dnnvis.lenses.ascent.objectives import between
from dnnvis.lenses.ascent.params import AscentParams, recipe_for, recipe_of
from dnnvis.lenses.ascent.quality_metrics import high_frequency_share, variation
from dnnvis.lenses.ascent.recipe import SETTINGS, Recipe
from dnnvis.lenses.lens import LensDefaults, Scene
from dnnvis.network.hooks import mode_for
from dnnvis.network.layer_table import ONLY_FORWARD
from dnnvis.network.network import Network
from dnnvis.network.preprocess import as_batch, fitted

EVERY = 8  # steps between two measurements


@dataclass(frozen=True)
class AscentLens(LensDefaults):
    """Yields a Grown per step, the start first; the last one has progress 1."""

    name: str = "ascent"
    title: str = "gradient ascent"
    source: str = "Erhan et al. 2009; Yosinski et al. 2015; Olah et al. 2017"
    backward: bool = False
    goals: bool = True
    Params: type[Any] = AscentParams

    def missing(self, info: NetworkInfo, unit: Unit) -> str | None:
        return ONLY_FORWARD if ONLY_FORWARD in info.notes else None

    def layers_of(self, params: Any) -> tuple[str, ...]:
        return ()

    def look(self, scene: Scene) -> Iterator[Grown]:
        network, params = scene.network, scene.params
        recipe, goal = recipe_for(params, network.card), scene.goal or Goal.of(scene.unit)
        with mode_for(gradients=False, inference=False):
            natural, nature = known_for(network, goal, recipe)
        climb = Climb(network, recipe, goal, nature)
        goals = _goals(goal, params)
        seeds = [params.seed + (0 if params.between else k) for k in range(params.seeds)]
        climb.admit(goals, seeds, _frame_for(scene, climb))
        sheet = _Sheet(scene, climb, goal, natural)
        yield sheet.grown()
        while len(climb.finished()) < len(climb.rows):
            climb.step()
            yield sheet.grown()


class _Sheet:
    """What the pictures of one climb look like, measured now and then."""

    def __init__(self, scene: Scene, climb: Climb, goal: Goal, natural: float | None) -> None:
        self.scene, self.climb, self.goal, self.natural = scene, climb, goal, natural
        self._measures: tuple[Measures, ...] = ()
        self._values: list[float] = []
        self._at = 0  # the step of the latest measurement

    def grown(self) -> Grown:
        climb, recipe = self.climb, self.climb.recipe
        step = climb.rows[0].step
        over = len(climb.finished()) == len(climb.rows)
        pictures = climb.pictures()
        sheet = arrays(pictures)  # (N, H, W, C)
        if over or not self.scene.hurried or step % EVERY == 0:
            self._at = step
            self._values = climb.judged(pictures).tolist()
            self._measures = tuple(
                measured(values, value, self.natural)
                for values, value in zip(sheet, self._values, strict=True)
            )
        best = int(np.argmax(self._values))
        trouble = next((row.trouble for row in climb.rows if row.trouble), "")
        if over and not trouble and all(_never_rose(row) for row in climb.rows):
            trouble = (
                f"Nothing was gained: {self.goal} never rose above where it began. Try another "
                "seed, or start from the frame."
            )
        curve = np.array([row.curve for row in climb.rows], np.float32).reshape(len(sheet), -1).T
        return Grown(
            values=sheet[best],
            scale="centred" if recipe.faint else "rgb",
            caption=self._caption(step),
            recipe=self._recipe(best, step),
            unit=str(self.goal),
            frame=-1 if self.scene.frame is None else self.scene.frame.number,
            network=self.scene.network.name,
            progress=1.0 if over else min(step / recipe.steps, 0.999),
            sheet=sheet,
            curve=np.ascontiguousarray(curve),
            step=step,
            steps=recipe.steps,
            measures=self._measures,
            measured_at=self._at,
            trouble=trouble,
        )

    def _caption(self, step: int) -> str:
        recipe = self.climb.recipe
        words = f"what {self.goal} wants to see; {recipe.title} ({recipe.source}), {step} steps"
        if recipe.parametrisation == "phase" and self.climb.nature.spectrum is None:
            words += "; no pictures were scanned, so the spectrum is a power law"
        if recipe.parametrisation == "board" != recipe_of(self.scene.params).parametrisation:
            words += "; of the preset, a board takes steps, start and aim only"
        if recipe.faint:
            words += "; faint, so it is drawn with more contrast"
        return words

    def _recipe(self, best: int, step: int) -> dict[str, Any]:
        params, recipe = self.scene.params, self.climb.recipe
        return {
            "lens": "ascent",
            "unit": str(self.goal),
            "preset": params.preset,
            "seed": params.seed,
            "seeds": params.seeds,
            "between": params.between,
            **recipe.plain(),
            "objective": self._values[best],
            "best_seed": self.climb.rows[best].seed,
            "steps_done": step,
            "source": recipe.source,
            "nature_from": self.climb.nature.source,
        }


def _never_rose(row: Row) -> bool:
    best = [row.best[0]] if row.best else []  # of a board, the last step's too
    return len(row.curve) > 1 and not max([*row.curve[1:], *best]) > row.curve[0]


def measured_anew(network: Network, grown: Grown, which: int) -> Measures:
    """The numbers of picture number ``which`` as it is now."""
    recipe = Recipe(**{name: grown.recipe[name] for name in SETTINGS})
    goal = Goal.of(grown.unit)
    if grown.recipe.get("between"):
        goal = between(goal, len(grown.sheet))[which]
    x = torch.from_numpy(grown.sheet[which]).permute(2, 0, 1)[None]
    value = float(judged(network, [goal], x, recipe, end_of(network, goal))[0])
    natural = grown.measures[which].natural if which < len(grown.measures) else None
    return measured(grown.sheet[which], value, natural)


def measured(values: Array, value: float, natural: float | None) -> Measures:
    """The numbers of one picture (H, W, C)."""
    return Measures(value, high_frequency_share(values), variation(values), natural)


def arrays(pictures: Tensor) -> Array:
    """(N, C, H, W) as float32 (N, H, W, C)."""
    moved = pictures.detach().permute(0, 2, 3, 1).to("cpu", torch.float32)
    return np.ascontiguousarray(moved.numpy())


def _goals(goal: Goal, params: Any) -> list[Goal]:
    if params.between and len(goal.terms) != 2:
        raise BadInput(f"Between what? {goal} has {len(goal.terms)} terms, not two.")
    return between(goal, params.seeds) if params.between else [goal] * params.seeds


def _frame_for(scene: Scene, climb: Climb) -> Tensor | None:
    """The frame (1, C, H, W) in [0, 1] at the picture's size, where the recipe starts there."""
    if climb.recipe.start != "frame":
        return None
    if scene.frame is None:
        raise BadInput(f"The preset starts from a picture ({climb.recipe.title}); give one.")
    card = replace(scene.network.card, size=climb.sizes.picture)
    batch, _ = as_batch(scene.frame.pixels)
    return fitted(batch, card).float() / 255


ASCENT = AscentLens()
