"""What reading a bundle brings together, before it is known when it was observed and which incident it belongs to.

Each reader takes one kind of file and adds drafts, alerts and gaps to the haul. Redaction happens here, once, for
everything: no reader can forget it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from fermata.domain.alert import Alert
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind, EvidenceLine, Gap
from fermata.domain.record import Record
from fermata.flows.bundle.files import SourceFile, Unreadable
from fermata.flows.hiding import hide_deep
from fermata.kit.hiding import LONGEST_LINE, LineHider, hide_lines, hide_value, names_neighbour
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import is_secret_name, redact, redact_cut, redact_named
from fermata.kit.wire_words import describe_fault
from fermata.rules.scope import clean_name

MOST_LINES = 120_000
"""Lines of evidence kept of one bundle, over all files: about 5 s of redaction."""
_MOST_CACHED = 200_000
_MOST_AROUND = 12


_QUOTED = re.compile(r"""'[^']*'|"[^"]*\"""")
_INTERNAL = re.compile(
    r"\bsys\.|NoneType|\b(?:object|instance)s?\b|\bargument\b|\battribute\b|must be |unhashable|\(\)"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A piece of evidence without its incident."""

    kind: EvidenceKind
    entity: Entity
    title: str
    query: str
    collector: str
    lines: tuple[EvidenceLine, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    cut: str = ""
    redactions: int = 0
    observed_at: datetime | None = None
    """`None`: when the bundle was closed."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Redacted lines."""

    lines: tuple[EvidenceLine, ...]
    redactions: int
    shortened: int

    def describe_cut(self, *others: str) -> str:
        """Return what was left out, in words, after what else is said of it."""
        words = [*others]
        if self.shortened:
            words.append(f"{self.shortened:,} lines cut to {LONGEST_LINE:,} characters")
        return join_cuts(*words)


class Haul:
    """Drafts, alerts and gaps, as they come in."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.alerts: list[Alert] = []
        self.gaps: list[Gap] = []
        self.warnings: list[str] = []
        self.unknown: list[str] = []
        self._room = MOST_LINES
        self._clean: dict[str, tuple[str, int]] = {}

    def add(self, draft: Draft) -> None:
        """Take a draft in; what goes over the bundle's limit of lines is cut from it, and said."""
        if len(draft.lines) > self._room:
            note = f"{len(draft.lines) - self._room:,} lines: the bundle's limit of {MOST_LINES:,} is reached"
            kept = draft.lines[: self._room]
            if not kept and not draft.facts:
                self.leave_out(draft.title, note)
                return
            draft = replace(draft, lines=kept, cut=join_cuts(draft.cut, note))
        self._room -= len(draft.lines)
        self.drafts.append(draft)

    def warn(self, text: str) -> None:
        """Say something about what was read, on one line and without secrets."""
        self.warnings.append(self.hide(" ".join(text.split())))

    def leave_out(self, name: str, reason: str, line: int | None = None) -> None:
        """Name what is not used, without secrets and on one line: it becomes a gap and a warning."""
        where = f"{name}:{line}" if line is not None else name
        self.warn(f"{where}: {reason}")
        self.gaps.append(Gap(collector=f"bundle:{self.hide(name)}"[:200], reason=self.warnings[-1]))

    def leave_out_file(self, file: SourceFile, error: Unreadable) -> None:
        """Name a file that cannot be used."""
        self.leave_out(file.name, error.reason, error.line)

    def hide(self, text: str) -> str:
        """Return text without secrets, NULs and half characters."""
        return self._hide(text)[0]

    def hide_named(self, name: str, text: str) -> str:
        """Return text as `hide` does; under the name of a secret a literal goes whole."""
        return redact_named(name, _make_whole(text)).text if is_secret_name(name) else self.hide(text)

    def hide_deep(self, value: Any) -> Any:
        """Return a value of JSON types with every text in it redacted; what is named like a secret is hidden whole."""
        return hide_deep(value, self.hide_named)

    def hide_lines(self, lines: Sequence[str], numbers: Sequence[int] = (), longest: int = LONGEST_LINE) -> Lines:
        """Redact lines one by one, private keys across them; their number stays the same.

        Args:
            numbers: Of each line in its source; without them they count from 1.
            longest: Characters kept of a line.
        """
        hider = LineHider(longest, is_tail=True)
        kept: list[EvidenceLine] = []
        openers: list[int] = []
        redactions = shortened = 0
        is_in_key = any("PRIVATE KEY" in line for line in lines)
        for index, raw in enumerate(lines):
            number = numbers[index] if numbers else index + 1
            if is_in_key:
                if not hider.add_if_key(raw):
                    hider.add(raw)
                continue
            shortened += len(raw) > longest
            text, count = self._hide(raw) if len(raw) <= longest else _hide_long(raw, longest)
            redactions += count
            kept.append(EvidenceLine.model_construct(number=number, text=text))
            if names_neighbour(raw):
                openers.append(index)
        redactions += sum(self._hide_around(index, lines, kept, longest) for index in openers)
        if is_in_key:
            hidden = hider.finish()
            kept = [
                EvidenceLine(number=numbers[index] if numbers else index + 1, text=_make_whole(text))
                for index, text in enumerate(hidden.lines)
            ]
            redactions, shortened = hidden.redactions, hidden.shortened
        return Lines(tuple(kept), redactions, shortened)

    @staticmethod
    def _hide_around(index: int, lines: Sequence[str], kept: list[EvidenceLine], longest: int) -> int:
        """Hide what a line names a secret in the lines around it; return how many lines that changed."""
        first = max(0, index - 1)
        around = hide_lines([_make_whole(line) for line in lines[first : index + _MOST_AROUND]], longest).lines
        changed = 0
        for number, text in enumerate(around, start=first):
            if "redacted" in text and "redacted" not in kept[number].text:
                kept[number] = EvidenceLine.model_construct(number=kept[number].number, text=text)
                changed += 1
        return changed

    def hide_block(self, text: str) -> Lines:
        """Redact a text as one, so that a name on one line and its value on the next belong together."""
        cleaned = redact(_make_whole(text))
        lines = cleaned.text.split("\n")
        if len(lines) != text.count("\n") + 1:
            # Something over several lines was taken out, as a key is: line by line, their numbers stay.
            return self.hide_lines(text.split("\n"))
        kept = tuple(
            EvidenceLine.model_construct(number=number, text=line[:LONGEST_LINE])
            for number, line in enumerate(lines, start=1)
        )
        return Lines(kept, cleaned.count, sum(len(line) > LONGEST_LINE for line in lines))

    def _hide(self, text: str) -> tuple[str, int]:
        # Printed tables and logs repeat themselves; redaction costs 40 us a line.
        known = self._clean.get(text)
        if known is None:
            cleaned = redact(_make_whole(text))
            known = (cleaned.text, cleaned.count)
            if len(self._clean) < _MOST_CACHED and len(text) <= 400:
                self._clean[text] = known
        return known


def _hide_long(raw: str, longest: int) -> tuple[str, int]:
    """Return a line cut to so many characters, and how many secrets were hidden in it."""
    cleaned = redact_cut(_make_whole(raw), longest)
    return cleaned.text, cleaned.count if cleaned.text != raw[:longest] else 0


def hide_object(haul: Haul, value: Any) -> Any:
    """Return an API object with every secret-looking text hidden: variables by name, everything by look.

    Names of secrets (`secretName`, `secretKeyRef`) stay: what refers to a Secret that is not there is a cause.
    """
    if isinstance(value, Mapping):
        name, written = value.get("name"), value.get("value")
        if isinstance(name, str) and isinstance(written, str) and len(value) == 2:
            return {"name": haul.hide(name), "value": hide_value(name, haul.hide(written))}
        return {str(key): hide_object(haul, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [hide_object(haul, item) for item in value]
    return haul.hide(value) if isinstance(value, str) and len(value) > 7 else value


def describe(error: Exception) -> str:
    """Return in words why a record refused its values; the values themselves are not repeated."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        words = describe_fault(first["type"], first["msg"], first.get("ctx", {}))
        # What is no JSON at all goes wrong at no place of it.
        return ": ".join(filter(None, (".".join(map(str, first["loc"])), words)))[:200]
    if isinstance(error, KeyError):
        return f"{error} is missing"
    # Python quotes the value it stumbles over, and names its own parts; neither is for whoever reads this.
    words = _QUOTED.sub("...", " ".join(str(error).split()))
    return words[:200] if words and not _INTERNAL.search(words) else "it is of another kind than its place asks for"


def _make_whole(text: str) -> str:
    """Return text that can be stored: half of a surrogate pair, as JSON escapes can spell it, is no character."""
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def make_entity(kind: str, name: str, *, system: str = "", namespace: str = "") -> Entity:
    """Return an entity whose parts are cleaned of what cannot name one; without a name it is `unnamed`."""
    return Entity(
        kind=clean_name(kind) or "thing",
        name=clean_name(name) or "unnamed",
        system=clean_name(system),
        namespace=clean_name(namespace),
    )


def to_facts(record: Record) -> dict[str, Any]:
    """Return a record of facts as evidence holds it."""
    return record.to_json()
