"""Slack's refusals in words for people: what is wrong, and exactly how it is mended.

Slack answers most refusals with HTTP 200 and a code. The codes are those of the methods that are used here
(docs.slack.dev, "Errors" of each method, read 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from fermata.kit.errors import OperationalError, TransientError
from fermata.kit.redaction import redact

if TYPE_CHECKING:
    from slack_sdk.errors import SlackApiError

_REINSTALL = (
    'Reinstall the app under "OAuth & Permissions" and put its bot token in slack.bot_token; with mode socket, check '
    "slack.app_token too"
)
_INVITE = "Invite the app: write `/invite @fermata` in that channel"
_UNARCHIVE = "Unarchive the channel, or name another one in slack.channel or in the route"
_REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "account_inactive": _REINSTALL,
        "channel_not_found": f"Check the id in slack.channel or in the route. If the channel is private: {_INVITE}",
        "ekm_access_denied": "An administrator has suspended the workspace's keys; ask them",
        "invalid_auth": _REINSTALL,
        "is_archived": _UNARCHIVE,
        "is_inactive": _UNARCHIVE,
        "missing_scope": 'Add the scope under "OAuth & Permissions" and reinstall the app',
        "not_allowed_token_type": "slack.bot_token begins with xoxb- and slack.app_token with xapp-; are they swapped?",
        "not_authed": _REINSTALL,
        "not_in_channel": _INVITE,
        "org_login_required": "The workspace was moved into an organisation; log in to it and reinstall the app",
        "restricted_action": "Let the app post there: an administrator has limited who may post in this channel",
        "restricted_action_read_only_channel": "Let the app post there, or name another channel",
        "team_access_not_granted": "Grant the app access to this workspace in the organisation's settings",
        "token_expired": "Turn token rotation off for the app and put its new bot token in slack.bot_token",
        "token_revoked": _REINSTALL,
        "user_not_found": "Nobody in the workspace has this member id",
        "too_many_websockets": (
            "As many connections of this app are open as Slack allows (ten): end the other processes that use "
            "slack.app_token"
        ),
        "two_factor_setup_required": "Set up two-factor authentication for the account that installed the app",
    }
)
_OF_PLACE = frozenset(
    {
        "account_inactive",
        "channel_not_found",
        "ekm_access_denied",
        "invalid_auth",
        "is_archived",
        "is_inactive",
        "not_authed",
        "not_in_channel",
        "org_login_required",
        "restricted_action",
        "restricted_action_read_only_channel",
        "team_access_not_granted",
        "token_expired",
        "token_revoked",
    }
)
"""Codes that say nothing about what was sent."""
_PASSING = frozenset(
    {
        "fatal_error",
        "internal_error",
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "rollup_error",
        "service_unavailable",
        "team_added_to_org",
    }
)


class SlackRefusal(OperationalError):
    """Slack said no, and will say it again until somebody mends it. `code` is Slack's own word for it."""

    def __init__(self, what: str, *, why: str = "", do: str = "", code: str = "") -> None:
        super().__init__(what, why=why, do=do, code=code)
        self.code = code
        """Slack's code: `not_in_channel`."""
        self.is_of_place = code in _OF_PLACE


def describe_refusal(method: str, error: SlackApiError) -> OperationalError:
    """Return the error for an answer that is not `ok`."""
    data = _read_data(error)
    code = str(data.get("error") or "")
    status = getattr(error.response, "status_code", getattr(error.response, "status", 0))
    wait = _read_wait(error)
    what = f"Slack refused {method}" if code else f"Slack answered {method} with HTTP {status}"
    if code in _PASSING or status == 429 or status >= 500:
        why = f"it says {code or 'nothing'}" + (f", and to wait {wait.total_seconds():.0f} s" if wait else "")
        return TransientError(what, why=why, do="It may pass", retry_after=wait, code=code, status=status)
    if not code:
        return TransientError(
            f"Slack gave an answer to {method} that is not its API's",
            why=f"HTTP {status}",
            do="Check that slack.api_url points at the Web API, not at a page in front of it",
            status=status,
        )
    why, do = f"it says {code}", _REMEDIES.get(code, "Look the code up in the method's page on docs.slack.dev")
    if code == "missing_scope":
        needed = str(data.get("needed", "")) or "another scope"
        why, do = f"the app lacks {needed}", f'Add {needed} under "OAuth & Permissions" and reinstall the app'
    elif notes := _read_notes(data):
        why += f": {notes}"
    return SlackRefusal(what, why=why, do=do, code=code)


def describe_silence(method: str, error: Exception, url: str) -> TransientError:
    """Return the error for a call that brought no answer: whether Slack did it, nobody knows."""
    said = redact(str(error) or type(error).__name__).text[:300]
    return TransientError(
        f"Slack did not answer {method}",
        why=said,
        do=f"Check that {url} can be reached from here; slack.proxy and slack.ca_file say how",
    )


def _read_data(error: SlackApiError) -> Mapping[str, Any]:
    data = getattr(error.response, "data", None)
    return data if isinstance(data, Mapping) else {}


def _read_wait(error: SlackApiError) -> timedelta | None:
    headers = getattr(error.response, "headers", None) or {}
    value = {str(name).lower(): said for name, said in headers.items()}.get("retry-after", "")
    return timedelta(seconds=int(value)) if str(value).isdigit() else None


def _read_notes(data: Mapping[str, Any]) -> str:
    """Return what Slack adds about a refused block: which one, and why."""
    notes = data.get("errors") or (data.get("response_metadata") or {}).get("messages") or ()
    return redact("; ".join(str(note) for note in notes)).text[:300]
