"""Faults of a body are told in the words of who wrote it."""

from datetime import datetime
from typing import Annotated, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from fermata.kit.wire_words import describe_fault


class Inner(BaseModel):
    """An object within."""


class Body(BaseModel):
    """One field of each kind."""

    text: Annotated[str, Field(min_length=1, max_length=3)] = "x"
    items: Annotated[list[int], Field(min_length=1, max_length=2)] = [1]
    table: dict[str, str] = {}
    inner: Inner = Inner()
    number: Annotated[int, Field(ge=1, le=9)] = 1
    share: float = 0
    switch: bool = True
    at: datetime | None = None
    zoned: AwareDatetime | None = None
    state: Literal["firing", "resolved"] = "firing"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("text", "", "it is empty, or shorter than 1: text is wanted"),
        ("text", "abcd", "it is longer than 3 characters"),
        ("text", 3, "text is wanted, in quotes"),
        ("items", [], "there are fewer than 1 of them"),
        ("items", [1, 2, 3], "there are more than 2 of them"),
        ("items", "x", "a list is wanted: [...]"),
        ("table", [], "an object is wanted: {...}"),
        ("inner", 3, "an object is wanted: {...}"),
        ("number", "x", "a whole number is wanted"),
        ("number", 0, "at least 1 is wanted"),
        ("number", 10, "at most 9 is wanted"),
        ("share", "x", "a number is wanted"),
        ("switch", "x", "true or false is wanted"),
        ("at", "x", "an instant with its zone is wanted, such as 2026-11-24T00:00:00Z"),
        ("zoned", "2026-11-24T00:00:00", "its zone is missing: end it with Z or an offset such as +01:00"),
        ("state", "up", "one of these is wanted: 'firing' or 'resolved'"),
    ],
)
def test_fault_is_told_without_types_of_python(field, value, words):
    """What is wanted, and never what was sent."""
    with pytest.raises(ValidationError) as refused:
        Body.model_validate({field: value})

    (fault,) = refused.value.errors()
    assert describe_fault(fault["type"], fault["msg"], fault.get("ctx", {})) == words


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("value_error", "Value error, no such zone", "no such zone"),
        ("of_tomorrow", "Something new", "Something new"),
        ("too_long", "Too long", "Too long"),
    ],
)
def test_fault_that_is_not_known_keeps_its_sentence(kind, said, words):
    """Also one whose context lacks what its form is made from."""
    assert describe_fault(kind, said, {}) == words
