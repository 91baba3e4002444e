"""A program that answers as fast as ever, calls nothing an error, and refuses what it is asked for.

A 401 or a 413 is the caller's fault to whoever wrote the level of the line, and an outage to all callers when every
one of them gets it. What a log always refused in part (passwords mistyped, pages that are gone) is no news.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.rules.changes.loglines import read_time, read_zone
from fermata.rules.metrics.moved import is_present, list_moved
from fermata.rules.metrics.series import Series
from fermata.rules.metrics.words import describe_shift
from fermata.rules.signatures.base import Case
from fermata.rules.signatures.standstill import list_baselines

_STATUS = re.compile(
    # Access logs, combined or common, and the short ones of development servers.
    r'HTTP/[0-9.]{1,3}"? ([1-5][0-9]{2})\b'
    r"|\b(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /[^\s\"]{0,300}\"? (?:[-=]> )?([1-5][0-9]{2})\b"
    # Structured logs and JSON; `code` alone is an exit's as often.
    r'|\b(?:status|status[_-]?code|http[_.]?(?:status|code)(?:_code)?|response[_.]?(?:code|status))"?'
    r'\s{0,2}(?:[=:]\s{0,2}|(?= ))"?\s?([1-5][0-9]{2})\b'
    # Prose.
    r"|\b(?:answered|responded|replied|returned)(?: with)?:? (?:HTTP |status )?([1-5][0-9]{2})\b",
    re.IGNORECASE,
)
_FRONT = 1000
_MOST_READ = 5000  # Lines from a log's end.
_NOW = timedelta(minutes=10)
"""What is left of a log's time counts as present."""
_FEWEST = 10  # Requests that are no longer chance.
_SHARE = 0.25
"""Of what is answered at present must be refused: a quarter of all callers is an outage."""
_TIMES = 3.0  # More often than in the log's first third: what a log always had is its routine.
_NEARLY_ALL = 0.8  # Whatever went before: nobody who refuses all callers is well.
_RUN = 10
_REFUSAL = re.compile(r"4(?:[0-9]{2}|xx)", re.IGNORECASE)
_IN_NAME = re.compile(r"(?<![0-9a-z])4(?:0[0-9]|1[0-9]|2[0-9]|xx)(?![0-9a-z])", re.IGNORECASE)
_STATUS_LABELS = ("status", "code", "status_code", "http_status", "http_status_code", "response_code", "status_class")


@dataclass(frozen=True, slots=True)
class _Answer:
    status: str
    at: datetime | None
    number: int

    @property
    def is_refusal(self) -> bool:
        return self.status.startswith("4")


def list_statuses(text: str) -> list[str]:
    """Return the statuses that a line of a log says requests were answered with, in order."""
    return [status for match in _STATUS.finditer(text) for status in match.groups() if status]


def find_refusals(case: Case) -> str:
    """Return, as a check for people, who refuses at present what it served before; empty where nobody does."""
    for log in case.evidence:
        if log.kind is EvidenceKind.LOGS and (told := _describe_log(log, case.scope.onset)):
            return told
    return next(_list_measured(case), "")


def _describe_log(log: Evidence, near: datetime) -> str:
    answers = _list_answers(log, near)
    now = _list_present(answers)
    refused = [answer for answer in now if answer.is_refusal]
    if len(refused) < _FEWEST:
        return ""
    share = len(refused) / len(now)
    early = answers[: len(answers) // 3]
    usual = sum(answer.is_refusal for answer in early) / max(1, len(early))
    if share < _NEARLY_ALL and (share < _SHARE or share < _TIMES * usual):
        return ""
    status = Counter(answer.status for answer in refused).most_common(1)[0][0]
    first = _find_first(answers, status, share)
    since = f" since {first.at:%H:%M:%S} UTC" if first.at is not None else ""
    before = "" if usual >= _NEARLY_ALL else f", {_say_share(usual)} before"
    return (
        f"Find out why {log.entity.name} refuses with {status} what it is asked for{since}: {_say_share(share)} of "
        f"{len(now)} requests at the end{before} (line {first.number} of '{log.title}')."
    )


def _say_share(share: float) -> str:
    return "none" if share == 0 else "all" if share == 1 else f"{share:.0%}"


def _list_answers(log: Evidence, near: datetime) -> list[_Answer]:
    zone = read_zone(log)
    found = ((line, _STATUS.search(line.text[:_FRONT])) for line in log.lines[-_MOST_READ:])
    return [
        _Answer(next(filter(None, match.groups())), read_time(line.text, near, zone), line.number)
        for line, match in found
        if match is not None
    ]


def _list_present(answers: Sequence[_Answer]) -> Sequence[_Answer]:
    """Return the answers of a log's last minutes; of one without times or with few of them the last ones."""
    end = next((answer.at for answer in reversed(answers) if answer.at is not None), None)
    late = [answer for answer in answers if end and answer.at and end - answer.at <= _NOW]
    return late if len(late) >= _FEWEST else answers[-2 * _FEWEST :]


def _find_first(answers: Sequence[_Answer], status: str, share: float) -> _Answer:
    """Return the first answer of a status from which on it came about as often as it does at present."""
    same = [answer.status == status for answer in answers]
    runs = (
        answer
        for place, answer in enumerate(answers)
        if same[place] and sum(same[place : place + _RUN]) >= min(_RUN, len(same) - place) * share / 2
    )
    return next(runs)


def _list_measured(case: Case) -> Iterator[str]:
    """Yield the services of which metrics count far more refusals than before, to the end."""
    refusals = [series for series in case.cluster.series if _read_status(series)]
    for baseline in list_baselines(case) if refusals else ():
        for shift in list_moved(refusals, baseline=baseline):
            if is_present(shift) and shift.after > shift.before:
                status, since = _read_status(shift.series), f"{datetime.fromtimestamp(shift.onset, UTC):%H:%M} UTC"
                yield (
                    f"Find out why {shift.series.service} refuses with {status} what it is asked for since {since}: "
                    f"{describe_shift(shift)}."
                )


def _read_status(series: Series) -> str:
    """Return the client error that a series counts, by its labels or its name; empty when it counts none."""
    labelled = (series.labels.get(name, "") for name in _STATUS_LABELS)
    status = next((value for value in labelled if _REFUSAL.fullmatch(value)), "")
    named = _IN_NAME.search(series.metric)
    return status or (named[0] if named is not None else "")
