"""The step runner's boundary: what a plug does wrong is words, never an exception."""

import asyncio

import pytest

from fermata.flows.boundary import contain
from fermata.kit.errors import OperationalError


async def answer(value):
    """Return or raise."""
    if isinstance(value, BaseException):
        raise value
    return value


async def test_value_comes_through():
    """What a plug brings is handed on, also when it is false."""
    contained = await contain("plug", lambda: answer(0))

    assert (contained.value, contained.failed) == (0, False)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OperationalError("It is down", why="nobody listens", do="Start it"), "It is down: nobody listens"),
        (OperationalError("It is down"), "It is down"),
        (ZeroDivisionError("secret"), "it crashed (ZeroDivisionError); the trace is in Fermata's log"),
    ],
)
async def test_failure_becomes_words(error, words):
    """An expected failure says what and why; a crash says its kind and repeats nothing of it."""
    contained = await contain("plug", lambda: answer(error))

    assert (contained.value, contained.failed, contained.failure) == (None, True, words)


async def test_cancellation_passes_through():
    """A deadline must reach the plug, and the runner above."""
    with pytest.raises(asyncio.CancelledError):
        await contain("plug", lambda: answer(asyncio.CancelledError()))


async def test_crash_is_logged_with_its_trace(capsys):
    """A bug in a plug can be found: its trace is in the log, with the plug's name."""
    await contain("supervisor.logs", lambda: answer(ZeroDivisionError("by a test")))

    logged = capsys.readouterr().err
    assert "plug.crashed" in logged
    assert "supervisor.logs" in logged
    assert "by a test" in logged
