"""Who is called in vain is named as its engine knows it, and a refusal that is over is believed no more."""

from datetime import timedelta

import pytest
from tests.unit.rules.signatures.conftest import NOW, ONSET

from fermata.domain.evidence import EvidenceKind
from fermata.domain.facts import ChangeFacts, LogFacts, StateFacts, WorkloadPhase
from fermata.rules.signatures.callees import tell_over
from fermata.rules.signatures.logged_failures import SIGNATURES

UNREACHABLE = next(one for one in SIGNATURES if one.id == "callee_unreachable")
REF = "docker:container/checkout/shop_checkout_1"
CACHE = "docker:container/cache/shop_cache_1"
REFUSED = '2026/11/23 09:50:50 [error] connect() failed (111: Connection refused), upstream: "http://172.19.0.4:8000/"'
BY_NAME = "redis.exceptions.ConnectionError: Error 111 connecting to cache:6379. Connection refused."
LONG_AGO = NOW - timedelta(hours=2)


def container(scene, ref, *, phase=WorkloadPhase.RUNNING, **facts):
    """Say how a container lives; one that runs has for two hours."""
    if phase is WorkloadPhase.RUNNING:
        facts = {"started_at": LONG_AGO, "created_at": LONG_AGO} | facts
    words = "restarting" if phase is WorkloadPhase.CRASH_LOOP else phase.value
    record = StateFacts(phase=phase, system_state=words, **facts)
    return scene.add(
        EvidenceKind.STATE, ref, [f"{ref.rpartition('/')[2]} is {words}", "ended with exit code 1"], record
    )


def logs(scene, *lines, ref=REF, newest_at=NOW):
    """Say what a container wrote: each line with how long before now."""
    oldest = lines[0][1] if lines else timedelta()
    seconds = tuple(int((oldest - ago).total_seconds()) for _, ago in lines)
    facts = LogFacts(oldest_at=NOW - oldest, newest_at=newest_at, seconds=seconds)
    return scene.add(EvidenceKind.LOGS, ref, [f"ERROR {text}" for text, _ in lines], facts)


def ago(seconds):
    """Give so many seconds."""
    return timedelta(seconds=seconds)


@pytest.mark.parametrize(("words", "port"), [(REFUSED, "172.19.0.4:8000"), (BY_NAME, "cache:6379")])
def test_callee_is_named_as_its_engine_knows_it(scene, words, port):
    """An address is nobody's that a person knows."""
    container(scene, REF)
    container(scene, CACHE, addresses=("172.19.0.4",), names=("cache",))
    logs(scene, (words, ago(1)))

    (found,) = scene.match(UNREACHABLE)

    assert found.entity.ref == CACHE
    assert f"calls {port} (shop_cache_1), and nobody accepts the connection" in found.text
    assert found.text.endswith("shop_cache_1 runs since 07:52:00 UTC.")
    assert found.person_must.startswith(f"Find out whether anything listens at {port} (shop_cache_1)")
    assert found.citations[-1].quote == "shop_cache_1 is running"


def test_callee_that_was_just_made_anew_and_listens_elsewhere_is_told_so(scene):
    """Its command says the port."""
    container(scene, REF, phase=WorkloadPhase.CRASH_LOOP, ended_at=NOW - ago(1))
    at = ONSET - ago(2)
    container(scene, CACHE, names=("cache",), started_at=at, created_at=at, command="redis-server --port 6380")
    logs(scene, (BY_NAME, ago(1)))

    (found,) = scene.match(UNREACHABLE)

    assert "runs since 09:50:58 UTC, and was made anew at 09:50:58 UTC; its command names port 6380." in found.text
    assert found.person_must == "Let both agree on a port: shop_cache_1 is started with 6380, and 6379 is called."


@pytest.mark.parametrize(
    ("lines", "words", "must"),
    [
        (
            ['-cmd: ["redis-server", "--port", "6379"]'],
            ", with other settings: 6379 is among what became different.",
            "See at which port shop_cache_1 listens now, and let both mean the same one.",
        ),
        (
            ["-env TTL=1"],
            "UTC.",
            "Find out whether anything listens at cache:6379 (shop_cache_1), and what lies between.",
        ),
        (
            ["-env PEER=old:6379", "+env PEER=new:6379"],
            "UTC.",
            "Find out whether anything listens at cache:6379 (shop_cache_1), and what lies between.",
        ),
    ],
)
def test_port_that_a_callee_left_when_it_was_made_anew_is_told(scene, lines, words, must):
    """Its engine knows what it was made with before."""
    container(scene, REF)
    container(scene, CACHE, names=("cache",))
    change = ChangeFacts(id="docker:2", kind="config", title="anew", changed_at=ONSET, diff_read=True)
    scene.add(EvidenceKind.CHANGE, CACHE, ["--- before", *lines], change)
    logs(scene, (BY_NAME, ago(1)))

    (found,) = scene.match(UNREACHABLE)

    assert found.text.endswith(words)
    assert found.person_must == must
    assert (found.citations[-1].quote == lines[0]) is words.endswith("became different.")


def test_callee_that_does_not_say_since_when_it_runs_is_named_all_the_same(scene):
    """What is not known is left out."""
    container(scene, REF)
    container(scene, CACHE, names=("cache",), started_at=None)
    logs(scene, (BY_NAME, ago(1)))

    assert scene.match(UNREACHABLE)[0].text.endswith("shop_cache_1 runs.")


def test_name_that_two_share_is_nobodys(scene):
    """Which of them refused nobody can tell."""
    container(scene, REF)
    container(scene, CACHE, names=("cache",))
    container(scene, "docker:container/cache/shop_cache_2", names=("cache",))
    logs(scene, (BY_NAME, ago(1)))

    (found,) = scene.match(UNREACHABLE)

    assert (found.entity.ref, "(shop_cache" in found.text) == (REF, False)


@pytest.mark.parametrize(
    ("started", "failed", "is_over"),
    [(24, 24, True), (60, 40, True), (24, 5, False), (7200, 150, True), (7200, 60, False), (90, 50, False)],
    ids=["made anew that second", "while it began", "just now", "long ago", "a minute ago", "after it began"],
)
def test_refusal_is_over_when_its_callee_was_started_since_and_the_caller_goes_on(scene, started, failed, is_over):
    """A proxy fails on what is made anew for a second, and gets answers since."""
    container(scene, REF)
    container(scene, CACHE, addresses=("172.19.0.4",), started_at=NOW - ago(started), created_at=NOW - ago(started))
    logs(scene, (REFUSED, ago(failed)))

    assert (scene.match(UNREACHABLE) == []) is is_over
    assert tell_over(scene.build(), scene.build().workloads[0]).startswith("Look at shop_cache_1: ") is is_over


def test_check_leads_to_a_callee_that_answers_again(scene):
    """Where nothing is identified, its answers are what is wrong."""
    container(scene, REF)
    container(scene, CACHE, addresses=("172.19.0.4",), started_at=NOW - ago(24), created_at=NOW - ago(24))
    logs(scene, (REFUSED, ago(24)))

    assert scene.diagnose().checks[0] == (
        "Look at shop_cache_1: shop_checkout_1 failed to reach it last at 09:51:36 UTC, and gets its answers since. "
        "shop_cache_1 runs since 09:51:36 UTC, and was made anew at 09:51:36 UTC."
    )


@pytest.mark.parametrize(
    ("facts", "newest_at"), [({"phase": WorkloadPhase.UNKNOWN}, NOW), ({"started_at": None}, NOW), ({}, None)]
)
def test_refusal_of_which_nobody_knows_whether_it_is_over_counts(scene, facts, newest_at):
    """Nothing is taken for well."""
    container(scene, REF)
    container(scene, CACHE, addresses=("172.19.0.4",), **facts)
    logs(scene, (REFUSED, ago(300)), newest_at=newest_at)

    (found,) = scene.match(UNREACHABLE)

    assert "shop_cache_1" in found.text
    assert tell_over(scene.build(), scene.build().workloads[0]) == ""


def test_caller_without_failures_has_none_that_is_over(scene):
    """Nor has one whose last failure is no call."""
    container(scene, REF)

    assert tell_over(scene.build(), scene.build().workloads[0]) == ""

    logs(scene, ("out of paper", ago(1)))

    assert tell_over(scene.build(), scene.build().workloads[0]) == ""


@pytest.mark.parametrize("option", ["--metrics-port 9090", "--report 60", "--transport 10"])
def test_number_that_is_not_where_a_program_takes_calls_is_not_told(scene, option):
    """A port of metrics is none that callers mean."""
    container(scene, REF)
    container(scene, CACHE, names=("cache",), command=f"cached {option}")
    logs(scene, (BY_NAME, ago(1)))

    (found,) = scene.match(UNREACHABLE)

    assert "its command names" not in found.text
    assert found.person_must.startswith("Find out whether anything listens at cache:6379")


def test_address_that_nobody_has_now_is_one_from_before(scene):
    """A proxy keeps the address that it resolved once; what is made anew may get another."""
    container(scene, REF, addresses=("172.19.0.2",))
    container(scene, CACHE, addresses=("172.19.0.9",))
    logs(scene, (REFUSED, ago(1)))

    (found,) = scene.match(UNREACHABLE)

    assert found.text.endswith("No container that was looked at has 172.19.0.4 now.")
    assert "A restart of shop_checkout_1 asks for names again." in found.person_must


@pytest.mark.parametrize(
    ("own", "called"), [((), "172.19.0.4"), (("10.1.0.2",), "172.19.0.4"), (("192.168.16.3",), "192.168.1.10")]
)
def test_address_of_another_network_is_not_said_to_be_a_containers(scene, own, called):
    """It may be any machine's: Docker shares 192.168/16 with them."""
    container(scene, REF, addresses=own)
    logs(scene, (REFUSED.replace("172.19.0.4", called), ago(1)))

    assert "No container" not in scene.match(UNREACHABLE)[0].text


def test_callee_that_does_not_run_is_named_without_a_life(scene):
    """Since when is nothing to say of it."""
    container(scene, REF)
    container(scene, CACHE, phase=WorkloadPhase.STARTING, names=("cache",))
    logs(scene, (BY_NAME, ago(1)))

    (found,) = scene.match(UNREACHABLE)

    assert "(shop_cache_1)" in found.text
    assert "runs since" not in found.text


def test_caller_that_waits_for_its_next_start_is_told_when_that_comes(scene):
    """Nobody needs to ask whether anything listens: it does since, and the wait is Docker's."""
    container(scene, REF, phase=WorkloadPhase.CRASH_LOOP, ended_at=NOW - ago(20))
    container(scene, CACHE, names=("cache",), started_at=NOW - ago(10))
    logs(scene, (BY_NAME, ago(20)))

    (found,) = scene.match(UNREACHABLE)

    assert found.text == (
        "shop_checkout_1 ended as it did not get through to cache:6379 (shop_cache_1); shop_cache_1 runs since "
        "09:51:50 UTC. shop_checkout_1 has not been started since: Docker waits longer after each end, a minute at "
        "most, so that the next start comes by 09:52:40 UTC."
    )
    assert found.person_must == (
        "Wait for the next start of shop_checkout_1, or start it now: `docker restart shop_checkout_1`."
    )
    assert found.entity.ref == REF


def test_caller_of_another_system_waits_for_that(scene):
    """How long is not known."""
    ref = "supervisor:process/checkout"
    container(scene, ref, phase=WorkloadPhase.CRASH_LOOP, ended_at=NOW - ago(20))
    container(scene, CACHE, names=("cache",), started_at=NOW - ago(10))
    logs(scene, (BY_NAME, ago(20)), ref=ref)

    assert scene.match(UNREACHABLE)[0].text.endswith("since; its system starts it again by itself.")


def test_caller_that_failed_in_its_present_run_is_not_said_to_have_recovered(scene):
    """It was started before, and has failed since."""
    container(scene, REF, phase=WorkloadPhase.CRASH_LOOP, started_at=NOW - ago(25))
    container(scene, CACHE, names=("cache",), started_at=NOW - ago(10))
    logs(scene, (BY_NAME, ago(20)))

    assert "has not failed so since" not in scene.match(UNREACHABLE)[0].text


def test_caller_that_was_started_again_after_its_callee_is_watched(scene):
    """A crash loop is called one for a while after."""
    container(scene, REF, phase=WorkloadPhase.CRASH_LOOP, started_at=NOW - ago(5))
    container(scene, CACHE, names=("cache",), started_at=NOW - ago(10))
    logs(scene, (BY_NAME, ago(20)))

    (found,) = scene.match(UNREACHABLE)

    assert found.text.endswith("shop_checkout_1 was started again at 09:51:55 UTC, and has not failed so since.")
    assert found.person_must == "See whether shop_checkout_1 stays up now."


def test_caller_whose_failure_has_no_time_is_not_said_to_wait(scene):
    """Whether it came before its callee was started nobody knows."""
    container(scene, REF, phase=WorkloadPhase.CRASH_LOOP, ended_at=NOW - ago(20))
    container(scene, CACHE, names=("cache",), started_at=NOW - ago(10))
    scene.add(EvidenceKind.LOGS, REF, [f"ERROR {BY_NAME}"], {})

    assert scene.match(UNREACHABLE) == []


@pytest.mark.parametrize(("words", "causes"), [(BY_NAME, {"callee_unreachable"}), (REFUSED, {"dependency_refused"})])
def test_lone_container_that_is_down_is_not_who_is_called_by_another_name(scene, words, causes):
    """A job that is done is down as well; by an address alone nobody can tell."""
    container(scene, REF)
    container(scene, "docker:container/seed/shop_seed_1", phase=WorkloadPhase.EXITED, exit_code=0, names=("seed",))
    logs(scene, (words, ago(1)))

    assert {one.cause for one in scene.diagnose().hypotheses} == causes


def test_line_that_ends_a_sentence_gets_no_second_dot(scene):
    """What a program says is quoted at the end of ours."""
    container(scene, REF)
    container(scene, CACHE, phase=WorkloadPhase.STOPPED, names=("cache",))
    logs(scene, (BY_NAME, ago(1)))

    assert scene.diagnose().leading.text.endswith("Connection refused.")
    assert not scene.diagnose().leading.text.endswith("..")
