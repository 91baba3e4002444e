"""What the kernel of a plain machine says it did to programs: killed one for want of memory, dropped their packets.

Its log is rarely the one of who suffers. So a claim names whom it explains: the program that was killed, those that
call it by the host's name, and those that wait for answers which never come. Sources: `mm/oom_kill.c` and
`net/netfilter/nf_conntrack_core.c` of Linux 6.1, and systemd's `core/unit.c` (read 2026-11-27).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from fermata.domain.evidence import EvidenceKind
from fermata.rules.claims import Claim
from fermata.rules.signatures.base import Signature, Specificity
from fermata.rules.signatures.database_clients import engine_of, list_databases
from fermata.rules.signatures.database_settings import name_engine
from fermata.rules.signatures.kubernetes_complaints import (
    Complaint,
    Failure,
    find_complaints,
    keep_standing,
    list_complaints,
    list_failed_calls,
    read_address,
)
from fermata.rules.signatures.kubernetes_reach import cite_first
from fermata.rules.signatures.strangers import Stranger, list_strangers

if TYPE_CHECKING:
    from fermata.rules.kubernetes.cluster import Cluster

_KILLED = re.compile(
    r"(?:(Memory cgroup )|\b)[Oo]ut of memory: Kill(?:ed)? process \d{1,9} \(([\w.:/@+-]{1,64})[^\n]{0,15}?\)",
    re.IGNORECASE,
)
"""A program may put blanks and brackets into its name, such as `next-server (v1`: its first word is kept."""
_HOST = re.compile(r"(?:^|\s)([A-Za-z][\w.-]{0,100}) kernel: ")
"""As syslog and the journal head a kernel's line."""
_MACHINES = frozenset({"dmesg", "journal", "journalctl", "kern", "kernel", "messages", "syslog", "system"})
"""How the logs of machines are called."""
_LIMIT_ADVICE = "Raise the limit, or find out what takes the memory."
_HOST_ADVICE = (
    "Find out what takes the memory of {host}: the kernel's list of tasks shows it, and it need not be {process}. Then "
    "start {process} again if it is still down."
)
_LATE = 4_000
"""Characters, some thirty lines."""
_FULL_TABLE = ("nf_conntrack: table full", "ip_conntrack: table full")


def _find_killed(cluster: Cluster) -> Iterator[Claim]:
    strangers = list_strangers(cluster)
    machines = list_machines(cluster)
    late = {
        (_read_host(complaint), process): complaint
        for complaint, process in _list_kills(cluster)
        if complaint.workload.ref in machines and _is_late(complaint)
    }
    for (host, process), complaint in late.items():
        is_limit = "emory cgroup" in complaint.text
        ours = _list_refs(cluster, process)
        is_felt = not ours.isdisjoint(item.ref for item in strangers.values()) or host in _list_missed(cluster)
        room = "its group of processes has used up its limit" if is_limit else "the host has no memory left"
        yield Claim(
            cause="process_killed_for_memory",
            subject=Stranger(process).entity,
            text=f"The kernel{f' of {host}' if host else ''} killed {process}: {room}.",
            confidence=0.85 if is_felt else 0.5,
            quotes=cite_first(complaint.quote),
            explains=frozenset({complaint.workload.ref, *ours, *_refs_of(host)}),
            person_must=_LIMIT_ADVICE if is_limit else _HOST_ADVICE.format(host=host or "that host", process=process),
        )


def list_machines(cluster: Cluster) -> frozenset[str]:
    """Return the refs of the logs in which a machine's kernel tells whom it killed.

    Platforms write such lines into the log of the program itself: that one's memory ran out, whatever the process is
    called.
    """
    refs = {item.ref for item in list_strangers(cluster).values()}
    return frozenset(
        complaint.workload.ref
        for complaint, process in _list_kills(cluster)
        if _read_host(complaint)
        or complaint.workload.name in _MACHINES
        or refs & _list_refs(cluster, process) - {complaint.workload.ref}
    )


def _list_kills(cluster: Cluster) -> Iterator[tuple[Complaint, str]]:
    """Yield the lines in which a kernel tells of a kill, each with the name of the process."""
    for complaint in find_complaints(cluster, ("emory: Kill",)) if list_strangers(cluster) else ():
        killed = _KILLED.search(complaint.text)
        if killed is not None:
            yield complaint, killed[2]


def _is_late(complaint: Complaint) -> bool:
    """Answer whether a log ends soon after a line: what was killed long ago has been started since, or nobody cared."""
    text = complaint.log.text
    return len(text) - text.rfind(complaint.text) - len(complaint.text) <= _LATE


def _read_host(complaint: Complaint) -> str:
    host = _HOST.search(complaint.text)
    return host[1] if host is not None else ""


def _list_missed(cluster: Cluster) -> set[str]:
    """Return the hosts that complaints speak of, by their first labels, as kernels know them."""
    named = (read_address(complaint.text) for complaint in list_complaints(cluster))
    return {address[0].partition(".")[0] for address in named if address is not None}


def _refs_of(host: str) -> set[str]:
    return {Stranger(host).ref} if host else set()


def _list_refs(cluster: Cluster, process: str) -> set[str]:
    """Return the services a process may be: its namesake, and the only database of its engine."""
    engine = name_engine(process)
    same = [item.ref for item in list_databases(cluster) if engine and engine_of(item) == engine]
    return {Stranger(process).ref, *(same if len(same) == 1 else ())}


def _find_full_table(cluster: Cluster) -> Iterable[Claim]:
    strangers = list_strangers(cluster)
    said = list(keep_standing(cluster, find_complaints(cluster, _FULL_TABLE))) if strangers else []
    if not said:
        return
    host = _read_host(said[-1])
    waiting = {call.caller.ref for call in list_failed_calls(cluster) if call.failure is Failure.TIMEOUT and call.lasts}
    yield Claim(
        cause="connection_table_full",
        subject=Stranger(host).entity if host else said[-1].workload.entity,
        text=f"{host or said[-1].workload.name} drops packets: it tracks as many connections as it may.",
        confidence=0.9,
        quotes=cite_first(said[0].quote, said[-1].quote),
        explains=frozenset({item.workload.ref for item in said} | waiting),
        person_must="Find out what opens so many connections (`conntrack -S`, `conntrack -L`), or raise "
        "net.netfilter.nf_conntrack_max.",
    )


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="process_killed_for_memory",
        title="A kernel killed a process for want of memory",
        looks_at=(EvidenceKind.LOGS,),
        ruled_out_by="A workload of a cluster is known; the log is a program's own; much was logged since; or nothing "
        "fails of the process, of those that call its host, or of the log that tells of it.",
        confidence_note="0.85 where the killed program, or who calls its host, is among what fails; else 0.5: who was "
        "killed is certain, that it matters is not.",
        action="none: a person must find out what takes the memory",
        specificity=Specificity.ORIGIN,
        find=_find_killed,
    ),
    Signature(
        id="connection_table_full",
        title="A host tracks as many connections as it may, and drops packets",
        looks_at=(EvidenceKind.LOGS,),
        ruled_out_by="A workload of a cluster is known, or its kernel no longer says so.",
        confidence_note="0.9: the kernel says it, and drops what it cannot track.",
        action="none: a person must find out what opens so many connections, or raise the limit",
        specificity=Specificity.ORIGIN,
        find=_find_full_table,
    ),
)
"""The catalogue's part about what kernels say."""
