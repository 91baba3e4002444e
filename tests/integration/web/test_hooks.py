"""Services' requests on the real server: bounded, handed over as they came, and answered by whoever they are for."""

import pytest
from tests.integration.web.conftest import browse, serving_app
from tests.unit.web.house import House

from fermata.kit.errors import TransientError
from fermata.ports.channel import WebhookReply


class Hooks:
    """One webhook, which keeps what it is given."""

    received = None
    fault = None

    def __contains__(self, name):
        """Answer for the one there is."""
        return name == "forge"

    async def receive(self, name, headers, body):
        """Keep it, and answer."""
        if self.fault is not None:
            raise self.fault
        self.received = (name, headers, body)
        return WebhookReply(status=401 if b"forged" in body else 202, body="seen", content_type="text/plain")


@pytest.fixture
async def served(clock):
    """Serve a house with one webhook; give it with a client."""
    house = House(clock)
    house.web.max_body_bytes = 2000
    house.hooks = Hooks()
    async with serving_app(house, clock) as port:
        house.web.public_url = f"http://127.0.0.1:{port}"
        async with browse(port) as http:
            yield house.hooks, http


async def test_request_is_handed_over_as_it_came(served):
    """Bytes as they were sent, since signatures are over them; header names in lower case."""
    hooks, http = served

    answer = await http.post("/v1/hooks/forge", content=b'{ "a":1 }', headers={"X-Hub-Signature-256": "sha256=00"})

    assert (answer.status_code, answer.text, answer.headers["content-type"].split(";")[0]) == (
        202,
        "seen",
        "text/plain",
    )
    name, headers, body = hooks.received
    assert (name, headers["x-hub-signature-256"], body) == ("forge", "sha256=00", b'{ "a":1 }')


async def test_forged_request_is_answered_by_whoever_could_tell(served):
    """The proof is the webhook's own affair; its answer goes out as it is."""
    _, http = served

    assert (await http.post("/v1/hooks/forge", content=b"forged")).status_code == 401


@pytest.mark.parametrize(
    "path", ["/v1/hooks/other", "/v1/hooks/..%2fforge", "/v1/hooks/FORGE", "/v1/hooks/" + "a" * 99]
)
async def test_request_for_nobody_is_not_found(served, path):
    """Nothing is handed to anybody."""
    hooks, http = served

    answer = await http.post(path, content=b"{}")

    assert (answer.status_code, hooks.received) == (404, None)


async def test_body_that_is_too_large_is_refused_unread(served):
    """Nobody fills the memory by a hook."""
    hooks, http = served

    answer = await http.post("/v1/hooks/forge", content=b"x" * 2001)

    assert (answer.status_code, hooks.received) == (413, None)


async def test_request_that_could_not_be_taken_is_sent_again(served):
    """503: a service that keeps its events brings it later."""
    hooks, http = served
    hooks.fault = TransientError("The store is full", why="no space", do="Make some")

    assert (await http.post("/v1/hooks/forge", content=b"{}")).status_code == 503


async def test_hook_is_not_read(served):
    """A link preview sends nothing."""
    _, http = served

    assert (await http.get("/v1/hooks/forge")).status_code == 405
