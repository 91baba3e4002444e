"""What one message says: each of its sentences is read, and the most telling one names the message's kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fermata.domain.trail import Message, MessageKind
from fermata.rules.timeline import phrases

LONGEST_READ = 2_000
"""Characters of a message that are read: what is longer is a pasted log."""
_SENTENCE = re.compile(r"(?<=[.!?;])\s+(?=\S)|\n+|(?<=\w)\s*;\s*")
_CODE = re.compile(r"```.*?(?:```|$)", re.DOTALL)
_QUOTE = re.compile(r"^(?:>|&gt;).*$", re.MULTILINE)
# "- 16:58 UTC: ...": the moment that a recap's line begins with is no word of its sentence.
_LEAD = re.compile(
    r"^\W*\d{1,2}:\d\d(?::\d\d)? ?(?:[ap]m\b)? ?(?:\(?(?:our|my|local) time\)?|[a-z]{1,4}\b(?=\W))?\W*", re.IGNORECASE
)
_PART = re.compile(r",\s+|\s[-\u2013\u2014]{1,2}\s|\s+(?:and|but|so)\s+(?=(?:i|we|it|the|all|now)\b)", re.IGNORECASE)
_CLOCK = re.compile(r"\b\d{1,2}:\d\d\b")
_WORD = re.compile(r"\w+")
_SHORTEST = 3
"""Words of a sentence that can tell an event; a milestone needs fewer."""


class Stage(StrEnum):
    """Which of the key times a milestone is about."""

    DECLARED = "declared"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    ALERTED = "alerted"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence that says something."""

    text: str
    kind: MessageKind
    stage: Stage | None = None
    is_found: bool = False
    """It says what the cause is, without a doubt."""
    is_impact: bool = False
    """It says what users felt."""
    is_new: bool = True
    """It does not merely say that things are as they were."""
    is_weak: bool = False
    """It tells an event only if its words are this incident's: people also update documents and have slow networks."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message says, sentence by sentence; no clause: it says nothing that a timeline could use."""

    clauses: tuple[Clause, ...]
    why_noise: str = ""
    """Why nothing of it is used, in words; empty when something is."""

    @property
    def kind(self) -> MessageKind:
        """Return the kind of its most telling sentence."""
        return min((clause.kind for clause in self.clauses), key=_ORDER.index, default=MessageKind.NOISE)


_ORDER = (
    MessageKind.RETRACTION,
    MessageKind.MILESTONE,
    MessageKind.ACTION,
    MessageKind.DECISION,
    MessageKind.COMMUNICATION,
    MessageKind.OBSERVATION,
    MessageKind.HYPOTHESIS,
    MessageKind.NOISE,
)


def read_message(message: Message) -> Reading:
    """Return what a message says. An order to whoever reads it is data like all else, and says nothing."""
    text = message.text[:LONGEST_READ]
    if phrases.ORDERED.search(text):
        return Reading((), "it tells the reader what to write")
    text = _QUOTE.sub(" ", _CODE.sub(" ", text)).strip()
    if not text:
        return Reading((), "it holds only a quote, code or nothing")
    if phrases.SMALL_TALK.match(text):
        return Reading((), "an acknowledgement")
    if message.is_bot:
        return _read_bot(text)
    if phrases.JOKED.search(text):
        return Reading((), "a joke, sarcasm or small talk")
    clauses = tuple(clause for part in _SENTENCE.split(text) if part and (clause := _read_clause(part.strip())))
    return Reading(clauses) if clauses else Reading((), "it tells no event")


def _read_bot(text: str) -> Reading:
    first = text.partition("\n")[0]
    if phrases.DECLARED.search(text):
        stage: Stage | None = Stage.DECLARED
    elif phrases.RESOLVED.search(text) and re.search(r"\b(?:incident|by)\b", text, re.IGNORECASE):
        stage = Stage.RESOLVED
    elif phrases.ALERTED.search(text) and not phrases.CLEARED.search(first):
        stage = Stage.ALERTED
    elif phrases.CLEARED.search(first):
        stage = Stage.CLEARED
    elif phrases.TOLD_OUTSIDE.search(text):
        return Reading((Clause(first, MessageKind.COMMUNICATION),))
    elif phrases.DONE.search(text) or phrases.DOING.search(text):
        return Reading((Clause(first, MessageKind.ACTION),))
    else:
        return Reading((), "a bot's message that tells no event")
    return Reading((Clause(first, MessageKind.MILESTONE, stage),))


def _read_clause(text: str) -> Clause | None:
    """Return what a sentence says, or `None`. The order of the questions is the order of their weight."""
    is_question = text.rstrip(" )\"'").endswith("?")
    if phrases.ELSEWHEN.search(_PART.split(text)[0]) or phrases.DISMISSED.search(text):
        return None
    if is_question:
        is_guess = phrases.CAUSE.search(text) and not phrases.WITHDRAWN.search(text)
        return Clause(text, MessageKind.HYPOTHESIS) if is_guess else None
    if phrases.RELAPSED.search(text):
        return Clause(text, MessageKind.OBSERVATION)
    if phrases.WITHDRAWN.search(text):
        return Clause(text, MessageKind.RETRACTION)
    parts = _PART.split(_LEAD.sub("", text))
    stages = list(filter(None, map(_find_stage, parts)))
    if stages:
        # "The queue is empty, the incident is over" tells the end.
        stage = Stage.RESOLVED if Stage.RESOLVED in stages else stages[0]
        return Clause(text, MessageKind.MILESTONE, stage)
    kind = _find_kind(text, parts)
    if kind is None or len(_WORD.findall(text)) < (2 if kind is MessageKind.ACTION else _SHORTEST):
        return None
    is_seen = kind is MessageKind.OBSERVATION
    is_found = is_seen and phrases.FOUND.search(text) is not None
    return Clause(
        text,
        kind,
        is_found=is_found,
        is_impact=is_seen and phrases.REPORTED.search(text) is not None,
        is_new=is_found or not (is_seen and phrases.HOLD_ON.search(text)),
        is_weak=phrases.OFF_STAGE.search(text) is not None or _is_weak(text, kind),
    )


def _is_weak(text: str, kind: MessageKind) -> bool:
    if kind in (MessageKind.ACTION, MessageKind.DECISION):
        return phrases.STRONG.search(text) is None and _CLOCK.search(text) is None
    if kind is not MessageKind.OBSERVATION:
        return False
    is_told = any(words.search(text) for words in (phrases.FOUND, phrases.OBSTACLE, phrases.REPORTED))
    return not is_told and _CLOCK.search(text) is None and len(set(phrases.SYMPTOM.findall(text.lower()))) < 2


def _find_stage(text: str) -> Stage | None:
    if phrases.INTENT.search(text) or phrases.HEDGED.search(text):
        return None
    if phrases.DECLARED.search(text):
        return Stage.DECLARED
    if phrases.NOT_YET.search(text):
        return None
    if phrases.RESOLVED.search(text):
        return Stage.RESOLVED
    return Stage.MITIGATED if phrases.MITIGATED.search(text) else None


def _find_kind(text: str, parts: Sequence[str]) -> MessageKind | None:
    if phrases.OBSTACLE.search(text):
        return MessageKind.OBSERVATION
    if phrases.HEDGED.search(text):
        return MessageKind.HYPOTHESIS if phrases.CAUSE.search(text) or phrases.GUESSED.search(text) else None
    if phrases.DECIDED.search(text):
        return MessageKind.DECISION
    if phrases.TOLD_OUTSIDE.search(text) and not phrases.INTENT.search(text):
        return MessageKind.COMMUNICATION
    if phrases.FOUND.search(text) and not phrases.INTENT.search(text):
        return MessageKind.OBSERVATION
    if phrases.TOLD_BY_USERS.match(text) and phrases.REPORTED.search(text):
        return MessageKind.OBSERVATION
    if phrases.ONSET.search(text) and not phrases.INTENT.search(text):
        return MessageKind.OBSERVATION
    # "The cluster is fine, but the index is empty": what is as usual is no news, the rest may be.
    told = [part for part in parts if not phrases.USUAL.search(part)]
    if any(_is_action(part) for part in told):
        return MessageKind.ACTION
    if phrases.INTENT.search(text):
        return None
    news = " ".join(told)
    return MessageKind.OBSERVATION if phrases.SYMPTOM.search(news) or phrases.REPORTED.search(news) else None


def _is_action(part: str) -> bool:
    is_told = phrases.DONE.search(part) or phrases.DOING.search(part)
    return is_told is not None and not phrases.INTENT.search(part)
