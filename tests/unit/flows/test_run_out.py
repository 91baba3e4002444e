"""What ran out a day ago leaves the store; what did not, and what is of another kind, stays."""

from datetime import timedelta

from tests.unit.flows.stage import NOON

from fermata.flows.run_out import forget_run_out

ENDS = {
    "a/old": timedelta(days=-1),
    "a/late": timedelta(hours=-23),
    "a/new": timedelta(hours=1),
    "b/old": -NOON.resolution,
}


def test_only_what_ran_out_a_day_ago_goes(sqlite_store):
    """Whoever comes a little late is told that it has expired."""
    with sqlite_store.begin() as transaction:
        for name, left in ENDS.items():
            transaction.flags.put(name, {"expires_at": (NOON + left).isoformat()})

        forget_run_out(transaction, "a/", NOON)

        left = [name for prefix in ("a/", "b/") for name, _ in transaction.flags.list_named(prefix)]
    assert left == ["a/late", "a/new", "b/old"]
