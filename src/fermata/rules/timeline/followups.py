"""What is to be done afterwards, and which causes people agree on: both are said in passing, and never settled here."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fermata.domain.trail import Entry, MessageKind
from fermata.rules.timeline import phrases
from fermata.rules.timeline.reading import LONGEST_READ, split_sentences
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.wording import word_line

# "action items so far: 1) a lint rule 2) an alert", or a heading over bullets.
_HEADED = re.compile(
    # "Actions taken:" heads what was done, which is told as it is.
    r"\b(?:action ?(?:items?|points?)|actions(?! (?:(?:that|we|i|already|have|were) ){0,3}(?:taken|took|done|did|"
    r"tried|made|performed|completed|executed|so far))|follow[- ]?ups?|to-?dos?|next steps)\b[^.!?\n:]{0,30}"
    r"(?::|[*_]*\s*\n)[*_]*",
    re.IGNORECASE,
)
_LED = re.compile(
    r"^\W*(?:actions|(?:action ?(?:items?|points?)?|ai|to-?dos?|follow[- ]?ups?|next steps?)\b"
    r"(?: (?:for|from|on|of|after) [\w ]{1,14}| (?:tomorrow|today|later))?|task)"
    r":\s*(?=\S)(?!\(?\d{1,2}[.)])",
    re.IGNORECASE,
)
"""What only says that an item follows: a ticket that is made of it needs no "Todo" in its title."""
_OWNED = re.compile(
    r"^\W*(?:action(?: item)?|ai|to-?do) ?\(@?(?!(?:optional|beta|done|now|later)\))(?P<who>[\w.-]{2,20})\):?\s+"
    r"(?P<text>\S.*)",
    re.IGNORECASE,
)
_OF_THE_HOUR = re.compile(
    r"\W*(?:(?:our|my|the|and|so|ok|now|current|immediate|possible|proposed)\W+)*next steps?\b", re.IGNORECASE
)
"""A heading that says nothing of afterwards: while users are hurt, what stands under it is what people try next."""
_ANY_BOX = re.compile(r"^\s*[-*+] \[[ x]?\]", re.MULTILINE | re.IGNORECASE)
_BOX = re.compile(r"^\s*[-*+] \[ ?\] +(\S.*)$", re.MULTILINE)
_PROCEDURE = re.compile(
    r"\b(?:run-?books?|play-?books?|check-?lists?|procedures?|templates?|sop|steps|releases?|roll-?outs?|"
    r"deploy(?:s|ment|ments|ing)?|migrations?|cut-?over|fail-?over|on-?boarding|definition of done|plan|hand-?over|"
    r"sign-?off|go-live|launch|maintenance|sprint|pr|mr|ticket|right now|doing (?:these|this)|before (?:we|you|i)|"
    r"when (?:paged|on.?call))\b",
    re.IGNORECASE,
)
"""What a list of boxes belongs to that is ticked off in its own time: a release's, a runbook's."""
_AFTERWARDS = re.compile(
    r"\b(?:tomorrow|monday|next (?:week|sprint)|later|afterwards?|after this|left to do|(?:still )?open|remaining|"
    r"to prevent|prevent(?:ion|ative)?|so (?:that )?(?:it|this) (?:never|doesn'?t|does not)|improve\w*|"
    r"learn(?:ed|ings?)|lessons|clean-?up|post-?mortem (?:actions?|items?|tasks?)|retro)\b",
    re.IGNORECASE,
)
_BETTERS = re.compile(
    r"(?:add|write|document|automate|alert|monitor|test|review|fix|file|create|make|update|upgrade|replace|limit|cap|audit|"
    r"investigate|clean up|remove|move|migrate|page|find out|check why|look into)\b",
    re.IGNORECASE,
)
"""How an item begins that makes things better: "restart checkout" is for now."""
_NUMBER = re.compile(r"(?:^|\s)\(?(?:\d{1,2}|[a-h](?=\)))[.)]\s+(?=\S)")
_BULLET = re.compile(r"(?:^|\n)\s*(?:[-*\u2022\u25e6\u2013]|:\w+:)\s+(?=\S)")
_ADDRESSED = re.compile(r"[ ,;:]*(?:\u2192|->)? ?@([\w.-]*\w)\W*$")
_FEWEST = 2
_OWNER = re.compile(r"[^()]{8,}?\(@?[\w.-]{2,20}\)(?=\s*(?:[,;]|and\b|\W*$))")
_TICKET = re.compile(
    r"\b(?:can|could) (?:you|someone|somebody|we) (?:please |pls )?(?:make|open|file|create|raise|write) (?:a|an|the) "
    r"(?:ticket|issue|story)\b",
    re.IGNORECASE,
)
_THAT = re.compile(r"\b(?:that|this|those|it)\b", re.IGNORECASE)
_PROMISED = re.compile(
    r"^\W*(?:(?:i|we)(?:'?ll| will| am going to|'?m going to)|will) (?=(?:add|write|fix|open|create|file|make|send|"
    r"move|migrate|update|document|review|clean|remove|schedule|raise|test|investigate|automate|set up|follow up|"
    r"look into)\b)",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:tomorrow|this week|next (?:week|sprint|month)|later this|on (?:mon|tues|wednes|thurs|fri)day|"
    r"(?:mon|tues|wednes|thurs|fri)day)\b",
    re.IGNORECASE,
)
# "AI: add an alert" is an action item; for whoever gives orders to a reader it is the reader's name.
_ITEM = re.compile(r"^\W*ai\W+", re.IGNORECASE)
_TAKEN = re.compile(r"^\W*(?:i'?ll|i will|i can) (?=(?:take|do|own|write|add|handle)\b)", re.IGNORECASE)
_ASKS = re.compile(
    r"^\W*(?:(?:do |does )?(?:we|you|all|everybody|everyone|anybody) (?:all )?agree[ds]?|agreed)\W*\?",
    re.IGNORECASE,
)
_AGREES = re.compile(r"^\W*(?:yes|yep|yeah|yup|agreed?|correct|exactly|confirmed|\+1)\b", re.IGNORECASE)
_ADVISED = re.compile(r"\b(?:should|must|ought|let'?s|have to|options?)\b", re.IGNORECASE)
_ANSWERED = timedelta(minutes=5)
_MOST_ANSWERS = 5


def list_follow_ups(
    heard: Sequence[Heard], foreign: Collection[str], names: Collection[str], *, eased: datetime | None = None
) -> tuple[Entry, ...]:
    """Return the follow-ups that people name ("action item: ...", "we should add an alert on ...") or take over.

    Each item of a list is one of its own. What somebody takes over is of the kind `ACTION`, with who does so as its
    actor; the actor of all others only named it.

    Args:
        foreign: Ids of messages of other incidents.
        names: Handles of people, of whom nothing blaming is told.
        eased: When users were well again, from when on a promise for later is one; `None`: none is.
    """
    found: list[Entry] = []
    named: set[str] = set()
    for item in heard:
        if item.message.is_bot or item.message.id in foreign or _is_order(item):
            continue
        at = item.message.at
        is_late = eased is not None and at >= eased
        if eased is not None and not is_late and _plans(item.message.text[:LONGEST_READ]):
            continue
        is_next = bool(found) and at - found[-1].at <= _ANSWERED
        for one in list(_list_named(item, named, is_late=is_late, is_next=is_next)):
            if line := word_line(one.text, names):
                named |= find_terms(one.text)
                found.append(_enter(item, line, MessageKind.ACTION if one.is_taken else MessageKind.DECISION))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Named:
    text: str
    is_taken: bool = False
    """Who says it will do it."""


def _is_order(item: Heard) -> bool:
    """Answer whether a message tells its reader what to write: no word of it is a follow-up, nor a cause."""
    return phrases.ORDERED.search(_ITEM.sub("", item.message.text[:LONGEST_READ])) is not None


def _plans(text: str) -> bool:
    """Answer whether a message says what is tried next, and nothing of afterwards: "next steps: 1) fail over ..."."""
    step = _OF_THE_HOUR.match(text)
    if step is None or _AFTERWARDS.search(text) is not None:
        return False
    items = _split_list(text) if _HEADED.search(text) is not None else []
    items = items or [text[step.end() :].lstrip(" \t:*_-")]
    return not all(_BETTERS.match(item) for item in items)


def leave_out_list(item: Heard) -> Heard:
    """Return a message without its list of what is to be done afterwards, which is no event; what stands before is."""
    text = item.message.text[:LONGEST_READ]
    head = _HEADED.search(text)
    if head is None or item.message.is_bot or len(_split_list(text)) < _FEWEST:
        return item
    before = " ".join(text[: head.start()].split())
    kept = tuple(clause for clause in item.reading.clauses if clause.text in before)
    return replace(item, reading=replace(item.reading, clauses=kept))


def _list_named(item: Heard, named: Collection[str], *, is_late: bool, is_next: bool) -> Iterator[_Named]:
    """Yield what a message says is to be done.

    Args:
        named: Telling words of what was named before.
        is_late: Users are well again: who promises something for later speaks of what is left to do.
        is_next: Somebody named something moments ago, which "I'll add that" is about.
    """
    text = item.message.text[:LONGEST_READ]
    has_boxes = _BOX.search(text) is not None
    listed = _list_boxes(text, is_late=is_late) if has_boxes else _split_list(text)
    if len(listed) >= _FEWEST or has_boxes:
        yield from (_Named(text) for text in listed)
        return
    for sentence in split_sentences(item.message):
        taken = _TAKEN.match(sentence)
        is_known = bool(find_terms(sentence) & set(named)) or (is_next and _THAT.search(sentence) is not None)
        if (owned := _OWNED.match(sentence)) is not None:
            yield _Named(f"{owned['text'].rstrip(' .')} ({owned['who']})")
        elif phrases.FOLLOW_UP.search(sentence) or _TICKET.search(sentence) or _LED.match(sentence):
            yield from (_Named(text) for text in _split_owners(_LED.sub("", sentence)))
        elif taken is not None and is_known:
            yield _Named(sentence[taken.end() :], is_taken=True)
        elif is_late and (promised := _PROMISED.match(sentence)) is not None and _LATER.search(sentence):
            yield _Named(sentence[promised.end() :], is_taken=True)


def _list_boxes(text: str, *, is_late: bool) -> list[str]:
    """Return the open boxes of a list of follow-ups; none where it is a checklist of something else.

    Args:
        is_late: Users are well again: boxes under no heading are what is left to do.
    """
    boxes = _BOX.findall(text)
    lead = _ANY_BOX.split(text, maxsplit=1)[0].strip()
    if _HEADED.search(text) is not None or _AFTERWARDS.search(lead) is not None:
        return boxes
    if phrases.JOKED.search(text) is not None:
        return []
    if lead:
        return [] if _PROCEDURE.search(lead) is not None else boxes
    # Several boxes while it lasts are what somebody goes through now.
    is_named = is_late or len(boxes) < _FEWEST or all(_BETTERS.match(box) for box in boxes)
    return boxes if is_named else []


def _split_list(text: str) -> list[str]:
    """Return the items of a list of follow-ups, numbered or with bullets; none where no such list begins."""
    head = _HEADED.search(text)
    if head is None:
        return []
    rest = text[head.end() :]
    parts = _NUMBER.split(rest)
    if len(parts) <= _FEWEST:
        parts = _BULLET.split(rest)
    if len(parts) <= _FEWEST and ";" in (line := rest.strip().partition("\n")[0]):
        parts = ["", *line.split(";")]
    named = [part.strip() for part in parts[1:]]
    if named and not any("\n" in part for part in named[:-1]):
        # Where no other item goes on over a line, neither does the last: what follows is said beside the list.
        named[-1] = named[-1].partition("\n")[0]
    # Who is addressed at the end of an item is whose it is, and a mention of them would be dropped.
    items = (_ADDRESSED.sub(r" (\1)", " ".join(part.split())).rstrip(" ,;") for part in named)
    return [item for item in items if item]


def _split_owners(sentence: str) -> list[str]:
    """Return a sentence's parts where it names an owner behind each: "dry-run by default (cy), page on it (bo)"."""
    parts = [part.strip(" ,;") for part in _OWNER.findall(sentence)]
    is_whole = len(parts) >= _FEWEST and not _OWNER.sub("", sentence).strip(" .,;!")
    return parts if is_whole else [sentence]


def list_agreed(heard: Sequence[Heard], foreign: Collection[str], names: Collection[str]) -> tuple[Entry, ...]:
    """Return the causes that somebody sums up, asks whether all agree, and somebody else does.

    Each cites who says it and who agrees. They are candidates like all else that people found.
    """
    found = []
    for position, item in enumerate(heard):
        is_passed = item.message.is_bot or item.message.id in foreign
        if is_passed or "?" not in item.message.text or _is_order(item):
            continue
        parts = split_sentences(item.message)
        if len(parts) < _FEWEST or not _ASKS.match(parts[-1]) or not _is_cause(parts[-2]):
            continue
        agreed = next(_list_agreeing(item, heard[position + 1 : position + 1 + _MOST_ANSWERS]), None)
        text = word_line(parts[-2], names)
        if agreed is not None and text:
            found.append(_enter(item, text, MessageKind.OBSERVATION, agreed.message.id))
    return tuple(found)


def _is_cause(text: str) -> bool:
    is_plan = (
        phrases.INTENT.search(text)
        or phrases.DECIDED.search(text)
        or phrases.CONDITIONAL.search(text)
        or _ADVISED.search(text)
    )
    is_told = phrases.CAUSE.search(text) or phrases.FOUND.search(text)
    return is_told is not None and not is_plan and phrases.WITHDRAWN.search(text) is None


def _list_agreeing(item: Heard, answers: Sequence[Heard]) -> Iterator[Heard]:
    for answer in answers:
        is_other = answer.message.user != item.message.user and not answer.message.is_bot
        if is_other and answer.message.at - item.message.at <= _ANSWERED and _AGREES.match(answer.message.text):
            yield answer


def _enter(item: Heard, text: str, kind: MessageKind, *more: str) -> Entry:
    return Entry(item.message.at, text, (item.message.user,), (item.message.id, *more), kind)
