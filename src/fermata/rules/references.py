"""Links in error texts that lead to an explanation: nobody called what they name.

SQLAlchemy ("Background on this error at: https://sqlalche.me/..."), curl ("see https://curl.se/libcurl/..."), InnoDB
("described at http://dev.mysql.com/..."), ACME's servers ("see https://letsencrypt.org/docs/..."), Kubernetes, npm and
compilers end their messages so.
"""

from __future__ import annotations

import re

_REFERENCE = re.compile(
    r"\b(?:see(?: also)?|visit|consult|refer to|reference|described (?:at|in)|background on this error at"
    r"|(?:more|further|additional) (?:info(?:rmation)?|details?)(?: (?:is|are|can be))?(?: available| found)?"
    r"(?:(?: at| on| in|,? see|,? visit)\b)?"
    r"|documentation(?: (?:is )?(?:at|on))?|docs(?: at)?|read more(?: at)?|troubleshooting(?: guide)?)"
    r"[:,]? {0,3}[<(\"']?https?://[^\s>)\"']{1,400}+"
    # What answered or failed was called: "could not visit https://api.acme.example/v1: 503".
    r"(?!.{0,12}\b(?:[45]\d\d|fail\w*|returned|answered|responded|tim(?:ed|e|ing)[ -]?out|refused|unreachable"
    r"|reset)\b)",
    re.IGNORECASE,
)


def drop_references(text: str) -> str:
    """Return a text without the links that explain it; the rest stays as it was."""
    return _REFERENCE.sub(" ", text) if "://" in text else text
