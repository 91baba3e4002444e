"""Logs as evidence: the end of the window, and before it the lines that speak of trouble.

A busy service writes more in a minute than anybody reads. So two questions are put for each entity: the newest lines
whatever they say, and the newest lines that hold a word of trouble, which reach further back with the same limit.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import LogFacts
from fermata.domain.scope import Scope
from fermata.integrations.loki.client import LokiClient, LokiSession, Span, read_instant
from fermata.integrations.loki.selection import Selector, choose_selectors, is_wanted, list_labels, quote
from fermata.integrations.loki.settings import LokiSettings
from fermata.integrations.loki.wire import WireStream
from fermata.kit.clock import Clock, format_instant
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import redact
from fermata.ports.handing import expect, hand_over

MOST_STREAMS = 12
"""Kept for one entity, those with trouble first: one pod more says the same again."""
FRESH_FOR = timedelta(minutes=30)
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CONTROL = {code: None for code in range(0x20) if code != 0x09}


@dataclass(slots=True)
class _Stream:
    """The lines of one set of labels, from both questions."""

    labels: Mapping[str, str]
    tail: set[tuple[int, str]] = field(default_factory=set)
    trouble: set[tuple[int, str]] = field(default_factory=set)
    evidence: Evidence | None = None
    """What it is made: once, since to look for secrets in a thousand lines takes most of a second."""

    @property
    def key(self) -> tuple[tuple[str, str], ...]:
        """Return what is the same for the same stream in another answer."""
        return tuple(sorted(self.labels.items()))

    @property
    def entries(self) -> list[tuple[int, str]]:
        """Return all lines, oldest first."""
        return sorted(self.tail | self.trouble)


@dataclass(frozen=True, slots=True)
class _Answers:
    """What both questions about one entity brought."""

    selector: Selector
    streams: tuple[_Stream, ...]
    tail_from: datetime | None
    """Where the end begins, when it was cut."""
    trouble_from: datetime | None
    """The same for the lines of trouble."""


class LogCollector:
    """The lines of the scope's entities."""

    name = "loki.logs"

    def __init__(self, client: LokiClient, settings: LokiSettings, clock: Clock) -> None:
        self._client = client
        self._settings = settings
        self._clock = clock

    def wants(self, scope: Scope) -> bool:
        """Answer whether the scope names anything a log could be about."""
        return is_wanted(scope)

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each stream, those with lines of trouble first.

        An entity whose lines cannot be had does not take those of the others with it: it is named in the first `cut`.

        Raises:
            OperationalError: Loki cannot be asked, or refused every question.
        """
        span = Span.of(scope.window_start, scope.window_end)
        async with self._client.connect() as session:
            selectors = await self._choose(session, scope, span)
            expect(*(f"lines of {selector.text}" for selector in selectors))
            early: set[tuple[tuple[str, str], ...]] = set()
            found = await asyncio.gather(
                *(self._take(session, scope, selector, span, early) for selector in selectors), return_exceptions=True
            )
        evidence: list[Evidence] = []
        failures: list[OperationalError] = []
        taken: set[tuple[tuple[str, str], ...]] = set()
        for answer in found:
            if isinstance(answer, OperationalError):
                failures.append(answer)
            elif isinstance(answer, BaseException):
                raise answer  # A bug, or the deadline.
            else:
                evidence += await self._build_all(scope, answer, taken)
        if failures and not evidence:
            raise failures[0]
        if failures:
            lost = "; ".join(f"no answer to one question: {failure}" for failure in failures)
            evidence[0] = evidence[0].model_copy(update={"cut": join_cuts(evidence[0].cut, lost)})
        return evidence

    async def _take(
        self,
        session: LokiSession,
        scope: Scope,
        selector: Selector,
        span: Span,
        taken: set[tuple[tuple[str, str], ...]],
    ) -> _Answers:
        """Return an answer, and hand its evidence over: others are still on their way."""
        answers = await self._ask(session, selector, span)
        hand_over(f"lines of {selector.text}", *await self._build_all(scope, answers, taken))
        return answers

    async def _choose(self, session: LokiSession, scope: Scope, span: Span) -> list[Selector]:
        labels = list_labels(scope, await session.list_labels(span))
        values = await asyncio.gather(*(session.list_values(label, span) for label in labels))
        return choose_selectors(scope, dict(zip(labels, values, strict=True)), self._settings.labels)

    async def _ask(self, session: LokiSession, selector: Selector, span: Span) -> _Answers:
        settings = self._settings
        asked = [session.fetch_lines(selector.text, span, settings.lines)]
        if settings.error_lines:
            query = f"{selector.text} |~ {quote(settings.errors)}"
            asked.append(session.fetch_lines(query, span, settings.error_lines))
        tail, *further = await asyncio.gather(*asked)
        trouble = further[0] if further else []
        streams: dict[tuple[tuple[str, str], ...], _Stream] = {}
        for answer, part in ((tail, "tail"), (trouble, "trouble")):
            for one in answer:
                stream = streams.setdefault(tuple(sorted(one.stream.items())), _Stream(one.stream))
                getattr(stream, part).update(one.values)
        # Those with trouble, then those that wrote last.
        ordered = sorted(streams.values(), key=lambda one: (not one.trouble, -max(at for at, _ in one.entries)))
        return _Answers(
            selector, tuple(ordered), _find_cut(tail, settings.lines), _find_cut(trouble, settings.error_lines)
        )

    async def _build_all(
        self, scope: Scope, answers: _Answers, taken: set[tuple[tuple[str, str], ...]]
    ) -> list[Evidence]:
        fresh = [one for one in answers.streams if one.key not in taken]
        taken.update(one.key for one in fresh)
        evidence: list[Evidence] = []
        for stream in fresh[:MOST_STREAMS]:
            if stream.evidence is None:  # Beside the loop, where others wait.
                stream.evidence = await asyncio.to_thread(self._build, scope, answers, stream)
            evidence.append(stream.evidence)
        if len(fresh) > MOST_STREAMS:
            left = f"{len(fresh) - MOST_STREAMS} of {len(fresh)} streams are left out: at most {MOST_STREAMS} are kept"
            evidence[0] = evidence[0].model_copy(update={"cut": join_cuts(evidence[0].cut, left)})
        return evidence

    def _build(self, scope: Scope, answers: _Answers, stream: _Stream) -> Evidence:
        now = self._clock.now()
        written = [(read_instant(at), line) for at, text in stream.entries for line in _split(text)]
        oldest = written[0][0]
        hidden = hide_lines([line for _, line in written])
        labels = redact(_write_labels(stream.labels))
        cut = [self._tell_cut(answers)]
        cut.append(f"{hidden.shortened} lines cut to {LONGEST_LINE} characters" if hidden.shortened else "")
        trouble = f", {len(stream.trouble)} of trouble" if stream.trouble else ""
        source = stream.labels.get("stream", "")
        return Evidence(
            incident_id=scope.incident_id,
            kind=EvidenceKind.LOGS,
            collector=self.name,
            entity=answers.selector.entity,
            title=f"{labels.text}: {len(hidden.lines)} lines{trouble}"[:200],
            query=self._write_query(scope, answers.selector),
            observed_at=now,
            fresh_until=now + FRESH_FOR,
            lines=tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(hidden.lines, start=1)),
            facts=LogFacts(
                path=labels.text,
                stream=source if source in ("stdout", "stderr") else "",
                total_lines=len(hidden.lines),
                oldest_at=oldest,
                seconds=tuple(int((at - oldest).total_seconds()) for at, _ in written),
            ).to_json(),
            cut=join_cuts(*cut),
            redactions=hidden.redactions + labels.count,
        )

    def _tell_cut(self, answers: _Answers) -> str:
        settings = self._settings
        if answers.tail_from is None:
            return ""
        told = f"all lines only from {format_instant(answers.tail_from)} on (the newest {settings.lines})"
        if not settings.error_lines:
            return told
        if answers.trouble_from is None:
            return f"{told}; before that those with a word of trouble"
        since = format_instant(answers.trouble_from)
        return f"{told}; before that those with a word of trouble, and these only from {since} on"

    def _write_query(self, scope: Scope, selector: Selector) -> str:
        start, end = format_instant(scope.window_start), format_instant(scope.window_end)
        return f"logcli query '{selector.text}' --from={start} --to={end} --limit={self._settings.lines}"


def _find_cut(answer: Sequence[WireStream], limit: int) -> datetime | None:
    """Return the oldest line's time when as many came as were asked for: there may be more."""
    times = [at for one in answer for at, _ in one.values]
    return read_instant(min(times)) if times and len(times) >= limit else None


def _split(text: str) -> list[str]:
    """Return an entry's lines (agents join tracebacks into one) without control characters."""
    lines = _COLOURS.sub("", text).rstrip("\n").split("\n")
    return [line.translate(_CONTROL) for line in lines]


def _write_labels(labels: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{label}={quote(value)}" for label, value in sorted(labels.items())) + "}"
