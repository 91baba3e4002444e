from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts
from fermata.rules.signatures.database_changes import find_index_change

DROP = "migrations/0003_drop_unused.py"
ALEMBIC = [
    "Drop what nothing uses",
    f"+++ b/{DROP}",
    "+def upgrade():",
    '+    op.drop_index("ix_order_lines_order_id", table_name="order_lines")',
    "+def downgrade():",
    '+    op.create_index("ix_order_lines_order_id", "order_lines", ["order_id"])',
]


def find(scene):
    """Return the change that explains the missing index."""
    return find_index_change(scene.build(), "order_lines", ["order_id"])


@pytest.mark.parametrize(
    "line",
    [
        "+DROP INDEX CONCURRENTLY order_lines_order_id_idx;",
        '+    op.drop_index(op.f("ix_order_lines_order_id"), table_name="order_lines")',
        "+    remove_index :order_lines, :order_id",
        '+  await queryInterface.removeIndex("order_lines", ["order_id"]);',
        "-CREATE INDEX order_lines_order_id_idx ON order_lines (order_id);",
        "-    order_id = Column(BigInteger, index=True)",
        "-    order_id = models.BigIntegerField(db_index=True)",
        "-    add_index :order_lines, :order_id",
    ],
)
def test_dropped_index_is_recognised_in_every_tools_words(scene, line):
    """A drop that was added and a making that was removed both take the index away."""
    scene.change("a" * 40, {"db/schema.sql": [1]}, diff=["+++ b/db/schema.sql", line])

    found = find(scene)

    assert (found.words, found.confidence) == ("dropped the index that served it", 0.95)
    assert found.citations[0].quote == line.strip()


@pytest.mark.parametrize(
    "diff",
    [
        # The way back of a migration that makes the index.
        [
            *("+++ b/m/0002.py", "+def upgrade():", '+    op.create_index("ix", "order_lines", ["order_id"])'),
            *("+def downgrade():", '+    op.drop_index("ix_order_lines_order_id", table_name="order_lines")'),
        ],
        ["+++ b/m/0002.down.sql", "+DROP INDEX order_lines_order_id_idx;"],
        ["+++ b/sql/U2__lines.sql", "+DROP INDEX order_lines_order_id_idx;"],
        ["+++ b/m/2.sql", "+-- +goose Down", "+DROP INDEX order_lines_order_id_idx;"],
        # Another table's, another column's.
        ["+++ b/m/3.sql", "+DROP INDEX shipments_carrier_idx;"],
        ["+++ b/m/3.sql", "+DROP INDEX shipments_reorder_idx;"],
        # A drop that was taken back, and context.
        ["+++ b/m/3.sql", "-DROP INDEX order_lines_order_id_idx;", " DROP INDEX order_lines_order_id_idx;"],
    ],
)
def test_what_drops_no_such_index_is_not_blamed(scene, diff):
    """Ways back did not happen, and an index of something else did not serve this statement."""
    scene.change("a" * 40, {"m/0002.py": [1]}, diff=diff)

    assert find(scene) is None


def test_way_forth_after_a_way_back_counts(scene):
    """Files may say the way back first; a new file begins anew."""
    lines = [
        "+++ b/m/3.sql",
        "+-- migrate:down",
        "+SELECT 1;",
        "+-- migrate:up",
        "+DROP INDEX order_lines_order_id_idx;",
    ]
    scene.change("a" * 40, {"m/3.sql": [1]}, diff=lines)

    assert find(scene).citations[0].first_line == 5


@pytest.mark.parametrize("before", [timedelta(hours=2), timedelta(minutes=-5)])
def test_change_outside_of_the_time_is_not_blamed(scene, before):
    """What came after the onset, or long before it, did not bring it."""
    scene.change("a" * 40, {DROP: [1]}, diff=ALEMBIC, before=before)

    assert find(scene) is None


def test_statement_that_came_without_an_index_is_named_with_less_certainty(scene):
    """The table never had one: the commit that asks it by that column is the one that needed it."""
    diff = ["+++ b/shop/lines.py", "+LINES = 'SELECT sku FROM order_lines'", "+BY = ' WHERE order_id = %s'"]
    scene.change("a" * 40, {"shop/lines.py": [1]}, diff=diff)

    found = find(scene)

    assert (found.words, found.confidence) == ("brought the statement, and no index for it", 0.6)
    assert found.citations[0].first_line == 3


def test_statement_that_came_with_its_index_is_not_blamed(scene):
    """Whoever brought both did what was right."""
    diff = ["+++ b/shop/lines.py", "+ask('SELECT sku FROM order_lines WHERE order_id = %s')"]
    diff += ["+++ b/m/4.sql", "+CREATE INDEX ON order_lines (order_id);"]
    scene.change("a" * 40, {"shop/lines.py": [1]}, diff=diff)

    assert find(scene) is None


def test_plainest_change_is_named(scene):
    """A drop says more than a statement; among equals the later one is named."""
    statement = ["+++ b/shop/lines.py", "+ask('SELECT sku FROM order_lines WHERE order_id = %s')"]
    scene.change("1" * 40, {"shop/lines.py": [1]}, diff=statement, before=timedelta(minutes=1))
    scene.change("2" * 40, {DROP: [1]}, diff=ALEMBIC, before=timedelta(minutes=9))
    scene.change("3" * 40, {DROP: [1]}, diff=ALEMBIC, before=timedelta(minutes=5))

    assert find(scene).change.facts.id == "3" * 40


def tell_migration(scene, ref, *, before=timedelta(minutes=1), kind="migration"):
    """Say that the database says that a migration was applied."""
    facts = ChangeFacts(id=f"shop:{ref}", kind=kind, title="t", changed_at=ONSET - before, ref=ref)
    scene.add(EvidenceKind.CHANGE, "postgres:database/shop", [f"{ref} was applied"], facts, query=f"applied {ref}")


@pytest.mark.parametrize(
    ("path", "ref"),
    [
        ("migrations/0003_drop_unused.py", "0003"),
        ("orders/migrations/0003_drop_unused.py", "orders.0003_drop_unused"),
        ("sql/V3__drop_unused.sql", "V3"),
        ("sql/V3.1__drop_unused.sql", "V3.1"),
    ],
)
def test_database_that_applied_the_migration_is_cited(scene, path, ref):
    """The file says what it does, the database that it did: alembic, Django and Flyway name it each in its way."""
    tell_migration(scene, ref)
    scene.change("a" * 40, {path: [1]}, diff=ALEMBIC)

    assert [citation.quote for citation in find(scene).citations][1:] == [f"{ref} was applied"]


def test_migration_that_was_applied_after_the_onset_is_not_blamed(scene):
    """A commit is not in effect before somebody runs it."""
    tell_migration(scene, "0003", before=timedelta(minutes=-10))
    scene.change("a" * 40, {DROP: [1]}, diff=ALEMBIC)

    assert find(scene) is None


def test_other_changes_are_not_taken_for_its_application(scene):
    """Another migration, a deployment, one without a name, and what is no change at all."""
    late = timedelta(minutes=-10)
    tell_migration(scene, "0004", before=late)
    tell_migration(scene, "000", before=late)
    tell_migration(scene, "0003", before=late, kind="deployment")
    tell_migration(scene, "", before=late)
    scene.add(EvidenceKind.CHANGE, "service/x", ["broken"], {"nonsense": 1})
    scene.logs(["ready"])
    scene.change("a" * 40, {DROP: [1]}, diff=ALEMBIC)

    assert len(find(scene).citations) == 1
