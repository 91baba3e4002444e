from tests.unit.rules.timeline.trail_scene import heard

from fermata.rules.timeline.islands import ELSEWHERE, HINT, SURELY, find_islands

OWN = ("checkout", "cart")
TALK = (
    ("12:00", "ana", "checkout errors at 40%, timeouts everywhere"),
    ("12:01", "bob", "checkout pods crash looping with timeouts"),
    ("12:02", "cy", "rolled back the cart release"),
    ("12:03", "ana", "cart release was fine, errors go on"),
    ("12:04", "bob", "payment gateway times out for checkout"),
)
"""What an incident's channel says first: m1 to m5."""


def find(*lines, seeds=None, pointers=(), talk=TALK):
    """Return the ids of what is apart; seeds and pointers are counted from the first line after the talk."""
    first = len(talk) + 1
    numbered = {f"m{first + number}": score for number, score in (seeds or {}).items()}
    items = heard(*talk, *lines)
    found = find_islands(items, numbered, OWN, [f"m{first + number}" for number in pointers])
    return {int(name[1:]) - first for name in found}


def test_words_that_an_island_brought_draw_what_shares_them():
    """Whoever says them, and for as long as they are not the incident's."""
    lines = (
        ("12:10", "dee", "warehouse export failed, snowflake loader is out of disk"),
        ("12:12", "eve", "restarted the snowflake loader"),
        ("12:14", "eve", "checkout errors at 3%"),
        ("12:30", "dee", "warehouse export recovered"),
    )

    assert find(*lines, seeds={0: SURELY}) == {0, 1, 3}


def test_hint_opens_an_island_only_beside_known_talk():
    """New words after some talk are another matter's; the first of a channel are its own, and so are known ones."""
    matter = ("12:10", "dee", "warehouse export failed, loader errors")
    known = ("12:11", "dee", "the gateway times out again, payment errors")

    assert find(matter, seeds={0: HINT}) == {0}
    assert find(matter, seeds={0: HINT}, talk=()) == set()
    assert find(matter, seeds={0: ELSEWHERE}, talk=()) == {0}
    assert find(known, seeds={0: HINT}) == set()


def test_what_says_nothing_telling_goes_on_about_the_same():
    """By whoever spoke of it, at once; it takes no word of its own along, nor the thread under it."""
    lines = (
        ("12:10", "dee", "warehouse export failed"),
        ("12:12", "dee", "deployed the sidecar again, works"),
        ("12:13", "eve", "sidecar deployed"),
        ("12:20", "dee", "restarted everything"),
        ("12:21", "eve", "restarted the sidecar twice", "m7"),
    )

    assert find(*lines, seeds={0: SURELY}) == {0, 1}


def test_thread_stays_with_what_it_hangs_from():
    """Whatever words it has; in a thread of the incident one word of another matter is not enough."""
    lines = (
        ("12:10", "dee", "warehouse export failed, snowflake loader is out of disk"),
        ("12:11", "eve", "checkout uses it too", "m6"),
        ("12:12", "ana", "loader restarted", "m1"),
        ("12:13", "ana", "snowflake loader restarted", "m1"),
    )

    assert find(*lines, seeds={0: SURELY}) == {0, 1, 3}


def test_what_was_said_before_is_taken_in_when_it_is_named():
    """An alert that shares the words, and the message that is meant; nothing that is old or the incident's."""
    lines = (
        ("12:10", "pager", "[FIRING] WarehouseExportLate"),
        ("12:25", "pager", "[FIRING] WarehouseExportLate"),
        ("12:26", "pager", "[FIRING] checkout export late"),
        ("12:27", "eve", "reports are blank for everybody, docs fail"),
        ("12:28", "dee", "warehouse export loader is out of disk"),
    )

    assert find(*lines, seeds={4: SURELY}) == {1, 4}
    assert find(*lines, seeds={4: SURELY}, pointers=[4]) == {1, 3, 4}


def test_declaration_is_never_taken_in():
    """It says what the channel is about."""
    lines = (
        ("12:10", "eve", "declaring sev1, warehouse export fails"),
        ("12:11", "dee", "warehouse export loader is out of disk"),
    )

    assert find(*lines, seeds={1: SURELY}, pointers=[1]) == {1}


def test_what_is_the_incidents_for_certain_is_left():
    """A summary may name everything."""
    lines = (("12:10", "dee", "warehouse export failed"), ("12:12", "eve", "warehouse export recovered"))

    assert find(*lines, seeds={0: SURELY, 1: 1.0}) == {0}


def test_nameless_remark_needs_something_that_it_means():
    """`Other thing, ignore` alone opens nothing; where it points back it takes the message before along."""
    lines = (("12:10", "eve", "docs preview gives 500"), ("12:11", "dee", "it's deployed"))

    assert find(*lines, seeds={1: SURELY}) == set()
    assert find(*lines, seeds={1: SURELY}, pointers=[1]) == {0, 1}


def test_words_mean_an_island_for_a_while():
    """Long after, somebody else needs two of them; those who spoke of it need one."""
    lines = (
        ("12:10", "dee", "warehouse export failed, snowflake loader is out of disk"),
        ("14:10", "eve", "loader restarted"),
        ("14:11", "eve", "snowflake loader restarted"),
        ("14:12", "dee", "export restarted"),
    )

    assert find(*lines, seeds={0: SURELY}) == {0, 2, 3}


def test_newest_of_two_islands_wins():
    """Where a message shares as much with both."""
    lines = (
        ("12:10", "dee", "warehouse export failed"),
        ("12:11", "eve", "printer spooler failed"),
        ("12:12", "cy", "warehouse printer restarted"),
        ("12:13", "dee", "restarted it again"),
    )

    assert find(*lines, seeds={0: SURELY, 1: SURELY}) == {0, 1, 2, 3}


def test_what_most_speak_of_is_no_island():
    """However it was opened."""
    rest = [(f"12:{minute}", "dee", "warehouse loader is out of disk") for minute in range(11, 30)]

    assert find(("12:10", "dee", "warehouse loader failed"), *rest, seeds={0: SURELY}) == set()


def test_breath_before_is_taken_in_with_what_is_apart():
    """Its author's, at once before, and of nothing of the incident; not where it is said of another's words."""
    lines = (
        ("12:10", "dee", "cached pages across zones, reverting"),
        ("12:12", "dee", "thing over, purged, separate post-mortem"),
    )

    assert find(*lines, seeds={1: SURELY}) == {0, 1}
    assert find(*lines, seeds={1: SURELY}, pointers=[1]) == {1}


def test_author_goes_on_under_what_says_little_of_an_island():
    """In its own thread alone; where it says nothing telling, the thread may be about anything."""
    matter = ("12:10", "dee", "warehouse export failed")
    faint, empty = ("12:12", "dee", "deployed the sidecar again, works"), ("12:12", "dee", "restarted everything")
    reply = ("12:30", "dee", "rotated the keys", "m7")

    assert find(matter, faint, reply, seeds={0: SURELY}) == {0, 1, 2}
    assert find(matter, empty, reply, seeds={0: SURELY}) == {0, 1}


def test_hint_that_a_room_goes_on_about_is_no_other_matter():
    """Three people who speak of it more than once make it the room's, unless somebody says that it is apart."""
    begun = ("12:10", "dee", "warehouse export failed, loader errors")
    names = ("dee", "eve", "flo", "dee", "eve", "flo", "dee", "eve", "flo")
    rest = [(f"12:{11 + number}", name, "warehouse loader errors") for number, name in enumerate(names)]

    long = TALK * 7

    assert find(begun, *rest, seeds={0: HINT}, talk=long) == set()
    assert find(begun, *rest, seeds={0: HINT, 5: SURELY}, talk=long) == set(range(10))
    assert find(begun, *rest[:4], seeds={0: HINT}, talk=long) == set(range(5))


def test_part_of_a_name_that_is_an_islands_means_that():
    """`cart` is the incident's, and in `cart-checkout` it is a part of another name."""
    lines = (
        ("12:10", "dee", "cart-checkout mirror failed, snowflake rejects it"),
        ("12:12", "eve", "reverted the policy of cart-checkout"),
        ("12:13", "ana", "cart release is next"),
    )

    assert find(*lines, seeds={0: SURELY}) == {0, 1}
