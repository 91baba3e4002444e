"""A person's question, read by rules: what kind it is, what it may be about, and an answer from what was seen. Pure.

Rules come first because they are free and never invent: a kind is a word that stands in the question, a name is a word
that is not one of the language's own. An answer quotes; it proposes nothing, and no question makes anything happen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from fermata.domain.diagnosis import Citation, Diagnosis, Hypothesis, Verdict
from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.domain.ids import EvidenceId
from fermata.domain.incident import Incident
from fermata.domain.journal import JournalEntry
from fermata.domain.record import Instant, Record
from fermata.kit.clock import format_instant
from fermata.kit.listing import write_some
from fermata.kit.units import format_duration
from fermata.rules.asked_times import read_asked_time
from fermata.rules.citations import cite
from fermata.rules.runbooks import Freshness, check_runbooks
from fermata.rules.scope import clean_name
from fermata.rules.suspects import MOST_SUSPECTS, list_suspects

MOST_NAMES = 6
_MOST_CHANGES = 8
_MOST_STATES = 8
_MOST_QUOTES = 4
_MOST_PASSAGES = 3
_PASSAGE_LINES = 8
_MOST_ENTRIES = 12
_SIGNATURES = "signatures"
_VERIFIED = "execution.verified"
_JUST_NOW = timedelta(seconds=30)
"""What anybody still reads as now."""
_UNDETERMINED = "Why is undetermined: nothing that was observed names a cause."
_NO_RUNBOOK = "No runbook was found that speaks of it."
# Who asks how something is need not have felt anything.
_NO_CAUSE_KNOWN = "Nothing that was observed names a cause of trouble."


class AskKind(StrEnum):
    """What is asked for."""

    WHY = "why"
    STATUS = "status"
    CHANGES = "changes"
    HISTORY = "history"
    """What was done about an incident, by whom and when: the journal tells."""
    HOW_TO = "how_to"
    """How something is done, which the runbooks say."""
    COSTS = "costs"
    ACT = "act"
    """To do something, which no question does."""
    FACT = "fact"
    """Something else that can be read off what was observed. No word says it: a model is asked, or it is a why."""


class Question(Record):
    """A question, read."""

    text: str
    kind: AskKind
    names: tuple[str, ...]
    """Words that may name something, most telling first; empty when there is none."""
    is_sure: bool
    """Whether a word said the kind; otherwise it was taken for a question why."""
    since: Instant | None = None
    """When what is asked about begins, if the question says so."""
    until: Instant | None = None
    """When it ends; now, if the question says nothing."""
    time_problem: str = ""
    """Why the time it says cannot be looked at; empty when it can."""


class Said(Record):
    """One sentence of an answer."""

    text: str
    citations: tuple[Citation, ...] = ()
    by: str = ""
    """The model that says it; empty for Fermata's own rules."""


def _list_words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The first kind whose word stands in the question counts: "why did it restart" asks why, and orders nothing.
_WORDS: tuple[tuple[AskKind, frozenset[str]], ...] = (
    (AskKind.COSTS, _list_words("cost costs spend spent expensive budget dollars price")),
    (AskKind.WHY, _list_words("why cause causes caused reason because wrong broken explain warum wieso weshalb")),
    (
        AskKind.CHANGES,
        _list_words(
            "changed changes change deployed deploy deploys released release merged shipped geändert änderungen"
        ),
    ),
    (AskKind.HISTORY, _list_words("approved rejected acknowledged decided timeline history")),
    (AskKind.STATUS, _list_words("status state how up down healthy health running alive doing okay ok wie läuft")),
)
_ORDERS = _list_words(
    """restart stop start kill scale rollback revert delete remove apply run execute fix approve reject set raise
    drop"""
)
_OF_PEOPLE = frozenset({"who", "when", "wer", "wann"})
_DECIDED = {
    "approved": frozenset({"proposal.approved", "approval.given"}),
    "rejected": frozenset({"proposal.rejected"}),
    "decided": frozenset({"proposal.approved", "approval.given", "proposal.rejected"}),
}
"""By a word of a question, what the journal calls it."""
_COMMON = _list_words(
    """a about after again all an and any are at be been before being but by can could day days did do does error
    errors fail failed failing fails failure for from get give got had has have he her here him his hour hours i if in
    into is it its just last latency let me minutes more my new no not now of off on one or our out over please problem
    requests right s service services she should show since slow so some something tell than that the their them then
    there these they this those to today under us was we week were what when where which while who will with would
    yesterday you your"""
)
# People ask as they speak: what a German question is made of names no service.
_COMMON_GERMAN = _list_words(
    """aber auf bei das dem den der des die ein eine einem einen einer für gerade geht gibt haben hat hatte heute ich
    im ist jetzt kann kaputt kein keine langsam letzte letzten mal mit nach nicht noch oder schon sehr seit sich sie
    sind und uns unser unsere vom von war waren was welche welcher welches wenn werden wir wird wo wurde wurden zu zum
    zur"""
)
_ENGLISH_TOO = _list_words("bei das den des die hat im mal mit noch oder schon war was wo")
"""Of these the words that are English, a name, or somebody's slip as well."""
_ONLY_GERMAN = _COMMON_GERMAN - _ENGLISH_TOO | _list_words("geändert änderungen läuft warum wieso weshalb wer wie wann")
_FEWEST_GERMAN = 2
_SAY_ENGLISH = "Answers are in English, and so are the times that a question may name: `since 13:00`, `2 hours ago`."
_HOW_TO = re.compile(r"\bhow\s+(?:to|(?:do|can|could|should)\s+(?:i|we|you|one))\b", re.IGNORECASE)
_TOKEN = re.compile(r"[^\W_](?:[\w./-]*[^\W_])?")


def read_question(text: str, known: Iterable[str] = (), *, now: datetime) -> Question:
    """Return what a question asks.

    Args:
        known: Names that the settings or an incident already know; they come before words that merely may be names.
        now: The instant of asking, aware: what `since noon` is counted from.
    """
    asked = read_asked_time(text, now)
    tokens = _TOKEN.findall(asked.rest)
    words = [token.lower() for token in tokens]
    kind = next((kind for kind, marks in _WORDS if marks.intersection(words)), None)
    if kind is not AskKind.COSTS and _HOW_TO.search(text):
        kind = AskKind.HOW_TO
    # An order begins with its verb, perhaps after a please; anywhere else the word is a part of what happened.
    first = next((word for word in words if word not in ("please", "can", "could", "you", "just")), "")
    if first in _ORDERS:
        kind = AskKind.ACT
    elif first in _OF_PEOPLE and kind is None:
        kind = AskKind.HISTORY
    spoken = _COMMON.union(_COMMON_GERMAN, _ORDERS, *(marks for _, marks in _WORDS))
    candidates = [
        name
        for token, word in zip(tokens, words, strict=True)
        if word not in spoken and not word.isdecimal() and (name := _name(token))
    ]
    familiar = {name.lower(): name for name in known}
    first_known = [familiar[name.lower()] for name in candidates if name.lower() in familiar]
    # What is written like a name (a dash, a digit, a dot) is likelier one than a plain word.
    odd = [name for name in candidates if re.search(r"[-_.\d]", name)]
    names = tuple(dict.fromkeys([*first_known, *odd, *(familiar.get(name.lower(), name) for name in candidates)]))
    return Question(
        text=text,
        kind=kind or AskKind.WHY,
        names=names[:MOST_NAMES],
        is_sure=kind is not None,
        since=asked.since or asked.at,
        until=asked.until,
        time_problem=asked.problem,
    )


def say_language(text: str) -> tuple[Said, ...]:
    """Return that answers are in English, where a question was asked in German."""
    words = {token.lower() for token in _TOKEN.findall(text)}
    return (Said(text=_SAY_ENGLISH),) if len(words & _ONLY_GERMAN) >= _FEWEST_GERMAN else ()


def answer_question(question: Question, diagnosis: Diagnosis, evidence: Sequence[Evidence]) -> tuple[Said, ...]:
    """Return an answer from what was observed, each sentence with the lines it rests on.

    Costs are the ledger's to tell, what was done the journal's (`tell_history`), and an order is answered by what it
    takes to have it carried out: these come from the caller.
    """
    if question.kind is AskKind.CHANGES:
        return _answer_changes(question, evidence)
    if question.kind is AskKind.HOW_TO:
        return tuple(_tell_runbooks(evidence)) or (Said(text=_NO_RUNBOOK),)
    if question.kind is AskKind.STATUS:
        return (*_tell_states(evidence), *_tell_cause(diagnosis, _NO_CAUSE_KNOWN))
    if diagnosis.leading:
        return tuple(_tell_cause(diagnosis))
    return (*_tell_cause(diagnosis), *_tell_suspects(diagnosis, evidence), *_tell_states(evidence))


def _tell_suspects(diagnosis: Diagnosis, evidence: Sequence[Evidence]) -> Iterator[Said]:
    """Yield the changes that may have to do with what has no known cause, the most suspect first."""
    for suspect in list_suspects(diagnosis, evidence)[:MOST_SUSPECTS]:
        item, blame = suspect.change.evidence, suspect.verdict.blame
        text = f"Changed near it, and not shown to be the cause: {item.title} (suspicion {blame:.2f} of 1)."
        yield Said(text=text, citations=tuple(cite(item, line.number) for line in item.lines[:1]))


def tell_history(question: Question, entries: Sequence[JournalEntry]) -> tuple[Said, ...]:
    """Return what the journal says was done, oldest first: what the question names (`approved`), otherwise the latest.

    What nobody decided is said to be that, with what became of the latest plan instead.

    Args:
        entries: Of one incident, in order.
    """
    words = {token.lower() for token in _TOKEN.findall(question.text)}
    asked = frozenset[str]().union(*(kinds for word, kinds in _DECIDED.items() if word in words))
    named = [
        entry
        for entry in entries
        if entry.event.kind in asked or words.intersection(re.split(r"[._]", entry.event.kind))
    ]
    if asked and not named and entries:
        plans = [entry for entry in entries if entry.event.kind.startswith("proposal.")]
        nobody = " or ".join(word for word in _DECIDED if word in words)
        return (Said(text=f"Nobody has {nobody} anything of it, by the journal."), *map(_tell_entry, plans[-1:]))
    told = [_tell_entry(entry) for entry in (named or entries)[-_MOST_ENTRIES:]]
    return tuple(told) or (Said(text="The journal holds nothing of it."),)


def tell_end(incident: Incident, entries: Sequence[JournalEntry]) -> tuple[Said, ...]:
    """Return that an incident is over, and how that was proved; nothing while it goes on.

    What an answer rests on was observed before: without this it reads as if it were so now.

    Args:
        entries: Of the incident, in order.
    """
    if incident.resolved_at is None:
        return ()
    text = f"The incident is over since {format_instant(incident.resolved_at)}; the rest is how it was when looked at."
    proved = [_tell_entry(entry) for entry in entries if entry.event.kind == _VERIFIED]
    return (Said(text=text), *proved[-1:])


def tell_age(evidence: Sequence[Evidence], now: datetime) -> tuple[Said, ...]:
    """Return when an incident was looked at last, where that is not just now: what runs may have changed since."""
    latest = max((item.observed_at for item in evidence), default=now)
    if now - latest < _JUST_NOW:
        return ()
    ago = format_duration(timedelta(seconds=int((now - latest).total_seconds())))
    return (Said(text=f"As it was looked at {ago} ago, at {format_instant(latest)}; nothing was looked at for this."),)


def _tell_entry(entry: JournalEntry) -> Said:
    event = entry.event
    by = f"{event.actor.id} ({event.actor.channel})" if event.actor.channel else event.actor.id
    why = str(event.data.get("reason") or event.data.get("text") or "")
    what = re.sub(r"[._]", " ", event.kind)
    return Said(text=f"{format_instant(entry.at)} {what}, by {by}" + (f": {why}" if why else ""))


def _name(token: str) -> str:
    return clean_name(token.rpartition("/")[2])


def _tell_cause(diagnosis: Diagnosis, undetermined: str = _UNDETERMINED) -> list[Said]:
    leading = diagnosis.leading
    if leading is None:
        if diagnosis.verdict is Verdict.HEALTHY:
            return [Said(text="Nothing is wrong, as far as was looked.")]
        checks = [Said(text=f"This would tell more: {check}") for check in diagnosis.checks]
        return [Said(text=undetermined), *checks]
    said = [_tell_hypothesis(leading)]
    if diagnosis.guilty_change:
        said.append(Said(text=f"The change that is guilty: {diagnosis.guilty_change}."))
    said += [_tell_other(other) for other in diagnosis.hypotheses[1:3] if other.lost_because]
    if leading.suggestions:
        steps = ", then ".join(f"{step.name} on {step.target.ref}" for step in leading.suggestions)
        said.append(Said(text=f"What would be proposed, if the policy permits it, and held for a person: {steps}."))
    elif leading.person_must:
        said.append(Said(text=f"A person must: {leading.person_must}"))
    return said


def _tell_hypothesis(hypothesis: Hypothesis) -> Said:
    is_ours = hypothesis.tier == _SIGNATURES
    by = f", by {hypothesis.tier}" if is_ours else ""
    text = f"{hypothesis.text} ({hypothesis.cause}, confidence {hypothesis.confidence:.2f}{by})"
    return Said(text=text, citations=hypothesis.citations[:_MOST_QUOTES], by="" if is_ours else hypothesis.tier)


def _tell_other(other: Hypothesis) -> Said:
    if other.tier == _SIGNATURES:
        return Said(text=f"It may also be {other.cause} ({other.confidence:.2f}): {other.lost_because}")
    said = _tell_hypothesis(other)
    return said.model_copy(update={"text": f"{said.text}. {other.lost_because}"})


def _tell_states(evidence: Sequence[Evidence]) -> list[Said]:
    states = [item for item in evidence if item.kind in (EvidenceKind.STATE, EvidenceKind.OBJECTS) and item.lines]
    states.sort(key=lambda item: item.kind is EvidenceKind.OBJECTS)
    said = [Said(text=item.title, citations=(cite(item, item.lines[0].number),)) for item in states[:_MOST_STATES]]
    return said or [Said(text=_say_stateless(evidence))]


def _say_stateless(evidence: Sequence[Evidence]) -> str:
    if not evidence:
        return "No system that was asked knows what this is about."
    refs = [*dict.fromkeys(item.entity.ref for item in evidence)]
    return f"No system told a state of it; what was collected is of {write_some(refs, _MOST_STATES)}."


def _answer_changes(question: Question, evidence: Sequence[Evidence]) -> tuple[Said, ...]:
    """Tell the changes of the time that was asked about, and which time that was taken to be."""
    found = _tell_changes(question, evidence)
    if question.since is None and question.until is None:
        return tuple(found) or (Said(text="No change was found in the window that was looked at."),)
    bounds = [
        f"{word} {format_instant(instant)}"
        for word, instant in (("since", question.since), ("until", question.until))
        if instant is not None
    ]
    asked = " ".join(bounds)
    if not found:
        return (Said(text=f"No change {asked} was found."),)
    return (Said(text=f"Changes {asked}, newest first:"), *found)


def _tell_changes(question: Question, evidence: Sequence[Evidence]) -> list[Said]:
    changes = [(ChangeFacts.from_json(item.facts), item) for item in evidence if item.kind is EvidenceKind.CHANGE]
    changes = [pair for pair in changes if _is_asked_about(question, pair[0].changed_at)]
    changes.sort(key=lambda pair: pair[0].changed_at, reverse=True)
    return [
        Said(
            text=f"{_tell_time(facts)} {facts.kind} {facts.id[:12]}: {facts.title}"
            + (f" ({facts.author})" if facts.author else ""),
            citations=(cite(item, item.lines[0].number),) if item.lines else (),
        )
        for facts, item in changes[:_MOST_CHANGES]
    ]


def _tell_time(facts: ChangeFacts) -> str:
    return format_instant(facts.changed_at) if facts.is_dated else "time unknown"


def _is_asked_about(question: Question, at: datetime) -> bool:
    return not ((question.since and at < question.since) or (question.until and at > question.until))


def _tell_runbooks(evidence: Sequence[Evidence]) -> list[Said]:
    """Quote the passages that may be followed, those that fit what runs first; name the others, which may not."""
    by_id = {item.id: item for item in evidence}
    checks = sorted(check_runbooks(evidence), key=lambda check: _TRUST.index(check.freshness))
    said = []
    for check in checks[:_MOST_PASSAGES]:
        if check.freshness is Freshness.STALE:
            said.append(Said(text=f"Do not follow {check.title}: {check.text}"))
        else:
            passage = _cite_passage(by_id[EvidenceId(check.evidence_id)])
            said.append(Said(text=f"{check.title} ({check.text})", citations=passage))
    return said


def _cite_passage(item: Evidence) -> tuple[Citation, ...]:
    """Cite the first lines that hold words and follow one another."""
    lines = [line for line in item.lines if line.text.strip()][:1]
    for line in item.lines:
        if lines and line.number == lines[-1].number + 1 and len(lines) < _PASSAGE_LINES:
            lines.append(line)
    return (cite(item, lines[0].number, lines[-1].number),) if lines else ()


_TRUST = (Freshness.VERIFIED, Freshness.UNVERIFIED, Freshness.STALE)
