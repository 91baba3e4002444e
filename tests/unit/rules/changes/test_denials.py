"""What a text denies."""

import pytest

from fermata.rules.changes.denials import drop_denials


@pytest.mark.parametrize(
    "text",
    [
        "State.OOMKilled: false",
        '"OOMKilled": false,',
        "oom_killed=false",
        "restarts=0",
        "RestartCount: 0",
        "MemoryPressure   False",
        "timeouts: none",
        "0 errors",
        "no retries",
        "lastError: null",
    ],
)
def test_denied_failure_is_dropped(text):
    """Nothing of a failure is left."""
    assert not any(character.isalpha() for character in drop_denials(text))


@pytest.mark.parametrize(
    "text",
    [
        "State.OOMKilled: true",
        "timeout=0.5s",
        "errors=07",
        "restarts: 3",
        "error: no such host",
        "failed: none of 3 replicas answered",
        "0 rows",
        "rows=0",
        "no space left",
    ],
)
def test_what_is_said_stays(text):
    """A number that is not nought, a sentence that begins with no, and nought of what ought to be there."""
    assert drop_denials(text) == text
