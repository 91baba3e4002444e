"""Which side of a refused call was made anew with another credential, or with a file that others read before.

Containers read a secret as they start. Where it was changed in between, who was made anew since and who was not hold
two. Engines tell when each was made, which variables became different (never their values), and who is given one file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from fermata.domain.diagnosis import Citation
from fermata.domain.facts import MountFacts
from fermata.kit.listing import write_some
from fermata.kit.redaction import is_secret_name
from fermata.rules.citations import cite
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.failed_calls import list_names
from fermata.rules.signatures.former_settings import list_former
from fermata.rules.signatures.reach import is_called_by, list_hosts
from fermata.rules.signatures.workloads import ONSET_MARGIN, Occurrence, Workload

ADDRESSES = ("_URL", "_URI", "_DSN")
"""How variables end that hold an address with a password in it."""
_VARIABLE, _FILE = 0.85, 0.75
_SECRETS = "/run/secrets/"
_MOST = 3
_REFUSED_CALL = re.compile(
    r"\b(?:401 unauthorized|403 forbidden|(?:status|status code|statuscode|http|code)\W{1,3}40[13]\b)", re.IGNORECASE
)
"""A service that is called says so of a wrong credential, and of much else."""
_LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Rotation:
    """Who was made anew, and with what."""

    words: str
    confidence: float
    citations: tuple[Citation, ...]


def is_refused_call(text: str) -> bool:
    """Answer whether a line says that a called service answers 401 or 403."""
    return _REFUSED_CALL.search(text[:_LONGEST]) is not None


def find_rotation(case: Case, caller: Workload, said: Occurrence) -> Rotation | None:
    """Return which side of a refused call was made anew with another credential; `None` where none is known."""
    called = _list_called(case, caller, said)
    sides = [(caller, called), *((one, [caller]) for one in called)]
    anew = [(side, others) for side, others in sides if _is_anew(case, side, said)]
    variables = (found for side, others in anew if (found := _find_variable(case, side, others)) is not None)
    # That a service answers so says little of a file, unless both are given the same one.
    partners = called if is_refused_call(said.error.raised.text) else case.workloads
    files = (found for side, _ in anew if (found := _find_file(side, (caller, *partners))) is not None)
    return next(variables, None) or next(files, None)


def _list_called(case: Case, caller: Workload, said: Occurrence) -> list[Workload]:
    """Return who is called: as the failure names it, else as the caller's variables do."""
    others = [one for one in case.workloads if one.entity != caller.entity and one.entity.system]
    named = [one for one in others if is_called_by(said, one)]
    if named or caller.environment is None:
        return named
    hosts = {host.lower() for _, host in list_hosts(caller.environment.facts)}
    return [one for one in others if not hosts.isdisjoint(list_names(one))]


def _get_made(workload: Workload) -> datetime | None:
    return workload.state.facts.created_at if workload.state else None


def _is_anew(case: Case, side: Workload, said: Occurrence) -> bool:
    """Answer whether a container was made shortly before it began, and refused since."""
    made_at, said_at = _get_made(side), said.written_by
    if made_at is None or made_at < case.scope.onset - ONSET_MARGIN:
        return False
    return said_at is None or said_at >= made_at


def _find_variable(case: Case, side: Workload, others: Sequence[Workload]) -> Rotation | None:
    """Return the variables that may hold a credential, and became different when a container was made anew."""
    changed = [
        one
        for one in list_former(case, side.entity)
        if one.after is not None and _may_hold(one.setting.removeprefix("env "))
    ]
    if not changed:
        return None
    names = write_some([one.setting.removeprefix("env ") for one in changed], _MOST)
    kept = _tell_kept(side, others)
    return Rotation(
        f"{side.entity.name} was made anew at {_get_made(side):%H:%M:%S} UTC with another {names}{kept}",
        _VARIABLE,
        tuple(cite(one.change.evidence, one.line.number) for one in changed[:_MOST]),
    )


def _may_hold(name: str) -> bool:
    return is_secret_name(name) or name.upper().endswith(ADDRESSES)


def _tell_kept(side: Workload, others: Sequence[Workload]) -> str:
    before = [one for one in others if _was_before(one, side)]
    if not before:
        return ""
    names = write_some([one.entity.name for one in before], _MOST)
    return f"; {names} {'was' if len(before) == 1 else 'were'} made before and not since"


def _was_before(one: Workload, side: Workload) -> bool:
    made_at, own = _get_made(one), _get_made(side)
    return made_at is not None and own is not None and made_at < own


def _find_file(side: Workload, others: Sequence[Workload]) -> Rotation | None:
    """Return the file with a secret that a container made anew shares with those that were made before it."""
    for mount in _list_secrets(side):
        sharing = [
            one
            for one in others
            if one.entity != side.entity
            and _was_before(one, side)
            and mount.source in {own.source for own in _list_secrets(one)}
        ]
        if sharing:
            return Rotation(
                f"{side.entity.name} was made anew at {_get_made(side):%H:%M:%S} UTC and read {mount.path} "
                f"({mount.source}) as it is since{_tell_kept(side, sharing)}, and may hold what stood in the same file",
                _FILE,
                (*side.cite_state(f"{mount.source} at"), *sharing[0].cite_state(f"{mount.source} at")),
            )
    return None


def _list_secrets(workload: Workload) -> Iterator[MountFacts]:
    for mount in workload.state.facts.mounts if workload.state else ():
        if mount.path.startswith(_SECRETS) or is_secret_name(mount.path.rpartition("/")[2]):
            yield mount
