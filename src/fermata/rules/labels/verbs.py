"""What a label does to a line, and when it may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from fermata.domain.trail import Deploy, Entry, Message, MessageKind, Status
from fermata.rules.labels.answer import KINDS, KeptLabel, MergedLabel, RuledOutLabel, WordedLabel
from fermata.rules.labels.desk import Desk
from fermata.rules.labels.listing import Item
from fermata.rules.labels.wording import choose_clause, choose_words, date_message
from fermata.rules.labels.words import check_words
from fermata.rules.timeline import phrases
from fermata.rules.timeline.reading import split_sentences
from fermata.rules.timeline.records import name_deploy
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.wording import word_line

LEFT_OUT = "a model tells it is no event of its own; the rules told it"
MERGED = "a model tells it is part of another line"
FOREIGN = "a model tells it is another incident's"
SUSPECTED, RULED_OUT = "Suspected: ", "Ruled out: "
_FEWEST_KEPT = 20
_MOST_GONE = 0.5
"""Share of the lines shown that one kind of label may take out: more is no correction."""
_MOST_DROPPED = 0.7
"""The same of details: of a long channel the rules tell two or three for each event. Whoever edits has them all."""
_TOGETHER = timedelta(minutes=15)
_TALK = timedelta(minutes=15)
"""In which an answer needs no word of what it answers."""
_LONGEST = timedelta(hours=4)
_MOST_CITED = 8
_PART = re.compile(r"[,;.!?:][\s\"]+")
_SHORTEST = 12
"""Characters of a part that tells something."""
NEGATES = re.compile(
    r"\b(?:no|not|nope|nah|never|isn'?t|wasn'?t|doesn'?t|didn'?t|can'?t|cannot|innocent|unrelated|false|wrong|scratch|"
    r"exclud\w+|ruled? out|herring|nothing|neither|unaffected|fine|clean|tak(?:e|es|ing) (?:\w+ ){0,3}back|"
    r"took (?:\w+ ){0,3}back|off the (?:list|table|hook)|out of suspicion|forget)\b",
    re.IGNORECASE,
)
_SAID = (MessageKind.OBSERVATION, MessageKind.HYPOTHESIS)
"""What can turn out to be wrong; what was done, decided or told cannot be unsaid."""


def keep(desk: Desk, label: KeptLabel, words: Sequence[str]) -> None:
    """Add a line for a message that rules left out.

    Args:
        words: What the same answer would have it read.
    """
    item = desk.take("keep", label.n)
    if item is None:
        return
    why = ""
    if item.index is not None:
        why = "it is a line already"
    elif label.kind not in KINDS:
        why = "there is no such kind"
    elif _count_kept(desk) >= max(_FEWEST_KEPT, sum(one.index is not None for one in desk.items.values())):
        why = "more was kept than rules told"
    else:
        entry = _tell(desk, item, label, words)
        if isinstance(entry, Entry):
            desk.take_out(entry.citations[0])
            desk.lines[label.n] = entry
            desk.settle(label.n)
            return
        why = entry
    desk.refuse("keep", label.n, why)


def rule_out(desk: Desk, label: RuledOutLabel) -> None:
    """Tell a guess as ruled out, in the words of who says so, and when that was."""
    item = desk.take("rule_out", label.n)
    if item is None:
        return
    why = _explain_not_ruled_out(desk, label)
    by = desk.find_message(label.by) if not why else None
    # In the words of who excludes it: a guess that its author deletes must not live on in them.
    text = _word_exclusion(desk, label.by) if by is not None else ""
    if by is None or not text:
        desk.refuse("rule_out", label.n, why or f"nothing blameless is left of {label.by}")
        return
    own = desk.lines.get(label.n)
    cited = own.citations if own is not None else (_name(item),)
    cited = tuple(dict.fromkeys((by.id, *cited, *_join_exclusion(desk, label.by))))[:_MOST_CITED]
    desk.lines[label.n] = Entry(by.at, RULED_OUT + text, (by.user,), cited, MessageKind.RETRACTION, Status.RULED_OUT)
    desk.settle(label.n)


def _join_exclusion(desk: Desk, number: str) -> tuple[str, ...]:
    """Take out the line of who excludes a guess, which is told as that exclusion now, and return what it cited."""
    line = desk.lines.get(number)
    is_own = line is not None and line.kind in _SAID and not desk.list_key_citations().intersection(line.citations)
    if line is None or not is_own or number in desk.decided:
        return ()
    del desk.lines[number]
    desk.decided.add(number)
    return line.citations


def merge(desk: Desk, label: MergedLabel) -> None:
    """Let a line cite another row, too, and take that one's own line out."""
    item = desk.take("merge", label.n)
    if item is None:
        return
    into, own = desk.lines.get(label.into), desk.lines.get(label.n)
    why = ""
    if into is None or label.into not in desk.items or label.into == label.n:
        why = f"{label.into} is no line"
    elif own is not None and desk.is_measured(own):
        why = "it is measured"
    elif abs(into.at - item.at) > _TOGETHER:
        why = "they are too far apart to be one event"
    elif into.status is not (own.status if own is not None else Status.CONFIRMED):
        why = "one of them is ruled out"
    elif item.uncertain is not None and (item.uncertain.is_guess or item.uncertain.is_retraction):
        why = "a guess is no part of a fact"
    if why or into is None:
        desk.refuse("merge", label.n, why)
        return
    more = own.citations if own is not None else (_name(item),)
    # As where rules merge, the earlier one gives time, actor and words; but a record is surer than talk of it.
    is_told = into.citations[0] in desk.messages
    is_earlier = own is not None and own.at < into.at and is_told and not label.is_led
    first = own if own is not None and is_earlier else into
    cited = tuple(dict.fromkeys((*first.citations, *into.citations, *more)))
    desk.lines[label.into] = replace(first, citations=cited[:_MOST_CITED])
    desk.lines.pop(label.n, None)
    desk.gone |= dict.fromkeys(cited[_MOST_CITED:], MERGED)
    desk.settle(label.n)


def drop(desk: Desk, numbers: Sequence[str]) -> None:
    """Take lines out, all of them still to be taken back by whoever edits."""
    for number in _limit(desk, "drop", numbers):
        entry = desk.lines.get(number)
        if entry is None:
            desk.refuse("drop", number, "it is no line")
        elif desk.list_key_citations().intersection(entry.citations):
            desk.refuse("drop", number, "a key time is taken from it")
        else:
            desk.strike(number, LEFT_OUT)


def send_away(desk: Desk, numbers: Sequence[str]) -> None:
    """Take lines of another incident out, with the key times that rest on them."""
    for number in _limit(desk, "other", numbers):
        if desk.lines.get(number) is None:
            desk.refuse("other", number, "it is no line")
        else:
            desk.foreign.update(desk.lines[number].citations)
            desk.strike(number, FOREIGN)


def _limit(desk: Desk, verb: str, numbers: Sequence[str]) -> Iterator[str]:
    """Yield the rows that may be taken out; none of so many that it is no correction."""
    numbers = list(dict.fromkeys(numbers))
    shown = sum(item.index is not None for item in desk.items.values())
    most = _MOST_DROPPED if verb == "drop" else _MOST_GONE
    if len(numbers) > max(1, most * shown):
        for number in numbers:
            desk.refuse(verb, number, f"{len(numbers)} of {shown} lines are no correction")
        return
    yield from (number for number in numbers if desk.take(verb, number) is not None)


def reword(desk: Desk, label: WordedLabel) -> None:
    """Give a line other words, if they hold nothing that its sources do not."""
    entry = desk.lines.get(label.n)
    if label.n not in desk.items or entry is None:
        desk.refuse("words", label.n, "it is no line")
        return
    if desk.is_measured(entry):
        desk.refuse("words", label.n, "it is measured")
        return
    plain = label.text.removeprefix(SUSPECTED).removeprefix(RULED_OUT)
    # A line falls with its first source: words of another would outlive what their author deletes.
    why = check_words(plain, desk.list_sources(entry), desk.names)
    if why:
        desk.refuse("words", label.n, why)
        return
    text = word_line(plain, desk.names)
    prefix = next((mark for mark in (SUSPECTED, RULED_OUT) if entry.text.startswith(mark)), "")
    desk.lines[label.n] = replace(entry, text=prefix + text)
    desk.applied += 1


def _count_kept(desk: Desk) -> int:
    return sum(item.index is None and number in desk.lines for number, item in desk.items.items())


def _tell(desk: Desk, item: Item, label: KeptLabel, words: Sequence[str]) -> Entry | str:
    """Return the line of a message or a record, or why there can be none."""
    one, kind = item.uncertain, MessageKind(label.kind)
    if one is None:
        return _tell_deploy(desk, item.deploy) if item.deploy is not None else "it is no message"
    message = one.message
    clause = choose_clause(one)
    sentences = split_sentences(message)
    told = choose_words(message, clause, sentences)
    sources = [message.text, message.user]
    stands = [text for text in words if not check_words(text, sources, desk.names)]
    text = word_line(stands[0], desk.names) if stands else _word_blameless(told, desk)
    if not text:
        return "nothing blameless is left of it"
    if label.is_excluded or one.is_retraction:
        return Entry(message.at, text, (message.user,), (message.id,), MessageKind.RETRACTION, Status.RULED_OUT)
    if one.is_guess or kind is MessageKind.HYPOTHESIS or phrases.HEDGED.search(told):
        return Entry(message.at, SUSPECTED + text, (message.user,), (message.id,), MessageKind.HYPOTHESIS)
    return Entry(date_message(one, desk.moments), text, (message.user,), (message.id,), kind)


def _tell_deploy(desk: Desk, deploy: Deploy) -> Entry:
    actors = (deploy.author,) if deploy.author else ()
    return Entry(deploy.at, name_deploy(deploy, desk.names), actors, (deploy.id,), MessageKind.ACTION)


def _word_blameless(told: str, desk: Desk) -> str:
    """Return words as a line, or the first part of them that blames nobody; empty when there is none."""
    parts = (told, *(part for part in _PART.split(told) if len(part) >= _SHORTEST))
    return next((text for part in parts if (text := word_line(part, desk.names))), "")


def _word_exclusion(desk: Desk, number: str) -> str:
    """Return the words of a row that excludes something; empty when nothing blameless is left of it."""
    line, one = desk.lines.get(number), desk.items[number].uncertain
    if line is not None or one is None:
        return line.text.removeprefix(RULED_OUT) if line is not None else ""
    told = choose_words(one.message, choose_clause(one), split_sentences(one.message))
    return word_line(told, desk.names)


def _explain_not_ruled_out(desk: Desk, label: RuledOutLabel) -> str:
    entry = desk.lines.get(label.n)
    if desk.items[label.n].deploy is not None:
        return "what was deployed cannot be ruled out"
    if entry is not None and (entry.status is Status.RULED_OUT or desk.is_measured(entry)):
        return "it is measured, or ruled out already"
    if entry is not None and entry.kind not in _SAID and entry.citations[0] in desk.messages:
        return "what was done, decided or told cannot be ruled out"
    by = desk.find_message(label.by) if label.by in desk.items else None
    if by is None:
        return f"{label.by} is no message that was shown"
    own = desk.find_message(label.n)
    said_at = own.at if own is not None else desk.items[label.n].at
    if not timedelta(0) < by.at - said_at <= _LONGEST:
        return f"{label.by} is not said after it"
    if not (NEGATES.search(by.text) or phrases.WITHDRAWN.search(by.text)):
        return f"{label.by} excludes nothing"
    if by.at - said_at > _TALK and not _is_about(by, own, entry):
        return f"{label.by} is not about it"
    return ""


def _is_about(by: Message, own: Message | None, entry: Entry | None) -> bool:
    terms = find_terms(own.text) if own is not None else find_terms(entry.text) if entry is not None else frozenset()
    is_thread = own is not None and (by.thread or by.id) == (own.thread or own.id)
    # Who takes back what they said themselves need not say again what it was.
    is_own = own is not None and own.user == by.user and phrases.WITHDRAWN.search(by.text) is not None
    return is_thread or is_own or bool(terms & find_terms(by.text))


def _name(item: Item) -> str:
    """Return the citation of what has no line."""
    record = item.deploy.id if item.deploy is not None else ""
    return item.uncertain.message.id if item.uncertain is not None else record
