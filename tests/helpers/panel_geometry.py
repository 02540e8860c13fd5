"""Where the parts of a window lie."""

from PyQt6.QtCore import QRect

from helpers.application_window import Stage


def dock_geometry(stage: Stage) -> dict[str, QRect]:
    """Where every dock that can be seen lies, and the middle of the window."""
    docks = {t: d.geometry() for t, d in stage.window.docks.items() if d.isVisible()}
    return docks | {"Layers": stage.window.centralWidget().geometry()}


def settled(stage: Stage) -> dict[str, QRect]:
    """The same once a frame was painted and nothing moves any more."""
    stage.runs()
    last: list[dict[str, QRect]] = [{}]

    def still() -> bool:
        before, last[0] = last[0], dock_geometry(stage)
        return before == last[0]

    stage.until(still)
    return last[0]
