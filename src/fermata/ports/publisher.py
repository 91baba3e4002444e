"""Where a document is published: a page, a document or a pull request, found again by its key and never overwritten.

A publisher is handed a document that is final: without secrets, and without what was deleted. It makes the page of that
key, or brings it up to date. What people changed there since is theirs: it says so, and leaves it alone unless it is
told to go on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

from fermata.domain.record import Record, Text
from fermata.kit.digest import compute_digest, shorten

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_KEY = 60


@dataclass(frozen=True, slots=True)
class Document:
    """What is published, as it is to be read."""

    key: str
    """What it is found again by, such as the incident's id."""
    title: str
    markdown: str
    """Without secrets; drawings are linked by their paths in `drawings`."""
    drawings: Mapping[str, str]
    """By path relative to the document, an SVG file's text."""

    @property
    def digest(self) -> str:
        """Return what tells two versions of it apart."""
        return compute_digest({"title": self.title, "text": self.markdown, "drawings": dict(self.drawings)})

    @property
    def safe_key(self) -> str:
        """Return the key as a part of names of files and branches; two keys never share one."""
        plain = _UNSAFE.sub("-", self.key).strip("-")[:_LONGEST_KEY]
        return plain if plain == self.key else "-".join(filter(None, (plain, shorten(compute_digest(self.key)))))


class Receipt(Record):
    """What is remembered of a document that was published, so that changes of people can be told from our own."""

    place: Text
    """As the publisher was given it."""
    id: Text
    """The page's, as the service has it."""
    url: str = ""
    digest: Text
    """Of the document as it was published."""
    version: Text
    """How the service names the state that was left behind; another one means that somebody changed it."""


class PublishState(StrEnum):
    """What became of it."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """It says the same already."""
    LEFT = "left"
    """People changed it, or took it away: nothing was done."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a publisher is asked for."""

    place: str
    """Below which the page is: a space, a folder, a repository. In the publisher's own form."""
    document: Document
    receipt: Receipt | None = None
    """Of the last time; `None` when it is the first, or nobody remembers."""
    is_forced: bool = False
    """Overwrite what people changed: a person said so."""

    def without_receipt(self) -> Order:
        """Return the order for a page other than the one that is remembered."""
        return replace(self, receipt=None)


@dataclass(frozen=True, slots=True)
class Published:
    """What a publisher did."""

    state: PublishState
    url: str
    """Opens it; empty when there is none."""
    receipt: Receipt | None
    """To be handed in the next time; `None` when nothing is there to be remembered."""
    why: str = ""
    """For what was left: who changed what, in words."""
    notes: tuple[str, ...] = ()
    """What the page does not show that the document has, in words."""

    def to_json(self) -> dict[str, Any]:
        """Return it for machines, without the receipt."""
        return {"state": self.state.value, "url": self.url, "why": self.why, "notes": list(self.notes)}


class Publisher(Protocol):
    """Publishes documents to one service.

    Contract: creates at most one page for a key and a place; changes no page that is not its own, and none that people
    changed since, unless forced; an update that fails half-way can be repeated.
    """

    @property
    def name(self) -> str:
        """Return the system's name, which targets begin with."""
        ...

    def list_places(self) -> tuple[str, ...]:
        """Return the places of the settings; no other is published to."""
        ...

    async def publish(self, order: Order) -> Published:
        """Make the document's page, or bring it up to date.

        Raises:
            UserError: There is no such place.
            OperationalError: The service cannot be asked, or refuses; the message names the missing permission.
        """
        ...


class Verdict(StrEnum):
    """What is done with a page that is there."""

    UPDATE = "update"
    KEEP = "keep"
    LEAVE = "leave"


def judge(order: Order, version: str, *, is_untouched: bool = False) -> Verdict:
    """Return what may be done with the page of a document, as it is found. Pure.

    Args:
        version: The page's own, as it is now.
        is_untouched: The page itself proves that nobody but Fermata wrote it; counts where no receipt is at hand.
    """
    receipt = order.receipt
    is_ours = receipt.version == version if receipt is not None else is_untouched
    if not is_ours:
        return Verdict.UPDATE if order.is_forced else Verdict.LEAVE
    if receipt is not None and receipt.digest == order.document.digest:
        return Verdict.KEEP
    return Verdict.UPDATE


def leave(order: Order, url: str, why: str) -> Published:
    """Return that nothing was done."""
    return Published(PublishState.LEFT, url, order.receipt, why)
