"""Guesses about the cause, and what became of them: a guess that was taken back is told only as ruled out."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fermata.domain.trail import MessageKind
from fermata.rules.timeline import endings, phrases
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.words import Words

_LONGEST = timedelta(hours=4)
"""How long after a guess it is still taken back."""
_READ = 300
"""Characters of a message in which it asks or denies."""
_MOST_LOOKED_AT = 500
"""Telling messages before or after one that are looked at: a flood must not make it slow."""
_OWN_WORD = timedelta(minutes=20)
"""In which "scratch that" means what its author said last."""
_DONE = (MessageKind.ACTION, MessageKind.DECISION, MessageKind.COMMUNICATION, MessageKind.RETRACTION)
"""What was done cannot be unsaid."""
_TOO_COMMON = 0.2
"""Share of messages from which a word no longer tells which guess is meant."""
_CONTRASTS = re.compile(r"\bthen, not (?:the )?[\w.-]+\W*$", re.IGNORECASE)
"""It takes back what its author said to be the cause: "power then, not the kernel"."""
_CORRECTS = re.compile(r"^\W*(?:no|nope|nah|not really)[, ]+@?(?P<whom>[\w.-]+?)[,.:]? ", re.IGNORECASE)
_FEW_TERMS = 2
"""Telling words of an exclusion that says little else than what is excluded."""
_ANSWERS = re.compile(r"^\W*(?:no|nope|nah)\b", re.IGNORECASE)
"""Who begins with a no answers what was just said: "no paypal was fine" takes back nothing of an hour ago."""
_CORRECTED = timedelta(minutes=10)
"""In which "no Ana, that's the merge" is about what Ana said last."""
_WONDERS = Words(
    r"\b(?:can|could|may|might) (?:also |well )?be (?:(?:from |because of |due to )?(?:my|our|mine|ours)\b)|"
    r"\b(?:can|could|would|might|may|does|did|is|was) (?:it|that|this|my|our)\b[^.?!\n]*\?"
)
"""Who asks whether what they did may be the cause tells it as a guess."""
_DENIED = re.compile(r"\bnot (?:the |my |our |your |in the |from the )?(?P<what>[a-z][\w-]+)", re.IGNORECASE)
_TAKES_BACK = Words(
    r"\b(?:scratch that|never ?mind|nvm|false alarm|ignore (?:that|me|my|what)|disregard|my bad|i was wrong|strike "
    r"that|"
    r"take (?:that|it) back|jumped the gun|stand corrected|withdrawn|i misread|i misspoke|not that one)\b|"
    r"^\W*(?:so |ok |ah )*(?:no|nope)\W+not that\b"
)
_FOUND_IT = Words(
    r"\b(?:never ?mind|nvm)\b\W{0,4}(?:\w+ ){0,2}?(?:found|got|see it|figured|there it is|works|sorted|have it)\b"
    # Who got it wrong has found nothing.
    r"(?! (?:\w+ )?(?:wrong|backwards|confused|mixed up))",
    r"\b(?:found it|got it|figured it out)\W{1,3}(?:never ?mind|nvm)\b",
)
"""Whoever looked for something has it: that takes back a question, and nothing that was told."""


@dataclass(frozen=True, slots=True)
class RuledOut:
    """A guess that was taken back, or a cause that was excluded."""

    by: Heard
    """The message that says so."""
    guess: Heard | None
    """What it takes back; `None` when nobody had guessed it aloud."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """All of them."""

    ruled_out: tuple[RuledOut, ...]
    withdrawn: frozenset[str]
    """Ids of messages that must not be told as facts, those that took them back included."""


def settle_guesses(heard: Sequence[Heard]) -> Guesses:
    """Return what was ruled out, and which messages may not be told as facts any more.

    Args:
        heard: The incident's own messages, in the order of their time.
    """
    telling = _find_telling(heard)
    withdrawn = _list_denied(heard)
    ruled_out: list[RuledOut] = []
    for position, item in enumerate(heard):
        if (corrected := _find_corrected(heard, position)) is not None:
            withdrawn.add(corrected.message.id)
        if not item.list_clauses(MessageKind.RETRACTION):
            continue
        withdrawn.add(item.message.id)
        near = heard[max(0, position - _MOST_LOOKED_AT) : position]
        earlier = [other for other in near if item.message.at - other.message.at <= _LONGEST]
        guess = _find_guess(item, earlier, telling)
        if guess is not None:
            withdrawn.update(_list_chorus(item, guess, earlier, telling))
        # Of what is taken back without a word of it, it is not known whether it was a guess at all.
        is_told = guess is not None and (guess.is_guess or bool(guess.terms & item.terms))
        if is_told or (guess is None and item.terms & telling and not _TAKES_BACK.search(item.message.text)):
            ruled_out.append(RuledOut(item, guess))
    return Guesses(tuple(ruled_out), frozenset(withdrawn))


def _list_denied(heard: Sequence[Heard]) -> set[str]:
    """Return the ids of messages that ask whether their author did it, where somebody says later that it is not."""
    denied: dict[str, datetime] = {}
    found: set[str] = set()
    for item in reversed(heard):
        message = item.message
        if message.is_bot:
            continue
        said = [at for term in item.terms if (at := denied.get(term)) is not None]
        text = message.text[:_READ]
        if any(at - message.at <= _LONGEST for at in said) and _WONDERS.search(text) is not None:
            found.add(message.id)
        for match in _DENIED.finditer(text) if "not " in text.lower() else ():
            denied |= dict.fromkeys(find_terms(match["what"]), message.at)
    return found


def _find_telling(heard: Sequence[Heard]) -> frozenset[str]:
    counts = Counter(term for item in heard for term in item.terms)
    most = max(3, _TOO_COMMON * len(heard))
    return frozenset(term for term, count in counts.items() if count <= most)


def _find_guess(item: Heard, earlier: Sequence[Heard], telling: frozenset[str]) -> Heard | None:
    """Return what a message takes back: in its thread, by its words, or the last that its author said."""
    text = item.message.text
    takes_back = _TAKES_BACK.search(text) is not None and _FOUND_IT.search(text) is None
    is_contrast = _CONTRASTS.search(item.message.text) is not None
    # In a short channel the word that everybody uses may be all that names it: "so v88 is innocent".
    is_bare = len(item.terms) <= _FEW_TERMS
    is_answer = _ANSWERS.match(item.message.text) is not None
    meant: Heard | None = None
    is_last = True
    for other in reversed(earlier):
        same_thread = other.root == item.root or item.message.reply_to == other.message.id
        if is_answer and not same_thread and item.message.at - other.message.at > _CORRECTED:
            continue
        shares = bool(other.terms & item.terms & telling)
        shares = shares or (is_bare and other.is_guess and bool(other.terms & item.terms))
        if other.is_guess and (same_thread or shares) and not other.list_clauses(MessageKind.COMMUNICATION):
            return other
        is_own = other.message.user == item.message.user and item.message.at - other.message.at <= _OWN_WORD
        is_said = other.reading.kind not in _DONE and not any(
            clause.stage is Stage.DECLARED for clause in other.reading.clauses
        )
        if takes_back and is_own and other.list_clauses(MessageKind.HYPOTHESIS):
            return other
        if takes_back and is_own and is_said and other.terms & item.terms:
            return other
        # What its author did last is what they mean, and that cannot be unsaid; what they told before it stands.
        if takes_back and (is_own or same_thread) and is_said and is_last:
            meant = meant or other
        is_last = is_last and not is_own
        if is_contrast and is_own and is_said and shares:
            meant = meant or other
    return meant


def _find_corrected(heard: Sequence[Heard], position: int) -> Heard | None:
    """Return what somebody said last to whom the message at a position says no, by name."""
    item = heard[position]
    match = _CORRECTS.match(item.message.text)
    if match is None:
        return None
    whom = match["whom"].lower()
    for other in reversed(heard[max(0, position - _MOST_LOOKED_AT) : position]):
        if item.message.at - other.message.at > _CORRECTED:
            return None
        is_meant = other.message.user.lower().startswith(whom)
        if is_meant and (other.reading.kind not in _DONE or phrases.STARTED.search(other.message.text) is not None):
            return other
    return None


def _list_chorus(item: Heard, guess: Heard, earlier: Sequence[Heard], telling: frozenset[str]) -> list[str]:
    """Return the guess and those who said the same."""
    about = guess.terms & item.terms & telling or guess.terms & telling
    return [guess.message.id] + [
        other.message.id
        for other in earlier
        if other.is_guess and len(other.terms & about) * 2 >= max(1, len(about)) and other.terms & about
    ]


def list_relapses(heard: Sequence[Heard]) -> list[datetime]:
    """Return when people said that it is back, in the order of time; a recap says it of another time."""
    return [
        item.message.at
        for item in heard
        if not item.message.is_bot
        and any(words.search(item.message.text) for words in (endings.RELAPSED, endings.UNMITIGATED))
        and not _is_end(item)
        and not any(clause.is_recap for clause in item.reading.clauses)
    ]


def is_premature(item: Heard, relapses: Sequence[datetime]) -> bool:
    """Answer whether an end that was told did not hold: within the hour after it, it was said that it is back."""
    position = bisect_right(relapses, item.message.at)
    return position < len(relapses) and relapses[position] - item.message.at <= timedelta(hours=1)


def _is_end(item: Heard) -> bool:
    return any(clause.stage in (Stage.MITIGATED, Stage.RESOLVED) for clause in item.reading.clauses)
