"""Read recordings, also those that were cut short, damaged, or written by another version."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Self

from dnnvis.core.errors import BadInput
from dnnvis.sources.recordings.chunks import (
    DAMAGED,
    END,
    FRAME,
    HEADER,
    MAGIC,
    NETWORK,
    Chunk,
    ChunkScan,
    Head,
    read_index,
    read_payload,
    scan_chunks,
)
from dnnvis.sources.recordings.frames import RecordedFrame, seconds_of, unpack_frame
from dnnvis.sources.recordings.writer import FORMAT_VERSION, SUFFIX

MAX_FRAMES = 2_000_000


@dataclass(frozen=True)
class RecordedNetwork:
    """A network whose answers are in a recording."""

    #: Its name.
    name: str
    #: Its fingerprint, in hex; "" where it was not known.
    fingerprint: str = ""
    #: Its class names, () without any.
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordingHeader:
    """What a recording says of itself."""

    #: Version of its format, and of the dnnvis that wrote it.
    format: int = FORMAT_VERSION
    dnnvis: str = ""
    #: When it was begun, as ISO 8601; what the frames are of.
    created: str = ""
    source: str = ""


@dataclass
class _Contents:
    header: RecordingHeader | None = None
    networks: list[RecordedNetwork] = field(default_factory=list)
    frames: list[tuple[Head, float]] = field(default_factory=list)
    end: dict[str, Any] | None = None
    unknown: int = 0


class FrameRecording:
    """A recording that is open; not for two threads at a time.

    ``len`` is the number of its frames. ``notes`` are sentences on what is missing in it: nothing
    of what is whole is left out.
    """

    def __init__(self, path: Path) -> None:
        """Open a file; raise BadInput where it is none, or of a version that cannot be read."""
        self.path = path
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise BadInput(f"{path} cannot be read: {error.strerror or error}.") from None
        try:
            self._contents, self._scan = self._look_through()
        except BaseException:
            self._file.close()
            raise
        self.header = self._contents.header or RecordingHeader()
        self.networks = tuple(self._contents.networks)
        self.is_whole = self._contents.end is not None and not self._scan.damaged
        self.notes = self._describe_missing()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._contents.frames)

    @property
    def seconds(self) -> float:
        """Return how long it is: from its first frame to its last."""
        frames = self._contents.frames
        return max(frames[-1][1] - frames[0][1], 0.0) if frames else 0.0

    def seconds_at(self, number: int) -> float:
        """Return when frame ``number`` was recorded, since the recording began."""
        return self._contents.frames[number][1]

    def read(self, number: int) -> RecordedFrame:
        """Return frame ``number``, from 0; raise BadInput where it is damaged."""
        head, _ = self._contents.frames[number]
        try:
            index = read_index(self._file, head)
            if index is None:
                raise BadInput(DAMAGED)
            return unpack_frame(index, read_payload(self._file, head))
        except OSError as error:
            raise BadInput(f"{self.path} cannot be read: {error.strerror or error}.") from None

    def network_of(self, frame: RecordedFrame) -> RecordedNetwork | None:
        """Return the network that answered; None where the recording does not say it."""
        return self.networks[frame.network] if frame.network < len(self.networks) else None

    def frames(self, damaged: list[int] | None = None) -> Iterator[RecordedFrame]:
        """Yield every frame that is whole; the numbers of the others go to ``damaged``."""
        for number in range(len(self)):
            try:
                yield self.read(number)
            except BadInput:
                if damaged is not None:
                    damaged.append(number)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _look_through(self) -> tuple[_Contents, ChunkScan]:
        contents, scan = _Contents(), ChunkScan()
        if self._file.read(len(MAGIC)) != MAGIC:
            raise BadInput(
                f"{self.path} is no recording of dnnvis, or its beginning is damaged; choose a "
                f"file that ends in {SUFFIX}."
            )
        try:
            for chunk in scan_chunks(self._file, scan):
                self._add(chunk, contents, scan)
        except OSError as error:
            raise BadInput(f"{self.path} cannot be read: {error.strerror or error}.") from None
        if not contents.frames:
            raise BadInput(f"{self.path} holds no frame that is whole; record again.")
        return contents, scan

    def _add(self, chunk: Chunk, contents: _Contents, scan: ChunkScan) -> None:
        index = chunk.values
        if chunk.head.kind == HEADER:
            contents.header = self._read_header(index)
        elif chunk.head.kind == NETWORK:
            labels = index.get("labels")
            names = tuple(map(str, labels)) if isinstance(labels, list) else ()
            contents.networks.append(
                RecordedNetwork(_text(index, "name"), _text(index, "fingerprint"), names)
            )
        elif chunk.head.kind == END:
            contents.end = index
        elif chunk.head.kind != FRAME:
            contents.unknown += 1
        elif len(contents.frames) < MAX_FRAMES:
            try:
                contents.frames.append((chunk.head, seconds_of(index)))
            except BadInput:
                scan.damaged += 1

    def _read_header(self, index: dict[str, Any]) -> RecordingHeader:
        version = index.get("format")
        header = RecordingHeader(
            version if isinstance(version, int) else 0,
            _text(index, "dnnvis"),
            _text(index, "created"),
            _text(index, "source"),
        )
        if header.format != FORMAT_VERSION:
            raise BadInput(
                f"{self.path} was written by dnnvis {header.dnnvis or '?'} in format "
                f"{header.format}, and this one reads format {FORMAT_VERSION}; open it with that "
                "version. The file is as it was."
            )
        return header

    def _describe_missing(self) -> tuple[str, ...]:
        name, contents, scan = self.path.name, self._contents, self._scan
        notes = []
        if contents.header is None:
            notes.append(f"The header of {name} is damaged; who wrote it is not known.")
        if contents.end is None:
            notes.append(
                f"{name} was cut short: it is whole up to its frame {len(self):,}, after "
                f"{self.seconds:.1f} s."
            )
        if scan.damaged:
            notes.append(f"{name} is damaged in {scan.damaged:,} places; the rest is there.")
        if contents.unknown:
            notes.append(f"{name} holds {contents.unknown:,} parts of a later version.")
        dropped = (contents.end or {}).get("dropped")
        if isinstance(dropped, int) and dropped > 0:
            notes.append(f"{dropped:,} frames were left out while {name} was recorded.")
        return tuple(notes)


def is_recording(path: Path) -> bool:
    """Return whether a file begins as a recording does."""
    try:
        with path.open("rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def _text(index: dict[str, Any], name: str) -> str:
    value = index.get(name)
    return value if isinstance(value, str) else ""
