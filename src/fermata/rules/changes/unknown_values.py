"""Values that whoever reads them says it does not know: somebody began to send them, or the reader ceased to know them.

A reader that complains of `PART_SHIPPED` is not broken by another pause between its attempts. Only a change that is
about that value explains the complaint, so that what else ties a change to the failure counts less where it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

_VALUE = r"[\"'`\[(]{0,2}([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*)\b"
_STATES = r"(?:state|status|kind|type|value|variant|enum|event|code|member)s?"
_NOT_KNOWN = r"(?i:unknown|unrecogni[sz]ed|unsupported|unexpected|invalid|illegal|unhandled|bad)"
_COMPLAINTS = (
    re.compile(rf"(?i:no enum constant) (?:[A-Za-z_$][\w$]*\.){{1,12}}{_VALUE}"),
    re.compile(rf"{_NOT_KNOWN} (?:[a-z]+ ){{0,3}}?{_STATES}[: =]{{1,3}}{_VALUE}"),
    re.compile(rf"(?i:from string) {_VALUE}"),
    re.compile(rf"{_VALUE}[\"'`\])]{{0,2}} is not a valid\b"),
)
"""As runtimes and libraries word it: Java, Jackson, serde, Python's enum, and what people write themselves."""
_PLAIN = re.compile(r"[^a-z0-9]+")


def find_unknown_values(texts: Iterable[str]) -> Mapping[str, str]:
    """Return the values that failing lines call unknown: as `write_plain` writes them -> as they stand there."""
    return {write_plain(value): value for text in texts for value in _find(text)}


def _find(text: str) -> Iterator[str]:
    for pattern in _COMPLAINTS:
        yield from pattern.findall(text)


def write_plain(text: str) -> str:
    """Return a text as values are compared: `PartShipped`, `part-shipped` and `PART_SHIPPED` are one."""
    return _PLAIN.sub("", text.casefold())
