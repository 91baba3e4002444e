"""Pages are inert whatever they print, and readable in both schemes."""

import re
from datetime import timedelta
from importlib.resources import files

import pytest
from tests.unit.web import story
from tests.unit.web.house import House, SessionDesk, make_view

from fermata.domain.action import ActionResult, Outcome
from fermata.domain.card import CardRow
from fermata.domain.execution import Execution, StepResult, Verification, VerificationVerdict
from fermata.domain.ids import ExecutionId
from fermata.domain.incident import IncidentState
from fermata.domain.proposal import ProposalState
from fermata.testing.clock import FakeClock
from fermata.web.incidents import present
from fermata.web.rendering import Pages

HOSTILE = "<script>alert(1)</script>\"'{{7*7}}{% raw %}\u202egnp.exe\x1b[2J"
INERT = "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;{{7*7}}{% raw %}⟨U+202E⟩gnp.exe⟨U+001B⟩[2J"


@pytest.fixture
def pages():
    """Give the templates at the story's moment."""
    return Pages(FakeClock(story.NOW))


async def render_incident(pages, view):
    """Render an incident's live part as a signed-in person sees it."""
    session = await SessionDesk(House(FakeClock(story.NOW))).redeem("link-1")
    return pages.render("parts/incident_live.html", view=view, session=session, halt=None, **present(view, story.NOW))


async def test_hostile_text_is_inert_wherever_it_stands(pages):
    """Labels, annotations, log lines, card rows, diffs and reasons cannot become markup, templates or reversed text."""
    alert = story.make_alert(labels={"alertname": "X", HOSTILE: HOSTILE}, annotations={HOSTILE: HOSTILE}, value=HOSTILE)
    evidence = story.make_evidence(HOSTILE, ((1, HOSTILE),), query=HOSTILE, cut=HOSTILE)
    view = make_view()
    section = view.card.sections[0].model_copy(
        update={
            "heading": HOSTILE,
            "paragraphs": (HOSTILE,),
            "rows": (CardRow(label=HOSTILE, text=HOSTILE),),
            "diff": HOSTILE,
        }
    )
    card = view.card.model_copy(update={"title": HOSTILE, "sections": (section,), "footer": HOSTILE})
    hostile = view.model_copy(
        update={
            "incident": story.make_incident(alerts=(alert,), title=HOSTILE),
            "alerts": (alert,),
            "evidence": (evidence,),
            "card": card,
        }
    )

    page = await render_incident(pages, hostile)

    assert page.count(INERT) >= 14
    assert "<script" not in page
    assert "\u202e" not in page
    assert "\x1b" not in page


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "http://", "http://[", "x"]
)
async def test_only_web_addresses_become_links(pages, url):
    """A rule's address or an annotation that is no http address stays text."""
    alert = story.make_alert(generator_url=url, annotations={"runbook_url": url})
    view = make_view(incident=story.make_incident(alerts=(alert,)), alerts=(alert,))

    assert f'href="{url}' not in await render_incident(pages, view)


async def test_every_citation_leads_to_its_line(pages):
    """Each quoted line links to the same line in the evidence below."""
    page = await render_incident(pages, make_view())

    targets = set(re.findall(r'href="#(ev-[^"]+)"', page))
    anchors = set(re.findall(r'id="(ev-[^"]+-L\d+)"', page))
    assert len(targets) == 18
    assert targets <= anchors


async def test_quote_without_its_evidence_is_no_dead_link(pages):
    """A quote whose evidence is not on the page shows its line number as text."""
    page = await render_incident(pages, make_view(evidence=()))

    assert 'href="#ev-' not in page
    assert '<span class="number">221</span>' in page


async def test_whole_diff_is_on_the_page(pages):
    """What is approved is shown to the last character."""
    page = await render_incident(pages, make_view())

    shown = re.search(r'<pre class="diff".*?>(.*?)</pre>', page, re.DOTALL)[1]
    assert re.sub(r"<[^>]+>", "", shown).replace("&#34;", '"') == story.DIFF


async def test_instants_in_a_cards_words_are_clock_times(pages):
    """A row's RFC 3339 instant is read as a time of day; what only looks like one, or is hostile, stays text."""
    rows = tuple(
        CardRow(label="Row", text=text)
        for text in ("since 2026-11-23T03:10:09.000Z <b>", "at 2026-13-41T99:00:00.000Z", "2026-11-23T03:10:09.000Zulu")
    )
    view = make_view()
    section = view.card.sections[0].model_copy(update={"rows": rows})
    page = await render_incident(
        pages, view.model_copy(update={"card": view.card.model_copy(update={"sections": (section,)})})
    )

    assert 'since <time datetime="2026-11-23T03:10:09.000Z">03:10:09 UTC</time> &lt;b&gt;' in page
    assert "at 2026-13-41T99:00:00.000Z" in page
    assert "<dd>2026-11-23T03:10:09.000Zulu</dd>" in page


async def test_result_stands_beside_the_card(pages):
    """What was executed and whether it helped is seen without scrolling."""
    view = make_view(ProposalState.EXECUTED)
    action = view.plan.actions[0]
    result = ActionResult(outcome=Outcome.UNKNOWN, detail="supervisord went away", at=story.ago(seconds=20))
    step = StepResult(action_id=action.id, action_name=action.name, target=action.target, result=result)
    execution = Execution(
        id=ExecutionId("ex-1"),
        plan_id=view.plan.id,
        proposal_id=view.proposal.id,
        incident_id=view.incident.id,
        plan_digest=view.plan.digest,
        started_at=story.ago(seconds=30),
        steps=(step,),
    )
    verification = Verification(
        execution_id=execution.id,
        verdict=VerificationVerdict.WORSE,
        before=(),
        after=(),
        text="checkout is FATAL",
        verified_at=story.NOW,
        took=timedelta(seconds=9),
    )

    running = await render_incident(pages, view.model_copy(update={"executions": (execution,)}))
    verified = view.model_copy(update={"executions": (execution,), "verifications": (verification,)})

    assert "<strong>Unknown</strong>" in running
    assert "Not verified yet." in running
    assert "<strong>Worse.</strong> checkout is FATAL" in await render_incident(pages, verified)


@pytest.mark.parametrize("state", IncidentState)
async def test_incident_of_any_state_renders(pages, state):
    """No state, and no missing part, breaks the page."""
    merged = {"merged_into": "inc-other"} if state is IncidentState.MERGED else {}
    bare = make_view(
        incident=story.make_incident(state=state, **merged),
        evidence=(),
        gaps=(),
        plan=None,
        proposal=None,
        journal=(),
        card=make_view().card.model_copy(update={"sections": (), "can_decide": False, "proposal_id": None}),
    )

    page = await render_incident(pages, bare)

    assert "There is nothing to approve." in page
    assert "/proposals/" not in page
    assert ("Ask for more" in page) is bare.incident.is_live


def parse_schemes():
    """Give the colours of the light and the dark scheme by name."""
    css = files("fermata.web").joinpath("static", "fermata.css").read_text()
    light, dark = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    read = [dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in (light, dark)]
    return read[0], read[0] | read[1]


def compute_contrast(one, two):
    """Give the contrast ratio of two colours (WCAG 2.1, section 1.4.3)."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dim = sorted((luminance(one), luminance(two)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("scheme", parse_schemes(), ids=["light", "dark"])
def test_every_pair_of_colours_can_be_read(scheme):
    """Text has a contrast of at least 4.5 on what it stands on, in both schemes."""
    on_their_own = [
        (name, f"{name}-ink") for name in ("critical", "high", "warning", "info", "added", "removed", "accent")
    ]
    on_washes = [(f"{name}-wash", name) for name in ("good", "warn", "bad")]
    on_surfaces = [(surface, text) for surface in ("paper", "sheet", "wash") for text in ("ink", "soft", "accent")] + [
        ("sheet", name) for name in ("good", "warn", "bad")
    ]

    weak = {
        pair: round(contrast, 2)
        for pair in on_their_own + on_washes + on_surfaces
        if (contrast := compute_contrast(scheme[pair[0]], scheme[pair[1]])) < 4.5
    }

    assert weak == {}
