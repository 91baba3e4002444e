"""Rehearsals on the page, behind it the real house: seen, approved, refused, stopped."""

from datetime import UTC, date, datetime

import pytest
from tests.integration.web.conftest import browse, serving_app
from tests.integration.web.test_real_house import SETTINGS, sign_in

from fermata.bootstrap import open_house
from fermata.domain.held_experiment import ExperimentApproval, ExperimentState
from fermata.flows.experiments.stopping import find_request
from fermata.settings import load_settings
from fermata.testing.experiments import make_held, make_result

POLICY = """\
policy:
  guardrails:
    - {id: rail, actions: ["faultproxy.*"], resources: ["faultproxy:service/*"], approvers: {roles: [oncall]}}
"""
APPROVAL = ExperimentApproval(
    person_id="ada",
    role="oncall",
    channel="page",
    digest="sha256:00",
    approved_at=datetime(2026, 11, 26, tzinfo=UTC),
    expires_at=datetime(2100, 1, 2, tzinfo=UTC),
)


@pytest.fixture
async def real(tmp_path):
    """Serve a real house on a fresh store; give it with a client of its page, and the secret of Ada's forms."""
    file = tmp_path / "fermata.yaml"
    file.write_text(SETTINGS.format(root=tmp_path) + POLICY)
    house = open_house(load_settings(file, {"ALERT_TOKEN": "token", "ALERT_SECRET": "secret"}))
    async with serving_app(house) as port, browse(port) as http:
        yield house, http, await sign_in(house, http)


async def add(house, held_id="exp-1", result=None, **changes):
    """Add a row that waits, for another process to run."""
    now = house.context.clock.now()
    values = {"runner": "elsewhere:1:aa", "proposed_at": now, "expires_at": now.replace(year=2100)}
    held = make_held(held_id, **(values | changes))
    await house.store.write(lambda transaction: transaction.experiments.add(held))
    if result is not None:
        await house.store.write(lambda transaction: transaction.experiments.save_result(held_id, result))
    return held


async def test_list_names_each_rehearsal(real):
    """With its state or verdict; before there is one it says how to get one."""
    house, http, _ = real
    assert "There are no rehearsals yet" in (await http.get("/experiments")).text
    await add(house)

    page = (await http.get("/experiments")).text

    assert '<a href="/experiments/exp-1">payment answers late</a>' in page
    assert '<td data-of="Is">proposed</td>' in page


async def test_page_says_how_much_is_done_and_what_ends_it(real):
    """In words, not only in the JSON: a person approves it here."""
    house, http, _ = real
    await add(house)

    page = (await http.get("/experiments/exp-1")).text

    assert "latency_ms 2000.0" in page
    assert "<dt>Ends early when</dt><dd>refund suffers</dd>" in page
    assert "(the fault is expected here)" in page


async def test_approval_is_bound_to_what_the_page_showed(real):
    """Another digest does not count; the one of the page does, and a second click hears what happened."""
    house, http, csrf = real
    held = await add(house)
    page = (await http.get("/experiments/exp-1")).text
    assert f'name="shown_digest" value="{held.digest}"' in page

    for digest, words in (
        ("sha256:00", "Not counted: what was shown"),
        (held.digest, "Approved by ada."),
        (held.digest, "Not counted: it is approved already by ada"),
    ):
        form = {"csrf": csrf, "shown_digest": digest}
        answer = await http.post("/experiments/exp-1/approve", data=form)
        assert answer.status_code == 303
        assert words in (await http.get("/experiments/exp-1")).text

    approved = (await house.experiments.show("exp-1")).held
    assert approved.state is ExperimentState.APPROVED
    assert [item.channel for item in approved.approvals] == ["page"]


async def test_rejection_keeps_its_reason(real):
    """It is over."""
    house, http, csrf = real
    held = await add(house)

    form = {"csrf": csrf, "shown_digest": held.digest, "reason": "not today"}
    await http.post("/experiments/exp-1/reject", data=form)

    assert "Rejected by ada: not today" in (await http.get("/experiments/exp-1")).text


async def test_standing_approval_is_withdrawn_on_its_page(real):
    """Until its last day; the page does not reload below the reason."""
    house, http, csrf = real
    held = await add(house, scheduled_until=date(2100, 1, 1), approvals=(APPROVAL,), state=ExperimentState.APPROVED)
    page = (await http.get("/experiments/exp-1")).text
    assert "for each slot until 2100-01-01" in page
    assert "Withdraw it" in page
    assert 'http-equiv="refresh"' not in page

    form = {"csrf": csrf, "shown_digest": held.digest, "reason": "not today"}
    await http.post("/experiments/exp-1/reject", data=form)

    assert "Withdrawn by ada: not today" in (await http.get("/experiments/exp-1")).text
    assert (await house.experiments.show("exp-1")).held.state is ExperimentState.REFUSED


async def test_stop_says_what_it_found(real):
    """Nobody runs this one any more."""
    house, http, csrf = real
    await add(house, state=ExperimentState.RUNNING, started_at=house.context.clock.now())
    assert '<td data-of="Is">died</td>' in (await http.get("/experiments")).text

    await http.post("/experiments/exp-1/stop", data={"csrf": csrf})

    assert "the process that ran it has not been heard of" in (await http.get("/experiments/exp-1")).text


async def test_stop_button_writes_the_request(real):
    """The process that runs it finds the file, wherever it is on this machine."""
    house, http, csrf = real
    await add(house, state=ExperimentState.RUNNING, started_at=house.context.clock.now())
    assert "Stop it now" in (await http.get("/experiments/exp-1")).text

    answer = await http.post("/experiments/exp-1/stop", data={"csrf": csrf})

    assert answer.status_code == 303
    assert find_request(house.rehearsing.folder, "exp-1") == "stopped by ada"


async def test_page_shows_which_part_a_run_is_in(real):
    """Since when, by what the journal says; with what comes before and after it."""
    house, http, csrf = real
    began = house.context.clock.now()
    await add(house, state=ExperimentState.RUNNING, started_at=began)
    baseline = (await http.get("/experiments/exp-1")).text

    await http.post("/experiments/exp-1/stop", data={"csrf": csrf})
    undoing = (await http.get("/experiments/exp-1")).text

    assert "Baseline, since <time" in baseline
    assert '<strong aria-current="step">baseline</strong> → injecting' in baseline
    assert '<strong aria-current="step">undoing</strong> → judged' in undoing


async def test_page_of_what_waits_shows_no_part(real):
    """It is not in any; what is approved is looked at once more."""
    house, http, _ = real
    await add(house)
    await add(house, "exp-2", state=ExperimentState.APPROVED)

    assert 'aria-current="step"' not in (await http.get("/experiments/exp-1")).text
    assert '<strong aria-current="step">preflight</strong>' in (await http.get("/experiments/exp-2")).text


@pytest.mark.parametrize("action", ["approve", "reject", "stop"])
async def test_form_of_another_session_does_nothing(real, action):
    """Nothing is decided and nothing stopped."""
    house, http, _ = real
    held = await add(house)

    form = {"csrf": "wrong", "shown_digest": held.digest}
    answer = await http.post(f"/experiments/exp-1/{action}", data=form)

    assert answer.status_code == 403
    assert (await house.experiments.show("exp-1")).held == held
    assert find_request(house.rehearsing.folder, "exp-1") == ""


async def test_finished_rehearsal_shows_prediction_beside_measurement(real):
    """With the drawings, and what to fix first."""
    house, http, _ = real
    await add(house, result=make_result(), state=ExperimentState.DONE, verdict="collapsed")

    page = (await http.get("/experiments/exp-1")).text

    assert "collapse: 40/s x 2 s is more than the pool of 20" in page
    assert "in flight: 20 predicted, 19.7 measured" in page
    assert "Give the calls of checkout to payment a timeout" in page
    assert page.count('<path class="series') >= 4
    # Answered is no word for good: what was answered too late is said beside it.
    assert "Good" not in page
    assert page.count('2000 ms<br><strong class="late">over 300 ms</strong>') == 2
    assert page.count('class="late"') == 2
    assert 'http-equiv="refresh"' not in page


@pytest.mark.parametrize("path", ["/experiments/exp-none", "/experiments/x", "/experiments/exp-..%2F"])
async def test_unknown_rehearsal_is_not_found(real, path):
    """An id that nobody has, or that nothing can have."""
    _, http, _ = real

    assert (await http.get(path)).status_code == 404


async def test_strangers_see_nothing(real):
    """The page is for those who are signed in."""
    house, http, _ = real
    await add(house)
    http.cookies.clear()

    assert (await http.get("/experiments")).status_code == 401
    assert (await http.get("/experiments/exp-1")).status_code == 401
