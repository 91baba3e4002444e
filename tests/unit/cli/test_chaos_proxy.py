"""`fermata chaos proxy`: its token, its refusals, and the real process."""

import asyncio
import re
import signal
import stat

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from fermata.cli.chaos_proxy import read_token
from fermata.cli.main import app
from fermata.integrations.faultproxy.client import ProxyClient
from fermata.integrations.faultproxy.settings import ProxySettings
from fermata.kit.errors import UserError


def test_token_is_made_for_this_user_alone(tmp_path):
    """And is the same the next time."""
    path = tmp_path / "token"

    token = read_token(path)

    assert len(token) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_token(path) == token


def test_token_that_others_can_read_is_refused(tmp_path):
    """It would be theirs, too."""
    path = tmp_path / "token"
    path.write_text("a-token-that-is-long-enough")
    path.chmod(0o644)

    with pytest.raises(UserError, match="can be read by others"):
        read_token(path)


@pytest.mark.parametrize("where", ["no/such/folder/token", "."])
def test_token_file_that_cannot_be_is_refused(tmp_path, monkeypatch, where):
    """A folder that is not there, or is one."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UserError, match="token file"):
        read_token(tmp_path / where)


@pytest.mark.parametrize("option", [("--listen", "nowhere"), ("--control", "0.0.0.0:1")])
def test_wrong_address_is_refused(tmp_path, monkeypatch, option):
    """Before anything listens."""
    monkeypatch.chdir(tmp_path)
    given = {"--listen": ":0", "--to": ":1", "--control": ":0", "--token-file": "token", **dict([option])}

    told = CliRunner().invoke(app, ["chaos", "proxy", *(word for pair in given.items() for word in pair)])

    assert isinstance(told.exception, UserError)


def test_process_relays_until_it_is_told_to_end(tmp_path, start):
    """It says where it listens, and a kind kill ends it without a trace."""
    process = start(
        "chaos", "proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:9", "--control", "127.0.0.1:0",
        "--token-file", tmp_path / "token", "--halt-file", tmp_path / "HALT",
    )  # fmt: skip
    found = re.fullmatch(r"relaying \S+ to 127.0.0.1:9; faults are asked for at (\S+)\n", process.stdout.readline())
    proxy = ProxySettings(edge="payment", control=found[1], token=SecretStr(read_token(tmp_path / "token")))

    state = asyncio.run(ProxyClient(proxy, 2.0).fetch_state())
    process.send_signal(signal.SIGTERM)

    assert (state["to"], state["active"]) == ("127.0.0.1:9", False)
    assert process.wait(5) == 0
    assert process.stderr.read() == ""
