"""`fermata ask` on the command line."""

import pytest


def test_answer_quotes_what_it_rests_on(desk):
    """Each line with where it stands, then time and cost."""
    result = desk.run("ask", "why is checkout down?")

    assert result.code == 0, result.err
    assert "memory_limit_exceeded" in result.out
    assert ", line " in result.out
    assert "cost $0." in result.out


def test_answer_for_machines(desk):
    """One object."""
    result = desk.run("ask", "how is checkout?", "--json")

    assert (result.code, result.err) == (0, "")
    assert (result.json["kind"], result.json["names"]) == ("status", ["checkout"])
    assert result.json["answer"][0]["citations"]


@pytest.mark.parametrize("text", ["", "  ", "x" * 3000])
def test_question_that_is_none_is_refused(desk, text):
    """Before anything is asked."""
    result = desk.run("ask", text)

    assert result.code == 2
    assert "cannot be read" in result.err
