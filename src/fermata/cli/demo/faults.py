"""The ways the shop breaks: real deploys and a real hand edit, by people who meant well.

Each scenario returns what was done, for the narration and for tests. Nothing here cures anything.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from fermata.cli.demo.repository import ADA, CHECKOUT, MEI, NOOR, README, TOMAS, ShopRepository
from fermata.cli.demo.shop_database import ShopDatabase, refuse_without_postgres
from fermata.cli.demo.supervision import Supervisor
from fermata.kit.errors import OperationalError, UserError

if TYPE_CHECKING:
    from fermata.cli.demo.shop_containers import ShopContainers

PROGRAM = "checkout"
SETTING = "PAYMENT_TIMEOUT_MS"
BAD_VALUE = "250ms"


class Scenario(StrEnum):
    """The faults the stage can make; the value is what a user types."""

    MEMORY = "memory"
    BAD_CONFIG = "bad-config"
    BAD_COMMIT = "bad-commit"
    SLOW_QUERY = "slow-query"
    CONTAINER_OOM = "container-oom"


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done to the shop."""

    scenario: Scenario
    program: str
    """The supervisord program that broke."""
    story: str
    """One sentence for the narration: who did what."""
    cure: str
    """The right fix in one sentence. Shown after the fact, never given to the investigation."""
    stays_running: bool
    """Whether the process survives its own fault (500s) instead of dying."""
    file: Path
    """The changed file."""
    author: str = ""
    """Who committed it; empty when no commit was made."""
    commit: str = ""
    """Full hash of the guilty commit; empty when no commit was made."""
    decoy_commit: str = ""
    """Full hash of a later harmless commit; empty when there is none."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What a fault needs of the stage."""

    repository: ShopRepository
    supervisor: Supervisor
    conf_dir: Path
    database: ShopDatabase | None = None
    """Only the scenario that breaks it has one."""
    containers: ShopContainers | None = None
    """Only the scenario that breaks one has them."""


_MAIN = "def main() -> None:\n"
_CATALOGUE = '''\
PRODUCTS = 7000
PAGE_BYTES = 10 * 1024


def load_catalogue() -> list[bytes]:
    """Render every product's page once, so that no shopper waits for one."""
    pages = []
    for number in range(PRODUCTS):
        pages.append(f"<h1>Product {number}</h1>".encode().ljust(PAGE_BYTES))
        if number % 1000 == 999:
            LOG.info("catalogue: %d of %d products in memory", number + 1, PRODUCTS)
    return pages


def find_product(catalogue: Sequence[bytes], request: Request) -> Reply:
    """Answer /products/<number> with the product's page, or 404."""
    if not request.rest.isdecimal() or int(request.rest) >= len(catalogue):
        return Reply(404, {"error": f"no product {request.rest}"})
    return Reply(200, {"page": catalogue[int(request.rest)].decode().rstrip()})


'''
_SERVER = '    server = Server("checkout", settings.port, routes)\n'
_WITH_PRODUCTS = """\
    catalogue = load_catalogue()
    routes["/products/"] = lambda request: find_product(catalogue, request)
"""
_SLOW_TOTAL = '    return sum(PRICES_CENTS[line["sku"]] * line["quantity"] for line in lines)\n'
_IMPORT = "from http.client import HTTPConnection\n"
# itemgetter returns a bare value, not a tuple, for a single key: baskets of one line fail, the others do not.
_FAST_TOTAL = """\
    prices = itemgetter(*(line["sku"] for line in lines))(PRICES_CENTS)
    return sum(price * line["quantity"] for price, line in zip(prices, lines, strict=True))
"""


def parse_scenario(text: str) -> Scenario:
    """Return the scenario of that name, if it works on this system.

    Raises:
        UserError: There is none of that name, the system does not enforce memory limits, or a server is missing.
    """
    try:
        scenario = Scenario(text)
    except ValueError as error:
        raise UserError(
            f"There is no scenario {text!r}", do=f"Choose one of: {', '.join(Scenario)}", scenario=text
        ) from error
    if scenario is Scenario.SLOW_QUERY:
        refuse_without_postgres(scenario)
    if scenario is Scenario.CONTAINER_OOM:
        # Loaded for this scenario only: every command imports this module.
        from fermata.cli.demo.shop_containers import refuse_without_engine

        refuse_without_engine(scenario)
    if scenario is Scenario.MEMORY and not sys.platform.startswith("linux"):
        others = [str(other) for other in Scenario if other is not scenario]
        raise UserError(
            "The scenario 'memory' does not run here",
            why=f"It needs a memory limit that the system enforces (RLIMIT_DATA), which {sys.platform} does not",
            do=f"Choose one of: {', '.join(others)}; or run the demo on Linux",
            scenario=text,
        )
    return scenario


def break_shop(scenario: Scenario, shop: Shop, now: datetime) -> Fault:
    """Make the fault, restart checkout, and return what was done; does not wait for it to hurt.

    Args:
        now: Aware UTC instant; commits of the deploy are dated shortly before.

    Raises:
        OperationalError: The shop is not as the stage built it, such as when it is already broken this way.
    """
    # They make a `Fault`, and so need this module.
    from fermata.cli.demo.container_oom import deploy_catalogue
    from fermata.cli.demo.slow_query import drop_index

    make = {
        Scenario.MEMORY: _deploy_catalogue,
        Scenario.BAD_CONFIG: _edit_live_setting,
        Scenario.BAD_COMMIT: _deploy_fast_totals,
        Scenario.SLOW_QUERY: drop_index,
        Scenario.CONTAINER_OOM: deploy_catalogue,
    }[scenario]
    return make(shop, now)


def _deploy_catalogue(shop: Shop, now: datetime) -> Fault:
    repository = shop.repository
    repository.edit(CHECKOUT, _MAIN, _CATALOGUE + _MAIN)
    repository.edit(CHECKOUT, _SERVER, _WITH_PRODUCTS + _SERVER)
    commit = repository.commit(MEI, "Cache the product catalogue in memory", now - timedelta(seconds=8))
    shop.supervisor.restart(PROGRAM)
    return Fault(
        scenario=Scenario.MEMORY,
        program=PROGRAM,
        story=f"{MEI.name} deployed {commit[:7]} 'Cache the product catalogue in memory' and restarted checkout.",
        cure="Double checkout's memory limit (ulimit -d) in conf.d/checkout.ini: the new release needs more, and "
        "levels off.",
        stays_running=False,
        file=repository.path / CHECKOUT,
        author=MEI.name,
        commit=commit,
    )


def _edit_live_setting(shop: Shop, _now: datetime) -> Fault:
    live = shop.conf_dir / f"{PROGRAM}.ini"
    declared = shop.repository.read_environment(PROGRAM)[SETTING]
    text, count = re.subn(rf'\b{SETTING}="{declared}"', f'{SETTING}="{BAD_VALUE}"', live.read_text())
    if count != 1:
        raise OperationalError(
            f"The demo could not change {live.name}",
            why=f"{SETTING} is not {declared} there",
            do="Undo the last change first, or start the demo anew",
        )
    live.write_text(text)
    shop.supervisor.update()
    return Fault(
        scenario=Scenario.BAD_CONFIG,
        program=PROGRAM,
        story=f"Somebody wrote {SETTING}={BAD_VALUE} into the live {live.name} by hand and had supervisord take it up; "
        f"git declares {declared}.",
        cure=f"Set {SETTING} in conf.d/{live.name} back to the declared {declared}.",
        stays_running=False,
        file=live,
    )


def _deploy_fast_totals(shop: Shop, now: datetime) -> Fault:
    repository = shop.repository
    repository.edit(CHECKOUT, _SLOW_TOTAL, _FAST_TOTAL)
    repository.edit(CHECKOUT, _IMPORT, f"{_IMPORT}from operator import itemgetter\n")
    commit = repository.commit(TOMAS, "Speed up totals", now - timedelta(seconds=40))
    repository.edit(README, "Each has `/healthz` and `/metrics`.", "Each answers `/healthz` and `/metrics`.")
    decoy = repository.commit(NOOR, "Say it better in the README", now - timedelta(seconds=6))
    shop.supervisor.restart(PROGRAM)
    return Fault(
        scenario=Scenario.BAD_COMMIT,
        program=PROGRAM,
        story=f"{TOMAS.name} committed {commit[:7]} 'Speed up totals', {NOOR.name} touched the README, and "
        f"{ADA.name} restarted checkout.",
        cure=f"Revert {commit[:7]} and restart checkout.",
        stays_running=True,
        file=repository.path / CHECKOUT,
        author=TOMAS.name,
        commit=commit,
        decoy_commit=decoy,
    )
