"""The table of faults, measured on other routers before this one was written: each row, on each provider's own SDK."""

import pytest

from fermata.domain.model import AttemptOutcome
from fermata.testing.providers import ModelFault

F, O = ModelFault, AttemptOutcome  # noqa: E741 - the table below is read by its columns
FORMATS = ("openai", "anthropic", "bedrock")
ROWS = {
    "429, Retry-After 2": (F.RATE_LIMITED, O.RATE_LIMITED),
    "429, Retry-After 120": (F.RATE_LIMITED_LONG, O.RATE_LIMITED),
    "429 without Retry-After": (F.RATE_LIMITED_SILENT, O.RATE_LIMITED),
    "no credit, in the provider's words": (F.NO_CREDIT, O.OUT_OF_CREDIT),
    "402": (F.PAYMENT, O.OUT_OF_CREDIT),
    "500": (F.SERVER_ERROR, O.OVERLOADED),
    "503": (F.UNAVAILABLE, O.OVERLOADED),
    "200, then an error in the stream": (F.STREAM_ERROR, O.OVERLOADED),
    "hung connection": (F.HANG, O.TIMED_OUT),
    "connection reset": (F.RESET, O.UNREACHABLE),
    "401": (F.UNAUTHORISED, O.UNAUTHORISED),
    "404": (F.NO_MODEL, O.REFUSED),
    "400 context length": (F.TOO_LONG, O.CONTEXT_TOO_LONG),
    "200 with broken body": (F.BROKEN_BODY, O.BAD_ANSWER),
    "200 with no choices": (F.NO_CHOICES, O.BAD_ANSWER),
    "200 with an empty answer": (F.EMPTY, O.BAD_ANSWER),
    "words for a form": (F.BAD_TOOL_JSON, O.BAD_ANSWER),
    "unknown tool name": (F.UNKNOWN_TOOL, O.BAD_ANSWER),
    "stalls after the 1st chunk": (F.STALL, O.TIMED_OUT),
    "cut after the 1st chunk": (F.CUT, O.UNREACHABLE),
}


async def assert_passed_over(pair, outcome):
    """The answer comes from the next target, at once, and the broken one is not asked in five following calls."""
    answer = await pair.ask()
    following = [await pair.ask() for _ in range(5)]

    assert answer.value == {"cause": "second"}
    assert [attempt.outcome for attempt in answer.attempts] == [outcome, O.OK]
    assert answer.attempts[0].error
    assert pair.order == ["first", *["second"] * 6]
    assert [len(each.attempts) for each in following] == [1] * 5
    assert pair.book.open == set()
    assert set(pair.book.rows) == {attempt.id for each in (answer, *following) for attempt in each.attempts}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("provider", [*FORMATS, "openai-compatible"])
async def test_row_is_passed_over(open_pair, provider, row):
    """As Fermata asks: streamed, for a form."""
    fault, outcome = ROWS[row]

    async with open_pair(provider, fault) as pair:
        await assert_passed_over(pair, outcome)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("provider", FORMATS)
async def test_row_is_passed_over_without_a_stream(open_pair, provider, row):
    """Silence is then told from slowness by the deadline of the whole answer alone."""
    fault, outcome = ROWS[row]
    if (provider, fault) == ("bedrock", F.CUT):
        outcome = O.BAD_ANSWER  # botocore takes what came for the whole body, which is then no JSON.

    async with open_pair(provider, fault, stream=False) as pair:
        await assert_passed_over(pair, outcome)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("fault", [F.BAD_TOOL_JSON, F.UNKNOWN_TOOL], ids=["malformed tool-call JSON", "unknown tool"])
@pytest.mark.parametrize("provider", FORMATS)
async def test_bad_call_of_a_tool_is_passed_over(open_pair, provider, fault, stream):
    """Where the form is asked for as a tool."""
    async with open_pair(provider, fault, structure="tool", stream=stream) as pair:
        await assert_passed_over(pair, O.BAD_ANSWER)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize(
    ("provider", "said"), [("openai", "gpt-x fp_1"), ("anthropic", "claude-x"), ("bedrock", "")], ids=FORMATS
)
async def test_what_answered_is_kept_in_the_providers_own_words(open_pair, provider, said, stream):
    """The model it names and its build; Bedrock names neither, and what was asked for says nothing."""
    async with open_pair(provider, stream=stream) as pair:
        answer = await pair.ask()

    assert [attempt.fingerprint for attempt in answer.attempts] == [said]
