"""Who serves a store proves it to whoever can read it."""

import pytest

from fermata.flows.proof import ensure_key, find_proof, prove

CHALLENGE = "0123456789abcdef" * 2


async def test_who_serves_answers_as_the_store_says(stage):
    """Each challenge has its own answer, and both sides come to it by the key in the store."""
    unasked = await find_proof(stage.store, CHALLENGE)

    first, second = [await prove(stage.store, challenge) for challenge in (CHALLENGE, CHALLENGE[::-1])]

    assert unasked == ""
    assert first != second
    assert [await find_proof(stage.store, CHALLENGE), await find_proof(stage.store, CHALLENGE[::-1])] == [first, second]
    assert await prove(stage.store, CHALLENGE) == first


async def test_key_that_was_there_before_is_kept(stage):
    """Made at a start, it is what every later challenge is answered with, also after another start."""
    await ensure_key(stage.store)
    before = await find_proof(stage.store, CHALLENGE)

    await ensure_key(stage.store)

    assert before
    assert await prove(stage.store, CHALLENGE) == before


@pytest.mark.parametrize("challenge", ["", "ab", "x" * 32, CHALLENGE.upper(), CHALLENGE * 3, f"{CHALLENGE}\n"])
async def test_what_is_no_challenge_gets_no_answer(stage, challenge):
    """Nobody has anything of their own signed."""
    assert await prove(stage.store, challenge) == ""
