"""Work of a panel that must not keep the window waiting, without any Qt."""

import threading
from collections.abc import Callable
from typing import Any

from dnnvis.core.messages import failure_of

Post = Callable[[str, Any], None]
Work = Callable[[], Any]


class Aside:
    """One thread of that name for many wishes. What is asked under a key replaces what waits
    under it; ``post`` is called on the thread with the key and what was made of the wish, or
    the Failure. The thread begins with the first wish and ends with ``close``, which forgets all
    wishes that wait but those under ``lasting`` keys."""

    def __init__(self, name: str, post: Post, lasting: tuple[str, ...] = ()) -> None:
        self._name, self._post, self._lasting = name, post, lasting
        self._ready = threading.Condition()
        self._wishes: dict[str, Work] = {}
        self._thread: threading.Thread | None = None

    @property
    def runs(self) -> bool:
        return self._thread is not None

    def ask(self, key: str, work: Work) -> None:
        """Have ``work`` done; of several wishes under one key only the last is."""
        with self._ready:
            self._wishes[key] = work
            self._ready.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Wait for what is being done and for what lasts. A later wish begins anew."""
        with self._ready:
            thread, self._thread = self._thread, None
            self._wishes = {k: v for k, v in self._wishes.items() if k in self._lasting}
            self._ready.notify()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._wishes or self._closed())
                if not self._wishes:
                    return
                key = next(iter(self._wishes))
                work = self._wishes.pop(key)
            try:
                made = work()
            except Exception as why:  # the thread must outlive one bad wish
                made = failure_of(why, key)
            self._post(key, made)

    def _closed(self) -> bool:
        return self._thread is not threading.current_thread()
