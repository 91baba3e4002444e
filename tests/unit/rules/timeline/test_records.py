from dataclasses import replace
from datetime import timedelta

from tests.unit.rules.timeline.trail_scene import at, heard

from fermata.domain.trail import Deploy, Entry, MessageKind, Status
from fermata.rules.timeline.deploys import NamedDeploy
from fermata.rules.timeline.merging import Line
from fermata.rules.timeline.records import list_deploys, list_remedies, list_undone, name_deploy, tie_deploys

SEEN = MessageKind.OBSERVATION
FIX = Deploy("D1", at("12:30"), "Revert timeout", "checkout", author="dee")


def line(clock, name, terms="checkout", *, status=Status.CONFIRMED, kind=MessageKind.ACTION):
    """Return a line that cites one message."""
    return Line(Entry(at(clock), name, ("bob",), (name,), kind, status), frozenset(terms.split()))


def tie(*lines, deploy=FIX, facts=(), remedies=(FIX,)):
    """Return what each line cites."""
    named = [NamedDeploy(deploy, tuple(facts), (), is_withdrawn=False)]
    return [found.entry.citations for found in tie_deploys(lines, named, remedies, ())]


def test_deploy_that_no_record_tells_is_told_by_its_bot():
    """A message near a record is that record's."""
    told = heard(("12:30", "deploybot", "deployed checkout v12"), ("12:50", "deploybot", "deployed checkout v13"))

    assert [deploy.id for deploy in list_deploys([FIX], told)] == ["D1", "m2"]


def test_deploy_of_the_incidents_service_while_it_lasts_is_a_remedy():
    """What came before, or is of something else, is not told by itself."""
    told = heard(("12:20", "ana", "checkout errors at 40%"), ("12:50", "ana", "checkout works again"))
    early = Deploy("D2", at("12:10"), "New timeout", "checkout", author="ana")
    other = Deploy("D3", at("12:40"), "New footer", "billing", author="ana")

    assert list_remedies([early, FIX, other], told, {"checkout"}) == [FIX]
    assert list_remedies([FIX], [], {"checkout"}) == []


def test_deploy_of_somebody_who_mends_nothing_is_no_remedy():
    """Its author speaks of the incident about then, or several people of its service; an undoing speaks for itself."""
    told = heard(("12:20", "ana", "checkout errors at 40%"), ("15:30", "ana", "checkout works again"))
    late = Deploy("D2", at("14:00"), "New timeout", "checkout", author="ana")
    timely = Deploy("D3", at("12:40"), "New timeout", "checkout", author="ana")
    bots = Deploy("D4", at("12:40"), "New footer", "checkout", author="renovate")
    more = heard(("12:20", "ana", "checkout errors at 40%"), ("12:30", "bob", "checkout is slow"))

    assert list_remedies([late, timely, bots, FIX], told, {"checkout"}) == [timely, FIX]
    assert list_remedies([bots], told, {"checkout"}, talk=more) == [bots]


def test_change_that_mends_nothing_by_its_title_is_no_remedy():
    """Copy, docs, names and what only logs show; an undoing may be of these."""
    told = heard(("12:20", "ana", "checkout errors at 40%"), ("12:50", "ana", "checkout works again"))
    titles = ("copy fixes", "docs: timeouts", "bump lodash to 4.2", "rename button", "ref: pool", "log level warn")
    harmless = [Deploy(title, at("12:40"), title, "checkout", author="ana") for title in titles]
    undone = Deploy("D9", at("12:40"), "Revert copy fixes", "checkout", author="ana")

    assert list_remedies([*harmless, undone], told, {"checkout"}) == [undone]


def test_deploy_that_nobody_speaks_of_right_beside_it_is_no_remedy():
    """Its author, of more than that it is out, or somebody of it; who changes a setting may tell that alone."""
    told = [(f"12:{minute}", "ana", f"errors at {minute}%") for minute in (20, 25, 28, 32, 35)]
    out = ("12:30", "dee", "deployed the pool of checkout")
    mine = Deploy("D2", at("12:30"), "Larger pool", "checkout", author="dee")
    setting = replace(mine, kind="config")

    def find(deploy, *lines):
        return list_remedies(
            [deploy], heard(*told, *lines, ("13:20", "dee", "errors are gone, it works")), {"checkout"}
        )

    assert find(mine) == find(mine, out) == []
    assert find(setting, out) == [setting]
    assert find(mine, ("12:30", "bob", "deployed the pool for dee")) == [mine]
    assert find(mine, ("12:31", "dee", "errors rise again on three hosts")) == [mine]


def test_deploy_of_what_many_name_is_a_remedy():
    """At any time of the incident, with nobody beside it."""
    told = [("12:10", name, f"checkout {name} fails with timeouts") for name in ("bob", "cy", "dee")]
    told += [(f"12:{minute}", "ana", f"errors at {minute}%") for minute in (38, 39, 41, 42, 43)]
    fix = Deploy("D2", at("12:40"), "Larger pool", "checkout", author="dee")

    assert list_remedies([fix], heard(*told), {"checkout"}) == [fix]
    assert list_remedies([fix], heard(*told[1:]), {"checkout"}) == []


def test_deploy_that_was_taken_back_is_told():
    """A rollback's record or words tell which one: the last of its service before, and within half a day."""
    old = Deploy("D0", at("09:00"), "Old timeout", "checkout")
    bad = Deploy("D2", at("12:10"), "New timeout", "checkout")
    other = Deploy("D3", at("12:15"), "New footer", "billing")
    back = Deploy("D4", at("12:40"), "Rollback", "checkout")
    nameless = Deploy("D5", at("12:20"), "Something")
    words = replace(line("12:35", "a"), entry=Entry(at("12:35"), "Rolled back checkout", ("bob",), ("a",), SEEN))

    assert list_undone([old, bad, other, nameless, back], [back], []) == [bad]
    assert list_undone([old, bad, other, nameless], [], [words]) == [bad]
    assert list_undone([old, bad, other], [FIX, Deploy("D6", at("12:30"), "New icon", "billing")], []) == [bad]
    assert list_undone([bad], [], [line("12:35", "restarted it")]) == []
    assert list_undone([Deploy("D7", at("12:10") - timedelta(hours=13), "New", "checkout")], [back], []) == []


def test_record_and_the_message_of_the_same_are_one_line():
    """Within a minute, by their words or because the message names it; else the record stands alone."""
    (teller,) = heard(("12:30", "bob", "reverted #812"))

    assert tie(line("12:31", "a")) == [("D1", "a")]
    assert tie(line("12:31", "m1", "else"), facts=[teller]) == [("D1", "m1")]
    assert tie(line("12:31", "a", "else")) == [("a",), ("D1",)]
    assert tie(line("12:40", "a")) == [("a",), ("D1",)]
    assert tie(line("12:31", "a", status=Status.RULED_OUT)) == [("a",), ("D1",)]
    assert tie(line("12:31", "a", kind=MessageKind.DECISION)) == [("a",), ("D1",)]


def test_deploy_that_nobody_tells_and_that_mends_nothing_is_left_out():
    """Merely being recorded is no event."""
    assert tie(remedies=()) == []


def test_deploy_is_named_by_service_and_title_else_by_its_id():
    """A record without words is still cited."""
    assert name_deploy(FIX, ()) == "Checkout: Revert timeout"
    assert name_deploy(Deploy("D9", at("12:00")), ()) == "D9"
