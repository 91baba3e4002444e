"""An answer with a good status may tell of an error."""

import pytest

from fermata.rules.rehearsal import is_as_agreed


@pytest.mark.parametrize(
    ("body", "is_good"),
    [
        (b"", True),
        (b"<h1>error</h1>", True),
        (b'{"price": 250}', True),
        (b'{"price": 250, "error": null}', True),
        (b'{"data": {}, "errors": []}', True),
        (b'[{"error": "of one of many"}]', True),
        (b'{"item": {"error": "further in"}}', True),
        (b'{"error": "cut of', True),
        (b'{"error": ' + b"[" * 100_000, True),
        (b'{"error": "no connection"}', False),
        (b'{"data": null, "errors": [{"message": "no connection"}]}', False),
        (b'{"jsonrpc": "2.0", "error": {"code": -32603}, "id": 1}', False),
    ],
)
def test_json_that_tells_of_an_error_is_no_good_answer(body, is_good):
    """Whatever its status; what cannot be read says nothing."""
    assert is_as_agreed(body, "") is is_good


@pytest.mark.parametrize(
    ("body", "is_good"),
    [(b'{"price": 250}', True), (b'{"price": 250, "error": "stale"}', True), (b"{}", False)],
)
def test_text_of_a_good_answer_decides_alone(body, is_good):
    """Somebody has said what a good answer holds."""
    assert is_as_agreed(body, '"price"') is is_good
