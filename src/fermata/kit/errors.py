"""The one root of all errors, and the four families that decide who hears of one.

A message has three parts: what happened, why, and what to do next. The parts and the measured values are
attributes, so that a test, a log line and a surface never parse text.
"""

from __future__ import annotations

from datetime import timedelta


def _join_sentences(*parts: str) -> str:
    """Write the parts as one text; what follows a list (a part of several lines) begins on a line of its own.

    A part that does not begin like a sentence goes on after a colon: `... is not known: no system offers it.`
    """
    text = ""
    for part in (part.rstrip() for part in parts):
        if not part:
            continue
        if part[0].islower() and text and "\n" not in text:
            text = text.rstrip(".") + ":"
        gap = "" if not text or part.startswith("\n") else "\n" if "\n" in text else " "
        # The last line of a list ends as the others do.
        text += gap + part + ("" if "\n" in part or part.endswith((".", "!", "?")) else ".")
    return text


class FermataError(Exception):
    """Say what happened, why, and what to do next.

    Args:
        what: What happened, as a sentence without its full stop.
        why: The reason; empty when it is not known.
        do: What the reader does next; empty when nothing is left to do.
        facts: Values behind the sentence (ids, limits, counts), for logs and tests. Never a secret or a body.
    """

    def __init__(self, what: str, *, why: str = "", do: str = "", **facts: object) -> None:
        self.what = what
        """What happened."""
        self.why = why
        """The reason, or empty."""
        self.do = do
        """The next step for the reader, or empty."""
        self.facts = facts
        """The values the sentence was made from."""
        super().__init__(_join_sentences(what, why, do))


class UserError(FermataError):
    """The request or the settings are wrong: not retried, exit code 2 or an HTTP 4xx."""

    status = 400
    """The HTTP status a surface answers with."""


class NotFoundError(UserError):
    """The thing asked for does not exist."""

    status = 404


class ForbiddenError(UserError):
    """The caller is known, and is not allowed to do this."""

    status = 403


class UnauthenticatedError(UserError):
    """The caller did not prove who they are."""

    status = 401


class TooLargeError(UserError):
    """The input exceeds a stated limit."""

    status = 413


class OperationalError(FermataError):
    """An outside system did not do its part: a warning and a counter, retried only when `Transient`."""

    is_of_place = False
    """Whether it is known that nothing of ours would be taken there, whatever it is: the room was archived."""


class TransientError(OperationalError):
    """An outside system failed in a way that may pass.

    Args:
        retry_after: How long to wait before another try; `None` leaves it to the caller.
    """

    def __init__(
        self, what: str, *, why: str = "", do: str = "", retry_after: timedelta | None = None, **facts: object
    ) -> None:
        super().__init__(what, why=why, do=do, **facts)
        self.retry_after = retry_after
        """The delay the other side asked for."""
        self.is_of_place = retry_after is not None


class StoreAway(TransientError):
    """Our own store cannot be asked now: locked, restarted, failed over. What was under way is done again later."""


class GuardRefused(FermataError):
    """A guard said no: not retried, a warning and a journal entry.

    Args:
        rule: The guard's id as listed in `docs/guards.md`.
    """

    def __init__(self, rule: str, what: str, *, why: str = "", do: str = "", **facts: object) -> None:
        super().__init__(what, why=why, do=do, **facts)
        self.rule = rule
        """The guard that refused."""


class InvariantBroken(FermataError):
    """A state that must not exist was seen: never retried, nothing is executed."""
