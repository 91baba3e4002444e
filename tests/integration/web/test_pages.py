"""Signing in and reading, over real HTTP."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs
from tests.integration.web.conftest import browse, serving
from tests.unit.web import story
from tests.unit.web.house import make_view

from fermata.domain.incident import IncidentState
from fermata.domain.journal import GENESIS, AuditFault, AuditReport, JournalEntry, JournalEvent
from fermata.domain.person import FERMATA, Actor
from fermata.domain.proposal import ProposalState
from fermata.kit.errors import OperationalError
from fermata.web import reading

INCIDENT = f"/incidents/{story.INCIDENT_ID}"
PAGES = ["/", INCIDENT, "/journal", "/halt", "/resume", "/fragments/home", f"/fragments{INCIDENT}"]


@pytest.mark.parametrize("path", PAGES)
async def test_stranger_is_told_how_to_sign_in(client, path):
    """Without a session a page says which command prints a link, and shows nothing else."""
    answer = await client.get(path)

    assert answer.status_code == 401
    assert "fermata login" in answer.text
    assert "checkout" not in answer.text


async def test_preview_of_a_link_does_not_use_it_up(client, house):
    """Opening the link, however often, changes nothing; the button does, once."""
    for _ in range(3):
        assert "Sign in to Fermata" in (await client.get("/login?token=link-1")).text
    assert "link-1" in house.tokens

    first = await client.post("/login", data={"token": "link-1"})
    client.cookies.clear()
    second = await client.post("/login", data={"token": "link-1"})

    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert second.status_code == 401
    assert "works once" in second.text


@pytest.mark.parametrize("token", ["", "unknown", "x" * 5000])
async def test_wrong_link_signs_nobody_in(client, token):
    """An unknown, empty or endless token sets no cookie."""
    answer = await client.post("/login", data={"token": token})

    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


async def test_cookie_is_kept_from_scripts_and_other_sites(client):
    """HttpOnly and SameSite=Strict always."""
    cookie = (await client.post("/login", data={"token": "link-1"})).headers["set-cookie"]

    assert cookie.startswith("fermata=session-1; ")
    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))


async def test_cookie_over_https_is_bound_to_it(house, clock):
    """With an https public address the cookie is Secure and bound to the host."""
    house.web.public_url = "https://ops.example"
    async with serving(house, clock) as port, browse(port) as http:
        headers = {"Host": "ops.example", "Origin": "https://ops.example"}
        cookie = (await http.post("/login", data={"token": "link-1"}, headers=headers)).headers["set-cookie"]

    assert cookie.startswith("__Host-fermata=session-1; ")
    assert "Secure" in cookie.split("; ")


async def test_session_that_is_over_shows_nothing(ada, house, clock):
    """The end of a session is checked at every request."""
    clock.advance(timedelta(hours=12))

    assert (await ada.get("/")).status_code == 401


async def test_signing_out_ends_the_session(ada, house):
    """The session ends on the server, not only in the browser."""
    answer = await ada.post("/logout", data={"csrf": "csrf-secret-1"})

    assert "You are signed out" in answer.text
    assert house.open_sessions == {}


async def test_link_from_elsewhere_is_asked_for_again(client):
    """A link in a chat arrives without the strict cookie: the page asks again by itself, once."""
    foreign = await client.get(INCIDENT, headers={"Sec-Fetch-Site": "cross-site"})
    own = await client.get(INCIDENT, headers={"Sec-Fetch-Site": "same-origin"})

    assert f'http-equiv="refresh" content="0; url={INCIDENT}"' in foreign.text
    assert "http-equiv" not in own.text


async def test_link_from_elsewhere_keeps_its_query(client):
    """A search in a chat is that search again; what is no plain query is left out."""
    asked = await client.get("/?q=pay+db&state=held", headers={"Sec-Fetch-Site": "cross-site"})
    odd = await client.get("/?q='%22>;<", headers={"Sec-Fetch-Site": "cross-site"})

    assert 'content="0; url=/?q=pay+db&amp;state=held"' in asked.text
    assert 'content="0; url=/"' in odd.text


async def test_home_shows_what_waits_for_a_person_first(ada, house):
    """Holds come before incidents that need a person, those before the rest, and what is over last."""
    for number, (title, state) in enumerate(
        [
            ("over: A", IncidentState.RESOLVED),
            ("active: B", IncidentState.VERIFYING),
            ("stuck: C", IncidentState.NEEDS_PERSON),
        ]
    ):
        view = make_view(incident=story.make_incident(state=state, id=f"inc-{number}", title=title))
        house.views[f"inc-{number}"] = view.model_copy(
            update={"card": view.card.model_copy(update={"can_decide": False})}
        )

    page = (await ada.get("/")).text

    order = ["checkout: CheckoutDown", "stuck: C", "active: B", "over: A"]
    assert sorted(order, key=page.index) == order
    assert page.count("checkout: CheckoutDown") == 1
    assert "<title>1 held · Incidents · Fermata</title>" in page


async def test_plans_beyond_those_listed_are_counted(ada, house, monkeypatch):
    """The page reads a hundred; a storm has more, and whoever looks must know that it does."""
    monkeypatch.setattr(reading, "MOST_PENDING", 1)

    page = (await ada.get("/")).text

    assert "<title>512 held" in page
    assert ">1 of 512</span>" in page


@pytest.mark.parametrize(
    ("state", "words"),
    [(ProposalState.APPROVED, "Approved, about to run"), (ProposalState.REJECTED, "Held for a person")],
)
async def test_list_says_of_an_approved_plan_that_it_is_about_to_run(ada, house, state, words):
    """As the incident's own page does: nobody is waited for any more, and the live part says so too."""
    house.views[story.INCIDENT_ID] = make_view(state, incident=story.make_incident(state=IncidentState.HELD))

    page = (await ada.get("/")).text

    assert f'<span class="state state-held">{words}</span>' in page
    assert f">{words}</span>" in (await ada.get("/fragments/home")).text


async def test_empty_home_is_calm(ada, house):
    """Nothing to do is said, not left blank."""
    house.views.clear()

    assert "Nothing is held, nothing is under way." in (await ada.get("/")).text


async def test_home_is_paged(ada, house):
    """More than fifty incidents go on another page."""
    for number in range(60):
        house.views[f"inc-{number}"] = make_view(
            incident=story.make_incident(state=IncidentState.RESOLVED, id=f"inc-{number}"),
            card=make_view().card.model_copy(update={"can_decide": False}),
        )

    first, second = (await ada.get("/")).text, (await ada.get("/?offset=50")).text

    assert 'href="/?offset=50" rel="next"' in first
    assert 'href="/" rel="prev"' in second
    assert 'rel="next"' not in second


async def test_page_behind_the_last_one_says_so(ada):
    """An old link leads to a sentence, and not to an empty page."""
    assert "no incidents this far back" in (await ada.get("/?offset=5000")).text
    assert "no incidents this far back" not in (await ada.get("/")).text


async def test_held_incident_shows_its_card_and_asks(ada, house):
    """The card, the diff, the evidence and both forms with the digest that is shown."""
    page = (await ada.get(INCIDENT)).text

    digest = house.views[story.INCIDENT_ID].card.plan_digest
    assert page.count(f'name="shown_digest" value="{digest}"') == 2
    assert page.count('name="csrf" value="csrf-secret-1"') == 6
    assert "ulimit -d 131072" in page
    assert "Missing</strong> prometheus.resources" in page


def write_alert(view, words):
    """Give the view with this as its title, and as what an alert said."""
    title = f"[{view.incident.severity.value}] {words}"
    sections = [
        section.model_copy(
            update={"rows": (*section.rows, section.rows[0].model_copy(update={"text": words}))} if section.rows else {}
        )
        for section in view.card.sections
    ]
    return view.model_copy(update={"card": view.card.model_copy(update={"title": title, "sections": tuple(sections)})})


async def test_long_words_of_an_alert_are_folded_and_those_of_a_plan_are_not(ada, house):
    """Whoever decides is not kept from the decision by ten screens, and reads every word of the plan."""
    view = write_alert(make_view(), "pay failed " * 300)
    house.views[story.INCIDENT_ID] = view

    page = (await ada.get(INCIDENT)).text

    folded = sum(section.heading == "What is wrong" and bool(section.rows) for section in view.card.sections)
    assert page.count("<summary>The whole title</summary>") == 1
    assert page.count("<summary>All 3,300 characters</summary>") == folded == 1
    assert f"<h1>{('pay failed ' * 300)[:200]}…</h1>" in page


async def test_short_words_of_an_alert_stand_whole(ada, house):
    """A fold around a sentence would be one click too many."""
    house.views[story.INCIDENT_ID] = write_alert(make_view(), "pay failed " * 20)

    assert 'class="rest"' not in (await ada.get(INCIDENT)).text


async def test_alerts_of_a_storm_are_folded_away(ada, house):
    """Twenty stand on the page, as many as the card names; the others wait behind one line, none is lost."""
    alerts = tuple(story.make_alert(f"PodCrash{number}") for number in range(23))
    house.views[story.INCIDENT_ID] = make_view(incident=story.make_incident(alerts=alerts), alerts=alerts)

    page = (await ada.get(INCIDENT)).text
    first, _, rest = page.partition('id="more-alerts"')

    assert "3 more alerts</span>" in rest
    assert all(f'<details id="{alert.id}"' in (first if n < 20 else rest) for n, alert in enumerate(alerts))


async def test_evidence_of_earlier_looks_is_folded_away(ada, house):
    """Behind that of the newest one, and none is lost."""
    old, new = (story.make_evidence(f"checkout stderr {n}", ((1, f"line {n}"),)) for n in range(2))
    data = {"evidence": [{"id": new.id}]}
    event = JournalEvent(kind="evidence.collected", actor=FERMATA, incident_id=story.INCIDENT_ID, data=data)
    journal = (JournalEntry.chain(1, story.NOW, event, GENESIS),)
    house.views[story.INCIDENT_ID] = make_view(
        evidence=(old, new), plan=None, proposal=None, diagnosis=None, journal=journal
    )

    first, _, rest = (await ada.get(INCIDENT)).text.partition('id="earlier-evidence"')

    assert f'<details id="{new.id}"' in first
    assert "1 from earlier looks</span>" in rest
    assert f'<details id="{old.id}"' in rest


async def test_few_alerts_stand_whole(ada, house):
    """Nothing is folded away of what fits."""
    alerts = tuple(story.make_alert(f"PodCrash{number}") for number in range(20))
    house.views[story.INCIDENT_ID] = make_view(incident=story.make_incident(alerts=alerts), alerts=alerts)

    assert "more-alerts" not in (await ada.get(INCIDENT)).text


async def test_page_of_what_is_over_says_since_when(ada, house):
    """Beside when it began."""
    over = story.make_incident(state=IncidentState.RESOLVED, resolved_at=story.NOW)
    house.views[story.INCIDENT_ID] = make_view(incident=over)

    assert "· ended <time" in (await ada.get(INCIDENT)).text
    house.views[story.INCIDENT_ID] = make_view()
    assert "· ended <time" not in (await ada.get(INCIDENT)).text


async def test_live_part_is_sent_only_when_it_changed(ada, house, clock):
    """The poll costs nothing while nothing happens; a minute that passes is no change."""
    for path, change in (("/fragments/home", "title"), (f"/fragments{INCIDENT}", "title")):
        first = await ada.get(path)
        clock.advance(timedelta(minutes=1))
        same = await ada.get(path, headers={"If-None-Match": first.headers["etag"]})
        view = house.views[story.INCIDENT_ID]
        incident = view.incident.model_copy(update={change: f"checkout: worse {path}"})
        house.views[story.INCIDENT_ID] = view.model_copy(update={"incident": incident})
        changed = await ada.get(path, headers={"If-None-Match": first.headers["etag"]})

        assert (same.status_code, same.content) == (304, b"")
        assert changed.status_code == 200
        assert changed.headers["etag"] != first.headers["etag"]


async def test_page_names_the_version_of_its_live_part(ada):
    """The script starts from the version the page was made with: no poll swaps the page for itself."""
    for page, part in (("/", "/fragments/home"), (INCIDENT, f"/fragments{INCIDENT}")):
        version = (await ada.get(part)).headers["etag"].strip('"')
        assert f'data-version="{version}"' in (await ada.get(page)).text


async def test_halt_is_on_every_page(ada, house):
    """Nobody decides without knowing that nothing will run."""
    await house.halt(Actor(kind="person", id="mei"), "provider outage")

    for path in ("/", INCIDENT, "/journal", "/halt", "/fragments/home", f"/fragments{INCIDENT}"):
        text = (await ada.get(path)).text
        assert "Everything is halted" in text, path
        assert "provider outage" in text, path


async def test_journal_shows_entries_and_that_the_chain_holds(ada):
    """Newest first, each with its hash."""
    page = (await ada.get("/journal")).text

    assert "The chain holds" in page
    assert page.index('id="entry-6"') < page.index('id="entry-1"')
    assert story.make_journal()[0].hash in page


async def test_journal_says_of_which_incident_each_entry_is(ada):
    """With a link to the entry there; on an incident's own page that goes without saying."""
    link = f'href="{INCIDENT}#entry-2">{story.INCIDENT_ID}</a>'

    assert link in (await ada.get("/journal")).text
    assert link not in (await ada.get(INCIDENT)).text


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ([{"collector": "supervisor.state", "digest": "sha256:" + "a" * 64}] * 14, "<summary>14 items</summary>"),
        (["prometheus.resources"], "<dd>[&#34;prometheus.resources&#34;]</dd>"),
        ("a reason of many words, " * 20, f"<dd>{'a reason of many words, ' * 20}</dd>"),
    ],
)
async def test_long_lists_of_the_journal_are_folded(ada, house, value, told):
    """Fourteen digests in a row filled two screens of a phone; sentences and short lists stand as they are."""
    event = JournalEvent(kind="evidence.collected", actor=FERMATA, incident_id=story.INCIDENT_ID, data={"data": value})
    house.entries[:] = (JournalEntry.chain(1, story.NOW, event, GENESIS),)

    page = (await ada.get("/journal")).text

    assert told in page
    assert ("<summary>" in page) is (told.startswith("<summary>"))


async def test_journal_is_paged_backwards(ada):
    """`before` shows what came earlier than an entry."""
    page = (await ada.get("/journal?before=3")).text

    assert 'id="entry-2"' in page
    assert 'href="/journal" rel="prev"' in page


async def test_journal_page_far_ahead_is_the_newest(ada):
    """A number past the end, as a link to a fault near the end may have, shows the end."""
    assert 'id="entry-6"' in (await ada.get("/journal?before=999999")).text


async def test_journal_shows_what_was_added_since_the_last_look(ada, house):
    """The chain's state may be a minute old; the entries are not."""
    await ada.get("/journal")
    longer = list(story.make_journal(extra=150))
    house.entries = longer

    page = (await ada.get("/journal")).text

    assert f'id="entry-{longer[-1].sequence}"' in page
    assert f'href="/journal?before={longer[-1].sequence - 99}" rel="next"' in page


async def test_broken_chain_is_said_in_red(ada, house, monkeypatch):
    """Where it broke and how, with a link there."""
    fault = AuditFault(sequence=4, kind="edited", text="its content does not match its hash")

    async def verify():
        return AuditReport(entries=6, head="sha256:" + "b" * 64, faults=(fault,))

    monkeypatch.setattr(house, "verify_journal", verify)
    page = (await ada.get("/journal?verify=now", follow_redirects=True)).text

    assert "The chain is broken" in page
    assert "edited: its content does not match its hash" in page
    assert 'href="/journal?before=54#entry-4"' in page


async def test_store_that_is_down_is_an_honest_page(ada, house):
    """What happened, why, what to do; with the usual headers."""
    house.fault = OperationalError("The store cannot be read", why="the disk is gone", do="Mount it again")

    answer = await ada.get("/")

    assert answer.status_code == 503
    assert "The disk is gone." in answer.text
    assert "Mount it again." in answer.text


async def test_fault_of_ours_is_a_page_without_a_trace(ada, house):
    """A person sees an apology and the id that finds the log line."""
    house.fault = KeyError("private detail")
    with capture_logs() as lines:
        answer = await ada.get(INCIDENT)

    assert answer.status_code == 500
    assert "private detail" not in answer.text
    assert lines[-1]["run_id"] in answer.text
    assert "Nothing was changed by this request" in answer.text
