"""Whether a failure to reach something is about one object that is down: by its names, addresses, ports, and the time.

Read by the signature `dependency_refused`, and by those that must not take such a failure for something else. Where
nothing speaks for one object, the only one that is down is a guess, and everything that speaks against it counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

from fermata.domain.facts import EnvironmentFacts, WorkloadPhase
from fermata.rules.logs import LoggedError
from fermata.rules.signatures.workloads import Occurrence, Workload, contains_word

_UNREACHABLE = (
    "connection refused", "connectionrefusederror", "econnrefused", "no route to host", "timed out", "etimedout",
    "timeouterror", "connecttimeout", "readtimeout", "deadline exceeded", "connection reset", "econnreset",
)  # fmt: skip
_LATE = (
    "timed out", "etimedout", "timeouterror", "timeoutexception", "connecttimeout", "readtimeout", "deadline exceeded",
    "esockettimedout",
)  # fmt: skip
# glibc, musl, BSD, Node.js, Go, Java, nginx, libpq, psycopg, busybox and GNU Wget of a name that their resolver does
# not know.
_UNRESOLVED = (
    "name or service not known", "name does not resolve", "no such host", "getaddrinfo", "enotfound", "eai_again",
    "name resolution", "unknownhost", "host not found in upstream", "could not translate host name",
    "could not resolve", "failed to resolve host", "bad address '", "unable to resolve host", "nodename nor servname",
)  # fmt: skip
# What whoever was called answered, or the proxy before it: the program that tells it only passes it on.
_ANSWERED = re.compile(r"\b50[234]\b|service ?unavailable|bad gateway|upstream connect error", re.IGNORECASE)
_PORT = re.compile(r"(?::|port=)([0-9]{2,5})(?![0-9])")
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
# Of a proxy's line this is whom it called; the addresses before it are of whoever called the proxy (nginx).
_UPSTREAM = re.compile(r'\bupstream: "([^"]{1,500})"')
_HOST = re.compile(r"(?:^|//|@)([A-Za-z][A-Za-z0-9_-]{0,62})(?=$|[/?]|:(?!//))")
"""The host of a variable: a name alone, with its port, or within an address. Names with dots are of other servers."""
_OTHERS_ADDRESS = r"(?!0\.|127\.)\d{1,3}(?:\.\d{1,3}){3}"
"""Not one to listen on."""
_NO_NAMES = frozenset({"localhost", "true", "false", "yes", "no", "on", "off", "none"})
_NO_PLACE = re.compile(
    r"(?i)(?:USER|USERNAME|LOGIN|OWNER|ROLE|SCHEMA|ENGINE|DIALECT|DRIVER|CLIENT|PASSWORD|PASS|SECRET|DBNAME"
    r"|_DB|_DATABASE|(?<!HOST)(?<!SERVER)_NAME)$"
)
"""Ends the name of a variable whose single word is no host: `DB_USER=postgres` beside a service `postgres`."""
_NAMELESS = re.compile(r"\[Errno -\d\] [A-Z][A-Za-z ]+>?$")
"""Python's `socket.gaierror`, alone or in urllib's `URLError`: the error of the resolver without what was asked."""
_NAMED = re.compile(r"""(?:\bhost(?: name)?[ =]|\bresolve )["']""", re.IGNORECASE)
_LONGEST = 2000
_MARGIN = timedelta(seconds=5)
"""How far two clocks may be apart when it is told whether a failure came before an end; a guess."""


def is_unreachable(occurrence: Occurrence) -> bool:
    """Answer whether a failure is that something does not answer, or not in time."""
    return _says(occurrence, _UNREACHABLE)


def is_passed_on(error: LoggedError) -> bool:
    """Answer whether a failure is that something which was called does not answer, or answers that it cannot."""
    text = error.raised.text[:_LONGEST]
    return _ANSWERED.search(text) is not None or any(word in text.lower() for word in _UNREACHABLE)


def is_unresolved(occurrence: Occurrence) -> bool:
    """Answer whether a failure is that a name is not known to the resolver.

    A container's name is known to the DNS of its network only while it runs (docs.docker.com, "Networking overview",
    embedded DNS server): whom it is gone for looks as if the resolver failed.
    """
    return _says(occurrence, _UNRESOLVED)


def is_late(occurrence: Occurrence) -> bool:
    """Answer whether a failure is that an answer did not come in time."""
    return _says(occurrence, _LATE)


def is_called_by(failure: Occurrence, other: Workload) -> bool:
    """Answer whether a failure says that the other object was called: its address, or a name of it as a host."""
    texts = _list_texts(failure)
    return _call(texts, other) or any(_is_host(other.entity.name, _find_called(text)) for text in texts)


def _says(occurrence: Occurrence, words: Sequence[str]) -> bool:
    texts = [text.lower() for text in _list_texts(occurrence)]
    return any(word in text for text in texts for word in words)


def _list_texts(occurrence: Occurrence) -> list[str]:
    return [line.text[:_LONGEST] for line in occurrence.error.lines]


def is_paused(workload: Workload) -> bool:
    """Answer whether its system calls it paused: frozen, with all that it holds in memory."""
    return workload.state is not None and workload.state.facts.system_state.partition(" ")[0].lower() == "paused"


def was_well(failure: Occurrence, other: Workload) -> bool:
    """Answer whether a failure was written while the other object had not ended yet, and so is not for its end.

    Nobody can say that of what ended several times: it was down before.
    """
    facts = other.state.facts if other.state else None
    if facts is None or facts.ended_at is None or facts.exits > 1 or facts.phase is WorkloadPhase.CRASH_LOOP:
        return False
    return failure.written_by is not None and failure.written_by < facts.ended_at - _MARGIN


def leads_to(failure: Occurrence, caller: Workload, other: Workload) -> bool:
    """Answer whether a failure names the other object, its address, or a port that is its own.

    A port belongs to it by the environment of either. A name that does not resolve speaks of nothing but that name;
    where nothing tells which, as Python's own words do not, of those that the caller's variables have.
    """
    texts = _list_texts(failure)
    if _names(texts, other):
        return True
    if is_unresolved(failure) and not is_unreachable(failure):
        return _is_meant(texts, caller, other)
    ports = {port for text in texts for port in _PORT.findall(text)}
    prefix = other.entity.name.upper().replace("-", "_")
    theirs = other.environment.facts.variables.values() if other.environment else ()
    ours = caller.environment.facts.variables.items() if caller.environment else ()
    known = [*theirs, *(value for name, value in ours if name.startswith(prefix))]
    return any(value == port or value.endswith(f":{port}") for value in known for port in ports)


def _is_meant(texts: Sequence[str], caller: Workload, other: Workload) -> bool:
    """Answer whether texts say that a name is not known, not which, and a variable of the caller has the object's."""
    if not any(_NAMELESS.search(text) for text in texts) or any(_NAMED.search(text) for text in texts):
        return False
    return _is_configured_for(caller, other)


def _is_configured_for(caller: Workload, other: Workload) -> bool:
    """Answer whether a variable of the caller names the other object as a host."""
    if caller.environment is None:
        return False
    hosts = {host.lower() for _, host in list_hosts(caller.environment.facts)}
    names = other.state.facts.names if other.state else ()
    return not hosts.isdisjoint(name.lower() for name in (other.entity.name, other.entity.namespace, *names))


def _may_be_configured_for(caller: Workload, other: Workload) -> bool:
    """Answer whether a variable of the caller names the other object, be it with a domain, or an address of no name."""
    if _is_configured_for(caller, other):
        return True
    values = caller.environment.facts.variables.values() if caller.environment is not None else ()
    names = "|".join(re.escape(name) for name in (other.entity.name, other.entity.namespace) if name)
    host = re.compile(rf"(?:^|//|@)(?:{_OTHERS_ADDRESS}|(?:{names})\.[\w.-]{{1,200}})(?=$|[/?:])", re.IGNORECASE)
    return any(host.search(value[:_LONGEST]) for value in values)


def list_hosts(facts: EnvironmentFacts) -> Iterator[tuple[str, str]]:
    """Yield the variables whose value is a host or an address, each with the name in it."""
    for variable, value in facts.variables.items():
        if value.isidentifier() and _NO_PLACE.search(variable):
            continue
        for host in _HOST.findall(value[:_LONGEST]):
            if host.lower() not in _NO_NAMES:
                yield variable, host


def _names(texts: Sequence[str], other: Workload) -> bool:
    """Answer whether texts name an object: itself anywhere, a further name of it only where a host stands."""
    if any(contains_word(text.lower(), other.entity.name.lower()) for text in texts):
        return True
    return _call(texts, other)


def _call(texts: Sequence[str], other: Workload) -> bool:
    """Answer whether texts say that an object was called by its address, or by a further name of it."""
    facts = other.state.facts if other.state else None
    if facts is None:
        return False
    called = [_find_called(text) for text in texts]
    if any(address in _ADDRESS.findall(part) for part in called for address in facts.addresses):
        return True
    return any(_is_host(name, part) for name in facts.names for part in called)


def _find_called(text: str) -> str:
    upstream = _UPSTREAM.search(text)
    return upstream[1] if upstream is not None else text


def _is_host(name: str, text: str) -> bool:
    """Answer whether a name stands where a host does: `//db/`, `@db:`, `host 'db'`, `lookup db on`, `ENOTFOUND db`."""
    if name.lower() not in text.lower():
        return False  # Of most names nothing stands there, and the pattern is tried at every character.
    before = r"""(?://|@|\b(?:host|name|address|lookup|upstream|ENOTFOUND|EAI_AGAIN|UnknownHostException:?|to|at|host=)\s?["'(]?)"""
    return re.search(rf"{before}{re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


def find_lone(
    workloads: Sequence[Workload], caller: Workload, other: Workload, failures: Sequence[Occurrence]
) -> Occurrence | None:
    """Return the last failure that may be for the only object that is down, although none leads to it.

    None may where the caller's variables name others that are known, and not this one: it calls those.

    Args:
        workloads: All that are known: what a failure names of them, it is about.
        failures: Of the caller, oldest first.
    """
    ends = {one.evidence_id: one for one in caller.errors}.values()
    if caller.is_failing and not any(is_unreachable(end) for end in ends):
        # What does not stay up ends on what each of its logs says last, and that is something else.
        return None
    known = [one for one in workloads if one.entity not in (caller.entity, other.entity)]
    if not _may_be_configured_for(caller, other) and any(_is_configured_for(caller, one) for one in known):
        return None
    fitting = (one for one in reversed(failures) if is_unreachable(one) and not was_well(one, other))
    return next((one for one in fitting if not any(_names(_list_texts(one), known_one) for known_one in known)), None)


def is_named_by_failures(workloads: Sequence[Workload]) -> bool:
    """Answer whether a name that does not resolve is of what is or was down: then no resolver is to blame."""
    pairs = ((caller, failure) for caller in workloads if caller.alerted for failure in caller.errors)
    return any(
        is_unresolved(failure) and _was_down(failure, other) and leads_to(failure, caller, other)
        for caller, failure in pairs
        for other in workloads
        if other.entity != caller.entity and other.state is not None
    )


def _was_down(failure: Occurrence, other: Workload) -> bool:
    """Answer whether the other object is down for a failure, or was when that was written, and runs anew since."""
    if other.is_failing:
        return not was_well(failure, other)
    facts, at = other.state.facts if other.state else None, failure.written_by
    if facts is None or facts.former_end_at is None or facts.started_at is None or at is None:
        return False
    # Of one that ended several times only the last end is known: it was down before.
    return at < facts.started_at + _MARGIN and (facts.exits > 1 or at > facts.former_end_at - _MARGIN)
