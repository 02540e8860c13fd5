"""Run the program as a user does, and leave as soon as a frame is painted."""

import os
import sys


def main() -> None:
    """Run until the first frame is painted; settings are kept in the folder ``sys.argv[1]``."""
    os.environ["DNNVIS_DATA"] = sys.argv[1]
    from dnnvis.app.main import LaunchOptions, run

    def leave(window: object) -> None:
        window.mosaic.painted.connect(lambda live: live is not None and os._exit(0))  # type: ignore[attr-defined]

    run(LaunchOptions(source="demo"), leave)
