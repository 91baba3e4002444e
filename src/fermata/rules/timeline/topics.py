"""Which messages are about another incident in the same channel.

What a channel says is about its incident, whatever its title says, but for what says otherwise, what its monitors tell
of something else, and what goes on about either.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from fermata.domain.trail import MessageKind
from fermata.rules.timeline import phrases
from fermata.rules.timeline.asides import find_asides
from fermata.rules.timeline.corners import closes, find_corners
from fermata.rules.timeline.islands import ELSEWHERE, HINT, SURELY, find_islands
from fermata.rules.timeline.openings import find_opening
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.strays import Names, find_strays, list_alarms, list_ends
from fermata.rules.timeline.subjects import sort_posts
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.weights import SURE
from fermata.rules.timeline.words import Words

_TICKET = re.compile(r"\b[A-Z]{2,}-?\d{2,}\b")
_CASE = re.compile(r"\bINC(?:IDENT)?-?\d{2,}\b")
"""A ticket that is an incident, whatever its tracker numbers."""
_ZEROS = re.compile(r"-?0*(?=[1-9]\d*$)")
"""Between a ticket's letters and its number: a tool pads it in the channel's name, and not in its posts."""
_HANDLED = re.compile(r"\b(?:declar|open|rais|creat|clos|resolv)\w*\b", re.IGNORECASE)
_TITLED = re.compile(r"[\"\u201c\u00ab](.{6,100}?)[\"\u201d\u00bb]")
"""How the tool that incidents are run by gives one's title."""
_POINTS = re.compile(
    r"^\W*(?:that|thats|this|it|its|those|no|nope|nah|yes|yep|ignore|known|mine|same|not|"
    r"(?:different|other|another|separate) (?:platform|system|service|team|cluster|region|product))\b|"
    r"[.,;] (?:unrelated|separate|not related)\W*$|"
    r"^\W*(?:please |pls )?(?:own|wrong (?:thread|room|channel)|handled|tracked|discussed|don'?t mix|there(?:'?s| is) "
    r"already|already|(?:move|take|put|continue|discuss|keep) (?:it|that|this|these|those))\b",
    re.IGNORECASE,
)
_BESIDE = Words(
    r"^\W*(?:(?:and|oh|ah|uh) )?(?:also|btw|by the way|fyi|note:|for awareness|in other news|sorry to pile on)(?!\w)|"
    r"\bnot the same\b(?! as)"
)
_APART = Words(
    r"\b(?:handled|tracked|raised?(?: it| that| this)?) separately\b|"
    r"[.,;] (?:unrelated|separate|not related)\W*$|\bseparate: |"
    r"^\W*(?:different|other|another|separate)(?::| (?:platform|system|service|team|cluster|region|product)\b)|"
    r"^\W*(?:also (?:fyi|btw)|(?:fyi|btw) also)\b|"
    r"\bis (?:its|their) own (?:thing|issue|incident|story)\b|\bother team\b|\bteam has it\b|"
    r"\b(?:please )?take (?:it |that |this |please )?to #|"
    r"\b(?:on it|looking|working on (?:it|that|this)|fixing (?:it|that|this)) separately\b|"
    r"[,;] known(?: issue| thing| one)?\s*(?:[,.;]|$)|"
    r"^\W*not (?:this|ours?|the same|that one)\s*[,.;:]|[,.;] not (?:this|ours)(?: one)?(?:,? right)?\W*$|"
    r"\b(?!is\b)\S+ already (?:open|tracked|reported) *(?:for (?:it|that|this))?\W*$|"
    r"\balready (?:an? )?(?:incident|ticket|case) (?:open )?for (?:it|that|this)\b|"
    r"\b(?:its|your|their|(?<!my )(?<!our )own) (?:own )?(?:channel|thread|ticket) (?:pls|please)\b",
    r"\b(?:move|take|put|discuss|continue) (?:it|that|this|those|these) (?:(?:in|on|to|into|over to) )?"
    r"(?:#|(?:its|your|their|an?|another) (?:(?:own|new|other) )?(?:thread|channel|ticket)\b)|"
    r"\bhas (?:its|their|an?) own (?:incident|ticket|channel|thread)\b|\b(?:un|not )connected to (?:this|it|us|ours)\b|"
    r"[.,;] unconnected\W*$|\bno relation to (?:this|it|ours)\b|\bdifferent beast\b|\bwrong (?:thread|room)\b|"
    r"\bnot yours\b(?! to\b)|\bnot for (?:you|this (?:room|channel))\b|"
    r"\b(?:it'?s|that'?s|this is|those are) (?:ours|mine|on us)\W+"
    r"(?:(?:so|please|just|you can) )*(?:ignore|carry on|don'?t mind|no need|nothing for you)\b|"
    r"\bnot incident.related\b|\b(?:don'?t|not) mix (?:these|those|them|this|that|the two|it|[.,;])|"
    r"^\W*not (?:our|my) thing\b|^\W*not prod(?:uction)?[,;]|\b(?:handled|discussed|tracked|continue) in #|"
    r"\balready an? (?:channel|thread|ticket|incident) for\b",
)
_ASKS = re.compile(
    r"\b(?:same (?:thing|issue|incident|problem|story|cause|outage)|related|(?:part|because) of (?:this|that|it)|"
    r"also (?:this|us|ours?)|(?:is|are) (?:it|this|that|these) (?:the same|us|ours?|new|yours))\b[^.!]{0,20}\?|"
    r"(?:^|[.,;!?] )(?:new|known|this one|ours?)\W*\?",
    re.IGNORECASE,
)
"""Somebody asks whether what they see is the incident."""
_DENIES = re.compile(r"^\W*(?:no|nope|nah|not? (?:this|that|ours?))\b", re.IGNORECASE)
_THERE = r"(?:in|to|on) (?:#|(?:the |a |its |your |their )?(?:own )?(?:thread|channel|ticket)\b)"
_KEPT = re.compile(
    rf"\bkeeps? (?:the |your |that |all )?(?P<kept>[\w-]+(?: [\w-]+)?) {_THERE}|"
    rf"\bother (?P<other>[\w-]+) (?:matters?|stuff|things?|topics?|issues?|problems?)\b[^.!?\n]{{0,20}} {_THERE}",
    re.IGNORECASE,
)
_CLEARED = re.compile(r"\bnot (?:the |our )?(?P<what>[\w-]+) after all\b", re.IGNORECASE)
_NOT = re.compile(r"\bnot (?:the |our |a )?(?P<what>[\w-]+)(?=[.,;!\n]|$)", re.IGNORECASE)
_TALK = re.compile(
    r"\b(?:banter|calls?|chat\w*|com(?:m|ment|munication)s?|debug\w*|discussions?|facts|findings|ideas|jokes|notes|"
    r"questions?|speculation|talk\w*|theor(?:y|ies)|updates?)\b",
    re.IGNORECASE,
)
"""What rooms ask to keep elsewhere and that is about the incident."""
_MATTERS = frozenset({"stuff", "topic", "matter", "rest", "anything"})
_READ = 300
"""Characters of a message in which it names a ticket."""
_DECLARATIONS = 3
"""In which the incident's own tickets are named."""
_MOST_USERS = 2
"""Who name a metric that is another incident's: one of them speaks of it, the other may compare."""
_FEWEST_USES = 2
"""Of a word, in what people say of the incident, that make it the incident's."""
_SAME_BREATH = timedelta(minutes=4)
"""In which somebody who declares something goes on about what they said is apart."""
_CALLED = timedelta(minutes=5)
_LED = timedelta(minutes=30)
"""From the alert that a channel's talk begins with to the declaration of what it is of."""
_OWN_TALK = 0.15
"""Of the words of a thread in which one person alone writes, that others use at least where it is the incident's."""
_EARLY_TALK = 0.4
"""The same, of threads that begin before anybody declares the incident."""
_MOST_APART = 0.2
"""Of people's messages, that name another matter at most."""
_PAIR_TALK = 0.1
"""The same, of early threads under an alert in which two people write."""
_PAIR = 2
_SEVERAL = 3
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
    own = titled = find_terms(title)
    related, measured, others = tuple(related), tuple(measured), tuple(others)
    known = frozenset(term for text in (*related, *measured) for term in find_terms(text))
    own |= frozenset(term for text in related if (terms := find_terms(text)) & own for term in terms)
    told = _list_told(heard)
    apart = _find_kept_apart(heard)
    own -= apart
    other = _find_other(told, own, others)
    names = Names(own | frozenset(term for text in measured for term in find_terms(text)) - other)
    posts = {name: 1.0 if is_own else SURELY for name, is_own in sort_posts(heard, own).items()}
    alarms = list_alarms(told)
    said = frozenset(item.message.id for item in told if _says_apart(item.message.text)) - find_opening(told, titled)
    second = _list_second(told, own)
    strays = dict.fromkeys(find_strays(told, alarms, names), SURELY)
    ground = _Ground(own, other, apart, channels, _find_tickets(told, title, channels, own), said)
    seeds = _plant(told, ground) | strays | posts | dict.fromkeys(second, SURELY)
    pointers = frozenset(item.message.id for item in told if _POINTS.match(item.message.text))
    found = find_islands(told, seeds, own, pointers)
    # What is told of by many is the incident, whatever its words began with; and its words draw nothing away.
    common = _find_common(told, found)
    found = find_islands(told, seeds, own | common, pointers)
    found = found | _list_strays(told, found, names) | _find_monologues(told, own | known)
    # A deploy's service, a metric and an alert each name a matter, the incident's or not.
    kinds = dict.fromkeys(alarm.names for alarm in alarms)
    entities = [*kinds, *map(find_terms, (*(text.split(" ")[0] for text in related), *others))]
    declared = {item.message.id for item in told if _is_theirs(item, titled, said)}
    found = found | find_corners(told, declared, entities, titled) | find_asides(told, own)
    # What names the incident itself is its own, unless it says that it is not.
    ours = {
        item.message.id
        for item in told
        if _has_own_case(item.message.text, ground.tickets) and seeds.get(item.message.id, 0.0) >= 0
    }
    foreign = frozenset((found | list_ends(alarms, found)) - ours)
    kept = [item for item in told if item.message.id not in foreign]
    # What is said with certainty lends its words; what needs an anchor lends none.
    sure = {term for item in kept if _is_sure(item) for term in item.terms}
    return Topics(foreign, (own | sure) - apart)


def _list_told(heard: Sequence[Heard]) -> list[Heard]:
    """Return what tells something, what says that something is apart, and what that is said of."""
    told: set[str] = set()
    before: Heard | None = None
    for item in heard:
        text = item.message.text[:_READ]
        is_apart = not item.reading.clauses and not item.terms and _says_apart(text)
        # "No Zed, separate thing": what it points at is meant, although that only asked.
        if before is not None and (is_apart or (_POINTS.match(text) and _says_apart(text))):
            told.add(before.message.id)
        if is_apart or item.reading.clauses or item.terms:
            told.add(item.message.id)
        before = before if item.message.is_bot else item
    return [item for item in heard if item.message.id in told]


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
            uses.update(dict.fromkeys(item.terms, -1 if item.message.id in found else 1))
    return frozenset(term for term, count in uses.items() if count >= _FEWEST_USES)


def _find_tickets(told: Sequence[Heard], title: str, channels: Collection[str], own: Collection[str]) -> frozenset[str]:
    """Return the incident's own ticket numbers: of two incidents that are declared, those of the one in its words."""
    declared = [item for item in told if item.tells(Stage.DECLARED)][:_DECLARATIONS]
    ours = [item for item in declared if not item.terms.isdisjoint(own)] or declared
    texts = (title, *(name.upper() for name in channels), *(item.message.text for item in ours))
    found = frozenset(ticket for text in texts for ticket in _list_tickets(text))
    # The tool it is run by names it first, in words of its own.
    tools = (match[0] for item in told if item.message.is_bot and (match := _CASE.search(item.message.text[:_READ])))
    return found or frozenset(map(_name_ticket, islice(tools, 1)))


def _list_tickets(text: str) -> set[str]:
    """Return the tickets that a text names, `INC-0931` and `INC931` as one."""
    return set(map(_name_ticket, _TICKET.findall(text[:_READ])))


def _name_ticket(ticket: str) -> str:
    return _ZEROS.sub("-", ticket, count=1)


def _list_second(told: Sequence[Heard], own: Collection[str]) -> set[str]:
    """Return the ids of what the tool that incidents are run by says of another one that it opened meanwhile."""
    first: dict[str, frozenset[str]] = {}
    found: set[str] = set()
    for item in told:
        title = _TITLED.search(item.message.text[:_READ]) if item.message.is_bot else None
        if title is not None and item.tells(Stage.DECLARED):
            terms = find_terms(title[1])
            if terms and terms.isdisjoint(first.setdefault(item.message.user, terms).union(own)):
                found.add(item.message.id)
    return found


def _has_other_ticket(text: str, tickets: Collection[str]) -> bool:
    """Answer whether a message names a ticket of the same kind as the incident's own, and not that."""
    found = _list_tickets(text)
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
    called = next((item for item in talk if item.tells(Stage.DECLARED)), None)
    declared = None if called is None else called.message.at
    # Whoever declares the incident under an alert declares that.
    held |= set() if called is None or _says_apart(called.message.text[:_READ]) else {called.message.thread}
    fired = [item for item in told if _is_alert(item)]
    strays = {
        item.message.id
        for item in fired
        if item.message.id not in held
        and names.is_apart(item, ours)
        # What fires right before people declare an incident is what they declare.
        and not (declared is not None and timedelta(0) <= declared - item.message.at <= _CALLED)
        # Nor is what brings several people into a room where nobody declares anything.
        and not (declared is None and _is_taken_up(item, talk))
        and not (
            _begins_talk(item, talk) and (fired == [item] if declared is None else declared <= item.message.at + _LED)
        )
    }
    return strays | {item.message.id for item in told if item.message.thread in strays}


def _begins_talk(alert: Heard, talk: Sequence[Heard]) -> bool:
    """Answer whether nobody spoke before an alert, and somebody does within minutes.

    People call in their own words what the monitor has just said.
    """
    return timedelta(0) <= talk[0].message.at - alert.message.at <= _CALLED


def _has_own_case(text: str, tickets: Collection[str]) -> bool:
    """Answer whether a message names the incident's own number, as `INC-71`."""
    return not frozenset(map(_name_ticket, _CASE.findall(text[:_READ]))).isdisjoint(tickets)


def _is_taken_up(alert: Heard, talk: Sequence[Heard]) -> bool:
    """Answer whether a room in which nobody spoke is full of people minutes after an alert."""
    at = alert.message.at
    before, now = (bisect_left(talk, time, key=_get_time) for time in (at - _CALLED, at))
    soon = talk[now : bisect_right(talk, at + _CALLED, key=_get_time)]
    return before == now and len({item.message.user for item in soon}) >= _SEVERAL


def _get_time(item: Heard) -> datetime:
    return item.message.at


def _is_sure(item: Heard) -> bool:
    return any(clause.weight >= SURE and clause.kind is not MessageKind.HYPOTHESIS for clause in item.reading.clauses)


@dataclass(slots=True)
class _Ground:
    """What is known of an incident before its channel is read."""

    own: frozenset[str]
    other: frozenset[str]
    """Words of other incidents' metrics."""
    apart: frozenset[str]
    """Words of what people asked to keep elsewhere."""
    channels: Collection[str]
    tickets: frozenset[str]
    said: Collection[str]
    """Ids of the messages with words for what is apart."""


def _plant(told: Sequence[Heard], ground: _Ground) -> dict[str, float]:
    seeds: dict[str, float] = {}
    roots = {item.message.id: item for item in told}
    apart: dict[str, datetime] = {}
    for item in told:
        message = item.message
        root = roots.get(message.thread or "")
        if phrases.RECAP.search(message.text[:_READ]) is not None:
            seeds[message.id] = 1.0  # A summary tells of everything that was.
        elif _is_said_apart(item, ground.own, ground.said):
            seeds[message.id] = SURELY
            apart[message.user] = message.at
            if root is not None and root.terms.isdisjoint(ground.own):
                # "Is that the same thing?" - "No, separate": the thread is about that.
                seeds.setdefault(root.message.id, SURELY)
        elif root is not None and _is_denied(root, item):
            seeds[message.id] = seeds[root.message.id] = SURELY
        elif (score := _find_score(item, ground, apart.get(message.user))) is not None:
            seeds[message.id] = score
    return seeds


def _is_said_apart(item: Heard, own: Collection[str], said: Collection[str]) -> bool:
    """Answer whether a message says that what it tells is apart: not of what it declares, nor as a question.

    Args:
        said: Ids of the messages with words for that.
    """
    if item.message.id not in said:
        return False
    text = item.message.text
    if phrases.SEPARATELY.match(text) is not None:
        return True
    is_declared = item.tells(Stage.DECLARED) and not any(
        _says_apart(clause.text) and item.terms.isdisjoint(own)
        for clause in item.reading.clauses
        if clause.stage is Stage.DECLARED
    )
    return not is_declared and not text.rstrip().endswith("?")


def _find_score(item: Heard, ground: _Ground, apart: datetime | None) -> float | None:
    """Return what a message that does not say that it is apart shows by its tickets, words and place.

    Args:
        apart: When its author last said that something is apart.
    """
    message = item.message
    if message.is_bot and (named := _list_tickets(message.text)) and named <= ground.tickets:
        return 1.0
    if _has_other_ticket(message.text, ground.tickets):
        is_case = _CASE.search(message.text) is not None and _HANDLED.search(message.text) is not None
        return SURELY if is_case or _TICKET.match(message.text) else HINT
    if item.tells(Stage.DECLARED) and phrases.SEPARATELY.match(message.text) is None:
        # Who said that something is apart may declare that as well.
        is_breath = apart is not None and message.at - apart <= _SAME_BREATH
        return SURELY if is_breath and item.terms.isdisjoint(ground.own) else 1.0
    if not item.terms.isdisjoint(ground.apart):
        return SURELY
    if not item.terms.isdisjoint(ground.other) and item.terms.isdisjoint(ground.own):
        return SURELY
    if ground.channels and message.channel and message.channel not in ground.channels:
        return ELSEWHERE
    return HINT if _is_beside(item) else None


def _is_theirs(item: Heard, own: Collection[str], said: Collection[str]) -> bool:
    """Answer whether somebody says that a matter is their own, or only that it is not the incident.

    Args:
        said: Ids of the messages with words for what is apart.
    """
    if item.message.is_bot:
        return False
    text = item.message.text[:_READ]
    if closes(text) or _is_said_apart(item, own, said):
        return True
    denied = (term for match in _NOT.finditer(text) for term in find_terms(match["what"]))
    return _is_beside(item) and not frozenset(own).isdisjoint(denied)


def _find_kept_apart(heard: Sequence[Heard]) -> frozenset[str]:
    """Return the words of another matter that people name.

    Of what they ask to keep out of the incident's talk, "keep the DNS stuff in the thread", and of what one of them
    took the incident for, and takes back: "not DNS after all".
    """
    people = [item for item in heard if not item.message.is_bot]
    kept: set[str] = set()
    cleared: set[str] = set()
    for item in people:
        text = item.message.text[:_READ]
        plain = text.lower()
        for match in _KEPT.finditer(text) if "keep" in plain or "other " in plain else ():
            words = match["kept"] or match["other"]
            kept |= find_terms(words) - _MATTERS if _TALK.search(words) is None else frozenset()
        for match in _CLEARED.finditer(text) if "after all" in plain else ():
            cleared |= find_terms(match["what"])
    uses = Counter(term for item in people for term in item.terms & (kept | cleared))
    users: dict[str, set[str]] = defaultdict(set)
    for item in people:
        for term in item.terms & cleared:
            users[term].add(item.message.user)
    cleared = {term for term in cleared if len(users[term]) <= _MOST_USERS}
    most = max(_FEWEST_OWN, _MOST_APART * len(people))
    return frozenset(term for term in kept | cleared if uses[term] <= most)


def _is_denied(root: Heard, item: Heard) -> bool:
    """Answer whether somebody asked whether what they see is the incident, and somebody else says that it is not."""
    is_answer = root.message.user != item.message.user and _DENIES.match(item.message.text) is not None
    return is_answer and _ASKS.search(root.message.text[:_READ]) is not None


def _find_monologues(told: Sequence[Heard], known: Collection[str]) -> set[str]:
    """Return the ids of threads in which one person alone writes, of what nobody else speaks of.

    Args:
        known: Words of what the incident is about, of what was deployed and of what was measured.
    """
    declared = next((item.message.at for item in told if item.tells(Stage.DECLARED)), None)
    threads: dict[str, list[Heard]] = defaultdict(list)
    uses: dict[str, set[str]] = defaultdict(set)
    for item in told:
        threads[item.root].append(item)
        for term in () if item.message.is_bot else item.terms:
            uses[term].add(item.root)
    found: set[str] = set()
    for items in threads.values():
        terms = {term for item in items for term in item.terms}
        people = {item.message.user for item in items if not item.message.is_bot}
        is_alert = items[0].message.is_bot
        if len(items) == 1 or items[0].message.thread or any(item.tells(Stage.DECLARED) for item in items):
            continue
        # Before an incident is declared its title's words may be of what it is named for by mistake.
        is_early = declared is not None and declared - items[0].message.at > _CALLED and len(items) > _PAIR
        is_unknown = terms.isdisjoint(known) and not is_alert
        if len(people) == 1:
            most = _EARLY_TALK if is_early else _OWN_TALK if is_unknown else -1.0
        else:
            most = _PAIR_TALK if is_early and is_alert and len(people) == _PAIR else -1.0
        if sum(len(uses[term]) > 1 for term in terms) <= most * len(terms):
            found |= {item.message.id for item in items}
    return found


def _says_apart(text: str) -> bool:
    return phrases.SEPARATE.search(text) is not None or _APART.search(text) is not None


def _is_beside(item: Heard) -> bool:
    # What hangs from something is about that.
    return not item.message.is_bot and not item.message.thread and _BESIDE.search(item.message.text) is not None


def _is_alert(item: Heard) -> bool:
    return item.message.is_bot and item.tells(Stage.ALERTED)
