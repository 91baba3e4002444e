"""What somebody searches incidents for, as it stands in an address."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from fermata.domain.incident import IncidentState
from fermata.kit.errors import UserError

PLAIN_QUERY = r"[a-z_]{1,20}=[\w.~%+-]{0,300}(?:&[a-z_]{1,20}=[\w.~%+-]{0,300}){0,4}"
"""What the queries of our own pages look like in an address; safe in a cookie and in a page."""
_LONGEST = 200
_MOST_WORDS = 8
"""Each word is one more look at every incident."""


@dataclass(frozen=True, slots=True)
class Query:
    """A search; of nothing when nobody searches."""

    text: str
    """As it was typed."""
    state: str
    """The value of an incident's state; empty for any."""

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words that must all be mentioned."""
        return tuple(self.text.split()[:_MOST_WORDS])

    @property
    def is_asked(self) -> bool:
        """Answer whether anything is searched for."""
        return bool(self.words or self.state)

    def write_address(self, offset: int, base: str = "/") -> str:
        """Return the address of a page of what is found, the words escaped."""
        asked = {"q": self.text if self.words else "", "state": self.state, "offset": str(offset) if offset else ""}
        given = {name: value for name, value in asked.items() if value}
        return f"{base}?{urlencode(given)}" if given else base


def parse_query(text: str, state: str) -> Query:
    """Return the search that two query parameters ask for.

    Raises:
        UserError: There is no such state, or the text is longer than any search.
    """
    if state and state not in {known.value for known in IncidentState}:
        raise UserError(f"{state[:40]!r} is no state of an incident", do="Choose one of the list")
    if len(text) > _LONGEST:
        raise UserError("That is too long to search for", do=f"Give at most {_LONGEST} characters")
    return Query(" ".join(text.split()), state)
