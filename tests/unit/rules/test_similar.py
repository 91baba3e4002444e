"""Likeness is said in words, rare signs count more, and a shared word alone is no likeness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fermata.domain.ids import IncidentId
from fermata.rules.similar import Past, find_similar, list_recurring

_START = datetime(2026, 11, 2, 12, tzinfo=UTC)


def make_past(name: str, *, day: int = 0, cause: str = "", place: str = "checkout", **fields: object) -> Past:
    """An incident of `checkout` without more than its title."""
    causes = frozenset({(cause, place)} if cause else ())
    made = {"rules": frozenset(), "places": frozenset({place}), "title": "", **fields}
    return Past(IncidentId(name), started_at=_START + timedelta(days=day), causes=causes, **made)  # type: ignore[arg-type]  # spoilt on purpose


def test_same_cause_at_the_same_place_is_first_and_says_so() -> None:
    """A cause that was found beats a rule that fired."""
    asked = make_past("a", cause="pool_exhausted", rules=frozenset({"SlowCheckout"}))
    there = make_past("b", cause="pool_exhausted")
    rule = make_past("c", rules=frozenset({"SlowCheckout"}))

    found = find_similar(asked, [rule, there, make_past("d", place="search")])

    assert [item.past.id for item in found] == ["b", "c"]
    assert found[0].why[0] == "the same cause at the same place, pool_exhausted of checkout"
    assert "the same alert, SlowCheckout" in found[1].why


def test_same_cause_elsewhere_is_like_but_less() -> None:
    """The next service may have the same fault."""
    asked = make_past("a", cause="pool_exhausted")
    here = make_past("b", cause="pool_exhausted")
    elsewhere = make_past("c", cause="pool_exhausted", place="search")

    found = find_similar(asked, [elsewhere, here])

    assert [item.past.id for item in found] == ["b", "c"]
    assert found[1].why == ("the same cause, pool_exhausted",)


def test_cause_that_every_incident_has_counts_less_than_a_rare_one() -> None:
    """What is always there tells nothing."""
    asked = make_past("a", rules=frozenset({"Always", "Rare"}), place="")
    others = [make_past(f"n{number}", place="x", rules=frozenset({"Always"})) for number in range(30)]
    rare = make_past("rare", place="x", rules=frozenset({"Rare"}))

    found = find_similar(asked, [*others, rare])

    assert [item.past.id for item in found] == ["rare"]


def test_incident_itself_and_those_unlike_it_are_left_out() -> None:
    """Nothing alike is an answer."""
    asked = make_past("a", cause="oom", title="checkout is down")

    assert find_similar(asked, [asked, make_past("b", place="search", title="search is slow")]) == []


def test_words_alone_are_enough_when_many_and_rare_ones_are_shared() -> None:
    """A diagnosis may be missing in both."""
    text = "certificate of the ingress expired and clients refuse the handshake"
    asked = make_past("a", place="edge", text=text)
    same = make_past("b", place="proxy", text=f"{text} today")
    other = make_past("c", place="proxy", text="the queue of invoices grows")

    found = find_similar(asked, [same, other])

    assert [item.past.id for item in found] == ["b"]
    assert found[0].why[0].startswith("the same words: ")


def test_two_shared_words_are_no_likeness() -> None:
    """Most titles share some."""
    asked = make_past("a", place="edge", text="queue grows")

    assert find_similar(asked, [make_past("b", place="proxy", text="queue grows")]) == []


def test_of_equals_the_later_comes_first_and_no_more_than_asked() -> None:
    """The last time is remembered best."""
    asked = make_past("a", day=9, cause="oom")
    others = [make_past(f"n{day}", day=day, cause="oom") for day in range(4)]

    found = find_similar(asked, others, limit=2)

    assert [item.past.id for item in found] == ["n3", "n2"]


def test_recurring_factor_names_the_place_it_always_sat_in() -> None:
    """The most frequent first; one incident counts once."""
    pasts = [
        make_past("a", day=2, cause="oom"),
        make_past("b", day=1, cause="oom"),
        make_past("c", cause="disk_full"),
        make_past("d", day=3, cause="dns", place="x"),
        make_past("e", day=4, cause="dns", place="y"),
        make_past("f", day=5, cause="oom"),
    ]

    found = list_recurring(pasts)

    assert [(item.cause, item.place, [past.id for past in item.pasts]) for item in found] == [
        ("oom", "checkout", ["b", "a", "f"]),
        ("dns", "", ["d", "e"]),
    ]


def test_likeness_to_nothing_is_nothing() -> None:
    """The first incident of all has no earlier ones."""
    assert find_similar(make_past("a"), []) == []
    assert list_recurring([]) == []
