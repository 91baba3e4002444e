"""When the incident started, was detected, declared, mitigated and resolved, each with the item it is taken from."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from fermata.domain.trail import KeyTime, MessageKind, Participant, Trail
from fermata.rules.timeline import phrases, sightings
from fermata.rules.timeline.beginnings import find_started
from fermata.rules.timeline.curves import Shift, find_onset
from fermata.rules.timeline.dated import find_dated_signal
from fermata.rules.timeline.endings import find_grade, is_end_of_it, only_commands
from fermata.rules.timeline.facts import AFTERWORD
from fermata.rules.timeline.guesses import is_premature
from fermata.rules.timeline.harm import list_spans
from fermata.rules.timeline.posts import State
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.relief import EASED, Scene, find_relief, is_good
from fermata.rules.timeline.reports import tells_trouble
from fermata.rules.timeline.sightings import find_burst, find_ended_before, find_sighting, is_ahead, is_sign
from fermata.rules.timeline.stated import find_stated_times
from fermata.rules.timeline.talk import Heard

_TROUBLE = (State.INVESTIGATING, State.IDENTIFIED)
_SAID = re.compile(r"\bmitigated\b", re.IGNORECASE)
_OF_ALL = re.compile(
    r"\b(?:impact|incident|confirmed|fully|completely|all|every\w*|customers|users)\b(?!.{0,15}\b(?:two|one|some)\b)",
    re.IGNORECASE,
)
"""How people say that the whole is, and not a part of it."""
_HEARD_BEFORE = timedelta(minutes=12)
_LONG_BEFORE = timedelta(minutes=90)
"""Before the start that is told, from which on a sign is of something else."""
_SHIPS = re.compile(
    r"\b(?:deploy\w*|promot\w+|roll(?:ed|ing|s)? ?out|rollouts?|publish\w*|merged?|releas\w+|upgrad\w+|success\w*|"
    r"succeeded|completed|finished|build|pipeline|shipped|synced|live|started by|triggered by|backup|snapshot)\b|"
    r"(?:->|\u2192) ?(?:\d+ ?%|prod\w*)",
    re.IGNORECASE,
)
"""What a bot says of its own work: it detects nothing, however bad its words sound."""
_ANNOUNCED = re.compile(
    r"\bincident\b.{0,60}\b(?:declared|opened|started|created) by\b|\bincident (?:room |channel )?(?:auto-?)?(?:opened|"
    r"declared)\b",
    re.IGNORECASE,
)
"""How the tool that incidents are run by tells of a new one."""
_ASKED = timedelta(minutes=2)
"""In which the tool does what somebody asks of it."""
_LED = timedelta(minutes=10)
"""From the lead being taken to the announcement of what is led."""
_READ = 200
_SMALL = 2
"""The grade from which on a ticket is none of an emergency."""
_OUTLIVED = timedelta(minutes=5)
_TELLS = 0.0
"""What a sentence weighs at least for its message to be about something."""
_MUCH_TALK = 40
"""People's messages from which on most of them are told after no end."""
_MUCH_AFTER = 8
"""Events that people tell after an end, from which on it was none."""
_REFIRES = timedelta(minutes=30)
_CALM = timedelta(minutes=10)
_MEASURED = re.compile(r"\d")
_NOUGHT = re.compile(
    r"(?<![\d.,:-])0(?:\.0+\d*)?(?![\d:])|\b(?:zero|none|no|nothing|flat|gone|empty|unchanged|clean)\b|\b(\d+)/\1\b",
    re.IGNORECASE,
)
"""What is measured when all is well."""
_SIGNALS = (Stage.ALERTED, Stage.DECLARED)
_BY_MONITORS = (Stage.ALERTED, Stage.CLEARED)
_SINCE = re.compile(r"\bsince\b", re.IGNORECASE)
_VARYING = re.compile(r"\S*\d\S*|\b[A-Z]{3}\b|\W")
_ENDED = re.compile(r"\b(?:resolved|closed)\b", re.IGNORECASE)
_ONCE = timedelta(minutes=5)
"""In which one end is told by several: whoever calls it, the bot, the status page."""


def find_key_times(
    trail: Trail,
    heard: Sequence[Heard],
    shifts: Sequence[Shift],
    relapses: Sequence[datetime],
    *,
    talk: Sequence[Heard] = (),
) -> dict[str, KeyTime]:
    """Return the key times that are told or measured; detected may precede declared.

    Args:
        heard: The incident's own messages that were not taken back, in the order of their time.
        shifts: Of the metrics that are about it.
        relapses: When people said that it is back.
        talk: All that is said of it: what users felt counts by whoever passed it on, even where no line tells it.
    """
    found: dict[str, KeyTime] = {}
    declared = _find_announced(talk or heard, _find_declared(heard))
    if declared is not None:
        found["declared"] = _tell(declared, "it was declared")
    else:
        found |= _find_posted(heard, "declared", State.INVESTIGATING, State.IDENTIFIED)
    found |= _find_first(trail, heard, talk or heard, shifts, _set_scene(found.get("declared"), shifts))
    begins = find_beginning(found)
    # What is said to be over before anything was wrong is another matter, or a time misread.
    since = heard if begins is None else [item for item in heard if item.message.at >= begins]
    ends = _find_ends(trail, since, talk or heard, shifts, relapses, begins)
    # What names the minute of the start as its own says when it began, in whatever words.
    if "mitigated" in ends and "started" in found and ends["mitigated"].at == found["started"].at:
        del ends["mitigated"]
    return found | ends


def _find_first(
    trail: Trail, heard: Sequence[Heard], talk: Sequence[Heard], shifts: Sequence[Shift], scene: sightings.Scene
) -> dict[str, KeyTime]:
    """Return when it was detected and when it started, as far as either is told."""
    ended = find_ended_before(talk, scene.declared)
    if ended is not None:
        heard, talk = ([item for item in items if item.message.at > ended] for items in (heard, talk))
    detected = _find_detected(trail, heard, talk, scene)
    started = find_started(trail, heard, shifts, detected, talk=talk)
    if detected is not None and started is not None and started.at - detected.at > _LONG_BEFORE:
        # What was seen hours before it began was another matter.
        first = started.at - _LONG_BEFORE
        late, said = ([item for item in items if item.message.at >= first] for items in (heard, talk))
        detected = _find_detected(trail, late, said, scene) or detected
    found = {"detected": detected, "started": started}
    return {name: time for name, time in found.items() if time is not None}


def find_beginning(key_times: Mapping[str, KeyTime]) -> datetime | None:
    """Return the earlier of start and first sign, before which nothing can have ended; `None` where neither is told."""
    return min((key_times[name].at for name in ("started", "detected") if name in key_times), default=None)


def _find_posted(heard: Sequence[Heard], name: str, *states: State) -> dict[str, KeyTime]:
    """Return the last turn of a status page to one of the states, where it did not turn back."""
    found: Heard | None = None
    for item in heard:
        state = next((clause.post for clause in item.reading.clauses if clause.post is not None), None)
        if state in states:
            found = found or item
        elif state in _TROUBLE:
            found = None
    return {} if found is None else {name: _tell(found, f"a status page says so: {name}")}


def _tell(item: Heard, why: str, at: datetime | None = None) -> KeyTime:
    return KeyTime(at or item.message.at, item.message.id, why)


def _conclude(item: Heard, why: str) -> KeyTime:
    return replace(_tell(item, why), is_inferred=True)


def _find_declared(heard: Sequence[Heard]) -> Heard | None:
    """Return the first declaration; of a ticket that a tool opened for something small, the one that raised it."""
    told = [item for item in heard if item.tells(Stage.DECLARED)]
    first = told[0] if told else None
    if first is None or not first.message.is_bot or (grade := find_grade(first.message.text)) is None:
        return first
    if grade < _SMALL:
        return first
    raised = (item for item in told[1:] if (other := find_grade(item.message.text)) is not None and other < grade)
    return next(raised, first)


def _find_announced(talk: Sequence[Heard], declared: Heard | None) -> Heard | None:
    """Return what was declared, or what the tool it is run by announced before anybody is heard to declare it."""
    told = (item for item in talk if item.message.is_bot and _ANNOUNCED.search(item.message.text[:_READ]))
    bot = next(told, None)
    is_led = declared is not None and bot is not None and _is_led_first(declared, bot)
    if bot is None or (declared is not None and declared.message.at <= bot.message.at and not is_led):
        return declared
    said = (item for item in talk if item.tells(Stage.DECLARED) and not item.message.is_bot)
    near = next((item for item in said if timedelta(0) <= bot.message.at - item.message.at <= _ASKED), None)
    # A ticket that a tool opened for something small was no declaration yet.
    is_small = declared is not None and (find_grade(bot.message.text) or 0) >= _SMALL
    return near or (declared if is_small else bot)


def _is_led_first(declared: Heard, bot: Heard) -> bool:
    """Answer whether somebody only took the lead before the tool announced it."""
    return bot.message.at - declared.message.at <= _LED and only_commands(declared.message.text)


def _set_scene(declared: KeyTime | None, shifts: Sequence[Shift]) -> sightings.Scene:
    called = None if declared is None else declared.at
    onset = find_onset(shifts)
    # What moved after it was called an incident is what became of it.
    is_early = onset is not None and (called is None or onset.onset <= called)
    return sightings.Scene(called, onset.onset if onset is not None and is_early else None)


def _find_detected(
    trail: Trail, heard: Sequence[Heard], talk: Sequence[Heard], scene: sightings.Scene
) -> KeyTime | None:
    burst = find_burst(talk)
    heard = [item for item in heard if not is_ahead(item, burst)]
    talk = [item for item in talk if not is_ahead(item, burst)]
    since = [item for item in heard if not is_ahead(item, scene.onset)]
    first = _find_first_sign(since) or _find_first_sign(heard)
    if first is None:
        return None
    first = _find_report(trail, talk, first) or first
    told = frozenset(item.message.id for item in heard)
    scene = replace(scene, is_daily=burst is not None)
    item = find_sighting(talk, told, first, people=trail.people, scene=scene)
    seen = _tell(item, _explain_sighting(item))
    return find_dated_signal(talk, trail.people, seen) or seen


def _explain_sighting(item: Heard) -> str:
    clauses = item.reading.clauses
    if any(clause.stage is Stage.ALERTED for clause in clauses):
        return "an alert fired"
    if any(clause.post in _TROUBLE for clause in clauses):
        return "a status page told of it"
    is_only_called = any(clause.stage is Stage.DECLARED for clause in clauses)
    return "it was declared, and nothing before it tells of it" if is_only_called else "somebody saw it"


def _find_first_sign(heard: Sequence[Heard]) -> Heard | None:
    """Return the first message that tells an event whose words alone make it a sign."""
    for item in heard:
        clauses = item.reading.clauses
        is_called = any(clause.stage in _SIGNALS or clause.post in _TROUBLE for clause in clauses)
        is_work = item.message.is_bot and _SHIPS.search(item.message.text[:_READ]) is not None
        is_seen = not is_work and any(is_sign(clause.text) for clause in item.list_clauses(MessageKind.OBSERVATION))
        if is_called or is_seen:
            return item
    return None


def _find_report(trail: Trail, talk: Sequence[Heard], first: Heard) -> Heard | None:
    """Return the first word of users shortly before the first sign: what came hours before was another matter."""
    near = (item for item in talk if timedelta(0) < first.message.at - item.message.at <= _HEARD_BEFORE)
    return next((item for item in near if tells_trouble(item, trail.people)), None)


def _find_ends(
    trail: Trail,
    heard: Sequence[Heard],
    talk: Sequence[Heard],
    shifts: Sequence[Shift],
    relapses: Sequence[datetime],
    begins: datetime | None,
) -> dict[str, KeyTime]:
    told = _list_told_ends(trail, _add_called(heard, talk, Stage.RESOLVED), relapses, begins)
    half = _find_half(talk, begins)
    late = [item for item in heard if half is None or item.message.at >= half]
    ends = [end for end in told[Stage.RESOLVED] if half is None or end[0].message.at >= half]
    ends = [end for end in ends if not _goes_on(heard, end[0].message.at)]
    closed = _find_closed(trail, late, talk, ends, begins=begins)
    said = [(item, text) for item, text in told[Stage.MITIGATED] if _SAID.search(text)]
    called = next((pair for pair in said if _OF_ALL.search(pair[1])), said[0]) if said else None
    if called is not None:
        item, text = called
        said_at = _date_end(trail, item, text, is_since=True)
        # "Customers can connect again as of 02:27. Mitigated": who calls it dates it in the same breath.
        eased = _find_eased(trail, [item], begins, None) if said_at == item.message.at else None
        mitigated = eased or _tell(item, "it was said to be mitigated", said_at)
        # Who says "mitigated" after it was closed says that it was closed too early.
        if closed is not None and mitigated.at > closed.at + _OUTLIVED:
            closed = None
        return {"mitigated": mitigated} | ({} if closed is None else {"resolved": closed})
    lasting = [item for item in talk if not is_premature(item, relapses)]
    eased = _find_eased(trail, lasting, begins, closed)
    if eased is not None:
        return {"mitigated": eased} | ({} if closed is None else {"resolved": closed})
    scene = Scene(
        told=frozenset(item.message.id for item in heard),
        shifts=shifts,
        acted=next((item.message.at for item in heard if item.list_clauses(MessageKind.ACTION)), None),
        closed=None if closed is None else closed.at,
        posts=[item.message.at for item in talk if any(clause.post in EASED for clause in item.reading.clauses)],
    )
    # What was closed hurt nobody any more: good news after it are of what was left to do.
    last = None if closed is None else closed.at + _OUTLIVED
    taken_back = _list_taken_back(talk)
    called_at = next((item.message.at for item in talk if item.tells(Stage.DECLARED)), None)
    monitors = {item.message.user for item in talk if item.message.is_bot and item.tells(Stage.ALERTED)}
    news = [
        item
        for item in talk
        if (begins is None or item.message.at >= begins)
        and (last is None or item.message.at <= last)
        and not _is_before_call(item, called_at)
        and is_good(item, has_fired=item.message.user in monitors)
        # The minute that it names may be another's.
        and (begins is None or _date_end(trail, item, item.join_clauses()) > begins)
        and item.message.id not in taken_back
        and not is_premature(item, relapses)
    ]
    relief = find_relief(news, scene)
    if relief is not None and closed is not None and relief.message.at > closed.at:
        # A monitor that clears late tells nothing new: who is told that it is over hurts no more.
        relief = find_relief((item for item in news if _is_sure_before(item, closed.at)), scene)
    closed = closed or _find_calm(heard, relief) or _find_cleared(heard, relief)
    found = {} if closed is None else {"resolved": closed}
    if relief is not None:
        found["mitigated"] = _tell(relief, _explain_relief(relief), _date_end(trail, relief, relief.join_clauses()))
    elif closed is not None:
        found["mitigated"] = KeyTime(closed.at, closed.citation, "nothing tells of it before its end")
    return found


def _is_sure_before(item: Heard, end: datetime) -> bool:
    """Answer whether a message says before an end, in so many words or as a monitor, that it is better."""
    return item.message.at <= end and (item.message.is_bot or item.tells(Stage.MITIGATED))


def _find_eased(trail: Trail, talk: Sequence[Heard], begins: datetime | None, closed: KeyTime | None) -> KeyTime | None:
    """Return until when users were hurt by who says so last; `None` where nobody names a minute between the ends."""
    spans = [
        span
        for span in list_spans(talk, trail.people)
        if span.last is not None
        and (begins is None or span.last > begins)
        and (closed is None or span.last <= closed.at)
    ]
    if not spans or spans[-1].last is None:
        return None
    return _tell(spans[-1].by, "somebody says until when users were hurt", spans[-1].last)


def _is_before_call(item: Heard, called: datetime | None) -> bool:
    """Answer whether somebody says something that only sounds good before it was even called an incident."""
    is_sure = item.message.is_bot or item.tells(Stage.MITIGATED)
    return called is not None and item.message.at < called and not is_sure


def _add_called(heard: Sequence[Heard], talk: Sequence[Heard], stage: Stage) -> list[Heard]:
    """Return the messages that tell events, and whatever else people call that stage by, in the order of the talk."""
    told = {item.message.id for item in heard}
    called = {item.message.id for item in talk if not item.message.is_bot and item.tells(stage)}
    return [item for item in talk if item.message.id in told or item.message.id in called]


def _find_half(talk: Sequence[Heard], begins: datetime | None) -> datetime | None:
    """Return when half of what people tell since the beginning was told; `None` where they tell little.

    What most of the talk comes after was no end of it, whoever called it that.
    """
    # Nobody tells an end by what is said of lunch.
    said = [
        item.message.at
        for item in talk
        if not item.message.is_bot
        and (begins is None or item.message.at >= begins)
        and any(clause.weight >= _TELLS for clause in item.reading.clauses)
    ]
    return said[len(said) // 2] if len(said) >= _MUCH_TALK else None


def _goes_on(heard: Sequence[Heard], end: datetime) -> bool:
    """Answer whether people tell much after an end: it was one of a part, or called too early."""
    after = sum(not item.message.is_bot and item.message.at - end > AFTERWORD for item in heard)
    return after >= _MUCH_AFTER


def _list_taken_back(talk: Sequence[Heard]) -> set[str]:
    """Return the ids of a status page's posts after which it goes on looking."""
    posts = [(item, clause.post) for item in talk for clause in item.reading.clauses if clause.post is not None]
    last = max((item.message.at for item, state in posts if state in _TROUBLE), default=None)
    return {item.message.id for item, _ in posts if last is not None and item.message.at < last}


def _explain_relief(item: Heard) -> str:
    if item.message.is_bot:
        return "a monitor or a status page says that it is over"
    is_told = item.tells(Stage.MITIGATED)
    return "it was said to be better" if is_told else "good news while things came back"


def _find_closed(
    trail: Trail,
    heard: Sequence[Heard],
    talk: Sequence[Heard],
    told: Sequence[tuple[Heard, str]],
    *,
    begins: datetime | None,
) -> KeyTime | None:
    """Return when it was closed: what people say of it goes before a status page, that before the tool it is run by."""
    found: KeyTime | None = None
    if told:
        last = told[-1][0].message.at
        item, text = next(end for end in told if last - end[0].message.at <= _ONCE)
        found = _tell(item, "it was said to be resolved", _date_end(trail, item, text))
    found = found or _find_posted_end(trail, heard)
    if found is not None and _is_fired_again(heard, found.at, _list_nags(talk, begins)):
        found = None
    return found or _find_closed_by_tool(talk)


def _find_posted_end(trail: Trail, heard: Sequence[Heard]) -> KeyTime | None:
    """Return the end by a status page, by the minute that it names."""
    found = _find_posted(heard, "resolved", State.RESOLVED).get("resolved")
    if found is None:
        return None
    item = next(item for item in heard if item.message.id == found.citation)
    return replace(found, at=_date_end(trail, item, item.message.text[:_READ]))


def _find_cleared(heard: Sequence[Heard], relief: Heard | None) -> KeyTime | None:
    """Return the last end of an alert, where none fires after it: who calls no end goes by the monitor."""
    monitors = {item.message.user for item in heard if item.message.is_bot and item.tells(Stage.ALERTED)}
    said = (item for item in reversed(heard) if item.message.user in monitors)
    last = next((item for item in said if any(map(item.tells, _BY_MONITORS))), None)
    if last is None or not last.tells(Stage.CLEARED):
        return None
    if relief is not None and last.message.at < relief.message.at:
        return None
    return _conclude(last, "the last alert cleared; nobody calls it resolved")


def _find_calm(heard: Sequence[Heard], relief: Heard | None) -> KeyTime | None:
    """Return the last measurement that somebody tells well after the relief: who calls no end looks once more."""
    told = (item for item in reversed(heard) if _tells_calm(item))
    last = next(told, None)
    if last is None or relief is None or last.message.at - relief.message.at < _CALM:
        return None
    return _conclude(last, "the last that is measured; nobody calls it resolved")


def _tells_calm(item: Heard) -> bool:
    """Answer whether somebody measures that all is well: not what sums up the day, nor work that has a number."""
    text = item.message.text
    is_told = not item.message.is_bot and _MEASURED.search(text) is not None
    return is_told and phrases.RECAP.search(text) is None and (_NOUGHT.search(text) is not None or is_good(item))


def _find_closed_by_tool(talk: Sequence[Heard]) -> KeyTime | None:
    """Return the last word of an end by a bot that told of the declaration: incidents are run by it."""
    tools = {item.message.user for item in talk if item.message.is_bot and item.tells(Stage.DECLARED)}
    ends = (item for item in reversed(talk) if item.message.user in tools and _ENDED.search(item.message.text))
    item = next(ends, None)
    return None if item is None else _tell(item, "the tool it was declared with says so: resolved")


def _list_nags(talk: Sequence[Heard], begins: datetime | None) -> set[str]:
    """Return the forms of alerts that fired before there was an incident: they say nothing of it."""
    return {
        _find_form(item)
        for item in talk
        if begins is not None and item.message.at < begins and item.tells(Stage.ALERTED)
    }


def _is_fired_again(heard: Sequence[Heard], end: datetime, nags: Collection[str]) -> bool:
    """Answer whether an alert that is news fired soon after an end: it was no end, whoever called it that."""
    return any(
        timedelta(0) < item.message.at - end <= _REFIRES
        for item in heard
        if item.tells(Stage.ALERTED) and _find_form(item) not in nags
    )


def _find_form(item: Heard) -> str:
    """Return an alert without its numbers, hosts and places."""
    return _VARYING.sub("", item.message.text[:_READ]).lower()


def _date_end(trail: Trail, item: Heard, text: str, *, is_since: bool = False) -> datetime:
    """Return the minute that an end names, else when it was said; one that it holds since may be a rough one."""
    zone = trail.people.get(item.message.user, Participant(item.message.user)).zone
    stated = find_stated_times(text, item.message.at, zone)
    is_exact = len(stated) == 1 and (not stated[0].is_rough or (is_since and _SINCE.search(text) is not None))
    return stated[-1].at if is_exact else item.message.at


def _list_told_ends(
    trail: Trail, heard: Sequence[Heard], relapses: Sequence[datetime], begins: datetime | None
) -> dict[Stage, list[tuple[Heard, str]]]:
    """Return the ends that people tell, without those that did not hold or lie before the beginning."""
    told: dict[Stage, list[tuple[Heard, str]]] = {Stage.MITIGATED: [], Stage.RESOLVED: []}
    for item in heard:
        for clause in item.reading.clauses:
            if clause.stage not in told or (item.message.is_bot and clause.stage is Stage.MITIGATED):
                continue
            if not is_end_of_it(clause.text, item.message.text):
                continue
            if begins is not None and _date_end(trail, item, clause.text) < begins:
                continue
            if is_premature(item, relapses):
                for ends in told.values():
                    ends.clear()
            else:
                told[clause.stage].append((item, clause.text))
    return told
