import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.integrations.supervisor import config_action
from fermata.integrations.supervisor.config_file import MARK_PLACEHOLDER, make_diff
from fermata.kit.errors import OperationalError, UserError
from fermata.testing.action_contract import KEY, OTHER_KEY, ActionContract, plan_action

CHECKOUT = Entity.parse("supervisor:process/checkout")
DOUBLED = {"limit_bytes": 128 * 1024**2}
TIMEOUT = {"name": "PAYMENT_TIMEOUT_MS", "value": "500"}


class _Contract(ActionContract):
    action = ""

    @pytest.fixture(autouse=True)
    def _use(self, shop):
        self.rig = shop
        self.ini = shop.root / "conf.d" / "checkout.ini"
        self.before = self.ini.read_text()

    def make_action(self):
        return self.rig.action(self.action)

    def give_target(self):
        return CHECKOUT

    def give_missing_target(self):
        return Entity.parse("supervisor:process/billing")

    async def take_snapshot(self):
        return self.rig.snapshot()

    async def cause_drift(self):
        self.ini.write_text(self.ini.read_text().replace("stopwaitsecs=2", "stopwaitsecs=3"))

    async def read_change(self, key):
        """The bytes on disk against those before, the mark replaced by what the dry run shows in its place."""
        after = self.ini.read_text().replace(key.mark, MARK_PLACEHOLDER)
        return make_diff(self.before, after, "conf.d/checkout.ini")

    def break_system(self):
        self.rig.kill()


class _EditContract(_Contract):
    # A diff with secrets shows digests for them and cannot equal the bytes; test_diff_hides_secrets looks at that.
    @pytest.fixture
    def shop(self, rig):
        ini = rig.write_program("checkout")
        ini.write_text(ini.read_text().replace(f',DB_PASSWORD="{rig.SECRET}"', ""))
        rig.start()
        rig.wait_state("checkout", "RUNNING")
        return rig


class TestMemoryLimitContract(_EditContract):
    action = "supervisor.set_memory_limit"

    def give_parameters(self):
        return DOUBLED

    def list_bad_parameters(self):
        return [{}, *({"limit_bytes": bad} for bad in ("131072", 1.5, True, None, 0, -1, 65536))]


class TestSetEnvContract(_EditContract):
    action = "supervisor.set_env"

    def give_parameters(self):
        return TIMEOUT

    def list_bad_parameters(self):
        return [
            {"name": "PAYMENT_TIMEOUT_MS"},
            {"value": "1"},
            {"name": "PAYMENT_TIMEOUT_MS", "value": 500},
            {"name": "A B", "value": "1"},
            {"name": "", "value": "1"},
            {"name": 1, "value": "1"},
            {"name": "TEXT", "value": "two\nlines"},
            {"name": "DB_PASSWORD", "value": "x"},
            {"name": "DATABASE", "value": "postgres://shop:pa55word@db/shop"},
            {"name": "LD_PRELOAD", "value": "/lib/evil.so"},
            {"name": "PATH", "value": "/evil"},
        ]


class TestRestartContract(_Contract):
    action = "supervisor.restart"
    refuses_drift = False  # Nothing of the target is overwritten; the caller's drift check is enough.

    def give_parameters(self):
        return {}

    def list_bad_parameters(self):
        return [{"name": "checkout"}]

    async def read_change(self, key):
        return make_diff(self.before, self.ini.read_text(), "conf.d/checkout.ini")


async def plan(rig, name, parameters, target=CHECKOUT):
    """Return an action and its planned form, after a real dry run."""
    action = rig.action(name)
    return action, plan_action(action, target, parameters, await action.dry_run(target, parameters))


def read_pid(rig, name="checkout"):
    """Return a process's id as supervisord tells it."""
    return int(rig.ctl("pid", name))


def read_proc(rig, file):
    """Return what Linux says of the running checkout."""
    return Path(f"/proc/{read_pid(rig)}/{file}").read_text()


async def test_raised_limit_is_in_force(shop):
    """The edit is taken up: the new process has the new limit, the neighbour is not touched."""
    profile = read_pid(shop, "profile")
    action, planned = await plan(shop, "supervisor.set_memory_limit", DOUBLED)

    result = await action.execute(planned, KEY)

    limits = read_proc(shop, "limits")
    assert result.outcome is Outcome.DONE
    assert "64 MiB -> 128 MiB" in result.detail
    assert "134217728" in next(line for line in limits.splitlines() if line.startswith("Max data size"))
    assert read_pid(shop, "profile") == profile


async def test_undo_restores_every_byte_but_the_mark(shop):
    """The undo that the card offers is an action like any other, and brings the file back."""
    ini = shop.root / "conf.d" / "checkout.ini"
    before = ini.read_text()
    action, planned = await plan(shop, "supervisor.set_env", TIMEOUT)
    await action.execute(planned, KEY)
    undo = planned.dry_run.undo

    action, planned = await plan(shop, undo.name, undo.parameters)
    result = await action.execute(planned, OTHER_KEY)

    assert result.outcome is Outcome.DONE
    assert ini.read_text() == before.replace("]\n", f"]\n; fermata: {OTHER_KEY.mark}\n", 1)


async def test_crash_loop_is_cured_by_its_plan(rig):
    """A process that never stays up keeps its version, so that a plan for it can be approved at all."""
    rig.write_program("checkout", "x = bytearray(100 * 1024**2)\n" + rig.SERVE, startsecs=1, startretries=99)
    rig.start()
    rig.wait_state("checkout", "BACKOFF")
    action, planned = await plan(rig, "supervisor.set_memory_limit", {"limit_bytes": 256 * 1024**2})
    await asyncio.sleep(1.5)
    assert await action.observe_version(CHECKOUT, DOUBLED) == planned.dry_run.observed_version

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "checkout is RUNNING" in result.detail


async def test_diff_hides_secrets(shop):
    """The changed line holds a password too: the card shows its digest, the file keeps its value."""
    action, planned = await plan(shop, "supervisor.set_env", TIMEOUT)

    await action.execute(planned, KEY)

    diff = planned.dry_run.diff
    assert shop.SECRET not in diff
    assert '-environment=PAYMENT_TIMEOUT_MS="250"' in diff
    assert '+environment=PAYMENT_TIMEOUT_MS="500"' in diff
    text = (shop.root / "conf.d" / "checkout.ini").read_text()
    assert f'environment=PAYMENT_TIMEOUT_MS="500",DB_PASSWORD="{shop.SECRET}",RATE="5%%"  ; as declared\n' in text


async def test_secret_variable_is_refused_by_its_old_value(shop):
    """An innocent name with a secret value would put that value on the card as the undo."""
    ini = shop.root / "conf.d" / "checkout.ini"
    ini.write_text(ini.read_text().replace('RATE="5%%"', 'RATE="https://me:pa55word@rates"'))

    with pytest.raises(UserError, match="secret"):
        await plan(shop, "supervisor.set_env", {"name": "RATE", "value": "5"})


async def test_variable_is_added_and_removed(shop):
    """A new variable reaches the process; its undo removes it."""
    action, planned = await plan(shop, "supervisor.set_env", {"name": "FLAG", "value": "100% 'on' duty"})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "FLAG=100% 'on' duty" in read_proc(shop, "environ").split("\0")
    assert dict(planned.dry_run.undo.parameters) == {"name": "FLAG", "value": None}


async def test_whole_group_is_named_in_the_blast_radius(rig):
    """Supervisord takes up a group as a whole: what restarts with the target is counted before."""
    rig.write_program("checkout")
    rig.write_program("profile", extra="autostart=false\n[group:shop]\nprograms=checkout,profile\n")
    rig.start()
    rig.wait_state("shop:checkout", "RUNNING")
    target = Entity.parse("supervisor:process/shop/checkout")
    action, planned = await plan(rig, "supervisor.set_memory_limit", DOUBLED, target)

    result = await action.execute(planned, KEY)

    radius = planned.dry_run.blast_radius
    assert (radius.count, len(radius.entities)) == (2, 2)
    assert "shop:checkout, shop:profile" in radius.text
    assert "not running now" in planned.dry_run.note
    assert result.outcome is Outcome.DONE
    assert "STOPPED" in rig.ctl("status", "shop:profile")


async def test_started_by_hand_is_started_again(rig):
    """A process without autostart that runs must run afterwards too."""
    rig.write_program("checkout", extra="autostart=false\n")
    rig.start()
    rig.ctl("start", "checkout")
    action, planned = await plan(rig, "supervisor.set_memory_limit", DOUBLED)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "RUNNING" in rig.ctl("status", "checkout")


async def test_config_that_supervisord_does_not_use_is_put_back(shop, tmp_path):
    """An edit of another supervisord's files would change nothing: the file is as before, and that is certain."""
    copy = tmp_path / "copy"
    (copy / "conf.d").mkdir(parents=True)
    for name in ("supervisord.conf", "conf.d/checkout.ini"):
        (copy / name).write_text((shop.root / name).read_text())
    before = (copy / "conf.d/checkout.ini").read_text()
    action = shop.action("supervisor.set_memory_limit", config_path=copy / "supervisord.conf")
    planned = plan_action(action, CHECKOUT, DOUBLED, await action.dry_run(CHECKOUT, DOUBLED))

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "no difference" in result.detail
    assert (copy / "conf.d/checkout.ini").read_text() == before


async def test_config_that_supervisord_refuses_is_put_back(shop):
    """Somebody else's broken file stops the reread: ours is put back, and nothing was restarted."""
    ini = shop.root / "conf.d" / "checkout.ini"
    before, pid = ini.read_text(), read_pid(shop)
    action, planned = await plan(shop, "supervisor.set_memory_limit", DOUBLED)
    (shop.root / "conf.d" / "broken.ini").write_text("[program:broken]\nstartsecs=soon\ncommand=/bin/true\n")

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "soon" in result.detail
    assert (ini.read_text(), read_pid(shop)) == (before, pid)


async def test_without_config_path_only_restarts_are_possible(shop):
    """Read-only until told otherwise."""
    with pytest.raises(UserError, match="config_path"):
        await shop.action("supervisor.set_env", config_path=None).dry_run(CHECKOUT, TIMEOUT)

    await shop.action("supervisor.restart", config_path=None).dry_run(CHECKOUT, {})


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ("/srv/run.sh", "names no number"),
        ('sh -c "ulimit -d $LIMIT; exec x"', "names no number"),
        ('sh -c "ulimit -d 1000; ulimit -v 2000; exec x"', "2 limits"),
        ("prlimit --data=1000:2000 x", "soft and a hard"),
    ],
)
async def test_limit_that_is_not_one_plain_number_is_refused(shop, command, why):
    """Where there is nothing to edit, the refusal says where limits can stand."""
    ini = shop.root / "conf.d" / "checkout.ini"
    ini.write_text(f"[program:checkout]\ncommand={command}\n")

    with pytest.raises(UserError, match=why) as caught:
        await plan(shop, "supervisor.set_memory_limit", DOUBLED)

    assert "ulimit -d" in caught.value.do


async def test_stopped_process_is_started_by_a_restart(shop):
    """A restart of what does not run is a start, and the card says so."""
    shop.ctl("stop", "checkout")
    action, planned = await plan(shop, "supervisor.restart", {})

    result = await action.execute(planned, KEY)

    assert "only started" in planned.dry_run.note
    assert result.outcome is Outcome.DONE
    assert "RUNNING" in shop.ctl("status", "checkout")


async def test_restart_that_does_not_stay_up_is_told(rig):
    """The restart happened; that it did not help is the verification's business."""
    rig.write_program("checkout", rig.CRASH, startsecs=1, startretries=0)
    rig.start()
    rig.wait_state("checkout", "FATAL")
    action, planned = await plan(rig, "supervisor.restart", {})

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert "Exited too quickly" in result.detail


async def test_program_that_is_gone_leaves_it_stopped_and_says_so(shop):
    """Stopped and not startable is half done: a person must know."""
    ini = shop.root / "conf.d" / "checkout.ini"
    script = shop.root / "run.sh"
    script.write_text("#!/bin/sh\nexec sleep 600\n")
    script.chmod(0o755)
    ini.write_text(f"[program:checkout]\ncommand={script}\nstartsecs=0\n")
    shop.ctl("update")
    shop.wait_state("checkout", "RUNNING")
    action, planned = await plan(shop, "supervisor.restart", {})
    script.unlink()

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.UNKNOWN
    assert "was stopped and could not be started" in result.detail


async def test_restart_version_follows_the_process(shop):
    """A process that was restarted meanwhile is another one than the plan spoke of."""
    action, planned = await plan(shop, "supervisor.restart", {})
    await asyncio.sleep(1.1)
    assert await action.observe_version(CHECKOUT, {}) == planned.dry_run.observed_version

    shop.ctl("restart", "checkout")

    assert await action.observe_version(CHECKOUT, {}) != planned.dry_run.observed_version


class _Proxy:
    """A unix socket in front of supervisord's that does something before it passes on a certain call."""

    def __init__(self, rig, method, act):
        self.path = rig.socket_dir / "p.sock"
        self._target, self._method, self._act = rig.socket, method.encode(), act
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client, socket.socket(socket.AF_UNIX) as server:
                self._pass_on(client, server)

    def _pass_on(self, client, server):
        request = b""
        while b"</methodCall>" not in request:
            request += client.recv(65536)
        if self._method in request:
            self._act()
        try:
            server.connect(str(self._target))
            server.sendall(request)
            while b"</methodResponse>" not in (chunk := server.recv(65536)) and chunk:
                client.sendall(chunk)
            client.sendall(chunk)
        except OSError:
            return

    def close(self):
        """Stop listening."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@pytest.fixture
def dying(shop):
    """Return a function that gives an action whose supervisord is killed right before a certain call."""
    proxies = []

    def make(name, method, act=None):
        proxies.append(_Proxy(shop, method, act or shop.kill))
        return shop.action(name, url=f"unix://{proxies[0].path}")

    yield make
    for proxy in proxies:
        proxy.close()


@pytest.mark.kill
@pytest.mark.parametrize("method", ["reloadConfig", "stopProcessGroup", "removeProcessGroup", "addProcessGroup"])
async def test_supervisord_killed_after_the_write_is_unknown(shop, dying, method):
    """The file is written and what became of it cannot be told: never failed, never done, and the words say where."""
    action = dying("supervisor.set_memory_limit", f"supervisor.{method}")
    planned = plan_action(action, CHECKOUT, DOUBLED, await action.dry_run(CHECKOUT, DOUBLED))
    intended_at = datetime.now(UTC)

    result = await action.execute(planned, KEY)
    probed = await shop.action("supervisor.set_memory_limit").probe(planned, KEY, intended_at)

    assert (result.outcome, probed.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert "is written" in result.detail
    assert "is written" in probed.detail
    assert KEY.mark in (shop.root / "conf.d" / "checkout.ini").read_text()


@pytest.mark.kill
async def test_supervisord_killed_before_the_write_changes_nothing(shop, dying):
    """Nothing is written for a supervisord that is not there any more."""
    before = (shop.root / "conf.d" / "checkout.ini").read_text()
    action, planned = await plan(shop, "supervisor.set_memory_limit", DOUBLED)

    result = await dying("supervisor.set_memory_limit", "getAllConfigInfo").execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert (shop.root / "conf.d" / "checkout.ini").read_text() == before
    assert (await action.probe(planned, KEY, datetime.now(UTC))).outcome is Outcome.FAILED


@pytest.mark.kill
@pytest.mark.parametrize("method", ["stopProcess", "startProcess"])
async def test_supervisord_killed_during_a_restart_is_unknown(shop, dying, method):
    """It may have been stopped, and nobody is there to ask."""
    action = dying("supervisor.restart", f"supervisor.{method}<")
    planned = plan_action(action, CHECKOUT, {}, await action.dry_run(CHECKOUT, {}))

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.UNKNOWN


@pytest.mark.kill
async def test_hanging_supervisord_is_unknown_after_the_timeout(shop, dying):
    """A stopped supervisord takes the connection and never answers: the wait ends, and the words say it."""

    def freeze():
        os.kill(shop.process.pid, signal.SIGSTOP)

    action = dying("supervisor.set_memory_limit", "supervisor.reloadConfig", freeze)
    planned = plan_action(action, CHECKOUT, DOUBLED, await action.dry_run(CHECKOUT, DOUBLED))

    result = await action.execute(planned, KEY)

    os.kill(shop.process.pid, signal.SIGCONT)
    assert result.outcome is Outcome.UNKNOWN
    assert "did not answer reloadConfig within 3 s" in result.detail


async def test_written_but_not_taken_up_is_unknown(shop):
    """A crash between the write and the reread: the mark is there, the process still runs with the old value."""
    action, planned = await plan(shop, "supervisor.set_memory_limit", DOUBLED)
    change = await action._compute(CHECKOUT, DOUBLED)
    intended_at = datetime.now(UTC)
    action._write(change, KEY.mark)

    result = await action.probe(planned, KEY, intended_at)

    assert result.outcome is Outcome.UNKNOWN
    assert "supervisorctl update checkout" in result.detail


async def test_removed_and_not_added_again_is_unknown(shop):
    """The worst moment to die: the group is gone. The probe says how to bring it back."""
    action, planned = await plan(shop, "supervisor.set_memory_limit", DOUBLED)
    action._write(await action._compute(CHECKOUT, DOUBLED), KEY.mark)
    shop.ctl("stop", "checkout")
    shop.ctl("remove", "checkout")

    result = await action.probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.UNKNOWN
    assert "supervisorctl add checkout" in result.detail


async def test_crash_loop_with_the_old_value_is_not_taken_for_done(rig):
    """A process in a crash loop starts anew all the time: its start time proves nothing."""
    rig.write_program("checkout", rig.CRASH, startsecs=1, startretries=99)
    rig.start()
    rig.wait_state("checkout", "BACKOFF")
    action, planned = await plan(rig, "supervisor.set_memory_limit", DOUBLED)
    intended_at = datetime.now(UTC)
    action._write(await action._compute(CHECKOUT, DOUBLED), KEY.mark)
    await asyncio.sleep(1.5)

    result = await action.probe(planned, KEY, intended_at)

    assert result.outcome is Outcome.UNKNOWN


async def test_restart_probe_sees_a_process_left_stopped(shop):
    """Stopped, perhaps by us, and not started: nobody retries, a person looks."""
    action, planned = await plan(shop, "supervisor.restart", {})
    shop.ctl("stop", "checkout")

    result = await action.probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.UNKNOWN


async def test_restart_probe_on_another_machine_does_not_guess_within_a_second(shop, monkeypatch):
    """Without /proc the start is known to the second; what fell into that second stays unknown."""
    action, planned = await plan(shop, "supervisor.restart", {})
    monkeypatch.setattr(action._site.proc, "is_supervisord", lambda _: False)
    info = await action._site.client.find_process("checkout")
    start = datetime.fromtimestamp(info.start, UTC)

    close = await action.probe(planned, KEY, start + timedelta(milliseconds=500))
    before = await action.probe(planned, KEY, start - timedelta(seconds=1))
    after = await action.probe(planned, KEY, start + timedelta(seconds=2))

    assert [r.outcome for r in (close, before, after)] == [Outcome.UNKNOWN, Outcome.DONE, Outcome.FAILED]


async def test_file_edited_at_the_same_moment_is_left_alone(shop, monkeypatch):
    """The file is compared once more right before it is replaced: a colleague's edit is never lost."""
    ini = shop.root / "conf.d" / "checkout.ini"
    action, planned = await plan(shop, "supervisor.set_memory_limit", DOUBLED)
    replace = config_action.replace_file

    def edit_first(path, expected, content):
        ini.write_text(ini.read_text() + "; by a colleague\n")
        replace(path, expected, content)

    monkeypatch.setattr(config_action, "replace_file", edit_first)

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert ini.read_text().endswith("; by a colleague\n")
    assert list(ini.parent.glob(".*")) == []


async def test_file_keeps_its_mode_owner_and_link(shop):
    """A replaced file is the same to everybody who may read it, and a link stays a link."""
    ini = shop.root / "conf.d" / "checkout.ini"
    real = shop.root / "real.ini"
    ini.rename(real)
    ini.symlink_to(real)
    real.chmod(0o640)
    if os.getuid() == 0:
        os.chown(real, 1, 1)
    action, planned = await plan(shop, "supervisor.set_memory_limit", DOUBLED)
    owner = real.stat()

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.DONE
    assert ini.is_symlink()
    after = real.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (owner.st_mode, owner.st_uid, owner.st_gid)
    assert "131072" in real.read_text()


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
async def test_folder_that_is_not_writable_fails_without_a_trace(shop):
    """A user without the right to write learns it from the doctor and from a clean failure."""
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from fermata.integrations.supervisor.atomic_file import replace_file\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "path = Path(sys.argv[1])\n"
        "try: replace_file(path, path.read_bytes(), b'x')\n"
        "except PermissionError: print('refused')\n"
    )
    ini = shop.root / "conf.d" / "checkout.ini"
    folder = shop.root
    while folder != folder.parent and folder.owner() == "root" and folder.name != "tmp":
        folder.chmod(0o755)
        folder = folder.parent
    before = ini.read_text()

    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code, str(ini)],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
        check=False,
    )

    assert done.stdout == "refused\n", done.stderr
    assert ini.read_text() == before


async def test_version_of_a_vanished_section_cannot_be_observed(shop):
    """A target that is gone is an operational error to the drift check, which fails closed."""
    action, planned = await plan(shop, "supervisor.set_memory_limit", DOUBLED)
    (shop.root / "conf.d" / "checkout.ini").unlink()

    with pytest.raises(OperationalError, match="declares checkout"):
        await action.observe_version(planned.target, planned.parameters)
