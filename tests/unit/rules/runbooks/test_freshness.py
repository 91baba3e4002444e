"""A runbook's passage is believed only as far as what it names exists now."""

from datetime import timedelta

from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind, EvidenceLine
from fermata.rules.runbooks import Freshness, check_runbooks
from fermata.testing.records import NOON, make_evidence

CHECKOUT = Entity(system="supervisor", kind="process", name="checkout")


def page(*lines):
    """Give a passage."""
    numbered = tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(lines, start=1))
    return make_evidence(kind=EvidenceKind.RUNBOOK, entity=CHECKOUT, lines=numbered, facts={"path": "checkout.md"})


def environment(*names, at=NOON):
    """Give the variables of a process, as they were seen."""
    facts = {"origin": "/proc", "variables": dict.fromkeys(names, "x")}
    item = make_evidence(kind=EvidenceKind.ENVIRONMENT, entity=CHECKOUT, facts=facts)
    return item.model_copy(update={"observed_at": at, "fresh_until": at + timedelta(hours=1)})


def test_passage_that_names_what_is_gone_is_stale():
    """One absent name is enough, and the reason names what there is instead."""
    (check,) = check_runbooks([page("Edit the database in `config.yaml`"), environment("DATABASE_URL")])

    assert check.freshness is Freshness.STALE
    assert check.text == (
        "stale: mentions config.yaml, which nothing that runs refers to; the service reads env DATABASE_URL"
    )
    assert check.absent == ("config.yaml",)


def test_passage_that_names_what_exists_is_verified():
    """With the time of the oldest observation it was checked against."""
    old = environment("POOL_SIZE", at=NOON - timedelta(seconds=5))

    (check,) = check_runbooks([page("Raise `POOL_SIZE`", "see `deployment/search`"), environment("POOL_SIZE"), old])

    assert check.freshness is Freshness.VERIFIED
    assert check.text == "verified against live state of 2026-11-23T11:59:55.000Z: POOL_SIZE"
    assert check.unknown == ("deployment/search",)


def test_passage_that_names_nothing_is_unverified():
    """Prose cannot be checked, and is not called true."""
    (check,) = check_runbooks([page("Call Dana."), environment("POOL_SIZE")])

    assert check.freshness is Freshness.UNVERIFIED


def test_many_absent_names_are_counted():
    """Three are told; the rest are a number."""
    (check,) = check_runbooks([page("`A_1` `A_2` `A_3` `A_4` `A_5`"), environment("POOL_SIZE")])

    assert check.text.endswith("; and 2 more")


def test_no_passage_is_no_check():
    """Most incidents have no page."""
    assert check_runbooks([environment("POOL_SIZE")]) == ()
