"""A run of a migration and the file that it ran, by the names that each tool gives both."""

import pytest

from fermata.domain.facts import ChangeFacts
from fermata.rules.changes.migrations import is_run_of
from fermata.testing.records import NOON

SCRIPT = "+++ b/db/migrations/V7__widen.sql\n@@ -0,0 +1,1 @@\n+ALTER TABLE orders ALTER COLUMN id TYPE numeric;"
CODE = "+++ b/shop/app.py\n@@ -1,1 +1,1 @@\n-def a(): pass\n+def b(): return c()"
LOCKED = "ERROR canceling statement, lock wait timeout on orders #"


@pytest.mark.parametrize(
    ("ref", "title", "path"),
    [
        ("V7", "widen (V7__widen.sql)", "db/migrations/V7__widen.sql"),
        ("V7", "", "db/migrations/V7__widen.sql"),
        ("V2.1", "x (V2.1__widen_it.sql)", "db/V2.1__widen_it.sql"),
        ("orders.0003_drop", "0003_drop", "orders/migrations/0003_drop.py"),
        ("ae1027a6acf", "ae1027a6acf", "alembic/versions/ae1027a6acf_drop_note.py"),
        ("20261123115900", "20261123115900", "db/migrate/20261123115900_add_state.rb"),
        ("12", "12", "migrations/000012_add_state.up.sql"),
        ("12", "12", "migrations/12.sql"),
        ("20261123_init_it", "20261123_init_it", "prisma/migrations/20261123_init_it/migration.sql"),
        ("42", "42 (db/changelog/0142_external_ref.xml)", "db/changelog/0142_external_ref.xml"),
    ],
)
def test_file_is_known_by_what_its_tool_calls_the_run(ref, title, path):
    """Whole, or what its name begins with."""
    assert is_run_of(ChangeFacts(id="m", kind="migration", title=title, ref=ref, changed_at=NOON), path)


@pytest.mark.parametrize(
    ("ref", "path"),
    [
        ("1", "migrations/000012_add_state.up.sql"),
        ("V7", "db/migrations/V70__widen.sql"),
        ("12", "shop/12_days.py"),
        ("", "migrations/000012_add_state.up.sql"),
        ("000", "migrations/000012_add_state.up.sql"),
        ("orders.0001_initial", "billing/migrations/0001_initial.py"),
    ],
)
def test_other_file_is_not(ref, path):
    """A number is the whole number, and of a file of migrations."""
    assert not is_run_of(ChangeFacts(id="m", kind="migration", title="", ref=ref, changed_at=NOON), path)


def test_run_dates_code_beside_a_migration_that_nothing_is_known_to_have_released(incident):
    """Where the migration ran, the code beside it is taken to be there."""
    incident.calm("shop").log("shop", (-3, 40, LOCKED)).change("aaaaaaa1", 300, f"{SCRIPT}\n{CODE}")
    incident.change("m-7", 4, kind="migration", ref="V7", state="success", diff_read=False, environment="production")

    (found,) = (one for one in incident.judge().ranked if one.id == "aaaaaaa1")

    assert found.effect.why == "run as m-7, in effect 1m before the first sign"


def test_run_dates_what_only_migrations_bring(incident):
    """A release that carries the file brought no code of it, and what ran is what the commit wrote."""
    incident.calm("shop").log("shop", (-3, 40, LOCKED))
    incident.change("aaaaaaa1", 300, SCRIPT).change("bbbbbbb2", 200, CODE).release("dep-1", 100, "bbbbbbb2")
    incident.change("m-7", 4, kind="migration", ref="V7", state="success", diff_read=False, environment="production")

    found = {one.id: one for one in incident.judge().ranked}

    assert found["aaaaaaa1"].effect.why == "run as m-7, in effect 1m before the first sign"
    assert found["m-7"].ruled_out == "aaaaaaa1, which wrote it, is judged by itself"
    assert incident.judge().guilty == "aaaaaaa1"


@pytest.mark.parametrize(("ref", "is_its"), [("V7", False), ("20261123115900", True)])
def test_number_that_ran_before_a_commit_is_another_services(incident, ref, is_its):
    """Each service counts from one; a date is nobody else's, and who deploys a branch merges it later."""
    script = SCRIPT.replace("V7__widen", f"{ref}__widen")
    incident.calm("shop").log("shop", (-3, 40, LOCKED)).change("aaaaaaa1", 5, script)
    incident.change("m-7", 9, kind="migration", ref=ref, state="success", diff_read=False, environment="production")

    found = {one.id: one for one in incident.judge().ranked}

    assert found["aaaaaaa1"].effect.why.startswith("run as m-7") is is_its


def test_code_beside_a_migration_needs_its_release(incident):
    """The run is known by what was read, whatever dates the rest."""
    incident.calm("shop").log("shop", (-3, 40, LOCKED))
    incident.change("aaaaaaa1", 300, f"{SCRIPT}\n{CODE}").release("dep-1", 100, "aaaaaaa1")
    incident.change("m-7", 200, kind="migration", ref="V7", diff_read=False, environment="production")

    found = {one.id: one for one in incident.judge().ranked}

    assert found["aaaaaaa1"].effect.why.startswith("released with dep-1")
    assert found["m-7"].ruled_out == "aaaaaaa1, which wrote it, is judged by itself"


def test_release_whose_only_known_commit_is_a_migration_was_read_as_far_as_anybody_says(incident):
    """It came with the file, whenever that was run."""
    incident.calm("shop").log("shop", (-3, 40, LOCKED))
    incident.change("aaaaaaa1", 300, SCRIPT).release("dep-1", 100, "ccccccc3")
    incident.change("m-7", 4, kind="migration", ref="V7", diff_read=False, environment="production")

    found = {one.id: one for one in incident.judge().ranked}

    assert found["dep-1"].ruled_out == "aaaaaaa1, which it carried, is judged by itself"


@pytest.mark.parametrize(("state", "is_in_effect"), [("failure", True), ("pending", False)])
def test_migration_that_failed_may_have_done_a_part(incident, state, is_in_effect):
    """Not every database takes back what ran before the failing statement; what waits did nothing."""
    incident.calm("shop").log("shop", (-3, 40, LOCKED))
    incident.change("m-7", 4, SCRIPT, kind="migration", ref="V7", state=state, environment="production")

    (one,) = incident.judge().ranked

    assert (not one.ruled_out) is is_in_effect
