"""What fills a database's disk, where its own log tells: that is what a person has to take away, not only room to add.

Sources: PostgreSQL 16 (`slot.c`, `xlog.c`, `checkpointer`) and the words of those who report its slots and archiving;
MySQL 8.0 error reference for its binary log (read 2026-11-26).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fermata.rules.claims import Quote
    from fermata.rules.kubernetes.logs import LogText

_FILLERS = (
    (
        re.compile(
            r"(?i)replication slot[^\n]{0,120}?\b(?:inactive|not active|unused|lost)\b|"
            r"\bslot[^\n]{0,120}?\bretain\w*[^\n]{0,40}?\bWAL\b"
        ),
        "a replication slot keeps its write-ahead log",
        "Find out who ought to read the slot; drop it when nobody does, since the log is kept for it.",
    ),
    (
        re.compile(r"(?i)archive command failed|archiving write-ahead log file[^\n]{0,120}failed"),
        "its write-ahead log cannot be archived, and is kept",
        "Mend the archiving: until then the log is kept.",
    ),
    (
        re.compile(r"(?i)temporary file: path [^\n]{0,200}size \d{9,}"),
        "a query writes large temporary files",
        "Find the query that sorts or joins more than fits in memory.",
    ),
)


def find_fillers(logs: Iterable[LogText]) -> Iterator[tuple[str, str, Quote]]:
    """Yield what keeps or takes room by a database's own words: how to say it, what to do, and the latest line."""
    kept = list(logs)
    for pattern, words, advice in _FILLERS:
        lines = [quote for log in kept for quote in log.lines_with(pattern)]
        if lines:
            yield words, advice, lines[-1]
