"""When the incident was first seen: the alert or report that the room then took up, of all that came before it.

Neither the first alert nor the first report is it by itself: a monitor nags before, a user asks about something else.
What was seen first is what is a sign of it, what people answer and get busy after, and what nothing of its kind came
before. Each of these speaks for a message or against it by so many points; the one with the most is it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from math import fsum

from fermata.domain.trail import MessageKind, Participant
from fermata.rules.timeline import phrases
from fermata.rules.timeline.confirmed import DENIES, IS_FINE
from fermata.rules.timeline.endings import is_end_of_it
from fermata.rules.timeline.reading import Stage
from fermata.rules.timeline.reports import tells_trouble
from fermata.rules.timeline.setting import is_outside
from fermata.rules.timeline.tags import find_tags
from fermata.rules.timeline.talk import Heard
from fermata.rules.timeline.words import Words

_BEFORE, _AFTER = timedelta(minutes=90), timedelta(minutes=60)
"""Around the first sign by the words alone, in which another may be the one."""
_BUSY = timedelta(minutes=10)
_CROWD, _FEW, _LISTENED = 10, 2, 39
"""People's messages that make a room busy, below which it is quiet, and how many messages on they are counted."""
_ANSWERED, _NEXT = timedelta(minutes=4), 6
_SOON = timedelta(minutes=5)
_AHEAD = timedelta(minutes=2)
"""Before the metrics moved or people began to talk, from which on what is seen is none of it."""
_BURST = 0.5
"""Of the most that people say in ten minutes: whoever says that much for the first time has something to talk about."""
_CALM = 10
"""People's messages before a burst that make a channel one in which people speak every day."""
_LIVELIER = 2.0
"""How much more is said in a burst than in as many minutes before it."""
_LONG_AFTER = timedelta(minutes=30)
"""After an end, from which on what is declared is another incident, and no second thought about the first."""
_CALLED_SOON = timedelta(minutes=5)
"""After an end, in which an alert may still be of what was ended."""
_MOST = 3
"""Signs of one kind from which on one more before it says nothing new."""
_MOST_SIGNS = 6
_READ = 300
_SIGNALS = (Stage.ALERTED, Stage.DECLARED)
_TAKES_UP = Words(
    r"\b(?:look(?:ing)?|check(?:ing)?|on it|ack\w*|same|me too|confirm\w*|repro\w*|seeing|see (?:it|that|this)|can you|"
    r"which|how many|since when|uh|oh|hm+|wait|what|really|paging|paged|who)\b|\?"
)
"""How people answer what they take up."""
_WHO_ELSE = Words(r"\b(?:any(?:one|body)|someone|who) else(?:'s)?\b.*\?|\b(?:only|just) me\b")
_WELL = Words(
    r"\b(?:no|zero|without|0) (?:\w+ )?(?:errors?|failures?|timeouts?|alerts?|pages|issues?|problems?|drops?)\b|"
    r"\b(?:fine|flat|boring|(?:as|like) (?:always|usual|before|expected|predicted)|same as|nothing weird|all good|"
    r"looks? (?:good|ok|normal))\b"
)
"""How people say that all is well, with the words of trouble."""
_POINTS = {
    "told": 1.2, "alert": 1.2, "busy": 1.0, "observed": 0.5, "declared_soon": 0.7, "answered": 0.5, "taken_up": 0.4,
    "of_users": 0.5, "negated": 0.5, "first_by_words": 0.6, "never_alerted": -0.5, "after_declared": -0.6,
    "quiet": -0.5, "reports_before": -0.7, "alerts_before": -1.0, "signs_before": -0.55,
    "before_onset": -1.5, "well": -1.5, "alert_in_talk": 1.75,
}  # fmt: skip
"""Chosen by which order of them finds most, over channels that had no part in choosing."""


def is_sign(text: str) -> bool:
    """Answer whether a sentence says that something is wrong."""
    is_trouble = phrases.SYMPTOM.search(text) or phrases.REPORTED.search(text) or "BAD" in find_tags(text)
    return bool(is_trouble)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the signs are judged by."""

    declared: datetime | None
    """When it was declared; `None` when nobody says."""
    onset: datetime | None
    """When the incident's own metrics moved; `None` when none did."""
    is_daily: bool = False
    """People spoke in the channel long before."""


def is_ahead(item: Heard, beginning: datetime | None) -> bool:
    """Answer whether a message came well before trouble began; no where it is not known when that was."""
    return beginning is not None and beginning - item.message.at > _AHEAD


def find_burst(talk: Sequence[Heard]) -> datetime | None:
    """Return when people began to talk much, after the daily talk of a channel; `None`: there was no such talk before.

    Args:
        talk: All that is said of the incident, in the order of its time.
    """
    said = [item.message.at for item in talk if not item.message.is_bot]
    counts = [bisect_left(said, at + _BUSY) - index for index, at in enumerate(said)]
    most = max(counts, default=0)
    first = next((index for index, count in enumerate(counts) if count >= _BURST * most), 0)
    if first < _CALM:
        return None
    usual = first * (_BUSY / (said[first] - said[0]))
    return said[first] if counts[first] >= _LIVELIER * usual else None


def find_ended_before(talk: Sequence[Heard], declared: datetime | None) -> datetime | None:
    """Return when another incident of the channel was over, long before this one was declared; `None`: there was none.

    What led up to the declaration came after that: a monitor fired anew, or the first end was only called too early.
    """
    if declared is None:
        return None
    ends = (
        item.message.at
        for item in talk
        if not item.message.is_bot
        and declared - item.message.at >= _LONG_AFTER
        and any(c.stage is Stage.RESOLVED and is_end_of_it(c.text, item.message.text) for c in item.reading.clauses)
    )
    last = max(ends, default=None)
    fired = (item.message.at for item in talk if item.message.is_bot and item.tells(Stage.ALERTED))
    return last if last is not None and any(last + _CALLED_SOON < at <= declared for at in fired) else None


def find_sighting(
    talk: Sequence[Heard],
    told: Collection[str],
    first: Heard,
    *,
    people: Mapping[str, Participant],
    scene: Scene,
) -> Heard:
    """Return the message by which the incident was first seen.

    Args:
        talk: All that is said of the incident, in the order of its time.
        told: Ids of the messages that tell an event.
        first: The first sign by the words alone, which is returned where nothing speaks for another.
        people: Of the channel, with their roles.
        scene: When it was declared and measured.
    """
    room = _Room(talk, told, people)
    best, most = first, float("-inf")
    counts = {"reports_before": 0, "alerts_before": 0, "signs_before": 0}
    for index, item in enumerate(talk):
        if not -_BEFORE <= item.message.at - first.message.at <= _AFTER or not item.reading.clauses:
            continue
        # What a bot tells of its own work is no sign, however busy the room gets after it.
        if item.message.is_bot and item is not first and not _is_signal(item):
            continue
        if room.is_alone(index) or (item is not first and _is_answer_of_calm(item)):
            continue
        is_alert, is_report = room.is_alert(item), tells_trouble(item, people)
        is_seen = not item.message.is_bot and any(is_sign(clause.text) for clause in item.reading.clauses)
        points = room.weigh(index, scene) + _weigh_before(counts)
        points += _POINTS["first_by_words"] if item.message.id == first.message.id else 0.0
        # Where people speak all day, what says nothing bad is talk, and so is what no line tells.
        is_news = is_alert or ((is_report or is_seen) and item.message.id in told)
        if points > most and (is_news or not scene.is_daily):
            best, most = item, points
        counts["alerts_before"] += is_alert
        counts["reports_before"] += is_report
        counts["signs_before"] += is_alert or is_report or is_seen
    return best


def _is_answer_of_calm(item: Heard) -> bool:
    """Answer whether a person says that it works for them: who is asked sees nothing."""
    return not item.message.is_bot and IS_FINE.search(item.message.text[:_READ]) is not None


def _is_signal(item: Heard) -> bool:
    return any(clause.stage in _SIGNALS or clause.post is not None for clause in item.reading.clauses)


def _weigh_before(counts: Mapping[str, int]) -> float:
    most = {"signs_before": _MOST_SIGNS}
    return fsum(_POINTS[name] * min(count, most.get(name, _MOST)) for name, count in counts.items())


class _Room:
    """The channel, and what speaks for each of its messages."""

    def __init__(self, talk: Sequence[Heard], told: Collection[str], people: Mapping[str, Participant]) -> None:
        self._talk = talk
        self._times = [item.message.at for item in talk]
        # How much people said up to each message.
        self._said = list(accumulate(not item.message.is_bot for item in talk))
        self._told = told
        self._people = people
        self._last_alert = max((item.message.at for item in talk if self.is_alert(item)), default=None)

    def is_alert(self, item: Heard) -> bool:
        """Answer whether a monitor's alert is one that is told."""
        is_fired = item.tells(Stage.ALERTED)
        return item.message.is_bot and is_fired and item.message.id in self._told

    def is_alone(self, index: int) -> bool:
        """Answer whether somebody asks who else has their trouble, and the first answer is that nobody has."""
        item = self._talk[index]
        answer = next(self._list_next(index), None)
        text = item.message.text[:_READ]
        # What users have is no trouble of one's own, wherever it works.
        is_asked = not item.message.is_bot and _WHO_ELSE.search(text) is not None and "USER" not in find_tags(text)
        return is_asked and answer is not None and DENIES.search(answer.message.text[:_READ]) is not None

    def weigh(self, index: int, scene: Scene) -> float:
        """Return the points of one message by what it is and what came after it."""
        item = self._talk[index]
        found = {"alert"} if item.message.is_bot and self.is_alert(item) else set[str]()
        found |= {"told"} if item.message.id in self._told else set()
        found |= self._list_answers(index)
        if not item.message.is_bot:
            found |= self._list_words(item)
        found |= {"alert_in_talk"} if scene.is_daily and "alert" in found else set()
        found |= {"before_onset"} if is_ahead(item, scene.onset) else set()
        if scene.declared is not None:
            ahead = scene.declared - item.message.at
            found |= {"declared_soon"} if timedelta(0) < ahead < _SOON else set()
            found |= {"after_declared"} if ahead < timedelta(0) else set()
        last = min(index + _LISTENED, bisect_right(self._times, item.message.at + _BUSY) - 1)
        said = self._said[last] - self._said[index]
        found |= {"quiet"} if said < _FEW else set()
        return fsum(_POINTS[name] for name in found) + _POINTS["busy"] * min(said / _CROWD, 2.0)

    def _list_words(self, item: Heard) -> set[str]:
        found = set()
        if item.list_clauses(MessageKind.OBSERVATION):
            found.add("observed")
        person = self._people.get(item.message.user)
        if person is not None and is_outside(person.role):
            found.add("of_users")
        if _WELL.search(item.message.text[:_READ]):
            found.add("well")
        if "NEG" in find_tags(item.message.text[:_READ]):
            found.add("negated")
        if self._last_alert is None or self._last_alert <= item.message.at:
            found.add("never_alerted")
        return found

    def _list_answers(self, index: int) -> set[str]:
        answers = list(self._list_next(index))
        is_taken = any(_TAKES_UP.search(other.message.text) for other in answers)
        return ({"answered"} if answers else set()) | ({"taken_up"} if is_taken else set())

    def _list_next(self, index: int) -> Iterator[Heard]:
        """Yield what others answer to a message within minutes."""
        item = self._talk[index]
        for other in self._talk[index + 1 : index + 1 + _NEXT]:
            is_other = not other.message.is_bot and other.message.user != item.message.user
            if is_other and other.message.at - item.message.at <= _ANSWERED:
                yield other
