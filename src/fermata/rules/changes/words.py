"""Words that a diff and a symptom can share: identifiers whole and in parts, numbers with their unit.

A whole identifier (`parcel_event`, `GetLevels`, `psp.read_timeout`) is rarely shared by chance; its parts often are.
"""

from __future__ import annotations

import re
from functools import lru_cache

from fermata.kit.redaction.marks import MARK

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:[.\-/][A-Za-z0-9_]+)*")
_PAIR = re.compile(r"\b([A-Za-z_]\w{2,30})[=:]\"?([A-Za-z]\w{0,30})\b")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NUMBER = re.compile(
    r"(?<![\w.])(?<!\d[:-])(\d{1,15}(?:\.\d{1,6})?)\s?"
    r"(ms|milliseconds|us|secs?|seconds|s|mins?|minutes|m|hours|h|[KMG]i?B?|kb|mb|gb|%)?(?![\w.])(?![:-]\d)"
)
_SOURCES = (
    r"py|pyx|rb|erb|jsx?|[cm]js|tsx?|vue|svelte|go|java|kts?|scala|groovy|clj|php|cs|fs|vb|rs|cc?|cpp|cxx|hh?|hpp|mm?|swift"
    r"|exs?|erl|hrl|hs|ml|pl|pm|lua|dart|jl|r|sql"
)
_PLACE = re.compile(
    rf"\.(?:{_SOURCES})[\"')]?[:(,]\s?(?:in )?(?:line )?\d+(?::\d+)?"
    r"|\b(?:lines?|line_?no|line_?number|col(?:umn)?)\"?[ :=]{1,3}\d+"
    r"|\bp?id\"?[ :=]{1,3}\"?\d+|(?<=[\w)])\[\d+\](?=[:\s])|(?<!\w)\d+#\d+:|(?<!\S)\*\d+\b|(?<![\w&])#\d+\b"
    r"|[A-Za-z]-\d+(?![\w.])",
    re.IGNORECASE,
)
"""Numbers that say which line, process, thread or record it is, and no value: `cart.rb:12`, `line 12`, `exec-12`."""
_QUOTED = re.compile(r"([\"'`])([A-Za-z][\w.-]{2,40})\1(?!\s*:)")
_CONSTANT = re.compile(
    r"(?<![A-Za-z0-9_])[A-Z][A-Z0-9]{3,30}(?:_[A-Z0-9]{1,30}){0,6}(?![A-Za-z0-9_])|(?<![A-Za-z0-9_])[A-Z]{2,30}(?:_[A-Z0-9]{1,30}){1,6}(?![A-Za-z0-9_])"
)
_SHOUTED_TEXT = """
ERROR WARN WARNING FATAL INFO DEBUG TRACE CRITICAL NOTICE NULL TRUE FALSE NONE SELECT FROM WHERE INSERT UPDATE DELETE
INTO VALUES ORDER GROUP JOIN LEFT ALTER TABLE CREATE DROP INDEX COLUMN LIMIT HAVING JSON HTTP HTTPS HTML UUID POST HEAD
PATCH TODO STATEMENT DETAIL HINT ASCII UTF8 CRLF OPTIONS
"""
_SHOUTED = frozenset(_SHOUTED_TEXT.split())
"""What every program and every database shouts."""
_DIGEST = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{7,128})(?![0-9A-Za-z])"
)
"""Ids in hexadecimal: of images, commits, tasks. Two that share three letters of the six share nothing."""
_UNITS = {
    "us": 0.001, "ms": 1.0, "milliseconds": 1.0, "s": 1e3, "sec": 1e3, "secs": 1e3, "seconds": 1e3, "m": 6e4,
    "min": 6e4, "mins": 6e4, "minutes": 6e4, "h": 3.6e6, "hours": 3.6e6,
}  # fmt: skip
_LONGEST_NAME = 40
_COMMON_TEXT = """
a an and are as at be but by can do for from had has have if in into is it its may no not of on or over so than that
the their then there they this to under up us was we were when which will with would new old all any each return
returns def func function class self var let const val public private static final void string str int integer bool
boolean float double true false null none nil async await import package export default try catch except finally
raise throw throws else elif while break continue switch case struct interface type extends implements error errors
err info warn warning debug log logger logging level msg message time date ts id ids name value values key keys data
list map dict set get put post delete patch request requests req response resp res result results http https api url
uri path host port status code ok fail failed failing failure service services server client app main src lib test
tests config conf spec com org net io www production prod staging env ctx context args kwargs param params option
options count total size number num max min start started end ended begin user users trace span thread java go py ts
js json yaml yml line lines file files diff git index version v1 v2 up down on off add added adds remove removed use
used uses using update updated fix make run running create created after before first last per one two not found due
such via got while about without within out second seconds minute minutes ms exec nio worker scheduling stdout
stderr svc handler handle handled call calls called caller object item items row rows field fields table column
current next previous read write send sent receive received open close closed done ready load loaded state change
changes changed select insert where join distinct having values example
"""
_COMMON = frozenset(_COMMON_TEXT.split())
"""Words of every language and every log: two texts that share them share nothing."""


@lru_cache(maxsize=16384)
def find_words(text: str) -> frozenset[str]:
    """Return identifiers of three letters or more in lower case, whole and in parts, without every program's words."""
    found: set[str] = set()
    # What stands in place of a secret is our own word, and no program's.
    text = _DIGEST.sub(" ", MARK.sub(" ", text[:4000]))
    for match in _IDENTIFIER.finditer(text):
        whole = match[0]
        if "-" in whole and len(whole) <= _LONGEST_NAME:  # A name of its own: `mobile-v1`.
            found.add("_".join(part.lower() for part in _PART.findall(whole)))
        for piece in re.split(r"[.\-/]", whole):
            parts = [part.lower() for part in _PART.findall(piece)]
            found.update(parts)
            if len(parts) > 1 and any(len(part) >= 3 for part in parts):
                found.add("_".join(parts))
    for match in _PAIR.finditer(text):
        found.add("_".join(part.lower() for piece in match.groups() for part in _PART.findall(piece)))
    return frozenset(word for word in found if len(word) >= 3 and word not in _COMMON and not word.isdigit())


@lru_cache(maxsize=16384)
def find_quoted(text: str) -> frozenset[str]:
    """Return what stands in quotes as one word, in the form of `find_words`: a value, not a sentence."""
    words = (tuple(find_words(quoted)) for _, quoted in _QUOTED.findall(MARK.sub(" ", text[:4000])))
    return frozenset(max(found, key=len) for found in words if found)


@lru_cache(maxsize=16384)
def find_constants(text: str) -> frozenset[str]:
    """Return what is written in capitals, as states and kinds of a protocol are: `PART_SHIPPED`, not `ERROR`."""
    return frozenset(_CONSTANT.findall(MARK.sub(" ", text[:4000]))) - _SHOUTED


def has_name(name: str, text: str) -> bool:
    """Answer whether a text has a name as a word of its own."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE) is not None


def is_compound(word: str) -> bool:
    """Answer whether a word is an identifier of several parts: those are rarely shared by chance."""
    return "_" in word


@lru_cache(maxsize=16384)
def find_numbers(text: str) -> frozenset[float]:
    """Return the numbers of a text that are values, durations in milliseconds: not 0 to 3, nor 10, 100 and 1000.

    Which line of a program, which process, which record it was is no value.
    """
    found = set()
    for digits, unit in _NUMBER.findall(_PLACE.sub(" ", MARK.sub(" ", text[:4000]))):
        value = float(digits)
        found.add(value * _UNITS.get(unit, 1.0))
    return frozenset(
        number for number in found if (number > 3 or not number.is_integer()) and number not in (10.0, 100.0, 1000.0)
    )
