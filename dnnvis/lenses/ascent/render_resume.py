"""Find the pictures that a library already has, and merge those of all ranks into it."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.objective import Objective
from dnnvis.jobs import distributed
from dnnvis.lenses.ascent.color_statistics import ImageStatistics
from dnnvis.lenses.ascent.natural_reference import best_natural_value, load_statistics
from dnnvis.lenses.ascent.optimizers import has_plateaued
from dnnvis.lenses.ascent.params import recipe_for
from dnnvis.lenses.ascent.presets import PRESETS
from dnnvis.lenses.ascent.recipe import SETTINGS, Recipe
from dnnvis.lenses.look import provenance
from dnnvis.library.scan.merge import merge
from dnnvis.library.store.library import Library
from dnnvis.network.network import Network

ADDED_SETTINGS = {"hold": 0.0, "hold_depth": 0.5}  # of recipes that were stored before these
IDENTITY_SETTINGS = (
    "preset",
    "seed",
    "seeds",
    "between",
    *SETTINGS,
    "nature_from",
)  # but for the picture
PREPROCESSING_FIELDS = (
    "size",
    "mean",
    "std",
)  # what changes how a network sees, besides its weights


@dataclass(frozen=True)
class RenderConfig:
    """What to render: a picture of each objective, from settings and seed alone."""

    #: What to maximize, one picture each.
    objectives: tuple[Objective, ...]
    #: Settings of the lens ``ascent``.
    params: Any
    #: The frame to start from, where the settings start from one.
    image: Any = None
    #: Pictures at once; None chooses as many as suit this machine.
    batch: int | None = None
    #: Whether to render known pictures, too.
    again: bool = False


@dataclass(frozen=True, eq=False)
class RenderPlan:
    """What is left to render."""

    #: Objective -> number of its picture in the library.
    known: dict[str, int]
    #: The other objectives.
    todo: tuple[Objective, ...]
    #: Objective -> best value among natural pictures, where known.
    naturals: dict[str, float]
    #: Colors and spectrum of natural pictures.
    statistics: ImageStatistics
    #: What all pictures share.
    recipe: dict[str, Any]


def plan_render(net: Network, config: RenderConfig, path: Path) -> RenderPlan:
    """Return what is left to render.

    Args:
        net: The network.
        config: What to render.
        path: The library; created where there is none.
    """
    recipe = recipe_for(config.params, net.card)
    objectives = tuple({str(objective): objective for objective in config.objectives}.values())
    with Library(path, net.fingerprint, net.name, card=net.card) as library:
        statistics = load_statistics(library, net, recipe)
        shared_recipe = _shared_recipe(net, config, recipe, statistics)
        known = {} if config.again else _find_known(library, objectives, shared_recipe)
        todo = tuple(objective for objective in objectives if str(objective) not in known)
        naturals = {
            str(objective): best_natural_value(library, net, objective, recipe)
            for objective in todo
        }
    numbers = {name: value for name, value in naturals.items() if value is not None}
    return RenderPlan(known, todo, numbers, statistics, shared_recipe)


def _shared_recipe(
    net: Network, config: RenderConfig, recipe: Recipe, statistics: ImageStatistics
) -> dict[str, Any]:
    """Return the recipe of every picture, as ``look`` writes it, without its unit and results."""
    params = config.params
    return {
        "lens": "ascent",
        "preset": params.preset,
        "seed": params.seed,
        "seeds": params.seeds,
        "between": params.between,
        **recipe.settings(),
        "source": recipe.source,
        "nature_from": statistics.source,
        **provenance(net, config.image),
    }


def _find_known(
    library: Library, objectives: tuple[Objective, ...], shared_recipe: dict[str, Any]
) -> dict[str, int]:
    """Return for each objective its newest finished picture with the same settings."""
    names, identity = {str(objective) for objective in objectives}, _identity_of(shared_recipe)
    pictures: dict[str, int] = {}
    for layer in dict.fromkeys(objective.layer for objective in objectives):
        rows = library.rows(
            "SELECT id, goal, recipe FROM pictures WHERE layer = ? ORDER BY made, id", layer
        )
        for number, objective, text in rows:
            recipe = _complete(json.loads(text), shared_recipe)
            is_same = objective in names and _identity_of(recipe) == identity
            if is_same and _is_finished(library, number, recipe):
                pictures[objective] = number
    return pictures


def _complete(recipe: dict[str, Any], shared_recipe: dict[str, Any]) -> dict[str, Any]:
    """Return a recipe with what packing left out of it: its preset's settings, and its end."""
    preset = PRESETS.get(recipe.get("preset", ""))
    if "packed" not in recipe or preset is None:
        return recipe
    settings = {name: getattr(preset, name) for name in SETTINGS}
    own = settings | recipe
    return {**shared_recipe, **own, "steps_done": own["steps"]}


def _identity_of(recipe: dict[str, Any]) -> dict[str, Any]:
    """Return what determines a unit's picture, as JSON would read it back."""
    network, image = recipe.get("network") or {}, recipe.get("image") or {}
    identity: dict[str, Any] = {
        name: recipe.get(name, ADDED_SETTINGS.get(name)) for name in IDENTITY_SETTINGS
    }
    identity["network"] = {name: network.get(name) for name in PREPROCESSING_FIELDS}
    identity["image"] = image.get("sha256") if identity["start"] == "frame" else None
    plain: dict[str, Any] = json.loads(json.dumps(identity))
    return plain


def _is_finished(library: Library, number: int, recipe: dict[str, Any]) -> bool:
    """Return whether the picture was finished when it was saved."""
    if recipe.get("steps_done", 0) >= recipe["steps"]:
        return True
    curve = library.picture(number).curve if recipe["gain"] else None
    return curve is not None and has_plateaued(curve.ravel().tolist(), gain=recipe["gain"])


def open_rank_library(net: Network, path: Path) -> Library:
    """Open the library that this process saves its pictures in.

    Under torchrun a file of its own, which no other process may open meanwhile.
    """
    file = (
        path if distributed.get_world_size() == 1 else distributed.rank_file(_rank_file_base(path))
    )
    library = Library(file, net.fingerprint, net.name, card=net.card)
    try:
        if distributed.get_world_size() > 1:
            library.run("PRAGMA locking_mode = EXCLUSIVE")
            library.run("PRAGMA user_version = 1")  # a write, which takes the lock
    except BaseException:
        library.close()
        raise
    return library


def merge_rank_files(net: Network, path: Path) -> None:
    """Merge the pictures of all ranks, and leftovers of killed ones, into the library.

    A file is removed once its pictures are merged. Raises BadInput, on all ranks, where that fails;
    then the files stay for the next time.
    """
    base = _rank_file_base(path)
    if distributed.get_world_size() == 1:
        _merge_files(
            net, path, [file for file in distributed.find_leftover_files(base) if _is_free(file)]
        )
        return
    own = distributed.rank_file(base)
    distributed.raise_first_error(None if _is_free(own) else _busy(path))
    files = distributed.collect_files(base)
    distributed.broadcast_from_rank_zero(
        lambda: _merge_files(net, path, sorted({*files, *distributed.find_leftover_files(base)}))
    )
    _remove(own)


def _rank_file_base(path: Path) -> Path:
    return path.with_name(f"{path.name}.pictures")


def _merge_files(net: Network, path: Path, files: list[Path]) -> None:
    nonempty = [file for file in files if file.stat().st_size]
    if nonempty:
        with Library(path, net.fingerprint, net.name, card=net.card) as library:
            merge(nonempty, library)
    for file in files:
        _remove(file)


def _remove(file: Path) -> None:
    """Remove a database and what a killed process left of it."""
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)


def _is_free(file: Path) -> bool:
    """Return whether no running process writes to the file."""
    if not file.is_file():
        return True
    with closing(sqlite3.connect(file, timeout=0.5)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            return False
        except sqlite3.DatabaseError:
            return True  # damaged: merging reports it
    return True


def _busy(path: Path) -> DnnvisError:
    return BadInput(
        f"Other processes render into {path} at this moment; wait until they are done, or name "
        "another file with --library."
    )
