"""Sessions of PostgreSQL that wait for locks, as its own log tells: who waits, for how long, and who holds the lock.

With `log_lock_waits` it writes two lines for each wait that outlasts `deadlock_timeout` (PostgreSQL 16,
`src/backend/storage/lmgr/proc.c`): that a process still waits, and which processes hold the lock.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.rules.claims import Claim, Quote
from fermata.rules.kubernetes.health import Trouble
from fermata.rules.signatures.database_clients import match_wording
from fermata.rules.signatures.database_words import SLOW
from fermata.rules.signatures.kubernetes_complaints import Complaint, is_standing, list_writers
from fermata.rules.signatures.kubernetes_reach import cite_first, explain

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.logs import LogText
    from fermata.rules.kubernetes.objects import KubeObject

_WAITS = re.compile(r"^.*\bprocess (\d+) still waiting for (\w+Lock) on .*$", re.MULTILINE)
_HOLDS = re.compile(r"^.*\bProcess(?:es)? holding the lock: (\d[\d, ]*)\. Wait queue: (\d[\d, ]*)", re.MULTILINE)
_MARK = "still waiting for"
_FEWEST = 3
"""Waits that are no longer how locks work."""
_SURE, _UNSURE = 0.85, 0.7


@dataclass(frozen=True, slots=True)
class Jam:
    """What waits in one database."""

    database: KubeObject
    waits: int
    """Waits that its log tells of."""
    holder: str
    """The process number of the one that most wait for and that waits for none; empty when no line tells."""
    held: int
    """How many of the waits are for that one."""
    quotes: tuple[Quote, ...]


def list_jams(cluster: Cluster) -> Sequence[Jam]:
    """Return the databases whose sessions go on waiting for locks; what a log got over is over."""
    if not any(_MARK in log.text for log in cluster.logs()):
        return []  # As in nearly all clusters: who wrote which log need not be known.
    found = (_read(workload, log) for workload, log in list_writers(cluster) if _MARK in log.text)
    return [jam for jam in found if jam is not None]


def _read(workload: KubeObject, log: LogText) -> Jam | None:
    waits = list(_WAITS.finditer(log.text))
    if len(waits) < _FEWEST or not is_standing([Complaint(workload, log, match[0]) for match in waits]):
        return None
    holds = [(match, _list_pids(match[1]), _list_pids(match[2])) for match in _HOLDS.finditer(log.text)]
    waiting = {pid for _, _, queue in holds for pid in queue} | {match[1] for match in waits}
    # Who waits itself is a link of the chain, not its end.
    counts = Counter(pid for _, holders, _ in holds for pid in holders if pid not in waiting)
    holder, held = counts.most_common(1)[0] if counts else ("", 0)
    shown = next((match[0] for match, holders, _ in holds if holder in holders), "")
    quotes = cite_first(log.find(waits[0][0]), log.find(shown) if shown else None, log.find(waits[-1][0]))
    return Jam(workload, len(waits), holder, held, quotes)


def _list_pids(text: str) -> list[str]:
    return [pid.strip() for pid in text.split(",") if pid.strip()]


def list_lock_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return the databases whose sessions go on waiting for locks, as troubles."""
    return tuple(
        Trouble(jam.database.ref, f"sessions of {jam.database.name} go on waiting for locks", jam.quotes[0])
        for jam in cluster.remember(list_jams)
    )


def find_jams(cluster: Cluster) -> Iterable[Claim]:
    """Yield the databases whose sessions wait for locks, with who holds them where the log tells.

    Whoever says meanwhile that a statement takes too long waits for them, where one database alone is meant.
    """
    jams = cluster.remember(list_jams)
    late = [item.workload for item in match_wording(cluster, SLOW)] if len(jams) == 1 else []
    for jam in jams:
        name, pid = jam.database.name, jam.holder
        holds = f"process {pid} holds it in {jam.held} of them" if pid else "who holds it is not told"
        look = (
            f"See what process {pid} of {name} does (pg_stat_activity). If it may be given up, end it with "
            f"pg_cancel_backend({pid}); else let it end, and start nothing else that needs the same table."
            if pid
            else f"Find the transaction of {name} that holds the lock (pg_blocking_pids), and end it if it may be."
        )
        yield Claim(
            cause="database_locks",
            subject=jam.database.entity,
            text=f"Sessions of {name} wait for a lock, {jam.waits} times for longer than a wait should last: {holds}.",
            confidence=_SURE if pid else _UNSURE,
            quotes=jam.quotes,
            explains=explain(cluster, jam.database).union(*(explain(cluster, item) for item in late)),
            person_must=look,
        )
