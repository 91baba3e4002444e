import asyncio
import xmlrpc.client

import pytest

from fermata.integrations.supervisor.client import AnswerLost, NotDelivered, SupervisorClient, SupervisorFault


class Peer:
    """A local HTTP server that answers every request with the same bytes, as supervisord or as something else."""

    def __init__(self, answer, *, delay_s=0.0):
        self._answer, self._delay_s = answer, delay_s
        self.request = b""
        self._tasks = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            self.request = await reader.read(65536)
            await asyncio.sleep(self._delay_s)
            writer.write(self._answer)
            await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


def make_answer(value, *, status=200):
    """Return an HTTP response with an XML-RPC body."""
    body = value if isinstance(value, bytes) else xmlrpc.client.dumps((value,), methodresponse=True).encode()
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


async def test_colours_in_a_log_do_not_break_the_answer():
    """Supervisord puts control characters into XML, which forbids them."""
    body = xmlrpc.client.dumps((["MARK", 3, False],), methodresponse=True).encode().replace(b"MARK", b"\x1b[31mred")
    async with Peer(make_answer(body)) as peer:
        assert await SupervisorClient(peer.url).call("tailProcessStdoutLog", "a", 0, 10) == ["[31mred", 3, False]


async def test_user_and_password_are_sent():
    """Basic authentication, as supervisord asks for it."""
    async with Peer(make_answer("3.0")) as peer:
        await SupervisorClient(peer.url, username="me", password="pw").call("getAPIVersion")

        assert b"authorization: Basic bWU6cHc=" in peer.request.replace(b"Authorization", b"authorization")


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_login_certainly_did_nothing(status):
    """An action may call it failed."""
    async with Peer(make_answer(b"", status=status)) as peer:
        with pytest.raises(NotDelivered, match="did not let us in"):
            await SupervisorClient(peer.url).call("stopProcess", "a")


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<cut", b"SSH-2.0-hello\r\n"])
async def test_broken_answer_may_hide_an_effect(answer):
    """The call went out; what it did is not known."""
    async with Peer(answer) as peer:
        with pytest.raises(AnswerLost):
            await SupervisorClient(peer.url).call("stopProcess", "a")


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"<?xml version='1.0'?><methodResponse/>", b"\xff\xfe", b""])
async def test_answer_that_is_no_xmlrpc_is_lost(body):
    """Another server behind the address gives words, never a stray exception."""
    async with Peer(make_answer(body)) as peer:
        with pytest.raises(AnswerLost):
            await SupervisorClient(peer.url).call("getAPIVersion")


async def test_endless_answer_is_cut_off():
    """A peer that is no supervisord cannot fill the memory."""
    async with Peer(make_answer(b"x" * (9 * 1024 * 1024))) as peer:
        with pytest.raises(AnswerLost, match="too large"):
            await SupervisorClient(peer.url).call("getAPIVersion")


async def test_silent_peer_is_given_up_after_the_timeout():
    """One bound for the whole call."""
    async with Peer(make_answer("3.0"), delay_s=5) as peer:
        with pytest.raises(AnswerLost, match=r"within 0\.1 s"):
            await SupervisorClient(peer.url, timeout_s=0.1).call("getAPIVersion")


async def test_closed_port_and_missing_socket_are_not_delivered(tmp_path):
    """Nobody there: nothing can have happened."""
    async with Peer(b"") as peer:
        url = peer.url
    for client in (SupervisorClient(url), SupervisorClient(f"unix://{tmp_path}/s.sock")):
        with pytest.raises(NotDelivered) as caught:
            await client.call("stopProcess", "a")
        assert "tart" in caught.value.do


async def test_fault_carries_its_code():
    """Actions tell faults apart by number, not by text."""
    body = xmlrpc.client.dumps(xmlrpc.client.Fault(10, "BAD_NAME: a"), methodresponse=True).encode()
    async with Peer(make_answer(body)) as peer:
        with pytest.raises(SupervisorFault, match="BAD_NAME: a") as caught:
            await SupervisorClient(peer.url).call("stopProcess", "a")

        assert caught.value.code == 10
        assert await SupervisorClient(peer.url).find_process("a") is None
