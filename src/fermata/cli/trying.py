"""`fermata test-alert`: an alert of one's own, through the same door as real ones, and marked as what it is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fermata.cli.opening import find_base, get_handle, load, warn_of_unnamed_state, with_house
from fermata.cli.output import JsonFlag, print_json, say
from fermata.domain.alert import AlertStatus, stamp_body
from fermata.kit.clock import SystemClock, format_instant
from fermata.kit.errors import FermataError, NotFoundError, OperationalError, UserError

if TYPE_CHECKING:
    from fermata.bootstrap import House
    from fermata.settings import Settings
    from fermata.settings.tree import ServerSettings

NAME = "FermataTest"
MARK = "fermata_test"
"""A label: rules of one's own, such as silences and routes of cards, can tell it by that."""
_OWN = "fermata-test"
"""The service of a test alert that is about none."""
_SOURCE = "alertmanager"
_MOST_NAMED = 5
_TIMEOUT_S = 10.0
_STRANGER = "See with `fermata check` what serves there, or name the address of Fermata with --url"
_SPEECHLESS = "Fermata says what to do, and this does not: see with `fermata check` what serves there"
_SEVERITIES = ("info", "warning", "critical")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("test-alert")(send_test_alert)


def send_test_alert(
    service: Annotated[
        str, typer.Option(help="The service it speaks of: a real one is looked at as in a real incident.")
    ] = _OWN,
    severity: Annotated[str, typer.Option(help=f"One of {', '.join(_SEVERITIES)}.")] = "warning",
    url: Annotated[str, typer.Option(help="Where Fermata serves; otherwise from the settings.")] = "",
    *,
    resolve: Annotated[bool, typer.Option("--resolve", help="End the test alert that fires for this service.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Send a test alert to the serving Fermata: the way in, the investigation and the card are all real.

    It comes in as Alertmanager's do, so that the settings need `alertmanager: {}` below `systems:`. It is signed with
    the secret or the token of the settings, which is not sent.
    """
    settings = load(needs_systems=False).settings
    if not (settings.server.alert_token or settings.server.alert_hmac_secret):
        settings = load().settings  # It may stand in a variable that this shell lacks: that is said there.
        warn_of_unnamed_state()
    if severity not in _SEVERITIES:
        raise UserError(f"There is no severity {severity!r}", do=f"Choose one of {', '.join(_SEVERITIES)}")
    now = SystemClock().now()
    starts = with_house(lambda house: _list_starts(house, service), needs_systems=False) if resolve else {now: severity}
    if not starts:
        raise _describe_none(service)
    body = compose_body(service, starts, ended_at=now if resolve else None)
    base = (url or _find_base(settings)).rstrip("/")
    receipt = asyncio.run(_post(base, settings, body))
    if not resolve and service != _OWN:
        _warn_of_slip(service, settings)
    if as_json:
        print_json({**receipt, "alert": NAME, "service": service, "resolved": resolve})
        return
    _tell(receipt, service, is_resolved=resolve)


def compose_body(service: str, starts: Mapping[datetime, str], *, ended_at: datetime | None) -> dict[str, Any]:
    """Return the body as Alertmanager's webhook (version 4) writes it.

    Args:
        starts: When each alert began, and its severity.
        ended_at: When it ended; `None` for one that fires.
    """
    status = AlertStatus.FIRING if ended_at is None else AlertStatus.RESOLVED
    summary = f"This is a test, sent by {get_handle()} with `fermata test-alert`: nothing is known to be wrong"
    alerts = [
        {
            "status": status.value,
            "labels": {"alertname": NAME, "service": service, "severity": severity, MARK: "true"},
            "annotations": {"summary": summary},
            "startsAt": format_instant(started_at),
            "endsAt": format_instant(ended_at) if ended_at else "0001-01-01T00:00:00Z",
        }
        for started_at, severity in starts.items()
    ]
    return {"version": "4", "status": status.value, "groupKey": f"{{}}:{{{MARK}}}", "alerts": alerts}


def _find_base(settings: Settings) -> str:
    host, port = settings.server.host, settings.server.port
    if not port:
        do = "Give the address that `fermata up` printed as --url"
        raise UserError("The settings let the system choose the port", do=do)
    return find_base(host, port)


def _warn_of_slip(service: str, settings: Settings) -> None:
    """Say where no such service is known and another one is nearly called so; the alert is sent either way."""
    from fermata.flows.known_services import find_near_service

    called = {name for target in settings.chaos.targets for name in target.split("->")}
    told = {*called, *(name for edge in settings.topology for name in edge)}

    async def ask(house: House) -> str:
        return await find_near_service(service, told, house.readings, house.graphs, but=NAME)

    try:
        near = with_house(ask, needs_systems=False)
    except FermataError:
        return  # The alert was taken: that nobody can look at the store from here is told by what follows it.
    if near:
        say(f"No service {service!r} is known here. Did you mean {near}?", err=True)


def _describe_none(service: str) -> NotFoundError:
    """Return the error for a test alert that does not fire, with those that do."""

    async def ask(house: House) -> list[str]:
        firing = await house.readings.list_firing(NAME)
        return sorted({alert.labels.get("service", "") for alert in firing if alert.labels.get(MARK) == "true"})

    others = ", ".join(filter(None, with_house(ask, needs_systems=False)[:_MOST_NAMED]))
    why = f"one fires for {others}" if others else ""
    return NotFoundError(f"No test alert fires for {service}", why=why, do="Send one: fermata test-alert")


async def _list_starts(house: House, service: str) -> dict[datetime, str]:
    """Return when the test alerts of a service that still fire began, and their severity: with it, their identity."""
    starts = {}
    for alert in await house.readings.list_firing(NAME):
        if alert.labels.get(MARK) == "true" and alert.labels.get("service") == service:
            starts[alert.starts_at] = alert.labels.get("severity", "")
    return starts


async def _post(base: str, settings: Settings, body: dict[str, Any]) -> dict[str, Any]:
    import httpx2

    content = json.dumps(body).encode()
    headers = {b"Content-Type": b"application/json"} | _sign(content, settings.server)
    try:
        async with httpx2.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as http:
            # A stranger's program on that port is told nothing; one that answers like Fermata gets a signature.
            alive = await http.get(f"{base}/healthz")
            if not _is_fermata(alive.status_code, alive.content):
                raise OperationalError(
                    f"What answers at {base} is not Fermata, so nothing was sent",
                    why=f"its /healthz says HTTP {alive.status_code} and not that Fermata is alive",
                    do=_STRANGER,
                )
            answer = await http.post(f"{base}/v1/alerts/{_SOURCE}", content=content, headers=headers)
    except httpx2.HTTPError as error:
        raise OperationalError(
            f"Nothing answers at {base}",
            why=str(error) or type(error).__name__,
            do="Start it with `fermata up` in another terminal, or name its address with --url",
        ) from error
    return _read(base, answer.status_code, answer.content)


def _sign(content: bytes, server: ServerSettings) -> dict[bytes, bytes]:
    """Return what proves an alert. Never a secret itself: whoever answers like Fermata need not be it."""
    import hmac

    # Bytes: letters beyond ASCII are signed as UTF-8, which is how intake takes them.
    secret = (server.alert_hmac_secret or server.alert_token).encode()
    if not secret:
        raise UserError(
            "The alert would be refused",
            why="the settings hold no server.alert_token and no server.alert_hmac_secret to prove it by",
            do="Set one, such as server.alert_token: file:alert_token (as `fermata init` does), and start anew",
        )
    stamp = str(int(SystemClock().now().timestamp()))
    digest = hmac.digest(secret, stamp_body(stamp, content), "sha256").hex()
    return {b"X-Fermata-Signature": b"sha256=" + digest.encode(), b"X-Fermata-Timestamp": stamp.encode()}


def _is_fermata(status: int, content: bytes) -> bool:
    try:
        said = json.loads(content)
    except ValueError:
        return False
    return status == 200 and isinstance(said, dict) and said.get("alive") is True


def _read(base: str, status: int, content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        said = None
    if status == 202 and isinstance(said, dict):
        return said
    told = said if isinstance(said, dict) else {}
    advice = {
        401: "If it is the time, set the clocks of both machines; otherwise the serving process has another token, or "
        "is an older Fermata: start it again with these settings",
        404: f"Add `{_SOURCE}: {{}}` below `systems:` and start Fermata again; or something else serves there",
    }
    raise OperationalError(
        f"{base} did not take the alert (HTTP {status})",
        why=str(FermataError(str(told.get("error") or ""), why=str(told.get("why") or ""))) or "it gave no reason",
        do=advice.get(status) or str(told.get("do") or _SPEECHLESS),
    )


def _tell(receipt: dict[str, Any], service: str, *, is_resolved: bool) -> None:
    incidents = [str(one) for one in receipt.get("incidents") or ()]
    if is_resolved:
        say(f"The test alert for {service} has ended. Its incident is resolved once nothing else fires in it.")
        return
    if not incidents:
        say("The alert was taken in and started nothing: `fermata why FermataTest` says why.")
        return
    held_back = [str(one) for one in receipt.get("held_back") or ()]
    looked = "The card follows within seconds, in the channel and here:"
    if held_back:
        looked = f"It is not investigated: {held_back[0]}. To have it looked at now all the same, and to see it:"
    say(f"Taken in: incident {incidents[0]}. {looked}")
    if held_back:
        say(f"  fermata investigate {incidents[0]}")
    say(f"  fermata show {incidents[0]}")
    say(f"End it with: fermata test-alert --resolve{'' if service == _OWN else f' --service {service}'}")
