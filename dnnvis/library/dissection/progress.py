"""Keep the progress of a dissection in a file, whole or not at all, until it is finished."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save
from torch import Tensor

from dnnvis.core.errors import BadInput
from dnnvis.core.stable_file import read_stable, safetensors_metadata, write_whole
from dnnvis.library.dissection.counting import RangeTotals
from dnnvis.library.dissection.thresholds import LADDER

FORMAT = 1
HEADER_KEY = "dissection"  # of the text in the file's header
_COUNTS = ("values", "points", "joint", "present")


@dataclass
class DissectionProgress:
    """What is known so far; ranges of units are named by their first."""

    #: Candidates of each range, float32 (C, m).
    edges: dict[int, Tensor] = field(default_factory=dict)
    totals: dict[int, RangeTotals] = field(default_factory=dict)
    #: Batches that are done.
    batches: int = 0
    #: Pictures that could be read.
    pictures: int = 0
    #: Name of a picture -> why it could not be read.
    skipped: dict[str, str] = field(default_factory=dict)
    #: Which of the read pictures have which concept, bool (pictures, K), in their order.
    present: list[NDArray[np.bool_]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def stack_present(self, concepts: int) -> NDArray[np.bool_]:
        """Return ``present`` as one array."""
        empty = np.zeros((0, concepts), np.bool_)
        return np.concatenate([empty, *self.present])


def read_progress(path: Path, units: dict[int, int], concepts: int) -> DissectionProgress | None:
    """Return what a file holds; None where that is nothing that fits.

    Args:
        path: The file.
        units: First unit of each range with positions -> its number of units.
        concepts: K.
    """
    if not path.is_file():
        return None
    try:
        content = read_stable(path)
        about = json.loads(safetensors_metadata(content)[HEADER_KEY])
        arrays = load(content)
        progress = DissectionProgress(
            batches=int(about["batches"]),
            pictures=int(about["pictures"]),
            skipped={str(name): str(reason) for name, reason in about["skipped"].items()},
            notes=[str(note) for note in about["notes"]],
            present=[np.unpackbits(arrays["present"], axis=1, count=concepts).astype(np.bool_)],
        )
        for start, count in units.items():
            progress.edges[start] = torch.from_numpy(arrays[f"{start}.edges"])
            counts = {name: torch.from_numpy(arrays[f"{start}.{name}"]) for name in _COUNTS}
            totals = RangeTotals(**counts, total=int(about["totals"][str(start)]))
            progress.totals[start] = totals
            fits = progress.edges[start].shape == (count, len(LADDER))
            if not fits or totals.joint.shape != (count, len(LADDER), concepts):
                return None
    except (BadInput, OSError, ValueError, TypeError, KeyError, AttributeError, SafetensorError):
        return None  # cut short, or of another version: it is made anew
    return progress if len(progress.present[0]) == progress.pictures else None


def write_progress(path: Path, progress: DissectionProgress, concepts: int) -> None:
    """Write what is known, whole or not at all; raise BadInput where that fails."""
    arrays: dict[str, NDArray[Any]] = {
        "present": np.packbits(progress.stack_present(concepts), axis=1)
    }
    for start, edges in progress.edges.items():
        arrays[f"{start}.edges"] = edges.cpu().numpy()
        for name in _COUNTS:
            arrays[f"{start}.{name}"] = getattr(progress.totals[start], name).numpy()
    about = {
        "batches": progress.batches,
        "pictures": progress.pictures,
        "skipped": progress.skipped,
        "notes": progress.notes,
        "totals": {str(start): totals.total for start, totals in progress.totals.items()},
    }
    content = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_whole(path, save(content, {HEADER_KEY: json.dumps(about)}))
