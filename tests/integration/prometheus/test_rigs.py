"""The rigs start real servers, say why one does not start, and leave nothing behind."""

import asyncio
import os
import signal

import pytest

from fermata.integrations.prometheus.client import PrometheusClient
from fermata.integrations.prometheus.settings import PrometheusSettings
from fermata.kit.errors import OperationalError, TransientError, UserError
from fermata.testing import rigs
from fermata.testing.rigs import AlertmanagerRig, PrometheusRig, find_binaries

pytestmark = pytest.mark.servers


def runs(pid):
    """Answer whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def version(rig):
    """Ask a server who it is."""
    async with PrometheusClient(PrometheusSettings(url=rig.url, timeout_s=1)).connect() as session:
        return await session.fetch_version()


def test_binaries_are_found_on_path(monkeypatch):
    """Where a program is missing, it is `None`, and the caller skips."""
    assert find_binaries().prometheus is not None

    monkeypatch.setenv("PATH", "/nonexistent")

    assert (find_binaries().prometheus, find_binaries().alertmanager) == (None, None)


def test_missing_binary_is_said(monkeypatch):
    """A bench on a bare machine says what it lacks."""
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(UserError, match="There is no Prometheus"):
        PrometheusRig("").start()


def test_broken_configuration_is_told_in_the_servers_words():
    """The last lines of its log say what it did not like."""
    rig = PrometheusRig("scrape_configs: 3")

    with pytest.raises(OperationalError, match="did not become ready") as failure:
        rig.start()

    assert "cannot unmarshal" in failure.value.why
    assert rig.pid is None


def test_stopped_rig_leaves_no_process_and_no_folder():
    """Its process, its data and its port are gone."""
    rig = PrometheusRig("")
    rig.start()
    pid, folder = rig.pid, rig.folder
    assert asyncio.run(version(rig))

    rig.stop()
    rig.stop()

    assert not runs(pid)
    assert not folder.exists()
    with pytest.raises(TransientError, match="cannot be reached"):
        asyncio.run(version(rig))


def test_given_folder_is_kept(tmp_path):
    """A bench reads the data and the log afterwards."""
    with AlertmanagerRig("route: {receiver: none}\nreceivers: [{name: none}]\n", root=tmp_path / "rig") as rig:
        assert rig.port > 0

    assert (tmp_path / "rig" / "log").exists()


async def test_frozen_server_is_given_up():
    """A real server that is stopped in its tracks accepts connections and never answers."""
    with PrometheusRig("") as rig:
        os.kill(rig.pid, signal.SIGSTOP)
        try:
            with pytest.raises(TransientError, match="did not answer within 1 s"):
                await version(rig)
        finally:
            os.kill(rig.pid, signal.SIGCONT)


def test_lost_race_for_a_port_is_run_again(monkeypatch):
    """A port may be taken between finding and using it: the next one is tried."""
    with PrometheusRig("") as first:
        ports = iter([first.port, rigs.find_free_port()])
        monkeypatch.setattr(rigs, "find_free_port", lambda: next(ports))  # A race cannot be injected otherwise.

        with PrometheusRig("") as second:
            assert second.port != first.port
            assert runs(second.pid)
