import pytest

from fermata.integrations.postgres.plan_reading import list_scans, split_conditions


def scan(condition, **node):
    """Return the plan of a sequential scan with a filter."""
    defaults = {
        "Node Type": "Seq Scan", "Schema": "public", "Relation Name": "lines", "Alias": "l", "Filter": condition,
        "Plan Rows": 4, "Total Cost": 100.0,
    }  # fmt: skip
    return defaults | node


@pytest.mark.parametrize(
    ("condition", "equal", "ranges"),
    [
        ("(l.order_id = $1)", ("order_id",), ()),
        ("((l.order_id = 17) AND (l.sku = 'a AND b'::text))", ("order_id", "sku"), ()),
        ("((l.code)::text = 'x'::text)", ("code",), ()),
        ('(l."Order Id" = 5)', ("Order Id",), ()),
        ("((l.created_at > now()) AND (l.order_id = 3))", ("order_id",), ("created_at",)),
        ("((l.price >= 1) AND (l.price <= 9))", (), ("price",)),
        ("(l.order_id = ANY ('{1,2}'::integer[]))", ("order_id",), ()),
        ("(l.deleted_at IS NULL)", ("deleted_at",), ()),
        ("(o.id = l.order_id)", ("order_id",), ()),
        ("(l.order_id = o.id)", ("order_id",), ()),
        ("((l.a = 1) AND ((l.b = 2) OR (l.c = 3)))", ("a",), ()),
        ("((l.a = 1) AND ((l.b = 2) AND (l.c = 3)))", ("a", "b", "c"), ()),
    ],
)
def test_columns_of_a_condition_are_read(condition, equal, ranges):
    """What an index would answer: equal columns, ranges, and nothing of what it would not."""
    (found,) = list_scans(scan(condition))

    assert (found.equal_columns, found.range_columns, found.is_simple) == (equal, ranges, True)


@pytest.mark.parametrize(
    "condition",
    [
        "((l.a = 1) OR (l.b = 2))",
        "(lower(l.sku) = 'x'::text)",
        "(l.a = l.b)",
        "(x.a = 1)",
        "(l.a <> 1)",
        "l.is_open",
        "",
    ],
)
def test_condition_that_no_index_answers_is_not_simple(condition):
    """Alternatives, expressions, comparisons within the row, and what cannot be read."""
    assert all(not found.is_simple for found in list_scans(scan(condition)))


def test_scan_without_a_condition_is_no_finding():
    """Whoever asks for all rows gets all rows."""
    assert list_scans(scan("")) == []


def test_plan_is_searched_to_its_leaves_the_costliest_first():
    """Scans lie anywhere below; other nodes are passed by."""
    plan = {
        "Node Type": "Sort",
        "Plans": [
            {
                "Node Type": "Hash Join",
                "Plans": [
                    scan("(l.a = 1)"),
                    {"Node Type": "Hash", "Plans": [scan("(l.b = 1)", **{"Total Cost": 900.0})]},
                    {"Node Type": "Index Scan", "Relation Name": "orders"},
                ],
            }
        ],
    }

    assert [found.equal_columns for found in list_scans(plan)] == [("b",), ("a",)]


def test_index_that_only_gives_the_order_reads_all_rows_too():
    """`WHERE order_id = $1 ORDER BY id DESC LIMIT 20`: filtered row by row, backward through the primary key."""
    walked = scan("(l.order_id = $1)", **{"Node Type": "Index Scan", "Index Name": "lines_pkey"})

    (found,) = list_scans({"Node Type": "Limit", "Plans": [walked]})

    assert (found.equal_columns, found.index, found.rows_kept) == (("order_id",), "lines_pkey", 4)


@pytest.mark.parametrize("served", [{"Index Cond": "(l.id > 5)"}, {"Order By": "(l.place <-> $1)"}])
def test_index_that_finds_rows_is_no_finding(served):
    """A condition or a distance that the index answers: what the filter drops is little."""
    assert list_scans(scan("(l.order_id = $1)", **{"Node Type": "Index Scan"} | served)) == []


def test_join_condition_counts_for_the_inner_table_of_a_nested_loop():
    """For each row of the outer table the inner one is read again: there an index pays most."""
    inner = {"Node Type": "Materialize", "Parent Relationship": "Inner", "Plans": [scan("")]}
    outer = scan("", **{"Relation Name": "orders", "Alias": "o", "Parent Relationship": "Outer"})
    plan = {"Node Type": "Nested Loop", "Join Filter": "(o.id = l.order_id)", "Plans": [outer, inner]}

    (found,) = list_scans(plan)

    assert (found.table, found.equal_columns) == ("lines", ("order_id",))


def test_rows_of_parallel_workers_are_added_up():
    """A parallel node's rows are those of one worker."""
    parallel = scan("(l.a = 1)", **{"Parallel Aware": True, "Plan Rows": 10})

    (found,) = list_scans({"Node Type": "Gather", "Workers Planned": 2, "Plans": [parallel]})

    assert found.rows_kept == 30


def test_quotes_and_brackets_hide_words():
    """`AND` inside a text or a bracket joins nothing here."""
    assert split_conditions("((a = ' AND ') AND (b = 'it''s'))") == ["a = ' AND '", "b = 'it''s'"]
    assert split_conditions("(f(a AND b) = 1)") == ["f(a AND b) = 1"]
