"""Both stores keep the contract, on real files and a real server."""

from fermata.testing.store_contract import StoreContract


class TestStore(StoreContract):
    """The suite, on SQLite and on PostgreSQL."""
