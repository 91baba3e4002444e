import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.facts import WorkloadPhase
from fermata.integrations.supervisor.client import ProcessInfo
from fermata.integrations.supervisor.main_log import Ending
from fermata.integrations.supervisor.processes import (
    find_entity,
    get_namespec,
    judge_phase,
    match_processes,
    tell_life,
)
from fermata.kit.errors import UserError
from fermata.testing.records import make_scope

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def make_info(name, group=None, state="RUNNING", uptime_s=100):
    """Return a process that has run for so long."""
    now = int(NOW.timestamp())
    return ProcessInfo(group or name, name, state, now - uptime_s, 0, now, 7, "", 0, "", "")


INFOS = (
    make_info("checkout"),
    make_info("checkout-worker"),
    make_info("web_00", "web"),
    make_info("web_01", "web"),
    make_info("api_00", "backend"),
    make_info("billing.cron"),
)


@pytest.mark.parametrize(
    ("ref", "names"),
    [
        ("service/checkout", ["checkout"]),
        ("service/CheckOut", ["checkout"]),
        ("process/web", ["web:web_00", "web:web_01"]),
        ("service/api", ["backend:api_00"]),
        ("service/billing", ["billing.cron"]),
        ("supervisor:process/web/web_01", ["web:web_01"]),
        ("supervisor:process/web", []),
        ("service/check", []),
        ("host/checkout", []),
        ("kubernetes:pod/checkout", []),
    ],
)
def test_scope_means_processes_by_name_number_and_prefix(ref, names):
    """Exact before numbered before derived; a typed entity means itself only."""
    assert [info.namespec for info in match_processes(INFOS, make_scope(ref))] == names


def test_each_process_is_meant_once():
    """The service, its process and its group are one and the same."""
    scope = make_scope("process/checkout", "service/checkout", "supervisor:process/checkout")

    assert [info.name for info in match_processes(INFOS, scope)] == ["checkout"]


@pytest.mark.parametrize("info", INFOS)
def test_entity_leads_back_to_the_process(info):
    """What evidence names is what an action can be aimed at."""
    assert get_namespec(find_entity(info)) == info.namespec


def test_name_that_could_widen_a_guardrail_is_no_entity():
    """A wildcard in a name is refused by the entity, and so the process cannot be acted on."""
    assert find_entity(make_info("web*")) is None


@pytest.mark.parametrize("ref", ["service/checkout", "kubernetes:process/checkout", "supervisor:host/a"])
def test_target_of_another_kind_is_refused(ref):
    """Only supervisor's processes have a name that XML-RPC takes."""
    with pytest.raises(UserError):
        get_namespec(Entity.parse(ref))


@pytest.mark.parametrize(
    ("state", "uptime_s", "ends", "phase"),
    [
        ("RUNNING", 100, 0, WorkloadPhase.RUNNING),
        ("RUNNING", 5, 2, WorkloadPhase.RUNNING),
        ("RUNNING", 5, 3, WorkloadPhase.CRASH_LOOP),
        ("RUNNING", 60, 3, WorkloadPhase.RUNNING),
        ("STARTING", 0, 0, WorkloadPhase.STARTING),
        ("STARTING", 0, 1, WorkloadPhase.CRASH_LOOP),
        ("BACKOFF", 0, 0, WorkloadPhase.CRASH_LOOP),
        ("FATAL", 100, 0, WorkloadPhase.CRASH_LOOP),
        ("STOPPED", 100, 0, WorkloadPhase.STOPPED),
        ("EXITED", 100, 1, WorkloadPhase.EXITED),
        ("EXITED", 1, 3, WorkloadPhase.CRASH_LOOP),
        ("UNKNOWN", 100, 0, WorkloadPhase.UNKNOWN),
    ],
)
def test_phase_looks_past_the_moment(state, uptime_s, ends, phase):
    """A process caught alive between many ends is in a crash loop, whatever it is called just now."""
    endings = [Ending(NOW - timedelta(seconds=20), 1, "")] * ends

    assert judge_phase(make_info("a", state=state, uptime_s=uptime_s), endings, NOW) is phase


@pytest.mark.parametrize("state", ["RUNNING", "STARTING"])
def test_run_that_somebody_started_is_no_loop(state):
    """A fix has just restarted it: the ends before that are over, until it ends again."""
    endings = [Ending(NOW - timedelta(seconds=20), 1, "")] * 3

    phase = judge_phase(make_info("a", state=state, uptime_s=5), endings, NOW, was_restarted=False)

    assert phase is WorkloadPhase(state.lower())


def test_old_ends_are_forgotten():
    """What happened before the last two minutes says nothing of now."""
    endings = [Ending(NOW - timedelta(minutes=3), 1, "")] * 5

    assert judge_phase(make_info("a", uptime_s=5), endings, NOW) is WorkloadPhase.RUNNING


@pytest.mark.parametrize("was_restarted", [True, False])
def test_life_is_the_same_however_long_it_has_lasted(was_restarted):
    """Time alone must not make an approved plan stale: not the 30 s of a crash loop, nor the seconds of starting."""
    young = dataclasses.replace(make_info("checkout", state="STARTING", uptime_s=0), start=7)
    old = dataclasses.replace(make_info("checkout", uptime_s=900), start=7)

    assert tell_life(young, was_restarted=was_restarted) == tell_life(old, was_restarted=was_restarted)


def test_crash_loop_is_one_life():
    """Its runs and the pauses between them: the loop that the plan is about goes on."""
    lives = {
        tell_life(make_info("checkout", state="RUNNING", uptime_s=3), was_restarted=True),
        tell_life(make_info("checkout", state="RUNNING", uptime_s=40), was_restarted=True),
        tell_life(make_info("checkout", state="BACKOFF"), was_restarted=False),
    }

    assert len(lives) == 1


def test_start_that_somebody_gave_is_another_life():
    """Whoever started it by hand changed what the plan was made for."""
    stopped = tell_life(make_info("checkout", state="STOPPED"), was_restarted=False)
    first = tell_life(make_info("checkout", uptime_s=90), was_restarted=False)
    second = tell_life(make_info("checkout", uptime_s=5), was_restarted=False)

    assert len({stopped, first, second}) == 3
