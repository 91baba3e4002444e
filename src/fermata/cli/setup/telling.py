"""What `init` says in the end: what was written, what is left to set, and where to go on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from fermata.rules.setup.findings import Found

_RECEIVER = """\
     receivers:
       - name: fermata
         webhook_configs:
           - url: {url}/v1/alerts/alertmanager
             send_resolved: true
             http_config:
               authorization: {{type: Bearer, credentials_file: {token}}}"""


def list_next_steps(
    systems: Sequence[Found], *, command: str, token: Path, url: str, is_slack_known: bool
) -> Iterator[str]:
    """Yield what is left to do, each as a paragraph; lines of commands and settings are indented to be copied.

    Args:
        command: How this settings file is named on the command line: `fermata`, or with `--config`.
        url: Where Fermata will serve.
        is_slack_known: Whether a section for Slack is there already.
    """
    for found in systems:
        for secret in found.secrets:
            yield (
                f"Set {secret.variable} for whoever runs Fermata ({secret.how}), take the signs before "
                f"`{found.system}:` away, and look:\n     {command} check {found.system}"
            )
    yield f"Serve; it prints a link to its page:\n     {command} up"
    yield f"In another terminal, send it a test alert, through the same door as real ones:\n     {command} test-alert"
    for found in systems:
        if found.system == "alertmanager" and "already" not in found.title:
            snippet = _RECEIVER.format(url=url, token=token)
            yield (
                "Let Alertmanager send to it as well: add this receiver, and a route to it with `continue: true`\n"
                f"{snippet}"
            )
        elif found.system != "alertmanager":
            yield from (f"{step}." for step in found.next_steps)
    if not is_slack_known:
        yield f"Cards where the team talks: make a Slack app of this manifest\n     {command} init slack"
