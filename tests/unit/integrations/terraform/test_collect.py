"""What a state that is asked of Terraform itself cannot tell."""

import pytest

from fermata.integrations.terraform.client import StoredState
from fermata.integrations.terraform.collect import StateChangeCollector
from fermata.kit.errors import OperationalError
from fermata.kit.terraform_state import parse_state
from fermata.testing.clock import FakeClock
from fermata.testing.records import make_scope


class PulledState:
    """A store as `terraform state pull` is one: the newest serial, and no time."""

    async def fetch_states(self):
        """Give it."""
        state = parse_state({"version": 4, "serial": 7, "lineage": "c0ffee", "resources": []})
        return [StoredState(state, "terraform state pull", None)]


async def test_serial_of_unknown_time_is_a_gap_and_no_silence():
    """It may be the very change that is looked for."""
    collector = StateChangeCollector("shop", (), PulledState(), FakeClock())

    with pytest.raises(OperationalError, match="Serial 7 of shop may have been written in the window"):
        await collector.collect(make_scope("service/checkout"))


async def test_workspace_of_other_services_is_no_gap():
    """Nobody is told of what does not concern the incident."""
    collector = StateChangeCollector("shop", ("mail",), PulledState(), FakeClock())

    assert await collector.collect(make_scope("service/checkout")) == ()
