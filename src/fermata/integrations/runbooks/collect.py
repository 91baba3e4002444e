"""Passages of runbooks as evidence. Whether they still fit what runs is judged later, in rules, from live evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import RunbookFacts
from fermata.domain.scope import Scope
from fermata.integrations.runbooks.library import Library, Listing
from fermata.integrations.runbooks.search import Hit, PassageIndex, choose_terms
from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.kit.hiding import LONGEST_LINE, hide_lines
from fermata.kit.listing import join_cuts
from fermata.ports.handing import expect, hand_over

MOST_PASSAGES = 3
"""Of one library. A person on call reads one; the others are there in case it is the wrong one."""
_FRESH_FOR = timedelta(hours=1)
_LINK_ANNOTATIONS = ("runbook_url", "runbook")
"""Where the rules of Prometheus' mixins and of Grafana put the link to an alert's page."""


class RunbookCollector:
    """The passages of one library that speak of what alerts."""

    name = "runbooks.search"

    def __init__(self, library: Library, clock: Clock) -> None:
        self._library = library
        self._clock = clock
        self._index = PassageIndex()

    def wants(self, scope: Scope) -> bool:
        """Answer yes when there is a word to look for."""
        return bool(_list_terms(scope))

    async def collect(self, scope: Scope) -> Sequence[Evidence]:
        """Return at most three passages, the page that the alert links to first.

        Raises:
            OperationalError: The folder or repository cannot be read, or nothing was found and a page cannot.
        """
        listing = await self._library.list_pages()
        failures: list[OperationalError] = []
        left = {page.path: page for page in self._index.list_outdated(listing.pages)}
        expect(*left)
        try:
            for page in tuple(left.values()):
                try:
                    self._index.put(page, await self._library.read_page(page))
                except OperationalError as error:
                    failures.append(error)
                hand_over(left.pop(page.path).path)
        except asyncio.CancelledError:
            # Only now, as each search costs as much as reading a page.
            hand_over("passages", *self._find(scope, listing, f"{len(left)} pages were not read in time"))
            raise
        unread = f"{len(failures)} pages cannot be read" if failures else ""
        found = self._find(scope, listing, unread)
        if failures and not found:
            raise failures[0]
        return found

    def _find(self, scope: Scope, listing: Listing, unread: str) -> list[Evidence]:
        hits = self._index.search(_list_terms(scope), MOST_PASSAGES)
        linked = [hit for link in _list_links(scope) if (hit := self._index.find_page(link)) is not None]
        chosen = {(hit.page.path, hit.passage.first_line): hit for hit in (*linked, *hits)}
        return [self._build(scope, hit, listing, unread) for hit in list(chosen.values())[:MOST_PASSAGES]]

    def _build(self, scope: Scope, hit: Hit, listing: Listing, unread: str) -> Evidence:
        now, settings = self._clock.now(), self._library.settings
        passage = hit.passage
        hidden = hide_lines(passage.lines)
        numbered = enumerate(hidden.lines, start=passage.first_line)
        place = f"{settings.path}/{hit.page.path}"
        cuts = [
            unread,
            f"{listing.left_out} pages were not searched: too many, or too large" if listing.left_out else "",
            f"{hidden.shortened} lines cut to {LONGEST_LINE} characters" if hidden.shortened else "",
        ]
        return Evidence(
            incident_id=scope.incident_id,
            kind=EvidenceKind.RUNBOOK,
            collector=self.name,
            entity=scope.entities[0] if scope.entities else Entity(system="runbooks", kind="library", name="runbooks"),
            title=f"{hit.page.path}: {passage.heading}"[:200] if passage.heading else hit.page.path,
            query=f"git -C {settings.path} show {settings.ref}:{hit.page.path}" if settings.ref else f"less {place}",
            observed_at=now,
            fresh_until=now + _FRESH_FOR,
            lines=tuple(EvidenceLine(number=number, text=text) for number, text in numbered),
            facts=RunbookFacts(
                path=hit.page.path, heading=passage.heading, changed_at=hit.page.changed_at, ref=listing.ref
            ).to_json(),
            cut=join_cuts(*cuts),
            redactions=hidden.redactions,
        )


def _list_terms(scope: Scope) -> tuple[str, ...]:
    texts = [*scope.list_names(), *(alert.name for alert in scope.alerts)]
    texts += [alert.annotations.get("summary", "") for alert in scope.alerts]
    return choose_terms(texts)


def _list_links(scope: Scope) -> list[str]:
    return [link for alert in scope.alerts for name in _LINK_ANNOTATIONS if (link := alert.annotations.get(name))]
