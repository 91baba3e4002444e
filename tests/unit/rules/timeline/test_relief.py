import pytest
from tests.unit.rules.timeline.trail_scene import at, curve, heard

from fermata.rules.timeline.curves import find_shift
from fermata.rules.timeline.relief import Scene, find_back, find_relief, is_good

BACK = find_shift(curve([1.0] * 20 + [50.0] * 20 + [1.0] * 20))
STILL_BAD = find_shift(curve([1.0] * 20 + [50.0] * 20))
CPU = find_shift(curve([1.0] * 20 + [50.0] * 10 + [1.0] * 30, name="node cpu"))


def find(*lines, shifts=(), acted="12:00", closed=None, told=(), posts=()):
    """Return the id of the message that tells the relief, or `None`."""
    scene = Scene(
        told=frozenset(told),
        shifts=list(shifts),
        acted=None if acted is None else at(acted),
        closed=None if closed is None else at(closed),
        posts=[at(post) for post in posts],
    )
    item = find_relief(filter(is_good, heard(*lines)), scene)
    return None if item is None else item.message.id


def test_number_that_is_normal_again_is_preferred_to_the_backlog_hours_later():
    """Users felt it no more when the metric was in its band, not when all was tidied up."""
    found = find(
        ("12:42", "ana", "errors back at baseline, 1.0%"),
        ("13:30", "ana", "backlog is drained, queue empty"),
        shifts=[BACK],
        closed="14:00",
    )

    assert found == "m1"


def test_word_before_the_metric_is_back_is_none():
    """It is often said too early: the metric decides which word is meant."""
    lines = (("12:22", "ana", "errors are back to baseline"), ("12:42", "ana", "errors are back to baseline"))

    assert find(*lines, shifts=[BACK]) == "m2"
    assert find(*lines) == "m1"


def test_number_that_a_metric_had_just_then_speaks_for_it():
    """Who quotes what was measured has looked; thousands may be written short."""
    lag = find_shift(curve([2000.0] * 20 + [90000.0] * 20 + [2000.0] * 20, name="queue lag"))
    lines = (("12:47", "ana", "lag 9.9k, queue depth normal"), ("12:48", "bob", "lag 2k, queue depth normal"))

    assert find(*lines, shifts=[lag]) == "m2"
    assert find(*lines) == "m1"


@pytest.mark.parametrize(
    "text",
    [
        "errors are back, it is climbing again",
        "coredns is healthy, latency p99 4ms, so it is not coredns itself",
        "09:10 start, 09:20 declared, 09:40 rolled back",
        "rolled back checkout",
        "customers report that checkout fails with 504s",
    ],
)
def test_what_tells_no_end_is_none(text):
    """A relapse, an exclusion, a recap, an action and what users feel tell nobody that it is better."""
    assert find(("12:42", "ana", text), shifts=[BACK], told=["m1"]) is None


def test_monitor_that_clears_tells_it_and_one_that_fires_does_not():
    """Of bots only those count that say that it is over; a status page's word weighs less."""
    fired = ("12:41", "pager", "[FIRING] CheckoutHigh5xx")
    posted = ("12:42", "pager", "Monitoring - A fix has been implemented.")
    cleared = ("12:43", "pager", "[RESOLVED] CheckoutHigh5xx")

    assert find(fired, posted, cleared) == "m3"
    assert find(fired, posted) == "m2"
    assert find(fired) is None


def test_weak_word_alone_tells_no_end():
    """Half an hour before the metric is back, with nothing done about it yet, a number is just a number."""
    text = (
        "we have roughly a load of 9 on two of the forty workers over there in the second region, says the tool of bob"
    )

    assert find(("12:05", "ana", text), shifts=[BACK], acted=None) is None


def test_metric_that_never_came_back_counts_neither_way():
    """It was cut off: nothing is known of its end."""
    lines = (("12:30", "ana", "errors are back to baseline"),)

    assert find(*lines, shifts=[STILL_BAD]) == "m1"
    assert find_back([STILL_BAD]) is None


def test_metric_of_what_users_feel_goes_before_one_of_machines():
    """A processor that idles has no users; where it is all there is, it has to do."""
    assert find_back([BACK, CPU]) == at("12:40")
    assert find_back([CPU]) == at("12:30")


def test_question_alone_says_nothing():
    """What says nothing is no news."""
    assert find(("12:42", "ana", "is it back?"), shifts=[BACK]) is None


def test_bot_that_tells_of_work_in_progress_tells_no_relief():
    """A build that passed says nothing of what users feel; a monitor may watch deploys."""
    assert find(("12:40", "pager", "[OK] insights-api lint")) is None
    assert find(("12:40", "pager", "OK deploy_finalize error rate 0.8%")) == "m1"
    assert find(("12:40", "pager", "[OK] recovered: build queue depth")) == "m1"


@pytest.mark.parametrize(
    "text",
    [
        "decision: roll back orders to 6.0.3, all of it",
        "rollback is stuck: 3 of 3 errors, back to normal never",
        "todo: rotate the logs of all disks, and an alert at 80%, ok",
    ],
)
def test_what_is_decided_or_hindered_is_no_relief(text):
    """A cure that is only decided helped nobody yet, and one that hangs neither."""
    assert find(("12:30", "ana", text)) is None


def test_word_that_a_status_page_follows_is_the_one():
    """A page says within minutes what people have just seen."""
    lines = (("12:42", "ana", "errors are back to baseline"), ("13:10", "bob", "errors are back to baseline"))

    assert find(*lines) == "m1"
    assert find(*lines, posts=["13:12"]) == "m2"
    assert find(*lines, posts=["13:30"]) == "m1"


def test_bot_that_never_fired_clears_nothing():
    """A level that goes up is no end; what is resolved, or up after it was down, may have fired elsewhere."""
    levels, ended, up = heard(
        ("12:40", "pager", "Level up! dax reached level 12"),
        ("12:41", "pager", "[RESOLVED] CheckoutHigh5xx"),
        ("12:42", "pager", "rx-upload is UP (was down 47 min)"),
    )

    assert is_good(levels)
    assert not is_good(levels, has_fired=False)
    assert is_good(ended, has_fired=False)
    assert is_good(up, has_fired=False)


def test_who_ends_with_a_question_tells_no_relief():
    """They do not know; who says that it works again and asks on does."""
    asking, telling = heard(
        ("12:40", "ana", "looks like all, visa and amex. paypal seems ok?"),
        ("12:41", "ana", "errors are back to baseline. anything else?"),
    )

    assert not is_good(asking)
    assert is_good(telling)


def test_nothing_left_of_what_should_work_is_no_good_news():
    """A nought of errors is good, one of consumers is the trouble; and who says that it works again says so."""
    assert find(("12:20", "ana", "queue at 60k, consumers: 0")) is None
    assert find(("12:20", "ana", "no healthy backends left, load is at zero")) is None
    assert find(("12:20", "ana", "queue is at 0, consumers: 12")) == "m1"
    assert find(("12:20", "ana", "errors are back to normal, 0 pods crashing")) == "m1"
    assert find(("12:20", "ana", "errors are gone, no hosts left")) == "m1"
    assert find(("12:20", "ana", "healthy, unhealthy hosts: 0")) == "m1"
    assert find(("12:20", "ana", "db cpu 30%, normal, no failing pods")) == "m1"
    assert find(("12:20", "ana", "db cpu 30%, normal, no downstream servers left")) is None


def test_trouble_that_is_there_again_is_no_good_news():
    """Nor is a workaround that is taken away, beside nothing normal; whatever works again is."""
    assert find(("12:20", "ana", "stopped again at offset 88124410, another bad record")) is None
    assert find(("12:20", "ana", "fallback off again, db cpu 30%")) is None
    assert find(("12:20", "ana", "logins work again, db cpu 30%")) == "m1"
    assert find(("12:20", "ana", "p95 normal, has not failed again")) == "m1"
    assert find(("12:20", "ana", "normal success, normal p95, read shedding off again")) == "m1"


@pytest.mark.parametrize(
    "text",
    [
        "500s for everyone",
        "checkout is down, 500s for everyone",
        "customers get 500s on checkout",
        "all requests 502 now",
        "still 503s everywhere",
        "getting 404s on /pay",
        "10k 500s per minute",
        "checkout fails for customers",
        "the runbook is 404",
        "error rate 100%",
        "cpu 100%",
        "db connections 500/500",
        "success rate 0%",
        "40/40 pods crashlooping",
        "0/40 pods ready",
        "only 2 of 40 pods up",
        "eu is fine, us is down",
        "latency 0.2s \u2192 9s, all regions",
        "latency from 200 to 900 ms, all regions",
        "errors for everyone",
    ],
)
def test_level_of_harm_is_no_good_news(text):
    """A number that says how bad it is ends nothing, however short it is said."""
    assert find(("12:42", "ana", text), shifts=[BACK]) is None


@pytest.mark.parametrize(
    "text",
    [
        "throughput dropped to 0",
        "traffic fell to zero",
        "0 successful payments",
        "0 orders in the last 10 min",
        "it recovered for 10 s and is broken again",
    ],
)
def test_what_is_wanted_and_gone_is_no_good_news(text):
    """Whatever verb tells of it; nor is what held for seconds."""
    assert find(("12:42", "ana", text), shifts=[BACK]) is None


@pytest.mark.parametrize(
    "text",
    [
        "no more 500s",
        "error rate 0.1%",
        "5xx 12% -> 0.2%",
        "p99 1.2 s -> 300 ms",
        "queue 2k -> 120",
        "success rate 99.9%",
        "success 12% -> 98%",
        "40/40 pods ready",
        "0/100 errors now",
        "cpu at 40%, errors at 0",
        "0 orders failed in the last 10 min",
        "traffic dropped back to normal",
        "error rate is way down, 0.1%",
        "latency is down again, all green",
        "fixed for everyone, all good",
        "nobody is seeing errors anymore, back to normal",
        "not seeing 500s anymore, all good",
        "stopped throwing 500s, works again",
        "no 5xx since 12:10 for all users",
        "errors gone after scaling from 3 to 6 pods",
        "errors from 14:02 to 14:30, all good now",
        "timeouts are gone, raised the limit from 5s to 30s",
        "latency 300ms -> 200, back to normal",
        "failed payments down to 0",
        "5xx on requests are down to 0",
        "payments failing dropped to 0, back to normal",
        "0 orders in the backlog, all good",
    ],
)
def test_level_that_is_well_is_good_news(text):
    """The same words, where they tell that nothing hurts."""
    assert find(("12:42", "ana", text), shifts=[BACK]) == "m1"


def test_measure_without_a_number_is_only_named():
    """Who says what they look at has measured nothing."""
    assert find(("12:42", "ana", "looking at the latency"), shifts=[BACK]) is None


@pytest.mark.parametrize(
    "text",
    [
        "stuck orders are down to zero",
        "failed orders are down to 0",
        "queue is drained",
        "backlog drained, consumers idle",
        "p99 back under 200",
        "p95 is under the slo again",
    ],
)
def test_harm_that_is_down_to_nothing_is_good_news(text):
    """Down to nothing is not down, and what is stuck is not what is sold."""
    assert find(("12:42", "ana", text), shifts=[BACK]) == "m1"


@pytest.mark.parametrize(
    "text",
    [
        "orders are down to zero",
        "consumers are down to zero",
        "free memory is down to zero",
        "p99 back over 200",
        "success rate back under 90%",
        "throughput is back under 200",
        "we need p99 back under 200",
        "p99 under 200 is our slo",
        "p99 would be under 200",
        "p99 was under 200 before the deploy",
        "once the queue is drained we can reopen",
        "is the queue drained?",
        "queue is not drained yet",
        "queue is drained of consumers",
        "drained node 7",
        "capacity drained from eu-west",
        "battery is drained lol",
    ],
)
def test_wrong_side_wishes_and_drained_nodes_are_no_good_news(text):
    """What one waits for, what was before, work, and a level on the side on which it hurts."""
    assert find(("12:42", "ana", text), shifts=[BACK]) is None
