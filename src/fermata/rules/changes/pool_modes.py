"""Changes of how connections to a database are shared, and the failures that one way of sharing alone brings.

A pooler that pools by transaction gives each transaction another session, so that a statement which was prepared in one
is missed or met in the next. One that pools by session gives out no more sessions than its pool has. Which of both it
is stands in its settings, or in the address that a program is given: poolers of providers have a port for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fermata.rules.changes.live import Change
from fermata.rules.changes.news import list_news
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms

_ADDRESS = re.compile(
    r"\b(?:postgres(?:ql)?|mysql)(?:\+\w{1,20})?://|\bDATABASE_\w{0,20}URL\b|\bPGHOST\b|\bDB_(?:HOST|PORT)\b"
)
# PgBouncer listens on 6432, Supabase's pooler pools by transaction on 6543 and by session on 5432; Neon's and
# Supabase's hosts say `pooler` (their documentation, read 2026-11).
_BY_TRANSACTION = re.compile(r"pgbouncer|pgcat|odyssey|pgpool|-pooler\.|:6432\b|:6543\b", re.IGNORECASE)
_TOLD_SO = re.compile(
    r"pgbouncer=true|prepare_?threshold|statement_cache_size|prepared_?statements|max_prepared_statements|cache_mode"
    r"|prefer_?simple|simple_protocol",
    re.IGNORECASE,
)
"""What tells a client that it may not prepare, or lets a pooler carry it along."""
_POOLS = re.compile(r"pool_?mode|default_pool", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Sharing:
    said: re.Pattern[str]
    mode: str


_PREPARED = _Sharing(
    re.compile(r"\bprepared statement \\{0,2}\"[^\"\\]{1,80}\\{0,2}\" (?:already exists|does not exist)"), "transaction"
)
_SESSIONS = _Sharing(re.compile(r"\bMaxClientsInSessionMode\b|\bin Session mode max clients\b"), "session")
_POINTS = 1.5


def judge_pooling(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield a sign where a change turned to the way of sharing connections that new failing lines speak of."""
    told = list_news(symptoms)
    for sharing in (_PREPARED, _SESSIONS):
        telling = next((one for one in told if any(sharing.said.search(text) for text in one.samples)), None)
        if telling is None:
            continue
        for hunk in change.diff.effective:
            sides = ["\n".join(line.text for line in hunk.list_signed(sign)) for sign in "-+"]
            if not _turns_to(sharing.mode, *sides):
                continue
            line = next(line for sign in "+-" for line in hunk.list_signed(sign))
            text = f"since it, connections to the database are shared by {sharing.mode}, as the failing lines show"
            yield Sign("named", _POINTS, text, line, telling)
            return


def _turns_to(mode: str, old: str, new: str) -> bool:
    """Answer whether what came shares connections in that way, and what went did not."""
    if _POOLS.search(old + new):
        return mode in new and mode not in old
    if mode == "session":
        return ":6543" in old and ":6543" not in new and ":5432" in new
    if bool(_TOLD_SO.search(old)) != bool(_TOLD_SO.search(new)):
        return bool(_TOLD_SO.search(old))
    is_address = bool(_ADDRESS.search(old)) and bool(_ADDRESS.search(new))
    return is_address and bool(_BY_TRANSACTION.search(new)) and not _BY_TRANSACTION.search(old)
