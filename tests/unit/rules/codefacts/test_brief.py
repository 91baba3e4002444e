"""What a model is shown of a caller's code."""

from tests.unit.rules.codefacts.code_scene import BRIEFS, MENTIONS

from fermata.rules.codefacts.brief import MOST_BYTES, compose_brief
from fermata.rules.codefacts.files import make_file
from fermata.rules.codefacts.selecting import AskedCall, find_mentions


def test_brief_shows_lines_by_name_within_one_fence():
    """With the calls that may be named."""
    lines = BRIEFS[0].text.split("\n")

    assert lines[0].startswith("<<<data ")
    assert lines[-1].startswith(">>>end ")
    assert lines[1:4] == ["call|checkout->paymentservice", "call|checkout->adservice", "f1|src/checkout/main.go"]
    assert "f1:5|ctx, cancel := context.WithTimeout(ctx, 3*time.Second)" in lines
    assert compose_brief(MENTIONS[0]) == BRIEFS[0]


def test_call_that_no_file_names_is_not_asked_about():
    """Nor is a caller without files."""
    calls = [AskedCall("web", "adservice"), AskedCall("web", "billingapi")]
    brief = compose_brief(find_mentions(calls, [make_file("a/x.py", "web", "adservice()")]))

    assert brief is not None
    assert list(brief.calls) == list(brief.rows) == ["web->adservice"]
    assert compose_brief(find_mentions(calls, [])) is None


def test_brief_is_bounded_and_hides_secrets():
    """A large file is cut, and a password does not leave."""
    text = "adservice(password='hunter2secretvalue')\n" + "adservice(timeout=3, retries=5)\n" * 2_000
    brief = compose_brief(find_mentions([AskedCall("web", "adservice")], [make_file("a/x.py", "web", text)]))

    assert brief is not None
    assert len(brief.text.encode()) <= MOST_BYTES + 1_000
    assert "hunter2secretvalue" not in brief.text
