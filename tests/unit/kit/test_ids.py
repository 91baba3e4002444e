"""Ids sort by time, or are the same whenever they are computed again."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from fermata.kit.ids import derive_id, new_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2500, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy wants naive bounds
PARTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), max_size=4)


def test_new_id_can_be_read_aloud():
    """A prefix, then sixteen characters without the ones that are mistaken for another."""
    assert re.fullmatch(r"inc-[0-9abcdefghjkmnpqrstvwxyz]{16}", new_id("inc", NOON))


def test_ids_of_one_millisecond_differ():
    """Many ids at one instant do not collide: 35 random bits for a thousand of them."""
    assert len({new_id("inc", NOON) for _ in range(1000)}) == 1000


@settings(deadline=None)
@given(INSTANTS, st.integers(min_value=1, max_value=10**12))
def test_later_id_sorts_after_an_earlier_one(instant, later_ms):
    """As text, so that an index on the id is an index on time."""
    later = instant + timedelta(milliseconds=later_ms)

    assert new_id("run", instant) < new_id("run", later)


def test_derived_id_is_stable():
    """It is an idempotency key: this value must be the same in every version."""
    assert derive_id("act", "plan-1", "1") == "act-k6ckz1p7m42ykz23"
    assert derive_id("act", "plan-1", "1") == derive_id("act", "plan-1", "1")


@settings(deadline=None)
@given(PARTS, PARTS)
def test_different_parts_give_different_ids(one, other):
    """Where one part ends and the next begins counts: ("ab", "c") is not ("a", "bc")."""
    assert (derive_id("x", *one) == derive_id("x", *other)) is (one == other)


def test_moved_boundary_gives_another_id():
    """Digits and colons inside a part cannot pass for a length."""
    ids = {
        derive_id("x", *parts)
        for parts in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("2:ab", "c"), ("", "abc"))
    }

    assert len(ids) == 6


def test_prefix_is_kept():
    """The kind of thing stands before its id."""
    assert derive_id("exec", "a").partition("-")[0] == "exec"
    assert derive_id("exec", "a").partition("-")[2] == derive_id("run", "a").partition("-")[2]
