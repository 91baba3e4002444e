"""How bad a log line says it is, in the words, letters and numbers that loggers, runtimes and servers write.

Everything that reads logs asks here, so that one form is known everywhere or nowhere. Any text is taken without
raising, in constant time: only the front of a line is looked at.
"""

from __future__ import annotations

import re
from enum import StrEnum


class LogLevel(StrEnum):
    """A line's level, whatever the program calls it."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    FATAL = "fatal"

    @property
    def is_severe(self) -> bool:
        """Answer whether the program says that something failed; a warning is what it got over."""
        return self in (LogLevel.ERROR, LogLevel.FATAL)


_DEBUG, _INFO, _WARNING, _ERROR, _FATAL = LogLevel
LEVELS = {
    "trace": _DEBUG, "trce": _DEBUG, "trc": _DEBUG, "verbose": _DEBUG, "vrb": _DEBUG, "debug": _DEBUG, "dbug": _DEBUG,
    "dbg": _DEBUG, "debu": _DEBUG, "info": _INFO, "inf": _INFO, "information": _INFO, "notice": _INFO, "noti": _INFO,
    "note": _INFO, "system": _INFO, "deprecated": _INFO, "warn": _WARNING, "wrn": _WARNING, "warning": _WARNING,
    "err": _ERROR, "error": _ERROR, "erro": _ERROR, "severe": _ERROR, "fail": _ERROR, "fatal error": _FATAL,
    "parse error": _FATAL, "crit": _FATAL, "critical": _FATAL, "fatal": _FATAL, "fata": _FATAL, "ftl": _FATAL,
    "panic": _FATAL, "pani": _FATAL, "pnc": _FATAL, "dpanic": _FATAL, "alert": _FATAL, "emerg": _FATAL,
    "emergency": _FATAL,
}  # fmt: skip
"""Level by the word for it, in lower case."""
_HEAD = 240  # Levels stand at the front of a line, also in JSON; the rest is payload.
# `@l` is Serilog's, `level_name` Monolog's, beside a number of its own.
_FIELD = re.compile(r"(?:\b(?:level|lvl|severity|level_name)|@l)\"?\s{0,3}[=:]\s{0,3}\"?([a-z]{3,11})\b", re.IGNORECASE)
_FIELD_NAMES = ("level", "lvl", "severity", "@l")
# Levels as the loggers of Node write them (pino, bunyan): tens from 10 for trace to 60 for fatal.
_NUMBER = re.compile(r"\"level\"\s{0,2}:\s{0,2}([1-6])0\b")
_NUMBERED = (_DEBUG, _DEBUG, _INFO, _WARNING, _ERROR, _FATAL)
_CLOCK = r"^\[?(?:\d{4}[-/]\d\d[-/]\d\d[T ])?\d\d?:\d\d(?::\d\d[\d.,+:Z-]{0,20})?(?:[AP]M)?\]?"
# A level stands in capitals or in brackets; a lower-case "error" in running text is not one.
_WORD = re.compile(
    r"\b(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERR|ERRO|ERROR|SEVERE|CRIT|CRITICAL|ALERT|FATA|FATAL|PANI|PANIC|DPANIC"
    r"|EMERG|EMERGENCY)\b"
    # Alone in its brackets, or behind a module of Apache's (`[proxy:error]`); MySQL writes `[Warning]` and `[Note]`.
    r"|\[(?:\w{1,30}:)?([Tt]race|[Dd]ebug|[Ii]nfo|[Nn]otice|noti|[Nn]ote|System|[Ww]arn|[Ww]arning|[Ee]rror|erro"
    r"|[Cc]rit|[Cc]ritical|[Aa]lert|[Ee]merg|[Ee]mergency)\]"
    # Right behind the time and before a colon, as winston and Erlang write it.
    rf"|{_CLOCK} (trace|debug|info|notice|warn|warning|error|critical|alert|emergency|fatal): "
    # Three capital letters, right behind the time or in its brackets: zerolog, Serilog.
    rf"|(?:{_CLOCK} |\[(?:[^\]\s]{{1,30}} )?)(TRC|VRB|DBG|INF|WRN|FTL|PNC)\b"
    # PHP's own, whatever stands before: `[28-Nov-2026 06:10:00 UTC] PHP Fatal error:  Allowed memory size of`.
    r"|\bPHP (Fatal error|Parse error|Warning|Notice|Deprecated): "
    # .NET's console: four letters, then the category with the number of an event, or a line end.
    r"|(?:^|\s)(trce|dbug|info|warn|fail|crit): [\w.`+<>-]{1,200}\[-?\d{1,9}\]"
)
# klog and glog: a letter, month and day; MongoDB: a letter behind its date.
_LETTER = re.compile(
    r"^([IWEF])\d{4} \d\d:\d\d|^\{\"t\":\s?\{\"\$date\":\s?\"[^\"]{10,40}\"\},\s{0,2}\"s\":\s{0,2}\"([DIWEF])"
)
_LETTERS = {"D": _DEBUG, "I": _INFO, "W": _WARNING, "E": _ERROR, "F": _FATAL}
# Redis: of its four signs the highest, `#`, holds warnings and what it ends on alike.
_REDIS = re.compile(r"^\d{1,9}:[CMSX] \d\d? [A-Z][a-z]{2} \d{4} [\d:.]{8,15} ([.*#-]) ")
_REDIS_SIGNS = {".": _DEBUG, "-": _DEBUG, "*": _INFO, "#": _WARNING}
# Heroku's router says `at=info` also of requests that the client gave up (H27); what its supervisors complain of begins
# with `Error` and a code of the runtime (devcenter.heroku.com/articles/error-codes).
_HEROKU = re.compile(
    r"\bheroku\[(?:router\]: (?:sock=\w{1,20} )?at=(error|info|warning)\b|[\w.-]{1,60}\]: (Error) R\d\d \()"
)
_KILLED = re.compile(
    r"\bKilled process \d+ \(|\b(?:Task in \S+ |Process appears to have been |was )OOM[- ]killed\b|\bOOM killed: true\b"
)
"""As Linux words it (`oom_kill.c` prints it as an error), and Fly.io, whose every such line is `[info]`."""
# What runtimes print on their way out without any level, platforms of those that they ended, and HAProxy of a backend
# for which nobody answers any more.
_LAST_WORDS = (
    "cannot allocate memory", "std::bad_alloc", "heap out of memory", "outofmemoryerror", "out of memory",
    "segmentation fault", "fatal error:", "panic: ", "connection refused", "econnrefused",
    "state changed from starting to crashed", "state changed from up to crashed", "runtime exited with error:",
    " task timed out after ", "has no server available!", "exception in thread ",
    "unhandled exception. ", "unhandled exception: ", " panicked at ", "http: panic serving ",
    "a fatal error has been detected by the java runtime",
)  # fmt: skip


def find_level(text: str) -> LogLevel | None:
    """Return the level a line carries, or the one its last words amount to; `None` when it says neither.

    That the kernel killed a process for memory is an error, whatever level the platform that passes it on writes.
    """
    head = text[:_HEAD]
    if "illed" in head and _KILLED.search(head):
        return LogLevel.ERROR
    if (stated := find_stated(head)) is not None:
        return stated
    lowered = head.lower()
    if any(words in lowered for words in _LAST_WORDS):
        return LogLevel.FATAL
    return find_sign(head)


def find_sign(text: str) -> LogLevel | None:
    """Return the level of a line of Redis, which is a sign behind its time; `None` for any other."""
    redis = _REDIS.match(text[:_HEAD])
    return _REDIS_SIGNS[redis[1]] if redis is not None else None


def find_stated(text: str) -> LogLevel | None:
    """Return the level that a line's logger wrote on it; `None` where it wrote none, whatever the words are."""
    head = text[:_HEAD]
    lowered = head.lower()
    # Looked for in every line of every log: words are found ten times as fast as the pattern says that there are none.
    field = _FIELD.search(head) if any(name in lowered for name in _FIELD_NAMES) else None
    if field is not None and field[1].lower() in LEVELS:
        return LEVELS[field[1].lower()]
    if '"level"' in head and (number := _NUMBER.search(head)) is not None:
        return _NUMBERED[int(number[1]) - 1]
    if (letter := _LETTER.match(head)) is not None:
        return _LETTERS[letter[1] or letter[2]]
    heroku = _HEROKU.search(head) if "heroku[" in head else None
    if heroku is not None:
        return LEVELS[(heroku[1] or heroku[2]).lower()]
    word = _WORD.search(head)
    return LEVELS[next(filter(None, word.groups())).lower()] if word is not None else None
