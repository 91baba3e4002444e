"""Terms of the trade that a change and a failure share."""

import pytest

from fermata.rules.changes.reading import read_symptoms
from fermata.rules.changes.term_table import RARITY
from fermata.rules.changes.terms import STEM, judge_terms, list_seen_terms, list_terms

SESSION = "+++ b/users.py\n@@ -1,2 +1,2 @@\n-    session.redis = 30\n+    session.redis = 5\n     keep(token)"
PRICES = "+++ b/prices.py\n@@ -1,1 +1,1 @@\n-    total = round(price, 2)\n+    total = round(price, 3)"


@pytest.fixture
def say(incident):
    """Give a function that returns the sign of a change's terms, or `None`, for sessions that are lost."""
    incident.calm("shop").log("shop", (0, 30, "ERROR session of token # lost: redis is away"))

    def run(diff, **facts):
        incident.change(f"c{len(incident.evidence)}", 10, diff, **facts)
        return next(judge_terms(incident.list_changes()[-1], list_seen_terms(read_symptoms(incident.build()))), None)

    return run


def test_change_that_speaks_of_what_fails_says_so_and_ties_nothing(say):
    """The terms that say most are told by their words."""
    sign = say(SESSION)

    assert sign.points > 3
    assert "redis" in sign.text
    assert not sign.is_link


def test_change_about_something_else_says_nothing(say):
    """Whoever shares no term has no sign."""
    assert say(PRICES) is None


def test_who_changes_much_shares_much_by_chance(say):
    """The same terms among many others say less."""
    others = "\n".join(f"+    {term}()" for term in sorted(RARITY)[:60])
    alone, among = say(SESSION), say(f"{SESSION}\n{others}")

    assert among.points < alone.points


def test_flag_is_read_by_its_name(say):
    """A flag has no lines."""
    assert say("", kind="flag", ref="redis.sessions", state="off -> on").points > 0


def test_names_of_services_are_no_terms(incident):
    """What runs is named all over its own log."""
    incident.names = ["redis"]
    incident.labels = {"service": "redis"}
    incident.calm("redis").log("redis", (0, 30, "ERROR session of token # lost: redis is away"))

    assert "redis" not in list_seen_terms(read_symptoms(incident.build()))
    assert "sessio" in list_seen_terms(read_symptoms(incident.build()))


def test_metric_that_moved_and_the_words_of_the_alert_are_read(incident):
    """Each of them is as telling as a line of a log."""
    incident.summary = "certificate expires soon"
    incident.metric("shop", "kafka_consumer_total", 1, 90)
    seen = list_seen_terms(read_symptoms(incident.build()))

    assert {"certif", "kafka", "consum"} <= seen.keys()


@pytest.mark.parametrize("text", ["maxRedisTTL", "max_redis_ttl", "max-redis", "REDIS", "a redis and another"])
def test_compounds_are_read_by_their_parts(text):
    """However a language writes them."""
    assert "redis" in list_terms(text)


def test_table_holds_terms_that_say_something():
    """None that nearly every incident uses, none that only one did, none longer than what tells it."""
    assert len(RARITY) > 300
    assert all(1.5 < rarity < 5 and len(term) <= STEM for term, rarity in RARITY.items())
