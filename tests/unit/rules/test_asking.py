"""What a question asks, and an answer that quotes: by rules, for nothing."""

from datetime import timedelta

import pytest

from fermata.domain.diagnosis import ActionSuggestion, ChangeVerdict, Diagnosis, Hypothesis, Verdict
from fermata.domain.entity import Entity
from fermata.domain.evidence import EvidenceKind, EvidenceLine
from fermata.domain.facts import ChangeFacts
from fermata.domain.journal import GENESIS, JournalEntry, JournalEvent
from fermata.domain.person import FERMATA, Actor
from fermata.rules.asking import (
    AskKind,
    Said,
    answer_question,
    read_question,
    say_language,
    tell_age,
    tell_end,
    tell_history,
)
from fermata.rules.citations import cite, refuse_bad_citations
from fermata.testing.records import CHECKOUT, NOON, make_evidence, make_incident


@pytest.mark.parametrize(
    ("text", "kind", "names"),
    [
        ("why is checkout slow?", AskKind.WHY, ("checkout",)),
        ("How is checkout-api doing?", AskKind.STATUS, ("checkout-api",)),
        ("is search up", AskKind.STATUS, ("search",)),
        ("what changed in checkout since yesterday", AskKind.CHANGES, ("checkout",)),
        ("who deployed shop/cart?", AskKind.CHANGES, ("cart",)),
        ("what did this cost us", AskKind.COSTS, ()),
        ("how do I restart checkout?", AskKind.HOW_TO, ("checkout",)),
        ("how to fail over shop/orders", AskKind.HOW_TO, ("orders",)),
        ("how can we spend less", AskKind.COSTS, ("less",)),
        ("who approved the plan?", AskKind.HISTORY, ("plan",)),
        ("when did checkout begin", AskKind.HISTORY, ("checkout", "begin")),
        ("checkout breaks when it is full", AskKind.WHY, ("checkout", "breaks", "full")),
        ("restart checkout now", AskKind.ACT, ("checkout",)),
        ("please roll the pods: scale them", AskKind.WHY, ("roll", "pods", "them")),
        ("can you restart checkout", AskKind.ACT, ("checkout",)),
        ("why did checkout restart", AskKind.WHY, ("checkout",)),
        ("what changed in checkout since noon?", AskKind.CHANGES, ("checkout",)),
        ("why did checkout fail at 11:00?", AskKind.WHY, ("checkout",)),
        ("why is 13 bad for checkout", AskKind.WHY, ("checkout", "bad")),
        ("Warum ist checkout seit 11:20 so langsam?", AskKind.WHY, ("checkout",)),
        ("Was wurde in checkout geändert?", AskKind.CHANGES, ("checkout",)),
        ("", AskKind.WHY, ()),
    ],
)
def test_question_is_read_by_its_words(text, kind, names):
    """A kind is a word that stands in it; an order begins with its verb."""
    question = read_question(text, now=NOON)

    assert question.kind is kind
    assert set(question.names) <= set(names)


def test_time_of_a_question_is_told():
    """A moment is where looking begins, as a start is."""
    since = read_question("what changed since 11:20", now=NOON)
    moment = read_question("why did it break at 11:20", now=NOON)
    late = read_question("what changed since 12:20", now=NOON)

    assert since.since == moment.since == NOON - timedelta(minutes=40)
    assert since.until is None
    assert "still to come" in late.time_problem


def test_known_names_come_first_and_as_they_are_written():
    """Then what is written like a name, then plain words."""
    question = read_question("why are payments on pay-7 bad for CHECKOUT", known=["Checkout"], now=NOON)

    assert question.names == ("Checkout", "pay-7", "payments", "bad")


def test_question_of_no_known_kind_is_taken_for_a_why():
    """And says that it was a guess."""
    assert not read_question("checkout?", now=NOON).is_sure
    assert read_question("why checkout?", now=NOON).is_sure


STATE = make_evidence(
    kind=EvidenceKind.STATE,
    title="checkout: RUNNING",
    lines=(EvidenceLine(number=1, text="state RUNNING"),),
    facts={"phase": "running", "system_state": "RUNNING"},
)
HYPOTHESIS = Hypothesis(
    cause="crash_loop", text="checkout crashes.", confidence=0.9, entity=CHECKOUT, citations=(cite(STATE, 1),)
)


def diagnose(*hypotheses, verdict=Verdict.IDENTIFIED, **changes):
    """Give a diagnosis."""
    return Diagnosis(verdict=verdict, hypotheses=hypotheses, **changes)


def tell(text, diagnosis, *evidence):
    """Give an answer's sentences, whose citations hold."""
    said = answer_question(read_question(text, now=NOON), diagnosis, evidence)
    refuse_bad_citations([citation for one in said for citation in one.citations], evidence)
    return [one.text for one in said]


def test_why_is_answered_by_the_leading_cause():
    """With the guilty change, what else it may be, and what would be proposed."""
    suggestion = ActionSuggestion(name="supervisor.restart", target=CHECKOUT)
    leading = HYPOTHESIS.model_copy(update={"suggestions": (suggestion,)})
    other = HYPOTHESIS.model_copy(update={"cause": "oom", "confidence": 0.2, "lost_because": "Nothing was killed."})
    silent = HYPOTHESIS.model_copy(update={"cause": "dns", "confidence": 0.1})
    diagnosis = diagnose(leading, other, silent, guilty_change="abc")

    assert tell("why is checkout down", diagnosis, STATE) == [
        "checkout crashes. (crash_loop, confidence 0.90, by signatures)",
        "The change that is guilty: abc.",
        "It may also be oom (0.20): Nothing was killed.",
        (
            "What would be proposed, if the policy permits it, and held for a person: "
            "supervisor.restart on supervisor:process/checkout."
        ),
    ]


def test_what_a_model_says_is_told_by_its_name_with_its_lines():
    """Whether it leads, or says the same or otherwise beside the first."""
    model = HYPOTHESIS.model_copy(update={"tier": "acme/high", "lost_because": "acme/high says the same as the first."})

    said = answer_question(read_question("why is checkout down", now=NOON), diagnose(HYPOTHESIS, model), (STATE,))

    assert [one.by for one in said] == ["", "acme/high"]
    assert said[1].text == ("checkout crashes. (crash_loop, confidence 0.90). acme/high says the same as the first.")
    assert said[1].citations == HYPOTHESIS.citations


def test_person_is_told_what_they_must_do():
    """Where no action fits."""
    leading = HYPOTHESIS.model_copy(update={"person_must": "Renew the certificate."})

    assert tell("why is checkout down", diagnose(leading), STATE)[-1] == "A person must: Renew the certificate."


def test_cause_that_nothing_settles_says_so_with_nothing_to_do():
    """A hypothesis may suggest nothing and ask nothing."""
    assert len(tell("why is checkout down", diagnose(HYPOTHESIS), STATE)) == 1


def test_undetermined_tells_what_would_settle_it_and_what_was_seen():
    """No cause is invented."""
    diagnosis = diagnose(verdict=Verdict.UNDETERMINED, checks=("Read its log.",))

    assert tell("why is checkout slow", diagnosis, STATE) == [
        "Why is undetermined: nothing that was observed names a cause.",
        "This would tell more: Read its log.",
        "checkout: RUNNING",
    ]


def test_status_is_what_was_seen_and_whether_it_is_well():
    """Each state with its line."""
    assert tell("how is checkout", diagnose(verdict=Verdict.HEALTHY), STATE) == [
        "checkout: RUNNING",
        "Nothing is wrong, as far as was looked.",
    ]
    assert tell("how is checkout", diagnose(verdict=Verdict.UNDETERMINED), STATE) == [
        "checkout: RUNNING",
        "Nothing that was observed names a cause of trouble.",
    ]
    assert tell("how is checkout", diagnose(verdict=Verdict.HEALTHY))[0].startswith("No system that was asked")


@pytest.mark.parametrize(("count", "words"), [(1, "is of service/s0."), (9, "service/s6, service/s7 and 1 more.")])
def test_what_has_no_state_is_not_called_unknown(count, words):
    """A database was looked at, and that is said."""
    seen = [make_evidence(entity=Entity.parse(f"service/s{number}")) for number in range(count)]

    (first, *_) = tell("how is checkout", diagnose(verdict=Verdict.HEALTHY), *seen)

    assert first.startswith("No system told a state of it")
    assert first.endswith(words)


def change(number, author="ada", lines=("+x",)):
    """Give a change."""
    facts = ChangeFacts(
        id=f"c{number}", title=f"Change {number}", author=author, changed_at=NOON + timedelta(minutes=number)
    )
    numbered = tuple(EvidenceLine(number=n, text=text) for n, text in enumerate(lines, start=1))
    return make_evidence(kind=EvidenceKind.CHANGE, lines=numbered, facts=facts.to_json())


def test_changes_are_listed_newest_first():
    """With who made them, and a line of each that has one."""
    diagnosis = diagnose(verdict=Verdict.UNDETERMINED)

    assert tell("what changed in checkout", diagnosis, change(1), change(2, author="", lines=())) == [
        "2026-11-23T12:02:00.000Z commit c2: Change 2",
        "2026-11-23T12:01:00.000Z commit c1: Change 1 (ada)",
    ]
    assert tell("what changed in checkout", diagnosis) == ["No change was found in the window that was looked at."]


def test_change_of_unknown_time_is_listed_without_one():
    """It stands where it is looked for, and that is told of no change."""
    one = change(1)
    one = one.model_copy(update={"facts": {**one.facts, "is_dated": False}})

    assert tell("what changed in checkout", diagnose(verdict=Verdict.UNDETERMINED), one) == [
        "time unknown commit c1: Change 1 (ada)"
    ]


def test_changes_are_those_of_the_time_that_was_asked_about():
    """With the time that it was taken to be; NOON is when it is asked."""
    diagnosis = diagnose(verdict=Verdict.UNDETERMINED)
    early, late = change(-30), change(-5)

    assert tell("what changed in checkout since 11:50", diagnosis, early, late) == [
        "Changes since 2026-11-23T11:50:00.000Z, newest first:",
        "2026-11-23T11:55:00.000Z commit c-5: Change -5 (ada)",
    ]
    assert tell("what changed in checkout between 11:00 and 11:50", diagnosis, early, late)[1:] == [
        "2026-11-23T11:30:00.000Z commit c-30: Change -30 (ada)",
    ]
    assert tell("what changed in checkout before 11:10", diagnosis, early) == [
        "No change until 2026-11-23T11:10:00.000Z was found."
    ]


def write_page(title, *lines):
    """Give a passage of a runbook."""
    numbered = tuple(EvidenceLine(number=number, text=text) for number, text in enumerate(lines, start=1))
    return make_evidence(kind=EvidenceKind.RUNBOOK, title=title, lines=numbered)


def test_how_to_is_answered_by_the_runbooks_that_may_be_followed():
    """The passage is quoted from its first words on; what is nobody's to follow is only named."""
    page = write_page("Restart checkout", "", "First drain it.", "Then restart it.", *(f"Step {n}" for n in range(9)))
    blank = write_page("Empty", " ")
    undetermined = diagnose(verdict=Verdict.UNDETERMINED)

    said = answer_question(read_question("how do I restart checkout?", now=NOON), undetermined, (STATE, page, blank))

    assert said[0].text.startswith("Restart checkout (")
    (citation,) = said[0].citations
    assert (citation.first_line, citation.last_line) == (2, 9)
    assert citation.quote.startswith("First drain it.\nThen restart it.")
    assert said[1].citations == ()
    assert tell("how do I restart checkout?", undetermined, STATE) == ["No runbook was found that speaks of it."]


def test_stale_passage_is_named_after_the_verified_and_not_quoted():
    """It names what is gone: following it would do harm."""
    facts = {"origin": "/proc", "variables": {"POOL_SIZE": "x"}}
    environment = make_evidence(kind=EvidenceKind.ENVIRONMENT, facts=facts)
    stale, verified = write_page("Old way", "Edit `config.yaml`"), write_page("New way", "Raise `POOL_SIZE`")

    said = answer_question(
        read_question("how to raise the pool", now=NOON),
        diagnose(verdict=Verdict.UNDETERMINED),
        (stale, verified, environment),
    )

    assert [one.text.split(":")[0] for one in said] == [
        "New way (verified against live state of 2026-11-23T12",
        "Do not follow Old way",
    ]
    assert [len(one.citations) for one in said] == [1, 0]


def enter(sequence, kind, actor=FERMATA, **data):
    """Give an entry of the journal."""
    event = JournalEvent(kind=kind, actor=actor, data=data)
    return JournalEntry.chain(sequence, NOON + timedelta(minutes=sequence), event, GENESIS)


DANA = Actor(kind="person", id="dana", channel="console")
JOURNAL = (
    enter(1, "incident.opened", text="CheckoutDown fired"),
    enter(2, "proposal.approved", DANA),
    enter(3, "incident.resolved", reason="the alert resolved", text="no more than this"),
)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("who approved it?", ["2026-11-23T12:02:00.000Z proposal approved, by dana (console)"]),
        (
            "when did it happen?",
            [
                "2026-11-23T12:01:00.000Z incident opened, by fermata: CheckoutDown fired",
                "2026-11-23T12:02:00.000Z proposal approved, by dana (console)",
                "2026-11-23T12:03:00.000Z incident resolved, by fermata: the alert resolved",
            ],
        ),
    ],
)
def test_history_is_the_journals(text, lines):
    """What the question names, or all of it: when, what, and by whom."""
    assert [said.text for said in tell_history(read_question(text, now=NOON), JOURNAL)] == lines


def test_decision_that_nobody_made_is_told_to_be_none():
    """Instead of everything else; with what became of the plan. One yes of several is a yes, too."""
    held = (enter(1, "incident.opened"), enter(2, "proposal.opened"), enter(3, "incident.snoozed", DANA))
    asked = read_question("who approved it?", now=NOON)

    assert [said.text for said in tell_history(asked, held)] == [
        "Nobody has approved anything of it, by the journal.",
        "2026-11-23T12:02:00.000Z proposal opened, by fermata",
    ]
    assert [said.text for said in tell_history(asked, (*held, enter(4, "approval.given", DANA)))] == [
        "2026-11-23T12:04:00.000Z approval given, by dana (console)"
    ]
    assert tell_history(read_question("who rejected it?", now=NOON), JOURNAL)[0].text.startswith("Nobody has rejected")


def test_empty_journal_tells_nothing():
    """And says so."""
    assert tell_history(read_question("who approved it?", now=NOON), ()) == (
        Said(text="The journal holds nothing of it."),
    )


def test_incident_that_is_over_is_told_to_be():
    """With the last proof of it; what goes on is told by what was observed."""
    proved = [enter(number, "execution.verified", text=f"look {number}") for number in (4, 5)]
    over = make_incident(resolved_at=NOON + timedelta(minutes=9))

    assert [said.text for said in tell_end(over, (*JOURNAL, *proved))] == [
        "The incident is over since 2026-11-23T12:09:00.000Z; the rest is how it was when looked at.",
        "2026-11-23T12:05:00.000Z execution verified, by fermata: look 5",
    ]
    assert len(tell_end(over, JOURNAL)) == 1
    assert tell_end(make_incident(), proved) == ()


def test_age_of_what_an_answer_rests_on_is_told_unless_it_is_of_just_now():
    """The newest look counts; what runs may be another thing by now."""
    old, new = (make_evidence(observed_at=NOON - timedelta(seconds=ago), fresh_until=NOON) for ago in (300, 90))

    (said,) = tell_age([old, new], NOON)

    assert said.text.startswith("As it was looked at 1m 30s ago, at 2026-11-23T11:58:30")
    assert (tell_age([new], NOON - timedelta(seconds=61)), tell_age([], NOON)) == ((), ())


def test_undetermined_why_names_the_changes_that_may_have_to_do_with_it():
    """The most suspect first, each by its line; not what is ruled out, nor what is no longer in the evidence."""
    facts = {name: ChangeFacts(id=name, title=name, changed_at=NOON).to_json() for name in ("a", "b")}
    seen = [make_evidence(kind=EvidenceKind.CHANGE, title=f"change {name}", facts=facts[name]) for name in facts]
    blames = {"gone": 0.4, "lost": 0.3, "left": 0.2, "a": 0.12, "b": 0.0}
    changes = tuple(ChangeVerdict(id=name, blame=blame, why="near") for name, blame in blames.items())
    diagnosis = Diagnosis(verdict=Verdict.UNDETERMINED, checks=("Look.",), changes=changes)

    said = answer_question(read_question("why is checkout slow?", now=NOON), diagnosis, seen)

    told = [one for one in said if one.text.startswith("Changed near it")]
    assert [one.text for one in told] == [
        "Changed near it, and not shown to be the cause: change a (suspicion 0.12 of 1)."
    ]
    refuse_bad_citations([citation for one in told for citation in one.citations], seen)


@pytest.mark.parametrize(
    ("text", "is_said"),
    [
        ("warum ist checkout langsam?", True),
        ("was hat sich seit 13:00 bei checkout geändert?", True),
        ("Wie geht es payments gerade?", True),
        ("why is checkout slow?", False),
        ("what changed in the war room, and was die-cast down?", False),
        ("is gateway-ist up?", False),
    ],
)
def test_question_in_german_is_told_that_answers_are_english(text, is_said):
    """Its words are known as far as kinds and names go; a time in it is not read."""
    assert bool(say_language(text)) is is_said
