"""Whose it is that a proxy stands before decides, not what the settings call it."""

import pytest

from fermata.domain.sandbox import PRODUCTION_WORDS, Bearer
from fermata.rules.sandbox.upstream import judge_upstream

PLACE = "127.0.0.1:8000"


@pytest.mark.parametrize(
    ("bearers", "ok", "told"),
    [
        ({}, True, "Whose 127.0.0.1:8000 is was not found out: you know"),
        ({"docker": ()}, True, "Whose 127.0.0.1:8000 is was not found out by docker: you know"),
        ({"docker": (Bearer(id="1", name="shop-web-1"),)}, True, "127.0.0.1:8000 is shop-web-1 of docker"),
        ({"docker": (Bearer(id="1", name="shop-prod-web-1"),)}, False, "its name 'shop-prod-web-1' carries \"prod\""),
        (
            {"docker": (Bearer(id="1", name="web"), Bearer(id="1", name="web2", labels={"env": "live"}))},
            False,
            "label 'env=live'",
        ),
        ({"docker": (Bearer(id="1", name="web", labels={"note": "live " * 60}),)}, True, "is web of docker"),
        ({"docker": (Bearer(id="1", name="web", is_looked_after=False),)}, False, "settings do not look after it"),
    ],
)
def test_what_answers_behind_a_proxy_is_judged_by_its_own_names(bearers, ok, told):
    """One of several that may be meant is enough; a note is no name; what is not looked after is not broken either."""
    finding = judge_upstream(PLACE, bearers, PRODUCTION_WORDS)

    assert (finding.name, finding.ok) == ("upstream", ok)
    assert told in finding.text
