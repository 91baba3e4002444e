from fermata.domain.entity import Entity
from fermata.domain.evidence import Gap
from fermata.rules.gaps import are_all_late, describe_gaps, describe_late
from fermata.testing.records import make_evidence

LATE = "timed out after 5s"


def test_equal_reasons_are_one_line_with_everybody_who_gave_them():
    """Nine collectors of one engine that hangs are one thing to know, and each is named."""
    names = ("docker.state", "postgres.statements", "docker.logs", "docker.state")
    gaps = [Gap(collector=name, reason="refused" if name.startswith("postgres") else LATE) for name in names]

    assert describe_gaps(gaps) == (f"docker.state, docker.logs: {LATE}", "postgres.statements: refused")


def test_object_that_was_not_told_of_is_named():
    """Where the gap is about one thing, that thing is said."""
    gap = Gap(collector="supervisor.logs", entity=Entity.parse("supervisor:process/checkout"), reason=LATE)

    assert describe_gaps([gap]) == (f"supervisor.logs for supervisor:process/checkout: {LATE}",)


def test_file_of_a_bundle_is_named_once():
    """Its reason begins with its name."""
    gap = Gap(collector="bundle:changes/x.json", reason="changes/x.json:2: it is not JSON")

    assert describe_gaps([gap]) == ("changes/x.json:2: it is not JSON",)


def test_nothing_missing_is_nothing_said():
    """No line is made up."""
    assert describe_gaps([]) == ()


def test_who_was_cut_off_says_what_was_read_and_what_was_not():
    """A person knows what there is to look up by hand; a long list is counted."""
    assert describe_late("5s", [], ["pods"]) == "timed out after 5s"
    assert describe_late("5s", ["pods"], ["logs"]) == "cut off after 5s; read: pods; not read: logs"
    assert describe_late("5s", ["pods"], []) == "cut off after 5s; read: pods; not read: the rest"
    many = [f"log {number}" for number in range(8)]
    assert describe_late("5s", ["pods"], many).endswith("log 4, log 5 and 2 more")


def test_who_was_done_in_time_ends_the_asking():
    """What a collector that was cut off had read does not count: nobody was done."""
    late = Gap(collector="docker.logs", reason="cut off after 5s; read: log of a; not read: log of b")
    part, whole = (make_evidence(text="x", collector=name) for name in ("docker.logs", "docker.state"))

    assert are_all_late([], [late])
    assert are_all_late([part], [late])
    assert not are_all_late([part, whole], [late])
    assert not are_all_late([], [late, Gap(collector="git.changes", reason="refused")])
    assert not are_all_late([], [])


def test_system_of_which_little_was_done_is_late_with_the_rest():
    """On a busy machine the quickest collector of all makes it; a system that hangs alone is no busy machine."""
    quick = make_evidence(text="x", collector="supervisor.state")
    names = ("supervisor.logs", "supervisor.resources", "git.changes")
    late = [Gap(collector=name, reason=LATE) for name in names]

    assert are_all_late([quick], late)
    assert not are_all_late([quick, make_evidence(text="y", collector="postgres.tables")], late)
    assert not are_all_late([quick], late[2:])
