"""A synthesis on its way into the library."""

from dataclasses import replace
from typing import Any

import numpy as np

from dnnvis.core.lens_results import Grown, with_contrast
from dnnvis.core.objective import Goal
from dnnvis.lenses.ascent.lens import measured_anew
from dnnvis.library.store.library import Library, open_library
from dnnvis.network.network import Network

PATIENCE = 2.0  # seconds that the live view may wait for another process's writing
NEWEST = "SELECT id FROM pictures WHERE goal = ? ORDER BY made DESC, id DESC LIMIT 1"
COUNT = "SELECT count(*) FROM pictures WHERE goal = ?"


def kept(network: Network, grown: Grown, which: int = -1) -> str:
    """Put picture number ``which`` of ``grown`` (-1: the best) into the network's library,
    with its recipe, measures and curve; a sentence of what became of it. A faint picture is
    kept as it is shown, with contrast; the recipe says how much.

    A picture that equals the newest of its goal is not kept twice. Raises BadInput where the
    library cannot be used, where there is no such picture, or where it is not finite.
    """
    k = which if 0 <= which < len(grown.sheet) else best_of(grown)
    goal = Goal.of(grown.unit)
    name = str(goal) + (f", seed {seed_of(grown, k)}," if len(grown.sheet) > 1 else "")
    measures = grown.measures[k] if k < len(grown.measures) else None
    if grown.measured_at != grown.step and grown.recipe.get("lens") == "ascent":
        measures = measured_anew(network, grown, k)
    with open_library(network) as library:
        library.run(f"PRAGMA busy_timeout = {round(PATIENCE * 1000)}")
        values, recipe = grown.sheet[k], recipe_of_one(grown, k)
        if measures is not None:
            recipe["objective"] = measures.value
        if grown.scale == "centred":
            values, recipe["contrast"] = with_contrast(values)
        if _is_newest(library, str(goal), values):
            return f"{name} is in the library already ({_counted(library, goal)})"
        library.keep(goal, values, recipe, measures, grown.curve[:, k])
        return f"{name} kept in the library ({_counted(library, goal)})"


def finished(grown: Grown) -> bool:
    """Whether a picture is kept without being asked for: it ran to its end, rose on its way,
    and is not made out of a frame."""
    if grown.progress < 1 or grown.recipe.get("start") == "frame" or not len(grown.curve):
        return False
    line = grown.curve[:, best_of(grown)]
    return len(line) == 1 or bool((line[1:] > line[0]).any())


def best_of(grown: Grown) -> int:
    """The number of the picture with the greatest objective."""
    values = [measures.value for measures in grown.measures]
    return int(np.argmax(values)) if values else 0


def seed_of(grown: Grown, k: int) -> int:
    """The seed of picture number ``k``; those between two goals share one."""
    recipe = grown.recipe
    return int(recipe.get("seed", 0)) + (0 if recipe.get("between") else k)


def recipe_of_one(grown: Grown, k: int) -> dict[str, Any]:
    """The recipe of picture number ``k`` of a sheet. Where pictures grow independently it is
    that of the one picture alone; else it is the sheet's, and ``number`` says which."""
    recipe = {**grown.recipe, "best_seed": seed_of(grown, k)}
    if k < len(grown.measures):
        recipe["objective"] = grown.measures[k].value
    if len(grown.sheet) == 1:
        return recipe
    if recipe.get("between") or recipe.get("diversity"):
        return {**recipe, "number": k}
    return {**recipe, "seed": seed_of(grown, k), "seeds": 1}


def without_frame(grown: Grown) -> Grown:
    """The same, belonging to no frame where it began from noise or gray."""
    if grown.recipe.get("start") == "frame":
        return grown
    return replace(grown, frame=-1, recipe={**grown.recipe, "image": None})


def _is_newest(library: Library, goal: str, values: Any) -> bool:
    rows = library.rows(NEWEST, goal)
    if not rows or not np.isfinite(values).all():
        return False
    pixels = library.picture(rows[0][0]).pixels
    return np.array_equal(pixels, np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8))


def _counted(library: Library, goal: Goal) -> str:
    ((count,),) = library.rows(COUNT, str(goal))
    return f"{count} picture{'s' * (count != 1)}"
