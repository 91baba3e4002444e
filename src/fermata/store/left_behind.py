"""What a SQLite file remembers that is not served: somebody set `store.url`, and it did not move along."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def count_incidents_in(file: Path) -> int:
    """Return how many incidents a SQLite store holds. Nothing is written; 0 where it is not there, or is no store."""
    if not file.is_file():
        return 0
    try:
        # sqlite.org/uri.html and wal.html, read 2026-11: `mode=ro` alone makes the two files of the write-ahead log
        # where they are not there, and leaves them. Where they are not, nobody writes, and nothing is in them.
        is_at_rest = not file.with_name(f"{file.name}-wal").exists()
        uri = f"{file.resolve().as_uri()}?mode=ro{'&immutable=1' if is_at_rest else ''}"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM incidents").fetchone()[0])
    except sqlite3.Error:
        return 0
