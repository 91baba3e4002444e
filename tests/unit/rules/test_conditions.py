"""Conditions of guardrails: refused early when they cannot work, and closed when they fail."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fermata.kit.errors import GuardRefused, UserError
from fermata.rules import conditions
from fermata.rules.conditions import _FUNCTIONS, compile_condition


@pytest.fixture(scope="module")
def variables(noon):
    """Give the values of one question."""
    return {
        "action": {"name": "supervisor.restart", "risk": "low"},
        "target": {"ref": "supervisor:process/checkout", "system": "supervisor", "kind": "process", "name": "checkout"},
        "parameters": {"limit_bytes": 1024, "names": ["a", "b"]},
        "incident": {"severity": "critical"},
        "blast_radius": 1,
        "now": noon,
        "hour": noon.hour,
        "weekday": "monday",
    }


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("true", True),
        ("hour >= 9 && hour < 17", True),
        ("weekday in ['saturday', 'sunday']", False),
        ("action.risk == 'low' || blast_radius < 1", True),
        ("parameters.limit_bytes <= 2048", True),
        ("parameters.names.exists(name, name == 'b')", True),
        ("now > timestamp('2026-01-01T00:00:00Z') && now.getDayOfWeek() == 1", True),
        ("has(incident.started_at)", False),
        ("target.name.startsWith('check') // not 'target.nmae'", True),
        ("target.name != 'incident.nmae'", True),
        ("type(hour) == int", True),
    ],
)
def test_condition_answers_of_these_values(variables, text, holds):
    """A condition is a CEL expression over the question's values."""
    assert compile_condition(text).holds(variables) is holds


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Line 1, column 1: it ends too early"),
        ("hour ==", "Line 1, column 8: it ends too early"),
        ("hour > 9\n&& @", "Line 2, column 4: token recognition error at: '@'"),
        ("houre > 9", "Unknown: houre"),
        ("action.nmae == 'x'", "Unknown: action.nmae"),
        ("now() > 1", "Unknown: now()"),
        ("max(hour, 1) > 1 && day == 1", "Unknown: day, max()"),
        ("'" + "a" * 2000 + "' == ''", "It has 2008 characters, and 2000 are allowed"),
    ],
)
def test_expression_that_could_only_fail_is_refused_at_start(text, words):
    """The message names the expression, the place and the fault, before anything depends on it."""
    with pytest.raises(UserError) as caught:
        compile_condition(text)

    assert caught.value.why == words
    assert repr(text[:60])[1:-1] in caught.value.what


def test_fault_without_a_place_is_still_a_user_error(monkeypatch):
    """A library that one day words its faults differently changes the message, not the family."""

    def refuse(text):
        raise ValueError("no")

    monkeypatch.setattr(conditions._load_cel(), "compile", refuse)  # A wording that today's library does not produce.

    with pytest.raises(UserError, match="It is no CEL expression"):
        compile_condition("true")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("incident.state == 'held'", "there is no 'state'"),
        ("parameters.limit == 1", "there is no 'limit'"),
        ("parameters.names[7] == 'a'", "index out of bounds: 7"),
        ("hour / 0 == 1", "division by zero"),
        ("weekday > 1", "No such overload"),
        ("target.name.matches('(')", "not a valid regex"),
        ("hour + 9223372036854775807 > 0", "overflow"),
        ("hour", "It gave int, not true or false"),
        ("'true'", "It gave str, not true or false"),
    ],
)
def test_condition_that_fails_is_closed(variables, text, words):
    """Anything but a clear true or false refuses."""
    with pytest.raises(GuardRefused, match="The condition") as caught:
        compile_condition(text).holds(variables)

    assert caught.value.rule == "condition"
    assert words.lower() in caught.value.why.lower()


def test_value_the_language_cannot_hold_is_closed(variables):
    """A parameter of a foreign type refuses rather than disappears."""
    with pytest.raises(GuardRefused):
        compile_condition("true").holds(variables | {"parameters": {"odd": object()}})


@given(st.text(max_size=60))
def test_arbitrary_text_is_a_condition_or_a_user_error(text):
    """No expression in a policy file breaks the start with anything but words."""
    try:
        condition = compile_condition(text)
    except UserError:
        return
    assert condition.text == text


@pytest.mark.parametrize("name", sorted(_FUNCTIONS))
def test_each_function_that_is_allowed_exists(name):
    """The list of known functions is the library's: calling one never fails for being undefined."""
    calls = [f"{name}(1)", f"'a'.{name}('a')", f"now.{name}()", f"{name}('a')", f"{name}('1')"]

    assert any(_is_defined(call) for call in calls)


def _is_defined(call):
    from datetime import UTC, datetime

    import cel

    try:
        cel.compile(call).execute({"now": datetime(2026, 1, 1, tzinfo=UTC)})
    except (RuntimeError, TypeError) as error:
        return "Undefined" not in str(error)
    return True


def test_library_without_its_compiled_part_is_imported_whole(monkeypatch):
    """Where the compiled part is not found under its name, the ordinary import does."""
    import cel

    monkeypatch.delitem(sys.modules, "cel.cel")
    monkeypatch.setattr(conditions.PathFinder, "find_spec", lambda *_: None)  # As a repackaged library would.

    assert conditions._load_cel.__wrapped__() is cel


def test_library_is_loaded_once():
    """Its compiled part cannot be initialised twice in one process: the second time it is found."""
    assert conditions._load_cel.__wrapped__() is conditions._load_cel()
