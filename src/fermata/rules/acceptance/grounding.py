"""Whether an action that a model names rests on something: what it is about, what it would write, what was cited.

A quote can be true and prove nothing, and a target can exist and have nothing to do with the incident. What is refused
here is what a text from outside needs in order to aim an action; whether an action would help is for its reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from fermata.domain.action import ActionSpec
from fermata.domain.diagnosis import ActionSuggestion, Citation, Diagnosis
from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import StateFacts, WorkloadPhase
from fermata.kit.digest import canonical_json
from fermata.rules.acceptance.approvals import claims_approval
from fermata.rules.sightings import find_facts
from fermata.rules.signatures.base import Case

_SAID = frozenset({EvidenceKind.TICKET, EvidenceKind.TEXT, EvidenceKind.RUNBOOK, EvidenceKind.LOGS})
"""What anybody may write into: it declares no address, and what it names is not observed by being named."""
_WELL = re.compile(r"\b(?:running|healthy|ready|up|active|ok|succeeded|started)\b", re.IGNORECASE)
_ILL = re.compile(
    r"\b(?:not|no|never|only|ended|exit\w*|fail\w*|error\w*|crash\w*|kill\w*|oom\w*|restart\w*|un\w+|since|ago|older"
    r"|stuck|slow\w*|blocked|wait\w*|stop\w*|back-?off|limit\w*|expected|instead)\b",
    re.IGNORECASE,
)
# Only what is said to a model and hardly to anybody else: "ignore previous errors" is a program's word.
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|override)\s+(?:(?:all|any|every|the|of|your|these|those|my|our)\s+){0,3}"
    r"(?:(?:previous|prior|above|earlier|preceding|existing|system)\s+){0,2}"
    r"(?:instructions?|prompts?|guidelines|directives)\b",
    re.IGNORECASE,
)
# As `kubectl get pods` prints one that is well: all containers ready, and never started again.
_READY_ROW = re.compile(r"\s(\d+)/\1\s+Running\s+0\s")
_WORDS = re.compile(r"[\s,;=<>()'\"\[\]{}]+")
_PLAIN = re.compile(r"[-+]?\d+(?:\.\d+)?[A-Za-z%]{0,3}|true|false|yes|no|on|off|and|or|not|is|null|", re.IGNORECASE)
"""Words that say how much or whether: bounded by the dry run and a guardrail's condition, they name nothing."""
_LONGEST_LINE = 4000
_MOST_SUFFIXES = 2
"""Parts that a cluster puts behind a workload's name for its pod: the replica set's hash, and the pod's own."""
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}://|(?:\d{1,3}\.){3}\d|\w\.\w+(?::\d|/|$)|\w:\d|@\w", re.IGNORECASE)


def shows_only_health(citations: Sequence[Citation], evidence: Mapping[str, Evidence]) -> bool:
    """Answer whether all that is cited says that something runs: as the proof of a fault that is none.

    Args:
        citations: That hold; without any there is nothing that shows health.
        evidence: By its id.
    """
    return bool(citations) and all(_is_health(citation, evidence[citation.evidence_id]) for citation in citations)


def speaks_to_readers(citations: Sequence[Citation], evidence: Mapping[str, Evidence]) -> bool:
    """Answer whether all that is cited stands in lines that would have their reader forget, or believe in a yes.

    Such a line is written for a model, by whoever could write into what is collected: that it says so proves nothing.
    Of an application that logs what strangers send it, another line says what broke.

    Args:
        citations: That hold; without any there is nothing that speaks.
        evidence: By its id.
    """
    return bool(citations) and all(_gives_order(citation, evidence[citation.evidence_id]) for citation in citations)


def _gives_order(citation: Citation, item: Evidence) -> bool:
    # A line may be a megabyte: of it counts what is quoted, and its beginning.
    texts = (citation.quote, *(text[:_LONGEST_LINE] for text in list_cited(citation, item)))
    return any(_ORDER.search(text) or claims_approval(text) for text in texts)


def list_cited(citation: Citation, item: Evidence) -> Iterator[str]:
    """Give the lines that a citation names."""
    return (line.text for line in item.lines if citation.first_line <= line.number <= citation.last_line)


def _is_health(citation: Citation, item: Evidence) -> bool:
    if item.kind is EvidenceKind.OBJECTS:
        return all(map(_READY_ROW.search, list_cited(citation, item)))
    state = find_facts(item, StateFacts) if item.kind is EvidenceKind.STATE else None
    if state is None or state.facts.phase is not WorkloadPhase.RUNNING or state.facts.killed_for_memory:
        return False
    return bool(_WELL.search(citation.quote)) and not _ILL.search(citation.quote)


class Grounds:
    """What an action may rest on in one case.

    Args:
        diagnosis: What signatures made of it: what they act on and write needs no other ground.
    """

    def __init__(self, case: Case, diagnosis: Diagnosis) -> None:
        self._case = case
        self._own = [item for item in diagnosis.hypotheses if not item.is_by_model]

    def find_fault(self, action: ActionSuggestion, spec: ActionSpec | None, cited: Sequence[Evidence]) -> str:
        """Return why an action rests on nothing, in words; empty when it does not.

        Args:
            spec: Whose enumerations and defaults stand by themselves.
            cited: What its hypothesis cites, and the change that it blames.
        """
        if self.is_own(action):
            return ""
        if not self._is_about(action.target, cited):
            return f"{action.name} on {action.target.ref}: no alert and nothing that is cited is about it"
        properties = spec.parameters_schema.get("properties", {}) if spec is not None else {}
        for name, value in action.parameters.items():
            if value in self._for_people:
                return f"{action.name}: {value!r} cannot be taken back by an action"
            allowed = [*properties.get(name, {}).get("enum", ()), properties.get(name, {}).get("default")]
            if value not in allowed and (word := self._find_unfounded(value)) is not None:
                return f"{action.name}: {word!r}, its {name}, stands in nothing that was observed"
        return ""

    def holds(self, name: str) -> bool:
        """Answer whether anything that was observed, alerted or asked holds a name, as a whole or at its beginning.

        Who asks may name a thing, and an answer may repeat it. No action rests on a question: anybody may ask.
        """
        asked = (*(entity.ref for entity in self._case.scope.entities), self._case.question)
        return any(name in text for text in (*self._texts, *asked))

    def says(self, word: str) -> bool:
        """Answer whether a word stands in anything that was observed, alerted or asked."""
        whole = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        return any(word in text and whole.search(text) for text in (*self._texts, self._case.question))

    def concerns(self, entity: Entity, cited: Sequence[Evidence]) -> bool:
        """Answer whether an alert, a signature, the question or a piece that is cited is about an entity, or names it.

        A pod is named by what made it, too. What was observed has lines of its own to cite: that it stands somewhere
        else is no ground, as every neighbour does. What is only spoken of, as a caller's database, has none.
        """
        if not entity.system or self._is_about(entity, cited):
            return True
        parts = entity.name.split("-")
        names = {"-".join(parts[: len(parts) - less]) for less in range(min(len(parts), _MOST_SUFFIXES + 1))}
        word = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)")
        return any(map(word.search, (*_list_texts(cited), *self._alerted, self._case.question)))

    def is_own(self, action: ActionSuggestion) -> bool:
        """Answer whether signatures suggest this very action themselves."""
        return any(action == own for item in self._own for own in item.suggestions)

    def _is_about(self, target: Entity, cited: Sequence[Evidence]) -> bool:
        near = {entity.name for entity in self._case.scope.entities}
        near |= {item.entity.name for item in self._own}
        near |= {own.target.name for item in self._own for own in item.suggestions}
        near |= {item.entity.name for item in cited}
        if any(_is_same(target.name, name) for name in near):
            return True
        word = re.compile(rf"(?<![\w.-]){re.escape(target.name)}(?![\w-])")
        seen = (line.text for item in cited if item.kind not in _SAID for line in item.lines)
        return any(target.name in text and word.search(text) for text in seen)

    def _find_unfounded(self, value: Any) -> str | None:
        """Return the first word of a value that nothing holds."""
        for text in _list_strings(value):
            # A declaration holds an address; a log or a ticket may name any.
            texts = self._declared if _ADDRESS.search(text) else self._texts
            if any(text in other for other in texts):
                continue
            for word in _WORDS.split(text):
                if not _PLAIN.fullmatch(word) and not any(word in other for other in texts):
                    return word
        return None

    @cached_property
    def _for_people(self) -> tuple[str, ...]:
        """Return the changes whose revert would be refused, as a first commit's or a merge's."""
        return tuple(change.facts.id for change in self._case.changes if change.facts.revertible is False)

    @cached_property
    def _declared(self) -> tuple[str, ...]:
        return tuple(_list_texts(item for item in self._case.evidence if item.kind not in _SAID))

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        said = _list_texts(item for item in self._case.evidence if item.kind in _SAID)
        return (*self._declared, *said, *self._alerted)

    @cached_property
    def _alerted(self) -> tuple[str, ...]:
        return tuple(f"{alert.summary} {canonical_json(alert.labels)}" for alert in self._case.alerts)


def _is_same(one: str, other: str) -> bool:
    """Answer whether two names are of one thing: a pod carries the name of what made it."""
    shorter, longer = sorted((one, other), key=len)
    return longer == shorter or longer.startswith((f"{shorter}-", f"{shorter}_"))


def _list_texts(evidence: Iterable[Evidence]) -> Iterator[str]:
    for item in evidence:
        yield from (item.entity.ref, item.title, *(line.text for line in item.lines))
        yield canonical_json(item.to_json()["facts"])


def _list_strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from (str(key), *_list_strings(each))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _list_strings(each)
