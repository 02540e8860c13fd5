"""Run networks without torch's activation checkpointing, which hides a part from gradients.

``torch.utils.checkpoint.checkpoint(..., use_reentrant=True)`` keeps no graph of what it runs and
refuses ``torch.autograd.grad``. It saves memory in training, for which we have no use: the function
that it wraps gives the same values when it is simply called.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch.utils import checkpoint

_lock = threading.Lock()
_users: list[int] = []  # threads within ``without_checkpointing``, each as often as it is
_original: Any = checkpoint.CheckpointFunction


class _PlainCall:
    """What takes the place of torch's CheckpointFunction, on the threads that want it."""

    @staticmethod
    def apply(function: Callable[..., Any], preserve_rng_state: bool, *args: Any) -> Any:
        if threading.get_ident() in _users:
            return function(*args)
        return _original.apply(function, preserve_rng_state, *args)


@contextmanager
def without_checkpointing() -> Iterator[None]:
    """Call checkpointed functions plainly within the context, on this thread alone."""
    global _original
    own = threading.get_ident()
    with _lock:
        if not _users:
            _original = checkpoint.CheckpointFunction
            checkpoint.CheckpointFunction = _PlainCall  # type: ignore[misc, assignment]
        _users.append(own)
    try:
        yield
    finally:
        with _lock:
            _users.remove(own)
            if not _users:
                checkpoint.CheckpointFunction = _original  # type: ignore[misc]
