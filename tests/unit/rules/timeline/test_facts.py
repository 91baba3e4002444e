from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.rules.timeline.trail_scene import at, heard

from fermata.domain.trail import KeyTime
from fermata.rules.timeline.facts import add_key_times, cut_to_incident, find_facts
from fermata.rules.timeline.guesses import list_relapses, settle_guesses


def find(*lines, words=("checkout",)):
    """Return what is told of each message that tells something."""
    items = [item for item in heard(*lines) if item.reading.clauses]
    found = find_facts(items, items, settle_guesses(items), words, {}, relapses=list_relapses(items))
    return {item.message.id: [clause.text for clause in item.reading.clauses] for item in found}


def cut(*lines, **key_times):
    """Return the ids of what is of the incident's time."""
    items = [item for item in heard(*lines) if item.reading.clauses]
    times = {name: KeyTime(at(clock), "m1", "") for name, clock in key_times.items()}
    return [item.message.id for item in cut_to_incident(items, times, list_relapses(items))]


def kinds(*lines):
    """Return the kinds of the sentences that are told of each message."""
    told = heard(*lines)
    return {
        item.message.id: [clause.kind.value for clause in item.reading.clauses]
        for item in cut_to_incident(told, {}, list_relapses(told))
    }


def test_message_without_a_telling_sentence_is_no_fact():
    """What was done to the incident's own service is; a list in a document is not."""
    found = find(("12:00", "ana", "rolled back checkout. need coffee"), ("12:01", "ana", "happy to help"))

    assert found == {"m1": ["rolled back checkout."]}


def test_what_was_taken_back_is_no_fact_and_the_rest_of_who_takes_it_back_may_be():
    """Only sure sentences beside a retraction stand."""
    found = find(
        ("12:00", "ana", "I suspect the redis upgrade"),
        ("12:01", "bob", "it's not the redis upgrade. rolled back checkout to the last release at 40% errors"),
        ("12:02", "bob", "scratch that"),
    )

    assert found == {"m2": ["rolled back checkout to the last release at 40% errors"]}


def test_what_stands_beside_a_guess_argues_for_it():
    """Who shipped something and wonders tells a suspicion."""
    found = find(("12:00", "ana", "we shipped checkout 3.14 twenty minutes ago. could it be that release?"))

    assert all("shipped" not in text for texts in found.values() for text in texts)


@pytest.mark.parametrize(
    "gives_up", ["scratch the pool idea", "that theory is out", "dropping that", "so not it", "redis is innocent"]
)
def test_what_stands_beside_an_idea_given_up_says_why(gives_up):
    """What was looked at for it is no event, and the same without it is one."""
    seen = "checkout is at 40% errors now"

    alone = find(("12:00", "ana", f"{seen}."))
    beside = find(("12:00", "ana", f"{seen}. {gives_up}"))

    assert alone["m1"] == [f"{seen}."]
    assert f"{seen}." not in beside.get("m1", [])


def test_bots_are_told_when_they_have_news():
    """The same alert again is none."""
    found = find(("12:00", "pager", "[FIRING] CheckoutHigh5xx"), ("12:01", "pager", "[FIRING] CheckoutHigh5xx"))

    assert list(found) == ["m1"]


def test_bot_before_the_first_sign_tells_another_story():
    """What was deployed in peace is told by who points at it."""
    lines = (("12:00", "deploybot", "deployed checkout v12"), ("12:10", "ana", "rolled back checkout"))

    assert cut(*lines, detected="12:05") == ["m2"]
    assert cut(*lines) == ["m1", "m2"]


def test_end_that_did_not_hold_is_not_told():
    """A person's and a status page's."""
    lines = (
        ("12:00", "ana", "incident resolved"),
        ("12:01", "deploybot", "Status page: resolved"),
        ("12:10", "ana", "spoke too soon, checkout errors are climbing again"),
    )

    assert cut(*lines) == ["m3"]


def test_after_the_end_only_its_story_is_told():
    """When it began, who was told and what a recap lists; not what goes on."""
    lines = (
        ("12:50", "ana", "incident resolved"),
        ("12:58", "ana", "restarted the dashboards"),
        ("12:59", "ana", "checkout errors started at 14:10 our time"),
        ("13:00", "ana", "status page updated for customers"),
    )

    assert cut(*lines, resolved="12:50") == ["m1", "m3", "m4"]


def test_monitor_that_clears_long_after_people_said_so_is_no_news():
    """Its end is told while it is still one; a new alert begins anew."""
    lines = [
        ("12:00", "pager", "[FIRING] CheckoutHigh5xx"),
        ("12:10", "ana", "checkout errors are back to baseline"),
        ("12:15", "pager", "[RESOLVED] CheckoutHigh5xx"),
    ]
    late = [*lines[:2], ("13:25", "pager", "[RESOLVED] CheckoutHigh5xx")]

    assert list(find(*lines)) == ["m1", "m2", "m3"]
    assert list(find(*late)) == ["m1", "m2"]


def test_end_that_people_called_again_long_after_was_called_too_early():
    """The last word of an end holds; who repeats it within minutes confirms it."""
    early = ("12:30", "ana", "ok, incident resolved")
    late = ("13:00", "bob", "incident resolved, for real this time")

    assert cut(early, late, detected="12:00", resolved="13:00") == ["m2"]
    assert cut(early, detected="12:00", resolved="12:35") == ["m1"]
    assert cut(early, detected="12:00") == ["m1"]


def test_confident_guess_is_a_guess():
    """However sure somebody is, being sure is no finding."""
    found = find(("12:00", "ana", "fairly sure it is the new checkout release, we merged it yesterday"))

    assert found == {"m1": ["fairly sure it is the new checkout release, we merged it yesterday"]}
    (item,) = heard(("12:00", "ana", "fairly sure it is the new checkout release, we merged it yesterday"))
    assert item.is_guess


def test_action_on_the_incidents_own_service_is_told_however_short():
    """Two words are enough for what was done to what the incident is about; not to something else, nor as a guess."""
    found = find(
        ("12:00", "ana", "checkout errors at 40%"),
        ("12:05", "bob", "restarted checkout"),
        ("12:06", "bob", "restarted laptop"),
        ("12:07", "bob", "restarted checkout. could it be dns?"),
    )

    assert found["m2"] == ["restarted checkout"]
    assert "m3" not in found
    assert "restarted checkout." not in found.get("m4", [])


def test_end_that_a_status_page_takes_back_is_none():
    """It said resolved, and went on monitoring; its last word stands."""
    posts = [
        ("12:00", "pager", "Investigating - We are looking into failed checkouts."),
        ("12:30", "pager", "Resolved - This incident has been resolved."),
        ("12:32", "pager", "Monitoring - Orders are being replayed, users may see delays."),
        ("12:50", "pager", "Resolved - This incident has been resolved."),
    ]

    assert cut(*posts) == ["m1", "m3", "m4"]


def test_end_that_was_called_while_it_went_on_is_none():
    """Mitigation comes first."""
    called = ("12:20", "ana", "calling it resolved")

    assert cut(called, mitigated="12:50") == []
    assert cut(called, mitigated="12:22") == ["m1"]


def test_deploy_that_its_author_calls_harmless_is_no_event():
    """It was done, and has nothing to do with it."""
    assert find(("12:00", "ana", "promo banner of checkout deployed at 11:05, only copy")) == {}


def test_what_it_came_to_is_told_after_the_end():
    """A sum, a correction and a start in words belong to the story; what goes on does not."""
    said = [
        ("12:30", "ana", "final number: 42 orders were charged twice, all refunded"),
        ("12:31", "ana", "first timeouts at quarter to twelve, right after the deploy"),
        ("12:32", "ana", "restarted the build runner for an unrelated timeout"),
    ]

    assert cut(*said, resolved="12:20") == ["m1", "m2"]


def test_who_takes_good_news_back_tells_an_event():
    """The good news stays as what somebody saw, and what came of it stands below; neither is a milestone."""
    talk = [
        ("12:10", "bob", "restarted checkout. orders are succeeding again, error rate back to 0.2%"),
        ("12:11", "bob", "spoke too soon, still 12% failing from the eu cell"),
        ("12:30", "bob", "orders are succeeding again, error rate back to 0.2%"),
    ]

    assert find(*talk)["m2"] == ["spoke too soon, still 12% failing from the eu cell"]
    assert kinds(*talk) == {"m1": ["action", "observation"], "m2": ["observation"], "m3": ["milestone"]}


def test_call_that_is_taken_back_is_no_event():
    """What was called and did not hold is no line either."""
    better = ("12:10", "bob", "orders are succeeding again, error rate back to 0.2%")

    assert "m2" not in find(better, ("12:11", "ana", "un-resolved"))
    assert "m2" not in find(("12:10", "ana", "incident resolved"), ("12:11", "ana", "it's back"))


def test_more_talk_makes_events_of_fewer_sentences():
    """The events of an incident hardly grow with what is said about it."""
    seen = [("12:00", "ana", "checkout p95 2s"), ("12:09", "ana", "errors on checkout started again")]
    talk = [(f"13:{minute % 60:02}", "ben", "vouchers are printed again") for minute in range(190)]
    chatter = [(f"13:{minute % 60:02}", "ben", "hm") for minute in range(190)]

    few, more, many = find_among(*seen), find_among(*seen, *chatter), find_among(*seen, *talk)

    assert few == more
    assert many & few < few


def test_in_a_long_channel_it_counts_who_says_it():
    """What somebody says who leads is told where the same of somebody who looks in is not."""
    chatter = [(f"13:{minute % 60:02}", "ana", "hm") for minute in range(900)]
    said = "checkout times out"

    assert find_among(*chatter, ("14:00", "ana", said))
    assert not find_among(*chatter, ("14:00", "ben", said))


def find_among(*lines):
    """Return the ids of what is told, of a channel that is heard whole."""
    items = heard(*lines)
    own = [item for item in items if item.reading.clauses]
    return {
        item.message.id
        for item in find_facts(items, own, settle_guesses(own), ("checkout",), {}, relapses=list_relapses(own))
    }


def test_what_key_times_are_taken_from_is_told():
    """However little its words weigh, and in its place; what is told already is told once."""
    items = heard(("12:00", "ana", "checkout is down"), ("12:30", "bob", "flat."), ("12:31", "cy", "lunch?"))
    times = {"started": KeyTime(at("12:00"), "m1", ""), "resolved": KeyTime(at("12:30"), "m2", "")}

    told = add_key_times(items[:1], items, times)

    assert [item.message.id for item in told] == ["m1", "m2"]


def test_what_lies_days_away_is_none_of_the_incidents():
    """Of an export of a month, most days are other days; the eve may tell how it began."""
    far = heard(("12:00", "ana", "database migration done"), ("12:30", "ana", "checkout fails with errors"))
    day = timedelta(days=1)

    def keep(shift):
        moved = [replace(far[0], message=replace(far[0].message, at=far[0].message.at + shift)), far[1]]
        times = {"started": KeyTime(at("12:29"), "m2", "")}
        return [item.message.id for item in cut_to_incident(moved, times, [])]

    assert keep(-day) == ["m2"]
    assert keep(2 * day) == ["m2"]
    assert keep(timedelta(0)) == ["m1", "m2"]


def test_cause_that_is_named_as_one_is_told_after_the_end():
    """It is often found hours later."""
    lines = (
        ("12:22", "ana", "checkout fails with errors"),
        ("13:00", "ana", "incident resolved"),
        ("13:30", "bob", "root cause: the image has no tzdata, so each record logged a stack trace"),
        ("13:31", "bob", "the image has 200 MB, pods restarted"),
    )

    assert cut(*lines, started="12:22", resolved="13:00") == ["m1", "m2", "m3"]
