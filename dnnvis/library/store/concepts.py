"""Keep what is known of the concepts of a layer in its network's library."""

import json
from typing import Any

from dnnvis.library.store.database import LibraryFile, utc_now

#: Made when the first concepts are kept: libraries of before have no such table.
TABLE = """
CREATE TABLE IF NOT EXISTS concepts (
    name TEXT PRIMARY KEY, made TEXT NOT NULL, facts TEXT NOT NULL) WITHOUT ROWID
"""
_HAS_TABLE = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'concepts'"


def save_facts(library: LibraryFile, name: str, facts: dict[str, Any]) -> None:
    """Keep the facts (JSON) about a set of concepts, in the place of those before.

    Raises:
        BadInput: The library cannot be written.
        Busy: Another process writes into it.
    """
    with library.transaction():
        library.run(TABLE)
        library.run(
            "INSERT OR REPLACE INTO concepts VALUES (?, ?, ?)", name, utc_now(), json.dumps(facts)
        )


def read_facts(library: LibraryFile, name: str) -> dict[str, Any] | None:
    """Return the facts about a set of concepts; None where there are none that can be read."""
    if not library.rows(_HAS_TABLE):
        return None
    rows = library.rows("SELECT facts FROM concepts WHERE name = ?", name)
    try:
        facts = json.loads(rows[0][0]) if rows else None
    except (ValueError, TypeError):
        return None
    return facts if isinstance(facts, dict) else None
