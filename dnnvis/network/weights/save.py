"""Save what a training or a fit needs to go on, whole or not at all."""

import io
from pathlib import Path
from typing import Any

import torch

from dnnvis.core.stable_file import write_whole


def save_state(state: dict[str, Any], path: Path) -> None:
    """Write a dict of tensors and plain values as torch does.

    It is put together in memory first: torch reports a full disk as a fault of its own archive.

    Raises BadInput where the file cannot be written; what was there before stays.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_whole(path, buffer.getvalue())
