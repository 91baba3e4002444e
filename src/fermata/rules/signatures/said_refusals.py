"""What a process or a container says that it was refused: its port, a file, room in a cache, a database's connection.

Objects of a cluster tell more, and other functions of the same signatures read those. Here the log of what runs on a
plain machine is all there is, and only what it says now counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.facts import WorkloadPhase
from fermata.rules.signatures import database_words as words
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.precedence import keep_telling
from fermata.rules.signatures.workloads import Occurrence, Workload, clip

_LAST = 100
"""Lines from the end of a log within which one without a time is taken for what is said now."""
_DATED, _UNDATED = 0.8, 0.6
_LONGEST = 2000
_AT_START, _RUNS_ON = timedelta(seconds=5), timedelta(seconds=10)
"""What a program says while it starts, and has outlived by so much, it can do without. Guesses."""
_LAST_WORDS = timedelta(seconds=2)
_PORT = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|\]|\*|\blocalhost|:):(\d{2,5})(?![\d:])|\bport:? (\d{2,5})(?!\d)|', (\d{2,5})\)",
    re.IGNORECASE,
)
"""A port beside an address, not the minute of a time: of Node.js and Redis, nginx, Java, and Gunicorn."""
_PATH = re.compile(r"(?:^|[\s'\"`(=]|\bunix:)(/[\w.@+-][\w./@+-]{0,300}[\w/])")
"""An absolute path of a file, a folder or a socket."""
_REQUEST = re.compile(
    r"\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) [\"']?\S+"
    r"|\b(?i:uri|url|route|endpoint)[\"']?\s?[=:]\s?[\"']?\S+"
)
"""A path as well, of a request."""
_NO_FILE = re.compile(
    r"springframework|(?i:forbidden) \(|ermission denied (?:for|on) (?!file|path|dir|folder|[\"'/])\w"
    r"|(?<![\w/])/nonexistent\b"
)
"""Frameworks and databases deny permissions to users of theirs: Spring Security, Django, PostgreSQL. And what tries to
keep a file in the home of a user that shall have none (Debian's policy, 9.2.3) goes on without: Gunicorn."""
_FORBIDDEN = ("EACCES", "[Errno 13]", "ermission denied", "AccessDeniedException", "EPERM", "peration not permitted")


@dataclass(frozen=True, slots=True)
class SaidRefusal:
    """One thing that is refused, in the words of who wants it."""

    cause: str
    needles: tuple[str, ...]
    says: str
    """What follows the name of who says so."""
    advice: str
    only_failing: bool = False
    """Whether a program that runs nevertheless has got over it."""
    names: re.Pattern[str] = _PORT
    """What is refused, as a line names it: `{named}` in the words."""
    must_name: bool = False
    """Whether a line that names nothing says something else: databases and remote servers deny permissions, too."""
    unless: re.Pattern[str] | None = None
    """What is told of other things in the same words."""

    def find_named(self, text: str) -> str:
        """Return what a line that says so names, after a space; empty where it names nothing."""
        named = self.names.search(_REQUEST.sub(" ", text[:_LONGEST]))
        return f" {named[named.lastindex or 0]}" if named is not None else ""


PORT_TAKEN = SaidRefusal(
    "port_already_in_use",
    ("address already in use", "Address already in use", "EADDRINUSE", "Address in use", "Connection in use: ("),
    "does not get its port{named}: something else has it",
    "Find out what holds the port{named} (`ss -ltnp`), or correct the port that it is told to take.",
    only_failing=True,
)
CACHE_FULL = SaidRefusal(
    "database_memory_full",
    words.MEMORY.needles,
    "is refused by its cache, whose memory is used up",
    "Raise the cache's memory limit (Redis: `maxmemory`), let it evict (`maxmemory-policy`), or find what fills it.",
)
CONNECTIONS_TAKEN = SaidRefusal(
    "db_connection_exhaustion",
    words.CONNECTIONS.needles,
    "gets no connection: its database has none left to give",
    "Find out who holds the connections (PostgreSQL: `pg_stat_activity`), give each client a smaller pool, or raise "
    "the limit.",
)
FILE_FORBIDDEN = SaidRefusal(
    "application_permission_denied",
    _FORBIDDEN,
    "may not use{named}: the user that it runs as has no right to it",
    "Compare owner and mode of{named}, and of each folder above, with the user that the program runs as (`namei -l"
    "{named}`), and give it the right; look also at who wrote the file last (a deploy, its umask), or it comes back.",
    names=_PATH,
    must_name=True,
    unless=_NO_FILE,
)
REFUSALS = {one.cause: one for one in (PORT_TAKEN, CACHE_FULL, CONNECTIONS_TAKEN, FILE_FORBIDDEN)}
"""Cause -> what is said of it."""

_NOTE = f" Of a process or a container without a cluster: {_DATED}, or {_UNDATED} where its lines have no times."


def note_confidence(cause: str) -> str:
    """Return what a signature's note says beside a cluster's part, for a cause that is looked for here."""
    return _NOTE if cause in REFUSALS else ""


def match_refusal(cause: str, case: Case) -> Sequence[Hypothesis]:
    """Return what the alerted processes and containers say of a refusal."""
    refusal = REFUSALS.get(cause)
    if refusal is None:
        return ()
    found = find_said(case, partial(_says, refusal), only_failing=refusal.only_failing, fits=_is_lasting)
    return keep_telling(case, [_claim(refusal, *one) for one in found])


def _is_lasting(workload: Workload, said: Occurrence) -> bool:
    """Answer whether a program is still refused it: not one that was told so as it started, and has run on since."""
    state, at = workload.state, said.written_by
    if workload.is_failing or state is None or state.facts.started_at is None or at is None:
        return True
    is_outlived = state.evidence.observed_at - at >= _RUNS_ON
    return not is_outlived or not timedelta(0) <= at - state.facts.started_at <= _AT_START


def find_said(
    case: Case,
    says: Callable[[str], bool],
    *,
    fits: Callable[[Workload, Occurrence], bool],
    only_failing: bool = False,
) -> list[tuple[Workload, Occurrence]]:
    """Return the alerted processes and containers that say something now, each with the last failure that says so.

    Empty beside objects of a cluster, which tell more, and of what somebody stopped.

    Args:
        says: Whether a line of a failure says it.
        fits: Whether a failure that says it counts; one that does not gives way to the one before it.
        only_failing: Leave out what runs nevertheless.
    """
    if case.cluster.workloads or case.cluster.list("Pod"):
        return []
    # A log that no system claims is read with the cluster's.
    alerted = [one for one in case.workloads if one.alerted and one.entity.system]
    # What somebody stopped did not end for what it said before, and is refused nothing now.
    running = (one for one in alerted if one.phase is not WorkloadPhase.STOPPED)
    saying = (one for one in running if one.is_failing or not only_failing)
    return [(one, said) for one in saying if (said := _find_last(one, says, fits)) is not None]


def _find_last(
    workload: Workload, says: Callable[[str], bool], fits: Callable[[Workload, Occurrence], bool]
) -> Occurrence | None:
    # What does not stay up means what it said last; what runs may go on to do other work.
    ends = {one.evidence_id: one for one in workload.errors}
    errors = [one for one in workload.errors if not workload.is_failing or _is_last_words(one, ends[one.evidence_id])]
    said = (one for one in reversed(errors) if any(says(line.text) for line in one.error.lines))
    return next((one for one in said if _is_present(one) and fits(workload, one)), None)


def _is_last_words(one: Occurrence, end: Occurrence) -> bool:
    """Answer whether a failure is the last one of its log, or what that one gives up over.

    Gunicorn says that its port is in use, and a second later that it cannot connect.
    """
    if one is end:
        return True
    if not one.is_dated or one.written_by is None or end.written_by is None:
        return False
    return end.written_by - one.written_by <= _LAST_WORDS


def _says(refusal: SaidRefusal, text: str) -> bool:
    is_said = any(needle in text[:_LONGEST] for needle in refusal.needles)
    if is_said and refusal.unless is not None and refusal.unless.search(text[:_LONGEST]):
        return False
    return is_said and (not refusal.must_name or bool(refusal.find_named(text)))


def _is_present(one: Occurrence) -> bool:
    is_last = one.error.raised.number > one.evidence.lines[-1].number - _LAST
    return one.is_dated or (one.written_by is not None and is_last)


def _claim(refusal: SaidRefusal, workload: Workload, said: Occurrence) -> Hypothesis:
    line = next(line for line in said.error.lines if _says(refusal, line.text))
    named = refusal.find_named(line.text)
    undated = not said.is_dated
    return Hypothesis(
        cause=refusal.cause,
        text=f"{workload.entity.name} {refusal.says.format(named=named)}. It says: {clip(line.text).rstrip('.')}"
        + ("; its lines have no times." if undated else ""),
        confidence=_UNDATED if undated else _DATED,
        entity=workload.entity,
        citations=(said.cite(line), *workload.cite_state()),
        person_must=refusal.advice.format(named=named),
    )
