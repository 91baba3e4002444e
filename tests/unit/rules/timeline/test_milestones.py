from tests.unit.rules.timeline.trail_scene import at, curve, trail

from fermata.rules.timeline.curves import find_shift
from fermata.rules.timeline.facts import find_facts
from fermata.rules.timeline.guesses import list_relapses, settle_guesses
from fermata.rules.timeline.milestones import find_key_times
from fermata.rules.timeline.talk import hear

SHIFT = find_shift(curve([1.0] * 20 + [50.0] * 10))


def find(*lines, shifts=()):
    """Return clock and citation of each key time."""
    scene = trail(*lines)
    told = [item for item in hear(scene.messages) if item.reading.clauses]
    found = find_key_times(scene, told, list(shifts), list_relapses(told))
    return {name: (time.at, time.citation) for name, time in found.items()}


def test_whole_incident_has_all_five():
    """Detected may precede declared, and the metric tells the start."""
    found = find(
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:30", "ana", "declaring a sev1"),
        ("12:50", "ana", "errors are back to baseline"),
        ("13:10", "ana", "incident resolved"),
        shifts=[SHIFT],
    )

    assert found == {
        "started": (at("12:20"), "M1"),
        "detected": (at("12:22"), "m1"),
        "declared": (at("12:30"), "m2"),
        "mitigated": (at("12:50"), "m3"),
        "resolved": (at("13:10"), "m4"),
    }


def test_exact_word_on_the_start_wins_over_the_metric():
    """Who names the minute has looked."""
    found = find(("12:40", "ana", "errors and timeouts started at 14:18 our time"), shifts=[SHIFT])

    assert found["started"] == (at("12:18"), "m1")


def test_rough_word_on_the_start_gives_way_to_a_metric():
    """About ten past means the metric's minute; without one it is all there is."""
    rough = ("12:40", "ana", "errors and timeouts began around 14:15 our time")

    assert find(rough, shifts=[SHIFT])["started"] == (at("12:20"), "M1")
    assert find(rough)["started"] == (at("12:15"), "m1")


def test_word_on_another_start_gives_way_to_the_metric():
    """What began an hour before the metric moved is not what it measures, nor is what began after it."""
    early = ("12:40", "ana", "errors and timeouts of the old job started at 13:00 our time")
    late = ("12:40", "ana", "errors and timeouts of the fallback started at 14:30 our time")

    assert find(early, shifts=[SHIFT])["started"] == (at("12:20"), "M1")
    assert find(late, shifts=[SHIFT])["started"] == (at("12:20"), "M1")


def test_metric_far_from_the_first_sign_is_not_its_start():
    """A move of half a day before is another story; then the first sign is all there is."""
    found = find(("23:00", "ana", "checkout fails with errors and timeouts"), shifts=[SHIFT])

    assert found["started"] == (at("23:00"), "m1")


def test_nothing_told_gives_nothing():
    """No key time is invented; a metric alone tells a start."""
    assert find(("12:00", "ana", "rolled back checkout")) == {}
    assert find(("12:00", "ana", "rolled back checkout"), shifts=[SHIFT]) == {"started": (at("12:20"), "M1")}


def test_declaration_may_be_the_first_sign():
    """Where nothing precedes it, the declaration is the detection; what was done is no start."""
    found = find(
        ("12:30", "ana", "declaring a sev1"),
        ("12:31", "ana", "restarted checkout pods since 12:20 UTC"),
    )

    assert found["detected"] == found["declared"] == found["started"] == (at("12:30"), "m1")


def test_end_that_did_not_hold_is_replaced_by_the_one_that_did():
    """Spoke too soon undoes an end; a monitor alone does not mitigate."""
    found = find(
        ("12:00", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:10", "ana", "errors are back to baseline"),
        ("12:20", "ana", "spoke too soon, errors are climbing again"),
        ("12:50", "ana", "logins working again since 14:48 our time"),
        ("13:00", "pager", "Incident INC-4 resolved by ana"),
    )

    assert found["mitigated"] == (at("12:48"), "m4")
    assert found["resolved"] == (at("13:00"), "m5")


def test_resolution_alone_is_also_the_mitigation():
    """Where nothing else is told, users stopped hurting no later than the end."""
    found = find(("12:50", "ana", "incident resolved"))

    assert found["mitigated"] == found["resolved"]


BACK = find_shift(curve([1.0] * 20 + [50.0] * 20 + [1.0] * 20))


def test_good_word_before_the_metric_is_back_is_no_end():
    """Recovering is often said too early: the metric decides which word is meant."""
    found = find(
        ("12:25", "ana", "errors are back to baseline"),
        ("12:42", "ana", "errors are back to baseline"),
        shifts=[BACK],
    )

    assert found["mitigated"] == (at("12:42"), "m2")


def test_sure_word_is_preferred_to_progress():
    """Falling is not fallen; where nothing surer follows soon, it has to do."""
    falling = ("12:40", "ana", "checkout errors are dropping, recovering")
    gone = ("12:50", "ana", "checkout errors are back to baseline")

    assert find(falling, gone, shifts=[BACK])["mitigated"] == (at("12:50"), "m2")
    assert find(falling, shifts=[BACK])["mitigated"] == (at("12:40"), "m1")


def test_good_news_while_the_metric_came_back_is_the_end():
    """Where nobody says that it is mitigated, who tells good news in those minutes does; a word long after does not."""
    news = ("12:41", "ana", "all 9 of 9 pops done")

    alone = find(news, ("13:40", "ana", "incident resolved"), shifts=[BACK])
    early = find(("12:20", "ana", "all 9 of 9 pops done"), ("13:40", "ana", "incident resolved"), shifts=[BACK])
    late = find(news, ("13:20", "ana", "backlog drained, users are back to normal"), shifts=[BACK])

    assert alone["mitigated"] == (at("12:41"), "m1")
    assert early["mitigated"] == (at("13:40"), "m2")
    assert late["mitigated"] == (at("12:41"), "m1")


def test_users_who_felt_it_first_detected_it():
    """Word of users shortly before the first sign counts, even where no line tells it; of hours before it does not."""
    felt = hear(trail(("12:15", "ana", "customers report errors")).messages)
    sign = hear(trail(("12:20", "bob", "checkout pods crash with timeouts")).messages)
    late = hear(trail(("16:20", "bob", "checkout pods crash with timeouts")).messages)

    def detect(told):
        return find_key_times(trail(), told, [], [], talk=felt)["detected"].at

    assert detect(sign) == at("12:15")
    assert detect(late) == at("16:20")


def test_word_mitigated_itself_decides():
    """Who says it has weighed it; neither better news nor the metric gainsay that."""
    found = find(
        ("12:30", "ana", "errors are back to baseline"),
        ("12:33", "ana", "i consider this mitigated"),
        shifts=[BACK],
    )

    assert found["mitigated"] == (at("12:33"), "m2")


def test_status_page_alone_tells_all_but_the_end_that_it_took_back():
    """Its first post detects and declares; what it says is fixed is not while it goes on looking."""
    found = find(
        ("12:05", "pager", "Investigating - We are seeing elevated errors on checkout."),
        ("12:20", "pager", "Monitoring - A fix has been implemented."),
        ("12:30", "pager", "Identified - The errors have come back, a second cause has been identified."),
        ("12:50", "pager", "Monitoring - A second fix has been implemented."),
        ("13:10", "pager", "Resolved - This incident has been resolved."),
    )

    assert found == {
        "started": (at("12:05"), "m1"),
        "detected": (at("12:05"), "m1"),
        "declared": (at("12:05"), "m1"),
        "mitigated": (at("12:50"), "m4"),
        "resolved": (at("13:10"), "m5"),
    }


def test_people_know_better_than_a_status_page():
    """A post comes when somebody has the time for it."""
    found = find(
        ("12:00", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:05", "pager", "Investigating - We are seeing elevated errors on checkout."),
        ("12:09", "ana", "declaring a sev1"),
        ("12:40", "pager", "Resolved - This incident has been resolved."),
        ("12:50", "ana", "incident resolved"),
    )

    assert (found["detected"], found["declared"]) == ((at("12:00"), "m1"), (at("12:09"), "m3"))
    assert found["resolved"] == (at("12:50"), "m5")


def test_end_that_is_dated_before_the_first_sign_is_no_end():
    """Any minute may be named; what was over before it began is another matter."""
    lines = (
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:40", "ana", "incident resolved at 01:00 UTC"),
        ("13:10", "ana", "incident resolved"),
    )

    assert find(*lines)["resolved"] == (at("13:10"), "m3")
    assert "resolved" not in find(*lines[:2])


def test_end_said_before_the_first_sign_is_no_end():
    """It belongs to what was before, whoever says it."""
    found = find(
        ("12:05", "ana", "incident resolved"),
        ("12:06", "pager", "Resolved - This incident has been resolved."),
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
    )

    assert set(found) == {"started", "detected"}


def test_what_looks_fine_from_where_one_sits_is_no_mitigation():
    """A bystander tells no change; who says that it works again from here does."""
    alarm = ("12:22", "pager", "[FIRING] CheckoutHigh5xx")

    assert "mitigated" not in find(alarm, ("12:30", "bob", "fwiw payments look fine from here, no 5xx on api"))
    assert find(alarm, ("12:30", "bob", "payments work again from here"))["mitigated"] == (at("12:30"), "m2")


def test_monitor_that_clears_tells_the_mitigation():
    """Where nobody says that it is over, the monitor that fired does."""
    found = find(("12:22", "pager", "[FIRING] CheckoutHigh5xx"), ("12:55", "pager", "[RESOLVED] CheckoutHigh5xx"))

    assert found["mitigated"] == (at("12:55"), "m2")


def test_monitor_that_clears_and_relapses_tells_none():
    """Who says within the hour that it is back has seen more than the monitor."""
    found = find(
        ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:40", "pager", "[RESOLVED] CheckoutHigh5xx"),
        ("12:50", "ana", "errors are back, it is failing again"),
        ("13:55", "ana", "incident resolved"),
    )

    assert found["mitigated"] == (at("13:55"), "m4")


def test_last_word_of_an_end_is_the_end():
    """Of two people who call it resolved the later one knew what the first had missed."""
    found = find(("12:50", "ana", "incident resolved"), ("13:20", "bob", "resolved for real"))

    assert found["resolved"] == (at("13:20"), "m2")


def test_end_that_the_impact_outlived_is_none():
    """Called resolved while users still hurt, it was not: mitigation comes first."""
    found = find(("12:50", "ana", "incident resolved"), ("13:20", "bob", "we are mitigated"))

    assert found["mitigated"] == (at("13:20"), "m2")
    assert "resolved" not in found


def test_measurement_once_the_metric_is_back_is_good_news():
    """A number alone says it to those who know what is usual; a recap of others' numbers does not."""
    found = find(
        ("12:39", "ana", "09:10 start, 09:20 declared, 09:40 rolled back"),
        ("12:44", "bob", "timeouts 0.8%"),
        shifts=[BACK],
    )

    assert found["mitigated"] == (at("12:44"), "m2")


def test_end_after_which_an_alert_fires_is_none():
    """Whoever calls it resolved is not asked: the monitor says that it is not."""
    begun = [("12:10", "pager", "[FIRING] CheckoutHigh5xx"), ("12:50", "ana", "incident resolved")]

    assert "resolved" not in find(*begun, ("13:00", "pager", "[FIRING] CheckoutHigh5xx"))
    assert "resolved" in find(*begun, ("14:00", "pager", "[FIRING] CheckoutHigh5xx"))


def test_metric_that_comes_back_after_the_end_mitigates_nothing():
    """What was closed hurt nobody any more."""
    found = find(("12:30", "ana", "errors are back to baseline"), ("12:31", "ana", "incident resolved"), shifts=[BACK])

    assert found["mitigated"] == (at("12:30"), "m1")


def test_ticket_that_is_raised_is_declared_when_it_is_raised():
    """A tool opens one for everything; people, or the tool, say when it is an emergency."""
    opened = ("12:20", "pager", "INC0088 created, priority 3, assigned to desk")

    assert find(opened, ("12:30", "ana", "raising this to P1"))["declared"] == (at("12:30"), "m2")
    assert find(opened, ("12:30", "ana", "declaring an incident"))["declared"] == (at("12:20"), "m1")
    assert find(("12:20", "pager", "INC0088 created, priority 1"))["declared"] == (at("12:20"), "m1")
    assert find(("12:20", "ana", "sev3 opened"), ("12:30", "bob", "raising to sev1"))["declared"] == (at("12:20"), "m1")


def test_bot_that_tells_of_its_own_work_detects_nothing():
    """A rollout that sounds bad is no alert; what a monitor measures is a sign, whatever its form."""
    assert "detected" not in find(("12:20", "deploybot", "session-svc rev 118 promoted 25% -> 50%"))
    assert find(("12:20", "pager", "5xx at 40% on web, timeouts"))["detected"] == (at("12:20"), "m1")


def test_declaration_stands_before_what_its_author_means_to_do():
    """Who calls a grade and says who drives declares; a question whether it is one does not."""
    begun = ("12:20", "pager", "[FIRING] CheckoutHigh5xx")

    assert find(begun, ("12:30", "ana", "making this a sev1 i'll drive"))["declared"] == (at("12:30"), "m2")
    assert "declared" not in find(begun, ("12:30", "ana", "do we have one incident or two"))
    assert "declared" not in find(begun, ("12:30", "ana", "we will open an incident if it stays"))


def test_call_to_somebody_beside_a_declaration_is_no_guess():
    """Whether Jun is around suspects nothing, so that the declaration needs no more than any other."""
    facts = trail(("12:05", "ana", "incident open, I lead. @jun around? it's late for you I know"))
    told = find_facts(hear(facts.messages), hear(facts.messages), settle_guesses([]), ("checkout",), {}, relapses=())

    assert [item.message.id for item in told] == ["m1"]


def test_end_that_several_tell_is_the_first_of_them():
    """Whoever calls it, the tool and the status page mean one end."""
    found = find(("12:50", "ana", "incident resolved"), ("12:53", "bob", "resolved on the status page too"))

    assert found["resolved"] == (at("12:50"), "m1")


def test_mitigation_holds_since_the_minute_that_is_named():
    """A rough minute will do where somebody says since when it holds."""
    found = find(("12:50", "ana", "sustained since about 14:40 our time, so mitigated"))

    assert found["mitigated"] == (at("12:40"), "m1")


def test_tool_that_declared_it_tells_its_end():
    """Where nobody says so, the bot that incidents are run by does; another bot is not asked."""
    called = ("12:10", "pager", "INC-4 declared by ana")

    assert find(called, ("13:00", "pager", "ana changed status to *Resolved*"))["resolved"] == (at("13:00"), "m2")
    assert "resolved" not in find(called, ("13:00", "deploybot", "ana changed status to *Resolved*"))


def test_last_measurement_is_the_end_where_nobody_calls_one():
    """Who goes to bed after a last look calls no end; a look in the minutes of the relief is none."""
    begun = (("12:10", "pager", "[FIRING] CheckoutHigh5xx"), ("12:40", "ana", "errors are back to baseline"))

    assert find(*begun, ("13:20", "ana", "lock waits of the ledger: 0"))["resolved"] == (at("13:20"), "m3")
    assert "resolved" not in find(*begun, ("12:45", "ana", "lock waits of the ledger: 0"))


def test_reason_says_by_what_it_was_seen():
    """The reader of a draft judges a time by what it is taken from."""
    told = {
        "[FIRING] CheckoutHigh5xx": "an alert fired",
        "Investigating - We are seeing elevated errors on checkout.": "a status page told of it",
        "INC-4 declared by ana": "it was declared, and nothing before it tells of it",
        "5xx at 40% on web, timeouts": "somebody saw it",
    }

    for text, why in told.items():
        items = hear(trail(("12:20", "pager", text)).messages)
        assert find_key_times(trail(), items, [], [])["detected"].why == why


def test_tool_that_announces_it_declares_what_was_asked_of_it():
    """Whoever asked for it did, else the tool; a ticket that a tool opened for something small is raised later."""
    opened = ("12:31", "pager", ":rotating_light: Incident 7 opened by @ana. Room: inc-7")
    raised = ("12:50", "ana", "bumping it to sev1")
    asked = ("12:30", "ana", "two things at once. declaring a sev2")

    assert find(opened, raised)["declared"] == (at("12:31"), "m1")
    assert find(asked, opened, raised)["declared"] == (at("12:30"), "m1")
    assert find((*opened[:2], "Incident 7 opened by @ana, SEV4"), raised)["declared"] == (at("12:50"), "m2")


def test_end_that_most_of_the_talk_comes_after_is_none():
    """Follow-ups are less than half of what is told; chatter counts for nothing."""
    begun = ("12:00", "ana", "checkout fails with errors and timeouts")
    called = ("12:10", "ana", "incident resolved")
    talk = [(f"12:{count}", "bob", "checkout errors at 40%") for count in range(11, 55)]
    chatter = [(f"12:{count}", "bob", "who wants pizza with olives") for count in range(11, 55)]

    assert find(begun, called, *chatter)["resolved"] == (at("12:10"), "m2")
    assert find(begun, called, *talk, ("13:00", "ana", "incident resolved"))["resolved"] == (at("13:00"), "m47")


def test_end_after_which_people_speak_of_other_things_is_one():
    """What they do then may sound like an event: its words tell that it is none."""
    begun = ("12:00", "ana", "checkout fails with errors and timeouts")
    called = ("12:10", "ana", "incident resolved")
    after = [(f"12:{count}", "bob", "we moved to the other room") for count in range(11, 55)]
    scene = trail(begun, called, *after)
    talk = hear(scene.messages)

    found = find_key_times(scene, talk[:2], [], [], talk=talk)

    assert all(item.reading.clauses for item in talk)
    assert found["resolved"].citation == "m2"


def test_end_after_which_much_is_told_is_none():
    """It was one of a part, or called too early: a few words of the tidying up undo nothing."""
    begun = ("12:00", "ana", "checkout fails with errors and timeouts")
    called = ("12:10", "ana", "incident resolved")
    more = [(f"12:{count}", "bob", "checkout errors at 40%") for count in range(20, 28)]

    assert find(begun, called, *more[:7])["resolved"] == (at("12:10"), "m2")
    assert "resolved" not in find(begun, called, *more)


def test_end_on_a_status_page_is_dated_by_the_minute_that_it_names():
    """The post is written when the minute is over."""
    found = find(
        ("12:00", "ana", "checkout fails with errors and timeouts"),
        ("12:41", "pager", "acme.com status changed: MAJOR OUTAGE -> OPERATIONAL (12:40 UTC)"),
    )

    assert found["resolved"] == (at("12:40"), "m2")


def test_alert_that_nags_since_before_does_not_undo_an_end():
    """It fired before there was an incident."""
    nag = "[FIRING] ntp offset of SJC m5 3ms"
    lines = [
        ("12:30", "ana", "checkout fails with errors and timeouts since 14:25 our time"),
        ("12:50", "ana", "incident resolved"),
        ("12:55", "pager", nag.replace("SJC m5 3", "LHR m26 4")),
    ]

    assert "resolved" not in find(*lines, shifts=[SHIFT])
    assert find(("10:00", "pager", nag), *lines, shifts=[SHIFT])["resolved"] == (at("12:50"), "m3")


def test_thought_of_an_end_is_none():
    """Who would be done if it worked is not done."""
    found = find(
        ("12:00", "ana", "checkout fails with errors and timeouts"),
        ("12:20", "ana", "incident resolved"),
        ("12:40", "bob", "maybe we can replay the 954 lost writes with a script, 20 min and we are done"),
    )

    assert found["resolved"] == (at("12:20"), "m2")


def test_good_word_that_is_dated_before_the_beginning_is_no_end():
    """What it says of that minute is that it began."""
    found = find(
        ("12:20", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:57", "ana", "errors were normal again and then not, first one at 12:19 UTC"),
        ("13:05", "ana", "errors are back to baseline"),
    )

    assert found["mitigated"] == (at("13:05"), "m3")


def test_end_that_is_called_counts_even_where_no_line_tells_it():
    """Only few words tell that it is done."""
    scene = trail(("12:20", "ana", "checkout fails with errors"), ("12:50", "ana", "calling it done"))
    said = hear(scene.messages)

    assert find_key_times(scene, said[:1], [], [], talk=said)["resolved"].citation == "m2"


def test_announcement_soon_after_the_lead_was_taken_is_the_declaration():
    """Who takes command declares nothing where a tool announces it minutes later; one that comes much later is late."""
    lead = ("12:24", "ana", "here and taking command")
    post = '"Delays in checkout": incident declared by ana, severity SEV-1'

    assert find(lead, ("12:30", "deploybot", post))["declared"] == (at("12:30"), "m2")
    assert find(lead, ("12:50", "deploybot", post))["declared"] == (at("12:24"), "m1")


def test_mitigation_of_the_whole_goes_before_that_of_a_part():
    """One of several who felt it says so first."""
    part = ("13:10", "ana", "the billing side is mitigated on their dependency")

    whole = find(part, ("13:40", "bob", "customer impact is mitigated"))

    assert whole["mitigated"] == (at("13:40"), "m2")
    assert find(part)["mitigated"] == (at("13:10"), "m1")
