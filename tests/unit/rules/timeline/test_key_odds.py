from datetime import UTC, datetime

import pytest
from tests.unit.rules.timeline.trail_scene import at, heard, trail

from fermata.domain.trail import KEY_TIMES, KeyTime
from fermata.rules.timeline import key_odds
from fermata.rules.timeline.key_odds import FEATURES, Candidate, Talk, choose, weigh_key_times
from fermata.rules.timeline.key_weights import PLACES

LINES = (
    ("12:00", "ana", "anyone around for lunch later?"),
    ("12:05", "pager", "[FIRING] CheckoutErrors above 5%"),
    ("12:07", "ana", "declaring an incident, sev2, I am IC"),
    ("12:20", "bob", "rolled back checkout to v41"),
    ("12:26", "bob", "errors back to normal, checkout works again for everyone"),
    ("12:40", "ana", "incident resolved, thanks all"),
    ("12:45", "bob", "postmortem tomorrow"),
)


@pytest.fixture(autouse=True)
def weighed(monkeypatch):
    """Let seven messages be enough to be weighed."""
    monkeypatch.setattr(key_odds, "FEWEST", 7)


def measure(candidate, name):
    """Return one of the values of a minute."""
    return candidate.values[FEATURES.index(name)]


def test_each_minute_is_measured_by_every_feature_that_has_a_weight():
    """Tables of another length than the features would weigh something else."""
    candidates = Talk(trail(*LINES), heard(*LINES), {}).list_candidates("resolved")

    assert {len(one.values) for one in candidates} == {len(FEATURES)} == {len(PLACES[name]) for name in KEY_TIMES}


def test_most_speaks_for_what_says_it():
    """Nobody has to be asked which of seven messages declares, and which ends it."""
    late = KeyTime(at("12:45"), "m7", "the last that is told")

    settled = weigh_key_times(trail(*LINES), heard(*LINES), {"declared": late, "resolved": late})

    assert settled["declared"].citation == "m3"
    assert settled["resolved"].citation == "m6"


def test_time_that_the_rules_found_nowhere_stays_unknown():
    """Some minute always says it most, even where nobody says it."""
    lines = (("12:00", "ana", "checkout is slow"), ("12:09", "bob", "still slow"))

    assert weigh_key_times(trail(*lines), heard(*lines), {}) == {}


def test_what_the_rules_found_stays_where_nothing_speaks_for_another_minute():
    """Its own reason is the better one to read."""
    found = {"declared": KeyTime(at("12:07"), "m3", "it was declared")}

    assert weigh_key_times(trail(*LINES), heard(*LINES), found)["declared"] == found["declared"]


def test_another_minute_says_what_the_rules_had_instead():
    """Whoever edits sees both, with the day where it is another."""
    late = KeyTime(at("12:45"), "m7", "the last that is told")
    old = KeyTime(datetime(2026, 7, 1, 9, 0, tzinfo=UTC), "m1", "somebody says so")

    settled = weigh_key_times(trail(*LINES), heard(*LINES), {"declared": late, "resolved": old})

    assert settled["declared"].why == "what is said then speaks for it most; or 12:45: the last that is told"
    assert settled["resolved"].why.endswith("; or 2026-07-01 09:00: somebody says so")


def test_what_was_measured_is_not_weighed_against_words():
    """A metric knows its second."""
    found = {"resolved": KeyTime(at("12:31"), "metric-1", "the metric came back")}

    assert weigh_key_times(trail(*LINES), heard(*LINES), found)["resolved"] == found["resolved"]


def test_talk_of_a_few_messages_is_not_weighed():
    """No channel that the weights were fitted on is so short: what the rules found is all there is."""
    found = {"declared": KeyTime(at("12:05"), "m2", "the first that is told")}

    assert weigh_key_times(trail(*LINES), heard(*LINES), found) != found
    assert weigh_key_times(trail(*LINES[:6]), heard(*LINES[:6]), found) == found
    assert weigh_key_times(trail(), [], {}) == {}


def test_minute_that_somebody_names_competes_with_those_of_the_messages():
    """By the zone of who names it; it is told by the message that does."""
    lines = (*LINES, ("12:50", "ana", "timeline so far: it all started at 14:02 our time with the deploy"))

    talk = Talk(trail(*lines), heard(*lines), {"started": KeyTime(at("12:02"), "m8", "somebody says so")})
    named = next(one for one in talk.list_candidates("started") if measure(one, "is_stated"))

    assert named.at == at("12:02").timestamp()
    assert named.message.id == "m8"
    assert measure(named, "is_silent") == 1.0
    assert measure(named, "is_stated_found") == 1.0
    assert measure(named, "told_later") > 3


def test_chosen_minute_that_is_named_later_is_that_minute(monkeypatch):
    """Not the one at which it was named."""
    lines = (*LINES, ("12:50", "ana", "timeline so far: it all started at 14:02 our time with the deploy"))
    weights = tuple(float(name == "is_stated") * 9 for name in FEATURES)
    monkeypatch.setitem(key_odds.PLACES, "started", weights)

    found = {"started": KeyTime(at("12:05"), "m2", "an alert fired")}

    started = weigh_key_times(trail(*lines), heard(*lines), found)["started"]

    assert (started.at, started.citation) == (at("12:02"), "m8")
    assert started.why == "the minute that is named for it most likely; or 12:05: an alert fired"


def test_what_is_said_within_a_minute_adds_up():
    """Two that say it in one minute outweigh one that says it a little louder elsewhere."""
    message = heard(LINES[0])[0].message
    minutes = [Candidate(at_, message, (value,)) for at_, value in ((0.0, 1.0), (30.0, 1.0), (900.0, 1.4))]

    assert choose(minutes, (1.0,)).at == 0.0
    assert choose(minutes[1:], (1.0,)).at == 900.0


def test_of_what_is_said_within_a_minute_the_loudest_is_cited():
    """However many stand closer to the middle of it."""
    message = heard(LINES[0])[0].message
    minutes = [Candidate(at_, message, (value,)) for at_, value in ((0.0, 2.0), (40.0, 0.0), (80.0, 0.5))]

    assert choose(minutes, (1.0,)).at == 0.0


@pytest.mark.parametrize(("least", "is_chosen"), [(0.3, True), (0.6, False)])
def test_nothing_is_chosen_where_too_little_speaks_for_any(least, is_chosen):
    """Two minutes with as much each are half sure at best."""
    message = heard(LINES[0])[0].message
    minutes = [Candidate(at_, message, (1.0,)) for at_ in (0.0, 900.0)]

    assert (choose(minutes, (1.0,), least) is not None) is is_chosen


def test_message_beside_what_the_rules_found_competes_however_little_its_words_say(monkeypatch):
    """Only the messages whose words say most are weighed, and these."""
    monkeypatch.setattr(key_odds, "_MOST", 2)

    plain = Talk(trail(*LINES), heard(*LINES), {}).list_candidates("declared")
    beside = Talk(trail(*LINES), heard(*LINES), {"resolved": KeyTime(at("12:00"), "m1", "")}).list_candidates(
        "declared"
    )

    assert len(plain) == 2
    assert {one.message.id for one in beside} == {one.message.id for one in plain} | {"m1"}


def choose_by_name(monkeypatch, minutes):
    """Let the talk speak for these minutes, by the name of the key time."""

    def list_candidates(talk, name):
        message = next(item.message for item in heard(*LINES) if item.message.at == minutes[name])
        return [Candidate(message.at.timestamp(), message, ())]

    monkeypatch.setattr(Talk, "list_candidates", list_candidates)
    monkeypatch.setattr(key_odds, "PLACES", dict.fromkeys(KEY_TIMES, ()))


def test_start_that_is_the_first_sign_follows_it_to_an_earlier_one(monkeypatch):
    """Nobody tells when it began: it was no later than what was seen first."""
    found = {
        "detected": KeyTime(at("12:07"), "m3", "somebody saw it"),
        "started": KeyTime(at("12:07"), "m3", "the first sign of it; when it began is not told"),
    }
    choose_by_name(monkeypatch, {"detected": at("12:05"), "started": at("12:07")})

    settled = weigh_key_times(trail(*LINES), heard(*LINES), found)

    assert settled["started"].citation == settled["detected"].citation == "m2"
    assert settled["started"].why == "the first sign of it; when it began is not told"


@pytest.mark.parametrize("said", ["12:20", "12:05"])
def test_start_that_somebody_tells_does_not_follow_the_first_sign(monkeypatch, said):
    """It has a reason of its own, and a later sign dates no earlier start."""
    found = {
        "detected": KeyTime(at("12:07"), "m3", "somebody saw it"),
        "started": KeyTime(at("12:07"), "m1", "somebody says when it started"),
    }
    choose_by_name(monkeypatch, {"detected": at(said), "started": at("12:07")})

    assert weigh_key_times(trail(*LINES), heard(*LINES), found)["started"] == found["started"]


def test_end_before_its_beginning_is_not_believed(monkeypatch):
    """Each is weighed alone; what cannot be true together stays as the rules found it."""
    found = {
        "started": KeyTime(at("12:05"), "m2", "an alert fired"),
        "mitigated": KeyTime(at("12:26"), "m5", "users are well"),
        "resolved": KeyTime(at("12:40"), "m6", "it was said to be over"),
    }
    choose_by_name(monkeypatch, {"started": at("12:20"), "mitigated": at("12:07"), "resolved": at("12:45")})

    settled = weigh_key_times(trail(*LINES), heard(*LINES), found)

    assert (settled["started"], settled["mitigated"]) == (found["started"], found["mitigated"])
    assert settled["resolved"].citation == "m7"


def test_end_that_goes_back_for_one_beginning_takes_the_other_with_it(monkeypatch):
    """No pair of them stands the wrong way round, in whatever order they are looked at."""
    found = {
        "started": KeyTime(at("12:00"), "m1", "somebody says when it started"),
        "detected": KeyTime(at("12:05"), "m2", "an alert fired"),
        "resolved": KeyTime(at("12:20"), "m4", "it was said to be over"),
    }
    choose_by_name(monkeypatch, {"started": at("12:26"), "detected": at("12:45"), "resolved": at("12:40")})

    assert weigh_key_times(trail(*LINES), heard(*LINES), found) == found


def test_of_a_storm_beside_what_the_rules_found_the_loudest_compete(monkeypatch):
    """Else a channel whose source gives days alone would compete with itself, all against all."""
    monkeypatch.setattr(key_odds, "_MOST", 2)
    storm = [("12:00", "ana", f"line {number}") for number in range(9)]
    lines = (*storm, ("12:00", "bob", "incident resolved, thanks all"), *LINES[1:])

    candidates = Talk(trail(*lines), heard(*lines), {"resolved": KeyTime(at("12:00"), "m1", "")}).list_candidates(
        "resolved"
    )

    assert len(candidates) == 3
    assert "incident resolved, thanks all" in {
        one.message.text for one in candidates if one.at == at("12:00").timestamp()
    }
