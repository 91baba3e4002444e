"""What is missing before tickets can be made as issues: each call but the one that makes one."""

from __future__ import annotations

from fermata.kit.errors import FermataError
from fermata.ports.forge.tickets.maker import ForgeMaker
from fermata.ports.system import CheckResult


async def check_place(maker: ForgeMaker, place: str) -> CheckResult:
    """Return the finding for one repository. Never raises for expected failures; changes nothing."""
    name = f"{maker.words.system}: {place}: tickets"
    try:
        async with maker.open() as session:
            text = await session.describe_rights(place)
    except FermataError as error:
        return CheckResult(name=name, ok=False, text=str(error))
    return CheckResult(name=name, ok=True, text=text)
