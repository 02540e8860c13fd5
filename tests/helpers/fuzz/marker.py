"""What a planted payload would call: it leaves a file behind, which must never be there."""

import os
from pathlib import Path

MARKER_VARIABLE = "DNNVIS_FUZZ_MARKER"
CALL = "helpers.fuzz.marker", "make_marker"


def make_marker(*args: object) -> None:
    Path(os.environ[MARKER_VARIABLE]).touch()
