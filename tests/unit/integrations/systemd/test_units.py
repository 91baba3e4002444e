"""systemd's services in Fermata's words."""

from datetime import timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.facts import WorkloadPhase
from fermata.integrations.systemd.client import UnitInfo
from fermata.integrations.systemd.unit_log import Ending, UnitLog
from fermata.integrations.systemd.units import (
    complete,
    find_entity,
    get_unit,
    is_called,
    is_own,
    judge_phase,
    list_meant,
    match_units,
    tell_life,
)
from fermata.kit.errors import UserError
from fermata.testing.records import NOON, make_scope

ETC = "/etc/systemd/system"
STARTED_AT = "Mon 2026-11-23 11:59:50 UTC"


def unit(name="checkout.service", folder=ETC, **properties):
    """One unit as systemctl tells it."""
    return UnitInfo({"Id": name, "FragmentPath": f"{folder}/{name}", "LoadState": "loaded", **properties})


def log(*seconds, **fields):
    """A history with ends so many seconds before noon."""
    endings = tuple(Ending(NOON - timedelta(seconds=one), 1, "Main process exited") for one in seconds)
    return UnitLog(entries=(object(),), endings=endings, **fields)


def phase(history=None, **properties):
    """The phase at noon."""
    return judge_phase(unit(**properties), history or UnitLog(), NOON)


LOADED = [
    unit("checkout.service"),
    unit("checkout-worker.service"),
    unit("app@1.service"),
    unit("app@2.service"),
    unit("mail_1.service"),
    unit("systemd-journald.service", "/lib/systemd/system"),
    unit("nginx.service", "/lib/systemd/system"),
]


@pytest.mark.parametrize(
    ("ref", "found"),
    [
        ("service/checkout", ["checkout.service"]),
        ("service/CheckOut", ["checkout.service"]),
        ("service/checkout.service", ["checkout.service"]),
        ("service/app", ["app@1.service", "app@2.service"]),
        ("service/app@2", ["app@2.service"]),
        ("service/mail", ["mail_1.service"]),
        ("service/nginx", ["nginx.service"]),
        ("systemd:unit/checkout.service", ["checkout.service"]),
        ("systemd:unit/app", []),
        ("service/systemd", []),
        ("service/none", []),
    ],
)
def test_name_means_the_nearest_units(ref, found):
    """A whole name before a part of one; the distribution's only by their whole names."""
    assert list(match_units(LOADED, Entity.parse(ref))) == found


def test_part_of_a_name_means_own_units_only():
    """`checkout` finds the worker where there is nothing else."""
    assert match_units(LOADED[1:], Entity.parse("service/checkout")) == ("checkout-worker.service",)


def test_scope_means_no_hosts_and_no_other_systems():
    """A container of that name is not a unit."""
    scope = make_scope("systemd:unit/a.service", "docker:container/b", "host/c", "service/d", "systemd:timer/e")

    assert [entity.name for entity in list_meant(scope)] == ["a.service", "d"]


def test_target_of_another_system_is_refused():
    """An action's target is a whole name."""
    assert get_unit(Entity.parse("systemd:unit/checkout")) == "checkout.service"
    for ref in ("docker:container/checkout", "systemd:timer/checkout", "systemd:unit/shop/checkout", "systemd:unit/-x"):
        with pytest.raises(UserError, match="is not a unit of systemd"):
            get_unit(Entity.parse(ref))


def test_name_with_a_colon_is_no_entity():
    """It could widen what a guardrail names."""
    assert find_entity("a:b.service") is None
    assert find_entity("app@1.service").ref == "systemd:unit/app@1.service"


def test_own_units_lie_where_people_put_them():
    """The distribution's lie elsewhere."""
    assert is_own(unit())
    assert is_own(unit(folder="/usr/local/lib/systemd/system"))
    assert not is_own(unit(folder="/usr/lib/systemd/system"))
    assert complete("a") == complete("a.service") == "a.service"


@pytest.mark.parametrize(
    ("state", "history", "expected"),
    [
        ({"ActiveState": "active"}, None, WorkloadPhase.RUNNING),
        ({"ActiveState": "reloading"}, None, WorkloadPhase.RUNNING),
        ({"ActiveState": "activating", "SubState": "start"}, None, WorkloadPhase.STARTING),
        ({"ActiveState": "activating", "SubState": "auto-restart"}, None, WorkloadPhase.CRASH_LOOP),
        ({"ActiveState": "activating", "SubState": "start", "NRestarts": "2"}, None, WorkloadPhase.CRASH_LOOP),
        ({"ActiveState": "failed", "NRestarts": "5"}, None, WorkloadPhase.CRASH_LOOP),
        ({"ActiveState": "failed", "NRestarts": "0"}, log(was_given_up=True), WorkloadPhase.CRASH_LOOP),
        ({"ActiveState": "failed", "NRestarts": "0"}, None, WorkloadPhase.EXITED),
        ({"ActiveState": "inactive"}, None, WorkloadPhase.STOPPED),
        ({"ActiveState": "inactive", "ExecMainStartTimestamp": STARTED_AT}, None, WorkloadPhase.UNKNOWN),
        ({"ActiveState": "inactive", "ExecMainStartTimestamp": STARTED_AT}, log(), WorkloadPhase.EXITED),
        (
            {"ActiveState": "inactive", "ExecMainStartTimestamp": STARTED_AT},
            log(was_stopped=True),
            WorkloadPhase.STOPPED,
        ),
        (
            {
                "ActiveState": "inactive",
                "ExecMainStartTimestamp": STARTED_AT,
                "Type": "oneshot",
                "Result": "success",
            },
            log(),
            WorkloadPhase.UNKNOWN,
        ),
        ({"ActiveState": "inactive", "TriggeredBy": "backup.timer"}, log(), WorkloadPhase.UNKNOWN),
        ({"ActiveState": "inactive", "TriggeredBy": "a.timer"}, log(was_stopped=True), WorkloadPhase.STOPPED),
        ({"ActiveState": "inactive", "TriggeredBy": "backup.socket"}, log(), WorkloadPhase.STOPPED),
        ({"ActiveState": "maintenance"}, None, WorkloadPhase.UNKNOWN),
    ],
)
def test_state_is_told_in_the_houses_words(state, history, expected):
    """By what systemd says, and by what its journal adds."""
    assert phase(history, **state) is expected


def test_unit_caught_alive_between_two_ends_is_in_a_crash_loop():
    """It is called running for the moment; one that somebody started, or that has lived on, is not."""
    alive = {"ActiveState": "active", "MainPID": "7", "ExecMainStartTimestamp": STARTED_AT}

    assert phase(**alive, NRestarts="3") is WorkloadPhase.CRASH_LOOP
    assert phase(log(80, 50, 20), **alive, NRestarts="1") is WorkloadPhase.CRASH_LOOP
    assert phase(log(80, 50, 20), **alive, NRestarts="0") is WorkloadPhase.RUNNING
    assert phase(**alive, NRestarts="1") is WorkloadPhase.RUNNING
    old = {**alive, "ExecMainStartTimestamp": "Mon 2026-11-23 11:00:00 UTC"}
    assert phase(**old, NRestarts="9") is WorkloadPhase.RUNNING


def test_life_changes_when_something_happens_only():
    """The run of somebody's start; a crash loop is one life whatever moment it is looked at."""
    first = tell_life(unit(ActiveState="active", InvocationID="a", NRestarts="0"))
    second = tell_life(unit(ActiveState="active", InvocationID="b", NRestarts="0"))
    loop = {
        tell_life(unit(ActiveState=state, InvocationID=run, NRestarts="2"))
        for state, run in (("active", "c"), ("activating", "d"), ("active", "e"))
    }

    assert (first, second) == ("a", "b")
    assert loop == {"crash_loop"}
    assert tell_life(unit(ActiveState="failed", NRestarts="2")) == "failed"


def test_unit_is_called_as_an_alert_says_where_it_is_that_or_an_instance_of_it():
    """One that is only called after it is another service."""
    shop = Entity.parse("service/Shop")

    assert is_called(["shop.service"], shop)
    assert is_called(["shop-worker.service", "shop@1.service"], shop)
    assert not is_called(["shop-worker.service", "shopping.service"], shop)
    assert not is_called(["app@2.service"], Entity(kind="service", name="app@1"))
