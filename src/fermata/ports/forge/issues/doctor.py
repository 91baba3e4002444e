"""What is missing before cards can stand as issues: each call is made, nothing is written."""

from __future__ import annotations

from fermata.kit.errors import FermataError
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.issues.records import IssueForge
from fermata.ports.forge.issues.settings import ForgeApprovalSettings
from fermata.ports.system import CheckResult

_PUBLIC = (
    "it is public: everybody reads the cards, with hosts, people, commits and diffs. Make it private, name another "
    "repository, or write `public: true` in approvals if that is meant"
)


async def check_approvals(forge: IssueForge, settings: ForgeApprovalSettings) -> list[CheckResult]:
    """Return findings for every repository that gets cards, and for the way in."""
    found = await ask_all(
        _check_repository(forge, name, may_be_public=settings.public) for name in settings.list_repositories()
    )
    name = f"{forge.system}: comments"
    if settings.webhook_secret is None:
        text = (
            f"asked for every {settings.poll_s:g} s; with approvals.webhook_secret and a webhook to "
            f"<server.public_url>/v1/hooks/{forge.system} they count within seconds"
        )
    else:
        text = f"by webhook at <server.public_url>/v1/hooks/{forge.system}, and asked for every {settings.poll_s:g} s"
    return [*found, CheckResult(name=name, ok=True, text=text)]


async def _check_repository(forge: IssueForge, repository: str, *, may_be_public: bool) -> CheckResult:
    name = f"{forge.system}: issues of {repository}"
    try:
        async with forge.open_issues(repository) as session:
            me = await session.find_self()
            text = f"as {me.login} (id {me.id}): {await session.describe_rights()}"
            is_open = not may_be_public and await session.is_public()
    except FermataError as error:
        return CheckResult(name=name, ok=False, text=str(error))
    return CheckResult(name=name, ok=False, text=_PUBLIC) if is_open else CheckResult(name=name, ok=True, text=text)
