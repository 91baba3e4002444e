"""Words that a diff and a failure share by chance."""

import pytest

from fermata.rules.changes.links import weigh_words


@pytest.mark.parametrize(
    ("line", "ties"),
    [("ERROR query took 4073 ms: voucher slow", False), ("ERROR voucher_ledger is missing its voucher", True)],
)
def test_ordinary_words_alone_tie_no_change(incident, signs, line, ties):
    """One word meets another by chance; an identifier seldom does."""
    incident.calm("shop").log("shop", (-3, 40, line))
    incident.change("cfg-1", 5, "+++ b/shop/a.py\n-x = 1\n+voucher_ledger = 2 if voucher else 3", kind="config")

    assert signs("cfg-1")["word"].is_link is ties


def test_word_beside_what_changed_counts_half(incident):
    """A password that stands beside a life time is not what changed."""
    incident.change("a", 5, "+++ b/a.py\n-f(coupon, old)\n+f(coupon, voucher)")
    incident.change("b", 5, "+++ b/a.py\n-g(), coupon, x=1\n+g(), coupon, x=2")
    beside = incident.list_changes()[1]

    assert weigh_words(beside)["coupon"] == 0.5


def test_what_a_word_suggests_counts_less_than_what_an_edit_does(incident):
    """That a query changed beside slow queries is true of most changes near; that its index went is not."""
    incident.calm("shop").log("shop", (-3, 40, "ERROR slow query: sequential scan of orders"))
    reworded = "+++ b/shop/repo.py\n@@ -3,1 +3,1 @@\n-  orders.filter(paid)\n+  orders.filter(open)"
    incident.change("words12", 9, reworded).release("d1", 5, "words12")
    dropped = "+++ b/migrations/3.sql\n@@ -0,0 +1 @@\n+DROP INDEX orders_b;"
    incident.change("index12", 9, dropped).release("d2", 5, "index12")

    ranked = {one.id: one for one in incident.judge().ranked}

    suggested, done = (next(s for s in ranked[name].signs if s.name == "kind") for name in ("words12", "index12"))
    assert suggested.text.startswith("a query changes")
    assert done.text.startswith("an index is dropped")
    assert suggested.points < 0.5 * done.points


def test_word_of_the_sentence_that_a_line_fails_with_weighs_little(incident):
    """Who worded the complaint noticed what is wrong, and did not bring it."""
    diff = (
        "+++ b/shop/guard.php\n@@ -3,0 +3,2 @@\n+  throw new LineRejected('voucher does not fit');\n+  spend(coupon);"
    )
    (change,) = incident.change("guard12", 9, diff).list_changes()

    words = weigh_words(change)

    assert words["voucher"] < 0.5 < words["coupon"]
