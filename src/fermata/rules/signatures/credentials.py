"""A credential that a server refuses, in the server's own words, of what does not stay up for it.

Of what ends on it: a program that runs also logs the mistyped passwords of its users, and those are routine. Of one
that runs only where a side of the call was made anew with another credential as it began, or where the call that fails
is its own: the server that refuses it is the one that its variables name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.kit.redaction import is_secret_name
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.configuration import list_drifted
from fermata.rules.signatures.precedence import keep_telling
from fermata.rules.signatures.rotated_credentials import ADDRESSES, Rotation, find_rotation, is_refused_call
from fermata.rules.signatures.said_refusals import find_said
from fermata.rules.signatures.workloads import Occurrence, Workload, cite_words, clip, contains_word

# PostgreSQL (auth.c), MySQL (ER_ACCESS_DENIED_ERROR), Redis (acl.c), RabbitMQ, SQL Server (18456), MongoDB (code 18).
_WORDS = (
    "password authentication failed for user", "access denied for user", "wrongpass ", "noauth authentication required",
    "access_refused - login was refused", "login failed for user", "authenticationfailed",
)  # fmt: skip
_SERVER = re.compile(r"\bserver at \"([^\"]{1,255})\"")
"""As libpq tells whom it called (fe-connect.c)."""
_LONGEST = 2000


def _says(text: str) -> bool:
    lowered = text[:_LONGEST].lower()
    return any(words in lowered for words in _WORDS)


def _match(case: Case) -> Sequence[Hypothesis]:
    def says_any(text: str) -> bool:
        return _says(text) or is_refused_call(text)

    def is_meant(workload: Workload, said: Occurrence) -> bool:
        is_ended = workload.is_failing and any(_says(line.text) for line in said.error.lines)
        return is_ended or find_rotation(case, workload, said) is not None or _is_own_call(workload, said)

    found = find_said(case, says_any, fits=is_meant)
    return keep_telling(case, [_claim(one, said, find_rotation(case, one, said)) for one, said in found])


def _is_own_call(workload: Workload, said: Occurrence) -> bool:
    """Answer whether a stack ends in a call that a server refuses which the program's own variables name.

    It is the last that is known of this server: one that fails otherwise since has taken the credential, or is down.
    """
    called = _SERVER.search(said.error.raised.text[:_LONGEST])
    if called is None or not said.error.frames or workload.environment is None:
        return False
    calls = [one for one in workload.errors if called[0] in one.error.raised.text]
    if calls and calls[-1] != said:
        return False
    return any(contains_word(value, called[1]) for value in workload.environment.facts.variables.values())


def _claim(workload: Workload, said: Occurrence, rotation: Rotation | None) -> Hypothesis:
    if rotation is not None:
        return _tell_rotation(workload, said, rotation)
    name = workload.entity.name
    line = next(line for line in said.error.lines if _says(line.text))
    drifted = [one for one in list_drifted(workload) if is_secret_name(one) or one.upper().endswith(ADDRESSES)]
    told, must = "", f"Compare the credential that {name} was given with the one that the server expects."
    cited: tuple[Citation, ...] = ()
    # Of several that differ, none is known to be the one.
    if len(drifted) == 1 and workload.desired is not None:
        declared = workload.desired.facts
        place = f" at {declared.commit[:10]}" if declared.commit else ""
        told = f" {drifted[0]} is not what {declared.path} declares{place}."
        must = (
            f"Correct {drifted[0]} of {name}, or what declares it, and create it anew: a restart keeps the old value."
        )
        if declared.read_by:
            must = f"Run `{declared.read_by}`, then restart {name}: {declared.path} was changed since it was read last."
        cited = (*cite_words(workload.environment, drifted[0]), *cite_words(workload.desired, drifted[0]))
    so = ", which does not stay up for it" if workload.is_failing else ""
    return Hypothesis(
        cause="credential_refused",
        text=f"A server refuses the credential of {name}{so}: {clip(line.text).rstrip('.')}.{told}",
        confidence=0.9 if told else 0.8,
        entity=workload.entity,
        citations=(said.cite(line), *workload.cite_state(*(["exit"] if workload.is_failing else [])), *cited),
        person_must=must,
    )


def _tell_rotation(workload: Workload, said: Occurrence, rotation: Rotation) -> Hypothesis:
    line = next((line for line in said.error.lines if _says(line.text)), said.error.raised)
    return Hypothesis(
        cause="credential_refused",
        text=f"The credential of {workload.entity.name} is refused: {clip(line.text).rstrip('.')}. {rotation.words}.",
        confidence=rotation.confidence,
        entity=workload.entity,
        citations=(said.cite(line), *rotation.citations, *workload.cite_state()),
        person_must="Give both sides the same credential: tell the server the new one (PostgreSQL: `ALTER ROLE ... "
        "PASSWORD`), or put the former one back; then make anew whoever still holds the other one: a restart alone "
        "keeps variables.",
    )


CREDENTIAL_REFUSED = Signature(
    id="credential_refused",
    title="A server refuses the credential of a process",
    looks_at=(
        EvidenceKind.LOGS,
        EvidenceKind.STATE,
        EvidenceKind.ENVIRONMENT,
        EvidenceKind.DESIRED,
        EvidenceKind.CHANGE,
    ),
    ruled_out_by="The process runs, the refused call is not a stack's to a server that its variables name, and neither "
    "side was made anew with another credential within 15 minutes before the alert; it was stopped, or ends on "
    "something else; objects of a cluster are known; or a change that made neither side anew is to blame for it.",
    confidence_note="0.8: the server says so; 0.9 where one variable with a secret is also not what is declared. 0.85 "
    "where a variable with a secret became different as a side was made anew, 0.75 where that side shares the file of "
    "a secret with others that were made before.",
    action="none: a person must correct the credential",
    specificity=Specificity.ORIGIN,
    match=_match,
    blames_change=True,
    shows_change=True,
)
"""The server's word names the user; the variable is named where the declaration tells."""
