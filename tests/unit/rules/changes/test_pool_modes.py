"""How connections to a database are shared, before a change and since."""

import pytest

from fermata.rules.changes.pool_modes import judge_pooling

MET = 'ERROR prepared statement "s#" already exists'
MISSED = 'ERROR prepared statement "s#" does not exist'
FULL = "ERROR FATAL: MaxClientsInSessionMode: max clients reached #"


def turn(old, new, path=".env.production"):
    """Write a diff of one line."""
    return f"\n+++ b/{path}\n@@ -1,2 +1,2 @@\n-{old}\n+{new}\n"


DIRECT, POOLED = "DATABASE_URL=postgres://app@db:5432/app", "DATABASE_URL=postgres://app@pgbouncer:6432/app"
TOLD = f"{POOLED}?pgbouncer=true"
SUPABASE = "DATABASE_URL=postgres://app@x.pooler.supabase.com:{}/postgres"


@pytest.mark.parametrize(
    ("line", "diff", "mode"),
    [
        (MET, turn(DIRECT, POOLED), "transaction"),
        (MISSED, turn("pool_mode = session", "pool_mode = transaction", "pgbouncer.ini"), "transaction"),
        (MET, turn(TOLD, POOLED), "transaction"),
        (FULL, turn(SUPABASE.format(6543), SUPABASE.format(5432)), "session"),
        (FULL, turn("pool_mode = transaction", "pool_mode = session", "pgbouncer.ini"), "session"),
    ],
)
def test_turn_to_the_sharing_that_fails_ties_the_change(incident, line, diff, mode):
    """Only that way of sharing connections brings such a failure."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 12, diff)

    (sign,) = (sign for change in incident.list_changes() for sign in judge_pooling(change, incident.read()))

    assert f"shared by {mode}" in sign.text


@pytest.mark.parametrize(
    ("line", "diff"),
    [
        (MET, turn(POOLED, DIRECT)),
        (MET, turn(POOLED, TOLD)),
        (MET, turn(POOLED, POOLED.replace("app@", "web@"))),
        (MET, turn("pool_mode = transaction", "pool_mode = session")),
        (MET, turn("retries: 3", "retries: 4")),
        (FULL, turn(SUPABASE.format(5432), SUPABASE.format(6543))),
        (FULL, turn(DIRECT, POOLED)),
        ("ERROR a statement was prepared twice #", turn(DIRECT, POOLED)),
    ],
    ids=["to none", "told so", "another user", "by session", "else", "by transaction", "no session", "no such failure"],
)
def test_change_that_does_not_turn_to_it_has_no_such_sign(incident, line, diff):
    """The way back, or a client that is told, brings nothing of the kind."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("c0ffee1", 12, diff)

    assert [sign for change in incident.list_changes() for sign in judge_pooling(change, incident.read())] == []
