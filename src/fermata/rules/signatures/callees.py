"""Whom an alerted process or container does not reach, where nothing that is known to be down explains it.

What is called is named as its engine knows it, with since when it runs: a refusal from the second in which a callee was
made anew says nothing of now, and what waits for its next start after a callee came back needs no search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.facts import WorkloadPhase
from fermata.rules.changes.shapes import find_newest
from fermata.rules.citations import cite
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.cut_networks import match_cut
from fermata.rules.signatures.failed_calls import (
    FailedCall,
    calls_another,
    find_call,
    find_called,
    list_addresses,
    read_call,
)
from fermata.rules.signatures.faulty_setting import match_setting
from fermata.rules.signatures.precedence import keep_telling
from fermata.rules.signatures.said_refusals import find_said
from fermata.rules.signatures.workloads import ONSET_MARGIN, Occurrence, Workload, clip, contains_word

_CONFIDENCE = 0.6
_BOOTS = timedelta(seconds=30)
"""How long a program may take from its start until it listens; a guess."""
_GOES_ON = timedelta(seconds=10)
"""How long a log goes on without a failure until it is over: two calls of what calls every five seconds."""
_CALM = timedelta(minutes=2)
"""The same, of a callee that has run for a while: what calls it less often is not heard of."""
_LONGEST_WAIT = timedelta(minutes=1)
"""Docker doubles its wait before each new start, up to this (moby, `restartmanager.go`, read 2026-11)."""
_TOLERANCE = timedelta(seconds=2)
_PORT_OPTION = re.compile(
    r"(?<!\S)--?(?:(?:(?:http|listen|server|bind|tcp|web|api|grpc)[-_]?)?port|p)[ =](\d{2,5})(?!\S)"
)
"""Where a program takes calls; not that of its metrics, and neither `--report` nor `--transport`."""
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def match_unreachable(case: Case) -> Sequence[Hypothesis]:
    """Return whom the alerted processes and containers do not reach, each the last one that it complains of."""
    down = [workload for workload in case.workloads if workload.is_failing and not workload.alerted]
    if match_setting(case) or match_cut(case):
        return ()  # A change of settings says which name, port or network, and why.
    newest = {one.entity.ref: _find_newest(one) for one in case.workloads if one.alerted}

    def is_standing(caller: Workload, said: Occurrence) -> bool:
        if not all(calls_another(said, one) for one in down):
            return False  # What is down explains it.
        return not _is_over(case, caller, said, newest[caller.entity.ref])

    found = find_said(case, lambda text: read_call(text) is not None, fits=is_standing)
    return keep_telling(case, [_tell(case, *one) for one in found], is_shown=True)


def tell_over(case: Case, caller: Workload) -> str:
    """Return, as a check for people, whom a caller reaches again since its last failing call; empty for any other."""
    last = caller.errors[-1] if caller.errors else None
    failed = find_call(last) if last is not None else None
    callee = find_called(case, caller, failed.host) if failed is not None else None
    if last is None or failed is None or callee is None or not _is_over(case, caller, last, _find_newest(caller)):
        return ""
    failing = f"{caller.entity.name} failed to reach it last at {last.written_by:%H:%M:%S} UTC"
    return f"Look at {callee.entity.name}: {failing}, and gets its answers since. {_tell_life(case, callee, failed)}."


def _find_newest(caller: Workload) -> datetime | None:
    return max((at for log in caller.logs if (at := find_newest(log)) is not None), default=None)


def _is_over(case: Case, caller: Workload, said: Occurrence, newest: datetime | None) -> bool:
    """Answer whether a callee was started since or shortly before, and a caller that runs goes on without failing so.

    A proxy fails on what is made anew for a second, and gets answers since.
    """
    failed = find_call(said)
    if failed is None or caller.is_failing or said.written_by is None or newest is None:
        return False
    started_at = _get_start(find_called(case, caller, failed.host))
    if started_at is None:
        return False
    is_of_start = said.written_by <= started_at + _BOOTS
    return newest >= max(said.written_by, started_at) + (_GOES_ON if is_of_start else _CALM)


def _get_start(callee: Workload | None) -> datetime | None:
    """Return since when a callee runs; `None` where it does not, or is not known."""
    is_running = callee is not None and callee.phase is WorkloadPhase.RUNNING
    return callee.state.facts.started_at if is_running and callee is not None and callee.state else None


def _tell(case: Case, caller: Workload, said: Occurrence) -> Hypothesis:
    failed = find_call(said)
    assert failed is not None  # noqa: S101 - `find_said` was asked for lines that tell of one
    callee = find_called(case, caller, failed.host)
    if callee is not None and _has_returned(caller, callee, said):
        return _tell_return(caller, callee, said, failed)
    name = caller.entity.name
    whom = failed.callee if callee is None else f"{failed.callee} ({callee.entity.name})"
    text = f"{name} calls {whom}, and {failed.call.how}: {clip(failed.line.text).rstrip('.')}"
    must = failed.call.advice.format(failed.callee)
    if callee is not None and callee.phase is WorkloadPhase.RUNNING:
        text += f". {_tell_life(case, callee, failed)}"
        must = _advise(case, callee, failed) or failed.call.advice.format(whom)
    elif callee is None and _is_of_network(caller, failed.host):
        text += f". No container that was looked at has {failed.host} now"
        must = (
            f"Find out whose address {failed.host} was (`docker network inspect`): a container that is made anew may "
            f"get another one, and {name} may hold on to the old one. A restart of {name} asks for names again."
        )
    return Hypothesis(
        cause="callee_unreachable",
        text=f"{text.rstrip('.')}.",
        confidence=_CONFIDENCE,
        entity=caller.entity if callee is None else callee.entity,
        citations=(said.cite(failed.line), *caller.cite_state(), *_cite(callee), *_cite_moved(case, callee, failed)),
        person_must=must,
    )


def _has_returned(caller: Workload, callee: Workload, said: Occurrence) -> bool:
    """Answer whether a callee was started after the last failure of a caller that its engine starts again and again."""
    started_at = _get_start(callee)
    if caller.phase is not WorkloadPhase.CRASH_LOOP or started_at is None or said.written_by is None:
        return False
    again_at = caller.state.facts.started_at if caller.state else None
    # What failed in its present run may fail on.
    return said.written_by < started_at + _TOLERANCE and (again_at is None or said.written_by <= again_at)


def _tell_return(caller: Workload, callee: Workload, said: Occurrence, failed: FailedCall) -> Hypothesis:
    name, facts = caller.entity.name, caller.state.facts if caller.state else None
    started_at, ended_at = _get_start(callee), facts.ended_at if facts is not None else None
    text = (
        f"{name} ended as it did not get through to {failed.callee} ({callee.entity.name}); {callee.entity.name} runs "
        f"since {started_at:%H:%M:%S} UTC"
    )
    if facts is not None and facts.started_at is not None:
        text += f", {name} was started again at {facts.started_at:%H:%M:%S} UTC, and has not failed so since."
        must = f"See whether {name} stays up now."
    elif caller.entity.system == "docker" and ended_at is not None:
        text += (
            f". {name} has not been started since: Docker waits longer after each end, a minute at most, so that the "
            f"next start comes by {ended_at + _LONGEST_WAIT:%H:%M:%S} UTC."
        )
        must = f"Wait for the next start of {name}, or start it now: `docker restart {name}`."
    else:
        text += f". {name} has not been started since; its system starts it again by itself."
        must = f"Wait for the next start of {name}, or start it now."
    return Hypothesis(
        cause="callee_unreachable",
        text=text,
        confidence=_CONFIDENCE,
        entity=caller.entity,
        citations=(said.cite(failed.line), *caller.cite_state("ended"), *_cite(callee)),
        person_must=must,
    )


def _tell_life(case: Case, callee: Workload, failed: FailedCall) -> str:
    """Return since when a callee runs, whether it was made shortly before, and which port its command names."""
    facts, name = callee.state.facts if callee.state else None, callee.entity.name
    if facts is None or facts.started_at is None:
        return f"{name} runs"
    text = f"{name} runs since {facts.started_at:%H:%M:%S} UTC"
    if facts.created_at is not None and facts.created_at >= case.scope.onset - ONSET_MARGIN:
        text += f", and was made anew at {facts.created_at:%H:%M:%S} UTC"
    if _cite_moved(case, callee, failed):
        text += f", with other settings: {failed.port} is among what became different"
    port = _find_other_port(callee, failed)
    return f"{text}; its command names port {port}" if port else text


def _advise(case: Case, callee: Workload, failed: FailedCall) -> str:
    port, name = _find_other_port(callee, failed), callee.entity.name
    if failed.call.is_slow or not (port or _cite_moved(case, callee, failed)):
        return ""
    if not port:
        return f"See at which port {name} listens now, and let both mean the same one."
    return f"Let both agree on a port: {name} is started with {port}, and {failed.port} is called."


def _find_other_port(callee: Workload, failed: FailedCall) -> str:
    """Return the port that a callee's command names, where that is another one than was called."""
    command = callee.state.facts.command if callee.state else ""
    named = _PORT_OPTION.findall(command)
    return named[0] if named and failed.port.isdigit() and failed.port not in named else ""


def _cite_moved(case: Case, callee: Workload | None, failed: FailedCall) -> tuple[Citation, ...]:
    """Cite the line of what a container was made with before that held the called port, which none holds now."""
    ref = callee.entity.ref if callee is not None and failed.port.isdigit() else ""
    own = (change.evidence for change in case.changes if change.evidence.entity.ref == ref)
    held = ((item, [line for line in item.lines if contains_word(line.text, failed.port)]) for item in own)
    moved = (
        cite(item, line.number)
        for item, lines in held
        for line in lines
        if line.text.startswith("-") and not any(other.text.startswith("+") for other in lines)
    )
    return tuple(islice(moved, 1))


def _is_of_network(caller: Workload, host: str) -> bool:
    """Answer whether an address is of a network that a container is in.

    Docker gives each 16 bits of 172.16/12; of others, which machines have as well, less is taken to be the network's.
    """
    if caller.entity.system != "docker" or _IPV4.fullmatch(host) is None:
        return False
    parts = 2 if host.startswith("172.") else 3
    return any(own.split(".")[:parts] == host.split(".")[:parts] for own in list_addresses(caller))


def _cite(callee: Workload | None) -> tuple[Citation, ...]:
    return callee.cite_state("started", "running") if callee is not None else ()
