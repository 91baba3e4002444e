"""axe-core finds nothing to complain of, on any page, in both schemes, on a desk and on a phone.

axe is not ours to ship. Get it once, and say where it is:

    npm install axe-core && FERMATA_TEST_AXE=$PWD/node_modules/axe-core/axe.min.js make test
"""

import os
from pathlib import Path

import pytest
from tests.integration.web.conftest import DARK, DESKTOP, PHONE
from tests.unit.web import story
from tests.unit.web.house import make_view

from fermata.domain.model import AttemptOutcome
from fermata.testing.records import make_attempt

AXE = os.environ.get("FERMATA_TEST_AXE", "")
INCIDENT = f"/incidents/{story.INCIDENT_ID}"
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
    return house


@pytest.mark.parametrize("options", [DESKTOP, PHONE, DARK], ids=["desktop", "phone", "dark"])
async def test_nothing_to_complain_of(visit, full, axe, options):
    """All rules of WCAG 2.2 AA that a program can check, and axe's own advice; folds are open."""
    long = full.views[story.INCIDENT_ID].evidence[-1]
    complaints = []
    page = await visit("/", **options)

    for path in ("/", "/?q=nothing", INCIDENT, f"{INCIDENT}/evidence/{long.id}", "/journal", "/costs", "/halt", "/x",
                 "/login?token=x"):  # fmt: skip
        await page.goto(path)
        for fold in await page.locator("details").all():
            await fold.evaluate("fold => { fold.open = true }")
        await page.evaluate(axe)
        found = await page.evaluate(RUN)
        assert found["passes"] > 10, "axe looked at the page"
        complaints += [f"{path}: {violation}" for violation in found["violations"]]

    visit.complaints.clear()  # The 404 is one of the pages.
    assert complaints == []
