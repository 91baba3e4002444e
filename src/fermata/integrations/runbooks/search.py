"""Full-text search over passages, in SQLite's FTS5, in memory.

An index of a small team's pages is built in milliseconds and costs a few megabytes, so it lives beside each process and
is never stored: nothing to migrate, nothing stale, the same on both stores. Ranking is BM25 (FTS5 documentation, "The
bm25() function", read 2026-11); headings weigh more than text, as they say what a passage is for.
"""

from __future__ import annotations

import re
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fermata.integrations.runbooks.library import PageMark
from fermata.integrations.runbooks.pages import Passage, split_page

_PATH_WEIGHT, _HEADING_WEIGHT, _TEXT_WEIGHT = 4.0, 6.0, 1.0
_MOST_TERMS = 40
_TERM = re.compile(r"[A-Za-z0-9]{2,}")
# Words of alerts that say nothing about what the alert is about.
_EMPTY = """the and for are was has have had not with from this that than then too is on in of to at by an be or it its
alert alertname firing resolved critical warning severity summary description value more over above below last minutes
minute seconds hours job instance prometheus high low"""


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found."""

    page: PageMark
    passage: Passage
    score: float
    """Higher is better; comparable within one search."""


class PassageIndex:
    """The passages of one library. May be used from several threads: two incidents may be investigated at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.execute(
            "CREATE VIRTUAL TABLE passages USING fts5(path, heading, text, page UNINDEXED, number UNINDEXED, "
            "tokenize='porter unicode61')"
        )
        self._pages: dict[str, tuple[PageMark, tuple[Passage, ...]]] = {}

    def list_outdated(self, pages: Iterable[PageMark]) -> list[PageMark]:
        """Return the pages that are new or changed; what is gone is dropped from the index."""
        current = {page.path: page for page in pages}
        for path in [path for path in self._pages if path not in current]:
            self._drop(path)
        return [page for page in current.values() if (known := self._pages.get(page.path)) is None or known[0] != page]

    def put(self, page: PageMark, text: str) -> None:
        """Take a page in, in place of what was known of it."""
        passages = split_page(text)
        rows = [
            (page.path, passage.heading, "\n".join(passage.lines), page.path, number)
            for number, passage in enumerate(passages)
        ]
        with self._lock:
            self._drop(page.path)
            self._pages[page.path] = (page, passages)
            self._database.executemany("INSERT INTO passages VALUES (?, ?, ?, ?, ?)", rows)

    def search(self, terms: Sequence[str], most: int) -> list[Hit]:
        """Return the best passages that hold any of the terms, best first."""
        if not terms:
            return []
        # Quoted, a term is a word to look for and never a part of the query language.
        query = " OR ".join(f'"{term}"' for term in terms)
        with self._lock:
            rows = self._database.execute(
                "SELECT page, number, bm25(passages, ?, ?, ?) FROM passages WHERE passages MATCH ? "
                "ORDER BY 3, 1, 2 LIMIT ?",
                (_PATH_WEIGHT, _HEADING_WEIGHT, _TEXT_WEIGHT, query, most),
            ).fetchall()
            return [Hit(self._pages[path][0], self._pages[path][1][number], -rank) for path, number, rank in rows]

    def find_page(self, name: str) -> Hit | None:
        """Return the first passage of the page whose path ends like a link: `.../runbooks/checkout-down.md#restart`."""
        wanted = name.partition("#")[0].partition("?")[0].rstrip("/").rpartition("/")[2].lower()
        wanted = wanted.removesuffix(".md").removesuffix(".html")
        with self._lock:
            known = sorted(self._pages.items())
        for path, (page, passages) in known:
            if wanted and path.rpartition("/")[2].lower().rpartition(".")[0] == wanted and passages:
                return Hit(page, passages[0], 0.0)
        return None

    def close(self) -> None:
        """Let go of the memory."""
        self._database.close()

    def _drop(self, path: str) -> None:
        if self._pages.pop(path, None) is not None:
            self._database.execute("DELETE FROM passages WHERE page = ?", (path,))


def choose_terms(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the words worth looking for, each once, in order; `CheckoutLatencyHigh` counts as its words too."""
    empty = frozenset(_EMPTY.split())
    terms: dict[str, None] = {}
    for text in texts:
        apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
        for word in (*_TERM.findall(apart), *_TERM.findall(text)):
            if word.lower() not in empty and not word.isdigit():
                terms.setdefault(word.lower())
    return tuple(terms)[:_MOST_TERMS]
