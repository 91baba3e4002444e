"""What ties a change to the symptoms: weak, independent signs, each worth points, added up.

No sign alone names a change. Points are set by hand from how telling a sign is, in steps of a quarter, and are the same
for every system; docs/changes.md lists them with their reasons.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fermata.rules.changes.addresses import judge_addresses
from fermata.rules.changes.blocks import name_block
from fermata.rules.changes.calendar import find_due
from fermata.rules.changes.clauses import find_changed_part, leave_out_complaint
from fermata.rules.changes.cluster_ties import judge_cluster
from fermata.rules.changes.complaints import judge_complaints
from fermata.rules.changes.crossed_limits import judge_limits
from fermata.rules.changes.diffs import Diff, DiffLine, FileKind, Hunk
from fermata.rules.changes.failures import KINDS, WORDS, classify, weigh
from fermata.rules.changes.fits import Seen, find_share, fit_risks, sum_points, weigh_share
from fermata.rules.changes.frames import judge_frames
from fermata.rules.changes.lifetimes import list_untouched
from fermata.rules.changes.live import TOLERANCE, Change, Effect
from fermata.rules.changes.missing_columns import judge_missing
from fermata.rules.changes.missing_keys import judge_keys
from fermata.rules.changes.missing_modules import judge_modules
from fermata.rules.changes.moved_ports import judge_ports
from fermata.rules.changes.places import EXPLAINED, judge_place, judge_time, list_affected
from fermata.rules.changes.pool_modes import judge_pooling
from fermata.rules.changes.risk_tables import VAGUE
from fermata.rules.changes.risks import Risk, find_move, find_risks, say_turn
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.statuses import drop_statuses, sets_status
from fermata.rules.changes.symptoms import LOUD, Symptoms, Telling
from fermata.rules.changes.unknown_values import write_plain
from fermata.rules.changes.variables import judge_variables
from fermata.rules.changes.words import find_constants, find_numbers, find_quoted, find_words, is_compound
from fermata.rules.metrics.semantics import Kind

_MOST_WORDS = 2.5
_FEW_WORDS = 0.7
_KIND_WORD = 0.3
_MOST_KINDS = 2.75
_SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s?%")
_SWITCHED = 0.25
_CALLED = 0.5
_NEVER_CODE = frozenset({"hardware", "tls", "dns"})
_NEAR_WORDS = 0.5  # Beside what changed, in another line or in the same.
_INERT_WORDS = 0.3  # A new log line shows that the code ran, not that it is wrong.
_SOON = timedelta(minutes=6)
_OVERLOAD = frozenset({"ratelimit", "slow", "pool", "cpu", "memory", "backlog", "starvation", "timeout", "cache"})
_RUN = timedelta(hours=2)  # What is run once (an index that is built) is over by then, and so are its locks.
_MISSED = 1.6
_VALUE = 1.5  # A value that the diff brings, and that what fails quotes.
_CONSTANT = 1.5
_POOLED = re.compile(r"pool|max[_.-]?(?:conn|open|active|idle)|connections|min(?:imum)?[_.-]?idle", re.IGNORECASE)
_OF_EACH = re.compile(r"per_?(?:pod|instance|replica|task)", re.IGNORECASE)
_COPIES = re.compile(r"replicas|instances|pods|tasks|(?<![\w.-])count\s*[:=]\s*$", re.IGNORECASE)
_BUSY = timedelta(hours=26)  # A busy hour came by since: what each may hold was borne by as many before.
_AT_ONCE = frozenset(
    {
        "parse",
        "null",
        "auth",
        "tls",
        "config",
        "import",
        "constraint",
        "schema",
        "notfound",
        "routing",
        "data",
        "dns",
        "refused",
    }
)
"""Kinds of failure that show with the first request: what has been well for hours does not bring them now."""
_OVERDUE = timedelta(hours=3)
_LATE = 0.7
_OTHER_VALUE = 0.4  # Of what ties a change to readers that do not know a value which it is not about.
_SEEN = 0.6
_LETTER = re.compile(r"[A-Za-z]")
_PORT = re.compile(r"\bports?\W{1,3}\d{2,5}\b", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\w.-])([A-Za-z][\w.-]{0,62}):\d{2,5}(?!\d)")
"""A host by its name, with its port."""
_PORTS = re.compile(r"port|listen|bind|expose|addr|url|host|:\d{2,5}\b", re.IGNORECASE)


def list_signs(change: Change, effect: Effect, symptoms: Symptoms, rarity: Mapping[str, float]) -> tuple[Sign, ...]:
    """Return every sign for and against a change that was in effect, the weightiest first.

    Args:
        rarity: Word -> 0..1, how few of the changes have it.
    """
    place, share = judge_place(change, effect, symptoms)
    limits = tuple(judge_limits(change, symptoms)) if share > EXPLAINED else ()
    links = (
        # What fails at the very limit that was lowered is not relieved by it.
        *(one for one in _judge_kinds(change, effect, symptoms) if one.name != "mends" or not limits),
        *_judge_words(change, symptoms, rarity),
        # That a time limit fires is no news where what it waits for fails.
        *(limits or (_judge_numbers(change, symptoms) if share > EXPLAINED else ())),
        *judge_frames(change, symptoms),
        *_judge_constants(change, symptoms),
        *_judge_names(change, effect, symptoms),
        *judge_addresses(change, symptoms),
        *judge_variables(change, symptoms),
        *judge_missing(change, symptoms),
        *judge_keys(change, symptoms),
        *judge_modules(change, symptoms),
        *judge_ports(change, symptoms),
        *judge_pooling(change, symptoms),
        # What is complained of word for word may be the very amount that the cluster holds to.
        *(tuple(judge_complaints(change, symptoms)) or judge_cluster(change, symptoms)),
    )
    damped = [replace(sign, points=round(sign.points * (share if sign.points > 0 else 1.0), 2)) for sign in links]
    rest = [place, judge_time(change, effect, symptoms), *_judge_due(change, symptoms)]
    rest += [*_judge_load(change, effect, symptoms), *_judge_copies(change, effect, symptoms)]
    rest += _judge_fewer(change, effect, symptoms)
    return tuple(sorted([*rest, *damped], key=lambda sign: -abs(sign.points)))


def measure_rarity(changes: Sequence[Change]) -> dict[str, float]:
    """Return word -> how few of the changes have it: 1 for a word of one change, towards 0 for a word of all."""
    counts: dict[str, int] = {}
    for change in changes:
        for word in weigh_words(change):
            counts[word] = counts.get(word, 0) + 1
    total = len(changes)
    return {word: math.log((total + 1) / count) / math.log(total + 1) for word, count in counts.items()}


def weigh_words(change: Change) -> dict[str, float]:
    """Return word -> how near it stands to what changed: 1 in a changed line, less around it and in the title."""
    found: dict[str, float] = {}

    def note(text: str, share: float) -> None:
        for word in find_words(text):
            found[word] = max(found.get(word, 0.0), share)

    shares = []
    for hunk in change.diff.effective:
        move = find_move(hunk)
        # Every call of a library has it in its stack, so that its name says little of a small step.
        share = 1.0 if move is None else move.strength**2
        shares.append(share)
        note(hunk.path.rpartition("/")[2].partition(".")[0], 0.6 * share)
        note(hunk.heading, 0.7 * share)
        for line in hunk.lines:
            text = leave_out_complaint(line.text)
            note(line.text, (_INERT_WORDS if line.inert or text != line.text else _NEAR_WORDS) * share)
            if line.sign != " " and not line.inert:
                note(text if text != line.text else find_changed_part(line, hunk), share)
    if change.diff.effective or change.facts.kind == "flag":
        note(change.facts.title, 0.4 * max(shares, default=1.0))
        note(change.facts.ref, 1.0 if change.facts.kind == "flag" else 0.5)
        note(change.facts.state, 0.6)
    return found


def _judge_kinds(change: Change, effect: Effect, symptoms: Symptoms) -> Iterator[Sign]:
    begins = bool(list_affected(change, effect, symptoms) & symptoms.beginnings)
    elapsed = symptoms.began_at - (effect.at or change.facts.changed_at)
    is_over = elapsed > _RUN
    risks = [replace(risk, brings=risk.brings - risk.passing) if is_over else risk for risk in find_risks(change.diff)]
    if change.facts.kind == "flag":
        # Of a flag the name is somebody's word for it, and sets nothing.
        risks = [replace(risk, strength=round(_CALLED * risk.strength, 2)) for risk in risks]
        risks += _find_switch(change)
    untouched = list_untouched(change.diff, elapsed)
    risks = [risk for risk in risks if risk.line not in untouched]
    mended = _find_cure(risks, symptoms)
    if mended is not None:
        risks = _leave_out_cured(risks, mended, change.diff, symptoms)
    scored = fit_risks(risks, Seen(symptoms.kinds, symptoms.own_kinds if begins else {}))
    if scored and scored[0][0] > 0:
        _, risk = scored[0]
        seen = sorted(
            (kind for kind in risk.brings if kind in symptoms.kinds),
            key=lambda kind: (-symptoms.kinds[kind] * weigh(kind), kind),
        )
        points = sum_points(scored)
        # A flag turns on what nobody here has read: that it fits everything is no reason to doubt it.
        if change.facts.kind != "flag":
            points *= weigh_share(find_share(risks, points, begins=begins))
        if seen and set(seen[:2]) <= _AT_ONCE and _is_overdue(change, effect, symptoms):
            points *= _LATE
        fitting = " and ".join(WORDS[kind] for kind in seen[:2])
        text = f"{risk.text}{_say_where(change.diff, risk)}, which fits what is seen: {fitting}"
        # A word in a line beside failures that everything ends in, or what a file is about: half of all changes could
        # say as much. And who was given more room seldom suffers from it.
        raised = _list_raised(change.diff)
        hints = [
            (one.is_hint and one.is_place) or ((one.is_hint or one.line in raised) and not _is_told(one, symptoms))
            for score, one in scored
            if score > 0
        ]
        if symptoms.unknown and not is_about(change, symptoms.unknown):
            # Somebody is sent what it cannot read: who has nothing to do with that value brought no such failure.
            points *= _OTHER_VALUE
        yield Sign("kind", round(min(_MOST_KINDS, points), 2), text, risk.line, is_vague=all(hints))
    if mended is not None:
        yield mended


def _say_where(diff: Diff, risk: Risk) -> str:
    """Return from what to what a setting went and the block it is in, where the words of a risk do not say it."""
    said = [_say_setting(hunk, risk) for hunk in diff.effective if risk.line in hunk.lines]
    return said[0] if said else ""


def _say_setting(hunk: Hunk, risk: Risk) -> str:
    turn = next((one for one in hunk.turns if risk.line in (one.line, one.gone)), None)
    is_told = "->" in risk.text or hunk.kind is not FileKind.SETTINGS
    # Of items of a list it is not known which of them became which.
    said = f": {say_turn(turn)}" if turn is not None and not is_told and _LETTER.search(turn.key) else ""
    block = name_block(hunk, risk.line)
    return f"{said} ({block})" if block and block not in f"{risk.text}{said}" else said


def is_about(change: Change, values: Iterable[str]) -> bool:
    """Answer whether one of some values, written plain, stands in a change: in its lines, or in what is said of it."""
    text = write_plain(" ".join(line.text for line in change.evidence.lines))
    return any(value in text for value in values)


def _list_raised(diff: Diff) -> frozenset[DiffLine]:
    """Return the lines, of either side, in which an amount went up; what was or is nought went neither way."""
    turns = [turn for turn in diff.turns if turn.direction > 0 and not (turn.is_switch or turn.is_nought)]
    return frozenset(line for turn in turns for line in (turn.line, turn.gone) if line is not None)


def _leave_out_cured(risks: Sequence[Risk], mended: Sign, diff: Diff, symptoms: Symptoms) -> list[Risk]:
    """Leave out what the lines of a cure may bring as well, unless something is clearly seen that it does not mend."""
    lines = {mended.line} | {turn.gone for turn in diff.turns if turn.line == mended.line}
    cured = frozenset(kind for risk in risks if risk.line == mended.line for kind in risk.relieves)
    rest = [replace(risk, brings=risk.brings - cured) if risk.line in lines else risk for risk in risks]
    return [risk for risk in rest if risk.line not in lines or _is_told(risk, symptoms)]


def _is_told(risk: Risk, symptoms: Symptoms) -> bool:
    """Answer whether a kind of failure is clearly seen that a risk brings, and that not anything broken shows."""
    return any(symptoms.kinds.get(kind, 0.0) >= _SEEN and weigh(kind) == 1.0 for kind in risk.brings)


def _is_overdue(change: Change, effect: Effect, symptoms: Symptoms) -> bool:
    """Answer whether a change was at work for hours, with something to do, and all was well."""
    at = effect.at or change.facts.changed_at
    idle = list_affected(change, effect, symptoms) & symptoms.woken
    return symptoms.began_at - at > _OVERDUE and not idle


def _find_switch(change: Change) -> Iterator[Risk]:
    """A flag runs other code than before, whatever that does."""
    line = next(iter(change.diff.added), None)
    if line is not None:
        yield Risk(
            "other code runs",
            frozenset(KINDS) - _NEVER_CODE,
            frozenset(),
            line,
            round(_SWITCHED * _measure_step(change.facts.state), 2),
        )


def _measure_step(state: str) -> float:
    """Return what share of the callers a flag moved, 0..1; one that is not counted in percent moves all."""
    shares = [float(share) for share in _SHARE.findall(state)]
    return abs(shares[-1] - shares[0]) / 100 if len(shares) > 1 else 1.0


def _find_cure(risks: Sequence[Risk], symptoms: Symptoms) -> Sign | None:
    for risk in risks:
        mended = sorted(
            kind for kind in risk.relieves if symptoms.kinds.get(kind, 0.0) >= _SEEN and kind not in risk.brings
        )
        if mended and not _is_told(risk, symptoms) and not _is_contradicted(risk, mended, risks):
            return Sign(
                "mends", -1.0, f"{risk.text} relieves {' and '.join(mended)} rather than bringing it", risk.line
            )
    return None


def _is_contradicted(risk: Risk, mended: Sequence[str], risks: Sequence[Risk]) -> bool:
    """Answer whether a line whose words only sound like relief is known to bring just that: a lower `memory_limit`."""
    others = (one for one in risks if one.line == risk.line and not one.is_hint)
    is_vague = risk.text.partition(":")[0] in VAGUE
    return is_vague and any(kind in one.brings for one in others for kind in mended)


def _judge_words(change: Change, symptoms: Symptoms, rarity: Mapping[str, float]) -> Iterator[Sign]:
    gone = _list_gone(change)
    values = _list_values(change) & symptoms.quoted
    shared = {
        word: share
        * symptoms.words[word]
        * rarity.get(word, 1.0)
        * _weigh_word(word)
        * (_MISSED if word in gone else 1.0)
        * (_VALUE if word in values else 1.0)
        for word, share in weigh_words(change).items()
        if word in symptoms.words
    }
    best = sorted(shared, key=lambda word: (-shared[word], word))[:5]
    # The second word of a shared phrase says less than the first.
    points = sum(shared[word] / (1 + position) for position, word in enumerate(best))
    if points >= 0.2:
        line = _find_diff_line(change.diff, best[0])
        telling = next(
            (one for one in symptoms.tellings if any(best[0] in find_words(text) for text in one.samples)), None
        )
        # Ordinary words meet by chance: a few of them, and nothing else, tie no change.
        is_vague = points <= _FEW_WORDS and not any(is_compound(word) for word in best[:3])
        text = f"both speak of {', '.join(best[:3])}"
        yield Sign("word", round(min(_MOST_WORDS, points), 2), text, line, telling, is_vague=is_vague)


def _weigh_word(word: str) -> float:
    """Return what a word is worth by its form: one that names a kind of failure is counted as that kind already."""
    if is_compound(word):
        return 1.5
    return _KIND_WORD if classify(word) else 0.7


def _list_values(change: Change) -> frozenset[str]:
    """Return the values in quotes that a diff brings."""
    old = {word for line in change.diff.removed for word in find_quoted(line.text)}
    return frozenset(word for line in change.diff.added for word in find_quoted(line.text)) - old


def _list_gone(change: Change) -> frozenset[str]:
    """Return the words that a diff takes away: what is gone is what others miss."""
    kept = {
        word
        for hunk in change.diff.effective
        for line in hunk.lines
        if line.sign != "-"
        for word in find_words(line.text)
    }
    return frozenset(word for line in change.diff.removed for word in find_words(line.text)) - kept


def _find_diff_line(diff: Diff, word: str) -> DiffLine | None:
    return next((line for line in (*diff.added, *diff.removed) if word in find_words(line.text)), None)


def _judge_numbers(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    old = {number for line in change.diff.removed for number in find_numbers(line.text)}
    around = [line for hunk in change.diff.effective for line in hunk.lines if line.sign == " "]
    for lines, points in ((change.diff.added, 1.5), (around, 0.5)):
        for line in lines:
            for number in sorted(find_numbers(line.text) - old, reverse=True):
                about = _About(
                    is_status=sets_status(line.text),
                    is_port=_PORTS.search(line.text) is not None,
                    hosts=_list_hosts(line.text),
                )
                telling = _find_number(number, symptoms, about)
                if telling is not None:
                    # Small whole numbers meet by chance.
                    worth = points if number >= 50 or not number.is_integer() else points / 3
                    yield Sign("number", worth, f"its {number:g} stands in the failing lines", line, telling)
                    return


@dataclass(frozen=True, slots=True)
class _About:
    """What a changed line with a number may be about."""

    is_status: bool
    is_port: bool
    hosts: frozenset[str]
    """Named with a port. Empty: its port may be anybody's."""


def _find_number(number: float, symptoms: Symptoms, about: _About) -> Telling | None:
    """Return the failing lines with a number, in whatever unit: a limit of 800 ms is logged as 0.8 by some.

    What every failing request is answered with is no limit of 500 of something; a change that sets the answer is tied.
    Nor is the port that refuses a limit of 3000 ms.
    """
    same = {number, number / 1000, number * 1000}
    return next(
        (
            one
            for one in symptoms.tellings
            if one.weight >= 0.4 and any(same & _find_values(text, about) for text in one.samples)
        ),
        None,
    )


def _find_values(text: str, about: _About) -> frozenset[float]:
    """Return the numbers of a line but for statuses of answers and ports, where the changed line is about neither."""
    text = text if about.is_status else drop_statuses(text)
    if about.is_port and about.hosts:
        # Half of all services listen on 8000: the port of another host is another number.
        text = _ADDRESS.sub(lambda found: found[0] if found[1].lower() in about.hosts else " ", text)
    return find_numbers(text if about.is_port else _PORT.sub(" ", text))


def _list_hosts(text: str) -> frozenset[str]:
    return frozenset(host.lower() for host in _ADDRESS.findall(text))


def _judge_constants(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """A state or a kind that only its new lines know stands in new failures: somebody is sent what it cannot read."""
    lines = [(hunk, line) for hunk in change.diff.effective for line in hunk.lines]
    old = {word for _, line in lines if line.sign != "+" for word in find_constants(line.text)}
    for telling in symptoms.tellings:
        if telling.severe and telling.before == 0 and telling.weight >= LOUD:
            found = frozenset.intersection(*(find_constants(text) for text in telling.samples)) - old
            new = {word for word in found if word.casefold() not in symptoms.healthy_words}
            line = next((line for _, line in lines if line.sign == "+" and new & find_constants(line.text)), None)
            if line is not None:
                word = min(new & find_constants(line.text))
                yield Sign("constant", _CONSTANT, f"{word}, which it brings, stands in what fails", line, telling)
                return


def _judge_due(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """A schedule or a date in its lines came due as the fault began: it took effect then, whenever it was made."""
    for line in change.diff.added:
        due = find_due(line.text, symptoms.began_at)
        # What was over as the change was made is its own stamp, as `kubectl rollout restart` leaves one.
        if due is not None and due > change.facts.changed_at:
            yield Sign("due", 1.5, f"what it sets for {due:%H:%M} UTC came due", line)
            return


def _judge_load(change: Change, effect: Effect, symptoms: Symptoms) -> Iterator[Sign]:
    """A service got far more requests as it changed, and none of its callers did: the change asks for them."""
    at = effect.at or change.facts.changed_at
    if not _OVERLOAD & symptoms.kinds.keys():
        return
    for service in sorted(list_affected(change, effect, symptoms) & symptoms.grown.keys()):
        delay = timedelta(seconds=symptoms.grown[service] - at.timestamp())
        callers = symptoms.graph.callers.get(service, ())
        if -TOLERANCE <= delay <= _SOON and callers and not symptoms.grown.keys() & set(callers):
            yield Sign("load", 1.0, f"{service} gets far more requests since")
            return


def _judge_copies(change: Change, effect: Effect, symptoms: Symptoms) -> Iterator[Sign]:
    """A store gives out no more connections, and the change raised what each instance holds, or how many there are."""
    if "connections" not in symptoms.kinds:
        return
    raised = [turn for turn in change.diff.turns if turn.direction > 0 and not turn.is_switch]
    turn = next((turn for turn in raised if _POOLED.search(turn.key) or _COPIES.search(turn.key)), None)
    affected = list_affected(change, effect, symptoms)
    for item in symptoms.moved:
        is_grown = _COPIES.search(item.shift.series.metric) and item.shift.after > item.shift.before
        if turn is not None and item.service in affected and is_grown:
            grown = f"{item.service} runs {item.shift.after:.0f} times, before {item.shift.before:.0f}"
            text = f"{grown}, since it raised what they may hold or be: {turn.old} -> {turn.new}"
            is_borne = (
                not _COPIES.search(turn.key) and symptoms.began_at - (effect.at or change.facts.changed_at) > _BUSY
            )
            yield Sign("copies", 0.5 if is_borne else 1.5, text, turn.line)
            return


def _judge_fewer(change: Change, effect: Effect, symptoms: Symptoms) -> Iterator[Sign]:
    """Fewer instances of a service run, and each of them has more to do: a queue, throttling, requests of each."""
    turn = next((turn for turn in change.diff.turns if turn.direction < 0 and _COPIES.search(turn.key)), None)
    affected = list_affected(change, effect, symptoms)
    for item in symptoms.moved if turn is not None else ():
        series = item.shift.series
        is_load = series.meaning.kind in (Kind.SATURATION, Kind.CPU) or _OF_EACH.search(series.metric)
        if turn is not None and item.service in affected and is_load and item.shift.after > item.shift.before:
            yield Sign("copies", 1.5, f"{item.words}, since it runs fewer: {turn.old} -> {turn.new}", turn.line)
            return


def _judge_names(change: Change, effect: Effect, symptoms: Symptoms) -> Iterator[Sign]:
    """A failing service that its lines name, though it is not that service's own change: a rule about it."""
    removed = {word for line in change.diff.removed for word in find_words(line.text)}
    added = {word for line in change.diff.added for word in find_words(line.text)}
    differing = removed ^ added
    for service in sorted(symptoms.origins - list_affected(change, effect, symptoms)):
        parts = find_words(service)
        if parts and parts <= differing:
            line = _find_diff_line(change.diff, next(iter(sorted(parts))))
            yield Sign("named", 1.5, f"its lines are about {service}, where the trouble begins", line)
            return
