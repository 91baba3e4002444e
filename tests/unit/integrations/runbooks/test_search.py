"""Search over passages: the words of an alert find the page that is about it."""

import pytest

from fermata.integrations.runbooks.library import PageMark
from fermata.integrations.runbooks.search import PassageIndex, choose_terms


@pytest.fixture
def index():
    """Give an index of two pages."""
    built = PassageIndex()
    built.put(
        PageMark("checkout-down.md", "1"), "# Checkout is down\nRestart the workers.\n# Other\nPayment times out."
    )
    built.put(PageMark("search.md", "1"), "# Search\nThe index is rebuilt at night. Ask checkout for nothing.")
    yield built
    built.close()


def test_heading_weighs_more_than_text(index):
    """The page that is about checkout comes before the one that mentions it."""
    hits = index.search(choose_terms(["checkout"]), 5)

    assert hits[0].page.path == "checkout-down.md"
    assert hits[0].score >= hits[-1].score


def test_words_are_found_in_other_forms(index):
    """`timing out` finds `times out`: words are stemmed."""
    (hit,) = index.search(choose_terms(["payments timing"]), 5)

    assert hit.passage.heading == "Other"


@pytest.mark.parametrize("terms", [(), ("nothingness",), ('"',), ("NEAR",)])
def test_no_term_is_a_query_of_its_own(index, terms):
    """Nothing to look for finds nothing, and the query language is out of reach."""
    assert index.search([term.replace('"', "") for term in terms if term != '"'], 5) == []


def test_changed_page_is_read_again_and_gone_page_is_forgotten(index):
    """The index follows the library."""
    pages = [PageMark("checkout-down.md", "2"), PageMark("new.md", "1")]

    outdated = index.list_outdated(pages)
    index.put(pages[0], "# Basket\nNow called basket.")

    assert outdated == pages
    assert index.search(["search"], 5) == []
    assert index.search(["workers"], 5) == []
    assert [hit.passage.heading for hit in index.search(["basket"], 5)] == ["Basket"]


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("https://wiki.test/runbooks/checkout-down.md#restart", "checkout-down.md"),
        ("https://wiki.test/runbooks/Checkout-Down/", "checkout-down.md"),
        ("https://wiki.test/search.html?x=1", "search.md"),
        ("https://wiki.test/", None),
        ("https://wiki.test/unknown", None),
    ],
)
def test_alerts_own_link_finds_its_page(index, link, path):
    """By the last part of its path, whatever serves it."""
    hit = index.find_page(link)

    assert (hit.page.path if hit else None) == path


def test_terms_are_the_words_that_say_something():
    """Names are also taken apart, and words of every alert left out."""
    assert choose_terms(["CheckoutLatencyHigh", "the latency is over 500 for 5 minutes"]) == (
        "checkout",
        "latency",
        "checkoutlatencyhigh",
    )
