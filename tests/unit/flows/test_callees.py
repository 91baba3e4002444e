"""What a log says that it got no answer from is looked at, too, where somebody knows the call."""

import pytest
from tests.unit.flows.stage import Scripted, make_alert

from fermata.domain.entity import Entity
from fermata.domain.evidence import Evidence, EvidenceKind, EvidenceLine
from fermata.flows.callees import COLLECTOR, MOST_CALLEES
from fermata.flows.look import look_at_alerts


class Logs(Scripted):
    """A host whose programs each have a log; what was asked is remembered."""

    name = "host.logs"

    def __init__(self, **lines):
        self.lines, self.asked = lines, []
        super().__init__(collectors=(self,))

    def wants(self, scope):
        """Want everything."""
        return True

    async def collect(self, scope):
        """Bring the log of what is named."""
        self.asked.append(scope.list_names())
        return [
            Evidence(
                incident_id=scope.incident_id,
                kind=EvidenceKind.LOGS,
                collector=self.name,
                entity=Entity(system="host", kind="process", name=name),
                title=name,
                query=name,
                observed_at=scope.window_end,
                fresh_until=scope.window_end,
                lines=(EvidenceLine(number=1, text=self.lines[name]),),
            )
            for name in scope.list_names()
            if name in self.lines
        ]


@pytest.fixture
def host():
    """Give a caller whose log names one of its two callees, in the letters of a variable."""
    return Logs(checkout="open(f'{CATALOG}/tea') failed", catalog="KeyError: 'tea'", mail="sent", tax="sent")


@pytest.fixture
def stage(build_stage, host):
    """Give a house that knows whom checkout calls."""
    stage = build_stage(host)
    stage.restart(topology=(("checkout", "catalog"), ("checkout", "mail"), ("web", "checkout")))
    return stage


def _list_said(view):
    return [gap.reason for gap in view.gaps if gap.collector == COLLECTOR]


async def test_callee_that_the_log_names_is_looked_at(stage, host):
    """The cause stands in the other's log; what is called and not named is left alone, and it is told."""
    view = await stage.hold(make_alert("Errors", "checkout"))

    assert host.asked == [("checkout",), ("checkout", "catalog")]
    assert {item.entity.name for item in view.evidence if item.collector == host.name} == {"checkout", "catalog"}
    assert _list_said(view) == ["the log names catalog, which is called from here: looked at, too"]


async def test_look_without_a_server_looks_at_the_same(stage, host):
    """`fermata investigate --alert` sees what the incident would."""
    view = await stage.hold(make_alert("Errors", "checkout"))
    host.asked.clear()

    await look_at_alerts(stage.context, view.alerts)

    assert host.asked[-1] == ("checkout", "catalog")


@pytest.mark.parametrize("text", ["refused", "open(f'{mail-relay}')", "web said 502"])
async def test_log_that_names_no_callee_asks_for_none(stage, host, text):
    """Who calls it is no callee, and `mail-relay` is not `mail`."""
    host.lines["checkout"] = text

    view = await stage.hold(make_alert("Errors", "checkout"))

    assert host.asked == [("checkout",)]
    assert _list_said(view) == []


async def test_callee_that_is_there_already_is_not_asked_again(stage, host):
    """An alert about both brings both."""
    await stage.hold(make_alert("Errors", "checkout") | {"labels": {"service": "checkout", "container": "catalog"}})

    assert len([names for names in host.asked if "catalog" in names]) == len(host.asked)


async def test_without_a_graph_none_is_guessed(build_stage, host):
    """A name in a log is a word."""
    await build_stage(host).hold(make_alert("Errors", "checkout"))

    assert host.asked == [("checkout",)]


async def test_many_are_cut_and_named(stage, host):
    """What is left out can be asked for."""
    names = ["catalog", "mail", "tax", "stock"]
    host.lines["checkout"] = " ".join(names)
    stage.restart(topology=tuple(("checkout", name) for name in names))

    view = await stage.hold(make_alert("Errors", "checkout"))

    assert host.asked[-1] == ("checkout", *names[:MOST_CALLEES])
    assert _list_said(view)[0].endswith("Named and not looked at: stock; see `fermata context stock`")
