import asyncio
import os
import signal
import socket
import threading
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.action import Outcome
from fermata.domain.entity import Entity
from fermata.testing.action_contract import KEY, plan_action

CHECKOUT = Entity.parse("supervisor:process/checkout")
DOUBLED = {"limit_bytes": 128 * 1024**2}


class _Proxy:
    """A unix socket in front of supervisord's that does something before it passes on a certain call."""

    def __init__(self, rig, method, act, nth=1):
        self.path = rig.socket_dir / "p.sock"
        self._target, self._method, self._act = rig.socket, method.encode(), act
        self._left = nth
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
            self._left -= 1
            if self._left == 0:
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

    def make(name, method, act=None, nth=1):
        proxies.append(_Proxy(shop, method, act or shop.kill, nth))
        return shop.action(name, url=f"unix://{proxies[0].path}")

    yield make
    for proxy in proxies:
        proxy.close()


@pytest.mark.kill
@pytest.mark.parametrize("method", ["reloadConfig", "stopProcessGroup", "removeProcessGroup", "addProcessGroup"])
async def test_supervisord_killed_after_the_write_is_unknown(shop, dying, method):
    """The file is written and what became of it cannot be told: never failed, never done, and the words say where."""
    # Files are read once before the write, to see whether more than the change would come into force.
    action = dying("supervisor.set_memory_limit", f"supervisor.{method}", nth=2 if method == "reloadConfig" else 1)
    planned = plan_action(action, CHECKOUT, DOUBLED, await action.dry_run(CHECKOUT, DOUBLED))
    intended_at = datetime.now(UTC)

    result = await action.execute(planned, KEY)
    probed = await shop.action("supervisor.set_memory_limit").probe(planned, KEY, intended_at)

    assert (result.outcome, probed.outcome) == (Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert "is written" in result.detail
    assert "is written" in probed.detail
    assert KEY.mark in (shop.root / "conf.d" / "checkout.ini").read_text()


@pytest.mark.kill
@pytest.mark.parametrize("method", ["getAllConfigInfo", "supervisor.reloadConfig"])
async def test_supervisord_killed_before_the_write_changes_nothing(shop, dying, method):
    """Nothing is written for a supervisord that is not there any more."""
    before = (shop.root / "conf.d" / "checkout.ini").read_text()
    action, planned = await shop.plan("supervisor.set_memory_limit", DOUBLED)

    result = await dying("supervisor.set_memory_limit", method).execute(planned, KEY)

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

    action = dying("supervisor.set_memory_limit", "supervisor.reloadConfig", freeze, nth=2)
    planned = plan_action(action, CHECKOUT, DOUBLED, await action.dry_run(CHECKOUT, DOUBLED))

    result = await action.execute(planned, KEY)

    os.kill(shop.process.pid, signal.SIGCONT)
    assert result.outcome is Outcome.UNKNOWN
    assert "did not answer reloadConfig within 3 s" in result.detail


async def test_written_but_not_taken_up_is_unknown(shop):
    """A crash between the write and the reread: the mark is there, the process still runs with the old value."""
    action, planned = await shop.plan("supervisor.set_memory_limit", DOUBLED)
    change = await action._compute(CHECKOUT, DOUBLED)
    intended_at = datetime.now(UTC)
    action._write(change, KEY.mark)

    result = await action.probe(planned, KEY, intended_at)

    assert result.outcome is Outcome.UNKNOWN
    assert "supervisorctl update checkout" in result.detail


async def test_removed_and_not_added_again_is_unknown(shop):
    """The worst moment to die: the group is gone. The probe says how to bring it back."""
    action, planned = await shop.plan("supervisor.set_memory_limit", DOUBLED)
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
    action, planned = await rig.plan("supervisor.set_memory_limit", DOUBLED)
    intended_at = datetime.now(UTC)
    action._write(await action._compute(CHECKOUT, DOUBLED), KEY.mark)
    await asyncio.sleep(1.5)

    result = await action.probe(planned, KEY, intended_at)

    assert result.outcome is Outcome.UNKNOWN


async def test_restart_probe_sees_a_process_left_stopped(shop):
    """Stopped, perhaps by us, and not started: nobody retries, a person looks."""
    action, planned = await shop.plan("supervisor.restart", {})
    shop.ctl("stop", "checkout")

    result = await action.probe(planned, KEY, datetime.now(UTC))

    assert result.outcome is Outcome.UNKNOWN


async def test_restart_probe_on_another_machine_does_not_guess_within_a_second(shop, monkeypatch):
    """Without /proc the start is known to the second; what fell into that second stays unknown."""
    action, planned = await shop.plan("supervisor.restart", {})
    monkeypatch.setattr(action._site.proc, "is_supervisord", lambda _: False)
    info = await action._site.client.find_process("checkout")
    start = datetime.fromtimestamp(info.start, UTC)

    close = await action.probe(planned, KEY, start + timedelta(milliseconds=500))
    before = await action.probe(planned, KEY, start - timedelta(seconds=1))
    after = await action.probe(planned, KEY, start + timedelta(seconds=2))

    assert [r.outcome for r in (close, before, after)] == [Outcome.UNKNOWN, Outcome.DONE, Outcome.FAILED]


async def test_neighbour_edited_while_supervisord_reads_is_not_taken_up(shop, dying):
    """What was edited between the last look and the reading would come into force unseen: the file is put back."""
    ini, pid = shop.root / "conf.d" / "checkout.ini", shop.read_pid()
    before = ini.read_text()

    def edit():
        main = shop.conf.read_text()
        shop.conf.write_text(main.replace('REGION="eu"', 'REGION="us"'))

    action = dying("supervisor.set_memory_limit", "supervisor.reloadConfig", edit, nth=2)
    planned = plan_action(action, CHECKOUT, DOUBLED, await action.dry_run(CHECKOUT, DOUBLED))

    result = await action.execute(planned, KEY)

    assert result.outcome is Outcome.FAILED
    assert "was edited at the same moment" in result.detail
    assert (ini.read_text(), shop.read_pid()) == (before, pid)
