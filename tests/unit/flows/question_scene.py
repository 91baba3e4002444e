"""A question put on a stage, with a gateway that follows a script."""

from tests.unit.flows.scripted_gateway import ScriptedGateway, find_line
from tests.unit.flows.stage import make_alert

from fermata.domain.model import Tier
from fermata.flows.ask import ask
from fermata.rules.citations import refuse_bad_citations


def say(words, text="It was killed for its memory.", *, answered=True, **changes):
    """Give a step: one sentence that cites the line that holds some words."""

    def step(request):
        piece, line, quote = find_line(request, words)
        citation = {"evidence": piece, "lines": line, "quote": quote} | changes
        return {"answered": answered, "sentences": [{"text": text, "citations": [citation]}]}

    return step


def list_tasks(gateway):
    """Give what was asked for, and where it began."""
    return [(request.kind, request.prompt_name, request.tier) for request in gateway.requests]


async def put(build_stage, text, *steps, tier=Tier.LOW, held=False, **settings):
    """Ask a question with a script of answers; give the reply and the gateway.

    Nothing is changed by it, and all that is cited holds, whatever the script says.
    """
    gateway = ScriptedGateway(*steps, tier=tier)
    stage = build_stage(models=gateway, analysis={"when": "undetermined"} | settings)
    view = await stage.hold(make_alert()) if held else None
    before = stage.rehearsal.hand.read()
    reply = await ask(stage.context, text, incident_id=view.incident.id if view else None)
    refuse_bad_citations([citation for said in reply.said for citation in said.citations], reply.evidence)
    assert stage.rehearsal.hand.read() == before
    return reply, gateway
