"""When users felt it no more: of all good news the one that the measurements bear out, before the tidying up.

People call that moment by its name seldom. Else it is a number that is normal again, a monitor that clears, or a word
that it works; and most channels have many of these: parts that are back, other systems, the backlog hours later. What
speaks for each is counted in points; the one with the most is it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import fsum

from fermata.domain.trail import MessageKind
from fermata.rules.timeline import endings, phrases
from fermata.rules.timeline.curves import Shift, is_felt
from fermata.rules.timeline.posts import State
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.words import Words

_NORMAL = Words(r"\b(?:normal|(?<!over )(?<!above )baseline|usual|as before|same level as|within slo|flat)\b")
_GONE = Words(
    r"\b(?:gone|no more|none|zero|0|stopped|empty|clear(?:ed)?|no longer|no new)\b|"
    # A node that is drained is work, a queue that is drained is good news.
    r"\b(?<!capacity )drained(?! (?:the |our |all |from |of |node|host|pod|server)|\W*lol)\b"
)
_AGAIN = Words(
    r"\b(?:again|(?<!rolled )(?<!rolling )(?<!roll )back|works?|working|recover(?:ed|s|y)|restored|healthy|green|"
    r"caught up|ok|okay|good|fine)\b"
)
_MEASURE = Words(
    r"\b(?:p\d\d|error(?:s| rate)?|5xx|50\d'?s?|4\d\ds?|latency|timeouts?|queue|depth|lag|rate|loss|success|failures?|"
    r"cpu|load|wait|conns?|connections|per min\w*|rps|qps|sessions|backlog|reject\w*|mismatch\w*|fails?|retries)\b",
    r"(?<=\w)/(?:s|min)\b",
)
_WORK = Words(
    r"\b(?:lint|tests?|specs?|builds?|canary|promot\w+|deploy(?:s|ed|ing|ment)?|pull request|branch|"
    r"merged?|preview|rerun|retry)\b"
)
"""What bots of work in progress speak of: that it went well says nothing of what users feel."""
_CLEARS = Words(r"\b(?:resolved|recover(?:ed|y)|cleared|firing)\b")
"""How a monitor ends its alert, which may be about builds and deploys."""
_IS_UP = Words(r"\b(?:is|are|now|again) (?:back )?(?:up|ok|healthy|online|normal|available)\b|\bwas down\b")
_NUMBER = re.compile(r"(?<![\w.])(\d[\d,]*(?:\.\d+)?) ?(k|m|s)?\b", re.IGNORECASE)
_SCALES = {"k": 1e3, "m": 1e6, "s": 1e3}
_SHORT = 60
"""Characters within which people say that it is over."""
_WHOLE = Words(r"\b(?:all|every\w*|both|100 ?%|done|finished|off|live)\b|\d ?(?:%|(?:/|of|out of) ?\d)")
_AILING = (
    *("unhealthy", "unready", "unavailable", "failed", "failing", "stuck", "dead", "bad", "broken", "crashed", "down"),
)
_NOUGHT_LEFT = Words(
    # "Unhealthy hosts: 0" is what one waits for.
    rf"\b{''.join(f'(?<!{word} )' for word in _AILING)}"
    r"(?:consumers?|workers?|replicas?|pods?|hosts?|nodes?|instances?|servers?|targets?|backends?|subscribers?|"
    r"ready|running|available|throughput|orders|sales|log-?ins|sign-?ups|checkouts|rps|qps)"
    r"\W{1,3}(?:(?:is|are|at|now|still|ready|left|up|running|down to) )*(?:0|zero|none|gone)\b(?![.:/]\d)|"
    rf"\b(?:0|zero|no) (?!(?:{'|'.join(_AILING)})\b)"
    r"(?:\w+ )?(?:consumers?|workers?|replicas?|pods?|hosts?|nodes?|instances?|servers?|targets?|"
    r"backends?)(?: (?:is|are))?(?: (?:left|up|ready|running|available|healthy|alive))?(?=\W*$|[,.;!])"
)
"""When nothing is left of what should be at work, its nought is the trouble."""
_BAD_AGAIN = Words(
    r"\b(?<!no )(?<!not )(?<!n't )(?<!never )(?<!without )"
    r"(?:stop(?:s|ped)?|stuck|fail(?:s|ed|ing)?|broken?|died|dead|hang(?:s|ing)?|hung|crash(?:es|ed|ing)?|"
    r"tim(?:es|ed|ing) out|errors?|slow|unreachable|lost) (?:once )?again\b"
)
"""What is back is the trouble."""
_AILS = Words(
    r"\b(?:(?:is|are|it'?s|goes|went|still|now|keeps?) (?:\w+ )?(?:down(?! (?:to|from|by)\b)|failing|broken|dead|"
    r"timing out|unreachable|"
    r"crash-?looping|erroring|toast|slow)|(?:all|both) (?:down|failing|broken|crash-?looping)|"
    r"fails (?:for|with|on|every)|crash-?looping|out of memory|"
    r"(?<!no )(?:[45]\d\d'?s?|5xx|errors|timeouts|failures|outage) for (?:everyone|everybody|all (?:users|customers))|"
    r"(?:gets?|getting|sees?|seeing|returns?|returning|gives?|giving|serving|throw\w*|all requests) "
    r"(?:\w+ ){0,2}?(?:[45]\d\d(?:'?s)?|5xx|errors|timeouts))\b|"
    r"\bstill (?:\w+ ){0,2}?(?:[45]\d\d'?s?|5xx|errors|timeouts|failing|slow|down|high)\b|"
    r"^\W*(?:all |only )?[45]\d\d'?s (?:everywhere|for|on|from)\b|\bis (?:a )?404\b|\d'?s per (?:min\w*|s\w*|hour)\b",
    # A level at which nothing is well.
    r"\b(?:error(?:s| rate)?|failures?(?: rate)?|5xx|loss)\W{1,3}(?:(?:is|are|at|now|rate|of) ){0,3}"
    r"(?:[3-9]\d|100)(?:\.\d+)? ?%",
    r"\b(?:cpu|memory|mem|disk|heap|pool|conn(?:ection)?s?|load)\W{1,3}(?:(?:is|are|at|now|usage|full) ){0,3}"
    r"(?:9\d|100)(?:\.\d+)? ?%|\bconn(?:ection)?s? (\d+)/\1\b",
    r"\bsuccess(?: rate)?\W{1,3}(?:(?:is|at|now|rate|of) ){0,3}[0-8]?\d(?:\.\d+)? ?%",
    r"\b0/\d+ (?:\w+ )?(?:ready|up|healthy|available|running|pods?|replicas?)\b|\bonly \d+ (?:of|out of) \d",
)
"""What hurts now, in words or as a level: a number that says how bad it is tells no end, however short it is said."""
_GOODS = (
    r"(?:throughput|traffic|orders|sales|success(?: rate)?|log-?ins|sign-?ups|checkouts|payments|rps|qps|requests|"
    r"conversions?|approvals?(?: rate)?)"
)
_GOODS_GONE = Words(
    rf"\b{_GOODS}\b (?:\S+ ){{0,2}}?(?:dropp\w+|fell|fall\w*|down|gone|went|"
    r"(?:is|are) (?:at|down to)) (?:\w+ ){0,2}?(?:to )?(?:0|zero|nothing|none)\b(?![.:]\d)",
    r"\b(?:0|zero|no) (?:successful|completed|new) (?:orders|payments|checkouts|log-?ins|sign-?ups|requests)\b|"
    r"\b(?:0|zero) (?:orders|payments|sales|checkouts|log-?ins|sign-?ups)\b"
    r"(?! (?:lost|affected|failed|failing|missing|stuck|queued|pending|in (?:the )?(?:backlog|queue)))",
)
"""What is wanted, gone: its nought is the trouble, whatever verb tells of it."""
_WRONG_WAY = Words(
    r"\b(?:error(?:s| rate)?|5xx|latency|p\d\d|timeouts?|lag|queue|backlog|failures?|loss|depth) "
    r"(?:(?:is|are|went|goes|now|again) ){0,2}(?:back )?(?:over|above|up (?:to|at|from)) ~?\d",
    rf"\b{_GOODS} (?:(?:is|are|went|goes|now|again) ){{0,2}}(?:back )?(?:under|below|down to) ~?\d",
    r"\bfree (?:memory|disk|space|connections|inodes) (?:(?:is|are) )?(?:down to|at) (?:0|zero|nothing)\b",
)
"""A level on the side on which it hurts: p99 over what it should be, sales under it."""
_WISHED = Words(
    r"\b(?:we|i|you|they) (?:\w+ )?(?:need|want|wait)\b|\bwould be\b|^\W*(?:once|until|when|as soon as|if)\b|"
    r"\b(?:is|was) (?:our|the) (?:slo|target|goal|limit|threshold)\b|"
    r"\b(?:is|are|it'?s) (?:still )?not (?:\w+ )?(?:drained|empty|back|normal|gone|clear(?:ed)?|recovered|under|"
    r"below)\b|"
    r"\b(?:isn'?t|aren'?t) (?:\w+ )?(?:drained|empty|back|normal|gone|clear(?:ed)?|recovered|under|below)\b|"
    r"\bdrained of\b|\b(?:was|were) (?:under|below|at) .{0,12}\bbefore\b"
)
"""What one waits for, and what is not yet so."""
_HARM = r"(?:error(?:s| rate)?|5xx|latency|p\d\d|timeouts?|lag|queue|backlog|failures?|rejects?|retries|loss|depth)"
_UNITS = {"": 1.0, "%": 1.0, "ms": 1e-3, "s": 1.0, "k": 1e3}
_FROM_TO = Words(
    # The numbers are the measure's own: "errors are gone, scaled from 3 to 6 pods" tells of no rise.
    rf"\b{_HARM}\W{{1,3}}(?:(?:is|are|was|went|goes|rose|climbed|now|up|from|at) ){{0,3}}"
    r"(\d+(?:\.\d+)?) ?(%|ms|s|k)? ?(?:->|\u2192|=>|to) ?(\d+(?:\.\d+)?) ?(%|ms|s|k)?"
)
_LESS = re.compile(
    r"\b(?:error(?:s| rate)?|5xx|[45]\d\d'?s|latency|p\d\d|lag|timeouts|backlog|retries|loss) (?:(?:is|are|went) )?"
    r"(?:\w+ )?down\b(?: again\b)?|"
    r"\b(?:(?:nobody|no one|no longer|not|never)\b|\w+n't\b|stopp\w+) (?:\w+ )?"
    r"(?:gett?(?:ing)?|see(?:s|ing)?|return(?:s|ing)?|giv(?:es?|ing)|serving|throw(?:s|ing)?) (?:\w+ ){0,2}?"
    r"(?:[45]\d\d'?s?|5xx|errors|timeouts)\b|"
    r"\b(?:failed|failing|errored|stuck|lost|rejected|pending|queued|blocked|5xx on|errors on) "
    rf"{_GOODS}\b|\b{_GOODS} (?:failing|stuck|lost|pending|queued|blocked)\b",
    re.IGNORECASE,
)
"""Harm that is told to be less: neither its word nor its nought is trouble."""
_SHORT_LIVED = Words(r"\b(?:broken|down|failing|slow|dead|bad|red|firing) again\b")
_UNDONE = Words(r"\b(?:off|disabled|removed|switched back) again\b")
"""A workaround that is taken away: good news only beside a word of what is normal."""
_LEAST = 1.0
"""Points below which a message tells no end."""
_LEFT = 0.05
"""Of the way from the extreme to normal that is left when a metric is back in its band for the first time."""
_ALIKE = 0.06
"""Of its value, by which a number that is said may miss the one that was measured."""
_QUOTED_BEFORE, _QUOTED_AFTER = 150.0, 60.0
"""Seconds around a message in which its number may have been measured."""
_POSTED_WITHIN = timedelta(minutes=5)
EASED = (State.MONITORING, State.RESOLVED)
"""States of a status page that say that it hurts no more."""
_POINTS = {
    "monitor": 2.1, "posted": 1.1, "gone": 1.0, "normal": 0.9, "measured": 0.7, "quoted": 0.6, "again": 0.5,
    "number": 0.5, "short": 0.4, "told": 0.4, "acted_before": 0.5, "not_yet": -0.5, "progress": -0.5,
    "posted_soon": 0.8,
}  # fmt: skip
"""By the words. Chosen by which of them find most, over channels that had no part in choosing."""
_SINCE_BAND = ((-1.0, 1.0, 1.1), (1.0, 3.0, 0.8))
"""Minutes since a metric was in its band for the first time: from, to, points."""
_SINCE_BACK = ((-1e9, -30.0, -0.6), (-30.0, -10.0, -0.4), (-2.0, 1.0, 0.4), (1.0, 4.0, 0.7), (30.0, 1e9, -0.6))
"""The same since the first metric was back for good."""
_UNTIL_END = ((25.0, 60.0, 0.7), (60.0, 1e9, 0.4))
"""Minutes until it was closed, which is done after some calm."""
_BAND_AHEAD, _BAND_AHEAD_POINTS = -10.0, -0.7
"""Minutes before every metric's band, from which good news are none."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What good news are judged by."""

    told: Collection[str]
    """Ids of the messages that tell an event."""
    shifts: Sequence[Shift]
    """Of the metrics that are about the incident."""
    acted: datetime | None
    """When people first did something about it."""
    closed: datetime | None
    """When it was said to be over."""
    posts: Sequence[datetime] = ()
    """When a status page said that it is being watched or over."""


def find_relief(news: Iterable[Heard], scene: Scene) -> Heard | None:
    """Return the message that tells the end of the impact, the first of those that have most points; `None`: none does.

    Args:
        news: Good news of the incident between its beginning and its end.
        scene: What they are judged by.
    """
    back = find_back(scene.shifts)
    bands = [at for shift in _list_felt(scene.shifts) if (at := _find_band(shift)) is not None]
    best, most = None, _LEAST
    for item in news:
        points = _weigh_words(item, scene) + _weigh_time(item, scene, back, bands)
        if points > most:
            best, most = item, points
    return best


def find_back(shifts: Sequence[Shift]) -> datetime | None:
    """Return when the first metric of what users feel was back; of what machines use up where there is none."""
    back = [shift for shift in shifts if shift.recovered is not None]
    felt = [shift for shift in back if is_felt(shift)]
    return min((shift.recovered for shift in felt or back if shift.recovered is not None), default=None)


def _list_felt(shifts: Sequence[Shift]) -> Sequence[Shift]:
    return [shift for shift in shifts if is_felt(shift)] or shifts


def _find_band(shift: Shift) -> datetime | None:
    """Return when a metric was first back at normal after its worst, whether it stayed there or not."""
    points = [point for point in _list_points(shift) if point[0] >= shift.onset.timestamp()]
    worst = max(range(len(points)), key=lambda index: abs(points[index][1] - shift.normal))
    most = _LEFT * abs(shift.extreme - shift.normal)
    at = next((at for at, value in points[worst:] if abs(value - shift.normal) <= most), None)
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _list_points(shift: Shift) -> list[tuple[float, float]]:
    curve = shift.curve
    return [(at, value) for at, value in zip(curve.times, curve.values, strict=True) if value is not None]


def is_good(item: Heard, *, has_fired: bool = True) -> bool:
    """Answer whether a message may be good news; of bots only what monitors and status pages say of the end.

    Args:
        has_fired: Who says it has said before that something is wrong. A bot that never did is no monitor, and "up" in
            its words is a level, a version or a mood.
    """
    clauses = item.reading.clauses
    if item.message.is_bot:
        text = item.message.text
        is_work = _WORK.search(text) is not None and _CLEARS.search(text) is None
        is_end = not is_work and (has_fired or any(words.search(text) for words in (_CLEARS, _IS_UP)))
        return any((clause.stage is Stage.CLEARED and is_end) or clause.post in EASED for clause in clauses)
    # What something is ruled out by was never wrong; what is back again may be the trouble.
    is_excluding = any(clause.kind is MessageKind.RETRACTION for clause in clauses)
    text = item.join_clauses()
    if is_excluding or not text or endings.RELAPSED.search(text):
        return False
    is_told = item.tells(Stage.MITIGATED)
    if _tells_harm(text, is_told=is_told) or _WISHED.search(text) is not None:
        return False
    is_bare = _UNDONE.search(text) is not None and _NORMAL.search(text) is None
    if not is_told and (is_bare or any(words.search(text) for words in (_NOUGHT_LEFT, _BAD_AGAIN))):
        return False
    # Who ends with a question does not know.
    if item.message.text.rstrip().endswith("?") and not is_told:
        return False
    # What is only decided has helped nobody yet, and what hinders the cure is no good news of it.
    is_ahead = all(clause.kind is MessageKind.DECISION for clause in clauses) or any(
        words.search(text) for words in (phrases.OBSTACLE, phrases.FOLLOW_UP)
    )
    if (is_ahead or any(clause.is_impact for clause in clauses)) and not is_told:
        return False
    # Without a number nobody has measured: what is measured is only named.
    is_measured = _MEASURE.search(text) is not None and any(letter.isdigit() for letter in text)
    is_well = any(words.search(text) for words in (_GONE, _NORMAL, _AGAIN))
    return is_told or is_well or is_measured or _WHOLE.search(text) is not None


def _tells_harm(text: str, *, is_told: bool) -> bool:
    """Answer whether a message tells what hurts, beside what it says is less."""
    rest = _LESS.sub("", text)
    is_gone = any(words.search(rest) for words in (_GOODS_GONE, _SHORT_LIVED, _WRONG_WAY))
    return is_gone or _rises(text) or (not is_told and _AILS.search(rest) is not None)


def _rises(text: str) -> bool:
    """Answer whether a measure of harm is told to go up: "latency 0.2s -> 9s"."""
    found = _FROM_TO.search(text)
    if found is None:
        return False
    was, unit, becomes, other = found[1], found[2] or found[4] or "", found[3], found[4] or ""
    # "300 ms -> 200": who leaves the second unit out means the first; but "12k -> 900" is 900.
    other = other or unit.replace("k", "")
    return float(becomes) * _UNITS[other] > float(was) * _UNITS[unit]


def _weigh_words(item: Heard, scene: Scene) -> float:
    found = set[str]()
    if item.message.is_bot:
        is_cleared = item.tells(Stage.CLEARED)
        found.add("monitor" if is_cleared else "posted")
    else:
        text = item.join_clauses()
        found = {name for name, words in _WORDS if words.search(text)}
        is_number = any(letter.isdigit() for letter in text)
        found |= {"number"} if is_number else set()
        found = found if is_number else found - {"measured"}
        found |= {"short"} if len(text) < _SHORT else set()
        found |= {"told"} if item.message.id in scene.told else set()
        found |= {"quoted"} if _quotes(item, text, scene.shifts) else set()
        found |= {"posted_soon"} if _is_posted_soon(item, scene.posts) else set()
    found |= {"acted_before"} if scene.acted is not None and scene.acted <= item.message.at else set()
    return fsum(_POINTS[name] for name in found)


_HOPEFUL = (("gone", _GONE), ("normal", _NORMAL), ("again", _AGAIN), ("measured", _MEASURE))
_WORDS = (*_HOPEFUL, ("not_yet", endings.NOT_YET), ("progress", endings.PROGRESS))


def _is_posted_soon(item: Heard, posts: Sequence[datetime]) -> bool:
    """Answer whether a status page says so within minutes: it is told what people have seen."""
    return any(timedelta(0) <= at - item.message.at <= _POSTED_WITHIN for at in posts)


def _quotes(item: Heard, text: str, shifts: Sequence[Shift]) -> bool:
    """Answer whether one of a message's numbers is what a metric was just then, as a number or in percent."""
    said = list(_list_numbers(text))
    at = item.message.at.timestamp()
    return any(
        abs(number - value * scale) <= _ALIKE * abs(value * scale) + 1e-9
        for shift in shifts
        for when, value in _list_points(shift)
        if at - _QUOTED_BEFORE <= when <= at + _QUOTED_AFTER
        for scale in (1.0, 100.0)
        for number in said
    )


def _list_numbers(text: str) -> Iterator[float]:
    for digits, unit in _NUMBER.findall(text):
        number = float(digits.replace(",", ""))
        yield number
        if unit:
            yield number * _SCALES[unit.lower()]


def _weigh_time(item: Heard, scene: Scene, back: datetime | None, bands: Sequence[datetime]) -> float:
    at = item.message.at
    points = 0.0
    if scene.closed is not None:
        points += _look_up(_UNTIL_END, [_count_minutes(scene.closed, at)])
    if back is not None:
        points += _look_up(_SINCE_BACK, [_count_minutes(at, back)])
    since = [_count_minutes(at, band) for band in bands]
    points += _look_up(_SINCE_BAND, since)
    is_ahead = bool(since) and max(since) < _BAND_AHEAD
    return points + (_BAND_AHEAD_POINTS if is_ahead else 0.0)


def _count_minutes(at: datetime, since: datetime) -> float:
    return (at - since) / timedelta(minutes=1)


def _look_up(table: Sequence[tuple[float, float, float]], minutes: Sequence[float]) -> float:
    return sum(points for low, high, points in table if any(low <= value < high for value in minutes))
