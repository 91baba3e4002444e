"""What each label does, and what it may not do."""

from dataclasses import replace

import pytest
from tests.unit.rules.labels.label_scene import BRIEF, DRAFT, find, label, row, scene
from tests.unit.rules.timeline.trail_scene import at

from fermata.domain.trail import Entry, MessageKind, Status
from fermata.rules.labels.verbs import LEFT_OUT

NOT_RESOLVER, RESOLVER, BLAME = row("so no"), row("bet it's"), row("dee's fault")
KERNEL = (("12:32", "bob", "I suspect the kernel upgrade"), ("12:36", "bob", "it's not the kernel upgrade"))
EXCLUDED = Entry(at("12:36"), "Not the kernel", ("bob",), ("m18",), MessageKind.RETRACTION, Status.RULED_OUT)


def test_kept_message_takes_time_and_author_from_itself():
    """Its words are its own, and it is dropped no more."""
    labelled = label(keep=[{"n": NOT_RESOLVER, "kind": "observation"}])

    (entry,) = find(labelled, "m4")
    assert (entry.at, entry.actors, entry.kind) == (at("12:28"), ("cy",), MessageKind.OBSERVATION)
    assert entry.text == "The resolver answers in 2ms, so no"
    assert "m4" not in {item.id for item in labelled.draft.dropped}
    assert (labelled.applied, labelled.refused) == (1, ())
    assert list(labelled.draft.entries) == sorted(labelled.draft.entries, key=lambda one: one.at)


def test_kept_message_may_be_worded_by_the_same_answer():
    """Words that do not stand leave its own."""
    good = label(
        keep=[{"n": NOT_RESOLVER, "kind": "observation"}],
        words=[{"n": NOT_RESOLVER, "text": "No, the resolver answers"}],
    )
    bad = label(
        keep=[{"n": NOT_RESOLVER, "kind": "observation"}], words=[{"n": NOT_RESOLVER, "text": "The resolver crashed"}]
    )

    assert find(good, "m4")[0].text == "No, the resolver answers"
    assert find(bad, "m4")[0].text == "The resolver answers in 2ms, so no"


def test_kept_guess_is_told_as_suspected():
    """Whatever kind is claimed for it."""
    given = scene(("12:38", "cy", "maybe the certificate of the checkout gateway expired"))
    labelled = label(**given, keep=[{"n": row("maybe the", given["brief"]), "kind": "milestone"}])
    claimed = label(keep=[{"n": NOT_RESOLVER, "kind": "hypothesis"}])

    (entry,) = find(labelled, "m17")
    assert entry.kind is MessageKind.HYPOTHESIS
    assert entry.text.startswith("Suspected: ")
    assert find(claimed, "m4")[0].text.startswith("Suspected: ")


def test_kept_exclusion_is_told_as_ruled_out():
    """Who excludes something confirms nothing."""
    given = scene(*KERNEL)
    labelled = label(**given, keep=[{"n": row("x?|12:36", given["brief"]), "kind": "observation"}])

    (entry,) = find(labelled, "m18")
    assert (entry.status, entry.kind) == (Status.RULED_OUT, MessageKind.RETRACTION)


def test_kept_message_names_its_own_time():
    """As where rules tell it: what is dated is told when it was."""
    given = scene(("12:58", "bob", "timeouts of checkout began at 12:18 utc by its own logs"))
    labelled = label(**given, keep=[{"n": row("timeouts of checkout began", given["brief"]), "kind": "observation"}])

    assert find(labelled, "m17")[0].at == at("12:18")


def test_long_message_is_told_by_its_most_telling_sentence():
    """A line is a line."""
    long = "the gateway dropped 3k connections of checkout. " + "somebody put the sheet on the other drive again. " * 4
    given = scene(("12:37", "bob", long))
    labelled = label(**given, keep=[{"n": row("|12:37|bob", given["brief"]), "kind": "observation"}])

    assert len(find(labelled, "m17")[0].text) < 120


def test_what_blames_or_says_nothing_cannot_be_kept():
    """Unless the same answer has blameless words of it."""
    blaming = label(keep=[{"n": BLAME, "kind": "observation"}])
    given = scene(("12:38", "cy", "```curl -v checkout | tail```"))
    given["trail"] = replace(given["trail"], messages=[replace(one, text="") for one in given["trail"].messages])

    assert blaming.refused == (f"keep {BLAME}: nothing blameless is left of it",)
    assert find(blaming, "m11") == []


def test_more_is_not_kept_than_rules_told():
    """An answer that keeps everything is no correction."""
    more = [("12:39", "cy", f"checkout gateway {word} looks odd to me today") for word in "abcdefghijklmnop"]
    given = scene(*more)
    names = [name for name, item in given["brief"].items.items() if item.index is None]
    labelled = label(**given, keep=[{"n": name, "kind": "observation"} for name in names])

    lines = len(given["draft"].entries)
    assert len(labelled.draft.entries) <= 2 * lines
    assert sum("more was kept" in text for text in labelled.refused) >= len(names) - lines - 1


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        (row("sev1"), "milestone", "it is a line already"),
        ("99z", "action", "no such row"),
        (RESOLVER, "fact", "no such kind"),
        (RESOLVER, "retraction", "no such kind"),
    ],
)
def test_keep_of_what_cannot_be_kept_is_refused(name, kind, why):
    """The draft stays as it was."""
    labelled = label(keep=[{"n": name, "kind": kind}])

    assert why in labelled.refused[0]
    assert labelled.draft == DRAFT


def test_ruled_out_guess_is_told_by_who_excludes_it():
    """Time and author are those of the exclusion, which is cited first."""
    labelled = label(rule_out=[{"n": RESOLVER, "by": NOT_RESOLVER}])

    (entry,) = find(labelled, "m3")
    assert (entry.at, entry.actors, entry.citations) == (at("12:28"), ("cy",), ("m4", "m3"))
    assert (entry.status, entry.text) == (Status.RULED_OUT, "Ruled out: The resolver answers in 2ms, so no")


def test_line_that_was_excluded_is_told_as_ruled_out_only():
    """It leaves the contributing factors as well."""
    given = scene(("12:52", "cy", "the timeout change in #812 is not what starves checkout"))
    name = row("Found it", given["brief"])
    labelled = label(**given, rule_out=[{"n": name, "by": row("12:52|cy", given["brief"])}])

    assert [entry.status for entry in find(labelled, "m9")] == [Status.RULED_OUT]
    assert all(entry.citations[0] != "m9" for entry in labelled.draft.factors)
    assert any(entry.citations[0] == "m9" for entry in given["draft"].factors)


def test_deploy_can_be_ruled_out():
    """A decoy is told as what it was."""
    given = scene(("12:52", "cy", "connection timeout change of checkout is unrelated"))
    labelled = label(
        **given, rule_out=[{"n": row("deploy dee", given["brief"]), "by": row("12:52|cy", given["brief"])}]
    )

    assert find(labelled, "D1")[0].status is Status.RULED_OUT


@pytest.mark.parametrize(
    ("name", "by", "why"),
    [
        ("99z", NOT_RESOLVER, "no such row"),
        (RESOLVER, "99z", "no message that was shown"),
        (RESOLVER, row("metric"), "no message that was shown"),
        (RESOLVER, row("sev1"), "excludes nothing"),
        (RESOLVER, row("FIRING"), "not said after it"),
        (RESOLVER, RESOLVER, "not said after it"),
        (row("Rolled back"), row("All clear"), "cannot be ruled out"),
        (row("metric"), NOT_RESOLVER, "measured"),
        (row("dee's fault"), row("All clear"), "excludes nothing"),
    ],
)
def test_rule_out_without_a_later_exclusion_is_refused(name, by, why):
    """What was done or measured stands, and a guess falls by somebody's later word only."""
    labelled = label(rule_out=[{"n": name, "by": by}])

    assert why in labelled.refused[0]
    assert labelled.draft == DRAFT


def test_exclusion_of_something_else_rules_nothing_out():
    """Minutes later it must be in its thread, or share a telling word."""
    given = scene(("12:55", "cy", "no, checkout has nothing to do with the other warehouse of ours"))
    brief = given["brief"]
    labelled = label(**given, rule_out=[{"n": row("bet it's", brief), "by": row("warehouse", brief)}])

    assert "not about it" in labelled.refused[0]


def test_exclusion_that_blames_rules_nothing_out():
    """Its words would be told, and nothing blameless is left of them."""
    given = scene(("12:42", "cy", "no, that is unrelated to dee, wtf"))
    labelled = label(
        **given, rule_out=[{"n": row("dee's fault", given["brief"]), "by": row("12:42|cy", given["brief"])}]
    )

    assert "nothing blameless" in labelled.refused[0]


def test_line_that_excludes_lends_its_words():
    """It stays a line of its own."""
    line = Entry(at("12:28"), "Resolver answers, so no", ("cy",), ("m4",), MessageKind.OBSERVATION)
    given = scene(lines=(line,))
    labelled = label(**given, rule_out=[{"n": row("bet it's", given["brief"]), "by": row("so no", given["brief"])}])

    assert find(labelled, "m3")[0].text == "Ruled out: Resolver answers, so no"
    assert line in labelled.draft.entries


def test_ruled_out_line_is_not_ruled_out_again():
    """Once is enough."""
    given = scene(*KERNEL, lines=(EXCLUDED,))
    labelled = label(**given, rule_out=[{"n": row("x|12:36", given["brief"]), "by": row("All clear", given["brief"])}])

    assert "ruled out already" in labelled.refused[0]


def test_merged_line_is_cited_by_the_other():
    """The earlier message gives time, author and words, as where rules merge."""
    later = label(merge=[{"n": row("queue drains"), "into": row("Rolled back")}])
    earlier = label(merge=[{"n": row("Rolled back"), "into": row("queue drains")}])

    for labelled in (later, earlier):
        (entry,) = find(labelled, "m14")
        assert (entry.at, entry.actors, entry.citations) == (at("12:45"), ("bob",), ("m13", "m14"))
        assert len(labelled.draft.entries) == len(DRAFT.entries) - 1


def test_record_stays_the_source_of_a_merged_line():
    """A deploy's own time is surer than talk of it."""
    labelled = label(merge=[{"n": row("metric"), "into": row("deploy dee")}])
    talk = scene(("12:14", "bob", "pushed the lower timeout of checkout out"))
    told = [name for name, item in talk["brief"].items.items() if "12:14|bob" in item.row]

    assert "measured" in labelled.refused[0]
    merged = label(**talk, merge=[{"n": told[0], "into": row("deploy dee", talk["brief"])}])
    assert find(merged, "D1")[0].citations == ("D1", "m17")
    assert find(merged, "D1")[0].at == at("12:15")


def test_uncertain_message_may_join_a_line():
    """It is cited, and no line of its own."""
    labelled = label(merge=[{"n": row("2ms"), "into": row("sev1")}])

    assert find(labelled, "m4")[0].citations == ("m5", "m4")


def test_line_cites_no_more_than_is_read():
    """What is beyond goes to the dropped ones."""
    more = [
        (f"12:41:{second}", "cy", f"checkout gateway {word} looks odd here")
        for second, word in enumerate("abcdefgh", 10)
    ]
    given = scene(*more)
    brief = given["brief"]
    names = [name for name, item in brief.items.items() if "looks odd" in item.row]
    labelled = label(**given, merge=[{"n": name, "into": row("Rolled back", brief)} for name in names])

    (entry,) = find(labelled, "m13")
    assert len(names) == 8
    assert len(entry.citations) == 8
    assert len({item.id for item in labelled.draft.dropped} & {f"m{number}" for number in range(17, 25)}) == 1


@pytest.mark.parametrize(
    ("name", "into", "why"),
    [
        ("99z", row("sev1"), "no such row"),
        (row("sev1"), "99z", "no line"),
        (row("sev1"), row("sev1"), "no line"),
        (row("sev1"), RESOLVER, "no line"),
        (row("FIRING"), row("All clear"), "too far apart"),
        (row("metric"), row("FIRING"), "measured"),
    ],
)
def test_merge_of_what_is_no_one_event_is_refused(name, into, why):
    """The draft stays as it was."""
    labelled = label(merge=[{"n": name, "into": into}])

    assert why in labelled.refused[0]
    assert labelled.draft == DRAFT


def test_guess_does_not_join_a_fact():
    """Nor does what is ruled out."""
    given = scene(*KERNEL, ("12:38", "cy", "maybe the certificate of the checkout gateway expired"), lines=(EXCLUDED,))
    brief = given["brief"]
    fact = row("Found it", brief)
    labelled = label(
        **given, merge=[{"n": row("?|12:38", brief), "into": fact}, {"n": row("x|12:36", brief), "into": fact}]
    )

    assert "a guess is no part" in labelled.refused[0]
    assert "ruled out" in labelled.refused[1]


DATED = Entry(at("09:00"), "Batch blocks checkout-db", ("bob",), ("m17",), MessageKind.OBSERVATION)
BATCH = ("12:36", "bob", "the batch that normally runs at 02:00 and began at 09:00 blocks checkout-db")


def test_line_that_its_words_date_wrongly_is_told_when_it_was_said():
    """Both times come from what is cited; which one is meant is a matter of reading."""
    given = scene(BATCH, lines=(DATED,))
    name = row("*|09:00<12:36|bob", given["brief"])
    labelled = label(**given, said=[name])

    assert [entry.at for entry in find(labelled, "m17")] == [at("12:36")]
    assert list(labelled.draft.entries) == sorted(labelled.draft.entries, key=lambda one: one.at)


@pytest.mark.parametrize("name", ["99z", RESOLVER, row("metric"), row("sev1")])
def test_line_without_a_second_time_has_none_to_choose(name):
    """The draft stays as it was."""
    labelled = label(said=[name])

    assert labelled.draft == DRAFT
    assert len(labelled.refused) == 1


def test_dropped_line_can_be_taken_back():
    """Its messages stand among the dropped ones, with whose word it was."""
    labelled = label(drop=[row("queue drains"), row("deploy dee")])

    assert find(labelled, "m14") == find(labelled, "D1") == []
    assert {item.id: item.why for item in labelled.draft.dropped}["m14"] == LEFT_OUT
    assert "D1" not in {item.id for item in labelled.draft.dropped}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("99z", "no such row"),
        (RESOLVER, "no line"),
        (row("metric"), "measured"),
        (row("sev1"), "key time"),
        (row("All clear"), "key time"),
    ],
)
def test_drop_of_what_must_stay_is_refused(name, why):
    """The draft stays as it was."""
    labelled = label(drop=[name])

    assert why in labelled.refused[0]
    assert labelled.draft == DRAFT


def test_answer_that_drops_most_lines_drops_none():
    """It is no correction, whatever made a model give it."""
    lines = [name for name, item in BRIEF.items.items() if item.index is not None]
    labelled = label(drop=lines)

    assert labelled.draft == DRAFT
    assert len(labelled.refused) == len(lines)


def test_row_is_decided_about_once():
    """Of two labels the first that stands counts."""
    labelled = label(
        keep=[{"n": NOT_RESOLVER, "kind": "observation"}],
        merge=[{"n": NOT_RESOLVER, "into": row("sev1")}],
        drop=[NOT_RESOLVER],
    )

    assert [text.split(":")[1] for text in labelled.refused] == [" it has another label already"] * 2
    assert find(labelled, "m4")[0].citations == ("m4",)


def test_worded_line_keeps_its_source_and_mark():
    """Only its words change, and what is ruled out stays told as such."""
    labelled = label(
        rule_out=[{"n": RESOLVER, "by": NOT_RESOLVER}],
        words=[
            {"n": row("Found it"), "text": "Timeout change in #812 starves checkout"},
            {"n": row("deploy dee"), "text": "Lower timeout of checkout"},
            {"n": RESOLVER, "text": "Ruled out: the resolver answers, so no"},
        ],
    )

    assert find(labelled, "m9")[0].text == "Timeout change in #812 starves checkout"
    assert find(labelled, "m9")[0].at == at("12:35")
    assert find(labelled, "D1")[0].text == "Lower timeout of checkout"
    assert find(labelled, "m3")[0].text == "Ruled out: The resolver answers, so no"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("99z", "Anything", "no line"),
        (RESOLVER, "The resolver again", "no line"),
        (row("metric"), "Checkout errors", "measured"),
        (row("sev1"), "Declaring a sev2", "'2'"),
    ],
)
def test_words_that_do_not_stand_are_refused(name, text, why):
    """The draft stays as it was."""
    labelled = label(words=[{"n": name, "text": text}])

    assert why in labelled.refused[0]
    assert labelled.draft == DRAFT
