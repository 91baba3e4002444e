"""What is known to have broken a case, because somebody broke it on purpose: what a diagnosis is held against."""

from __future__ import annotations

from pydantic import Field

from fermata.domain.experiment import FaultSpec
from fermata.domain.record import Record, Text


class Accepted(Record):
    """A place, and the causes that name rightly what was done there."""

    service: Text
    causes: tuple[Text, ...] = Field(min_length=1)
    """Ids of the signature catalogue."""


class KnownFactor(Record):
    """The fault of a rehearsal, as `expected.json` keeps it beside the bundle. A team may edit what is accepted."""

    version: int = Field(default=1, ge=1, le=1)
    experiment_id: Text
    verdict: Text
    """Of the rehearsal."""
    fault: FaultSpec
    service: Text
    """With `callee`, the caller."""
    callee: str = ""
    accepted: tuple[Accepted, ...] = Field(min_length=1)
    """The first is where the fault was."""
    journeys: tuple[str, ...] = ()
    """What the alerts are about and no service is: to name one of these is to say again that it was not served."""

    @property
    def place(self) -> str:
        """Return the target as plans write it: a service, or `caller->callee`."""
        return f"{self.service}->{self.callee}" if self.callee else self.service
