"""What was harmed, and from when until when, as people sum it up: counts of users, and spans of time.

Nobody knows either while it lasts. Who says it afterwards has looked it up: so a span that somebody names goes before
what the talk of the hour lets guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from fermata.domain.trail import MessageKind, Participant
from fermata.rules.timeline import endings, phrases
from fermata.rules.timeline.stated import find_stated_times
from fermata.rules.timeline.talk import Heard

_VERBS = (
    r"(?:fail(?! ?over)(?:s|ed|ing|ures?)?(?! over)|lost|los(?:e|ing)|dropped|miss(?:ed|ing)|duplicated?|double|"
    r"affected|impacted|hit|wrong|"
    r"rejected|declined|refused|corrupted|delayed|unsent|unpaid|undelivered|offline|down|unavailable|unreachable|stuck|"
    r"late|without|errors?|could ?n[o']t|can ?not|can'?t|unable|no)"
)
_THINGS = (
    r"(?:users?|customers?|clients?|accounts?|merchants?|tenants?|players?|people|students?|patients?|drivers?|"
    r"subscribers?|members|guests?|passengers?|shops?|stores?|sellers?|payments?|payouts?|orders?|checkouts?|carts?|"
    r"messages?|e?mails?|sms|"
    r"records?|rows?|jobs?|requests?|calls?|log-?ins?|sign-?ups?|sessions?|uploads?|downloads?|deliver(?:y|ies)|"
    r"shipments?|bookings?|tickets?|transactions?|invoices?|refunds?|attempts?|servers?|games?|builds?|events?|files?|"
    r"reports?|devices?|rides?|trips?|prescriptions?|notifications?|webhooks?|vouchers?|claims?)"
)
# A number of its own: neither a part of a name ("in -2") nor of a version or a time of day.
_DIGITS = r"(?<![\w.:,-])(?:[$\u20ac\u00a3] ?)?\d[\d,.]*(?: ?(?:k|m|%|percent|million|thousand))?(?![\w:])"
_PART = r"\b(?:half|(?:a|one|two|three)[ -](?:third|quarter|fifth|tenth)s?|one in (?:\d+|two|three|four|five|ten))"
_NUMBER = rf"(?:{_DIGITS}|{_PART})"
_PEOPLE = (
    r"(?:users?|customers?|clients?|merchants?|players?|shoppers?|students?|patients?|drivers?|members|people|"
    r"everybody|everyone|visitors?|guests?|passengers?|sellers?|subscribers?|tenants?|accounts?)"
)
_SPELLED = r"(?:an?|one|two|three|four|five|ten|fifteen|twenty|thirty|forty|half an|a few|several)"
_LASTING = (
    rf"\bfor (?:about |around |roughly |nearly |almost |over |some )?(?:~? ?\d[\d.,]*|{_SPELLED}) ?"
    r"(?:m|min(?:ute)?s?|h|hrs?|hours?)\b"
)
_COUNTED = re.compile(
    rf"{_NUMBER} (?:of (?:the |our |all )?(?:{_NUMBER} )?)?(?:[\w-]+ ){{0,2}}?{_THINGS} "
    rf"(?:[\w'-]+ ){{0,3}}?{_VERBS}\b|"
    rf"{_NUMBER} (?:[\w-]+ )?{_PEOPLE} (?:[\w'-]+ )?wait(?:ed|ing)\b|"
    rf"\b{_VERBS} (?:\w+ ){{0,2}}?(?:about |around |roughly |some |~|for |to )?{_NUMBER} "
    rf"(?:of (?:the |our |all )?(?:{_NUMBER} )?)?(?:[\w-]+ ){{0,2}}?{_THINGS}\b|"
    rf"{_NUMBER} (?:{_VERBS}) (?:[\w-]+ )?{_THINGS}\b|"
    rf"(?<![\w.:,-])\d+ ?(?:min(?:ute)?s?|h(?:ou)?rs?) (?:of |with )?(?:no|failed|failing|dead|without) \w+|"
    rf"[$\u20ac\u00a3] ?\d[\d,.]*(?: ?[km]\b)?(?: \w+){{0,2}}? (?:in|of|worth|lost) \w+",
    re.IGNORECASE,
)
_FELT = re.compile(
    r"\b(?:is|are|was|were|went) (?:\w+ )?(?:down|offline|unavailable|unreachable|dead|broken) (?:for|in) "
    rf"(?:every\w+|all|most|some|half|many|(?:the |our )?(?:[\w-]+ )?{_PEOPLE})\b|"
    rf"\b(?:{_PEOPLE}|nobody|no one) (?:(?:in|from|on) [\w-]+ )?(?:\w+ )?"
    rf"(?:could ?n[o']t|cannot|can ?not|can'?t|(?:was|were|are|is) (?:not able|unable)|(?<=nobody )could|"
    rf"(?<=no one )could|"
    rf"(?:was|were) (?:locked|kicked|logged|thrown) out|(?:lost|had no)) .{{0,40}}?{_LASTING}|"
    rf"\b{_PEOPLE} (?:\w+ ){{0,2}}?"
    r"(?:get|gets|getting|got|see|sees|seeing|saw) (?:an? |only )?(?:\w+ ){0,2}?(?:[45]\d\d|errors?|timeouts?|blank|"
    r"failures?|nothing)",
    re.IGNORECASE,
)
_TROUBLE = (
    r"(?:errors?|fail\w*|timeouts?|alerts?|complaints?|reports?|crash\w*|restarts?|retries|drops?|dropp\w+|loss(?:es)?|"
    r"lost|down|stuck|broken|reject\w*|declin\w*|unavailable|offline|hang\w*|dead|[45]\d\ds?|[45]xx)"
)
_WORKS = r"(?:work|respond|answer|accept|process|send|arriv|com|serv|load|sync|consum|receiv)ing"
_GOOD = re.compile(
    r"\b(?:again|back (?:up|online|to normal|in)|recovered|restored|no longer|went through|go(?:es|ing)? through|"
    rf"(?:{_TROUBLE}|it|that|this|they) (?:\w+ )?stopped(?! {_WORKS})|stopped (?:{_TROUBLE}|seeing|getting|timing out)|"
    rf"no (?:errors?|impact|customers?|users?|more {_TROUBLE}|data (?:\w+ ){{0,2}}?(?:lost|loss|missing|affected))|"
    r"nobody|not affected)\b",
    re.IGNORECASE,
)
_STILL_BAD = re.compile(
    rf"\b(?:nobody|no (?:\w+ )?{_THINGS}) (?:\w+ )?(?:can|could|gets?|got|noticed|knew|looked|checked|tested|saw|"
    rf"was paged|(?:is|are|was|were) able|managed?)\b|"
    rf"\b{_TROUBLE} (?:once )?again\b",
    re.IGNORECASE,
)
"""Good news by a word of theirs alone: "nobody can log in", "payments fail again"."""
_PLANNED = re.compile(
    r"\b(?:(?<!nobody )(?<!no one )could(?! ?n[o'\u2019]?t)|would|might|may|will|if|should|in case)\b", re.IGNORECASE
)
_NONE_AT_ALL = re.compile(
    rf"(?<![\d.,:])\b(?:0(?:\.0+)?|zero|none)(?: ?%)? (?:of (?:the |our |"
    rf"all )?(?:{_DIGITS} )?)?(?:[\w-]+ ){{0,2}}?{_THINGS}"
    rf"(?: (?:[\w'-]+ ){{0,2}}?{_VERBS})?\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(
    r"\b(?:staging|stage env\w*|sandbox|load ?tests?|stress tests?|dry.?runs?|simulat\w+|game ?days?|drills?|"
    r"in (?:the )?"
    r"tests?|test (?:env\w*|data|run|tenant)|dev (?:env\w*|cluster)|yesterday|(?:in|of|from) (?:the )?(?:19|20)\d\d|"
    r"per (?:year|month|quarter))\b",
    re.IGNORECASE,
)
"""Where and when nobody was hurt, or others were."""
_CLOCK = r"(?:about |around |~)?(?P<{}>\d{{1,2}}[:h]\d\d(?: ?(?:utc|gmt|our time|my time|local|[ap]m)\b)?)"
_SPAN = re.compile(
    rf"^(?=.*\b{_VERBS}\b).*?"
    rf"\b(?:(?:between|from) {_CLOCK.format('first')} (?:and|to|until|till|til) "
    rf"{_CLOCK.format('last')}|(?:until|till|til) {_CLOCK.format('end')})",
    re.IGNORECASE,
)
_EASED = re.compile(
    rf"\b(?:shoppers?|everybody|everyone|everything|all|{_THINGS}) "
    rf"(?:[\w']+ ){{0,3}}?(?:ok|okay|fine|good|back|working|works?|succeed\w*|unaffected|happy|again)\b.{{0,12}}?"
    rf"\b(?:as of|since|from) {_CLOCK.format('eased')}",
    re.IGNORECASE,
)
"""Who says since when users are well says until when they were not: "customers fine as of 22:58"."""
_RATE = (
    r"(?:(?:error|fail(?:ure|ed)?|timeout|drop|decline|reject(?:ion)?|crash|loss|5xx)[ -]?"
    r"(?:rate|ratio|percentage|share)s?|[45]xxs?|[45]\d\d'?s|errors|failures|timeouts|packet loss)"
)
_MOVED = (
    r"(?:(?:is|are|was|were|now|still|currently|already|sitting|hovering|went|going|jump\w*|rose|rising|climb\w*|"
    r"spik\w*|shot|peak\w*|up|at|to|from|around|about|roughly|over|above|nearly|almost|near|the|a)\b"
    r"|\d[\d.,]* ?%|[~>=\u2248:,-])"
)
_PERCENT = r"(?<![\w.,])(?P<{}>\d{{1,3}}(?:[.,]\d+)?) ?(?:%|percent\b|pct\b)"
_MEASURED = re.compile(
    rf"\b{_RATE}(?: (?:for|on|of|in) (?:the |our )?[\w./-]+)?(?: ?{_MOVED} ?){{0,7}}? ?{_PERCENT.format('behind')}"
    r"(?! ?(?:to|->|\u2192) ?\d)|"
    rf"{_PERCENT.format('before')} (?:of (?:all |the |our )?)?(?:http )?{_RATE}\b",
    re.IGNORECASE,
)
_SERVED = re.compile(
    r"\b(?:success|availability|delivery|completion)(?:[ -]?(?:rate|ratio))?"
    rf"(?: (?:for|on|of|in) (?:the |our )?[\w./-]+)?"
    rf"(?: ?(?:{_MOVED}|down|only|dropp?\w*|fell|falling|sank) ?){{0,7}}? ?"
    rf"{_PERCENT.format('served')}",
    re.IGNORECASE,
)
_FROM_TO = re.compile(r"(?P<first>\d+(?:[.,]\d+)?) ?%? ?(?:to|->|\u2192) ?(?P<last>\d+(?:[.,]\d+)?) ?%", re.IGNORECASE)
_SPELT = re.compile(r"\d ?(?:percent|pct)\b", re.IGNORECASE)
_LEAST_PERCENT = 1.0
"""Less than that fails every day."""
_NO_HARM = re.compile(
    r"\b(?:back (?:to|at|under|below|down)|down (?:to|from)|dropp(?:ed|ing) (?:to|below)|fell|falling|declining|"
    r"decreas\w+|below|under|less than|recover\w*|normal\w*|baseline|usual|as always|expected|threshold|slo|sla|budget|"
    r"target|goal|limit|alerts?|alerting|alarm|monitor|canary|rule|quota|acceptable|tolera\w+|improv\w+)\b",
    re.IGNORECASE,
)
"""Beside a share of what fails: it falls, it is as ever, or it is one that somebody set."""
_SET = re.compile(
    r"\b(?:back (?:to|at|up)|up (?:to|from)|recover\w*|normal\w*|baseline|usual|as always|expected|threshold|slo|sla|"
    r"budget|target|goal|alerts?|alerting|alarm|rule|acceptable|improv\w+|ris\w+|climb\w*)\b",
    re.IGNORECASE,
)
_PAST = re.compile(
    r"\b(?:was|were|had|did|failed|lost|dropped|missed|rejected|declined|refused|delayed|affected|impacted|errors?)\b",
    re.IGNORECASE,
)
_FACTS = (MessageKind.OBSERVATION, MessageKind.MILESTONE)


@dataclass(frozen=True, slots=True)
class Span:
    """From when until when somebody says that users were hurt; what they do not name is `None`."""

    by: Heard
    first: datetime | None
    last: datetime | None


def counts_harm(text: str) -> bool:
    """Answer whether a sentence says what users felt, or how much was harmed: "we lost 212 orders"."""
    rest = _NONE_AT_ALL.sub(" ", text)
    told = _COUNTED.search(rest) or _FELT.search(rest)
    if told is None or is_good_news(text) or text.rstrip(" )\"'").endswith("?"):
        return False
    doubts = (_PLANNED, _ELSEWHERE, phrases.HEDGED, phrases.JOKED, phrases.ELSEWHEN)
    return not any(words.search(text) for words in doubts)


def measure_harm(text: str) -> float:
    """Return how large a share a sentence says to fail, in percent: "error rate is at 30%"; 0 where it says none. Pure.

    A share that falls, that is as ever, or that somebody set is none.
    """
    if "%" not in text and _SPELT.search(text) is None:
        return 0.0
    failing, served = _MEASURED.search(text), _SERVED.search(text)
    shares = []
    if failing is not None and _NO_HARM.search(text) is None and not _falls(text):
        shares.append(_read_share(failing))
    if served is not None and _SET.search(text) is None:
        shares.append(100.0 - _read_share(served))
    share = max(shares, default=0.0)
    if share < _LEAST_PERCENT or text.rstrip(" )\"'").endswith("?"):
        return 0.0
    doubts = (_PLANNED, _ELSEWHERE, phrases.HEDGED, phrases.JOKED, phrases.ELSEWHEN)
    return 0.0 if any(words.search(text) for words in doubts) else min(share, 100.0)


def _read_share(match: re.Match[str]) -> float:
    return float(next(filter(None, match.groups())).replace(",", "."))


def _falls(text: str) -> bool:
    """Answer whether a share goes from one figure to a smaller one: "reject ratio 41% to 5%"."""
    moved = _FROM_TO.search(text)
    return moved is not None and float(moved["last"].replace(",", ".")) < float(moved["first"].replace(",", "."))


def is_good_news(text: str) -> bool:
    """Answer whether a sentence says of users that they are hurt no more: it is none of the harm."""
    if endings.RELAPSED.search(text) is not None:
        return False
    rest = _STILL_BAD.sub(" ", text)
    return _GOOD.search(rest) is not None or (
        endings.MITIGATED.search(rest) is not None and endings.CHANGED.search(rest) is not None
    )


def list_spans(talk: Sequence[Heard], people: Mapping[str, Participant]) -> list[Span]:
    """Return the spans of harm that people name, in the order in which they say them.

    Args:
        talk: The incident's own messages, in the order of their time.
        people: Of the channel, whose zones their times of day are in.
    """
    found = []
    for item in talk:
        if item.message.is_bot:
            continue
        for clause in item.reading.clauses:
            if clause.kind in _FACTS and _PLANNED.search(clause.text) is None:
                span = _read_span(item, clause.text, people)
                found += [span] if span is not None else []
    return found


def _read_span(item: Heard, text: str, people: Mapping[str, Participant]) -> Span | None:
    eased = _EASED.search(text)
    if eased is not None:
        last = _read(eased["eased"], item, people)
        return None if last is None else Span(item, None, last)
    match = _SPAN.search(text)
    # "212 refunds wrong between 13:05 and 16:28": who has counted speaks of what was.
    if match is None or (_PAST.search(text) is None and _COUNTED.search(text) is None):
        return None
    ends = match["first"], match["last"] or match["end"]
    first, last = (_read(clock, item, people) for clock in ends)
    if first is not None and last is not None and first >= last:
        # One of them is near enough to be UTC, and the other is not: both are the speaker's own.
        first, last = (_read(clock, item, people, is_only=True) for clock in ends)
    is_span = (first is None) != (last is None) or (first is not None and last is not None and first < last)
    return Span(item, first, last) if is_span else None


def _read(
    clock: str | None, item: Heard, people: Mapping[str, Participant], *, is_only: bool = False
) -> datetime | None:
    zone = people.get(item.message.user, Participant(item.message.user)).zone
    stated = find_stated_times(clock, item.message.at, zone, is_only=is_only) if clock is not None else ()
    return stated[0].at if stated else None
