"""How kept lines are written: numbered, counted, on one line each, and without secrets.

Only what is written here leaves for a model, so this is where redaction belongs: after the choice, before the price.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fermata.kit.hiding import hide_lines
from fermata.kit.redaction import redact
from fermata.rules.condense.excerpting import Excerpts
from fermata.rules.condense.miner import OVERFLOW
from fermata.rules.condense.reading import LONGEST_LINE, decode_line, flatten
from fermata.rules.condense.scoring import Candidate
from fermata.rules.condense.survey import Surveyed
from fermata.rules.condense.tokens import count_tokens

_UNKNOWN = "?"
# What may come to stand in place of a line of a private key, at least: it costs a few tokens more than a short line.
_LEAST_TEXT = "[redacted:pem:0f0f]"


@dataclass(frozen=True, slots=True)
class Written:
    """One line as it is shown."""

    number: int
    text: str
    """The line, without secrets; of a long one the parts that were kept."""
    shown: str
    """Number, count and line, on one line whatever the line holds."""
    why: str


class Page:
    """Writes the kept lines of one log."""

    def __init__(self, surveyed: Surveyed, numbers: Sequence[int] | None, excerpts: Excerpts) -> None:
        """Take what is known of the log.

        Args:
            numbers: Of its lines, where they are not simply counted from 1.
            excerpts: By which long lines are shortened.
        """
        self._numbers = numbers
        self._excerpts = excerpts
        self._counts = _count_kinds(surveyed)

    def count(self, candidate: Candidate) -> int:
        """Return how many tokens a line takes, at most."""
        text, is_cut = self._shorten(candidate)
        text = flatten(text)
        shown = self._show(candidate, text, is_cut=is_cut)
        return count_tokens(shown) if len(text.strip()) >= len(_LEAST_TEXT) else count_tokens(shown + _LEAST_TEXT)

    def measure(self, candidate: Candidate) -> int:
        """Return how many characters of a line are shown, roughly."""
        return self._excerpts.measure(candidate.raw)

    def write(self, chosen: Sequence[Candidate]) -> list[Written]:
        """Write lines, given in the order of the log."""
        shortened = [self._shorten(candidate) for candidate in chosen]
        texts = _hide_keys(chosen, [text for text, _ in shortened])
        return [
            Written(self._number(candidate), text, self._show(candidate, flatten(text), is_cut=is_cut), candidate.why)
            for candidate, text, (_, is_cut) in zip(chosen, texts, shortened, strict=True)
        ]

    def _shorten(self, candidate: Candidate) -> tuple[str, bool]:
        """Return what is shown of a line, and whether that is not all of it."""
        hidden = _hide(candidate)
        shown = self._excerpts.shorten(hidden)
        return shown, len(shown) < len(hidden) or len(candidate.raw) >= LONGEST_LINE

    def _number(self, candidate: Candidate) -> int:
        return candidate.line + 1 if self._numbers is None else self._numbers[candidate.line]

    def _show(self, candidate: Candidate, text: str, *, is_cut: bool) -> str:
        mark = " cut" if is_cut else ""
        return f"{self._number(candidate)} x{self._counts[candidate.kind]}{mark}| {text}"


def _count_kinds(surveyed: Surveyed) -> list[int | str]:
    counts = [0] * len(surveyed.templates)
    for track, group in zip(surveyed.tracks, surveyed.group_of, strict=True):
        counts[group] += track.count
    overflow = " ".join(OVERFLOW)
    return [
        _UNKNOWN if template == overflow else count for template, count in zip(surveyed.templates, counts, strict=True)
    ]


def _hide(candidate: Candidate) -> str:
    """Return the line without secrets: before it is cut, for half a secret is not known for one."""
    return redact(decode_line(candidate.raw)).text


def _hide_keys(chosen: Sequence[Candidate], texts: Sequence[str]) -> list[str]:
    """Hide private keys that go over several lines, where lines next to each other were kept."""
    hidden: list[str] = []
    start = 0
    for index in range(1, len(chosen) + 1):
        if index == len(chosen) or chosen[index].line != chosen[index - 1].line + 1:
            hidden += hide_lines(texts[start:index], longest=0).lines
            start = index
    return hidden
