"""What systemctl and journalctl print, and what becomes of their failures. Scripts stand in for both programs."""

from datetime import UTC, datetime

import pytest

from fermata.integrations.systemd.client import (
    AnswerLost,
    JobFailed,
    NotDelivered,
    SystemdClient,
    SystemdFault,
)
from fermata.kit.errors import OperationalError

SHOW = """\
Id=checkout.service
ExecStart={ path=/bin/a ; argv[]=/bin/a one ; ignore_errors=no ; start_time=[n/a] }
ExecStart={ path=/bin/b ; argv[]=/bin/b two ; ignore_errors=no ; start_time=[n/a] }
MainPID=0
MemoryMax=infinity
MemoryCurrent=18446744073709551615
ExecMainStartTimestamp=Sat 2026-11-28 10:00:30 UTC
ExecMainExitTimestamp=
ExecMainCode=2
ExecMainStatus=9
FragmentPath=/etc/systemd/system/checkout.service
DropInPaths=/etc/systemd/system/checkout.service.d/a.conf /run/b.conf
NeedDaemonReload=yes
LoadState=loaded

Id=billing.service
LoadState=not-found
ExecMainCode=0
"""


def client_of(tmp_path, script, timeout_s=5):
    """A client whose commands are run by a script that sees them as its arguments."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return SystemdClient(timeout_s=timeout_s, prefix=(str(path),))


async def test_units_are_read_with_what_is_not_known_left_out(tmp_path):
    """`infinity`, the largest number and an empty time are no values."""
    client = client_of(tmp_path, f"cat <<'EOF'\n{SHOW}EOF")

    checkout, billing = await client.fetch_units(["checkout.service", "billing.service"])

    assert checkout.commands == ("/bin/a one", "/bin/b two")
    assert [checkout.find_number(name) for name in ("MemoryMax", "MemoryCurrent", "None")] == [None, None, None]
    assert checkout.find_instant("ExecMainStartTimestamp") == datetime(2026, 11, 28, 10, 0, 30, tzinfo=UTC)
    assert checkout.find_instant("ExecMainExitTimestamp") is None
    assert (checkout.pid, checkout.exit_code, checkout.needs_reload) == (None, -9, True)
    assert len(checkout.paths) == 3
    assert (billing.is_loaded, billing.exit_code) == (False, None)


async def test_no_unit_asks_nothing(tmp_path):
    """Without a name systemctl would show the manager."""
    assert await client_of(tmp_path, "exit 1").fetch_units([]) == ()


async def test_command_gets_its_names_behind_the_options(tmp_path):
    """A name can never be an option; locale and zone are fixed, and nobody is asked for a password."""
    client = client_of(tmp_path, 'echo "$LC_ALL $TZ $*" >&2; exit 1')

    with pytest.raises(SystemdFault) as fault:
        await client.fetch_unit("x.service")

    assert fault.value.why.startswith("C UTC systemctl --no-pager --no-ask-password show --property=Id,")
    assert "-- x.service" in (await _arguments(tmp_path))


async def _arguments(tmp_path):
    client = client_of(tmp_path, 'for last; do all="$all $last"; done; echo "Id=${all##*StatusText }"')
    return (await client.fetch_unit("x.service")).id


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("System has not been booted with systemd as init system (PID 1). Can't operate.", NotDelivered),
        ("Failed to connect to bus: No such file or directory", NotDelivered),
        ("Failed to restart x.service: Access denied", SystemdFault),
        ("Failed to restart x.service: Interactive authentication required.", SystemdFault),
        ("Job for x.service failed because the control process exited with error code.", JobFailed),
        ("A dependency job for x.service failed. See 'journalctl -xe' for details.", JobFailed),
        ("Failed to restart x.service: Unit x.service not found.", SystemdFault),
    ],
)
async def test_failures_are_kept_apart(tmp_path, said, error):
    """Whether anything was done decides what an action may say."""
    client = client_of(tmp_path, f'echo "{said}" >&2; exit 1')

    with pytest.raises(error) as caught:
        await client.run("systemctl", "restart", "--", "x.service")

    assert type(caught.value) is error
    assert getattr(caught.value, "is_denied", False) == ("enied" in said or "authentication" in said)


async def test_command_that_hangs_may_have_been_done(tmp_path):
    """What became of it is not known."""
    with pytest.raises(AnswerLost, match=r"systemctl restart did not end within 0\.2 s"):
        await client_of(tmp_path, "exec sleep 60", 0.2).run("systemctl", "restart", "--", "x.service")


async def test_machine_without_systemd_is_told():
    """There is no such program."""
    with pytest.raises(NotDelivered, match="systemctl cannot be run"):
        await SystemdClient(prefix=("/no/such/program",)).fetch_services()


ENTRIES = r"""
{"__REALTIME_TIMESTAMP":"1795860878000002","MESSAGE":"second","PRIORITY":"3","UNIT_RESULT":["a","b"]}
{"__REALTIME_TIMESTAMP":"1795860878000001","MESSAGE":[102,105,114,255],"PRIORITY":"x"}
not json
{"MESSAGE":"without a time"}
{"__REALTIME_TIMESTAMP":"1795860878000000","MESSAGE":null}
"""


async def test_journal_comes_oldest_first(tmp_path):
    """Bytes that are no UTF-8 come as numbers, several values as a list, and what is no entry is left out."""
    client = client_of(tmp_path, f"cat <<'EOF'\n{ENTRIES}EOF")

    tail = await client.fetch_journal(["UNIT=x"], lines=2)

    assert [entry.message for entry in tail.entries] == ["fir\ufffd", "second"]
    assert [entry.priority for entry in tail.entries] == [None, 3]
    assert tail.entries[1].fields["UNIT_RESULT"] == "b"
    assert tail.is_cut


async def test_journal_that_says_too_much_is_cut_at_its_oldest(tmp_path, monkeypatch):
    """The newest come first out of journalctl."""
    monkeypatch.setattr("fermata.integrations.systemd.client.LARGEST_OUTPUT_BYTES", 150)

    tail = await client_of(tmp_path, f"cat <<'EOF'\n{ENTRIES.strip()}\nEOF\nyes").fetch_journal([], lines=2)

    assert [entry.message for entry in tail.entries] == ["second"]
    assert tail.is_cut


async def test_journal_that_is_not_ours_to_read_is_told(tmp_path):
    """As a failure, or as a hint beside what little may be seen."""
    refused = client_of(tmp_path, "echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1")
    with pytest.raises(SystemdFault, match="group systemd-journal") as fault:
        await refused.fetch_journal([], lines=1)
    assert fault.value.is_denied

    hinted = client_of(tmp_path, "echo 'Hint: You are currently not seeing messages from other users' >&2")
    assert "not seeing messages" in (await hinted.fetch_journal([], lines=1)).hint


async def test_name_that_systemd_says_nothing_of_is_an_error(tmp_path):
    """An answer without a unit is none."""
    with pytest.raises(OperationalError, match="says nothing of x"):
        await client_of(tmp_path, "true").fetch_unit("x.service")
