"""Run slow tasks on a thread of their own, so that the window need not wait, without any Qt."""

import threading
from collections.abc import Callable
from typing import Any

from dnnvis.core.messages import describe_failure

CLOSE_SECONDS = 20.0  # for which a task that runs is waited for; then it is left behind

Deliver = Callable[[str, Any], None]
Task = Callable[[], Any]


class LatestWorker:
    """A named thread that runs tasks; a newer one replaces a waiting one of the same key.

    ``deliver(key, result)`` is called on that thread with the task's value or a Failure. The thread
    starts with the first task and ends with ``close``, or as soon as nothing waits where it does
    not ``stay``.
    """

    def __init__(
        self,
        name: str,
        deliver: Deliver,
        persistent: tuple[str, ...] = (),
        *,
        stay: bool = True,
    ) -> None:
        """Prepare the worker; no thread runs yet.

        Args:
            name: The thread's name.
            deliver: Called on the thread with the key and the result of each task.
            persistent: Keys whose waiting tasks are still run by ``close``.
            stay: Whether the thread waits for more once nothing is left; a task now and then
                is better off without.
        """
        self._name, self._deliver, self._persistent = name, deliver, persistent
        self._stay = stay
        self._changed = threading.Condition()
        self._pending: dict[str, Task] = {}
        self._thread: threading.Thread | None = None

    @property
    def is_running(self) -> bool:
        return self._thread is not None

    def submit(self, key: str, task: Task) -> None:
        """Run ``task`` soon; of several that wait under one key only the last runs."""
        with self._changed:
            self._pending[key] = task
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Drop what waits but ``persistent`` tasks, finish what runs, and join the thread.

        A task that does not end within CLOSE_SECONDS is left behind: it must not keep a window
        from closing.
        """
        with self._changed:
            thread, self._thread = self._thread, None
            self._pending = {k: v for k, v in self._pending.items() if k in self._persistent}
            self._changed.notify()
        if thread is not None:
            thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._stay:
                    self._changed.wait_for(lambda: self._pending or self._is_closing())
                if not self._pending:
                    if not self._is_closing():
                        self._thread = None
                    return
                key = next(iter(self._pending))
                task = self._pending.pop(key)
            try:
                result = task()
            except Exception as error:  # the thread must outlive one bad task
                result = describe_failure(error, key)
            self._deliver(key, result)

    def _is_closing(self) -> bool:
        return self._thread is not threading.current_thread()
