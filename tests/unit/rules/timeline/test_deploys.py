import pytest
from tests.unit.rules.timeline.trail_scene import at, heard

from fermata.domain.trail import Deploy
from fermata.rules.timeline.deploys import match_deploys

GUILTY = Deploy("D1", at("12:00"), "Lower connection timeout", "checkout", ref="#812", sha="a1b2c3d4e5f6")
DECOY = Deploy("D2", at("12:05"), "New footer", "billing", ref="v2.14.0")


def match(*lines, withdrawn=()):
    """Return what talk names, by the deploy's id."""
    return {named.deploy.id: named for named in match_deploys((GUILTY, DECOY), heard(*lines), withdrawn)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("found it: #812 starves the pool", "D1"),
        ("found it: a1b2c3d starves the pool", "D1"),
        ("found it: 2.14.0 starves the pool", "D2"),
        ("found it: the connection change starves the pool", "D1"),
        ("found it: checkout opens one connection too many", "D1"),
    ],
)
def test_deploy_is_named_by_number_commit_version_or_words(text, name):
    """A number means one deploy; words mean the one that they fit best."""
    found = match(("12:20", "ana", text))

    assert list(found) == [name]
    assert len(found[name].facts) == 1


@pytest.mark.parametrize(
    ("clock", "text"),
    [
        ("12:20", "found it: the pool is too small"),
        ("12:20", "found it: one checkout pod is full"),
        ("23:50", "found it: the checkout change"),
        ("11:20", "found it: the checkout change"),
        ("12:20", "on it"),
    ],
)
def test_deploy_that_nobody_means_stays_out(clock, text):
    """One shared word is no name; nor is a deploy of half a day ago, or of later."""
    assert match((clock, "ana", text)) == {}


def test_suspected_deploy_is_a_guess_until_somebody_tells_it():
    """A guess does not make a deploy a fact."""
    found = match(("12:20", "ana", "I suspect #812"))

    assert found["D1"].facts == ()
    assert len(found["D1"].guesses) == 1


def test_deploy_that_was_ruled_out_is_withdrawn():
    """A suspicion that was taken back takes its deploy along."""
    found = match(("12:20", "ana", "I suspect #812"), withdrawn={"m1"})

    assert found["D1"].is_withdrawn


def test_revert_that_changed_nothing_names_no_cause():
    """Who undoes a deploy and says that it did not help has told no fact about it."""
    found = match(("12:20", "ana", "reverted #812"), ("12:30", "ana", "the revert didn't help"))

    assert found["D1"].facts == ()


def test_revert_that_nobody_calls_futile_tells_its_deploy():
    """Undoing it for good is as good as naming it."""
    found = match(("12:20", "ana", "reverted #812"), ("12:30", "bob", "the restart didn't help"))

    assert len(found["D1"].facts) == 1


def test_short_names_are_no_numbers():
    """A deploy without number, commit and version is known by its words alone."""
    bare = Deploy("D3", at("12:00"), "Footer", "billing", ref="7")

    named = match_deploys((bare,), heard(("12:20", "ana", "found it: 7 pods are full of the billing change")), ())

    assert [item.deploy.id for item in named] == ["D3"]


def test_author_who_owns_up_names_the_deploy():
    """By its words, or as the last that they made; what they made long ago or others made is not meant."""
    mine = Deploy("D3", at("12:00"), "Lower connection timeout", "checkout", author="dee")
    later = Deploy("D4", at("12:10"), "Cart totals", "checkout", author="dee")

    def find(text, user="dee"):
        named = match_deploys((mine, later), heard(("12:20", user, text)), ())
        return [found.deploy.id for found in named if found.facts]

    assert find("that's my connection change, errors at 40%") == ["D3"]
    assert find("errors at 40%, that's my deploy") == ["D4"]
    assert find("errors at 40%, that's mine") == []
    assert find("errors at 40%, that's my deploy", "ana") == []


@pytest.mark.parametrize(
    "text",
    [
        "I deployed #812, but it's just a table",
        "maybe my #812, it went out at noon",
        "#812 was my deploy, only the copy of a banner",
        "I shipped #812 at noon, not mine to worry I think, not me",
    ],
)
def test_who_says_that_their_deploy_is_harmless_or_may_be_it_tells_nothing_of_it(text):
    """It is pointed at, and no more."""
    found = match(("12:20", "ana", text))

    assert found["D1"].facts == ()


def test_who_owns_up_to_a_deploy_tells_it():
    """Without a but, it is a fact."""
    assert len(match(("12:20", "ana", "I deployed #812, that is my change"))["D1"].facts) == 1


def test_author_who_announces_a_deploy_points_at_nothing():
    """As it happens, or later that it is out; who says more later does, and so does anybody else."""
    mine = Deploy("D3", at("12:00"), "Lower connection timeout", "checkout", ref="#813", author="dee")

    def find(*lines):
        return [found.deploy.id for found in match_deploys((mine,), heard(*lines), ()) if found.facts]

    assert find(("12:01", "dee", "deployed #813 to all hosts")) == []
    assert find(("12:20", "dee", "deployed: #813 is out on all hosts")) == []
    assert find(("12:20", "dee", "found it: #813 starves the pool")) == ["D3"]
    assert find(("12:01", "ana", "found it: #813 starves the pool")) == ["D3"]


def test_change_that_its_author_holds_back_is_none_that_was_made():
    """They own it, and it is not there."""
    mine = Deploy("D3", at("12:00"), "Lower timeout", "checkout", author="dee")
    named = match_deploys((mine,), heard(("12:20", "dee", "holding my release until errors at 40% are gone")), ())

    assert [found for found in named if found.facts] == []


def test_number_of_the_day_tells_one_release_from_another():
    """Of `2026.03.11-7` and `2026.03.11-1` only the named one is meant."""
    first = Deploy("D1", at("12:00"), "payments 2026.03.11-1", "payments")
    seventh = Deploy("D7", at("12:05"), "storefront 2026.03.11-7", "storefront")

    named = match_deploys((first, seventh), heard(("12:20", "ana", "found it: 2026.03.11-1 leaks connections")), ())

    assert [found.deploy.id for found in named] == ["D1"]


def test_who_restarts_what_runs_does_not_name_what_was_deployed_to_it():
    """A name of two words is one; who speaks of the change, or names more of it, does."""
    deploy = Deploy("D9", at("11:40"), "edge-proxy 1.19.2 keepalive", "edge-proxy", ref="build 5")

    def names(text):
        return [named.deploy.id for named in match_deploys([deploy], heard(("12:20", "ana", text)), ())]

    assert names("pods did not reload, restarting edge-proxy") == []
    assert names("restarting bar and edge") == []
    assert names("restarting edge-proxy without keepalive") == ["D9"]
    assert names("restarting, rolled back edge-proxy") == ["D9"]
