"""What the log of a service says plainly, where nothing but its log is known.

A log tells what failed in the words of kernels, runtimes and drivers, seldom why it came to that. Where a cluster is
known, other signatures speak: they can ask the objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import WorkloadPhase
from fermata.domain.scope import Scope
from fermata.rules.changes.judge import judge_changes
from fermata.rules.changes.loglines import read_time, read_zone
from fermata.rules.changes.shapes import find_newest
from fermata.rules.citations import cite
from fermata.rules.claims import Claim
from fermata.rules.levels import LogLevel, find_level
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.callees import match_unreachable
from fermata.rules.signatures.database_clients import find_listener
from fermata.rules.signatures.dependencies import is_outside
from fermata.rules.signatures.failed_calls import CALLS, read_callee
from fermata.rules.signatures.kernel_words import list_machines
from fermata.rules.signatures.kubernetes_complaints import (
    Complaint,
    find_complaints,
    is_standing,
    keep_standing,
    list_complaints,
)
from fermata.rules.signatures.kubernetes_reach import cite_first
from fermata.rules.signatures.platform_failures import claim_said, find_platform
from fermata.rules.signatures.platform_words import MEMORY, WORKERS
from fermata.rules.signatures.reach import is_called_by, is_late, is_unreachable
from fermata.rules.signatures.strangers import Stranger, list_strangers
from fermata.rules.signatures.workloads import ONSET_MARGIN, Workload, clip, say_plainly

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.objects import KubeObject

_LAST = 100
"""Lines from the end of a log within which a process says what ails it now."""
_LONGEST = 2000
_REQUEST = re.compile(r'"[A-Z]{3,10} [^"]{0,1500} HTTP/')
_LATE_WORKER = re.compile(r"\bWORKER TIMEOUT \(pid:(\d{1,10})\)")
_KILLED_WORKER = re.compile(r"\bWorker \(pid:(\d{1,10})\) was sent SIGKILL")
_STACK = 60
"""Lines of a record: the first one says when it was written."""
_CALM = 30
"""Lines that say that all is well which may follow before it counts as got over."""


@dataclass(frozen=True, slots=True)
class LoggedFailure:
    """One thing that runs out or breaks, in the words of those who notice."""

    cause: str
    title: str
    needles: tuple[str, ...]
    says: str
    """What follows the service's name in the text."""
    advice: str
    confidence: float
    unless: tuple[str, ...] = ()
    """What means something else after all."""
    specificity: Specificity = Specificity.ORIGIN
    platform: re.Pattern[str] | None = None
    """What the platform under the program writes of it, in lines that no level marks."""
    is_of_any_system: bool = False
    """Whether processes and containers are asked as well: other signatures know most of it of those."""


_KILLS = ("invoked oom-killer", "Out of memory: Kill", "out of memory: Kill")
"""What a kernel says of a kill; where the log is a machine's, it is told as one."""

_FAILURES = (
    LoggedFailure(
        "open_files_exhausted",
        "A log says that a program may open no more files",
        ("oo many open files", "EMFILE", "ENFILE"),
        "may open no more files and connections",
        "Find what it leaves open, or raise the limit on open files.",
        0.7,
        is_of_any_system=True,
    ),
    LoggedFailure(
        "program_memory_exhausted",
        "A log says that a program gets no more memory",
        (
            *("java.lang.OutOfMemoryError", "JavaScript heap out of memory", "System.OutOfMemoryException"),
            *("MemoryError", "annot allocate memory", "std::bad_alloc", "runtime: out of memory", "ENOMEM"),
            *_KILLS,
        ),
        "gets no more memory",
        "Find out what takes the memory, or give it more.",
        0.7,
        unless=("command not allowed when used memory",),  # It is the cache that is full.
        platform=MEMORY,
        is_of_any_system=True,
    ),
    LoggedFailure(
        "workers_exhausted",
        "A log says that all workers of a program are busy",
        ("worker_connections are not enough", "RejectedExecutionException"),
        "has no free worker for its requests",
        "Find out what keeps them busy: a slow callee, a slow query, or more requests. More workers need more memory.",
        0.65,
        unless=("[Shutting down", "[Terminated"),  # A pool that is closed refuses work, however idle it is.
        platform=WORKERS,
        is_of_any_system=True,
    ),
    LoggedFailure(
        "program_cannot_start",
        "A program cannot be started, or does not accept what it is started with",
        (
            *("Failed at step ", "Exec format error", "exec format error", "APPLICATION FAILED TO START"),
            *("UnsupportedClassVersionError", "error while loading shared libraries"),
            *("Failed to load environment files: ", "Runtime.HandlerNotFound", "Runtime.UserCodeSyntaxError"),
            *("Runtime.InvalidEntrypoint", "nginx: [emerg] "),
        ),
        "cannot start",
        "Read what it says there, and compare what is started with what ran before.",
        0.7,
    ),
    LoggedFailure(
        "program_module_missing",
        "A log says that a program lacks a module, class or library",
        (
            *("ModuleNotFoundError", "Cannot find module", "ERR_MODULE_NOT_FOUND", "cannot load such file"),
            *("NoClassDefFoundError", "Could not load file or assembly"),
        ),
        "lacks a module",
        "Build it again with what is missing, or go back to the build before.",
        0.7,
    ),
    LoggedFailure(
        "program_variable_missing",
        "A log says that a program lacks a variable of its environment",
        (
            *("issing environment variable", "issing required environment variable", "nvironment variable not set"),
            *("equired environment variable", "nvironment variable is not set", "nvironment variables are not set"),
            *("nvironment variable not found", "No application encryption key has been specified"),
            *("issing `secret_key_base` for", "environment variable is missing or empty"),
            "Missing credentials. Please pass an `apiKey`, or set the `",
        ),
        "lacks a variable",
        "Set the variable that the line names where this program gets its environment, and start it again.",
        0.7,
    ),
    LoggedFailure(
        "program_crashed",
        "A log says that a program broke down",
        (
            "PANIC:",
            "panic: ",
            "panicked at ",
            "egmentation fault",
            "SIGSEGV",
            "core dumped",
            "Fatal Python error",
            # Celery says so also of the signal 15 with which a deployment ends it.
            *("Worker exited prematurely: signal 9 ", "Worker exited prematurely: signal 6 "),
            "fatal error: ",
        ),
        "broke down",
        "Read what it said before, and compare its version with the one before.",
        0.5,
        specificity=Specificity.STATE,
    ),
)


def _find_failure(failure: LoggedFailure, cluster: Cluster) -> Iterable[Claim]:
    machines = list_machines(cluster) if set(_KILLS) <= set(failure.needles) else frozenset()
    groups = _group(cluster, failure.needles, fits=lambda text: not any(word in text for word in failure.unless))
    said = {}
    for stranger, complaints in groups:
        own = [
            one for one in complaints if stranger.ref not in machines or not any(word in one.text for word in _KILLS)
        ]
        if own:
            said[stranger] = (own[0].quote, own[-1].quote)
    if failure.platform is not None:
        for stranger, first, last in find_platform(cluster, failure.platform):
            said.setdefault(stranger, (first, last))
    for stranger, quotes in said.items():
        yield claim_said(failure, stranger, *quotes)


def _match_failure(failure: LoggedFailure, case: Case) -> Sequence[Hypothesis]:
    """Return what processes and containers without a cluster say of it now, the alerted ones first.

    Most of it is said as a warning, so that it is among no workload's errors.
    """
    is_elsewhere = case.cluster.workloads or case.cluster.list("Pod")
    if not failure.is_of_any_system or is_elsewhere or judge_changes(case).guilty is not None:
        return ()
    found = []
    for workload in case.workloads:
        if not workload.entity.system or workload.phase is WorkloadPhase.STOPPED or not _may_reach(case, workload):
            continue
        said = filter(None, (_find_last(failure, log) for log in reversed(workload.logs)))
        last = next((one for one in said if _is_current(one, workload, case.scope)), None)
        if last is not None:
            found.append(
                Hypothesis(
                    cause=failure.cause,
                    text=f"{workload.entity.name} {failure.says}: {clip(say_plainly(last.line.text))}.",
                    confidence=failure.confidence,
                    entity=workload.entity,
                    citations=(cite(last.log, last.line.number), *workload.cite_state()),
                    person_must=failure.advice,
                )
            )
    return found


class _Said(NamedTuple):
    log: Evidence
    line: EvidenceLine


def _may_reach(case: Case, workload: Workload) -> bool:
    """Answer whether the alert may be for it: it is the alerted one, or that one fails at a call of nobody else.

    Who fails at something of its own does not do so because a neighbour is busy; who logs no failure, may.
    """
    failures = [one for caller in case.workloads if caller.alerted for one in caller.errors]
    if workload.alerted or not failures:
        return True
    others = [one for one in case.workloads if not one.alerted and one.entity != workload.entity]
    calls = (one for one in failures if is_late(one) or is_unreachable(one))
    return any(not any(is_called_by(call, other) for other in others) for call in calls)


def _find_last(failure: LoggedFailure, log: Evidence) -> _Said | None:
    """Return where a log's end says it last: what it said before is older, and followed by more."""
    lines = log.lines[-_LAST:]
    late = {found[1] for line in lines if (found := _LATE_WORKER.search(line.text[:_LONGEST])) is not None}
    said = (line for line in reversed(lines) if _says(failure, line.text))
    # Gunicorn kills a worker that takes too long, and then asks whether it was for memory.
    return next((_Said(log, line) for line in said if _find_killed(line.text) not in late), None)


def _find_killed(text: str) -> str:
    """Return which worker was killed, as a line says; empty where it says nothing of the kind."""
    found = _KILLED_WORKER.search(text[:_LONGEST])
    return found[1] if found is not None else ""


def _says(failure: LoggedFailure, text: str) -> bool:
    # What somebody asks for is no failure, whatever words are in it.
    text = _REQUEST.split(text[:_LONGEST], maxsplit=1)[0]
    if failure.platform is not None and failure.platform.search(text) is not None:
        return True  # Whatever its level: platforms give theirs none, or that of a notice.
    is_said = any(needle in text for needle in failure.needles) and not any(word in text for word in failure.unless)
    return is_said and find_level(text) not in (LogLevel.DEBUG, LogLevel.INFO)


def _is_current(said: _Said, workload: Workload, scope: Scope) -> bool:
    """Answer whether a line is of this incident, of the run that has the trouble, and not followed by calm.

    Not so where nobody says when it was; and a run that began since has queued up what waited for it.
    """
    log, line = said
    zone, above = read_zone(log), log.lines[: line.number - log.lines[0].number + 1][-_STACK:]
    times = (read_time(one.text, scope.onset, zone) for one in reversed(above))
    at = next((time for time in times if time is not None), None) or find_newest(log)
    started_at = workload.state.facts.started_at if workload.state is not None else None
    if at is None or at < scope.onset - ONSET_MARGIN:
        return False
    if started_at is not None and (at < started_at or scope.onset < started_at):
        return False
    levels = (find_level(later.text) for later in log.lines if later.number > line.number)
    return sum(level is not None and not level.is_severe for level in levels) <= _CALM


def _find_unreachable(cluster: Cluster) -> Iterable[Claim]:
    for call in CALLS:
        for stranger, complaints in _group(cluster, call.needles, fits=call.fits):
            last = complaints[-1]
            callee = read_callee(last.text)
            if callee is None or is_outside(callee.partition(":")[0]):
                continue
            yield Claim(
                cause="callee_unreachable",
                subject=_name_callee(cluster, callee, last) or stranger.entity,
                text=f"{stranger.name} calls {callee}, and {call.how}: {clip(last.text)}",
                confidence=0.6,
                quotes=cite_first(complaints[0].quote, last.quote),
                explains=frozenset({stranger.ref}),
                person_must=call.advice.format(callee),
            )


def _group(
    cluster: Cluster, needles: tuple[str, ...], *, fits: Callable[[str], bool]
) -> Iterable[tuple[Stranger, list[Complaint]]]:
    """Yield the services of which only logs are known that say so and have not got over it."""
    strangers = {item.ref: item for item in list_strangers(cluster).values()}
    groups: dict[str, list[Complaint]] = {}
    found = find_complaints(cluster, needles) if strangers else ()
    for complaint in keep_standing(cluster, (item for item in found if fits(item.text))):
        groups.setdefault(complaint.workload.ref, []).append(complaint)
    yield from ((strangers[ref], complaints) for ref, complaints in groups.items())


def _name_callee(cluster: Cluster, callee: str, said: Complaint) -> Entity | None:
    """Return the service that a callee is: one whose log is known, or a plain name; `None` for an address.

    Hosts of databases are rarely called like their logs: where one log alone is of such a database, and fails as well,
    it is the one.
    """
    host, _, port = callee.partition(":")
    known = list_strangers(cluster).get(host)
    if known is not None:
        return known.entity
    spoken = _MYSQL if not port and _MYSQL_SPEAKS in said.text else port
    listener = find_listener(cluster, int(spoken)) if spoken.isdigit() else None
    if listener is not None and _fails(cluster, listener):
        return listener.entity
    is_name = re.fullmatch(r"[A-Za-z][\w-]*", host) is not None
    return Stranger(host).entity if is_name else None


_MYSQL_SPEAKS, _MYSQL = "MySQL server on", "3306"
"""Its clients name no port."""


def _fails(cluster: Cluster, database: KubeObject) -> bool:
    own = [item for item in list_complaints(cluster) if item.workload.ref == database.ref]
    return bool(own) and is_standing(own)


SIGNATURES: tuple[Signature, ...] = (
    *(
        Signature(
            id=failure.cause,
            title=failure.title,
            looks_at=(EvidenceKind.LOGS,),
            ruled_out_by="A workload of a cluster is known; it said so from its beginning; it goes on without; or, of "
            "a neighbour's process or container, the alerted one fails at something else.",
            confidence_note=f"{failure.confidence}: the log says it, and not why.",
            action="none: a person must find out why",
            specificity=failure.specificity,
            find=partial(_find_failure, failure),
            match=partial(_match_failure, failure),
        )
        for failure in _FAILURES
    ),
    Signature(
        id="callee_unreachable",
        title="A log says that a service does not reach another one",
        looks_at=(EvidenceKind.LOGS,),
        ruled_out_by="The host is outside; a workload of a cluster is known; the log said so from its beginning; "
        "it goes on without; or, of a process or a container, something is down that the log may mean, or a "
        "change is to blame that did not make the other side anew.",
        confidence_note="0.6: the log says it, and not why.",
        action="none: a person must find out whether anything listens there",
        specificity=Specificity.STATE,
        match=match_unreachable,
        blames_change=True,
        shows_change=True,
        find=_find_unreachable,
    ),
)
"""The catalogue's part about what only logs say."""
