"""Credential plug-ins: run once, within their time, ended with it, and never blamed on the API server."""

import asyncio
import stat
from pathlib import Path

import pytest

from fermata.integrations.kubernetes.client import KubernetesClient
from fermata.integrations.kubernetes.settings import KubernetesSettings
from fermata.kit.errors import OperationalError
from fermata.testing.clock import FakeClock
from fermata.testing.kubernetes_replay import TOKEN, ReplayServer, write_kubeconfig


@pytest.fixture
async def server(tmp_path):
    """Give an API server that says what it is given to say."""
    async with ReplayServer(tmp_path) as replay:
        yield replay


def write_plugin(server, folder, script, version="v1beta1"):
    """Write a credential plug-in that tells of each run in `runs`, and a client whose kubeconfig names it."""
    plugin, path = folder / "plugin", folder / "with-plugin"
    if script is not None:
        plugin.write_text(f"#!/bin/sh\necho $$ >> {folder}/runs\n{script}\n")
        plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    user = f"exec: {{apiVersion: client.authentication.k8s.io/{version}, command: {plugin}}}"
    path.write_text(write_kubeconfig(server.web.url).replace(f"token: {TOKEN}", user))
    return KubernetesClient(KubernetesSettings(kubeconfig=path, timeout_s=1), FakeClock())


def list_runs(folder):
    """Give the process ids of the plug-in's runs."""
    return [int(line) for line in (folder / "runs").read_text().split()]


def is_alive(pid):
    """Answer whether a process of that id is there."""
    return Path(f"/proc/{pid}").exists()


PRINTS = 'echo \'{"status": {"token": "of-\'$$\'"}}\''


@pytest.mark.parametrize("version", ["v1alpha1", "v1beta1", "v1"])
async def test_credential_plugin_gives_the_token(server, tmp_path, version):
    """Clouds bring a program that prints a token; all versions of the protocol print the same."""
    client = write_plugin(server, tmp_path, PRINTS, version)
    server.say("/version", {"gitVersion": "v1"})

    async with client.connect() as session:
        await session.get("/version")

    (pid,) = list_runs(tmp_path)
    assert server.web.requests[0].headers["authorization"] == f"Bearer of-{pid}"


async def test_credential_plugin_runs_once_for_all_calls(server, tmp_path):
    """A gathering asks thirty things at once, and the next one a minute later."""
    client = write_plugin(server, tmp_path, PRINTS)
    server.say("/version", {"gitVersion": "v1"})

    for _ in range(2):
        async with client.connect() as session:
            await asyncio.gather(*(session.get("/version") for _ in range(5)))

    assert len(list_runs(tmp_path)) == 1


async def test_credential_that_ran_out_is_renewed_once_for_all_calls(server, tmp_path):
    """The server's 401 is the only word that it ran out; a second one is an answer."""
    client = write_plugin(server, tmp_path, PRINTS)
    server.refuse("/version", 401, "Unauthorized", "Unauthorized")

    async with client.connect() as session:
        found = await asyncio.gather(*(session.get("/version") for _ in range(3)), return_exceptions=True)

    assert [error.code for error in found] == [401, 401, 401]
    assert len(list_runs(tmp_path)) <= 4
    assert len(server.web.requests) == 6


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo your session has expired >&2; exit 3", "plugin ended with 3: your session has expired"),
        ("exit 3", "it said nothing"),
        ("echo not json", "printed no JSON"),
        ("echo '{}'", "printed no token"),
        (None, "No such file"),
    ],
)
async def test_credential_plugin_that_fails_is_said(server, tmp_path, script, words):
    """It is the user's program: its failure is told, and is no bug of ours."""
    client = write_plugin(server, tmp_path, script)

    with pytest.raises(OperationalError, match="No credential for Kubernetes could be had") as caught:
        async with client.connect():
            pass

    assert words in str(caught.value)


async def test_credential_plugin_of_an_unknown_protocol_is_said(server, tmp_path):
    """Another version may print something else."""
    client = write_plugin(server, tmp_path, PRINTS, "v2")

    with pytest.raises(OperationalError, match="v2 not implemented"):
        async with client.connect():
            pass


async def test_credential_plugin_that_hangs_is_ended_and_is_not_the_servers_silence(server, tmp_path):
    """The server was not asked, so that nothing is said against it."""
    client = write_plugin(server, tmp_path, "exec sleep 60")

    with pytest.raises(OperationalError, match="did not end within 1 s") as caught:
        async with client.connect():
            pass

    assert "if it is merely slow, raise kubernetes.timeout_s" in str(caught.value)
    assert not is_alive(list_runs(tmp_path)[0])
    assert server.web.requests == []
