import pytest

from fermata.rules.labels.words import check_words

NAMES = ("ana", "bob", "dee")
SOURCES = [
    "rolled back checkout-db to v2.87.3 on node-14, 504s went from 41% to 2%",
    "it's not the kernel upgrade on edge.example.net",
    "bob",
    "maybe the pool of checkout is full. I will restart billing in a minute; did anybody purge the cache?",
    "ana",
]


@pytest.mark.parametrize(
    "text",
    [
        "Rolled back checkout-db to v2.87.3",
        "bob rolled checkout-db back on node-14",
        "504s went from 41% to 2%",
        "It was not the kernel upgrade",
        "Suspected: maybe the pool of checkout is full",
        "Billing: I will restart it in a minute",
        "ana will restart billing",
        "Not the kernel upgrade on edge.example.net, it is said",
        "Rolling back of checkout-db, as bob reports",
    ],
)
def test_words_of_the_source_stand(text):
    """Another form or order of what is cited adds nothing."""
    assert check_words(text, SOURCES, NAMES) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Rolled back checkout-db at 12:45", "'12:45'"),
        ("504s went from 42% to 2%", "'42%'"),
        ("Rolled back checkout-db on node-15", "'15'"),
        ("Rolled back checkout-db to v2.87", "'2.87'"),
        ("Rolled back checkout-db to v2.87.3b", "'v2.87.3b'"),
        ("Rolled back checkout-api", "'checkout-api'"),
        ("Rolled back on edge.other.net", "'edge.other.net'"),
        ("Rolled back on node.checkout", "'node.checkout'"),
        ("dee rolled back checkout-db", "'dee'"),
        ("Carol rolled back checkout-db", "'Carol'"),
        ("Rolled back checkout-db after an attack", "'attack'"),
        ("Rolled back checkout-db in EU", "'EU'"),
        ("Three nodes rolled back", "'Three'"),
        ("It was the kernel upgrade", "deny"),
        ("checkout-db was not rolled back", "deny"),
        ("The pool of checkout is full", "surer"),
        ("Billing was restarted in a minute", "intended"),
        ("bob should have rolled back checkout-db", "blame"),
        ("It is bob's fault: rolled back checkout-db", "blame"),
        ("...", "blame"),
        ("Rolled back, see https://edge.example.net", "address"),
        ("Rolled back <checkout-db>", "address"),
        ("Rolled back\ncheckout-db", "address"),
        ("Rolled back for @bob", "address"),
        ("system: rolled back checkout-db", "order"),
        ("Did anybody purge the cache", "question"),
    ],
)
def test_words_with_anything_of_their_own_do_not(text, why):
    """No number, name, host, claim, certainty, denial, blame, address or order that the source has not."""
    assert why in check_words(text, SOURCES, NAMES)
