"""Run the program as a user does, and leave as soon as a frame is painted."""

import os
import sys


def main() -> None:
    """``python -m dnnvis.bench.first_frame FOLDER``; settings are kept in FOLDER."""
    os.environ["DNNVIS_DATA"] = sys.argv[1]
    import dnnvis.cli.main  # noqa: F401  what the console script loads first
    from dnnvis.app.main import LaunchOptions, run

    def leave(window: object) -> None:
        window.mosaic.painted.connect(lambda live: live is not None and os._exit(0))  # type: ignore[attr-defined]

    run(LaunchOptions(source="demo"), leave)


if __name__ == "__main__":
    main()
