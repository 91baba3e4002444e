"""When a container counts as healthy, and what is said where it does not."""

from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from fermata.domain.entity import Entity
from fermata.kit.errors import OperationalError

pytestmark = pytest.mark.docker
AT_ONCE = timedelta(0)


@pytest.fixture
def page():
    """Give a page on loopback and what it answers with."""
    status = {"is": 200}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status["is"])
            self.end_headers()

        def log_message(self, *args):
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/healthz", status
    server.shutdown()
    thread.join()
    server.server_close()


async def test_container_that_runs_long_enough_is_healthy(shop):
    """Younger than asked is not healthy yet, and nearly so."""
    shop.run()

    now, later = await shop.read_health(AT_ONCE), await shop.read_health(timedelta(hours=1))

    assert (now.healthy, now.severity) == (True, 0)
    assert (later.healthy, later.severity) == (False, 1)
    assert "less than 1h" in later.text


async def test_container_that_is_down_is_worst(shop):
    """Exited, or not there at all."""
    shop.run(image="shop/crash:1")
    shop.wait_until(lambda: shop.state()["Status"] == "exited", "its end")

    down = await shop.read_health(AT_ONCE)
    gone = await shop.read_health(AT_ONCE, Entity.parse("docker:container/billing"))

    assert (down.severity, down.text) == (3, "exited (exit code 3)")
    assert (gone.severity, gone.text) == (3, "the engine has no container billing")


async def test_container_between_two_restarts_is_not_up(shop):
    """It is neither running nor given up on."""
    shop.run(image="shop/leak:1", memory=16 * shop.MIB, HostConfig={"RestartPolicy": {"Name": "always"}})
    shop.wait_until(lambda: shop.engine.inspect(shop.NAME)["RestartCount"] >= 4, "four restarts")
    shop.wait_until(lambda: shop.state()["Status"] == "restarting", "its waiting")

    reading = await shop.read_health(AT_ONCE)

    assert (reading.severity, reading.text) == (2, "restarting (exit code 137, out of memory)")


async def test_health_check_of_the_container_has_a_word(shop):
    """What it says itself is more than that it runs."""
    shop.run(Healthcheck={"Test": ["CMD-SHELL", "echo no answer; exit 1"], "Interval": 50_000_000, "Retries": 1})
    shop.wait_until(lambda: shop.state()["Health"]["Status"] == "unhealthy", "the health check")
    sick = await shop.read_health(AT_ONCE)
    shop.clear()
    shop.run(Healthcheck={"Test": ["CMD-SHELL", "true"], "Interval": 50_000_000, "Retries": 1})
    shop.wait_until(lambda: shop.state()["Health"]["Status"] == "healthy", "the health check")

    well = await shop.read_health(AT_ONCE)

    assert (sick.severity, sick.text) == (2, "running, but its health check is unhealthy: no answer")
    assert well.healthy
    assert "health check healthy" in well.text


async def test_page_of_the_service_has_a_word(shop, page):
    """By container or by service: 2xx, or not healthy."""
    url, status = page
    shop.run()

    well = await shop.read_health(AT_ONCE, health_urls={"checkout": url})
    status["is"] = 503
    sick = await shop.read_health(AT_ONCE, health_urls={shop.NAME: url})
    silent = await shop.read_health(AT_ONCE, health_urls={shop.NAME: "http://127.0.0.1:9/"})

    assert well.text.endswith(f"and {url} answers")
    assert (sick.severity, silent.severity) == (2, 2)
    assert "answers HTTP 503" in sick.text
    assert "does not answer" in silent.text


async def test_engine_that_cannot_be_asked_is_told_to_the_caller(shop):
    """Who verifies counts it as not healthy, and says so."""
    shop.run()
    shop.shut_door()

    with pytest.raises(OperationalError):
        await shop.read_health(AT_ONCE)
