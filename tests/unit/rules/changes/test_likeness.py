"""How far changes are like those that brought what is seen elsewhere."""

from dataclasses import replace

import pytest

from fermata.rules.changes.likeness import judge_likeness
from fermata.rules.changes.reading import read_symptoms
from fermata.rules.changes.written import read_library

POOL = "+++ b/application.yml\n@@ -1,2 +1,2 @@\n   hikari:\n-    maximum-pool-size: 30\n+    maximum-pool-size: 6"
PRICES = "+++ b/prices.py\n@@ -1,1 +1,1 @@\n-    total = round(price, 2)\n+    total = round(price, 3)"
EXHAUSTED = "ERROR HikariPool-1 - Connection is not available, request timed out after 30000ms waiting=#"


@pytest.fixture
def say(incident):
    """Give a function that returns change id -> what its likeness says, for a shop without free connections."""
    incident.calm("shop").log("shop", (0, 30, EXHAUSTED))

    def run(**diffs):
        for name, diff in diffs.items():
            incident.change(name, 10, diff, title="Tidy up")
        changes = incident.list_changes()
        return {change.id: sign for change, sign in judge_likeness(changes, read_symptoms(incident.build()))}

    return run


def test_change_unlike_those_that_brought_the_same_is_behind_one_that_is_like_them(say):
    """Of the most alike one nothing is said: one is in every incident."""
    signs = say(pool=POOL, prices=PRICES)

    assert set(signs) == {"prices"}
    assert signs["prices"].points < -0.5
    assert signs["prices"].text == "pool is more like changes that brought such failures elsewhere"


def test_single_change_is_like_itself_alone(say):
    """Likeness is told beside other changes only."""
    assert say(pool=POOL) == {}


def test_change_that_is_nearly_as_like_may_as_well_be_the_one(say):
    """A little less is no reason."""
    again = POOL.replace("-1,2", "-1,3") + "\n     host: db"

    assert say(pool=POOL, again=again) == {}


def test_without_changes_nothing_is_said(say):
    """There is nothing to compare."""
    assert say() == {}


def test_library_is_read_only_where_changes_are_compared(say):
    """Who asks about a disk or a certificate does not pay for it."""
    read_library.cache_clear()

    say(pool=POOL)
    assert read_library.cache_info().misses == 0

    say(prices=PRICES)
    assert read_library.cache_info().misses == 1


def test_incident_that_nobody_wrote_down_says_nothing(incident):
    """Without anything known seen no change is nearer than another."""
    incident.change("pool", 10, POOL).change("prices", 10, PRICES)
    symptoms = replace(read_symptoms(incident.build()), alert_text="zqx", tellings=(), moved=())

    assert list(judge_likeness(incident.list_changes(), symptoms)) == []


def test_what_the_service_is_called_is_no_likeness(incident, say):
    """A shop that is called after its pool shares less with those whose pool was made smaller."""
    before = say(pool=POOL, prices=PRICES)["prices"].points
    incident.names = ["hikari-pool"]
    incident.labels = {"service": "hikari-pool"}

    assert say()["prices"].points > before
