"""A request to stop is a file that nobody has to open a store for."""

import asyncio

import pytest
from tests.unit.flows.experiments.scene import ACTOR

from fermata.flows.experiments.stopping import (
    EVERYTHING,
    ask_to_stop,
    find_request,
    forget_request,
    look_for_stop,
    name_flag,
    wait_for_stop,
)
from fermata.kit.errors import OperationalError, UserError


def test_request_says_who_and_why(tmp_path):
    """It is for one experiment, and gone when it was carried out."""
    ask_to_stop(tmp_path / "new", "exp-1", ACTOR, "lunch")

    assert find_request(tmp_path / "new", "exp-1") == "stopped by dana: lunch"
    assert find_request(tmp_path / "new", "exp-2") == ""
    forget_request(tmp_path / "new", "exp-1")
    assert find_request(tmp_path / "new", "exp-1") == ""


@pytest.mark.parametrize("text", ["", "now", "[]", "{}"])
def test_request_that_cannot_be_read_stops(tmp_path, text):
    """`touch exp-1.stop` is a way to stop."""
    (tmp_path / "exp-1.stop").write_text(text)

    assert find_request(tmp_path, "exp-1") == "stopped by a request that cannot be read"


def test_request_on_a_full_disk_stops(tmp_path):
    """A file without a word in it is enough."""
    (tmp_path / "exp-1.partial").symlink_to("/dev/full")

    ask_to_stop(tmp_path, "exp-1", ACTOR, "lunch")

    assert find_request(tmp_path, "exp-1") == "stopped by a request that cannot be read"


def test_request_that_cannot_be_written_says_what_to_do(tmp_path):
    """The halt file is elsewhere."""
    (tmp_path / "file").write_text("")

    with pytest.raises(OperationalError, match="fermata halt"):
        ask_to_stop(tmp_path / "file", "exp-1", ACTOR, "")


def test_request_for_a_path_is_refused(tmp_path):
    """An id is no way out of the folder."""
    with pytest.raises(UserError, match="is no id"):
        ask_to_stop(tmp_path, "exp-1/../../x", ACTOR, "")


def test_halt_and_a_request_for_everything_stop_it(bench):
    """Each of them is enough."""
    assert look_for_stop(bench.context, "exp-1") == ""

    ask_to_stop(bench.context.folder, EVERYTHING, ACTOR, "")
    assert look_for_stop(bench.context, "exp-1") == "stopped by dana"

    bench.flow.halt.halt(ACTOR, "lunch")
    assert look_for_stop(bench.context, "exp-1").startswith("halted by dana")


async def test_request_in_the_store_stops_a_run_of_another_machine(bench):
    """The flag is seen within half a second."""
    await bench.write(lambda transaction: transaction.flags.put(name_flag("exp-1"), {"words": "stopped by kim"}))

    assert await asyncio.wait_for(wait_for_stop(bench.context, "exp-1"), 5) == "stopped by kim"


async def test_file_is_seen_while_waiting(bench):
    """Whoever waits is told the reason."""
    waiting = asyncio.create_task(wait_for_stop(bench.context, "exp-1"))
    await asyncio.sleep(0)
    ask_to_stop(bench.context.folder, "exp-1", ACTOR, "lunch")

    assert await asyncio.wait_for(waiting, 5) == "stopped by dana: lunch"
