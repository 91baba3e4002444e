import asyncio
import json

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
        (Answer({}, 401), "it answered 401; set models.targets[].keys"),
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

    assert caught.value.outcomes[0] is AttemptOutcome.UNREACHABLE
    assert "it redirects to http://127.0.0.1, which is not followed" in str(caught.value)
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


async def test_list_of_models_is_not_the_first_byte(endpoint, build, make_request, book):
    """A target without a name is asked for its models first: the answer has not begun with that."""
    await build({"base_url": endpoint.url}).ask(make_request())

    (attempt,) = book.rows.values()
    assert attempt.first_byte_s <= attempt.duration_s


async def test_this_machine_is_not_asked_through_a_proxy(endpoint, build, make_request, monkeypatch):
    """Whatever proxy the environment names for the world outside."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    answer = await build({"base_url": endpoint.url}).ask(make_request())

    assert answer.attempts[-1].outcome is AttemptOutcome.OK


async def test_proxy_that_cannot_be_used_is_named(build, make_request, monkeypatch):
    """No model is to blame for it, and nothing left."""
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:1")

    with pytest.raises(NoModelAnswered, match="the environment names a proxy that cannot be used") as caught:
        await build({"base_url": "http://llm.example", "model": "m", "local": True}).ask(make_request())

    assert caught.value.attempts[-1].outcome is AttemptOutcome.UNREACHABLE
    assert caught.value.attempts[-1].cost_usd == 0


@pytest.mark.parametrize(
    ("answer", "outcome", "why"),
    [
        (Answer({"error": {"code": 429, "message": "slow down"}}), AttemptOutcome.RATE_LIMITED, "429: slow down"),
        (Answer({"error": {"message": "no provider"}}), AttemptOutcome.OVERLOADED, "with an error: no provider"),
        (
            Answer(b"<html><title>Sign in</title></html>", headers={"content-type": "text/html"}),
            AttemptOutcome.UNREACHABLE,
            "a page instead ('Sign in')",
        ),
    ],
)
async def test_what_a_success_says_that_is_no_answer_is_kept(build, make_request, answer, outcome, why):
    """Gateways answer 200 and write the error into the body; a proxy writes a page."""
    async with WebServer(lambda _: answer) as server:
        price = {"input_per_mtok": 1, "output_per_mtok": 1}
        gateway = build({"base_url": server.url, "model": "m", "price": price})

        with pytest.raises(NoModelAnswered) as caught:
            await gateway.ask(make_request())

    assert caught.value.attempts[0].outcome is outcome
    assert why in caught.value.attempts[0].error
    assert caught.value.attempts[0].cost_usd == 0


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ('{"cause": "out of \\"mem', AttemptOutcome.UNREACHABLE),
        ('{"cause": ["out"', AttemptOutcome.UNREACHABLE),
        ('{"reason": "out of {mem"}', AttemptOutcome.BAD_ANSWER),
        ("I would rather not", AttemptOutcome.BAD_ANSWER),
    ],
)
async def test_stream_that_broke_off_is_no_bad_answer(build, make_request, said, outcome):
    """Nothing told the end, and the JSON is open: the connection is to blame, not the model."""
    part = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    choice = {"index": 0, "delta": {"role": "assistant", "content": said}, "finish_reason": None}
    body = f"data: {json.dumps({**part, 'choices': [choice]})}\n\n".encode()
    answer = Answer(body, headers={"content-type": "text/event-stream"})
    async with WebServer(lambda _: answer) as server:
        gateway = build({"base_url": server.url, "model": "m"})

        with pytest.raises(NoModelAnswered) as caught:
            await gateway.ask(make_request())

    assert caught.value.attempts[0].outcome is outcome
    assert caught.value.attempts[0].is_estimated


@pytest.mark.parametrize("provider", ["openai-compatible", "openai", "anthropic"])
async def test_headers_of_the_environment_stay_there(build, make_request, monkeypatch, provider):
    """They are meant for somebody else's endpoint, and may hold a credential of its."""
    for name in ("ANTHROPIC_CUSTOM_HEADERS", "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.setenv(name, "X-Corp-Token: of-another-house")
    async with WebServer(lambda _: Answer({}, 500)) as server:
        gateway = build({"provider": provider, "base_url": server.url, "model": "x", "keys": ["k1"]})

        with pytest.raises(NoModelAnswered):
            await gateway.ask(make_request())

    assert server.requests
    assert all("of-another-house" not in str(request.headers) for request in server.requests)
    assert all("k1" in str(request.headers) for request in server.requests)


@pytest.mark.parametrize("provider", ["openai-compatible", "openai"])
async def test_organization_of_the_environment_is_not_sent_nor_an_empty_one(build, make_request, monkeypatch, provider):
    """OpenAI's header is optional; with nothing in it, it names an organization that does not exist."""
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-another-house")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-of-another-house")
    async with WebServer(lambda _: Answer({}, 500)) as server:
        gateway = build({"provider": provider, "base_url": server.url, "model": "x", "keys": ["k1"]})

        with pytest.raises(NoModelAnswered):
            await gateway.ask(make_request())

    assert server.requests
    for request in server.requests:
        assert not {"openai-organization", "openai-project"} & {name.lower() for name in request.headers}


@pytest.mark.parametrize("kind", ["text/plain", "text/event-stream"])
async def test_stream_that_its_server_does_not_call_one_is_followed(build, make_request, kind):
    """Its pieces come, though all of it takes longer than the silence that is allowed."""
    part = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    ended = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n".encode())
        for said in ('{"cause"', ": ", '"oom"', "}"):
            choice = {"index": 0, "delta": {"role": "assistant", "content": said}, "finish_reason": None}
            writer.write(f"data: {json.dumps({**part, 'choices': [choice]})}\n\n".encode())
            await asyncio.sleep(0.2)
        writer.write(b"data: [DONE]\n\n")
        writer.close()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        answer = await build({"base_url": f"http://127.0.0.1:{port}", "model": "m"}).ask(make_request())
        await ended.wait()

    assert [attempt.outcome for attempt in answer.attempts] == [AttemptOutcome.OK]
