"""Read the status of a training run on a worker thread, without any Qt."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dnnvis.app.runtime.latest_worker import Deliver, LatestWorker
from dnnvis.core.messages import describe_failure

STATUS_KEY = "train standing"
RunPaths = tuple[Path, Path]  # the folder of progress, the file of the finished network
ReadStatus = Callable[[Path, Path], Any]
RequestStatus = Callable[[RunPaths], None]


def create_status_request(read: ReadStatus, deliver: Deliver) -> RequestStatus:
    """Return a function that requests the status of a run; only the last request counts.

    ``deliver`` is called on the worker's thread with STATUS_KEY and (paths, status | Failure).
    """
    worker = LatestWorker("dnnvis-standing", deliver, stay=False)

    def request(paths: RunPaths) -> None:
        worker.submit(STATUS_KEY, lambda: (paths, _read_status(read, paths)))

    return request


def _read_status(read: ReadStatus, paths: RunPaths) -> Any:
    try:
        return read(*paths)
    except Exception as error:  # whatever it is, the panel of these paths shows it
        return describe_failure(error)
