"""A step's outcome is the same on the first run and on every replay."""

import json
from datetime import timedelta

import pytest

from fermata.engine import outcome
from fermata.engine.outcome import capture, release, to_json
from fermata.kit.errors import (
    FermataError,
    ForbiddenError,
    GuardRefused,
    InvariantBroken,
    NotFoundError,
    OperationalError,
    StoreAway,
    TooLargeError,
    TransientError,
    UnauthenticatedError,
    UserError,
)


async def replay(work):
    """Capture an outcome, write it down, read it again, and release it."""
    return release(json.loads(json.dumps(await capture("step", work))))


@pytest.mark.parametrize(
    "error",
    [
        UserError("It is wrong", why="It was", do="Correct it", limit=3),
        NotFoundError("It is not there"),
        ForbiddenError("You may not"),
        UnauthenticatedError("Who are you"),
        TooLargeError("It is too large"),
        OperationalError("It is down", why="It was off"),
        TransientError("It is slow", retry_after=timedelta(seconds=1.5)),
        TransientError("It is slow"),
        GuardRefused("cooldown", "Too soon", why="10 min", do="Wait", target="checkout"),
        InvariantBroken("It must not be"),
    ],
)
async def test_error_comes_back_as_itself(error):
    """Type, parts and facts survive, so a leg that catches it takes the same way again."""

    async def work():
        raise error

    with pytest.raises(FermataError) as caught:
        await replay(work)

    assert type(caught.value) is type(error)
    assert vars(caught.value) == vars(error)
    assert str(caught.value) == str(error)


async def test_error_of_an_integration_comes_back_as_its_family():
    """A subclass made elsewhere is known again by what it means; facts that are no JSON come back as text."""

    class SocketGoneError(OperationalError):
        pass

    async def work():
        raise SocketGoneError("It is gone", since=timedelta(seconds=3))

    with pytest.raises(OperationalError) as caught:
        await replay(work)

    assert type(caught.value) is OperationalError
    assert caught.value.facts == {"since": "0:00:03"}


async def test_store_that_is_away_is_no_outcome(monkeypatch):
    """The work is done again until the store is back; when patience ends, that it was away is the outcome."""
    monkeypatch.setattr(outcome, "_AGAIN_AFTER_S", 0.001)
    tries = []

    async def work():
        tries.append(True)
        if len(tries) < 3:
            raise StoreAway("The store cannot be reached")
        return "done"

    assert await replay(work) == "done"
    assert len(tries) == 3

    tries.clear()
    monkeypatch.setattr(outcome, "PATIENCE_S", -1)
    with pytest.raises(TransientError, match="cannot be reached"):
        await replay(work)
    assert len(tries) == 1


async def test_bug_passes_untouched():
    """An error that is not ours is nobody's outcome."""

    async def work():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await capture("step", work)


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "ü", [1], {"a": {"b": [None]}}])
async def test_value_comes_back_as_itself(value):
    """JSON types are what they are."""

    async def work():
        return value

    assert await replay(work) == value


@pytest.mark.parametrize("value", [object(), {"a": {1, 2}}, float("nan"), b"bytes"])
def test_value_without_a_json_form_is_refused(value):
    """What could not be read back is refused when it is written."""
    with pytest.raises(InvariantBroken, match="The payload cannot be recorded"):
        to_json(value, "payload")
