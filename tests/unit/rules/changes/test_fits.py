"""How much it says that what a change can bring fits what is seen."""

import pytest

from fermata.rules.changes.diffs import DiffLine
from fermata.rules.changes.failures import KINDS
from fermata.rules.changes.fits import Seen, find_share, fit_risks, sum_points, weigh_share
from fermata.rules.changes.reference import INCIDENTS
from fermata.rules.changes.risks import Risk

LINE = DiffLine(1, "+", "pool: 3")


def make_risk(*brings, strength=1.0, also=None, **more):
    """Build a risk of one kind or several."""
    return Risk("a change", frozenset(brings), frozenset(), LINE, strength, also=also, **more)


def measure(risk, kinds, *, begins=False):
    """Return the points of one risk."""
    return sum_points(fit_risks([risk], Seen(kinds, kinds if begins else {})))


def test_reference_speaks_of_kinds_that_there_are():
    """A kind that was renamed would fit nothing, silently."""
    shares = [share for kinds in INCIDENTS for share in kinds.values()]

    assert len(INCIDENTS) > 200
    assert {kind for kinds in INCIDENTS for kind in kinds} <= {*KINDS, "connections"}
    assert all(0 < share <= 1 for share in shares)


@pytest.mark.parametrize(
    ("risk", "kinds", "points"),
    [
        (make_risk("auth"), {"auth": 1.0}, 1.2),
        (make_risk("auth", is_hint=True), {"auth": 1.0}, 0.72),
        (make_risk("auth", "null", "tls"), {"auth": 1.0, "null": 0.5, "tls": 0.5}, 1.6),
        (make_risk("slow"), {"slow": 1.0}, 0.6),
        (make_risk("auth"), {"tls": 1.0}, 0.0),
        (make_risk("auth", also=frozenset({"tls"})), {"tls": 1.0}, 0.0),
        (make_risk("auth", also=frozenset({"tls"})), {"auth": 1.0, "tls": 1.0}, 1.4),
        (make_risk("auth", "tls", also=frozenset()), {"auth": 1.0, "tls": 1.0}, 1.6),
    ],
)
def test_risk_has_points_by_the_kinds_that_are_seen(risk, kinds, points):
    """The best seen kind counts most; an edit needs one of those that it always brings."""
    assert measure(risk, kinds) == pytest.approx(points)


def test_broad_kind_says_more_where_the_trouble_begins():
    """No callee brought it there."""
    risk = make_risk("slow")

    assert measure(risk, {"slow": 1.0}, begins=True) == pytest.approx(1.5 * measure(risk, {"slow": 1.0}))


def test_other_risks_of_a_change_say_little_beside_the_best():
    """Three more at most, a fifth each."""
    risks = [make_risk("auth", strength=0.5), make_risk("auth"), *[make_risk("auth", strength=0.1)] * 3]

    fitted = fit_risks(risks, Seen({"auth": 1.0}, {}))

    assert fitted[0][1].strength == 1.0
    assert sum_points(fitted) == pytest.approx(1.2 + 0.2 * (0.6 + 0.12 + 0.12))


def test_what_would_fit_most_incidents_says_less_than_what_fits_few():
    """The same points are worth what they are seldom reached by."""
    narrow, broad = [make_risk("encoding")], [make_risk(*KINDS)]

    few = find_share(narrow, 1.2, begins=False)
    many = find_share(broad, 0.6, begins=True)

    assert 0 < few < 0.05
    assert 0.5 < many <= 1.0
    assert weigh_share(few) > 1.0 > weigh_share(many) > 0.0


def test_share_counts_only_incidents_that_fit_as_well():
    """With what all of them reach it is the share that shows a kind at all, with what none reaches the least."""
    risks = [make_risk("auth")]
    shown = sum("auth" in kinds for kinds in INCIDENTS)

    assert find_share(risks, 0.01, begins=False) == pytest.approx((shown + 1) / (len(INCIDENTS) + 1))
    assert find_share(risks, 9.0, begins=False) == pytest.approx(1 / (len(INCIDENTS) + 1))


def test_worth_of_a_fit_stays_within_bounds():
    """Neither does the rarest fit name a change alone, nor the commonest acquit it."""
    rarest = weigh_share(1 / (len(INCIDENTS) + 1))

    assert 0.3 == weigh_share(1.0) < weigh_share(0.6) < weigh_share(0.02) < rarest < 1.6
