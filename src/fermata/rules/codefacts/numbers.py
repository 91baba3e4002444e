"""Numbers in a line of code: timeouts with their unit, retries, sizes of pools.

The unit comes from the line itself; without one, from what the language's clients take. Where neither says, there is no
timeout to be read: five of what?
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

_UNITS = {"ms": 1.0, "mil": 1.0, "s": 1_000.0, "sec": 1_000.0, "m": 60_000.0, "min": 60_000.0}
_TIMEOUT = re.compile(r"(?i)time_?-?out|deadline")
# A limit for reaching a server bounds no slow answer; a server's own limits and probes bound no call.
_OTHER = re.compile(
    r"(?i)connect\w*time_?-?out|dial_?time_?-?out|server_?selection|handshake|idle_?time|keep_?-?alive|read_?header|"
    r"set_?timeout\s*\(\s*(?:\(|function|\w+\s*[,=])|clear_?timeout|shutdown|graceful|probe|health|session_?time|"
    r"cache_?time|lock_?(?:wait|time)|ListenAndServe|gunicorn|uwsgi|\bclose|\brecv|\breceive|\bpoll|\btimeoutSeconds:|activeDeadline|resolve_timeout"
)
_WORD = r"(?:milli(?:second|s|sec)?s?|ms|msecs?|s|secs?|seconds?|m|mins?|minutes?)"
_SPANS = (
    re.compile(rf"(?i)(?<![\w.])(?P<n>\d+(?:\.\d+)?)\s?(?P<u>{_WORD})\b"),
    re.compile(rf"(?i)(?<![\w.])(?P<n>\d+(?:\.\d+)?)\)?\s*\*\s*(?:\w+\.)?(?P<u>{_WORD})\b"),
    re.compile(rf"(?i)(?<!\w)(?:\w+\.)?(?P<u>{_WORD})\s*\*\s*(?P<n>\d+(?:\.\d+)?)\b"),
    re.compile(rf"(?i)(?<![\w.])(?P<n>\d+)L?\s*,\s*(?:\w+\.)?(?P<u>{_WORD})\b"),
    re.compile(r"(?i)(?:of|from|::from)_?(?P<u>milli(?:second)?s?|sec(?:ond)?s?|min(?:ute)?s?)\(\s*(?P<n>\d+(?:\.\d+)?)L?\s*\)"),
    re.compile(r"(?i)\b(?P<u>milliseconds|seconds|minutes)\s*[=:]\s*(?P<n>\d+(?:\.\d+)?)"),
    re.compile(
        r"(?i)(?:time_?-?out|deadline)[_-]?(?:in[_-]?)?(?P<u>ms|millis(?:econds)?|secs?|seconds|minutes)\b[\"']?"
        r"\s*(?:=>|:=|[:=(,])\s*[\"']?(?P<n>\d+(?:\.\d+)?)"
    ),
)  # fmt: skip
_BARE = re.compile(
    r"(?i)(?:time_?-?out|deadline)[\"']?\s*(?:=>|:=|[:=(,])\s*[\"']?(?P<n>\d[\d_]*(?:\.\d+)?)(?![\w.]|\s*\*)"
)
_BARE_UNITS: Mapping[str, float] = {
    ".py": 1_000.0, ".rb": 1_000.0, ".php": 1_000.0,
    ".js": 1.0, ".mjs": 1.0, ".cjs": 1.0, ".ts": 1.0, ".jsx": 1.0, ".tsx": 1.0, ".java": 1.0, ".kt": 1.0,
}  # fmt: skip
"""What a bare number counts in the usual clients: requests, Faraday and Guzzle take seconds, fetch and axios
milliseconds. C#, Go and YAML have no one answer."""
_IS = r"[\"']?\s*\)?\s*(?:=>|:=|[:=(,])\s*[\"']?(\d{1,6})(?![\w.])"
_RETRIES = re.compile(rf"(?i)(?:retr(?:y|ies)|retry_?-?(?:count|attempts|limit)|max_?-?retry_?-?\w{{0,8}}){_IS}")
_ATTEMPTS = re.compile(rf"(?i)(?<!retry)(?<!retry[_-])attempts{_IS}")
_POOL = re.compile(
    r"(?i)(?:pool_?-?size|(?:maximum|max)_?-?pool(?:ed)?(?:_?-?size)?|pool_?-?max|max_?-?(?:open_?-?)?conn(?:ection)?s?|"
    rf"connection_?limit|max_?sockets){_IS}"
)
# Pools of threads hold work, not connections.
_THREADS = re.compile(r"(?i)core_?-?pool|executor|thread")
_MOST_RETRIES = 100


def list_timeouts(code: str, suffix: str) -> list[float]:
    """Return the milliseconds that a line of code limits a call to; none when it says nothing of the kind.

    Args:
        code: What of the line runs.
        suffix: Of its file, for the unit of a bare number.
    """
    if not _TIMEOUT.search(code) or _OTHER.search(code):
        return []
    found = [float(match["n"]) * _find_unit(match["u"]) for span in _SPANS for match in span.finditer(code)]
    if not found and suffix in _BARE_UNITS:
        found = [float(match["n"].replace("_", "")) * _BARE_UNITS[suffix] for match in _BARE.finditer(code)]
    return _once(value for value in found if value > 0)


def list_retries(code: str, suffix: str = "") -> list[float]:  # noqa: ARG001 - one form for all fields
    """Return attempts after the first: a retry's count as it stands, attempts less the first."""
    found = [float(match[1]) for match in _RETRIES.finditer(code)]
    found += [float(match[1]) - 1 for match in _ATTEMPTS.finditer(code) if match[1] != "0"]
    return _once(value for value in found if value <= _MOST_RETRIES)


def list_pools(code: str, suffix: str = "") -> list[float]:  # noqa: ARG001 - one form for all fields
    """Return how many connections or calls a line allows at once."""
    if _THREADS.search(code):
        return []
    return _once(float(match[1]) for match in _POOL.finditer(code) if match[1] != "0")


READERS: Mapping[str, Callable[[str, str], list[float]]] = {
    "timeout_ms": list_timeouts,
    "retries": list_retries,
    "pool_max": list_pools,
}
"""Field of `graph.json` -> what reads it from a line."""


def _find_unit(word: str) -> float:
    text = word.lower()
    return next(_UNITS[text[:size]] for size in (3, 2, 1) if text[:size] in _UNITS)


def _once(values: Iterator[float]) -> list[float]:
    return list(dict.fromkeys(values))
