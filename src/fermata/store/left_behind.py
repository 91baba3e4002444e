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
        # sqlite.org/uri.html, read 2026-11: `mode=ro` makes no file, and changes none.
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM incidents").fetchone()[0])
    except sqlite3.Error:
        return 0
