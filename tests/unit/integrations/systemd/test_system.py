"""The settings of systemd, and a machine without it."""

import pytest
from pydantic import ValidationError

from fermata.integrations.systemd.client import SystemdClient
from fermata.integrations.systemd.system import Systemd, SystemdSettings
from fermata.kit.clock import SystemClock
from fermata.kit.errors import OperationalError
from fermata.testing.collector_contract import cut_off, hold_up
from fermata.testing.records import make_scope


@pytest.mark.parametrize("name", ["nginx", "nginx.service", "postgresql@15-main", "app-1_b.c"])
def test_service_is_named_with_its_suffix_or_without(name):
    """As people write it."""
    assert SystemdSettings(units=[name]).units == (name,)


@pytest.mark.parametrize("name", ["", "-x", "a b", "backup.timer", "dbus.socket", "app@", "app@.service", "a:b", "*"])
def test_what_is_no_service_is_refused(name):
    """A slip would look like a service that is never there."""
    with pytest.raises(ValidationError, match="is not a service"):
        SystemdSettings(units=[name])


def say_nothing(tmp_path, script):
    """A system whose commands are run by a script."""
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return Systemd(SystemdSettings(), SystemClock(), client=SystemdClient(prefix=(str(path),), root=tmp_path))


async def test_container_without_systemd_is_told_first(tmp_path):
    """The check says why and stops there; a collector leaves a gap in the same words."""
    said = "System has not been booted with systemd as init system (PID 1). Can't operate."
    system = say_nothing(tmp_path, f'echo "{said}" >&2; exit 1')

    (finding,) = await system.check()

    assert not finding.ok
    assert "not in a container" in finding.text
    for collector in system.list_collectors():
        with pytest.raises(OperationalError, match="systemd is not reachable"):
            await collector.collect(make_scope("service/checkout"))
        assert not collector.wants(make_scope("host/web-1"))


UNIT = """Id=checkout.service
LoadState=loaded
ActiveState=active
SubState=running
FragmentPath=/etc/systemd/system/checkout.service
MainPID=7
ExecMainStartTimestamp=Sat 2026-11-28 10:00:30 UTC"""


async def test_journal_that_is_not_readable_is_told_with_what_to_do(tmp_path):
    """State is still state; that the logs are empty would be a lie, so they are a gap."""
    script = (
        f"case $1 in systemctl) cat <<'EOF'\n{UNIT}\nEOF\n;; *) "
        "echo 'Hint: You are currently not seeing messages from other users and the system.' >&2;; esac"
    )
    system = say_nothing(tmp_path, script)

    findings = {finding.name: finding for finding in await system.check()}
    state, logs, *_ = system.list_collectors()
    (told,) = await state.collect(make_scope("service/checkout"))

    assert not findings["systemd: journal"].ok
    assert "group systemd-journal" in findings["systemd: journal"].text
    assert "group systemd-journal" in told.cut
    assert told.facts["phase"] == "running"
    with pytest.raises(OperationalError, match="The journal cannot be read"):
        await logs.collect(make_scope("service/checkout"))


async def test_journalctl_without_patterns_is_asked_for_all_that_the_kernel_wrote(tmp_path):
    """Not every distribution builds it with them; a kill is found all the same."""
    row = (
        '{"__REALTIME_TIMESTAMP":"1795860878000000","MESSAGE":"oom-kill:constraint=X,'
        'task_memcg=/system.slice/checkout.service,task=app,pid=41"}'
    )
    script = (
        f"case $* in systemctl*) cat <<'EOF'\n{UNIT}\nEOF\n;; *--grep*) echo 'Compiled without pattern matching' >&2; "
        f"exit 1;; *_TRANSPORT=kernel*) cat <<'EOF'\n{row}\nEOF\n;; esac"
    )
    system = say_nothing(tmp_path, script)

    (told,) = await system.list_collectors()[0].collect(make_scope("service/checkout"))

    assert any("oom-kill:" in line.text for line in told.lines)


LIMITED = f"""{UNIT}
ControlGroup=/system.slice/checkout.service
MemoryCurrent=1048576
MemoryMax=infinity
MemoryLimit=4194304
MemoryHigh=2097152
CPUUsageNSec=1500000000
TasksCurrent=3
TasksMax=20
LimitNOFILESoft=1024"""


@pytest.mark.parametrize(
    ("quota", "cores"), [("infinity", None), ("500ms", 0.5), ("1.5s", 1.5), ("2s", 2), ("100us", 0.0001)]
)
async def test_limits_of_every_kind_are_read(tmp_path, quota, cores):
    """A limit of the older name counts too, and a span of time for each second is so many cores."""
    system = say_nothing(tmp_path, f"cat <<'EOF'\n{LIMITED}\nCPUQuotaPerSecUSec={quota}\nEOF")

    (told,) = await system.list_collectors()[3].collect(make_scope("service/checkout"))

    texts = [line.text for line in told.lines]
    assert told.facts["cpu_limit_cores"] == pytest.approx(cores)
    assert (told.facts["memory_limit_bytes"], told.facts["memory_limit_kind"]) == (4194304, "MemoryLimit")
    assert told.facts["open_files_limit"] == 1024
    assert "memory is taken back from 2 MiB on, by MemoryHigh" in texts
    assert "processes and threads now: 3 of 20" in texts
    assert (f"cpu limit: {cores:g} cores by CPUQuota" if cores else "") in "\n".join(texts)


async def test_file_with_a_name_that_systemd_refuses_is_passed_over(tmp_path):
    """It would make the question about all the others fail."""
    folder = tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    for name in ("my app.service", "shop@.service", "mail.service"):
        (folder / name).touch()
    (folder / "alias.service").symlink_to("mail.service")
    system = say_nothing(tmp_path, 'for last; do :; done; echo "Id=$last\nLoadState=loaded"')

    assert await system.list_services() == ("mail",)


BOTH = f"""case $* in
*journalctl*_SYSTEMD_UNIT=worker.service*|journalctl*UNIT=worker.service*) exec sleep 60;;
journalctl*) ;;
*\\*.service) cat <<'EOF'
{UNIT}

{UNIT.replace("checkout", "worker").replace("=7", "=8")}
EOF
;;
*worker.service) cat <<'EOF'
{UNIT.replace("checkout", "worker").replace("=7", "=8")}
EOF
;;
*) cat <<'EOF'
{UNIT}
EOF
;; esac"""


@pytest.mark.parametrize(
    ("name", "slow", "read"),
    [
        ("systemd.state", "journal and files of worker.service", ["worker.service", "checkout.service"]),
        ("systemd.logs", "journal of worker.service", ["checkout.service"]),
        ("systemd.environment", "variables of worker.service", ["checkout.service"]),
        ("systemd.resources", "use of worker.service", ["checkout.service"]),
    ],
)
async def test_unit_that_is_slow_costs_none_of_the_others(tmp_path, name, slow, read):
    """What was read by the deadline is there; of the state, what systemd itself says of the slow one too."""
    collectors = say_nothing(tmp_path, BOTH).list_collectors()
    collector = next(one for one in collectors if one.name == name)

    with hold_up(tmp_path / "proc/8/environ", tmp_path / "proc/8/limits"):
        handed = await cut_off(collector, make_scope("service/worker", "service/checkout"), slow)

    assert [item.entity.name for item in handed.evidence] == read
    assert ("not read in time" in handed.evidence[0].cut) == (name == "systemd.state")
