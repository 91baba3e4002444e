import asyncio

import pytest

from fermata.domain.model import AttemptOutcome
from fermata.ports.model import NoModelAnswered
from fermata.testing.providers import FakeOpenAi, Script
from fermata.testing.web_server import Answer, WebServer


@pytest.fixture
async def endpoint(texts):
    """Give an endpoint that answers well."""
    fake = FakeOpenAi(Script(say=texts.good))
    async with WebServer(fake) as server:
        yield server


async def test_first_model_that_is_no_embedding_is_asked(endpoint, build, make_request):
    """The list is asked for once."""
    gateway = build({"base_url": endpoint.url})

    await gateway.ask(make_request())
    await gateway.ask(make_request())

    assert [request.path for request in endpoint.requests].count("/v1/models") == 1
    assert [hit.model for hit in endpoint.respond.script.hits] == ["small-1", "small-1"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer({"data": []}), "it has none"),
        (Answer({"data": [{"id": "embed-1"}]}), "it has none"),
        (Answer({"models": []}), "no list"),
        (Answer(b"<html>"), "no list"),
        (Answer({}, 404), "it answered 404"),
    ],
)
async def test_endpoint_that_lists_no_model_is_told_apart(build, make_request, answer, why):
    """It says what to set, and is no model that answered badly."""
    async with WebServer(lambda _: answer) as server:
        gateway = build({"base_url": server.url})

        with pytest.raises(NoModelAnswered, match=r"set models.targets") as caught:
            await gateway.ask(make_request())

    assert why in str(caught.value)


async def test_each_key_has_its_own_adapter_and_all_share_connections(endpoint, build, make_request):
    """Keys take turns; the connection is one."""
    endpoint.respond.script.keys = frozenset({"k1", "k2"})
    gateway = build({"base_url": endpoint.url, "model": "x", "keys": ["k1", "k2"]})

    for _ in range(4):
        await gateway.ask(make_request())

    assert [hit.key for hit in endpoint.respond.script.hits] == ["k1", "k2", "k1", "k2"]
    assert endpoint.connections == 1


async def test_redirect_is_not_followed(build, make_request):
    """A key must not travel to another host."""
    moved = Answer({}, 307, headers={"Location": "http://127.0.0.1:1/v1/chat/completions"})
    async with WebServer(lambda _: moved) as server:
        gateway = build({"base_url": server.url, "model": "x", "keys": ["k1"]})

        with pytest.raises(NoModelAnswered) as caught:
            await gateway.ask(make_request())

    assert caught.value.outcomes[0] in (AttemptOutcome.REFUSED, AttemptOutcome.BAD_ANSWER)
    assert len(server.requests) == len(caught.value.attempts)


async def test_warm_gateway_has_its_adapters(endpoint, build):
    """A process that serves brings them in before the first incident, without asking anybody."""
    gateway = build({"base_url": endpoint.url, "model": "x", "keys": ["k1", "k2"]}, {"base_url": endpoint.url})

    await gateway.warm()
    await gateway.warm()

    assert endpoint.requests == []


def test_another_loop_gets_its_own_connections(texts, clock, book, make_request):
    """A connection cannot change loops; what was learnt of targets is shared all the same."""
    from fermata.models.gateway import Gateway
    from fermata.models.settings import ModelSettings

    seen = []

    async def ask(gateways):
        async with WebServer(FakeOpenAi(Script(say=texts.good))) as server:
            if not gateways:
                target = {"base_url": server.url, "model": "x"}
                gateways.append(Gateway(ModelSettings.model_validate({"targets": [target]}), book, clock))
                seen.append((await gateways[0].ask(make_request())).value)
            else:
                seen.append(gateways[0].describe()[0]["last"]["outcome"])
                with pytest.raises(NoModelAnswered):
                    await gateways[0].ask(make_request(kind="parse"))
            await gateways[0].close()

    made = []
    asyncio.run(ask(made))
    asyncio.run(ask(made))

    assert seen == [{"cause": "out of memory"}, "ok"]
