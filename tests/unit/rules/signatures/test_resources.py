from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, LogFacts, ResourceFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures.resources import MEMORY_LIMIT_EXCEEDED

MIB = 1024**2
ONSET = datetime(2026, 11, 23, 9, 51, tzinfo=UTC)


@pytest.mark.parametrize(
    "last_words",
    [
        "MemoryError",
        "terminate called after throwing an instance of 'std::bad_alloc'",
        "sh: fork: Cannot allocate memory",
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        "ERROR main java.lang.OutOfMemoryError: Java heap space",
        "fatal error: runtime: out of memory",
    ],
)
def test_program_that_says_it_ran_out_gets_twice_its_limit(scene, stack, last_words):
    """Out of memory in the log and a declared limit: the limit is doubled, in whole MiB."""
    words = stack(last_words) if last_words == "MemoryError" else [last_words]
    scene.state("crash_loop", exit_code=1).logs(words).resources(limit=64 * MIB - 1)

    (found,) = scene.match(MEMORY_LIMIT_EXCEEDED)

    (suggestion,) = found.suggestions
    assert suggestion.name == "supervisor.set_memory_limit"
    assert suggestion.target.ref == found.entity.ref == "supervisor:process/checkout"
    assert suggestion.parameters == {"limit_bytes": 128 * MIB}
    assert found.confidence == 0.9
    assert found.person_must == ""
    assert len(found.citations) == 3


def test_memory_error_within_a_chain_counts(scene, stack):
    """What was raised last may hide what ran out."""
    sentence = "The above exception was the direct cause of the following exception:"
    scene.state("crash_loop").logs([*stack("MemoryError"), "", sentence, "", *stack("RuntimeError: no catalogue")])

    assert scene.resources().match(MEMORY_LIMIT_EXCEEDED)


def test_processes_killed_within_a_steady_one_are_the_limit_s(scene):
    """The first process lives on, and what it starts does not: nothing of that looks normal."""
    line = "the kernel killed a process in it for memory (oom) 8 times while it went on, last 2026-11-23T09:50:40Z"
    scene.state("running", lines=["checkout is running", line], kills_within_at=ONSET - timedelta(seconds=20))

    (found,) = scene.resources().match(MEMORY_LIMIT_EXCEEDED)

    assert (found.confidence, [item.name for item in found.suggestions]) == (0.8, ["supervisor.set_memory_limit"])
    assert line in [citation.quote for citation in found.citations]


@pytest.mark.parametrize(
    "line",
    [
        "[2026-11-23 09:50:45 +0000] [1] [ERROR] Worker (pid:6) was sent SIGKILL! Perhaps out of memory?",
        "2026-11-23T09:50:45Z ERROR celery: WorkerLostError: Worker exited prematurely: signal 9 (SIGKILL) Job: 3.",
        "2026-11-23 09:50:45 UTC [1] FATAL: background worker (PID 71) was terminated by signal 9: Killed",
    ],
)
def test_limit_explains_what_a_program_says_of_its_killed_workers(scene, line):
    """Who starts processes says which was killed: that line is what the limit brought, and no change beside it."""
    scene.state("running", kills_within_at=ONSET - timedelta(seconds=20), lines=["killed a process for memory"])

    (found,) = scene.logs([line]).resources().match(MEMORY_LIMIT_EXCEEDED)

    assert line in [citation.quote for citation in found.citations]


def test_processes_killed_long_before_the_alert_are_another_story(scene):
    """It went on for hours since."""
    scene.state("running", kills_within_at=ONSET - timedelta(minutes=50))

    assert scene.resources().match(MEMORY_LIMIT_EXCEEDED) == []


def test_kill_is_for_memory_when_the_system_says_so_or_usage_was_at_the_limit(scene):
    """SIGKILL alone may be anybody's; close to the limit it is the limit's, with less confidence."""
    assert scene.state("exited", exit_code=-9, killed_for_memory=True).resources().match(MEMORY_LIMIT_EXCEEDED)


@pytest.mark.parametrize(
    ("exit_code", "peak", "found"),
    [(-9, 60, True), (137, 60, True), (-9, 40, False), (1, 60, False), (-9, None, False)],
)
def test_kill_without_a_word_needs_usage_near_the_limit(scene, exit_code, peak, found):
    """A kill far from the limit has another reason."""
    peak_bytes = peak and peak * MIB
    scene.state("crash_loop", exit_code=exit_code).resources(memory_peak_bytes=peak_bytes)

    assert [item.confidence for item in scene.match(MEMORY_LIMIT_EXCEEDED)] == ([0.6] if found else [])


@pytest.mark.parametrize("limit", [None, 0])
def test_without_a_declared_limit_nothing_was_exceeded(scene, stack, limit):
    """The host ran out, or the program's own bound: no limit of ours is the cause."""
    scene.state("crash_loop", exit_code=1).logs(stack("MemoryError")).resources(limit=limit)

    assert scene.match(MEMORY_LIMIT_EXCEEDED) == []


def test_without_resources_the_limit_is_unknown(scene, stack):
    """No evidence, no hypothesis."""
    assert scene.state("crash_loop").logs(stack("MemoryError")).match(MEMORY_LIMIT_EXCEEDED) == []


def test_another_error_is_not_about_memory(scene, stack):
    """A crash below a limit is not a crash at it."""
    assert (
        scene.state("crash_loop", exit_code=1).logs(stack("ValueError: x")).resources().match(MEMORY_LIMIT_EXCEEDED)
        == []
    )


def test_steady_process_got_over_it(scene, stack):
    """What runs undisturbed did not die of an old or undated error, nor of an old kill."""
    scene.state("running", exit_code=-9).logs(stack("MemoryError")).resources(memory_peak_bytes=64 * MIB)

    assert scene.match(MEMORY_LIMIT_EXCEEDED) == []


def test_steady_process_that_says_it_again_did_not_get_over_it(scene, stack):
    """Requests may fail for memory while the process lives on."""
    scene.state("running").resources()
    scene.logs(["2026-11-23T09:51:30Z ERROR checkout: request failed", *stack("MemoryError")])

    assert scene.match(MEMORY_LIMIT_EXCEEDED)


def test_time_beside_the_lines_says_so_as_well(scene, stack):
    """A program in a container writes none, and its engine does."""
    scene.state("running").resources()
    lines = ["ERROR checkout: request failed", *stack("MemoryError")]
    at = datetime(2026, 11, 23, 9, 51, 30, tzinfo=UTC)
    facts = LogFacts(oldest_at=at, newest_at=at, seconds=(0,) * len(lines))
    scene.add(EvidenceKind.LOGS, "supervisor:process/checkout", lines, facts)

    assert scene.match(MEMORY_LIMIT_EXCEEDED)


def test_unknown_state_does_not_hide_what_the_log_says(scene, stack):
    """A missing collector costs its citation, not the finding; without the log nothing is left."""
    assert scene.resources().match(MEMORY_LIMIT_EXCEEDED) == []

    (found,) = scene.logs(stack("MemoryError")).match(MEMORY_LIMIT_EXCEEDED)

    assert len(found.citations) == 2


def test_host_without_room_needs_a_person(scene, stack):
    """Twice the limit must leave the host a fifth of what it has available."""
    scene.state("crash_loop").logs(stack("MemoryError")).resources(available=150 * MIB)

    (found,) = scene.match(MEMORY_LIMIT_EXCEEDED)

    assert found.suggestions == ()
    assert "128 MiB" in found.person_must
    assert "150 MiB" in found.person_must


def test_unknown_host_memory_does_not_forbid_the_proposal(scene, stack):
    """It is a proposal: a person and the dry run look at it."""
    scene.state("crash_loop").logs(stack("MemoryError")).resources(available=None)

    assert scene.match(MEMORY_LIMIT_EXCEEDED)[0].suggestions


def test_action_that_nobody_offers_is_left_to_a_person(scene, stack):
    """The catalogue decides what may be suggested."""
    scene.actions = frozenset()
    scene.state("crash_loop").logs(stack("MemoryError")).resources()

    (found,) = scene.match(MEMORY_LIMIT_EXCEEDED)

    assert found.suggestions == ()
    assert found.person_must == "Raise the memory limit of checkout from 64 MiB to 128 MiB."


def test_change_behind_the_need_is_mentioned_and_not_blamed(scene, stack):
    """A bigger footprint is legitimate: the limit is the cause, whoever wrote the code that needs more."""
    scene.state("crash_loop").resources().logs(stack("MemoryError", "/srv/shop/services/checkout.py:80:load"))
    scene.change("decoy00" * 6, {"README.md": [1]}, before=timedelta(seconds=5))
    scene.change("tooLate" * 6, {"services/checkout.py": [80]}, before=-timedelta(seconds=5))
    scene.change("abc1234" * 6, {"services/checkout.py": [80]}, title="Cache the catalogue")

    diagnosis = scene.diagnose()

    assert diagnosis.leading.cause == "memory_limit_exceeded"
    assert "abc1234 (Cache the catalogue)" in diagnosis.leading.text
    assert diagnosis.guilty_change is None


def test_evidence_that_cannot_be_quoted_carries_nothing(scene):
    """Facts without lines give no citation, and without citations there is no hypothesis."""
    scene.state("exited", exit_code=-9, killed_for_memory=True, lines=[]).resources()
    scene.evidence[-1] = scene.evidence[-1].model_copy(update={"lines": ()})

    assert scene.match(MEMORY_LIMIT_EXCEEDED) == []


def test_container_killed_by_the_kernel_gets_twice_its_limit(scene):
    """A container's own state says OOMKilled; its system's action raises the limit."""
    ref = "docker:container/checkout/shop-checkout-1"
    state = StateFacts(
        phase=WorkloadPhase.CRASH_LOOP, system_state="restarting", exit_code=137, exits=4, killed_for_memory=True
    )
    limit = ResourceFacts(memory_limit_bytes=32 * MIB, memory_limit_kind="cgroup")
    scene.add(EvidenceKind.STATE, ref, ["shop-checkout-1 is restarting", "ended with exit code 137"], state)
    scene.add(EvidenceKind.RESOURCES, ref, ["memory limit: 32 MiB by cgroup"], limit)

    (found,) = scene.match(MEMORY_LIMIT_EXCEEDED)

    (suggestion,) = found.suggestions
    assert (suggestion.name, dict(suggestion.parameters)) == ("docker.set_memory_limit", {"limit_bytes": 64 * MIB})
    assert suggestion.target.ref == ref
    assert scene.diagnose().leading.cause == "memory_limit_exceeded"


@pytest.mark.parametrize(
    ("ref", "before", "kind", "mentioned"),
    [
        ("supervisor:process/checkout", timedelta(minutes=2), "deployment", True),
        ("supervisor:process/profile", timedelta(minutes=2), "deployment", False),
        ("supervisor:process/checkout", timedelta(hours=5), "deployment", False),
        ("supervisor:process/checkout", timedelta(minutes=-2), "deployment", False),
        ("supervisor:process/checkout", timedelta(minutes=2), "config", False),
    ],
)
def test_deployment_of_the_very_workload_is_mentioned_not_blamed(scene, ref, before, kind, mentioned):
    """A new release may need more: who raises the limit wants to know that it came just before."""
    scene.state("crash_loop", exit_code=137, killed_for_memory=True).resources()
    facts = ChangeFacts(id="d1", kind=kind, title="2 for 1", changed_at=ONSET - before, diff_read=True)
    scene.add(EvidenceKind.CHANGE, ref, ["checkout was created at noon"], facts)

    (found,) = scene.match(MEMORY_LIMIT_EXCEEDED)

    assert ("2 for 1 shortly before" in found.text) is mentioned
    assert ("checkout was created at noon" in [citation.quote for citation in found.citations]) is mentioned
    assert scene.diagnose().guilty_change is None


def deploy(scene, ref="docker:container/checkout/shop-checkout-1", **values):
    """Say that a container was put there before the onset, and was killed for memory since."""
    defaults = {"id": "d1", "kind": "deployment", "title": "checkout:2 was created", "changed_at": ONSET - 10 * SECOND}
    scene.add(EvidenceKind.CHANGE, ref, ["checkout was created"], ChangeFacts(**(defaults | values)))
    state = StateFacts(phase=WorkloadPhase.CRASH_LOOP, system_state="restarting", exits=2, killed_for_memory=True)
    scene.add(EvidenceKind.STATE, ref, ["killed for memory"], state)
    return scene.add(EvidenceKind.RESOURCES, ref, ["memory limit 64 MiB"], ResourceFacts(memory_limit_bytes=64 * MIB))


def commit(scene, sha, before, ref="service/checkout"):
    """Say what was written so long before the onset."""
    facts = ChangeFacts(id=sha, title=f"Keep {sha[:4]}", changed_at=ONSET - before)
    return scene.add(EvidenceKind.CHANGE, ref, ["+CACHE = load_all()"], facts)


SECOND = timedelta(seconds=1)
CAME = "aaaa111" * 5


@pytest.mark.parametrize("sha", [CAME, CAME[:7]])
def test_commit_that_a_deployment_is_of_is_named_before_more_memory_is_given(scene, sha):
    """An engine that does not know what ran before says when it was put there; its label says of which commit."""
    commit(commit(scene, CAME, timedelta(hours=3)), "bbbb222" * 5, timedelta(minutes=1))

    (found,) = deploy(scene, sha=sha).match(MEMORY_LIMIT_EXCEEDED)

    assert "checkout:2 was created shortly before. It is of aaaa111 (Keep aaaa): see whether" in found.text
    assert found.citations[-1].quote == "+CACHE = load_all()"


def test_newest_commit_before_a_deployment_is_named_as_that(scene):
    """Without a label nothing says what was built."""
    commit(commit(scene, "bbbb222" * 5, timedelta(minutes=9)), CAME, timedelta(minutes=1))

    (found,) = deploy(scene).match(MEMORY_LIMIT_EXCEEDED)

    assert "The newest commit before that is aaaa111 (Keep aaaa): see whether" in found.text


@pytest.mark.parametrize(
    ("before", "ref", "sha"),
    [
        (timedelta(hours=2), "service/checkout", ""),
        (SECOND, "service/checkout", ""),
        (timedelta(minutes=1), "service/worker", ""),
        (timedelta(minutes=1), "service/checkout", "cccc333" * 5),
        (timedelta(minutes=1), "service/checkout", "a"),
    ],
    ids=["long before", "after it", "another service's", "of another commit", "too short to tell"],
)
def test_commit_that_the_deployment_hardly_brought_is_not_named(scene, before, ref, sha):
    """A wrong name costs the person on call more than none."""
    (found,) = deploy(commit(scene, CAME, before, ref), sha=sha).match(MEMORY_LIMIT_EXCEEDED)

    assert "aaaa111" not in found.text
