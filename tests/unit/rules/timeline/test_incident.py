from tests.unit.rules.timeline.trail_scene import at, trail

from fermata.domain.trail import Curve, Trail
from fermata.rules.timeline.incident import choose_shifts, find_topics


def move(name, minute, *, of="M1"):
    """Return a metric that leaves its normal range at that minute of twelve."""
    start = at("12:00").timestamp()
    values = [1.0] * minute + [50.0] * (60 - minute)
    return Curve(of, name, [start + 60 * count for count in range(60)], values)


def choose(*curves, title="Checkout errors", lines=()):
    """Return the ids of the metrics that are the incident's."""
    return [shift.curve.id for shift in choose_shifts(trail(*lines, title=title, curves=curves))]


def test_metric_that_the_title_names_is_the_incidents():
    """Others count only when they move in the same minutes."""
    own, beside, later = move("checkout 5xx", 20), move("redis cpu", 22, of="M2"), move("loader lag", 40, of="M3")

    assert choose(own, beside, later) == ["M1", "M2"]


def test_common_word_of_a_title_names_a_metric_too():
    """In a title every word was chosen."""
    assert choose(move("loader lag", 20), move("turn alloc", 40, of="M2"), title="turn 5349") == ["M2"]


def test_metric_that_talk_names_is_next():
    """The first of those that people speak of; without such, the first that moved."""
    curves = (move("loader lag", 20), move("redis cpu", 40, of="M2"))

    assert choose(*curves, title="tills", lines=(("12:45", "ana", "redis is at 100% cpu"),)) == ["M2"]
    assert choose(*curves, title="tills") == ["M1"]
    assert choose(title="tills") == []


def test_word_of_a_title_inside_a_metrics_names_it_too():
    """Of two that share words with a title, the one with more; a word may be part of a longer one."""
    curves = (move("api latency", 20), move("api errors", 40, of="M2"))

    assert choose(*curves, title="API errors") == ["M2"]
    assert choose(move("pdf queue", 20), move("mastercard_auth ratio", 40, of="M2"), title="Card declines") == ["M2"]


def test_metric_that_few_speak_of_gives_way():
    """A small incident beside this one may move first."""
    lines = [(f"12:4{count}", "ana", "redis is at 100% cpu") for count in range(5)]
    lines.append(("12:20", "bob", "loader is late"))

    assert choose(move("loader lag", 10), move("redis cpu", 40, of="M2"), title="tills", lines=lines) == ["M2"]


def test_what_moves_well_after_is_another_incidents():
    """Its words push away; those of what moved before it do not."""
    said = ("12:45", "ana", "loader lag is growing, timeouts and errors")
    later = trail(said, curves=(move("checkout 5xx", 10), move("loader lag", 40, of="M2")))
    before = trail(said, curves=(move("checkout 5xx", 40), move("loader lag", 10, of="M2")))

    assert find_topics(later, choose_shifts(later))[1].foreign == {"m1"}
    assert find_topics(before, choose_shifts(before))[1].foreign == frozenset()
    assert find_topics(Trail("", ()), [])[1].words == frozenset()
