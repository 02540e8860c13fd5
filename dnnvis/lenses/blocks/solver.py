"""Load scikit-learn's factorization beside the engine: its import takes seconds the first time."""

import threading
from functools import cache


@cache
def _start() -> threading.Thread:
    thread = threading.Thread(target=_load, name="dnnvis loads scikit-learn", daemon=True)
    thread.start()
    return thread


def _load() -> None:
    import sklearn.decomposition  # noqa: F401


def wait_loaded(seconds: float) -> bool:
    """Begin to load the solver, wait at most so long, and return whether it is loaded."""
    thread = _start()
    thread.join(seconds)
    return not thread.is_alive()
