"""Discord's refusals in words."""

import json
from datetime import timedelta

import pytest

from fermata.integrations.discord.answers import (
    DiscordRefusal,
    describe_refusal,
    describe_silence,
    find_first_fault,
    read_object,
)
from fermata.kit.errors import TransientError


@pytest.mark.parametrize(
    ("headers", "body", "seconds"),
    [
        ({}, {"retry_after": 0.25, "global": False}, 0.25),
        ({"retry-after": "7"}, {}, 7),
        ({"retry-after": "soon"}, {"retry_after": "nan"}, 60),
        ({}, {"retry_after": -3}, 60),
        ({}, {"retry_after": 10**9}, 86_400),
    ],
)
def test_limit_passes_after_what_it_asks_for(headers, body, seconds):
    """The body's fraction before the header's seconds; without a word a minute; never longer than a day."""
    error = describe_refusal("posting", 429, headers, json.dumps(body).encode())

    assert isinstance(error, TransientError)
    assert error.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b""),
        (502, b"<html>"),
        (503, b'{"message": "x"}'),
        (400, b'{"code": 130000, "message": "x"}'),
        (404, b"<p>"),
    ],
)
def test_what_may_pass_is_transient(status, body):
    """An outage, an overloaded resource, and an answer that is not the API's."""
    assert isinstance(describe_refusal("posting", status, {}, body), TransientError)


@pytest.mark.parametrize(
    ("status", "body", "code", "words"),
    [
        (401, b"", 0, "discord.token"),
        (401, b'{"code": 50027, "message": "Invalid Webhook Token"}', 50027, "15 min"),
        (404, b'{"code": 10062, "message": "Unknown interaction"}', 10062, "The card says what was decided"),
        (413, b"<html>", 40005, "10 MB"),
        (403, b'{"code": 50013, "message": "Missing Permissions"}', 50013, "Create Public Threads"),
        (404, b'{"code": 99999, "message": "New"}', 99999, "JSON Error Codes"),
    ],
)
def test_what_stays_says_what_to_mend(status, body, code, words):
    """With Discord's own number for it."""
    error = describe_refusal("posting", status, {}, body)

    assert isinstance(error, DiscordRefusal)
    assert error.code == code
    assert words in str(error)


def test_silence_names_the_address():
    """Where to look first."""
    assert "https://a.example can be reached" in str(
        describe_silence("posting", OSError("no route"), "https://a.example")
    )


def test_first_fault_of_a_body_is_found_in_depth():
    """Discord nests them under the names of the fields."""
    nested = {"components": {"0": {"components": {"1": {"_errors": [{"message": "Too long"}]}}}}}

    assert find_first_fault(nested) == "components.0.components.1: Too long"
    assert find_first_fault({"a": {}}) == find_first_fault(None) == ""


@pytest.mark.parametrize("answer", [None, [], {}, {"id": ""}])
def test_answer_without_what_is_needed_may_pass(answer):
    """Whether it was done, nobody knows."""
    with pytest.raises(TransientError, match="is not its API's"):
        read_object(answer, "posting", "id")
