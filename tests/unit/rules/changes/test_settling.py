"""What to look at where no change can be named."""

from fermata.domain.facts import UNCONFIRMED

FAILING = "ERROR request # failed: something"


def test_what_was_only_planned_is_asked_first(incident):
    """Where it may well be the one."""
    incident.calm("shop").log("shop", (0, 40, FAILING))
    incident.change("plan", 3, "@@ a_b.c @@\n-  x = 1\n+  x = 2\n", kind="terraform", state=UNCONFIRMED)

    assert incident.judge().checks[0] == ("Find out whether plan was applied, and when: only the plan of it is here.")
