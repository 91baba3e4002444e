"""What a text denies: a field named after a failure whose value says that there was none."""

from __future__ import annotations

import re

_DENIED = re.compile(
    r"[\"']?(?<![\w])[\w.\[\]-]{0,60}?(?:oom|error|err|fail|time_?out|retr(?:y|ies)|restart|evict|kill|throttl|drop|reject"
    r"|crash|panic|pressure|dead|unhealthy|abort|exceeded|expired|full|degraded|unavailable)[\w.\[\]-]{0,60}[\"']?"
    r"(?:\s{0,2}[=:]\s{0,2}[\"']?(?:0|\[\]|\{\}|(?:false|none|null|nil|no|n/a|off)(?=[\"']?\s{0,3}(?:$|[,;|)}\]]|\S{1,60}[=:])))"
    r"[\"']?(?![\w./-]|\sof\b)"
    r"|\s{1,40}False(?!\w))",
    re.IGNORECASE,
)
_NONE_OF = re.compile(
    r"\b(?:no|0|without(?: any)?|zero) (?:errors?|failures?|timeouts?|retries|restarts|evictions|drops|rejections"
    r"|crashes|panics|warnings)\b(?! (?:left|remain))",
    re.IGNORECASE,
)


def drop_denials(text: str) -> str:
    """Return a text without what it denies: `OOMKilled: false`, `restarts=0`, `MemoryPressure False`, `0 errors`."""
    return _NONE_OF.sub(" ", _DENIED.sub(" ", text))
