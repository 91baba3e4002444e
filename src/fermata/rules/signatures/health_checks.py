"""Health checks that are wrong themselves, of something that runs.

Connections to a machine's own address are refused by its kernel when nobody listens at the port (RFC 9293, 3.10.7.1):
that says of the check, or of the program, that one of them has the wrong port. A program that answers that it has no
such page (RFC 9110, 15.5.5) is alive, and a check whose own program is not in the image never asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, StateFacts, WorkloadPhase
from fermata.rules.changes.diffs import DiffLine
from fermata.rules.changes.live import TOLERANCE
from fermata.rules.citations import cite
from fermata.rules.setting_commits import find_made, list_setting_commits
from fermata.rules.sightings import Sighting
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.failed_calls import list_names
from fermata.rules.signatures.releases import go_back
from fermata.rules.signatures.workloads import Workload, cite_words, clip, contains_word

_LONGEST = 2000
_REFUSED = re.compile(r"connection refused|econnrefused|couldn't connect to server", re.IGNORECASE)
_HERE = re.compile(r"\blocalhost\b|\b127\.0\.0\.1\b|\[?::1\]?(?![\w:])|\b0\.0\.0\.0\b", re.IGNORECASE)
_ASKED = re.compile(r"(?:localhost|127\.0\.0\.1|::1\]?|0\.0\.0\.0)(?::| port )(\d{2,5})(?!\d)", re.IGNORECASE)
_LISTENS = re.compile(
    r"\b(?:listening|serving|running|bound|started|accepting)\b[^\n]{0,80}?"
    r"(?:(?:\.\d{1,3}|[*\]A-Za-z ]):|\bport[ :=]{1,3})(\d{2,5})(?![\d:.])",
    re.IGNORECASE,
)
"""How servers say where they listen: uvicorn, gunicorn, Node's examples, Spring Boot, Go programs, Flask."""
_CHECKED = re.compile(r"^\+.*\bHEALTHCHECK\b", re.IGNORECASE)
"""A layer that an image before did not have: builders note the instruction."""
_NO_PAGE = re.compile(
    r"(?:\bHTTP/[\d.]{1,3} |\berror:? |\bHTTP Error |\bstatus(?:[ _]code)?[ :=]{1,3})(404|405|410)\b", re.IGNORECASE
)
"""As wget, curl, Python's urllib and programs of one's own say it."""
_NO_PROGRAM = re.compile(
    r"exec: \"([^\"\s]{1,200})\": (?:executable file not found|stat \S{1,200}: no such file)"
    r"|(?:sh: (?:(?:line )?\d{1,6}: )?|line \d{1,6}: )([\w./-]{1,200}): (?:command )?not found\b"
)
"""As the runtime says it of a check without a shell, and shells of one with (docker/runc; POSIX sh, exit code 127):
behind their own name or a line's number, for `error: not found` is what a program says."""
_PAGE = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\]|0\.0\.0\.0)(?::\d{2,5})?(/[^\s\"'|;,\])]{0,200})?")


def _match(case: Case) -> Sequence[Hypothesis]:
    return [
        found
        for workload in case.workloads
        if workload.alerted and workload.state is not None and (found := _judge(case, workload, workload.state))
    ]


def _judge(case: Case, workload: Workload, state: Sighting[StateFacts]) -> Hypothesis | None:
    facts = state.facts
    if facts.phase is not WorkloadPhase.RUNNING or "(unhealthy)" not in facts.system_state:
        return None
    said, asks = facts.check_output[:_LONGEST], facts.check_command[:_LONGEST]
    port = next((found[1] for text in (said, asks) if (found := _ASKED.search(text)) is not None), "")
    if not port or not _REFUSED.search(said) or not (_HERE.search(said) or _HERE.search(asks)):
        return None
    listens = _list_listened(workload)
    if port in listens:
        return None  # It did listen there: that it does no longer is a fault of the program.
    name = workload.entity.name
    brought, written = _find_deployment(case, workload), _find_commit(case, workload)
    suggestions = go_back(case, workload) if brought is not None and listens else ()
    others = ", ".join(listens)
    return Hypothesis(
        cause="health_check_port_closed",
        text=f"The health check of {name} asks its own port {port}, where nothing listens"
        + (f"; its log says that it listens on {others}." if listens else ".")
        + (f" {clip(brought.facts.title, 120)}, with another health check." if brought is not None else "")
        + (f" {written.facts.id[:7]} ({clip(written.facts.title, 80)}) wrote it." if written is not None else ""),
        confidence=0.85 if listens else 0.5,
        entity=workload.entity,
        citations=(
            *cite_words(state, f"port {port}", f":{port}", "health check ended", "health check"),
            *listens.values(),
            *cite_words(brought, "healthcheck"),
            *cite_words(written, "healthcheck"),
        ),
        suggestions=suggestions,
        person_must=""
        if suggestions
        else f"Let the health check of {name} ask the port that {name} listens on, or let it listen on {port}.",
    )


def _list_listened(workload: Workload) -> dict[str, Citation]:
    """Return by port the line in which its log says that it listens there; the last one of each."""
    return {
        found[1]: cite(log, line.number)
        for log in workload.logs
        for line in log.lines
        if (found := _LISTENS.search(line.text[:_LONGEST])) is not None
    }


def _find_deployment(case: Case, workload: Workload) -> Sighting[ChangeFacts] | None:
    """Return the deployment of this very workload that brought another health check."""
    found = (change for change in _list_checked(case, "deployment") if change.evidence.entity == workload.entity)
    return next(found, None)


def _find_commit(case: Case, workload: Workload) -> Sighting[ChangeFacts] | None:
    """Return the last commit of its service that wrote a health check into a file of an image."""
    own = {workload.entity.name.lower(), workload.entity.namespace.lower()}
    own |= {name.lower() for name in (workload.state.facts.names if workload.state else ())}
    found = (change for change in _list_checked(case, "commit") if change.evidence.entity.name.lower() in own)
    return next(found, None)


def _list_checked(case: Case, kind: str) -> list[Sighting[ChangeFacts]]:
    """Return the changes of a kind before the first sign that added a health check, the newest first."""
    until = case.scope.onset + TOLERANCE
    return [
        change
        for change in case.changes
        if change.facts.kind == kind
        and change.facts.changed_at <= until
        and any(_CHECKED.search(line.text[:_LONGEST]) for line in change.evidence.lines)
    ]


def _match_incorrect(case: Case) -> Sequence[Hypothesis]:
    return [
        found
        for workload in case.workloads
        if workload.alerted and workload.state is not None and (found := _judge_answer(case, workload, workload.state))
    ]


def _judge_answer(case: Case, workload: Workload, state: Sighting[StateFacts]) -> Hypothesis | None:
    facts, name = state.facts, workload.entity.name
    said, asks = facts.check_output[:_LONGEST], facts.check_command[:_LONGEST]
    if facts.phase is not WorkloadPhase.RUNNING or "(unhealthy)" not in facts.system_state:
        return None
    absent, missing, asked = _NO_PROGRAM.search(said), _NO_PAGE.search(said), _PAGE.search(asks)
    if absent is not None:
        words = absent[1] or absent[2]
        text = (
            f"The health check of {name} starts {clip(words, 80)}, which its image does not hold; {name} itself runs."
        )
        must = f"Let the health check of {name} use a program that its image holds."
    elif missing is not None and asked is not None:
        words = asked[0]
        text = (
            f"The health check of {name} asks for {clip(words)}, and {name} answers {missing[1]}: it runs, and has "
            "no such page."
        )
        must = f"Let the health check of {name} ask for a page that {name} has, or give it that page."
    else:
        return None
    written = _find_writing(case, workload, words)
    commit = (
        f" {written.facts.id[:7]} ({clip(written.facts.title, 80)}) wrote the check." if written is not None else ""
    )
    return Hypothesis(
        cause="health_check_incorrect",
        text=text + commit,
        confidence=0.85 if written is not None else 0.6,
        entity=workload.entity,
        citations=(
            *cite_words(state, "health check ended", "health check"),
            *cite_words(written, words),
        ),
        person_must=must
        + (" Whoever runs it from a compose file: `docker compose up -d` once it is mended." if commit else ""),
    )


def _find_writing(case: Case, workload: Workload, words: str) -> Sighting[ChangeFacts] | None:
    """Return the last commit before the first sign that wrote the words into the workload's own check.

    Others ask the same page of themselves, and use the same program.
    """
    until = case.scope.onset + TOLERANCE
    variables = workload.environment.facts.variables if workload.environment else {}
    made_at = find_made(workload.state.facts) if workload.state else None
    composed = list_setting_commits(case.changes, min(made_at or until, until), list_names(workload), variables)
    own = [commit.change for commit in composed if any(_writes(line, words) for one in commit.hunks for line in one)]
    if own:
        return own[0]
    built = _find_commit(case, workload)
    lines = built.evidence.lines if built is not None else ()
    return built if any(line.text.startswith("+") and contains_word(line.text, words) for line in lines) else None


def _writes(line: DiffLine, words: str) -> bool:
    return line.sign == "+" and contains_word(line.text, words)


HEALTH_CHECK_INCORRECT = Signature(
    id="health_check_incorrect",
    title="A health check asks for what is not there, of something that runs",
    looks_at=(EvidenceKind.STATE, EvidenceKind.CHANGE),
    ruled_out_by="It does not run; its check passes, asks another machine, or fails otherwise than by a page that is "
    "not found or a program that its image does not hold.",
    confidence_note="0.85 when a commit from before wrote the check so; 0.6 otherwise: the program may have "
    "lost the page.",
    action="none: a person must correct the check, or give the program what it asks for",
    specificity=Specificity.RELATION,
    match=_match_incorrect,
)
"""The check is wrong, and nothing else has to be."""

HEALTH_CHECK_PORT_CLOSED = Signature(
    id="health_check_port_closed",
    title="A health check asks a port where nothing listens",
    looks_at=(EvidenceKind.STATE, EvidenceKind.LOGS, EvidenceKind.CHANGE),
    ruled_out_by="It does not run; its check passes, asks another machine, or fails otherwise than by a refused "
    "connection; or its log says that it listens on that port.",
    confidence_note="0.85 when its log says where it listens instead; 0.5 otherwise: the program may not have come so "
    "far.",
    action="<system>.recreate_with_previous_image when the deployment brought another check and the log names another "
    "port; otherwise none: a person must correct the check or the port",
    specificity=Specificity.RELATION,
    match=_match,
)
"""The catalogue's part about health checks of what is no cluster's."""
