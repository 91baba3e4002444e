"""Clicks over real HTTP: what is passed on, what is refused before anyone judges it, what the person is told."""

import pytest
from tests.integration.web.conftest import browse, serving
from tests.unit.web import story
from tests.unit.web.house import make_view

from fermata.domain.proposal import ProposalState, Ruling
from fermata.kit.errors import NotFoundError, OperationalError
from fermata.testing.records import make_approval

INCIDENT = f"/incidents/{story.INCIDENT_ID}"
POSTMORTEM = f"/postmortems/{story.INCIDENT_ID}"
PROPOSAL = "/proposals/prop-01kar7m9d9x0q5sd"


@pytest.fixture
def form(house):
    """Give the fields of the form as the page shows it."""
    return {
        "csrf": "csrf-secret-1",
        "incident_id": story.INCIDENT_ID,
        "shown_digest": house.views[story.INCIDENT_ID].card.plan_digest,
    }


async def test_approval_carries_the_digest_that_was_shown(ada, house, form):
    """The click is passed on with who, through what, and which plan; the answer stands on the next page, once."""
    answer = await ada.post(f"{PROPOSAL}/approve", data=form)
    told, later = await ada.get(INCIDENT), await ada.get(INCIDENT)

    assert (answer.status_code, answer.headers["location"]) == (303, INCIDENT)
    assert house.clicks == [
        ("prop-01kar7m9d9x0q5sd", Ruling.APPROVE, "page", "ada", "ada", form["shown_digest"], ""),
    ]
    assert "Approved. The plan runs now." in told.text
    assert "Approved. The plan runs now." not in later.text
    assert "Approve this plan" not in later.text


async def test_rejection_carries_its_reason(ada, house, form):
    """The words are kept, without control characters."""
    await ada.post(f"{PROPOSAL}/reject", data=form | {"reason": "restart first\x00\r\n<b>please</b> "})

    assert house.clicks[0][1] is Ruling.REJECT
    assert house.clicks[0][-1] == "restart first\n<b>please</b>"
    assert "&lt;b&gt;please&lt;/b&gt;" in (await ada.get(INCIDENT)).text


async def test_second_click_is_answered_too(ada, house, form):
    """A click that does not count says why, in another tone."""
    house.views[story.INCIDENT_ID] = make_view(ProposalState.APPROVED, card=house.views[story.INCIDENT_ID].card)

    await ada.post(f"{PROPOSAL}/approve", data=form)

    assert '<p class="said bad" role="status">Already decided by ada.</p>' in (await ada.get(INCIDENT)).text


async def test_who_said_yes_is_not_asked_again(ada, house):
    """They may still say no; the list says how many there are, and changes by itself when one comes."""
    view = house.views[story.INCIDENT_ID]
    before = await ada.get("/fragments/home")
    house.views[story.INCIDENT_ID] = view.model_copy(update={"approvals": (make_approval(view.proposal, "ada"),)})

    page, home = (await ada.get(INCIDENT)).text, await ada.get("/fragments/home")

    assert "You said yes. It waits for somebody else." in page
    assert "Approve this plan" not in page
    assert ">Reject</button>" in page
    assert "1 approval needed" in before.text
    assert "1 of 1 approval " in home.text
    assert before.headers["etag"] != home.headers["etag"]


async def test_person_without_the_role_reads_so_beside_the_buttons(ada, house):
    """The buttons stay: a group may give the role, and that is asked at the click."""
    session = house.open_sessions["session-1"]
    guest = session.person.model_copy(update={"roles": ("viewer",)})
    house.open_sessions["session-1"] = session.model_copy(update={"person": guest})

    page = (await ada.get(INCIDENT)).text

    assert "This needs role oncall, and the settings give you role viewer." in page
    assert '<button class="button" type="submit">Approve this plan</button>' in page


@pytest.mark.parametrize("path", [f"{PROPOSAL}/approve", f"{PROPOSAL}/reject", "/halt", "/resume", "/logout"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
async def test_form_from_another_site_does_nothing(ada, house, form, path, headers):
    """Even with the right secret: what the browser says of its origin counts."""
    answer = await ada.post(path, data=form, headers=headers)

    assert answer.status_code == 403
    assert (house.clicks, house.halted, len(house.open_sessions)) == ([], None, 1)


@pytest.mark.parametrize("path", [f"{PROPOSAL}/approve", f"{PROPOSAL}/reject", "/halt", "/resume", "/logout"])
@pytest.mark.parametrize("csrf", [None, "", "csrf-secret-2", "csrf-secret-1 ", "żółć"])
async def test_form_without_the_sessions_secret_does_nothing(ada, house, form, path, csrf):
    """The form of another session, or of none, is not this person's word."""
    fields = {key: value for key, value in (form | {"csrf": csrf}).items() if value is not None}

    answer = await ada.post(path, data=fields, headers={"Sec-Fetch-Site": "same-origin"})

    assert answer.status_code == 403
    assert "reload the page" in answer.text
    assert (house.clicks, house.halted, len(house.open_sessions)) == ([], None, 1)


@pytest.mark.parametrize("path", [f"{PROPOSAL}/approve", f"{PROPOSAL}/reject", "/halt", "/resume", "/logout"])
async def test_stranger_decides_nothing(client, house, form, path):
    """Without a session the form's content does not matter."""
    answer = await client.post(path, data=form)

    assert answer.status_code == 401
    assert (house.clicks, house.halted) == ([], None)


class LostSessions(dict):
    """Who is signed in stands in the store, which is away."""

    def get(self, *_):
        raise OperationalError("The store is gone", do="Find the database")


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        ("POST", "/halt", "Nothing was halted: `fermata halt` on the machine of Fermata needs neither this page"),
        ("GET", "/halt", "Nothing was halted: `fermata halt`"),
        (
            "POST",
            f"{INCIDENT}/snooze",
            "Find the database. Then see on its page whether that counted, before",
        ),
        ("GET", INCIDENT, "Find the database."),
    ],
)
async def test_click_while_the_store_is_away_is_not_taken_for_done(ada, house, method, path, words):
    """Whoever pressed Halt must not believe it is halted, and is told what halts without this page."""
    house.open_sessions = LostSessions()
    fields = {"csrf": "csrf-secret-1", "minutes": "30"} if method == "POST" else None

    answer = await ada.request(method, path, data=fields)

    assert answer.status_code == 503
    assert words in answer.text
    assert ("whether that counted" in answer.text) is ("snooze" in path)


@pytest.mark.parametrize(
    ("path", "fields", "page"),
    [
        ("/halt", {"reason": "wrong <b>diagnosis</b>"}, "/halt"),
        ("/resume", {"reason": "wrong <b>diagnosis</b>"}, "/resume"),
        (f"{PROPOSAL}/reject", {"incident_id": story.INCIDENT_ID, "reason": "wrong <b>diagnosis</b>"}, INCIDENT),
        (f"{PROPOSAL}/approve", {"incident_id": "//evil.example", "reason": "wrong <b>diagnosis</b>"}, "/"),
        (f"{INCIDENT}/more", {"question": "wrong <b>diagnosis</b>"}, INCIDENT),
        (f"{INCIDENT}/snooze", {"minutes": "30", "reason": "wrong <b>diagnosis</b>"}, INCIDENT),
        (f"{INCIDENT}/resolve", {"reason": "wrong <b>diagnosis</b>"}, INCIDENT),
        ("/experiments/exp-1/stop", {"reason": "wrong <b>diagnosis</b>"}, "/experiments/exp-1"),
        (f"{POSTMORTEM}/ticket", {"link": "wrong <b>diagnosis</b>"}, POSTMORTEM),
    ],
)  # fmt: skip
async def test_click_after_the_session_ended_says_that_nothing_was_done(client, house, path, fields, page):
    """With what was typed, and the way back to where the button is: who pressed Halt must not believe it is halted."""
    answer = await client.post(path, data=fields)

    assert answer.status_code == 401
    assert "<h1>Nothing was done: you are signed out</h1>" in answer.text
    assert "wrong &lt;b&gt;diagnosis&lt;/b&gt;</textarea>" in answer.text
    assert f'<a href="{page}" target="_blank" rel="noopener">Open the page</a>' in answer.text
    assert ("fermata halt" in answer.text) is (path == "/halt")
    assert (house.clicks, house.halted) == ([], None)


async def test_click_without_words_leads_back_in_the_same_tab(client):
    """There is nothing to copy."""
    answer = await client.post("/halt", data={"reason": "  "})

    assert "<textarea" not in answer.text
    assert '<a href="/halt">Open the page</a>' in answer.text


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"reason": "not ours"}, "headers": {"Sec-Fetch-Site": "cross-site"}},
        {"data": {"reason": "not ours"}, "headers": {"Origin": "https://evil.example"}},
        {"json": {"reason": "not ours"}},
        {"data": {"reason": "not ours" * 4000}},
    ],
)
async def test_words_of_no_form_of_ours_are_not_shown(client, house, sent):
    """Of another site, of another kind, or longer than any form: nothing of them is given back."""
    answer = await client.post("/halt", **sent)

    assert answer.status_code == 401
    assert "not ours" not in answer.text
    assert house.halted is None


async def test_session_without_a_secret_refuses_every_form(ada, house, form):
    """An empty secret equals nothing, not even nothing."""
    session = house.open_sessions["session-1"]
    house.open_sessions["session-1"] = session.model_copy(update={"csrf": ""})

    assert (await ada.post(f"{PROPOSAL}/approve", data=form | {"csrf": ""})).status_code == 403


async def test_form_behind_a_proxy_is_known_by_its_public_origin(house, clock, form):
    """The browser's Origin is the public address, whatever port the server listens on."""
    house.web.public_url = "https://ops.example"
    headers = {"Host": "ops.example", "Origin": "https://ops.example"}
    async with serving(house, clock) as port, browse(port) as http:
        await http.post("/login", data={"token": "link-1"}, headers=headers)
        cookie = {"Cookie": "__Host-fermata=session-1"}
        right = await http.post(f"{PROPOSAL}/approve", data=form, headers=headers | cookie)
        plain = await http.post(
            f"{PROPOSAL}/approve", data=form, headers=headers | cookie | {"Origin": "http://ops.example:1"}
        )

    assert (right.status_code, plain.status_code) == (303, 403)


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"csrf=csrf-secret-1&csrf=x", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % n for n in range(20)), "application/x-www-form-urlencoded", 400),
        (b"csrf=\xff", "application/x-www-form-urlencoded", 400),
        (b'{"csrf": "csrf-secret-1"}', "application/json", 400),
        (b"csrf=csrf-secret-1", "text/plain", 400),
        (b"reason=" + b"x" * 20_000, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_odd_form_is_refused(ada, house, content, kind, status):
    """Only the small plain form of our own pages is read."""
    answer = await ada.post(f"{PROPOSAL}/approve", content=content, headers={"Content-Type": kind})

    assert answer.status_code == status
    assert house.clicks == []
    # Whoever writes a reason sends no alerts.
    assert "max_alerts" not in answer.text
    assert ("Nothing was done. Go back, and send a shorter text." in answer.text) is (status == 413)


async def test_unknown_proposal_is_not_found(ada, house, form):
    """An id of no proposal is a 404, and one that cannot be an id asks nobody."""
    house.fault = NotFoundError("There is no such proposal")

    assert (await ada.post("/proposals/prop-none/approve", data=form)).status_code == 404
    assert (await ada.post("/proposals/..%2fhalt/approve", data=form)).status_code == 404


@pytest.mark.parametrize("place", ["//evil.example", "../../evil", "", "A" * 100])
async def test_answer_leads_nowhere_else(ada, form, place):
    """The redirect is built from an id, never from an address in the form."""
    answer = await ada.post(f"{PROPOSAL}/approve", data=form | {"incident_id": place})

    assert answer.headers["location"] == "/"


async def test_answer_cannot_be_written_by_a_link(ada):
    """Words in an address or a cookie of somebody else's making do not appear."""
    page = await ada.get(
        f"{INCIDENT}?said=Approved+by+all", headers={"Cookie": "fermata=session-1; fermata_said=eyJ9.abc"}
    )

    assert page.status_code == 200
    assert "Approved by all" not in page.text


async def test_halting_asks_first_and_then_halts(ada, house):
    """GET explains, POST does, with who and why; resuming is the same way back."""
    assert "Halt everything?" in (await ada.get("/halt")).text
    assert house.halted is None

    await ada.post("/halt", data={"csrf": "csrf-secret-1", "reason": " provider outage "})
    assert (house.halted.by, house.halted.reason) == ("ada", "provider outage")
    assert "Halted. No action starts" in (await ada.get("/")).text

    assert "provider outage" in (await ada.get("/resume")).text
    await ada.post("/resume", data={"csrf": "csrf-secret-1"})
    assert house.halted is None
    assert "Nothing is halted" in (await ada.get("/resume")).text


async def test_halting_needs_no_reason(ada, house):
    """Speed matters more than words."""
    await ada.post("/halt", data={"csrf": "csrf-secret-1"})

    assert house.halted.reason == "no reason given"
