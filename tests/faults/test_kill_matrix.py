"""The kill matrix: kill -9 at every point of the main job, on both stores; start again; look whether all is well."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.faults.scenery import ONCE, Scenery
from tests.fixtures.stores import POSTGRES

pytestmark = pytest.mark.kill
LEASE_S = 1.0
LANES = 3
"""Plays at once: they mostly wait, and two cores are enough for three."""
STEPS = {
    "investigate": ("begin", "gather", "diagnose", "hold", "analyse", "propose"),
    "remediate": ("check", "baseline", "action-0", "verify", "conclude"),
}
WRITES = {"gather": 2, "hold": 0, "analyse": 0, "baseline": 0, "action-0": 2}
UNDONE = ("commit:remediate:action-0:1:after", "effect:before")
"""Killed between the intent and the effect: it did not happen, is not tried again, and a person is told."""


def list_points():
    """Give every point of the main job, in order."""
    points = [f"commit:{place}:1:{when}" for place in ("intake-firing", "decision") for when in ("before", "after")]
    for leg, steps in STEPS.items():
        for step in steps:
            points.append(f"step:{leg}:{step}:begin")
            for number in range(1, WRITES.get(step, 1) + 1):
                points += [f"commit:{leg}:{step}:{number}:{when}" for when in ("before", "after")]
            points += [f"step:{leg}:{step}:end", f"step:{leg}:{step}:after"]
    points += [f"{place}:{when}" for place in ("effect", "card") for when in ("before", "after")]
    return points + [f"commit:intake-resolved:1:{when}" for when in ("before", "after")]


POINTS = list_points()


def play(company, stages, point):
    """Kill at the point, twice if the second life passes it again; then live to the end.

    Returns:
        The stage, and the exit status of each life.
    """
    scenery, url = stages.make()
    scenery.add_workloads()
    # A start waits for a lease, until it is sure that the one before it is dead.
    statuses = [company.start(scenery.folder, url, kill=point, lease_s=LEASE_S).wait() for _ in range(2)]
    if statuses[-1]:
        statuses.append(company.start(scenery.folder, url, lease_s=LEASE_S).wait())
    return scenery, statuses


@pytest.fixture(scope="module")
def plays(request, company):
    """Give the plays that were chosen, several at once, as futures by store and point."""
    chosen = [item.callspec.params for item in request.session.items if "plays" in getattr(item, "fixturenames", ())]
    with ThreadPoolExecutor(LANES) as pool:
        yield {
            (params["kind"], params["point"]): pool.submit(
                play, company, request.getfixturevalue(f"{params['kind']}_stages"), params["point"]
            )
            for params in chosen
        }


def read_report(scenery: Scenery):
    """Give what the last life wrote, checked for everything that holds after any crash at all."""
    report = json.loads((scenery.folder / "local.report").read_text())
    assert report["unfinished"] == report["failed"] == []
    assert report["unsettled"] == report["undelivered"] == 0
    assert report["journal_holds"]
    return report


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("kind", ["sqlite", POSTGRES])
def test_killed_anywhere_it_loses_and_doubles_nothing(kind, point, plays):
    """One alert, one incident, one effect and one message, whatever moment the process died at."""
    scenery, statuses = plays[kind, point].result()

    assert (statuses[0], statuses[-1]) == (-9, 0), (scenery.folder / "log").read_text()
    report = read_report(scenery)
    (incident,) = report["incidents"]
    assert list(report["alerts"]) == incident["alerts"]
    assert {kind: report["kinds"].count(kind) for kind in ONCE} == dict.fromkeys(ONCE, 1)
    (message,) = scenery.messages
    assert message.key == incident["id"]
    # A card is delivered beside the legs, so its points may fall on any moment of them.
    if point in UNDONE or (point.startswith("card:") and not scenery.marks["checkout"]):
        assert (scenery.marks, incident["state"]) == ({"checkout": ()}, "needs_person")
        assert "did not happen" in incident["words"]
        assert incident["words"] in message.text
        assert (report["kinds"].count("action.failed"), report["kinds"].count("execution.ended")) == (1, 1)
    else:
        assert (len(scenery.marks["checkout"]), incident["state"]) == (1, "resolved")
        assert "Verified: restored" in message.text
        assert (report["kinds"].count("action.executed"), report["kinds"].count("execution.verified")) == (1, 1)


def test_every_point_of_the_main_job_is_in_the_matrix(company, sqlite_stages):
    """A new step or a new write of a leg is a new place to die at: the list of points must name it."""
    scenery, url = sqlite_stages.make()
    scenery.add_workloads()

    company.start(scenery.folder, url, record=True).wait()

    assert set(read_report(scenery)["points"]) == set(POINTS)
