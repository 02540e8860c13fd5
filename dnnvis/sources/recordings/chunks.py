"""Write and find the chunks of a recording: a file that is only ever appended to.

Each chunk has a head of 28 bytes, an index (JSON) and a payload (bytes), with a CRC32 each. A file
that was cut off anywhere is whole up to its last chunk; where bytes inside are damaged, the next
chunk is found by the four bytes that every one begins with. Nothing in it is ever run.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from dnnvis.core.errors import BadInput

MAGIC = b"\x89DNNREC\n"  # the first bytes of the file
SYNC = b"\x93CNK"  # the first bytes of every chunk
HEADER, NETWORK, FRAME, END = b"HEAD", b"NETW", b"FRAM", b"DONE"
HEAD = struct.Struct("<4s4sIIIII")  # sync, kind, index and payload: bytes; CRC of both, of this
MAX_INDEX_BYTES = 4 << 20
MAX_PAYLOAD_BYTES = 1 << 30
DAMAGED = "This frame of the recording is damaged; it is left out."
SEARCH_BYTES = 1 << 20  # read at once while the next chunk is searched


class Head(NamedTuple):
    """The head of a chunk, which is whole."""

    #: Where it begins in the file.
    at: int
    #: HEADER, NETWORK, FRAME, END, or one of a later version.
    kind: bytes
    #: Size of the index and of the payload in bytes, and their CRC32.
    index_bytes: int
    payload_bytes: int
    index_crc: int
    payload_crc: int

    @property
    def end(self) -> int:
        """Return where the next chunk begins."""
        return self.at + HEAD.size + self.index_bytes + self.payload_bytes


class Chunk(NamedTuple):
    """A chunk whose head and index are whole; its payload is not read yet."""

    #: Where it lies, and its kind.
    head: Head
    #: What its JSON says.
    values: dict[str, Any]


@dataclass
class ChunkScan:
    """What was met on the way through a file."""

    #: Chunks, or stretches between two, that are damaged.
    damaged: int = 0
    #: Whether the file ends within a chunk.
    is_torn: bool = False


def pack_chunk(kind: bytes, index: dict[str, Any], payload: bytes = b"") -> bytes:
    """Return a chunk as it stands in the file.

    Args:
        kind: Four bytes.
        index: What its JSON holds.
        payload: At most MAX_PAYLOAD_BYTES.

    Raises:
        BadInput: It is larger than a chunk can be.
    """
    text = json.dumps(index, separators=(",", ":")).encode()
    if len(text) > MAX_INDEX_BYTES or len(payload) > MAX_PAYLOAD_BYTES:
        raise BadInput("A frame is too large to be recorded; choose a smaller source.")
    fixed = HEAD.pack(
        SYNC, kind, len(text), len(payload), zlib.crc32(text), zlib.crc32(payload), 0
    )[:-4]
    return b"".join((fixed, struct.pack("<I", zlib.crc32(fixed)), text, payload))


def scan_chunks(file: BinaryIO, scan: ChunkScan) -> Iterator[Chunk]:
    """Yield the chunks of an open file, in order; payloads are passed over unread.

    Args:
        file: Open for reading.
        scan: Gets what was damaged.
    """
    size = os.fstat(file.fileno()).st_size
    at: int | None = len(MAGIC)
    while at is not None and at < size:
        head = read_head(file, at)
        if head is None:
            at = _find_sync(file, at + 1)
            scan.damaged += at is not None
            scan.is_torn = at is None
            continue
        if head.end > size:
            scan.is_torn = True
            return
        index = read_index(file, head)
        if index is None or head.payload_bytes > MAX_PAYLOAD_BYTES:
            scan.damaged += 1
        else:
            yield Chunk(head, index)
        at = head.end


def read_head(file: BinaryIO, at: int) -> Head | None:
    """Return the head of the chunk at a byte of the file; None where none is whole there."""
    file.seek(at)
    head = file.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    sync, kind, index_bytes, payload_bytes, index_crc, payload_crc, own = HEAD.unpack(head)
    if sync != SYNC or zlib.crc32(head[:-4]) != own or index_bytes > MAX_INDEX_BYTES:
        return None
    return Head(at, kind, index_bytes, payload_bytes, index_crc, payload_crc)


def read_index(file: BinaryIO, head: Head) -> dict[str, Any] | None:
    """Return what the JSON of a chunk says; None where it is damaged."""
    file.seek(head.at + HEAD.size)
    text = file.read(head.index_bytes)
    if zlib.crc32(text) != head.index_crc:
        return None
    try:
        index = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return index if isinstance(index, dict) else None


def read_payload(file: BinaryIO, head: Head) -> bytes:
    """Read the payload of a chunk; raise BadInput where it is damaged."""
    file.seek(head.end - head.payload_bytes)
    payload = file.read(head.payload_bytes)
    if len(payload) != head.payload_bytes or zlib.crc32(payload) != head.payload_crc:
        raise BadInput(DAMAGED)
    return payload


def _find_sync(file: BinaryIO, start: int) -> int | None:
    """Return where the next chunk may begin; None where nothing looks like one."""
    at = start
    while True:
        file.seek(at)
        block = file.read(SEARCH_BYTES)
        found = block.find(SYNC)
        if found >= 0:
            return at + found
        if len(block) < SEARCH_BYTES:
            return None
        at += len(block) - len(SYNC) + 1
