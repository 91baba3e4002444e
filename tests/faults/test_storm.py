"""Twenty alerts, people who click twice, and kill -9 at random moments until everything has come to its end."""

import json
import random
import time
from contextlib import suppress

import pytest
from tests.fixtures.stores import POSTGRES

pytestmark = pytest.mark.kill
ALERTS = 20
STORM_S = 8.0
"""How long it is killed before it may live on: ten to twenty lives."""


@pytest.mark.parametrize("kind", ["sqlite", POSTGRES])
def test_storm_of_kills_loses_doubles_and_strands_nothing(request, kind, company):
    """Every alert has its one incident, at most one effect, one message, and an end that is told in words."""
    scenery, url = request.getfixturevalue(f"{kind}_stages").make()
    names = [f"shop{number}" for number in range(ALERTS)]
    scenery.add_workloads(*names)
    # Lives differ from run to run; what must hold does not.
    chance = random.Random()  # noqa: S311 - moments, not secrets
    kills = 0

    fires = {"began": time.time(), "apart_s": STORM_S / ALERTS}

    while time.time() - fires["began"] < STORM_S:
        # By its own hand in the middle of something, or from outside at any moment, whatever comes first.
        actor = company.start(scenery.folder, url, hasty=True, kill_after=chance.randint(1, 60), **fires)
        with suppress(TimeoutError):
            actor.wait(chance.uniform(0.3, 1.5))
        actor.end()
        kills += 1
    survivor = company.start(scenery.folder, url, hasty=True)

    assert survivor.wait() == 0, (scenery.folder / "log").read_text()
    report = survivor.report
    assert kills > 5
    assert report["unfinished"] == report["failed"] == []
    assert report["unsettled"] == report["undelivered"] == 0
    assert report["journal_holds"]
    assert sorted(incident["service"] for incident in report["incidents"]) == sorted(names)
    assert len(report["alerts"]) == ALERTS
    marks = scenery.marks
    for incident in report["incidents"]:
        effects = len(marks[incident["service"]])
        if effects:
            assert (effects, incident["state"]) == (1, "resolved"), json.dumps(incident)
        else:
            assert incident["state"] == "needs_person", json.dumps(incident)
            assert "did not happen" in incident["words"], json.dumps(incident)
    assert sorted(message.key for message in scenery.messages) == sorted(i["id"] for i in report["incidents"])
    assert report["kinds"].count("action.intended") == report["kinds"].count("execution.started") == ALERTS
