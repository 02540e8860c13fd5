"""Write frames and what the network answered to disk while they come, under a budget."""

import errno
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from dnnvis._version import __version__
from dnnvis.core.errors import BadInput
from dnnvis.core.frame import Frame
from dnnvis.core.messages import Live, NetworkInfo, RecordingStatus
from dnnvis.sources.recordings.chunks import END, HEADER, MAGIC, NETWORK, pack_chunk
from dnnvis.sources.recordings.frames import pack_frame

FORMAT_VERSION = 1
SUFFIX = ".dnnrec"
DEFAULT_MAX_BYTES = 1 << 30
MIN_MAX_BYTES = 1 << 20
QUEUE_FRAMES = 16  # that wait for the disk; more are left out, and counted
END_BYTES = 512  # kept free for the last chunk
MAX_COMPRESSION_FRACTION = 0.05  # of the time: the network needs the processor, too
STATUS_SECONDS = 1.0  # between two reports
JOIN_SECONDS = 10.0  # for what waits to be written when a recording is stopped


@dataclass(frozen=True)
class RecordingOptions:
    """What is recorded, and how much of it."""

    #: What the file may take at most, in bytes.
    max_bytes: int = DEFAULT_MAX_BYTES
    #: Whether the layers on show are recorded, too, as float16.
    maps: bool = False
    #: What the frames are of, in a few words.
    source: str = ""


def build_header(source: str) -> dict[str, Any]:
    """Return what the header of a recording says, which begins now.

    Args:
        source: What the frames are of, in a few words.
    """
    return {
        "format": FORMAT_VERSION,
        "dnnvis": __version__,
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "source": source,
    }


class RecordingWriter:
    """A recording that is being written, on a thread of its own.

    ``offer`` may be called from any thread and returns at once. At the end, whatever the reason,
    the file holds what was written; ``status`` says why it ended. ``on_status`` gets the status
    about once a second and at the end, on the thread that writes.
    """

    def __init__(
        self,
        path: Path,
        options: RecordingOptions | None = None,
        on_status: Callable[[RecordingStatus], None] = lambda status: None,
        open_file: Callable[[Path], BinaryIO] = lambda path: path.open("xb", buffering=0),
    ) -> None:
        """Create the file and write its header; raise BadInput where that cannot be done."""
        self._options = options = options or RecordingOptions()
        if options.max_bytes < MIN_MAX_BYTES:
            raise BadInput(f"A recording needs a budget of {MIN_MAX_BYTES >> 20} MB or more.")
        self._on_status = on_status
        self._changed = threading.Condition()
        self._queue: deque[tuple[Live, NetworkInfo | None]] = deque()
        self._status = RecordingStatus(str(path), max_bytes=options.max_bytes)
        self._is_closing = False
        self._last: Frame | None = None  # the one that was offered last
        self._first_born: float | None = None
        self._networks: list[tuple[str, str, tuple[str, ...]]] = []
        self._packed_seconds, self._start = 0.0, time.perf_counter()
        self._report_time = 0.0
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True)
            self._file = open_file(path)
            self._write(MAGIC + pack_chunk(HEADER, build_header(options.source)))
        except OSError as error:
            if path.exists():
                raise BadInput(f"{path} is there already; record into another file.") from None
            raise BadInput(f"{path} cannot be written: {error.strerror or error}.") from None
        self._thread = threading.Thread(target=self._run, name="dnnvis-recording", daemon=True)
        self._thread.start()

    @property
    def status(self) -> RecordingStatus:
        """Return how far it is."""
        return self._status

    def offer(self, live: Live, info: NetworkInfo | None = None) -> None:
        """Record a frame, unless too many wait.

        The frame that was offered last, or one that is older, is looked at again and not recorded
        a second time.

        Args:
            live: The frame, and what the network answered.
            info: The network, where its class names are known.
        """
        with self._changed:
            frame, last = live.frame, self._last
            if self._is_closing or self._status.ended:
                return
            if last is not None and (frame is last or frame.born < last.born):
                return
            self._last = frame
            if len(self._queue) >= QUEUE_FRAMES:
                self._status = replace(self._status, dropped=self._status.dropped + 1)
                return
            self._queue.append((live, info))
            self._changed.notify()

    def stop(self, *, wait: bool = True) -> RecordingStatus:
        """Write what waits, end the file and the thread, and return what came of it.

        Args:
            wait: Whether that is waited for, JOIN_SECONDS at most; else ``on_status`` says it.
        """
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if wait:
            self._thread.join(JOIN_SECONDS)
        return self._status

    def _run(self) -> None:
        try:
            while (item := self._take()) is not None:
                if not self._record(*item):
                    break
        except OSError as error:
            self._end(self._describe_error(error), failed=True)
        except Exception as error:  # of a frame that cannot be written
            self._end(f"The recording has ended: {error}", failed=True)
        else:
            if not self._status.ended:
                self._end(self._describe_end(), failed=False)
        finally:
            self._close()

    def _take(self) -> tuple[Live, NetworkInfo | None] | None:
        """Return what is to be written next; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closing)
            return self._queue.popleft() if self._queue else None

    def _record(self, live: Live, info: NetworkInfo | None) -> bool:
        """Write a frame; return False where the budget has no room for it."""
        if self._first_born is None:
            self._first_born = live.frame.born
        seconds = max(live.frame.born - self._first_born, 0.0)
        start = time.perf_counter()
        elapsed = start - self._start
        compress = self._packed_seconds <= MAX_COMPRESSION_FRACTION * elapsed
        number, network = self._number_network(live, info)
        options = self._options
        data = network + pack_frame(
            live, seconds, network=number, compress=compress, maps=options.maps
        )
        if compress:
            self._packed_seconds += time.perf_counter() - start
        if self._status.size + len(data) > options.max_bytes - END_BYTES:
            self._end(
                f"The recording has reached its budget of {options.max_bytes / 1e6:,.0f} MB and "
                f"has ended; its {self._status.frames:,} frames are in {self._status.path}.",
                failed=True,
            )
            return False
        self._write(data)
        with self._changed:
            self._status = replace(self._status, frames=self._status.frames + 1, seconds=seconds)
        if time.perf_counter() >= self._report_time:
            self._report_time = time.perf_counter() + STATUS_SECONDS
            self._on_status(self._status)
        return True

    def _number_network(self, live: Live, info: NetworkInfo | None) -> tuple[int, bytes]:
        """Return a network's number, and its chunk where it has not been written yet."""
        labels = info.labels if info is not None and info.name == live.network else ()
        network = (live.network, live.fingerprint, labels)
        if network in self._networks:
            return self._networks.index(network), b""
        self._networks.append(network)
        name, fingerprint, _ = network
        index = {"name": name, "fingerprint": fingerprint, "labels": list(labels)}
        return len(self._networks) - 1, pack_chunk(NETWORK, index)

    def _write(self, data: bytes) -> None:
        """Write at the end; a raw file may take a part only."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._file.write(rest) or 0 :]
        with self._changed:
            self._status = replace(self._status, size=self._status.size + len(data))

    def _end(self, sentence: str, *, failed: bool) -> None:
        with self._changed:
            self._status = replace(self._status, ended=sentence, failed=failed)
            self._queue.clear()

    def _close(self) -> None:
        status = self._status
        index = {"frames": status.frames, "dropped": status.dropped, "ended": status.ended}
        try:
            data = pack_chunk(END, index)
            if len(data) <= END_BYTES:
                self._write(data)
        except OSError:  # a full disk: what was written is whole without it
            pass
        finally:
            self._file.close()
        self._on_status(self._status)

    def _describe_end(self) -> str:
        status = self._status
        sentence = f"{status.frames:,} frames ({status.size / 1e6:,.0f} MB) are in {status.path}."
        if not status.dropped:
            return sentence
        return f"{sentence} {status.dropped:,} frames were left out: the disk was too slow."

    def _describe_error(self, error: OSError) -> str:
        status = self._status
        reason = (
            "The disk is full"
            if error.errno in (errno.ENOSPC, errno.EDQUOT)
            else f"The recording cannot be written on ({error.strerror or error})"
        )
        return (
            f"{reason}: the recording has ended, and its {status.frames:,} frames are kept in "
            f"{status.path}."
        )
