from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.topics import sort_topics


def test_of_two_incidents_that_a_tool_declares_the_ones_in_the_titles_words_is_it():
    """The other's number makes nobody's message the incident's own."""
    lines = (
        ("13:36", "pager", "[P1] transfers gateway rejects 71%"),
        ("13:38", "ana", "transfers fail for every bank, errors at 70%"),
        ("13:41", "deploybot", "INC-7781 declared by ana: Instant transfers rejected"),
        ("13:43", "deploybot", "INC-7782 declared by bram: Push notifications delayed"),
        ("13:45", "bob", "restarted the transfers gateway"),
        ("14:20", "deploybot", "INC-7782 resolved by bram"),
        ("14:50", "deploybot", "INC-7781 resolved by ana"),
    )

    assert sort_topics(heard(*lines), "Instant transfers rejected", ()).foreign == {"m4", "m6"}
    assert "m3" not in sort_topics(heard(*lines), "Something slow", ()).foreign
