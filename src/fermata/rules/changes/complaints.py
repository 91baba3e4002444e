"""Names and values that only one side of a change has, and that a cluster complains of word for word.

What a kubelet, a scheduler or a controller says of an object quotes what was declared: the tag that no registry has,
the key that a config map lacks, the class that does not exist. So does a program that ends on its configuration, where
somebody pasted its log. Who brought that very name, or took it away, is tied more exactly than by any word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from fermata.domain.evidence import Evidence, EvidenceKind
from fermata.kit.redaction.marks import MARK
from fermata.rules.changes.live import Change
from fermata.rules.changes.signs import Sign
from fermata.rules.changes.symptoms import Symptoms, Telling
from fermata.rules.changes.words import find_words
from fermata.rules.levels import LogLevel

_EXACT = 2.5
_LONGEST = 2_000
_MOST = 200
_WEIGHT = 0.8
_WARNING = re.compile(r"(?:^|\s)Warning\s{2,}[A-Z][A-Za-z]+\s")  # A row of events: its type, then its reason.
_MESSAGE = re.compile(r"^\s*(?:-\s+)?\"?[Mm]essage\"?:\s")
_NOT_READY = re.compile(r"\sFalse\s+[A-Za-z]+ \w")  # A row of a custom resource: it is not ready, and why.
_LOGS = re.compile(r"(?:^|\s)logs?\s")
_COMPLAINS = re.compile(
    r"\bfail|\berr(?:or)?\b|couldn't|could not|not found|\bunknown\b|\bunrecogni[sz]ed\b|\binvalid\b|forbidden|denied"
    r"|\bunable\b|refused|\bno such\b|\bcannot\b|didn't match|untolerated|does not exist|\bmissing\b|exceeded"
    r"|unsupported|no setting|bad address|not set\b|required",
    re.IGNORECASE,
)
# Who names what it asks for, and says that it got no answer, or that it asks too often, finds no fault with the name.
_UNANSWERED = re.compile(
    r"\b429\b|too ?many ?requests|rate ?limit|timed? ?out|timeout|deadline exceeded|x509|tls: "
    r"|connection re(?:fused|set)|\b50[0-4]\b|server misbehaving|\bEOF\b|no space left|\b401\b|unauthorized",
    re.IGNORECASE,
)
_DOMAIN = re.compile(r"\.(?:io|com|org|net|dev|cloud|local)$")  # Every image and every label has one before its slash.
_TOKEN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
# In quotes, or the key of a taint as the scheduler writes it: `{spot: true}`.
_QUOTED = re.compile(r"[\"'`]([A-Za-z][A-Za-z0-9_.-]{3,60})[\"'`]|\{([A-Za-z][A-Za-z0-9_.-]{3,60}): ?[\w-]*\}")
# Amounts, durations, addresses and days: others judge those, or every log has them.
_AMOUNT = re.compile(
    r"\d+(?:\.\d+)?|(?:\d+(?:\.\d+)?(?:[mun]s|[smhd]|[kKMGTPE]i?[bB]?))+|\d{1,3}(?:\.\d{1,3}){3}|\d{4}-\d\d-\d\d.*"
)
_NAMED_FOR_ALL = frozenset({"sha1", "sha256", "sha512", "base64", "utf8", "ipv4", "ipv6", "http1", "http2", "oauth2"})
_HYPHENATED = re.compile(r"[A-Za-z]?[a-z]+(?:-[a-z]+)+")
_JOINED = re.compile(r"(?<=\w)[_.-](?=\w)")
_SHORTEST = 4
# How controllers end the names of pods: a template's digest and five signs, five signs alone, or a number.
_POD = re.compile(
    r"(?<![\w.-])([a-z0-9](?:[a-z0-9-]{0,60}?[a-z0-9])?)"
    r"-(?:(?=[a-z]*\d)[a-z0-9]{6,10}(?:-[a-z0-9]{5})?|[bcdfghjklmnpqrstvwxz2456789]{5}|\d{1,4})(?![\w-])"
)


def list_complaints(evidence: Iterable[Evidence]) -> tuple[Telling, ...]:
    """Return what is complained of in pasted or collected objects, a telling a line; at most 200."""
    found = []
    for item in evidence:
        if item.kind is EvidenceKind.OBJECTS:
            is_log = _LOGS.search(item.query) is not None
            for line in item.lines:
                text = line.text[:_LONGEST] if is_log else _find_message(line.text[:_LONGEST])
                if _COMPLAINS.search(text) and not _UNANSWERED.search(text):
                    name = item.entity.name
                    found.append(
                        Telling(item, line.number, line.text, name, None, LogLevel.ERROR, 1, 0, _WEIGHT, (text,))
                    )
    return tuple(found[:_MOST])


def _find_message(text: str) -> str:
    """Return what is said in a line: of a row what follows its type or its `False`, as cells before are no words."""
    told = _MESSAGE.match(text) or _WARNING.search(text) or _NOT_READY.search(text)
    return text[told.start() :] if told is not None else ""


def list_workload_names(evidence: Iterable[Evidence]) -> frozenset[str]:
    """Return what the names of pods begin with, as far as objects tell: it stands in whatever is said of a workload."""
    objects = (item for item in evidence if item.kind is EvidenceKind.OBJECTS)
    return frozenset(name for item in objects for line in item.lines for name in _POD.findall(line.text[:_LONGEST]))


def judge_complaints(change: Change, symptoms: Symptoms) -> Iterator[Sign]:
    """Yield the name or the value that a change brought or took away, and that what is complained of quotes."""
    if not symptoms.complaints:
        return
    words = _Words(symptoms.complaints)
    for turn in change.diff.turns:
        # The name stands on both sides; who complains of it names the value as well.
        name = next((token for token in reversed(_list_tokens(turn.key)) if _is_distinct(token)), "")
        value = turn.new.strip().strip("\"'")
        told = next((one for one in words.list_naming(name) if _gives(one.samples[0], name, value)), None)
        if told is not None:
            text = f"{value}, which it gives {name}, is what is complained of"
            yield Sign("constant", _EXACT, text, turn.line, told)
            return
    lines = [line for hunk in change.diff.effective for line in hunk.lines]
    for sign, said in (("-", "which it takes away"), ("+", "which it brings")):
        others = {token for line in lines if line.sign != sign for token in _list_tokens(line.text)}
        known = others | symptoms.workload_names
        for line in lines:
            if line.sign != sign or line.inert:
                continue
            new = (token for token in _list_tokens(line.text) if token not in known)
            found = next(((token, one) for token in new if (one := words.find(token)) is not None), None)
            if found is not None:
                token, telling = found
                yield Sign("constant", _EXACT, f"{token}, {said}, is what is complained of", line, telling)
                return


class _Words:
    """Which complaints name a word: looked up, as each word of a long diff would otherwise be sought in all of them."""

    def __init__(self, complaints: Iterable[Telling]) -> None:
        self._naming: dict[str, list[Telling]] = {}
        self._quoting: dict[str, Telling] = {}
        for telling in complaints:
            text = telling.samples[0]
            for token in dict.fromkeys(_list_tokens(text)):
                self._naming.setdefault(token, []).append(telling)
            for name in _list_quoted(text):
                self._quoting.setdefault(name, telling)

    def list_naming(self, token: str) -> Sequence[Telling]:
        """Return the complaints that a word stands in, in order."""
        return self._naming.get(token, ())

    def find(self, token: str) -> Telling | None:
        """Return the first complaint that names a word: one that is met by chance must stand in quotes."""
        if _is_distinct(token):
            return next(iter(self.list_naming(token)), None)
        return self._quoting.get(token)


@lru_cache(maxsize=16384)
def _list_tokens(text: str) -> tuple[str, ...]:
    found = _TOKEN.findall(MARK.sub(" ", text[:_LONGEST]))
    return tuple(
        token
        for token in found
        if len(token) >= _SHORTEST
        and token.lower() not in _NAMED_FOR_ALL
        and not (_AMOUNT.fullmatch(token) or _DOMAIN.search(token))
    )


@lru_cache(maxsize=16384)
def _list_quoted(text: str) -> frozenset[str]:
    return frozenset(name for pair in _QUOTED.findall(text) for name in pair if name)


def _gives(text: str, name: str, value: str) -> bool:
    """Answer whether a text that names a setting also has the value that it got, as a word of its own."""
    if not value or value not in text:
        return False
    if len(value) == 1:  # A single digit stands anywhere.
        return re.search(rf"[\"'`]{re.escape(value)}[\"'`]", text) is not None
    return re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.])", text.replace(name, " ")) is not None


def _is_distinct(token: str) -> bool:
    """Answer whether a token is hardly met by chance; two plain words with a hyphen are, as in `read-only`."""
    if not find_words(token) and not any(sign.isdigit() for sign in token):
        return False
    if _HYPHENATED.fullmatch(token):
        return False
    return bool(_JOINED.search(token)) or (any(sign.isdigit() for sign in token) and not token.isdigit())
