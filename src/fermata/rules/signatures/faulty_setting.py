"""A commit to the settings of a container that wrote the very name, or took away the very port, that a call fails on.

What runs has the settings that stood there when it was made: a commit counts only where the container was made after.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from fermata.domain.diagnosis import Hypothesis
from fermata.domain.evidence import EvidenceKind, EvidenceLine
from fermata.domain.facts import ChangeFacts, WorkloadPhase
from fermata.rules.changes.diffs import DiffLine
from fermata.rules.citations import cite
from fermata.rules.setting_commits import TOLERANCE, find_made, list_setting_commits
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.failed_calls import FailedCall, find_call, find_called, list_names
from fermata.rules.signatures.former_settings import Former, go_back, list_former
from fermata.rules.signatures.reach import is_unresolved
from fermata.rules.signatures.workloads import Occurrence, Workload, clip, contains_word

_CONFIDENCE = 0.9
_LONGEST = 2000
_PROVEN = timedelta(hours=1)
"""Settings that a container ran with for so long before it began were not what broke it."""
_ASIDE = re.compile(
    r"(?:- )?(?:ports|expose|published|target): ?.*"
    r"|(?:- )?[\"']?(?:[\d.]{7,15}:)?[\d-]{1,20}:[\d-]{1,20}(?:/\w{1,4})?[\"']?"
    r"|(?:- )?test:.*|.*\b(?:curl|wget|pg_isready|healthcheck)\b.*"
)
"""A port that is published on the host, or that a health check asks: callers in the network do without."""
_HOST = re.compile(
    r"(?://(?:[^@/\s\"']{0,300}@)?|(?<!\w)\w{0,80}HOST(?:NAME)?[\"']?\s*[:=]\s*[\"']?)(?P<host>[A-Za-z][\w.-]{0,100})",
    re.IGNORECASE,
)
"""Within an address, or as the value of what is called a host."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """Neighbouring lines of one commit that are settings of one container, which was made with them."""

    change: Sighting[ChangeFacts]
    container: Workload
    lines: tuple[DiffLine, ...]

    def list_texts(self, sign: str) -> list[str]:
        """Return the lines with a sign."""
        return [line.text for line in self.lines if line.sign == sign]

    def find_line(self, sign: str, word: str) -> DiffLine | None:
        """Return the first line with a sign that holds a word."""
        return next((one for one in self.lines if one.sign == sign and contains_word(one.text, word)), None)


@dataclass(frozen=True, slots=True)
class _Blame:
    """What an edit broke, in words and lines."""

    said: EvidenceLine
    """Of the failure."""
    words: str
    shown: tuple[DiffLine | None, ...]
    """Of the commit."""
    back: Former | None
    """What the setting was in the container before."""


def match_setting(case: Case) -> Sequence[Hypothesis]:
    """Return for each alerted process or container the newest commit that its last failing call leads to."""
    callers = (one for one in case.workloads if one.alerted and one.entity.system)
    found = (_judge(case, one) for one in callers if one.errors and one.phase is not WorkloadPhase.STOPPED)
    return [hypothesis for hypothesis in found if hypothesis is not None]


def _judge(case: Case, caller: Workload) -> Hypothesis | None:
    last = next((one for one in reversed(caller.errors) if is_unresolved(one) or find_call(one) is not None), None)
    if last is None:
        return None
    if is_unresolved(last):
        return next((told for edit in _list_edits(case, caller, last) if (told := _blame_name(case, edit, last))), None)
    failed = find_call(last)
    callee = find_called(case, caller, failed.host) if failed is not None else None
    if failed is None or callee is None or not failed.port.isdigit():
        return None
    edits = _list_edits(case, callee, last)
    return next((told for edit in edits if (told := _blame_port(case, edit, caller, last, failed))), None)


def _list_edits(case: Case, container: Workload, failure: Occurrence) -> Iterator[_Edit]:
    """Yield the commits to a container's settings that it was made with, where it failed since; newest first."""
    made_at = find_made(container.state.facts) if container.state else None
    if made_at is None or made_at < case.scope.onset - _PROVEN:
        return
    if failure.written_by is not None and failure.written_by < made_at - TOLERANCE:
        return
    variables = container.environment.facts.variables if container.environment else {}
    for commit in list_setting_commits(case.changes, made_at, list_names(container), variables):
        yield from (_Edit(commit.change, container, lines) for lines in commit.hunks)


def _blame_name(case: Case, edit: _Edit, failure: Occurrence) -> Hypothesis | None:
    """Blame the commit that wrote a name which does not resolve, and which is nobody's that is known."""
    old = {host for text in edit.list_texts("-") for host in _list_hosts(text)}
    new = [host for text in edit.list_texts("+") for host in _list_hosts(text) if host not in old]
    texts = [line.text[:_LONGEST] for line in failure.error.lines]
    host = next((one for one in new if any(contains_word(text, one) for text in texts)), "")
    if not host or any(
        host.lower() in list_names(one) for one in case.workloads if one.entity != edit.container.entity
    ):
        return None
    gone = sorted(old - set(new))
    known = find_called(case, edit.container, gone[0]) if len(gone) == 1 else None
    before = f"; before it was {gone[0]!r}, which is {known.entity.name}" if known is not None else ""
    words = f"wrote the name {host!r} into the settings of {edit.container.entity.name}{before}"
    said = next(line for line in failure.error.lines if contains_word(line.text[:_LONGEST], host))
    back = _find_way_back(case, edit.container, gone[0], host) if known is not None else None
    shown = (edit.find_line("+", host), edit.find_line("-", gone[0]) if gone else None)
    return _propose(case, edit, failure, _Blame(said, words, shown, back))


def _blame_port(
    case: Case, edit: _Edit, caller: Workload, failure: Occurrence, failed: FailedCall
) -> Hypothesis | None:
    """Blame the commit that took a port away from the settings of what is called there."""
    lost = (line for line in edit.lines if line.sign == "-" and contains_word(line.text, failed.port))
    gone = next((line for line in lost if _ASIDE.fullmatch(clip(line.text)) is None), None)
    if gone is None or edit.find_line("+", failed.port) is not None or edit.container.is_failing:
        return None
    name = edit.container.entity.name
    words = f"took port {failed.port} from the settings of {name}, where {caller.entity.name} calls it"
    added = next((line for line in edit.lines if line.sign == "+"), None)
    back = _find_way_back(case, edit.container, failed.port)
    return _propose(case, edit, failure, _Blame(failed.line, words, (gone, added), back))


def _find_way_back(case: Case, container: Workload, right: str, wrong: str = "") -> Former | None:
    """Return the one setting of a container that held what is called, and holds it no more.

    Args:
        right: The name or port that stood there, as a word.
        wrong: What stands there now, as a word; empty for anything else.
    """
    found = [
        one
        for one in list_former(case, container.entity)
        if contains_word(one.before, right)
        and not contains_word(one.after or "", right)
        and (not wrong or contains_word(one.after or "", wrong))
    ]
    return found[0] if len(found) == 1 else None


def _propose(case: Case, edit: _Edit, failure: Occurrence, blame: _Blame) -> Hypothesis:
    facts, container = edit.change.facts, edit.container
    author = f" by {facts.author}" if facts.author else ""
    service = container.entity.namespace or container.entity.name
    taken_back_at = facts.taken_back_at
    suggestions = go_back(case, container.entity, blame.back) if blame.back is not None else ()
    anew = f"`docker compose up -d {service}`" if container.entity.system == "docker" else f"start {service} anew"
    if taken_back_at is not None:
        must = f"It was taken back at {taken_back_at:%H:%M:%S} UTC, after {container.entity.name} was made: {anew}."
    elif suggestions:
        must = (
            f"Take {facts.id[:7]} back (`git revert {facts.id[:7]}`), too: the action does not change the repository, "
            f"and what creates {container.entity.name} anew from there breaks it again."
        )
    else:
        must = f"Take {facts.id[:7]} back (`git revert {facts.id[:7]}`), or correct it; then {anew}."
    return Hypothesis(
        cause="faulty_setting",
        text=f"{facts.id[:7]} ({clip(facts.title, 80)}){author} {blame.words}: {clip(blame.said.text).rstrip('.')}.",
        confidence=_CONFIDENCE,
        entity=container.entity,
        citations=(
            failure.cite(blame.said),
            *(cite(edit.change.evidence, one.number) for one in blame.shown if one is not None),
            *container.cite_state(),
        ),
        suggestions=suggestions,
        person_must=must,
    )


def _list_hosts(text: str) -> list[str]:
    return [found["host"].rstrip(".") for found in _HOST.finditer(text)]


FAULTY_SETTING = Signature(
    id="faulty_setting",
    title="A commit changed the name or the port that a call fails on",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.CHANGE, EvidenceKind.STATE),
    ruled_out_by="The container was made before the commit, after it was taken back, or more than an hour before it "
    "began; the failure is from before the container was made; the name is that of a container or process that is "
    "known; the port stands there still, was only published or asked by a health check, or who is called there does "
    "not run; or the lines are not of that service's part of a compose file, nor a variable of its `.env`.",
    confidence_note="0.9: the commit wrote the name that does not resolve, or took away the port that is called.",
    action="<system>.recreate_with_previous_setting where the one variable, or the command, is known in full as it was "
    "in the container before; a person must take the commit back all the same, otherwise have it made anew",
    specificity=Specificity.ORIGIN,
    match=match_setting,
    blames_change=True,
    shows_change=True,
)
"""What a commit to compose.yaml or .env broke between two services."""
