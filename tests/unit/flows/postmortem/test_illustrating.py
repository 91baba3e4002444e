from tests.unit.flows.postmortem.test_remembering import scene

from fermata.flows.postmortem.illustrating import illustrate

__all__ = ["scene"]


async def test_metric_that_is_told_in_words_is_drawn(scene):
    """The document links to a file that is there; its words and its query stay."""
    *_, first = scene

    shown = illustrate(first, "inc")

    assert "![checkout errors](plots/inc-checkout-errors.svg)" in shown.text
    assert "Asked: `rate(x[1m])`" in shown.text
    assert list(shown.files) == ["plots/inc-checkout-errors.svg"]
    assert shown.files["plots/inc-checkout-errors.svg"].startswith("<svg")
    assert "![" not in first.text


async def test_line_that_a_person_rewrote_stays(scene):
    """Then nothing is drawn, and no file is left over."""
    *_, first = scene
    edited = first.model_copy(update={"text": first.text.replace("checkout errors: from", "errors, from")})

    shown = illustrate(edited)

    assert shown.text == edited.text
    assert shown.files == {}
