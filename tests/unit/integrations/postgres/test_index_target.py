import pytest

from fermata.integrations.postgres.index_target import LONGEST_NAME, parse_target, parse_where, quote, quote_text
from fermata.kit.errors import UserError


def test_statement_is_written_in_full():
    """Schema, method and a name that says whose it is: the same for the same target."""
    target = parse_target({"table": "order_lines", "columns": ["order_id"]})

    assert target.write() == (
        "CREATE INDEX CONCURRENTLY fermata_order_lines_order_id_btree ON public.order_lines USING btree (order_id)"
    )
    assert "CONCURRENTLY" not in target.write(concurrently=False)


def test_names_that_need_it_are_quoted():
    """Capitals, blanks and reserved words."""
    target = parse_target({"table": "Sales.Order", "columns": ["user", "Total Sum"], "method": "brin"})

    assert target.write().endswith('ON "Sales"."Order" USING brin ("user", "Total Sum")')
    assert target.name == "fermata_order_user_total_sum_brin"
    assert quote('a"b') == '"a""b"'


def test_long_names_stay_two():
    """What PostgreSQL would cut off is replaced by a digest."""
    names = [parse_target({"table": "t" * 60, "columns": [column]}).name for column in ("first", "second")]

    assert all(len(name) == LONGEST_NAME for name in names)
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        ("  ", ""),
        ("status = 'open'", "(status = 'open')"),
        ("Status='open' and deleted_at is null", "((status = 'open') AND (deleted_at IS NULL))"),
        ("total >= -3.5 AND user IS NOT NULL", '((total >= -3.5) AND ("user" IS NOT NULL))'),
        ("active = true", "(active = true)"),
    ],
)
def test_condition_is_taken_apart_and_written_anew(text, canonical):
    """Only what was understood gets into the statement."""
    assert parse_where(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "a = 1; DROP TABLE t",
        "a = 1) OR (1 = 1",
        "a = 'x' OR b = 2",
        "lower(a) = 'x'",
        "a = (SELECT 1)",
        "a = 'it''s'",
        "a = 'b\\' OR 1=1 --'",
        "a = 1 -- comment",
        "a AND b",
        "a = $1",
        "a = E'x'",
    ],
)
def test_condition_that_is_more_is_refused(text):
    """Expressions, alternatives, comments and escapes: whatever could hold something else."""
    with pytest.raises(UserError, match="cannot be checked"):
        parse_where(text)


def test_text_constant_survives_quotes_and_backslashes():
    """Whatever `standard_conforming_strings` says."""
    assert quote_text("it's") == "'it''s'"
    assert quote_text("a\\'b") == "E'a\\\\''b'"
