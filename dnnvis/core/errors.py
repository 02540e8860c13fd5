"""Define every error that a user can act on."""

import threading
from collections.abc import Sequence


class DnnvisError(Exception):
    """A mistake or a failure that one sentence explains; never a bug of ours."""


class UnknownNetwork(DnnvisError):
    """No network has that name, file or factory."""


class NotTrusted(DnnvisError):
    """Opening this would run foreign code, which has not been allowed."""


class NeedsTrust(NotTrusted):
    """A user's own Python file would run; it may, once the user agrees to it."""


class Mismatch(DnnvisError):
    """A checkpoint and a network do not belong together."""

    def __init__(self, message: str = "", differences: Sequence[tuple[str, str, str]] = ()) -> None:
        """Create the error.

        Args:
            message: One sentence.
            differences: For each weight that differs its name, its shape in the file, and its
                shape in the network; "" where it is not.
        """
        super().__init__(message)
        self.differences = tuple(differences)


class BadInput(DnnvisError):
    """A picture, video, camera, file or number that cannot be used."""


class UnknownUnit(DnnvisError):
    """The text names no layer, channel, position or call of this network."""


class UnknownLens(DnnvisError):
    """No lens of that name."""


class LensMissing(DnnvisError):
    """The lens exists but does not apply to this network or unit; the message says why."""


class Cancelled(DnnvisError):
    """The pass was stopped before it ended because nobody waits for it any more."""


class LostProcess(DnnvisError):
    """Another process of a run over several has ended before its part was done."""


class Busy(BadInput):
    """Another process holds what is needed; the same may succeed once it is done."""


def is_from_keyboard(error: BaseException) -> bool:
    """Return whether ``error`` may be the user's Ctrl+C.

    On any thread but the main one, which alone receives it, a KeyboardInterrupt is what a
    network's own code raised.
    """
    main = threading.current_thread() is threading.main_thread()
    return main and isinstance(error, KeyboardInterrupt)
