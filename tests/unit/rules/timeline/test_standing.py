from dataclasses import replace

from tests.unit.rules.timeline.trail_scene import heard, talk

from fermata.rules.timeline.standing import STANDING, find_needed, list_standings
from fermata.rules.timeline.talk import hear

SAID = "checkout errors at 40% since the release"


def list_needed(items):
    """Return what a sentence of each message must weigh, by its id."""
    return {name: find_needed(standing) for name, standing in list_standings(items).items()}


def test_bots_and_what_says_nothing_have_no_standing():
    """Only what people say may be told by its words."""
    found = list_standings(heard(("12:00", "ana", SAID), ("12:01", "pager", SAID), ("12:02", "bob", "thanks!")))

    assert list(found) == ["m1"]


def test_long_message_needs_less():
    """Who has something to tell takes the words for it, up to some length."""
    found = list_needed(
        heard(
            ("12:00", "ana", SAID),
            ("12:00", "ana", f"{SAID}, {SAID}"),
            ("12:00", "ana", ", ".join([SAID] * 5)),
            ("12:00", "ana", ", ".join([SAID] * 6)),
        )
    )

    assert found["m1"] > found["m2"] > found["m3"] > found["m4"]
    assert found["m3"] - found["m4"] < (found["m1"] - found["m2"]) / 2


def test_who_says_much_needs_less():
    """Who works on an incident speaks more than who looks in; a quarter of the talk is as much as all of it."""
    alone = list_standings(heard(("12:00", "ana", SAID)))
    others = [("12:01", name, "ok then") for name in ("bob", "cy", "dan", "eve")]
    few = list_standings(heard(("12:00", "ana", SAID), *others))

    assert alone["m1"]["SHARE"] == 0.25
    assert few["m1"]["SHARE"] == 0.2
    assert find_needed(few["m1"]) > find_needed(alone["m1"])


def test_what_is_said_late_needs_less():
    """Before anything was wrong, people speak of other things."""
    found = list_needed(heard(("12:00", "ana", SAID), *[("12:01", "bob", "hm")] * 9, ("12:20", "ana", SAID)))

    assert found["m1"] > found["m11"]


def test_reactions_make_a_message_matter():
    """Three say as much as thirty."""
    plain, *_ = talk(("12:00", "ana", SAID))
    needed = [list_needed(hear([replace(plain, reactions={"eyes": count})]))["m1"] for count in (0, 3, 30)]

    assert needed[0] > needed[1] == needed[2]


def test_much_talk_makes_all_need_more():
    """The events of an incident hardly grow with what is said around it; little talk is as usual."""
    one = ("12:00", "ana", SAID)
    crowd = {
        count: list_standings(heard(one, *[("12:01", "bob", "hm")] * count))["m1"]["CROWD"] for count in (0, 59, 600)
    }

    assert crowd[0] == crowd[59] == 0
    assert crowd[600] > 2
    assert STANDING["CROWD"] < 0


def test_plain_words_gain_less():
    """A word more of what is plain already says less than the first ones: the bound falls slower than it rises."""
    bound = -STANDING["BIAS"] / STANDING["LENGTH"]
    less, enough, more = (find_needed({"LENGTH": bound + change}) for change in (-0.1, 0.0, 0.1))

    assert abs(enough) < 1e-9
    assert less > -more > 0
