"""Asking where a run stands, away from the window's thread, without any Qt."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dnnvis.core.errors import BadInput
from dnnvis.core.messages import describe_failure

STATUS_KEY = "train standing"
RunPaths = tuple[Path, Path]  # the folder of progress, the file of the finished network
ReadStatus = Callable[[Path, Path], Any]
Deliver = Callable[[str, Any], None]


class StatusWorker:
    """``read(folder, network)`` takes place on a thread of its own that ends once nothing is
    asked any more; ``deliver`` is called there with KEY and (place, Standing | Failure | None)."""

    def __init__(self, read: ReadStatus, deliver: Deliver) -> None:
        self._read, self._deliver = read, deliver
        self._lock = threading.Lock()
        self._pending: RunPaths | None = None
        self._busy = False

    def submit(self, paths: RunPaths) -> None:
        """Have the answer posted; of several questions on the way only the last is answered."""
        with self._lock:
            self._pending = paths
            if self._busy:
                return
            self._busy = True
        threading.Thread(target=self._run, name="dnnvis-standing", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                paths, self._pending = self._pending, None
                if paths is None:
                    self._busy = False
                    return
            self._deliver(STATUS_KEY, (paths, self._read_status(paths)))

    def _read_status(self, paths: RunPaths) -> Any:
        try:
            return self._read(*paths)
        except BadInput as error:
            return describe_failure(error)
