"""The control port carries out what has a token and a lease, and nothing else."""

import asyncio
import json
from pathlib import Path

import pytest

from fermata.integrations.faultproxy.control import Control, Refused
from fermata.integrations.faultproxy.lease import Lease, Traffic

BEGIN = {"experiment": "exp-1", "ttl_s": 3, "longest_s": 60, "fault": {"kind": "error", "status": 500}}


class Timed:
    """A control port at a moment of its own."""

    def __init__(self, halt_file=None):
        self.now = 0.0
        self.lease = Lease()
        self.control = Control(
            self.lease, Traffic(), token="right-and-long-enough", to="payment:80", halt_file=halt_file,
            now=lambda: self.now,
        )  # fmt: skip

    def post(self, step, body, token="right-and-long-enough"):  # noqa: S107 - a token of this test
        return self.control.carry_out("POST", f"/v1/{step}", token, json.dumps(body).encode())


@pytest.fixture
def timed(tmp_path):
    """Give a control port with a halt file that is not there."""
    return Timed(tmp_path / "HALT")


def test_life_of_a_fault(timed):
    """Begun, renewed, withdrawn; each answer is the state."""
    begun = timed.post("begin", BEGIN)
    timed.now = 2.0
    renewed = timed.post("renew", {"experiment": "exp-1", "ttl_s": 3})
    withdrawn = timed.post("withdraw", {"experiment": "exp-1"})

    assert (begun["active"], begun["lease_left_s"], begun["to"]) == (True, 3.0, "payment:80")
    assert begun["fault"] == {"kind": "error", "percent": 100.0, "status": 500}
    assert renewed["lease_left_s"] == 3.0
    assert (withdrawn["active"], withdrawn["ended"]) == (False, "it was withdrawn")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"ttl_s": 0.5}, "ttl_s"),
        ({"ttl_s": 901}, "ttl_s"),
        ({"ttl_s": float("nan")}, "ttl_s"),
        ({"ttl_s": None}, "ttl_s"),
        ({"longest_s": 0}, "longest_s"),
        ({"longest_s": 1e9}, "longest_s"),
        ({"experiment": ""}, "experiment"),
        ({"fault": {"kind": "error"}}, "fault"),
        ({"fault": {"kind": "latency", "latency_ms": 1, "percent": 200}}, "percent"),
        ({"fault": {"kind": "kill"}}, "cannot do kill"),
        ({"for_ever": True}, "for_ever"),
    ],
)
def test_fault_without_a_lease_or_without_sense_is_refused(timed, changes, why):
    """Nothing begins, and the reason is told without what was sent."""
    with pytest.raises(Refused, match=why) as refusal:
        timed.post("begin", {**BEGIN, **changes})

    assert refusal.value.status == 422
    assert timed.lease.last is None


@pytest.mark.parametrize("step", ["begin", "renew", "withdraw"])
def test_wrong_token_is_refused(timed, step):
    """Before anything is read."""
    with pytest.raises(Refused) as refusal:
        timed.post(step, {}, token="wrong-and-long-enough")

    assert refusal.value.status == 401


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/begin"), ("POST", "/v1/state"), ("PUT", "/"), ("POST", "/")])
def test_other_requests_are_not_known(timed, method, path):
    """A closed list."""
    with pytest.raises(Refused) as refusal:
        timed.control.carry_out(method, path, "right-and-long-enough", b"{}")

    assert refusal.value.status == 404


def test_second_experiment_is_refused_and_a_late_renewal_too(timed):
    """One at a time, and none comes back."""
    timed.post("begin", BEGIN)
    with pytest.raises(Refused) as second:
        timed.post("begin", {**BEGIN, "experiment": "exp-2"})
    timed.now = 9.0
    with pytest.raises(Refused) as late:
        timed.post("renew", {"experiment": "exp-1", "ttl_s": 3})

    assert (second.value.status, late.value.status) == (409, 410)
    assert timed.control.describe()["ended"] == "its lease was not renewed"


def test_halt_file_ends_the_fault_and_begins_none(timed, tmp_path):
    """Whatever wrote it, and whoever still renews."""
    timed.post("begin", BEGIN)
    timed.control.look()
    assert timed.lease.find(0.1) is not None

    Path(tmp_path / "HALT").touch()
    timed.control.look()

    assert timed.lease.find(0.1) is None
    assert timed.lease.last.ended == "halted"
    with pytest.raises(Refused, match="halted"):
        timed.post("begin", BEGIN)


def test_halt_file_that_cannot_be_looked_for_halts(tmp_path):
    """A folder that is a file."""
    (tmp_path / "file").touch()

    assert Timed(tmp_path / "file" / "HALT").control.describe()["halted"]


def test_without_a_halt_file_nothing_halts():
    """The demo has none."""
    assert not Timed().control.describe()["halted"]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET /v1/state HTTP/1.1\r\n\r\n", b"401"),
        (b"POST /v1/begin HTTP/1.1\r\nContent-Length: 99999\r\n\r\n", b"413"),
        (b"POST /v1/begin HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"413"),
        (b"GET /" + b"x" * 100_000 + b"\r\n\r\n", b"400"),
        (
            b"POST /v1/begin HTTP/1.1\r\nAuthorization: Bearer a-token-of-the-tests\r\nContent-Length: 1\r\n\r\n{",
            b"422",
        ),
    ],
)
async def test_broken_request_is_answered(bench, request_bytes, status):
    """And the port goes on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", bench.proxy.control.port)
    writer.write(request_bytes)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()

    assert answer.split(b" ")[1] == status
    assert (await bench.state())["active"] is False


async def test_asker_that_goes_away_is_no_error(bench):
    """Half a request, and then nothing."""
    _, writer = await asyncio.open_connection("127.0.0.1", bench.proxy.control.port)
    writer.write(b"GET /v1/st")
    writer.close()
    await writer.wait_closed()

    assert (await bench.state())["active"] is False
