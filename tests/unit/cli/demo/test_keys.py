"""Only a key that was pressed alone is a word."""

import pytest

from fermata.cli.demo.keys import Keys

UP, F1, ALT_A = b"\x1b[A", b"\x1bOP", b"\x1ba"


@pytest.fixture
async def type_in():
    """Give a function that feeds reads of a terminal, and returns the keys that count."""

    async def feed(*reads):
        keys = Keys()
        for typed in reads:
            keys.feed(typed)
        counted = []
        while key := await keys.next_key(0.001):
            counted.append(key)
        return counted

    return feed


@pytest.mark.parametrize(
    ("reads", "counted"),
    [
        ([b"a"], ["a"]),
        ([b"A", b"r"], ["a", "r"]),
        ([UP], []),
        ([b"\x1b", b"[", b"A"], []),
        ([b"\x1b[", b"1;5", b"A"], []),
        ([F1], []),
        ([b"\x1b", b"O", b"A", b"r"], ["r"]),
        ([ALT_A], []),
        ([b"\x1b", b"a", b"a"], ["a"]),
        ([b"yes, a"], []),
        ([b"aa"], []),
        ([UP + b"a"], []),
        (["ä".encode()], []),
        ([b"", b"a"], ["a"]),
    ],
)
async def test_key_counts_only_when_pressed_alone(type_in, reads, counted):
    """An arrow, a function key, pasted text and their pieces are no keys, however a slow line cuts them."""
    assert await type_in(*reads) == counted
