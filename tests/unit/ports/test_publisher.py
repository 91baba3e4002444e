"""What may be overwritten, and what a document is called where names are short."""

import pytest

from fermata.ports.publisher import Document, Order, Receipt, Verdict, judge, leave


def make_order(version=None, *, digest=None, is_forced=False):
    """Give an order with a receipt of that version, or without one."""
    document = Document("inc_1", "T", "text", {})
    receipt = Receipt(place="p", id="7", digest=digest or document.digest, version=version) if version else None
    return Order("p", document, receipt, is_forced)


@pytest.mark.parametrize(
    ("order", "is_untouched", "verdict"),
    [
        (make_order("3"), False, Verdict.KEEP),
        (make_order("3", digest="other"), False, Verdict.UPDATE),
        (make_order("2"), False, Verdict.LEAVE),
        (make_order("2"), True, Verdict.LEAVE),
        (make_order("2", is_forced=True), False, Verdict.UPDATE),
        (make_order(), False, Verdict.LEAVE),
        (make_order(), True, Verdict.UPDATE),
        (make_order(is_forced=True), False, Verdict.UPDATE),
    ],
)
def test_only_our_own_words_are_overwritten(order, is_untouched, verdict):
    """The receipt decides where there is one; else the page itself must prove it; else a person."""
    assert judge(order, "3", is_untouched=is_untouched) is verdict


def test_what_is_left_keeps_its_receipt():
    """The next export compares with what was ours, not with what people made of it."""
    order = make_order("2")

    left = leave(order, "https://x.example", "changed")

    assert left.receipt is order.receipt
    assert order.without_receipt().receipt is None
    assert left.to_json() == {"state": "left", "url": "https://x.example", "why": "changed", "notes": []}


@pytest.mark.parametrize(
    ("key", "start"),
    [("inc-1_a", "inc-1_a"), ("a b/../c", "a-b-c-"), ("x" * 80, f"{'x' * 60}-"), ("日本", ""), ("", "")],
)
def test_key_is_a_part_of_names_and_stays_the_only_one(key, start):
    """What branches and files cannot be called is replaced, and a digest keeps two keys apart."""
    safe = Document(key, "T", "", {}).safe_key

    assert safe.startswith(start)
    assert len(safe) <= 69
    assert safe.replace("-", "").replace("_", "").isalnum() or not key
    assert safe == key or safe != Document(f"{key}?", "T", "", {}).safe_key


def test_digest_knows_every_part():
    """Another title, text or drawing is another document."""
    documents = [
        Document("k", *rest) for rest in (("T", "a", {}), ("U", "a", {}), ("T", "b", {}), ("T", "a", {"p": "s"}))
    ]

    assert len({document.digest for document in documents}) == 4
