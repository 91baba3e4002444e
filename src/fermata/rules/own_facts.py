"""A draft from what people said, joined with what Fermata itself recorded. Pure.

What was recorded needs no reading: an alert fired, somebody approved, something was executed and looked at afterwards.
People's own words for the same stay beside it; a bot's are the same fact once more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from fermata.domain.own_fact import FactPlace, OwnFact
from fermata.domain.trail import Entry, KeyTime, PostmortemDraft

_SAME_ALERT = timedelta(minutes=5)
"""Between an alert's own start and a bot that tells of it: sources wait to group alerts, mostly for less than this."""
_ENDS = ("mitigated", "resolved")
_NOT_TOLD = "the first alert; when it began is not told"


def word_cause(text: str, authors: Collection[str]) -> str:
    """Return a hypothesis in the words of a post-mortem: what a change did, never whose it was.

    A card says who made a change, since whoever decides may want to ask them. A post-mortem is read for years.

    Args:
        authors: Of the changes that were looked at, as evidence has them.
    """
    for author in sorted(filter(None, authors), key=len, reverse=True):
        name = rf"(?<!\w){re.escape(author)}(?!\w)"
        text = re.sub(rf",? by {name}", "", text)
        text = re.sub(rf"{name}(?P<owned>'s)?", lambda match: f"its author{match['owned'] or ''}", text)
    return text.replace(" is to blame", " is the most suspect change")


def join_facts(draft: PostmortemDraft, facts: Sequence[OwnFact], bots: Collection[str]) -> PostmortemDraft:
    """Return the draft with the lines, the candidates and the key times that the facts give.

    The earliest sign counts as detection, whoever told it. The other key times are people's where they said one; but of
    a mitigation that would be later than the resolution what was measured counts, and no end is one after which the
    trouble was measured.

    Args:
        facts: In the order of their time.
        bots: Ids of messages that machines wrote.
    """
    told, entries = list(draft.entries), []
    denials = _find_denials(draft, facts)
    for fact in facts:
        if fact.place is FactPlace.LINE or fact in denials.values():
            same = [entry for entry in told if _is_same(entry, fact, bots)]
            told = [entry for entry in told if entry not in same]
            entries.append(_cite(fact.entry, same))
    factors = [fact.entry for fact in facts if fact.place is FactPlace.FACTOR]
    impact = [fact.entry for fact in facts if fact.place is FactPlace.IMPACT]
    return replace(
        draft,
        entries=tuple(sorted((*told, *entries), key=lambda entry: entry.at)),
        impact=tuple(sorted((*draft.impact, *impact), key=lambda entry: entry.at)),
        factors=(*draft.factors, *factors),
        key_times=_join_times(draft, facts, denials),
    )


def _is_same(entry: Entry, fact: OwnFact, bots: Collection[str]) -> bool:
    """Answer whether a bot told this alert in a chat."""
    if not fact.names or entry.citations[0] not in bots or abs(entry.at - fact.entry.at) > _SAME_ALERT:
        return False
    text = entry.text.lower()
    return any(name.lower() in text for name in fact.names)


def _cite(entry: Entry, same: Sequence[Entry]) -> Entry:
    citations = (*entry.citations, *(name for other in same for name in other.citations))
    return replace(entry, citations=tuple(dict.fromkeys(citations)))


def _find_denials(draft: PostmortemDraft, facts: Sequence[OwnFact]) -> dict[str, OwnFact]:
    """Return the last measurement that it was not over after it was said to be, by the key time that this denies.

    What is measured after every alert was over is of another trouble.
    """
    over = max((fact.entry.at for fact in facts if fact.key_time == "resolved"), default=None)
    troubles = [fact for fact in facts if fact.shows_trouble and (over is None or fact.entry.at < over)]
    last = max(troubles, key=lambda fact: fact.entry.at, default=None)
    said = [name for name in _ENDS if name in draft.key_times]
    return {name: last for name in said if last is not None and draft.key_times[name].at < last.entry.at}


def _join_times(draft: PostmortemDraft, facts: Sequence[OwnFact], denials: Mapping[str, OwnFact]) -> dict[str, KeyTime]:
    times = {name: time for name, time in draft.key_times.items() if name not in denials}
    recorded = dict[str, KeyTime]()
    for fact in facts:
        if not fact.key_time or (fact.key_time in denials and fact.entry.at < denials[fact.key_time].entry.at):
            continue
        found = KeyTime(fact.entry.at, fact.entry.citations[0], fact.why)
        recorded.setdefault(fact.key_time, found)
        known = times.get(fact.key_time)
        if known is None or (fact.key_time == "detected" and found.at < known.at):
            times[fact.key_time] = found
    measured, mitigated, resolved = recorded.get("mitigated"), times.get("mitigated"), times.get("resolved")
    if measured and mitigated and resolved and measured.at <= resolved.at < mitigated.at:
        # What eases after it is over is another matter: teams have two incidents in one channel.
        times["mitigated"] = measured
    started, detected = times.get("started"), times.get("detected")
    if detected is not None and (started is None or started.at > detected.at):
        times["started"] = replace(detected, why=_NOT_TOLD)
    return times
