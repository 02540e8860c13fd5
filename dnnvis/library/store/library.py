"""The library: what is stored about the units of one network."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from dnnvis.core.errors import BadInput
from dnnvis.core.lens_results import QualityMetrics
from dnnvis.core.objective import Objective
from dnnvis.core.paths import user_data_folder
from dnnvis.core.unit import Unit
from dnnvis.library.store import image_statistics, queries
from dnnvis.library.store.blobs import decode_picture, encode_png, pack_arrays, unpack_arrays
from dnnvis.library.store.database import LibraryFile, utc_now
from dnnvis.library.store.records import (
    By,
    LayerStatistics,
    NaturalStatistics,
    SavedPicture,
    Scan,
    TopExample,
)
from dnnvis.library.store.shipped import install_shipped
from dnnvis.network.network import Network

Target = str | Unit | Objective


def library_path(fingerprint: str) -> Path:
    """Return the path of a network's library; DNNVIS_DATA overrides the folder.

    Nothing is created.
    """
    return user_data_folder() / "library" / f"{fingerprint[:16]}.sqlite"


def own_library_path(net: Network) -> Path:
    """Return the path of a network's library in the user's data folder.

    Where there is none yet and one ships with the network, it begins as a copy of that.
    """
    path = library_path(net.fingerprint)
    install_shipped(net.name, net.fingerprint, path)
    return path


def open_library(
    net: Network,
    path: str | Path | None = None,
    *,
    create: bool = True,
    busy_seconds: float | None = None,
) -> "Library":
    """Open the library of a network.

    Args:
        net: The network.
        path: The file; None takes the one in the user's data folder.
        create: Whether to create the file where there is none.
        busy_seconds: How long another writer is waited for, each time.

    Raises:
        Busy: Another process writes into it for longer than that.
        BadInput: The file is another network's, of another version, no library, or cannot be used;
            with ``create`` False also where there is none.
    """
    file_path = own_library_path(net) if path is None else Path(path)
    return Library(
        file_path,
        net.fingerprint,
        net.name,
        card=net.card,
        create=create,
        busy_seconds=busy_seconds,
    )


class Library(LibraryFile):
    """One SQLite file: saved pictures, top examples, statistics, notes, bookmarks.

    A context manager. Several processes may use the file at once; one object belongs to one thread.
    Every method raises BadInput, in one sentence, where the file cannot be used; what was in it
    before stays. ``fingerprint`` "" accepts the library of any network.
    """

    def save_picture(
        self,
        target: Target,
        values: NDArray[np.float32],
        recipe: dict[str, Any],
        measures: QualityMetrics | None = None,
        curve: NDArray[np.float32] | None = None,
    ) -> int:
        """Save a synthesis.

        Args:
            target: Unit or objective.
            values: (H, W, C) in [0, 1]; stored as 8 bit.
            recipe: JSON-able settings; "preset" is the picture's.
            measures: Quality metrics.
            curve: float (steps,) or (steps, N), the objective at each step.

        Returns:
            Number of the picture.

        Raises:
            BadInput: Values have another shape, or are not finite.
        """
        objective = Objective.of(target)
        unit = objective.unit
        is_channel = unit is not None and unit.position is None and unit.call == -1
        pixels = _to_uint8(values)
        curve_bytes = (
            None if curve is None else pack_arrays({"curve": np.asarray(curve, np.float32)})
        )
        cursor = self.run(
            "INSERT INTO pictures (goal, layer, channel, preset, made, channels, png, recipe, "
            "measures, curve) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            str(objective),
            objective.layer,
            unit.channel if unit and is_channel else None,
            str(recipe.get("preset", "")),
            utc_now(),
            pixels.shape[2],
            encode_png(pixels),
            json.dumps(recipe),
            None if measures is None else json.dumps(asdict(measures)),
            curve_bytes,
        )
        return int(cursor.lastrowid or 0)

    def pictures(self, unit: Target) -> list[SavedPicture]:
        """Return the saved pictures of a unit or objective, newest first."""
        newest = f"{_SELECT_PICTURES} WHERE goal = ? ORDER BY made DESC, id DESC"
        rows = self.rows(newest, str(Objective.of(unit)))
        return [self._picture(row) for row in rows]

    def newest(self, unit: Target) -> SavedPicture | None:
        """Return the newest saved picture of a unit or objective; None where there is none."""
        newest = f"{_SELECT_PICTURES} WHERE goal = ? ORDER BY made DESC, id DESC LIMIT 1"
        rows = self.rows(newest, str(Objective.of(unit)))
        return self._picture(rows[0]) if rows else None

    def newest_by_channel(self, layer: str) -> dict[int, SavedPicture]:
        """Return the newest picture of each whole channel of a layer that has one."""
        newest = "SELECT id, max(made) FROM pictures WHERE layer = ? AND channel >= 0"
        rows = self.rows(
            f"{_SELECT_PICTURES} WHERE id IN (SELECT id FROM ({newest} GROUP BY channel)) "
            "ORDER BY channel",
            layer,
        )
        return {row[1]: self._picture(row) for row in rows}

    def picture(self, number: int) -> SavedPicture:
        """Return the picture of that number; raise BadInput where it is gone."""
        rows = self.rows(f"{_SELECT_PICTURES} WHERE id = ?", number)
        if not rows:
            raise BadInput(f"The library {self.path} has no picture {number}.")
        return self._picture(rows[0])

    def delete_picture(self, number: int) -> None:
        """Delete a saved picture."""
        self.run("DELETE FROM pictures WHERE id = ?", number)

    def _picture(self, row: Any) -> SavedPicture:
        number, _, objective, preset, created, channels, png, recipe, measures, curve = row
        try:
            settings = json.loads(recipe)
            if not isinstance(settings, dict):
                raise TypeError(settings)
            return SavedPicture(
                number,
                objective,
                preset,
                decode_picture(png, channels),
                settings,
                measures and QualityMetrics(**json.loads(measures)),
                created,
                curve and unpack_arrays(curve)["curve"],
            )
        except (
            *(ValueError, TypeError, LookupError, AttributeError, RecursionError),
            SafetensorError,
        ):
            raise BadInput(f"Picture {number} in the library {self.path} is damaged.") from None

    def top(
        self, unit: str | Unit, k: int = 9, by: By = "max", bottom: bool = False
    ) -> list[TopExample]:
        """Return the pictures that excite a unit's channel most, best first.

        Fewer than ``k`` where fewer are known. Equal values are in the order of picture numbers.

        Args:
            unit: The unit; its position and call do not matter.
            k: Largest number of pictures.
            by: Ranking by the "max" or the "mean" over its map at the last call.
            bottom: Whether to return the least exciting pictures instead.
        """
        return queries.find_top(self, _whole_unit(unit), k, by, bottom)

    def best(self, unit: str | Unit, by: By = "max") -> float | None:
        """Return the largest value among all pictures scanned; None where none were."""
        return queries.find_best(self, _whole_unit(unit), by)

    def statistics(self, layer: str) -> LayerStatistics | None:
        """Return how the layer's channels behaved on all pictures scanned; None where none were."""
        return queries.read_statistics(self, layer)

    def natural(self) -> NaturalStatistics | None:
        """Return the colors and spectrum of all pictures scanned; None where none were."""
        return image_statistics.read_natural_statistics(self)

    def scans(self) -> list[Scan]:
        """Return all scans, oldest first."""
        return queries.scans(self)

    def write_note(self, unit: str | Unit, text: str) -> None:
        """Save the note of a unit or layer instead of the previous one; "" removes it."""
        if text.strip():
            self.run("INSERT OR REPLACE INTO notes VALUES (?, ?)", str(unit), text)
        else:
            self.run("DELETE FROM notes WHERE unit = ?", str(unit))

    def notes(self, unit: str | Unit | None = None) -> dict[str, str]:
        """Return unit -> note: of one unit, or of all in the order of their names."""
        rows = self.rows("SELECT unit, text FROM notes ORDER BY unit")
        return {name: text for name, text in rows if unit is None or name == str(unit)}

    def bookmark(self, unit: str | Unit, on: bool = True) -> None:
        """Set or remove a bookmark."""
        if on:
            self.run("INSERT OR IGNORE INTO bookmarks VALUES (?, ?)", str(unit), utc_now())
        else:
            self.run("DELETE FROM bookmarks WHERE unit = ?", str(unit))

    def bookmarks(self) -> list[str]:
        """Return the units with a bookmark, the first set first."""
        return [name for (name,) in self.rows("SELECT unit FROM bookmarks ORDER BY made, unit")]


_SELECT_PICTURES = (
    "SELECT id, channel, goal, preset, made, channels, png, recipe, measures, curve FROM pictures"
)


def _whole_unit(unit: str | Unit) -> Unit:
    return (Unit.parse(unit) if isinstance(unit, str) else unit).whole()


def _to_uint8(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    values = np.asarray(values)
    if values.ndim != 3 or 0 in values.shape or not np.isfinite(values).all():
        raise BadInput(f"A picture to keep is finite (H, W, C), not {values.shape}.")
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
