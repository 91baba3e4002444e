from datetime import UTC, datetime, timedelta

import pytest

from fermata.integrations.supervisor.client import ProcessInfo
from fermata.integrations.supervisor.main_log import (
    is_restarted_by_supervisord,
    list_endings,
    list_mentions,
    parse_main_log,
)

START = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)
# Written by a supervisord in Kathmandu, 5:45 ahead.
LOG = """\
45,000 INFO cut first line
2026-11-23 17:45:00,100 INFO spawned: 'checkout' with pid 100
2026-11-23 17:45:03,250 WARN exited: checkout (exit status 3; not expected)
2026-11-23 17:45:04,000 WARN exited: checkout-worker (terminated by SIGKILL; not expected)
2026-11-23 17:45:04,500 WARN exited: checkout (terminated by SIGSEGV (core dumped); not expected)
2026-11-23 17:45:05,010 INFO spawned: 'checkout' with pid 101
2026-11-23 17:45:06,020 INFO success: checkout entered RUNNING state, process has stayed up for > than 1 seconds
2026-11-23 17:46:00,000 INFO stopped: checkout (terminated by SIGTERM)
Traceback that has no time
"""


def make_info(name="checkout", group="checkout", pid=101):
    """Return a process started at START."""
    start = int(START.timestamp())
    return ProcessInfo(group, name, "RUNNING", start, 0, start + 60, pid, "", 0, "", "")


def test_zone_comes_from_a_process_that_the_log_names():
    """The log has no zone; a start known from XML-RPC gives it away, to the quarter of an hour."""
    entries = parse_main_log(LOG, [make_info()], timedelta(0))

    assert entries[1].at == datetime(2026, 11, 23, 12, 0, 3, 250000, tzinfo=UTC)
    assert len(entries) == 7


def test_zone_of_this_machine_is_the_fallback():
    """Nothing names it, so it is assumed to be ours."""
    entries = parse_main_log(LOG, [make_info(pid=7)], timedelta(hours=5, minutes=45))

    assert entries[0].at == datetime(2026, 11, 23, 12, 0, 0, 100000, tzinfo=UTC)


def test_endings_are_those_nobody_asked_for():
    """A stop is no crash; a signal is a negative code; a longer name is another process."""
    info = make_info()

    endings = list_endings(parse_main_log(LOG, [info], timedelta(0)), info, [info])

    assert [ending.exit_code for ending in endings] == [3, -11]


def test_name_in_two_groups_tells_nothing():
    """The log does not name the group: rather no ends than another process's."""
    infos = [make_info(group="a"), make_info(group="b", pid=7)]

    assert list_endings(parse_main_log(LOG, infos, timedelta(0)), infos[0], infos) == ()


def test_mentions_are_of_that_name_only():
    """`checkout-worker` is not `checkout`."""
    entries = parse_main_log(LOG, [make_info()], timedelta(0))

    assert not any("checkout-worker" in entry.text for entry in list_mentions(entries, "checkout"))
    assert len(list_mentions(entries, "checkout")) == 6


def test_start_after_a_crash_is_supervisords_own():
    """It had exited, and nobody asked for the next run."""
    info = make_info()

    assert is_restarted_by_supervisord(parse_main_log(LOG, [info], timedelta(0)), info, [info])


@pytest.mark.parametrize(
    "before",
    [
        "",
        "2026-11-23 12:00:04,500 INFO stopped: checkout (terminated by SIGTERM)\n",
        "2026-11-23 12:00:04,500 INFO gave up: checkout entered FATAL state, too many start retries too quickly\n",
        "2026-11-23 12:00:04,500 WARN exited: checkout-worker (exit status 1; not expected)\n",
    ],
)
def test_start_after_anything_else_is_somebodys(before):
    """A stop, a surrender or nothing at all before it: somebody started it."""
    info = make_info()
    log = f"{before}2026-11-23 12:00:05,010 INFO spawned: 'checkout' with pid 101\n"

    assert not is_restarted_by_supervisord(parse_main_log(log, [info], timedelta(0)), info, [info])


def test_restart_of_a_name_in_two_groups_is_not_told():
    """The log does not say whose crash it was."""
    infos = [make_info(group="a"), make_info(group="b", pid=7)]

    assert not is_restarted_by_supervisord(parse_main_log(LOG, infos, timedelta(0)), infos[0], infos)
