"""Locate folders on this machine, and know the forms of what names a network's code."""

import os
import re
from pathlib import Path

from dnnvis.core.errors import BadInput

MAX_PART_BYTES, MAX_PATH_BYTES = 255, 4095  # of a file's name, and of all folders with it
FILE_FACTORY = re.compile(r"(?P<place>.+\.py):(?P<name>[^:\\/]+)")
PACKAGE_FACTORY = re.compile(r"(?P<place>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<name>[^:\\/]+)")


def is_factory(text: str) -> bool:
    """Return whether ``text`` has the form ``file.py:factory`` or ``package.module:factory``."""
    return bool(FILE_FACTORY.fullmatch(text) or PACKAGE_FACTORY.fullmatch(text))


def user_data_folder() -> Path:
    """Return the user's data folder; the variable DNNVIS_DATA overrides it.

    It is not created here.
    """
    import platformdirs  # lazy: importing dnnvis must stay cheap

    return Path(os.environ.get("DNNVIS_DATA") or platformdirs.user_data_dir("dnnvis", False))


def shipped_folder(kind: str) -> Path:
    """Return the folder of that kind (``models``), in a checkout or inside the wheel."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_shipped" / kind
    return inside if inside.is_dir() else package.parent / kind


def networks_folder() -> Path:
    """Return where ``dnnvis train`` writes networks, in the user's data folder.

    What a training made is opened by its path; the bundled names stay the bundled networks.
    """
    return user_data_folder() / "networks"


def check_length(path: str | Path) -> None:
    """Raise BadInput where a path is longer than any file's: to look for it is an error."""
    parts = [part.encode("utf-8", "surrogatepass") for part in str(path).split("/")]
    if max(map(len, parts)) > MAX_PART_BYTES or sum(map(len, parts)) > MAX_PATH_BYTES:
        raise BadInput(f"No file has a name as long as '{str(path)[:60]}...'; give another.")


def recordings_folder() -> Path:
    """Return where frames are recorded."""
    return user_data_folder() / "recordings"


def pasted_folder() -> Path:
    """Return where pictures are saved that were pasted, or dragged from a browser."""
    return user_data_folder() / "pasted"
