"""Which lines of a caller's files speak of which of its calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fermata.rules.codefacts.files import CodeFile
from fermata.rules.servicegraph.names import fold_name, strip_tail

NEAR = 8
"""Lines between the name of a callee and what is said of the call: a client's constructor fits in."""
NEAR_SETTING = 3
"""The same in files of settings, where each line may be of something else."""
BESIDE = 2
"""The same for a name that may be just a word."""
_SETTINGS = frozenset({".yaml", ".yml", ".properties", ".toml", ".conf", ".ini", ".json", ".xml"})
_SHORTEST = 4
"""Letters of a name that a line can be searched for: `web` and `db` are everywhere."""
_SURE = 8
"""Letters from which a name is hardly a word of something else: `adservice`, not `user`."""
_EVERYWHERE = frozenset(
    {
        "config",
        "client",
        "server",
        "service",
        "data",
        "http",
        "file",
        "main",
        "test",
        "proxy",
        "admin",
        "event",
        "events",
    }
)
_SEPARATORS = re.compile(r"[-_.\s]")
_CARE = re.compile(
    r"(?i)time_?-?out|deadline|retr(?:y|ies)|attempts|pool|max_?conn|fallback|circuit|\bexcept\b|\bcatch\b|\brescue\b|"
    r"\berr(?:or)?\b|\.fail\b|recover"
)
_CLIENTS = (
    "redis", "mongo", "mysql", "postgres", "mariadb", "memcache", "rabbit", "amqp", "kafka", "elastic", "cassandra",
    "nats", "spanner", "dynamo", "sqlserver",
)  # fmt: skip
"""Makers of stores. Code names the maker where a graph names what is stored: `carts-db` is `mongodb://` there."""


@dataclass(frozen=True, slots=True)
class AskedCall:
    """A call of the graph, with what code may call its callee."""

    caller: str
    callee: str
    words: tuple[str, ...] = ()
    """More names of the callee, and the variables that hold its address."""

    @property
    def id(self) -> str:
        """Return the call as plans write it: `caller->callee`."""
        return f"{self.caller}->{self.callee}"


@dataclass(frozen=True, slots=True)
class Place:
    """One line of a file."""

    file: CodeFile
    index: int

    @property
    def is_setting(self) -> bool:
        """Return whether the file holds settings rather than code."""
        return self.file.suffix in _SETTINGS

    @property
    def code(self) -> str:
        """Return what of the line runs."""
        return self.file.code[self.index]

    @property
    def text(self) -> str:
        """Return the line without the blanks around it."""
        return self.file.lines[self.index].strip()

    @property
    def where(self) -> str:
        """Return file and line as they are cited."""
        return f"{self.file.name}:{self.index + 1}"


@dataclass(frozen=True, slots=True)
class Mentions:
    """Where the files of one caller name the callees of its calls."""

    files: tuple[CodeFile, ...]
    """Of the caller, those that name one."""
    calls: tuple[AskedCall, ...]
    lines: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    """(file, id of the call) -> lines that name its callee."""
    sure: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    """Of these, where the name is no word that code is full of anyway."""

    def find_call(self, place: Place) -> AskedCall | None:
        """Return the call that a line is about: that of the nearest name, else the only one its file names.

        A line as near to two callees is about neither.
        """
        named = [call for call in self.calls if (place.file.name, call.id) in self.lines]
        near = {call: distance for call in named if (distance := self._measure(call, place)) is not None}
        nearest = min(near.values(), default=0)
        closest = [call for call, distance in near.items() if distance == nearest]
        if not near and len(named) == 1 and (place.file.name, named[0].id) in self.sure and not place.is_setting:
            closest = named
        return closest[0] if len(closest) == 1 else None

    def _measure(self, call: AskedCall, place: Place) -> int | None:
        """Return how many lines away a callee is named; `None` where that is too far to speak of it."""
        key = (place.file.name, call.id)
        sure = [abs(at - place.index) for at in self.sure.get(key, ())]
        near = [distance for distance in sure if distance <= (NEAR_SETTING if place.is_setting else NEAR)]
        near += [distance for at in self.lines[key] if (distance := abs(at - place.index)) <= BESIDE]
        return min(near, default=None)


def find_mentions(calls: Iterable[AskedCall], files: Sequence[CodeFile]) -> Mentions:
    """Return where the files of a caller name what it calls.

    Args:
        calls: All of one caller.
        files: Of any service; those of others are passed over.
    """
    asked = tuple(calls)
    lines: dict[tuple[str, str], tuple[int, ...]] = {}
    sure: dict[tuple[str, str], tuple[int, ...]] = {}
    callers = {call.caller for call in asked}
    own = [file for file in files if file.service in callers]
    searched = [(call, tuple(_list_words(call))) for call in asked]
    for file in own:
        for call, words in searched:
            at = tuple(index for index, code in enumerate(file.code) if _names(code, words))
            if at:
                lines[file.name, call.id] = at
            short = {strip_tail(call.callee)} - {fold_name(call.callee)}
            longer = [word for word in words if word in _CLIENTS or (len(word) >= _SURE and word not in short)]
            if surely := tuple(index for index in at if _names(file.code[index], longer)):
                sure[file.name, call.id] = surely
    named = {name for name, _ in lines}
    return Mentions(tuple(file for file in own if file.name in named), asked, lines, sure)


def list_care(mentions: Mentions) -> Iterator[Place]:
    """Return the lines that speak of timeouts, retries, pools or errors, in order."""
    for file in mentions.files:
        for index, code in enumerate(file.code):
            if _CARE.search(code):
                yield Place(file, index)


def _list_words(call: AskedCall) -> Iterator[str]:
    own = {fold_name(call.caller), strip_tail(call.caller)}
    words = [fold_name(call.callee), strip_tail(call.callee), *(_fold(word) for word in call.words)]
    words += [name for name in _CLIENTS if any(name in word for word in words)]
    yield from dict.fromkeys(word for word in words if len(word) >= _SHORTEST and word not in own | _EVERYWHERE)


def _names(code: str, words: Iterable[str]) -> bool:
    folded = _fold(code)
    return any(word in folded for word in words)


def _fold(text: str) -> str:
    return _SEPARATORS.sub("", text.lower())
