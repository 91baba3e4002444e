"""Tickets as evidence: open and recently changed issues about what fails, and the last word said on them.

What stands in an issue was written by somebody, perhaps by anybody: it is shown as a quotation, never as a fact.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import TicketFacts
from fermata.domain.scope import Scope
from fermata.kit.clock import Clock, format_instant
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, hide_lines
from fermata.kit.listing import join_cuts
from fermata.kit.redaction import redact
from fermata.ports.handing import expect, hand_over
from fermata.ports.tracker.records import Comment, Found, Search, Ticket, Tracker, TrackerSession
from fermata.ports.tracker.settings import TrackerSettings

FRESH_FOR = timedelta(minutes=30)
MOST_NAMES = 5
"""An incident names one or two workloads in a few ways; more names are searches that find everything."""
COMMENTS = 5
"""Issues whose latest comment is asked for; each is a call of its own."""
COMMENT_LINES = 8
_SILENT_KINDS = frozenset({"host", "repository", "rule"})


class IssuesCollector:
    """`<tracker>.issues`."""

    def __init__(self, tracker: Tracker, settings: TrackerSettings, clock: Clock) -> None:
        self._tracker = tracker
        self._settings = settings
        self._clock = clock

    @property
    def name(self) -> str:
        """Return `<system>.issues`."""
        return f"{self._tracker.words.system}.issues"

    def wants(self, scope: Scope) -> bool:
        """Answer whether there is a name to look for."""
        return bool(_list_names(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return one piece of evidence for each issue, the one changed last first.

        Raises:
            OperationalError: The tracker cannot be asked.
        """
        names = _list_names(scope)
        if not names:
            return ()
        since = self._clock.now() - timedelta(days=self._settings.recent_days)
        async with self._tracker.open() as session:
            expect("issues")
            found = await session.search(Search(names, since, self._settings.most))
            hand_over("issues", *self._build_all(scope, found, (), "what was said last was not read in time"))
            expect("comments")
            comments = await asyncio.gather(*(_read_comment(session, one) for one in found.tickets[:COMMENTS]))
        unread = next((one for one in comments if isinstance(one, OperationalError)), None)
        cut = f"comments that could not be read: {unread}" if unread else ""
        evidence = self._build_all(scope, found, comments, cut)
        hand_over("issues", *evidence)
        hand_over("comments")
        return evidence

    def _build_all(
        self, scope: Scope, found: Found, comments: Sequence[Comment | OperationalError | None], unread: str
    ) -> list[Evidence]:
        evidence = []
        for number, ticket in enumerate(found.tickets):
            comment = comments[number] if number < len(comments) else None
            evidence.append(self._build(scope, ticket, comment if isinstance(comment, Comment) else None, found))
        if evidence:
            cuts = [evidence[0].cut, found.left_out, unread]
            if len(evidence) > COMMENTS:
                cuts.append(f"the latest comment only of the first {COMMENTS} issues")
            evidence[0] = evidence[0].model_copy(update={"cut": join_cuts(*cuts)})
        return evidence

    def _build(self, scope: Scope, ticket: Ticket, comment: Comment | None, found: Found) -> Evidence:
        now = self._clock.now()
        said = comment.text.strip().splitlines() if comment else []
        lines = [f"{ticket.key}: {ticket.title}", _describe(ticket)]
        if comment:
            lines.append(f"latest comment, by {comment.author} at {format_instant(comment.at)}, in their words:")
            lines += [f"> {line}" for line in said[:COMMENT_LINES]]
        hidden = hide_lines([" ".join(line.splitlines()) for line in lines])
        title, labels = redact(ticket.title), redact(", ".join(ticket.labels))
        cut = [f"first {COMMENT_LINES} of {len(said)} lines of the comment"] if len(said) > COMMENT_LINES else []
        cut += [f"{hidden.shortened} lines cut to {LONGEST_LINE} characters"] if hidden.shortened else []
        return Evidence(
            incident_id=scope.incident_id,
            kind=EvidenceKind.TICKET,
            collector=self.name,
            entity=_find_entity(scope, ticket),
            title=f"{ticket.key} [{ticket.state}] {title.text}"[:200],
            query=found.query,
            observed_at=now,
            fresh_until=now + FRESH_FOR,
            lines=tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(hidden.lines, start=1)),
            facts=TicketFacts(
                key=ticket.key,
                title=title.text,
                state=ticket.state,
                is_open=ticket.is_open,
                priority=ticket.priority,
                assignee=ticket.assignee,
                created_at=ticket.created_at,
                updated_at=ticket.updated_at,
                url=ticket.url,
                labels=tuple(labels.text.split(", ")) if ticket.labels else (),
            ).to_json(),
            cut="; ".join(cut),
            redactions=hidden.redactions + title.count + labels.count,
        )


def _list_names(scope: Scope) -> tuple[str, ...]:
    names = [entity.name for entity in scope.entities if entity.kind not in _SILENT_KINDS]
    return tuple(dict.fromkeys(names))[:MOST_NAMES]


async def _read_comment(session: TrackerSession, ticket: Ticket) -> Comment | OperationalError | None:
    """Return what was said last. An issue without its comment is worth having."""
    try:
        return await session.find_comment(ticket.key)
    except OperationalError as error:
        return error


def _find_entity(scope: Scope, ticket: Ticket) -> Entity:
    """Return the entity that the issue names in its title or labels; else the most specific one."""
    text = " ".join([ticket.title, *ticket.labels])
    known = [entity for entity in scope.entities if entity.kind not in _SILENT_KINDS]
    named = (
        entity
        for entity in known
        if re.search(rf"(?<![A-Za-z0-9]){re.escape(entity.name)}(?![A-Za-z0-9])", text, re.IGNORECASE)
    )
    return next(named, known[0])


def _describe(ticket: Ticket) -> str:
    parts = [ticket.state, f"priority {ticket.priority}" if ticket.priority else ""]
    parts.append(f"assigned to {ticket.assignee}" if ticket.assignee else "assigned to nobody")
    parts.append(f"created {format_instant(ticket.created_at)}, changed {format_instant(ticket.updated_at)}")
    parts.append(f"labels {', '.join(ticket.labels)}" if ticket.labels else "")
    return "; ".join(filter(None, parts))
