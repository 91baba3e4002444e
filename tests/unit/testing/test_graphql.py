"""The reader of GraphQL refuses what a server would."""

import pytest

from fermata.testing.graphql import BadDocument, execute

TYPES = {
    "Query": {"thing": "Thing(id filter)"},
    "Mutation": {},
    "Thing": {"name": "Scalar", "next": "Thing"},
}


def run(document, variables=None):
    """Execute with one thing that has a next."""
    thing = {"name": "a", "next": {"name": "b", "next": None}}
    return execute(document, variables or {}, TYPES, lambda _, given: thing | {"name": f"a{given.get('id', '')}"})


def test_answer_is_what_was_asked_for():
    """Aliases, fragments and variables."""
    document = """
    query Q($id: ID!, $n: [Int!]) { one: thing(id: $id, filter: {and: [{n: $n, s: "x\\"}"}]}) { ...P next { name } } }
    fragment P on Thing { called: name }
    """

    assert run(document, {"id": "7"}) == {"one": {"called": "a7", "next": {"name": "b"}}}


@pytest.mark.parametrize(
    ("document", "variables", "words"),
    [
        ("{ thing { nmae } }", {}, 'Cannot query field "nmae" on type "Thing"'),
        ("{ thing }", {}, "wrong subfields"),
        ("{ thing { name { x } } }", {}, "wrong subfields"),
        ("{ thing(key: 1) { name } }", {}, 'Unknown argument "key"'),
        ("query ($id: ID!) { thing(id: $id) { name } }", {}, "variables missing"),
        ("query ($id: ID) { thing { name } }", {}, "variables declared"),
        ("{ thing { name } }", {"x": 1}, "not declared"),
        ("{ thing { ...P } }", {}, "there is no fragment P"),
        ("{ thing { ...P } } fragment P on Query { thing }", {}, "is of Query, not of Thing"),
        ("{ thing { name }", {}, "the end"),
        ("{ thing { name } } { thing { name } }", {}, "unexpected"),
        ("", {}, "no operation"),
        ("{ thing % }", {}, "cannot read"),
    ],
)
def test_wrong_document_is_refused(document, variables, words):
    """In words close to the real ones."""
    with pytest.raises(BadDocument, match=words):
        run(document, variables)
