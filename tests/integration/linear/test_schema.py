"""Each document is valid in Linear's own schema, where a person has it at hand.

`FERMATA_TEST_LINEAR_SCHEMA` names linear/linear's `packages/sdk/src/schema.graphql`, and graphql-core is installed.
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from fermata.integrations.linear import documents
from fermata.integrations.linear.settings import LinearTeam
from fermata.ports.tracker.records import Search
from fermata.testing.records import NOON
from fermata.testing.trackers.linear import TYPES

SCHEMA = os.environ.get("FERMATA_TEST_LINEAR_SCHEMA", "")


@pytest.fixture(scope="module")
def schema():
    """Give the schema: two seconds to build."""
    if not SCHEMA:
        pytest.skip("FERMATA_TEST_LINEAR_SCHEMA names no schema")
    graphql = pytest.importorskip("graphql")
    return graphql.build_schema(Path(SCHEMA).read_text())


@pytest.mark.parametrize("name", ["ISSUES", "COMMENTS", "TEAMS", "LABELS", "CREATE"])
def test_document_is_valid(schema, name):
    """Every field, argument and variable exists."""
    import graphql

    assert graphql.validate(schema, graphql.parse(getattr(documents, name))) == []


@pytest.mark.parametrize(
    ("type_name", "value"),
    [
        ("IssueFilter", documents.filter_search(
            Search(("checkout",), NOON - timedelta(days=14), 10), {"ENG": LinearTeam(), "OPS": LinearTeam()})),
        ("IssueFilter", documents.filter_twins("ENG", "x")),
        ("IssueFilter", documents.filter_id("x")),
        ("IssueCreateInput",
         {"id": "x", "teamId": "x", "title": "x", "description": "x", "labelIds": ["x"], "priority": 2}),
    ],
)  # fmt: skip
def test_input_is_valid(schema, type_name, value):
    """Every field of a filter or an input exists."""
    import graphql

    errors = []
    graphql.utilities.coerce_input_value(value, schema.get_type(type_name), lambda *error: errors.append(error))

    assert errors == []


def test_recorded_fields_are_the_schemas(schema):
    """The fake knows no field that Linear does not have, nor another type of it."""
    import graphql

    wrong = []
    for owner, fields in TYPES.items():
        for name, said in fields.items():
            kind, _, arguments = said.partition("(")
            real = schema.get_type(owner).fields.get(name)
            named = graphql.get_named_type(real.type) if real else None
            same = named and (graphql.is_leaf_type(named) if kind == "Scalar" else named.name == kind)
            if not same or set(arguments.rstrip(")").split()) - set(real.args):
                wrong.append(f"{owner}.{name}")

    assert wrong == []
