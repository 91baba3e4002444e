"""A person at the page, in a real Chromium: signs in by a link, reads, decides, and sees what became of it."""

import asyncio

import pytest
from tests.integration.web.conftest import DARK, DESKTOP, PHONE, serving
from tests.unit.web import story
from tests.unit.web.house import make_view

from fermata.domain.proposal import ProposalState, Ruling

pytestmark = pytest.mark.browser

INCIDENT = f"/incidents/{story.INCIDENT_ID}"


async def test_person_signs_in_reads_and_approves(visit, house):
    """The whole way: link, list, card, click, answer."""
    page = await visit("/")

    await page.get_by_role("link", name="Raise checkout's memory limit").click()
    await page.get_by_role("heading", name="checkout: CheckoutDown").wait_for()
    await page.get_by_role("button", name="Approve this plan").click()

    await page.get_by_text("Approved. The plan runs now.").wait_for()
    assert await page.get_by_role("button", name="Approve this plan").count() == 0
    assert house.clicks[0][1] is Ruling.APPROVE
    assert house.clicks[0][5] == house.views[story.INCIDENT_ID].proposal.plan_digest


async def test_page_works_without_its_script(visit, house):
    """Reading and rejecting need no JavaScript."""
    page = await visit(INCIDENT, java_script_enabled=False)

    await page.get_by_label("Or say why not").fill("restart it first")
    await page.get_by_role("button", name="Reject").click()

    await page.get_by_text("restart it first").wait_for()
    assert house.clicks[0][1:2] + house.clicks[0][-1:] == (Ruling.REJECT, "restart it first")


async def test_keyboard_alone_is_enough(visit, house):
    """Skip link first, then everything in reading order, with a visible focus."""
    page = await visit(INCIDENT)

    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to the content"
    await page.get_by_role("button", name="Approve this plan").focus()
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    await page.keyboard.press("Enter")

    await page.get_by_text("Approved. The plan runs now.").wait_for()


async def test_citation_unfolds_its_evidence(visit):
    """A quoted line leads to the line it was taken from, open and marked."""
    page = await visit(INCIDENT)

    await page.get_by_label("line 221 in the evidence").first.click()

    target = page.locator("li:target")
    await target.wait_for()
    assert await target.is_visible()
    assert "MemoryError" in await target.inner_text()


def reject(house):
    """Let somebody else reject the plan, as another process would: the rows change, and the journal says so."""
    view = house.views[story.INCIDENT_ID]
    rejected = story.make_proposal(view.plan, ProposalState.REJECTED, decided_by="mei", reason="wait for the bank")
    house.views[story.INCIDENT_ID] = make_view(
        proposal=rejected, card=view.card.model_copy(update={"can_decide": False})
    )
    house.happen(kind="proposal.rejected")


async def test_page_is_told_and_does_not_ask(visit, house):
    """What somebody else decided appears by the stream, what was unfolded stays so, and nothing is polled."""
    page = await visit(INCIDENT)
    await page.wait_for_load_state("load")
    fold = page.locator("details", has_text="checkout stderr").first
    await fold.locator("summary").click()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    await page.clock.run_for(12_000)
    quiet = len(asked)

    reject(house)
    await page.get_by_text("Rejected by mei").wait_for()

    assert quiet <= 1, "only what may have changed before the stream was open is asked for"
    assert await page.get_by_role("button", name="Approve this plan").count() == 0
    assert await fold.evaluate("fold => fold.open")


async def test_journal_grows_while_it_is_read(visit, house):
    """An entry that is written appears at the top, also one that is about no incident."""
    page = await visit("/journal")

    house.happen(None, kind="person.logged_in")

    await page.get_by_text("person.logged_in").wait_for()


async def test_page_without_its_stream_asks_by_itself(visit, house):
    """Where the stream does not come through, the page polls, and is current all the same."""
    page = await visit("/journal")
    await page.route("**/events", lambda route: route.abort())
    await page.goto(INCIDENT)

    reject(house)
    await page.clock.run_for(4000)

    await page.get_by_text("Rejected by mei").wait_for()
    assert visit.complaints
    assert all("ERR_FAILED" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


async def test_signing_out_in_one_tab_tells_the_other(visit):
    """The stream ends with the session, and the page says that it stays as it was."""
    page = await visit(INCIDENT)
    other = await page.context.new_page()
    await other.goto("/")

    await other.get_by_role("button", name="Sign out").click()

    await page.get_by_text("You are signed out; what you see stays as it was.").wait_for()
    assert all("401" in complaint for complaint in visit.complaints)
    visit.complaints.clear()


async def test_plan_never_changes_under_the_pointer(visit, house):
    """Another plan does not slip under somebody's click: the page asks to be read again."""
    page = await visit(INCIDENT)
    shown = await page.locator("input[name=shown_digest]").first.input_value()

    view = house.views[story.INCIDENT_ID]
    card = view.card.model_copy(update={"plan_digest": "sha256:" + "e" * 64})
    house.views[story.INCIDENT_ID] = view.model_copy(update={"card": card})
    house.happen()

    await page.get_by_text("Another plan has taken the place of this one.").wait_for()
    assert await page.locator("input[name=shown_digest]").first.input_value() == shown


async def test_words_being_written_are_not_lost(visit, house):
    """A refresh waits for whoever is writing a reason, and says that something changed."""
    page = await visit(INCIDENT)
    await page.get_by_label("Or say why not").fill("because")

    view = house.views[story.INCIDENT_ID]
    house.views[story.INCIDENT_ID] = view.model_copy(update={"journal": view.journal[:2]})
    house.happen()

    await page.get_by_text("changed while you were writing").wait_for()
    assert await page.get_by_label("Or say why not").input_value() == "because"


async def test_whoever_writes_is_told_that_somebody_decided(visit, house):
    """What they write is kept, and would be too late."""
    page = await visit(INCIDENT)
    await page.get_by_label("Or say why not").fill("because")

    view = house.views[story.INCIDENT_ID]
    decided = view.proposal.model_copy(update={"state": ProposalState.APPROVED, "decided_by": "mei"})
    house.views[story.INCIDENT_ID] = view.model_copy(update={"proposal": decided, "journal": view.journal[:2]})
    house.happen()

    await page.get_by_text("changed while you were writing: Approved by mei; about to run.").wait_for()
    assert await page.get_by_label("Or say why not").input_value() == "because"


async def test_old_page_says_that_it_is_old(chromium, house, clock):
    """When Fermata stops answering, the page says since when, rather than looking fresh."""
    async with serving(house, clock) as port:
        context = await chromium.new_context(base_url=f"http://127.0.0.1:{port}")
        await context.clock.install(time=story.NOW)
        page = await context.new_page()
        await page.goto("/login?token=link-1")
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/")
        for path in ("**/fragments/**", "**/events"):
            await page.route(path, lambda route: route.abort())
        await page.reload()
        for _ in range(4):
            await page.clock.run_for(4000)
            await asyncio.sleep(0.05)

        await page.get_by_text("Fermata has not answered since 03:12:").wait_for()
        await context.close()


async def test_click_while_nobody_answers_is_told_where_it_was_made(chromium, house, clock):
    """Nothing is sent, what was typed stays, and once Fermata answers the same press counts, once."""
    async with serving(house, clock) as port:
        context = await chromium.new_context(base_url=f"http://127.0.0.1:{port}")
        page = await context.new_page()
        await page.goto("/login?token=link-1")
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/")
        await page.goto(INCIDENT)
        await page.get_by_label("Or say why not").fill("restart it first")
        await page.route("**/*", lambda route: route.abort())
        await page.get_by_role("button", name="Reject").click()
        await page.get_by_text("Fermata does not answer: nothing was sent. Press again once it does.").wait_for()
        assert house.clicks == []

        await page.unroute("**/*")
        await page.get_by_role("button", name="Reject").dblclick()

        await page.get_by_text("restart it first").wait_for()
        assert [click[1] for click in house.clicks] == [Ruling.REJECT]
        assert house.clicks[0][-1] == "restart it first"
        await context.close()


async def test_link_from_another_site_opens_the_page(visit, port):
    """A link in a chat works for somebody who is signed in, although the cookie is strict."""
    page = await visit("/")
    # `localhost` is another site than `127.0.0.1`: its page stands for the chat.
    await page.goto(f"http://localhost:{port}/login?token=x")
    await page.evaluate(f"location.href = 'http://127.0.0.1:{port}{INCIDENT}'")

    await page.get_by_role("heading", name="checkout: CheckoutDown").wait_for()
    (first_try,) = visit.complaints
    assert "401" in first_try
    visit.complaints.clear()


@pytest.mark.parametrize(("name", "options"), [("desktop", DESKTOP), ("phone", PHONE), ("dark", DARK)])
async def test_page_fits_its_screen(visit, house, tmp_path, name, options):
    """No sideways scrolling, whatever the width; the pictures lie in the test's directory."""
    house.views[story.INCIDENT_ID] = make_view(evidence=story.make_all_evidence())
    page = await visit(INCIDENT, **options)
    for fold in await page.locator("details").all():
        await fold.evaluate("fold => { fold.open = true }")
    await page.screenshot(path=tmp_path / f"incident-{name}.png", full_page=True)

    for path in (INCIDENT, "/", "/?q=checkout", "/journal", "/costs", "/halt"):
        if path != INCIDENT:
            await page.goto(path)
            picture = path.strip("/?").replace("=", "-") or "home"
            await page.screenshot(path=tmp_path / f"{picture}-{name}.png", full_page=True)
        overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, path
