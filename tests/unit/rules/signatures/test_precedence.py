"""What goes first where a signature and the judge of changes speak of one failure of containers."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import NOW, ONSET
from tests.unit.rules.signatures.test_callees import BY_NAME, CACHE, LONG_AGO, REF, container, logs
from tests.unit.rules.signatures.test_rotated_credentials import DB, REFUSED, calls, made_anew

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, LogFacts, WorkloadPhase
from fermata.rules.changes.judge import judge_changes
from fermata.rules.signatures.credentials import CREDENTIAL_REFUSED

ROTATED = ("-env APP_PASSWORD=<redacted 11111111>", "+env APP_PASSWORD=<redacted 22222222>")
ADDRESS = ("-env STORE_URL=<redacted 11111111>", "+env STORE_URL=<redacted 22222222>")
BY_WRITER = 'password authentication failed for user "shop_writer_v2"'
DIFF = (
    "--- a/checkout.py",
    "+++ b/checkout.py",
    "@@ -1,3 +1,3 @@",
    '-    database_user = "shop_writer"',
    '+    database_user = "shop_writer_v2"',
)


def rotate(scene, text=REFUSED, lines=ROTATED):
    """Say that the server was made anew with another password, and that checkout is refused since."""
    calls(scene, made=LONG_AGO, text=text)
    container(scene, DB, names=("db",), created_at=ONSET - timedelta(seconds=10))
    return made_anew(scene, DB, *lines)


def test_what_shows_how_the_guilty_change_did_harm_is_told_and_the_change_named(scene):
    """The judge says which; the signature says which and how: one entry, with its own cure."""
    case = rotate(scene).build()

    diagnosis = scene.diagnose()

    assert judge_changes(case).guilty == f"docker:{DB}"
    assert (diagnosis.leading.cause, diagnosis.guilty_change) == ("credential_refused", f"docker:{DB}")
    assert "with another APP_PASSWORD" in diagnosis.leading.text
    assert "faulty_change" not in [item.cause for item in diagnosis.hypotheses]


def test_commit_that_brought_the_refused_user_goes_before_a_rotation(scene):
    """That a container has another credential than before is near; the very name that is refused is nearer."""
    rotate(scene, BY_WRITER, ADDRESS).change("ccccccc3", {"checkout.py": [1]}, diff=DIFF, service="checkout")

    diagnosis = scene.diagnose()

    assert (diagnosis.leading.cause, diagnosis.guilty_change) == ("faulty_change", "ccccccc3")
    assert scene.match(CREDENTIAL_REFUSED) == []


def test_port_that_was_taken_away_goes_before_a_commit_that_words_tie(scene):
    """The commit speaks of what fails; by the engine's record nothing was made to listen there any more."""
    container(scene, REF)
    container(scene, CACHE, names=("cache",))
    facts = ChangeFacts(id="docker:2", kind="config", title="anew", changed_at=LONG_AGO, diff_read=True)
    scene.add(EvidenceKind.CHANGE, CACHE, ["--- before", "-env LISTEN_AT=6379", "+env LISTEN_AT=6380"], facts)
    text = f"warm_sessions_v2: session_pool_size: {BY_NAME}"
    scene.change(
        "ccccccc3",
        {"checkout.py": [1]},
        diff=(*DIFF[:3], "-    warm(2)", "+    warm_sessions_v2(session_pool_size)"),
        service="checkout",
    )
    logs(scene, (text, timedelta(seconds=1)))

    diagnosis = scene.diagnose()

    assert judge_changes(scene.build()).guilty == "ccccccc3"
    assert (diagnosis.leading.cause, diagnosis.guilty_change) == ("callee_unreachable", "docker:2")
    assert "faulty_change" not in [item.cause for item in diagnosis.hypotheses]


def test_what_says_nothing_of_a_change_gives_way_to_the_guilty_one(scene):
    """A change of somebody else may have brought the refusal; that a server refuses a credential is how it shows."""
    container(scene, REF, phase=WorkloadPhase.CRASH_LOOP, ended_at=NOW)
    logs(scene, (BY_WRITER, timedelta(seconds=1)))
    scene.change("ccccccc3", {"checkout.py": [1]}, diff=DIFF, service="checkout")

    assert judge_changes(scene.build()).guilty == "ccccccc3"
    assert scene.match(CREDENTIAL_REFUSED) == []
    assert scene.diagnose().guilty_change == "ccccccc3"


@pytest.mark.parametrize("line", ["-env TTL=1", '-cmd: ["redis-server", "--port", "6379"]'])
def test_callee_that_was_made_anew_is_told_with_its_change(scene, line):
    """By the port that it left; or, as the judge blames the very container, by its object alone."""
    container(scene, REF)
    container(scene, CACHE, names=("cache",))
    facts = ChangeFacts(id="docker:2", kind="config", title="anew", changed_at=ONSET, diff_read=True)
    scene.add(EvidenceKind.CHANGE, CACHE, ["--- before", line], facts)
    logs(scene, (BY_NAME, timedelta(seconds=1)))

    diagnosis = scene.diagnose()

    assert (diagnosis.leading.cause, diagnosis.guilty_change) == ("callee_unreachable", "docker:2")
    assert "faulty_change" not in [item.cause for item in diagnosis.hypotheses]


def test_way_back_of_the_change_is_kept_where_nobody_knows_what_of_it_did_harm(scene):
    """A new image that ends on a refused credential: the one before held the right one, whatever it was."""
    container(scene, REF, phase=WorkloadPhase.CRASH_LOOP, ended_at=NOW, exit_code=1)
    lines = [f"ERROR {BY_WRITER}"] * 3
    scene.add(EvidenceKind.LOGS, REF, lines, LogFacts(oldest_at=ONSET, newest_at=NOW, seconds=(0, 30, 60)))
    title = "checkout:2 took the place of checkout:1"
    facts = ChangeFacts(
        id="docker:9", kind="deployment", title=title, changed_at=ONSET - timedelta(seconds=5), diff_read=True,
        service="checkout", ref="checkout:2",
    )  # fmt: skip
    scene.add(
        EvidenceKind.CHANGE,
        REF,
        [title, "--- before", "-layer ENV DATABASE_USER=shop_writer", "+layer ENV DATABASE_USER=shop_writer_v2"],
        facts,
    )

    diagnosis = scene.diagnose()

    assert (diagnosis.leading.cause, diagnosis.guilty_change) == ("credential_refused", "docker:9")
    assert [one.name for one in diagnosis.leading.suggestions] == ["docker.recreate_with_previous_image"]


def test_guilty_change_that_leads_keeps_the_way_back_of_what_says_where_it_fails(scene, stack):
    """With the times beside its lines the judge is sure of the commit, and knows no way back by itself."""
    scene.state("running", started_at=ONSET - timedelta(seconds=20))
    lines = ["ERROR unhandled", *stack("ValueError: bad", "/srv/shop/services/checkout.py:80:pay")] * 4
    seconds = tuple(number // 5 for number in range(len(lines)))
    facts = LogFacts(oldest_at=ONSET, newest_at=NOW, seconds=seconds)
    scene.add(EvidenceKind.LOGS, "supervisor:process/checkout", lines, facts)
    path = "services/checkout.py"
    diff = [f"--- a/{path}", f"+++ b/{path}", "@@ -78,1 +78,1 @@ def pay():", "-    ok()", "+    total = bad(pay)"]
    scene.change("ccccccc3", {path: [78]}, diff=diff, service="checkout")

    leading = scene.diagnose().leading

    assert leading.cause == "faulty_change"
    assert [one.name for one in leading.suggestions] == ["git.revert_commit", "supervisor.restart"]
