from datetime import timedelta

import pytest
from tests.unit.rules.signatures.notices import NoticedTown
from tests.unit.rules.signatures.town import NOW

from fermata.rules.metrics.series import Series
from fermata.rules.signatures.kubernetes_memory import MemoryPlan, plan_memory


class Starved(NoticedTown):
    """A town whose deployment `web` is killed for want of memory."""

    def die(self, limit="64Mi", *, declared="", requests=None, lived_s=20, restarts=3, reason="OOMKilled", times=True):
        """Add the deployment and its pod; `declared` is the limit of the template where it is another one."""
        self.deployment(spec={"containers": [self._describe(declared or limit, requests)]}).replica_set(existing=1)
        ended = {"reason": reason, "exitCode": 137}
        if times:
            ended["finishedAt"] = (NOW - timedelta(seconds=30)).isoformat()
            ended["startedAt"] = (NOW - timedelta(seconds=30 + lived_s)).isoformat()
        state = {"waiting": {"reason": "CrashLoopBackOff"}}
        status = {"name": "app", "restartCount": restarts, "state": state, "lastState": {"terminated": ended}}
        self.pod(node="n1", spec={"containers": [self._describe(limit, requests)]})
        self.bodies[-1]["status"] = {"phase": "Running", "containerStatuses": [status]}
        return self

    def earlier(self, limit):
        """Add an earlier revision with another limit."""
        template = {"spec": {"containers": [self._describe(limit, None)]}}
        self.replica_set("web-0", revision=0)
        self.bodies[-1]["spec"]["template"] = template
        return self

    def climb(self, service="web", metric="container_memory_working_set_bytes"):
        """Add a series that grows all the time until the kill, and starts again."""
        until = NOW.timestamp() - 30
        times = [until - 60.0 * ago for ago in range(47, -1, -1)]
        values = [1e7 + 1e6 * step for step in range(48)]
        self.series.append(Series(service, metric, times, values, id=f"{service}-{metric}"))
        return self

    def plan(self):
        """Return the plan for `web`."""
        cluster = self.build()
        return plan_memory(cluster, cluster.find("Deployment", "web", "shop"))

    @staticmethod
    def _describe(limit, requests):
        resources = {"limits": {"memory": limit}} if limit else {}
        return {"name": "app", "resources": resources | ({"requests": requests} if requests else {})}


@pytest.mark.parametrize(
    ("limit", "doubled"),
    [
        ("64Mi", "128Mi"),
        ("1G", "2G"),
        ("134217728", "268435456"),
        ("1.5Gi", "3072Mi"),
        ("100000k", "200000k"),
        ("64e6", "123Mi"),
    ],
)
def test_limit_is_doubled_in_its_own_unit(limit, doubled):
    """What is shown as a difference is easy to read; rare forms become whole MiB, never less than twice."""
    assert Starved().die(limit).plan() == MemoryPlan("app", doubled)


def test_limit_of_an_earlier_revision_counts_when_it_is_greater():
    """That much is known to have been enough."""
    assert Starved().die().earlier("512Mi").plan().limit == "512Mi"
    assert Starved().die().earlier("100Mi").plan().limit == "128Mi"


def test_nobody_was_killed():
    """No container, or one of another workload."""
    assert Starved().deployment().plan() is None
    assert Starved().die(reason="Error").plan() is None


@pytest.mark.parametrize("values", [{"limit": ""}, {"declared": "128Mi"}, {"limit": "0"}])
def test_limit_that_is_not_the_declared_one_is_not_doubled(values):
    """None at all, or one that somebody has raised since: the next kill is to be waited for."""
    assert Starved().die(**values).plan() is None


def test_kill_that_only_an_event_or_a_table_tells_names_no_container():
    """Which of them it was must be certain."""
    town = Starved().die(reason="Error").event("Pod", "web-1-a", "OOMKilling", "Memory cgroup out of memory: Killed 7")

    assert town.plan() is None


def test_killed_container_that_is_no_longer_declared_is_left_alone():
    """A sidecar that was injected has its limit from elsewhere."""
    town = Starved().die()
    town.bodies[0]["spec"]["template"]["spec"]["containers"][0]["name"] = "other"

    assert town.plan() is None


def test_slow_death_that_repeats_is_a_leak():
    """An hour from each start to each kill: more only postpones it."""
    plan = Starved().die(lived_s=4000).plan()

    assert (plan.limit, plan.objection) == (
        "",
        "app climbs to any limit, so that more only postpones the next kill",
    )
    assert Starved().die(lived_s=4000, restarts=1).plan().limit == "128Mi"
    assert Starved().die(times=False).plan().limit == "128Mi"


def test_memory_that_climbs_all_the_time_is_a_leak():
    """Its own memory, not another's, and not another measure."""
    assert "climbs to any limit" in Starved().die().climb().plan().objection
    assert "climbs to any limit" in Starved().die(times=False).climb().plan().objection
    assert Starved().die().climb("db").deployment("db").plan().limit == "128Mi"
    assert Starved().die().climb(metric="queue_length").plan().limit == "128Mi"


def test_want_of_room_is_said():
    """The quota forbids the new pods."""
    quota = {"hard": {"limits.memory": "128Mi"}, "used": {"limits.memory": "64Mi"}}

    plan = Starved().die().add("ResourceQuota", "team", status=quota).plan()

    assert plan == MemoryPlan(
        "app", objection="app would need 128Mi, and the quota team leaves 64 MiB of limits.memory"
    )


def test_container_that_requests_nothing_reserves_its_limit():
    """The API server takes the limit for the request then."""
    quota = {"hard": {"requests.memory": "128Mi"}, "used": {"requests.memory": "64Mi"}}
    town = Starved().die(requests={"memory": "32Mi"}).add("ResourceQuota", "team", status=quota)

    assert town.plan().limit == "128Mi"
    assert Starved().die(requests={"cpu": "1"}).add("ResourceQuota", "team", status=quota).plan().limit == ""
