"""Words and numbers that two texts can share."""

import pytest

from fermata.rules.changes.words import find_constants, find_numbers, find_quoted, find_words, is_compound


def test_identifier_counts_whole_and_in_parts():
    """`maxPoolSize`, `max_pool_size` and a dotted path lead to the same words."""
    assert {"pool", "max_pool_size"} <= find_words("maxPoolSize")
    assert {"pool", "max_pool_size"} <= find_words("db.max_pool_size = 4")


def test_words_of_every_program_are_left_out():
    """That both say `return` and `error` ties nothing to anything."""
    assert find_words("return error of the request") == frozenset()


@pytest.mark.parametrize("mark", ["[redacted:assignment:5731]", "<redacted 57319f86>"])
def test_what_stands_for_a_secret_is_shared_by_chance(mark):
    """Two texts that each held a secret have our placeholder in common, and nothing of their own."""
    assert find_words(f"redis_url={mark}") == find_words("redis_url=")
    assert find_numbers(f"at {mark} 4242") == {4242.0}


def test_name_with_its_value_is_a_word_of_its_own():
    """`engine=v2` in a log meets the flag `engine_v2`."""
    assert "engine_v_2" in find_words("quote engine=v2 ok")
    assert "engine_v_2" in find_words("tax.engine_v2")


def test_short_parts_make_no_compound():
    """Letters joined by chance are no identifier."""
    assert "a_b" not in find_words("a_b")


def test_compound_is_told_by_its_joint():
    """An identifier of several parts is rarely shared by chance."""
    assert is_compound("max_pool_size")
    assert not is_compound("pool")


def test_durations_are_compared_in_milliseconds():
    """`8 s` in a setting is `8000ms` in a log."""
    assert find_numbers("timeout 8 s") == find_numbers("after 8000ms") == {8000.0}


def test_numbers_that_say_nothing_are_left_out():
    """Small counts and round tens meet everywhere; a fraction does not."""
    assert find_numbers("1 of 3, 10, 100 and 1000") == frozenset()
    assert find_numbers("read timeout=0.8") == {0.8}
    assert find_numbers("since 2026-05-20T11:57:09Z") == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "app/controllers/orders_controller.rb:12:in `index'",
        'File "/srv/cart.py", line 12, in total',
        "at shop.Cart.total(Cart.java:12)",
        "at total (/srv/cart.js:12:41)",
        "cart.cs:line 12",
        '{"file": "cart.go", "line": 12}',
        "PHP Fatal error in cart.php(12)",
        "pid 12 of order #12, id=12",
        "postgres[12]: 7#12: *12 connect()",
        "[http-nio-exec-12] failed",
    ],
)
def test_number_that_says_which_one_it_is_is_no_value(text):
    """A line of a program, a process, a thread, a record: a setting meets them by chance."""
    assert not find_numbers(text) & {12.0, 41.0}


@pytest.mark.parametrize(
    "text",
    ["dial tcp db.internal:5432", "5432 of 9000", "limit=5432", "waited 5432ms for pool", "max 5432 (line full)"],
)
def test_number_that_is_a_value_stays_one(text):
    """A port, an amount, a limit, a duration."""
    assert 5432.0 in find_numbers(text)


def test_quoted_values_are_single_words():
    """A sentence, a key of a record and a number are none."""
    text = """{"state": 'PART_SHIPPED', "note": "two words", "count": "17", "the": "the"}"""

    assert find_quoted(text) == {"part_shipped"}


def test_constants_are_what_protocols_write_in_capitals():
    """Not what every program shouts, and no letter or two."""
    text = "ERROR no constant State.PART_SHIPPED, NEW_1 or CORRECTED in JSON of V2 and XY"

    assert find_constants(text) == {"PART_SHIPPED", "NEW_1", "CORRECTED"}


@pytest.mark.parametrize(
    "text",
    [
        "sha256:85bfc924cf91974d1e498fc3c413fb8d82bdd06563f390b6b42d2d46a32f672b",
        "Task[94b7b073-45a8-47ea-92c0-19cddd21d531]",
        "image 1c9bdd0",
    ],
)
def test_pieces_of_an_id_are_no_words(text):
    """Two digests share three letters of six by chance, and nothing follows."""
    assert find_words(text) <= {"sha", "sha_256", "image", "task"}


def test_word_of_hexadecimal_letters_stays_a_word():
    """`decade` is no id, nor is a number."""
    assert {"decade", "facade"} <= find_words("decade 1234567 facade")
