"""The parts beside the evidence: each says what a model needs, in our words or as data."""

from dataclasses import replace
from datetime import timedelta

from tests.unit.rules.incident_case import (
    blame,
    conclude,
    make_case,
    make_change,
    make_deployment,
    make_piece,
    make_runbook,
)

from fermata.domain.diagnosis import ChangeVerdict
from fermata.domain.evidence import EvidenceKind, Gap
from fermata.domain.facts import EnvironmentFacts
from fermata.domain.scope import UNKNOWN_ONSET
from fermata.rules.brief.parts import (
    fit,
    is_asked_now,
    list_alerts,
    list_changes,
    list_first,
    list_gaps,
    list_runbooks,
    write_scope,
)
from fermata.rules.brief.pieces import Pieces
from fermata.testing.records import CHECKOUT, NOON, make_alert, make_scope


def list_of(part, case, diagnosis, *rest):
    """Give a part of a case's brief."""
    return part(case, diagnosis, Pieces(case, diagnosis), *rest)


def test_lines_fit_or_are_left_out():
    """A long line makes room for shorter ones behind it."""
    assert fit(["a b c", "word " * 50, "d"], 12) == ["a b c", "d"]


def test_names_of_the_scope_are_data():
    """The onset and the window in our words; the entities are data, for labels name them."""
    scope = make_scope("service/checkout")

    assert "service/checkout" not in write_scope(scope)
    assert list_alerts(scope, [], "") == ["about| service/checkout"]


def test_unknown_onset_is_said():
    """The instant that stands for it is no time that anybody told."""
    scope = make_scope().model_copy(update={"onset": UNKNOWN_ONSET})

    assert write_scope(scope) == "When it began is not known: nothing that was collected tells a time."


def test_instant_of_a_question_is_no_beginning():
    """A change of after the trouble began, and before somebody asked, is not told as one of before it."""
    asked = make_case(make_change("4755b7c1c2a7"), alerts=[])
    earlier = make_scope().model_copy(update={"window_end": NOON + timedelta(minutes=9)})

    (headline, *_) = list_of(list_changes, asked, conclude(), 500)

    assert write_scope(asked.scope, is_asked=is_asked_now(asked)).startswith("Asked at 2026-11-23T12:00:00.000Z; when")
    assert "5m before the question" in headline
    assert not is_asked_now(make_case())
    assert not is_asked_now(replace(asked, scope=earlier))
    assert not is_asked_now(replace(asked, scope=make_scope().model_copy(update={"onset": UNKNOWN_ONSET})))


def test_alert_says_what_its_labels_and_annotations_say():
    """One line each; links to pages for people are left out."""
    alert = make_alert(
        value="0.63",
        annotations={"summary": "checkout is down", "description": "three of ten", "runbook_url": "https://wiki"},
    )

    (question, line) = list_alerts(make_scope(), [alert], "why is it slow?")

    assert question == "question| why is it slow?"
    assert line == "A1| CheckoutDown; firing; critical; value 0.63; checkout is down; service=checkout; three of ten"
    assert len(list_alerts(make_scope(), [make_alert()], "")) == 1


def test_alert_says_nothing_twice_and_no_number_without_its_name():
    """One that is called by its summary is told once; what it was held against is no number by itself."""
    alert = make_alert(name="p99 above 2 s", value="5.0", annotations={"summary": "p99 above 2 s", "threshold": "2"})

    (line,) = list_alerts(make_scope(), [alert], "")

    assert line == "A1| p99 above 2 s; firing; critical; value 5.0; service=checkout; threshold 2"


def test_signatures_are_told_with_their_lines():
    """Each hypothesis names the piece and the line it rests on, and what it suggests."""
    item = make_piece("MemoryError")
    case = make_case(item)

    lines = list_of(list_first, case, conclude(blame(item, suggests=True)))

    assert lines[0] == "verdict| identified"
    assert lines[2] == "S1 cites E1:1| MemoryError"
    assert lines[3] == "S1 suggests| supervisor.restart on supervisor:process/checkout {}"


def test_hypothesis_is_told_with_what_speaks_against_it():
    """Why one is not the first is what a second opinion has to weigh."""
    item = make_piece("selector:", "  app: a")
    other = blame(item, cause="crash_loop", lost_because="only a symptom")

    lines = list_of(list_first, make_case(item), conclude(blame(item), other))

    assert "S2 is not first| only a symptom" in lines
    assert lines[2:4] == ["S1 cites E1:1| selector:", "S1 cites E1:2|   app: a"]


def test_citation_of_what_the_case_lacks_is_told_by_its_words():
    """An older look's line stands without what is below it."""
    gone = make_piece("selector:", "  app: a", title="gone")

    lines = list_of(list_first, make_case(make_piece("x")), conclude(blame(gone)))

    assert lines[2] == f"S1 cites {gone.id}:1| selector:"
    assert len(lines) == 3


def test_undetermined_is_told_with_its_checks_and_symptoms():
    """Where nothing is found, a model gets what is observably wrong, and the line where there is one."""
    shown = make_case(make_deployment("kind: Deployment", "  name: checkout", "  unavailableReplicas: 2"))
    silent = make_case(make_deployment("nothing"))

    lines = list_of(list_first, shown, conclude(checks=("Look at the ledger.",)))

    assert lines == [
        "verdict| undetermined",
        "check| Look at the ledger.",
        "symptom| 0 of 2 pods of checkout are ready [E1:3]",
    ]
    assert list_of(list_first, silent, conclude())[1:] == ["symptom| 0 of 2 pods of checkout are ready"]


def test_change_of_unknown_time_is_told_without_one():
    """A model must not reckon with where a change is merely looked for."""
    change = make_change("aaaaaaaaaa", "-a", "+b")
    change = change.model_copy(update={"facts": {**change.facts, "is_dated": False}})

    lines = list_of(list_changes, make_case(change), conclude(), 400)

    assert "time unknown" in lines[0]
    assert "the onset" not in lines[0]


def test_changes_are_ranked_and_the_first_show_their_diff():
    """The most suspect first, with the lines that changed; one after the onset says so."""
    first, second = make_change("aaaaaaaaaa", "-a", "+b"), make_change("bbbbbbbbbb", before=timedelta(minutes=-5))
    case = make_case(first, second)
    verdicts = (ChangeVerdict(id="bbbbbbbbbb", blame=0.4, why="it is near"),)

    lines = list_of(list_changes, case, conclude(changes=verdicts), 400)

    assert lines[0].startswith("E")
    assert "commit bbbbbbbbbb" in lines[0]
    assert "5m AFTER the onset" in lines[0]
    assert "signatures: blame 0.40, it is near" in lines[0]
    assert [line.partition("| ")[2] for line in lines[-2:]] == ["-a", "+b"]
    assert not any("+++ b/x" in line for line in lines)


def test_changes_that_find_no_room_are_counted():
    """A model has to know that there were more."""
    changes = [make_change(f"{number:010d}", service="checkout", environment="production") for number in range(30)]

    lines = list_of(list_changes, make_case(*changes), conclude(), 500)

    assert lines[-1].startswith("more| ")
    assert lines[-1].endswith(" further changes are not shown")
    assert sum("| commit" in line for line in lines) > 4


def test_changes_without_their_diffs_are_named_as_far_as_there_is_room():
    """Enough to ask for one: its name here, what it is called, whose it is and when."""
    title = "why " * 40
    changes = [make_change(f"{number:010d}", title=title, service="ledger") for number in range(3)]
    whole = make_change("a" * 40, title=title, before=timedelta(hours=2))

    lines = list_of(list_changes, make_case(*changes, whole), conclude(), 400)

    short = ("why " * 20).strip()
    assert lines[-2:] == [
        f"more| E3 commit 0000000002 {short}; ledger; 5m before the onset",
        f"more| E4 commit {'a' * 12} {short}; shop; 2h before the onset",
    ]


def test_change_is_told_with_its_repository_and_its_files():
    """Where it was made and what it touches: a fault in another file has another cause. The rest is counted."""
    paths = ({"path": "src/queue.ex"}, {"path": "src/a.ex"}, {"path": "src/b.ex"}, {"path": "src/c.ex"})
    change = make_change("4755b7c1c2a7", files=paths, service="matchmaker")

    head = list_of(list_changes, make_case(change), conclude(), 400)[0]

    assert "commit 4755b7c1c2a7 Change 4755b7c1c2a7; matchmaker git:repository/shop" in head
    assert "touches src/queue.ex, src/a.ex, src/b.ex and 1 more" in head
    assert "touches" not in list_of(list_changes, make_case(make_change()), conclude(), 400)[0]


def test_author_of_a_change_is_told_where_that_is_asked_for():
    """Whoever looks for a cause is not told: it is none the likelier for who wrote it."""
    case, diagnosis = make_case(make_change(author="Ada Byron")), conclude()
    pieces = Pieces(case, diagnosis)

    assert "; by Ada Byron" in list_changes(case, diagnosis, pieces, 400, names_authors=True)[0]
    assert "Ada" not in list_changes(case, diagnosis, pieces, 400)[0]


def test_commit_is_told_with_the_releases_that_carried_it():
    """It hurts nobody before: the first of each environment, by a whole id or the beginning of one."""

    def release(name, minutes, **facts):
        return make_change(name, before=timedelta(minutes=minutes), kind="deployment", diff_read=False, **facts)

    commit = make_change("4755b7c1c2a7", before=timedelta(hours=2))
    releases = [
        release("dep-3", 5, sha="4755b7c1c2a7d5", environment="production", state="success"),
        release("dep-2", 10, commits=("4755b7c",), environment="production", state="failure"),
        release("dep-1", 30, sha="4755b7c1c2a7", environment="staging"),
        release("dep-4", 3, sha="4755b7c1c2a7", environment="eu"),
        release("dep-5", 50, sha="4755", environment="far"),
        release("dep-6", 60),
    ]

    head = list_of(list_changes, make_case(commit, *releases), conclude(), 400)[0]

    assert head.endswith(
        "; 2h before the onset; in deployment dep-1 staging 30m before the onset"
        "; in deployment dep-2 production failure 10m before the onset"
    )


def test_diff_of_something_else_is_told_without_releases():
    """A flag or a migration goes no way of a commit's."""
    flag = make_change("4755b7c1c2a7", kind="flag")
    release = make_change("dep-1", kind="deployment", diff_read=False, sha="4755b7c1c2a7")

    assert "dep-1" not in list_of(list_changes, make_case(flag, release), conclude(), 400)[0]


def test_only_verified_runbooks_are_told():
    """A page that names what does not exist, or nothing at all, is never told as fact."""
    live = make_piece(
        "MEMORY_LIMIT=64",
        kind=EvidenceKind.ENVIRONMENT,
        facts=EnvironmentFacts(variables={"MEMORY_LIMIT": "64"}, origin="checkout.ini").to_json(),
    )
    fresh = make_runbook("Raise `MEMORY_LIMIT` first.", "", title="fresh.md")
    stale = make_runbook("Raise `HEAP_LIMIT` first.", title="stale.md")
    case = make_case(live, fresh, stale)

    lines = list_runbooks(case.evidence, Pieces(case, conclude()))

    assert [line.partition("| ")[2] for line in lines] == ["fresh.md", "Raise `MEMORY_LIMIT` first."]


def test_gaps_are_told_once():
    """What could not be looked at is a fact; absence there proves nothing."""
    gap = Gap(collector="loki.logs", entity=CHECKOUT, reason="timed out after 5 s")
    diagnosis = conclude(gaps=(gap, gap, Gap(collector="git", reason="no such repository")))

    assert list_gaps(diagnosis) == [
        "gap| loki.logs supervisor:process/checkout: timed out after 5 s",
        "gap| git : no such repository",
    ]
