import pytest
from tests.unit.rules.timeline.trail_scene import heard, message, talk

from fermata.rules.timeline.talk import hear
from fermata.rules.timeline.topics import sort_topics


def test_second_incident_stays_apart_with_its_thread_and_its_words():
    """Who says that it is about something else takes the thread and the shared words along."""
    items = heard(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "separate issue: the warehouse export failed, snowflake loader is out of disk"),
        ("12:02", "cy", "restarted the snowflake loader", "m2"),
        ("12:03", "dee", "warehouse export recovered"),
        ("12:04", "ana", "rolled back checkout"),
        ("12:06", "eve", "deployed everything again"),
    )

    topics = sort_topics(items, "Checkout errors", ())

    assert topics.foreign == {"m2", "m3", "m4"}
    assert "checkout" in topics.words


def test_same_breath_goes_on_about_what_was_spoken_of():
    """Somebody who names nothing goes on about what they spoke of."""
    items = heard(
        ("12:01", "bob", "separate issue: the warehouse export failed"),
        ("12:02", "bob", "restarted and deployed it"),
        ("12:03", "cy", "restarted and deployed it"),
        ("12:04", "cy", "restarted and deployed it"),
        ("12:30", "bob", "restarted and deployed it"),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == {"m1", "m2"}


def test_alert_without_a_tie_is_another_incidents():
    """Once the incident's own messages are known, an alert that shares no word with them is not its own."""
    items = heard(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "checkout pods crash looping with timeouts"),
        ("12:02", "cy", "rolled back checkout"),
        ("12:03", "pager", "[FIRING] WarehouseExportLate"),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == {"m4"}


def test_other_channel_counts_less_than_the_incidents_words():
    """A message elsewhere is about something else, unless it speaks of the incident."""
    lines = [
        message(1, "12:00", "ana", "warehouse export failed with timeouts", channel="data"),
        message(2, "12:01", "ana", "checkout errors and timeouts again", channel="data"),
    ]

    assert sort_topics(hear(lines), "Checkout errors", ("inc",)).foreign == {"m1"}


def test_names_of_what_was_deployed_lend_their_words():
    """A deploy of the incident's service says what else the incident may be called."""
    topics = sort_topics(hear(talk()), "Checkout errors", (), related=["checkout: cart totals", "search: analyzer"])

    assert topics.words == {"checkout", "cart", "total"}


def test_question_about_another_incident_is_no_claim():
    """Asking whether it is a different issue says nothing."""
    items = heard(("12:00", "ana", "is this a different issue, dns or redis?"))

    assert sort_topics(items, "Checkout errors", ()).foreign == frozenset()


def test_metric_of_something_else_pushes_its_words_away():
    """What is measured of another incident is another's, where the own words do not outweigh it."""
    items = heard(
        ("12:00", "ana", "recorder uploads fail with timeouts, errors at 40%"),
        ("12:01", "bob", "checkout errors at 40%, timeouts on every recorder call"),
    )

    topics = sort_topics(items, "Checkout errors", (), others=["recorder upload failures"])

    assert topics.foreign == {"m1"}


def test_declaration_is_of_this_incident():
    """Whoever declares one here means this one, in whatever words."""
    items = heard(
        ("12:00", "ana", "separate issue: the warehouse export failed, snowflake loader is out of disk"),
        ("12:01", "bob", "incident declared, sev1, SNOWFLAKE-452"),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == {"m1"}


def test_words_of_the_incident_do_not_free_a_thread_of_another():
    """A thread stays with what it hangs from."""
    items = heard(
        ("12:00", "ana", "thread for the npm token, another incident"),
        ("12:01", "bob", "revoked the checkout token at npm", "m1"),
    )

    assert "m2" in sort_topics(items, "Checkout errors", ()).foreign


def test_what_is_said_of_a_stray_alert_is_not_the_incidents():
    """It came and went, and few spoke of it."""
    items = heard(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "checkout pods crash looping with timeouts"),
        ("12:02", "cy", "rolled back checkout"),
        ("12:03", "pager", "[FIRING] WarehouseExportLate"),
        ("12:05", "dee", "warehouse export restarted"),
        ("12:10", "pager", "[RESOLVED] WarehouseExportLate"),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == {"m4", "m5", "m6"}


def test_stray_alert_that_many_speak_of_is_the_incidents():
    """It was its cause, told by a monitor of another name."""
    items = heard(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "checkout pods crash looping with timeouts"),
        ("12:02", "cy", "rolled back checkout"),
        ("12:03", "pager", "[FIRING] CorednsMemory"),
        *((f"12:{minute:02}", "dee", "coredns pods are OOMKilled, restarted coredns") for minute in range(4, 9)),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == frozenset()


def test_what_hangs_from_a_stray_alert_is_not_the_incidents():
    """But where people speak of the incident under it, it is the incident's."""
    lines = (
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "checkout pods crash looping with timeouts"),
        ("12:02", "cy", "rolled back checkout"),
        ("12:03", "pager", "[FIRING] WarehouseExportLate"),
    )
    own = ("12:04", "dee", "checkout writes that, rolled back", "m4")

    assert sort_topics(heard(*lines, ("12:04", "dee", "restarted, fine", "m4")), "Checkout", ()).foreign == {"m4", "m5"}
    assert sort_topics(heard(*lines, own), "Checkout", ()).foreign == frozenset()


def test_alert_of_what_moved_too_is_the_incidents():
    """Its metric moved with the incident's, whatever people call it."""
    items = heard(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "checkout pods crash looping with timeouts"),
        ("12:02", "cy", "rolled back checkout"),
        ("12:03", "pager", "[FIRING] RedisMemoryHigh"),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == {"m4"}
    assert sort_topics(items, "Checkout errors", (), measured=["redis memory"]).foreign == frozenset()


def test_title_of_something_else_does_not_push_the_talk_away():
    """What most speak of is the incident, whatever somebody called it at first."""
    items = heard(
        ("12:00", "ana", "slurm controller flaps, nodes fail"),
        ("12:01", "bob", "scratch hangs for everybody, stale file handles"),
        ("12:02", "cy", "mds evicts clients of scratch, load 940"),
        ("12:03", "bob", "unmounted scratch, mds load fell"),
    )

    assert sort_topics(items, "Slurm controller flapping", ()).foreign == frozenset()


def test_another_ticket_of_the_same_kind_is_another_matters():
    """At the head of a message for certain, else where nothing else ties it; a ticket of another kind says nothing."""
    lines = (
        ("12:00", "ana", "sepa transfers fail with timeouts, errors at 40%"),
        ("12:01", "bob", "ledger pods crash looping with timeouts"),
        ("12:02", "cy", "rolled back the ledger, errors at 30%"),
        ("12:03", "ana", "undo segments exhausted, ORA-1555 in the ledger"),
        ("12:04", "bob", "transfers are delayed for all customers"),
    )
    found = sort_topics(
        heard(
            *lines,
            ("12:10", "dee", "INC0048830 branch printers offline"),
            ("12:20", "eve", "elevator of the annex fails, doors are dead, INC0048831"),
            ("12:30", "eve", "opened PRB0048831 for the ledger, undo errors"),
            ("12:31", "eve", "INC0048812 is with the database team"),
        ),
        "INC0048812 - Delay in transfers",
        (),
    )

    assert found.foreign == {"m6", "m7"}


def test_ticket_of_the_incident_is_the_rooms_or_the_first_that_its_tool_names():
    """What is declared or closed by another one's number is that one's, wherever in the message that stands."""
    lines = (
        ("12:00", "pager", "[FIRING] slots errors at 40%, opened INC-71"),
        ("12:01", "bob", "slots pods crash looping with timeouts"),
        ("12:02", "cy", "rolled back the slots release, errors at 30%"),
        ("12:40", "dee", "the fan of the annex is fixed, closed INC-72 for it"),
        ("12:41", "cy", "slots are booked again, closing INC-71"),
    )

    assert sort_topics(heard(*lines), "Slots oversold", ()).foreign == {"m4"}
    assert sort_topics(heard(*lines[1:]), "Slots oversold", ("inc", "inc-71-slots")).foreign == {"m3"}
    apart = ("12:42", "dee", "separate issue: the annex export failed")
    merged = ("12:43", "dee", "export: INC-73 merged into INC-71", "m6")
    assert "m7" not in sort_topics(heard(*lines, apart, merged), "Slots oversold", ()).foreign


@pytest.mark.parametrize(
    "words",
    [
        "vpn gateway drops sessions, looks separate from slots",
        "vpn gateway drops sessions, unrelated to your thing",
        "vpn gateway drops sessions since noon. not yours I think",
        "vpn gateway drops sessions, it's ours, please ignore",
    ],
)
def test_what_looks_separate_is_another_matter(words):
    """However sure its author is; one more of the same is the same."""
    assert find(("12:10", "lou", words), talk=TALK * 2)
    assert find(("12:10", "lou", "another one from vpn users, sessions drop"), talk=TALK * 2) == set()


def test_second_incident_that_the_tool_opens_is_another_matter():
    """Its title has no word of the first one's; the same one raised to another grade has."""
    lines = (
        ("12:00", "pager", 'ana declared an incident: "Slots oversold" (SEV2)'),
        ("12:01", "bob", "slots pods crash looping with timeouts"),
        ("12:05", "pager", 'ana declared an incident: "Slots oversold in two halls" (SEV1)'),
        ("12:10", "pager", 'lou declared an incident: "Annex doors stay locked" (SEV3)'),
        ("12:12", "lou", "reset the doors of the annex"),
    )

    assert sort_topics(heard(*lines), "Slots oversold", ()).foreign == {"m4", "m5"}


def test_summary_tells_of_everything():
    """It names what was apart, and is the incident's."""
    items = heard(
        ("12:00", "ana", "separate issue: the warehouse export failed"),
        ("12:30", "bob", "summary: checkout rolled back 12:10, warehouse export was a separate issue"),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == {"m1"}


def test_metric_that_many_speak_of_is_the_incidents():
    """Whenever it moved."""
    items = heard(
        ("12:00", "ana", "gateway sessions drop, timeouts"),
        ("12:01", "bob", "gateway sessions fell by 40%, errors"),
    )

    assert sort_topics(items, "Checkout errors", (), others=["gateway sessions"]).foreign == frozenset()
    assert sort_topics(items[:1], "Checkout errors", (), others=["gateway sessions"]).foreign == {"m1"}


def test_remark_beside_the_matter_is_apart_outside_threads():
    """`Also the printers ...` begins something after some talk; in a thread it goes on about that."""
    lines = (
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "checkout pods crash looping with timeouts"),
        ("12:02", "cy", "rolled back checkout"),
        ("12:03", "ana", "checkout errors go on"),
        ("12:04", "bob", "payment gateway times out for checkout"),
    )
    remark = ("12:10", "dee", "also label printers of the depot are dead")

    assert sort_topics(heard(*lines, remark), "Checkout errors", ()).foreign == {"m6"}
    assert sort_topics(heard(*lines, (*remark, "m5")), "Checkout errors", ()).foreign == frozenset()


def test_thread_about_the_incident_is_not_given_away():
    """Who says in it that something is separate means that alone."""
    items = heard(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "printer spooler errors, separate", "m1"),
        ("12:02", "cy", "rolled it back, errors fell", "m1"),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == {"m2"}


def test_question_whether_it_is_the_same_takes_its_thread_along():
    """It is answered in the thread; another question asked as such needs no answer."""
    items = heard(
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "bob", "docs preview gives 500, same thing?"),
        ("12:02", "cy", "no, that is the preview quota, different.", "m2"),
        ("12:03", "bob", "now it's back, they reset it at 12:02", "m2"),
        ("12:04", "dee", "other question: invoices have the wrong vat, where to send?"),
    )

    assert sort_topics(items, "Checkout errors", ()).foreign == {"m2", "m3", "m4", "m5"}


def test_question_whether_it_is_the_same_is_answered_for_its_thread():
    """Somebody asks whether it is the same and hears no: the thread is about something else; with yes it is not."""
    asked = ("12:01", "bob", "gpu nodes evict my training every 20 min, same thing?")
    own = ("12:00", "ana", "checkout errors at 40%, timeouts everywhere")

    assert sort_topics(
        heard(own, asked, ("12:02", "cy", "no, spot reclaim", "m2"), ("12:03", "bob", "moved, holds now", "m2")),
        "Checkout errors",
        (),
    ).foreign == {"m2", "m3", "m4"}
    assert (
        sort_topics(heard(own, asked, ("12:02", "cy", "yes, evictions here", "m2")), "Checkout errors", ()).foreign
        == set()
    )


def test_who_said_that_something_is_apart_declares_that():
    """A declaration is the incident's, but right after such a word, and in such a sentence."""
    own = ("12:00", "ana", "checkout errors at 40%, timeouts everywhere")
    apart = ("12:01", "bob", "separate thing: the survey popover is blank")
    declared = ("12:03", "bob", "opened INC-413 for it, sev3")

    assert sort_topics(heard(own, apart, declared), "Checkout errors", ()).foreign == {"m2", "m3"}
    assert sort_topics(heard(own, declared), "Checkout errors", ()).foreign == set()
    assert sort_topics(
        heard(own, ("12:03", "bob", "fyi huddles are silent, separate, media team has a sev3 open")),
        "Checkout errors",
        (),
    ).foreign == {"m2"}


def test_thread_of_one_person_about_what_nobody_speaks_of_is_apart():
    """Unless it names what was deployed or measured, or declares something."""
    own = [
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:01", "cy", "checkout pods crash looping with timeouts"),
    ]
    alone = [
        ("12:02", "bob", "android pushes are 6 min late, fcm quota"),
        ("12:10", "bob", "fcm quota doubled, pushes go out", "m3"),
    ]

    assert sort_topics(heard(*own, *alone), "Checkout errors", ()).foreign == {"m3", "m4"}
    assert sort_topics(heard(*own, *alone), "Checkout errors", (), related=["fcm 12"]).foreign == set()
    answered = (*alone[:1], ("12:10", "eve", "fcm quota doubled, pushes go out", "m3"))
    assert sort_topics(heard(*own, *answered), "Checkout errors", ()).foreign == set()


TALK = (
    ("12:00", "ana", "checkout slots oversold at 40%, timeouts everywhere"),
    ("12:01", "bob", "slots doubled by the capacity import"),
    ("12:02", "cy", "capacity import ran twice"),
)


def find(*lines, title="Slots oversold", talk=TALK):
    """Return the numbers of the lines after the talk that are about something else."""
    found = sort_topics(heard(*talk, *lines), title, ()).foreign
    return {int(name[1:]) - len(talk) for name in found}


def test_what_people_ask_to_keep_elsewhere_is_another_matter():
    """Its words are its own, even where the title has them; talk, and what everybody names, is no matter."""
    alert = ("12:03", "pager", "[FIRING] 3DS failures of payment")
    said = ("12:04", "bob", "3DS only, all one issuer")
    ask = ("12:05", "ana", "declaring sev1, bob keeps 3DS in #payments pls")

    assert find(alert, said, ask, title="Payment 3DS failures") == {1, 2}
    assert find(alert, said, title="Payment 3DS failures") == set()
    assert find(said, ("12:05", "ana", "keep 3DS updates in the thread")) == set()
    assert find(("12:05", "ana", "sev1 declared. Other capacity matters please to the thread"), talk=TALK * 2) == set()


def test_what_was_blamed_and_is_not_the_cause_after_all_is_another_matter():
    """One or two people spoke of it; what more speak of is part of the story."""
    alert = ("12:03", "pager", "[FIRING] gateway timeouts AeroLink > 200/min")
    said = ("12:04", "dee", "AeroLink is slow, opened a case at them")
    cleared = ("12:30", "dee", "then it's not AeroLink after all")
    others = [("12:31", name, f"AeroLink is up for {name}") for name in ("eve", "fay")]

    assert find(alert, said, cleared) == {1, 2, 3}
    assert 2 not in find(alert, said, cleared, *others)


def test_denial_takes_the_question_along_that_says_nothing_else():
    """Whoever asks gets a place of its own, and goes on there; a post between is not what is meant."""
    asked = ("12:10", "dre", "also the docs search returns nothing, is that us too?")
    post = ("12:11", "pager", "Investigating - Elevated latency for slots. We are looking into it.")
    denied = ("12:12", "ana", "no, separate, thread here please")
    thread = (
        ("12:20", "bob", "docs index is empty since the nightly crawl, crawler got a 403", "m6"),
        ("12:30", "bob", "re-ran the crawl with the right token", "m6"),
    )

    assert find(asked, post, denied, *thread) == {1, 3, 4, 5}
    assert find(denied, talk=()) == {1}


def test_denial_by_name_takes_the_matter_before_along():
    """`No, that's not slots`: what was said just before is not, nor what hangs from what its author says next."""
    found = find(
        ("12:10", "lou", "upgrade page white screens, invalid stripe key"),
        ("12:11", "ana", "no that's not slots. own channel pls"),
        ("12:13", "lou", "it's here now lol, billing broken for everyone"),
        ("12:20", "lou", "deployed, works again", "m6"),
        ("12:21", "ana", "deployed the slots fix", "m6"),
    )

    assert found == {1, 2, 3, 4}


def test_early_thread_of_one_person_is_of_what_the_incident_was_named_for():
    """Begun well before anybody declared, and sharing little with the talk, whatever the title says."""
    thread = (
        ("11:00", "pager", "[FIRING] CDN egress cost over budget"),
        ("11:01", "mo", "one customer hotlinks satellite images", "m1"),
        ("11:20", "mo", "hotlinker moved to a second key, blocked", "m1"),
    )
    declared = ("12:10", "ana", "declaring sev1, valleys are blue")
    talk = (("12:00", "ana", "valleys are blue on the map"), ("12:05", "bob", "tiles of valleys broken"))

    assert find(*thread, *talk, declared, talk=(), title="CDN cost anomaly") == {1, 2, 3}
    assert find(*thread, *talk, talk=(), title="CDN cost anomaly") == set()


def test_early_alert_in_which_two_people_write_ends_with_its_thread():
    """Where they speak of nothing that is spoken of later; its end is another matter's as well."""
    thread = (
        ("11:00", "pager", "[FIRING] FeatureServerLate"),
        ("11:01", "ines", "redis shard is hot, a scan", "m1"),
        ("11:05", "cam", "could be my notebook", "m1"),
        ("11:30", "pager", "[RESOLVED] FeatureServerLate"),
    )
    talk = (("12:00", "ana", "cards are declined for merchants"), ("12:10", "ana", "declaring sev1, cards declined"))

    assert find(*thread, *talk, talk=(), title="feature server latency") == {1, 2, 3, 4}
    third = ("11:06", "eve", "notebook killed", "m1")
    assert find(*thread[:3], third, *talk, talk=(), title="feature server latency") == set()


@pytest.mark.parametrize(
    "words",
    [
        "own thread pls",
        "move this to its own thread",
        "continue this in #vpn",
        "that has its own incident",
        "not our thing, the vpn vendor has it",
        "not connected to this",
        "nope, different beast",
        "wrong room",
        "not incident related",
        "don't mix these two",
        "not prod, staging vpn",
        "handled in #net-ops",
        "there is already a channel for the vpn",
        "vpn gateway is the fan, known, ignore",
    ],
)
def test_words_that_put_a_matter_elsewhere_take_the_one_before_along(words):
    """However a room says so."""
    assert 1 in find(("12:10", "lou", "vpn gateway drops sessions"), ("12:11", "ana", words), talk=TALK * 2)


@pytest.mark.parametrize(
    "words",
    [
        "the separate pool for reads is exhausted",
        "no it's not the vpn. sessions of slots are fine",
        "same root cause as the vpn",
        "please keep updates in this thread",
        "take node 3 out of rotation",
        "the known problem with the cache came back",
        "opened a ticket with the vendor",
    ],
)
def test_words_about_the_incident_put_nothing_elsewhere(words):
    """Though they sound like it."""
    assert find(("12:10", "lou", "vpn gateway drops sessions"), ("12:11", "ana", words), talk=TALK * 2) == set()


def test_matter_that_somebody_closes_as_theirs_is_apart():
    """By the names of its alerts; so is one of which they say only that it is not the incident."""
    lines = (
        ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
        ("12:10", "ed", "statement-pdf is slow, render errors at 4%"),
        ("12:11", "pager", "[FIRING] StatementPdfLate service=statement-pdf"),
        ("12:12", "ana", "checkout pods crash looping with timeouts"),
        ("12:20", "ed", "statement-pdf pods crash looping"),
    )

    closed = heard(*lines, ("12:30", "ed", "statement-pdf recovered, closing mine"))
    denied = heard(*lines, ("12:30", "ed", "fyi statement-pdf recovered, not checkout. errors gone"))

    assert sort_topics(closed, "Checkout errors", ()).foreign == {"m2", "m3", "m5", "m6"}
    assert {"m2", "m3", "m5"} <= sort_topics(denied, "Checkout errors", ()).foreign
