"""Work of a panel that must not keep the window waiting, without any Qt."""

import threading
from collections.abc import Callable
from typing import Any

from dnnvis.core.messages import describe_failure

Deliver = Callable[[str, Any], None]
Task = Callable[[], Any]


class LatestWorker:
    """One thread of that name for many wishes. What is asked under a key replaces what waits
    under it; ``deliver`` is called on the thread with the key and what was made of the wish, or
    the Failure. The thread begins with the first wish and ends with ``close``, which forgets all
    wishes that wait but those under ``persistent`` keys."""

    def __init__(self, name: str, deliver: Deliver, persistent: tuple[str, ...] = ()) -> None:
        self._name, self._deliver, self._persistent = name, deliver, persistent
        self._changed = threading.Condition()
        self._pending: dict[str, Task] = {}
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None

    def submit(self, key: str, task: Task) -> None:
        """Have ``task`` done; of several wishes under one key only the last is."""
        with self._changed:
            self._pending[key] = task
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Wait for what is being done and for what lasts. A later wish begins anew."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._pending = {k: v for k, v in self._pending.items() if k in self._persistent}
            self._changed.notify()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._pending or self._is_closing())
                if not self._pending:
                    return
                key = next(iter(self._pending))
                task = self._pending.pop(key)
            try:
                result = task()
            except Exception as error:  # the thread must outlive one bad wish
                result = describe_failure(error, key)
            self._deliver(key, result)

    def _is_closing(self) -> bool:
        return self._thread is not threading.current_thread()
