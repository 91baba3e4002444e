"""axe-core finds nothing to complain of, on any page, in both schemes, on a desk and on a phone.

axe is not ours to ship. Get it once, and say where it is:

    npm install axe-core && FERMATA_TEST_AXE=$PWD/node_modules/axe-core/axe.min.js make test
"""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.web.conftest import DARK, DESKTOP, PHONE
from tests.unit.web import story
from tests.unit.web.house import make_view

from fermata.domain.model import AttemptOutcome
from fermata.domain.postmortem import Postmortem
from fermata.kit.clock import format_instant
from fermata.testing.records import make_attempt

AXE = os.environ.get("FERMATA_TEST_AXE", "")
INCIDENT = f"/incidents/{story.INCIDENT_ID}"
POSTMORTEM = f"/postmortems/{story.INCIDENT_ID}"
TEXT = """# Post-mortem: Checkout

## Timeline

| UTC | who | what | source |
|---|---|---|---|
| 12:01:00 | ana | **Down** | [message](#src-m1) |

## Actions

<!-- Candidates. -->

- [ ] Add an alert [message](#src-m1)

## Left out

<details>
<summary>1 message</summary>

- [ ] bob *(another incident)* <!-- keep m2 -->

</details>
"""
RUN = """async () => {
  const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  const found = await axe.run(document, {runOnly: rules});
  return {passes: found.passes.length, violations: found.violations.map(
    rule => `${rule.impact} ${rule.id}: ${rule.nodes.map(node => node.target.join(" ")).join(", ")}`)};
}"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not AXE, reason="npm install axe-core, and FERMATA_TEST_AXE=.../axe-core/axe.min.js"),
]


@pytest.fixture(scope="module")
def axe():
    """Give axe's source."""
    return Path(AXE).read_text(encoding="utf-8")


def make_postmortem():
    """Give one with every part that its page has."""
    said = {
        "kind": "message",
        "at": "2026-11-23T12:01:00.000Z",
        "who": "ana",
        "text": "it is down",
        "url": "https://x.example",
    }
    points = [float(minute > 20) for minute in range(60)]
    times = [story.NOW.timestamp() + 60 * minute for minute in range(60)]
    metric = {
        "kind": "metric",
        "at": "",
        "text": "errors",
        "url": "",
        "query": "rate(x[1m])",
        "unit": "/s",
        "times": times,
    }
    began = {"started": format_instant(story.NOW), "mitigated": format_instant(story.NOW + timedelta(minutes=40))}
    return Postmortem(
        incident_id=story.INCIDENT_ID, version=2, base="x", text=TEXT, draft={"timeline": [], "key_times": began},
        sources={"m1": said, "m2": said, "q": metric | {"values": points}}, generated_at=story.NOW,
        updated_at=story.NOW, updated_by="ada",
    )  # fmt: skip


@pytest.fixture
def full(house):
    """Fill the house, so that every part of every page is there."""
    evidence = story.make_all_evidence()
    call = make_attempt("a", cost_usd="0.25", at=story.NOW, outcome=AttemptOutcome.OK, is_estimated=False)
    diagnosis = story.make_diagnosis(evidence[0], evidence[1])
    house.views[story.INCIDENT_ID] = make_view(evidence=evidence, diagnosis=diagnosis).model_copy(
        update={"costs": (call,)}
    )
    house.spent = (call,)
    house.postmortems.found = make_postmortem()
    return house


@pytest.mark.parametrize("options", [DESKTOP, PHONE, DARK], ids=["desktop", "phone", "dark"])
async def test_nothing_to_complain_of(visit, full, axe, options):
    """All rules of WCAG 2.2 AA that a program can check, and axe's own advice; folds are open."""
    long = full.views[story.INCIDENT_ID].evidence[-1]
    complaints = []
    page = await visit("/", **options)

    for path in ("/", "/?q=nothing", INCIDENT, f"{INCIDENT}/evidence/{long.id}", "/journal", "/costs", "/halt", "/x",
                 POSTMORTEM, f"{POSTMORTEM}/ticket?item=own-1", "/login?token=x"):  # fmt: skip
        await page.goto(path)
        for fold in await page.locator("details").all():
            await fold.evaluate("fold => { fold.open = true }")
        await page.evaluate(axe)
        found = await page.evaluate(RUN)
        assert found["passes"] > 10, "axe looked at the page"
        complaints += [f"{path}: {violation}" for violation in found["violations"]]

    visit.complaints.clear()  # The 404 is one of the pages.
    assert complaints == []
