"""The library: what is remembered about the units of one network."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import Measures
from dnnvis.core.objective import Goal
from dnnvis.core.paths import user_data
from dnnvis.core.unit import Unit
from dnnvis.library.store import image_statistics, queries
from dnnvis.library.store.blobs import packed, pixels_of, png_of, unpacked
from dnnvis.library.store.database import LibraryFile, now
from dnnvis.library.store.records import By, KeptPicture, Natural, Scan, Statistics, TopExample
from dnnvis.network.network import Network

Target = str | Unit | Goal


def library_path(fingerprint: str) -> Path:
    """Where the library of the network with that fingerprint lies; DNNVIS_DATA overrides
    the folder. Nothing is made."""
    return user_data() / "library" / f"{fingerprint[:16]}.sqlite"


def open_library(net: Network, path: str | Path | None = None, *, create: bool = True) -> "Library":
    """The library of ``net``, in ``path`` or where such libraries lie.

    Raises BadInput where the file is another network's, of another version, no library, or
    cannot be used; with ``create`` False also where there is none.
    """
    place = library_path(net.fingerprint) if path is None else Path(path)
    return Library(place, net.fingerprint, net.name, card=net.card, create=create)


class Library(LibraryFile):
    """One SQLite file: kept pictures, top examples, statistics, notes, bookmarks.

    A context manager. Several processes may use the file at once; one object belongs to one
    thread. Every method raises BadInput, in one sentence, where the file cannot be used; what
    was in it before stays. ``fingerprint`` "" takes the library of any network.
    """

    # ---- kept pictures -----------------------------------------------------------------

    def keep(
        self,
        goal: Target,
        values: NDArray[np.float32],
        recipe: dict[str, Any],
        measures: Measures | None = None,
        curve: NDArray[np.float32] | None = None,
    ) -> int:
        """Remember a synthesis; its number. ``values`` (H, W, C) in [0, 1], kept as 8 bit;
        ``recipe`` JSON-able, its "preset" is the picture's; ``curve`` (steps,) or (steps, N).
        Raises BadInput for values of another shape, or that are not finite."""
        wish = Goal.of(goal)
        unit = wish.unit
        whole = unit is not None and unit.place is None and unit.call == -1
        pixels = _eight_bit(values)
        line = None if curve is None else packed({"curve": np.asarray(curve, np.float32)})
        cursor = self.run(
            "INSERT INTO pictures (goal, layer, channel, preset, made, channels, png, recipe, "
            "measures, curve) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            str(wish), wish.layer, unit.channel if unit and whole else None,
            str(recipe.get("preset", "")), now(), pixels.shape[2], png_of(pixels),
            json.dumps(recipe), None if measures is None else json.dumps(asdict(measures)), line,
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    def pictures(self, unit: Target) -> list[KeptPicture]:
        """The kept pictures of a unit or goal, newest first."""
        newest = f"{_PICTURES} WHERE goal = ? ORDER BY made DESC, id DESC"
        rows = self.rows(newest, str(Goal.of(unit)))
        return [self._picture(row) for row in rows]

    def newest(self, unit: Target) -> KeptPicture | None:
        """The newest kept picture of a unit or goal; None where there is none."""
        newest = f"{_PICTURES} WHERE goal = ? ORDER BY made DESC, id DESC LIMIT 1"
        rows = self.rows(newest, str(Goal.of(unit)))
        return self._picture(rows[0]) if rows else None

    def kept(self, layer: str) -> dict[int, KeptPicture]:
        """The newest picture of each whole channel of a layer that has one."""
        newest = "SELECT id, max(made) FROM pictures WHERE layer = ? AND channel >= 0"
        rows = self.rows(
            f"{_PICTURES} WHERE id IN (SELECT id FROM ({newest} GROUP BY channel)) "
            "ORDER BY channel",
            layer,
        )
        return {row[1]: self._picture(row) for row in rows}

    def picture(self, number: int) -> KeptPicture:
        """The picture that ``keep`` gave that number; raises BadInput where it is gone."""
        rows = self.rows(f"{_PICTURES} WHERE id = ?", number)
        if not rows:
            raise BadInput(f"The library {self.path} has no picture {number}.")
        return self._picture(rows[0])

    def forget(self, number: int) -> None:
        """Remove a kept picture."""
        self.run("DELETE FROM pictures WHERE id = ?", number)

    def _picture(self, row: Any) -> KeptPicture:
        number, _, goal, preset, made, channels, png, recipe, measures, curve = row
        try:
            return KeptPicture(
                number, goal, preset, pixels_of(png, channels), json.loads(recipe),
                measures and Measures(**json.loads(measures)), made,
                curve and unpacked(curve)["curve"],
            )  # fmt: skip
        except (ValueError, TypeError, KeyError) as why:
            raise BadInput(f"Picture {number} in the library {self.path} is damaged.") from why

    # ---- what natural pictures do -------------------------------------------------------

    def top(
        self, unit: str | Unit, k: int = 9, by: By = "max", bottom: bool = False
    ) -> list[TopExample]:
        """The k pictures that excite a unit's channel most (``bottom``: least), best first,
        by the maximum or the mean over its map at the last call; fewer where fewer are known.
        The unit's place and call say nothing here. Equal values go by picture number."""
        return queries.top(self, _whole(unit), k, by, bottom)

    def best(self, unit: str | Unit, by: By = "max") -> float | None:
        """The largest value among all pictures scanned; None where none were."""
        return queries.best(self, _whole(unit), by)

    def statistics(self, layer: str) -> Statistics | None:
        """How the layer's channels behaved on all pictures scanned; None where none were."""
        return queries.statistics(self, layer)

    def natural(self) -> Natural | None:
        """The colours and spectrum of all pictures scanned; None where none were."""
        return image_statistics.of(self)

    def scans(self) -> list[Scan]:
        """What was looked through, oldest first."""
        return queries.scans(self)

    # ---- notes and bookmarks --------------------------------------------------------------

    def write_note(self, unit: str | Unit, text: str) -> None:
        """Keep a note to a unit or layer instead of the one before; "" removes it."""
        if text.strip():
            self.run("INSERT OR REPLACE INTO notes VALUES (?, ?)", str(unit), text)
        else:
            self.run("DELETE FROM notes WHERE unit = ?", str(unit))

    def notes(self, unit: str | Unit | None = None) -> dict[str, str]:
        """Unit -> note: of one unit, or all in the order of their names."""
        rows = self.rows("SELECT unit, text FROM notes ORDER BY unit")
        return {name: text for name, text in rows if unit is None or name == str(unit)}

    def bookmark(self, unit: str | Unit, on: bool = True) -> None:
        """Set or remove a bookmark."""
        if on:
            self.run("INSERT OR IGNORE INTO bookmarks VALUES (?, ?)", str(unit), now())
        else:
            self.run("DELETE FROM bookmarks WHERE unit = ?", str(unit))

    def bookmarks(self) -> list[str]:
        """The units with a bookmark, the first set first."""
        return [name for (name,) in self.rows("SELECT unit FROM bookmarks ORDER BY made, unit")]


_PICTURES = (
    "SELECT id, channel, goal, preset, made, channels, png, recipe, measures, curve FROM pictures"
)


def _whole(unit: str | Unit) -> Unit:
    return (Unit.parse(unit) if isinstance(unit, str) else unit).whole()


def _eight_bit(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    values = np.asarray(values)
    if values.ndim != 3 or 0 in values.shape or not np.isfinite(values).all():
        raise BadInput(f"A picture to keep is finite (H, W, C), not {values.shape}.")
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
