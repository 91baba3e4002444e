"""What a commit brings along and nobody ran yet is said before a revert."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.rules.signatures.change import FAULTY_COMMIT

FILE = "services/checkout.py"
FRAME = "/srv/shop/services/checkout.py:41:total_cents"
CODE = [f"--- a/{FILE}", f"+++ b/{FILE}", "@@ -40,2 +40,3 @@ def total_cents(lines):", "+    total_cents_code()"]
COLUMN = 'psycopg.errors.UndefinedColumn: column "note" of relation "orders" does not exist'
MODULE = "ModuleNotFoundError: No module named 'yaml'"


def list_file(path, *lines):
    """Write what a commit adds to one file."""
    return [f"--- a/{path}", f"+++ b/{path}", f"@@ -1,0 +1,{len(lines)} @@", *(f"+{line}" for line in lines)]


@pytest.fixture
def blame(scene, stack):
    """Give what is said of a commit with these further files, for an error in its new line."""

    def ask(error, *further, **facts):
        scene.state("running", started_at=ONSET - timedelta(seconds=20))
        scene.logs(["2026-11-23T09:50:55Z ERROR checkout: unhandled", *stack(error, FRAME)])
        scene.change("abc1234", {FILE: [41]}, diff=[*CODE, *further], **facts)
        (found,) = scene.match(FAULTY_COMMIT)
        return found

    return ask


@pytest.mark.parametrize(
    ("error", "path", "line", "said"),
    [
        (
            COLUMN,
            "migrations/0007_note.sql",
            "ALTER TABLE orders ADD COLUMN note text;",
            "First: Run the migration migrations/0007_note.sql, which makes note: the same commit brings it.",
        ),
        (
            'psycopg.errors.UndefinedTable: relation "vouchers" does not exist',
            "db/migrate/8_vouchers.sql",
            "CREATE TABLE vouchers (id int);",
            "First: Run the migration db/migrate/8_vouchers.sql, which makes vouchers: the same commit brings it.",
        ),
        (
            MODULE,
            "requirements.txt",
            "PyYAML==6.0.2",
            "First: Install what requirements.txt lists, yaml with it: the same commit brings it.",
        ),
    ],
)
def test_what_the_commit_brings_is_said_before_its_revert(blame, error, path, line, said):
    """The step of the deployment that was left out is what its author wants; the revert stays the way back."""
    found = blame(error, *list_file(path, line))

    assert said in found.text
    assert found.text.endswith("Take the commit back only where that cannot be done.")
    assert [item.name for item in found.suggestions] == ["git.revert_commit", "supervisor.restart"]
    assert f"+{line}" in [citation.quote for citation in found.citations]


def test_person_who_must_act_does_that_first(blame):
    """Where nothing can be taken back, the order to read the commit comes second."""
    found = blame(COLUMN, *list_file("migrations/7.sql", "ALTER TABLE orders ADD COLUMN note text;"), revertible=False)

    assert found.person_must.startswith("Run the migration migrations/7.sql, which makes note: the same commit brings")
    assert "Read commit abc1234" in found.person_must


@pytest.mark.parametrize(
    ("error", "further"),
    [
        (COLUMN, []),
        (COLUMN, list_file("migrations/7.sql", "ALTER TABLE orders DROP COLUMN note;")),
        (COLUMN, list_file("migrations/7.sql", "UPDATE orders SET note = '';")),
        (COLUMN, list_file("migrations/7.sql", "ALTER TABLE orders ADD COLUMN other text;")),
        (COLUMN, list_file("services/notes.py", "add(note)")),
        (MODULE, []),
        (MODULE, list_file("requirements-dev.txt", "PyYAML==6.0.2")),
        ("TypeError: 'int' object is not iterable", list_file("requirements.txt", "PyYAML==6.0.2")),
    ],
)
def test_commit_that_does_not_give_what_is_missed_is_taken_back(blame, error, further):
    """A migration that drops the column, or a list that production leaves out, mends nothing."""
    assert "First:" not in blame(error, *further).text
