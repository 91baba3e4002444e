"""What workloads complain of in their logs, and which calls to whom they say failed.

Signatures about services, names, networks and databases ask here: a log is read once, from its end, because what ails
now is said there; stack frames and chatter are left out. A complaint by a workload that is well is heard as well: the
one that hurts is often not the one that is broken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from fermata.rules.kubernetes.dependencies import find_service
from fermata.rules.kubernetes.health import PodPhase, Trouble, pod_phase
from fermata.rules.kubernetes.logs import Sayings, drop_digits
from fermata.rules.levels import find_level
from fermata.rules.logs import find_time
from fermata.rules.references import drop_references
from fermata.rules.signatures.platform_words import WORKERS
from fermata.rules.signatures.strangers import Stranger, drop_routine, list_strangers

if TYPE_CHECKING:
    from fermata.rules.claims import Quote
    from fermata.rules.kubernetes.cluster import Cluster
    from fermata.rules.kubernetes.logs import LogText
    from fermata.rules.kubernetes.objects import KubeObject

_WINDOW_AILING = 98_304
"""Characters from the end of the log of a workload with pods that are not ready: two or three long stack traces."""
_BUDGET_AILING = 786_432
"""Characters that all logs of such workloads share, so that fifty that fail at once are still read in milliseconds."""
_WINDOW_WELL = 16_384
_WINDOW_BESIDE = 8_192
"""The same for one that is well, alone or while others ail: a window for dozens of logs has to be paid for."""
_LIMIT = 80
"""Complaints kept of one log, the latest ones."""
_AROUND = 400
"""Characters on both sides of the words for a failure in which its host is looked for."""
_MANY = 3
"""Times that a workload that runs has to say that a call fails: once or twice is lost in any network."""
_CALM = 4_000
"""Characters, some thirty lines, that may follow the last complaint before it counts as got over."""
_LONG = 4
"""The same as a multiple of the usual distance between two complaints."""
_OVER = timedelta(minutes=10)
"""How long before the alert complaints have to have ended, in a log that goes on: a rule may wait as long to alert."""
_TAIL = 20
"""Lines at a log's end in which its latest time is looked for."""
_PARTING = 600
"""Characters that may follow the words on which a program ends."""
_PARTING_LINES = 5
"""The same as lines, where they are longer than usual: MongoDB's JSON."""
_PROXIES = frozenset({"istio-proxy", "linkerd-proxy", "istio-init", "linkerd-init"})
_POD_NAME = re.compile(r"(?:-[a-z0-9]{6,10})?-[a-z0-9]{5}$|-\d+$")
_MARKS = (
    *("rror", "xception", "ailed", "ailure", "efused", "arning", "ERR", "FATAL", "ECONN", "ENOT", "anic", "nvalid"),
    *(
        "ot found",
        "denied",
        "READONLY",
        "oo many",
        "emerg",
        "EAI_",
        "EADDR",
        "annot ",
        "ead-only",
        "timed out",
        "EHOST",
        "ETIME",
        "has no server",
        "no_healthy_upstream",
    ),
    # What kernels and runtimes write without a word for a failure.
    *("ut of memory", "oom-killer", "bad_alloc", "EMFILE", "ENFILE", "ENOMEM", "ax client conn"),
    *("SIGSEGV", "egmentation fault", "core dumped", "PANIC"),
    # Last words of Spring, and of kernels that drop; none of them holds any of the above.
    *("FAILED", "o space left", "table full", "limits exceeded"),
    # What servers whose workers are all busy merely warn of.
    *("server reached ", "seems busy (you may", "uWSGI listen queue of socket ", "currently busy", "created for conn"),
    *("enough free threads", "equest queue is full"),
)
"""What a line holds that says that something is wrong, in the words of programs, not of people."""


_ANSWERED_BADLY = re.compile(r'HTTP/[\d.]{1,3}" 5\d\d\b')
"""What a proxy writes of a request that it could not serve: access logs have no levels."""


_UNIT_FAILED = re.compile(r"\bsystemd\[\d{1,7}\]: .{0,80}(?:Failed with result '|Failed at step |: Failed to start )")
"""What systemd says of a unit that does not run; its lines have no levels either."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """One line in which a workload says that something is wrong."""

    workload: KubeObject
    log: LogText
    text: str

    @property
    def quote(self) -> Quote | None:
        """Return its line, the first one of that wording."""
        return self.log.find(self.text)


class Failure(StrEnum):
    """How a call failed."""

    REFUSED = "refused"
    """Nobody listens there, or a service has no endpoints."""
    UNRESOLVED = "unresolved"
    """Its name has no address."""
    TIMEOUT = "timeout"
    """Nobody answers: packets are dropped, or who listens is too slow."""
    RESET = "reset"
    """It was accepted, then cut."""


@dataclass(frozen=True, slots=True)
class FailedCall:
    """A call that its caller says failed, with the host it was made to."""

    caller: KubeObject
    host: str
    port: int | None
    """`None` when the line names none."""
    failure: Failure
    service: KubeObject | None
    """The service of the cluster that the host is; `None` for hosts elsewhere and for unknown ones."""
    complaint: Complaint
    """The first one, in the log's window."""
    lasts: bool
    """Whether the caller has said so several times, and until now."""


def is_ailing(cluster: Cluster, workload: KubeObject) -> bool:
    """Answer whether one of a workload's pods is anything but ready or completed."""
    return workload.ref in cluster.remember(_list_ailing)


def _list_ailing(cluster: Cluster) -> frozenset[str]:
    fine = (PodPhase.RUNNING_READY, PodPhase.COMPLETED)
    ill = (pod for pod in cluster.list("Pod") if pod_phase(pod) not in fine)
    return frozenset((cluster.workload_of(pod) or pod).ref for pod in ill)


def list_complaints(cluster: Cluster) -> Sequence[Complaint]:
    """Return what the workloads of a cluster complain of, log by log in the order given, the oldest line first."""
    return cluster.remember(_gather_complaints)


def _gather_complaints(cluster: Cluster) -> list[Complaint]:
    heard = _list_heard(cluster)
    wordings = [drop_digits(end).split("\n") for _, _, end in heard]
    complaining = _select_complaining({wording for each in wordings for wording in each})
    complaints = []
    for (workload, log, end), each in zip(heard, wordings, strict=True):
        lines = [line for line, wording in zip(end.split("\n"), each, strict=True) if wording in complaining]
        # The same words again and again are one complaint; dictionaries keep the order.
        lines = list(dict.fromkeys(lines))[-_LIMIT:]
        kept = drop_routine(log, lines) if isinstance(workload, Stranger) else lines
        complaints += [Complaint(workload, log, line) for line in kept]
    return complaints


def list_writers(cluster: Cluster) -> list[tuple[KubeObject, LogText]]:
    """Return the logs with who wrote each: a workload, or a service of which nothing but its log is known."""
    owners = {pod.name: cluster.workload_of(pod) or pod for pod in cluster.list("Pod")}
    named = {workload.name: workload for workload in cluster.workloads}
    strangers = list_strangers(cluster)
    found = []
    for log in cluster.logs():
        workload = owners.get(log.pod) or named.get(log.pod) or named.get(_POD_NAME.sub("", log.pod))
        workload = workload or strangers.get(log.pod)
        if workload is not None:
            found.append((workload, log))
    return found


def _list_heard(cluster: Cluster) -> list[tuple[KubeObject, LogText, str]]:
    """Return the logs that are read, each with who wrote it and with its end."""
    ailing = cluster.remember(_list_ailing)
    heard: list[tuple[KubeObject, LogText, bool]] = []
    for workload, log in list_writers(cluster):
        is_ill = workload.ref in ailing
        if is_ill or not (log.previous or log.container in _PROXIES):
            heard.append((workload, log, is_ill))
    large = min(_WINDOW_AILING, _BUDGET_AILING // max(1, sum(is_ill for _, _, is_ill in heard)))
    small = _WINDOW_BESIDE if ailing else _WINDOW_WELL
    return [(workload, log, _cut_end(log.text, large if is_ill else small)) for workload, log, is_ill in heard]


def _cut_end(text: str, window: int) -> str:
    """Return the whole lines at the end of a log; the first line of the window is cut, and cannot be quoted."""
    return text if len(text) <= window else text[len(text) - window :].partition("\n")[2]


def _select_complaining(wordings: set[str]) -> set[str]:
    found: set[str] = set()
    said = "\n".join(wordings)
    for mark in _MARKS:
        if mark in said:
            found.update([wording for wording in wordings if mark in wording])
    return {wording for wording in found if "\tat " not in wording}


def find_complaints(cluster: Cluster, needles: Iterable[str]) -> Iterator[Complaint]:
    """Yield the complaints that hold one of the needles, as spelt."""
    said = cluster.remember(_gather_sayings)
    present = [needle for needle in needles if said.may_hold(needle)]
    complaints = list_complaints(cluster)
    # Needle by needle, since each is in few complaints.
    places = {place for needle in present for place, item in enumerate(complaints) if needle in item.text}
    return (complaints[place] for place in sorted(places))


def _gather_sayings(cluster: Cluster) -> Sayings:
    return Sayings((complaint.text for complaint in list_complaints(cluster)), by_word=True)


# How clients of all languages say that a call failed. Each line is looked at once for the sort of failure, then for
# the host: what resolvers quote, what a proxy calls its upstream, then any host with a port that is not a source file.
_FAILURES: tuple[tuple[Failure, tuple[str, ...]], ...] = (
    (
        Failure.UNRESOLVED,
        (
            "no such host",
            "nknownHostException",
            "nknown host",
            "name resolution",
            "ENOTFOUND",
            "EAI_AGAIN",
            "could not translate host name",
            "Name or service not known",
            "ame does not resolve",
            "host not found in upstream",
            "Could not resolve host",
            "Failed to resolve",
            "No such host is known",
            "nknown MySQL server host",
            "getaddrinfo failed",
            "nodename nor servname",
            "server misbehaving",
            "dial tcp: lookup",
            "dns error: failed to lookup",
            "failed to lookup address",
        ),
    ),
    (Failure.REFUSED, ("onnection refused", "ECONNREFUSED", "actively refused", "UnableToConnect", "Errno 111")),
    (
        Failure.TIMEOUT,
        (
            "i/o timeout",
            "ETIMEDOUT",
            "onnect timed out",
            "onnection timed out",
            "onnectTimeout",
            "onnection time out",
            "ConnectTimeoutError",
            "upstream timed out",
            "No route to host",
            "no route to host",
            "EHOSTUNREACH",
            "etwork is unreachable",
            "Connection timeout",
            "operation timed out",
        ),
    ),
    (Failure.RESET, ("onnection reset", "ECONNRESET", "socket hang up", "broken pipe", "EPIPE", "unexpected EOF")),
)
_HOST = r"[A-Za-z0-9](?:[\w-]{0,80}[A-Za-z0-9])?(?:\.[A-Za-z0-9][\w-]{0,80}){0,12}"
"""Bounded, so that a long line without an address is looked through in a time that grows with its length alone."""
_NAMES = (
    re.compile(rf"lookup ({_HOST})\.?(?: on |:)"),
    re.compile(rf"UnknownHostException: ({_HOST})"),
    re.compile(rf"(?:ENOTFOUND|EAI_AGAIN) ({_HOST})(?::(\d+))?"),
    re.compile(rf"host name \"({_HOST})\""),
    re.compile(rf"server host '({_HOST})'"),
    re.compile(rf"host not found in upstream \"({_HOST})(?::(\d+))?"),
    re.compile(rf"(?:Could not resolve host|Failed to resolve):? '?({_HOST})"),
    re.compile(rf"No such host is known\.? \(({_HOST}):(\d+)\)"),
    re.compile(rf"host='({_HOST})', port=(\d+)"),
    re.compile(rf"server at \"({_HOST})\"[^,]*, port (\d+)"),
    re.compile(rf"server on '({_HOST})(?::(\d+))?'"),
    re.compile(rf"upstream: \"\w+://({_HOST})(?::(\d+))?"),
    re.compile(rf"(?:dial tcp|read udp) [\d.:]+->({_HOST}):(\d+)"),
    re.compile(rf"(?:dial|connect) (?:tcp|udp|ECONNREFUSED|ETIMEDOUT) ({_HOST}):(\d+)"),
    # From its first letter on: trying each of the others in turn, in vain, would take four times as long.
    re.compile(rf"(?<![A-Za-z0-9])({_HOST})/(?:<unresolved>|[\d.]+):(\d+)"),
    re.compile(rf"://(?:[^@/\s\"]*@)?({_HOST}):(\d+)"),
    re.compile(rf"(?<![\w./@-])({_HOST}):(\d{{2,5}})(?![\d:])"),
    re.compile(rf"://(?:[^@/\s\"]*@)?({_HOST})(?=[/\s\"']|$)"),
)
_SOURCE = re.compile(
    r"\.(?:go|java|py|js|mjs|ts|rb|cs|php|rs|c|cc|cpp|scala|kt|jar!?|so|ex|erl)$|^\d+$|^\d{4}-\d\d-\d\dT\d+$"
)
_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def list_failed_calls(cluster: Cluster) -> Sequence[FailedCall]:
    """Return the calls that logs say failed and whose host they name, each caller, host and failure once."""
    return cluster.remember(_gather_calls)


def _gather_calls(cluster: Cluster) -> list[FailedCall]:
    found: dict[tuple[str, str, int | None, Failure], list[Complaint]] = {}
    needles = [needle for _, words in _FAILURES for needle in words]
    for complaint in find_complaints(cluster, needles):
        failure, text = _cut_out(complaint.text)
        address = _read_callee(cluster, text, complaint.workload.namespace)
        if address is not None:
            found.setdefault((complaint.workload.ref, *address, failure), []).append(complaint)
    calls = []
    for (_, host, port, failure), complaints in found.items():
        caller = complaints[0].workload
        service = find_service(cluster, host, caller.namespace)
        calls.append(FailedCall(caller, host, port, failure, service, complaints[0], does_last(complaints)))
    return calls


def does_last(complaints: Sequence[Complaint]) -> bool:
    """Answer whether complaints of one workload are many and go on: the silence after them is not longer than usual.

    What an application could not reach while it started, or lost for a moment, it has got over.
    """
    latest = complaints[-1]
    text = latest.log.text
    same = [complaint for complaint in complaints if complaint.log is latest.log]
    if len(complaints) < _MANY or _is_over(same):
        return False
    start = max(0, len(text) - _WINDOW_AILING)
    first, last = text.find(same[0].text, start), text.rfind(latest.text)
    gap = (last - first) / max(1, len(same) - 1)
    return len(text) - last - len(latest.text) <= max(_CALM, _LONG * gap)


def _is_over(said: Sequence[Complaint]) -> bool:
    """Answer whether complaints of one log had long ended when the alert began, and the log went on without them."""
    log = said[-1].log
    times = [at for complaint in (said[0], said[-1]) if (at := find_time(complaint.text)) is not None]
    if log.alerted_at is None or len(times) < 2 or log.alerted_at - times[-1] <= _OVER:
        return False
    ends = (find_time(line) for line in reversed(log.text.rstrip().rsplit("\n", _TAIL)[1:]))
    ended_at = next((at for at in ends if at is not None), times[-1])
    usual = (times[-1] - times[0]) / max(1, len(said) - 1)
    return min(log.alerted_at, ended_at) - times[-1] > max(_OVER, _LONG * usual)


_IN_ITS_PLACE = re.compile(
    r"\bheroku\[(?:router\]: (?:sock=\w{1,20} )?at=error\b|(?!router)[\w.-]{1,60}\]: )|\[P[A-Z]\d\d\] "
)
"""What a platform's router and supervisor (Heroku, Fly.io) write of a program that does not answer or run: it is not
the program that goes on."""


def _drop_others(rest: str) -> str:
    return "\n".join(line for line in rest.split("\n") if not _IN_ITS_PLACE.search(line))


def is_standing(complaints: Sequence[Complaint]) -> bool:
    """Answer whether complaints of one service last, or a log ends on the latest one: then it said nothing more."""
    latest = complaints[-1]
    rest = latest.log.text[latest.log.text.rfind(latest.text) + len(latest.text) :]
    rest = _drop_others(rest).strip()
    if _is_over([complaint for complaint in complaints if complaint.log is latest.log]):
        return False
    return does_last(complaints) or len(rest) <= _PARTING or rest.count("\n") < _PARTING_LINES


def keep_standing(cluster: Cluster, complaints: Iterable[Complaint]) -> Iterable[Complaint]:
    """Return complaints of one sort; those of services that only logs tell of just where they stand.

    A workload can be asked whether it still ails; of a log, what it got over is over.
    """
    if not list_strangers(cluster):
        return complaints
    groups: dict[str, list[Complaint]] = {}
    for complaint in complaints:
        groups.setdefault(complaint.workload.ref, []).append(complaint)
    return [item for group in groups.values() if is_standing(group) for item in group]


def _cut_out(text: str) -> tuple[Failure, str]:
    """Return how a call failed and what the line says around that: one line may hold a whole trace of another."""
    failure, word = next((sort, word) for sort, words in _FAILURES for word in words if word in text)
    position = text.find(word)
    return failure, text[max(0, position - _AROUND) : position + _AROUND]


def read_address(text: str) -> tuple[str, int | None] | None:
    """Return the host and the port, where one is named, that a line of a log speaks of; `None` when it names none."""
    return next(_list_addresses(text), None)


def _list_addresses(text: str) -> Iterator[tuple[str, int | None]]:
    text = drop_references(text)
    for pattern in _NAMES:
        for match in pattern.finditer(text):
            host = match[1]
            if _SOURCE.search(host) or host in ("localhost", "127.0.0.1", "0.0.0.0", "unix"):  # noqa: S104  # Read, not bound.
                continue
            port = match[2] if pattern.groups > 1 else None
            yield host, int(port) if port else None


def _read_callee(cluster: Cluster, text: str, namespace: str) -> tuple[str, int | None] | None:
    """Return whom a line says was called: by a number that is no service's, the service that the line names beside it.

    So clients write of a service without an address of its own (`http://db:80: dial tcp 10.1.2.3:8080`), and of a pod.
    """
    found = _list_addresses(text)
    first = next(found, None)
    if first is None or not _NUMBER.fullmatch(first[0]) or find_service(cluster, first[0], namespace) is not None:
        return first
    return next((each for each in found if find_service(cluster, each[0], namespace) is not None), first)


def list_calls_to(cluster: Cluster, service: KubeObject) -> list[FailedCall]:
    """Return the failed calls to a service."""
    return [call for call in list_failed_calls(cluster) if call.service is service]


_ALERTED = re.compile(r"\b[45]\d\d\b|\b5xx\b|(?i:\berrors?\b|unreachable|\bdown\b|unavailable|fail)")


def list_complaint_troubles(cluster: Cluster) -> tuple[Trouble, ...]:
    """Return what logs and alerts say is wrong, as troubles: callers that fail, services that are missed or alerted.

    A workload whose pods are not ready is listed by its pods already; only those that run are listed as callers.
    """
    found: dict[tuple[str, str], Trouble] = {}
    for call in list_failed_calls(cluster):
        ails = is_ailing(cluster, call.caller)
        if not (ails or call.lasts):
            continue
        words = f"{call.caller.name} fails to reach {call.service.name if call.service is not None else call.host}"
        if not ails:
            found.setdefault((call.caller.ref, call.host), Trouble(call.caller.ref, words, call.complaint.quote))
        if call.service is not None:
            text = f"calls to service {call.service.name} fail"
            found.setdefault((call.service.ref, ""), Trouble(call.service.ref, text, call.complaint.quote))
    services = sorted(cluster.list("Service"), key=lambda item: -len(item.name))
    for notice in cluster.notices:
        named = next((item for item in services if _names(notice.text, item.name)), None)
        if named is not None and _ALERTED.search(notice.text):
            found.setdefault((named.ref, "alert"), Trouble(named.ref, f"an alert speaks of {named.name}", notice))
    return (*found.values(), *_list_bursts(cluster))


def _list_bursts(cluster: Cluster) -> Iterator[Trouble]:
    """Yield the services of which only logs are known whose logs go on failing, each once."""
    said: dict[str, list[Complaint]] = {}
    for complaint in list_complaints(cluster) if list_strangers(cluster) else ():
        level = find_level(complaint.text)
        is_said = any(pattern.search(complaint.text) for pattern in (_ANSWERED_BADLY, _UNIT_FAILED, WORKERS))
        is_failure = (level is not None and level.is_severe) or is_said
        if isinstance(complaint.workload, Stranger) and is_failure:
            said.setdefault(complaint.workload.ref, []).append(complaint)
    for ref, complaints in said.items():
        if is_standing(complaints):
            says = "goes on failing" if len(complaints) > 1 else "says that something failed"
            text = f"the log of {complaints[-1].workload.name} {says}"
            yield Trouble(ref, text, complaints[-1].quote)


def _names(text: str, name: str) -> bool:
    """Answer whether a text names something, not merely something longer that holds the name."""
    return name in text and re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
