"""An error inside of HTTP 200 is the error that it is, whichever server's words it comes in."""

import pytest
from pydantic import BaseModel

from fermata.kit.errors import OperationalError, TransientError
from fermata.ports.graphql import GraphQlError, ask_graphql
from fermata.ports.json_api import ApiTarget, JsonApi
from fermata.testing.clock import FakeClock
from fermata.testing.web_server import Answer, WebServer


class Data(BaseModel):
    a: int


async def ask(body):
    """Ask a server that answers so."""
    async with WebServer(lambda _: Answer(body)) as server:
        target = ApiTarget("Things", server.url, permissions="to read", settings_key="things")
        async with JsonApi(target, FakeClock()).connect() as session:
            return await ask_graphql(session, target, "/graphql", "query { a }", {}, shape=Data)


async def test_data_is_parsed():
    """And the document travels with its variables."""
    assert (await ask({"data": {"a": 1}})).a == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"data": {"b": 1}}, "not its API's.*a: Field required"),
        ({"data": None}, "not its API's"),
        ({"data": {"a": 1}, "errors": [{"message": "half of it is missing"}]}, "half of it is missing"),
        ({"errors": [{}]}, "It gave no reason"),
    ],
)
async def test_half_an_answer_is_none(body, words):
    """Data beside an error is not taken for the whole."""
    with pytest.raises(OperationalError, match=words) as caught:
        await ask(body)

    assert not isinstance(caught.value, TransientError)
    assert "status" not in caught.value.facts


@pytest.mark.parametrize(
    ("extensions", "code"),
    [
        ({"code": "FORBIDDEN", "type": "x"}, "FORBIDDEN"),
        ({"errorClass": "ACCESS_DENIED"}, "ACCESS_DENIED"),
        ({"type": "authentication error"}, "AUTHENTICATION_ERROR"),
        ({}, ""),
    ],
)
def test_code_is_found_wherever_it_stands(extensions, code):
    """Linear and New Relic each have their own place for it."""
    assert GraphQlError(message="x", extensions=extensions).code == code


async def test_credential_that_is_repeated_is_taken_out():
    """A key of one's own making looks like no secret."""
    answer = Answer({"errors": [{"message": "plain-house-key may not"}]})
    async with WebServer(lambda _: answer) as server:
        target = ApiTarget("Things", server.url, {"API-Key": "plain-house-key"}, settings_key="things")
        async with JsonApi(target, FakeClock()).connect() as session:
            with pytest.raises(OperationalError, match="may not") as refused:
                await ask_graphql(session, target, "/graphql", "query { a }", {}, shape=Data)

    assert "plain-house-key" not in str(refused.value)
