"""Terms of the trade that a change and a failure share: `pool` and `hikari`, `lease` and `leader`, `cert` and `issuer`.

Names of a shop's own things are looked at elsewhere (`links`), and so are kinds of failure; here it is only whether
both speak of the same matter. What a term says is how few of many written incidents use it (inverse document frequency:
Sparck Jones, "A Statistical Interpretation of Term Specificity", Journal of Documentation 28, 1972); whoever changes
much uses many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from fermata.kit.redaction.marks import MARK
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms
from fermata.rules.changes.term_table import RARITY

SHORTEST, STEM = 4, 6
"""Letters of a word that counts, and how many tell it from others: `certs` and `certificate` are one term."""
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_LONGEST = 1000  # Characters of a line.
_BESIDE = 0.5  # Of a line that did not change.
_INERT = 0.3
_STATE = 0.6
_LARGE = 10.0  # What the terms of a change say together, from which on more of them dilute what it shares.
_DILUTED = 0.7
_TOLD = 3


def judge_terms(change: Change, seen: Mapping[str, float]) -> Iterator[Sign]:
    """Yield what the terms say that a change shares with what fails: it ties nothing to a failure by itself.

    Args:
        seen: What `list_seen_terms` returns.
    """
    own = _weigh(change)
    shared = {term: share * seen[term] * RARITY[term] for term, (share, _) in own.items() if term in seen}
    total = sum(share * RARITY[term] for term, (share, _) in own.items())
    points = round(sum(shared.values()) / (1 + total / _LARGE) ** _DILUTED, 2)
    if points > 0:
        told = sorted(shared, key=lambda term: (-shared[term], term))[:_TOLD]
        yield Sign("terms", points, f"both are about {', '.join(own[term][1] for term in told)}")


def list_seen_terms(symptoms: Symptoms) -> dict[str, float]:
    """Return term -> how far what fails speaks of it, 0..1; what its services are called is none."""
    found: dict[str, float] = {}

    def note(text: str, weight: float) -> None:
        for term in list_terms(text):
            found[term] = max(found.get(term, 0.0), weight)

    note(symptoms.alert_text, 1.0)
    for telling in symptoms.tellings:
        for sample in telling.samples:
            note(sample, min(1.0, telling.weight))
    for item in symptoms.moved:
        note(item.shift.series.metric, 1.0)
    named = {term for name in symptoms.services for term in list_terms(name)}
    return {term: weight for term, weight in found.items() if term not in named}


@lru_cache(maxsize=16384)
def list_terms(text: str) -> Mapping[str, str]:
    """Return term -> the first word of a text that stands for it, in lower case."""
    found: dict[str, str] = {}
    for word in list_words(MARK.sub(" ", text[:_LONGEST])):
        if word[:STEM] in RARITY:
            found.setdefault(word[:STEM], word)
    return found


def list_words(text: str) -> Iterator[str]:
    """Yield the words of a text that are long enough, those in a compound apart, in lower case."""
    for match in _WORD.finditer(text):
        if len(match[0]) >= SHORTEST:
            yield match[0].lower()


def _weigh(change: Change) -> dict[str, tuple[float, str]]:
    """Return term -> how near it stands to what changed, 0..1, and the word for it."""
    found: dict[str, tuple[float, str]] = {}

    def note(text: str, share: float) -> None:
        for term, word in list_terms(text).items():
            if share > found.get(term, (0.0, ""))[0]:
                found[term] = (share, word)

    for hunk in change.diff.effective:
        for line in hunk.lines:
            note(line.text, (_BESIDE if line.sign == " " else 1.0) * (_INERT if line.inert else 1.0))
    if change.diff.effective or change.facts.kind == "flag":
        note(change.facts.title, 1.0)
    if change.facts.kind == "flag":
        note(change.facts.ref, 1.0)
        note(change.facts.state, _STATE)
    return found
