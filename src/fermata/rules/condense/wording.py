"""What a line says by its words alone: how severe it calls itself, whether it tells of a fault, a change or a decoy.

The words are those of operations, not of one system: what fails (refused, exhausted, expired), what changes (reloaded,
promoted, switched) and what only sounds bad (deprecated, succeeded after retry). They are one ingredient of a score;
what the rest of the log is like decides.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import NamedTuple

from fermata.rules.condense.alternatives import compile_any
from fermata.rules.levels import LogLevel, find_sign, find_stated

_HEAD = 400  # Levels and the first words of a message stand here, also in JSON.
_LOOKED_AT = 4_000


class Severity(IntEnum):
    """How bad a line says it is."""

    DEBUG = 0
    UNSAID = 1
    INFO = 2
    WARNING = 3
    ERROR = 4
    FATAL = 5


class Saying(NamedTuple):
    """What a line says."""

    severity: Severity
    fault: float
    """0 none, 1 sounds like one, 2 names one."""
    change: float
    """0 none, 1 something is different from now on."""
    is_decoy: bool
    """It says itself that it does not matter, or that it was got over."""
    is_frame: bool
    """A call of a stack, or the source line below it: follows something that tells more."""
    is_cause: bool
    """States an exception or what caused it."""


_WORDS_OF = {
    Severity.DEBUG: "trace debug dbg verbose",
    Severity.INFO: "info information notice log",
    Severity.WARNING: "warn warning wrn",
    Severity.ERROR: "err error severe failure",
    Severity.FATAL: "crit critical fatal panic emerg emergency alert",
}
_LEVELS = {word: severity for severity, words in _WORDS_OF.items() for word in words.split()}
_STATED = {
    LogLevel.DEBUG: Severity.DEBUG, LogLevel.INFO: Severity.INFO, LogLevel.WARNING: Severity.WARNING,
    LogLevel.ERROR: Severity.ERROR, LogLevel.FATAL: Severity.FATAL,
}  # fmt: skip
_LETTERS = {
    "V": Severity.DEBUG, "D": Severity.DEBUG, "I": Severity.INFO, "N": Severity.INFO, "W": Severity.WARNING,
    "E": Severity.ERROR, "F": Severity.FATAL,
}  # fmt: skip
_LEVEL_FIELD = re.compile(r"\b(?:l(?:evel|vl|oglevel)|severity)\"?\s{0,3}[=:]\s{0,3}\"?([a-z]{3,11})\b")
# Levels as the loggers of Node write them (pino, bunyan): tens from 10 for trace to 60 for fatal.
_LEVEL_NUMBER = re.compile(r"\"level\":\s?([1-6])0\b")
_NUMBERED = (
    Severity.DEBUG, Severity.DEBUG, Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.FATAL,
)  # fmt: skip
_LEVEL_WORD = re.compile(
    r"\b(TRACE|DEBUG|DBG|VERBOSE|INFO|NOTICE|LOG|WARN|WARNING|WRN|ERR|ERROR|SEVERE|CRIT|CRITICAL|FATAL|PANIC|EMERG)\b"
    r"|[\[<|(](trace|debug|info|notice|warn|warning|error|crit|critical|alert|emerg|fatal)[\]>|)]"
    r"|(?:^|[\s:])(debug|info|notice|warning|warn|err|error|crit|critical|fatal|panic)(?=: )",
)
# klog and Android: a letter before or between numbers ("E0102 15:04:05", " 1702 2644 D Tag:").
_LEVEL_LETTER = re.compile(r"(?:^|\s)(?:([IWEF])[0-9]{4} [0-9]{2}:|[0-9]{1,6}\s{1,4}[0-9]{1,6} ([VDIWEF]) )")

# All of these are searched in lower-case text: without IGNORECASE and with letters in front they are ten times faster.
_NAMES_FAULT_WORDS = (
    r"panic|oom[ -]?kill|oomkilled| oom\b|invoked oom|out ?of ?memory|killed (?:process|by)"
    r"|exceeding|low on |memory pressure|segfault|segmentation|core dumped"
    r"|signal (?:6|9|11)\b|sig(?:kill|segv|abrt|term)|deadlock|corrupt|split.?brain|no space left|enospc"
    r"|disk.{0,20}full|is full|read.?only (?:file|mode|transaction)|too many (?:open|conn|clients)|exhaust"
    r"|starv|connection refused|econnrefused|reset by peer|broken pipe|unreachable|no route|expired|not ?after"
    r"|no longer valid|x509|certificate|permission denied|access denied|unauthori[sz]ed|forbidden"
    r"|authentication failed|password authentication|quorum|lost lead|lost connection|data loss|cannot allocate"
    r"|heap space|overflow|assert|unrecoverable|crash|abort|evict|back-?off|giving up|gave up|timed out"
    r"|deadline exceeded|i/o error|checksum|mismatch|fenc(?:ed|ing)"
    r"|exit(?:ed)?(?: with)?(?: code| status)?[ =:]{1,3}[1-9]|exited on|circuit breaker|out-of-sync"
    r"|not progress|stuck|hung\b|lock.?up|stall|max_?conn|pool (?:is )?(?:exhausted|empty)|unable to|could not"
    r"|cannot |can't |failed to|failure|name resolution|unknown host|nxdomain"
    # What a kernel and its daemons say calmly, and once.
    r"|clock (?:was |has )?(?:stepp|jump|skew|drift)|time (?:was |has )?(?:stepp|jump)|step time|kernel bug|oops"
    r"|syn flood|table (?:is )?(?:full|overflow)|watchdog (?:timeout|did|bite|fired)|machine check|hardware error"
)
_SOUNDS_BAD_WORDS = (
    r"exception|error|fail|timeout|unavailable|denied|reject|invalid|missing|not found|no such|conflict|violat"
    r"|exceed|limit|throttl|drop(?:ped|ping)|lost |slow|degrad|unhealthy|not ready|terminat|stale| lag\b"
    r"|backlog|saturat|refus|shed|stepp?ing down|unknown|incompatible|empty|did not|does not|not hold"
    r"|falling back|fallback|inconsist|disconnect|unexpected|malformed|bad |blocked|closed by peer|detached"
    r"|not present|unstable|forced"
    r"|down\b|critical"
)
_CHANGES_WORDS = (
    r"config|reload|chang|switch|promot|demot|elect|leader|candidate|failover|fail.over|primary|standby"
    r"|peer |migrat|deploy|rollout|rollback|rolled|upgrad|version|feature.?flag| flags?\b|enabl|disabl"
    r"|toggl|set to|overrid|rotat|renew|revok|maintenance|drain|cordon|scal(?:ed|ing)|resiz|joined|joining"
    r"|left the|partition|rebalanc|paus|resum|suspend|stopp|shutt?ing|shutdown|shut down|mode\b|restart"
    r"|-> ?[0-9]|revision|applied|updated|policy|certificate|became|took over|new (?:key|kid|master|primary)"
    r"|received sig|quota|lowered|raised|reduced|increased|removed|replac|dropped|moved|handed|privileg|deleted|evicted"
    r"|lost |became|now (?:on|off)|suspend| by (?:operator|admin|administrator|user)\b"
)
_DECOYS_WORDS = (
    r"deprecat|will be removed|succeeded (?:after|on)|retry succeeded|recovered|healthz|health.?check"
    r"|heartbeat ok|no (?:errors?|failures?)\b| 0 (?:errors?|failures?|failed)\b"
    r"|(?:errors?|failures?|failed)[\"']?[=:] ?0\b|harmless|benign|optional|using grace|caught up|cache miss"
    r"|retrying|attempt [12]\b|error handler|test alert|best effort|for information|not critical|non-?fatal"
    r"|not an error|can be ignored|\(ignored\)|, ignor(?:ed|ing)\b|tolerated|auto-?corrected|attempt succeeded"
    r"|fallback \w{1,20} used|default \w{1,20} (?:used|applied|shown)|original kept"
)
_NAMES_FAULT = compile_any(_NAMES_FAULT_WORDS)
_SOUNDS_BAD = compile_any(_SOUNDS_BAD_WORDS)
_CHANGES = compile_any(_CHANGES_WORDS)
_DECOYS = compile_any(_DECOYS_WORDS)
_SETTING = compile_any(
    r"using |configur|profile|select(?:ed|ing)|default|\bmode\b|seed|initial |overrid|fallback|falling back|not set"
    r"|unset|limit|\bmax|\bmin[_ -]|pool[_ -]?size|timeout|disabled|enabled|[=:] ?(?:false|true|off|on|none)\b"
    r"|bootstrapp"
)
# A line that says none of these is done after one search; in another they are looked for from the first of them on.
_TELLS = compile_any(f"{_NAMES_FAULT_WORDS}|{_SOUNDS_BAD_WORDS}|{_CHANGES_WORDS}|{_DECOYS_WORDS}")
# Names of classes, files and packages hold words that are no statement.
_NAMES = re.compile(r"[\w$-]{1,60}(?:[./\\:]{1,2}[\w$-]{1,60}){2,20}")
# What a container runtime or docker compose puts before each line.
_PREFIX = re.compile(r"\S{10,40} std(?:out|err) [FP] |[\w.-]{1,60}\s{1,20}\| ")
_FRAME = re.compile(
    r"\s+at [\w.$<>/]+|\s+File \"[^\"]{1,300}\", line|\s+\.\.\. \d+ (?:more|common)|\s{4,}\S|\t\S|\s*\^[~^]*$"
    r"|goroutine \d+ \[|\S+\.go:\d+ \+0x|\s{2,8}[0-9]{1,3}: (?:0x[0-9a-f]{1,16} - )?\w{1,60}::"
)
# What is set in like a frame and says what went wrong: numbered causes of Rust, fields of an error that was dumped.
_DETAIL = re.compile(r"\s{2,16}[\w.-]{1,30}: (?!\S{0,200}::)")
_CAUSE = re.compile(
    r"\s{0,8}Caused by: |\s{0,16}\[cause\]: |Exception in thread \"|Unhandled exception\. | ---> |(?:\S+ )?\*\* \("
    r"|(?:[A-Za-z_]\w{0,60}[.:]{1,2}){0,8}[A-Z]\w{0,60}(?:Error|Exception|Failure|Interrupt|Exit|Fault)\b"
    r"|panic: |fatal error: |thread '.{1,60}' (?:\(\d{1,9}\) )?panicked|(?:\[[^\]]{1,40}\] )?PHP Fatal error:"
)


def read_saying(text: str) -> Saying:
    """Judge the words of one line: a constant time, whatever it holds."""
    head = text[:_LOOKED_AT]
    lowered = head.lower()
    prefix = _PREFIX.match(head)
    start = prefix.end() if prefix else 0
    is_cause = _CAUSE.match(head, start) is not None
    fault, change, is_decoy = _read_words(lowered)
    return Saying(
        severity=_find_severity(text[:_HEAD]),
        fault=fault,
        change=change,
        is_decoy=is_decoy,
        is_frame=(
            not is_cause
            and _FRAME.match(head, start) is not None
            and not (fault and _DETAIL.match(head, start) is not None)
        ),
        is_cause=is_cause,
    )


def _read_words(lowered: str) -> tuple[float, float, bool]:
    """Return how much of a fault and of a change the words tell, and whether they are a decoy's."""
    telling = _TELLS.search(lowered)
    if telling is None:
        return 0.0, 0.0, False
    at = telling.start()
    fault = 2.0 if _NAMES_FAULT.search(lowered, at) else 1.0 if _SOUNDS_BAD.search(lowered, at) else 0.0
    is_change = _CHANGES.search(lowered, at) and _CHANGES.search(_NAMES.sub(" ", lowered))
    return fault, 1.0 if is_change else 0.0, _DECOYS.search(lowered, at) is not None


def names_setting(text: str) -> bool:
    """Answer whether a line says how a program is set up: what it uses, which mode, limit or profile it runs with."""
    return _SETTING.search(text.lower()) is not None


def explain(saying: Saying, times: int, *, is_near: bool, is_burst: bool) -> str:
    """Return in words why a line was kept: its level, how often it came, and where."""
    what = "no level" if saying.severity is Severity.UNSAID else saying.severity.name.lower()
    often = "once" if times == 1 else f"{times} times"
    burst = ", more often than before" if is_burst else ""
    near = ", right before a trouble or a restart" if is_near else ""
    return f"{what}, {often}{burst}{near}"


def find_telling(text: str, start: int) -> int | None:
    """Return where the first word of a fault stands from `start` on; `None` without any."""
    # Lower case may be longer than the text it is of (the dotted I of Turkish): then the place is near, not exact.
    lowered = text.lower()
    match = _NAMES_FAULT.search(lowered, start) or _SOUNDS_BAD.search(lowered, start)
    return match.start() if match else None


def _find_severity(head: str) -> Severity:
    field = _LEVEL_FIELD.search(head.lower())
    if field is not None and field[1] in _LEVELS:
        return _LEVELS[field[1]]
    number = _LEVEL_NUMBER.search(head)
    if number is not None:
        return _NUMBERED[int(number[1]) - 1]
    word = _LEVEL_WORD.search(head)
    if word is not None:
        return _LEVELS[(word[1] or word[2] or word[3]).lower()]
    letter = _LEVEL_LETTER.search(head)
    if letter is not None:
        return _LETTERS[letter[1] or letter[2]]
    stated = find_stated(head) or find_sign(head)
    return _STATED[stated] if stated is not None else Severity.UNSAID
