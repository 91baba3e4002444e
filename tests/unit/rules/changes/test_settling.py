"""What to look at where no change can be named."""

from fermata.domain.facts import MANIFESTS, UNCONFIRMED
from fermata.rules.changes.settling import list_checks

FAILING = "ERROR request # failed: something"


def test_what_was_only_planned_is_asked_first(incident):
    """Where it may well be the one."""
    incident.calm("shop").log("shop", (0, 40, FAILING))
    incident.change("plan", 3, "@@ a_b.c @@\n-  x = 1\n+  x = 2\n", kind="terraform", state=UNCONFIRMED)

    assert incident.judge().checks[0] == ("Find out whether plan was applied, and when: only the plan of it is here.")


def test_difference_of_manifests_has_two_sides(incident):
    """What is live may have been changed by hand as well as what is declared may have been applied."""
    incident.calm("shop").log("shop", (0, 40, FAILING))
    incident.change("live", 3, "@@ a.b.c.yaml @@\n-  x: 1\n+  x: 2\n", kind=MANIFESTS, state=UNCONFIRMED)

    judgement = incident.judge()

    assert judgement.checks[0].startswith("Find out which side of live is the later one, and since when")
    assert judgement.ranked[0].unread == "what is live and what is declared differ, and nothing says which came last"


def test_commit_to_take_back_is_called_by_its_short_id_and_title(incident):
    """Forty digits say nothing to whoever reads the card."""
    pool = "@@ config/database.yml @@\n-  pool: 40\n+  pool: 4\n"
    incident.calm("shop").log("shop", (-3, 40, "ERROR could not obtain a connection from the pool within 5 s"))
    incident.change(
        "0a" * 20, 5, pool, kind="config", state="applied", environment="production", title="Fewer sessions"
    )
    ranked = incident.judge().ranked

    checks = list_checks(ranked, incident.read(), close=ranked, is_unread=False)

    assert checks[0].startswith("Take back 0a0a0a0a0a (Fewer sessions) in a copy of the service and see")


def test_number_of_replicas_is_taken_back_where_the_load_is(incident):
    """A copy of the service is under none."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR could not obtain a connection from the pool within 5 s"))
    incident.change("web@replicas", 5, "@@ -1,2 +1,2 @@\n spec:\n-  replicas: 4\n+  replicas: 1\n", kind="scaling")
    ranked = incident.judge().ranked

    checks = list_checks(ranked, incident.read(), close=ranked, is_unread=False)

    assert checks[0] == "Take back web@replicas and see whether the failure goes."


def test_former_content_that_a_cluster_does_not_keep_is_sought_elsewhere(incident):
    """Nobody can get a diff of a config map that was written over."""
    incident.calm("shop").log("shop", (-3, 40, FAILING))
    incident.change("shop/configmap/limits@written", 5, kind="configuration", ref="limits")

    checks = list_checks(incident.judge().ranked, incident.read(), close=(), is_unread=True)

    assert checks[0].startswith("Compare what limits holds with where it is declared, or a backup")
