"""A model's labels on a draft, each checked: what stands is applied, what does not leaves the rules' own as it was.

A label names numbers. Time, actor and citations come from what stands under a number, so that none can be invented; the
numbers of what is deleted or another incident's do not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fermata.domain.trail import KEY_TIMES, Dropped, Entry, PostmortemDraft, Status, Trail
from fermata.rules.labels.answer import Labels
from fermata.rules.labels.dating import choose_second, date, date_also
from fermata.rules.labels.desk import Desk
from fermata.rules.labels.listing import Brief
from fermata.rules.labels.settling import settle_rows
from fermata.rules.labels.times import move_times, restore_times
from fermata.rules.labels.verbs import drop, keep, merge, reword, rule_out, send_away


@dataclass(frozen=True, slots=True)
class Labelled:
    """A draft with labels."""

    draft: PostmortemDraft
    applied: int
    """Labels that stood and changed something."""
    refused: tuple[str, ...]
    """The others, each with the reason."""


def apply_labels(trail: Trail, draft: PostmortemDraft, answers: Sequence[tuple[Brief, Labels]]) -> Labelled:
    """Return a draft with what stands of the answers to its briefs."""
    desk = Desk(trail, draft)
    answers = [(brief, settle_rows(brief, labels, desk)) for brief, labels in answers]
    for brief, labels in answers:
        desk.lay_out(brief)
        _choose_lines(desk, labels)
    restore_times(desk)
    untold = [set(labels.untold) for _, labels in answers]
    move_times(
        desk,
        [choose_second(desk, label) for _, labels in answers for label in labels.times],
        set.intersection(*untold) if untold else (),
    )
    for brief, labels in answers:
        desk.turn_to(brief)
        # A line is dropped once its key time is taken from a better one.
        drop(desk, [*labels.drop, *(number for number in labels.drop_else if number not in desk.decided)])
        for worded in labels.words:
            reword(desk, worded)
    return Labelled(
        replace(
            draft,
            entries=tuple(sorted(desk.list_entries(), key=lambda entry: entry.at)),
            key_times={name: desk.key_times[name] for name in KEY_TIMES if name in desk.key_times},
            impact=_without(draft.impact, desk),
            factors=_without(draft.factors, desk),
            dropped=_list_dropped(trail, draft, desk),
        ),
        desk.applied,
        tuple(desk.refused),
    )


def _choose_lines(desk: Desk, labels: Labels) -> None:
    """Apply what decides which lines there are, and when: words and key times are theirs."""
    for text in labels.odd:
        desk.refuse("label", text, "there is no such label")
    for label in labels.keep:
        keep(desk, label, [worded.text for worded in labels.words if worded.n == label.n])
    for excluded in labels.rule_out:
        rule_out(desk, excluded)
    for dated in labels.at:
        date(desk, dated)
    for dated in labels.also:
        date_also(desk, dated)
    for merged in labels.merge:
        merge(desk, merged)
    send_away(desk, labels.other)


def _without(entries: Sequence[Entry], desk: Desk) -> tuple[Entry, ...]:
    """Return entries without those of what is ruled out now, or another incident's."""
    ruled_out = {
        entry.citations[-1]
        for entry in desk.list_entries()
        if entry.status is Status.RULED_OUT and entry not in desk.draft.entries
    } | desk.foreign
    return tuple(entry for entry in entries if entry.citations[0] not in ruled_out)


def _list_dropped(trail: Trail, draft: PostmortemDraft, desk: Desk) -> tuple[Dropped, ...]:
    cited = {citation for entry in desk.list_entries() for citation in entry.citations}
    why = {item.id: item for item in draft.dropped} | {name: Dropped(name, text) for name, text in desk.gone.items()}
    return tuple(why[message.id] for message in trail.messages if message.id in why and message.id not in cited)
