"""What `init` says in the end: what was written, what is left to set, and where to go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fermata.kit.errors import UserError
from fermata.rules.setup.composing import RESTARTS
from fermata.rules.setup.findings import Found

_RECEIVER = """\
     receivers:
       - name: fermata
         webhook_configs:
           - url: {url}/v1/alerts/alertmanager
             send_resolved: true
             http_config:
               authorization:
                 credentials_file: {token}"""

_WEBHOOK = """\
Tools other than Alertmanager send theirs to {url}/v1/alerts/webhook (docs/systems/webhook.md); as one does:
     curl -H "Authorization: Bearer $(cat {token})" {url}/v1/alerts/webhook \\
       -d '{{"title": "{service} is down", "service": "{service}", "status": "down"}}'"""

_BLIND = (
    "Nothing was found whose processes it can look at: services of systemd, supervisord, Docker or Kubernetes. Cards "
    "rest on what else is listed above until such a section is in the settings (docs/tutorial.md, 2)"
)


def list_next_steps(
    systems: Sequence[Found], *, command: str, token: Path, url: str, is_slack_known: bool
) -> Iterator[str]:
    """Yield what is left to do, each as a paragraph; lines of commands and settings are indented to be copied.

    Args:
        command: How this settings file is named on the command line: `fermata`, or with `--config`.
        url: Where Fermata will serve.
        is_slack_known: Whether a section for Slack is there already.
    """
    yield f"Serve; it prints a link to its page:\n     {command} up"
    service = next((found.services[0] for found in systems if found.services and not found.problem), "")
    option = f" --service {service}" if service else ""
    yield f"In another terminal, send a test alert; it takes the way of real ones:\n     {command} test-alert{option}"
    for found in systems:
        if found.system == "alertmanager" and not found.is_wired:
            snippet = _RECEIVER.format(url=url, token=token)
            yield f"Then real ones: give Alertmanager this receiver, and a route to it with `continue: true`\n{snippet}"
        elif found.system == "webhook":
            yield _WEBHOOK.format(url=url, token=token, service=service or "checkout")
        elif found.system != "alertmanager" and not found.problem:
            yield from (f"{step}." for step in found.next_steps)
    if not any(found.system in RESTARTS for found in systems):
        yield _BLIND
    silent = [f"`{found.system}:`" for found in systems if found.problem]
    if silent:
        yield f"When they answer, uncomment {', '.join(silent)} in the settings, and look\n     {command} check"
    for found in systems:
        for secret in found.secrets:
            yield (
                f"For {found.title}: set {secret.variable} for whoever runs Fermata ({secret.how}), uncomment "
                f"`{found.system}:`, and look\n     {command} check {found.system}"
            )
    if not is_slack_known:
        yield (
            "Cards where the team talks: make a Slack app of this manifest (Discord: `init discord`; without a chat, "
            f"issues of GitHub or GitLab: docs/channels.md)\n     {command} init slack"
        )


def say_missing_package(system: str) -> str:
    """Return the step before the first, with its line's end: the base installation goes without what chats need.

    Args:
        system: Its name in the settings.

    Returns:
        Empty when nothing is missing.
    """
    from fermata.integrations import resolve_system

    try:
        resolve_system(system)
    except UserError as error:
        return f"  0. {error.why}. {error.do}\n"
    return ""
