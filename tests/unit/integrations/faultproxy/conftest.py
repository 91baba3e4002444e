"""A real proxy on loopback before a real server, and what asks through it."""

import asyncio
import contextlib
from dataclasses import dataclass

import pytest
from pydantic import SecretStr

from fermata.domain.experiment import Expected, Experiment, FaultKind, FaultSpec, FaultTarget, Prediction, SteadyCheck
from fermata.integrations.faultproxy.client import ProxyClient
from fermata.integrations.faultproxy.faults import FaultProxyInjector
from fermata.integrations.faultproxy.serve import Address, FaultProxy, ProxyOptions
from fermata.integrations.faultproxy.settings import FaultProxySettings, ProxySettings

TOKEN = "a-token-of-the-tests"


class Allowing:
    """Rules that allow everything they are asked."""

    def __init__(self):
        self.findings = ()
        self.facts = []

    def write(self, experiment):
        return {}

    def check(self, document, definition=None):
        return ()

    def judge(self, facts, experiment):
        self.facts.append(facts)
        return self.findings


@dataclass
class Bench:
    """A proxy with everything around it."""

    proxy: FaultProxy
    settings: FaultProxySettings
    rules: Allowing
    seen: list
    """Every piece of data that the server received."""
    server: asyncio.Server

    @property
    def port(self):
        return self.proxy.listen.port

    @property
    def injector(self):
        return FaultProxyInjector(self.settings, self.rules)

    @property
    def client(self):
        return ProxyClient(self.settings.proxies[0], 1.0)

    async def begin(self, kind, **fields):
        """Begin a fault with a lease that no test outlives."""
        spec = FaultSpec(kind=FaultKind(kind), **fields).model_dump(mode="json", exclude_none=True)
        return await self.client.post("begin", {"experiment": "exp-1", "ttl_s": 60, "longest_s": 60, "fault": spec})

    async def end(self):
        return await self.client.post("withdraw", {"experiment": "exp-1"})

    async def state(self):
        return await self.client.fetch_state()

    async def wait_for(self, **expected):
        """Ask for the state until it is as expected; a test that hangs here has failed."""
        async with asyncio.timeout(1):
            while not expected.items() <= (await self.state()).items():
                pass

    @contextlib.asynccontextmanager
    async def connect(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def ask(self, path="/pay", *, body=b"", headers=""):
        """Ask once on a connection of its own; give everything that came back."""
        async with self.connect() as (reader, writer):
            writer.write(build_request(path, body, headers))
            return await reader.read()


def build_request(path="/pay", body=b"", headers=""):
    """Write a request; the connection is closed after it unless the headers say otherwise."""
    closing = "" if "onnection:" in headers else "Connection: close\r\n"
    return f"POST {path} HTTP/1.1\r\nContent-Length: {len(body)}\r\n{closing}{headers}\r\n".encode() + body


@pytest.fixture
def open_bench(tmp_path):
    """Give an async context: a proxy before a server that answers as `respond` does."""

    @contextlib.asynccontextmanager
    async def open_it(respond=None, **changes):
        seen, serving = [], set()

        async def serve(reader, writer):
            serving.add(asyncio.current_task())
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await (respond or answer)(reader, writer, seen)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        options = ProxyOptions(
            **{
                "listen": Address("127.0.0.1", 0),
                "to": Address("127.0.0.1", server.sockets[0].getsockname()[1]),
                "control": Address("127.0.0.1", 0),
                "token": TOKEN,
                "halt_file": tmp_path / "HALT",
                **changes,
            }
        )
        async with FaultProxy(options) as proxy:
            one = ProxySettings(edge="checkout->payment", control=str(proxy.control), token=SecretStr(TOKEN))
            yield Bench(proxy, FaultProxySettings(proxies=(one,)), Allowing(), seen, server)
        server.close()
        await asyncio.gather(*serving)

    return open_it


async def answer(reader, writer, seen):
    """Answer each request with its path, and close when the client wants it."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        body = await reader.readexactly(length)
        seen.append(head + body)
        text = head.split(b" ")[1] + b" " + body
        closes = b"connection: close" in head.lower()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s"
            % (len(text), b"Connection: close\r\n" if closes else b"", text)
        )
        await writer.drain()
        if closes:
            return


@pytest.fixture
async def bench(open_bench):
    """Give a proxy before a server that answers HTTP."""
    async with open_bench() as it:
        yield it


@pytest.fixture
def make_experiment():
    """Give a function that builds a rehearsal of the calls through the proxy."""

    def make(**changes):
        fields = {
            "id": "exp-1",
            "title": "payment answers late",
            "created_at": "2026-11-26T03:00:00Z",
            "target": FaultTarget(system="faultproxy", service="checkout", callee="payment"),
            "fault": FaultSpec(kind=FaultKind.LATENCY, latency_ms=2000),
            "checks": (SteadyCheck(journey="pay", url="http://127.0.0.1:1/pay", max_p95_ms=300),),
            "prediction": Prediction(expected=Expected.COLLAPSE, why="80 of 20"),
            "blast_radius": "one process",
            **changes,
        }
        return Experiment(**fields)

    return make
