"""What is missing before a repository on a forge can be read and proposed to: each call is made, each answer told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from fermata.kit.clock import Clock
from fermata.kit.errors import FermataError, OperationalError
from fermata.ports.forge.asking import ask_all
from fermata.ports.forge.patching import read_manifests
from fermata.ports.forge.records import Forge, ForgeSession, Window
from fermata.ports.forge.settings import WHOLE, ForgeRepositorySettings
from fermata.ports.system import CheckResult

_LOOK_BACK = timedelta(hours=1)
Ask = Callable[[], Awaitable[str]]


async def check_repository(forge: Forge, repository: str, clock: Clock) -> list[CheckResult]:
    """Return findings for one repository. Never raises for expected failures; changes nothing."""
    settings, prefix = forge.repositories[repository], f"{forge.words.system}: {repository}"
    async with forge.open(repository) as session:
        try:
            base = await session.fetch_base()
        except OperationalError as error:
            return [CheckResult(name=prefix, ok=False, text=str(error))]
        findings = [CheckResult(name=prefix, ok=True, text=f"{base.branch} at {base.sha[:10]}")]
        now = clock.now()
        parts = await session.list_parts(Window(now - _LOOK_BACK, now, base.branch))
        for name, part in parts:
            if isinstance(part, BaseException) and not isinstance(part, FermataError):
                raise part
            failed = isinstance(part, FermataError)
            findings.append(
                CheckResult(name=f"{prefix}: {name}", ok=not failed, text=str(part) if failed else "readable")
            )
        asked: Mapping[str, Ask] = {
            f"{forge.words.request}s": lambda: _ask_requests(session),
            "checks": lambda: _ask_checks(session, base.sha),
            "paths": lambda: _ask_paths(session, base.sha, settings),
            "manifests": lambda: _ask_manifests(session, settings),
            "writing": session.describe_rights,
        }
        findings += await ask_all(_look(f"{prefix}: {name}", ask) for name, ask in asked.items())
    return findings


async def _look(name: str, ask: Ask) -> CheckResult:
    try:
        return CheckResult(name=name, ok=True, text=await ask())
    except FermataError as error:
        return CheckResult(name=name, ok=False, text=str(error))


async def _ask_requests(session: ForgeSession) -> str:
    return f"{len(await session.list_requests())} read"


async def _ask_checks(session: ForgeSession, sha: str) -> str:
    return f"of {sha[:10]}: {(await session.fetch_checks(sha)).state}"


async def _ask_paths(session: ForgeSession, sha: str, settings: ForgeRepositorySettings) -> str:
    paths = [path for path in settings.list_paths(tuple(settings.services)) if path != WHOLE]
    lists = await ask_all(_is_there(session, sha, path) for path in paths)
    missing = [path for path, there in zip(paths, lists, strict=True) if not there]
    if missing:
        raise OperationalError(
            f"The branch has no {', '.join(missing)}", do="Correct services in the settings of this repository"
        )
    return f"{len(settings.services)} services, all paths are there"


async def _is_there(session: ForgeSession, sha: str, path: str) -> bool:
    return await session.find_file(sha, path) is not None or bool((await session.list_files(sha, path)).paths)


async def _ask_manifests(session: ForgeSession, settings: ForgeRepositorySettings) -> str:
    if not settings.manifests:
        return "none in the settings, so that none is changed"
    count = len((await read_manifests(session, settings)).texts)
    if not count:
        raise OperationalError(
            f"No file matches {', '.join(settings.manifests)}",
            do="Correct manifests in the settings of this repository",
        )
    return f"{count} files"
