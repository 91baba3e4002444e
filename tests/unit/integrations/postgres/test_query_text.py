import pytest

from fermata.integrations.postgres.query_text import LONGEST, has_parameters, is_plannable, show_statement


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("SELECT * FROM t WHERE a = 'x''y' AND b = 17", "SELECT * FROM t WHERE a = ? AND b = ?"),
        ("SELECT E'it\\'s', U&'x', N'y'", "SELECT ?, U&?, ?"),
        ("SELECT $$a 'b' $$, $tag$ ; $tag$", "SELECT ?, ?"),
        ("SELECT 1.5e-3, .5, 10_000, t1.c2", "SELECT ?, ?, ?, t1.c2"),
        ('SELECT "na""me 1" FROM "t 2"', 'SELECT "na""me 1" FROM "t 2"'),
        ("SELECT /* token=abc */ 1 -- and this\n  FROM t;", "SELECT ? FROM t"),
        ("SELECT a FROM t WHERE b = $1 AND c IN ($2, $3, $4)", "SELECT a FROM t WHERE b = ? AND c IN (?, ...)"),
        ("SELECT 'never ends", "SELECT ?"),
        ("SELECT $$never ends", "SELECT ?"),
        ("/* never ends", ""),
        ("", ""),
    ],
)
def test_literals_and_comments_are_taken_out(raw, shown):
    """What is a literal, a name or a comment is told by PostgreSQL's own lexical rules."""
    assert show_statement(raw).text == shown


def test_same_statement_has_one_digest_whatever_its_values():
    """A statement is known again in another view of the server: with parameters, with values, with other spaces."""
    with_values = show_statement("SELECT a FROM t WHERE b = 17")
    with_parameters = show_statement("SELECT a\n  FROM t WHERE b = $1")

    assert with_values.digest == with_parameters.digest
    assert with_values.digest != show_statement("SELECT a FROM t WHERE c = 17").digest


def test_values_may_be_shown_and_secrets_never_are():
    """A person may allow values; what looks like a secret is replaced and counted all the same."""
    shown = show_statement("SELECT 'mug', 'AKIAIOSFODNN7EXAMPLE'", with_values=True)

    assert "'mug'" in shown.text
    assert "AKIAIOSFODNN7EXAMPLE" not in shown.text
    assert shown.redactions == 1


def test_long_statement_is_cut():
    """A screen of SQL is enough to know it; the digest is over all of it."""
    long = "SELECT " + ", ".join(f"column_{letter * 20}" for letter in "abcdefghijklmnopqrstuvwxyzabcdef")

    assert len(show_statement(long).text) == LONGEST
    assert show_statement(long).digest != show_statement(long + ", x").digest


@pytest.mark.parametrize(
    "raw", ["SELECT 1", " /* c */ WITH a AS (SELECT 1) SELECT 2", "(select 1)", "UPDATE t SET a = 1"]
)
def test_statement_with_a_plan_is_told(raw):
    """EXPLAIN takes what reads or writes rows."""
    assert is_plannable(raw)


@pytest.mark.parametrize("raw", ["VACUUM t", "CREATE INDEX i ON t (a)", "-- SELECT 1", "", "BEGIN; SELECT 1"])
def test_statement_without_a_plan_is_told(raw):
    """Commands, and nothing at all."""
    assert not is_plannable(raw)


def test_parameters_are_not_taken_from_texts():
    """A price of $1 in a text is no parameter."""
    assert has_parameters("SELECT a FROM t WHERE b = $1")
    assert not has_parameters("SELECT 'costs $1' -- or $2")
