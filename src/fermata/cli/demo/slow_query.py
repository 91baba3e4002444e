"""The scenario `slow-query`: a migration drops an index that every basket needs.

The shop gets a database, its profile service counts a customer's past orders there, and its repository gets the
migrations that made the tables, a good hour before the story begins.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fermata.cli.demo.faults import Fault, Scenario, Shop
from fermata.cli.demo.repository import ADA, MEI, NOOR, TOMAS, ShopRepository
from fermata.cli.demo.shop_database import ACTOR, NAME, OWNER, READER, ShopDatabase
from fermata.kit.errors import OperationalError

MIGRATION = "migrations/versions/v0003_drop_unused_indexes.py"
_SHIPPED = Path(__file__).with_name("shop_orders")
_FIRST = ("alembic.ini", "migrations/env.py", "migrations/versions/v0001_orders.py")
_SECOND = "migrations/versions/v0002_order_lines_by_order.py"
_TITLE = "Drop an index that nothing seems to use"


def add_orders(repository: ShopRepository, database: ShopDatabase, profile_port: int, now: datetime) -> int:
    """Commit the migrations and the service that uses the tables; return the number of commits.

    Args:
        now: Aware instant the history is counted back from.
    """
    for name in _FIRST:
        _copy(repository, name)
    repository.commit(MEI, "Keep orders in PostgreSQL", now - timedelta(hours=1.9))
    _copy(repository, _SECOND)
    repository.commit(ADA, "Index order lines by their order", now - timedelta(hours=1.7))
    (repository.path / "services/profile.py").write_text((_SHIPPED / "services/loyal_profile.py").read_text())
    declared = (_SHIPPED / "deploy/profile.env").read_text()
    for placeholder, value in (("PROFILE_PORT", profile_port), ("SHOP_DATABASE", database.write_address(OWNER))):
        declared = declared.replace(f"@{placeholder}@", str(value))
    (repository.path / "deploy/profile.env").write_text(declared)
    repository.commit(NOOR, "Give loyal customers a discount", now - timedelta(hours=1.4))
    return 3


def build_database(repository: ShopRepository, database: ShopDatabase) -> None:
    """Apply the migrations of the history to a started server.

    Raises:
        OperationalError: alembic or the server failed.
    """
    database.migrate(repository.path)
    database.settle()


def drop_index(shop: Shop, now: datetime) -> Fault:
    """Deploy the migration that drops the index, as a person would: commit, and `alembic upgrade head`.

    Raises:
        OperationalError: The shop has no database, or the migration was applied already.
    """
    if shop.database is None or (shop.repository.path / MIGRATION).exists():
        raise OperationalError(
            "The demo could not drop the index",
            why="The shop has no database, or the index is dropped already",
            do="Start the demo anew with --scenario slow-query",
        )
    target = shop.repository.path / MIGRATION
    target.write_text((_SHIPPED / "later" / target.name).read_text())
    commit = shop.repository.commit(TOMAS, _TITLE, now - timedelta(seconds=8))
    shop.database.migrate(shop.repository.path)
    return Fault(
        scenario=Scenario.SLOW_QUERY,
        program="checkout",
        story=f"{TOMAS.name} committed {commit[:7]} '{_TITLE}' and ran `alembic upgrade head`; every basket looks for "
        f"order lines by their order, in 600,000 of them.",
        cure="Build the index on public.order_lines (order_id) again, without blocking anybody.",
        stays_running=True,
        file=target,
        author=TOMAS.name,
        commit=commit,
    )


def add_settings(tree: dict[str, Any], root: Path, database: ShopDatabase) -> None:
    """Let the settings of the demo's Fermata know the database: who reads, who acts, and what may be approved."""
    files = {"postgres_dsn": READER, "postgres_write_dsn": ACTOR}
    for name, role in files.items():
        (root / name).touch(mode=0o600)
        (root / name).write_text(database.write_address(role))
    tree["systems"]["postgres"] = {
        "databases": {NAME: {"dsn": "file:postgres_dsn", "write_dsn": "file:postgres_write_dsn"}},
        "services": {"checkout": NAME, "profile": NAME},
    }
    # The shop, its database and Fermata share this one machine, and the scans keep it busy.
    tree["limits"]["gather_deadline_critical"] = "15s"
    tree["policy"]["guardrails"].append(
        {
            "id": "shop-indexes",
            "actions": ["postgres.create_index_concurrently"],
            "resources": [f"postgres:database/{NAME}"],
            "approvers": {"roles": ["oncall"]},
            "max_risk": "medium",
        }
    )
    for paths in tree["systems"]["git"]["repositories"][0]["services"].values():
        paths.append("migrations")


def _copy(repository: ShopRepository, name: str) -> None:
    target = repository.path / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text((_SHIPPED / name).read_text())
