"""The application: every address it answers, in one table."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route

from fermata.bootstrap import House
from fermata.kit.clock import Clock, SystemClock
from fermata.kit.errors import UserError
from fermata.web import (
    assets,
    deciding,
    events,
    experiments,
    graph,
    hooks,
    incidents,
    intake,
    machine,
    postmortems,
    reading,
    signin,
    spending,
)
from fermata.web.boundary import ErrorBoundary, answer_http_exception
from fermata.web.chain import ChainWatch
from fermata.web.desk import Desk
from fermata.web.headers import SafetyHeaders
from fermata.web.hosts import HostCheck
from fermata.web.oidc import handlers
from fermata.web.oidc.provider import Provider
from fermata.web.rendering import Pages
from fermata.web.streams import Streams

_ROUTES = (
    # Whatever is sent below this address is an alert that somebody waits for: refused aloud, or taken.
    Route("/v1/alerts", intake.receive_alerts, methods=["POST"]),
    Route("/v1/alerts/{source:path}", intake.receive_alerts, methods=["POST"]),
    Route("/v1/hooks/{name}", hooks.receive_hook, methods=["POST"]),
    Route("/healthz", machine.tell_alive),
    Route("/readyz", machine.tell_ready),
    Route("/metrics", machine.show_metrics),
    Route("/v1/incidents", machine.list_incidents),
    Route("/v1/incidents/{incident_id}", machine.show_incident),
    Route("/v1/pending", machine.list_pending),
    Route("/v1/journal", machine.list_journal),
    Route("/login", signin.show_sign_in),
    Route("/login", signin.sign_in, methods=["POST"]),
    Route("/logout", signin.sign_out, methods=["POST"]),
    Route("/oidc/start", handlers.begin),
    Route("/oidc/callback", handlers.finish),
    Route("/events", events.stream_events),
    Route("/", reading.show_home),
    Route("/fragments/home", reading.show_home_part),
    Route("/incidents/{incident_id}", incidents.show_incident),
    Route("/fragments/incidents/{incident_id}", incidents.show_incident_part),
    Route("/incidents/{incident_id}/evidence/{evidence_id}", incidents.show_evidence),
    Route("/incidents/{incident_id}/snooze", deciding.snooze, methods=["POST"]),
    Route("/incidents/{incident_id}/resolve", deciding.resolve, methods=["POST"]),
    Route("/incidents/{incident_id}/more", deciding.ask_for_more, methods=["POST"]),
    Route("/postmortems/{incident_id}", postmortems.show_postmortem),
    Route("/postmortems/{incident_id}/draft", postmortems.draft, methods=["POST"]),
    Route("/postmortems/{incident_id}/save", postmortems.save, methods=["POST"]),
    Route("/postmortems/{incident_id}/words", postmortems.go_on, methods=["POST"]),
    Route("/postmortems/{incident_id}/keep", postmortems.keep, methods=["POST"]),
    Route("/postmortems/{incident_id}/ticket", postmortems.ask_ticket),
    Route("/postmortems/{incident_id}/ticket", postmortems.make_ticket, methods=["POST"]),
    Route("/experiments", experiments.list_experiments),
    Route("/experiments/{experiment_id}", experiments.show_experiment),
    Route("/experiments/{experiment_id}/approve", experiments.approve, methods=["POST"]),
    Route("/experiments/{experiment_id}/reject", experiments.reject, methods=["POST"]),
    Route("/experiments/{experiment_id}/stop", experiments.stop, methods=["POST"]),
    Route("/graph", graph.show_graph),
    Route("/graph.svg", graph.draw_graph),
    Route("/costs", spending.show_costs),
    Route("/journal", reading.show_journal),
    Route("/fragments/journal", reading.show_journal_part),
    Route("/proposals/{proposal_id}/approve", deciding.approve, methods=["POST"]),
    Route("/proposals/{proposal_id}/reject", deciding.reject, methods=["POST"]),
    Route("/halt", deciding.ask_halt),
    Route("/halt", deciding.halt, methods=["POST"]),
    Route("/resume", deciding.ask_resume),
    Route("/resume", deciding.resume, methods=["POST"]),
    Route("/static/{name}", assets.serve_asset),
)


def create_app(house: House, clock: Clock | None = None) -> Starlette:
    """Build the application; its lifespan starts and closes the house.

    Args:
        clock: What "3 min ago" and the end of a session are measured by; the machine's clock when absent.

    Raises:
        UserError: An identity provider is configured, and what checks its tokens is not installed.
    """
    clock = clock or SystemClock()
    chain = ChainWatch(house.readings, clock)
    streams = Streams(house.readings, house.switch)
    provider = _find_provider(house, clock)
    pages = Pages(clock, provider_name=provider.name if provider else "")
    desk = Desk(house=house, clock=clock, pages=pages, chain=chain, streams=streams, provider=provider)

    @asynccontextmanager
    async def live(app: Starlette) -> AsyncIterator[None]:  # noqa: ARG001 - Starlette's signature for lifespans
        house.start()
        try:
            yield
        finally:
            await house.close()

    app = Starlette(
        routes=_ROUTES,
        lifespan=live,
        exception_handlers={HTTPException: answer_http_exception},
        # From the outside in: even the answer to a wrong Host has its headers, and comes from the boundary.
        middleware=[
            Middleware(SafetyHeaders),
            Middleware(ErrorBoundary, desk=desk),
            Middleware(HostCheck, public_url=house.web.public_url),
        ],
    )
    app.state.desk = desk
    # An address with a slash too many is not found, rather than a redirect built from the Host header.
    app.router.redirect_slashes = False
    return app


def _find_provider(house: House, clock: Clock) -> Provider | None:
    """Return the identity provider of the settings. What it needs is asked for now, not when somebody signs in."""
    if not house.web.oidc.issuer:
        return None
    if find_spec("jwt") is None or find_spec("cryptography") is None:
        raise UserError(
            "Nobody can sign in through the identity provider",
            why="server.oidc names one, and PyJWT with its cryptography is not installed",
            do="Install the extra: pip install 'fermata-ops[oidc]'",
        )
    return Provider(house.web.oidc, clock)
