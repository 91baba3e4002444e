"""An alert that names nothing that runs here, as an uptime monitor's: where little runs, all of it is looked at."""

import pytest
from tests.unit.flows.stage import Scripted, make_alert

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.domain.facts import StateFacts, WorkloadPhase
from fermata.domain.incident import IncidentState
from fermata.flows.unnamed import COLLECTOR, MOST_SERVICES, MOST_WIDE, WIDE_WITHIN
from fermata.kit.errors import OperationalError


class Host(Scripted):
    """A host of a few programs, each of which answers to its name; what was asked is remembered."""

    name = "host.state"

    def __init__(self, *services):
        self.services, self.asked, self.fails = services, [], None
        super().__init__(collectors=(self,))

    def wants(self, scope):
        """Want everything."""
        return True

    async def list_services(self):
        """Tell what runs, or fail."""
        if self.fails:
            raise self.fails
        return self.services

    async def collect(self, scope):
        """Bring the state of what is named."""
        self.asked.append(scope.list_names())
        return [
            Evidence(
                incident_id=scope.incident_id,
                kind=EvidenceKind.STATE,
                collector=self.name,
                entity=Entity(system="host", kind="process", name=name),
                title=name,
                query=name,
                observed_at=scope.window_end,
                fresh_until=scope.window_end,
                lines=(EvidenceLine(number=1, text=f"{name} runs"),),
                facts=StateFacts(phase=WorkloadPhase.RUNNING, system_state="RUNNING").to_json(),
            )
            for name in scope.list_names()
            if name in self.services
        ]


class Containers(Host):
    """An engine's: none of its containers is a host."""

    async def collect(self, scope):
        """Bring the state of what is named as a service."""
        return await super().collect(
            scope.model_copy(update={"entities": tuple(one for one in scope.entities if one.kind != "host")})
        )


@pytest.fixture
def host():
    """Give a host of two programs."""
    return Host("web", "worker")


@pytest.fixture
def stage(build_stage, host):
    """Give a house with that host."""
    return build_stage(host)


def _list_said(view):
    return [gap.reason for gap in view.gaps if gap.collector == COLLECTOR]


async def test_alert_that_names_nothing_known_is_about_all_that_runs(stage, host):
    """What a monitor is called is no name of a process: all are looked at, and the card says why and what to do."""
    view = await stage.hold(make_alert("Down", "Homepage"))

    assert host.asked == [("Homepage",), ("Homepage", "web", "worker")]
    assert {item.entity.name for item in view.evidence if item.collector == host.name} == {"web", "worker"}
    (said,) = _list_said(view)
    assert said.startswith("nothing that answered is called Homepage, so all that is known was looked at: web, worker")
    assert said.endswith("Name the one that is meant in the alert, as its label or tag `service`")
    assert "Get what" not in view.card.to_text()


@pytest.mark.parametrize(
    ("title", "service"),
    [
        ("[FIRING:1] HighErrorRate worker", ""),
        ("Worker is down", ""),
        ("Down", "Worker is down"),
        ("Down", "http://worker:8000/healthz"),
    ],
)
async def test_service_that_stands_in_the_alerts_words_is_looked_at(stage, host, title, service):
    """What people write as a name holds the service's: it is that one, and no other."""
    view = await stage.hold(make_alert(title, service))

    assert host.asked[-1][-1] == "worker"
    assert not any("web" in names for names in host.asked)
    (said,) = _list_said(view)
    assert "its words speak of worker, so that was looked at. If another is meant, name it" in said


async def test_host_that_is_called_as_a_service_is_not_said_to_be_unknown(build_stage):
    """Scraped in a network of containers, an instance is the service's name: that is what its words speak of."""
    stage = build_stage(Containers("web", "worker"))
    view = await stage.hold({**make_alert(), "labels": {"alertname": "Down", "instance": "worker:8000"}})

    (said,) = _list_said(view)
    assert said.startswith("the alert names no service; its words speak of worker")


async def test_longer_name_and_a_part_of_an_address_are_no_words(stage, host):
    """`web-shop` is not `web`, nor is the domain `web.example`."""
    await stage.hold(make_alert("web-shop is down", "my.web"))

    assert host.asked[-1][-2:] == ("web", "worker")


async def test_plan_is_held_for_the_one_that_the_alerts_name_speaks_of(build_stage):
    """`checkout is down` names it; a sentence beside another name does not."""
    called, beside = build_stage(Host("checkout")), build_stage(Host("checkout"))
    told = make_alert("Nightly backup failed", "backup") | {"annotations": {"summary": "after a word with checkout"}}

    view = await called.hold(make_alert("checkout is down", ""))
    doubted = await beside.hold(told)

    assert view.incident.state is IncidentState.HELD
    assert (doubted.incident.state, doubted.proposal) == (IncidentState.NEEDS_PERSON, None)
    assert "its words speak of checkout" in _list_said(doubted)[0]


async def test_alert_without_a_service_says_that_it_names_none(stage, host):
    """A script may send a title alone."""
    view = await stage.hold({**make_alert(), "labels": {"alertname": "Down"}})

    assert host.asked[-1] == ("web", "worker")
    assert _list_said(view)[0].startswith("the alert names no service, so")


async def test_alert_that_names_what_runs_is_about_that_alone(stage, host):
    """A process of that name answers: nobody else is drawn in."""
    view = await stage.hold(make_alert("Down", "web"))

    assert host.asked == [("web",)]
    assert _list_said(view) == []


async def test_known_service_of_which_nothing_is_found_is_no_stranger(stage, host):
    """A name of the settings is known, whatever runs."""
    host.services = ("backup", "web")
    host.collect = _find_nothing

    view = await stage.hold(make_alert("Down", "Backup"))

    assert _list_said(view) == []


async def _find_nothing(scope):
    return ()


async def test_larger_house_is_not_looked_at_whole(stage, host):
    """Where much runs, something else always fails as well: the card asks for a name instead."""
    host.services = tuple(f"service-{number}" for number in range(MOST_SERVICES + 1))

    view = await stage.hold(make_alert("Down", "Homepage"))

    assert host.asked == [("Homepage",)]
    (said,) = _list_said(view)
    assert said.startswith("nothing that answered is called Homepage. Name one in the alert")
    assert said.endswith("service-7, ...")


async def test_storm_of_such_alerts_looks_at_all_that_runs_a_few_times(stage, host):
    """Each would be the same look, of a host that ails: the later cards name where it stands, until it has passed."""
    for number in range(MOST_WIDE + 2):
        await stage.send(make_alert("Down", f"Monitor {number}"))
    await stage.engine.drain()
    stage.clock.advance(WIDE_WITHIN)
    later = await stage.hold(make_alert("Down", "Homepage"))

    assert len([names for names in host.asked if "web" in names]) == MOST_WIDE + 1
    assert "so all that is known was looked at" in _list_said(later)[0]
    said = [_list_said(await stage.show(one.id))[0] for one in (await stage.house.readings.list_incidents())]
    assert len([text for text in said if "see the cards of the alerts before" in text]) == 2


async def test_system_that_cannot_tell_what_it_runs_costs_nothing_else(stage, host):
    """Nothing is known then, and nothing is said."""
    host.fails = OperationalError("Nobody answers", why="a test")

    view = await stage.hold(make_alert("Down", "Homepage"))

    assert host.asked == [("Homepage",)]
    assert _list_said(view) == []


class Once:
    """Tells of a database the first time it is asked, and is late from then on."""

    name = "store.state"
    asked = 0

    def wants(self, scope):
        """Want everything."""
        return True

    async def collect(self, scope):
        """Bring the database, once."""
        self.asked += 1
        if self.asked > 1:
            raise OperationalError("timed out", why="a test")
        (web,) = await Host("web").collect(scope.model_copy(update={"entities": (Entity(kind="service", name="web"),)}))
        entity = Entity(system="store", kind="database", name="orders")
        return [Evidence(**(dict(web) | {"collector": self.name, "entity": entity}))]


async def test_what_was_found_the_first_time_is_kept_where_nobody_tells_it_again(build_stage, host):
    """A second question to a busy system may find it late."""
    host._collectors = (host, Once())

    view = await build_stage(host).hold(make_alert("Down", "Homepage"))

    assert {item.entity.name for item in view.evidence} >= {"orders", "web", "worker"}


async def test_no_plan_is_held_for_what_the_alert_never_named(build_stage):
    """`Nightly backup failed` beside a sick checkout: that is told, with what fits it, and a person acts."""
    stage = build_stage(Host("checkout"))

    stranger = await stage.hold(make_alert("Nightly backup failed", "backup"))
    named = await stage.hold(make_alert("CheckoutDown", "checkout"))

    assert stranger.diagnosis.leading.cause == named.diagnosis.leading.cause
    assert (stranger.incident.state, stranger.proposal) == (IncidentState.NEEDS_PERSON, None)
    said = stranger.card.to_text()
    assert "the alert names nothing that runs here, so that this may be another trouble than its own" in said
    assert "If it is the same: rehearsal.set_memory_limit on rehearsal:process/checkout by hand" in said
    assert named.incident.state is IncidentState.HELD
