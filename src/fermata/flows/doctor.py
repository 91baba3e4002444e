"""The doctor's round: every system is looked at, all at once, and none keeps the others' findings from being told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from fermata.domain.ids import PersonId
from fermata.domain.person import Person
from fermata.flows.boundary import contain
from fermata.kit.errors import FermataError
from fermata.kit.units import format_duration
from fermata.ports.server_clock import listen_to_clocks
from fermata.ports.system import CheckResult, System

DEADLINE = timedelta(seconds=20)
"""For one system. A doctor makes some five calls in a row, with timeouts of 3 to 5 s; one that needs longer hangs."""
LARGEST_SKEW = timedelta(seconds=30)
"""Evidence is put in order with alerts by its time; half a minute is what alert rules wait anyway."""

OnChecked = Callable[[str, Sequence[CheckResult]], None]
"""Called with a system's name and its findings as soon as they are there."""


async def check_systems(
    systems: Mapping[str, System],
    *,
    people: Sequence[Person] = (),
    deadline: timedelta = DEADLINE,
    on_checked: OnChecked | None = None,
) -> Sequence[CheckResult]:
    """Return the findings of every system, in the order of the settings.

    A doctor that crashes or hangs is a finding of its own.

    Args:
        people: Those whose handles are looked up in their channels.
        deadline: For each system; all are looked at at the same time.
    """

    async def look(name: str) -> Sequence[CheckResult]:
        handles = {person.id: person.handles[name] for person in people if name in person.handles}
        found = await _check(name, systems[name], handles, deadline)
        if on_checked is not None:
            on_checked(name, found)
        return found

    return [finding for found in await asyncio.gather(*map(look, systems)) for finding in found]


async def _check(
    name: str, system: System, handles: Mapping[PersonId, str], deadline: timedelta
) -> Sequence[CheckResult]:
    with listen_to_clocks() as skews:
        work = asyncio.ensure_future(contain(f"doctor of {name}", lambda: _ask(name, system, handles)))
        done, _ = await asyncio.wait((work,), timeout=deadline.total_seconds())
        if not done:
            # Not awaited: a doctor that does not let go must not keep the others waiting.
            work.cancel()
            text = (
                f"It has not answered within {format_duration(deadline)}, and was given up. Is something between here "
                "and there dropping packets (a firewall, a VPN that is down, a proxy)? Compare with curl from this "
                "machine, or give it longer: fermata check --deadline 60"
            )
            return [CheckResult(name=f"{name}: doctor", ok=False, text=text)]
    said = work.result()
    broken = (CheckResult(name=f"{name}: doctor", ok=False, text=said.failure),) if said.failed else ()
    found = [*(said.value or ()), *broken]
    if skews and not any(finding.name == f"{name}: clock" for finding in found):
        found.append(_judge_clock(name, skews))
    return found


async def _ask(name: str, system: System, handles: Mapping[PersonId, str]) -> Sequence[CheckResult]:
    try:
        found = await system.check()
        # Where something is missing already, every name would only say so again.
        known = await system.check_people(handles) if handles and all(one.ok for one in found) else ()
        return [*found, *known]
    except FermataError as error:  # What a boundary says leaves out what to do about it.
        return [CheckResult(name=f"{name}: doctor", ok=False, text=str(error))]


def _judge_clock(name: str, skews: Sequence[timedelta]) -> CheckResult:
    """Judge by the answer that is least off: a header is cut to seconds, and an answer may have been under way."""
    skew = min(skews, key=abs)
    if abs(skew) <= LARGEST_SKEW:
        return CheckResult(
            name=f"{name}: clock", ok=True, text=f"the clocks agree within {format_duration(LARGEST_SKEW)}"
        )
    side = "ahead of" if skew > timedelta() else "behind"
    text = (
        f"Its clock is {format_duration(abs(skew))} {side} this machine's: what it tells would be put in the wrong "
        "order, and signed requests may be refused. Turn time synchronisation on (timedatectl set-ntp true), here first"
    )
    return CheckResult(name=f"{name}: clock", ok=False, text=text)
