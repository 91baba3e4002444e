"""Which of the bots' messages are news: an alert once, its end when its beginning was told, nothing of a routine."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from itertools import islice

from fermata.domain.trail import MessageKind
from fermata.rules.timeline.feeds import Feeds
from fermata.rules.timeline.posts import State
from fermata.rules.timeline.reading import Clause, Stage
from fermata.rules.timeline.talk import Heard

_ROUTINE = 3
"""Times that a bot says the same, numbers apart, from which it says it every day."""
_FLOOD = 6
"""The same for alerts: a person stops reading about there."""
_SAME = 0.5
"""Of its words, that an end must share with the alerts that were told."""
_FILLED = r"\([\w-]+:? [^()]{2,40}\)|(?<!\w)\"[^\"]{2,60}\"|\u201c[^\u201d]{2,60}\u201d"
"""What a bot fills in: `(merchant Gull & Sons)`, or a title between quotation marks."""
_NUMBERS = re.compile(rf"{_FILLED}|(?<==)\S+|\S*\d\S*")
_STATUS = re.compile(r"\b(?:identified|monitoring|update)\b", re.IGNORECASE)
_EVER = (
    r"stand-?up|(?:daily|weekly) (?:report|digest|summary)|digest|blockers?: |yesterday i\b|reminder: |poll: |"
    r"unit tests?|test suite|lint|quality gate|branch (?!main|master|prod|release)[\w./-]+|feature/"
)
_UNSEEN = (
    r"(?:severity|level|priority)\W{1,3}(?:info(?:rmational)?|none|debug)\b|"
    r"env(?:ironment)?\W{1,3}(?:test|staging|stage|dev|qa|sandbox)\b"
)
_NEVER = re.compile(rf"\b(?:{_EVER}|{_UNSEEN})", re.IGNORECASE)
"""What is no alert, however bad its words sound: reports of people's work, and what fails in building."""
_HABIT = re.compile(
    r"\b(?:has joined|joined the (?:channel|server)|welcome to|set the channel|level \d+|points\b|on-?call (?:now|is|"
    r"changed)|meeting (?:started|in|ended)|starting in \d+ min|scheduled maintenance|maintenance scheduled|"
    r"bump(?:s|ed)? \S+ from \S+ to|pull request (?:opened|closed|merged|reviewed)|assigned to|commented on|"
    rf"new (?:commits?|conversation|vulnerabilit\w+)|commits? pushed|run planned|advanced to|birthday|{_EVER}|"
    rf"(?:all )?checks (?:are )?(?:green|pass\w*)|{_UNSEEN})|\((?:staging|stage|test|dev|qa|sandbox)\)",
    re.IGNORECASE,
)
"""What bots say every day, incident or not."""
_AGAIN = re.compile(
    r"\(repeat\b|\brepeat(?:ed)? \d+|\bstill (?:firing|alerting|anomalous|open|triggered|unacknowledged|un-?acked)\b|"
    r"\bre-?notif\w+",
    re.IGNORECASE,
)
"""How a monitor says that it says the same again."""
_JOB_DONE = re.compile(
    r"(?:#|\bbuild |\bpipeline |\bjob |\brun )\d+\b.*"
    r"\b(?:passed|succeeded|cancell?ed|skipped|queued|running|started)\b|"
    r"(?:\u2192|->|\bto) (?:staging|stage|review|preview|beta|qa|dev|test|sandbox)\b",
    re.IGNORECASE,
)
"""What a feed says of work that went well, or that no user sees."""
_JOB = re.compile(
    r"\b(?:pipelines?|builds?|lint|flaky|e2e|specs?|shards?|tests?)\b|\bexited \d|"
    r"\b(?:on|for) [`'\"]?(?:main|master|trunk|develop)\b",
    re.IGNORECASE,
)
"""What fails there is somebody's build."""
_READ = 200
_REMEMBERED = 4_000
"""Characters of a status page's posts in which a sentence is looked for again."""


_NAMED = re.compile(rf"{_FILLED}|(?<![\w=])[\w#@:/.-]*[-_./#@\d][\w#@:/.%-]*|(?<==)\S+")
"""What alerts of one kind differ in: the names of what they are about, and the numbers."""
_APART = timedelta(minutes=30)
_LETTERS = 3
"""Of a name at least: fewer are a unit."""
_OTHERS = 2
"""Of other names, that far from an alert, for its kind to be one of every day."""
_STAGES = (None, Stage.ALERTED)
"""Of which a bot may say that every day."""


class Bots:
    """What the bots of a channel say how often.

    Args:
        heard: The whole channel, in the order of its time.
        words: Those that the incident's title and metrics name.
    """

    def __init__(self, heard: Sequence[Heard], words: Collection[str]) -> None:
        self._feeds = Feeds(heard)
        self._forms = Counter(_form(item) for item in heard if item.message.is_bot)
        self._left = Counter(self._forms)
        self._kinds: dict[str, dict[frozenset[str], tuple[datetime, datetime]]] = {}
        for item in heard:
            if item.message.is_bot and not item.reading.why_noise:
                # The first and the last of each tell whether any is far from an alert: a month holds thousands.
                spans, names, at = self._kinds.setdefault(_kind(item), {}), _about(item), item.message.at
                spans[names] = (spans.get(names, (at,))[0], at)
        self._words = frozenset(words)
        self._fired: set[str] = set()
        self._seen: set[str] = set()
        self._told: set[str] = set()
        self._over: set[str] = set()
        self._has_status = False
        self._states: set[tuple[str, State]] = set()
        self._posted = ""
        people = [item for item in heard if not item.message.is_bot and item.reading.clauses]
        self._is_feed = not people
        self._spoken = frozenset[str]().union(*(item.terms for item in people))

    def is_news(self, item: Heard) -> bool:
        """Answer whether a bot's message is news; asked once for each, in the order of time."""
        clause = item.reading.clauses[0]
        if clause.post is not None and _NEVER.search(item.message.text[:_READ]):
            return False
        if clause.post is not None:
            return self._is_post_news(item, clause.post, is_new=clause.is_new)
        form = _form(item)
        is_first = form not in self._seen
        self._seen.add(form)
        if clause.stage in _STAGES and self._is_habit(item, clause):
            return False
        if clause.stage is Stage.ALERTED:
            is_again = form in self._over and self._forms[form] < _FLOOD
            is_news = is_again or (
                is_first and (not self._fired or (bool(item.terms & self._words) and self._forms[form] < _FLOOD))
            )
            self._over.discard(form)
            self._told |= {form} if is_news else set()
            self._fired |= _list_names(item) if is_news else set()
            return is_news
        if clause.stage is Stage.CLEARED:
            self._left[form] -= 1
            names = _list_names(item)
            is_same = len(names & self._fired) > _SAME * len(names)
            self._over |= self._told if is_same else set()
            return is_same and not self._left[form]  # Of many ends the last one held.
        if self._forms[form] >= _ROUTINE:
            return False
        if clause.kind is MessageKind.COMMUNICATION and not (_STATUS.search(item.message.text) and self._has_status):
            self._has_status = True
            return True
        return is_first and clause.kind is not MessageKind.COMMUNICATION

    def _is_habit(self, item: Heard, clause: Clause) -> bool:
        """Answer whether a bot does what it does every day, or speaks of what nobody else does."""
        is_alert = clause.stage is Stage.ALERTED
        text = item.message.text[:_READ]
        if (_NEVER if is_alert else _HABIT).search(text) or _AGAIN.search(text):
            return True
        if self._feeds.is_feed(item) and _JOB_DONE.search(text):
            return True
        is_routine = clause.kind is not MessageKind.COMMUNICATION if not is_alert else _JOB.search(text) is not None
        if (is_routine and self._feeds.is_apart(item)) or (is_alert and self._is_daily(item)):
            return True
        # What a bot did to something that no person names is somebody else's work.
        known = self._spoken | self._words if is_alert else self._spoken
        is_apart = not self._is_feed and bool(item.terms) and item.terms.isdisjoint(known)
        return is_apart and (is_alert or clause.kind is MessageKind.ACTION)

    def _is_daily(self, item: Heard) -> bool:
        """Answer whether alerts of this kind come of one thing or another all day: what fails fails together."""
        own, at = _about(item), item.message.at
        apart = (
            names
            for names, (first, last) in self._kinds[_kind(item)].items()
            if names != own and (at - first > _APART or last - at > _APART)
        )
        return len(list(islice(apart, _OTHERS))) >= _OTHERS

    def _is_post_news(self, item: Heard, state: State, *, is_new: bool) -> bool:
        """Answer whether a status page says more than before; where nobody else speaks, a new state is news as well."""
        key = (item.message.user, state)
        is_first = key not in self._states
        is_change = is_first
        # The title that each post repeats is none.
        is_told = is_new and any(clause.text.lower() not in self._posted for clause in item.reading.clauses)
        self._states.add(key)
        self._posted = f"{self._posted}\n{item.message.text.lower()}"[-_REMEMBERED:]
        self._has_status = True
        return is_change or is_told


def _list_names(item: Heard) -> set[str]:
    """Return the words of an alert that stay when it ends: its numbers do not."""
    return {term for term in item.terms if not term.strip("#").isdigit()}


def _kind(item: Heard) -> str:
    """Return what alerts of one kind have in common."""
    return f"{item.message.user} {_NAMED.sub('0', item.message.text[:_READ])}"


def _about(item: Heard) -> frozenset[str]:
    """Return the names of what a message is about, which its numbers are not."""
    names = (match[0].lower() for match in _NAMED.finditer(item.message.text[:_READ]))
    return frozenset(name for name in names if sum(map(str.isalpha, name)) >= _LETTERS)


def _form(item: Heard) -> str:
    return f"{item.message.user} {_NUMBERS.sub('0', item.message.text[:_READ])}"
