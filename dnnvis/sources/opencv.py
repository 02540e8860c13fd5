"""Import OpenCV, tamed: one thread, silent, no Qt of its own in the environment."""

import importlib
import os
from functools import cache
from types import ModuleType

_QT = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR")


@cache
def opencv() -> ModuleType:
    """Return the module cv2, imported at the first call (0.15 s); every file gets it here.

    Importing it points two variables at the Qt inside its own wheel, which would make our
    window load the wrong plug-ins: they are restored. It is limited to one thread
    (the cores belong to the network) and silent (failures become sentences of ours).
    """
    previous = {name: os.environ.get(name) for name in _QT}
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2 = importlib.import_module("cv2")
    for name, value in previous.items():
        _restore_variable(name, value, inside=os.path.dirname(cv2.__file__ or ""))
    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(0)
    return cv2


def _restore_variable(name: str, value: str | None, *, inside: str) -> None:
    """Set ``name`` to ``value``; a value that already pointed into cv2's wheel is dropped."""
    if value is None or value.startswith(inside):
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
