from tests.unit.rules.timeline.trail_scene import at, trail

from fermata.rules.timeline.draft import draft_postmortem
from fermata.rules.timeline.guesses import list_relapses
from fermata.rules.timeline.milestones import find_key_times
from fermata.rules.timeline.talk import hear

FIRED = ("12:10", "pager", "[FIRING] CheckoutHigh5xx")
RELIEF = ("12:40", "ana", "errors are back to baseline")
CLEARED = ("12:50", "pager", "[RESOLVED] CheckoutHigh5xx")


def find(*lines):
    """Return the end of a scene in which nobody calls one, if there is any."""
    scene = trail(*lines)
    told = [item for item in hear(scene.messages) if item.reading.clauses]
    return find_key_times(scene, told, [], list_relapses(told)).get("resolved")


def test_alert_that_clears_ends_what_nobody_calls_over():
    """The last word of its monitor, after the relief; while an alert fires it is not over."""
    found = find(FIRED, RELIEF, CLEARED)

    assert (found.at, found.citation) == (at("12:50"), "m3")
    assert "nobody calls it" in found.why
    assert find(FIRED, RELIEF) is None
    assert find(FIRED, RELIEF, CLEARED, ("13:30", "pager", "[FIRING] CheckoutHigh5xx")) is None
    assert find(FIRED, ("12:30", "pager", "[RESOLVED] CheckoutHigh5xx"), RELIEF) is None


def test_number_in_somebodys_work_measures_no_end():
    """Nor does a sum of the day; what is zero, complete or good does."""
    for text in (
        "rolled out stemmer 4 for finnish",
        "summary: 2 hours down, 41 tickets",
        "sent 68 refunds",
    ):
        assert find(FIRED, RELIEF, CLEARED, ("13:20", "ana", text)).at == at("12:50")
    for text in ("lock waits of the ledger: 0", "replica count of the ledger is 40/40", "Unchanged at 41 rows"):
        assert find(FIRED, RELIEF, CLEARED, ("13:20", "ana", text)).at == at("13:20")


def test_more_may_be_told_after_an_end_that_is_only_concluded():
    """Where nobody says that it is over, what is told later is told."""
    scene = trail(
        FIRED,
        ("12:20", "ana", "rolled back the checkout release"),
        RELIEF,
        CLEARED,
        ("13:45", "bob", "rolled the second half of the checkout release back"),
    )

    draft = draft_postmortem(scene)

    assert draft.key_times["resolved"].is_inferred
    assert draft.entries[-1].citations == ("m5",)
