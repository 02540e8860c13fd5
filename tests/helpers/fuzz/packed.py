"""Change what is packed inside of a file, so that its checksums and lengths still fit."""

import gzip
import io
import json
import pickletools
import sqlite3
import struct
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path
from random import Random
from typing import Any

from helpers.fuzz.marker import CALL
from helpers.fuzz.mutations import change_bytes, change_json, odd_value
from helpers.fuzz.reader import Mutate

#: A call of ``make_marker`` whose result is dropped, in pickle's language.
PAYLOAD = f"c{CALL[0]}\n{CALL[1]}\n)R0".encode()


def in_gzip(change: Mutate = change_bytes) -> Mutate:
    """Return a change of what a gzip file unpacks to."""
    return lambda data, random: gzip.compress(change(gzip.decompress(data), random), mtime=0)


def in_zip(ending: str = "", change: Mutate = change_bytes) -> Mutate:
    """Return a change of a member of a zip file, all sums right again."""

    def change_member(data: bytes, random: Random) -> bytes:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            parts = [archive.read(info) for info in infos]
        fitting = [k for k, info in enumerate(infos) if info.filename.endswith(ending)]
        chosen = random.choice(fitting)
        parts[chosen] = change(parts[chosen], random)
        result = io.BytesIO()
        with zipfile.ZipFile(result, "w") as archive:
            for info, part in zip(infos, parts, strict=True):
                archive.writestr(info.filename, part, info.compress_type)
        return result.getvalue()

    return change_member


def in_tar(change: Mutate = change_bytes) -> Mutate:
    """Return a change of a member of a tar file, or of its name."""

    def change_member(data: bytes, random: Random) -> bytes:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            infos = [info for info in archive if info.isfile()]
            parts = [archive.extractfile(info).read() for info in infos]  # type: ignore[union-attr]
        chosen = random.randrange(len(infos))
        if random.random() < 0.2:
            infos[chosen].name = random.choice(("../out.png", "/out.png", "a" * 300, "x\0y.png"))
        parts[chosen] = change(parts[chosen], random)
        result = io.BytesIO()
        with tarfile.open(fileobj=result, mode="w") as archive:
            for info, part in zip(infos, parts, strict=True):
                info.size = len(part)
                archive.addfile(info, io.BytesIO(part))
        return result.getvalue()

    return change_member


def in_png(data: bytes, random: Random) -> bytes:
    """Change the content of a chunk of a PNG, or of its unpacked rows; the sums fit."""
    chunks, at = [], 8
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    chosen = random.randrange(len(chunks))
    name, content = chunks[chosen]
    if name == b"IDAT" and random.random() < 0.5:
        content = zlib.compress(change_bytes(zlib.decompress(content), random))
    else:
        content = change_bytes(content, random)
    chunks[chosen] = (name, content)
    packed = (
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
        for kind, part in chunks
    )
    return data[:8] + b"".join(packed)


def in_safetensors(data: bytes, random: Random) -> bytes:
    """Change values in the header of a safetensors file; its length fits."""
    size = int.from_bytes(data[:8], "little")
    change = random.choice((change_json, change_json, change_bytes, _change_metadata))
    header = change(data[8 : 8 + size], random)
    return struct.pack("<Q", len(header)) + header + data[8 + size :]


def _change_metadata(header: bytes, random: Random) -> bytes:
    """Change the JSON text that lies as a text in the header."""
    tree: dict[str, Any] = json.loads(header)
    metadata = tree.get("__metadata__", {})
    texts = [key for key, text in metadata.items() if text.startswith("{")]
    if not texts:
        return change_json(header, random)
    key = random.choice(texts)
    text = change_json(metadata[key].encode(), random)
    metadata[key] = text.decode("utf-8", "replace")
    return json.dumps(tree).encode()


def in_pickle(data: bytes, random: Random) -> bytes:
    """Change one of the pickles that lie one after the other, or plant a call into it."""
    starts = _pickle_starts(data)
    if random.random() < 0.5 or len(starts) < 2:
        return plant_call(data, random)
    k = random.randrange(len(starts) - 1)
    start, end = starts[k], starts[k + 1]
    return data[:start] + change_bytes(data[start:end], random) + data[end:]


def plant_call(data: bytes, random: Random) -> bytes:
    """Put a call of ``make_marker`` between two steps of a pickle."""
    starts = _pickle_starts(data)[:-1] or [0]
    start = random.choice(starts)
    positions = [start + at for at in _step_positions(data[start:])]
    at = random.choice(positions) if positions else 0
    return data[:at] + random.choice((PAYLOAD, PAYLOAD[:-1])) + data[at:]


def _pickle_starts(data: bytes) -> list[int]:
    """Return where pickles begin, and where the last of them ends."""
    file, starts = io.BytesIO(data), [0]
    while True:
        try:
            for _ in pickletools.genops(file):
                pass
        except Exception:
            return starts
        starts.append(file.tell())


def _step_positions(data: bytes) -> list[int]:
    """Return where steps begin that lie outside of frames' heads."""
    steps = []
    try:
        for opcode, _, at in pickletools.genops(data):
            if at is not None and opcode.code not in "\x80\x95":
                steps.append(at)
    except Exception:
        return steps
    return steps


def in_sqlite(data: bytes, random: Random) -> bytes:
    """Change a cell of a database to a value of any type."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "changed.sqlite"
        path.write_bytes(data)
        connection = sqlite3.connect(path)
        try:
            for _ in range(random.randint(1, 3)):
                _change_cell(connection, random)
            connection.commit()
        finally:
            connection.close()
        return path.read_bytes()


def _change_cell(connection: sqlite3.Connection, random: Random) -> None:
    names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    tables = [name for (name,) in connection.execute(names + " ORDER BY name")]
    table = random.choice(tables)
    if random.random() < 0.05:
        connection.execute(f"DROP TABLE {table}")
        return
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    column = random.choice(columns)
    rows = connection.execute(f"SELECT {column} FROM {table} ORDER BY 1").fetchall()
    if not rows:
        return
    old = random.choice(rows)[0]
    try:
        statement = f"UPDATE {table} SET {column} = ? WHERE {column} IS ?"
        connection.execute(statement, (_odd_cell(old, random), old))
    except sqlite3.Error:
        return


def _odd_cell(old: Any, random: Random) -> Any:
    if isinstance(old, bytes) and random.random() < 0.7:
        return change_bytes(old, random)
    if isinstance(old, str) and old[:1] in ("{", "[") and random.random() < 0.8:
        return change_json(old.encode(), random).decode("utf-8", "replace")
    value = odd_value(random)
    fits = value is None or isinstance(value, float | str)
    fits = fits or (isinstance(value, int) and -(2**63) <= value < 2**63)
    return value if fits and value != "\ud800" else random.randbytes(9)
