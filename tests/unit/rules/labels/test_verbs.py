"""What each label does, and what it may not do."""

from dataclasses import replace

import pytest
from tests.unit.rules.labels.label_scene import BRIEF, DRAFT, TRAIL, find, label, row, scene
from tests.unit.rules.timeline.trail_scene import at

from fermata.domain.trail import Entry, KeyTime, MessageKind, Status
from fermata.rules.labels import compose_briefs
from fermata.rules.labels.verbs import FOREIGN, LEFT_OUT

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


def test_no_more_is_kept_than_a_timeline_has():
    """An answer that keeps everything is no correction."""
    more = [("12:39", "cy", f"checkout gateway {word} looks odd to me today") for word in "abcdefghijklmnopqrstuvwxyz"]
    given = scene(*more)
    names = [name for name, item in given["brief"].items.items() if item.index is None]
    labelled = label(**given, keep=[{"n": name, "kind": "observation"} for name in names])

    assert len(labelled.draft.entries) == len(given["draft"].entries) + 20
    assert sum("more was kept" in text for text in labelled.refused) >= len(names) - 21


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
    labelled = label(**given, rule_out=[{"n": row("bet it's", brief), "by": row("12:55", brief)}])

    assert "not about it" in labelled.refused[0]


def test_who_takes_back_an_own_guess_need_not_say_it_again():
    """Of another's, they must: by a word they share."""
    given = scene(
        ("12:56", "bob", "my theory was wrong, forget it"), ("12:57", "cy", "my theory was wrong, forget it too")
    )
    brief = given["brief"]
    guess = row("bet it's", brief)
    own = label(**given, rule_out=[{"n": guess, "by": row("12:56", brief)}])
    other = label(**given, rule_out=[{"n": guess, "by": row("12:57", brief)}])

    assert find(own, "m3")[0].status is Status.RULED_OUT
    assert "not about it" in other.refused[0]


@pytest.mark.parametrize(
    "text", ["I take the resolver back", "resolver is off the list", "resolver is out of suspicion"]
)
def test_words_that_take_back_exclude(text):
    """Not everybody says no."""
    given = scene(("12:29", "bob", text))
    labelled = label(**given, rule_out=[{"n": row("bet it's", given["brief"]), "by": row("12:29", given["brief"])}])

    assert labelled.refused == ()


def test_exclusion_that_blames_rules_nothing_out():
    """Its words would be told, and nothing blameless is left of them."""
    given = scene(("12:42", "cy", "no, the 504s have nothing to do with dee, wtf"))
    labelled = label(
        **given, rule_out=[{"n": row("dee's fault", given["brief"]), "by": row("12:42|cy", given["brief"])}]
    )

    assert "nothing blameless" in labelled.refused[0]


def test_line_that_excludes_becomes_the_exclusion():
    """One event needs no two lines; what it cited is cited still."""
    line = Entry(at("12:28"), "Resolver answers, so no", ("cy",), ("m4", "m11"), MessageKind.OBSERVATION)
    given = scene(lines=(line,))
    labelled = label(**given, rule_out=[{"n": row("bet it's", given["brief"]), "by": row("so no", given["brief"])}])

    (entry,) = find(labelled, "m4")
    assert (entry.text, entry.citations) == ("Ruled out: Resolver answers, so no", ("m4", "m3", "m11"))
    assert line not in labelled.draft.entries


@pytest.mark.parametrize("kind", [MessageKind.ACTION, MessageKind.OBSERVATION])
def test_line_that_excludes_stays_where_it_tells_more(kind):
    """What was done stays told, and so does what a key time rests on or another label decided about."""
    line = Entry(at("12:28"), "Resolver answers, so no", ("cy",), ("m4",), kind)
    given = scene(lines=(line,))
    name = row("so no", given["brief"])
    if kind is MessageKind.OBSERVATION:
        keys = {**DRAFT.key_times, "detected": KeyTime(at("12:28"), "m4", "")}
        given["draft"] = replace(given["draft"], key_times=keys)
    labelled = label(**given, rule_out=[{"n": row("bet it's", given["brief"]), "by": name}])

    assert line in labelled.draft.entries


def test_line_that_was_kept_stays_beside_what_it_excludes():
    """Another label decided about it."""
    rule_out = [{"n": RESOLVER, "by": NOT_RESOLVER}]
    labelled = label(keep=[{"n": NOT_RESOLVER, "kind": "observation"}], rule_out=rule_out)

    assert {entry.status for entry in find(labelled, "m4")} == {Status.CONFIRMED, Status.RULED_OUT}


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


def test_kept_part_of_a_line_is_cited_there_no_more():
    """Each message is told once."""
    wide = replace(DRAFT.entries[7], citations=("m13", "m14", "m15"))
    lines = tuple(entry for entry in DRAFT.entries if entry.citations[0] not in ("m13", "m14", "m15"))
    draft = replace(DRAFT, entries=(*lines, wide))
    (brief,) = compose_briefs(TRAIL, draft)
    labelled = label(draft=draft, brief=brief, keep=[{"n": row("back to baseline", brief), "kind": "milestone"}])
    unseen = replace(brief, items={name: item for name, item in brief.items.items() if "Rolled" not in item.row})
    again = label(draft=draft, brief=unseen, keep=[{"n": row("back to baseline", brief), "kind": "milestone"}])

    for one in (labelled, again):
        assert [entry.citations for entry in find(one, "m15")] == [("m15",)]
        assert [entry.citations for entry in find(one, "m13")] == [("m13", "m14")]


def test_row_that_seems_another_incidents_can_be_kept():
    """Rules that follow a misleading title are put right by it."""
    labelled = label(keep=[{"n": row("warehouse"), "kind": "observation"}])

    assert find(labelled, "m7")[0].at == at("12:33")


def test_line_of_another_incident_goes_wherever_it_is_told():
    """From the impact and the factors as well; whoever edits can take it back."""
    found = label(other=[row("Found it"), row("504s")])

    assert find(found, "m9") == find(found, "m2") == []
    assert [entry.citations[0] for entry in found.draft.factors] == ["D1"]
    assert [entry.citations[0] for entry in found.draft.impact] == ["M1"]
    assert {item.id: item.why for item in found.draft.dropped}["m9"] == FOREIGN


def test_blameless_part_of_what_blames_is_told():
    """The rest of it is not."""
    given = scene(("12:38", "ana", "let us make this a formal incident, severity 2, dee should have said so earlier"))
    labelled = label(**given, keep=[{"n": row("formal", given["brief"]), "kind": "milestone"}])

    (entry,) = find(labelled, "m17")
    assert "should" not in entry.text
    assert "formal incident" in entry.text


def test_line_is_dropped_once_its_key_time_is_taken_elsewhere():
    """Before that it is not, whatever is measured."""
    times = [{"name": "detected", "n": row("504s")}, {"name": "started", "n": row("deploy dee")}]
    labelled = label(times=times, drop=[row("FIRING"), row("metric")])

    assert find(labelled, "m1") == find(labelled, "M1") == []
    assert labelled.refused == ()


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
        (row("metric"), "key time"),
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
