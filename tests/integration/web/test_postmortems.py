"""The page of a post-mortem on a real house: drafted, edited by two at once, ticked; nobody loses a word."""

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from tests.integration.web.conftest import browse, serving_app

from fermata.bootstrap import open_house
from fermata.domain.heard import HeardMessage
from fermata.domain.ids import PersonId
from fermata.flows.observe import Watch
from fermata.integrations.jira.settings import JiraSettings
from fermata.integrations.jira.system import Jira
from fermata.kit.clock import SystemClock
from fermata.settings import load_settings
from fermata.testing.trackers.jira import EMAIL, TOKEN, FakeJira
from fermata.testing.web_server import WebServer

SAMPLE = Path(__file__).parents[2] / "samples" / "alertmanager" / "03-group3-firing.json"
TALK = (
    "checkout is down, customers get errors",
    "declaring an incident, I am the IC",
    "who brings lunch?",
    "rolled back to v41",
    "all good, incident resolved",
)
SETTINGS = """\
state_dir: {root}/state
people:
  - {{id: ada, name: Ada Brandt, roles: [oncall], handles: {{page: ada}}}}
  - {{id: bob, name: Bob, roles: [oncall], handles: {{page: bob}}}}
observer: {{rooms: ['slack:C1']}}
systems:
  alertmanager: {{}}
"""


class Scene:
    """A served house with an incident that people talked about, and Ada's browser."""

    def __init__(self, house, http, port, incident_id):
        self.house, self.http, self.port, self.incident_id = house, http, port, incident_id
        self.path = f"/postmortems/{incident_id}"

    async def sign_in(self, name, http=None):
        """Sign somebody in, and give the secret of their forms."""
        http = http or self.http
        await http.post("/login", data={"token": await self.house.sessions.issue_link_token(PersonId(name))})
        return find_field(await http.get("/halt"), "csrf")


def find_field(answer, name):
    """Give the value of a hidden field."""
    return html.unescape(re.search(rf'name="{name}" value="([^"]*)"', answer.text)[1])


def find_text(answer):
    """Give what the field for editing holds."""
    return html.unescape(re.search(r"<textarea[^>]*>\n(.*)</textarea>", answer.text, re.DOTALL)[1])


@pytest.fixture
async def scene(tmp_path):
    """Serve it."""
    file = tmp_path / "fermata.yaml"
    file.write_text(SETTINGS.format(root=tmp_path))
    house = open_house(load_settings(file, {}))
    async with serving_app(house) as port, browse(port) as http:
        receipt = await house.intake.receive("alertmanager", SAMPLE.read_bytes())
        at = (await house.readings.show(receipt.incidents[0])).incident.opened_at
        for number, text in enumerate(TALK):
            when = at - timedelta(minutes=5 - number)
            message = HeardMessage(platform="slack", room="C1", id=f"{number}.0", at=when, user="U1", text=text)
            await Watch(house.context).hear(message)
        yield Scene(house, http, port, receipt.incidents[0])


@pytest.fixture
async def drafted(scene):
    """Draft it by the page's own button; give the scene, its form's secret and its text."""
    csrf = await scene.sign_in("ada")
    empty = await scene.http.get(scene.path)
    assert "Nobody drafted one yet" in empty.text
    assert "What people changed" not in empty.text
    answer = await scene.http.post(f"{scene.path}/draft", data={"csrf": csrf})
    assert (answer.status_code, answer.headers["location"]) == (303, scene.path)
    return scene, csrf, find_text(await scene.http.get(scene.path))


async def test_draft_stands_beside_what_was_said(drafted):
    """Each line of the timeline with the message it is taken from, and a link from the incident's page."""
    scene, _, text = drafted

    page = await scene.http.get(scene.path)

    assert "<q>checkout is down, customers get errors</q>" in page.text
    assert "# Post-mortem" in text
    assert f'href="{scene.path}"' in (await scene.http.get(f"/incidents/{scene.incident_id}")).text


async def test_page_is_for_people_who_are_signed_in(scene):
    """And for incidents that there are."""
    assert (await scene.http.get(scene.path)).status_code == 401
    await scene.sign_in("ada")
    assert (await scene.http.get("/postmortems/inc-none")).status_code == 404


async def test_form_of_another_session_changes_nothing(drafted):
    """Nor does one that is longer than any text."""
    scene, csrf, text = drafted

    for verb in ("draft", "save", "keep", "ticket"):
        refused = await scene.http.post(f"{scene.path}/{verb}", data={"csrf": "x", "text": "mine", "read": text})
        assert refused.status_code == 403
    long = await scene.http.post(f"{scene.path}/save", data={"csrf": csrf, "text": "x" * 500_000, "read": text})
    assert long.status_code == 400
    assert (await (await scene.house.open_postmortems()).find(scene.incident_id)).version == 1


async def test_words_of_another_site_are_shown_to_nobody(drafted):
    """The form that brings words back carries no secret: it saves nothing, and comes from this origin only."""
    scene, _, text = drafted
    typed = {"text": f"{text}\nNot ours.", "read": text}

    foreign = [
        await scene.http.post(f"{scene.path}/words", data=typed, headers=told)
        for told in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"})
    ]
    own = await scene.http.post(f"{scene.path}/words", data=typed)

    assert [answer.status_code for answer in (*foreign, own)] == [403, 403, 200]
    assert not any("Not ours." in answer.text for answer in foreign)
    assert (await (await scene.house.open_postmortems()).find(scene.incident_id)).version == 1


async def test_hidden_characters_come_back_as_they_were(drafted):
    """In the words and in what was read: written out, the save after that would collide with nobody."""
    scene, csrf, text = drafted
    theirs = text.replace("## Impact", "## Impact\n\n\u202eForty\u202c zero\u200bwidth.")
    await scene.http.post(f"{scene.path}/save", data={"csrf": csrf, "text-1": theirs, "read": text})
    read = find_text(await scene.http.get(scene.path))
    mine = read.replace("Forty", "Forty \u200bor fifty")
    await scene.http.post("/logout", data={"csrf": csrf})

    given = await scene.http.post(f"{scene.path}/save", data={"csrf": csrf, "text-2": mine, "read": read})
    again = await scene.sign_in("ada")
    words = {"text": find_text(given), "read": find_field(given, "read")}
    back = await scene.http.post(f"{scene.path}/words", data=words)
    last = {"csrf": again, "text-2": find_text(back), "read": find_field(back, "read")}
    await scene.http.post(f"{scene.path}/save", data=last)
    told = (await scene.http.get(scene.path)).text

    assert words == {"text": mine, "read": read}
    assert "Saved." in told
    assert "Somebody else" not in told
    assert (await (await scene.house.open_postmortems()).find(scene.incident_id)).text.strip() == mine.strip()


@pytest.mark.parametrize("verb", ["save", "draft", "keep"])
async def test_words_typed_while_a_session_ended_are_given_back(drafted, verb):
    """Whatever button was pressed: the page says that nothing is saved, and takes the words along once one is back."""
    scene, csrf, text = drafted
    mine = text.replace("## Impact", "## Impact\n\n<b>Forty</b> shops.")
    typed = {"csrf": csrf, "text-1": mine, "read": text, "message": "m"}
    await scene.http.post("/logout", data={"csrf": csrf})

    given = await scene.http.post(f"{scene.path}/{verb}", data=typed)
    early = await scene.http.post(
        f"{scene.path}/words", data={"text": find_text(given), "read": find_field(given, "read")}
    )
    other = await scene.sign_in("ada")
    stale = await scene.http.post(f"{scene.path}/{verb}", data=typed)
    back = await scene.http.post(
        f"{scene.path}/words", data={"text": find_text(stale), "read": find_field(stale, "read")}
    )

    assert [answer.status_code for answer in (given, early, stale, back)] == [401, 401, 403, 200]
    assert "Not saved: you are signed out" in given.text
    assert "Not saved: your session is another one now" in stale.text
    assert all(find_text(answer) == mine for answer in (given, early, stale, back))
    assert (await (await scene.house.open_postmortems()).find(scene.incident_id)).version == 1
    saved = {"csrf": other, "text": find_text(back), "read": find_field(back, "read")}
    assert (await scene.http.post(f"{scene.path}/save", data=saved)).status_code == 303
    assert "Forty" in (await (await scene.house.open_postmortems()).find(scene.incident_id)).text


async def test_nothing_is_given_back_where_nothing_was_typed(drafted):
    """Nor to another site, nor what is longer than a stranger may send: then it is the door, as ever."""
    scene, csrf, text = drafted
    await scene.http.post("/logout", data={"csrf": csrf})
    post = scene.http.post

    untouched = await post(f"{scene.path}/draft", data={"csrf": csrf, "text-1": text, "read": text})
    foreign = await post(
        f"{scene.path}/save", data={"text": "mine", "read": text}, headers={"Origin": "https://evil.example"}
    )
    long = await post(f"{scene.path}/save", data={"text": "x" * 1_100_000, "read": text})
    await scene.sign_in("ada")
    stale = await post(f"{scene.path}/draft", data={"csrf": "x", "text-1": text, "read": text})

    assert [answer.status_code for answer in (untouched, foreign, long, stale)] == [401, 401, 401, 403]
    assert not any("<textarea" in answer.text for answer in (untouched, foreign, long, stale))


async def test_two_editors_do_not_overwrite_each_other(drafted):
    """Edits at different places are merged; at one place the second sees both, and decides."""
    scene, csrf, text = drafted
    async with browse(scene.port) as other:
        bobs = await scene.sign_in("bob", other)
        await scene.http.post(f"{scene.path}/save", data={"csrf": csrf, "read": text, "text": text + "\nBy Ada.\n"})

        merged = await other.post(
            f"{scene.path}/save", data={"csrf": bobs, "read": text, "text": text.replace("## Impact", "## Harm")}
        )
        said = await other.get(scene.path)
        clash = await other.post(
            f"{scene.path}/save", data={"csrf": bobs, "read": text, "text": text.replace("## Impact", "## Damage")}
        )
        again = await other.post(
            f"{scene.path}/save",
            data={"csrf": bobs, "read": find_field(clash, "read"), "text": find_text(clash)},
        )

    assert merged.status_code == 303
    assert "both are in it" in said.text
    assert "By Ada." in find_text(said)
    assert clash.status_code == 409
    assert "+## Harm" in clash.text
    assert "## Damage" in find_text(clash)
    assert again.status_code == 303
    final = (await (await scene.house.open_postmortems()).find(scene.incident_id)).text
    assert "## Damage" in final
    assert "By Ada." in final


async def test_dropped_message_is_taken_back_by_its_button(drafted):
    """It is a line of the timeline then."""
    scene, csrf, text = drafted
    assert "<!-- keep slack:C1/2.0 -->" in text

    answer = await scene.http.post(f"{scene.path}/keep", data={"csrf": csrf, "message": "slack:C1/2.0"})
    gone = await scene.http.post(f"{scene.path}/keep", data={"csrf": csrf, "message": "slack:C1/none"})

    assert answer.status_code == 303
    assert "Who brings lunch? |" in find_text(await scene.http.get(scene.path))
    assert gone.status_code == 404


async def test_other_buttons_take_along_what_was_typed(drafted):
    """Words in the field are saved before the draft is made again, and before a message is taken back."""
    scene, csrf, text = drafted
    page = await scene.http.get(scene.path)
    assert page.text.count('form="editor" formaction=') >= 2
    assert 'name="text-1"' in page.text
    typed = {"csrf": csrf, "read": text, "text-1": text.replace("\n", "\r\n") + "\r\nMine.\r\n"}

    await scene.http.post(f"{scene.path}/draft", data=typed)
    kept = find_text(await scene.http.get(scene.path))
    more = {"csrf": csrf, "read": kept, "text-3": f"{kept}\nMore.\n", "message": "slack:C1/2.0"}
    await scene.http.post(f"{scene.path}/keep", data=more)

    final = find_text(await scene.http.get(scene.path))
    assert "\nMine.\n" in final
    assert "\nMore.\n" in final
    assert "Who brings lunch? |" in final


@pytest.mark.parametrize("verb", ["draft", "keep"])
async def test_typed_words_that_collide_are_shown_first(drafted, verb):
    """Nothing is drafted or taken back before the two texts are one; the page then has no other button."""
    scene, csrf, text = drafted
    await scene.http.post(
        f"{scene.path}/save", data={"csrf": csrf, "read": text, "text": text.replace("## Impact", "## Harm")}
    )
    typed = {"csrf": csrf, "read": text, "text-1": text.replace("## Impact", "## Damage"), "message": "slack:C1/2.0"}

    clash = await scene.http.post(f"{scene.path}/{verb}", data=typed)

    assert clash.status_code == 409
    assert "## Damage" in find_text(clash)
    assert "formaction" not in clash.text
    assert (await (await scene.house.open_postmortems()).find(scene.incident_id)).version == 2


async def test_new_draft_shows_what_stands_in_its_way(drafted):
    """The person's words stand, and the difference is on the page that answers."""
    scene, csrf, text = drafted
    line = next(line for line in text.split("\n") if "Checkout is down" in line)
    await scene.http.post(
        f"{scene.path}/save", data={"csrf": csrf, "read": text, "text": text.replace(line, f"{line} MINE")}
    )
    first = await (await scene.house.open_postmortems()).find(scene.incident_id)
    at = first.generated_at
    message = HeardMessage(
        platform="slack", room="C1", id="0.0", at=at - timedelta(minutes=5), user="U1", edited_at=at,
        text="checkout is down for everybody, customers get errors",
    )  # fmt: skip
    late = HeardMessage(
        platform="slack",
        room="C1",
        id="9.0",
        at=at - timedelta(minutes=1),
        user="U1",
        text="restarted the checkout pods",
    )
    for one in (message, late):
        await Watch(scene.house.context).hear(one)

    answer = await scene.http.post(f"{scene.path}/draft", data={"csrf": csrf})

    assert "estarted the checkout pods" in find_text(answer)
    assert "What differs from your words" in answer.text
    assert "What the new draft changed" in answer.text
    assert "MINE" in find_text(answer)
    later = await scene.http.get(scene.path)
    assert "What people changed in the draft" in later.text
    assert "checkout is down for everybody" in later.text.split("What people changed in the draft")[1].lower()


async def test_action_item_becomes_a_ticket_after_a_look(drafted):
    """What the button makes is what the page showed; a link of one's own does as well."""
    scene, csrf, text = drafted
    items = "- [ ] Add an alert\n- [ ] Raise the limit"
    await scene.http.post(
        f"{scene.path}/save",
        data={"csrf": csrf, "read": text, "text": text.replace("The rules found none in the talk.", items)},
    )
    page = await scene.http.get(scene.path)
    first, second = re.findall(r"/ticket\?item=(own-\w+)", page.text)
    jira = FakeJira([])
    async with WebServer(jira) as server:
        settings = JiraSettings(url=server.url, email=EMAIL, token=TOKEN, projects={"SHOP": {}}, timeout_s=2)
        (maker,) = Jira(settings, SystemClock()).list_actions()
        # The house was built before the loopback server had a port.
        scene.house.context.actions[maker.spec.name] = maker
        asked = await scene.http.get(f"{scene.path}/ticket", params={"item": first})
        shown = find_field(asked, "shown")
        other = await scene.http.post(
            f"{scene.path}/ticket",
            data={"csrf": csrf, "item": first, "place": "jira:project/SHOP", "shown": shown + "x"},
        )
        made = await scene.http.post(
            f"{scene.path}/ticket", data={"csrf": csrf, "item": first, "place": "jira:project/SHOP", "shown": shown}
        )
    linked = await scene.http.post(
        f"{scene.path}/ticket", data={"csrf": csrf, "item": second, "link": "https://x.example/7"}
    )

    assert "+title: Add an alert" in shown
    assert [answer.status_code for answer in (other, made, linked)] == [303, 303, 303]
    assert [issue.summary for issue in jira.issues] == ["Add an alert"]
    final = find_text(await scene.http.get(scene.path))
    assert re.search(r"- \[x\] Add an alert \[ticket\]\(http", final)
    assert "- [x] Raise the limit [ticket](https://x.example/7)" in final


@pytest.mark.browser
async def test_going_back_in_the_browser_undoes_nobody(scene, chromium):
    """Whoever leaves with words is asked; back again, old words never stand beside what another person saved since."""
    asked = []
    context = await chromium.new_context(base_url=f"http://127.0.0.1:{scene.port}")
    page = await context.new_page()

    async def leave(dialog):
        asked.append(dialog.type)
        await dialog.accept()

    page.on("dialog", leave)
    await page.goto(f"/login?token={await scene.house.sessions.issue_link_token(PersonId('ada'))}")
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/")
    await page.goto(scene.path)
    await page.get_by_role("button", name="Draft it").click()
    await page.get_by_text("Drafted from everything").wait_for()
    text = await page.locator("textarea").input_value()
    await page.locator("textarea").press("Control+End")
    await page.keyboard.type("Mine.")
    async with browse(scene.port) as other:
        bobs = await scene.sign_in("bob", other)
        edit = {"csrf": bobs, "read": text, "text": text.replace("## Impact", "## Harm")}
        await other.post(f"{scene.path}/save", data=edit)

    await page.get_by_role("link", name="\u2190").click()
    await page.go_back()
    await page.locator("textarea").press("Control+End")
    await page.keyboard.type("More.")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("status").get_by_text("Saved.").wait_for()

    final = (await (await scene.house.open_postmortems()).find(scene.incident_id)).text
    assert "## Harm" in final
    assert "More." in final
    assert asked == ["beforeunload"]


@pytest.mark.browser
async def test_whole_work_can_be_done_by_keyboard_on_a_phone(scene, chromium):
    """Draft, take a message back, edit, save: no pointer, no sideways scrolling, no complaint of the browser."""
    complaints = []
    context = await chromium.new_context(
        base_url=f"http://127.0.0.1:{scene.port}", viewport={"width": 390, "height": 844}, color_scheme="dark"
    )
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"/login?token={await scene.house.sessions.issue_link_token(PersonId('ada'))}")
    await page.get_by_role("button", name="Sign in").press("Enter")
    await page.wait_for_url("**/")
    await page.goto(scene.path)

    await page.get_by_role("button", name="Draft it").press("Enter")
    await page.get_by_text("Drafted from everything").wait_for()
    await page.locator("summary", has_text="in the timeline").press("Enter")
    lunch = page.get_by_role("listitem").filter(has_text="Who brings lunch?")
    await lunch.get_by_role("button", name="Take back").press("Enter")
    await page.get_by_text("Taken back into the timeline").wait_for()
    await page.get_by_label("The whole text").press("Control+End")
    await page.keyboard.type("\nThank you all \U0001f469\u200d\U0001f4bb.\n")
    await page.get_by_role("button", name="Save").press("Enter")
    await page.get_by_role("status").get_by_text("Saved.").wait_for()

    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    found = await (await scene.house.open_postmortems()).find(scene.incident_id)
    assert found.text.endswith("Thank you all \U0001f469\u200d\U0001f4bb.\n")
    assert "Who brings lunch? |" in found.text
    assert complaints == []
