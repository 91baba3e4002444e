"""Names that look like production are found however they are written."""

import pytest

from fermata.domain.sandbox import RunLimits
from fermata.rules.sandbox.likeness import find_production_word, looks_like

WORDS = RunLimits().production_words


@pytest.mark.parametrize(
    "name",
    [
        "prod",
        "shop-prod",
        "prod2",
        "shopProd",
        "shopprod",
        "PROD",
        "pr0d-eu",
        "l1ve",
        "shop_live_1",
        "payments-prd",
        "reproduction",
        "non-prod",
        "arn:aws:eks:eu-west-1:1:cluster/prod",
        "\uff50\uff52\uff4f\uff44",
        "p\u200brod",
        "pr\u00f6d",
        "\u0440\u0433\u043e\u0501",
        "xn--prd-ted",
        "live.example.com",
        "proddb01.acme.internal",
        "prodeast",
        "prdeu1",
        "livedb",
        "LiveCluster",
        "produktion.acme.de",
        "api.producci\u00f3n.acme.es",
        "produ\u00e7\u00e3o",
        "tuotanto-db",
    ],
)
def test_production_is_found(name):
    """Alone, behind another word, in digits, in other scripts, unseen characters or punycode."""
    assert find_production_word(name, WORDS)


@pytest.mark.parametrize(
    "name",
    [
        "shop-staging",
        "product-page",
        "productpage",
        "productdb",
        "products-api",
        "produce",
        "prodigy",
        "delivery",
        "olive",
        "olivedb",
        "alive",
        "livestream",
        "liveness",
        "liverpool",
        "livery",
        "catalog",
        "xn--",
        "xn--99999999999",
    ],
)
def test_ordinary_name_passes(name):
    """A word inside of another word is another word."""
    assert find_production_word(name, WORDS) == ""


def test_no_words_find_nothing():
    """An empty word is in every name, and counts for none."""
    assert find_production_word("prod", ("",)) == ""


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("shop-staging", "shop-stag1ng", True),
        ("shop-staging", "sh\u043ep-staging", True),
        ("shop-staging", "shopstaging", True),
        ("modern", "modem", True),
        ("shop-staging", "shop-staging", False),
        ("shop-staging", "cart-staging", False),
    ],
)
def test_names_are_taken_for_each_other(first, second, alike):
    """The same name is no look-alike of itself."""
    assert looks_like(first, second) is alike
