"""Save a synthesis in the library."""

from dataclasses import replace
from typing import Any

import numpy as np

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import SynthesisResult
from dnnvis.core.objective import Objective
from dnnvis.imaging.views import with_contrast
from dnnvis.lenses.ascent.lens import remeasure
from dnnvis.library.store.library import Library, open_library
from dnnvis.network.network import Network

BUSY_SECONDS = 0.5  # the live view waits at most so long for another writer
NEWEST_QUERY = "SELECT id FROM pictures WHERE goal = ? ORDER BY made DESC, id DESC LIMIT 1"
COUNT_QUERY = "SELECT count(*) FROM pictures WHERE goal = ?"


def save_synthesis(network: Network, synthesis: SynthesisResult, index: int = -1) -> str:
    """Save one picture of a synthesis in the network's library, with recipe, measures and curve.

    A faint picture is saved as it is shown, with contrast; the recipe says how much. A picture that
    equals the newest of its objective is not saved twice.

    Args:
        network: The network whose library is written.
        synthesis: The result that holds the picture.
        index: Number of the picture; -1 for the best.

    Returns:
        A sentence on what became of it.

    Raises:
        Busy: Another process writes into the library; the same works later.
        BadInput: The library cannot be used, there is no such picture, or it is not finite.
    """
    _check_edits(network, synthesis)
    _check_directions(network, synthesis)
    k = index if 0 <= index < len(synthesis.sheet) else best_index(synthesis)
    objective = Objective.of(synthesis.unit)
    name = str(objective) + (f", seed {seed_of(synthesis, k)}," if len(synthesis.sheet) > 1 else "")
    measures = synthesis.measures[k] if k < len(synthesis.measures) else None
    if synthesis.measured_at != synthesis.step and synthesis.recipe.get("lens") == "ascent":
        measures = remeasure(network, synthesis, k)
    with open_library(network, busy_seconds=BUSY_SECONDS) as library:
        values, recipe = synthesis.sheet[k], single_recipe(synthesis, k)
        if measures is not None:
            recipe["objective"] = measures.value
        if synthesis.scale == "centred":
            values, recipe["contrast"] = with_contrast(values)
        if _is_newest(library, str(objective), values):
            return f"{name} is in the library already ({_count_pictures(library, objective)})"
        library.save_picture(objective, values, recipe, measures, synthesis.curve[:, k])
        return f"{name} kept in the library ({_count_pictures(library, objective)})"


def _check_edits(network: Network, synthesis: SynthesisResult) -> None:
    """Raise BadInput where edits were on that the network was not opened with."""
    edits = (synthesis.recipe.get("network") or {}).get("edits") or []
    if list(edits) != [str(edit) for edit in network.edits.lasting]:
        raise BadInput(
            f"The picture was made with edits ({', '.join(edits)}), and the library holds those of "
            "the network as it is; save the picture as a file."
        )


def _check_directions(network: Network, synthesis: SynthesisResult) -> None:
    """Raise BadInput where a picture is of directions that the library does not hold."""
    for name, digest in (synthesis.recipe.get("directions") or {}).items():
        directions = network.directions.get(name)
        if directions is None or not directions.is_saved or directions.digest != digest:
            raise BadInput(
                f"The directions of {name} are not kept, or others by now; hold the building "
                "blocks, then grow it again."
            )


def is_finished(synthesis: SynthesisResult) -> bool:
    """Return whether a picture is saved without a request.

    It is where it ran to its end, rose on the way, and did not start from a frame.
    """
    if (
        synthesis.progress < 1
        or synthesis.recipe.get("start") == "frame"
        or not len(synthesis.curve)
    ):
        return False
    curve = synthesis.curve[:, best_index(synthesis)]
    return len(curve) == 1 or bool((curve[1:] > curve[0]).any())


def best_index(synthesis: SynthesisResult) -> int:
    """Return the number of the picture with the greatest objective."""
    values = [measures.value for measures in synthesis.measures]
    return int(np.argmax(values)) if values else 0


def seed_of(synthesis: SynthesisResult, k: int) -> int:
    """Return the seed of picture number ``k``; those between two objectives share one."""
    recipe = synthesis.recipe
    return int(recipe.get("seed", 0)) + (0 if recipe.get("between") else k)


def single_recipe(synthesis: SynthesisResult, k: int) -> dict[str, Any]:
    """Return the recipe of picture number ``k`` of a sheet.

    Where pictures evolve independently it is that of the one picture alone; else it is the sheet's,
    and ``number`` says which picture it is.
    """
    recipe = {**synthesis.recipe, "best_seed": seed_of(synthesis, k)}
    if k < len(synthesis.measures):
        recipe["objective"] = synthesis.measures[k].value
    if len(synthesis.sheet) == 1:
        return recipe
    if recipe.get("between") or recipe.get("diversity"):
        return {**recipe, "number": k}
    return {**recipe, "seed": seed_of(synthesis, k), "seeds": 1}


def without_frame(synthesis: SynthesisResult) -> SynthesisResult:
    """Return the synthesis as belonging to no frame where it started from noise or gray."""
    if synthesis.recipe.get("start") == "frame":
        return synthesis
    return replace(synthesis, frame=-1, recipe={**synthesis.recipe, "image": None})


def _is_newest(library: Library, objective: str, values: Any) -> bool:
    rows = library.rows(NEWEST_QUERY, objective)
    if not rows or not np.isfinite(values).all():
        return False
    pixels = library.picture(rows[0][0]).pixels
    return np.array_equal(pixels, np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8))


def _count_pictures(library: Library, objective: Objective) -> str:
    ((count,),) = library.rows(COUNT_QUERY, str(objective))
    return f"{count} picture{'s' * (count != 1)}"
