"""Asking where a run stands, away from the window's thread, without any Qt."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import failure_of

KEY = "train standing"
Place = tuple[Path, Path]  # the folder of progress, the file of the finished network
Read = Callable[[Path, Path], Any]
Post = Callable[[str, Any], None]


class Inquiry:
    """``read(folder, network)`` takes place on a thread of its own that ends once nothing is
    asked any more; ``post`` is called there with KEY and (place, Standing | Failure | None)."""

    def __init__(self, read: Read, post: Post) -> None:
        self._read, self._post = read, post
        self._lock = threading.Lock()
        self._wanted: Place | None = None
        self._busy = False

    def ask(self, place: Place) -> None:
        """Have the answer posted; of several questions on the way only the last is answered."""
        with self._lock:
            self._wanted = place
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._work, name="dnnvis-standing", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._lock:
                place, self._wanted = self._wanted, None
                if place is None:
                    self._busy = False
                    return
            self._post(KEY, (place, self._answer(place)))

    def _answer(self, place: Place) -> Any:
        try:
            return self._read(*place)
        except BadInput as why:
            return failure_of(why)
