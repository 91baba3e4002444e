"""A log in, what a model or a person should read of it out: within a budget of tokens, verbatim, in the log's order.

What is written for a reader is redacted, for it leaves for a model: a secret's place is taken by `[redacted:...]`, and
nothing else is changed. `keep_lines` picks among lines that the caller has, and gives them back as they are.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from fermata.kit.redaction import redact
from fermata.rules.condense.excerpting import Excerpts
from fermata.rules.condense.reading import decode_line, flatten
from fermata.rules.condense.scoring import Candidate, score
from fermata.rules.condense.selecting import select
from fermata.rules.condense.survey import Survey, Surveyed
from fermata.rules.condense.tokens import count_tokens, weigh_tokens
from fermata.rules.condense.writing import Page

DEFAULT_BUDGET = 2_000
"""Tokens, when nobody says: what a reader takes in at once, and a model at no cost worth naming."""
_MOST_CANDIDATES = 2_000  # Of one file; a budget of 100,000 tokens holds no more lines.
_MOST_TEMPLATES = 1_000


class NumberedLine(Protocol):
    """A line that knows its number in the source, such as `domain.evidence.EvidenceLine`."""

    @property
    def number(self) -> int:
        """Return the number, from 1."""

    @property
    def text(self) -> str:
        """Return the line."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One line of the essence."""

    file: str
    line: int
    """Its number in the file, from 1."""
    why: str
    text: str
    """Verbatim, without its end, but for secrets; of a long line the parts that were kept."""


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of line."""

    template: str
    """Its tokens, `<*>` where lines differ; `<other>` counts what there was no room to tell apart."""
    count: int
    first: int
    """Number of its first line in its file, from 1."""
    last: int
    file: str


@dataclass(frozen=True, slots=True)
class Condensed:
    """The essence of one or several logs."""

    text: str
    """What a model reads: one heading a file, then lines as `<number> x<count>| <line>`; nothing else begins so.

    The count is of all lines of the line's kind; `?` where there was no room to tell kinds apart.
    """
    kept: tuple[Kept, ...]
    """The lines of `text`, by file and number."""
    templates: tuple[Template, ...]
    """At most 1,000 kinds of line, most frequent first."""
    lines_in: int
    tokens_out: int
    """Of `text`, by `count_tokens`; never more than the budget."""


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    surveyed: Surveyed
    candidates: list[Candidate]
    numbers: Sequence[int] | None
    """Of its lines, where they are not simply counted from 1."""

    def number(self, line: int) -> int:
        return line + 1 if self.numbers is None else self.numbers[line]


def condense(
    sources: Iterable[tuple[str, Iterable[bytes | str]]],
    *,
    budget: int = DEFAULT_BUDGET,
    hint: Mapping[str, object] | None = None,
) -> Condensed:
    """Condense logs that are read once, line by line, in bounded memory.

    Args:
        sources: A name and the lines of each log; lines may be bytes of any encoding, and gigantic.
        budget: Tokens that `text` may have.
        hint: What is asked about: `service` (lines naming it come first, where only some do) and `alert` (its words).
    """
    files = [_survey(name, lines, hint or {}, source=index) for index, (name, lines) in enumerate(sources)]
    return _write(files, budget)


def condense_lines(
    lines: Sequence[NumberedLine],
    *,
    source: str,
    budget: int = DEFAULT_BUDGET,
) -> Condensed:
    """Condense lines that are in memory and keep the numbers they came with: those of evidence, which may have gaps."""
    file = _survey(source, (line.text for line in lines), {})
    return _write([replace(file, numbers=[line.number for line in lines])], budget)


def keep_lines(lines: Sequence[bytes | str], budget: int, *, hint: Mapping[str, object] | None = None) -> list[str]:
    """Return the lines to read, as they are and in their order, without numbers and headings: at most `budget` tokens.

    Nothing is redacted: what leaves goes through `condense`, or through `redact` in the caller's hands.

    A line end counts as a token. Of a gigantic line its head and the part around its telling words are returned.
    """
    file = _survey("", lines, hint or {})
    excerpts = _learn_excerpts(file, budget)

    def cut(candidate: Candidate) -> str:
        return excerpts.fit(decode_line(lines[candidate.line]))

    chosen = select(
        file.candidates,
        budget,
        lambda candidate: weigh_tokens(cut(candidate) + "\n"),
        lambda candidate: len(candidate.raw),
    )
    return [cut(candidate) for candidate in chosen]


def _learn_excerpts(file: _File, budget: int) -> Excerpts:
    return Excerpts((track.first_text for track in file.surveyed.tracks), budget)


def _survey(name: str, lines: Iterable[bytes | str], hint: Mapping[str, object], *, source: int = 0) -> _File:
    survey = Survey()
    survey.add_all(lines)
    surveyed = survey.close()
    return _File(name, surveyed, score(surveyed, hint, source=source)[:_MOST_CANDIDATES], None)


def _write(files: Sequence[_File], budget: int) -> Condensed:
    headings = [_write_heading(file) for file in files]
    left = budget - sum(count_tokens(heading) + 1 for heading in headings)
    if left <= 0:  # Not even the headings fit: the numbers beside the text still say what there was.
        headings = []
    pages = [Page(file.surveyed, file.numbers, _learn_excerpts(file, budget)) for file in files]
    pool = heapq.merge(*(file.candidates for file in files), key=lambda candidate: -candidate.score)
    chosen = select(
        list(pool),
        left,
        lambda candidate: pages[candidate.source].count(candidate) + 1,
        lambda candidate: pages[candidate.source].measure(candidate),
    )
    written = [page.write([kept for kept in chosen if kept.source == index]) for index, page in enumerate(pages)]
    parts: list[str] = []
    for heading, lines in zip(headings, written, strict=False):
        parts.append(heading)
        parts += [line.shown for line in lines]
    text = "\n".join(parts)
    return Condensed(
        text=text,
        kept=tuple(
            Kept(file.name, line.number, line.why, line.text)
            for file, lines in zip(files, written, strict=True)
            for line in lines
        ),
        templates=_list_templates(files),
        lines_in=sum(file.surveyed.lines for file in files),
        tokens_out=count_tokens(text),
    )


def _write_heading(file: _File) -> str:
    kinds = len(file.surveyed.templates)
    # Only digits tell them from the answers that went well: both are one kind, and its count says nothing of them.
    failed = sum(track.failures.count for track in file.surveyed.tracks if track.failures is not None)
    answers = f", {failed} answers of 5xx" if failed else ""
    name = redact(flatten(file.name)).text or "log"
    lines = file.surveyed.lines
    told = f"{lines} line{'s' * (lines != 1)}, {kinds} kind{'s' * (kinds != 1)} of line"
    return f"== {name}: {told}{answers}"


def _list_templates(files: Sequence[_File]) -> tuple[Template, ...]:
    templates: list[Template] = []
    for file in files:
        surveyed = file.surveyed
        counts, firsts, lasts = ([0] * len(surveyed.templates) for _ in range(3))
        for track, group in zip(surveyed.tracks, surveyed.group_of, strict=True):
            firsts[group] = track.first if not counts[group] else min(firsts[group], track.first)
            counts[group] += track.count
            lasts[group] = max(lasts[group], track.last)
        templates += [
            Template(flatten(text), counts[group], file.number(firsts[group]), file.number(lasts[group]), file.name)
            for group, text in enumerate(surveyed.templates)
        ]
    most_frequent = sorted(templates, key=lambda template: -template.count)[:_MOST_TEMPLATES]
    return tuple(replace(item, template=redact(item.template).text) for item in most_frequent)
