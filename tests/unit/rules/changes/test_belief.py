"""How likely each change is to be the one, beside the others and beside none."""

import pytest

from fermata.rules.changes.belief import WORTH, share_belief, weigh_signs
from fermata.rules.changes.signs import Sign


def test_signs_get_what_they_are_worth_and_their_new_order():
    """A place is worth little of its points, so that a tie may come first."""
    signs = weigh_signs([Sign("place", 1.5, "p"), Sign("kind", 1.0, "k"), Sign("mends", -0.9, "m")])

    assert [sign.name for sign in signs] == ["kind", "mends", "place"]
    assert signs[2].points == pytest.approx(1.5 * WORTH["place"])
    assert WORTH["place"] < 1 < WORTH["kind"]


def test_shares_and_what_they_lack_make_a_whole():
    """Nothing near leaves nearly all to none; much nearer than the rest leaves little."""
    far, near = share_belief([0.0, -1.0], 0.0), share_belief([6.0, 1.0], 0.0)

    assert sum(far) < 0.1
    assert 0.95 < near[0] < sum(near) < 1


@pytest.mark.parametrize(("points", "doubt"), [([3.0, 3.0], 0.0), ([3.0, *[1.5] * 25], 0.0), ([3.0, 1.0], 0.7)])
def test_rivals_and_causes_outside_take_their_share(points, doubt):
    """One as near, many that are not far, or a sure cause that is no change: each makes the first less likely."""
    assert share_belief(points, doubt)[0] < 0.5 < share_belief([3.0, 1.0], 0.0)[0]


def test_doubtful_cause_outside_takes_nothing():
    """What did it may always be something that was not read: only what is surer than that is a better answer."""
    assert share_belief([3.0], 0.45) == share_belief([3.0], 0.0)
    assert share_belief([3.0], 0.55)[0] < share_belief([3.0], 0.0)[0]


def test_switch_has_its_part_in_what_is_believed_of_the_code_that_it_turned_on(incident):
    """They took effect as one: a quarter of both is the switch's, though a line of the code is what fails."""
    diff = (
        '+++ b/shop/discount.py\n@@ -20,2 +20,4 @@ def price(cart):\n+    if flags.on("loyalty_discount"):\n'
        '+        return cart.total - cart.member["tier_rate"].rate\n     return cart.total\n'
    )
    failing = 'ERROR KeyError: tier_rate\n  File "/srv/shop/discount.py", line 21, in price'
    incident.calm("shop").log("shop", (-1, 30, failing))
    incident.change("old1234", 9000, diff).release("dep-1", 8900, "old1234")
    incident.change("F-1", 2, kind="flag", ref="shop.loyalty_discount", state="off->on", environment="production")

    code, switch = incident.judge().ranked[:2]

    assert (code.id, switch.id) == ("old1234", "F-1")
    assert switch.blame == pytest.approx(0.25 * (code.blame + switch.blame))
