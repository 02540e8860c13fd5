"""The library's file: its schema, and its errors as sentences."""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from dnnvis.core.errors import BadInput, Busy
from dnnvis.library.store.damage import refuse_damage
from dnnvis.network.card import LATER_FIELDS, Card

SCHEMA_VERSION = 1
APPLICATION_ID = 0x646E6E76  # "dnnv", sqlite's application_id
STATED_FIELDS = ("size", "channels", "mean", "std", "fit")  # of a card, in every library
BUSY_TIMEOUT_SECONDS = 30.0  # longest wait for another writer
SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pictures (
    id INTEGER PRIMARY KEY AUTOINCREMENT, goal TEXT NOT NULL, layer TEXT NOT NULL,
    channel INTEGER, preset TEXT NOT NULL, made TEXT NOT NULL, channels INTEGER NOT NULL,
    png BLOB NOT NULL, recipe TEXT NOT NULL, measures TEXT, curve BLOB);
CREATE INDEX pictures_by_goal ON pictures (goal);
CREATE INDEX pictures_by_layer ON pictures (layer, channel);
CREATE TABLE notes (unit TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE bookmarks (unit TEXT PRIMARY KEY, made TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE data (
    id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
    mark TEXT NOT NULL, total INTEGER NOT NULL);
CREATE TABLE scans (
    id INTEGER PRIMARY KEY AUTOINCREMENT, data INTEGER NOT NULL REFERENCES data ON DELETE CASCADE,
    layers TEXT NOT NULL, k INTEGER NOT NULL, done BLOB NOT NULL, skipped TEXT NOT NULL,
    finished INTEGER NOT NULL, changed TEXT NOT NULL);
CREATE TABLE layers (
    data INTEGER NOT NULL REFERENCES data ON DELETE CASCADE, layer TEXT NOT NULL,
    scan INTEGER NOT NULL REFERENCES scans ON DELETE CASCADE, tops BLOB NOT NULL,
    statistics BLOB NOT NULL, PRIMARY KEY (data, layer));
CREATE TABLE naturals (
    scan INTEGER PRIMARY KEY REFERENCES scans ON DELETE CASCADE,
    data INTEGER NOT NULL REFERENCES data ON DELETE CASCADE, numbers BLOB NOT NULL);
CREATE TABLE images (
    data INTEGER NOT NULL REFERENCES data ON DELETE CASCADE, number INTEGER NOT NULL,
    path TEXT NOT NULL, size INTEGER NOT NULL, time INTEGER NOT NULL, label TEXT NOT NULL,
    channels INTEGER NOT NULL, png BLOB, PRIMARY KEY (data, number)) WITHOUT ROWID;
"""


class LibraryFile:
    """The file of one network's library. A context manager; one object belongs to one thread.

    ``card`` says how the network preprocesses pictures (None where the file does not know). Another
    writer is waited for at most ``busy_seconds`` (None: BUSY_TIMEOUT_SECONDS); then Busy is raised.
    """

    def __init__(
        self,
        path: str | Path,
        fingerprint: str = "",
        network_name: str = "",
        *,
        card: Card | None = None,
        create: bool = True,
        busy_seconds: float | None = None,
    ) -> None:
        self.path = Path(path)
        busy_seconds = BUSY_TIMEOUT_SECONDS if busy_seconds is None else busy_seconds
        about = {"fingerprint": fingerprint, "network": network_name, "made": utc_now()}
        if card is not None:
            about["card"] = json.dumps(stated_preprocessing(card))
        self.connection = _open(self.path, about, create and bool(fingerprint), busy_seconds)
        try:
            self._check(fingerprint, about)
        except BaseException:
            self.close()
            raise

    def _check(self, fingerprint: str, about: dict[str, str]) -> None:
        stored = dict(self.rows("SELECT name, value FROM about"))
        self.fingerprint = stored.get("fingerprint", "")
        self.network = stored.get("network", "")
        if fingerprint and self.fingerprint != fingerprint:
            raise BadInput(
                f"The library {self.path} belongs to the network {self.network or 'of old'} "
                f"({self.fingerprint[:8]}), this is another ({fingerprint[:8]})."
            )
        if "card" in about and stored.get("card") != about["card"] and self._has_no_scans():
            stored["card"] = about["card"]
            with suppress(BadInput):  # a read-only library
                self.run("INSERT OR REPLACE INTO about VALUES ('card', ?)", about["card"])
        with refuse_damage(self.path):
            self.card = _read_card(self.network, stored.get("card", "null"))

    def _has_no_scans(self) -> bool:
        return not self.rows("SELECT id FROM data LIMIT 1")

    def has_same_preprocessing(self, card: Card) -> bool:
        """Return whether the pictures scanned so far went to the network as ``card`` says."""
        return self.card is not None and not list_differences(self.card, card)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run one transaction: everything within is written, or nothing.

        Within another transaction it is a part of that.
        """
        if self.connection.in_transaction:
            yield
            return
        with convert_sqlite_errors(self.path), transaction(self.connection):
            yield

    def run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """Run one statement; a write outside a transaction is one of its own."""
        with convert_sqlite_errors(self.path):
            return self.connection.execute(statement, values)

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return all rows of a query."""
        with convert_sqlite_errors(self.path):
            return self.connection.execute(statement, values).fetchall()


def _read_card(network: str, text: str) -> Card | None:
    """Return how the library's pictures were preprocessed; None where it does not say."""
    values = json.loads(text)
    return values and Card(
        network,
        tuple(values["size"]),
        values["channels"],
        tuple(values["mean"]),
        tuple(values["std"]),
        fit=values["fit"],
        **{name: values[name] for name in LATER_FIELDS if name in values},
    )


def list_differences(a: Card, b: Card) -> tuple[str, ...]:
    """Return the fields by which two cards preprocess pictures differently.

    Mean and std are the same within a thousandth, and so is one number for all channels and that
    number for each. A network of any size has no size of its own.
    """
    return tuple(name for name in (*STATED_FIELDS, *LATER_FIELDS) if _differs(a, b, name))


def _differs(a: Card, b: Card, name: str) -> bool:
    first, second = getattr(a, name), getattr(b, name)
    if name == "size":
        return bool(first != second) and not a.fit == b.fit == "free"
    if name in ("mean", "std") and a.channels == b.channels:
        one, other = (np.broadcast_to(values, a.channels) for values in (first, second))
        return not np.allclose(one, other, rtol=1e-3, atol=1e-4 if name == "mean" else 0)
    return bool(first != second)


def stated_preprocessing(card: Card) -> dict[str, Any]:
    """Return how a network preprocesses pictures, as a library's file says it."""
    later = {name: getattr(card, name) for name in LATER_FIELDS}
    defaults = {name: Card.__dataclass_fields__[name].default for name in LATER_FIELDS}
    stated = {name: value for name, value in later.items() if value != defaults[name]}
    return {**{name: getattr(card, name) for name in STATED_FIELDS}, **stated}


def _open(
    path: Path, about: dict[str, str], create: bool, busy_seconds: float
) -> sqlite3.Connection:
    """Return a connection to the library in ``path``, created with ``about`` where there is none.

    Raises BadInput where there is none and ``create`` is False, where the file is no library, of
    another version, or cannot be used.
    """
    if not create and not (path.is_file() and path.stat().st_size):
        raise BadInput(f"There is no library {path} yet; `dnnvis scan` or a kept picture makes it.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder; a library is a file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"The library {path} cannot be made: {error.strerror}.") from error
    with convert_sqlite_errors(path):
        connection = _connect(path, busy_seconds)
        try:
            _prepare(connection, path, about)
        except BaseException:
            connection.close()
            raise
        return connection


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    """Return a plain connection; a read-only one where nothing can be written and no one writes.

    Otherwise sqlite would create a log beside the file.
    """
    writable = all(
        os.access(candidate, os.W_OK) for candidate in (path, path.parent) if candidate.exists()
    )
    log = path.with_name(path.name + "-wal")
    if writable or not path.is_file() or log.exists():
        return sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    address = f"{path.resolve().as_uri()}?immutable=1"
    return sqlite3.connect(address, timeout=busy_seconds, isolation_level=None, uri=True)


def _prepare(connection: sqlite3.Connection, path: Path, about: dict[str, str]) -> None:
    if not _has_schema(connection, path):
        # before WAL: one of two processes creates it, the other waits
        with transaction(connection):
            if not _has_schema(connection, path):
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                rows = list(about.items())
                connection.executemany("INSERT INTO about VALUES (?, ?)", rows)
                connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    with suppress(sqlite3.OperationalError):  # another process does it, or a read-only disk
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")


#: In one statement, so that all three are of one moment while another process makes the file.
_STATE = (
    "SELECT (SELECT user_version FROM pragma_user_version), "
    "(SELECT application_id FROM pragma_application_id), (SELECT count(*) FROM sqlite_master)"
)


def _has_schema(connection: sqlite3.Connection, path: Path) -> bool:
    """Return whether the schema is there; raise BadInput where another one is."""
    version, owner, tables = connection.execute(_STATE).fetchone()
    if owner == APPLICATION_ID and version == SCHEMA_VERSION:
        return True
    if owner == APPLICATION_ID:
        raise BadInput(
            f"The library {path} is of version {version}, this dnnvis reads version "
            f"{SCHEMA_VERSION}; open it with the dnnvis that made it, or name another file."
        )
    if tables or version:
        raise BadInput(f"{path} is a database of another program, not a library of dnnvis.")
    return False


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run one transaction: everything within is written, or nothing.

    Nothing is written after an exception or a kill.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


@contextmanager
def convert_sqlite_errors(path: Path) -> Iterator[None]:
    """Raise whatever sqlite raises as BadInput, with a sentence that says what to do."""
    try:
        yield
    except sqlite3.Error as error:
        kind = Busy if "locked" in str(error) else BadInput
        raise kind(_error_message(path, str(error))) from error


def _error_message(path: Path, message: str) -> str:
    for fragment, template in _ERROR_MESSAGES.items():
        if fragment in message:
            return template.format(path=path)
    return f"The library {path} cannot be used; move it away, and a new one is made."


_ERROR_MESSAGES = {
    "not a database": "{path} is not a library of dnnvis; name another file.",
    "malformed": "The library {path} is damaged; move it away, and a new one is made.",
    "disk is full": "The disk is full: nothing was written to the library {path}, nothing in it "
    "is lost; make room and try again.",
    "disk I/O": "The disk failed while the library {path} was used; what was in it before stays.",
    "readonly": "The library {path} may not be written (it is read-only).",
    "unable to open": "The library {path} cannot be opened or made there; check the folder and "
    "its permissions, or name another file.",
    "locked": "Another process keeps the library {path} busy; try again when it is done.",
    "no such": "{path} is not a whole library of dnnvis; move it away, and a new one is made.",
}


def utc_now() -> str:
    """Return the time in UTC as ISO text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
