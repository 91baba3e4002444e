"""What people say of an incident, and a system that tells of its time."""

import asyncio
from datetime import timedelta

from tests.unit.flows.stage import NOON, Scripted

from fermata.domain.heard import HeardMessage
from fermata.ports.trail import TrailPart

MINUTE = timedelta(minutes=1)
SECRET = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"
TALK = (
    "checkout is down, customers get errors",
    "declaring an incident, I am the IC",
    "it is the new deploy v42, rolled back to v41",
    "error rate is back to normal, mitigated",
    "all good, incident resolved",
)


def make_heard(minute, text, **changes):
    """Give a message of the cards' room, said that many minutes after noon."""
    values = {"platform": "slack", "room": "C1", "id": f"{minute}.0", "at": NOON + minute * MINUTE, "user": "U1"}
    return HeardMessage.model_validate({**values, "text": text, **changes})


class Teller(Scripted):
    """A system that tells a part when it is asked for an incident's time."""

    def __init__(self, part=None, name="slack", error=None):
        super().__init__()
        self.name, self.part, self.error, self.scopes = name, part or TrailPart(), error, []

    def find_trail(self):
        """Return what tells."""
        return self

    async def read_trail(self, scope):
        """Tell it, fail, or never answer."""
        self.scopes.append(scope)
        if self.error is None:
            return self.part
        if self.error == "never":
            await asyncio.Event().wait()
        raise self.error
