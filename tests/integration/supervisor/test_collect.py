import os
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fermata.domain.facts import EnvironmentFacts, LogFacts, ResourceFacts, StateFacts, WorkloadPhase
from fermata.integrations.supervisor.proc import ProcReader
from fermata.kit.errors import OperationalError
from fermata.kit.redaction import describe_secret
from fermata.testing.collector_contract import CollectorContract, cut_off, hold_up


class _Contract(CollectorContract):
    collector = ""

    @pytest.fixture(autouse=True)
    def _use(self, standing_shop):
        self.rig = standing_shop
        if self.rig.process is None or self.rig.process.poll() is not None:
            self.rig.start()
        self.rig.wait_state("checkout", "RUNNING")

    def make_collector(self):
        return self.rig.collector(self.collector)

    def give_scope(self):
        return self.rig.make_scope("service/checkout")

    def give_foreign_scope(self):
        return self.rig.make_scope("service/billing", "host/checkout", "kubernetes:pod/checkout")

    def take_snapshot(self):
        return self.rig.snapshot()

    def break_system(self):
        self.rig.kill()

    def list_secrets(self):
        return [self.rig.SECRET]


class TestStateContract(_Contract):
    collector = "supervisor.state"


class TestLogsContract(_Contract):
    collector = "supervisor.logs"


class TestEnvironmentContract(_Contract):
    collector = "supervisor.environment"


class TestResourcesContract(_Contract):
    collector = "supervisor.resources"


async def test_crashing_process_is_a_crash_loop_with_its_exit_code(rig):
    """XML-RPC forgets the exit code of a process that dies young; supervisord's own log has it."""
    rig.write_program("checkout", rig.CRASH, startsecs=1, startretries=2)
    rig.write_program("profile")
    rig.start()
    rig.wait_state("checkout", "FATAL")

    state, beside = await rig.collect("supervisor.state", "service/checkout")

    facts = StateFacts.from_json(state.facts)
    assert (facts.phase, facts.system_state, facts.exit_code) == (WorkloadPhase.CRASH_LOOP, "FATAL", 1)
    assert facts.exits == 3
    assert any("exited: checkout (exit status 1; not expected)" in line.text for line in state.lines)
    assert beside.entity.ref == "supervisor:process/profile"
    assert StateFacts.from_json(beside.facts).phase is WorkloadPhase.RUNNING


async def test_killed_process_tells_its_signal(shop):
    """A signal is a negative exit code, as everywhere."""
    pid = int(shop.ctl("pid", "checkout"))
    os.kill(pid, 9)
    shop.wait_until(lambda: shop.ctl("pid", "checkout").strip() not in (str(pid), "0"), "another pid")

    state = (await shop.collect("supervisor.state", "service/checkout"))[0]

    facts = StateFacts.from_json(state.facts)
    assert (facts.exit_code, facts.exits, facts.phase) == (-9, 1, WorkloadPhase.RUNNING)
    assert facts.former_end_at is not None
    assert not facts.is_asked_for
    assert 0 <= (facts.started_at - facts.former_end_at).total_seconds() + 1 < 60  # It is told in whole seconds.
    assert any("note: it runs now" in line.text for line in state.lines)


async def test_stopped_process_was_stopped_on_purpose(shop):
    """An operator's stop is neither an end by itself nor a crash."""
    shop.ctl("stop", "checkout")

    state = (await shop.collect("supervisor.state", "supervisor:process/checkout"))[0]

    facts = StateFacts.from_json(state.facts)
    assert (facts.phase, facts.exits, facts.pid) == (WorkloadPhase.STOPPED, 0, None)


async def test_process_that_a_signal_holds_is_paused(rig):
    """It keeps its sockets and answers nobody; supervisord goes on to call it running."""
    rig.write_program("checkout")
    rig.write_program("pricing")
    rig.start()
    for name in ("checkout", "pricing"):
        rig.wait_state(name, "RUNNING")
    pid = int(rig.ctl("pid", "pricing"))
    os.kill(pid, signal.SIGSTOP)

    _, beside = await rig.collect("supervisor.state", "service/checkout")

    facts = StateFacts.from_json(beside.facts)
    assert (facts.phase, facts.system_state) == (WorkloadPhase.STOPPED, "PAUSED")
    assert beside.lines[0].text == "pricing is PAUSED"
    assert f"`kill -CONT {pid}` lets it go on" in beside.lines[-1].text


OWN_LOG = """\
import os, time
os.makedirs({root!r} + "/logs", exist_ok=True)
error = open({root!r} + "/logs/error.log", "a", buffering=1)
error.write("connect() failed (111: Connection refused) while connecting to upstream\\n")
data = open({root!r} + "/data.bin", "a")
print("ready", flush=True)
time.sleep(600)
"""


async def test_log_that_a_process_writes_itself_is_read_as_well(rig):
    """A proxy's errors stand in a file of its own, and in no stream that supervisord keeps."""
    rig.write_program("edge", OWN_LOG.format(root=str(rig.root)))
    rig.start()
    rig.wait_until((rig.root / "data.bin").exists, "its files")

    _, _, own = await rig.collect("supervisor.logs", "service/edge")

    assert LogFacts.from_json(own.facts).path == str(rig.root / "logs" / "error.log")
    assert [line.text for line in own.lines] == [
        "connect() failed (111: Connection refused) while connecting to upstream"
    ]
    assert own.cut == ""


@pytest.mark.parametrize(("rotate", "words"), [(os.unlink, "was deleted"), (None, "a log that was put aside")])
async def test_log_that_was_rotated_under_a_process_is_told_and_read(rig, rotate, words):
    """Nobody finds these lines by the usual name, and the room of a deleted file is not given back."""
    rig.write_program("edge", OWN_LOG.format(root=str(rig.root)))
    rig.start()
    log = rig.root / "logs" / "error.log"
    rig.wait_until((rig.root / "data.bin").exists, "its files")
    rotate(log) if rotate else log.rename(f"{log}.1")

    _, _, own = await rig.collect("supervisor.logs", "service/edge")

    assert len(own.lines) == 1
    assert words in own.cut
    assert "edge still writes to it" in own.cut


async def test_log_that_is_dated_or_numbered_is_not_put_aside(rig):
    """A file of the day, or of a worker, is where everybody looks; beside one of its name without that it is not."""
    rig.write_program("edge", OWN_LOG.format(root=str(rig.root)).replace("error.log", "worker-1"))
    rig.start()
    rig.wait_until((rig.root / "data.bin").exists, "its files")

    _, _, own = await rig.collect("supervisor.logs", "service/edge")
    (rig.root / "logs" / "worker").touch()
    _, _, beside = await rig.collect("supervisor.logs", "service/edge")

    assert own.cut == ""
    assert "put aside" in beside.cut


async def test_state_names_the_file_that_declares_the_process(shop):
    """A restart does not read it anew, so a change there takes more than one."""
    state = (await shop.collect("supervisor.state", "supervisor:process/checkout"))[0]

    assert StateFacts.from_json(state.facts).declared_in == str(shop.root / "conf.d" / "checkout.ini")


async def test_log_lines_have_their_numbers_in_the_file(shop):
    """A person who opens the file finds line 3,017 at line 3,017, whatever was cut before it."""
    log = shop.root / "checkout.err.log"
    log.write_text("".join(f"line {number}\n" for number in range(1, 5001)))

    out, err = await shop.collect("supervisor.logs", "service/checkout", log_bytes=4096)

    facts = LogFacts.from_json(err.facts)
    assert [line.text for line in out.lines] == ["ready"]
    assert all(line.text == f"line {line.number}" for line in err.lines)
    assert (facts.stream, facts.total_lines, err.lines[-1].number) == ("stderr", 5000, 5000)
    assert "4096 of" in err.cut
    assert "of 5000 lines" in err.cut


async def test_log_says_when_its_last_line_was_written(shop):
    """Without times in its lines nothing else tells a failure of now from one of last week."""
    log = shop.root / "checkout.err.log"
    log.write_text("OSError: [Errno 28] No space left on device\n")
    os.utime(log, (1_795_600_000, 1_795_600_000))

    _, err = await shop.collect("supervisor.logs", "service/checkout")

    assert LogFacts.from_json(err.facts).newest_at == datetime.fromtimestamp(1_795_600_000, UTC)


async def test_log_that_is_not_readable_here_comes_from_supervisord(shop, monkeypatch):
    """Through XML-RPC there is only the tail, numbered from 1, and the evidence says so."""
    log = shop.root / "checkout.err.log"
    log.write_text("".join(f"café {number}\x1b[0m\n" for number in range(1, 2001)))
    collector = shop.collector("supervisor.logs", log_bytes=4097)
    # Root may read every file, so the test cannot take the permission away.
    monkeypatch.setattr(collector._site.proc, "is_supervisord", lambda _: False)

    _, err = await collector.collect(shop.make_scope("service/checkout"))

    assert err.query == "supervisor.tailProcessStderrLog('checkout', 0, 4097)"
    assert err.lines[0].number == 1
    assert err.lines[-1].text == "café 2000[0m"
    assert "numbered from the tail" in err.cut


async def test_log_with_broken_bytes_is_still_read(shop):
    """Bytes that are not UTF-8: supervisord cannot send them; the file can be read all the same."""
    (shop.root / "checkout.err.log").write_bytes(b"fine\nbroken \xff byte\n")

    _, err = await shop.collect("supervisor.logs", "service/checkout")

    assert [line.text for line in err.lines] == ["fine", "broken � byte"]


async def test_running_process_shows_the_environment_it_has(shop):
    """The process's own variables, supervisord's included, secrets as comparable digests."""
    shop.wait_state("checkout", "RUNNING")

    (evidence,) = await shop.collect("supervisor.environment", "service/checkout")

    facts = EnvironmentFacts.from_json(evidence.facts)
    assert facts.origin.startswith("/proc/")
    assert facts.variables["PAYMENT_TIMEOUT_MS"] == "250"
    assert facts.variables["RATE"] == "5%"
    assert facts.variables["REGION"] == "eu"
    assert facts.variables["DB_PASSWORD"] == describe_secret(shop.SECRET)
    assert evidence.redactions >= 1


async def test_dead_process_shows_the_environment_it_would_get(rig):
    """What cannot be read from a process that died is read from its configuration."""
    rig.write_program("checkout", rig.CRASH, startsecs=1, startretries=0)
    rig.start()
    rig.wait_state("checkout", "FATAL")

    (evidence,) = await rig.collect("supervisor.environment", "service/checkout")

    facts = EnvironmentFacts.from_json(evidence.facts)
    assert facts.origin == "conf.d/checkout.ini"
    assert facts.variables["PAYMENT_TIMEOUT_MS"] == "250"
    assert facts.variables["RATE"] == "5%"
    assert facts.variables["REGION"] == "eu"
    assert facts.variables["DB_PASSWORD"] == describe_secret(rig.SECRET)


async def test_dead_process_without_a_configuration_is_a_gap(rig):
    """Neither a process nor a file: say what is missing, and what to set."""
    rig.write_program("checkout", rig.CRASH, startsecs=1, startretries=0)
    rig.start()
    rig.wait_state("checkout", "FATAL")

    with pytest.raises(OperationalError, match="config_path"):
        await rig.collect("supervisor.environment", "service/checkout", config_path=None)


async def test_values_can_be_shown_by_name_only(shop):
    """`show_values_of` turns every other value into a digest."""
    (evidence,) = await shop.collect("supervisor.environment", "service/checkout", show_values_of=["PAYMENT_*"])

    variables = EnvironmentFacts.from_json(evidence.facts).variables
    assert variables["PAYMENT_TIMEOUT_MS"] == "250"
    assert variables["REGION"] == describe_secret("eu")


async def test_running_process_is_measured_against_its_limit(shop):
    """Resident memory, its peak, the declared limit and what the host has left."""
    (evidence,) = await shop.collect("supervisor.resources", "service/checkout")

    facts = ResourceFacts.from_json(evidence.facts)
    assert (facts.memory_limit_bytes, facts.memory_limit_kind) == (64 * 1024**2, "ulimit -d")
    assert 1024**2 < facts.memory_bytes <= facts.memory_peak_bytes
    assert facts.host_available_bytes > 0
    assert facts.cpu_seconds >= 0
    assert 0 < facts.open_files < facts.open_files_limit
    shown = f"open files and sockets now: {facts.open_files:,} of {facts.open_files_limit:,}"
    assert shown in [line.text for line in evidence.lines]


@pytest.mark.parametrize("config_path", [True, False])
async def test_dead_process_still_has_its_limit(rig, config_path):
    """The limit is in the file, and supervisord itself knows the command too."""
    rig.write_program("checkout", rig.CRASH, startsecs=1, startretries=0)
    rig.start()
    rig.wait_state("checkout", "FATAL")

    (evidence,) = await rig.collect(
        "supervisor.resources", "service/checkout", config_path=rig.conf if config_path else None
    )

    facts = ResourceFacts.from_json(evidence.facts)
    assert (facts.memory_bytes, facts.memory_limit_bytes) == (None, 64 * 1024**2)
    assert "does not run" in evidence.lines[0].text


async def test_changed_limit_not_in_force_yet_is_said(shop):
    """A file edited and not taken up: the running process has the old limit, and the evidence says both."""
    ini = shop.root / "conf.d" / "checkout.ini"
    ini.write_text(ini.read_text().replace("65536", "131072"))

    (evidence,) = await shop.collect("supervisor.resources", "service/checkout")

    assert ResourceFacts.from_json(evidence.facts).memory_limit_bytes == 128 * 1024**2
    assert any("still has 64 MiB" in line.text for line in evidence.lines)


async def test_program_that_was_edited_since_its_start_is_told(shop):
    """Nobody commits what is mended on the machine at night."""
    script = shop.root / "checkout.py"
    script.touch()
    later = script.stat().st_mtime + 60
    os.utime(script, (later, later))

    state = (await shop.collect("supervisor.state", "service/checkout"))[0]

    (file,) = StateFacts.from_json(state.facts).files
    assert (file.path, file.changed_at) == (str(script), datetime.fromtimestamp(int(later), UTC))
    assert any(f"its command names {script}" in line.text and " after it was" in line.text for line in state.lines)


async def test_run_that_somebody_started_is_told_from_one_that_supervisord_did(shop):
    """It ended by itself once, and what it runs now has come of a person's word."""
    pid = int(shop.ctl("pid", "checkout"))
    os.kill(pid, 9)
    shop.wait_until(lambda: shop.ctl("pid", "checkout").strip() not in (str(pid), "0"), "another pid")
    shop.ctl("restart", "checkout")

    facts = StateFacts.from_json((await shop.collect("supervisor.state", "service/checkout"))[0].facts)

    assert (facts.exits, facts.is_asked_for, facts.former_end_at) == (1, True, None)


@pytest.mark.parametrize(
    ("name", "slow", "read"),
    [
        ("state", "supervisord's log", ["profile", "checkout"]),
        ("logs", "files that profile writes", ["profile", "profile", "checkout", "checkout"]),
        ("environment", "variables of profile", ["checkout"]),
        ("resources", "use of profile", ["checkout"]),
    ],
)
async def test_process_that_is_slow_costs_none_of_the_others(shop, tmp_path, name, slow, read):
    """Linux holds up whoever reads of a process that hangs in its memory; what was read by the deadline is there."""
    collector = shop.collector(f"supervisor.{name}")
    collector._site = replace(collector._site, proc=ProcReader(tmp_path / "proc"))
    hanging = tmp_path / "proc" / shop.ctl("pid", "profile").strip()
    for pid in (shop.ctl("pid"), shop.ctl("pid", "checkout")):
        (tmp_path / "proc" / pid.strip()).parent.mkdir(exist_ok=True)
        (tmp_path / "proc" / pid.strip()).symlink_to(Path("/proc") / pid.strip())

    with hold_up(hanging / "stat"):
        handed = await cut_off(collector, shop.make_scope("service/profile", "service/checkout"), slow)

    assert [item.entity.name for item in handed.evidence] == read
    assert all(("its earlier ends were not read" in item.cut) == (name == "state") for item in handed.evidence)
