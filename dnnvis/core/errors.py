"""Everything that can go wrong in words a user can act on."""

import threading


class DnnvisError(Exception):
    """A mistake or a mishap that one sentence explains; never a bug of ours."""


class UnknownNetwork(DnnvisError):
    """No network answers to that name, file or factory."""


class NotTrusted(DnnvisError):
    """Opening this would run somebody's code, and nobody allowed it."""


class NeedsTrust(NotTrusted):
    """Somebody's own Python file would run; it may, once the user agrees to it."""


class Mismatch(DnnvisError):
    """A checkpoint and a network do not belong together."""


class BadInput(DnnvisError):
    """A picture, film, camera, file or number that cannot be used."""


class UnknownUnit(DnnvisError):
    """The text names no layer, channel, place or call of this network."""


class UnknownLens(DnnvisError):
    """No lens of that name."""


class LensMissing(DnnvisError):
    """The lens exists but does not apply to this network or unit; the message says why."""


class Cancelled(DnnvisError):
    """The pass was stopped before it ended because nobody waits for it any more."""


def is_from_keyboard(error: BaseException) -> bool:
    """Whether ``error`` may be somebody's Ctrl+C: on any thread but the main one, which alone is
    sent it, a KeyboardInterrupt is what a network's own code raised."""
    main = threading.current_thread() is threading.main_thread()
    return main and isinstance(error, KeyboardInterrupt)
