"""What a label does to a line, and when it may."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from fermata.domain.trail import Entry, Message, MessageKind, Status
from fermata.rules.labels.answer import KINDS, KeptLabel, MergedLabel, RuledOutLabel, WordedLabel
from fermata.rules.labels.choosing import Uncertain
from fermata.rules.labels.desk import Desk
from fermata.rules.labels.words import check_words
from fermata.rules.timeline import phrases
from fermata.rules.timeline.reading import Clause, split_sentences
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.wording import word_line

LEFT_OUT = "a model tells it is no event of its own; the rules told it"
MERGED = "a model tells it is part of another line"
SUSPECTED, RULED_OUT = "Suspected: ", "Ruled out: "
_FEWEST_KEPT = 5
_DROPPED = 0.5
"""Share of the lines shown that labels may take out: more is no correction."""
_TOGETHER = timedelta(minutes=15)
_TALK = timedelta(minutes=15)
"""In which an answer needs no word of what it answers."""
_LONGEST = timedelta(hours=4)
_MOST_CITED = 8
_SHORT = 120
"""Characters of a message that is told as a whole."""
_NEGATES = re.compile(
    r"\b(?:no|not|nope|nah|never|isn'?t|wasn'?t|doesn'?t|didn'?t|can'?t|cannot|innocent|unrelated|false|wrong|scratch|"
    r"exclud\w+|ruled? out|herring|nothing|neither|unaffected|fine|clean)\b",
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
    if item.uncertain is None:
        why = "it is a line already"
    elif label.kind not in KINDS:
        why = "there is no such kind"
    elif _count_kept(desk) >= max(_FEWEST_KEPT, sum(one.index is not None for one in desk.items.values())):
        why = "more was kept than rules told"
    else:
        entry = _tell(desk, item.uncertain, MessageKind(label.kind), words)
        if isinstance(entry, Entry):
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
    cited = own.citations if own is not None else (_name(item.uncertain),)
    cited = tuple(dict.fromkeys((by.id, *cited)))[:_MOST_CITED]
    desk.lines[label.n] = Entry(by.at, RULED_OUT + text, (by.user,), cited, MessageKind.RETRACTION, Status.RULED_OUT)
    desk.settle(label.n)


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
    more = own.citations if own is not None else (_name(item.uncertain),)
    # As where rules merge, the earlier one gives time, actor and words; but a record is surer than talk of it.
    is_earlier = own is not None and own.at < into.at and into.citations[0] in desk.messages
    first = own if own is not None and is_earlier else into
    cited = tuple(dict.fromkeys((*first.citations, *into.citations, *more)))
    desk.lines[label.into] = replace(first, citations=cited[:_MOST_CITED])
    desk.lines.pop(label.n, None)
    desk.gone |= dict.fromkeys(cited[_MOST_CITED:], MERGED)
    desk.settle(label.n)


def undate(desk: Desk, number: str) -> None:
    """Tell a line when it was said, where its own words do not date what it tells."""
    if desk.take("said", number) is None:
        return
    entry = desk.lines.get(number)
    message = desk.messages.get(entry.citations[0]) if entry is not None else None
    if entry is None or message is None or message.at == entry.at:
        desk.refuse("said", number, "it is no line that is dated by its words")
        return
    desk.lines[number] = replace(entry, at=message.at)
    desk.settle(number)


def drop(desk: Desk, numbers: Sequence[str]) -> None:
    """Take lines out, all of them still to be taken back by whoever edits."""
    numbers = list(dict.fromkeys(numbers))
    shown = sum(item.index is not None for item in desk.items.values())
    if len(numbers) > max(1, _DROPPED * shown):
        for number in numbers:
            desk.refuse("drop", number, f"{len(numbers)} of {shown} lines are no correction")
        return
    keys = desk.list_key_citations()
    for number in numbers:
        if desk.take("drop", number) is None:
            continue
        entry = desk.lines.get(number)
        if entry is None:
            desk.refuse("drop", number, "it is no line")
        elif desk.is_measured(entry):
            desk.refuse("drop", number, "it is measured")
        elif keys.intersection(entry.citations):
            desk.refuse("drop", number, "a key time is taken from it")
        else:
            del desk.lines[number]
            desk.gone |= {citation: LEFT_OUT for citation in entry.citations if citation in desk.messages}
            desk.settle(number)


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
    why = check_words(plain, desk.list_sources(entry, 1), desk.names)
    if why:
        desk.refuse("words", label.n, why)
        return
    text = word_line(plain, desk.names)
    prefix = next((mark for mark in (SUSPECTED, RULED_OUT) if entry.text.startswith(mark)), "")
    desk.lines[label.n] = replace(entry, text=prefix + text)
    desk.applied += 1


def _count_kept(desk: Desk) -> int:
    return sum(item.index is None and number in desk.lines for number, item in desk.items.items())


def _tell(desk: Desk, one: Uncertain, kind: MessageKind, words: Sequence[str]) -> Entry | str:
    """Return the line of a message, or why there can be none."""
    message = one.message
    clause = _choose_clause(one)
    sentences = split_sentences(message)
    told = _choose_words(message, clause, sentences)
    sources = [message.text, message.user]
    stands = [text for text in words if not check_words(text, sources, desk.names)]
    text = word_line(stands[0] if stands else told, desk.names)
    if not text:
        return "nothing blameless is left of it"
    at = (desk.moments.find(clause, message) if clause is not None else None) or message.at
    if one.is_retraction:
        return Entry(message.at, text, (message.user,), (message.id,), MessageKind.RETRACTION, Status.RULED_OUT)
    if one.is_guess or kind is MessageKind.HYPOTHESIS or phrases.HEDGED.search(told):
        return Entry(message.at, SUSPECTED + text, (message.user,), (message.id,), MessageKind.HYPOTHESIS)
    return Entry(at, text, (message.user,), (message.id,), kind)


def _word_exclusion(desk: Desk, number: str) -> str:
    """Return the words of a row that excludes something; empty when nothing blameless is left of it."""
    line, one = desk.lines.get(number), desk.items[number].uncertain
    if line is not None or one is None:
        return line.text.removeprefix(RULED_OUT) if line is not None else ""
    told = _choose_words(one.message, _choose_clause(one), split_sentences(one.message))
    return word_line(told, desk.names)


def _choose_words(message: Message, clause: Clause | None, sentences: Sequence[str]) -> str:
    """Return what is told of a message: all of a short one, of a long one the sentence that tells most."""
    whole = " ".join(sentences)
    if clause is None:
        return next(iter(sentences), "")
    return whole if len(whole) <= _SHORT and not message.is_bot else clause.text


def _choose_clause(one: Uncertain) -> Clause | None:
    wanted = MessageKind.RETRACTION if one.is_retraction else MessageKind.HYPOTHESIS if one.is_guess else None
    clauses = one.heard.reading.clauses
    fitting = [clause for clause in clauses if wanted is None or clause.kind is wanted]
    return max(fitting, key=lambda clause: clause.weight, default=None)


def _explain_not_ruled_out(desk: Desk, label: RuledOutLabel) -> str:
    entry = desk.lines.get(label.n)
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
    if not (_NEGATES.search(by.text) or phrases.WITHDRAWN.search(by.text)):
        return f"{label.by} excludes nothing"
    if by.at - said_at > _TALK and not _is_about(by, own, entry):
        return f"{label.by} is not about it"
    return ""


def _is_about(by: Message, own: Message | None, entry: Entry | None) -> bool:
    terms = find_terms(own.text) if own is not None else find_terms(entry.text) if entry is not None else frozenset()
    is_thread = own is not None and (by.thread or by.id) == (own.thread or own.id)
    return is_thread or bool(terms & find_terms(by.text))


def _name(one: Uncertain | None) -> str:
    return one.message.id if one is not None else ""
