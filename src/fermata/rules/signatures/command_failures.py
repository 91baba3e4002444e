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
from fermata.kit.terraform_errors import find_error
from fermata.rules.claims import Claim, Quote, to_hypothesis
from fermata.rules.kubernetes.kinds import find_kind
from fermata.rules.signatures.base import Case, Signature, Specificity
from fermata.rules.signatures.cluster_rank import list_symptoms as list_troubles
from fermata.rules.signatures.rank import list_symptoms
from fermata.rules.signatures.workloads import clip

if TYPE_CHECKING:
    from fermata.domain.diagnosis import Hypothesis

_LONGEST = 500  # Characters of a line: what a tool names stands at the beginning of what it says.
_FRAME = "\u2502 "  # Terraform draws one around its errors.
_PASTES = (EvidenceKind.OBJECTS, EvidenceKind.TEXT)


@dataclass(frozen=True, slots=True)
class _Tool:
    """How a tool ends what it could not do, and how it says that it could after all."""

    name: str
    failed: re.Pattern[str]
    succeeded: re.Pattern[str]
    """Its groups, if it has any, name what succeeded: `kind` and `name`."""
    person_must: str


# helm, pkg/cmd: `install` prints the status of the release alone, `upgrade` and `rollback` say so in words.
_HELM_DID = re.compile(r'(?:Release "(?P<name>[^"]+)" has been \w+\. )?Happy Helming!|^STATUS: deployed\s*$')
_HELM_ASKED = re.compile(r"\bhelm\d? (?:.* )?(?:upgrade|install|rollback) (?P<rest>.*)$")
_HELM_NAME = re.compile(r"^NAME: (\S+)\s*$")
# kubectl's printers: what is changed is named by its resource, its group and its name; a dry run says so behind it.
_KUBECTL_DID = re.compile(
    r"^(?P<kind>[a-z][\w.-]*)/(?P<name>[\w.:-]+) "
    r"(?:created|configured|unchanged|replaced|patched|edited|serverside-applied)\s*$"
)
_KUBECTL_ASKED = re.compile(r"\b(?:kubectl|oc|k) (?:.* )?(?:apply|create|replace|patch|edit)\b(?P<rest>.*)$")
# Of which object a failure speaks; many name the file alone.
_ABOUT = (
    re.compile(r'^The (?P<kind>\w[\w.]*) "(?P<name>[^"]+)" is invalid: '),
    re.compile(r'resource mapping not found for name: "(?P<name>[^"]+)".* no matches for kind "(?P<kind>\w+)"'),
    re.compile(r': (?P<kind>[a-z][\w.-]*) "(?P<name>[^"]+)" (?:is forbidden|already exists|not found|is invalid)'),
)
_FILE = re.compile(r'(?:error when \w+|unable to recognize|error validating) "([^"]+)"')
_TOOLS = (
    # helm, pkg/action: a release whose operation was interrupted stays pending, and refuses every other one.
    _Tool(
        "Helm",
        re.compile(r"^Error: (?:[A-Z]+ FAILED: )?another operation \(install/upgrade/rollback\) is in progress"),
        _HELM_DID,
        "See whether that operation still runs; if it does not, roll the release back to the last revision that its "
        "history calls deployed, then try again.",
    ),
    _Tool(
        "Helm",
        re.compile(r"^Error: (?:UPGRADE|INSTALLATION|ROLLBACK) FAILED: \S"),
        _HELM_DID,
        "Mend what Helm names, then try again; its history says which revision runs.",
    ),
    _Tool(
        "kubectl",
        re.compile(
            r"^(?:error: (?:resource mapping not found|unable to recognize|error validating|error parsing)"
            r"|The \w[\w.]* \"[^\"]+\" is invalid: "
            r"|Error from server \(\w+\): error when (?:applying|creating|patching))"
        ),
        _KUBECTL_DID,
        "Mend what the message names, and apply it again.",
    ),
    _Tool(
        "Terraform",
        re.compile(r"^\u2502 Error: Error acquiring the state lock"),
        re.compile(r"^(?:Apply complete!|No changes\. )"),
        "See in the lock's info who holds it and since when, and wait for that run. Only if it is known to be dead, "
        "release the lock by its ID (`terraform force-unlock`): two runs at once can lose what either wrote.",
    ),
    _Tool(
        "Terraform",
        re.compile(r"^\u2502 Error: \S"),
        re.compile(r"^(?:Apply complete!|No changes\. )"),
        "Mend what Terraform names, and plan again: what it completed before the error stays.",
    ),
)


@dataclass(slots=True)
class _Failure:
    """The last failure of a tool, and what was asked of the tool before and since."""

    tool: _Tool
    quote: Quote
    asked: str
    """The rest of the command that failed; empty where the text does not show it."""
    since: str | None = None
    """The same of the latest command after it."""

    def is_over(self, text: str, name: str) -> bool:
        """Answer whether a line says that it could be done after all, whatever was in its way.

        Args:
            name: Of the release that the text spoke of last; empty without one.
        """
        found = self.tool.succeeded.search(text)
        if found is None:
            return False
        if self.tool.succeeded is _HELM_DID:
            told = found["name"] or name
            return not (told and self.asked) or told in self.asked.split()
        return self.tool.succeeded is not _KUBECTL_DID or self._is_applied(found["kind"], found["name"])

    def _is_applied(self, kind: str, name: str) -> bool:
        about = next((found for pattern in _ABOUT if (found := pattern.search(self.quote.text[:_LONGEST]))), None)
        if about is not None:
            return about["name"] == name and _name_kind(about["kind"]) == _name_kind(kind)
        # Others of the same run are named below a failure; only another run on its file can have brought it about.
        file = _FILE.search(self.quote.text[:_LONGEST])
        return self.since is not None and (file is None or file[1] == "STDIN" or file[1] in self.since.split())


def _name_kind(word: str) -> str:
    found = find_kind(word)
    return found.name if found is not None else word.lower().partition(".")[0].removesuffix("s")


def _match(case: Case) -> Sequence[Hypothesis]:
    if case.alerts or list_troubles(case.cluster) or list_symptoms(case):
        return ()
    claims = (claim for item in case.evidence if item.kind in _PASTES for claim in _read(item))
    found = (to_hypothesis(claim, case.by_id, known_actions=case.known_actions) for claim in claims)
    return [hypothesis for hypothesis in found if hypothesis is not None]


def _read(item: Evidence) -> list[Claim]:
    """Return the last failure of each tool that a paste ends with; what succeeded afterwards is over."""
    return [
        Claim(
            cause="command_failed",
            subject=item.entity,
            text=f"{one.tool.name} could not do what it was asked to, and says why: "
            f"{clip(one.quote.text.removeprefix(_FRAME))}.",
            confidence=0.6,
            quotes=(one.quote,),
            explains=frozenset(),
            person_must=one.tool.person_must,
        )
        for one in _list_failures(item)
    ]


def _list_failures(item: Evidence) -> list[_Failure]:
    last: dict[str, _Failure] = {}
    whole = "\n".join(line.text[:_LONGEST] for line in item.lines)
    error = find_error(whole)
    is_own = error is not None and error[1] is None  # Without colours there is no frame.
    asked: dict[str, str] = {}
    release = ""
    for line in item.lines:
        text = line.text[:_LONGEST]
        for name, pattern in (("Helm", _HELM_ASKED), ("kubectl", _KUBECTL_ASKED)):
            if found := pattern.search(text):
                asked[name], release = found["rest"], ""
                if name in last:
                    last[name].since = found["rest"]
        named = _HELM_NAME.match(text)
        release = named[1] if named is not None else release
        told = (text, f"{_FRAME}{text}") if is_own and find_error(f"{_FRAME}{text}") else (text,)
        tool = next((tool for one in told for tool in _TOOLS if tool.failed.search(one)), None)
        if tool is not None:
            last[tool.name] = _Failure(tool, Quote(item.id, line.number, line.text), asked.get(tool.name, ""))
        last = {name: failure for name, failure in last.items() if not failure.is_over(text, release)}
    return list(last.values())


SIGNATURES: tuple[Signature, ...] = (
    Signature(
        id="command_failed",
        title="A command of Helm, kubectl or Terraform says why it failed",
        looks_at=_PASTES,
        ruled_out_by="An alert or anything else that was collected shows what is wrong, or the same text shows that it "
        "succeeded afterwards: for kubectl the same object, or another run on the same file.",
        confidence_note="0.6: the tool's own word for why; that this is what is asked about is likely.",
        action="none: a person must mend what the tool names",
        specificity=Specificity.STATE,
        match=_match,
    ),
)
"""The catalogue's part about what people ran."""
