"""Look into files of weights beside the window, and report what became of opened networks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from dnnvis.app.runtime.latest_worker import LatestWorker
from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import Failure, NetworkInfo, describe_failure

Inquiry = Literal["inquiry preview", "inquiry parts", "inquiry weights", "inquiry download"]
#: The keys under which answers arrive in the mailbox.
INQUIRIES: tuple[Inquiry, ...] = (
    "inquiry preview",
    "inquiry parts",
    "inquiry weights",
    "inquiry download",
)


@dataclass(frozen=True)
class Answer:
    """What an inquiry gave."""

    key: Inquiry
    #: What was looked into.
    about: Any
    #: The result, or a Failure.
    value: Any


Listener = Callable[[Answer | NetworkInfo | Failure], None]


class NetworkOpenings:
    """Inquiries on a thread of their own, and who is to know of answers and of opened networks.

    Listeners are called on the window's thread, in ``deliver``.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._worker = LatestWorker("dnnvis-inquiries", mailbox.post, stay=False)
        self._listeners: list[Listener] = []

    def submit(self, key: Inquiry, about: Any, task: Callable[[], Any]) -> None:
        """Run a task soon and post its Answer; of several under one key only the last runs."""

        def run() -> Answer:
            try:
                return Answer(key, about, task())
            except Exception as error:  # files hold anything
                return Answer(key, about, describe_failure(error, about))

        self._worker.submit(key, run)

    def listen(self, listener: Listener) -> None:
        """Call ``listener`` with every answer, opened network and failure from now on."""
        self._listeners.append(listener)

    def forget(self, listener: Listener) -> None:
        """Call ``listener`` no more."""
        self._listeners.remove(listener)

    def deliver(self, value: Answer | NetworkInfo | Failure) -> None:
        """Report a value to all listeners."""
        for listener in tuple(self._listeners):
            listener(value)
