"""The contract suites on a real server."""

import re

import pytest

from fermata.domain.entity import Entity
from fermata.integrations.postgres.index_catalogue import make_diff
from fermata.ports.action import MARK_PLACEHOLDER
from fermata.testing.action_contract import OTHER_KEY, ActionContract, plan_action
from fermata.testing.collector_contract import CollectorContract

pytestmark = pytest.mark.postgres
INDEX = {"table": "order_lines", "columns": ["order_id"]}
NAME = "fermata_order_lines_order_id_btree"


class _Collecting(CollectorContract):
    collector = ""

    @pytest.fixture(autouse=True)
    def _use(self, shop):
        self.shop = shop
        shop.run("CREATE TABLE django_migrations (app text, name text, applied timestamptz)")
        shop.run("INSERT INTO django_migrations VALUES ('shop', '0001_initial', now() - interval '1 day')")
        shop.run("INSERT INTO django_migrations VALUES ('shop', '0003_drop', now())")
        shop.ask_slowly()
        shop.hold(f"/* token={shop.SECRET} */ SELECT sku FROM order_lines WHERE sku = '{shop.SECRET}'")  # noqa: S608 - our own secret

    def make_collector(self):
        return self.shop.collector(self.collector)

    def give_scope(self):
        return self.shop.scope()

    def give_foreign_scope(self):
        return self.shop.scope("service/billing", "host/checkout")

    def take_snapshot(self):
        return self.shop.snapshot()

    def break_system(self):
        self.shop.destroy()

    def list_secrets(self):
        return [self.shop.SECRET]


class TestActivityContract(_Collecting):
    collector = "postgres.activity"


class TestStatementsContract(_Collecting):
    collector = "postgres.statements"


class TestTablesContract(_Collecting):
    collector = "postgres.tables"


class TestPlanContract(_Collecting):
    collector = "postgres.plan"

    @pytest.fixture(autouse=True)
    def _use_larger(self, _use):
        # What takes no time is not planned.
        self.shop.run("INSERT INTO order_lines (order_id, sku) SELECT n, 'x' FROM generate_series(1, 250000) n")
        self.shop.run("ANALYZE order_lines")
        self.shop.ask_slowly()


class TestMigrationsContract(_Collecting):
    collector = "postgres.migrations"


class _Acting(ActionContract):
    action = ""

    @pytest.fixture(autouse=True)
    def _use(self, shop):
        self.shop = shop
        self.before = shop.list_definitions()

    def make_action(self):
        return self.shop.action(self.action)

    def give_target(self):
        return Entity.parse(self.shop.ref)

    def give_missing_target(self):
        return Entity.parse("postgres:database/billing")

    async def take_snapshot(self):
        return self.shop.snapshot()

    def break_system(self):
        self.shop.destroy()


class TestCreateIndexContract(_Acting):
    action = "create_index_concurrently"

    def give_parameters(self):
        return INDEX

    def list_bad_parameters(self):
        return [
            {"table": "order_lines"},
            {"columns": ["order_id"]},
            INDEX | {"table": "a.b.c"},
            INDEX | {"table": 'x"; DROP TABLE order_lines; --'},
            INDEX | {"table": 7},
            INDEX | {"columns": []},
            INDEX | {"columns": "order_id"},
            INDEX | {"columns": ["order_id", "order_id"]},
            INDEX | {"columns": [7]},
            INDEX | {"method": "gin"},
            INDEX | {"method": "hash", "columns": ["order_id", "sku"]},
            INDEX | {"where": "sku = 'a'); DROP TABLE order_lines; --"},
            INDEX | {"where": "length(sku) > 3"},
            INDEX | {"where": None},
        ]

    async def cause_drift(self):
        self.shop.run("CREATE INDEX order_lines_sku ON order_lines (sku)")

    async def read_change(self, key):
        after = [line.replace(key.mark, MARK_PLACEHOLDER) for line in self.shop.list_definitions()]
        return make_diff(self.before, after, "indexes of public.order_lines")


class TestDropIndexContract(_Acting):
    action = "drop_index_concurrently"

    @pytest.fixture(autouse=True)
    async def _build(self, _use):
        create, target = self.shop.action("create_index_concurrently"), self.give_target()
        planned = plan_action(create, target, INDEX, await create.dry_run(target, INDEX))
        await create.execute(planned, OTHER_KEY)
        self.before = self.shop.list_definitions()[:2]

    def give_parameters(self):
        return {"index": NAME}

    def list_bad_parameters(self):
        return [{}, {"index": ""}, {"index": "a.b.c"}, {"index": 7}, {"index": 'x";'}]

    async def cause_drift(self):
        self.shop.run(f"COMMENT ON INDEX {NAME} IS 'fermata: somebody'")

    async def read_change(self, key):
        left = [line for line in self.shop.list_definitions() if line in self.before]
        return make_diff(self.before, left, f"index {NAME}")


class _Ending(_Acting):
    @pytest.fixture(autouse=True)
    def _disturb(self, _use):
        self.other = self.shop.join()
        self.begin()
        self.parameters = self.shop.describe(self.other)

    def begin(self):
        raise NotImplementedError

    def give_parameters(self):
        return self.parameters

    def list_bad_parameters(self):
        good = self.parameters
        return [
            {},
            *(good | {"pid": bad} for bad in (0, -1, True, "7", 2**31)),
            *(good | {"backend_started_at": bad} for bad in ("", "yesterday", "2026-11-25T10:00:00", 7)),
            *(good | {"statement_digest": bad} for bad in ("", "abc", 7)),
        ]

    def strip_mark(self, diff):
        return re.sub(r"open for [^:]+:", "open for a while:", diff)

    async def read_change(self, key):
        user = self.shop.run("SELECT current_user")[0][0]
        shown = f"-pid {self.other.pid} of {user} (other): {self.state}, its transaction open for a while: {self.shows}"
        gone = not self.shop.run(
            "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = %s AND query LIKE %s",
            [self.other.pid, self.state, self.shows.replace("?", "%")],
        )
        return shown if gone else ""


class TestCancelContract(_Ending):
    action = "cancel_backend"
    state, shows = "active", "SELECT pg_sleep(?)"

    def begin(self):
        self.other.say("SELECT pg_sleep(600)")
        self.shop.wait_until(self.other.pid, "active")

    async def cause_drift(self):
        self.other.say("SELECT pg_sleep(601)")
        self.shop.run("SELECT pg_cancel_backend(%s)", [self.other.pid])
        self.shop.wait_for(
            "EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s AND query LIKE %s)", [self.other.pid, "%601%"]
        )


class TestTerminateContract(_Ending):
    action = "terminate_backend"
    state, shows = "idle in transaction", "SELECT sku FROM order_lines FOR UPDATE"

    def begin(self):
        self.other.say("BEGIN")
        self.other.say(self.shows)
        self.shop.wait_for(
            "EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'idle in transaction' "
            "AND query LIKE 'SELECT sku%%')",
            [self.other.pid],
        )

    async def cause_drift(self):
        self.other.say("COMMIT")
        self.shop.wait_until(self.other.pid, "idle")
