"""What a state that is asked of Terraform itself cannot tell."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from fermata.integrations.terraform.client import FileStore, StoredState, read_state
from fermata.integrations.terraform.collect import StateChangeCollector
from fermata.integrations.terraform.settings import FileState
from fermata.kit.errors import OperationalError
from fermata.kit.terraform_state import parse_state
from fermata.testing.clock import FakeClock
from fermata.testing.records import make_scope


def give(*states):
    """Give serials that are read."""
    reads = {}
    for state in states:
        reads[state.place] = asyncio.get_running_loop().create_future()
        reads[state.place].set_result(state)
    return reads


class PulledState:
    """A store as `terraform state pull` is one: the newest serial, and no time."""

    @asynccontextmanager
    async def open(self, since):
        """Give it."""
        del since
        state = parse_state({"version": 4, "serial": 7, "lineage": "c0ffee", "resources": []})
        yield give(StoredState(state, "terraform state pull", None))


async def test_serial_of_unknown_time_is_a_gap_and_no_silence():
    """It may be the very change that is looked for."""
    collector = StateChangeCollector("shop", (), PulledState(), FakeClock())

    with pytest.raises(OperationalError, match="Serial 7 of shop may have been written in the window"):
        await collector.collect(make_scope("service/checkout"))


async def test_workspace_of_other_services_is_no_gap():
    """Nobody is told of what does not concern the incident."""
    collector = StateChangeCollector("shop", ("mail",), PulledState(), FakeClock())

    assert await collector.collect(make_scope("service/checkout")) == ()


class KeptStates:
    """A store of serials with the given times, newest first."""

    def __init__(self, *times):
        self._times = times

    @asynccontextmanager
    async def open(self, since):
        """Give them, each with another size."""
        del since
        states = []
        for at, time in enumerate(self._times):
            resource = {"type": "a", "name": "b", "instances": [{"attributes": {"size": at}}]}
            state = parse_state({"serial": 99 - at, "resources": [resource]})
            states.append(StoredState(state, f"{99 - at}.tfstate", time))
        yield give(*states)


async def test_serial_whose_time_is_not_known_is_told_beside_the_others():
    """It may be the one; what was written before the window cannot."""
    scope = make_scope("service/checkout")
    within, before = scope.window_start + timedelta(minutes=1), scope.window_start - timedelta(days=1)

    (item,) = await StateChangeCollector("shop", (), KeptStates(within, None, before), FakeClock()).collect(scope)
    told = await StateChangeCollector("shop", (), KeptStates(within, before, None), FakeClock()).collect(scope)

    assert item.cut == (
        "Serial 98 of shop may have been written in the window: its time is not known: 98.tfstate was written with the "
        "serial after it"
    )
    assert [one.cut for one in told] == [""]


async def test_only_serial_that_may_be_of_the_window_is_a_gap():
    """Nothing else is told, and silence would be taken for none."""
    scope = make_scope("service/checkout")
    after = scope.window_end + timedelta(minutes=1)

    with pytest.raises(OperationalError, match="Serial 98 of shop may have been written in the window: its time"):
        await StateChangeCollector("shop", (), KeptStates(after, None, None), FakeClock()).collect(scope)


@pytest.mark.parametrize(("kept", "why"), [(3, "97.tfstate keeps no earlier serial"), (12, "the newest 12 serials")])
async def test_oldest_serial_of_the_window_is_told_beside_the_others(kept, why):
    """What it changed nobody can tell, nor what came before where a long run wrote many."""
    scope = make_scope("service/checkout")
    times = [scope.window_end - timedelta(seconds=20 * number) for number in range(kept)]

    items = await StateChangeCollector("shop", (), KeptStates(*times), FakeClock()).collect(scope)

    assert len(items) == kept - 1
    assert f"was written in the window, and what it changed is not known: {why}" in items[0].cut


def write_state(path, serial):
    """Write a state of one serial."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 4, "serial": serial, "lineage": "c0ffee", "resources": []}))


@pytest.mark.parametrize("history", ["", "old/*.tfstate", "{}/old/*.tfstate"])
async def test_history_may_lie_anywhere_and_a_backup_has_no_time(tmp_path, history):
    """The backup is written with the serial after it; a history file of the same serial is its own."""
    path = tmp_path / "t.tfstate"
    write_state(path, 9)
    write_state(tmp_path / "t.tfstate.backup", 8)
    write_state(tmp_path / "old" / "7.tfstate", 7)
    write_state(tmp_path / "old" / "8.tfstate", 8)

    async with FileStore(FileState(path=path, history=history.format(tmp_path))).open() as reads:
        states = [await one for one in reads.values()]

    assert [one.state.serial for one in states] == ([9, 8, 7] if history else [9, 8])
    assert (states[1].written_at is None) == (not history)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04plan", "it is a plan, not a state"),
        (b"{", "it is not JSON"),
        (b" ", "nothing has been applied yet"),
    ],
)
def test_what_is_no_state_is_told_apart(content, why):
    """A plan beside it has a name much like it."""
    with pytest.raises(OperationalError) as caught:
        read_state(content, "t.tfplan")

    assert why in caught.value.why
