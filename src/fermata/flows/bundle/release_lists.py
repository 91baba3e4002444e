"""What `heroku releases` and `fly releases` print: a list of releases, each a change of its own.

Heroku makes a release of each deploy and of each config variable that is set or removed. The list names the variable
and not its values, so that such a change cannot be judged and is asked for; that is more than not to know of it. Forms
from memory: devcenter.heroku.com/articles/releases, fly.io/docs/flyctl/releases; no running account was at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from fermata.flows.bundle.change_records import Change
from fermata.flows.bundle.parsing import read_instant

# One way to read each line alone: a list is read in one pass, whatever stands in it.
_HEROKU = re.compile(
    r"^(v\d{1,6})[ \t]{2,}(\S+(?: \S+)*)[ \t]{2,}(\S+)[ \t]{2,}(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d [+-]\d{4})(?!\S)",
    re.MULTILINE,
)
_APP = re.compile(r"^={1,3} (\S+) Releases\b", re.MULTILINE)
_FLY_HEAD = re.compile(r"^VERSION\s+STATUS\s+DESCRIPTION\s+USER\s+DATE\s*$", re.MULTILINE)
_FLY_VERSION = re.compile(r"v\d{1,6}")
_FLY_DATE = re.compile(r"(?:.* )?(\w{3} \d\d? \d{4} \d\d:\d\d|\d{4}-\S+Z)")
_FLY_LEAST = 4
"""Words before the date: each column has one at least."""
_DEPLOY = re.compile(r"^Deploy ([0-9a-f]{7,40})\b")
_VARIABLES = re.compile(r"^(?:Set|Remove|Update) (.+?) config vars?\b")
_FAILED = re.compile(r"\b(?:failed|cancelled|interrupted)\b")


def read_releases(text: str, name: str, stem: str) -> list[Change]:
    """Return the releases of a printed list, in its order; empty where it is none.

    Args:
        name: The file's.
        stem: The service's name where the list names no app.
    """
    app = _APP.search(text)
    found = [*_list_heroku(text), *(_list_fly(text) if _FLY_HEAD.search(text) else ())]
    return [replace(one, file=name, service=app[1] if app is not None else stem) for one in found]


def _list_heroku(text: str) -> Iterator[Change]:
    for version, words, author, at in _HEROKU.findall(text):
        deploy, variables = _DEPLOY.match(words), _VARIABLES.match(words)
        change = Change(
            file="",
            id=version,
            kind="config" if variables else "deployment",
            at=_read_time(at, "%Y/%m/%d %H:%M:%S %z"),
            title=words,
            author=author,
            ref=variables[1] if variables else "",
            sha=deploy[1] if deploy else "",
        )
        # The state of a setting is from what to what it went.
        state = "failed" if _FAILED.search(words) else "" if variables else "success"
        yield replace(change, state=state)


def _list_fly(text: str) -> Iterator[Change]:
    for line in text.splitlines():
        columns = line.split()
        date = _FLY_DATE.fullmatch(" ".join(columns[-4:]))
        rest = columns[: -len(date[1].split())] if date is not None else []
        if date is None or len(rest) < _FLY_LEAST or not _FLY_VERSION.fullmatch(rest[0]):
            continue
        version, status, *words, author = rest
        state = "success" if status in ("complete", "succeeded") else status
        when = _read_time(f"{date[1]} +0000", "%b %d %Y %H:%M %z") or read_instant(date[1])
        title = " ".join(words)
        yield Change(file="", id=version, kind="deployment", at=when, title=title, author=author, state=state)


def _read_time(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).astimezone(UTC)
    except (ValueError, OverflowError):  # No such day, or one before the first year.
        return None
