"""The application on a real uvicorn on loopback, in the test's own event loop."""

import asyncio
import shutil
import socket
from contextlib import asynccontextmanager

import httpx2
import pytest
import uvicorn
from tests.unit.web import story
from tests.unit.web.house import House

from fermata.testing.clock import FakeClock
from fermata.web.app import create_app
from fermata.web.connections import PatientProtocol

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}
PHONE = {"viewport": {"width": 360, "height": 780}, "color_scheme": "light", "has_touch": True}
DARK = {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}


@asynccontextmanager
async def serving(house, clock):
    """Serve the stand-in under a public address with its port; yields the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    house.web.public_url = house.web.public_url.replace(":4600", f":{listener.getsockname()[1]}")
    async with serving_app(house, clock, listener) as port:
        yield port


@asynccontextmanager
async def serving_app(house, clock=None, listener=None):
    """Serve a house; yields its port once the lifespan has started."""
    listener = listener or socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(house, clock), lifespan="on", log_config=None, access_log=False, http=PatientProtocol
    )
    # As `Server.serve` does, without its tick of 0.1 s and without taking over the signals of the test process.
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield listener.getsockname()[1]
    finally:
        # The clients are closed by now; once their connections are noticed, nothing is waited for.
        await asyncio.sleep(0.01)
        await server.shutdown(sockets=[listener])
        listener.close()


def browse(port):
    """Give a client of that port; without TLS, loading the machine's certificates would be most of a test's time."""
    return httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=5, verify=False, trust_env=False)


@pytest.fixture
def clock():
    """Stand still at the story's moment."""
    return FakeClock(story.NOW)


@pytest.fixture
def house(clock):
    """Give the stand-in; a test may change its settings before it asks for `port`."""
    return House(clock)


@pytest.fixture
async def port(house, clock):
    """Serve the house and give its port."""
    async with serving(house, clock) as number:
        yield number


@pytest.fixture
async def client(port):
    """Give a browser-like client that follows nothing by itself."""
    async with browse(port) as http:
        yield http


@pytest.fixture
async def ada(client, house):
    """Give the client of somebody who is signed in."""
    answer = await client.post("/login", data={"token": "link-1"})
    assert answer.status_code == 303
    return client


@pytest.fixture
async def chromium():
    """Start Chromium."""
    playwright = pytest.importorskip("playwright.async_api", reason="no playwright")
    binary = shutil.which("chromium")
    async with playwright.async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=binary, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def visit(chromium, house, port):
    """Give a function that opens a signed-in page; fails when the browser's console complains."""
    complaints = []

    async def open_page(path, *, link="link-1", **options):
        context = await chromium.new_context(base_url=f"http://127.0.0.1:{port}", **(options or DESKTOP))
        await context.clock.install(time=story.NOW)
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(f"/login?token={link}")
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/")
        await page.goto(path)
        return page

    open_page.complaints = complaints
    yield open_page
    assert complaints == []
