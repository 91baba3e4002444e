"""What `fermata check` says of Slack: the token, its scopes, the channel, and the way in."""

from __future__ import annotations

from collections.abc import Mapping

from fermata.domain.ids import PersonId
from fermata.integrations.slack.answers import SlackRefusal
from fermata.integrations.slack.client import SlackClient
from fermata.integrations.slack.guests import SlackGuests
from fermata.integrations.slack.manifest import APP_SCOPE, OBSERVER_SCOPES, SCOPES
from fermata.integrations.slack.settings import SlackSettings
from fermata.kit.errors import OperationalError
from fermata.ports.system import CheckResult

_PEOPLE = "slack: people"
_TOKEN_FAULTS = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "missing_scope",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
"""What Slack says where another app-level token helps."""
_DO_MEMBER = "The member id is in the profile, three dots, Copy member ID; or let them enter the code of `fermata link`"


async def examine(client: SlackClient, settings: SlackSettings) -> list[CheckResult]:
    """Look at everything; the channel only with a token that works. Posts nothing."""
    results = await _examine_token(client)
    if results[0].ok:
        results.append(await _examine_channel(client, settings))
    results.append(await _examine_way_in(client, settings))
    return results


async def examine_people(guests: SlackGuests, handles: Mapping[PersonId, str]) -> list[CheckResult]:
    """Return a finding for each person whose clicks would not count, or one that all are known.

    Args:
        handles: Person id -> member id.
    """
    known, findings = [], []
    for person, handle in handles.items():
        guest = await guests.identify(handle, "")
        bar = "the account is a machine's" if guest.bot else guest.barred
        if bar:
            text = f"no click of {person} would count: {handle}: {bar.rstrip('.')}. {_DO_MEMBER}"
            findings.append(CheckResult(name=_PEOPLE, ok=False, text=text))
        else:
            known.append(f"{person} is {guest.name or handle}")
    if known:
        findings.append(CheckResult(name=_PEOPLE, ok=True, text=", ".join(known)))
    return findings


async def _examine_token(client: SlackClient) -> list[CheckResult]:
    name = "slack: token"
    try:
        said, headers = await client.ask_whole("auth.test", lambda web: web.auth_test())
    except OperationalError as error:
        return [CheckResult(name=name, ok=False, text=str(error))]
    token = CheckResult(name=name, ok=True, text=f"{said.get('user')} in {said.get('team')} ({said.get('url')})")
    if "x-oauth-scopes" not in headers:
        return [token, CheckResult(name="slack: scopes", ok=True, text="Slack does not say which scopes there are")]
    granted = {scope.strip() for scope in headers["x-oauth-scopes"].split(",") if scope.strip()}
    return [token, _judge_scopes(granted), _judge_observer(granted)]


def _judge_observer(granted: set[str]) -> CheckResult:
    """Say what the observer may hear. Nothing of it is needed for anything else, so nothing of it is a fault."""
    name = "slack: observer"
    missing = [f"{scope} ({why})" for scope, why in OBSERVER_SCOPES.items() if scope not in granted]
    if len(missing) == len(OBSERVER_SCOPES):
        text = "off: the app was made without it; post-mortems read the channel's history instead"
        do = "For it paste the manifest of `fermata init slack` under App Manifest, and reinstall the app"
        return CheckResult(name=name, ok=True, text=f"{text}. {do}")
    # Slack tells no app which events it is subscribed to.
    text = "the app may hear what people write in its channels, if the manifest's event subscriptions are there, too"
    if missing:
        text += f"; missing {', '.join(missing)}"
    return CheckResult(name=name, ok=True, text=text)


def _judge_scopes(granted: set[str]) -> CheckResult:
    missing = sorted(set(SCOPES) - granted)
    if not missing:
        beyond = sorted(granted - set(SCOPES) - set(OBSERVER_SCOPES))
        more = f"; it also has {', '.join(beyond)}, which Fermata does not use" if beyond else ""
        return CheckResult(name="slack: scopes", ok=True, text=f"all {len(SCOPES)} are granted{more}")
    words = "; ".join(f"{scope} ({SCOPES[scope]})" for scope in missing)
    do = 'add what is missing under "OAuth & Permissions", and reinstall the app'
    return CheckResult(name="slack: scopes", ok=False, text=f"missing {words}. To mend it: {do}")


async def _examine_channel(client: SlackClient, settings: SlackSettings) -> CheckResult:
    name = f"slack: {settings.channel}"
    try:
        # Reading one message needs what posting needs: to be in the channel. Asking for the channel itself would take
        # one more scope.
        await client.ask(
            "conversations.history", lambda web: web.conversations_history(channel=settings.channel, limit=1)
        )
    except SlackRefusal as error:
        if error.code == "missing_scope":
            return CheckResult(name=name, ok=False, text=f"it cannot be told whether the app is in it: {error.why}")
        return CheckResult(name=name, ok=False, text=str(error))
    except OperationalError as error:
        return CheckResult(name=name, ok=False, text=str(error))
    return CheckResult(name=name, ok=True, text="the app is in the channel")


async def _examine_way_in(client: SlackClient, settings: SlackSettings) -> CheckResult:
    if settings.mode == "http" or settings.app_token is None:
        where = "Interactivity, in each slash command and under Event Subscriptions"
        text = f"Slack posts to <server.public_url>/v1/hooks/slack: set it under {where}"
        return CheckResult(name="slack: way in", ok=True, text=text)
    name, token = "slack: socket", settings.app_token.get_secret_value()
    try:
        await client.ask("apps.connections.open", lambda web: web.apps_connections_open(app_token=token))
    except SlackRefusal as error:
        if error.code not in _TOKEN_FAULTS:
            return CheckResult(name=name, ok=False, text=str(error))
        do = f'Make an app-level token with {APP_SCOPE} under "Basic Information", and put it in slack.app_token'
        return CheckResult(name=name, ok=False, text=f"{error.what}: {error.why}. {do}, with Socket Mode switched on.")
    except OperationalError as error:
        return CheckResult(name=name, ok=False, text=str(error))
    return CheckResult(name=name, ok=True, text="a connection can be opened")
