from dataclasses import replace

from tests.unit.rules.timeline.trail_scene import talk

from fermata.rules.timeline.subjects import sort_posts
from fermata.rules.timeline.talk import hear


def sort(*texts, own=()):
    """Return whether each post of a status page is the incident's: m1, m2, ..., a minute apart."""
    posts = talk(*((f"12:{minute:02}", "statusfeed", text) for minute, text in enumerate(texts)))
    return sort_posts(hear([replace(post, is_bot=True) for post in posts]), own)


POSTS = (
    "Investigating: Login - Some users cannot log in.",
    "Investigating: Library WiFi - WiFi is unavailable.",
    "Resolved: Library WiFi - WiFi is back.",
    "Identified: Login - The cause was identified.",
    "Resolved: Login - This incident has been resolved.",
)


def test_posts_about_the_incidents_subject_are_its_own():
    """A subject is the incident's by a word of its title, and then every post about it."""
    assert sort(*POSTS, own={"login"}) == {"m1": True, "m2": False, "m3": False, "m4": True, "m5": True}


def test_subject_of_most_posts_is_the_incidents():
    """By far: else nothing is known."""
    more = ("Update: Login - Still looking.", "Monitoring: Login - A fix is out.")

    assert sort(*POSTS) == {}
    assert sort(*POSTS[1:3], *POSTS[3:], *more, "Update: Login - Nearly done.") == {
        "m1": False,
        "m2": False,
        "m3": True,
        "m4": True,
        "m5": True,
        "m6": True,
        "m7": True,
    }


def test_few_posts_are_no_feed():
    """Two of them say nothing, and so does a page that names no subject."""
    assert sort(*POSTS[:2], own={"login"}) == {}
    assert sort("Investigating", "All systems normal now", "resolved!", own={"login"}) == {}


def test_label_that_names_the_page_is_no_state():
    """What follows it is what the page says, and not what it is about."""
    posts = (
        "Statuspage: new incident published",
        "Statuspage: delays set to identified",
        "Posted update: Login is slow",
    )

    assert sort(*posts, own={"login"}) == {}
