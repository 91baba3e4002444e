"""Keeping the lease, and noticing when it could not be kept."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from fermata.kit.clock import Clock
from fermata.kit.errors import OperationalError
from fermata.ports.faults import Injection, InjectionState, Injector, InjectorGone

_PARTS = 3
"""Renewals within a lease: two may be lost before the fault is."""
_CONFIRM_S = 30.0
"""How long a system may take to show that the fault is gone. 30: a cluster's controller needs some seconds for it."""
_LOOK_S = 0.25
_FEWEST_REFUSED = 2
"""Looks that find nobody, one after the other: a proxy that is started anew has lost its fault, too."""
_LATE_S = 1.0
"""A fault is gone so long after its lease at the latest (`ports.faults.Injector`)."""


class LeaseKeeper:
    """Renews one injection's lease, looks at it, and ends it."""

    def __init__(self, injector: Injector, injection: Injection, lease: timedelta, clock: Clock) -> None:
        self._injector = injector
        self._injection = injection
        self._lease = lease
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self.kept_until = self._loop.time() + lease.total_seconds()
        """When the lease runs out, as far as renewals are known to have arrived."""
        self.states: list[tuple[float, InjectionState]] = []
        """Every look, with the loop's time."""
        self.gone = ""
        """Why the injector cannot be asked any more; empty while it may only be slow."""
        self._refusals = 0

    @property
    def is_lost(self) -> bool:
        """Answer whether the lease must have run out."""
        return self._loop.time() > self.kept_until

    @property
    def affected(self) -> int:
        """Return how many calls the fault has hit, as last seen."""
        return max((state.affected for _, state in self.states), default=0)

    async def keep(self) -> None:
        """Renew until cancelled. A renewal that fails is tried again at the next turn."""
        lease_s = self._lease.total_seconds()
        while True:
            await self._clock.sleep(lease_s / _PARTS)
            sent = self._loop.time()
            try:
                await self._injector.renew(self._injection, self._lease)
            except OperationalError:
                continue
            # Counted from when it was asked for: it cannot have begun earlier, and the answer may be slow.
            self.kept_until = sent + lease_s

    async def keep_looking(self, every_s: float) -> None:
        """Look at the fault until cancelled."""
        while True:
            await self.look()
            await self._clock.sleep(every_s)

    async def look(self) -> InjectionState | None:
        """Look once; `None` when it cannot be seen."""
        try:
            state = await self._injector.observe(self._injection)
        except InjectorGone as error:
            self._refusals += 1
            # What to do belongs to it: what leads through an injector that has died does not work until it is back.
            told = f"{error.what}: {error.why}" + (f". {error.do}" if error.do else "")
            self.gone = told if self._refusals >= _FEWEST_REFUSED else ""
            return None
        except OperationalError:
            return None
        self.gone, self._refusals = "", 0
        self.states.append((self._loop.time(), state))
        return state

    async def end(self) -> bool:
        """Withdraw the fault and wait until it is seen to be gone and to hit nothing; false when it is not.

        An injector that is gone is not waited for longer than a lease may last: nobody will ever show it.
        """
        until = self._loop.time() + max(_CONFIRM_S, self._lease.total_seconds() + 1)
        is_told = False
        while self._loop.time() < until:
            is_told = is_told or await self._tell()
            state = await self.look()
            if self.gone and self._loop.time() > self.kept_until + _LATE_S:
                return False
            if state is not None and not state.active:
                await self._clock.sleep(_LOOK_S)
                again = await self.look()
                if again is not None and not again.active and again.affected == state.affected:
                    return True
            await self._clock.sleep(_LOOK_S)
        return False

    async def _tell(self) -> bool:
        try:
            await self._injector.withdraw(self._injection)
        except OperationalError:
            return False
        return True

    def measure(self, since: float, until: float, *, call_s: float) -> dict[str, float]:
        """Return what the injector measured of the calls in a span of the loop's time, by the prediction's names.

        Empty where it measures none, or was not seen twice in that span.

        Args:
            call_s: How long a call takes under the fault. Calls that were held together end together, in waves: their
                rate is told only of a span of two waves.
        """
        seen = [(at, state.numbers) for at, state in self.states if since <= at <= until and state.numbers]
        if len(seen) < 2:
            return {}
        (first_at, first), (last_at, last) = seen[0], seen[-1]
        calls = last["calls"] - first["calls"]
        call_seconds = last["call_seconds"] - first["call_seconds"]
        took = last_at - first_at
        found = {"in_flight": call_seconds / took}
        if calls and took >= 2 * call_s:
            found |= {"calls_per_s": calls / took, "wait_ms": call_seconds / calls * 1000}
        return found
