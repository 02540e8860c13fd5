"""What a library already holds of the pictures asked for, and how ranks' pictures get there."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput, DnnvisError
from dnnvis.core.objective import Goal
from dnnvis.jobs import distributed
from dnnvis.lenses.ascent.color_statistics import Nature
from dnnvis.lenses.ascent.natural_reference import natural_in, nature_in
from dnnvis.lenses.ascent.optimizers import plateaued
from dnnvis.lenses.ascent.params import recipe_for
from dnnvis.lenses.ascent.recipe import SETTINGS, Recipe
from dnnvis.lenses.look import provenance
from dnnvis.library.scan.merge import merge
from dnnvis.library.store.library import Library
from dnnvis.network.network import Network

SAME = ("preset", "seed", "seeds", "between", *SETTINGS, "nature_from")  # but for the picture
OPENED = ("size", "mean", "std")  # what changes how a network sees, besides its weights


@dataclass(frozen=True)
class Order:
    """A picture of each of ``goals``, each from the settings ``params`` of the lens ``ascent``
    and its seed alone; ``image`` is the frame to start from where they start from one.
    ``batch`` None: as many at once as suit this machine; ``again``: known ones too."""

    goals: tuple[Goal, ...]
    params: Any
    image: Any = None
    batch: int | None = None
    again: bool = False


@dataclass(frozen=True, eq=False)
class Start:
    """``known``: goal -> number of its picture; ``todo`` the others; ``naturals``: goal -> best
    value among the natural pictures, where it is known; ``recipe`` what all pictures share."""

    known: dict[str, int]
    todo: tuple[Goal, ...]
    naturals: dict[str, float]
    nature: Nature
    recipe: dict[str, Any]


def started(net: Network, order: Order, path: Path) -> Start:
    """What there is to do, by the library in ``path`` (made where there is none)."""
    recipe = recipe_for(order.params, net.card)
    goals = tuple({str(goal): goal for goal in order.goals}.values())
    with Library(path, net.fingerprint, net.name, card=net.card) as library:
        nature = nature_in(library, net, recipe)
        shared = _shared(net, order, recipe, nature)
        known = {} if order.again else _known(library, goals, shared)
        todo = tuple(goal for goal in goals if str(goal) not in known)
        naturals = {str(goal): natural_in(library, net, goal, recipe) for goal in todo}
    numbers = {name: value for name, value in naturals.items() if value is not None}
    return Start(known, todo, numbers, nature, shared)


def _shared(net: Network, order: Order, recipe: Recipe, nature: Nature) -> dict[str, Any]:
    """The recipe of every picture, as ``look`` writes it, but for its unit and results."""
    params = order.params
    return {
        "lens": "ascent",
        "preset": params.preset,
        "seed": params.seed,
        "seeds": params.seeds,
        "between": params.between,
        **recipe.plain(),
        "source": recipe.source,
        "nature_from": nature.source,
        **provenance(net, order.image),
    }


# ---- which pictures are known ------------------------------------------------------------


def _known(library: Library, goals: tuple[Goal, ...], shared: dict[str, Any]) -> dict[str, int]:
    """Goal -> the newest finished picture of it that was made with the same settings."""
    wanted, asked = {str(goal) for goal in goals}, _settings(shared)
    found: dict[str, int] = {}
    for layer in dict.fromkeys(goal.layer for goal in goals):
        rows = library.rows(
            "SELECT id, goal, recipe FROM pictures WHERE layer = ? ORDER BY made, id", layer
        )
        for number, goal, text in rows:
            recipe = json.loads(text)
            same = goal in wanted and _settings(recipe) == asked
            if same and _is_finished(library, number, recipe):
                found[goal] = number
    return found


def _settings(recipe: dict[str, Any]) -> dict[str, Any]:
    """What decides a unit's picture, as JSON would give it back."""
    network, image = recipe.get("network") or {}, recipe.get("image") or {}
    said: dict[str, Any] = {name: recipe.get(name) for name in SAME}
    said["network"] = {name: network.get(name) for name in OPENED}
    said["image"] = image.get("sha256") if said["start"] == "frame" else None
    plain: dict[str, Any] = json.loads(json.dumps(said))
    return plain


def _is_finished(library: Library, number: int, recipe: dict[str, Any]) -> bool:
    """Whether the picture was not kept on its way."""
    if recipe.get("steps_done", 0) >= recipe["steps"]:
        return True
    curve = library.picture(number).curve if recipe["gain"] else None
    return curve is not None and plateaued(curve.ravel().tolist(), gain=recipe["gain"])


# ---- several ranks, one library ------------------------------------------------------------


def own_library(net: Network, path: Path) -> Library:
    """The library that this process keeps its pictures in: under torchrun a file of its own,
    which no other process may open meanwhile."""
    place = path if distributed.world() == 1 else distributed.own_file(_beside(path))
    library = Library(place, net.fingerprint, net.name, card=net.card)
    try:
        if distributed.world() > 1:
            library.run("PRAGMA locking_mode = EXCLUSIVE")
            library.run("PRAGMA user_version = 1")  # a write, which takes the lock
    except BaseException:
        library.close()
        raise
    return library


def brought_home(net: Network, path: Path) -> None:
    """Bring the pictures of all ranks, and what killed ones left behind, into the library.

    A file is removed once its pictures are in. Raises BadInput, on all ranks, where that
    cannot be done; then the files stay for the next time.
    """
    side = _beside(path)
    if distributed.world() == 1:
        _merged(net, path, [file for file in distributed.left_over(side) if _is_free(file)])
        return
    own = distributed.own_file(side)
    distributed.all_went_well(None if _is_free(own) else _busy(path))
    files = distributed.collected(side)
    distributed.told(lambda: _merged(net, path, sorted({*files, *distributed.left_over(side)})))
    _remove(own)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.pictures")


def _merged(net: Network, path: Path, files: list[Path]) -> None:
    whole = [file for file in files if file.stat().st_size]
    if whole:
        with Library(path, net.fingerprint, net.name, card=net.card) as library:
            merge(whole, library)
    for file in files:
        _remove(file)


def _remove(file: Path) -> None:
    """Remove a database and what a killed process left of it."""
    for end in ("", "-wal", "-shm"):
        file.with_name(file.name + end).unlink(missing_ok=True)


def _is_free(file: Path) -> bool:
    """Whether no running process writes there."""
    if not file.is_file():
        return True
    with closing(sqlite3.connect(file, timeout=0.5)) as connection:
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.OperationalError:
            return False
        except sqlite3.DatabaseError:
            return True  # damaged: merging says so
    return True


def _busy(path: Path) -> DnnvisError:
    return BadInput(
        f"Other processes render into {path} at this moment; wait until they are done, or name "
        "another file with --library."
    )
