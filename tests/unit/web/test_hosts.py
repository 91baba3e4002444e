"""Which Host headers are ours."""

import pytest

from fermata.web.hosts import HostCheck, MisdirectedError, find_hostname


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("127.0.0.1:4600", "127.0.0.1"),
        ("LOCALHOST", "localhost"),
        ("[::1]:4600", "::1"),
        ("ops.example.", "ops.example"),
        ("", ""),
        ("localhost@evil.example", ""),
        ("localhost:4600/x", ""),
        ("localhost:port", ""),
        ("[::1", ""),
        ("localhost?x", ""),
    ],
)
def test_host_is_read_without_its_port(header, host):
    """A header that is no plain host and port is no host at all."""
    assert find_hostname(header) == host


async def ask(host, path="/", public_url="https://ops.example/"):
    """Send one request through the check; answer whether it came through."""
    passed = []

    async def app(scope, receive, send):
        passed.append(scope["path"])

    scope = {"type": "http", "path": path, "headers": [(b"host", host.encode())]}
    await HostCheck(app, public_url)(scope, None, None)
    return bool(passed)


@pytest.mark.parametrize("host", ["127.0.0.1:9", "localhost", "[::1]:9", "ops.example", "OPS.example:443"])
async def test_own_host_comes_through(host):
    """This machine's names and the public address are ours."""
    assert await ask(host)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("evil.example", "/"),
        ("127.0.0.1.evil.example", "/"),
        ("10.0.0.7", "/incidents/inc-1"),
        ("evil.example", "/metrics"),
        ("evil.example", "/readyz"),
        ("evil.example", "/v1/alertsome"),
        ("", "/"),
    ],
)
async def test_foreign_host_is_refused(host, path):
    """A name somebody else points at this machine gets nothing, so its page can read nothing."""
    with pytest.raises(MisdirectedError, match=r"ops\.example"):
        await ask(host, path)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("10.0.0.7:4600", "/healthz"),
        ("[fd00::7]", "/metrics"),
        ("fermata", "/v1/alerts/alertmanager"),
        ("fermata", "/v1/alerts"),
    ],
)
async def test_probes_by_address_and_proven_senders_come_through(host, path):
    """Rebinding needs a name, and the intake asks for a proof no browser has."""
    assert await ask(host, path)
