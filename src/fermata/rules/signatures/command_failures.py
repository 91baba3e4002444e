"""Commands of people and pipelines that say why they failed: Helm, kubectl and Terraform, as somebody pasted them.

Read only where no alert fires and nothing else is seen to be wrong: somebody asks about the command then. Beside an
alert, a run that failed is one of many things that were tried.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.rules.claims import Claim, Quote, to_hypothesis
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.cluster_rank import list_symptoms as list_troubles
from fermata.rules.signatures.rank import list_symptoms
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.domain.diagnosis import Hypothesis

_PASTES = (EvidenceKind.OBJECTS, EvidenceKind.TEXT)


@dataclass(frozen=True, slots=True)
class _Tool:
    """How a tool ends what it could not do, and how it says that it could after all."""

    name: str
    failed: re.Pattern[str]
    succeeded: re.Pattern[str]
    person_must: str


_TOOLS = (
    # helm, pkg/action: a release whose operation was interrupted stays pending, and refuses every other one.
    _Tool(
        "Helm",
        re.compile(r"^Error: (?:[A-Z]+ FAILED: )?another operation \(install/upgrade/rollback\) is in progress"),
        re.compile(r"Happy Helming!|Rollback was a success"),
        "See whether that operation still runs; if it does not, roll the release back to the last revision that its "
        "history calls deployed, then try again.",
    ),
    _Tool(
        "Helm",
        re.compile(r"^Error: (?:UPGRADE|INSTALLATION|ROLLBACK) FAILED: (?P<why>\S.*)"),
        re.compile(r"Happy Helming!|Rollback was a success"),
        "Mend what Helm names, then try again; its history says which revision runs.",
    ),
    _Tool(
        "kubectl",
        re.compile(
            r"^(?:error: (?=resource mapping not found|unable to recognize|error validating|error parsing)"
            r"|The \w[\w.]* \"[^\"]+\" is invalid: "
            r"|Error from server \(\w+\): error when (?:applying|creating|patching))"
            r"(?P<why>.*)"
        ),
        re.compile(r"(?!)"),
        "Mend what the message names, and apply it again.",
    ),
    _Tool(
        "Terraform",
        re.compile(r"^\u2502 Error: (?P<why>\S.*)"),
        re.compile(r"^Apply complete!"),
        "Mend what Terraform names, and plan again: what it completed before the error stays.",
    ),
)


def _match(case: Case) -> Sequence[Hypothesis]:
    if case.alerts or list_troubles(case.cluster) or list_symptoms(case):
        return ()
    claims = (claim for item in case.evidence if item.kind in _PASTES for claim in _read(item))
    found = (to_hypothesis(claim, case.by_id, known_actions=case.known_actions) for claim in claims)
    return [hypothesis for hypothesis in found if hypothesis is not None]


def _read(item: Evidence) -> list[Claim]:
    """Return the last failure of each sort that a paste ends with; what succeeded afterwards is over."""
    last: dict[str, tuple[_Tool, Quote]] = {}
    for line in item.lines:
        tool = next((tool for tool in _TOOLS if tool.failed.search(line.text)), None)
        if tool is not None:
            last[tool.name] = (tool, Quote(item.id, line.number, line.text))
        for name in [name for name, (failed, _) in last.items() if failed.succeeded.search(line.text)]:
            del last[name]
    return [
        Claim(
            cause="command_failed",
            subject=item.entity,
            text=f"{tool.name} could not do what it was asked to, and says why: {clip(quote.text)}.",
            confidence=0.6,
            quotes=(quote,),
            explains=frozenset(),
            person_must=tool.person_must,
        )
        for tool, quote in last.values()
    ]


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="command_failed",
        title="A command of Helm, kubectl or Terraform says why it failed",
        looks_at=_PASTES,
        ruled_out_by="An alert or anything else that was collected shows what is wrong, or the same text shows that it "
        "succeeded afterwards.",
        confidence_note="0.6: the tool's own word for why; that this is what is asked about is likely.",
        action="none: a person must mend what the tool names",
        specificity=Specificity.STATE,
        match=_match,
    ),
)
"""The catalogue's part about what people ran."""
