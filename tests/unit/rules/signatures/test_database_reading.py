from tests.unit.rules.signatures.shopdb import PRIMARY, QUERY, REF, look, measure, plan

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import DatabaseStatement
from fermata.rules.signatures.database_reading import list_databases


def test_looks_at_one_database_are_put_together(scene):
    """Each collector looks at a part; a signature reads the whole."""
    (database,) = list_databases(plan(measure(scene)).build())

    assert database.entity.ref == REF
    assert len(database.looks) == 2
    assert [statement.text for _, statement in database.statements] == [QUERY]
    assert database.find_table("public", "order_lines").indexes == (PRIMARY,)
    assert database.find_table("audit", "order_lines") is None


def test_load_in_another_form_is_left_out(scene):
    """A bundle's load profile has facts of its own, and other evidence is no load."""
    scene.add(EvidenceKind.DATABASE_LOAD, REF, ["statement x"], {"database": "shop", "waits": []})
    scene.add(EvidenceKind.TEXT, REF, ["a note"], {})

    assert list_databases(scene.build()) == []


def test_look_that_cannot_be_quoted_is_left_out(scene):
    """A record that points at no line, or at a blank one, could not be cited."""
    beyond = DatabaseStatement(line=7, digest="d", text=QUERY)
    look(scene, ["only one line"], statements=(beyond,))
    look(scene, ["first", " "], statements=(DatabaseStatement(line=2, digest="d", text=QUERY),))
    look(scene, [" "])

    assert list_databases(scene.build()) == []
