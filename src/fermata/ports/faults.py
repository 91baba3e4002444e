"""Injecting a fault on purpose, by lease: what is not renewed is gone, whoever has died meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from pydantic import Field

from fermata.domain.experiment import Experiment
from fermata.domain.record import FrozenMap, Record, Text
from fermata.domain.sandbox import Bearer, RunLimits, SandboxFinding
from fermata.kit.errors import TransientError

__all__ = [
    "AddressBook", "CallMeter", "Injection", "InjectionState", "Injector", "InjectorGone", "Relay", "RunLimits",
    "SandboxFinding", "Witness",
]  # fmt: skip


class InjectorGone(TransientError):
    """Nothing listens where the injector was: it has died or was ended, which no patience mends."""


class Injection(Record):
    """A fault that was asked for: what it is renewed, looked at and withdrawn by."""

    experiment_id: Text
    handle: Text
    """The injector's own name for it, the same for the same experiment: injecting twice is one fault. Where an answer
    was lost, the experiment's id stands here, and the fault is found by that."""


class InjectionState(Record):
    """What the injector's side says about a fault now."""

    active: bool
    affected: int = 0
    """Calls or replicas that felt it since it began; it only grows."""
    text: str = ""
    """In words, for people: why it is not active, what is left of the lease."""
    numbers: FrozenMap[str, float] = Field(default_factory=dict, validate_default=True)
    """What it measures of the calls itself, where it sees them: `calls` (ended) and `call_seconds` (calls in flight
    summed over time) only grow, `in_flight` is now. Empty where it sees none."""


class Injector(Protocol):
    """Carries out the faults of one system.

    Contract: `inject` creates nothing when any sandbox finding is not ok, asked anew at that moment. The fault ends by
    itself at most a second after the lease was last renewed, without this process, its store and its network; where a
    system cannot do that (`lease_kept_by`), it ends at the deadline that the created object itself carries.
    """

    @property
    def name(self) -> str:
        """Return the system's name, as targets use it."""
        ...

    @property
    def lease_kept_by(self) -> str:
        """Say in words who ends the fault when nobody renews it."""
        ...

    async def preview(self, experiment: Experiment) -> str:
        """Return what would be created, whole, as a person reads and approves it: YAML or JSON. Creates nothing.

        Raises:
            UserError: This system cannot do this fault, or the target is not specific enough.
        """
        ...

    async def check_sandbox(self, experiment: Experiment) -> tuple[SandboxFinding, ...]:
        """Look whether the target is a sandbox now. A condition that cannot be read is not ok. Creates nothing."""
        ...

    async def inject(self, experiment: Experiment) -> Injection:
        """Begin the fault, with the experiment's lease.

        Raises:
            UserError: The sandbox does not hold; nothing was created.
            OperationalError: It cannot be known whether it began; withdraw it.
        """
        ...

    async def renew(self, injection: Injection, lease: timedelta) -> None:
        """Renew the lease.

        Raises:
            OperationalError: It could not be renewed; the fault may be gone by the time this is tried again.
        """
        ...

    async def observe(self, injection: Injection) -> InjectionState:
        """Look at the fault.

        Raises:
            OperationalError: It cannot be seen.
        """
        ...

    async def withdraw(self, injection: Injection) -> None:
        """End the fault. One that is gone already is no error.

        Raises:
            OperationalError: It could not be told to end; it ends by its lease.
        """
        ...


@runtime_checkable
class Relay(Protocol):
    """What an injector also is when it hits what it stands before, which no setting tells."""

    async def find_upstream(self, experiment: Experiment) -> str:
        """Return where the calls are passed on to now, `host:port`.

        Raises:
            UserError: Nothing of the settings stands there.
            OperationalError: It cannot be asked, or does not say.
        """
        ...


class AddressBook(Protocol):
    """Knows whose an address is, of all that its system runs. Reads and never writes."""

    async def find_bearers(self, host: str, port: int) -> tuple[Bearer, ...]:
        """Return who answers there; several where a name may mean each of them, empty where it is nobody known.

        Raises:
            OperationalError: It cannot be asked.
        """
        ...

    async def list_members(self, group: str) -> tuple[Bearer, ...]:
        """Return who belongs to a group and runs.

        Raises:
            OperationalError: It cannot be asked.
        """
        ...

    async def list_disturbances(self, bearers: Sequence[Bearer], since: datetime) -> tuple[str, ...]:
        """Return in words what was done to some of them since then from outside, by whoever it was; not how they fell.

        Raises:
            OperationalError: It cannot be asked.
        """
        ...


@runtime_checkable
class Witness(Protocol):
    """What an injector also is when it learns what else befell the place while its fault was there."""

    async def list_disturbances(self) -> tuple[str, ...]:
        """Return it in words; never raises for what could not be asked, which it says."""
        ...


@runtime_checkable
class CallMeter(Protocol):
    """What an injector also is when it sees the calls it can break, broken or not."""

    async def measure(self, experiment: Experiment) -> Mapping[str, float]:
        """Return `calls` (ended), `call_seconds` (in flight, summed over time) and `failed` calls; all only grow.

        Raises:
            UserError: Nothing stands where it could see them.
            OperationalError: It cannot be asked.
        """
        ...
