"""Which messages are about another incident in the same channel.

What a channel says is about its incident, whatever its title says, but for what says otherwise, what its monitors tell
of something else, and what goes on about either.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from fermata.domain.trail import MessageKind
from fermata.rules.timeline import phrases
from fermata.rules.timeline.islands import ELSEWHERE, HINT, SURELY, find_islands
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.strays import Names, find_strays
from fermata.rules.timeline.subjects import sort_posts
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.weights import SURE

_TICKET = re.compile(r"\b[A-Z]{2,}-?\d{2,}\b")
_POINTS = re.compile(
    r"^\W*(?:that|thats|this|it|its|those|no|nope|nah|yes|yep|ignore|known|mine|same|not|"
    r"(?:different|other|another|separate) (?:platform|system|service|team|cluster|region|product))\b|"
    r"[.,;] (?:unrelated|separate|not related)\W*$",
    re.IGNORECASE,
)
_BESIDE = re.compile(
    r"^\W*(?:(?:and|oh|ah|uh) )?(?:also|btw|by the way|fyi|note:|for awareness|in other news|sorry to pile on)(?!\w)|"
    r"\bnot the same\b(?! as)",
    re.IGNORECASE,
)
_APART = re.compile(
    r"\b(?:handled|tracked|raised?(?: it| that| this)?) separately\b|"
    r"[.,;] (?:unrelated|separate|not related)\W*$|\bseparate: |"
    r"^\W*(?:different|other|another|separate)(?::| (?:platform|system|service|team|cluster|region|product)\b)|"
    r"^\W*(?:also (?:fyi|btw)|(?:fyi|btw) also)\b|"
    r"\bis (?:its|their) own (?:thing|issue|incident|story)\b|\bother team\b|\bteam has it\b|"
    r"\b(?:please )?take (?:it |that |this |please )?to #",
    re.IGNORECASE,
)
_READ = 300
"""Characters of a message in which it names a ticket."""
_DECLARATIONS = 3
"""In which the incident's own tickets are named."""
_MOST_USERS = 2
"""Who name a metric that is another incident's: one of them speaks of it, the other may compare."""
_FEWEST_USES = 2
"""Of a word, in what people say of the incident, that make it the incident's."""
_FEWEST_OWN = 3
"""Messages of the incident that must be known before an alert without a tie to them is taken for another's."""


@dataclass(frozen=True, slots=True)
class Topics:
    """What is about this incident, and what is not."""

    foreign: frozenset[str]
    """Ids of messages that are about something else."""
    words: frozenset[str]
    """Telling words that this incident's messages share."""


def sort_topics(
    heard: Sequence[Heard],
    title: str,
    channels: Collection[str],
    *,
    related: Iterable[str] = (),
    measured: Iterable[str] = (),
    others: Iterable[str] = (),
) -> Topics:
    """Return which messages are about something else, and the words that are this incident's.

    Args:
        channels: The incident's own; empty when nobody says.
        related: Names of what was deployed and measured: those that share the title's words lend it theirs.
        measured: Names of what moved about when the incident's own metrics did: alerts of it are no other incident's.
        others: Names of what was measured and is not this incident's.
    """
    own = find_terms(title)
    own |= frozenset(term for text in related if (terms := find_terms(text)) & own for term in terms)
    told = [item for item in heard if item.reading.clauses or item.terms]
    other = _find_other(told, own, others)
    names = Names(own | frozenset(term for text in measured for term in find_terms(text)) - other)
    posts = {name: 1.0 if is_own else SURELY for name, is_own in sort_posts(heard, own).items()}
    alarms = dict.fromkeys(find_strays(told, names), SURELY)
    seeds = _plant(told, own, other, channels, _find_tickets(told, title)) | alarms | posts
    pointers = frozenset(item.message.id for item in told if _POINTS.match(item.message.text))
    found = find_islands(told, seeds, own, pointers)
    # What is told of by many is the incident, whatever its words began with; and its words draw nothing away.
    common = _find_common(told, found)
    found = find_islands(told, seeds, own | common, pointers)
    foreign = frozenset(found | _list_strays(told, found, names))
    kept = [item for item in told if item.message.id not in foreign]
    # What is said with certainty lends its words; what needs an anchor lends none.
    sure = {term for item in kept if _is_sure(item) for term in item.terms}
    return Topics(foreign, own | sure)


def _find_other(told: Sequence[Heard], own: frozenset[str], others: Iterable[str]) -> frozenset[str]:
    """Return the words of other incidents' metrics: what many speak of is this one's, whenever it moved."""
    found: set[str] = set()
    people = [item for item in told if not item.message.is_bot]
    for text in others:
        terms = find_terms(text) - own
        about = [item for item in people if not item.terms.isdisjoint(terms)]
        users = {item.message.user for item in about}
        # Who names it beside the incident's own words may only compare.
        apart = {item.message.user for item in about if item.terms.isdisjoint(own)}
        found |= terms if len(users) <= _MOST_USERS and len(apart) < _MOST_USERS else frozenset()
    return frozenset(found)


def _find_common(told: Sequence[Heard], found: Collection[str]) -> frozenset[str]:
    """Return the words that people use more often of the incident than of anything else."""
    uses: Counter[str] = Counter()
    for item in told:
        if not item.message.is_bot:
            change = -1 if item.message.id in found else 1
            uses.update(dict.fromkeys(item.terms, change))
    return frozenset(term for term, count in uses.items() if count >= _FEWEST_USES)


def _find_tickets(told: Sequence[Heard], title: str) -> frozenset[str]:
    """Return the incident's own ticket numbers."""
    declared = [item.message.text for item in told if _is_declaration(item)]
    return frozenset(ticket for text in (title, *declared[:_DECLARATIONS]) for ticket in _TICKET.findall(text[:_READ]))


def _is_declaration(item: Heard) -> bool:
    return any(clause.stage is Stage.DECLARED for clause in item.reading.clauses)


def _has_other_ticket(text: str, tickets: Collection[str]) -> bool:
    """Answer whether a message names a ticket of the same kind as the incident's own, and not that."""
    found = set(_TICKET.findall(text[:_READ]))
    kinds = {ticket.rstrip("0123456789") for ticket in tickets}
    return found.isdisjoint(tickets) and any(ticket.rstrip("0123456789") in kinds for ticket in found)


def _list_strays(told: Sequence[Heard], found: Collection[str], names: Names) -> set[str]:
    """Return the alerts that share nothing with what people say of the incident, and what hangs from them."""
    talk = [item for item in told if not item.message.is_bot and item.message.id not in found]
    if len(talk) < _FEWEST_OWN:
        return set()
    ours = {term for item in talk for term in item.terms}
    # Under an alert that is the incident's, people speak of the incident.
    held = {item.message.thread for item in talk if not item.terms.isdisjoint(names.own)}
    strays = {
        item.message.id
        for item in told
        if _is_alert(item) and item.message.id not in held and names.is_apart(item, ours)
    }
    return strays | {item.message.id for item in told if item.message.thread in strays}


def _is_sure(item: Heard) -> bool:
    return any(clause.weight >= SURE and clause.kind is not MessageKind.HYPOTHESIS for clause in item.reading.clauses)


def _plant(
    told: Sequence[Heard],
    own: frozenset[str],
    other: frozenset[str],
    channels: Collection[str],
    tickets: frozenset[str],
) -> dict[str, float]:
    seeds: dict[str, float] = {}
    roots = {item.message.id: item.terms for item in told}
    for item in told:
        message = item.message
        if phrases.RECAP.search(message.text[:_READ]) is not None:
            # A summary tells of everything that was.
            seeds[message.id] = 1.0
            continue
        is_declared = _is_declaration(item) and phrases.SEPARATELY.match(message.text) is None
        is_asked = message.text.rstrip().endswith("?") and phrases.SEPARATELY.match(message.text) is None
        if _says_apart(message.text) and not is_asked and not is_declared:
            seeds[message.id] = SURELY
            if message.thread and roots.get(message.thread, own).isdisjoint(own):
                # "Is that the same thing?" - "No, separate": the thread is about that.
                seeds.setdefault(message.thread, SURELY)
        elif _has_other_ticket(message.text, tickets):
            seeds[message.id] = SURELY if _TICKET.match(message.text) else HINT
        elif is_declared:
            seeds[message.id] = 1.0
        elif not item.terms.isdisjoint(other) and item.terms.isdisjoint(own):
            seeds[message.id] = SURELY
        elif channels and message.channel and message.channel not in channels:
            seeds[message.id] = ELSEWHERE
        elif _is_beside(item):
            seeds[message.id] = HINT
    return seeds


def _says_apart(text: str) -> bool:
    return phrases.SEPARATE.search(text) is not None or _APART.search(text) is not None


def _is_beside(item: Heard) -> bool:
    # What hangs from something is about that.
    return not item.message.is_bot and not item.message.thread and _BESIDE.search(item.message.text) is not None


def _is_alert(item: Heard) -> bool:
    return item.message.is_bot and any(clause.stage is Stage.ALERTED for clause in item.reading.clauses)
