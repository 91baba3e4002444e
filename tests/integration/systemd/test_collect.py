"""What is read of a real systemd: state, journal, environment and resources of its services."""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import DesiredFacts, EnvironmentFacts, LogFacts, ResourceFacts, StateFacts, WorkloadPhase
from fermata.integrations.systemd.client import SystemdClient
from fermata.integrations.systemd.system import Systemd, SystemdSettings
from fermata.kit.clock import SystemClock
from fermata.testing.records import make_scope

SECRET = "hunter2-Vq8x"
HEALTHY = f"""\
[Service]
ExecStart=/usr/bin/python3 -S -c "print('ready', flush=True); import time; time.sleep(600)"
Environment=PAYMENT_TIMEOUT_MS=250 DB_PASSWORD={SECRET} "GREETING=good day"
MemoryMax=64M
LimitNOFILE=512:1024

[Install]
WantedBy=multi-user.target
"""
CRASHING = """\
[Unit]
StartLimitIntervalSec=60
StartLimitBurst=3

[Service]
ExecStart=/usr/bin/python3 -S -c "raise ValueError('no such tariff')"
Restart=on-failure
RestartSec=100ms
"""
ONCE = """\
[Service]
ExecStart=/bin/sh -c "echo '<3>disk is full' ; echo 'ERROR: own words'; exit 3"
"""
ABSENT = """\
[Service]
ExecStart=/opt/no-such-program --port 80
"""
REFERRING = "[Unit]\nAfter=shop.service\n[Service]\nExecStart=/bin/sleep 600\n"
"""What runs and names `shop`: systemd goes on knowing it."""


def scope_of(name):
    """The scope of an alert about one service that fires now."""
    return make_scope(f"service/{name}", at=datetime.now(UTC))


@pytest.fixture(scope="module")
def system(rig):
    """Five units in the states that units get into."""
    for name, text in (
        ("checkout.service", HEALTHY),
        ("billing.service", CRASHING),
        ("once.service", ONCE),
        ("absent.service", ABSENT),
        ("mailer@.service", HEALTHY),
    ):
        rig.write_unit(name, text)
    rig.systemctl("daemon-reload")
    rig.systemctl("start", "--no-block", "checkout", "billing", "once", "absent", "mailer@1", "mailer@2")
    rig.wait_property("checkout.service", "SubState", ("running",))
    rig.wait_property("billing.service", "ActiveState", ("failed",))
    rig.wait_property("once.service", "ActiveState", ("failed",))
    rig.wait_property("absent.service", "ActiveState", ("failed",))
    rig.run("journalctl", "--sync")
    return make_system(rig)


def make_system(rig, **settings):
    """The system as the settings build it, at the rig instead of this machine."""
    client = SystemdClient(prefix=rig.prefix, root=Path(f"/proc/{rig.pid}/root"))
    return Systemd(SystemdSettings(**settings), SystemClock(), client=client)


async def collect(system, name, kind, facts):
    """The first evidence of a kind about a service, and its facts."""
    for collector in system.list_collectors():
        for item in await collector.collect(scope_of(name)):
            if item.kind is kind:
                return item, facts.from_json(item.facts)
    return None, None


def text_of(item):
    """The lines of evidence as one text."""
    return "\n".join(line.text for line in item.lines)


async def test_own_units_are_listed_and_the_distributions_are_not(system):
    """Of a template its own name, by which an alert calls it."""
    found = set(await system.list_services())

    assert {"checkout", "billing", "once", "absent", "mailer"} <= found
    assert not any("journald" in name for name in found)


async def test_running_unit_is_told_with_its_limits_and_files(system, rig):
    """The pid, the start, the command, and the file that declares it."""
    item, facts = await collect(system, "checkout", EvidenceKind.STATE, StateFacts)

    assert (item.entity.ref, facts.phase, facts.exits) == ("systemd:unit/checkout.service", WorkloadPhase.RUNNING, 0)
    assert facts.declared_in == "/etc/systemd/system/checkout.service"
    assert facts.files[0].path == facts.declared_in
    assert facts.files[0].is_declaration
    assert facts.command.startswith("/usr/bin/python3 -S -c print('ready'")
    assert facts.pid == int(rig.show("checkout.service", "MainPID"))
    assert abs(facts.started_at - datetime.now(UTC)) < timedelta(minutes=2)


async def test_unit_that_was_given_up_is_a_crash_loop(system):
    """Its ends are counted from the journal, with the exit code of the last."""
    item, facts = await collect(system, "billing", EvidenceKind.STATE, StateFacts)

    assert (facts.phase, facts.exits, facts.exit_code) == (WorkloadPhase.CRASH_LOOP, 3, 1)
    assert "Start request repeated too quickly" in text_of(item)


async def test_unit_that_ended_once_is_exited(system):
    """Nothing starts it again, and the card can say so."""
    item, facts = await collect(system, "once", EvidenceKind.STATE, StateFacts)

    assert (facts.phase, facts.exits, facts.exit_code) == (WorkloadPhase.EXITED, 1, 3)
    assert "Restart=no" in text_of(item)


async def test_program_that_is_not_there_is_told_in_systemds_words(system):
    """It never ran: the exit code 203 alone says nothing to anybody."""
    _, facts = await collect(system, "absent", EvidenceKind.STATE, StateFacts)
    logs, _ = await collect(system, "absent", EvidenceKind.LOGS, LogFacts)
    beside = [item for item in await system.list_collectors()[0].collect(scope_of("once")) if "absent" in item.title]

    assert "No such file or directory" in facts.start_error
    assert facts.exit_code == 203
    assert logs.lines == ()
    assert StateFacts.from_json(beside[0].facts).start_error.startswith("EXEC: ")


async def test_units_at_rest_are_not_mentioned_beside_others(system, rig):
    """A job that did its work, and one that nobody starts, are no news; what is enabled and down is."""
    rig.write_unit("job.service", "[Service]\nType=oneshot\nExecStart=/bin/true\n")
    rig.write_unit("enabled.service", HEALTHY)
    rig.systemctl("daemon-reload")
    rig.systemctl("start", "job")
    rig.systemctl("enable", "enabled")

    names = {item.entity.name for item in await system.list_collectors()[0].collect(scope_of("once"))}
    rig.systemctl("disable", "enabled")

    assert {"once.service", "enabled.service", "absent.service"} <= names
    assert "job.service" not in names


async def test_journal_is_read_in_order_with_the_levels_it_knows(system):
    """A stack stands as it was written, and a priority is said where the line itself says none."""
    item, facts = await collect(system, "billing", EvidenceKind.LOGS, LogFacts)
    once, _ = await collect(system, "once", EvidenceKind.LOGS, LogFacts)

    lines = [line.text for line in item.lines]
    assert lines[0].startswith("Traceback")
    assert lines.count("ValueError: no such tariff") == 3
    assert len(facts.seconds) == len(lines)
    assert [line.text for line in once.lines] == ["ERROR: disk is full", "ERROR: own words"]


async def test_lines_of_the_run_before_are_counted(system, rig):
    """What a former run wrote says nothing of the one that runs now."""
    rig.write_unit("again.service", HEALTHY)
    rig.systemctl("daemon-reload")
    rig.systemctl("start", "again")
    rig.wait_property("again.service", "SubState", ("running",))
    await asyncio.sleep(1.2)  # The start of a run is told in whole seconds.
    rig.systemctl("restart", "again")
    rig.run("journalctl", "--sync")

    item, _ = await collect(system, "again", EvidenceKind.LOGS, LogFacts)

    assert ", 1 entries of them before its present run" in item.title


async def test_environment_is_the_live_one_without_secrets(system):
    """Read of the process itself, with a digest in place of the password."""
    item, facts = await collect(system, "checkout", EvidenceKind.ENVIRONMENT, EnvironmentFacts)

    assert facts.variables["PAYMENT_TIMEOUT_MS"] == "250"
    assert facts.origin.startswith("/proc/")
    assert SECRET not in text_of(item)
    assert "DB_PASSWORD" in facts.variables


async def test_environment_of_a_unit_that_is_down_is_the_declared_one(system, rig):
    """And it is said that this is all."""
    rig.write_unit("idle.service", HEALTHY)
    rig.systemctl("daemon-reload")

    item, facts = await collect(system, "idle", EvidenceKind.ENVIRONMENT, EnvironmentFacts)
    (rig.units / "idle.service").unlink()

    assert facts.variables["PAYMENT_TIMEOUT_MS"] == "250"
    assert "it does not run" in item.cut


async def test_environment_of_a_unit_that_is_down_has_what_its_files_set(system, rig, tmp_path):
    """A file of variables goes over what the unit sets itself; one that is not there is named."""
    listed = tmp_path / "files.env"
    listed.write_text("# ours\nPAYMENT_TIMEOUT_MS=500\nREGION='eu'\n")
    text = HEALTHY.replace("MemoryMax", f"EnvironmentFile={listed}\nEnvironmentFile=-/etc/absent.env\nMemoryMax")
    rig.write_unit("filed.service", text)
    rig.systemctl("daemon-reload")

    item, facts = await collect(system, "filed", EvidenceKind.ENVIRONMENT, EnvironmentFacts)
    (rig.units / "filed.service").unlink()

    assert (facts.variables["PAYMENT_TIMEOUT_MS"], facts.variables["REGION"]) == ("500", "eu")
    assert SECRET not in text_of(item)
    assert facts.origin == "Environment= and EnvironmentFile= of filed.service"
    assert "without /etc/absent.env, which cannot be read" in item.cut


async def test_variables_that_systemd_has_not_read_are_told_as_declared(system, rig):
    """The file on disk has one more; what systemd would start has not."""
    path = rig.write_unit("edited.service", HEALTHY)
    rig.systemctl("daemon-reload")
    rig.systemctl("start", "edited.service")
    path.write_text(HEALTHY.replace("[Install]", "Environment=CURRENCY=eur\n[Install]"))

    item, facts = await collect(system, "edited", EvidenceKind.DESIRED, DesiredFacts)
    rig.systemctl("stop", "edited.service")
    path.unlink()

    assert facts.variables["CURRENCY"] == "eur"
    assert (facts.path, facts.read_by) == ("/etc/systemd/system/edited.service", "systemctl daemon-reload")
    assert SECRET not in text_of(item)
    assert "not read by systemd yet" in item.title


async def test_resources_are_told_against_their_limits(system):
    """Memory by the control group, files by the process."""
    _, facts = await collect(system, "checkout", EvidenceKind.RESOURCES, ResourceFacts)

    assert (facts.memory_limit_bytes, facts.memory_limit_kind) == (64 * 1024**2, "MemoryMax")
    assert 0 < facts.memory_bytes < 64 * 1024**2
    assert facts.open_files_limit == 512
    assert facts.open_files > 0


async def test_template_means_its_instances(system):
    """An alert that names `mailer` is about each of them."""
    state = system.list_collectors()[0]

    names = [item.entity.name for item in await state.collect(scope_of("mailer")) if "beside" not in item.title]

    assert names == ["mailer@1.service", "mailer@2.service"]


@pytest.mark.parametrize("name", ["nothing-of-the-kind", "app@", "checkout.example.com", "-x"])
async def test_name_that_no_unit_has_gives_nothing(system, name):
    """Also one that systemd itself refuses to look up."""
    for collector in system.list_collectors():
        assert not await collector.collect(scope_of(name))


async def test_file_that_was_changed_and_not_read_is_told(system, rig):
    """A restart alone would start the old one."""
    rig.systemctl("start", "mailer@3")
    path = rig.write_unit("mailer@.service", HEALTHY.replace("250", "500"))
    later = time.time() + 2
    os.utime(path, (later, later))

    item, facts = await collect(system, "mailer@3", EvidenceKind.STATE, StateFacts)

    assert "systemctl daemon-reload" in text_of(item)
    assert facts.files[0].changed_at > facts.started_at


async def test_stopped_unit_is_stopped_on_purpose(system, rig):
    """Who stopped it stands in systemd's own messages."""
    rig.write_unit("paused.service", HEALTHY)
    rig.systemctl("daemon-reload")
    rig.systemctl("start", "paused")
    rig.systemctl("stop", "paused")
    rig.run("journalctl", "--sync")

    _, facts = await collect(system, "paused", EvidenceKind.STATE, StateFacts)

    assert facts.phase is WorkloadPhase.STOPPED


async def test_health_follows_the_unit(system):
    """Active and old enough is well; given up is as bad as it gets."""
    (probe,) = system.list_probes()

    well = await probe.read(Entity.parse("systemd:unit/checkout.service"), timedelta(0))
    young = await probe.read(Entity.parse("systemd:unit/checkout.service"), timedelta(hours=1))
    down = await probe.read(Entity.parse("systemd:unit/billing.service"), timedelta(0))
    gone = await probe.read(Entity.parse("systemd:unit/none.service"), timedelta(0))

    assert [reading.severity for reading in (well, young, down, gone)] == [0, 1, 3, 3]


async def test_check_finds_everything_in_order(system):
    """systemd, its journal, the units and the rights."""
    findings = await system.check()

    assert all(finding.ok for finding in findings), findings
    assert [finding.name for finding in findings] == [
        "systemd: systemd",
        "systemd: journal",
        "systemd: units",
        "systemd: rights",
    ]


async def test_check_tells_of_a_unit_that_is_not_there(system, rig):
    """A slip in the settings must not look like silence."""
    findings = await make_system(rig, units=("chekout",), health_urls={"billings": "http://localhost/"}).check()

    assert [finding.name for finding in findings if not finding.ok] == ["systemd: units", "systemd: health URLs"]


@pytest.fixture
def declare(system, rig):
    """Declare units of this test alone, and take them away."""
    names = []

    def write(**texts):
        for name, text in texts.items():
            names.append(f"{name}.service")
            rig.write_unit(names[-1], text)
        rig.systemctl("daemon-reload")

    yield write
    rig.run("systemctl", "stop", *names)
    rig.run("systemctl", "reset-failed", *names)
    for name in names:
        (rig.units / name).unlink(missing_ok=True)
    rig.systemctl("daemon-reload")


async def test_unit_whose_dependency_failed_was_not_stopped_by_anybody(system, rig, declare):
    """No start is even tried, and no more is said than that: the one that failed is named."""
    declare(
        ledger="[Service]\nType=oneshot\nExecStart=/bin/false\n",
        shop="[Unit]\nRequires=ledger.service\nAfter=ledger.service\n[Service]\nExecStart=/bin/sleep 600\n",
    )
    rig.run("systemctl", "start", "shop.service")

    item, *_ = await collect(system, "shop", EvidenceKind.STATE, StateFacts)

    assert item.facts["phase"] == WorkloadPhase.EXITED
    assert item.facts["start_error"] == "Dependency failed for shop.service: ledger.service failed"
    assert "could not be started: Dependency failed for shop.service: ledger.service failed" in text_of(item)


async def test_file_of_variables_that_is_not_there_is_named(system, rig, declare):
    """It is said only that there is no such file."""
    declare(shop="[Service]\nEnvironmentFile=/etc/no-such/shop.env\nExecStart=/bin/sleep 600\n")
    rig.run("systemctl", "start", "shop.service")

    item, *_ = await collect(system, "shop", EvidenceKind.STATE, StateFacts)

    assert item.facts["start_error"] == (
        "Failed to load environment files: No such file or directory (/etc/no-such/shop.env)"
    )


async def test_start_that_took_too_long_is_no_refusal(system, rig, declare):
    """Its program ran, and what it waited for stands in its log: that it took too long is a symptom."""
    declare(shop="[Service]\nType=notify\nTimeoutStartSec=1\nExecStart=/bin/sleep 600\n")
    rig.run("systemctl", "start", "shop.service")

    item, *_ = await collect(system, "shop", EvidenceKind.STATE, StateFacts)

    assert item.facts["start_error"] == ""
    assert item.facts["ended_for"] == "start operation timed out"
    assert "shop.service: start operation timed out. Terminating." in text_of(item)


async def test_service_that_ended_well_was_not_stopped(system, rig, declare):
    """That it ran is forgotten at once; the messages tell that nobody stopped it."""
    declare(shop="[Service]\nExecStart=/bin/true\n")
    rig.systemctl("start", "shop.service")
    rig.wait_property("shop.service", "ActiveState", ("inactive",))

    item, *_ = await collect(system, "shop", EvidenceKind.STATE, StateFacts)

    assert item.facts["phase"] == WorkloadPhase.EXITED


async def test_service_that_is_down_is_looked_at_before_one_that_is_called_after_it(system, rig, declare):
    """Systemctl lists nothing that was stopped: its worker, which runs, is another service."""
    declare(shop=HEALTHY, **{"shop-worker": HEALTHY})
    rig.systemctl("start", "shop.service", "shop-worker.service")
    rig.systemctl("stop", "shop.service")

    item, _ = await collect(system, "shop", EvidenceKind.STATE, StateFacts)

    assert (item.entity.name, item.facts["phase"]) == ("shop.service", WorkloadPhase.STOPPED)


async def test_masked_unit_is_told_and_not_passed_over(system, rig, declare):
    """Somebody linked it to nothing, so that it cannot be started."""
    declare(shop="")
    (rig.units / "shop.service").unlink()
    rig.systemctl("mask", "shop.service")

    item, *_ = await collect(system, "shop", EvidenceKind.STATE, StateFacts)

    assert item.facts["start_error"] == "Unit shop.service is masked."


async def test_job_that_ended_well_is_healthy(system, rig, declare):
    """A restart of a job that had failed is verified by its end; it does not stay up."""
    declare(shop="[Service]\nType=oneshot\nExecStart=/bin/sh -c 'test -e /run/shop-mended'\n", keep=REFERRING)
    rig.systemctl("start", "keep.service")
    rig.run("systemctl", "start", "shop.service")
    (probe,) = system.list_probes()
    entity = Entity.parse("systemd:unit/shop.service")
    before = await probe.read(entity, timedelta(seconds=1))
    rig.run("touch", "/run/shop-mended")
    rig.systemctl("start", "shop.service")

    after = await probe.read(entity, timedelta(seconds=1))

    assert (before.severity, after.severity) == (3, 0)
    assert after.text.startswith("did its work, and ended well at ")


@pytest.mark.parametrize("name", ["Nightly-report", "nightly.timer"])
async def test_service_is_found_by_its_description_and_by_what_starts_it(system, rig, declare, name):
    """A check of a monitor is called as people call it, and an alert about a timer is about what it starts."""
    # Wanted by what runs, so that systemd knows of it, as of an enabled one, while it is stopped.
    rig.write_unit("nightly.timer", "[Timer]\nOnCalendar=yearly\n[Install]\nWantedBy=multi-user.target\n")
    declare(nightly="[Unit]\nDescription=Nightly report\n[Service]\nType=oneshot\nExecStart=/bin/false\n")
    rig.systemctl("enable", "--now", "nightly.timer")

    item, facts = await collect(system, name, EvidenceKind.STATE, StateFacts)

    rig.systemctl("stop", "nightly.timer")
    after, _ = await collect(system, name, EvidenceKind.STATE, StateFacts)
    assert facts.phase is WorkloadPhase.UNKNOWN
    assert "nightly.timer is active (waiting), and has not gone off that is known; it is due at " in text_of(item)
    assert "nightly.timer is inactive (dead)" in text_of(after)
    assert "until it is started, it does not start nightly.service" in text_of(after)
    rig.systemctl("disable", "nightly.timer")
    (rig.units / "nightly.timer").unlink()
    assert item.entity.ref == "systemd:unit/nightly.service"
    assert facts.names == ("nightly-report", "nightly.timer")
