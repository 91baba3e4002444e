"""A breaker: closed, open for a while, then half-open with one probe. One for each target, and one for each key.

A target's opens when the target itself failed; a key's when its account did (rate, credit, rights), and then the other
keys go on. After the pause exactly one call is let through; the others go elsewhere until it has come back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fermata.domain.model import AttemptOutcome
from fermata.kit.clock import CLOCK_SKEW

_MOST_DOUBLINGS = 16


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long what failed is left alone, in seconds."""

    circuit_s: float = 10.0
    """After a first failure of a target. 10: as long as a restart or a failover behind a load balancer takes."""
    circuit_most_s: float = 300.0
    """The pause doubles with each failed probe, up to this. 300: a target that is down for hours costs 12 calls an
    hour."""
    rate_limited_s: float = 15.0
    """Of a key that was rate limited by a provider that does not say for how long. It doubles as well."""
    out_of_credit_s: float = 3600.0
    """Of a key without credit. 3600: someone has to pay a bill first."""
    unauthorised_s: float = 600.0
    """Of a key that was not accepted. 600: someone has to renew it, and a restart makes Fermata forget."""
    retry_after_most_s: float = 86_400.0
    """The longest pause a provider may ask for. 86,400: a day; some headers say 49 days."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """Why something is left alone, until when, and whether a probe is under way. `CLOSED` is the beginning."""

    reason: AttemptOutcome | None = None
    """`None`: closed."""
    until: datetime | None = None
    """End of the pause; `None` exactly when it is closed."""
    opened_at: datetime | None = None
    failures: int = 0
    """In a row, those of concurrent calls counted once."""
    is_probing: bool = False

    def get_state(self, now: datetime) -> str:
        """Return `closed`, `open` or `half-open`."""
        if self.until is None:
            return "closed"
        return "open" if now < self.until else "half-open"

    def as_of(self, now: datetime) -> Breaker:
        """Return the state as it is believed: nothing of one that opened in a time to come, by a clock set back since.

        Else it would stay open for as long as the clock was wrong, and no good answer would be younger than it.
        """
        return CLOSED if self.opened_at is not None and self.opened_at - now > CLOCK_SKEW else self

    def admits(self, now: datetime) -> bool:
        """Answer whether a call may be made: always when closed, one at a time when half-open."""
        return self.until is None or (now >= self.until and not self.is_probing)

    def begin(self) -> Breaker:
        """Return the state once a call was let through."""
        return self if self.until is None else replace(self, is_probing=True)

    def succeed(self, sent_at: datetime) -> Breaker:
        """Return the state after a good answer. One to a call from before the failure proves nothing."""
        if self.opened_at is not None and sent_at < self.opened_at:
            return self
        return CLOSED

    def give_up(self) -> Breaker:
        """Return the state after a call that ended without telling anything, such as a cancelled one."""
        return replace(self, is_probing=False) if self.is_probing else self

    def fail(self, reason: AttemptOutcome, *, sent_at: datetime, now: datetime, pause: timedelta) -> Breaker:
        """Return the state after a failure.

        Args:
            reason: How the call ended.
            sent_at: When it was made: of fifty calls under way when a target breaks, the first opens the breaker, and
                the others must not count as failed probes.
            now: When it ended.
            pause: See `compute_pause`. An earlier end never replaces a later one.
        """
        if (believed := self.as_of(now)) is not self:
            return believed.fail(reason, sent_at=sent_at, now=now, pause=pause)
        is_late = self.opened_at is not None and sent_at < self.opened_at
        until = now + pause
        if self.until is not None and self.until > until:
            until = self.until
        return Breaker(
            reason=reason,
            until=until,
            opened_at=self.opened_at if is_late else now,
            failures=self.failures if is_late else self.failures + 1,
            is_probing=self.is_probing and is_late,
        )


CLOSED = Breaker()
"""Nothing is known against it."""


def compute_pause(
    outcome: AttemptOutcome,
    pauses: Pauses,
    *,
    failures: int,
    retry_after_s: float | None = None,
    is_lasting: bool = False,
) -> timedelta:
    """Return how long to leave alone what just failed.

    Args:
        outcome: How the call ended.
        pauses: The settings.
        failures: How many failures in a row came before this one.
        retry_after_s: What the provider asked for. It is obeyed for a rate limit, and never shortens another pause.
        is_lasting: Somebody has to mend it: the first pause is the longest one already.
    """
    asked = min(retry_after_s or 0.0, pauses.retry_after_most_s)
    doubled = 2.0 ** min(failures, _MOST_DOUBLINGS)
    if outcome is AttemptOutcome.OUT_OF_CREDIT:
        own = pauses.out_of_credit_s
    elif outcome is AttemptOutcome.UNAUTHORISED:
        own = pauses.unauthorised_s
    elif outcome is AttemptOutcome.RATE_LIMITED:
        # The provider knows best when it says so; a header of 0 seconds is none.
        own = asked or min(pauses.rate_limited_s * doubled, pauses.circuit_most_s)
    else:
        own = pauses.circuit_most_s if is_lasting else min(pauses.circuit_s * doubled, pauses.circuit_most_s)
    return timedelta(seconds=max(own, asked))
