import pytest
from tests.unit.rules.timeline.trail_scene import BERLIN, at, heard, trail

from fermata.domain.trail import Participant
from fermata.rules.timeline import draft_postmortem
from fermata.rules.timeline.harm import counts_harm, is_good_news, list_spans, measure_harm

PEOPLE = {"ana": Participant("ana", zone=BERLIN)}


def spans(text, *, user="ana", clock="13:20"):
    """Return who says it, from when and until when."""
    return [(span.by.message.id, span.first, span.last) for span in list_spans(heard((clock, user, text)), PEOPLE)]


@pytest.mark.parametrize(
    "text",
    [
        "we lost 212 orders between 10:26 and 11:10",
        "between 13:47 and 14:44 we failed 1,840 of 8,012 card payments, 23%",
        "about 610 servers were offline for up to 60 min",
        "payouts were delayed for 4,310 merchants till 03:58",
        "52 min of no logins, roughly 31k failed attempts",
        "300 dropped requests in all",
        "£96k in carts",
        "orders api is down for everyone, customers get 502",
        "shoppers see only errors",
        "checkout is down for everyone, nobody can pay",
        "212 orders failed again",
    ],
)
def test_count_or_feeling_is_harm(text):
    """How much was harmed, and what users got, is the impact, whatever comes first."""
    assert counts_harm(text)


@pytest.mark.parametrize(
    "text",
    [
        "the migration in -2 dropped refund_ref, the old code cant start",
        "v3 failed requests",
        "12 orders went through again, no errors",
        "we could lose 200 orders if that fails",
        "payouts go through again, merchant on the phone confirms",
        "410 rps same as yesterday",
    ],
)
def test_part_of_a_name_good_news_and_fear_are_no_harm(text):
    """A number must be one, and what it counts must have happened."""
    assert not counts_harm(text)


def test_relief_in_known_words_is_good_news():
    """What says that errors fall counts nobody who is hurt."""
    assert is_good_news("errors are back to baseline now")
    assert not is_good_news("errors at 40%")


@pytest.mark.parametrize(
    "text",
    [
        "nobody can log in",
        "no customers could pay since 10:02",
        "no logged-in users are able to buy",
        "all payments stopped at 10:02",
        "it stopped responding",
        "card payments fail again",
        "customers get errors again",
        "the dashboards of customers show no data",
        "no more connections for users",
        "not resolved, users back in the queue",
    ],
)
def test_word_of_relief_in_bad_news_makes_none_of_it(text):
    """Nobody who can pay, and what stopped working, is the harm itself."""
    assert not is_good_news(text)


@pytest.mark.parametrize(
    "text",
    [
        "nobody is affected any more",
        "no customers were hit since",
        "no data was lost",
        "no more errors for users",
        "the errors have stopped",
        "it stopped at 10:20",
        "checkout stopped failing",
        "users can pay again",
    ],
)
def test_end_of_trouble_is_good_news(text):
    """In whatever words."""
    assert is_good_news(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("we lost 212 orders between 14:26 and 15:10", "12:26", "13:10"),
        ("payments failed from 14:26 to 15:10 our time", "12:26", "13:10"),
        ("payouts were delayed till 14:58", None, "12:58"),
        ("customers fine as of 14:58", None, "12:58"),
    ],
)
def test_span_is_read_in_the_zone_of_who_names_it(text, first, last):
    """Who sums it up names both ends, or the one that counts."""
    assert spans(text) == [("m1", first and at(first), at(last))]


@pytest.mark.parametrize(
    ("text", "user"),
    [
        ("we lost 212 orders between 15:10 and 14:26", "ana"),
        ("payouts are delayed till 23:30, sorry", "ana"),
        ("customers fine as of 23:30", "ana"),
        ("they will be down from 14:26 to 15:10", "ana"),
        ("we rolled back between 14:26 and 15:10", "ana"),
        ("we lost 212 orders between 14:26 and 15:10", "pager"),
    ],
)
def test_time_ahead_or_turned_round_is_no_span(text, user):
    """A plan, a promise and a bot's window date nothing."""
    assert spans(text, user=user) == []


def test_span_with_one_minute_that_cannot_be_read_has_the_other():
    """Half of it is known none the less."""
    assert spans("payments failed between 23:30 and 15:10") == [("m1", None, at("13:10"))]


def test_who_counts_what_was_harmed_in_a_span_names_the_span():
    """Whatever the tense; a span of no count and no past is a plan."""
    assert spans("finance counted: 212 refunds wrong between 13:05 and 14:28") == [("m1", at("11:05"), at("12:28"))]
    assert spans("down for the switch between 13:05 and 14:28") == []


@pytest.mark.parametrize(
    "text",
    [
        "30% of requests fail",
        "about 1,200 orders affected",
        "roughly a third of logins fail",
        "half of all payments are declined",
        "one in five checkouts fails",
        "eu customers could not log in for 20 min",
        "users in Berlin couldn't check out for about half an hour",
        "no one could log in for ten minutes",
        "players were kicked out for 5 min",
        "checkout is down for eu users",
        "118 hotels, about 2,900 guests waited, 0 lost bookings",
    ],
)
def test_share_a_count_and_a_while_tell_what_was_harmed(text):
    """Said by a person, of the people who use it."""
    assert counts_harm(text)


@pytest.mark.parametrize(
    "text",
    [
        "do 30% of requests fail?",
        "if 30% of requests fail we page",
        "maybe 1,200 orders affected",
        "at most 1,200 orders affected i guess",
        "could affect 1,200 orders",
        "30% of requests fail on staging",
        "99% of requests fail in the load test",
        "last week 1,200 orders were affected",
        "lol half of my requests fail",
        "0 orders affected",
        "zero payments failed so far",
        "30% of requests go to eu-west",
        "1,200 orders shipped today",
        "customers could not log in",
        "1,200 orders went through again",
        "ci was down for 20 min",
        "300 orders were lost in the 2019 outage",
        "30% of requests fail over to the replica",
        "none of the 1,200 orders were lost",
    ],
)
def test_questions_guesses_drills_and_noughts_harm_nobody(text):
    """Nor does a count of what is well, or of another time."""
    assert not counts_harm(text)


def test_count_of_harm_is_told_however_little_its_words_weigh():
    """It is looked for afterwards; beside a guess it only argues for it, and a bot's numbers are a monitor's."""
    lines = (("12:00", "pager", "[FIRING] CheckoutErrors"), ("12:03", "ana", "checkout fails with 500s"))

    def told(user, text):
        draft = draft_postmortem(trail(*lines, ("12:10", user, text), ("13:00", "ana", "incident resolved")))
        return [entry.text for entry in draft.impact]

    assert "30% of requests fail" in told("ana", "30% of requests fail")
    assert told("ana", "30% of requests fail. maybe the limiter?") == []
    assert told("ana", "BILL-77 30% of requests fail") == []
    assert told("deploybot", "30% of requests fail") == []


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("error rate is at 30%", 30),
        ("error rate at 30% on checkout", 30),
        ("error rate on checkout jumped to 12.5 %", 12.5),
        ("error rate went from 0.1% to 12%", 12),
        ("we're at 30% error rate", 30),
        ("30% errors on checkout", 30),
        ("5xx at 18%", 18),
        ("5xx at 18 percent", 18),
        ("packet loss 40% to eu", 40),
        ("failure rate for logins: 22%", 22),
        ("success rate down to 70%", 30),
        ("checkout success rate is 83%, error rate 9%", 17),
    ],
)
def test_share_that_fails_is_measured(text, share):
    """As people read it off a dashboard; of what is served, what is not."""
    assert measure_harm(text) == share


@pytest.mark.parametrize(
    "text",
    [
        "error rate is at 0.1%",
        "error rate is at 5%, normal for a monday",
        "error rate back to 2%",
        "reject ratio 41% to 5%",
        "success rate back to 90%",
        "success rate is 99.9%",
        "success rate up to 97%",
        "alert if error rate > 5%",
        "the error rate alert fires at 5%",
        "error budget at 30%",
        "error rate is 30% on staging",
        "was the error rate at 30%?",
        "maybe error rate is at 30%",
        "error rate yesterday was 30%",
        "rollout is at 30%",
        "disk at 95%",
        "errors in 4411 rows",
    ],
)
def test_share_that_is_none_of_the_harm_is_not(text):
    """It falls, is as ever, was set by somebody, is of another place or time, or nobody knows."""
    assert measure_harm(text) == 0
