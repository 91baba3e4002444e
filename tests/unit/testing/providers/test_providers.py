import json

import pytest

from fermata.testing.providers import FakeAnthropic, FakeBedrock, FakeOpenAi, ModelFault
from fermata.testing.providers.bedrock_converse import encode_event
from fermata.testing.web_server import WebServer

MESSAGE = {"role": "user", "content": "hi"}
BLOCKS = {"role": "user", "content": [{"type": "text", "text": "hi"}]}
SIGNED = {
    "authorization": "AWS4-HMAC-SHA256 Credential=AKID/20261125/eu-central-1/bedrock/aws4_request, "
    f"SignedHeaders=content-type;host;x-amz-date, Signature={'0' * 64}",
    "x-amz-date": "20261125T120000Z",
}


async def post(fake, path, body, **headers):
    """Give status and complaints for one request."""
    from httpx2 import AsyncClient

    async with WebServer(fake) as server, AsyncClient() as client:
        response = await client.post(f"{server.url}{path}", json=body, headers=headers)
    return response, server.complaints


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"model": "x", "messages": [MESSAGE], "max_tokens": 5, "logit_bias": {}}, "not modelled"),
        ({"model": "x", "messages": [], "max_tokens": 5}, "no messages"),
        ({"model": "x", "messages": [{"role": "user", "content": ""}], "max_tokens": 5}, "an empty message"),
        ({"model": "x", "messages": [{"role": "root", "content": "x"}], "max_tokens": 5}, "role root"),
        ({"model": "x", "messages": [MESSAGE]}, "without a limit"),
        ({"model": "x", "messages": [MESSAGE], "max_tokens": 5, "stream": True}, "without its usage"),
        ({"model": "x", "messages": [MESSAGE], "max_tokens": 5, "response_format": {"type": "xml"}}, "not modelled"),
        ({"model": "x", "messages": [MESSAGE], "max_tokens": 5, "tools": [{"type": "x"}]}, "a tool without a name"),
        ([], "no object"),
    ],
)
async def test_openai_refuses_what_it_does_not_model(body, complaint):
    """A client cannot pass by asking something else."""
    response, complaints = await post(FakeOpenAi(), "/v1/chat/completions", body)

    assert response.status_code >= 500
    assert complaint in complaints[0]


@pytest.mark.parametrize(
    ("body", "headers", "complaint"),
    [
        ({"model": "x", "messages": [BLOCKS], "max_tokens": 5}, {}, "no anthropic-version"),
        ({"model": "x", "messages": [BLOCKS]}, {"anthropic-version": "1"}, "max_tokens is required"),
        ({"model": "x", "messages": [MESSAGE], "max_tokens": 5}, {"anthropic-version": "1"}, "than blocks"),
        ({"model": "x", "messages": [BLOCKS], "max_tokens": 5, "x": 1}, {"anthropic-version": "1"}, "not modelled"),
    ],
)
async def test_anthropic_refuses_what_it_does_not_model(body, headers, complaint):
    """As above."""
    response, complaints = await post(FakeAnthropic(), "/v1/messages", body, **headers)

    assert response.status_code >= 500
    assert complaint in complaints[0]


@pytest.mark.parametrize(
    ("headers", "region", "complaint"),
    [
        ({}, "eu-central-1", "not signed"),
        ({"authorization": "Basic x"}, "eu-central-1", "not signed"),
        (SIGNED, "us-east-1", "signed for eu-central-1"),
    ],
)
async def test_bedrock_asks_for_a_signature(headers, region, complaint):
    """It must name service and region."""
    body = {"messages": [{"role": "user", "content": [{"text": "x"}]}], "inferenceConfig": {"maxTokens": 5}}

    response, complaints = await post(FakeBedrock(region=region), "/model/m/converse", body, **headers)

    assert response.status_code == 500
    assert complaint in complaints[0]


async def test_bedrock_answers_what_is_signed():
    """Signed or with a bearer key."""
    body = {"messages": [{"role": "user", "content": [{"text": "x"}]}], "inferenceConfig": {"maxTokens": 5}}
    fake = FakeBedrock()

    signed, _ = await post(fake, "/model/m/converse", body, **SIGNED)
    bearer, _ = await post(fake, "/model/m/converse", body, authorization="Bearer k1")

    assert (signed.status_code, bearer.status_code) == (200, 200)
    assert [hit.key for hit in fake.script.hits] == ["AKID", "k1"]


@pytest.mark.parametrize("fake", [FakeOpenAi(), FakeAnthropic(), FakeBedrock()])
async def test_unknown_address_is_not_modelled(fake):
    """501, whatever the provider."""
    response, _ = await post(fake, "/v1/elsewhere", {})

    assert response.status_code == 501


def test_event_is_one_that_botocore_reads():
    """The encoding has two checksums; the reader of the real SDK checks them."""
    from botocore.eventstream import EventStreamBuffer

    buffer = EventStreamBuffer()
    buffer.add_data(encode_event("metadata", {"a": 1}))

    [event] = list(buffer)
    assert event.headers[":event-type"] == "metadata"
    assert json.loads(event.payload) == {"a": 1}


async def test_key_may_fail_in_its_own_way():
    """One key without credit, the other fine."""
    fake = FakeOpenAi()
    fake.script.bad_keys["k1"] = ModelFault.NO_CREDIT
    body = {"model": "x", "messages": [MESSAGE], "max_tokens": 5}

    bad, _ = await post(fake, "/v1/chat/completions", body, authorization="Bearer k1")
    good, _ = await post(fake, "/v1/chat/completions", body, authorization="Bearer k2")

    assert (bad.status_code, good.status_code) == (429, 200)
