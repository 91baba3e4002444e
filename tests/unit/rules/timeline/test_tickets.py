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


def test_number_that_a_tool_pads_in_one_place_is_the_same():
    """A channel is `inc-0931-uploads`, its tool's posts say INC-931; another number is another's."""
    lines = (
        ("12:08", "pager", "New incident INC-931: Uploads fail"),
        ("12:09", "ana", "uploads fail with 413 since edge v88"),
        ("12:20", "pager", "INC0932 declared by bob: Exports hang"),
        ("12:31", "pager", "Status of INC-931 changed: Mitigated -> Resolved"),
    )

    assert sort_topics(heard(*lines), "Uploads fail", ("inc-0931-uploads",)).foreign & {"m1", "m3", "m4"} == {"m3"}


def test_alert_under_which_people_declare_is_what_they_declare():
    """However late, and in whatever words; where they say that it is separate, it is not."""
    lines = (
        ("12:00", "pager", "[FIRING] WebhookDeliverySuccess below 80"),
        ("12:03", "ana", "61 and dropping, timeouts everywhere", "m1"),
        ("12:11", "ana", "escalating to an incident, SEV2", "m1"),
        ("12:13", "bob", "egress proxy has a full conntrack table, checkout errors"),
        ("12:20", "bob", "restarted the egress proxy"),
        ("12:30", "bob", "conntrack table raised on the egress proxy"),
    )
    apart = ("12:11", "ana", "escalating to a separate incident, SEV2, unrelated to checkout", "m1")

    assert sort_topics(heard(*lines), "", ()).foreign == frozenset()
    assert "m1" in sort_topics(heard(*lines[:2], apart, *lines[3:]), "", ()).foreign


def test_only_alert_of_a_channel_is_what_its_talk_begins_with():
    """People call it in words of their own; one that fires into the talk, or beside another, may be anything."""
    alert = ("12:05", "pager", "Triggered: [P2] GatewayHigh on api-gw")
    lines = (
        ("12:08", "ana", "exports are slow, timeouts for one tenant"),
        ("12:10", "bob", "export workers time out, restarted them"),
        ("12:21", "ana", "exports work again"),
    )
    late = ("12:12", "pager", "Triggered: [P2] GatewayHigh on api-gw")
    other = ("12:06", "pager", "[FIRING] WarehouseLag")

    assert sort_topics(heard(alert, *lines), "", ()).foreign == frozenset()
    assert sort_topics(heard(*lines[:2], late, lines[2]), "", ()).foreign == {"m3"}
    assert sort_topics(heard(alert, other, *lines), "", ()).foreign == {"m1", "m2"}


def test_alerts_that_a_channels_talk_begins_with_are_what_it_declares_soon():
    """Much later it declares something else."""
    lines = (
        ("12:03", "pager", "PROBLEM: Interface GatewayHigh down"),
        ("12:03", "pager", "PROBLEM: Session WarehouseLag down"),
        ("12:06", "ana", "edge lost its uplink, packet loss 8%"),
        ("12:15", "bob", "edge drops on egress, timeouts"),
        ("12:30", "bob", "edge traffic moved"),
    )

    assert sort_topics(heard(*lines, ("12:31", "ana", "declaring a sev1, edge")), "", ()).foreign == frozenset()
    assert sort_topics(heard(*lines, ("13:11", "ana", "declaring a sev1, edge")), "", ()).foreign == {"m1", "m2"}
