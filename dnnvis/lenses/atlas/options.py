"""What an atlas is made with, and where it lies on disk."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.core.paths import user_data_folder
from dnnvis.core.run_lock import LOCK, clear_run
from dnnvis.introspect.atlas.layout import LAYOUTS, LayoutName
from dnnvis.introspect.projections import check_umap
from dnnvis.lenses.atlas.growing import COSINE_POWER

SUFFIX = ".atlas.safetensors"
MAX_GRID = 200  # cells along a side
VECTORS_PER_CELL = 10  # wanted on average, where positions a picture are not said
MIN_MEMBERS = 5  # vectors without which a cell is left out
MAX_PER_PICTURE = 4096


@dataclass(frozen=True)
class AtlasOptions:
    """What an atlas is made with."""

    #: The layer.
    layer: str
    #: Path of the data set; "" where the pictures are given as arrays.
    data: str = ""
    #: map (an InfoVAE fitted on the vectors) | pca | umap.
    layout: LayoutName = "map"
    #: Zoom levels: cells along a side.
    grids: tuple[int, ...] = (20,)
    #: Classes of the attribution, by name or number; () = all, or of many the likeliest.
    classes: tuple[str, ...] = ()
    #: Largest number of pictures, evenly taken; 0 takes all.
    limit: int = 0
    #: Positions a picture; 0: as many as give ``VECTORS_PER_CELL`` vectors a cell.
    per_picture: int = 0
    #: Vectors without which a cell is left out.
    min_members: int = MIN_MEMBERS
    #: Steps of each picture's ascent; 0: the preset's.
    steps: int = 0
    #: Longest side of each picture; 0: by the receptive field.
    size: int = 0
    #: Power of the cosine in the objective.
    power: float = COSINE_POWER
    #: Pictures that grow at once; 0: by a trial on this machine.
    batch: int = 0
    #: Seed of positions, layout and pictures.
    seed: int = 0
    #: Whether to discard what was done.
    again: bool = False

    def check(self) -> None:
        """Raise BadInput, or LensMissing for UMAP, where these make no sense."""
        if self.layout not in LAYOUTS:
            raise BadInput(f"A layout is {', '.join(LAYOUTS)}, not '{self.layout}'.")
        if not self.grids or not all(1 <= grid <= MAX_GRID for grid in self.grids):
            raise BadInput(f"A grid has 1 to {MAX_GRID} cells along a side.")
        if not 0 <= self.seed < 2**31:
            raise BadInput("A seed is from 0 to 2147483647.")
        if not 0 <= self.per_picture <= MAX_PER_PICTURE:
            raise BadInput(f"Positions a picture are 0 (chosen) to {MAX_PER_PICTURE}.")
        if self.min_members < 1:
            raise BadInput("A cell needs 1 vector or more.")
        if self.layout == "umap":
            check_umap()


def digest_of(*parts: Any) -> str:
    """Return 12 hexadecimal digits of anything that JSON can hold."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def layout_identity(options: AtlasOptions, harvest_key: str) -> dict[str, Any]:
    """Return what determines an atlas besides its vectors, as JSON has it."""
    settings = asdict(options)
    for name in ("data", "classes", "limit", "per_picture", "again", "batch"):
        settings.pop(name)  # the vectors', or of no influence
    return {"harvest": harvest_key, **settings}


def atlas_path(fingerprint: str, key: str) -> Path:
    """Return the file of an atlas of the user; DNNVIS_DATA overrides the folder."""
    return user_data_folder() / "library" / f"{fingerprint[:16]}-{key}{SUFFIX}"


def work_folder(fingerprint: str, harvest_key: str) -> Path:
    """Return the folder of the vectors of an atlas, and of what is half done."""
    return user_data_folder() / "atlases" / f"{fingerprint[:16]}-{harvest_key}"


def drop_vectors(fingerprint: str, dry_run: bool = False) -> int:
    """Delete the vectors of a network's atlases, and what is half done; atlases stay.

    Args:
        fingerprint: Of the network.
        dry_run: Whether to change nothing.

    Returns:
        The bytes that they hold on disk.

    Raises:
        BadInput: An atlas is being made of some of them; those before it are gone.
    """
    folder = user_data_folder() / "atlases"
    held = 0
    for vectors in sorted(folder.glob(f"{fingerprint[:16]}-*")) if folder.is_dir() else ():
        files = [path for path in vectors.rglob("*") if path.is_file() and path.name != LOCK]
        size = sum(path.stat().st_size for path in files)
        if not dry_run:
            clear_run(vectors)
        held += size
    return held


def list_atlases(fingerprint: str) -> list[Path]:
    """Return the files of the user's atlases of a network, newest first."""
    folder = user_data_folder() / "library"
    files = folder.glob(f"{fingerprint[:16]}-*{SUFFIX}") if folder.is_dir() else ()
    return sorted(files, key=lambda path: (-path.stat().st_mtime_ns, path.name))
