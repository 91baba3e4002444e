"""Rehearsals on the page: the list, one with its prediction beside the measurement, a person's word, and Stop."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fermata.domain.held_experiment import ExperimentState
from fermata.domain.person import Actor
from fermata.domain.proposal import Ruling
from fermata.flows.experiments.cards import list_facts
from fermata.flows.experiments.holding import ExperimentView
from fermata.flows.experiments.stopping import is_id
from fermata.kit.errors import NotFoundError
from fermata.rules.plots import drawing
from fermata.rules.plots.samples import draw_samples
from fermata.rules.run_part import RunPart, find_part
from fermata.web.clicks import read_click, say_at
from fermata.web.deciding import CHANNEL
from fermata.web.desk import get_desk
from fermata.web.forms import clean_words
from fermata.web.said import Said, hear
from fermata.web.signin import require_session

_MOST = 100
_RELOAD_S = 2
"""While one runs its page asks for itself again: the phases of a run are minutes, not milliseconds."""
_CANVAS = {
    "width": drawing.WIDTH,
    "height": drawing.HEIGHT,
    "left": drawing.LEFT,
    "right": drawing.RIGHT,
    "top": drawing.TOP,
    "bottom": drawing.BOTTOM,
}


async def list_experiments(request: Request) -> Response:
    """Answer GET /experiments: rehearsals, newest first."""
    desk, session = get_desk(request), await require_session(request)
    rows = await desk.house.experiments.list_recent(_MOST)
    page = desk.pages.render(
        "experiments.html",
        session=session,
        halt=await desk.house.switch.find(),
        said=hear(request, session),
        experiments=rows,
        states=await desk.house.experiments.name_states(rows),
    )
    return HTMLResponse(page)


async def show_experiment(request: Request) -> Response:
    """Answer GET /experiments/{id}."""
    desk, session = get_desk(request), await require_session(request)
    view = await desk.house.experiments.show(_parse_id(request))
    begins_soon = view.held.state is ExperimentState.APPROVED and not view.held.is_standing
    is_moving = begins_soon or view.held.state is ExperimentState.RUNNING
    page = desk.pages.render(
        "experiment.html",
        session=session,
        halt=await desk.house.switch.find(),
        said=hear(request, session),
        now_is=(await desk.house.experiments.name_states([view.held]))[view.held.id],
        reload_s=_RELOAD_S if is_moving else 0,
        part=find_part(view.held, view.journal, desk.clock.now()),
        parts=tuple(RunPart),
        **_present(view),
    )
    return HTMLResponse(page)


async def approve(request: Request) -> Response:
    """Answer POST /experiments/{id}/approve."""
    return await _decide(request, Ruling.APPROVE)


async def reject(request: Request) -> Response:
    """Answer POST /experiments/{id}/reject."""
    return await _decide(request, Ruling.REJECT)


async def stop(request: Request) -> Response:
    """Answer POST /experiments/{id}/stop: its fault is withdrawn within a second."""
    desk, held_id = get_desk(request), _parse_id(request)
    session, fields = await read_click(request, f"/experiments/{held_id}")
    actor = Actor(kind="person", id=session.person.id, channel=CHANNEL)
    stopped = await desk.house.experiments.stop(held_id, actor, clean_words(fields.get("reason", "")))
    return say_at(request, f"/experiments/{held_id}", session, Said(accepted=True, text=stopped.text))


async def _decide(request: Request, ruling: Ruling) -> Response:
    desk, held_id = get_desk(request), _parse_id(request)
    session, fields = await read_click(request, f"/experiments/{held_id}")
    word = await desk.house.experiments.decide(
        held_id,
        ruling,
        channel=CHANNEL,
        handle=session.person.id,
        person_id=session.person.id,
        shown_digest=fields.get("shown_digest", ""),
        reason=clean_words(fields.get("reason", "")),
    )
    return say_at(request, f"/experiments/{held_id}", session, Said(accepted=word.accepted, text=word.text))


def _parse_id(request: Request) -> str:
    held_id: str = request.path_params["experiment_id"]
    if not is_id(held_id):
        raise NotFoundError("There is no such rehearsal", do="Start from the list: /experiments")
    return held_id


def _present(view: ExperimentView) -> dict[str, Any]:
    drawings = draw_samples(view.result) if view.result is not None else ()
    return {
        "view": view,
        "experiment": view.held.experiment,
        # Where it comes from is a link on the page.
        "facts": [fact for fact in list_facts(view.held) if fact.label != "From"],
        "plots": [
            {"plot": item.plot, "title": item.title, "evidence_id": "measured", "query": ""} for item in drawings
        ],
        "plots_left_out": 0,
        "limits": {check.journey: check.max_p95_ms for check in view.held.experiment.checks},
        "plots_title": "What the journeys did",
        "canvas": _CANVAS,
    }
