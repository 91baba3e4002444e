from tests.unit.rules.timeline.trail_scene import at, curve, trail

from fermata.domain.trail import Deploy, MessageKind, Status, Trail
from fermata.rules.timeline import draft_postmortem

GUILTY = Deploy("D1", at("12:15"), "Lower connection timeout", "checkout", ref="812", author="dee")
DECOY = Deploy("D2", at("12:16"), "New footer", "billing", ref="977", author="eve")
LINES = (
    ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
    ("12:23", "pager", "[FIRING] CheckoutHigh5xx"),
    ("12:24", "ana", "customers report that checkout fails with 504s"),
    ("12:25", "bob", "on it"),
    ("12:26", "bob", "I suspect the footer, #977 went out right before"),
    ("12:28", "bob", "it's not the footer, billing has no path to it"),
    ("12:30", "ana", "declaring a sev1"),
    ("12:33", "ana", "separate issue: the warehouse export failed, loader disk is full"),
    ("12:35", "bob", "found it: the timeout change in #812 starves checkout of connections"),
    ("12:36", "bob", "this is dee's fault"),
    ("12:40", "bob", "might be the kernel, too"),
    ("12:41", "bob", "updated the wiki page with the pager numbers"),
    ("12:45", "bob", "rolled back checkout"),
    ("12:50", "ana", "errors are back to baseline"),
    ("13:00", "ana", "all clear. Incident resolved"),
)


def test_whole_incident_is_told_once_each_with_its_sources():
    """Alerts fold, guesses that were taken back are ruled out, decoys, chatter and other incidents stay out."""
    draft = draft_postmortem(
        trail(*LINES, deploys=(GUILTY, DECOY), curves=(curve([1.0] * 20 + [50.0] * 25 + [1.0] * 9),))
    )

    told = [(entry.at, entry.citations, entry.status) for entry in draft.entries]
    assert told == [
        (at("12:15"), ("D1",), Status.CONFIRMED),
        (at("12:20"), ("M1",), Status.CONFIRMED),
        (at("12:22"), ("m1",), Status.CONFIRMED),
        (at("12:24"), ("m3",), Status.CONFIRMED),
        (at("12:28"), ("m6", "m5"), Status.RULED_OUT),
        (at("12:30"), ("m7",), Status.CONFIRMED),
        (at("12:35"), ("m9",), Status.CONFIRMED),
        (at("12:45"), ("m13",), Status.CONFIRMED),
        (at("12:50"), ("m14",), Status.CONFIRMED),
        (at("13:00"), ("m15",), Status.CONFIRMED),
    ]
    assert draft.entries[0].actors == ("dee",)
    assert [entry.citations[0] for entry in draft.impact] == ["M1", "m3"]
    assert [entry.citations[0] for entry in draft.factors] == ["D1", "m9"]


def test_each_dropped_message_says_why():
    """An editor sees what was left out, and can take it back."""
    draft = draft_postmortem(trail(*LINES, ("13:01", "bob", "scratch that"), deploys=(DECOY,)))

    why = {item.id: item.why for item in draft.dropped}
    assert why["m4"] == "an acknowledgement"
    assert why["m8"] == "another incident"
    assert why["m11"] == "a guess that nobody confirmed"
    assert why["m12"] == "little in it tells an event"
    assert why["m2"] == "the same alert again"
    assert why["m16"].startswith("taken back later")


def test_alert_beyond_what_a_line_cites_is_said_to_be_the_same():
    """A flood of one alert is one line, however long it is."""
    flood = [
        (f"12:{minute:02}:{second:02}", "pager", "[FIRING] CheckoutHigh5xx")
        for minute in range(3)
        for second in range(0, 60, 10)
    ]

    draft = draft_postmortem(trail(*flood))

    assert len(draft.entries) == 1
    assert {item.why for item in draft.dropped} == {"the same alert again"}


def test_recap_gives_a_line_for_each_time_it_names():
    """Times said in words are resolved by the speaker's zone, each with its sentence."""
    draft = draft_postmortem(
        trail(
            (
                "12:50",
                "ana",
                (
                    "14:10 our time: checkout errors and timeouts began\n14:20 our time: rolled back checkout\n"
                    "restarted the checkout pods of the 14:05 deploy\n14:30 our time: bob's fault, errors at 50%"
                ),
            )
        )
    )

    assert [(entry.at, entry.kind) for entry in draft.entries] == [
        (at("12:10"), MessageKind.OBSERVATION),
        (at("12:20"), MessageKind.ACTION),
        (at("12:50"), MessageKind.ACTION),
    ]


def test_deploy_is_joined_to_the_message_that_tells_it():
    """The record gives time and actor; the message gives the words. Without an author, the message's counts."""
    told = ("12:16", "bob", "deployed #812 to all checkout pods")

    (with_author,) = draft_postmortem(trail(told, deploys=(GUILTY,))).entries
    (without,) = draft_postmortem(trail(told, deploys=(Deploy("D1", at("12:15"), ref="812"),))).entries

    assert (with_author.at, with_author.actors, with_author.citations) == (at("12:15"), ("dee",), ("D1", "m1"))
    assert with_author.text == "Deployed #812 to all checkout pods"
    assert without.actors == ("bob",)


def test_deploy_of_nobody_is_named_by_its_id():
    """A record without words is still cited, and a suspicion is only a candidate."""
    bare = Deploy("D9", at("12:15"), ref="812")

    draft = draft_postmortem(
        trail(("12:40", "bob", "I suspect #812"), ("12:41", "cy", "looks like a leak"), deploys=(bare,))
    )
    told = draft_postmortem(trail(("12:40", "bob", "found it: #812 starves checkout"), deploys=(bare,)))

    assert draft.entries == ()
    assert [(entry.text, entry.citations) for entry in draft.factors] == [("D9", ("D9", "m1"))]
    assert (told.entries[0].text, told.entries[0].actors) == ("D9", ())


def test_bots_deploy_comes_in_by_the_talk_about_it():
    """A bot tells every deploy; one that a record tells too is not told twice."""
    lines = (
        ("12:15", "deploybot", "deployed checkout 3.14.1 to prod"),
        ("12:16", "deploybot", "deployed billing 9.1.0 to prod"),
        ("12:40", "bob", "found it: 3.14.1 starves checkout of connections"),
    )

    draft = draft_postmortem(trail(*lines))
    recorded = draft_postmortem(trail(*lines, deploys=(Deploy("D5", at("12:15"), "checkout", ref="3.14.1"),)))

    assert [entry.citations for entry in draft.entries] == [("m1",), ("m3",)]
    assert [entry.citations for entry in recorded.entries] == [("D5",), ("m3",)]


def test_words_of_a_guess_tell_what_was_ruled_out():
    """Scratch that says nothing by itself; without a blameless word of either, nothing is told."""
    clear = draft_postmortem(trail(("12:40", "bob", "I suspect the kernel"), ("12:41", "bob", "scratch that")))
    blaming = draft_postmortem(
        trail(("12:40", "bob", "I suspect the kernel, stupid thing"), ("12:41", "bob", "scratch that, my fault"))
    )
    dull = draft_postmortem(
        trail(("12:40", "bob", "I suspect the kernel, stupid thing"), ("12:41", "bob", "scratch that"))
    )

    assert [entry.text for entry in clear.entries] == ["Ruled out: Suspect the kernel"]
    assert [entry.text for entry in dull.entries] == ["Scratch that"]
    assert [entry.citations for entry in blaming.entries] in ([], [("m2", "m1")])


def test_excluded_cause_needs_no_guess():
    """What nobody had guessed is ruled out with one source; in blaming words it is not told."""
    told = draft_postmortem(trail(("12:41", "bob", "it's not dns, all 12 resolvers answered within 2 ms since 12:10")))
    blaming = draft_postmortem(trail(("12:41", "bob", "it's not dns, whoever said so is an idiot, resolvers answer")))

    assert [entry.citations for entry in told.entries] == [("m1",)]
    assert blaming.entries == ()


def test_message_without_a_blameless_word_is_dropped():
    """What can only be told as blame is not told."""
    draft = draft_postmortem(trail(("12:41", "bob", "checkout errors and timeouts because of dee's stupid mistake")))

    assert draft.entries == ()
    assert [item.id for item in draft.dropped] == ["m1"]


def test_metric_nobody_spoke_near_is_no_onset():
    """A move hours from all talk is not told as the start."""
    far = trail(("17:00", "ana", "checkout fails with 504s and timeouts"), curves=(curve([1.0] * 20 + [50.0] * 9),))

    assert [entry.citations for entry in draft_postmortem(far).entries] == [("m1",)]


def test_metrics_are_chosen_by_title_then_by_talk():
    """A metric of something else is left aside when one is about the incident; without words any one counts."""
    spike = [1.0] * 20 + [50.0] * 9
    said = ("12:24", "ana", "customers report that the gateway fails with 504s")
    named = trail(said, curves=(curve(spike, name="gateway latency"), curve([1.0] * 29)))
    unnamed = trail(said, title="", curves=(curve(spike, name="cpu"),))

    assert draft_postmortem(named).impact[0].text.startswith("gateway latency went from 1 to 50")
    assert draft_postmortem(unnamed).impact[0].text.startswith("cpu")


def test_empty_trail_gives_an_empty_draft():
    """Nothing is invented; a metric alone is still told."""
    empty = draft_postmortem(Trail("", ()))
    measured = draft_postmortem(Trail("", (), curves=(curve([1.0] * 20 + [50.0] * 9),)))

    assert (empty.entries, empty.key_times, empty.dropped) == ((), {}, ())
    assert [entry.citations for entry in measured.entries] == [("M1",)]


def test_message_of_somebody_unknown_is_told_in_utc():
    """A participant who is missing from the export costs the zone and nothing else."""
    scene = trail(("12:50", "ana", "checkout errors and timeouts began at 12:40"))

    (entry,) = draft_postmortem(Trail(scene.title, scene.messages)).entries

    assert entry.at == at("12:40")


def test_end_dated_before_the_beginning_takes_no_line_away():
    """Nor has it one itself, at an hour at which nothing was wrong."""
    draft = draft_postmortem(
        trail(
            ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
            ("12:30", "ana", "declaring a sev1, incident resolved at 01:00 UTC"),
            ("12:31", "ana", "incident resolved at 01:00 UTC"),
            ("12:45", "bob", "rolled back checkout"),
        )
    )

    assert "resolved" not in draft.key_times
    assert [entry.at for entry in draft.entries if "m3" in entry.citations] == []
    assert ("m4",) in [entry.citations for entry in draft.entries]


def test_cause_that_all_agree_on_is_a_candidate_once():
    """It is told by who sums it up, and cites who agrees."""
    draft = draft_postmortem(
        trail(
            ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
            ("12:30", "ana", "root cause found: checkout has the dns ip hardcoded. everybody agree?"),
            ("12:31", "bob", "yes"),
        )
    )

    assert [entry.citations for entry in draft.factors] == [("m2", "m3")]


def test_exclusion_with_its_evidence_is_ruled_out():
    """Nobody had guessed it aloud, but somebody looked and says what at."""
    draft = draft_postmortem(
        trail(
            ("12:22", "pager", "[FIRING] CheckoutHigh5xx"),
            ("12:38", "bob", "coredns is healthy, 3/3, latency p99 4ms. so it is not coredns itself"),
        )
    )

    assert [(entry.text, entry.status) for entry in draft.entries[1:]] == [
        ("It is not coredns itself", Status.RULED_OUT)
    ]
    assert "mitigated" not in draft.key_times


def test_what_was_harmed_is_impact_once_it_is_counted():
    """What support counts in the end is what the incident cost."""
    counted = ("12:50", "bob", "checkout: 312 failed payments in total, 0 double charges")
    draft = draft_postmortem(trail(*LINES, counted))

    assert any("312 failed payments" in entry.text for entry in draft.impact)


def test_cure_and_good_news_are_no_factors():
    """What takes a deploy back, what is made once users are well, and who sees that it works again caused nothing."""
    back = Deploy("D3", at("12:45"), "Rollback checkout 812", "checkout", ref="815", author="bob")
    late = Deploy("D4", at("12:58"), "Own pool for refunds", "checkout", ref="816", author="bob")
    lines = (
        *LINES[:1],
        ("12:26", "bob", "found it: #812 starves checkout of connections"),
        ("12:44", "bob", "confirmed, rolling back with #815 because of the pool"),
        ("12:50", "ana", "mitigated, errors are back to baseline"),
        ("12:51", "cy", "confirmed here too."),
        ("12:52", "cy", "customers confirm that checkout works again"),
        ("12:59", "bob", "found out: #816 gives refunds their own pool"),
    )

    draft = draft_postmortem(trail(*lines, deploys=(GUILTY, back, late)))

    cited = [entry.citations[0] for entry in draft.factors]
    assert "D1" in cited
    assert not {"D3", "D4", "m5", "m6"}.intersection(cited)


def test_impact_counts_what_was_harmed_and_repeats_no_title():
    """A status page's title stands once, its last state tells of no harm, and a part of a name is no count."""
    lines = (
        ("12:22", "ana", "checkout fails with errors, customers get 504s"),
        ("12:24", "ana", "the migration in -2 dropped refund_ref, the old code cannot start"),
        ("12:25", "pager", "Update: Payments degraded\nIdentified - The issue has been identified."),
        ("12:35", "pager", "Update: Payments degraded\nIdentified - The cause is known now."),
        ("12:50", "ana", "mitigated"),
        ("13:00", "ana", "incident resolved"),
        ("13:01", "pager", "Resolved: Payments were degraded\nSome customers may see errors."),
        ("13:10", "ana", "in total we lost 212 orders, that is 9%"),
        ("13:20", "ana", "orders went through again, customers confirm"),
    )

    texts = [entry.text for entry in draft_postmortem(trail(*lines)).impact]

    assert texts[0] == "Checkout fails with errors, customers get 504s"
    assert texts[-1] == "In total we lost 212 orders, that is 9%"
    assert sum("degraded" in text for text in texts) <= 1
    assert not any("refund_ref" in text or "again" in text for text in texts)


def test_count_of_an_alert_is_no_count_of_the_harm():
    """A monitor counts what it saw by then; who sums it up has looked."""
    lines = (
        ("12:22", "ana", "checkout fails with errors"),
        ("12:23", "pager", "[FIRING] checkout: 900 orders failed"),
        ("12:30", "ana", "we lost 212 orders"),
    )

    assert [entry.text for entry in draft_postmortem(trail(*lines)).impact] == ["Lost 212 orders"]


def test_share_that_people_measure_is_impact_until_it_gets_better():
    """However little the words weigh, with who said it; not of a bot, and none that doubts, or tells of relief."""
    lines = (
        ("12:22", "ana", "checkout fails with errors, customers get 504s"),
        ("12:24", "pager", "error rate is at 50%"),
        ("12:26", "bob", "error rate is at 30%"),
        ("12:27", "cy", "31% errors on cards, too"),
        ("12:28", "bob", "maybe the error rate is at 90%"),
        ("12:32", "bob", "error rate at 4%"),
        ("12:40", "ana", "mitigated, checkout works again"),
        ("12:41", "bob", "error rate at 40%"),
        ("12:50", "ana", "incident resolved"),
    )

    told = [(entry.citations, entry.actors) for entry in draft_postmortem(trail(*lines)).impact]

    assert told == [(("m1",), ("ana",)), (("m3",), ("bob",)), (("m4",), ("cy",))]
    assert draft_postmortem(trail(("12:00", "ana", "error rate is at 30%, lunch?"))).impact == ()


def test_list_of_follow_ups_is_no_line():
    """It stands under the actions."""
    lines = (*LINES, ("13:00:30", "cy", "follow ups: 1) fix the pool limit 2) page on full pools"))

    draft = draft_postmortem(trail(*lines, deploys=(GUILTY, DECOY)))

    assert [entry.text for entry in draft.actions] == ["Fix the pool limit", "Page on full pools"]
    assert all(f"m{len(lines)}" not in entry.citations for entry in draft.entries)


def test_deploy_between_good_news_and_the_declaration_is_a_factor():
    """Where it was not even called an incident, nothing has been mended yet."""
    lines = (
        ("12:12", "ana", "checkout fails with errors"),
        ("12:13", "ana", "checkout errors mitigated for a moment"),
        ("12:30", "ana", "declaring a sev1"),
        ("12:35", "bob", "found it: the timeout change in #812 starves checkout of connections"),
    )

    draft = draft_postmortem(trail(*lines, deploys=(GUILTY,)))

    assert "D1" in {entry.citations[0] for entry in draft.factors}
