"""A container that shares no network with what it calls: a name is known, and an address reached, only within one.

Which of both was moved, and when, their engine tells: a container made anew without a network that it was in, or taken
off one by hand. Services that never shared a network stay unnamed, whatever a log repeats of others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, WorkloadPhase
from fermata.kit.listing import write_some
from fermata.rules.citations import cite
from fermata.rules.setting_commits import SettingCommit, find_made, list_setting_commits
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.failed_calls import find_call, list_names
from fermata.rules.signatures.reach import is_called_by, is_unresolved, list_hosts
from fermata.rules.signatures.workloads import Occurrence, Workload, cite_words, clip

_CONFIDENCE = 0.9
_LEFT = "-network "
_WORD = re.compile(r"[\w.-]+")


@dataclass(frozen=True, slots=True)
class _Move:
    """One container that is not any more in a network of another."""

    mover: Workload
    stayed: Workload
    network: str
    change: Sighting[ChangeFacts]
    commit: SettingCommit | None


def match_cut(case: Case) -> Sequence[Hypothesis]:
    """Return for each container the last failing call to one that it shares no network with since one of both moved."""
    callers = (one for one in case.workloads if one.errors and _is_placed(one))
    return [found for one in callers if (found := _judge(case, one)) is not None]


def _is_placed(workload: Workload) -> bool:
    """Answer whether the networks of a container are known, and it is not down by somebody's will."""
    is_known = workload.state is not None and workload.state.facts.networks is not None
    return workload.entity.system == "docker" and is_known and workload.phase is not WorkloadPhase.STOPPED


def _list_networks(workload: Workload) -> frozenset[str]:
    return frozenset(workload.state.facts.networks or ()) if workload.state else frozenset()


def _judge(case: Case, caller: Workload) -> Hypothesis | None:
    last = next((one for one in reversed(caller.errors) if is_unresolved(one) or find_call(one) is not None), None)
    if last is None:
        return None
    called = _list_called(case, caller, last)
    # One of several that is still reached answers for all of them: a name is given to whom it resolves to.
    if not called or any(_list_networks(caller) & _list_networks(one) for one in called):
        return None
    if not caller.alerted and not any(one.alerted for one in called):
        return None
    move = next((found for one in called for found in _list_moves(case, caller, one)), None)
    return _tell(caller, called, last, move) if move is not None else None


def _list_called(case: Case, caller: Workload, last: Occurrence) -> list[Workload]:
    """Return who is called, as the failure names it; where it names nobody, as the caller's variables do."""
    others = [
        one
        for one in case.workloads
        if one.entity != caller.entity and _is_placed(one) and one.phase is WorkloadPhase.RUNNING
    ]
    named = [one for one in others if is_called_by(last, one)]
    if named or find_call(last) is not None or caller.environment is None:
        return named
    for _, host in list_hosts(caller.environment.facts):
        owners = [one for one in others if host.lower() in list_names(one)]
        if owners and not any(_list_networks(caller) & _list_networks(one) for one in owners):
            return owners
    return []


def _list_moves(case: Case, caller: Workload, callee: Workload) -> Iterator[_Move]:
    """Yield how either of both left a network that the other is in, the latest first."""
    for change, (mover, stayed) in product(case.changes, ((callee, caller), (caller, callee))):
        if change.evidence.entity != mover.entity:
            continue
        lost = {line.text[len(_LEFT) :] for line in change.evidence.lines if line.text.startswith(_LEFT)}
        for network in sorted(lost & _list_networks(stayed) - _list_networks(mover)):
            yield _Move(mover, stayed, network, change, _find_commit(case, mover, network))


def _find_commit(case: Case, mover: Workload, network: str) -> SettingCommit | None:
    """Return the commit that took a network from a container's settings; compose puts its project before the name."""
    made_at = find_made(mover.state.facts) if mover.state else None
    if made_at is None:
        return None
    commits = list_setting_commits(case.changes, made_at, list_names(mover), ())
    return next((one for one in commits if _find_removed(one, network) is not None), None)


def _find_removed(commit: SettingCommit, network: str) -> int | None:
    lines = [line for hunk in commit.hunks for line in hunk]

    def list_words(sign: str) -> list[tuple[str, int]]:
        return [(word, line.number) for line in lines if line.sign == sign for word in _WORD.findall(line.text)]

    kept = {word for word, _ in list_words("+")}
    lost = (number for word, number in list_words("-") if f"_{network}".endswith(f"_{word}") and word not in kept)
    return next(lost, None)


def _tell(caller: Workload, called: Sequence[Workload], last: Occurrence, move: _Move) -> Hypothesis:
    name, mover, network = caller.entity.name, move.mover.entity.name, move.network
    made_at = find_made(move.mover.state.facts) if move.mover.state is not None else None
    # What happened while it ran nobody made it anew for.
    is_anew = made_at is not None and move.change.facts.changed_at <= made_at
    at = f"{move.change.facts.changed_at:%H:%M:%S} UTC"
    how = f"was made anew without it at {at}" if is_anew else f"was taken off it by hand at {at}"
    text = (
        f"{name} and {write_some([one.entity.name for one in called], 3)} share no network, and Docker knows names "
        f"only within one: {move.stayed.entity.name} is in {network}, and {mover} {how}. {name} says: "
        f"{clip(last.error.raised.text).rstrip('.')}."
    )
    service = move.mover.entity.namespace or mover
    must = f"Put it back now: `docker network connect --alias {service} {network} {mover}`."
    removed = None
    if move.commit is not None:
        facts = move.commit.change.facts
        removed = _find_removed(move.commit, network)
        text += f" {facts.id[:7]} ({clip(facts.title, 80)}) took the network from its settings."
        must += f" Take {facts.id[:7]} back (`git revert {facts.id[:7]}`), or the next `up` cuts it again."
    elif is_anew:
        must += f" Then list it for {service} below `networks:` of its compose file, or the next `up` cuts it again."
    else:
        must += " Find out who disconnected it, and why."
    return Hypothesis(
        cause="network_not_shared",
        text=text,
        confidence=_CONFIDENCE,
        entity=move.mover.entity,
        citations=(
            last.cite(),
            *cite_words(move.change, f"{_LEFT}{network}"),
            *move.mover.cite_state("networks:"),
            *move.stayed.cite_state("networks:"),
            *((cite(move.commit.change.evidence, removed),) if move.commit is not None and removed else ()),
        ),
        person_must=must,
    )


NETWORK_NOT_SHARED = Signature(
    id="network_not_shared",
    title="A container is on no network any more with what it calls",
    looks_at=(EvidenceKind.STATE, EvidenceKind.LOGS, EvidenceKind.CHANGE),
    ruled_out_by="Both share a network, or another container of the same name does; neither is known to have left a "
    "network that the other is in; one of them uses its host's network; what is called does not run; or the last "
    "failing call is to somebody else.",
    confidence_note="0.9: the engine says which networks both are in, and which one was left.",
    action="none: a person must connect it again (`docker network connect`), and mend what takes it off",
    specificity=Specificity.ORIGIN,
    match=match_cut,
    blames_change=True,
    shows_change=True,
)
"""What Docker's own facts tell of a name that does not resolve any more."""
