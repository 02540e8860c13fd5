"""Find out what a text, a dropped file or an address stands for, beside the window's thread."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dnnvis.core.mailbox import Mailbox
from dnnvis.core.messages import Failure, describe_failure
from dnnvis.core.translation.catalog import tr

PARSED_SOURCE = "parsed"
CLOSE_SECONDS = 1.0  # for what is looked into when the window is closed
SLOW_SECONDS = 0.5  # after which it is said what is being opened
Fields = dict[str, Any]


@dataclass(frozen=True)
class ParsedSource:
    """What a request found."""

    #: Number of the request.
    number: int
    #: The fields of a SourceChoice.
    fields: Fields


class SourceFinder:
    """Runs one request after the other; the last one counts, whichever is done first.

    What was found is posted as a ParsedSource under ``PARSED_SOURCE``; a failure as a problem. A
    file may lie on a network that is gone: each request has a thread of its own.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._lock = threading.Lock()
        self._number = 0
        self._thread: threading.Thread | None = None

    def submit(self, find: Callable[[], Fields], about: str) -> None:
        """Run ``find`` on a thread; ``about`` names it in notes and failures."""
        with self._lock:
            self._number += 1
            self._thread = threading.Thread(
                target=self._run, args=(self._number, find, about), name="dnnvis-open", daemon=True
            )
            self._thread.start()

    def cancel(self) -> None:
        """Forget what is being looked for: something else was chosen."""
        with self._lock:
            self._number += 1

    def is_latest(self, parsed: ParsedSource) -> bool:
        """Return whether nothing else was chosen since."""
        return parsed.number == self._number

    def close(self) -> None:
        """Forget what is being looked for, and wait for it a little."""
        self.cancel()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(CLOSE_SECONDS)

    def _run(self, number: int, find: Callable[[], Fields], about: str) -> None:
        note = Failure(
            tr("Opening {about} ... another source can be chosen meanwhile.", about=about),
            kind="Note",
        )
        timer = threading.Timer(
            SLOW_SECONDS, lambda: self._post(number, lambda: self._report(note))
        )
        timer.name, timer.daemon = "dnnvis-open-note", True
        timer.start()
        try:
            parsed = ParsedSource(number, find())
            self._post(number, lambda: self._mailbox.post(PARSED_SOURCE, parsed))
        except Exception as error:  # the border of the thread
            failure = describe_failure(error, about)
            self._post(number, lambda: self._report(failure))
        finally:
            timer.cancel()
            timer.join()

    def _report(self, failure: Failure) -> None:
        self._mailbox.post_each("problem", failure)

    def _post(self, number: int, post: Callable[[], None]) -> None:
        with self._lock:
            if number == self._number:
                post()
