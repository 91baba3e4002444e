"""The main job on real parts only: a real fault, a real alert, a hold, a person's word, a real fix, and the proof."""

import signal

import pytest
from tests.e2e.company import browse, open_company, until

pytestmark = pytest.mark.usefixtures("leaves_nothing")
MIB = 1024 * 1024


def list_kinds(view):
    """Return the kinds of an incident's journal entries, in order."""
    return [entry["event"]["kind"] for entry in view["journal"]]


@pytest.mark.servers
async def test_word_in_a_terminal_turns_an_alert_into_a_verified_fix(tmp_path):
    """Prometheus to Alertmanager to Fermata, held; approved from another process; cured, verified and proved."""
    async with open_company(tmp_path, use_prometheus=True) as (shop, fermata):
        before = shop.live_file.read_bytes()
        await shop.stage.break_it("memory")
        held = await fermata.wait_until_held()

        # Held: everything is prepared, and nothing was touched.
        (action,) = held["plan"]["actions"]
        assert held["diagnosis"]["hypotheses"][0]["cause"] == "memory_limit_exceeded"
        assert (action["name"], action["parameters"]) == ("supervisor.set_memory_limit", {"limit_bytes": 128 * MIB})
        assert '-command=/bin/sh -c "ulimit -d 65536;' in action["dry_run"]["diff"]
        assert shop.live_file.read_bytes() == before
        assert held["executions"] == []
        digest = held["proposal"]["plan_digest"].removeprefix("sha256:")

        # An approval is bound to what was seen: no digest, no approval; another digest, no approval.
        assert "needs --digest" in await fermata.run("approve", "latest", status=2)
        assert "is not 00000000" in await fermata.run("approve", "latest", "--digest", "00000000", status=2)
        assert shop.live_file.read_bytes() == before
        approved = await fermata.ask("approve", "latest", "--digest", digest[:8])

        assert (approved["answer"]["state"], approved["verification"]) == ("approved", "restored")
        assert "ulimit -d 131072" in shop.live_file.read_text()
        assert shop.find_data_limit() == 128 * MIB
        assert shop.stage.supervisor.fetch_state("checkout") == "RUNNING"
        assert await shop.ask_checkout() == 200
        resolved = await fermata.wait_until_resolved()
        assert "CheckoutDown" not in await shop.list_firing()
        told = {entry["event"]["kind"]: entry["event"]["actor"]["id"] for entry in resolved["journal"]}
        assert told["alert.resolved"] == "alertmanager"
        assert told["proposal.approved"] == "dana"

        await prove(fermata, resolved)


async def prove(fermata, resolved):
    """Every reading of the journal tells the same story: the audit, `why`, the counters and the page."""
    audit = await fermata.ask("audit", "verify")
    assert (audit["holds"], audit["entries"]) == (True, len(resolved["journal"]))
    assert "The journal holds" in await fermata.run("audit", "verify", "--expect", audit["head"])

    why = await fermata.run("why", "CheckoutDown")
    assert f"It opened incident {resolved['incident']['id']}" in why
    assert "is resolved" in why

    counted = await fermata.measure()
    assert counted["fermata_proposals_open"] == 0
    assert counted['fermata_alerts_total{change="new",source="alertmanager"}'] >= 1
    assert counted['fermata_actions_total{action="supervisor.set_memory_limit",outcome="done"}'] == 1
    assert counted['fermata_verifications_total{verdict="restored"}'] == 1

    link = (await fermata.ask("login", "--base", fermata.base))["url"]
    async with browse(fermata.base) as client:
        token = link.partition("token=")[2]
        assert (await client.post("/login", data={"token": token})).status_code == 303
        shown = (await client.get(f"/incidents/{resolved['incident']['id']}")).text
        journal = (await client.get("/journal")).text
    assert "Restored." in shown
    assert "supervisor.set_memory_limit" in shown
    assert "The chain holds" in journal


@pytest.mark.servers
@pytest.mark.browser
async def test_click_in_the_page_turns_an_alert_into_a_verified_fix(tmp_path, page):
    """The same with a click: `fermata login` lets a person into the page, and what is approved there is executed."""
    async with open_company(tmp_path, use_prometheus=True) as (shop, fermata):
        fault = await shop.stage.break_it("bad-commit")
        held = await fermata.wait_until_held()
        incident = f"{fermata.base}/incidents/{held['incident']['id']}"

        await page.goto((await fermata.run("login", "--base", fermata.base)).strip())
        await page.get_by_role("button", name="Sign in").click()
        await page.get_by_role("link", name="git.revert_commit").click()
        await page.wait_for_url(incident)
        assert fault.commit in await page.locator("main").inner_text()
        assert not any(message.startswith("Revert") for message in shop.list_commits())
        await page.get_by_role("button", name="Approve this plan").click()

        # The page keeps itself current: nobody reloads it.
        await page.locator(".verdict", has_text="Restored.").wait_for(timeout=60_000)
        newest = shop.list_commits()[0]
        assert 'Revert "Speed up totals"' in newest
        assert "Fermata-Action:" in newest
        assert await shop.ask_checkout() == 200
        resolved = await fermata.wait_until_resolved()
        (approval,) = resolved["approvals"]
        assert (approval["person_id"], approval["channel"]) == ("dana", "page")
        assert [step["action_name"] for step in resolved["executions"][0]["steps"]] == [
            "git.revert_commit",
            "supervisor.restart",
        ]
        assert (await fermata.ask("audit", "verify"))["holds"] is True
        # The page asks again and again; it must not outlive the house that answers it.
        await page.goto("about:blank")


@pytest.mark.postgres
async def test_rejection_changes_nothing_and_a_hold_outlives_the_server(tmp_path, postgres_url):
    """On PostgreSQL: a no leaves the world alone; asked again, the hold survives a killed server, and a yes cures."""
    async with open_company(tmp_path, use_prometheus=False, store_url=postgres_url) as (shop, fermata):
        await shop.stage.break_it("bad-config")
        held = await fermata.wait_until_held()
        broken, commits = shop.live_file.read_bytes(), shop.list_commits()

        rejected = await fermata.ask("reject", "latest", "--reason", "not during the sale")
        assert (rejected["answer"]["state"], rejected["state"]) == ("rejected", "needs_person")
        digest = held["proposal"]["plan_digest"].removeprefix("sha256:")
        await fermata.run("approve", "latest", "--digest", digest, status=1)
        after = await fermata.ask("show", "latest")
        assert shop.live_file.read_bytes() == broken
        assert shop.list_commits() == commits
        assert await shop.ask_checkout() is None
        assert after["executions"] == []
        assert "action.intended" not in list_kinds(after)
        assert (after["proposal"]["state"], after["proposal"]["reason"]) == ("rejected", "not during the sale")

        await fermata.ask("investigate", "latest")
        again = await fermata.wait_until_held()
        assert again["proposal"]["id"] != held["proposal"]["id"]
        await fermata.stop(signal.SIGKILL)
        await fermata.start()
        digest = again["proposal"]["plan_digest"].removeprefix("sha256:")
        approved = await fermata.ask("approve", "latest", "--digest", digest)

        assert approved["verification"] == "restored"
        assert 'PAYMENT_TIMEOUT_MS="250"' in shop.live_file.read_text()
        await until(lambda: is_served(shop), 5)
        resolved = await fermata.wait_until_resolved()
        assert list_kinds(resolved).count("action.intended") == 1
        assert (await fermata.ask("audit", "verify"))["holds"] is True
        assert await fermata.stop() in (0, -signal.SIGTERM)


async def is_served(shop):
    """Answer whether a shopper is served."""
    return await shop.ask_checkout() == 200
