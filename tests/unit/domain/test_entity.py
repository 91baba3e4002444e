"""Entities: what can name one, and their form as text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from fermata.domain.entity import Entity

PART = st.from_regex(r"[A-Za-z0-9._@+-]{1,12}", fullmatch=True)
ENTITIES = st.builds(Entity, kind=PART, name=PART, system=st.just("") | PART, namespace=st.just("") | PART)


@pytest.mark.parametrize(
    ("parts", "ref"),
    [
        ({"kind": "service", "name": "checkout"}, "service/checkout"),
        ({"system": "supervisor", "kind": "process", "name": "checkout"}, "supervisor:process/checkout"),
        (
            {"system": "kubernetes", "kind": "pod", "namespace": "shop", "name": "checkout-1"},
            "kubernetes:pod/shop/checkout-1",
        ),
        ({"kind": "pod", "namespace": "shop", "name": "checkout-1"}, "pod/shop/checkout-1"),
    ],
)
def test_entity_and_its_ref_are_one(parts, ref):
    """The text says all there is, in the order system, kind, namespace, name."""
    assert Entity(**parts).ref == ref
    assert Entity.parse(ref) == Entity(**parts)


@settings(deadline=None)
@given(ENTITIES)
def test_any_ref_parses_to_its_entity(entity):
    """Writing and reading are inverse."""
    assert Entity.parse(entity.ref) == entity


@settings(deadline=None)
@given(ENTITIES, ENTITIES)
def test_different_entities_have_different_refs(one, other):
    """Guardrails match on the text: no two things share one."""
    assert (one.ref == other.ref) is (one == other)


@pytest.mark.parametrize(
    "ref",
    [
        "",
        "checkout",
        "process/",
        "/checkout",
        "a/b/c/d",
        "process//checkout",
        ":process/checkout",
        "supervisor:process",
        "supervisor:",
        "a:b:process/checkout",
        "supervisor:process/check*",
        "supervisor:process/check out",
    ],
)
def test_text_of_another_form_is_no_entity(ref):
    """What would not come back as the same text is refused, not repaired."""
    with pytest.raises(ValueError, match="entity"):
        Entity.parse(ref)


@pytest.mark.parametrize("field", ["kind", "name", "system", "namespace"])
@pytest.mark.parametrize(
    "value",
    [
        "a/b",
        "a:b",
        "a*",
        "a?",
        "[a]",
        "a]",
        "a b",
        "a\n",
        "\ta",
        "a\x00",
        "a\x1b[31m",
        "a\u200b",
        "\u202eabc",
        "\ufeffa",
        "a\u00ad",
        "a\ufe0f",
        "a\U000e0041",
        "\u3164",
    ],
)
def test_part_with_a_separator_wildcard_or_invisible_character_is_refused(field, value):
    """A name must not widen a guardrail's glob, and a card must show all of it."""
    with pytest.raises(ValidationError, match="cannot name an entity"):
        Entity(**({"kind": "process", "name": "checkout"} | {field: value}))


@pytest.mark.parametrize("field", ["kind", "name"])
def test_kind_and_name_are_needed(field):
    """A logical service may have no system and no namespace, but nothing is without a kind and a name."""
    with pytest.raises(ValidationError, match="cannot name an entity"):
        Entity(**({"kind": "process", "name": "checkout"} | {field: ""}))


def test_names_of_any_script_are_allowed():
    """Systems outside name things as they like."""
    assert Entity.parse("host/größe-1").name == "größe-1"
