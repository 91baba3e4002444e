from datetime import UTC, datetime, timedelta

from fermata.domain.trail import Curve, Entry, KeyTime, MessageKind, PostmortemDraft, Trail
from fermata.flows.postmortem.drawings import MOST, draw_curves
from fermata.flows.postmortem.sections import Sources, write_plots

NOON = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
TIMES = [NOON.timestamp() + 60 * minute for minute in range(60)]


def make_curve(name="M1", words="checkout errors", values=None):
    """Give an hour of a metric."""
    return Curve(name, words, TIMES, values or [float(minute > 20) for minute in range(60)], "/s")


def make_draft(*cited, started=True, detected=21):
    """Give a draft whose impact cites those metrics."""
    impact = tuple(Entry(NOON, "errors", (), (name,), MessageKind.OBSERVATION) for name in cited)
    times = {"detected": KeyTime(NOON + timedelta(minutes=detected), "m1", "")}
    if started:
        times["started"] = KeyTime(NOON + timedelta(minutes=20), "M1", "")
    return PostmortemDraft((), times, impact, (), ())


def test_cited_metric_is_drawn_with_its_moments():
    """Where it began, and what came much later; two words at one place could not be read."""
    near = draw_curves(Trail("x", (), curves=[make_curve()]), make_draft("M1"))
    far = draw_curves(Trail("x", (), curves=[make_curve()]), make_draft("M1", detected=50), "draft")

    assert near[0].plot.onset is not None
    assert near[0].plot.marks == ()
    assert [mark.label for mark in far[0].plot.marks] == ["detected"]
    assert (near[0].path, far[0].path) == ("plots/checkout-errors.svg", "plots/draft-checkout-errors.svg")
    assert far[0].svg.startswith("<svg ")


def test_only_what_is_cited_and_can_be_drawn_is():
    """Neither a metric that no line rests on, nor one without points, nor any without a beginning."""
    curves = [make_curve("M1"), make_curve("M2"), make_curve("M3", values=[None] * 60)]

    assert [
        drawing.curve.id for drawing in draw_curves(Trail("x", (), curves=curves), make_draft("M3", "M1", "M9"))
    ] == ["M1"]
    assert draw_curves(Trail("x", (), curves=curves), make_draft("M1", started=False)) == ()
    assert draw_curves(Trail("x", (), curves=[Curve("M1", "x", [TIMES[0]], [1.0])]), make_draft("M1")) == ()


def test_files_of_one_name_are_told_apart_and_bounded():
    """Metrics may be called alike, or have no letter in their name."""
    curves = [make_curve(f"M{number}", "p99") for number in range(9)]

    drawn = draw_curves(Trail("x", (), curves=curves), make_draft(*(curve.id for curve in curves)))

    assert len({drawing.path for drawing in drawn}) == MOST
    odd = draw_curves(Trail("x", (), curves=[make_curve("M1", "///")]), make_draft("M1"))
    assert odd[0].path == "plots/metric.svg"


def test_drawing_is_told_in_words_where_there_is_no_file():
    """Standard output has no folder beside it."""
    drawn = draw_curves(Trail("x", (), curves=[make_curve()]), make_draft("M1"))
    sources = Sources({"M1": "metric"})

    words = write_plots(drawn, sources, has_files=False)
    shown = write_plots(drawn, sources, has_files=True)

    assert words == ("- checkout errors: from 0/s to 1/s; lowest 0/s, highest 1/s at 12:21:00 UTC. [metric](#src-M1)")
    assert shown.startswith("![checkout errors](plots/checkout-errors.svg)\n\n")


def test_query_stands_beside_what_it_gave():
    """Anybody can ask again."""
    curve = Curve("M1", "errors", TIMES, [float(minute > 20) for minute in range(60)], query='rate(x{a="b"}[1m])')

    words = write_plots(draw_curves(Trail("x", (), curves=[curve]), make_draft("M1")), Sources({}), has_files=False)

    assert 'Asked: `rate(x{a="b"}[1m])`.' in words
