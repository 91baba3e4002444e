"""A credential that a server refuses, in the server's own words, of what does not stay up for it.

Only of what ends on it: a program that runs also logs the mistyped passwords of its users, and those are routine.
"""

from __future__ import annotations

from collections.abc import Sequence

from fermata.domain.diagnosis import Citation, Hypothesis
from fermata.domain.evidence import EvidenceKind
from fermata.kit.redaction import is_secret_name
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.configuration import list_drifted
from fermata.rules.signatures.said_refusals import find_said
from fermata.rules.signatures.workloads import Occurrence, Workload, cite_words, clip

# PostgreSQL (auth.c), MySQL (ER_ACCESS_DENIED_ERROR), Redis (acl.c), RabbitMQ, SQL Server (18456), MongoDB (code 18).
_WORDS = (
    "password authentication failed for user", "access denied for user", "wrongpass ", "noauth authentication required",
    "access_refused - login was refused", "login failed for user", "authenticationfailed",
)  # fmt: skip
_ADDRESSES = ("_URL", "_URI", "_DSN")
"""How variables end that hold an address with a password in it."""
_LONGEST = 2000


def _says(text: str) -> bool:
    lowered = text[:_LONGEST].lower()
    return any(words in lowered for words in _WORDS)


def _match(case: Case) -> Sequence[Hypothesis]:
    return [_claim(workload, said) for workload, said in find_said(case, _says, only_failing=True)]


def _claim(workload: Workload, said: Occurrence) -> Hypothesis:
    name = workload.entity.name
    line = next(line for line in said.error.lines if _says(line.text))
    drifted = [one for one in list_drifted(workload) if is_secret_name(one) or one.upper().endswith(_ADDRESSES)]
    told, must = "", f"Compare the credential that {name} was given with the one that the server expects."
    cited: tuple[Citation, ...] = ()
    # Of several that differ, none is known to be the one.
    if len(drifted) == 1 and workload.desired is not None:
        declared = workload.desired.facts
        told = f" {drifted[0]} is not what {declared.path} declares at {declared.commit[:10]}."
        must = (
            f"Correct {drifted[0]} of {name}, or what declares it, and create it anew: a restart keeps the old value."
        )
        cited = (*cite_words(workload.environment, drifted[0]), *cite_words(workload.desired, drifted[0]))
    return Hypothesis(
        cause="credential_refused",
        text=f"A server refuses the credential of {name}, which does not stay up for it: {clip(line.text)}.{told}",
        confidence=0.9 if told else 0.8,
        entity=workload.entity,
        citations=(said.cite(line), *workload.cite_state("exit"), *cited),
        person_must=must,
    )


CREDENTIAL_REFUSED = Signature(
    id="credential_refused",
    title="A server refuses the credential of a process, which does not stay up for it",
    looks_at=(EvidenceKind.LOGS, EvidenceKind.STATE, EvidenceKind.ENVIRONMENT, EvidenceKind.DESIRED),
    ruled_out_by="The process runs, or was stopped; it ends on something else; objects of a cluster are known; or a "
    "change is to blame for it.",
    confidence_note="0.8: the server says so; 0.9 where one variable with a secret is also not what is declared.",
    action="none: a person must correct the credential",
    specificity=Specificity.ORIGIN,
    match=_match,
)
"""The server's word names the user; the variable is named where the declaration tells."""
