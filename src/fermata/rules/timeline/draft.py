"""The draft of a post-mortem by rules alone: every line cites, and takes its time and its actor from what it cites."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fermata.domain.trail import Dropped, Entry, KeyTime, MessageKind, PostmortemDraft, Trail
from fermata.rules.timeline.causes import names_cause_mended
from fermata.rules.timeline.curves import Shift
from fermata.rules.timeline.deploys import NamedDeploy, match_deploys
from fermata.rules.timeline.facts import add_key_times, cut_to_incident, find_facts
from fermata.rules.timeline.followups import leave_out_list, list_agreed, list_follow_ups
from fermata.rules.timeline.guesses import Guesses, list_relapses, settle_guesses
from fermata.rules.timeline.harm import counts_harm, is_good_news, measure_harm
from fermata.rules.timeline.incident import choose_shifts, find_topics
from fermata.rules.timeline.key_odds import weigh_key_times
from fermata.rules.timeline.lines import drop_early_ends, drop_recaps, rule_out, write_lines, write_onset
from fermata.rules.timeline.merging import merge_lines
from fermata.rules.timeline.milestones import find_beginning, find_key_times
from fermata.rules.timeline.minutes import join_minutes, split_minutes
from fermata.rules.timeline.moments import Moments
from fermata.rules.timeline.reading import Clause, Stage
from fermata.rules.timeline.records import list_deploys, list_remedies, list_undone, name_deploy, tie_deploys, undoes
from fermata.rules.timeline.relief import EASED
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.terms import find_terms
from fermata.rules.timeline.tongues import find_unread
from fermata.rules.timeline.wording import word_line


def draft_postmortem(trail: Trail) -> PostmortemDraft:
    """Return the draft of one incident.

    Nothing is invented: what no message, deploy or metric tells is absent, and an empty trail gives an empty draft.
    """
    told = split_minutes(trail)
    return _draft(trail) if told is trail else join_minutes(_draft(told), trail)


def _draft(trail: Trail) -> PostmortemDraft:
    shifts = choose_shifts(trail)
    heard, topics = find_topics(trail, shifts)
    own = [item for item in heard if item.reading.clauses and item.message.id not in topics.foreign]
    guesses = settle_guesses(own)
    relapses = list_relapses(own)
    facts = find_facts(heard, own, guesses, topics.words, trail.people, relapses=relapses)
    ours = [item for item in heard if item.message.id not in topics.foreign]
    unread = find_unread(trail.messages)
    said, events = ([item for item in items if item.message.id not in unread] for items in (ours, facts))
    key_times = weigh_key_times(trail, said, find_key_times(trail, events, shifts, relapses, talk=said))
    mended = key_times.get("mitigated")
    told = add_key_times(cut_to_incident(facts, key_times, relapses), own, key_times)
    names = _list_names(trail)
    deploys = match_deploys(list_deploys(trail.deploys, facts), own, guesses.withdrawn)
    moments = Moments(trail)
    lines = [line for item in told for line in write_lines(leave_out_list(item), moments, names)]
    lines += [line for found in guesses.ruled_out if (line := rule_out(found, names)) is not None]
    lines = drop_early_ends(drop_recaps(lines), find_beginning(key_times))
    remedies = list_remedies(trail.deploys, told, topics.words)
    remedies += list_undone(trail.deploys, remedies, lines)
    lines = merge_lines([*tie_deploys(lines, deploys, remedies, names), *write_onset(shifts, lines)])
    entries = tuple(line.entry for line in lines)
    return PostmortemDraft(
        entries=entries,
        key_times=key_times,
        impact=_list_impact(facts, _list_measured(_list_ours(own, guesses), told, mended), shifts, names),
        factors=_list_factors(told, deploys, list_agreed(heard, topics.foreign, names), names, _find_cured(key_times)),
        dropped=_list_dropped(heard, _Kept(topics.foreign, guesses, _list_ids(facts), _list_ids(told)), entries),
        actions=list_follow_ups(heard, topics.foreign, names, eased=mended.at if mended is not None else None),
    )


def _list_names(trail: Trail) -> frozenset[str]:
    bots = {name for name, person in trail.people.items() if person.is_bot}
    handles = ({message.user for message in trail.messages if not message.is_bot} | set(trail.people)) - bots
    return frozenset(name for handle in handles if len(name := handle.lstrip("@")) > 1)


def _list_ours(own: Sequence[Heard], guesses: Guesses) -> list[Heard]:
    """Return what people said of the incident, without what is doubted or was taken back."""
    return [
        item
        for item in own
        if not item.message.is_bot
        and item.message.id not in guesses.withdrawn
        and not item.list_clauses(MessageKind.HYPOTHESIS)
    ]


def _list_measured(talk: Sequence[Heard], told: Sequence[Heard], mended: KeyTime | None) -> list[Heard]:
    """Return who said how much failed, however little the words weigh, with the sentences that do.

    Said before the first line, or after the last one or the end of the harm, it is of another time. What is less than
    half of what was told before tells that it gets better.
    """
    times = [item.message.at for item in told]
    found, highest = [], 0.0
    for item in talk:
        if not times or not min(times) <= item.message.at <= (mended.at if mended is not None else max(times)):
            continue
        clauses = tuple(filter(_is_measured, item.reading.clauses))
        share = max((measure_harm(clause.text) for clause in clauses), default=0.0)
        if clauses and share * 2 >= highest:
            found.append(replace(item, reading=replace(item.reading, clauses=clauses)))
        highest = max(highest, share)
    return found


def _is_measured(clause: Clause) -> bool:
    return clause.kind is MessageKind.OBSERVATION and measure_harm(clause.text) > 0


def _list_impact(
    told: Sequence[Heard], figures: Sequence[Heard], shifts: Sequence[Shift], names: Collection[str]
) -> tuple[Entry, ...]:
    said: dict[str, Entry] = {}
    harm = [(item, clause) for item in told for clause in item.reading.clauses if _is_harm(item, clause)]
    harm += [(item, clause) for item in figures for clause in item.reading.clauses]
    for item, clause in sorted(harm, key=lambda pair: pair[0].message.at):
        if text := word_line(clause.text, names):
            entry = Entry(item.message.at, text, (item.message.user,), (item.message.id,), MessageKind.OBSERVATION)
            # A status page repeats its title with each post.
            said.setdefault(text.lower(), entry)
    measured = [
        Entry(
            shift.onset,
            f"{shift.curve.name} went from {shift.normal:g} to {shift.extreme:g} {shift.curve.unit}".rstrip(),
            (),
            (shift.curve.id,),
            MessageKind.OBSERVATION,
        )
        for shift in shifts
    ]
    return (*measured, *said.values())


def _is_harm(item: Heard, clause: Clause) -> bool:
    """Answer whether a sentence tells what users felt, or how much was harmed."""
    if clause.post in EASED:  # Whatever title it repeats.
        return False
    is_counted = not item.message.is_bot and counts_harm(clause.text)
    return is_counted or (clause.is_impact and not is_good_news(clause.text))


def _list_factors(
    told: Sequence[Heard],
    deploys: Sequence[NamedDeploy],
    agreed: Sequence[Entry],
    names: Collection[str],
    cured: datetime | None,
) -> tuple[Entry, ...]:
    """Return what somebody found or all agreed to be a cause, and deploys told or suspected and not ruled out."""
    cited = {entry.citations[0] for entry in agreed}
    found = list(agreed) + [
        Entry(item.message.at, text, (item.message.user,), (item.message.id,), clause.kind)
        for item in told
        for clause in item.reading.clauses
        if _is_candidate(clause) and item.message.id not in cited and (text := word_line(clause.text, names))
    ]
    for named in deploys:
        # What was made once users were well, and what takes a deploy back, mended it.
        is_cure = undoes(named.deploy) or (cured is not None and named.deploy.at >= cured)
        if not named.is_withdrawn and not is_cure:
            talk = tuple(item.message.id for item in (*named.facts, *named.guesses))
            text = name_deploy(named.deploy, names)
            found.append(Entry(named.deploy.at, text, (), (named.deploy.id, *talk), MessageKind.HYPOTHESIS))
    return tuple(sorted(found, key=lambda entry: entry.at))


def _find_cured(key_times: Mapping[str, KeyTime]) -> datetime | None:
    """Return from when on a deploy mends and causes nothing: users are well, and it was called an incident before."""
    times = [key_times[name].at for name in ("detected", "declared", "mitigated") if name in key_times]
    return max(times) if "mitigated" in key_times else None


def _is_candidate(clause: Clause) -> bool:
    """Answer whether a sentence says what somebody found: more than that they see the same, or that it works again."""
    is_about = bool(find_terms(clause.text))
    return clause.is_found and is_about and (not is_good_news(clause.text) or names_cause_mended(clause.text))


@dataclass(frozen=True, slots=True)
class _Kept:
    """How far each message came, which says why it is not told."""

    foreign: Collection[str]
    guesses: Guesses
    facts: frozenset[str]
    """Ids of what tells an event."""
    told: frozenset[str]
    """Ids of what tells one of the incident's time."""


def _list_ids(heard: Sequence[Heard]) -> frozenset[str]:
    return frozenset(item.message.id for item in heard)


def _list_dropped(heard: Sequence[Heard], kept: _Kept, entries: Sequence[Entry]) -> tuple[Dropped, ...]:
    cited = {citation for entry in entries for citation in entry.citations}
    return tuple(Dropped(item.message.id, _explain(item, kept)) for item in heard if item.message.id not in cited)


def _explain(item: Heard, kept: _Kept) -> str:
    name = item.message.id
    if item.reading.why_noise:
        return item.reading.why_noise
    if name in kept.foreign:
        return "another incident"
    if name in kept.guesses.withdrawn:
        return "taken back later, or takes something back that nobody said"
    if item.reading.kind is MessageKind.HYPOTHESIS:
        return "a guess that nobody confirmed"
    if item.tells(Stage.ALERTED):
        return "the same alert again"
    if name in kept.facts:
        return (
            "part of another line, or without blameless words"
            if name in kept.told
            else "before the incident began, after its end, or an end that did not hold"
        )
    return "a bot's routine, or nobody speaks of it" if item.message.is_bot else "little in it tells an event"
