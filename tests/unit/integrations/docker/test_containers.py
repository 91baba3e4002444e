from datetime import UTC, datetime, timedelta

import pytest

from fermata.domain.entity import Entity
from fermata.domain.facts import WorkloadPhase
from fermata.integrations.docker.containers import (
    find_entity,
    get_image_name,
    is_set_aside,
    is_wanted,
    judge_phase,
    list_endings,
    list_inner_kills,
    match_containers,
    name_aside,
    parse_instant,
    require_container,
    tell_life,
)
from fermata.integrations.docker.wire import Event, Inspected, Listed, MemoryStats
from fermata.kit.errors import UserError
from fermata.testing.records import make_scope

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ID = "c0ffee" * 10 + "c0de"


def listed(name, *, service="", project="", image="", number=1, **labels):
    """Give a container as the list has it."""
    labels |= {
        f"com.docker.compose.{key}": value for key, value in (("service", service), ("project", project)) if value
    }
    names = [f"/{name}", f"/other/{name}"]
    return Listed.model_validate({"Id": f"{number:064x}", "Names": names, "Image": image, "Labels": labels or None})


HOST = [
    listed("shop-checkout-1", service="checkout", project="shop", image="registry:5000/team/checkout:2", number=1),
    listed("shop-checkout-2", service="checkout", project="shop", image="registry:5000/team/checkout:2", number=2),
    listed("shop-checkout-1.fermata-0123456789ab", service="checkout", project="shop", number=3),
    listed("db", image="postgres@sha256:" + "a" * 64, number=4),
    listed("mail_1", number=5),
    listed("mail_2", number=6),
    listed("worker-blue", image="sha256:" + "b" * 64, number=7),
    listed("cafe00cafe00", number=0xABCDEF),
    listed("0123456789ab_tea-reviews-1", service="reviews", number=9),
    listed("tea-reviews-1", service="reviews", number=10),
    listed("0123456789ab_tea-stock-1", service="stock", number=11),
]


@pytest.mark.parametrize(
    ("refs", "expected"),
    [
        (["service/checkout"], ["shop-checkout-1", "shop-checkout-2"]),
        (["container/SHOP-checkout-2"], ["shop-checkout-2"]),
        (["docker:container/checkout/shop-checkout-2"], ["shop-checkout-2"]),
        (["service/shop"], ["shop-checkout-1", "shop-checkout-2"]),
        (["service/postgres"], ["db"]),
        (["service/mail"], ["mail_1", "mail_2"]),
        (["service/worker"], ["worker-blue"]),
        ([f"container/{4:064x}"], ["db"]),
        ([f"container/{0xABCDEF:064x}"], ["cafe00cafe00"]),
        (["service/db", "service/checkout"], ["db", "shop-checkout-1", "shop-checkout-2"]),
        (["service/reviews"], ["tea-reviews-1"]),
        (["service/stock"], ["0123456789ab_tea-stock-1"]),
        (["service/check"], []),
        (["docker:container/check"], []),
        (["host/db", "kubernetes:pod/db"], []),
        (["docker:container/shop-checkout-1.fermata-0123456789ab"], []),
    ],
)
def test_names_of_a_scope_find_containers(refs, expected):
    """Name or id, then service, number, beginning, image, project; never a host, another system, or one set aside."""
    found = match_containers(HOST, make_scope(*refs))

    assert [one.name for one in found] == expected
    assert is_wanted(make_scope(*refs)) is not (refs == ["host/db", "kubernetes:pod/db"])


def test_one_off_run_is_no_instance_of_its_service():
    """`docker compose run checkout sh` is somebody's shell."""
    oneoff = listed("shop-checkout-run-1", service="checkout", project="shop", **{"com.docker.compose.oneoff": "True"})

    assert oneoff.service == ""


def test_container_without_a_name_of_its_own_goes_by_its_id():
    """Engines give names; what listens on the socket may not."""
    assert Listed.model_validate({"Id": ID, "Names": None}).name == ID[:12]


def test_service_is_the_namespace_where_it_has_another_name():
    """So that an alert about the service means its containers, and a guardrail can name them together."""
    assert find_entity("shop-checkout-1", "checkout").ref == "docker:container/checkout/shop-checkout-1"
    assert find_entity("checkout", "checkout").ref == "docker:container/checkout"
    assert find_entity("db", "").ref == "docker:container/db"
    assert find_entity("a*b", "") is None


@pytest.mark.parametrize("ref", ["service/checkout", "docker:image/checkout", "supervisor:process/checkout"])
def test_target_of_another_kind_is_refused(ref):
    """An action on containers acts on containers."""
    with pytest.raises(UserError, match="is not a container"):
        require_container(Entity.parse(ref))


def test_name_set_aside_is_recognised():
    """What was set aside is never taken for the service again."""
    aside = name_aside("shop-checkout-1", "act-1.0123456789ab")

    assert aside == "shop-checkout-1.fermata-0123456789ab"
    assert is_set_aside(aside)
    assert not is_set_aside("shop-checkout-1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-23T12:00:00.123456789Z", NOON + timedelta(microseconds=123456)),
        ("2026-11-23T12:00:00Z", NOON),
        ("2026-11-23T13:00:00.5+01:00", NOON + timedelta(milliseconds=500)),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_instants_are_read_as_the_engine_writes_them(text, expected):
    """Nanoseconds, any zone, and the year 1 for never."""
    assert parse_instant(text) == expected


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("registry:5000/team/checkout:2", "checkout"),
        ("checkout", "checkout"),
        ("a/b@sha256:00", "b"),
        ("sha256:00", ""),
    ],
)
def test_image_is_known_by_its_last_part(image, name):
    """Registry, team, tag and digest are not its name."""
    assert get_image_name(image) == name


def event(action, seconds, exit_code=None, container=ID):
    """Give an event some seconds after noon."""
    attributes = {"name": "x"} | ({"exitCode": str(exit_code)} if exit_code is not None else {})
    nano = int((NOON + timedelta(seconds=seconds)).timestamp() * 1e9)
    return Event.model_validate(
        {"Action": action, "Actor": {"ID": container, "Attributes": attributes}, "timeNano": nano}
    )


def test_ends_are_told_apart_by_what_came_before():
    """A kill by somebody, a kill by the kernel, an end by itself; another container's are not its own."""
    events = [
        *(event("start", 0), event("oom", 1), event("die", 1, 137)),
        *(event("start", 2), event("kill", 3), event("die", 3, 143), event("stop", 3)),
        *(event("start", 4), event("die", 5, 1, container="other"), event("die", 6, 1)),
    ]

    endings = list_endings(events, ID)

    assert [(e.exit_code, e.was_asked, e.is_out_of_memory) for e in endings] == [
        (137, False, True),
        (143, True, False),
        (1, False, False),
    ]


def test_kills_within_a_container_that_went_on_are_no_ends():
    """The kernel killed what it had started; what ended with it, and what an earlier run saw, is told elsewhere."""
    earlier = [event("start", 0), event("oom", 1), event("die", 1, 137), event("start", 2)]
    present = [event("oom", 3), event("oom", 4, container="other"), event("oom", 5)]

    assert list_inner_kills([*earlier, *present], ID) == (NOON + timedelta(seconds=3), NOON + timedelta(seconds=5))
    assert list_inner_kills(earlier, ID) == ()


def inspected(status, *, started=-5, restarts=0, **state):
    """Give an inspected container; times in seconds from noon."""
    at = (NOON + timedelta(seconds=started)).isoformat().replace("+00:00", "Z")
    return Inspected.model_validate(
        {
            "Id": ID,
            "Name": "/x",
            "RestartCount": restarts,
            "HostConfig": {},
            "Config": {},
            "State": {"Status": status, "StartedAt": at, **state},
        }
    )


@pytest.mark.parametrize(
    ("container", "events", "phase"),
    [
        (inspected("running"), [], WorkloadPhase.RUNNING),
        (inspected("running", Health={"Status": "starting"}), [], WorkloadPhase.STARTING),
        (inspected("running", Health={"Status": "unhealthy"}), [], WorkloadPhase.RUNNING),
        (inspected("restarting"), [], WorkloadPhase.CRASH_LOOP),
        (inspected("created"), [], WorkloadPhase.STOPPED),
        (inspected("created", Error="bind: address already in use"), [], WorkloadPhase.EXITED),
        (inspected("restarting", Error="no such file"), [], WorkloadPhase.CRASH_LOOP),
        (inspected("running", Error="of an earlier try"), [], WorkloadPhase.RUNNING),
        (inspected("running"), [event("die", -n, 1) for n in (60, 40, 20)], WorkloadPhase.CRASH_LOOP),
        (inspected("running", restarts=3), [], WorkloadPhase.CRASH_LOOP),
        (inspected("running", restarts=30, started=-60), [], WorkloadPhase.RUNNING),
        (inspected("exited"), [event("die", -1, 1)], WorkloadPhase.EXITED),
        (inspected("exited"), [event("kill", -2), event("die", -1, 137)], WorkloadPhase.STOPPED),
        (inspected("exited", OOMKilled=True), [event("kill", -2), event("die", -1, 137)], WorkloadPhase.EXITED),
        (inspected("exited"), [], WorkloadPhase.EXITED),
        (inspected("paused"), [], WorkloadPhase.STOPPED),
        (inspected("dead"), [], WorkloadPhase.EXITED),
        (inspected("levitating"), [], WorkloadPhase.UNKNOWN),
    ],
)
def test_phase_is_judged_from_state_and_ends(container, events, phase):
    """A moment alive between many ends is a crash loop; an end that was asked for is a stop."""
    assert judge_phase(container, list_endings(events, ID), NOON) is phase


@pytest.mark.parametrize(
    ("stats", "used"),
    [
        ({"usage": 100, "stats": {"total_inactive_file": 30, "inactive_file": 5}}, 70),
        ({"usage": 100, "stats": {"inactive_file": 30}}, 70),
        ({"usage": 100, "stats": {"inactive_file": 300}}, 100),
        ({"usage": 100, "stats": None}, 100),
        ({}, None),
    ],
)
def test_droppable_cache_is_not_counted(stats, used):
    """The kernel gives it back before it kills: both cgroup versions, as `docker stats` counts."""
    assert MemoryStats.model_validate(stats).used == used


def test_life_of_a_container_is_its_start_unless_the_policy_gave_it():
    """Time changes no version; a crash loop is one life, and a start by somebody is a new one."""

    def inspected(status, restarts=0, started="2026-11-23T11:00:00Z"):
        state = {"Status": status, "StartedAt": started, "Health": {"Status": "starting"}}
        wire = {"Id": ID, "Name": "/checkout", "RestartCount": restarts, "State": state, "HostConfig": {}, "Config": {}}
        return tell_life(Inspected.model_validate(wire))

    assert inspected("running") == "2026-11-23T11:00:00Z"
    assert inspected("running", 1) == inspected("running", 9, "2026-11-23T12:00:00Z") == inspected("restarting", 4)
    assert len({inspected("running"), inspected("running", 1), inspected("exited"), inspected("paused")}) == 4
